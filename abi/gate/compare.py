"""compare.py - what changed between two pictures of the header, and whether a
program built against the old one would notice."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import doc, rules
from .header import Constant, Function, Interface, Struct

# They say which ABI it is; that they move is the point of them.
VERSION_CONSTANTS = {"PTG_ABI_MAJOR", "PTG_ABI_MINOR", "PTG_ABI_VERSION"}


class Change(NamedTuple):
    breaks: bool
    what: str

    def __str__(self) -> str:
        return f"{'BREAKS ' if self.breaks else 'harmless'} {self.what}"


def changes(old: Interface, new: Interface) -> list[Change]:
    """Every change; the order of declarations is none."""
    found: list[Change] = []
    for kind, compare in (
        ("constants", constant_changes),
        ("macros", macro_changes),
        ("types", type_changes),
        ("structs", struct_changes),
        ("functions", function_changes),
    ):
        found += named_changes(kind, old, new, compare)
    found += opaque_changes(old, new)
    return found


def named_changes(
    kind: str, old: Interface, new: Interface, compare: Any
) -> Iterator[Change]:
    # As text, for Python's dict has no order when it is compared.
    before: dict[str, Any] = old[kind]  # type: ignore[literal-required]
    after: dict[str, Any] = new[kind]  # type: ignore[literal-required]
    for name in before:
        if name not in after:
            yield Change(True, f"{name} is gone")
        elif json.dumps(before[name]) != json.dumps(after[name]):
            yield from compare(name, before[name], after[name])
    for name in after:
        if name not in before:
            yield Change(False, f"{name} is new")


def constant_changes(name: str, old: Constant, new: Constant) -> Iterator[Change]:
    breaks = name not in VERSION_CONSTANTS
    if old["value"] != new["value"]:
        what = f"{name} was {old['value']}, is {new['value']}"
        yield Change(breaks, what)
    if old["type"] != new["type"]:
        yield Change(breaks, f"{name} was {old['type']}, is {new['type']}")


def macro_changes(name: str, old: str, new: str) -> Iterator[Change]:
    """An initializer is compiled into its user: the old one stays as it was."""
    yield Change(False, f"{name} stands for something else")


def type_changes(name: str, old: str, new: str) -> Iterator[Change]:
    yield Change(True, f"{name} was {old}, is {new}")


def opaque_changes(old: Interface, new: Interface) -> Iterator[Change]:
    known = set(new["opaque"]) | set(new["structs"])
    for name in old["opaque"]:
        if name not in known:
            yield Change(True, f"struct {name} is gone")
    for name in new["opaque"]:
        if name not in old["opaque"] and name not in old["structs"]:
            yield Change(False, f"struct {name} is new")


# ------------------------------------------------------------------ structs


def struct_changes(name: str, old: Struct, new: Struct) -> Iterator[Change]:
    if new["size"] < old["size"]:
        yield Change(True, f"{name} shrank from {old['size']} to {new['size']}")
    if new["alignment"] != old["alignment"]:
        yield Change(True, f"the alignment of {name} changed")
    for field in old["fields"]:
        if field in new["fields"]:
            yield from field_changes(name, field, old, new)
        elif not takes_reserved_place(field, old, new):
            yield Change(True, f"{name}.{field} is gone")
    for field in new["fields"]:
        if field not in old["fields"]:
            yield added_field(name, field, old, new)
    order = [field for field in new["fields"] if field in old["fields"]]
    if order != [field for field in old["fields"] if field in new["fields"]]:
        yield Change(True, f"the fields of {name} are in another order")


def field_changes(
    name: str, field: str, old: Struct, new: Struct
) -> Iterator[Change]:
    before, after = old["fields"][field], new["fields"][field]
    if before["offset"] != after["offset"]:
        what = f"moved from {before['offset']} to {after['offset']}"
        yield Change(True, f"{name}.{field} {what}")
    if before["type"] != after["type"]:
        what = f"was {before['type']}, is {after['type']}"
        yield Change(True, f"{name}.{field} {what}")
    if before["size"] != after["size"]:
        what = f"had {before['size']} bytes, has {after['size']}"
        yield Change(True, f"{name}.{field} {what}")


def takes_reserved_place(field: str, old: Struct, new: Struct) -> bool:
    """A reserved field was always zero, and so may get a name and a use."""
    place = old["fields"][field]
    return field.startswith("reserved") and any(
        (other["offset"], other["size"]) == (place["offset"], place["size"])
        for other in new["fields"].values()
    )


def added_field(name: str, field: str, old: Struct, new: Struct) -> Change:
    added = new["fields"][field]
    for before, place in old["fields"].items():
        if place["offset"] == added["offset"] and before not in new["fields"]:
            harmless = takes_reserved_place(before, old, new)
            return Change(not harmless, f"{name}.{field} took {before}'s place")
    if added["offset"] < old["size"]:
        return Change(True, f"{name}.{field} is new and not at the end")
    if name not in rules.SIZED_ELSEWHERE and next(iter(old["fields"])) != "size":
        return Change(True, f"{name}.{field} is new, and no size tells of it")
    return Change(False, f"{name}.{field} is new, at the end")


# ---------------------------------------------------------------- functions


def function_changes(name: str, old: Function, new: Function) -> Iterator[Change]:
    if old["returns"] != new["returns"]:
        what = f"returned {old['returns']}, returns {new['returns']}"
        yield Change(True, f"{name}() {what}")
    before, after = list(old["parameters"].values()), list(new["parameters"].values())
    if before != after:
        what = f"took ({', '.join(before)}), takes ({', '.join(after)})"
        yield Change(True, f"{name}() {what}")
    elif list(old["parameters"]) != list(new["parameters"]):
        yield Change(False, f"a parameter of {name}() has another name")
    if old["symbol"] != new["symbol"]:
        yield Change(True, f"{name}() was {old['symbol']}, is {new['symbol']}")
    yield from promise_changes(name, old, new)


def promise_changes(name: str, old: Function, new: Function) -> Iterator[Change]:
    """Where it may be called, and what it may answer."""
    for tag, order in (("thread", doc.THREADS), ("callback", doc.ANSWERS)):
        before = old[tag]  # type: ignore[literal-required]
        after = new[tag]  # type: ignore[literal-required]
        if before != after:
            ranks = [order.index(doc.choice_of(value)) for value in (before, after)]
            narrower = ranks[1] > ranks[0]
            yield Change(narrower, f"{name}() had @{tag} {before}, has {after}")
    if old["fails"] != new["fails"]:
        gone = [status for status in old["fails"] if status not in new["fails"]]
        more = [status for status in new["fails"] if status not in old["fails"]]
        what = f"fails anew with {more}, no longer with {gone}"
        yield Change(False, f"{name}() {what}")

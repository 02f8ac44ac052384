"""rules.py - what every picture of the header must obey, changed or not."""

import re
from collections.abc import Iterator

from .header import Interface, Struct

# Elements of arrays whose size stands beside the array: by struct, where.
SIZED_ELSEWHERE = {
    "ptg_snapshot_group": ("ptg_snapshot_view", "group_size"),
    "ptg_snapshot_task": ("ptg_snapshot_view", "task_size"),
}


def version_of(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def broken_rules(interface: Interface) -> list[str]:
    return [
        *name_rules(interface),
        *struct_rules(interface),
        *function_rules(interface),
    ]


def name_rules(interface: Interface) -> Iterator[str]:
    for kind in ("constants", "macros"):
        for name in interface[kind]:  # type: ignore[literal-required]
            if not name.startswith("PTG_"):
                yield f"{name} does not begin with PTG_"
    for kind in ("types", "structs", "functions"):
        for name in interface[kind]:  # type: ignore[literal-required]
            if re.fullmatch(r"ptg_[a-z0-9_]+", name) is None:
                yield f"{name} does not begin with ptg_"


def struct_rules(interface: Interface) -> Iterator[str]:
    for name, struct in interface["structs"].items():
        if not is_sized(interface, name):
            yield f"{name} does not say its size first (uint32_t size)"
        yield from holes(name, struct)


def is_sized(interface: Interface, name: str) -> bool:
    """Whether a user of a struct can tell how much of it the other side has."""
    if name in SIZED_ELSEWHERE:
        holder, field = SIZED_ELSEWHERE[name]
        holders = interface["structs"].get(holder)
        return holders is not None and field in holders["fields"]
    first = next(iter(interface["structs"][name]["fields"].items()), ("", None))
    return first == ("size", {"type": "uint32_t", "offset": 0, "size": 4})


def holes(name: str, struct: Struct) -> Iterator[str]:
    """A hole is memory that a caller cannot set."""
    end = 0
    for field, place in struct["fields"].items():
        if place["offset"] != end:
            yield f"{name} has a hole before {field}"
        end = place["offset"] + place["size"]
    if end != struct["size"]:
        yield f"{name} has a hole at its end"


def function_rules(interface: Interface) -> Iterator[str]:
    for name, function in interface["functions"].items():
        if version_of(function["since"]) > version_of(interface["abi"]):
            yield (f"{name}(): @since {function['since']}, "
                   f"but the header is {interface['abi']}")

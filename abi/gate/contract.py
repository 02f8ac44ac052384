"""contract.py - the files in abi/ that belong together, and what is checked
between them."""

import difflib
import json
from pathlib import Path
from typing import NamedTuple

from . import compare, header, rules, symbols, table
from .clang import HeaderError
from .header import Interface

AGAIN = "abi/lock writes it anew; look at the difference, then commit it"
DIFF_LINES = 60


class Frozen(NamedTuple):
    """A release whose ABI is promised; before it is out it may be redone."""

    folder: Path
    interface: Interface
    is_released: bool

    @property
    def version(self) -> tuple[int, int]:
        return rules.version_of(self.interface["abi"])


class Contract(NamedTuple):
    folder: Path

    @property
    def header(self) -> Path:
        return self.folder / "include/ptg/ptg.h"

    @property
    def lock(self) -> Path:
        return self.folder / "lock.json"

    @property
    def table(self) -> Path:
        return self.folder / "functions.md"

    @property
    def version_script(self) -> Path:
        return self.folder / "libptg.map"

    def frozen(self) -> list[Frozen]:
        """All releases that were frozen, oldest first."""
        found = []
        for lock in self.folder.glob("frozen/*/lock.json"):
            is_released = not (lock.parent / "PRERELEASE").exists()
            interface = json.loads(lock.read_text())
            found.append(Frozen(lock.parent, interface, is_released))
        return sorted(found, key=lambda frozen: frozen.version)


def read(contract: Contract) -> Interface:
    """Reads the header; HeaderError says which rules it breaks."""
    interface = header.read(contract.header)
    broken = rules.broken_rules(interface)
    if broken:
        raise HeaderError("\n".join(broken))
    return interface


def write(contract: Contract) -> None:
    interface = read(contract)
    contract.lock.write_text(header.text_of(interface))
    contract.table.write_text(table.text_of(interface))


def check(contract: Contract, library: Path | None) -> list[str]:
    """Everything that is wrong, in words; nothing when all is well."""
    try:
        interface = read(contract)
    except HeaderError as error:
        return [f"ptg.h: {line}" for line in str(error).splitlines()]
    wanted = symbols.promised(interface)
    found = check_lock(contract, interface)
    found += check_text(contract.table, table.text_of(interface))
    exported = symbols.of_map(contract.version_script)
    found += symbols.difference("libptg.map", exported, wanted)
    if library is not None:
        there = symbols.of_library(library)
        found += symbols.difference(library.name, there, wanted)
    return found + check_frozen(contract, interface)


def check_lock(contract: Contract, interface: Interface) -> list[str]:
    found = check_text(contract.lock, header.text_of(interface))
    if not found or not contract.lock.exists():
        return found
    locked = json.loads(contract.lock.read_text())
    if locked.get("format") != header.FORMAT:
        return found
    changes = compare.changes(locked, interface)
    return [f"  {change}" for change in changes] + found


def check_text(path: Path, wanted: str) -> list[str]:
    """A file that is made from the header must be as it would be made now."""
    there = path.read_text() if path.exists() else ""
    if there == wanted:
        return []
    lines = list(difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), path.name, "ptg.h", "", "", 1, ""))
    if len(lines) > DIFF_LINES:
        left_out = len(lines) - DIFF_LINES
        lines = [*lines[:DIFF_LINES], f"... and {left_out} lines more"]
    return [*lines, f"{path.name} is not what ptg.h says: {AGAIN}"]


def check_frozen(contract: Contract, interface: Interface) -> list[str]:
    """Nothing that was frozen may break within its MAJOR."""
    releases = contract.frozen()
    if not releases:
        return [f"{contract.folder}/frozen is empty: abi/freeze fills it"]
    found = []
    for frozen in releases:
        again = header.text_of(header.read(frozen.folder / "ptg/ptg.h"))
        if again != (frozen.folder / "lock.json").read_text():
            found.append(f"{frozen.folder.name}: its lock is not its header's")
    version = rules.version_of(interface["abi"])
    if version < releases[-1].version:
        found.append(f"the ABI's version went back from {releases[-1].version}")
    for frozen in releases:
        if frozen.version[0] == version[0]:
            found += check_promise(frozen, interface)
    return found


def check_promise(frozen: Frozen, interface: Interface) -> list[str]:
    name = frozen.interface["abi"]
    changes = compare.changes(frozen.interface, interface)
    found = [f"against the frozen {name}: {change}"
             for change in changes if change.breaks]
    if found:
        found.append("what is built against it would break: undo it, or raise "
                     "PTG_ABI_MAJOR" + hint(frozen))
    if frozen.is_released:
        found += check_additions(frozen, interface, changes)
    return found


def check_additions(
    frozen: Frozen, interface: Interface, changes: list[compare.Change]
) -> list[str]:
    """What was added after a release belongs to a version after it."""
    name = frozen.interface["abi"]
    found = []
    if interface["abi"] == name and any(not change.breaks for change in changes):
        found = [f"against the frozen {name}: {change}" for change in changes]
        found.append(f"{name} is released: raise PTG_ABI_MINOR for what is new")
    return found + [
        f"{name} had no {function}(), which says @since {tags['since']}"
        for function, tags in interface["functions"].items()
        if function not in frozen.interface["functions"]
        and rules.version_of(tags["since"]) <= frozen.version
    ]


def hint(frozen: Frozen) -> str:
    if frozen.is_released:
        return ""
    return f" ({frozen.interface['abi']} is not released: abi/freeze redoes it)"

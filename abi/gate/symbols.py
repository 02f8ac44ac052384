"""symbols.py - the symbols of the version script and of the built library."""

import re
import subprocess
from pathlib import Path

from .header import Interface


def promised(interface: Interface) -> set[str]:
    return {function["symbol"] for function in interface["functions"].values()}


def of_map(version_script: Path) -> set[str]:
    """The functions that a version script exports, as name@@VERSION."""
    text = re.sub(r"/\*.*?\*/", " ", version_script.read_text(), flags=re.S)
    found = set()
    for version, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S):
        exported = body.partition("local:")[0].replace("global:", " ")
        found |= {f"{name}@@{version}" for name in re.findall(r"[^\s;]+", exported)}
    return found


def of_library(library: Path) -> set[str]:
    """What the dynamic linker sees in a library, but the version's own names."""
    done = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--format=posix", str(library)],
        capture_output=True, text=True, check=True,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return {name for name, kind, *_ in rows if kind != "A"}


def difference(what: str, there: set[str], wanted: set[str]) -> list[str]:
    return [
        *(f"{what} lacks {name}" for name in sorted(wanted - there)),
        *(f"{what} has {name}, which ptg.h does not promise"
          for name in sorted(there - wanted)),
    ]

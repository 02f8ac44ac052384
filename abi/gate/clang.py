"""clang.py - what clang says about a header.

Two things only: its tree of declarations and its macros. Everything else that
the lock says is worked out from these.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

Node = dict[str, Any]

CLANG = os.environ.get("PTG_CLANG", "clang")


class HeaderError(Exception):
    """The header is not C, or not what a public header may be."""


def run(arguments: list[str], source: str | None = None) -> str:
    command = [CLANG, "-std=c11", "-w", *arguments]
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise HeaderError(done.stderr.strip())
    return done.stdout


def tree(header: Path) -> list[Node]:
    """The declarations of the header itself, without those it includes."""
    text = run(["-fsyntax-only", "-Xclang", "-ast-dump=json", "-xc", str(header)])
    return [node for node in json.loads(text)["inner"] if is_own(node)]


def is_own(node: Node) -> bool:
    place = node.get("loc", {})
    place = place.get("expansionLoc", place)
    return "offset" in place and "includedFrom" not in place


def macros(header: Path) -> dict[str, str]:
    """What the header defines: by name, or name(parameters), its text."""
    own = {line.split("(")[0].split()[1] for line in defines(header.read_text())}
    result = {}
    for line in run(["-E", "-dM", "-xc", str(header)]).splitlines():
        _, name, *body = line.split(" ", 2)
        if name.split("(")[0] in own:
            result[name] = " ".join(body)
    return dict(sorted(result.items()))


def defines(text: str) -> list[str]:
    """The lines of a header that begin the definition of a macro."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line.replace("# define", "#define") for line in lines
            if line.startswith(("#define ", "# define "))]


def evaluate(header: Path, expressions: list[str]) -> list[int]:
    """The values of constant expressions that may use all the header has, as
    64-bit integers with a sign."""
    # A table in a program that is never linked: its code has the numbers. The
    # tree would have them too, with a hundred times as much around them.
    rows = "".join(f"(long long)({text}),\n" for text in expressions)
    source = (f'#include "{header.resolve()}"\n'
              f"const long long ptg_values[] = {{{rows}1}};\n")
    text = run(["-S", "-emit-llvm", "-o-", "-xc", "-"], source)
    table = re.search(r"@ptg_values = .*\[(.*)\]", text)
    if table is None:
        raise HeaderError("clang did not evaluate the constants")
    return [int(value) for value in re.findall(r"i64 (-?\d+)", table[1])][:-1]

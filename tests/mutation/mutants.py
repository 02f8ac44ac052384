"""mutants.py - reads the mutants, and puts one into the text of its file.

README.md says how they are written down.
"""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent


class Fault(Exception):
    """A mutant, or what surrounds it, is not as it has to be."""


class Mutant(NamedTuple):
    id: str
    law: str
    path: str  # below the root of the sources
    hunks: list  # of (old text, new text), whole lines


def parse(file):
    """The mutants of one file."""
    path, mutant, lines = None, None, []

    def end_hunk():
        nonlocal lines
        if mutant and lines:
            old = "".join(text for sign, text in lines if sign != "+")
            new = "".join(text for sign, text in lines if sign != "-")
            mutant.hunks.append((old, new))
        lines = []

    for number, line in enumerate(file.read_text().splitlines(), 1):
        sign, text = line[:1], line[1:]
        if sign in (" ", "-", "+") and mutant:
            lines.append((sign, text + "\n"))
            continue
        end_hunk()
        if sign == "@":
            path = f"runtime/core/{text.strip()}"
        elif sign == "=" and path and re.fullmatch(r" [a-z]+-\d\d: .+", text):
            name, law = text.strip().split(": ", 1)
            mutant = Mutant(name, law, path, [])
            yield mutant
        elif line not in ("", "..") and sign != "#":
            raise Fault(f"{file.name}:{number}: what is this?")
    end_hunk()


def mutate(mutant):
    """The text of its file with the mistake in it."""
    text = (SOURCE / mutant.path).read_text()
    for old, new in mutant.hunks:
        found = ("\n" + text).count("\n" + old)
        if found != 1:
            raise Fault(f"{mutant.id}: its old text is {found} times in {mutant.path}")
        text = ("\n" + text).replace("\n" + old, "\n" + new)[1:]
    if not mutant.hunks or text == (SOURCE / mutant.path).read_text():
        raise Fault(f"{mutant.id}: it changes nothing")
    return text


def load():
    """All mutants, each of them seen to apply exactly once."""
    files = sorted((HERE / "mutants").glob("*.mut"))
    mutants = [mutant for file in files for mutant in list(parse(file))]
    seen = set()
    for mutant in mutants:
        if mutant.id in seen:
            raise Fault(f"{mutant.id}: there are two of that id")
        seen.add(mutant.id)
        mutate(mutant)
    return mutants


def load_explained(mutants):
    """The survivors that survivors.md explains: {id: why}."""
    text = (HERE / "survivors.md").read_text()
    explained = dict(re.findall(r"^- `([a-z]+-\d\d)`: (.+)$", text, re.M))
    unknown = set(explained) - {mutant.id for mutant in mutants}
    if unknown:
        raise Fault(f"survivors.md explains what there is not: {sorted(unknown)}")
    return explained

#!/usr/bin/env python3
"""test_gate.py - shows that the gate of abi/ catches what it has to catch and
lets through what it has to let through: the table in mutants.py, and what may
go wrong between the header and the files beside it.

Each mutant is judged against the header as it is now, frozen as a release.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

sys.dont_write_bytecode = True
ABI = Path(__file__).resolve().parents[2] / "abi"
sys.path.insert(0, str(ABI))

from gate import contract, freezing, header, symbols  # noqa: E402
from gate.clang import HeaderError  # noqa: E402
from mutants import BREAKING, HARMLESS, MUTANTS, REFUSED, SAME, Mutant  # noqa: E402


def remembering(
    read: Callable[[Path], header.Interface]
) -> Callable[[Path], header.Interface]:
    """Reads each header once: clang takes most of the time here."""
    known: dict[bytes, header.Interface] = {}

    def read_once(path: Path) -> header.Interface:
        content = path.read_bytes()
        if content not in known:
            known[content] = read(path)
        return known[content]

    return read_once


class Case(unittest.TestCase):
    """A test with a contract of its own, in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.files = contract.Contract(Path(folder.name) / "abi")
        shutil.copytree(ABI, self.files.folder,
                        ignore=shutil.ignore_patterns("frozen", "gate"))
        contract.write(self.files)
        freezing.freeze(self.files, is_release=False)

    def replace(self, pattern: str, text: str) -> None:
        old = self.files.header.read_text()
        self.assertEqual(len(re.findall(pattern, old)), 1,
                         f"not once in ptg.h, so adjust the table: {pattern}")
        self.files.header.write_text(re.sub(pattern, text, old))

    def raise_major(self) -> None:
        self.replace(r"#define PTG_ABI_MAJOR 0", "#define PTG_ABI_MAJOR 1")

    def follow(self) -> None:
        """Does what whoever changes the header on purpose does besides."""
        contract.write(self.files)
        self.write_map(symbols.promised(header.read(self.files.header)))

    def write_map(self, promised: set[str]) -> None:
        versions: dict[str, list[str]] = {}
        for name, version in (symbol.split("@@") for symbol in sorted(promised)):
            versions.setdefault(version, []).append(name)
        text = "".join(f"{version} {{ global: {'; '.join(names)}; local: *; }};\n"
                       for version, names in versions.items())
        self.files.version_script.write_text(text)

    def said(self, library: Path | None = None) -> str:
        return "\n".join(contract.check(self.files, library))

    def refuses(self, words: str, library: Path | None = None) -> None:
        said = self.said(library)
        self.assertIn(words, said)

    def passes(self, library: Path | None = None) -> None:
        self.assertEqual(self.said(library), "")


class Mutants(Case):
    def judge(self, mutant: Mutant) -> None:
        self.passes()
        self.replace(mutant.old, mutant.new)
        if mutant.verdict == SAME:
            self.passes()
            return
        # Nothing goes through without a word.
        self.refuses(mutant.says)
        if mutant.verdict == REFUSED:
            with self.assertRaises(HeaderError):
                contract.write(self.files)
            return
        self.refuses("lock.json is not what ptg.h says: abi/lock writes it anew")
        self.follow()
        if mutant.verdict == HARMLESS:
            self.passes()
            return
        self.refuses("raise PTG_ABI_MAJOR")
        self.refuses("against the frozen 0.1: BREAKS")
        self.raise_major()
        self.follow()
        self.passes()


def add_mutants() -> None:
    """Makes a test of every row of the table."""
    for mutant in MUTANTS:
        def test(self: Mutants, mutant: Mutant = mutant) -> None:
            self.judge(mutant)
        name = re.sub(r"\W", "_", mutant.name)
        assert not hasattr(Mutants, f"test_{name}"), f"twice: {mutant.name}"
        setattr(Mutants, f"test_{name}", test)


class Beside(Case):
    """The files beside the header."""

    def build(self, names: set[str]) -> Path:
        """A library that exports these under the version script."""
        source = self.files.folder / "stub.c"
        source.write_text("".join(f"void {name}(void) {{}}\n" for name in names))
        library = self.files.folder / "libstub.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source,
                        f"-Wl,--version-script={self.files.version_script}"],
                       check=True)
        return library

    def names(self) -> set[str]:
        functions = header.read(self.files.header)["functions"]
        return set(functions)

    def test_a_library_with_everything(self) -> None:
        self.passes(self.build(self.names()))

    def test_a_library_that_lacks_a_function(self) -> None:
        library = self.build(self.names() - {"ptg_task_spawn"})
        self.refuses("libstub.so lacks ptg_task_spawn@@PTG_0.1", library)

    def test_a_library_that_exports_too_much(self) -> None:
        promised = symbols.promised(header.read(self.files.header))
        self.write_map(promised | {"ptg_secret@@PTG_0.1"})
        library = self.build(self.names() | {"ptg_secret"})
        self.refuses("libstub.so has ptg_secret@@PTG_0.1", library)
        self.refuses("libptg.map has ptg_secret@@PTG_0.1")

    def test_a_function_that_is_not_in_the_version_script(self) -> None:
        promised = symbols.promised(header.read(self.files.header))
        self.write_map(promised - {"ptg_task_spawn@@PTG_0.1"})
        self.refuses("libptg.map lacks ptg_task_spawn@@PTG_0.1")

    def test_a_function_under_another_version(self) -> None:
        text = self.files.version_script.read_text()
        self.files.version_script.write_text(text.replace("PTG_0.1", "PTG_0.2"))
        self.refuses("libptg.map has ptg_task_spawn@@PTG_0.2")

    def test_a_lock_edited_by_hand(self) -> None:
        text = self.files.lock.read_text()
        self.files.lock.write_text(text.replace('"value": -15', '"value": -16', 1))
        self.refuses("BREAKS  PTG_EFULL was -16, is -15")

    def test_a_lock_that_is_gone(self) -> None:
        self.files.lock.unlink()
        self.refuses("lock.json is not what ptg.h says")

    def test_a_table_edited_by_hand(self) -> None:
        text = self.files.table.read_text()
        self.files.table.write_text(text.replace("| runtime |", "| any |", 1))
        self.refuses("functions.md is not what ptg.h says")


class Frozen(Case):
    """How a release freezes."""

    def new_function(self) -> None:
        mutant = next(item for item in MUTANTS if item.name == "a new function")
        self.replace(mutant.old, mutant.new)
        self.follow()

    def test_nothing_frozen(self) -> None:
        shutil.rmtree(self.files.folder / "frozen")
        self.refuses("frozen is empty")

    def test_a_frozen_header_that_was_edited(self) -> None:
        path = self.files.folder / "frozen/0.1/ptg/ptg.h"
        path.write_text(path.read_text().replace("PTG_EFULL = -15", "PTG_EFULL = -29"))
        self.refuses("0.1: its lock is not its header's")

    def test_a_pre_release_is_frozen_again(self) -> None:
        self.new_function()
        freezing.freeze(self.files, is_release=False)
        frozen, = self.files.frozen()
        self.assertIn("ptg_new_thing", frozen.interface["functions"])
        self.assertFalse(frozen.is_released)

    def test_a_release_stays_as_it_is(self) -> None:
        freezing.freeze(self.files, is_release=True)
        self.passes()
        self.new_function()
        self.refuses("raise PTG_ABI_MINOR")
        for is_release in (False, True):
            with self.assertRaises(freezing.FreezeError):
                freezing.freeze(self.files, is_release)

    def test_the_next_minor(self) -> None:
        freezing.freeze(self.files, is_release=True)
        self.replace("#define PTG_ABI_MINOR 1", "#define PTG_ABI_MINOR 2")
        self.new_function()
        self.refuses("0.1 had no ptg_new_thing")
        self.replace(r"(Does what is new\.\n \* @since) 0\.1", r"\1 0.2")
        self.follow()
        self.passes()
        freezing.freeze(self.files, is_release=True)
        self.assertEqual([frozen.version for frozen in self.files.frozen()],
                         [(0, 1), (0, 2)])
        self.passes()

    def test_a_version_that_goes_back(self) -> None:
        self.replace("#define PTG_ABI_MINOR 1", "#define PTG_ABI_MINOR 2")
        contract.write(self.files)
        freezing.freeze(self.files, is_release=True)
        self.replace("#define PTG_ABI_MINOR 2", "#define PTG_ABI_MINOR 1")
        contract.write(self.files)
        self.refuses("went back")

    def test_no_freezing_without_a_lock_that_is_true(self) -> None:
        self.replace(r"PTG_NAME_MAX 255", "PTG_NAME_MAX 256")
        with self.assertRaises(freezing.FreezeError):
            freezing.freeze(self.files, is_release=False)


setattr(header, "read", remembering(header.read))
add_mutants()
if __name__ == "__main__":
    unittest.main()

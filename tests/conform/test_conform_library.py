#!/usr/bin/env python3
"""test_conform_library.py - the helper that loads libraries says clearly what
is wrong with one.

  test_conform_library.py PTG-CONFORM

The libraries are made here, out of the list of functions in api.h.
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
API = HERE.parents[1] / "spec" / "adapters" / "c" / "api.h"
FUNCTIONS = ["ptg_" + name for name in re.findall(r"^  X\((\w+)\)", API.read_text(), re.M)]
HELPER = sys.argv.pop()


class Library(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def make(self, functions: list[str], version: int = 1) -> str:
        """Makes a library whose functions all return the version."""
        source = self.folder / "library.c"
        source.write_text("".join(f"int {name}(void) {{ return {version}; }}\n"
                                  for name in functions))
        library = self.folder / "library.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        return str(library)

    def refused(self, *arguments: str) -> str:
        """Returns the one line that is said."""
        done = subprocess.run([HELPER, *arguments], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_the_list_is_seen(self) -> None:
        self.assertGreater(len(FUNCTIONS), 40)
        self.assertIn("ptg_queue_get_info", FUNCTIONS)

    def test_no_argument_or_too_many(self) -> None:
        self.assertIn("usage: ", self.refused())
        self.assertIn("usage: ", self.refused("a.so", "b.so"))

    def test_one_that_is_not_there(self) -> None:
        said = self.refused("/nowhere/libptg.so")
        self.assertTrue(said.startswith("ptg-conform: cannot load /nowhere/libptg.so:"))

    def test_a_name_without_a_folder_is_a_file_here(self) -> None:
        self.assertIn("cannot load libc.so.6: ./libc.so.6", self.refused("libc.so.6"))

    def test_one_that_is_no_library(self) -> None:
        (self.folder / "text.so").write_text("text")
        self.assertIn("cannot load text.so", self.refused("text.so"))

    def test_one_that_needs_what_is_not_there(self) -> None:
        source = self.folder / "needs.c"
        source.write_text("int absent(void); int needs(void) { return absent(); }\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.folder / "needs.so",
                        source], check=True)
        self.assertIn("undefined symbol: absent", self.refused("needs.so"))

    def test_one_that_lacks_a_function(self) -> None:
        for name in FUNCTIONS:
            library = self.make([other for other in FUNCTIONS if other != name])
            said = f"ptg-conform: {library} lacks functions of ptg.h: {name}\n"
            self.assertEqual(self.refused(library), said)

    def test_one_that_lacks_several(self) -> None:
        library = self.make(FUNCTIONS[2:])
        self.assertIn(f"lacks functions of ptg.h: {FUNCTIONS[0]}, {FUNCTIONS[1]}\n",
                      self.refused(library))

    def test_one_of_another_abi(self) -> None:
        self.assertRegex(self.refused(self.make(FUNCTIONS, (7 << 16) + 2)),
                         r"library\.so has ABI 7\.2, and \d+\.\d+ is needed")

    def test_it_is_not_linked_with_the_library(self) -> None:
        done = subprocess.run(["nm", "--undefined-only", HELPER], text=True,
                              capture_output=True, check=True)
        self.assertIn("dlsym", done.stdout)
        self.assertNotIn(" ptg_", done.stdout)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""test_pages.py - every function of ptg.h has its man page and its place in the
HTML reference, and they say what the header says.

  test_pages.py REFERENCE-FOLDER
"""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

ABI = Path(__file__).resolve().parents[2] / "abi"
REFERENCE = Path(sys.argv.pop(1))
FUNCTIONS: dict[str, dict[str, Any]] = json.loads(
    (ABI / "lock.json").read_text())["functions"]


def render(page: Path) -> tuple[str, str]:
    """The page as it is read, on one line, and what groff says against it."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=200n", str(page)],
        capture_output=True, text=True, check=True)
    text = re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)
    return " ".join(text.replace("‐\n", "").split()), done.stderr


class Pages(unittest.TestCase):
    def test_a_page_for_every_function_and_no_other(self) -> None:
        there = {path.name for path in (REFERENCE / "man").iterdir()}
        self.assertEqual(there, {f"{name}.3" for name in FUNCTIONS})

    def test_every_page_says_what_the_header_says(self) -> None:
        for name, function in FUNCTIONS.items():
            with self.subTest(function=name):
                self.check_page(name, function)

    def check_page(self, name: str, function: dict[str, Any]) -> None:
        text, complaints = render(REFERENCE / f"man/{name}.3")
        self.assertEqual(complaints, "")
        self.assertRegex(text, rf"NAME {name} [-−–] \S+")
        self.assertIn("#include <ptg/ptg.h>", text)
        self.assertIn(f"{name}(", text)
        for parameter in function["parameters"]:
            self.assertRegex(text, rf"\b{parameter}\b")
        self.assertIn(f"Since {function['since']}.", text)
        self.assertIn(f"Thread: {function['thread']}.", text)
        self.assertIn(f"Inside callbacks: {function['callback']}.", text)
        if not any(status == "the status given" for status in function["fails"]):
            self.check_failures(text, function["fails"])

    def check_failures(self, text: str, fails: list[str]) -> None:
        _, _, result = text.partition("RETURN VALUE")
        if "those of" in result:
            return
        for status in fails:
            self.assertIn(status, result)

    def test_every_function_is_in_the_html_and_no_other(self) -> None:
        there: set[str] = set()
        for path in (REFERENCE / "html").glob("group__*.html"):
            there |= set(re.findall(r"(\w+)\(\)</h2>", path.read_text()))
        self.assertEqual(there, set(FUNCTIONS))


if __name__ == "__main__":
    unittest.main()

"""The first program is the one that the README shows, and says what that says."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
FIRST = HERE / "examples" / "first.py"
OUTPUT = HERE / "tests" / "first_output"


def test_first_program_says_what_it_should():
    process = subprocess.run(
        [sys.executable, "-W", "error", FIRST], capture_output=True, text=True, timeout=60, check=True
    )
    assert process.stdout == OUTPUT.read_text()
    assert process.stderr == ""


def test_readme_shows_the_first_program_and_what_it_says():
    readme = (HERE / "README.md").read_text()
    assert f"```python\n{FIRST.read_text()}```\n" in readme
    indented = "".join(f"    {line}\n" for line in OUTPUT.read_text().splitlines())
    assert indented in readme

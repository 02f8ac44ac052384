"""The first program is the one that the README shows; all that it shows runs, and says what is said."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, park

import ptg

HERE = Path(__file__).parent.parent
FIRST = HERE / "examples" / "first.py"
OUTPUT = HERE / "tests" / "first_output"
README = (HERE / "README.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```\n", README, re.M | re.DOTALL)
PROGRAMS = [snippet for snippet in SNIPPETS if snippet.endswith("asyncio.run(main())\n")]
TESTS = [snippet for snippet in SNIPPETS if "def test_" in snippet]


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def test_first_program_says_what_it_should():
    process = subprocess.run(
        [sys.executable, "-W", "error", FIRST], capture_output=True, text=True, timeout=60, check=True
    )
    assert process.stdout == OUTPUT.read_text()
    assert process.stderr == ""


def test_readme_shows_the_first_program():
    assert PROGRAMS[0] == FIRST.read_text()


@pytest.mark.parametrize("program", PROGRAMS)
def test_readme_says_what_its_programs_say(program):
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert process.stderr == ""
    assert f"{program}```\n\nIt says:\n\n{indented(process.stdout)}\n" in README


def test_test_of_the_readme_passes(tmp_path):
    [snippet] = TESTS
    file = tmp_path / "test_readme.py"
    file.write_text(snippet)
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", file],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "1 passed" in process.stdout


def test_picture_of_the_readme_shows_the_tasks(capsys):
    async def main():
        async with ptg.PersistentTaskGroup() as group:
            task = group.create_task(park())
            [snippet] = [snippet for snippet in SNIPPETS if "ptg.snapshot()" in snippet]
            exec(snippet, {"ptg": ptg})
            task.cancel()

    asyncio.run(main())
    assert re.fullmatch(r"park pending \d+\.\d s\n", capsys.readouterr().out)

"""setup.py - what pyproject.toml has no words for: the extension, and a copy of the library for a wheel that carries
it (PTG_BUNDLE=1)."""

import os
import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_cffi import flags


class BuildWithLibrary(build_py):
    """Puts the library beside the modules, or sees to it that there is none."""

    def run(self) -> None:
        super().run()
        folder = Path(self.build_lib) / "ptg"
        for left in folder.glob("libptg.so.*"):
            left.unlink()
        if not os.environ.get("PTG_BUNDLE"):
            return
        for place in (Path(flag[2:]) for flag in flags("--libs-only-L")):
            for library in place.glob("libptg.so.*"):
                shutil.copy2(library, folder / library.name)


# What an earlier build left may be for another prefix, or for the other sort of wheel.
setup(
    cffi_modules=["build_cffi.py:ffibuilder"],
    cmdclass={"build_py": BuildWithLibrary},
    options={"build_ext": {"force": True}},
)

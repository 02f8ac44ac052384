"""setup.py - what pyproject.toml has no words for: the extension, and for a wheel that carries the library
(PTG_BUNDLE=1) a copy of it, and of the program that it starts child processes with."""

import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_cffi import flags


class BuildWithLibrary(build_py):
    """Puts the library beside the modules, or sees to it that there is none."""

    def run(self) -> None:
        super().run()
        folder = Path(self.build_lib) / "ptg"
        for left in (*folder.glob("libptg.so.*"), *folder.glob("ptg-reaper")):
            left.unlink()
        if not os.environ.get("PTG_BUNDLE"):
            return
        for place in (Path(flag[2:]) for flag in flags("--libs-only-L")):
            for pattern in ("libptg.so.*", "../libexec/ptg/ptg-reaper", "../../libexec/ptg/ptg-reaper"):
                for found in place.glob(pattern):
                    shutil.copy2(found, folder / found.name)


# What an earlier build left may be for another prefix, or for the other sort of wheel.
setup(
    ext_modules=[Extension("ptg._coroutine", ["src/ptg/coroutine.c"], extra_compile_args=["-O2", "-std=c11"])],
    cffi_modules=["build_cffi.py:ffibuilder"],
    cmdclass={"build_py": BuildWithLibrary},
    options={"build_ext": {"force": True}},
)

"""build_cffi.py - makes ptg._native from ptg.h and src/ptg/native.c.

What cffi has to know is read off the header that the library was installed with: comments and preprocessor lines are
left out, constants are kept. Nothing of the header is written down here a second time.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

import cffi

HERE = Path(__file__).resolve().parent
NATIVE = HERE / "src" / "ptg" / "native.c"

CALLBACKS = """
extern "Python" ptg_status ptgpy_start(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_drain(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_cancel(ptg_runtime *, ptg_task, const ptg_cancel_info *, void *);
extern "Python" void ptgpy_kill(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_wake(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_done(ptg_runtime *, ptg_task, const ptg_outcome *, void *);
extern "Python" void ptgpy_release(void *);
extern "Python" ptg_status ptgpy_error(ptg_runtime *, const ptg_error *, void *);
extern "Python" ptg_status ptgpy_group_drain(ptg_runtime *, ptg_group, void *);
extern "Python" ptg_status ptgpy_group_closed(ptg_runtime *, ptg_group, void *);
extern "Python" void ptgpy_group_release(void *);
extern "Python" void ptgpy_over(ptg_runtime *, ptg_watch, uint64_t, const ptg_outcome *, void *);
extern "Python" void ptgpy_watch_release(void *);
extern "Python" void ptgpy_posted(ptg_runtime *, void *);
extern "Python" void ptgpy_post_release(void *);
extern "Python" ptg_status ptgpy_fire(ptg_runtime *, ptg_task, void *, ptg_task *);
extern "Python" ptg_status ptgpy_handle(ptg_runtime *, ptg_task, void *, void *, ptg_task *);
extern "Python" void ptgpy_drop(ptg_runtime *, ptg_task, void *, void *);
extern "Python" void ptgpy_has_room(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_started(ptg_runtime *, ptg_task, void *);
extern "Python" void ptgpy_line(ptg_runtime *, ptg_task, int32_t, const char *, size_t, void *);
"""


def flags(*arguments: str) -> list[str]:
    """What pkg-config says of libptg; PTG_PREFIX is where it looks first."""
    environment = dict(os.environ)
    prefix = environment.get("PTG_PREFIX")
    if prefix:
        places = [str(path.parent) for path in Path(prefix).glob("lib*/**/pkgconfig/ptg.pc")]
        places.append(environment.get("PKG_CONFIG_PATH", ""))
        environment["PKG_CONFIG_PATH"] = os.pathsep.join(filter(None, places))
    try:
        answer = subprocess.run(
            ["pkg-config", *arguments, "ptg"], env=environment, check=True, text=True, capture_output=True
        )
    except FileNotFoundError:
        raise SystemExit("error: building ptg needs pkg-config, and there is none") from None
    except subprocess.CalledProcessError:
        raise SystemExit(
            "error: libptg was not found: install it, and set PTG_PREFIX to where it was installed"
        ) from None
    return shlex.split(answer.stdout)


def declarations(header: str) -> str:
    """The header as cffi reads it."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL).replace("\\\n", " ")
    constants = re.findall(r"^#define (PTG_[A-Z_]+) +(?:U?INT(?:32|64)_C\(\d+\)|\(\(int64_t\)-\d\)|\d+) *$", text, re.M)
    text = re.sub(r"^ *#.*$", "", text, flags=re.M)
    text = text.replace('extern "C" {', "").replace("PTG_API ", "").rstrip()
    text = text.removesuffix("}")
    return text + "".join(f"\n#define {name} ..." for name in constants)


def own_declarations(source: str) -> str:
    """The functions of native.c that Python calls: those that are marked so."""
    found = re.findall(r"^/\* python \*/ static ([^{]+) \{", source, re.M)
    structs = re.findall(r"^/\* python \*/ (typedef struct \w+ \{.*?\} \w+;)", source, re.M | re.DOTALL)
    return "\n".join(structs) + "\n" + "".join(f"{declaration};\n" for declaration in found)


def make() -> cffi.FFI:
    # Not the flags: pkg-config leaves out of them where a compiler looks in any case.
    include = Path(" ".join(flags("--variable=includedir")))
    header = (include / "ptg" / "ptg.h").read_text(encoding="utf-8")
    source = NATIVE.read_text(encoding="utf-8")
    builder = cffi.FFI()
    builder.cdef(declarations(header) + CALLBACKS + own_declarations(source))
    library_folders = [flag[2:] for flag in flags("--libs-only-L")]
    # A wheel that carries the library has it beside the module; else it is where pkg-config found it.
    run_path = ["$ORIGIN"] if os.environ.get("PTG_BUNDLE") else library_folders
    builder.set_source(
        "ptg._native",
        source,
        include_dirs=[str(include)],
        library_dirs=library_folders,
        libraries=["ptg"],
        runtime_library_dirs=run_path,
        extra_compile_args=["-O2", "-std=c11"],
    )
    return builder


ffibuilder = make()

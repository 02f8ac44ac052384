#!/usr/bin/env python3
"""test_readers.py - what other languages read out of ptg.h is what C reads.

  test_readers.py c|cffi|luajit|bindgen|cgo LIBPTG.SO

Each reader prints the size of every struct and the offset of every field, as
its own language has them, and calls the library; the lock says what must come
out.
"""

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ABI = HERE.parents[1] / "abi"
LOCK = json.loads((ABI / "lock.json").read_text())
STRUCTS = {name: list(struct["fields"]) for name, struct in LOCK["structs"].items()}


def run(command: list[str | Path], **options: object) -> str:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True,
                          **options)  # type: ignore[call-overload]
    return str(done.stdout)


def expected() -> Iterator[str]:
    yield f"version {LOCK['constants']['PTG_ABI_VERSION']['value']}"
    yield "name PTG_ESTALE"
    for name, struct in LOCK["structs"].items():
        yield f"{name} {struct['size']}"
        for field, place in struct["fields"].items():
            yield f"{name}.{field} {place['offset']}"


def each(size: str, offset: str) -> str:
    """A line of a program for every struct and for every field."""
    lines = []
    for struct, fields in STRUCTS.items():
        lines.append(size.replace("STRUCT", struct))
        lines += [offset.replace("STRUCT", struct).replace("FIELD", field)
                  for field in fields]
    return "\n".join(lines)


def read_c(folder: Path, library: Path) -> str:
    source, program = folder / "reader.c", folder / "reader"
    source.write_text(
        "#include <ptg/ptg.h>\n#include <stdio.h>\nint main(void) {\n"
        'printf("version %u\\n", (unsigned)ptg_abi_version());\n'
        'printf("name %s\\n", ptg_status_name(PTG_ESTALE));\n'
        + each('printf("STRUCT %zu\\n", sizeof(STRUCT));',
               'printf("STRUCT.FIELD %zu\\n", offsetof(STRUCT, FIELD));')
        + "\nreturn 0;\n}\n")
    run(["cc", "-std=c11", f"-I{ABI}/include", "-o", program, source, library,
         f"-Wl,-rpath,{library.parent}"])
    return run([program])


def read_from_cdef(reader: list[str | Path], folder: Path, library: Path) -> str:
    """For what reads declarations at run time."""
    declarations = folder / "ptg.cdef"
    declarations.write_text(run([ABI / "cdef"]))
    names = "".join(f"{name} {' '.join(fields)}\n" for name, fields in STRUCTS.items())
    return run([*reader, declarations, library], input=names)


def read_cffi(folder: Path, library: Path) -> str:
    return read_from_cdef([HERE / "readers/cffi_reader.py"], folder, library)


def read_luajit(folder: Path, library: Path) -> str:
    reader: list[str | Path] = ["luajit", HERE / "readers/luajit_reader.lua"]
    return read_from_cdef(reader, folder, library)


def spare_keywords(rust: str) -> str:
    """bindgen puts a _ behind what would be a word of Rust's."""
    return re.sub(r"\(\*at\)\.(fn|in|loop|match|move|ref|type|use|where)\)",
                  r"(*at).\1_)", rust)


def read_bindgen(folder: Path, library: Path) -> str:
    run(["bindgen", ABI / "include/ptg/ptg.h", "--allowlist-file", ".*/ptg/ptg.h",
         "-o", folder / "ptg.rs"])
    (folder / "reader.rs").write_text(
        "#![allow(warnings)]\nmod ptg { include!(\"ptg.rs\"); }\nuse ptg::*;\n"
        "use std::mem::{size_of, MaybeUninit};\nuse std::ptr::addr_of;\n"
        "fn main() { unsafe {\n"
        'println!("version {}", ptg_abi_version());\n'
        "let name = std::ffi::CStr::from_ptr(ptg_status_name(PTG_ESTALE));\n"
        'println!("name {}", name.to_str().unwrap());\n'
        + spare_keywords(each(
               'let it = MaybeUninit::<STRUCT>::uninit(); let at = it.as_ptr();\n'
               'println!("STRUCT {}", size_of::<STRUCT>());',
               'println!("STRUCT.FIELD {}",'
               ' addr_of!((*at).FIELD) as usize - at as usize);'))
        + "\n} }\n")
    program = folder / "reader"
    run(["rustc", "--edition=2021", "-o", program, folder / "reader.rs",
         "-L", library.parent, "-l", "ptg",
         "-C", f"link-arg=-Wl,-rpath,{library.parent}"])
    return run([program])


def read_cgo(folder: Path, library: Path) -> str:
    (folder / "reader.go").write_text(
        "package main\n\n// #include <ptg/ptg.h>\nimport \"C\"\n"
        'import (\n"fmt"\n"unsafe"\n)\n\nfunc main() {\n'
        'fmt.Println("version", C.ptg_abi_version())\n'
        'fmt.Println("name", C.GoString(C.ptg_status_name(C.PTG_ESTALE)))\n'
        + each('var a_STRUCT C.STRUCT\n'
               'fmt.Println("STRUCT", unsafe.Sizeof(a_STRUCT))',
               'fmt.Println("STRUCT.FIELD", unsafe.Offsetof(a_STRUCT.FIELD))')
        + "\n}\n")
    environment = os.environ | {
        "CGO_ENABLED": "1", "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off",
        "GOTOOLCHAIN": "local", "GOPATH": str(folder / "go"),
        "CGO_CFLAGS": f"-I{ABI}/include",
        "CGO_LDFLAGS": f"-L{library.parent} -lptg -Wl,-rpath,{library.parent}"}
    run(["go", "build", "-o", "reader", "reader.go"], cwd=folder, env=environment)
    return run([folder / "reader"])


READERS = {"c": read_c, "cffi": read_cffi, "luajit": read_luajit,
           "bindgen": read_bindgen, "cgo": read_cgo}


def main() -> int:
    reader, library = sys.argv[1], Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        read = READERS[reader](Path(folder), library).splitlines()
    wanted = list(expected())
    difference = list(difflib.unified_diff(wanted, read, "lock.json", reader, "", "",
                                           0, ""))
    print("\n".join(difference) or f"{reader} reads all {len(wanted)} as C does")
    return 1 if difference else 0


sys.exit(main())

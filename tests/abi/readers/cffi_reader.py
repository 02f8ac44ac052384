#!/usr/bin/python3
"""cffi_reader.py - the layout of ptg.h's structs as Python's cffi sees it.

  cffi_reader.py DECLARATIONS LIBRARY <STRUCT-AND-FIELDS

Debian's own Python, for cffi is Debian's.
"""

import sys

import cffi

with open(sys.argv[1], encoding="utf-8") as file:
    declarations = file.read()
ffi = cffi.FFI()
ffi.cdef(declarations)
library = ffi.dlopen(sys.argv[2])
print("version", library.ptg_abi_version())
print("name", ffi.string(library.ptg_status_name(library.PTG_ESTALE)).decode())
for line in sys.stdin:
    struct, *fields = line.split()
    print(struct, ffi.sizeof(struct))
    for field in fields:
        print(f"{struct}.{field}", ffi.offsetof(struct, field))

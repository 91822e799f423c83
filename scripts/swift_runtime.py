#!/usr/bin/env python3
"""Copies Swift's static core library so that a linker can leave out the functions that nobody calls.

    scripts/swift_runtime.py COPY        (such as build/swift/libswiftCore.a)

The toolchain marks the inlinable functions of the standard library as sections to keep (SHF_GNU_RETAIN), so 1.4 MB of
code are in every program that links it, called or not. The copy lacks the mark on code. Data stays marked, since the
runtime finds some by its section alone, such as conformances to protocols. SWIFT is the compiler (default: swift).
"""

import json
import os
import pathlib
import struct
import subprocess
import sys

#: The flag of a section that is kept even if nothing refers to it.
RETAIN = 0x200000
#: The flag of a section of code.
CODE = 0x4


def members(archive):
    """The offsets of the files in an archive of ar."""
    place = 8
    while place + 60 <= len(archive):
        yield place + 60
        size = int(archive[place + 48 : place + 58])
        place += 60 + size + size % 2


def unmark_code(archive, start):
    """Takes the mark from every section of code of the 64-bit ELF object at an offset."""
    (table,) = struct.unpack_from("<Q", archive, start + 0x28)
    size, count = struct.unpack_from("<HH", archive, start + 0x3A)
    if count == 0:  # too many sections for 16 bits: the first has their number in place of its size
        (count,) = struct.unpack_from("<Q", archive, start + table + 0x20)
    for section in range(start + table, start + table + count * size, size):
        (flags,) = struct.unpack_from("<Q", archive, section + 8)
        if flags & CODE:
            struct.pack_into("<Q", archive, section + 8, flags & ~RETAIN)


def main(copy):
    told = subprocess.check_output([os.environ.get("SWIFT", "swift"), "-static-stdlib", "-print-target-info"])
    folder = json.loads(told)["paths"]["runtimeLibraryPaths"][0]
    archive = bytearray(pathlib.Path(folder, "libswiftCore.a").read_bytes())
    for start in members(archive):
        if archive[start : start + 6] == b"\x7fELF\x02\x01":  # 64 bits, little-endian
            unmark_code(archive, start)
    copy = pathlib.Path(copy)
    copy.parent.mkdir(parents=True, exist_ok=True)
    written = copy.with_suffix(".new")
    written.write_bytes(archive)
    written.replace(copy)


if __name__ == "__main__":
    main(*sys.argv[1:])

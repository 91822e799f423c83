#!/usr/bin/env python3
"""Write the tokenizer's tables for the repair of mojibake.

Usage: make_mojibake_tables.py > Sources/Tokenizer/MojibakeTable.swift   (needs ftfy 6.3)

The tables are those of ftfy, which the reference tokenizer cleans texts with: which kinds each character belongs
to, and the characters of the single-byte encodings that ftfy tries. They are string literals: the Swift compiler
takes long over large array literals.
"""
import re

import ftfy
from ftfy import badness, chardata

WIDTH = 100
#: In the order of the bits of `Mojibake.Kinds`.
KINDS = [
    "common", "c1", "bad", "law", "currency", "start_punctuation", "end_punctuation", "numeric", "kaomoji",
    "upper_accented", "lower_accented", "upper_common", "lower_common", "box",
    "utf8_first_of_2", "utf8_first_of_3", "utf8_first_of_4", "utf8_continuation", "utf8_continuation_strict",
]  # fmt: skip


def members(ranges):
    """The characters of what stands inside a regular expression's brackets."""
    pattern = re.compile(f"[{ranges}]")
    return {code for code in range(0x110000) if not 0xD800 <= code < 0xE000 and pattern.match(chr(code))}


def wrapped(records):
    line = ""
    for record in records:
        if line and len(line) + 1 + len(record) > WIDTH:
            yield line
            line = ""
        line += (" " if line else "") + record
    yield line


def literal(name, comment, records):
    print(f"\n  /// {comment}")
    print(f'  static let {name}: StaticString = """')
    for line in wrapped(records):
        print("    " + line)
    print('    """')


def main():
    assert ftfy.__version__.startswith("6.3"), "another version of ftfy may have other tables"
    sets = {**badness.MOJIBAKE_CATEGORIES, **chardata.UTF8_CLUES}
    assert sorted(sets) == sorted(KINDS)
    kinds = {}
    for bit, name in enumerate(KINDS):
        for code in members(sets[name]):
            kinds[code] = kinds.get(code, 0) | 1 << bit
    assert chardata.CHARMAP_ENCODINGS[0] == "latin-1"
    encodings = chardata.CHARMAP_ENCODINGS[1:]
    print("// Written by scripts/make_mojibake_tables.py from ftfy's tables; run it again rather than edit.")
    print("// ftfy: copyright Robyn Speer, Apache License 2.0, https://github.com/rspeer/python-ftfy.")
    print("\nextension Mojibake {", end="")
    literal(
        "characters", "A character and its kinds, bits of `Kinds`, both hexadecimal.",
        [f"{code:X};{kinds[code]:X}" for code in sorted(kinds)],
    )  # fmt: skip
    literal(
        "encodings",
        "The single-byte encodings after Latin-1: a name, and what the bytes 0x80 to 0xFF stand for.",
        [word for name in encodings
         for word in [name, *(f"{ord(c):X}" for c in bytes(range(0x80, 0x100)).decode(name))]],
    )  # fmt: skip
    print("}")


if __name__ == "__main__":
    main()

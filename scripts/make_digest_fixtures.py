#!/usr/bin/env python3
"""Makes Tests/fixtures/digest/sha256.txt: what Python's hashlib gives, a line "LENGTH SHA256" each, for the first
LENGTH bytes of one sequence: every length to three blocks, where padding begins and ends, and longer ones at random.

usage: make_digest_fixtures.py
"""
import hashlib
import random
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "Tests" / "fixtures" / "digest" / "sha256.txt"
LONGEST = 1 << 16


def sequence(count):
    """The high bytes of a linear congruential generator, which the tests can make too."""
    state = 0
    result = bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        result.append(state >> 24)
    return bytes(result)


def main():
    data = sequence(LONGEST)
    chance = random.Random(256)
    lengths = [*range(193), *sorted(chance.randrange(193, LONGEST) for _ in range(60)), LONGEST]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("".join(f"{n} {hashlib.sha256(data[:n]).hexdigest()}\n" for n in lengths))


if __name__ == "__main__":
    main()

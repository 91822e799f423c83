#!/usr/bin/env python3
"""Holds every file that names the version to the header's ACTIONCLIP_VERSION_* numbers.

    scripts/version.py           compares, and fails where one differs
    scripts/version.py --write   writes the header's version into them
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = r"\d+\.\d+\.\d+"
# Each pattern's one group is the version; it is found at least once.
PLACES = {
    "CHANGELOG.md": rf"\A(?:.*\n)*?## (?:Unreleased: )?({VERSION}) ",  # the newest
    "bindings/python/pyproject.toml": rf'^version = "({VERSION})"$',
    "trainer/pyproject.toml": rf'^version = "({VERSION})"$',
    "bindings/rust/Cargo.lock": rf'^name = "actionclip(?:-sys)?"\nversion = "({VERSION})"$',
    "bindings/rust/actionclip-sys/Cargo.toml": rf'^version = "({VERSION})"$',
    "bindings/rust/actionclip/Cargo.toml": rf'\bversion = "({VERSION})"',
    "packaging/debian/changelog": rf"\Aactionclip \(({VERSION})\)",  # the newest
}


def header_version():
    header = (ROOT / "include" / "actionclip.h").read_text()
    return ".".join(
        re.search(rf"^#define ACTIONCLIP_VERSION_{part} (\d+)", header, re.M)[1] for part in ("MAJOR", "MINOR", "PATCH")
    )


def main():
    wanted, differing = header_version(), 0
    for name, pattern in PLACES.items():
        path = ROOT / name
        text = path.read_text()
        found = list(re.finditer(pattern, text, re.M))
        if not found:
            sys.exit(f"{name}: names no version where one is expected")
        if all(match[1] == wanted for match in found):
            continue
        if "--write" not in sys.argv[1:]:
            print(f"{name}: version {found[0][1]}, but the header has {wanted}; see scripts/version.py --write")
            differing += 1
            continue
        for match in reversed(found):
            text = text[: match.start(1)] + wanted + text[match.end(1) :]
        path.write_text(text)
        print(f"{name}: {wanted}")
    return differing != 0


if __name__ == "__main__":
    sys.exit(main())

"""Tells compilers and CMake where the library and the headers inside this package are."""

import argparse
import pathlib
import shlex
import sys

from . import _abi

FOLDER = pathlib.Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m actionclip", description=__doc__)
    asked = [
        ("cflags", "flags for the compiler"),
        ("libs", "flags for the linker; the program then finds the library where it is"),
        ("cmake-dir", "the folder for CMake's actionclip_DIR"),
        ("version", "the version of the package"),
    ]
    for name, text in asked:
        parser.add_argument(f"--{name}", action="append_const", dest="asked", const=name, help=text)
    names = parser.parse_args().asked
    if not names:
        parser.error("expected one or more of " + ", ".join(f"--{name}" for name, _ in asked))
    library = FOLDER / "lib"
    if names != ["version"] and not (library / _abi.SONAME).exists():
        print("actionclip: error: this package has no library of its own, so the system's headers and library count;"
              " pkg-config tells where they are", file=sys.stderr)  # fmt: skip
        return 1
    number = ".".join(str(_abi.CONSTANTS[f"VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH"))
    answers = {
        "cflags": [f"-I{FOLDER / 'include'}"],
        "libs": [f"-L{library}", "-lactionclip", f"-Wl,-rpath,{library}"],
        "cmake-dir": [str(library / "cmake" / "actionclip")],
        "version": [number],
    }
    print(shlex.join(word for name in names for word in answers[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Compiles the kernels with a program that measures them, and shows what it found.

    make bench-kernels BENCH_ARGS="--rounds 15"
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "build" / "bench"
sys.path.insert(0, str(HERE.parent))
from machine import machine  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, help="default build/bench/kernels-DATE.json")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    out = options.out or FOLDER / f"kernels-{now:%Y-%m-%d-%H%M}.json"
    program = built()
    ran = subprocess.run([program, str(options.rounds)], check=True, stdout=subprocess.PIPE, text=True)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    out.write_text(json.dumps(
        {"date": f"{now:%Y-%m-%d %H:%M} UTC", "machine": machine(), "rounds": options.rounds, "found": found},
        indent=1) + "\n")  # fmt: skip
    print("\n".join([*peaks(found), *products(found), *rows(found)]))
    print(f"written: {out}", file=sys.stderr)


def built():
    """The program, compiled as Package.swift has the kernels compiled."""
    folders = [ROOT / "Sources" / name for name in ("CKernels", "CProcessor")]
    sources = sorted(file for folder in folders for file in folder.rglob("*.c"))
    program = FOLDER / "kernels"
    subprocess.run(
        [os.environ.get("CC", "clang"), "-O3", "-fno-math-errno", "-Wall", "-pthread",
         *(f"-I{folder}/include" for folder in folders), *sources, HERE / "kernels.c", HERE / "peak.c",
         "-lm", "-o", program],
        check=True,
    )  # fmt: skip
    return program


def of(found, kind):
    return [row for row in found if row["kind"] == kind]


def peaks(found):
    lines = ["Peak between registers, G(FL)OP/s, median (best):", "", "| | 1 thread | 2 threads |", "|---|---|---|"]
    cells = {}
    for row in of(found, "peak"):
        cells.setdefault(row["what"], []).append(f"{row['median']:,.0f} ({row['best']:,.0f})")
    return [*lines, *(f"| {what} | {' | '.join(each)} |" for what, each in cells.items()), ""]


def products(found):
    lines = ["Products, G(FL)OP/s and percent of the peak measured around each, medians (best):", "",
             "| | rows | outputs, k | then | 1 thread | 2 threads |", "|---|---|---|---|---|---|"]  # fmt: skip
    cells = {}
    for row in of(found, "product"):
        key = (f"{row['precision']}, {row['isa']}", str(row["rows"]), f"{row['outputs']}, {row['k']}",
               row["epilogue"])  # fmt: skip
        share = f", {100 * row['peak_share']:.0f} %" if row["peak_share"] else ""
        cells.setdefault(key, []).append(f"{row['median']:,.0f} ({row['best']:,.0f}){share}")
    return [*lines, *(f"| {' | '.join((*key, *each))} |" for key, each in cells.items()), ""]


def rows(found):
    lines = ["Others, 1 thread, nanoseconds a row, median (best):", "", "| | | |", "|---|---|---|"]
    return [*lines, *(f"| {row['what']} | {row['precision']} | {row['median']:,.0f} ({row['best']:,.0f}) |"
                      for row in of(found, "rows"))]  # fmt: skip


if __name__ == "__main__":
    main()

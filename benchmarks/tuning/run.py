"""Steps of training against PyTorch: ViT-B/16 with the Transf head, 8 frames, random weights and pixels.

    make bench-tune                        about 25 minutes; needs torch, numpy and safetensors
    make bench-tune BENCH_ARGS="--rounds 5 --rows head block"

Each side has a process of its own, two threads, and its turn in every round; a ratio is that of one round. A step is
everything between two batches: forward, backward, the limit of the gradient's norm, and AdamW. What each row trains,
with the scale of cosines:

    head        the temporal head; both encoders are frozen
    block       the head, the image encoder's projection and its last block
    blocks      the same with its last three blocks
    everything  both encoders and the head

PyTorch is this project's trainer (trainer/), whose frozen part is computed in each step without a graph. `cached` is the
same trainer over what no training changes, computed once and kept: there is none in the last row. This library always
keeps it. Rows `bf16` load the model in fp32 and train in bf16, as PyTorch does; in rows `bf16*` this library has loaded it
in bf16, so that what is frozen is there once, and what is trained begins rounded. Its memory has no limit of its own, or
with `--share` that share of PyTorch's peak in the same row, which is measured first; where training does not fit, the
least that it does. Memory is a process's peak while it steps, less what it had before it had a model.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from machine import machine  # noqa: E402
from measure import turns  # noqa: E402

FOLDER = HERE.parent.parent / "build" / "bench" / "files"
ROWS = ("head", "block", "blocks", "everything")
OURS, TORCH, CACHED = "libactionclip", "PyTorch", "PyTorch, cached"
OURS_IN_BF16 = "libactionclip, bf16 model"


class Worker:
    """A side in a process of its own, which ends with the `with` block."""

    def __init__(self, side, row, precision, options, limit=0):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), side, row, precision, str(options.threads), str(limit), str(FOLDER)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, command):
        print(command, file=self.process.stdin, flush=True)
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def measured(row, precision, options):
    """Seconds of each side, round by round, and its peak in MiB."""
    sides = [OURS, TORCH] if row == "everything" else [OURS, TORCH, CACHED]
    if precision == "bf16":
        sides.insert(0, OURS_IN_BF16)
    rounds = options.rounds if row in ("head", "block") else max(2, options.rounds * 3 // 5)
    found = {side: {"s": []} for side in sides}
    workers = {}
    try:
        for side in reversed(sides):  # PyTorch first: its peak is what the limit follows
            peak = found.get(TORCH, {}).get("mib", 0)
            limit = int(options.share * peak) if side in (OURS, OURS_IN_BF16) else 0
            workers[side] = Worker(side, row, precision, options, limit)
            found[side]["mib"] = workers[side].ask("warm")["mib"]
        for order in turns(sides, rounds):
            for side in order:
                found[side]["s"].append(workers[side].ask("step")["s"])
        for side in sides:
            found[side]["mib"] = workers[side].ask("memory")["mib"]
    finally:
        for worker in workers.values():
            worker.__exit__()
    return found


def shown(numbers, digits=2):
    return f"{statistics.median(numbers):.{digits}f} ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"


def line(row, precision, found, side=OURS):
    ours, torch = found[side], found[TORCH]
    def ratio(peer):
        return shown([theirs / mine for mine, theirs in zip(ours["s"], peer["s"])])  # fmt: skip

    cached = found.get(CACHED)
    return (
        f"| {row} | {precision} | {shown(ours['s'], 3)} | {shown(torch['s'], 3)} | **{ratio(torch)}** | "
        f"{shown(cached['s'], 3) if cached else '–'} | {ratio(cached) if cached else '–'} | "
        f"{ours['mib']:,.0f} | {torch['mib']:,.0f} | **{ours['mib'] / torch['mib']:.2f}** |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of head and block; the others take three fifths of it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--precisions", nargs="+", choices=("fp32", "bf16"), default=("fp32", "bf16"))
    parser.add_argument("--share", type=float, default=0.0, help="of PyTorch's memory that this library may take")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(HERE / "worker.py"), "prepare", str(FOLDER)], check=True)
    print(machine())
    print("Ratios: PyTorch's time to this library's in the same round, above 1 this library is faster. Seconds a step,")
    print("median (smallest–largest of the rounds); memory in MiB.\n")
    print("| trained | | libactionclip | PyTorch | **ratio** | PyTorch, cached | ratio | MiB | PyTorch's | **share** |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for precision in options.precisions:
        for row in options.rows:
            found = measured(row, precision, options)
            print(line(row, precision, found), flush=True)
            if OURS_IN_BF16 in found:
                print(line(row, precision + "*", found, OURS_IN_BF16), flush=True)


main()

"""Embedding of many short clips against PyAV and OpenVINO, and with Ray: ViT-B/16 of random weights, 720p, H.264.

    make bench-archive                          about 40 minutes; needs ffmpeg and what `make bench` needs
    make bench-archive BENCH_ARGS="--clips 100 --rounds 5 --precisions int8"

The clips are shared among rounds. In each round every side takes its clips in a process of its own, the whole of which
is timed, with two threads; a ratio is that of one round.

    actionclip      `actionclip embed --window 2 --step 1`, which also hashes files and writes an archive
    peer, shared    PyAV and OpenVINO, with the same windows; each frame is encoded once, as the command does
    peer, windows   the same, each window encoded by itself
    ray             the Python class in two Ray workers of one thread: from the first video's beginning on, and in all
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clips import FOLDER, SECONDS, clips

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from machine import machine  # noqa: E402
from measure import PAUSE_S, turns  # noqa: E402
from workload import PRECISIONS, worst_cosine  # noqa: E402

COMMAND = ROOT / "build" / "bin" / "actionclip"
FILES = ROOT / "build" / "bench" / "files"
MODEL = FILES / "b16.safetensors"
SIDES = ("actionclip", "peer, shared", "peer, windows", "ray")


def seconds_of(command):
    """The time that a process takes, and what it says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bindings" / "python")}
    begin = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    taken = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return taken, done.stdout


def embedded(side, paths, precision, options, folder):
    """One side's turn: seconds (of `ray` those of its workers too), and the rows [windows, E] in the order of paths."""
    listed, out = folder / "list.txt", folder / "rows.npy"
    listed.write_text("".join(f"{path}\n" for path in paths))
    if side == "actionclip":
        shutil.rmtree(folder / "archive", ignore_errors=True)
        taken, _ = seconds_of([
            COMMAND, "embed", "--list", listed, "--out", folder / "archive", "--model", MODEL, "--window", 2,
            "--step", 1, "--threads", options.threads, "--compute", precision, "--dtype", "float32", "--quiet"
        ])  # fmt: skip
        return (taken,), np.concatenate([np.load(path) for path in sorted((folder / "archive").glob("emb_*.npy"))])
    if side == "ray":
        command = [options.ray_python, HERE / "engine.py", listed, MODEL, precision, options.threads, out]
        _, said = seconds_of(command)
        return tuple(map(float, said.split())), np.load(out)
    way = side.split()[-1]
    taken, _ = seconds_of([sys.executable, HERE / "peer.py", listed, precision, options.threads, way, out])
    return (taken,), np.load(out)


def shown(numbers, digits=2):
    return f"{statistics.median(numbers):.{digits}f} ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"


def measured(precision, paths, options):
    """Seconds of each side by rounds, and the worst cosine with the command's rows."""
    times, worst = {side: [] for side in options.sides}, dict.fromkeys(options.sides, 1.0)
    share = len(paths) // options.rounds
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        for number, order in enumerate(turns(list(options.sides), options.rounds)):
            part, rows = sorted(map(str, paths[number * share : (number + 1) * share])), {}
            for side in order:
                time.sleep(PAUSE_S)
                taken, rows[side] = embedded(side, part, precision, options, Path(folder))
                times[side].append(taken)
            for side in order:
                worst[side] = min(worst[side], worst_cosine(rows[side], rows["actionclip"]))
            print(f"{precision}, round {number + 1}: " + ", ".join(
                f"{side} {'/'.join(f'{each:.1f}' for each in times[side][-1])} s" for side in options.sides),
                file=sys.stderr, flush=True)  # fmt: skip
    return times, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--height", type=int, default=720, choices=(360, 720, 1080))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=("int8",))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--ray-python", default=ROOT / "build" / "batch-venv" / "bin" / "python", type=Path)
    options = parser.parse_args()
    if "ray" in options.sides and not options.ray_python.exists():
        print("without Ray: make test-batch fetches it", file=sys.stderr)
        options.sides = tuple(side for side in options.sides if side != "ray")
    subprocess.run([sys.executable, str(HERE.parent / "prepare.py"), str(FILES)], check=True)
    paths = clips(options.height, options.clips)
    print(machine())
    print(f"{options.clips} clips of {SECONDS} s, {options.height}p, {options.rounds} rounds, {options.threads} threads. "
          "Seconds of a round, median (smallest–largest). Ratios above 1: the command is faster.\n")  # fmt: skip
    print("| | side | s | clips a second | **its time / the command's** | worst cosine |\n|---|---|---|---|---|---|")
    for precision in options.precisions:
        times, worst = measured(precision, paths, options)
        for side in options.sides:
            for place, what in enumerate(("", ", with its beginning")[: len(times[side][0])]):
                own = [taken[place] for taken in times[side]]
                ratios = [taken / ours[0] for taken, ours in zip(own, times["actionclip"])]
                rate = options.clips // options.rounds / statistics.median(own)
                print(f"| {precision} | {side}{what} | {shown(own, 1)} | {rate:.2f} | {shown(ratios)} | "
                      f"{worst[side]:.5f} |", flush=True)  # fmt: skip


main()

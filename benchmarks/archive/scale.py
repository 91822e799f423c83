"""What an archive costs on one core, and how it grows with processes and threads on two: the tables of docs/SCALE.md.

    python3 benchmarks/archive/scale.py                 up to an hour; needs ffmpeg and the files of `make bench`
    python3 benchmarks/archive/scale.py --rounds 1 --clips 12

Windows of 2 s, one each second, of ViT-B/16 and ViT-B/32 with random weights: four frames of each second of video are
encoded, each once. Everything is told as seconds of video for each second of one core: of its own time where a part is
measured alone, of the clock for the command, which wants an idle machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clips import FOLDER, SECONDS, SIZES, clips

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT / "bindings" / "python")]

import actionclip  # noqa: E402
from machine import machine  # noqa: E402
from workload import FRAMES, PRECISIONS, SIDE  # noqa: E402

COMMAND = ROOT / "build" / "bin" / "actionclip"
FILES = ROOT / "build" / "bench" / "files"
A_SECOND = 4  # frames that are encoded
BATCH = 16


def timed(work, rounds, clock):
    """The median of the seconds that something takes, after a first time that does not count."""
    work()
    taken = []
    for _ in range(rounds):
        begin = clock()
        work()
        taken.append(clock() - begin)
    return statistics.median(taken)


def decoded(paths, decode):
    """Reads the frames that windows need, as RGB, on one thread."""
    for path in paths:
        with actionclip.Video(path, threads=1, decode=decode) as video:
            count = video.outline.frame_count
            video.read_frames(range(0, count, max(1, round(video.outline.frame_rate / A_SECOND))))


def embed(paths, model, precision, processes, threads, decode="needed"):
    """Runs so many commands at once, each with as many of the clips."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        begun, share = [], -(-len(paths) // processes)
        for part in range(processes):
            listed = Path(folder) / f"{part}.txt"
            listed.write_text("".join(f"{path}\n" for path in paths[part * share : (part + 1) * share]))
            begun.append(subprocess.Popen(
                [COMMAND, "embed", "--list", listed, "--out", f"{folder}/{part}", "--model", model, "--window", "2",
                 "--step", "1", "--compute", precision, "--threads", str(threads), "--decode", decode, "--quiet"]))  # fmt: skip
        if any([process.wait() for process in begun]):
            raise SystemExit("actionclip embed failed")


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    print()


def parts(options):
    """Decoding by size and encoding by precision, on one core."""
    def decoding(height):
        paths = clips(height, options.clips)
        for decode in ("needed", "key-frames"):
            seconds = timed(lambda: decoded(paths, decode), options.rounds, time.process_time)
            yield f"{len(paths) * SECONDS / seconds:.1f}"

    def encoding(name, precision):
        pixels = np.random.default_rng(0).standard_normal((BATCH, 3, SIDE, SIDE)).astype(np.float32)
        with actionclip.Model(FILES / name, frames=FRAMES, threads=1, compute=precision) as model:
            seconds = timed(lambda: model.encode_single_pixels(pixels), options.rounds, time.process_time)
        return f"{BATCH / A_SECOND / seconds:.2f}"

    print("Decoding alone, to RGB, seconds of video a second of one core:\n")
    table(["", "needed frames", "key frames"], ([f"{height}p", *decoding(height)] for height in options.heights))
    print("Encoding alone, seconds of video a second of one core:\n")
    table(["", *PRECISIONS], (
        [title, *(encoding(name, precision) for precision in PRECISIONS)]
        for title, name in (("ViT-B/16", "b16.safetensors"), ("ViT-B/32", "b32.safetensors"))))  # fmt: skip


def whole(options):
    """`actionclip embed` from files to an archive, with its beginning: processes x threads."""
    ways = ((1, 1, "needed"), (1, 2, "needed"), (2, 1, "needed"), (1, 1, "key-frames"))
    processors = len(os.sched_getaffinity(0))

    def row(height, precision):
        paths = clips(height, options.clips)
        for processes, threads, decode in ways:
            if processes * threads > processors:
                yield "–"
                continue
            run = lambda: embed(paths, FILES / "b16.safetensors", precision, processes, threads, decode)  # noqa: E731
            seconds = timed(run, 1, time.perf_counter)
            yield f"{len(paths) * SECONDS / seconds / (processes * threads):.2f}"

    print("`actionclip embed`, ViT-B/16, seconds of video a second of each core (processes x threads):\n")
    table(["", "", "1 x 1", "1 x 2", "2 x 1", "1 x 1, key frames"], (
        [f"{height}p", precision, *row(height, precision)]
        for height in options.heights for precision in options.precisions))  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--heights", nargs="+", type=int, choices=SIZES, default=tuple(SIZES))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--parts", action="store_true", help="the parts alone, not the command")
    options = parser.parse_args()
    subprocess.run([sys.executable, str(HERE.parent / "prepare.py"), str(FILES)], check=True)
    print(machine(), "\n")
    parts(options)
    if not options.parts:
        whole(options)


main()

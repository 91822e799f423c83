"""Exact search in an archive against FAISS, usearch and numpy, in turn, over the same rows.

    make bench-index BENCH_ARGS="--rows 1000000 --rounds 9"

Each round asks every contender the same query once, in another order, for the 20 best rows; after it the bandwidth of
reading memory is measured. A ratio is a peer's time over this library's in the same round: above 1 this library is faster.
FAISS and numpy hold rows as fp32, twice the bytes; FAISS's other index and usearch hold fp16, as the archive does.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench" / "index"
BEST = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peers", nargs="*", default=["faiss", "faiss fp16", "usearch", "numpy"])
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when their libraries are loaded
        os.environ[name] = str(options.threads)
    sys.path[:0] = [str(ROOT / "bindings" / "python"), str(ROOT / "benchmarks")]
    from machine import machine

    about = machine()
    print(f"{about['processor']}, {options.threads} threads, {options.rows} rows of {options.dimension} fp16")
    FOLDER.mkdir(parents=True, exist_ok=True)
    bandwidth = build_bandwidth()
    rows = write_archive(FOLDER / "archive", options.rows, options.dimension)
    contenders = {**own(options), **peers(options, rows)}
    run(contenders, bandwidth, options)
    cold_start(options)


def build_bandwidth():
    program = FOLDER / "bandwidth"
    source = Path(__file__).with_name("bandwidth.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O3", "-march=native", "-pthread", source, "-o", program], check=True)
    return program


def write_archive(folder, count, dimension):
    """An archive of random rows, for the default model, whose embeddings it does not have. Returns the rows in fp16."""
    import numpy as np

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    manifest = {"format": "actionclip-archive", "version": 1, "model": "0" * 64, "model_name": "random",
                "dimension": dimension, "dtype": "float16", "window": 2.0, "step": 1.0, "frames": 8}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    rng = np.random.default_rng(1)
    rows = np.empty((count, dimension), np.float16)
    for shard, first in enumerate(range(0, count, 65536)):
        part = rng.standard_normal((min(65536, count - first), dimension), dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        rows[first : first + len(part)] = part
        with open(folder / f"meta_{shard:04d}.jsonl", "w") as lines:
            for row in range(first, first + len(part)):
                path, start = f"/archive/camera-{row // 1000:03d}/{row // 100:06d}.mp4", row % 100
                lines.write(f'{{"path":"{path}","sha256":"{row // 100:064x}","start":{start}.0,"end":{start + 2}.0}}\n')
        np.save(folder / f"emb_{shard:04d}.npy", rows[first : first + len(part)])
        forget(folder / f"emb_{shard:04d}.npy")
    return rows


def forget(path):
    """Takes a file out of the page cache. An archive of another day is read ahead in large pieces, which are copied twice
    as fast as the small ones that writing leaves there."""
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def own(options):
    import actionclip

    found = {}
    for name, in_memory in (("files", False), ("memory", True)):
        index = actionclip.Index(FOLDER / "archive", threads=options.threads, in_memory=in_memory)
        found[name] = lambda query, index=index: [m.row for m in index.query(query, BEST, merge=False)]
    index = actionclip.Index(FOLDER / "archive", threads=options.threads)
    found["files, moments"] = lambda query: [m.row for m in index.query(query, BEST)]
    return found


def peers(options, rows):
    """The peers that are installed, each as a function of a query that gives rows."""
    import numpy as np

    found, full = {}, None
    if "faiss" in options.peers or "numpy" in options.peers:
        full = rows.astype(np.float32)
    for name in options.peers:
        try:
            if name.startswith("faiss"):
                import faiss

                faiss.omp_set_num_threads(options.threads)
                if name == "faiss":
                    index = faiss.IndexFlatIP(rows.shape[1])
                    index.add(full)
                else:
                    index = faiss.IndexScalarQuantizer(
                        rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
                    for first in range(0, len(rows), 65536):
                        index.add(rows[first : first + 65536].astype(np.float32))
                found[name] = lambda query, index=index: index.search(query[None], BEST)[1][0].tolist()
            elif name == "usearch":
                from usearch.index import MetricKind, search

                found[name] = lambda query: search(
                    rows, query.astype(np.float16), BEST, MetricKind.IP, exact=True, threads=options.threads
                ).keys.tolist()
            elif name == "numpy":
                def by_numpy(query):
                    scores = full @ query
                    best = np.argpartition(scores, -BEST)[-BEST:]
                    return best[np.argsort(-scores[best])].tolist()

                found[name] = by_numpy
        except ImportError as missing:
            print(f"{name}: skipped ({missing})")
    return found


def run(contenders, bandwidth, options):
    import numpy as np

    rng = np.random.default_rng(2)
    times, read, agreed = {name: [] for name in contenders}, [], {name: 0 for name in contenders}
    size = options.rows * options.dimension * 2
    for round_number in range(-1, options.rounds):  # the first one warms up
        query = rng.standard_normal(options.dimension).astype(np.float32)
        query /= np.linalg.norm(query)
        order = list(contenders)
        random.Random(round_number).shuffle(order)
        found = {}
        for name in order:
            start = time.perf_counter()
            found[name] = contenders[name](query)
            if round_number >= 0:
                times[name].append(time.perf_counter() - start)
        if round_number >= 0:
            said = subprocess.run([bandwidth, str(options.threads), "1024", "3"], capture_output=True, text=True, check=True)
            read.append(float(said.stdout))
            for name in contenders:
                agreed[name] += found[name] == found["files"]
    print(f"reading memory: {statistics.median(read):.1f} GB/s")
    for name, own_times in times.items():
        median = statistics.median(own_times)
        shares = [size / taken / 1e9 / rate for taken, rate in zip(own_times, read)]
        line = f"{name:15s} {1000 * median:8.1f} ms (least {1000 * min(own_times):.1f})"
        if name in ("files", "memory"):
            line += f"  {size / median / 1e9:5.1f} GB/s, {statistics.median(shares):.2f} of reading memory"
        if name not in ("files", "memory", "files, moments"):
            for base in ("files", "memory"):
                ratios = sorted(theirs / ours for theirs, ours in zip(own_times, times[base]))
                line += f"  {statistics.median(ratios):5.2f} x {base} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        line += f"  same 20 rows in the same order: {agreed[name]} of {options.rounds}"
        print(line)


def cold_start(options):
    """The command from its start to its end, with the text encoded, over an archive of the default model's size."""
    import actionclip

    command = ROOT / "build" / "bin" / "actionclip"
    if not command.exists():
        return print("cold start: skipped, needs make build")
    with actionclip.Model(compute_sha256=True) as model:
        info = model.info
        size, sha256 = info.embedding_size, model.sha256
    folder = FOLDER / "cold"
    write_archive(folder, options.rows, size)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"model": sha256, "frames": info.frames, "library": "", "rows_per_shard": 65536, "options": {
        "head": info.head, "joint": info.joint, "temporal_shift": "on" if info.temporal_shift else "off",
        "temporal_view": None, "activation": "QuickGELU", "compute": "fp32", "resize": "actionclip", "decode": "needed"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([command, "search", folder, "moving left", "--threads", str(options.threads)],
                       check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    print(f"cold start      {1000 * statistics.median(times):8.1f} ms (least {1000 * min(times):.1f})  "
          f"the command with the default model, {options.rows} rows of {size}")


if __name__ == "__main__":
    main()

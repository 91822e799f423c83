"""Linear algebra in doubles against numpy and scipy (OpenBLAS), in turn.

    make bench-dense BENCH_ARGS="--rounds 9 --threads 1 2"
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "build" / "bench" / "dense"

#: Works with their sizes; Dense.swift says what each one is.
WORKS = [
    "fit 816 512 51 10", "gram 816 512", "gram 20000 1280", "product 816 512 51", "product 1024 1024 1024",
    "product 9 512 9", "product 50 512 50", "cholesky 9", "cholesky 50", "cholesky 512", "cholesky 1280",
    "solve 50 50", "solve 512 816", "solve 1280 4096", "inverse 512", "update 512", "update 1280", "vector 816 512",
]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--works", nargs="+", default=WORKS)
    options = parser.parse_args()
    build()
    for threads in options.threads:
        # OpenBLAS reads its number of threads when it is loaded.
        variables = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
        arguments = [str(options.rounds), str(threads), *options.works]
        subprocess.run([sys.executable, __file__, "--measure", *arguments], env=variables, check=True)


def build():
    """The program, with the rooms that it uses compiled as a release has them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    clang = os.environ.get("CC", "clang")
    objects, maps = [], []
    for room in ("CKernels", "CProcessor", "CShims"):
        header = ROOT / "Sources" / room / "include" / f"{room}.h"
        (FOLDER / f"{room}.modulemap").write_text(f'module {room} {{\n  header "{header}"\n  export *\n}}\n')
        maps += ["-Xcc", f"-fmodule-map-file={FOLDER / room}.modulemap"]
        for source in sorted((ROOT / "Sources" / room).rglob("*.c")):
            objects.append(FOLDER / f"{room}-{source.parent.name}-{source.stem}.o")
            subprocess.run(
                [clang, "-O3", "-fno-math-errno", f"-I{header.parent}",
                 f"-I{ROOT}/Sources/CProcessor/include", "-c", source, "-o", objects[-1]], check=True)  # fmt: skip
    swiftc = ["swiftc", "-O", "-wmo", "-parse-as-library", "-swift-version", "6", "-I", FOLDER, *maps]
    for room in ("System", "Numerics"):
        sources = sorted((ROOT / "Sources" / room).rglob("*.swift"))
        objects.append(FOLDER / f"{room}.o")
        subprocess.run(
            [*swiftc, "-module-name", room, "-emit-module", "-emit-module-path", FOLDER / f"{room}.swiftmodule",
             "-c", "-o", objects[-1], *sources], check=True)  # fmt: skip
    subprocess.run([*swiftc, HERE / "Dense.swift", *objects, "-o", FOLDER / "dense"], check=True)


def measure(rounds, threads, works):
    print(f"{threads} thread{'s' * (threads > 1)}: ms and GFLOP/s, median (best); ratio: median of the rounds'\n")
    print("| work | libactionclip | OpenBLAS | ratio |\n|---|---|---|---|")
    for work in works:
        name, *sizes = work.split()
        program = subprocess.Popen(
            [FOLDER / "dense", str(threads), name, *sizes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        run, operations = peer(name, *map(int, sizes))
        ours, theirs = [], []
        for _ in range(rounds):
            program.stdin.write("\n")
            program.stdin.flush()
            ours.append(float(program.stdout.readline()))
            theirs.append(seconds(run))
        program.stdin.close()
        program.wait()
        ratio = statistics.median(own / other for own, other in zip(ours, theirs))
        cells = [f"{1e3 * statistics.median(times):.3g} ({1e3 * min(times):.3g}) ms, "
                 f"{operations / statistics.median(times) / 1e9:.1f}" for times in (ours, theirs)]  # fmt: skip
        print(f"| {work} | {' | '.join(cells)} | {ratio:.2f} |", flush=True)
    print()


def seconds(run):
    run()
    start, runs = time.perf_counter(), 0
    while not runs or time.perf_counter() - start < 0.02:
        run()
        runs += 1
    return (time.perf_counter() - start) / runs


def peer(name, *sizes):
    """The same work by OpenBLAS, and its floating-point operations."""
    import numpy as np
    from scipy.linalg import blas, lapack

    random = np.random.default_rng(1)

    def noise(*shape):
        return np.asfortranarray(random.uniform(-1, 1, shape))

    def factor(a):
        lower, info = lapack.dpotrf(a, lower=1, clean=0)
        assert info == 0
        return lower

    n, m = sizes[0], sizes[-1]
    if name in ("cholesky", "solve", "inverse", "update"):
        x = noise(n, n)
        a = np.asfortranarray(x @ x.T + n * np.eye(n))
        lower = factor(a)
    if name == "product":
        a, b = noise(n, sizes[1]), noise(sizes[1], m)
        return lambda: a @ b, 2 * n * sizes[1] * m
    if name == "gram":
        x = noise(n, m)
        return lambda: x.T @ x, n * m * m
    if name == "vector":
        a, b = noise(m, n).T, noise(m)
        return lambda: a @ b, 2 * n * m
    if name == "cholesky":
        return lambda: factor(a), n**3 / 3
    if name == "solve":
        b = noise(n, m)
        return lambda: blas.dtrsm(1, lower, b, lower=1), n * n * m
    if name == "inverse":
        return lambda: lapack.dpotri(lower, lower=1), 4 * n**3 / 3
    if name == "update":  # LAPACK has no update of a factor: a new one
        b = noise(n)
        return lambda: lapack.dpotrs(factor(a), b, lower=1), 6 * n * n
    if name == "fit":
        clips, width, classes, ridges = sizes
        x, y, one = noise(clips, width), noise(clips, classes), np.eye(width)

        def fit():
            gram, right = x.T @ x, x.T @ y
            for ridge in range(ridges):
                lower = factor(np.asfortranarray(gram + 2.0**ridge * one))
                blas.dtrsm(1, lower, x, side=1, lower=1, trans_a=1)  # X L^-T
                weights, _ = lapack.dpotrs(lower, right, lower=1)
                x @ weights

        once = clips * width * width + 2 * clips * width * classes
        each = width**3 / 3 + clips * width * width + 2 * width * width * classes + 2 * clips * width * classes
        return fit, once + ridges * each
    raise SystemExit(f"no such work: {name}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        main()

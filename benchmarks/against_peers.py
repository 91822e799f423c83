"""This library against PyTorch, ONNX Runtime and OpenVINO: CLIP ViT-B/16 and B/32 with random weights.

    make bench BENCH_ARGS="--rounds 9"

Each runtime in each precision has a process of its own, two threads, and its turn in every round; ratios are
those of one round. What is measured: workload.py. What the runtimes read is made once, in build/bench/files.
"""

import argparse
import datetime
import functools
import json
import subprocess
import sys
from pathlib import Path

import measure
import plot
import report
from machine import machine
from runtimes import RUNTIMES
from workload import PRECISIONS, QUICK, TASK, TASKS

FOLDER = Path(__file__).resolve().parent.parent / "build" / "bench"
FILES = FOLDER / "files"


def main():
    options = arguments()
    prepare = Path(__file__).with_name("prepare.py")
    subprocess.run([sys.executable, str(prepare), str(FILES)], check=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    out = options.out or FOLDER / f"results-{now:%Y-%m-%d-%H%M}.json"
    results = {
        "date": f"{now:%Y-%m-%d %H:%M} UTC", "commit": commit(), "machine": machine(), "threads": options.threads,
        "rounds": options.rounds, "video": json.loads((FILES / "clip.json").read_text()), "versions": {}, "tasks": {},
    }  # fmt: skip
    for precision in options.precisions:
        names = [kind.name for kind in RUNTIMES[precision] if kind.name in options.workers]
        for task, measured in measurements(options, precision, names, results["versions"]):
            results["tasks"].setdefault(task.name, {})[precision] = measured
            out.write_text(json.dumps(results, indent=1) + "\n")
            print(f"{precision} {task.name}: {summary(task, measured)}", file=sys.stderr, flush=True)
    text = report.markdown(results)
    (FOLDER / "report.md").write_text(text)
    plot.draw(results, [FOLDER / "ratios.png", FOLDER / "ratios.svg"])
    print(text)
    print(f"written: {out}, and report.md, ratios.png and ratios.svg in {FOLDER}", file=sys.stderr)


def commit():
    """The commit of this checkout, with -dirty when files differ from it; empty outside one."""
    command = ["git", "-C", str(FOLDER.parent.parent), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def arguments():
    everybody = list(dict.fromkeys(kind.name for kinds in RUNTIMES.values() for kind in kinds))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="default 9; long tasks take a third")
    parser.add_argument("--threads", type=int, default=2, help="of each runtime, default 2")
    parser.add_argument("--tasks", nargs="+", choices=TASK, metavar="TASK", help=", ".join(TASK))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--workers", nargs="+", choices=everybody, default=everybody)
    parser.add_argument("--out", type=Path, help="default build/bench/results-DATE.json")
    parser.add_argument("--quick", action="store_true", help="3 rounds of the short tasks")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.tasks = options.tasks or (QUICK if options.quick else TASK)
    return options


def measurements(options, precision, names, versions):
    """Every task in one precision. Workers of one precision are there at a time: all would not fit in 16 GiB."""
    start = functools.partial(
        measure.WorkerProcess, precision=precision, threads=options.threads, folder=FILES)  # fmt: skip
    tasks = [task for task in TASKS if task.name in options.tasks]
    repeated = [task for task in tasks if task.kind not in ("load", "memory")]
    if repeated:
        workers = []
        try:
            workers += [start(name) for name in names]
            for worker in workers:
                versions.update(worker.ask("versions"))
            for task in repeated:
                yield task, measure.in_turn(task, workers, options.rounds)
        finally:
            for worker in workers:
                worker.end()
    for task in tasks:
        if task not in repeated:
            yield task, measure.in_fresh_processes(task, start, names, options.rounds)


def summary(task, measured):
    rows = report.memory_ratios(measured) if task.kind == "memory" else report.ratios(measured)
    found = [f"{row['ratio']:.2f} of {report.NAMES[row['peer']]}" for row in rows]
    failed = [f"{name} failed: {result['error']}" for name, result in measured.items() if "error" in result]
    return ", ".join(found + failed) or "nothing to compare"


if __name__ == "__main__":
    main()

"""One runtime in one precision, in a process of its own: commands in, answers out, a JSON object a line.

    python3 benchmarks/worker.py RUNTIME PRECISION THREADS FOLDER

open TASK: loads what the task needs, runs it once and compares with the reference. run: milliseconds. load and
memory: once in a process that has loaded nothing yet.
"""

import gc
import json
import os
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import workload
from runtimes import RUNTIMES
from workload import TASK


class Worker:
    def __init__(self, runtime, precision, threads, folder):
        self.given, self.folder, self.precision = workload.inputs(), folder, precision
        self.reference = {**np.load(folder / "reference.npz"), **np.load(folder / "x-clip-reference.npz")}
        kind = next(kind for kind in RUNTIMES[precision] if kind.name == runtime)
        self.runtime = kind(precision, threads, folder)
        self.call = None
        self.imported = resident()

    def answer(self, request):
        if request["command"] == "versions":
            return self.runtime.versions
        if request["command"] == "open":
            return self.open(TASK[request["task"]])
        if request["command"] == "run":
            return {"ms": timed(self.call)}
        if request["command"] == "load":
            return {"ms": timed(self.load)}
        if request["command"] == "memory":
            return self.memory()
        raise ValueError(f"unknown command {request['command']!r}")

    def open(self, task):
        self.call = None
        gc.collect()  # an earlier task's encoder goes first
        ours = self.runtime.name == "libactionclip"
        if task.kind == "image":
            encoder, given = self.runtime.image(task.patch, task.frames), self.given["pixels"][: task.frames]
            expected = self.reference[f"image{task.patch}"][: task.frames]
        elif task.kind == "text":
            every = self.given[task.rows]
            given = every if ours else workload.peer_rows(task, every)
            encoder, expected = self.runtime.text(task.length, given), self.reference[task.rows]
        elif task.kind == "score":
            encoder, given = self.runtime.score(self.given["labels"]), self.given["pixels"]
            expected = self.reference["scores"]
        else:
            encoder, given, expected = self.runtime.video(), self.folder / "clip.mp4", self.reference["video"]
        self.call = lambda: encoder(given)
        found = self.call()
        if ours and task.kind == "text":
            found = workload.peer_rows(task, found)
        if task.kind == "score":  # what sets a label apart from the others
            found, expected = (x - x.mean(1, keepdims=True) for x in (found, expected))
        cosine = workload.worst_cosine(found, expected)
        if self.precision == "fp32" and task.kind != "video" and cosine < 0.9999:
            raise ValueError(f"computes something else: cosine {cosine:.6f} with the reference")
        return {"cosine": cosine}

    def load(self):
        self.both = self.runtime.both(frames=1, prompts=1)
        self.both[0](self.given["pixels"][:1])

    def memory(self):
        image, text = self.runtime.both(frames=workload.FRAMES, prompts=workload.PROMPTS)
        image(self.given["pixels"])
        text(self.given["prompts"])
        return {"imported": self.imported, "used": resident()}


def timed(call):
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def resident():
    """The resident memory of this process in KiB: now, and at most so far."""
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return {name: int(lines[name].split()[0]) for name in ("VmRSS", "VmHWM")}


def main():
    # Answers have the standard output to themselves; what a runtime prints goes where errors go.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(answer):
        print(json.dumps(answer), file=answers, flush=True)

    runtime, precision, threads, folder = sys.argv[1:]
    worker = Worker(runtime, precision, int(threads), Path(folder))
    say({"ready": True})
    for line in sys.stdin:
        try:
            say(worker.answer(json.loads(line)))
        except Exception as error:
            traceback.print_exc()
            say({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bindings" / "python"))
    main()

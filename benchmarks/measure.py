"""Workers, driven in turn."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

#: Between two measurements: a runtime's threads stop waiting for more work before another's turn.
PAUSE_S = 0.1


class WorkerError(Exception):
    pass


class WorkerProcess:
    """Ends with the `with` block, and by itself when this process is gone."""

    def __init__(self, runtime, precision, threads, folder):
        self.runtime = runtime
        log = folder.parent / f"{runtime}-{precision}.log"
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("worker.py")), runtime, precision, str(threads),
                 str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            )  # fmt: skip
        self.log = log
        self.usable = True
        try:
            self.read()
        except WorkerError:
            self.end()
            raise

    def ask(self, command, **rest):
        print(json.dumps({"command": command, **rest}), file=self.process.stdin, flush=True)
        return self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            self.usable = False
            raise WorkerError(f"{self.runtime} ended with {self.process.wait()}; see {self.log}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.runtime}: {answer['error']}")
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def turns(items, rounds):
    """Each round all items, each time another first."""
    for index in range(rounds):
        first = index % len(items)
        yield items[first:] + items[:first]


def in_turn(task, workers, rounds):
    """Times of each worker, round by round, and its worst cosine; a worker that fails is left out.

    The first call of each, which is compared with the reference, is the round that does not count."""
    out = {}
    for worker in [worker for worker in workers if worker.usable]:
        try:
            out[worker.runtime] = {"cosine": worker.ask("open", task=task.name)["cosine"], "ms": []}
        except (WorkerError, OSError) as error:
            out[worker.runtime] = {"error": str(error)}
    for order in turns(workers, task.rounds(rounds)):
        for worker in order:
            if "ms" not in out.get(worker.runtime, {}):
                continue
            time.sleep(PAUSE_S)
            share = 1 if worker.runtime == "libactionclip" else task.peer_share
            try:
                out[worker.runtime]["ms"].append(worker.ask("run")["ms"] * share)
            except (WorkerError, OSError) as error:
                out[worker.runtime] = {"error": str(error)}
    return out


def in_fresh_processes(task, start, runtimes, rounds):
    """Times of a task that a process does once, such as loading: `start` makes a worker for a runtime's name."""
    out = {runtime: {"ms": []} for runtime in runtimes}
    failed = set()
    for index, order in enumerate(turns(runtimes, task.rounds(rounds) + (task.kind == "load"))):
        for runtime in order:
            if runtime in failed:
                continue
            try:
                with start(runtime) as worker:
                    answer = worker.ask(task.kind)
            except (WorkerError, OSError) as error:
                out[runtime] = {"error": str(error)}
                failed.add(runtime)
                continue
            if task.kind == "memory":
                out[runtime] = answer
            elif index:  # the first round brings the files into memory
                out[runtime]["ms"].append(answer["ms"])
    return out

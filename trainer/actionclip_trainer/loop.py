"""The loop of a run in a folder: steps, measurements, saved states, and going on where a run was cut off.

The folder holds state.pt (everything that the next step depends on), curve.jsonl (a line for each step), checks.jsonl
(a line for each measurement), and last.pt and, by the held-out part, best.pt in the reference's form."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from . import processes
from .configuration import RunOptions
from .data import Source, Texts
from .data.order import batches
from .evaluation import evaluate, using
from .files import save, write_reference
from .step import Batch
from .training import StepResult, Training

#: The measured list by which best.pt is chosen: a part of the training list that is not trained on. Never a tested
#: list: a figure that chose the weights measures them no longer.
HELD_OUT = "held out"


class Stopped(Exception):
    """The run was asked to stop, and its state is saved."""


class Loop:
    """steps: item i is this process's part of step i's batch. measured: clips and the texts of their labels, by
    names. identity: what a state must have been saved with to go on."""

    def __init__(
        self,
        options: RunOptions,
        training: Training,
        steps: Dataset[Batch],
        measured: Mapping[str, tuple[Source, Texts]],
        identity: Any = None,
    ) -> None:
        self.options, self.training, self.steps, self.measured = options, training, steps, measured
        self.identity = identity
        self.out = Path(options.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.best: float | None = None
        self.asked = False
        self._resume()

    def _resume(self) -> None:
        path = self.out / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.training.device, weights_only=True)
        if state["identity"] != self.identity:
            raise ValueError(f"{path}: the saved run was of another list: choose another run.out")
        self.training.resume(state["training"])
        self.best = state["best"]
        if processes.rank() == 0:
            for name in ("curve.jsonl", "checks.jsonl"):
                _cut(self.out / name, self.training.step)
        say(f"goes on at step {self.training.step} of {self.training.steps}")

    def save(self) -> None:
        if processes.rank() == 0:
            state = {"training": self.training.state(), "best": self.best, "identity": self.identity}
            save(self.out / "state.pt", state)
            write_reference(self.out / "last.pt", self.training.weights(), self.epoch, self.options.half)
        processes.wait()

    @property
    def epoch(self) -> int:
        return self.training.step // self.training.steps_per_epoch

    def train(self, until: int | None = None) -> None:
        """Trains to the end, or up to a step. Raises `Stopped` after a signal."""
        training, every = self.training, self.options.evaluate_every
        end = training.steps if until is None else min(until, training.steps)
        first, begun = training.step, time.monotonic()
        saved = begun
        with self._signals():
            if first == 0:
                self.check("start")
            for batch in batches(self.steps, first, end, self.options.workers):
                self._log(training.train(batch), begun, first)
                now, before = (step / training.steps_per_epoch for step in (training.step, training.step - 1))
                if every and int(now / every) > int(before / every):
                    self.check("training")
                    self.save()
                    saved = time.monotonic()
                elif time.monotonic() - saved > 60 * self.options.save_minutes:
                    self.save()
                    saved = time.monotonic()
                if processes.same_everywhere(int(self.asked)):
                    self.save()
                    raise Stopped(
                        f"stopped at step {training.step} of {training.steps}; start again to go on"
                    )
        self.save()

    def check(self, what: str, weights: Mapping[str, torch.Tensor] | None = None) -> dict[str, float]:
        """Measures every list and notes the figures. While training, keeps the best weights."""
        found: dict[str, float] = {}
        precision, workers = self.training.recipe.precision, self.options.workers
        with using(self.training.model, self.training.weights() if weights is None else weights):
            for name, (source, texts) in self.measured.items():
                figures = evaluate(self.training.model, source, texts, precision, 16, workers)
                found |= {f"{name} {figure}": round(value, 3) for figure, value in figures.items()}
        if processes.rank() == 0:
            _append(self.out / "checks.jsonl", {"step": self.training.step, "of": what, **found})
        say(f"{what}: " + ", ".join(f"{name} {value:.1f}" for name, value in found.items()))
        figure = next((value for name, value in found.items() if name.startswith(HELD_OUT)), None)
        if what == "training" and figure is not None and (self.best is None or figure > self.best):
            self.best = figure
            if processes.rank() == 0:
                write_reference(self.out / "best.pt", self.training.weights(), self.epoch, self.options.half)
        return found

    def _log(self, result: StepResult, begun: float, first: int) -> None:
        if processes.rank():
            return
        _append(self.out / "curve.jsonl", result._asdict())
        step, steps = self.training.step, self.training.steps
        if step % self.options.log_every == 0 or step == steps:
            pace = (time.monotonic() - begun) / (step - first)
            say(f"step {step} of {steps}: loss {result.loss:.4f}, right {100 * result.accuracy:.0f} %, "
                f"rate {result.rate:.2e}, {pace:.3f} s a step, {pace * (steps - step) / 60:.0f} min left")  # fmt: skip

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def ask(*_: Any) -> None:
            self.asked = True

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def say(sentence: str) -> None:
    """A line on standard error, from the first process."""
    if processes.rank() == 0:
        print(sentence, file=sys.stderr, flush=True)


def _append(path: Path, row: Mapping[str, Any]) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _cut(path: Path, step: int) -> None:
    """Takes away lines of steps that will be done again, and one that was cut off."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            at = json.loads(line)["step"]
        except (ValueError, KeyError):
            continue
        if at < step or (path.name == "checks.jsonl" and at == step):
            kept.append(line)
    path.write_text("".join(kept), encoding="utf-8")

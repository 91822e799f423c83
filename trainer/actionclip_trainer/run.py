"""A run: from a configuration to trained weights in a folder, going on where it was cut off.

The folder holds state.pt (everything that a run needs to go on), curve.jsonl (a line for each step), checks.jsonl (a line for
each measurement), start.pt (the weights that it started from), last.pt and, by the held-out part, best.pt in the reference's form, and at the end
model.safetensors, for the library, and mixed.pt: the mixture of trained weights and start that the recipe asks for."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from . import processes
from .configuration import Configuration, ListOf
from .data import Order, Source, Texts
from .data.lists import Clip, VideoList, faults, held_out, read_list
from .data.order import batches
from .data.texts import TEMPLATES
from .data.videos import VideoSource
from .evaluation import evaluate, using
from .files import Weights, merges_of, read_merges, read_weights, save, write_reference, write_single_file
from .model import Options, Sizes
from .training import StepResult, Training, mixture


class Stopped(Exception):
    """The run was asked to stop, and its state is saved."""


class Run:
    def __init__(self, configuration: Configuration) -> None:
        self.configuration, self.recipe = configuration, configuration.recipe
        self.device = processes.start(configuration.run.device)
        self.out = Path(configuration.run.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.list = _read(configuration.data)
        self.tests = {name: _read(one) for name, one in configuration.test.items()}
        self.kept = {name: _read(one) for name, one in configuration.kept.items()}
        for name, test in self.tests.items():
            if test.labels != self.list.labels:
                raise ValueError(f"the labels of {name} are not those of the training list: give both the same file")
        for sentence in [*self.list.notes, *faults(self.list, self.tests)]:
            self.say(f"note: {sentence}")
        self.weights = self._read_start()
        self.model, new = self.weights.make_model(**self._options())
        self.start = {name: p.detach().clone() for name, p in self.model.named() if name not in new}
        self.model.to(self.device).recompute(configuration.run.recompute)
        with torch.no_grad():  # processes draw what is new alike
            for _, p in self.model.named():
                processes.share(p)
        self.templates = configuration.templates or list(TEMPLATES)
        self.merges = self._merges()
        train, apart = held_out(self.list.clips, configuration.held_out, self.recipe.seed)
        self.order = Order(self._source([self.list.clips[i] for i in train]), self._texts(self.list.labels), self.recipe)
        self.measured = self._measured([self.list.clips[i] for i in apart])
        per_label = len(train) / max(1, len({label for i in train for label in self.list.clips[i].labels}))
        encode = torch.compile(self.model.encode_video) if configuration.run.compiled else None
        self.training = Training(self.model, self.recipe, self.order.steps_per_epoch, self.start, per_label, encode)
        self.best: float | None = None
        self.asked = False
        self._resume()

    # What is read.

    def _read_start(self) -> Weights:
        """The start, which the folder keeps: a run that goes on does so from the same weights."""
        kept, told = self.out / "start.pt", self.configuration.model
        if kept.exists():
            saved = torch.load(kept, weights_only=True)
            sizes, options = Sizes(**saved.pop("sizes")), Options(**saved.pop("options"))
            return Weights(sizes=sizes, options=options, **saved)
        load = {k: v for k in ("open_clip_name", "activation") if (v := getattr(told, k)) is not None}
        weights = read_weights(told.start, **load)
        if told.tokenizer:
            weights.metadata["actionclip.merges"] = read_merges(told.tokenizer)
        elif merges := merges_of(told.start, weights):
            weights.metadata["actionclip.merges"] = merges
        if processes.rank() == 0:
            save(kept, {**vars(weights), "sizes": asdict(weights.sizes), "options": asdict(weights.options)})
        processes.wait()
        return weights

    def _options(self) -> dict[str, Any]:
        told = self.configuration.model
        given = {k: getattr(told, k) for k in ("head", "shift", "joint", "activation") if getattr(told, k) is not None}
        return {"frames": told.frames, "head_dropout": told.head_dropout, **given}

    def _merges(self) -> str:
        merges = self.weights.metadata.get("actionclip.merges")
        if merges is None:
            raise ValueError(f"{self.configuration.model.start}: no merge list in it or beside it: set model.tokenizer")
        return merges

    def _texts(self, labels: list[str]) -> Texts:
        sizes = self.weights.sizes
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(self.merges)
            file.flush()
            return Texts.tokenized(labels, self.templates, file.name, sizes.context, sizes.vocabulary)

    def _source(self, clips: list[Clip]) -> VideoSource:
        return VideoSource(clips, self.model.options.frames, self.weights.sizes.side, self.recipe, self.weights.preset)

    def _measured(self, apart: list[Clip]) -> dict[str, tuple[Source, Texts]]:
        lists = {"held out": VideoList(self.list.labels, apart)} if apart else {}
        lists |= self.tests | {f"kept {name}": kept for name, kept in self.kept.items()}
        return {name: (self._source(one.clips), self._texts(one.labels)) for name, one in lists.items()}

    # Going on.

    def _resume(self) -> None:
        path = self.out / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["labels"] != self.list.labels or state["clips"] != len(self.order.source):
            raise ValueError(f"{path}: the saved run was of another list: choose another run.out")
        self.training.resume(state["training"])
        self.best = state["best"]
        for name in ("curve.jsonl", "checks.jsonl"):
            if processes.rank() == 0:
                _cut(self.out / name, self.training.step)
        self.say(f"goes on at step {self.training.step} of {self.training.steps}")

    def save(self) -> None:
        if processes.rank() == 0:
            save(self.out / "state.pt", {
                "training": self.training.state(), "best": self.best, "labels": self.list.labels,
                "clips": len(self.order.source),
            })  # fmt: skip
            write_reference(self.out / "last.pt", self.training.weights(), self._epoch(), self.configuration.run.half)
        processes.wait()

    # The loop.

    def train(self) -> dict[str, dict[str, float]]:
        """Trains to the end and returns the last measurements. Raises `Stopped` after a signal."""
        training, every = self.training, self.configuration.run.evaluate_every
        begun, saved = time.monotonic(), time.monotonic()
        first = training.step
        if first == 0:
            self.check("start")
        with self._signals():
            for batch in batches(self.order, first, training.steps, self.configuration.run.workers):
                result = training.train(batch)
                self._log(result, begun, first)
                done = training.step / training.steps_per_epoch
                if every and int(done / every) > int((done - 1 / training.steps_per_epoch) / every):
                    self.check("training")
                    self.save()
                    saved = time.monotonic()
                elif time.monotonic() - saved > 60 * self.configuration.run.save_minutes:
                    self.save()
                    saved = time.monotonic()
                if processes.same_everywhere(int(self.asked)):
                    self.save()
                    raise Stopped(f"stopped at step {training.step} of {training.steps}; start again to go on")
        return self._finish()

    def _finish(self) -> dict[str, dict[str, float]]:
        tuned = self.training.weights()
        start = {name: tensor.to(self.device) for name, tensor in self.start.items()}
        mixed = mixture(start, tuned, self.recipe.alpha)
        results = {"tuned": self.check("tuned")}
        if self.recipe.alpha < 1:
            results["mixed"] = self.check("mixed", mixed)
        self.save()
        if processes.rank() == 0:
            half = self.configuration.run.half
            write_reference(self.out / "mixed.pt", mixed, self._epoch(), half)
            write_single_file(
                self.out / "model.safetensors", mixed, self.weights.sizes, self.model.options, self.merges,
                self.list.labels, self.templates, self._notes(), half,
            )  # fmt: skip
        processes.wait()
        return results

    def check(self, what: str, weights: Mapping[str, torch.Tensor] | None = None) -> dict[str, float]:
        """Measures every list and notes the figures; keeps the weights that are best on the held-out part."""
        found: dict[str, float] = {}
        with using(self.model, weights if weights is not None else self.training.weights()):
            for name, (source, texts) in self.measured.items():
                figures = evaluate(self.model, source, texts, self.recipe.precision, 16, self.configuration.run.workers)
                found |= {f"{name} {figure}": round(value, 3) for figure, value in figures.items()}
        if processes.rank() == 0:
            _append(self.out / "checks.jsonl", {"step": self.training.step, "of": what, **found})
        self.say(f"{what}: " + ", ".join(f"{name} {value:.1f}" for name, value in found.items()))
        # Never by a tested list: a figure that chose the weights measures them no longer.
        figure = next((value for name, value in found.items() if name.startswith("held out ")), None)
        if what == "training" and figure is not None and (self.best is None or figure > self.best):
            self.best = figure
            if processes.rank() == 0:
                write_reference(self.out / "best.pt", self.training.weights(), self._epoch(), self.configuration.run.half)
        return found

    # What is written and said.

    def _epoch(self) -> int:
        return self.training.step // self.training.steps_per_epoch

    def _notes(self) -> dict[str, str]:
        keys = ("resize", "short_side", "sampling", "license", "source", "description")
        own = {key: self.weights.metadata["actionclip." + key] for key in keys if "actionclip." + key in self.weights.metadata}
        return {**own, "trained_with": f"actionclip-trainer, {self.training.steps} steps of {self.recipe.batch} clips, "
                                       f"alpha {self.recipe.alpha}"}  # fmt: skip

    def _log(self, result: StepResult, begun: float, first: int) -> None:
        if processes.rank():
            return
        _append(self.out / "curve.jsonl", result._asdict())
        step, steps = self.training.step, self.training.steps
        if step % 20 == 0 or step == steps:
            pace = (time.monotonic() - begun) / (step - first)
            self.say(f"step {step} of {steps}: loss {result.loss:.4f}, right {100 * result.accuracy:.0f} %, "
                     f"rate {result.rate:.2e}, {pace:.2f} s a step, {pace * (steps - step) / 60:.0f} min left")  # fmt: skip

    def say(self, sentence: str) -> None:
        if processes.rank() == 0:
            print(sentence, file=sys.stderr, flush=True)

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


def _read(one: ListOf) -> VideoList:
    return read_list(one.list, one.labels, one.root, one.split, one.multi_label)


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

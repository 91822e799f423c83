"""A run as a configuration says: from weights and lists of videos to a trained model for the library.

Besides what the loop keeps, the folder holds start.pt, the weights that the run started from, and at the end
model.safetensors, for the library, and mixed.pt: the mixture of trained weights and start that the recipe asks
for."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import torch

from . import processes
from .configuration import Configuration, ListOf
from .data import Order, Source, Texts
from .data.lists import Clip, VideoList, faults, held_out, read_list
from .data.texts import TEMPLATES
from .data.videos import VideoSource
from .files import Weights, merges_of, read_merges, read_weights, save, write_reference, write_single_file
from .loop import HELD_OUT, Loop, say
from .model import Options, Sizes
from .training import Training, mixture


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
                raise ValueError(
                    f"the labels of {name} are not those of the training list: give both the same file"
                )
        for sentence in [*self.list.notes, *faults(self.list, self.tests)]:
            say(f"note: {sentence}")
        self.weights = self._read_start()
        self.merges = self._merges()
        self.templates = configuration.templates or list(TEMPLATES)
        self._make_model()
        self._make_loop()

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
        processes.wait()  # until every process has seen that nothing was kept
        if processes.rank() == 0:
            save(kept, {**vars(weights), "sizes": asdict(weights.sizes), "options": asdict(weights.options)})
        processes.wait()
        return weights

    def _merges(self) -> str:
        merges = self.weights.metadata.get("actionclip.merges")
        if merges is None:
            raise ValueError(
                f"{self.configuration.model.start}: no merge list in it or beside it: set model.tokenizer"
            )
        return merges

    def _make_model(self) -> None:
        told = self.configuration.model
        given = {
            k: getattr(told, k)
            for k in ("head", "shift", "joint", "activation")
            if getattr(told, k) is not None
        }
        torch.manual_seed(self.recipe.seed)
        self.model, new = self.weights.make_model(frames=told.frames, head_dropout=told.head_dropout, **given)
        self.start = {name: p.detach().clone() for name, p in self.model.named() if name not in new}
        self.model.to(self.device).recompute(self.configuration.run.recompute)

    def _make_loop(self) -> None:
        train, apart = held_out(self.list.clips, self.configuration.held_out, self.recipe.seed)
        clips = [self.list.clips[i] for i in train]
        order = Order(self._source(clips), self._texts(self.list.labels), self.recipe)
        encode = torch.compile(self.model.encode_frames) if self.configuration.run.compiled else None
        self.training = Training(self.model, self.recipe, order.steps_per_epoch, self.start, encode)
        lists = {HELD_OUT: VideoList(self.list.labels, [self.list.clips[i] for i in apart])} if apart else {}
        lists |= self.tests | {f"kept {name}": kept for name, kept in self.kept.items()}
        measured: dict[str, tuple[Source, Texts]] = {
            name: (self._source(one.clips), self._texts(one.labels)) for name, one in lists.items()
        }
        identity = {"labels": self.list.labels, "clips": len(clips)}
        self.loop = Loop(self.configuration.run, self.training, order, measured, identity)

    def _source(self, clips: list[Clip]) -> VideoSource:
        return VideoSource(
            clips, self.model.options.frames, self.weights.sizes.side, self.recipe, self.weights.preset
        )

    def _texts(self, labels: list[str]) -> Texts:
        sizes = self.weights.sizes
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(self.merges)
            file.flush()
            return Texts.tokenized(labels, self.templates, file.name, sizes.context, sizes.vocabulary)

    def train(self) -> dict[str, dict[str, float]]:
        """Trains to the end, writes the model, and returns the last measurements. Raises `Stopped` after a signal."""
        self.loop.train()
        tuned = self.training.weights()
        start = {name: tensor.to(self.device) for name, tensor in self.start.items()}
        mixed = mixture(start, tuned, self.recipe.alpha)
        results = {"tuned": self.loop.check("tuned")}
        if self.recipe.alpha < 1:
            results["mixed"] = self.loop.check("mixed", mixed)
        if processes.rank() == 0:
            half = self.configuration.run.half
            write_reference(self.out / "mixed.pt", mixed, self.loop.epoch, half)
            write_single_file(
                self.out / "model.safetensors", mixed, self.weights.sizes, self.model.options, self.merges,
                self.list.labels, self.templates, self._notes(), half,
            )  # fmt: skip
        processes.wait()
        return results

    def _notes(self) -> dict[str, str]:
        keys = [
            f"actionclip.{key}"
            for key in ("resize", "short_side", "sampling", "license", "source", "description")
        ]
        kept = {
            key.partition(".")[2]: self.weights.metadata[key] for key in keys if key in self.weights.metadata
        }
        steps, batch = self.training.steps, self.recipe.batch
        return {
            **kept,
            "trained_with": f"actionclip-trainer, {steps} steps of {batch} clips, alpha {self.recipe.alpha}",
        }


def _read(one: ListOf) -> VideoList:
    return read_list(one.list, one.labels, one.root, one.split, one.multi_label)

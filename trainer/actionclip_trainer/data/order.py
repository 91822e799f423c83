"""Which clips make up which step. All of it follows from the seed and the step's number, so that a training that goes
on in the middle sees what a straight one sees, with any number of worker processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .. import processes
from ..recipe import Recipe
from ..step import Batch
from .source import ClipError, Source
from .texts import Texts, share_labels
from .workers import worker_options


class Order(Dataset[Batch]):
    """Item `step`: this process's part of that step's batch. An epoch is all clips in a new order; those that do not
    fill a batch wait for another epoch's order."""

    def __init__(self, source: Source, texts: Texts, recipe: Recipe) -> None:
        self.source, self.texts, self.recipe = source, texts, recipe
        self.rank, self.count = processes.rank(), processes.count()
        self.steps_per_epoch = len(source) // recipe.batch
        if recipe.batch % self.count:
            raise ValueError(f"a batch of {recipe.batch} clips does not divide among {self.count} processes")
        if not self.steps_per_epoch:
            raise ValueError(f"{len(source)} clips do not fill a batch of {recipe.batch}: make recipe.batch less")
        for index, labels in enumerate(source.labels):
            wrong = [label for label in labels if not 0 <= label < texts.labels]
            if wrong or not labels:
                found = f"the label {wrong[0]}" if wrong else "no label"
                raise ValueError(f"{source.groups[index]}: {found}; labels are 0 to {texts.labels - 1}")

    def indices(self, step: int) -> np.ndarray:
        """The clips of a step, of all processes."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.recipe.seed, epoch]).permutation(len(self.source))
        return order[place * self.recipe.batch : (place + 1) * self.recipe.batch]

    def __getitem__(self, step: int) -> Batch:
        chosen = self.indices(step)
        labels = [self.source.labels[i] for i in chosen]
        size = len(chosen) // self.count
        own = range(self.rank * size, (self.rank + 1) * size)
        epoch = step // self.steps_per_epoch
        random = lambda i, use: np.random.default_rng([self.recipe.seed, epoch, int(chosen[i]), use])
        pixels = torch.stack([self._clip(int(chosen[i]), random(i, 0)) for i in own])
        if self.recipe.loss == "cross_entropy":
            tokens, matches = self._all_labels(step, labels)
        else:
            tokens = torch.stack([self.texts.draw(labels[i], random(i, 1)) for i in own])
            matches = share_labels(labels, labels)
        return Batch(pixels, tokens.long(), matches)

    def _clip(self, index: int, random: np.random.Generator) -> torch.Tensor:
        """A clip. One that cannot be read is told, and the next one with the same labels stands in for it."""
        labels, count = self.source.labels[index], len(self.source)
        failure = None
        for other in ((index + step) % count for step in range(count)):
            if self.source.labels[other] == labels:
                try:
                    return self.source.clip(other, random)
                except ClipError as error:
                    failure = failure or error
                    print(f"warning: {error}; another clip of its labels stands in for it", file=sys.stderr)
        raise failure or ClipError(f"clip {index}: there is none")

    def _all_labels(self, step: int, labels: list[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Every label in one template, this process's share of them. The last label fills up the shares."""
        template = int(np.random.default_rng([self.recipe.seed, step, 2]).integers(self.texts.templates))
        share = -(-self.texts.labels // self.count)
        own = torch.arange(self.rank * share, (self.rank + 1) * share)
        tokens = self.texts.all(template)[own.clamp(max=self.texts.labels - 1)]
        return tokens, share_labels(labels, [(c,) for c in range(self.texts.labels)])


def batches(steps: Dataset[Batch], first: int, end: int, workers: int) -> Iterator[Batch]:
    """Batches of the steps from `first` up to `end`, made by worker processes ahead of their use."""
    loader = DataLoader(
        steps, batch_size=None, sampler=range(first, end), pin_memory=torch.cuda.is_available(),
        prefetch_factor=2 if workers else None, **worker_options(workers),
    )  # fmt: skip
    yield from loader

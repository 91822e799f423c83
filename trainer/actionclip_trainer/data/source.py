"""Where clips come from. A source gives each clip as bytes, so that a batch travels at a quarter of its floats'
size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

Labels = tuple[int, ...]


class ClipError(RuntimeError):
    """A clip that cannot be read; the message names it."""


class Source(Protocol):
    """Clips with their labels. `group` names what clips are cut from: a held-out part never shares a group with the
    rest."""

    labels: Sequence[Labels]
    groups: Sequence[str]

    def __len__(self) -> int: ...

    def clip(self, index: int, random: np.random.Generator | None) -> torch.Tensor:
        """A clip's frames: bytes [T, 3, S, S], or normalised floats. random: augmentation's random numbers; None for
        the frames and the crop of test time."""
        ...


class TensorSource:
    """Clips in memory: pixels [N, T, 3, S, S]."""

    def __init__(
        self, pixels: torch.Tensor, labels: Sequence[Labels], groups: Sequence[str] | None = None
    ) -> None:
        if len(pixels) != len(labels):
            raise ValueError(f"{len(pixels)} clips with {len(labels)} labels")
        self.pixels, self.labels = pixels, [tuple(some) for some in labels]
        self.groups = list(groups or map(str, range(len(labels))))

    def __len__(self) -> int:
        return len(self.labels)

    def clip(self, index: int, random: np.random.Generator | None) -> torch.Tensor:
        return self.pixels[index]


class SyntheticSource:
    """Clips made from their number: a square that moves over noise. The label is its way of moving and its colour, so
    that there is something to learn."""

    def __init__(self, count: int, labels: int, frames: int, side: int, seed: int = 0) -> None:
        self.frames, self.side, self.seed, self.count = frames, side, seed, labels
        self.labels = [(index % labels,) for index in range(count)]
        self.groups = [str(index) for index in range(count)]

    def __len__(self) -> int:
        return len(self.labels)

    def clip(self, index: int, random: np.random.Generator | None) -> torch.Tensor:
        made = np.random.default_rng([self.seed, index])
        label = self.labels[index][0]
        t, s = self.frames, self.side
        pixels = made.integers(0, 96, (t, 3, s, s), dtype=np.uint8)
        size, angle = max(2, s // 4), 2 * np.pi * label / self.count
        colour = [128 + int(127 * np.sin(2.4 * label + phase)) for phase in (0, 2, 4)]
        for frame in range(t):
            along = (frame / max(t - 1, 1) - 0.5) * s / 2
            y, x = (int(np.clip(s / 2 - size / 2 + along * f(angle), 0, s - size)) for f in (np.sin, np.cos))
            pixels[frame, :, y : y + size, x : x + size] = np.array(colour, np.uint8)[:, None, None]
        return torch.from_numpy(pixels)

"""Losses beside the main one, with parameters of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import nn


class Features(NamedTuple):
    """The embeddings of a step's whole batch, over all processes, not normalised."""

    videos: torch.Tensor  # [B, E]
    texts: torch.Tensor  # [N, E]
    frames: torch.Tensor | None  # [B, T, E], before the temporal head; a model with joint tokens has none


class AuxiliaryLoss(nn.Module):
    """A loss that helps in training, such as a layer that reads off embeddings what a clip shows. Its gradient reaches
    the encoders through the embeddings. Its parameters learn at the head's rate, stay out of the limit on the
    gradient's norm, are saved with a training's state, and are in no written model."""

    def forward(self, features: Features, targets: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Named losses, each with its weight; their sum joins the main loss. targets: `Batch.targets`."""
        raise NotImplementedError

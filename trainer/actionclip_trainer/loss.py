"""The losses between videos and texts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
import torch.nn.functional as F

LOSSES = ("paper", "cross_entropy", "matching", "none")


class Loss(NamedTuple):
    """A loss, its two directions (of cross-entropy only the first), the logits [B, N] that it is of, and auxiliary
    losses by their names, which are not in the total."""

    total: torch.Tensor
    video: torch.Tensor
    text: torch.Tensor
    logits: torch.Tensor
    auxiliary: Mapping[str, torch.Tensor] = MappingProxyType({})


def in_full(x: torch.Tensor) -> torch.Tensor:
    """fp32, or fp64 as it is."""
    return x if x.dtype == torch.float64 else x.float()


def cosines(videos: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Of videos [B, E] with texts [N, E], or with texts of each video's own [B, N, E]: [B, N], in fp32 or more."""
    v, t = (F.normalize(in_full(x), dim=-1) for x in (videos, texts))
    return v @ t.T if t.dim() == 2 else (t @ v[..., None])[..., 0]


def logits(videos: torch.Tensor, texts: torch.Tensor, logit_scale: torch.Tensor) -> torch.Tensor:
    """exp(logit_scale) times the cosines."""
    return logit_scale.exp() * cosines(videos, texts)


def paper_loss(z: torch.Tensor, matches: torch.Tensor) -> Loss:
    """The reference's loss of logits [B, N], with matches [B, N] true where a video and a text share a label: the
    mean of both directions' KL divergence from softmax(logits) to softmax(10 · matches), summed over a row and
    averaged over rows. A row of one match at N = 128 has 0.6 % of its target on the others."""
    target = matches.to(z.dtype) * 10
    video = _divergence(z, target)
    text = _divergence(z.T, target.T)
    return Loss((video + text) / 2, video, text, z)


def _divergence(z: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return F.kl_div(z.log_softmax(-1), target.log_softmax(-1), reduction="batchmean", log_target=True)


def cross_entropy_loss(z: torch.Tensor, matches: torch.Tensor) -> Loss:
    """Cross-entropy of logits [B, C] over all labels, with matches [B, C]. A video of several labels has its target
    spread over them; one of none is left out of the mean."""
    counts = matches.sum(-1, keepdim=True)
    target = matches.to(z.dtype) / counts.clamp(min=1)
    loss = -(target * z.log_softmax(-1)).sum() / (counts > 0).sum().clamp(min=1)
    return Loss(loss, loss, torch.zeros_like(loss), z)


def matching_loss(z: torch.Tensor, matches: torch.Tensor) -> Loss:
    """Like the paper's loss, with targets that are spread over the matches alone, so that texts which no video of the
    batch shows may stand among the logits [B, N] as wrong answers. A row without a match has no part in its
    direction's mean."""
    video, text = (_matched_divergence(rows, true) for rows, true in ((z, matches), (z.T, matches.T)))
    return Loss((video + text) / 2, video, text, z)


def _matched_divergence(z: torch.Tensor, matches: torch.Tensor) -> torch.Tensor:
    counts = matches.sum(-1)
    some = (counts > 0).sum().clamp(min=1)
    return cross_entropy_loss(z, matches).total - counts.clamp(min=1).to(z.dtype).log().sum() / some


def no_loss(z: torch.Tensor, matches: torch.Tensor) -> Loss:
    """Zero: for a training by auxiliary losses alone."""
    zero = torch.zeros((), dtype=z.dtype, device=z.device)
    return Loss(zero, zero, zero, z)


def loss_of(kind: str, z: torch.Tensor, matches: torch.Tensor) -> Loss:
    if kind not in LOSSES:
        raise ValueError(f"loss is {kind!r}; expected one of {', '.join(LOSSES)}")
    losses = (paper_loss, cross_entropy_loss, matching_loss, no_loss)
    return dict(zip(LOSSES, losses, strict=True))[kind](z, matches)

"""Accuracy on clips with known labels, by the reference's rule: softmax of 100 · cosine over labels for each
template, mean over templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from . import processes
from .data import Source, TensorSource, Texts
from .data.source import Labels
from .data.workers import worker_options
from .model import ActionCLIP
from .step import computing, normalised


@contextmanager
def using(model: ActionCLIP, weights: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """Other weights in a model, for a while."""
    own = {name: p.detach().clone() for name, p in model.named()}
    try:
        _put(model, weights)
        yield
    finally:
        _put(model, own)


@torch.no_grad()
def _put(model: ActionCLIP, weights: Mapping[str, torch.Tensor]) -> None:
    for name, p in model.named():
        p.copy_(weights[name])


class _TestClips(Dataset[torch.Tensor]):
    def __init__(self, source: Source) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.source.clip(index, None)


def evaluate(
    model: ActionCLIP, source: Source, texts: Texts, precision: str, batch: int = 32, workers: int = 0
) -> dict[str, float]:
    """Top-1 and top-5 in per cent, or the mean average precision where clips have several labels."""
    found = cosines(model, source, texts, precision, batch, workers)
    return figures((100 * found).softmax(-1).mean(1).cpu(), source.labels)


@torch.no_grad()
def cosines(
    model: ActionCLIP, source: Source, texts: Texts, precision: str, batch: int = 32, workers: int = 0
) -> torch.Tensor:
    """Of each clip with each label in each template: [N, templates, C]. Processes share the work; all get the result."""
    training = model.training
    model.eval()
    device = model.clip.logit_scale.device
    own = range(processes.rank(), len(source), processes.count())
    workers = 0 if isinstance(source, TensorSource) else workers
    loader = DataLoader(_TestClips(source), batch, sampler=own, **worker_options(workers))
    with computing(device, precision):
        words = torch.cat([model.encode_text(part.to(device).long())
                           for part in texts.tokens[..., : texts.length].flatten(0, 1).split(256)])  # fmt: skip
    rows = []
    for part in loader:
        with computing(device, precision):
            features = model.encode_frames(normalised(part.to(device), model.options))
        rows.append(model.cosines(features, words))
    model.train(training)
    share = -(-len(source) // processes.count())
    found = torch.cat(rows) if rows else torch.zeros(0, len(words), device=device)
    gathered = processes.gather(F.pad(found, (0, 0, 0, share - len(found)))).view(
        processes.count(), share, -1
    )
    found = gathered.transpose(0, 1).reshape(share * processes.count(), -1)[: len(source)]
    return found.view(len(source), texts.templates, texts.labels)


def figures(scores: torch.Tensor, labels: Sequence[Labels]) -> dict[str, float]:
    """Scores [N, C] against the labels of each clip."""
    if any(len(some) != 1 for some in labels):
        return {"mAP": 100 * mean_average_precision(scores, labels)}
    right = torch.tensor([some[0] for some in labels])
    ranked = scores.argsort(dim=-1, descending=True, stable=True)
    hit = ranked == right[:, None]
    return {
        "top1": 100 * hit[:, 0].float().mean().item(),
        "top5": 100 * hit[:, :5].any(1).float().mean().item(),
    }


def mean_average_precision(scores: torch.Tensor, labels: Sequence[Labels]) -> float:
    """The mean over labels that some clip has of the average precision, clips ranked by score."""
    true = torch.zeros(scores.shape)
    for row, some in zip(true, labels, strict=True):
        row[list(some)] = 1
    order = scores.argsort(dim=0, descending=True, stable=True)
    ranked = true.gather(0, order)
    precision = ranked.cumsum(0) / torch.arange(1, len(scores) + 1)[:, None]
    known = ranked.sum(0) > 0
    return ((precision * ranked).sum(0)[known] / ranked.sum(0)[known]).mean().item()

"""A training step's gradient, for any batch in the memory of a few clips, on one or many devices.

The features of the whole batch come first. The gradient of the loss with respect to them is the same whoever computes
it, so that each chunk of clips needs only its own rows of it for its backward pass (GradCache, arXiv 2101.06983). A
batch in chunks or over processes has the loss and the gradient of the batch in one piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn

from . import processes
from .loss import Loss, in_full, logits, loss_of
from .model import ActionCLIP, Options

Encode = Callable[[torch.Tensor], torch.Tensor]


class Batch(NamedTuple):
    """One process's part of a step. Every process has the same number of videos and the same number of texts; matches
    are those of all videos with all texts, in the order of the processes. Texts beyond its columns are not used."""

    pixels: torch.Tensor  # [b, T, 3, S, S]: normalised floats, or bytes
    tokens: torch.Tensor  # [n, L]
    matches: torch.Tensor  # [B, N], bool

    def to(self, device: torch.device) -> Batch:
        return Batch(*(x.to(device, non_blocking=True) for x in self))


def normalised(pixels: torch.Tensor, options: Options) -> torch.Tensor:
    """Bytes [..., 3, S, S] as floats of the model's mean and deviation; floats stay as they are."""
    if pixels.dtype != torch.uint8:
        return pixels
    mean, std = (torch.tensor(x, device=pixels.device)[:, None, None] for x in (options.mean, options.std))
    return (pixels.float() / 255 - mean) / std


_PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16}


@contextmanager
def computing(device: torch.device, precision: str) -> Iterator[None]:
    """The products' precision: autocast to bf16 or fp16, or none."""
    dtype = _PRECISIONS.get(precision)
    with torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None):
        yield


def gradient(
    model: ActionCLIP,
    batch: Batch,
    kind: str,
    precision: str,
    chunk: int = 0,
    encode_video: Encode | None = None,
) -> Loss:
    """Sets every trained parameter's gradient to that of the loss over all processes' clips, and returns the loss.
    chunk: clips that are computed at once; 0 for all. encode_video: a compiled form of the model's."""
    device = model.clip.logit_scale.device
    encode = encode_video or model.encode_video
    encoders: list[tuple[Encode, torch.Tensor, bool, int]] = [
        (
            lambda x: encode(normalised(x, model.options)),
            batch.pixels,
            _trains(model.clip.visual, model.head),
            chunk,
        ),
        (model.encode_text, batch.tokens, _trains_text(model), 0),
    ]
    passes = [_Pass(*one, device, precision) for one in encoders]
    own = [one.features for one in passes]
    videos, texts = (processes.gather(in_full(x.detach())).requires_grad_() for x in own)
    scale = model.clip.logit_scale.detach().clone().requires_grad_()
    # Texts beyond those that matches names fill up the last process's share.
    loss = loss_of(kind, logits(videos, texts[: batch.matches.shape[1]], scale), batch.matches)
    towards = torch.autograd.grad(loss.total, (videos, texts, scale))
    for one, whole in zip(passes, towards[:2], strict=True):
        one.backward(processes.own_rows(whole, len(one.features)))
    _add(model.clip.logit_scale, towards[2] / processes.count())
    processes.sum_gradients(p for p in model.parameters() if p.requires_grad)
    return Loss(*(x.detach() for x in loss))


class _Pass:
    """The features of one encoder's rows, and later their backward pass: from what was kept where one chunk holds
    all, else computed once more, with the same random numbers."""

    def __init__(
        self,
        encode: Encode,
        rows: torch.Tensor,
        trains: bool,
        chunk: int,
        device: torch.device,
        precision: str,
    ) -> None:
        self.encode, self.device, self.precision, self.trains = encode, device, precision, trains
        self.chunks = rows.split(chunk or len(rows))
        self.kept = trains and len(self.chunks) == 1
        self.states: list[tuple[torch.Tensor, torch.Tensor | None]] = []
        with torch.set_grad_enabled(self.kept):
            self.features = torch.cat([self._forward(piece) for piece in self.chunks])

    def _forward(self, piece: torch.Tensor) -> torch.Tensor:
        self.states.append(_random_state(self.device))
        with computing(self.device, self.precision):
            return self.encode(piece)

    def backward(self, towards: torch.Tensor) -> None:
        if not self.trains:
            return
        if self.kept:
            self.features.backward(towards.to(self.features.dtype))
            return
        now = _random_state(self.device)
        for piece, state, part in zip(
            self.chunks, self.states[:], towards.split(len(self.chunks[0])), strict=True
        ):
            _set_random_state(self.device, state)
            with computing(self.device, self.precision):
                features = self.encode(piece)
            features.backward(part.to(features.dtype))
        _set_random_state(self.device, now)


def _trains(*modules: nn.Module) -> bool:
    return any(p.requires_grad for module in modules for p in module.parameters())


def _trains_text(model: ActionCLIP) -> bool:
    return any(
        p.requires_grad
        for name, p in model.clip.named_parameters()
        if name != "logit_scale" and not name.startswith("visual.")
    )


def _add(parameter: nn.Parameter, gradient: torch.Tensor) -> None:
    if parameter.requires_grad:
        parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def _random_state(device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    return torch.get_rng_state(), on_device


def _set_random_state(device: torch.device, state: tuple[torch.Tensor, torch.Tensor | None]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1], device)

"""A training step's gradient, for any batch in the memory of a few clips, on one or many devices.

The features of the whole batch come first. The gradient of the loss with respect to them is the same whoever computes
it, so that each chunk of clips needs only its own rows of it for its backward pass (GradCache, arXiv 2101.06983). A
batch in chunks or over processes has the loss and the gradient of the batch in one piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn

from . import processes
from .auxiliary import AuxiliaryLoss, Features
from .loss import Loss, in_full, logits, loss_of
from .model import ActionCLIP, Options

Encode = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]


class Batch(NamedTuple):
    """One process's part of a step. Every process has the same number of videos and the same number of texts; matches
    are those of all videos with all texts, in the order of the processes. Texts beyond its columns are not used."""

    pixels: torch.Tensor  # [b, T, 3, S, S]: normalised floats, or bytes
    tokens: torch.Tensor  # [n, L]
    matches: torch.Tensor  # [B, N], bool
    #: What auxiliary losses compare with, of all processes.
    targets: dict[str, torch.Tensor] | None = None

    def to(self, device: torch.device) -> Batch:
        moved = (x.to(device, non_blocking=True) for x in self[:3])
        return Batch(*moved, {k: x.to(device, non_blocking=True) for k, x in (self.targets or {}).items()})


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
    encode_frames: Encode | None = None,
    auxiliary: AuxiliaryLoss | None = None,
) -> Loss:
    """Sets every trained parameter's gradient to that of the loss over all processes' clips, and returns the loss.
    chunk: clips that are computed at once; 0 for all. encode_frames: a compiled form of the model's."""
    device = model.clip.logit_scale.device
    encode = encode_frames or model.encode_frames
    clips = _Pass(
        lambda x: encode(normalised(x, model.options)),
        batch.pixels,
        _trains(model.clip.visual, model.head),
        chunk,
        device,
        precision,
    )
    words = _Pass(lambda x: (model.encode_text(x),), batch.tokens, _trains_text(model), 0, device, precision)
    every = auxiliary or model.label_attention is not None
    found = _gathered(clips.features if every else clips.features[:1])
    (texts,) = _gathered(words.features)
    scale = model.clip.logit_scale.detach().clone().requires_grad_()
    # Texts beyond those that matches names fill up the last process's share.
    used = texts[: batch.matches.shape[1]]
    with computing(device, precision):
        labels = model.labels_of(used, found)
    loss = loss_of(kind, logits(found[0], labels, scale), batch.matches)
    helping: dict[str, torch.Tensor] = {}
    if auxiliary:
        frames = found[1] if len(found) > 1 else None
        helping = auxiliary(Features(found[0], used, frames), batch.targets or {})
    # Parameters that see the whole batch, beside the scale.
    beside = [part for part in (model.label_attention, auxiliary) if part is not None]
    own = [p for part in beside for p in part.parameters() if p.requires_grad]
    towards = torch.autograd.grad(
        sum(helping.values(), loss.total), [*found, texts, scale, *own], allow_unused=True
    )
    count = len(found)
    clips.backward(towards[:count])
    words.backward(towards[count : count + 1])
    for parameter, each in zip([model.clip.logit_scale, *own], towards[count + 1 :], strict=True):
        _add(parameter, each)
    helped = auxiliary.parameters() if auxiliary else ()
    processes.sum_gradients(p for p in [*model.parameters(), *helped] if p.requires_grad)
    detached = (x.detach() for x in loss[:4])
    return Loss(*detached, {name: x.detach() for name, x in helping.items()})


def _gathered(features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [processes.gather(in_full(x.detach())).requires_grad_() for x in features]


class _Pass:
    """An encoder's outputs for its rows, and later their backward pass: from activations that were kept where one chunk
    holds all rows, else computed once more, with the same random numbers."""

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
            pieces = [self._forward(piece) for piece in self.chunks]
        self.features = [torch.cat(parts) for parts in zip(*pieces, strict=True)]

    def _forward(self, piece: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.states.append(_random_state(self.device))
        with computing(self.device, self.precision):
            return self.encode(piece)

    def backward(self, towards: Sequence[torch.Tensor | None]) -> None:
        """towards: the gradients of the whole batch's first features; None where the loss does not depend on them."""
        parts = [
            None if whole is None else processes.own_rows(whole, len(self.features[0])) for whole in towards
        ]
        if not self.trains or all(part is None for part in parts):
            return
        if self.kept:
            _backward(self.features, parts)
            return
        now = _random_state(self.device)
        size, begin = len(self.chunks[0]), 0
        for piece, state in zip(self.chunks, self.states[:], strict=True):
            _set_random_state(self.device, state)
            with computing(self.device, self.precision):
                features = self.encode(piece)
            _backward(features, [None if x is None else x[begin : begin + size] for x in parts])
            begin += size
        _set_random_state(self.device, now)


def _backward(features: Sequence[torch.Tensor], towards: Sequence[torch.Tensor | None]) -> None:
    """Adds parameters' gradients. Of a frozen encoder, frames' features have none, and the head's may still have."""
    given = [(x, g.to(x.dtype)) for x, g in zip(features, towards, strict=False) if g is not None and x.requires_grad]
    if given:
        torch.autograd.backward([x for x, _ in given], [g for _, g in given])


def _trains(*modules: nn.Module) -> bool:
    return any(p.requires_grad for module in modules for p in module.parameters())


def _trains_text(model: ActionCLIP) -> bool:
    return any(
        p.requires_grad
        for name, p in model.clip.named_parameters()
        if name != "logit_scale" and not name.startswith("visual.")
    )


def _add(parameter: nn.Parameter, gradient: torch.Tensor | None) -> None:
    """Adds this process's share of a gradient that every process has in full."""
    if parameter.requires_grad and gradient is not None:
        share = gradient / processes.count()
        parameter.grad = share if parameter.grad is None else parameter.grad + share


def _random_state(device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    return torch.get_rng_state(), on_device


def _set_random_state(device: torch.device, state: tuple[torch.Tensor, torch.Tensor | None]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1], device)

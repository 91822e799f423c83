"""One or many processes, each with a device: what torchrun starts, or a process alone."""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn

#: Gradients are added up in pieces of so many numbers.
_PIECE = 1 << 24


def start(device: str | None = None) -> torch.device:
    """Joins the processes that torchrun started, if it did, and returns this one's device."""
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    local = int(os.environ.get("LOCAL_RANK", 0))
    own = torch.device(name, local) if name == "cuda" else torch.device(name)
    if own.type == "cuda":
        torch.cuda.set_device(own)
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if own.type == "cuda" else "gloo")
    return own


def end() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def wait() -> None:
    if dist.is_initialized():
        dist.barrier()


def gather(rows: torch.Tensor) -> torch.Tensor:
    """The rows of all processes, in their order; each has the same number of them."""
    if count() == 1:
        return rows.clone()
    parts = [torch.empty_like(rows) for _ in range(count())]
    dist.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


def own_rows(rows: torch.Tensor, number: int) -> torch.Tensor:
    """This process's part of gathered rows."""
    return rows[rank() * number : (rank() + 1) * number]


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Adds up the processes' gradients."""
    if count() == 1:
        return
    piece: list[torch.Tensor] = []
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        piece.append(parameter.grad)
        if sum(g.numel() for g in piece) > _PIECE:
            _sum(piece)
            piece = []
    if piece:
        _sum(piece)


def _sum(tensors: list[torch.Tensor]) -> None:
    flat = torch.cat([t.reshape(-1) for t in tensors])
    dist.all_reduce(flat)
    for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


def same_everywhere(number: int) -> int:
    """The first process's number, on all."""
    if count() == 1:
        return number
    given = [number]
    dist.broadcast_object_list(given)
    return int(given[0])

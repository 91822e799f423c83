"""The worker processes that make clips."""

from __future__ import annotations

import multiprocessing
import signal
from typing import Any

import torch


def worker_options(count: int) -> dict[str, Any]:
    """A DataLoader's arguments for `count` workers; 0: clips are made by the process itself. Workers are forked from
    a small process that has loaded PyTorch and nothing else: forking this one would take its threads' locks along,
    and the GPU's memory."""
    if not count:
        return {"num_workers": 0}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch"])
    return {"num_workers": count, "multiprocessing_context": context, "worker_init_fn": _begin}


def _begin(_: int) -> None:
    # Ctrl-C reaches workers too, but is the training's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)

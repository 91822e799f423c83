"""Checks the trainer on this machine's device, in a minute, with tiny models and made-up clips:

    python3 -m actionclip_trainer.check

For every temporal option the gradients in fp32 against those of the processor in fp64; a batch in chunks against the
batch in one piece; training in bf16, whose loss must fall; a training that goes on against one that was never cut
off. Prints a line of JSON for each, and ends with status 1 if one failed."""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Iterator

import torch

from . import processes
from .data import Order, SyntheticSource, Texts
from .model import ActionCLIP, Options, Sizes
from .recipe import Recipe, recipe
from .step import Batch, gradient, normalised
from .training import Training

#: Every temporal option, small enough for a processor.
SIZES = Sizes(
    side=32, patch=8, width=64, layers=2, embed=64, context=16, vocabulary=300, text_width=64, text_layers=2
)
TEMPORAL = {
    "MeanP": Options(4), "Conv_1D": Options(4, "Conv_1D"), "LSTM": Options(4, "LSTM"),
    "Transf": Options(4, "Transf"), "Transf_cls": Options(4, "Transf_cls"), "shift": Options(4, shift="on"),
    "causal shift": Options(4, shift="causal"), "joint": Options(4, joint=True),
}  # fmt: skip


def made_model(options: Options, seed: int = 0) -> ActionCLIP:
    """A model in which no parameter is zero, so that each has a part in the result."""
    torch.manual_seed(seed)
    model = ActionCLIP(SIZES, options)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim():
                parameter.add_(torch.randn_like(parameter), alpha=0.02)
    return model


def made_order(settings: Recipe, clips: int = 48, labels: int = 6) -> Order:
    source = SyntheticSource(clips, labels, 4, SIZES.side)
    return Order(source, Texts.synthetic(labels, 4, SIZES.context, SIZES.vocabulary), settings)


def gradients(model: ActionCLIP, batch: Batch, chunk: int = 0) -> dict[str, torch.Tensor]:
    """Every parameter's gradient, in fp64 on the processor."""
    model.zero_grad(set_to_none=True)
    gradient(model, batch, "paper", "fp32", chunk)
    return {name: p.grad.double().cpu() for name, p in model.named() if p.grad is not None}


def largest_difference(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> float:
    """The largest difference of two models' gradients, as a part of the largest entry of its tensor; entries of
    tensors that are zero but for rounding count as a part of a thousandth of the largest of all."""
    whole = max(g.abs().max().item() for g in expected.values())
    return max(
        (found[name] - g).abs().max().item() / max(g.abs().max().item(), 1e-3 * whole)
        for name, g in expected.items()
    )


def check_gradients(device: torch.device) -> Iterator[tuple[str, float, float]]:
    settings = Recipe(batch=8)
    batch = made_order(settings)[0]
    batch = batch._replace(pixels=normalised(batch.pixels, Options()))
    for name, options in TEMPORAL.items():
        model = made_model(options)
        exact = gradients(copy.deepcopy(model).double(), batch._replace(pixels=batch.pixels.double()))
        model.to(device)
        found = gradients(model, batch.to(device))
        yield (
            f"gradients of {name}: device in fp32, processor in fp64",
            largest_difference(found, exact),
            1e-4,
        )
        chunks = gradients(model, batch.to(device), chunk=3)
        limit = 1e-5 if device.type == "cpu" else 5e-5
        yield f"gradients of {name}: three chunks, one piece", largest_difference(chunks, found), limit


def _training(device: torch.device, settings: Recipe, order: Order) -> Training:
    model = made_model(Options(4, "Transf", shift="on"), seed=1).to(device)
    start = {name: p.detach().clone() for name, p in model.named()}
    return Training(model, settings, order.steps_per_epoch, start)


def check_training(device: torch.device) -> Iterator[tuple[str, float, float]]:
    settings = recipe("anchored", {"batch": 24, "epochs": 10, "lr": 3e-4, "head_ratio": 3.0, "anchor": 0.01})
    order = made_order(settings)
    training = _training(device, settings, order)
    losses = [training.train(order[step]).loss for step in range(training.steps)]
    first, last = sum(losses[:4]) / 4, sum(losses[-4:]) / 4
    yield "training in bf16: the last losses, of the first", last / first, 0.7


def check_resuming(device: torch.device) -> Iterator[tuple[str, float, float]]:
    settings = recipe(
        "anchored", {"batch": 12, "epochs": 2, "lr": 1e-3, "precision": "fp32", "mean_decay": 0.9}
    )
    order = made_order(settings)
    straight, losses = _training(device, settings, order), []
    for step in range(6):
        if step == 3:
            state = copy.deepcopy(straight.state())
        losses.append(straight.train(order[step]).loss)
    resumed = _training(device, settings, order)
    resumed.resume(state)
    again = [resumed.train(order[step]).loss for step in range(3, 6)]
    if device.type == "cpu":
        pairs = zip(straight.weights().values(), resumed.weights().values(), strict=True)
        yield (
            "weights of a training that goes on, of a straight one",
            max((a - b).abs().max().item() for a, b in pairs),
            0,
        )
    # On a GPU the order of some sums differs from run to run, and so do last digits.
    difference = max(abs(a - b) for a, b in zip(losses[3:], again, strict=True))
    yield (
        "losses of a training that goes on, of a straight one",
        difference,
        0 if device.type == "cpu" else 1e-3,
    )


CHECKS: tuple[Callable[[torch.device], Iterator[tuple[str, float, float]]], ...] = (
    check_gradients, check_training, check_resuming,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks the trainer on this machine's device.")
    parser.add_argument("--device", help="cuda or cpu (default: cuda where there is one)")
    device = processes.start(parser.parse_args().device)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False  # the LSTM's products, which are cuDNN's
    if device.type == "cpu":
        torch.set_num_threads(1)
    failed = 0
    for check in CHECKS:
        begun = time.monotonic()
        for what, figure, limit in check(device):
            passed = figure <= limit
            failed += not passed
            seconds, begun = time.monotonic() - begun, time.monotonic()
            print(json.dumps({"check": what, "device": device.type, "figure": figure, "limit": limit,
                              "passed": passed, "seconds": round(seconds, 2)}), flush=True)  # fmt: skip
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

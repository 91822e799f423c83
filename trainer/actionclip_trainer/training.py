"""A training: the model, its optimizer and its place in the schedule, one step after another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import torch

from . import processes
from .auxiliary import AuxiliaryLoss
from .model import ActionCLIP
from .optimiser import (
    WeightMean,
    add_anchor,
    limit_scale,
    make_optimiser,
    rate,
    round_to_fp16,
    set_rates,
)
from .recipe import Recipe
from .step import Batch, Encode, gradient


class StepResult(NamedTuple):
    """A step as it was before its update. accuracy: the share of videos whose likeliest text shares a label with
    them. pull: what the anchor adds to the loss. auxiliary: losses beside it."""

    step: int
    loss: float
    loss_video: float
    loss_text: float
    accuracy: float
    pull: float
    gradient_norm: float
    rate: float
    scale: float
    auxiliary: dict[str, float]


class DivergedError(ArithmeticError):
    """The loss or the gradient is no number. The weights are those from before the step."""


class Training:
    """`start`: the weights that the anchor pulls to and that the result is mixed with, by the names of
    `ActionCLIP.named`; new parameters are not in it."""

    def __init__(
        self,
        model: ActionCLIP,
        recipe: Recipe,
        steps_per_epoch: int,
        start: Mapping[str, torch.Tensor],
        encode_frames: Encode | None = None,
        auxiliary: AuxiliaryLoss | None = None,
    ) -> None:
        if recipe.loss == "none" and not auxiliary:
            raise ValueError("loss is 'none', and there is no auxiliary loss: nothing to train by")
        self.model, self.recipe, self.encode_frames = model, recipe, encode_frames
        self.steps_per_epoch = steps_per_epoch
        self.steps = max(1, round(recipe.epochs * steps_per_epoch))
        self.device = model.clip.logit_scale.device
        model.train_only(recipe.train_vision, recipe.train_text, recipe.train_head)
        if recipe.round_fp16:
            round_to_fp16(model)
        self.auxiliary = auxiliary.to(self.device) if auxiliary else None
        self.optimiser = make_optimiser(model, recipe, self.auxiliary)
        self.mean = WeightMean(model, recipe.mean_decay) if recipe.mean_decay else None
        self.start = {name: tensor.to(self.device) for name, tensor in start.items()} if recipe.anchor else {}
        self.step = 0

    def train(self, batch: Batch) -> StepResult:
        """One step: the gradient, what the recipe does to it, and the optimizer's update."""
        recipe, model = self.recipe, self.model
        model.train()
        # Every step has random numbers of its own, so that a resumed training has those of a straight one.
        torch.manual_seed(recipe.seed + 7919 * self.step + 104729 * processes.rank())
        factor = rate(recipe, self.step, self.steps_per_epoch)
        set_rates(self.optimiser, factor)
        self.optimiser.zero_grad(set_to_none=True)
        batch = batch.to(self.device)
        loss = gradient(
            model, batch, recipe.loss, recipe.precision, recipe.chunk, self.encode_frames, self.auxiliary
        )
        pull = add_anchor(model, self.start, recipe.anchor) if self.start else 0.0
        trained = [p for p in model.parameters() if p.grad is not None]
        norm = torch.nn.utils.clip_grad_norm_(trained, recipe.clip_norm or math.inf).item()
        if not math.isfinite(norm) or not math.isfinite(loss.total.item()):
            raise DivergedError(
                f"step {self.step}: the loss is {loss.total.item()}, the gradient's norm {norm}"
            )
        scale = model.clip.logit_scale.exp().item()
        self.optimiser.step()
        limit_scale(model, recipe.scale_limit)
        if recipe.round_fp16:
            round_to_fp16(model)
        if self.mean:
            self.mean.update(model)
        right = batch.matches.gather(1, loss.logits.argmax(1, keepdim=True)).float().mean().item()
        self.step += 1
        return StepResult(self.step - 1, loss.total.item(), loss.video.item(), loss.text.item(), right, pull, norm,
                          recipe.lr * factor, scale, {k: x.item() for k, x in loss.auxiliary.items()})  # fmt: skip

    def weights(self) -> dict[str, torch.Tensor]:
        """The weights to evaluate and to write: the exponential mean, if the recipe has one."""
        if self.mean:
            return dict(self.mean.tensors)
        return {name: p.detach() for name, p in self.model.named()}

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on, besides the data."""
        return {
            "step": self.step, "recipe": asdict(self.recipe), "steps_per_epoch": self.steps_per_epoch,
            "model": {name: p.detach() for name, p in self.model.named()},
            "optimiser": self.optimiser.state_dict(), "mean": self.mean and self.mean.tensors,
            "auxiliary": self.auxiliary and self.auxiliary.state_dict(),
        }  # fmt: skip

    @torch.no_grad()
    def resume(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state. A recipe or an epoch of another length is refused: it would be another training."""
        own, given = asdict(self.recipe), state["recipe"]
        changed = [name for name in own if own[name] != given.get(name) and name != "chunk"]
        if changed:
            raise ValueError(
                f"the saved training has {changed[0]} {given.get(changed[0])!r}, not {own[changed[0]]!r}"
            )
        if state["steps_per_epoch"] != self.steps_per_epoch:
            raise ValueError(
                f"the saved training has {state['steps_per_epoch']} steps an epoch, not {self.steps_per_epoch}: "
                "the list, the batch or the number of processes is another"
            )
        for name, p in self.model.named():
            p.copy_(state["model"][name])
        if self.auxiliary:
            self.auxiliary.load_state_dict(state["auxiliary"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.mean:
            for name, tensor in self.mean.tensors.items():
                tensor.copy_(state["mean"][name])
        self.step = state["step"]


def mixture(
    start: Mapping[str, torch.Tensor], trained: Mapping[str, torch.Tensor], alpha: float
) -> dict[str, torch.Tensor]:
    """(1 - alpha) · start + alpha · trained. What the start lacks, such as a new head, is taken whole."""
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; expected 0 to 1")
    return {
        name: tensor if name not in start or alpha == 1 else torch.lerp(start[name].to(tensor), tensor, alpha)
        for name, tensor in trained.items()
    }

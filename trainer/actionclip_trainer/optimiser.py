"""AdamW's groups, the schedule of rates, and what a recipe does around a step of the optimizer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn

from .model import ActionCLIP
from .recipe import Recipe

Tensors = Mapping[str, torch.Tensor]


def make_optimiser(
    model: ActionCLIP, recipe: Recipe, auxiliary: nn.Module | None = None
) -> torch.optim.AdamW:
    """AdamW over what is trained: the logit scale, the text side, the image encoder, the head and an auxiliary loss,
    each at its rate (`base`), each in two groups where vectors do not decay."""
    named = [(name, p) for name, p in model.named() if p.requires_grad]
    if not named:
        raise ValueError("nothing is trained: all of train_vision, train_text and train_head are off")
    named += [("auxiliary." + name, p) for name, p in auxiliary.named_parameters()] if auxiliary else []
    ratios = {"scale": recipe.scale_ratio, "text": 1.0, "vision": recipe.vision_ratio, "head": recipe.head_ratio,
              "auxiliary": recipe.head_ratio}  # fmt: skip
    groups = []
    for part, ratio in ratios.items():
        for decays in (True, False):
            chosen = [
                p
                for name, p in named
                if _part(name) == part and (p.dim() > 1 or recipe.decay_vectors) == decays
            ]
            if chosen:
                decay = recipe.weight_decay if decays else 0.0
                groups.append({"params": chosen, "base": recipe.lr * ratio, "weight_decay": decay})
    fused = all(p.is_cuda for _, p in named)
    return torch.optim.AdamW(groups, lr=recipe.lr, betas=recipe.betas, eps=recipe.epsilon, fused=fused)


def _part(name: str) -> str:
    """The key of `ratios` for a parameter."""
    parts = {"logit_scale": "scale", "fusion": "head", "label_attention": "head", "visual": "vision",
             "auxiliary": "auxiliary"}  # fmt: skip
    return parts.get(name.partition(".")[0], "text")


def rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The factor on every rate at a step, counted from 0: a linear rise from 0, then half a cosine to 0 at the last
    epoch's end."""
    if recipe.schedule_every == 1:
        epoch = (step + 0.5) / steps_per_epoch
    else:
        # As the reference counts: the first step of an epoch, then those whose number from 1 is a multiple.
        whole, within = divmod(step, steps_per_epoch)
        set_at = max(0, (within + 1) // recipe.schedule_every * recipe.schedule_every - 1)
        epoch = whole + set_at / steps_per_epoch
    if epoch < recipe.warmup_epochs:
        return epoch / recipe.warmup_epochs
    progress = (epoch - recipe.warmup_epochs) / max(recipe.epochs - recipe.warmup_epochs, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def set_rates(optimiser: torch.optim.Optimizer, factor: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = group["base"] * factor


@torch.no_grad()
def add_anchor(model: ActionCLIP, start: Tensors, strength: float) -> float:
    """Adds the gradient of strength · |θ - θ0|² over the trained parameters that `start` has, and returns that
    sum."""
    total = torch.zeros((), device=model.clip.logit_scale.device)
    for name, p in model.named():
        if p.requires_grad and p.grad is not None and name in start:
            moved = p - start[name]
            p.grad.add_(moved, alpha=2 * strength)
            total += moved.square().sum()
    return strength * total.item()


@torch.no_grad()
def limit_scale(model: ActionCLIP, limit: float) -> None:
    """Keeps exp(logit_scale) at or below a limit."""
    if limit:
        model.clip.logit_scale.clamp_(max=math.log(limit))


@torch.no_grad()
def round_to_fp16(model: ActionCLIP) -> None:
    """Rounds what the reference keeps in fp16 on a GPU: weights and biases of the encoders' products, and the two
    projections. LayerNorms, embeddings, the scale and the head stay fp32."""
    for module in model.clip.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
            held = [module.weight, module.bias]
        else:
            held = [
                getattr(module, n, None)
                for n in ("in_proj_weight", "in_proj_bias", "proj", "text_projection")
            ]
        for p in held:
            if isinstance(p, torch.nn.Parameter):
                p.copy_(p.half().float())


class WeightMean:
    """The exponential mean of a model's weights."""

    def __init__(self, model: ActionCLIP, decay: float) -> None:
        self.decay = decay
        self.tensors = {name: p.detach().clone() for name, p in model.named()}

    @torch.no_grad()
    def update(self, model: ActionCLIP) -> None:
        for name, p in model.named():
            self.tensors[name].lerp_(p, 1 - self.decay)

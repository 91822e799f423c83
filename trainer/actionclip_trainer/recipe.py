"""Recipes: everything that decides what a training computes, but the data and the model."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from .loss import LOSSES


@dataclass(frozen=True)
class Recipe:
    """The fields' defaults are the preset "anchored"."""

    loss: str = "paper"
    epochs: float = 20
    #: Clips of an optimizer step, over all processes.
    batch: int = 128
    #: Clips that one device computes at once. 0: all of its part of a batch. Fewer never change what the loss sees.
    chunk: int = 0
    seed: int = 1024

    #: AdamW. The rates of the text encoder, of the image encoder, of the head and of the logit scale are lr,
    #: lr · vision_ratio, lr · head_ratio and lr · scale_ratio.
    lr: float = 5e-6
    vision_ratio: float = 1.0
    head_ratio: float = 10.0
    scale_ratio: float = 1.0
    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-8
    weight_decay: float = 0.2
    #: Whether biases, LayerNorms and the scale decay too.
    decay_vectors: bool = False

    warmup_epochs: float = 1.0
    #: Steps for which a rate is kept. 1: each step has the rate of its middle. More: the rate is set at an epoch's
    #: first step and at each multiple, to that of the step's beginning, as the reference does with 10.
    schedule_every: int = 1

    #: The gradient's norm is scaled down to this. 0: never.
    clip_norm: float = 1.0
    #: exp(logit_scale) is kept at or below this. 0: never.
    scale_limit: float = 100.0
    #: The loss has anchor · |θ - θ0|² added over all parameters that the start had, as in the library.
    anchor: float = 0.0
    #: The share of the trained weights in the mixture with the start that is written at the end.
    alpha: float = 0.5
    #: The exponential mean of the weights, which is what is evaluated and written. 0: none.
    mean_decay: float = 0.0

    #: "fp32", "bf16" or "fp16": the products' precision. Weights, sums, the loss and the optimizer are fp32.
    precision: str = "bf16"
    #: The encoders' matrices are rounded to fp16 after each step, as the reference keeps them on a GPU.
    round_fp16: bool = False
    #: What is trained: "all", "none", "projection", or a number of last blocks.
    train_vision: str | int = "all"
    train_text: str | int = "all"
    train_head: bool = True

    #: The reference's augmentations; see data.augment.
    augment: str = "reference"
    #: A random frame of each segment, in place of the frames of test time.
    jitter: bool = True
    #: RandAugment's number of operations and their strength, drawn for each frame. 0 operations: none.
    randaugment: tuple[int, int] = (0, 9)
    #: Whether clips are mirrored; off where left and right are different actions.
    flip: bool = True

    def __post_init__(self) -> None:
        choices = {
            "loss": LOSSES,
            "precision": ("fp32", "bf16", "fp16"),
            "augment": ("reference", "flip", "none"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(allowed)}")
        for name in ("epochs", "batch", "schedule_every"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        for name in ("chunk", "lr", "weight_decay", "warmup_epochs", "clip_norm", "scale_limit", "anchor"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more")
        if not 0 <= self.alpha <= 1 or not 0 <= self.mean_decay < 1:
            raise ValueError("alpha is 0 to 1, mean_decay 0 up to 1")


#: The released trainer, its quirks included: it clips and clamps nothing, lets everything decay, sets rates each ten
#: steps, and rounds the encoders' matrices to fp16 after each step.
REFERENCE = Recipe(
    epochs=50, warmup_epochs=5, schedule_every=10, decay_vectors=True, clip_norm=0, scale_limit=0, alpha=1,
    round_fp16=True, jitter=True, randaugment=(2, 9),
)  # fmt: skip
#: fp32 masters, limits, and half of the start back at the end; docs/DECISIONS.md says why it does not pull besides.
ANCHORED = Recipe()

PRESETS = {
    "anchored": ANCHORED,
    "reference": REFERENCE,
    # Its configurations of the smaller data sets lack random_shift: they train on the frames of test time.
    "reference-hmdb51": replace(REFERENCE, batch=64, jitter=False, randaugment=(0, 9)),
    "reference-ucf101": replace(REFERENCE, batch=32, jitter=False, randaugment=(0, 9)),
}


def recipe(preset: str, changes: dict[str, Any]) -> Recipe:
    """A preset with some fields changed, as a configuration says."""
    if preset not in PRESETS:
        raise ValueError(f"recipe is {preset!r}; expected one of {', '.join(PRESETS)}")
    known = {field.name for field in fields(Recipe)}
    for name in changes:
        if name not in known:
            raise ValueError(f"the recipe has no field {name!r}; it has {', '.join(sorted(known))}")
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    return replace(PRESETS[preset], **lists)

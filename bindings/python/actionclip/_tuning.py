"""Options of a tuner, and what it tells of its sizes, steps and scores."""

from __future__ import annotations

import ctypes
import dataclasses
import math
from typing import Any

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, INT64_MAX, Path, choice, path_bytes, real, type_name, whole
from ._errors import invalid, wrong_type
from ._library import library
from ._model_info import COMPUTE_TYPES, HEADS, ModelInfo

#: A part of an encoder that is trained: its name, or ("blocks", n) for the projection and the last n blocks.
Part = str | tuple[str, int]

_RECIPES = {"anchored": CONSTANTS["RECIPE_ANCHORED"], "reference": CONSTANTS["RECIPE_REFERENCE"]}
_LOSSES = {"multi_positive": CONSTANTS["LOSS_MULTI_POSITIVE"], "cross_entropy": CONSTANTS["LOSS_CROSS_ENTROPY"]}
_AUGMENTATIONS = {
    name: CONSTANTS[f"AUGMENT_{name.upper()}"] for name in ("none", "flip", "reference", "reference_k400")
}
_PARTS = {
    "nothing": CONSTANTS["TRAIN_NOTHING"],
    "projection": CONSTANTS["TRAIN_PROJECTION"],
    "blocks": CONSTANTS["TRAIN_BLOCKS"],
    "everything": CONSTANTS["TRAIN_EVERYTHING"],
}
#: Parts of the image encoder. The temporal head is trained in any case unless `head` says otherwise.
_VISION_PARTS = {"head": CONSTANTS["TRAIN_NOTHING"], **_PARTS}


@dataclasses.dataclass(frozen=True)
class TunerInfo:
    """Sizes of a tuner, known before its first step."""

    labels: int
    clips: int  #: clips to train on
    held_out: int  #: clips held out
    steps: int  #: steps done
    total_steps: int  #: steps of the whole recipe
    steps_per_epoch: int
    trained: int  #: numbers that are trained
    model_bytes: int  #: memory of the copy, its gradients and its moments
    clip_bytes: int  #: memory of the clips and texts
    work_bytes: int  #: the most working memory that a step takes besides
    cache_bytes: int  #: memory of what no training changes of clips and texts, besides a file's
    batch: int  #: clips a step

    @property
    def memory(self) -> int:
        """Bytes that training takes at most; `max_memory` limits them."""
        return self.model_bytes + self.clip_bytes + self.work_bytes + self.cache_bytes


@dataclasses.dataclass(frozen=True)
class TunerStep:
    """The result of one step of training."""

    step: int  #: its number, from 1 on
    total_steps: int  #: steps of the whole recipe
    loss: float  #: the loss before the step: the mean of both ways, or cross-entropy's
    video_loss: float  #: the divergence of videos to texts
    text_loss: float  #: the divergence of texts to videos; 0 with cross-entropy
    scale: float  #: the scale of cosines after the step; 0 if it is not trained
    rate: float  #: the encoders' learning rate
    gradient_norm: float  #: the norm of all gradients together, before it was limited


@dataclasses.dataclass(frozen=True)
class TunerScore:
    """How well clips are recognised."""

    clips: int  #: clips that were scored
    right: int  #: of these, the clips whose best label is one of theirs
    among_five: int  #: of these, the clips with a label of theirs among the best five
    loss: float  #: the mean of -log of the probability of a clip's labels, in equal shares

    @property
    def top1(self) -> float:
        """The share of clips whose best label is one of theirs, 0 to 1."""
        return self.right / self.clips

    @property
    def top5(self) -> float:
        """The share of clips with a label of theirs among the best five, 0 to 1."""
        return self.among_five / self.clips


def tuner_options(
    info: ModelInfo,
    *,
    train: Part,
    text: Part | None,
    head: bool,
    logit_scale: bool,
    new_head: str | None,
    frames: int | None,
    recipe: str,
    loss: str,
    epochs: int | None,
    batch: int | None,
    contexts: int,
    augment: str,
    jitter: bool,
    mirror: bool | None,
    seed: int,
    max_memory: int | None,
    compute: str,
    cache: Path | None,
    truncate: bool,
    **numbers: float | None,
) -> Any:
    """The C struct of options. info: the model's. numbers: the recipe's, by their names in C; None: as it says."""
    options = library().defaults("tuner_options")
    options.recipe = choice("recipe", recipe, _RECIPES)
    options.loss = choice("loss", loss, _LOSSES)
    options.vision, options.vision_blocks = _part("train", train, _VISION_PARTS, info.vision_layers)
    options.text, options.text_blocks = _part(
        "text", "nothing" if text is None else text, _PARTS, info.text_layers
    )
    options.head = CONSTANTS["ON" if head else "OFF"]
    options.logit_scale = CONSTANTS["ON" if logit_scale else "OFF"]
    if new_head is not None:
        options.new_head = choice("new_head", new_head, HEADS)
    if frames is not None:
        options.frames = whole("frames", frames, 1, INT32_MAX)
    if epochs is not None:
        options.epochs = whole("epochs", epochs, 1, INT32_MAX)
    if batch is not None:
        options.batch = whole("batch", batch, 1, INT32_MAX)
    options.augment = choice("augment", augment, _AUGMENTATIONS)
    options.jitter = CONSTANTS["ON" if jitter else "OFF"]
    options.mirror = CONSTANTS["MIRROR_UNLESS_SIDED" if mirror is None else "ON" if mirror else "OFF"]
    options.contexts = whole("contexts", contexts, 0, INT32_MAX)
    options.seed = whole("seed", seed, 0, 2**64 - 1)
    if max_memory is not None:
        options.max_memory = whole("max_memory", max_memory, 1, INT64_MAX)
    options.compute_type = choice("compute", compute, COMPUTE_TYPES)
    if cache is not None:
        options.cache_path = path_bytes("cache", cache)
    options.too_long = CONSTANTS["TEXT_TRUNCATE" if truncate else "TEXT_TOO_LONG_IS_ERROR"]
    for name, number in numbers.items():
        if number is not None:
            setattr(options, name, _finite(name, number))
    return options


def _part(what: str, value: Part, parts: dict[str, int], layers: int) -> tuple[int, int]:
    """The constant of a part of an encoder of so many layers, and the number of its blocks."""
    if isinstance(value, str):
        if value == "blocks":
            raise invalid(f'{what} is "blocks"; say how many of the last ones: ("blocks", 3)')
        return choice(what, value, parts), 0
    if not isinstance(value, (tuple, list)) or len(value) != 2 or value[0] != "blocks":
        names = ", ".join(repr(name) for name in parts if name != "blocks")
        raise wrong_type(f'{what} is {value!r}, {type_name(value)}; it must be {names} or ("blocks", 3)')
    return parts["blocks"], whole(f"{what}'s number of blocks", value[1], 1, layers)


def _finite(name: str, value: float) -> float:
    number = real(name, value)
    if math.isnan(number):  # the library would take it for a number that the recipe is to choose
        raise invalid(f"{name} is {number}; it must be a finite number, or None")
    return number


def share(alpha: float | None) -> float:
    """A share of the tuned weights as C has it: NaN for None, the recipe's."""
    if alpha is None:
        return math.nan
    number = real("alpha", alpha)
    if not 0 <= number <= 1:
        raise invalid(f"alpha is {number}; it must be 0 to 1")
    return number


def read_tuner_info(struct: _abi.TunerInfo) -> TunerInfo:
    return TunerInfo(**{field.name: getattr(struct, field.name) for field in dataclasses.fields(TunerInfo)})


def read_tuner_step(struct: _abi.TunerResult) -> TunerStep:
    return TunerStep(**{field.name: getattr(struct, field.name) for field in dataclasses.fields(TunerStep)})


def read_tuner_score(struct: _abi.TunerScore) -> TunerScore:
    return TunerScore(**{field.name: getattr(struct, field.name) for field in dataclasses.fields(TunerScore)})

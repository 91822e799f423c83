"""Weights of prompt templates, chosen by videos, and the built-in pool of templates."""

from __future__ import annotations

import ctypes
import dataclasses

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, real
from ._arrays import FloatArray, as_array, pointer
from ._cancel import long_call
from ._errors import invalid, wrong_type
from ._library import library
from ._similarity import by_template, rows, same_length

_ORIGINS = {
    CONSTANTS["PROMPTS_EQUAL"]: "equal",
    CONSTANTS["PROMPTS_WITHOUT_LABELS"]: "without labels",
    CONSTANTS["PROMPTS_FITTED"]: "fitted",
}


@dataclasses.dataclass(frozen=True)
class PromptsFit:
    """Weights of templates that labelled videos chose. Where they are fitted, each clip is scored with weights that
    were fitted without it."""

    weights: FloatArray  #: float32 [templates], with the sum 1; 0 for templates that do not count
    origin: str  #: "equal", "without labels" or "fitted": how the weights came about
    folds: int  #: the number of parts that were left out in turn
    strength: float  #: the prior's strength as a share of the videos; 0 if nothing was fitted
    equal_top1: float  #: the share of videos that equal weights classify right
    equal_log_likelihood: float  #: with equal weights, the mean log-probability of the right label
    chosen_top1: float  #: the share of videos that the chosen weights classify right
    chosen_log_likelihood: float  #: with the chosen weights, the mean log-probability of the right label


def fit_prompts(
    videos: npt.ArrayLike,
    labels: npt.ArrayLike,
    texts: npt.ArrayLike,
    *,
    clip_ids: npt.ArrayLike | None = None,
    scale: float = 100.0,
    strength: float | None = None,
) -> PromptsFit:
    """Chooses weights for templates by labelled videos. They are for `probabilities`, `Classifier` and `Model.save`.

    videos [n, E]; labels [n], the index of each video's class; texts [templates, classes, E] as `Model.encode_labels`
    gives them. clip_ids [n]: the same number for views of one clip; without, each video is a clip. strength: the
    prior's, a share of the videos; None: it is chosen by leaving clips out, and the fitted weights are taken only where
    they classify more of these clips right.
    """
    left, right = rows("videos", videos), by_template(texts)
    size, factor = same_length(left, right), real("scale", scale)
    places = _whole_numbers("labels", labels, len(left), np.int32)
    clips = None if clip_ids is None else _whole_numbers("clip_ids", clip_ids, len(left), np.int64)
    if strength is not None and real("strength", strength) < 0:
        raise invalid(f"strength is {strength}; it must be 0 or more")
    weights = np.empty(len(right), np.float32)
    report = _abi.PromptsReport(struct_size=ctypes.sizeof(_abi.PromptsReport))
    long_call(
        "prompts_fit",
        pointer(left, _abi.Floats), len(left), pointer(places, _abi.Int32s), pointer(clips, _abi.Int64s),
        pointer(right, _abi.Floats), *right.shape[:2], size, factor, -1.0 if strength is None else float(strength),
        pointer(weights, _abi.Floats), weights.size, ctypes.byref(report),
    )  # fmt: skip
    names = [field.name for field in dataclasses.fields(PromptsFit) if field.name not in ("weights", "origin")]
    return PromptsFit(
        weights, _ORIGINS.get(report.origin, "unknown"), **{name: getattr(report, name) for name in names}
    )


def fit_prompts_unlabelled(videos: npt.ArrayLike, texts: npt.ArrayLike, *, scale: float = 100.0) -> FloatArray:
    """Chooses weights for templates, float32 [templates], by videos [n, E] without labels (arXiv 2302.06235): a
    template counts more if some class stands out in it for each video. texts: [templates, classes, E]."""
    left, right = rows("videos", videos), by_template(texts)
    size, factor = same_length(left, right), real("scale", scale)
    weights = np.empty(len(right), np.float32)
    long_call(
        "prompts_fit_unlabelled",
        pointer(left, _abi.Floats), len(left), pointer(right, _abi.Floats), *right.shape[:2], size, factor,
        pointer(weights, _abi.Floats), weights.size,
    )  # fmt: skip
    return weights


def prompt_pool() -> list[str]:
    """The built-in pool of templates in plain English; the reference's 16 (`templates`) are not among them."""
    lib = library()
    return [lib.pool_template(index).decode("utf-8") for index in range(lib.pool_template_count())]


def _whole_numbers(
    what: str, values: npt.ArrayLike, count: int, kind: type[np.int32] | type[np.int64]
) -> npt.NDArray[np.int32 | np.int64]:
    array = as_array(what, values)
    if array.dtype.kind not in "iu":
        raise wrong_type(f"{what} holds {array.dtype}; it must hold integers")
    if array.shape != (count,):
        raise invalid(f"{what} has shape {list(array.shape)}; there are {count} videos")
    if kind is np.int32 and count and (array.min() < 0 or array.max() > INT32_MAX):
        raise invalid(f"{what} holds numbers from {array.min()} to {array.max()}; an index is 0 or more")
    return np.ascontiguousarray(array, dtype=kind)

"""Cosine similarity of embeddings, and the reference's evaluation rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import real
from ._arrays import FloatArray, float_array, pointer
from ._cancel import long_call
from ._errors import invalid


def rows(what: str, value: npt.ArrayLike) -> FloatArray:
    array = float_array(what, value, (1, 2))
    return array[np.newaxis] if array.ndim == 1 else array


def same_length(videos: FloatArray, texts: FloatArray) -> int:
    if videos.shape[-1] != texts.shape[-1]:
        raise invalid(
            f"videos have embeddings of {videos.shape[-1]} numbers, texts of {texts.shape[-1]}; "
            "both must come from one model"
        )
    return int(videos.shape[-1])


def similarity(videos: npt.ArrayLike, texts: npt.ArrayLike, scale: float = 100.0) -> FloatArray:
    """Compares videos [n, E] with texts [m, E]: scale times the cosine similarity, [n, m]. Neither need be
    normalised."""
    left, right = rows("videos", videos), rows("texts", texts)
    size, factor = same_length(left, right), real("scale", scale)
    out = np.empty((len(left), len(right)), np.float32)
    long_call(
        "similarity",
        pointer(left, _abi.Floats), len(left), pointer(right, _abi.Floats), len(right),
        size, factor, pointer(out, _abi.Floats), out.size, work=10.0 * left.size * len(right),
    )  # fmt: skip
    return out


def probabilities(
    videos: npt.ArrayLike,
    texts: npt.ArrayLike,
    scale: float = 100.0,
    weights: npt.ArrayLike | None = None,
) -> FloatArray:
    """Scores videos by the reference's rule: a softmax over classes for each template, then the mean over templates.

    videos [n, E]; texts [templates, classes, E] as `Model.encode_labels` gives them ([classes, E]
    is one template). weights [templates]: the mean is weighted by them. Returns [n, classes], each row summing to 1.
    """
    left, right = rows("videos", videos), by_template(texts)
    size, factor = same_length(left, right), real("scale", scale)
    templates, classes = right.shape[:2]
    shares = None if weights is None else template_weights(weights, templates)
    out = np.empty((len(left), classes), np.float32)
    long_call(
        "probabilities_weighted",
        pointer(left, _abi.Floats), len(left), pointer(right, _abi.Floats), pointer(shares, _abi.Floats),
        templates, classes, size, factor, pointer(out, _abi.Floats), out.size,
        work=10.0 * left.size * templates * classes,
    )  # fmt: skip
    return out


def template_weights(weights: npt.ArrayLike, templates: int) -> FloatArray:
    """Checks that there is one weight for each template."""
    shares = float_array("weights", weights, (1,))
    if len(shares) != templates:
        raise invalid(f"weights has {len(shares)} numbers; there are {templates} templates")
    return shares


def by_template(texts: npt.ArrayLike) -> FloatArray:
    """Text embeddings as [templates, classes, E]."""
    array = float_array("texts", texts, (2, 3))
    return array[np.newaxis] if array.ndim == 2 else array

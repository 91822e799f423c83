"""Texts that describe labels, as arguments and in the JSON files that others publish."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import _abi
from ._arguments import Path, c_strings, real
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, IntArray, pointer
from ._errors import invalid, wrong_type

#: A text, or a text with its weight.
Description = str | tuple[str, float]
#: One or more texts for each label.
Descriptions = Mapping[str, str | Iterable[Description]]


@dataclasses.dataclass(frozen=True)
class DescribedLabels:
    """Labels and the texts that describe them, as the library takes them."""

    labels: list[str]
    texts: list[str]
    label_of_text: IntArray
    weights: FloatArray

    def arguments(self) -> tuple[Any, ...]:
        """The arguments from `labels` to `text_count` of the C functions that take descriptions."""
        labels, label_count = c_strings(self.labels)
        texts, text_count = c_strings(self.texts)
        places, weights = pointer(self.label_of_text, _abi.Int32s), pointer(self.weights, _abi.Floats)
        return labels, label_count, texts, places, weights, text_count


def described_labels(descriptions: Descriptions) -> DescribedLabels:
    """Checks descriptions: a text, or texts with or without weights, for each label."""
    if not isinstance(descriptions, Mapping):
        raise wrong_type("descriptions must be a dict of texts by their labels")
    labels = checked_texts("descriptions", list(descriptions))
    texts: list[str] = []
    places: list[int] = []
    weights: list[float] = []
    for place, label in enumerate(labels):
        given = descriptions[label]
        for one in [given] if isinstance(given, str) else given:
            text, weight = (one, 1.0) if isinstance(one, str) else one
            texts += checked_texts("descriptions", text)
            weights.append(real("descriptions", weight))
            places.append(place)
    return DescribedLabels(labels, texts, np.array(places, np.int32), np.array(weights, np.float32))


def read_descriptions(path: Path, labels: Sequence[str] | None = None) -> dict[str, list[tuple[str, float]]]:
    """Reads a JSON file of descriptions: texts with their weights for each label.

    The file is an object. A value is a text, a list of texts, or a list of {"text": ..., "weight": ...}; a key is a
    label, or the id of one, its place in `labels` from 0 on, if every key is. With `labels` the result has these labels
    in this order, and a label without a description is an error; keys that are no labels do not count.
    """
    with open(path, encoding="utf-8") as file:
        try:
            found = json.load(file, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise invalid(f"{os.fspath(path)!r} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise invalid(f"{os.fspath(path)!r} holds no object of descriptions by label")
    described = {key: _texts(path, key, value) for key, value in found.items()}
    if labels is None:
        return described
    by_id = bool(described) and all(key.isascii() and key.isdigit() for key in described)
    keys = {label: str(place) if by_id and label not in described else label for place, label in enumerate(labels)}
    for label, key in keys.items():
        if key not in described:
            raise invalid(f"{os.fspath(path)!r} has no description of {label!r}")
    return {label: described[key] for label, key in keys.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _texts(path: Path, key: str, value: Any) -> list[tuple[str, float]]:
    texts = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            texts.append((one, 1.0))
        elif isinstance(one, dict) and isinstance(one.get("text"), str):
            texts.append((one["text"], real("weight", one.get("weight", 1.0))))
        else:
            raise invalid(f"{os.fspath(path)!r}: {key!r} has {one!r}, which is no text")
    if not texts:
        raise invalid(f"{os.fspath(path)!r}: {key!r} has no text")
    return texts

"""Encoding of texts to embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import INT32_MAX, c_strings, template_texts
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, IntArray, as_array, normalized, pointer
from ._cancel import long_call
from ._descriptions import Descriptions, described_labels
from ._errors import ArgumentError, invalid, wrong_type
from ._handle import Owner
from ._library import templates as default_templates
from ._model_file import read_label_note
from ._model_info import ModelInfo
from ._warnings import warn_of_labels


#: A function that is called with the number of prompts that are encoded, and the number of all.
Progress = Callable[[int, int], object]
#: Prompts that are encoded between two calls of a `Progress` function.
_PART = 512


def _in_parts(
    texts: list[str],
    prompts_each: int,
    encode: Callable[[list[str]], FloatArray],
    axis: int,
    progress: Progress | None,
) -> FloatArray:
    """Encodes all texts with `encode`; with `progress` part by part, to the same bits."""
    if progress is None:
        return encode(texts)
    step = max(1, _PART // prompts_each)
    parts = []
    for start in range(0, max(len(texts), 1), step):
        try:
            parts.append(encode(texts[start : start + step]))
        except ArgumentError:
            encode(texts)  # its message has the index of the text among all
            raise
        progress(min(start + step, len(texts)) * prompts_each, len(texts) * prompts_each)
    return np.concatenate(parts, axis=axis)


class TextEncoder(Owner):
    """The part of a model that encodes texts."""

    _info: ModelInfo
    #: The model's own templates; empty if it uses the reference's.
    _templates: list[str]
    #: Whether the model gives notes on labels that it never learned.
    _knows_its_words: bool

    def encode_prompts(
        self,
        texts: str | Iterable[str],
        *,
        truncate: bool = False,
        normalize: bool = False,
        progress: Progress | None = None,
    ) -> FloatArray:
        """Encodes texts to embeddings, float32 [n, E]. A text that is too long is an error, or cut with `truncate`.

        progress: a function that this thread calls every few hundred texts with the number of texts done and of all. An
        exception that it raises ends the call."""

        def encode(part: list[str]) -> FloatArray:
            return self._encode_prompts(part, truncate)

        out = _in_parts(checked_texts("texts", texts), 1, encode, 0, progress)
        return normalized(out) if normalize else out

    def _encode_prompts(self, prompts: list[str], truncate: bool) -> FloatArray:
        array, count = c_strings(prompts)
        out = np.empty((count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_prompts",
                handle, array, count, int(bool(truncate)), pointer(out, _abi.Floats), out.size,
                work=self._work(count),
            )  # fmt: skip
        return out

    def encode_labels(
        self,
        labels: str | Iterable[str],
        templates: str | Iterable[str] | None = None,
        *,
        truncate: bool = False,
        normalize: bool = False,
        progress: Progress | None = None,
    ) -> FloatArray:
        """Encodes every label in every template, to float32 [templates, labels, E]. A template is a text with one "{}";
        by default they are the model's own (`Model.templates`), or the reference's 16 if it has none.
        progress: as in `encode_prompts`; it counts prompts, one for each label in each template."""
        names = checked_texts("labels", labels)
        phrases = template_texts(templates)
        count = len(phrases or self._templates or default_templates())

        def encode(part: list[str]) -> FloatArray:
            return self._encode_labels(part, phrases, count, truncate)

        out = _in_parts(names, count, encode, 1, progress)
        with self._handle.use() as handle:
            self._warn_of(handle, names)
        return normalized(out) if normalize else out

    def encode_descriptions(
        self, descriptions: Descriptions, *, truncate: bool = False
    ) -> FloatArray:
        """Encodes labels that texts describe, to float32 [labels, E] of unit length: the weighted mean of the
        embeddings of each label's texts, as `probabilities` takes it for one template.

        descriptions: a text, a list of texts, or a list of pairs (text, weight), for each label, in the order of the
        labels. A text with one "{}" has the label put there."""
        described = described_labels(descriptions)
        out = np.empty((len(described.labels), self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_descriptions",
                handle, *described.arguments(), int(bool(truncate)), pointer(out, _abi.Floats), out.size,
                work=self._work(len(described.texts)),
            )  # fmt: skip
        return out

    def _encode_labels(
        self, names: list[str], templates: list[str] | None, template_count: int, truncate: bool
    ) -> FloatArray:
        label_array, label_count = c_strings(names)
        template_array, given = (None, 0) if templates is None else c_strings(templates)
        out = np.empty((template_count, label_count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_labels",
                handle, label_array, label_count, template_array, given, int(bool(truncate)),
                pointer(out, _abi.Floats), out.size, work=self._work(template_count * label_count),
            )  # fmt: skip
        return out

    def _label_notes(self, handle: int, labels: list[str]) -> dict[str, str]:
        """The note on each label that the model never learned, if the model gives such notes."""
        if not self._knows_its_words:
            return {}
        notes = {label: read_label_note(handle, label) for label in labels}
        return {label: note for label, note in notes.items() if note}

    def _warn_of(self, handle: int, labels: list[str]) -> None:
        """Warns once about labels that the model never learned."""
        warn_of_labels(list(self._label_notes(handle, labels).values()), len(labels))

    def encode_tokens(self, tokens: npt.ArrayLike, *, normalize: bool = False) -> FloatArray:
        """Encodes rows of token ids [n, C], with start and end markers and then zeros, to embeddings, float32 [n, E].
        Ids below 0 are the model's context vectors (`info.context_vectors`)."""
        array = as_array("tokens", tokens)
        if array.dtype.kind not in "iu":
            raise wrong_type(f"tokens holds {array.dtype}; it must hold integers")
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.ndim != 2 or array.shape[1] != self._info.context_length:
            raise invalid(
                f"tokens has shape {list(array.shape)}; this model takes [n, {self._info.context_length}]"
            )
        least = -self._info.context_vectors
        if array.size and (array.min() < least or array.max() > INT32_MAX):
            raise invalid(f"tokens holds ids from {array.min()} to {array.max()}; ids are {least} or more")
        ids = np.ascontiguousarray(array, dtype=np.int32)
        out = np.empty((len(ids), self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_tokens",
                handle, pointer(ids, _abi.Int32s), ids.size, len(ids), pointer(out, _abi.Floats), out.size,
                work=self._work(len(ids)),
            )  # fmt: skip
        return normalized(out) if normalize else out

    def tokenize(self, texts: str | Iterable[str], truncate: bool = False) -> IntArray:
        """Turns texts into rows of token ids for `encode_tokens`, int32 [n, C]."""
        array, count = c_strings(checked_texts("texts", texts))
        out = np.empty((count, self._info.context_length), np.int32)
        with self._handle.use() as handle:
            long_call(
                "tokenize",
                handle, array, count, int(bool(truncate)), pointer(out, _abi.Int32s), out.size,
                work=1e4 * sum(len(text) for text in array if text),
            )  # fmt: skip
        return out

    def _work(self, prompts: int) -> float:
        """The most operations that encoding so many prompts takes."""
        return 2.0 * self._info.parameters * self._info.context_length * prompts

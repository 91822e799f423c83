"""Texts to embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import INT32_MAX, c_strings
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, IntArray, as_array, normalized, pointer
from ._cancel import long_call
from ._errors import ArgumentError, UnknownLabelWarning, invalid, wrong_type
from ._handle import Owner
from ._library import templates as default_templates
from ._model_file import read_label_note
from ._model_info import ModelInfo
from ._warnings import warn


#: Told how many prompts are done, and how many there are.
Progress = Callable[[int, int], object]
#: Prompts encoded between two such calls.
_PART = 512


def _in_parts(
    texts: list[str],
    prompts_each: int,
    encode: Callable[[list[str]], FloatArray],
    axis: int,
    progress: Progress | None,
) -> FloatArray:
    """`encode` of all texts; part by part where someone wants to know how far it is. The bits are the same."""
    if progress is None:
        return encode(texts)
    step = max(1, _PART // prompts_each)
    parts = []
    for start in range(0, max(len(texts), 1), step):
        try:
            parts.append(encode(texts[start : start + step]))
        except ArgumentError:
            encode(texts)  # says it with the text's number among all
            raise
        progress(min(start + step, len(texts)) * prompts_each, len(texts) * prompts_each)
    return np.concatenate(parts, axis=axis)


class TextEncoder(Owner):
    """The part of a model that reads."""

    _info: ModelInfo
    #: The model's own templates; empty for the reference's.
    _templates: list[str]
    #: Whether it can tell which labels it never learned.
    _knows_its_words: bool

    def encode_prompts(
        self,
        texts: str | Iterable[str],
        *,
        truncate: bool = False,
        normalize: bool = False,
        progress: Progress | None = None,
    ) -> FloatArray:
        """Texts to embeddings, float32 [n, E]. A text that is too long is an error unless `truncate`.

        progress: called on this thread, each few hundred texts, with how many are done and how many there are. What
        it raises ends the call."""

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
        """Every label in every template, float32 [templates, labels, E]. A template is a text with
        one "{}"; by default the model's own (`Model.templates`) or, without any, the reference's 16.
        progress: as in `encode_prompts`; it counts prompts, one for each label in each template."""
        names = checked_texts("labels", labels)
        phrases = None if templates is None else checked_texts("templates", templates)
        if phrases == []:
            raise invalid("templates is empty; leave it out for the usual ones")
        count = len(phrases or self._templates or default_templates())

        def encode(part: list[str]) -> FloatArray:
            return self._encode_labels(part, phrases, count, truncate)

        out = _in_parts(names, count, encode, 1, progress)
        with self._handle.use() as handle:
            self._warn_of(handle, names)
        return normalized(out) if normalize else out

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

    def _warn_of(self, handle: int, labels: list[str]) -> None:
        """One warning about the labels that the model never learned, if it can tell."""
        if not self._knows_its_words:
            return
        notes = [note for note in (read_label_note(handle, label) for label in labels) if note]
        if notes:
            more = f" (and {len(notes) - 1} more of {len(labels)} labels)" if len(notes) > 1 else ""
            warn(notes[0] + more, UnknownLabelWarning)

    def encode_tokens(self, tokens: npt.ArrayLike, *, normalize: bool = False) -> FloatArray:
        """Rows of token ids with their markers, zero-padded, [n, C], to embeddings, float32 [n, E]."""
        array = as_array("tokens", tokens)
        if array.dtype.kind not in "iu":
            raise wrong_type(f"tokens holds {array.dtype}; it must hold integers")
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.ndim != 2 or array.shape[1] != self._info.context_length:
            raise invalid(
                f"tokens has shape {list(array.shape)}; this model takes [n, {self._info.context_length}]"
            )
        if array.size and (array.min() < 0 or array.max() > INT32_MAX):
            raise invalid(f"tokens holds ids from {array.min()} to {array.max()}; ids are 0 or more")
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
        """Texts to rows of token ids as `encode_tokens` takes them, int32 [n, C]."""
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
        """Operations that encoding so many prompts takes at most."""
        return 2.0 * self._info.parameters * self._info.context_length * prompts

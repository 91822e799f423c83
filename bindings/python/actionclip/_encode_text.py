"""Texts to embeddings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import INT32_MAX, c_strings
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, IntArray, as_array, normalized, pointer
from ._cancel import long_call
from ._errors import UnknownLabelWarning, invalid, wrong_type
from ._handle import Owner
from ._library import templates as default_templates
from ._model_file import read_label_note
from ._model_info import ModelInfo
from ._warnings import warn


class TextEncoder(Owner):
    """The part of a model that reads."""

    _info: ModelInfo
    #: The model's own templates; empty for the reference's.
    _templates: list[str]
    #: Whether it can tell which labels it never learned.
    _knows_its_words: bool

    def encode_prompts(
        self, texts: str | Iterable[str], *, truncate: bool = False, normalize: bool = False
    ) -> FloatArray:
        """Texts to embeddings, float32 [n, E]. A text that is too long is an error unless `truncate`."""
        array, count = c_strings(checked_texts("texts", texts))
        out = np.empty((count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_prompts",
                handle, array, count, int(bool(truncate)), pointer(out, _abi.Floats), out.size,
                work=self._work(count),
            )  # fmt: skip
        return normalized(out) if normalize else out

    def encode_labels(
        self,
        labels: str | Iterable[str],
        templates: str | Iterable[str] | None = None,
        *,
        truncate: bool = False,
        normalize: bool = False,
    ) -> FloatArray:
        """Every label in every template, float32 [templates, labels, E]. A template is a text with
        one "{}"; by default the model's own (`Model.templates`) or, without any, the reference's 16."""
        names = checked_texts("labels", labels)
        label_array, label_count = c_strings(names)
        if templates is None:
            template_array, given = None, 0
            template_count = len(self._templates) or len(default_templates())
        else:
            template_array, given = c_strings(checked_texts("templates", templates))
            if given == 0:
                raise invalid("templates is empty; leave it out for the usual ones")
            template_count = given
        out = np.empty((template_count, label_count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_labels",
                handle, label_array, label_count, template_array, given, int(bool(truncate)),
                pointer(out, _abi.Floats), out.size, work=self._work(template_count * label_count),
            )  # fmt: skip
            self._warn_of(handle, names)
        return normalized(out) if normalize else out

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

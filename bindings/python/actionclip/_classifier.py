"""Labels whose embeddings are kept."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import c_strings, real
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, float_array, pointer
from ._errors import invalid
from ._handle import Handle, Owner
from ._library import library
from ._model import Model


class Classifier(Owner):
    """A list of labels with their embeddings, for scoring one video after another.

    labels: None for the model's own. templates: None for the model's own or, without any, the reference's 16.
    The model may be closed before it. Any number of threads may use one at once, and set its labels
    meanwhile: a call goes on with the labels that it began with.
    """

    def __init__(
        self,
        model: Model,
        labels: str | Iterable[str] | None = None,
        templates: str | Iterable[str] | None = None,
        *,
        truncate: bool = False,
    ) -> None:
        names = checked_texts("labels", model.labels if labels is None else labels)
        array, count = c_strings(names)
        template_array, given = None, 0
        if templates is not None:
            template_array, given = c_strings(checked_texts("templates", templates))
            if given == 0:
                raise invalid("templates is empty; leave it out for the usual ones")
        out = ctypes.c_void_p()
        with model._handle.use() as handle:
            library().call(
                "classifier_create",
                handle, array, count, template_array, given, int(bool(truncate)), ctypes.byref(out),
            )  # fmt: skip
        self._size = model.info.embedding_size
        self._names = names
        self._handle = Handle("classifier", out.value or 0, library().classifier_free)

    @property
    def labels(self) -> list[str]:
        """What `score` tells apart, in its order."""
        return list(self._names)

    def set_labels(self, labels: str | Iterable[str]) -> None:
        """Another list. Labels that it has already are not encoded again."""
        names = checked_texts("labels", labels)
        array, count = c_strings(names)
        with self._handle.use() as handle:
            library().call("classifier_set_labels", handle, array, count)
        self._names = names

    def score(self, videos: npt.ArrayLike, scale: float = 100.0) -> FloatArray:
        """Probabilities [n, labels] of videos' embeddings [n, E], each row summing to 1."""
        array = float_array("videos", videos, (1, 2))
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.shape[1] != self._size:
            raise invalid(f"videos have embeddings of {array.shape[1]} numbers, the labels of {self._size}")
        out = np.empty((len(array), len(self._names)), np.float32)
        with self._handle.use() as handle:
            library().call(
                "classifier_score",
                handle, pointer(array, _abi.Floats), len(array), real("scale", scale),
                pointer(out, _abi.Floats), out.size,
            )  # fmt: skip
        return out

    def __enter__(self) -> Classifier:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<actionclip.Classifier {'closed' if self.closed else f'{len(self._names)} labels'}>"

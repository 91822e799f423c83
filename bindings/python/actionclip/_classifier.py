"""Classifiers: labels with their embeddings, for scoring one video after another."""

from __future__ import annotations

import contextlib
import ctypes
import os
import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import Path, c_strings, path_bytes, real, template_texts
from ._arguments import texts as checked_texts
from ._arrays import FloatArray, float_array, pointer
from ._cancel import create, long_call
from ._descriptions import Descriptions, described_labels
from ._errors import ExamplesError, invalid
from ._handle import Handle
from ._library import library
from ._library import templates as default_templates
from ._model import Model
from ._similarity import template_weights
from ._teaching import Pupil
from ._warnings import warn_of_labels


if TYPE_CHECKING:
    _Floats = FloatArray
else:  # from numpy 2.5 on the alias cannot be derived from
    _Floats = np.ndarray


class Scores(_Floats):
    """Probabilities, float32 [n, labels], with the labels that they belong to.

    labels: the labels of the columns, in order. generation: the number of the list that they are.
    Arrays made from this one, such as its rows, have None for both.
    """

    labels: list[str] | None = None
    generation: int | None = None


class Classifier(Pupil):
    """A list of labels with their embeddings, for scoring one video after another; `add` and `fit` teach it.

    labels: None for the model's own. templates: None for the model's own with their weights or, without any, the
    reference's 16. weights: one for each of `templates`; equal ones if left out.
    descriptions: in place of labels and templates, a text, a list of texts, or a list of pairs (text, weight), for each
    label; `read_descriptions` reads them from a file. Labels set later that have no description get the mean over the
    model's own templates.
    Labels that the model never learned are an `UnknownLabelWarning` at the first fit or score, unless clips teach them.
    The model may be closed first. Any number of threads may use a classifier at once, even while one sets other
    labels: a call uses the labels that it began with, and its result names them.
    """

    def __init__(
        self,
        model: Model,
        labels: str | Iterable[str] | None = None,
        templates: str | Iterable[str] | None = None,
        *,
        truncate: bool = False,
        weights: npt.ArrayLike | None = None,
        descriptions: Descriptions | None = None,
    ) -> None:
        if descriptions is not None:
            self._describe(model, labels, templates, weights, descriptions, truncate)
            return
        names = checked_texts("labels", model.labels if labels is None else labels)
        array, count = c_strings(names)
        template_array, given, shares = None, 0, None
        phrases = template_texts(templates)
        if phrases is not None:
            template_array, given = c_strings(phrases)
            shares = None if weights is None else template_weights(weights, given)
        elif weights is not None:
            raise invalid("weights needs templates")
        with model._handle.use() as handle:
            made = create(
                "classifier", "classifier_create_weighted",
                handle, array, count, template_array, pointer(shares, _abi.Floats), given, int(bool(truncate)),
            )  # fmt: skip
            notes = model._label_notes(handle, names)
        self._take(model, made, names, given or len(model.templates) or len(default_templates()), notes)

    def _describe(
        self,
        model: Model,
        labels: str | Iterable[str] | None,
        templates: str | Iterable[str] | None,
        weights: npt.ArrayLike | None,
        descriptions: Descriptions,
        truncate: bool,
    ) -> None:
        if labels is not None or templates is not None or weights is not None:
            raise invalid("descriptions stand in place of labels, templates and weights")
        described = described_labels(descriptions)
        with model._handle.use() as handle:
            made = create(
                "classifier", "classifier_create_described", handle, *described.arguments(), int(bool(truncate))
            )
        self._take(model, made, described.labels, 1)

    @classmethod
    def load(cls, model: Model, path: Path) -> Classifier:
        """Loads a classifier that was saved, for the model that it was taught with, in any precision."""
        with model._handle.use() as handle:
            made = create("classifier", "classifier_load", handle, path_bytes("path", path), path=os.fspath(path))
        classifier = cls.__new__(cls)
        with made.use() as pointer_:
            listed = _label_list(pointer_)
        with listed.use() as current:
            count = library().number("label_list_count", current)
            names = [library().label_list_label(current, i).decode("utf-8") for i in range(count)]
        classifier._take(model, made, names, len(model.templates) or len(default_templates()))
        return classifier

    def _take(
        self, model: Model, made: Handle, names: list[str], templates: int, notes: dict[str, str] | None = None
    ) -> None:
        self._model = weakref.ref(model)
        self._size, self._video_size = model.info.embedding_size, model.info.video_size
        self._frames = model.info.frames
        #: Embeddings that a score compares with for each label, at most.
        self._templates = templates
        #: The generation and labels of the list used last. Both are replaced together.
        self._latest: tuple[int, list[str]] = (1, names)
        #: Notes on labels that the model never learned, which are not told yet.
        self._notes = notes or {}
        self._handle = made

    @property
    def labels(self) -> list[str]:
        """The current labels, in the order of scores."""
        with self._current_list() as current:
            return list(self._labels_of(current)[1])

    def set_labels(self, labels: str | Iterable[str]) -> int:
        """Sets other labels; only those that the classifier does not have yet are encoded. Returns the generation of
        the new list: the first list has 1, and each later one has one more."""
        names = checked_texts("labels", labels)
        array, count = c_strings(names)
        generation = ctypes.c_int64()
        with self._handle.use() as handle:
            long_call("classifier_set_labels", handle, array, count, ctypes.byref(generation))
        self._latest = (generation.value, names)
        model = self._model()
        if model is not None and not model.closed:
            with model._handle.use() as handle:
                self._notes = model._label_notes(handle, names)
        return generation.value

    def score(self, videos: npt.ArrayLike, scale: float | None = None) -> Scores:
        """Scores video embeddings [n, E], of an X-CLIP rows [n, V]: returns probabilities [n, labels], each row summing
        to 1, with the `labels` and `generation` of the list that was used. In a model that scores each label by itself
        words do so here too. scale: None or 0 is the model's `info.usual_scale`, or of a fitted classifier 100."""
        array = self._videos(videos)
        scale = 0.0 if scale is None else real("scale", scale)
        self._warn_of_words()
        with self._current_list() as current:
            generation, names = self._labels_of(current)
            out = np.zeros((len(array), len(names)), np.float32).view(Scores)
            long_call(
                "label_list_score",
                current, pointer(array, _abi.Floats), len(array), scale, pointer(out, _abi.Floats), out.size,
                work=10.0 * array.size * len(names) * self._templates,
            )  # fmt: skip
        out.labels, out.generation = list(names), generation
        return out

    def directions(self) -> FloatArray:
        """The direction of each label among embeddings, [labels, E], of unit length: the mean of its texts' embeddings,
        or of a fitted classifier what it learned. An archive is searched by them (`Index.query`)."""
        self._warn_of_words()
        with self._current_list() as current:
            out = np.zeros((len(self._labels_of(current)[1]), self._size), np.float32)
            long_call("label_list_directions", current, pointer(out, _abi.Floats), out.size, work=10.0 * out.size)
        return out

    def decide(self, videos: npt.ArrayLike) -> list[str | None]:
        """Decides about video embeddings [n, E]: the best label of each, or None if a fitted classifier finds that it
        shows none of them (the report's `reject_threshold`)."""
        array = self._videos(videos)
        self._warn_of_words()
        with self._current_list() as current:
            names = self._labels_of(current)[1]
            out = np.zeros(len(array), np.int32)
            long_call(
                "label_list_decide",
                current, pointer(array, _abi.Floats), len(array), pointer(out, _abi.Int32s), out.size, None, None,
                work=10.0 * array.size * len(names) * self._templates,
            )  # fmt: skip
        return [None if index < 0 else names[index] for index in out]

    def score_independent(self, videos: npt.ArrayLike) -> Scores:
        """Scores video embeddings [n, E] that may show several labels or none, with a fitted classifier: returns
        independent probabilities [n, labels]. A video shows the labels whose `thresholds` they reach."""
        array = self._videos(videos)
        self._warn_of_words()
        with self._current_list() as current:
            generation, names = self._labels_of(current)
            out = np.zeros((len(array), len(names)), np.float32).view(Scores)
            long_call(
                "label_list_score_independent",
                current, pointer(array, _abi.Floats), len(array), pointer(out, _abi.Floats), out.size,
                work=10.0 * array.size * len(names),
            )  # fmt: skip
            out.labels, out.generation = list(names), generation
        return out

    @property
    def thresholds(self) -> list[float]:
        """The independent probability from which on a video shows each label, of a fitted classifier."""
        with self._current_list() as current:
            count = library().number("label_list_count", current)
            return [library().real("label_list_threshold", current, index) for index in range(count)]

    def _videos(self, videos: npt.ArrayLike) -> FloatArray:
        """Video embeddings as [n, E]."""
        array = float_array("videos", videos, (1, 2))
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.shape[1] != self._video_size:
            raise invalid(f"videos have embeddings of {array.shape[1]} numbers, the labels of {self._video_size}")
        return array

    def _warn_of_words(self) -> None:
        if not self._notes:
            return
        notes, self._notes = self._notes, {}
        names = self.labels
        try:
            self.thresholds
            taught = {example.label for example in self.examples}
        except ExamplesError:  # not fitted: the clips have no part in scores
            taught = set()
        left = [notes[name] for index, name in enumerate(names) if name in notes and index not in taught]
        warn_of_labels(left, len(names))

    @contextlib.contextmanager
    def _current_list(self) -> Iterator[int]:
        """The present list of labels, for the time of a `with`."""
        with self._handle.use() as handle:
            listed = _label_list(handle)
        with listed.use() as current:
            yield current

    def _labels_of(self, current: int) -> tuple[int, list[str]]:
        """The generation and labels of a list. Labels that another thread has set are read from the library."""
        lib = library()
        generation = lib.number("label_list_generation", current)
        latest = self._latest
        if latest[0] != generation:
            count = lib.number("label_list_count", current)
            latest = (generation, [lib.label_list_label(current, i).decode("utf-8") for i in range(count)])
            self._latest = latest
        return latest

    def __enter__(self) -> Classifier:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<actionclip.Classifier {'closed' if self.closed else f'{len(self.labels)} labels'}>"


def _label_list(classifier: Any) -> Handle:
    """A classifier's present list of labels."""
    out = ctypes.c_void_p()
    library().call("classifier_label_list", classifier, ctypes.byref(out))
    return Handle("label list", out.value or 0, library().label_list_free)

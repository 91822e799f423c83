"""Examples that a classifier learns from."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import math
import os
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._arguments import INT64_MAX, Buffer, Path, choice, is_file_bytes, is_path, path_bytes, real, span, texts, whole
from ._arrays import as_array, float_array, pointer
from ._cancel import long_call
from ._errors import invalid, wrong_type
from ._frames import FramesLike, frame_list
from ._handle import Owner
from ._images import Images
from ._library import library
from ._methods import METHODS
from ._report import Report, read_report
from ._video import Video

if TYPE_CHECKING:
    from ._model import Model

#: The id that asks for a clip of its own.
_NEW_CLIP = -1
_MOST_VIEWS = 100


@dataclasses.dataclass(frozen=True)
class Example:
    """A clip that a classifier has as an example."""

    label: int | None  #: the index of its label in the present list; None: the list does not have it
    clip: int  #: its id: 0 or more is the caller's, below 0 the library's
    views: int  #: the number of embeddings that it has


class Pupil(Owner):
    """The part of a classifier that learns from examples."""

    _size: int
    _video_size: int
    _frames: int
    _model: weakref.ref[Model]

    def add(
        self,
        label: str,
        example: Path | Buffer | Video | npt.ArrayLike | FramesLike,
        *,
        clip: int | Iterable[int] | None = None,
        start: float = 0,
        end: float | None = None,
        views: int = 1,
        pixel_format: str = "rgb",
    ) -> None:
        """Adds an example of one of the labels. A fitted classifier learns it at once.

        example: a video (a path, a file's bytes, or an open `Video`); or video embeddings, floating-point numbers [E]
        or [n, E]; or the frames of one video, as for `Model.encode_frames`, from which the model's own rule chooses T.
        clip: an id, 0 or more, that views of one clip share; None: the video, or each embedding, is a clip of its own.
        For n embeddings also n ids. start, end: the part of a video in seconds (None: the video's end). views: how many
        choices of a video's frames are encoded, 1 to 100; they count together as one clip.
        On failure nothing is added.
        """
        name = _label(label)
        if is_path(example) or isinstance(example, Video) or is_file_bytes(example):
            count = whole("views", views, 1, _MOST_VIEWS)
            return self._add_video(name, example, _clip_id(clip), span(start, end), count)
        if (start, end, views) != (0, None, 1):
            raise invalid("start, end and views are for a video; cut frames and embeddings before they are added")
        if _are_embeddings(example):
            return self._add_embeddings(name, example, clip)
        frames = frame_list(example, self._frames, pixel_format, self._choice, single=True)
        images = Images(frames, pixel_format)
        with self._handle.use() as handle:
            long_call("classifier_add_camera_frames", handle, name, images.structs, images.count, None, _clip_id(clip))

    def _add_video(
        self, label: bytes, video: Any, clip_id: int, part: tuple[float, float], views: int
    ) -> None:
        with contextlib.ExitStack() as stack:
            source = video if isinstance(video, Video) else stack.enter_context(Video(video))
            opened = stack.enter_context(source._use())
            handle = stack.enter_context(self._handle.use())
            long_call("classifier_add_video", handle, label, opened, *part, views, None, clip_id)

    def _add_embeddings(self, label: bytes, videos: Any, clip: int | Iterable[int] | None) -> None:
        array = float_array("example", videos, (1, 2))
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.shape[1] != self._video_size:
            raise invalid(f"example has embeddings of {array.shape[1]} numbers, the labels of {self._video_size}")
        ids = None if clip is None else _clip_ids(clip, len(array))
        with self._handle.use() as handle:
            long_call(
                "classifier_add_examples",
                handle, label, pointer(array, _abi.Floats), len(array), pointer(ids, _abi.Int64s),
                work=1e3 * array.size * self._size,
            )  # fmt: skip

    def _choice(self, frame_count: int) -> list[int]:
        """Indices of the frames that the model's own rule chooses from a video."""
        model = self._model()
        if model is None or model.closed:
            raise invalid(f"a video has {frame_count} frames, and the model that chooses {self._frames} is closed")
        return model._choice(frame_count)

    def remove(self, clips: int | Iterable[int]) -> None:
        """Removes clips by their ids. If one is not there, it is an error and none is removed."""
        ids = _integers("clips", [clips] if isinstance(clips, int) else clips)
        with self._handle.use() as handle:
            long_call("classifier_remove_examples", handle, pointer(ids, _abi.Int64s), ids.size)

    def clear(self, label: str | None = None) -> None:
        """Removes all clips of a label, or of all labels."""
        with self._handle.use() as handle:
            long_call("classifier_clear_examples", handle, None if label is None else _label(label))

    @property
    def examples(self) -> list[Example]:
        """The clips, in the order of adding."""
        with self._handle.use() as handle:
            return [_example(handle, i) for i in range(library().number("classifier_example_count", handle))]

    def fit(
        self,
        method: str = "auto",
        *,
        text_weight: float | None = None,
        clip_weight: float | None = None,
        offset: float | None = None,
        ridge: float | None = None,
        anchor: float | None = None,
        accept_rate: float = 0.95,
    ) -> int:
        """Fits the labels to the examples, and returns the generation of the new list. The classifier stays fitted: an
        example is taken in as it is added, with the choices of this fit, so fit again after many.

        method: "auto", the best of the others by clips that are left out; "words", the labels alone; "prototypes";
        "ridge"; "softmax" (docs/ADAPTATION.md). None leaves a number to the fit: text_weight and clip_weight, how much
        words and clips count; offset, what is added for labels with examples; ridge, the penalty of ridge regression;
        anchor, how strongly softmax regression is held to the words. accept_rate: the share of clips, left out, that
        the threshold for "none of these" accepts.
        """
        options = library().defaults("fit_options")
        options.method = choice("method", method, METHODS)
        given = {
            "text_weight": text_weight, "clip_weight": clip_weight, "offset": offset, "ridge": ridge, "anchor": anchor,
        }  # fmt: skip
        for name, value in given.items():
            if value is not None:
                setattr(options, name, _number(name, value))
        options.accept_rate = real("accept_rate", accept_rate)
        generation = self._changed("classifier_fit", ctypes.byref(options))
        self._warn_of_words()
        return generation

    def unfit(self) -> int:
        """Returns to the words, and keeps the examples. Returns the generation of the new list."""
        return self._changed("classifier_unfit")

    def report(self) -> Report:
        """The report of the latest fit: how well it does on clips that it did not see, and which clips and labels
        deserve a look. print() shows it as a table. Clips added after the fit have no part in it, and a classifier that
        was loaded has none until it is fitted again."""
        with self._handle.use() as handle:
            return read_report(handle)

    def save(self, path: Path, *, keep_clips: bool = True) -> None:
        """Writes the classifier as one file, which `Classifier.load` reads. Without its clips, for privacy, the file
        holds sums over them instead: what is loaded scores, and after prototypes and ridge takes in clips of one view,
        but cannot be fitted again; for that teach it again from all clips. A file at `path` is replaced in one step
        once the new one is complete."""
        with self._handle.use() as handle:
            long_call(
                "classifier_save", handle, path_bytes("path", path), int(bool(keep_clips)), path=os.fspath(path)
            )

    def _warn_of_words(self) -> None:
        """Warns once about labels that the model never learned and that no clips teach."""
        raise NotImplementedError

    def _changed(self, name: str, *arguments: Any) -> int:
        generation = ctypes.c_int64()
        with self._handle.use() as handle:
            long_call(name, handle, *arguments, ctypes.byref(generation))
        return generation.value


def _label(label: str) -> bytes:
    if not isinstance(label, str):
        raise wrong_type(f"label is {label!r}; it must be a text")
    return texts("label", label)[0].encode("utf-8")


def _number(name: str, value: float) -> float:
    number = real(name, value)
    if math.isnan(number):  # the library would take it for a number that the fit is to choose
        raise invalid(f"{name} is {number}; it must be a finite number, or None")
    return number


def _are_embeddings(example: Any) -> bool:
    """Whether an example is an array of one or two dimensions of floating-point numbers, or lists of such numbers."""
    array = example if hasattr(example, "dtype") and hasattr(example, "ndim") else None
    if array is None:
        first = example
        while isinstance(first, (list, tuple)) and first:
            first = first[0]
        if isinstance(first, (float, np.floating)):
            array = as_array("example", example)
        elif hasattr(first, "dtype") and getattr(first, "ndim", 0) == 1:
            array = as_array("example", example)
    return array is not None and array.ndim <= 2 and "float" in str(array.dtype)


def _clip_id(clip: int | Iterable[int] | None) -> int:
    if clip is None:
        return _NEW_CLIP
    return whole("clip", clip, 0, INT64_MAX)  # type: ignore[arg-type]


def _clip_ids(clip: int | Iterable[int], count: int) -> npt.NDArray[np.int64]:
    """One id for each of `count` embeddings."""
    if isinstance(clip, (int, np.integer)):
        return np.full(count, _clip_id(int(clip)), np.int64)
    ids = _integers("clip", clip)
    if ids.size != count:
        raise invalid(f"clip has {ids.size} ids for {count} embeddings")
    return ids


def _integers(what: str, values: Iterable[int]) -> npt.NDArray[np.int64]:
    array = as_array(what, values if isinstance(values, np.ndarray) else list(values))
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise wrong_type(f"{what} has {array.dtype} of shape {list(array.shape)}; it must have integers")
    return np.ascontiguousarray(array, np.int64)


def _example(handle: int, index: int) -> Example:
    struct = _abi.Example(struct_size=ctypes.sizeof(_abi.Example))
    library().call("classifier_example", handle, index, ctypes.byref(struct))
    return Example(struct.label if struct.label >= 0 else None, struct.clip_id, struct.views)

"""Tuners: training a copy of a model on one's own clips."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT64_MAX, Buffer, Path, c_strings, is_file_bytes, is_path, path_bytes, span, texts, whole
from ._arrays import pointer
from ._cancel import create, long_call
from ._errors import invalid
from ._frames import FramesLike, PixelsLike, frame_list, pixel_array, single_frame_list
from ._handle import Owner
from ._images import Images
from ._library import library
from ._model import Model
from ._preprocess import sample_indices
from ._tuning import (
    TunerInfo,
    TunerScore,
    TunerStep,
    read_tuner_info,
    read_tuner_score,
    read_tuner_step,
    share,
)
from ._video import Video

_MOST_VIEWS = 100


class Tuner(Owner):
    """Trains a copy of a model on clips, and makes new models of it. `Model.tune` makes one.

        with model.tune(["waving", "shaking hands"], train="projection", epochs=20) as tuner:
            tuner.add("a.mp4", "waving", start=2, end=4.5, views=4)
            ...
            for result in tuner:
                print(result.step, result.loss)
            tuned = tuner.model()

    Clips and texts are added first; from the first use of `info`, `step`, `run`, `eval`, `save`, `load` or `model` on,
    adding is an error. Iterating does one step after another, to the recipe's last one; a loop that was left goes on
    with the next step. A step that fails or is interrupted changes nothing. What is drawn by chance follows from the
    seed and the step's number alone.
    The model stays as it is, and may be closed first. Calls of several threads take turns, except for `cancel`.
    """

    def __init__(self, model: Model, labels: list[str], templates: list[str] | None, options: Any) -> None:
        label_array, label_count = c_strings(labels)
        template_array, template_count = (None, 0) if templates is None else c_strings(templates)
        with model._handle.use() as handle:
            self._handle = create(
                "tuner", "tuner_create",
                handle, label_array, label_count, template_array, template_count, ctypes.byref(options),
            )  # fmt: skip
        self._labels = labels
        self._places = {label: place for place, label in reversed(list(enumerate(labels)))}
        self._frames = options.frames or model.info.frames
        self._jitters = options.jitter == CONSTANTS["ON"]
        self._side = model.info.image_size
        self._sampling = model.sampling
        self._turn = threading.RLock()
        self._is_called = False

    @contextlib.contextmanager
    def _use(self) -> Iterator[int]:
        """The handle, for one call. A signal handler that interrupts a call on this thread gets an error instead."""
        with self._turn:
            if self._is_called:
                raise invalid("this tuner is in use by the call that the signal interrupted")
            self._is_called = True
            try:
                with self._handle.use() as handle:
                    yield handle
            finally:
                self._is_called = False

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of scores."""
        return list(self._labels)

    def add_text(self, label: str, text: str | Iterable[str]) -> None:
        """Adds whole texts of a label, such as descriptions, beside those that the templates give."""
        place = self._places_of(label)[0]
        for one in texts("text", text):
            with self._use() as handle:
                long_call("tuner_add_text", handle, place, one.encode("utf-8"))

    def add(
        self,
        clip: Path | Buffer | Video | FramesLike,
        labels: str | Sequence[str],
        *,
        start: float = 0,
        end: float | None = None,
        views: int = 1,
        held_out: bool = False,
        pixel_format: str = "rgb",
    ) -> None:
        """Adds a clip of one or several of the labels.

        clip: a video (a path, a file's bytes, or an open `Video`), or the frames of one video, as for
        `Model.encode_frames`. Normalised numbers go to `add_pixels`. The video or the frames may go once they are
        added.
        start, end: the part of a video in seconds (None: the video's end). views: how many choices of T frames are
        kept, 1 to 100, of which each step draws one; videos [V, T, H, W, C] of one clip are V views of it. With
        `jitter` all frames that are given are kept, up to 100 T, and are in order of time. held_out: no step trains on
        the clip, and only `eval` looks at it. On failure nothing is added.
        """
        places = self._places_of(labels)
        count = whole("views", views, 1, _MOST_VIEWS)
        purpose = _purpose(held_out)
        if is_path(clip) or isinstance(clip, Video) or is_file_bytes(clip):
            return self._add_video(clip, places, span(start, end), count, purpose)
        if (start, end) != (0, None):
            raise invalid("start and end are for a video; cut frames before they are added")

        def chosen(frame_count: int) -> list[int]:
            if self._sampling == "open_vclip":
                raise invalid(f"a video has {frame_count} frames; this model's rule counts in seconds: choose them")
            spread = sample_indices(frame_count, self._frames * count, sampling=self._sampling)
            return [int(index) for view in range(count) for index in spread[view::count]]

        if self._jitters:
            frames = single_frame_list(clip, pixel_format)
        else:
            frames = frame_list(clip, self._frames, pixel_format, chosen, single=True)
        images = Images(frames, pixel_format)
        with self._use() as handle:
            long_call(
                "tuner_add_camera_frames",
                handle, pointer(places, _abi.Int32s), places.size, images.structs, images.count, None, purpose,
            )  # fmt: skip

    def _add_video(self, clip: Any, places: Any, part: tuple[float, float], views: int, purpose: int) -> None:
        with contextlib.ExitStack() as stack:
            source = clip if isinstance(clip, Video) else stack.enter_context(Video(clip))
            opened = stack.enter_context(source._use())
            handle = stack.enter_context(self._use())
            long_call(
                "tuner_add_video",
                handle, pointer(places, _abi.Int32s), places.size, opened, *part, views, None, purpose,
            )  # fmt: skip

    def add_file(
        self, path: Path, labels: str | Sequence[str], *, start: float = 0, end: float | None = None,
        held_out: bool = False,
    ) -> None:  # fmt: skip
        """Adds a part of a video file as a clip that takes no memory: it is decoded anew at each step, so the file must
        stay as it is. With `jitter` steps draw from all of its frames. All else is as for `add`."""
        places = self._places_of(labels)
        name = os.fspath(path)
        with self._use() as handle:
            long_call(
                "tuner_add_video_file",
                handle, pointer(places, _abi.Int32s), places.size, path_bytes("path", name), *span(start, end), None,
                None, _purpose(held_out), path=name,
            )  # fmt: skip

    def add_pixels(self, pixels: PixelsLike, labels: str | Sequence[str], *, held_out: bool = False) -> None:
        """Adds a clip of frames already resized, cropped and normalised, float32 [T, 3, S, S] or, with V views,
        [V * T, 3, S, S] or [V, T, 3, S, S]; they are copied."""
        places = self._places_of(labels)
        array, count = pixel_array(pixels, self._frames, self._side)
        with self._use() as handle:
            long_call(
                "tuner_add_pixels",
                handle, pointer(places, _abi.Int32s), places.size, pointer(array, _abi.Floats), array.size, count,
                _purpose(held_out),
            )  # fmt: skip

    def _places_of(self, labels: str | Sequence[str]) -> Any:
        """The indices of a clip's labels."""
        names = texts("labels", labels)
        if not names:
            raise invalid("a clip has no label")
        for name in names:
            if name not in self._places:
                raise invalid(f"{name!r} is none of the tuner's {len(self._labels)} labels")
        return np.array([self._places[name] for name in names], np.int32)

    @property
    def info(self) -> TunerInfo:
        """The tuner's sizes, its memory among them. The first use makes the copy that is trained, unless its memory is
        above `max_memory`, which is an OutOfMemoryError that says both."""
        struct = _abi.TunerInfo(struct_size=ctypes.sizeof(_abi.TunerInfo))
        with self._use() as handle:
            long_call("tuner_get_info", handle, ctypes.byref(struct))
        return read_tuner_info(struct)

    def step(self) -> TunerStep:
        """Does one step. After the recipe's last one it is an ArgumentError."""
        struct = _abi.TunerResult(struct_size=ctypes.sizeof(_abi.TunerResult))
        with self._use() as handle:
            long_call("tuner_step", handle, ctypes.byref(struct))
        return read_tuner_step(struct)

    def __iter__(self) -> Tuner:
        return self

    def __next__(self) -> TunerStep:
        info = self.info
        if info.steps >= info.total_steps:
            raise StopIteration
        return self.step()

    def run(
        self, steps: int | None = None, progress: Callable[[TunerStep], object] | None = None
    ) -> TunerStep | None:
        """Does `steps` steps, or all that are left; fewer where the recipe ends. Returns the last one's result, or None
        if no step was left. progress: gets each step's result, on the calling thread, and may use the tuner. What it
        raises ends the run, and so does Ctrl-C; the steps before are done, and `run` goes on from there."""
        rounds = itertools.count() if steps is None else range(whole("steps", steps, 0, INT64_MAX))
        last: TunerStep | None = None
        for _, last in zip(rounds, self):
            if progress is not None:
                progress(last)
        return last

    def cancel(self) -> None:
        """Ends the present step of another thread, or else the next step, within the time that one clip takes: it
        raises CancelledError. Steps after that one go on. Any thread may call this."""
        with self._handle.use() as handle:
            library().call("tuner_cancel", handle)

    def eval(self, *, held_out: bool = True, alpha: float | None = None) -> TunerScore:
        """Scores the clips that are held out, or those that are trained on, with the model that `model(alpha)` would
        make, in fp32: each clip's first view, against the mean of each label's texts."""
        portion = share(alpha)
        struct = _abi.TunerScore(struct_size=ctypes.sizeof(_abi.TunerScore))
        with self._use() as handle:
            long_call("tuner_eval", handle, _purpose(held_out), portion, ctypes.byref(struct))
        return read_tuner_score(struct)

    def save(self, path: Path) -> None:
        """Writes the whole state of training as one file, for `load`; clips are not in it. A file at `path` is replaced
        in one step once the new one is complete. `model` makes a model to be used."""
        with self._use() as handle:
            long_call("tuner_save", handle, path_bytes("path", path), path=os.fspath(path))

    def load(self, path: Path) -> None:
        """Goes on from a state that was saved, as if training had never stopped. The tuner must have the model,
        options, labels, texts and clips of the one that saved it, in the same order, which is a ModelError else. On
        failure the tuner stays as it was."""
        with self._use() as handle:
            long_call("tuner_load", handle, path_bytes("path", path), path=os.fspath(path))

    def model(self, alpha: float | None = None) -> Model:
        """Makes a model of (1 - alpha) times the weights before training and alpha times the tuned ones; None for the
        recipe's alpha, 0.5 of "anchored" and 1 of "reference". It has the tuner's labels and all else of the model that
        training began with, but scores by the softmax, as it was trained (`info.sigmoid_scores` is False). The tuner
        may go on."""
        portion = share(alpha)
        with self._use() as handle:
            return Model._of(create("model", "tuner_model", handle, portion))

    def __enter__(self) -> Tuner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self._labels)} labels"
        return f"<actionclip.Tuner {state}>"


def mix(first: Model, second: Model, alpha: float = 0.5) -> Model:
    """Makes a model of (1 - alpha) times the weights of one model and alpha times those of another one of the same
    network, such as the model that it was tuned from (WiSE-FT, arXiv 2109.01903). It has all else of the first, and
    scores each label by itself if both do."""
    portion = share(alpha)
    with first._handle.use() as one, second._handle.use() as other:
        return Model._of(create("model", "models_interpolate", one, other, portion))


def _purpose(held_out: bool) -> int:
    return CONSTANTS["CLIP_HELD_OUT" if held_out else "CLIP_TRAINED"]

"""Windows that slide over a video file, the same as those of `actionclip timeline` and `actionclip embed`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

from ._abi import CONSTANTS
from ._arguments import Path
from ._arrays import FloatArray
from ._errors import ArgumentError, invalid
from ._model import Model
from ._stream import Stream
from ._video import Video

_SECOND = 10**9
#: About so many frames are encoded together.
_BATCH = 64
#: Longer videos than this, in seconds, have no times that are told apart.
_LONGEST = 4e9

#: The start and the end of a window in nanoseconds, and its embedding [E], not normalised.
Span = tuple[int, int, FloatArray]


class SlidingWindows:
    """Windows of `window` seconds, one each `step` seconds. None: what the model's file declares, else 2, and half a
    window. "whole": a whole video is one window. Frames are encoded once if the model's frames are independent. Any
    number of threads may use it at once."""

    def __init__(self, model: Model, window: float | Literal["whole"] | None, step: float | None) -> None:
        self._model = model
        frames = model.info.frames
        with Stream(model) as stream:
            interval = stream.info.frame_interval_ns
        if isinstance(window, float):
            interval = max(1, _rounded(window * _SECOND / frames))
        hop = max(1, frames // 2 if step is None else _rounded(step * _SECOND / interval))
        if hop > frames and window != "whole":
            raise invalid(
                f"step is {step!r} s, more than a window, {interval * frames / _SECOND:g} s: no window would show what "
                "is between"
            )
        self._interval, self._hop = interval, hop
        #: Nanoseconds of a window; None if each video is one.
        self._length = None if window == "whole" else interval * frames

    def of(self, path: Path, **options: Any) -> list[Span]:
        """The windows of a file, in their order. options: those of `Video`. If damage leaves fewer frames than the
        packets promised, it begins again with the frames that decode."""
        is_folder = os.path.isdir(path)
        has_times = options.get("frame_rate") is not None or not is_folder
        try:
            return self._opened(path, has_times, options)
        except ArgumentError as error:
            if error.status != CONSTANTS["ERROR_INVALID_ARGUMENT"] or is_folder or options.get("decode") == "all":
                raise
            return self._opened(path, has_times, {**options, "decode": "all"})

    def _opened(self, path: Path, has_times: bool, options: dict[str, Any]) -> list[Span]:
        with Video(path, **options) as video:
            if not has_times:
                video.frames_between(0, 1)  # raises, and says what is missing
            duration = _rounded(min(video.outline.duration, _LONGEST) * _SECOND)
            if self._length is None or duration <= self._length:
                # The model's own rule chooses the frames.
                return [(0, duration, self._model.encode_video(video))]
            # A frame stands for the time up to the next one.
            windows = [(start, end + self._interval, embedding) for start, end, embedding in self._streamed(video)]
            return [(start, min(duration, end), embedding) for start, end, embedding in windows]

    def _streamed(self, video: Video) -> Iterator[Span]:
        """The windows of a long video, with the times of their first and last frames."""
        queue = max(_BATCH, self._model.info.frames)
        with Stream(
            self._model, interval=self._interval / _SECOND, hop=self._hop, gap=0, queue_frames=queue,
            queue_windows=2 * queue,
        ) as stream:  # fmt: skip
            for _ in self._pushed(video, stream):
                yield from _encoded(stream)
            stream.finish()
            while not stream.ended:
                yield from _encoded(stream)

    def _pushed(self, video: Video, stream: Stream) -> Iterator[None]:
        """Pushes the frames that are due, and yields whenever too many wait. Others need not be decoded."""
        outline = video.outline
        number, stamp = 0, -1
        while number < outline.frame_count:
            frames, seconds = video.read_frames([number], return_seconds=True)
            stamp = max(_rounded(min(float(seconds[0]), _LONGEST) * _SECOND), stamp + 1)
            while (outcome := stream.push(frames[0], timestamp_ns=stamp)) == "full":
                yield
            number += 1
            # Where packets do not tell the frames, a search by time would decode from the beginning.
            if outcome == "not_due" or video.outline.damaged_frames >= 0:
                continue
            # No frame before the next cell is due. Frames are found by milliseconds: begin one earlier.
            cell = (stamp + self._interval // 4) // self._interval
            start = ((cell + 1) * self._interval - self._interval // 4) / _SECOND - 0.001
            if start >= outline.duration:
                return
            if start > 0:
                number = max(number, video.frames_between(start).start)


def _encoded(stream: Stream) -> Iterator[Span]:
    """Encodes the frames that wait, and takes the windows that they complete."""
    stream.step()
    for window in stream.windows():
        yield window.start_ns, window.end_ns, window.embedding


def _rounded(number: float) -> int:
    """The nearest integer, and of two equally near ones the larger, where Python's `round` takes the even one."""
    whole = int(number)
    return whole + (number - whole >= 0.5)

"""Streams: frames in at their own times, windows out."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, INT64_MAX, choice, items, nanoseconds, real, type_name, whole
from ._arrays import pointer
from ._cancel import create, long_call
from ._errors import invalid, wrong_type
from ._handle import Owner
from ._images import ImageLike, Images
from ._library import library
from ._model import Model
from ._preprocess import options as preprocess_options
from ._stream_info import (
    MODES,
    OUTCOMES,
    OVERFLOWS,
    WARMUPS,
    Outcome,
    StreamInfo,
    StreamStats,
    Window,
    read_info,
    read_stats,
    window_of,
)

_NEXT_NONE, _NEXT_END = CONSTANTS["NEXT_NONE"], CONSTANTS["NEXT_END"]
_REASONS = {"step": CONSTANTS["WAIT_STEP"], "window": CONSTANTS["WAIT_WINDOW"], "room": CONSTANTS["WAIT_ROOM"]}
#: The longest time in nanoseconds that a call waits in the library, so that signals and `close` are noticed.
_SLICE = 100_000_000


class Stream(Owner):
    """A stream of frames, of which the model encodes overlapping windows.

        with actionclip.Stream(model, overflow="latest") as stream:
            for frame, seconds in camera:
                stream.push(frame, seconds)
                stream.step()
                for window in stream.windows():
                    print(window.end, classifier.score(window.embedding))

    A frame is sampled each `interval` seconds, or each `stride` pushed frames; without both as the model's file says,
    else T in 2 seconds. The last T sampled frames are a window, and `hop` sampled frames later comes the next.
    push, step and the taking of windows may be three threads; `cancel`, `stats` and `info` any. With frames pushed by
    another thread, `for window in stream` steps and gives windows until the stream has ended; `async for` does the same
    in a thread of its own. The model may be closed first.
    gap: seconds between two frames that begin a new run, which shares no window with the one before; 0 for never, None
    for T intervals. max_age: waiting frames older than the newest by more seconds are dropped.
    warmup: "wait" for T frames, "repeat_first" or "partial" for windows from the first frame on.
    overflow: "wait" refuses a frame when too many wait ("full": step, then push it again), "drop_oldest",
    "drop_newest" and "latest" drop. queue_frames, queue_windows: how many may wait; None for T and 16.
    mode: "causal" encodes each frame once with the causal temporal shift, for models trained so; "exact" for all
    others.
    resize, crop, short_side, mean, std: as in `preprocess`; None for the model's own.
    """

    def __init__(
        self,
        model: Model,
        *,
        interval: float | None = None,
        stride: int | None = None,
        hop: int | None = None,
        gap: float | None = None,
        max_age: float | None = None,
        warmup: str = "wait",
        overflow: str = "wait",
        mode: str = "exact",
        queue_frames: int | None = None,
        queue_windows: int | None = None,
        resize: str | None = None,
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        options = library().defaults("stream_options")
        options.warmup = choice("warmup", warmup, WARMUPS)
        options.overflow = choice("overflow", overflow, OVERFLOWS)
        options.mode = choice("mode", mode, MODES)
        if interval is not None:
            options.frame_interval_ns = nanoseconds("interval", interval, 1)
        if stride is not None:
            options.frame_stride = whole("stride", stride, 1, INT32_MAX)
        if hop is not None:
            options.hop = whole("hop", hop, 1, INT32_MAX)
        if gap is not None:
            options.gap_ns = nanoseconds("gap", gap, 0) or -1
        if max_age is not None:
            options.max_age_ns = nanoseconds("max_age", max_age, 1)
        if queue_frames is not None:
            options.queue_frames = whole("queue_frames", queue_frames, 1, INT32_MAX)
        if queue_windows is not None:
            options.queue_windows = whole("queue_windows", queue_windows, 1, INT32_MAX)
        with model._handle.use() as handle:
            options.preprocess = preprocess_options(resize, crop, short_side, mean, std, handle)
            self._handle = create("stream", "stream_create", handle, ctypes.byref(options))
        sizes = model.info
        self._size = sizes.video_size
        self._ended = False
        with self._handle.use() as handle:
            self._info = read_info(handle)
        #: Operations for each waiting frame, at most: a frame that is encoded again in each window counts as often.
        patches = (sizes.image_size // sizes.patch_size) ** 2
        again = 1 if self._info.frames_per_hop <= self._info.hop else sizes.frames
        self._work = 2.0 * sizes.parameters * (patches + 1) * again

    def push(
        self,
        frame: ImageLike,
        seconds: float | None = None,
        *,
        timestamp_ns: int | None = None,
        pixel_format: str = "rgb",
    ) -> Outcome:
        """Offers a frame with its time, from any origin, in seconds or in whole nanoseconds. Times rise strictly. A
        `Frame` has a region, a rotation and the colours of YUV too.

        Returns the fate of the frame: "queued"; "not_due", if the sampling does not take it; "replaced", if older
        frames were dropped for it; "dropped", if there was no room; "full", if it was not taken at all: step, then push
        it again. A frame or a time that is refused is an ArgumentError, and the stream goes on without that frame.
        """
        stamp = _timestamp(seconds, timestamp_ns)
        images, outcome = Images([frame], pixel_format), ctypes.c_int32()
        with self._handle.use() as handle:
            library().call("stream_push", handle, images.structs, stamp, ctypes.byref(outcome))
        return OUTCOMES[outcome.value]

    def step(self, max_frames: int | None = None) -> int:
        """Encodes the frames that wait, at most `max_frames`, and returns how many it encoded."""
        return step([self], max_frames)

    def wait(self, reason: str = "window", timeout: float | None = None) -> bool:
        """Waits, at most `timeout` seconds, until there is a window or the stream has ended ("window"), there is work
        for step ("step"), or there is room for a frame ("room"). Returns whether that is so."""
        return wait([self], reason, timeout) > 0

    def next(self) -> Window | None:
        """Takes the next window; None if there is none now."""
        found = self._next()
        return found if isinstance(found, Window) else None

    def windows(self, *, wait: bool = False) -> Iterator[Window]:
        """Takes the windows that are there. wait: goes on to the end of the stream, with the windows that another
        thread's `step` makes."""
        while (found := self._next()) != _NEXT_END:
            if isinstance(found, Window):
                yield found
            elif wait:
                self.wait("window")
            else:
                return

    def __iter__(self) -> Iterator[Window]:
        """Steps, and gives windows, until the stream has ended: for frames that another thread pushes."""
        while (found := self._advance()) != _NEXT_END:
            if isinstance(found, Window):
                yield found

    async def __aiter__(self) -> AsyncIterator[Window]:
        """Steps in a thread of its own, and gives windows, until the stream has ended."""
        import asyncio

        loop = asyncio.get_running_loop()
        executor = concurrent.futures.ThreadPoolExecutor(1, "actionclip stream")
        try:
            while (found := await loop.run_in_executor(executor, self._advance)) != _NEXT_END:
                if isinstance(found, Window):
                    yield found
        finally:
            executor.shutdown(wait=False)

    def finish(self) -> None:
        """Ends the input: `step` makes the windows that are left, and then the stream has ended."""
        with self._handle.use() as handle:
            library().call("stream_finish", handle)

    def reset(self) -> None:
        """Begins anew, as just made."""
        with self._handle.use() as handle:
            library().call("stream_reset", handle)
        self._ended = False

    def cancel(self) -> None:
        """Ends the calls of other threads, within the time that a frame takes, and later ones until `reset`: they raise
        CancelledError."""
        with self._handle.use() as handle:
            library().call("stream_cancel", handle)

    @property
    def ended(self) -> bool:
        """Whether the end was reached: the stream is finished, and there was no window left to take."""
        return self._ended

    @property
    def stats(self) -> StreamStats:
        """The account of frames and windows."""
        with self._handle.use() as handle:
            return read_stats(handle)

    @property
    def info(self) -> StreamInfo:
        """The options as they are in use, and what they cost."""
        return self._info

    def _next(self) -> Window | int:
        """The next window, or why there is none."""
        struct = _abi.Window(struct_size=ctypes.sizeof(_abi.Window))
        embedding = np.empty(self._size, np.float32)
        found = ctypes.c_int32()
        with self._handle.use() as handle:
            library().call(
                "stream_next",
                handle, ctypes.byref(struct), pointer(embedding, _abi.Floats), embedding.size, ctypes.byref(found),
            )  # fmt: skip
        if found.value == _NEXT_END:
            self._ended = True
        return found.value if found.value in (_NEXT_NONE, _NEXT_END) else window_of(struct, embedding)

    def _advance(self) -> Window | int:
        """The next window; without one, a moment's waiting and a step."""
        found = self._next()
        if found == _NEXT_NONE and self.wait("step", _SLICE / 1e9):
            self.step()
            found = self._next()
        return found

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "<actionclip.Stream closed>"
        return f"<actionclip.Stream of {self._info.frames} frames, hop {self._info.hop}>"


def step(streams: Iterable[Stream], max_frames: int | None = None) -> int:
    """Encodes the frames that wait in streams of one model in one batch, at most `max_frames`, and returns how many it
    encoded."""
    limit = 0 if max_frames is None else whole("max_frames", max_frames, 1, INT64_MAX)
    encoded = ctypes.c_size_t()
    listed = _checked(streams)
    with _handles(listed) as handles:
        work = sum((read_stats(handle).pending + 1) * one._work for one, handle in zip(listed, handles))
        long_call("stream_step", handles, len(listed), limit, ctypes.byref(encoded), work=work)
    return encoded.value


def wait(streams: Iterable[Stream], reason: str = "window", timeout: float | None = None) -> int:
    """Waits as `Stream.wait` does until `reason` is true of one of the streams, and returns of how many it is: 0 if the
    time ran out."""
    code = choice("reason", reason, _REASONS)
    listed = _checked(streams)
    ends = None if timeout is None else time.monotonic_ns() + nanoseconds("timeout", timeout, 0)
    ready = ctypes.c_size_t()
    while True:
        left = _SLICE if ends is None else max(0, min(_SLICE, ends - time.monotonic_ns()))
        with _handles(listed) as handles:
            library().call("stream_wait", handles, len(listed), code, left, ctypes.byref(ready))
        if ready.value or (ends is not None and time.monotonic_ns() >= ends):
            return ready.value


def _checked(streams: Iterable[Stream]) -> list[Stream]:
    listed = items("streams", streams)
    for stream in listed:
        if not isinstance(stream, Stream):
            raise wrong_type(f"streams holds {stream!r}, {type_name(stream)}; it must hold streams")
    return listed


@contextlib.contextmanager
def _handles(streams: list[Stream]) -> Iterator[Any]:
    """The handles of streams as a C array, for one call."""
    with contextlib.ExitStack() as stack:
        pointers = [stack.enter_context(stream._handle.use()) for stream in streams]
        yield (ctypes.c_void_p * len(pointers))(*pointers)


def _timestamp(seconds: float | None, timestamp_ns: int | None) -> int:
    if (seconds is None) == (timestamp_ns is None):
        raise invalid("a frame needs its time, in seconds or as timestamp_ns")
    if timestamp_ns is not None:
        return whole("timestamp_ns", timestamp_ns, -INT64_MAX - 1, INT64_MAX)
    number = real("seconds", seconds)  # type: ignore[arg-type]
    if not abs(number) < 9.2e9:  # not a number is refused too
        raise invalid(f"seconds is {number!r}; it must be -9.2e9 to 9.2e9")
    return round(number * 1e9)

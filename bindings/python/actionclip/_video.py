"""Video files."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import (
    INT64_MAX,
    MOST_THREADS,
    Buffer,
    Path,
    byte_view,
    choice,
    is_path,
    items,
    path_bytes,
    span,
    whole,
)
from ._arrays import ByteArray, pointer
from ._cancel import create, long_call
from ._errors import ArgumentError, invalid
from ._handle import Owner
from ._library import library
from ._preprocess import sample_indices

_DECODE = {
    "needed": CONSTANTS["DECODE_NEEDED"],
    "all": CONSTANTS["DECODE_ALL"],
    "key_frames": CONSTANTS["DECODE_KEY_FRAMES"],
}


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """Properties of a video, found by decoding it once, or from its packets."""

    width: int  #: pixels of a frame as returned, after rotation
    height: int
    rotation: int  #: clockwise degrees applied to every frame
    frame_count: int
    damaged_frames: int  #: frames that the decoder marked as damaged, or that a cut file lacks; -1 if unknown
    duration: float  #: seconds, from the first frame to the end of the last
    frame_rate: float  #: average, frames per second; 0 if unknown


def ffmpeg_version() -> str:
    """The version of FFmpeg by which videos are decoded, such as "FFmpeg 5.1.9 (libavformat 59.27.100)": one that the
    process uses already, else the newest from 4.4 to 8 that is installed. Without one: ResourceError."""
    version = ctypes.c_char_p()
    long_call("ffmpeg_version", ctypes.byref(version))
    return (version.value or b"").decode("utf-8", "replace")


class Video(Owner):
    """An open video: a path, or a file's bytes, which must not change while it is open.

    Any number of threads may use one Video; their calls take turns. Opening needs FFmpeg's libraries, and raises
    ResourceError without them. A file and a decoder stay open until `close`, the end of a `with` block, or the last
    reference.
    threads: decoder threads, 1 to 256; None for the number that a Model takes by default. max_pixels: larger pictures
    are refused.
    decode: "needed" decodes the wanted frames and those that they depend on, "all" every frame up to the last wanted
    one. The frames are the same, but only "all" finds all damage. "key-frames" is an approximation for large archives:
    it decodes the nearest key frame in place of each frame.
    max_milliseconds: the time that one call may take; by default five minutes, and one second more for every 2048 bytes
    of the file. max_pixels_per_byte: the pixels that may be decoded for each byte of the file, beyond 2^30; 2^17 by
    default. Both limits guard against files made to block a program; 2**63 - 1 means no limit.
    A source may also be a folder of extracted frames (img_00001.jpg, …), or a template in one, "clip/image_%05d.jpg".
    frame_rate: its frames per second; None: they have no times. first_frame and frame_count: the part of the folder
    that is the video; frame_count None: all from first_frame on.
    """

    def __init__(
        self,
        source: Path | Buffer,
        *,
        threads: int | None = None,
        max_pixels: int | None = None,
        decode: str = "needed",
        max_milliseconds: int | None = None,
        max_pixels_per_byte: int | None = None,
        frame_rate: float | None = None,
        first_frame: int = 0,
        frame_count: int | None = None,
    ) -> None:
        options = library().defaults("video_options")
        if threads is not None:
            options.threads = whole("threads", threads, 1, MOST_THREADS)
        if max_pixels is not None:
            options.max_pixels = whole("max_pixels", max_pixels, 1, INT64_MAX)
        options.decode = choice("decode", decode, _DECODE)
        if max_milliseconds is not None:
            options.max_milliseconds = whole("max_milliseconds", max_milliseconds, 1, INT64_MAX)
        if max_pixels_per_byte is not None:
            options.max_pixels_per_byte = whole("max_pixels_per_byte", max_pixels_per_byte, 1, INT64_MAX)
        if frame_rate is not None:
            options.frame_rate = frame_rate
        options.first_frame = whole("first_frame", first_frame, 0, INT64_MAX)
        if frame_count is not None:
            options.frame_count = whole("frame_count", frame_count, 1, INT64_MAX)
        self._bytes: ByteArray | None = None
        if is_path(source):
            name = os.fspath(source)  # type: ignore[arg-type]
            encoded = path_bytes("a video", name)
            made = create("video", "video_open", encoded, ctypes.byref(options), path=name)
        else:
            self._bytes = byte_view("a video", source)
            made = create(
                "video", "video_open_buffer", self._bytes.ctypes.data, self._bytes.size, ctypes.byref(options)
            )
        self._handle = made
        self._turn = threading.RLock()
        self._is_called = False

    @contextlib.contextmanager
    def _use(self) -> Iterator[int]:
        """The handle, for one call. A signal handler that interrupts a call on this thread gets an error instead."""
        with self._turn:
            if self._is_called:
                why = "this video is in use by the call that the signal interrupted; open it again in the handler"
                raise invalid(why)
            self._is_called = True
            try:
                with self._handle.use() as handle:
                    yield handle
            finally:
                self._is_called = False

    @property
    def info(self) -> VideoInfo:
        """The video's properties. The first use decodes the whole video."""
        return self._properties("video_get_info")

    @property
    def outline(self) -> VideoInfo:
        """The video's properties, if possible without decoding it: frames are then counted by packets, and
        damaged_frames is -1, unknown."""
        return self._properties("video_get_outline")

    def _properties(self, function: str) -> VideoInfo:
        struct = _abi.VideoInfo(struct_size=ctypes.sizeof(_abi.VideoInfo))
        with self._use() as handle:
            long_call(function, handle, ctypes.byref(struct))
        names = [field.name for field in dataclasses.fields(VideoInfo)]
        return VideoInfo(**{name: getattr(struct, name) for name in names})

    @overload
    def read_frames(
        self, indices: Iterable[int] | npt.NDArray[Any], *, return_seconds: Literal[False] = False
    ) -> ByteArray: ...
    @overload
    def read_frames(
        self, indices: Iterable[int] | npt.NDArray[Any], *, return_seconds: Literal[True]
    ) -> tuple[ByteArray, npt.NDArray[np.float64]]: ...
    def read_frames(
        self, indices: Iterable[int] | npt.NDArray[Any], *, return_seconds: bool = False
    ) -> ByteArray | tuple[ByteArray, npt.NDArray[np.float64]]:
        """Reads the frames at `indices` (in any order, repeats allowed) as RGB, uint8 [n, H, W, 3]. With
        `return_seconds` it returns the time of each frame from the first one too, float64 [n]."""
        listed = items("indices", indices)
        numbers = [whole("a frame index", index, -INT64_MAX, INT64_MAX) for index in listed]
        wanted = np.array(numbers, np.int64)
        info = self.outline
        frames = np.empty((len(wanted), info.height, info.width, 3), np.uint8)
        seconds = np.empty(len(wanted), np.float64)
        with self._use() as handle:
            long_call(
                "video_read_frames",
                handle, pointer(wanted, _abi.Int64s), wanted.size,
                pointer(frames, _abi.Bytes), frames.size,
                pointer(seconds, _abi.Doubles), seconds.size,
            )  # fmt: skip
        return (frames, seconds) if return_seconds else frames

    def frames_between(self, start: float = 0, end: float | None = None) -> range:
        """The indices of the frames from `start` to `end`, in seconds from the first frame (None: the video's end), at
        least one. Parts that follow each other share no frame."""
        between = span(start, end)
        first, count = ctypes.c_int64(), ctypes.c_int64()
        with self._use() as handle:
            long_call("video_frames_between", handle, *between, ctypes.byref(first), ctypes.byref(count))
        return range(first.value, first.value + count.value)

    def sample(self, segments: int, *, sampling: str = "actionclip") -> ByteArray:
        """Reads T = `segments` frames that the reference's rule chooses, or another rule of
        `actionclip.sample_indices`, as RGB, uint8 [T, H, W, 3]."""

        def chosen(info: VideoInfo) -> npt.NDArray[np.int64]:
            rate = info.frame_rate or 30
            return sample_indices(info.frame_count, segments, sampling=sampling, frame_rate=rate)

        with self._turn:
            outline = self.outline
            try:
                return self.read_frames(chosen(outline))
            except ArgumentError:
                # Damage may have cost frames that the packets had promised.
                if self.outline.frame_count == outline.frame_count:
                    raise
                return self.read_frames(chosen(self.info))

    def close(self) -> None:
        """Closes the file and frees the decoder's memory and threads, after any call on another thread has ended. Bytes
        given in place of a path may change from then on; frames already returned stay. Using the video afterwards is an
        ArgumentError (a ValueError) with status -12; closing it again does nothing."""
        with self._turn:
            super().close()

    def __enter__(self) -> Video:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

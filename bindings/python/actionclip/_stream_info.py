"""Windows, accounts and properties of streams."""

from __future__ import annotations

import ctypes
import dataclasses
from typing import Any, Literal

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT64_MAX
from ._arrays import FloatArray
from ._library import library

#: The fate of a frame that was pushed.
Outcome = Literal["queued", "not_due", "replaced", "dropped", "full"]
OUTCOMES: dict[int, Outcome] = {
    CONSTANTS["PUSH_QUEUED"]: "queued",
    CONSTANTS["PUSH_NOT_DUE"]: "not_due",
    CONSTANTS["PUSH_REPLACED"]: "replaced",
    CONSTANTS["PUSH_DROPPED"]: "dropped",
    CONSTANTS["PUSH_FULL"]: "full",
}
MODES = {"exact": CONSTANTS["STREAM_EXACT"], "causal": CONSTANTS["STREAM_CAUSAL"]}
WARMUPS = {
    "wait": CONSTANTS["WARMUP_WAIT"],
    "repeat_first": CONSTANTS["WARMUP_REPEAT_FIRST"],
    "partial": CONSTANTS["WARMUP_PARTIAL"],
}
OVERFLOWS = {
    "wait": CONSTANTS["OVERFLOW_WAIT"],
    "drop_oldest": CONSTANTS["OVERFLOW_DROP_OLDEST"],
    "drop_newest": CONSTANTS["OVERFLOW_DROP_NEWEST"],
    "latest": CONSTANTS["OVERFLOW_LATEST"],
}


@dataclasses.dataclass(frozen=True)
class Window:
    """A window of a stream, encoded."""

    embedding: FloatArray = dataclasses.field(repr=False, compare=False)  #: float32 [E], not normalised
    sequence: int  #: 0, 1, 2, ... from the stream's beginning
    start_ns: int  #: the time of its first frame
    end_ns: int  #: the time of its last frame
    first_push: int  #: the number of its first frame among those pushed, from 0
    last_push: int
    frame_count: int  #: different frames, at most T
    dropped_inside: int  #: sampled frames between the first and the last that were dropped
    partial: bool  #: it has fewer than T different frames
    discontinuity: bool  #: it is the first after a gap
    tail: bool  #: it is the end of a run, less than a hop after the window before

    @property
    def start(self) -> float:
        """The time of its first frame in seconds."""
        return self.start_ns / 1e9

    @property
    def end(self) -> float:
        """The time of its last frame in seconds."""
        return self.end_ns / 1e9


@dataclasses.dataclass(frozen=True)
class StreamStats:
    """The account of a stream: pushed = not_due + refused + dropped + encoded + pending at every moment."""

    finished: bool
    pushed: int  #: frames, without those that were "full"
    not_due: int  #: frames that the sampling did not take
    refused: int  #: frames or times that were errors
    dropped: int  #: sampled frames that gave way to others, or were too old
    encoded: int  #: sampled frames that step took
    pending: int  #: sampled frames that wait for step
    windows: int  #: windows made
    windows_waiting: int  #: windows not taken yet
    gaps: int
    newest_ns: int | None  #: the time of the newest frame; None before the first


@dataclasses.dataclass(frozen=True)
class StreamInfo:
    """The options of a stream as they are in use, and what they cost."""

    frames: int  #: T, frames of a window
    frame_stride: int  #: 0 if frames are sampled by time
    frame_interval_ns: int  #: 0 if frames are sampled by their number
    gap_ns: int | None  #: None: no gap begins a run
    max_age_ns: int | None  #: None: no limit
    memory_bytes: int
    hop: int
    warmup: str
    overflow: str
    queue_frames: int
    queue_windows: int
    frames_per_hop: int  #: frames that are encoded from window to window
    interval_assumed: bool  #: neither the caller nor the model's file stated an interval
    mode: str  #: "exact" or "causal"


def window_of(struct: Any, embedding: FloatArray) -> Window:
    flags = struct.flags
    return Window(
        embedding=embedding,
        sequence=struct.sequence,
        start_ns=struct.start_ns,
        end_ns=struct.end_ns,
        first_push=struct.first_push,
        last_push=struct.last_push,
        frame_count=struct.frame_count,
        dropped_inside=struct.dropped_inside,
        partial=bool(flags & CONSTANTS["WINDOW_PARTIAL"]),
        discontinuity=bool(flags & CONSTANTS["WINDOW_DISCONTINUITY"]),
        tail=bool(flags & CONSTANTS["WINDOW_TAIL"]),
    )


def read_stats(handle: int) -> StreamStats:
    struct = _abi.StreamStats(struct_size=ctypes.sizeof(_abi.StreamStats))
    library().call("stream_get_stats", handle, ctypes.byref(struct))
    fields = {field.name: getattr(struct, field.name) for field in dataclasses.fields(StreamStats)}
    newest = None if struct.newest_ns == -INT64_MAX - 1 else struct.newest_ns
    return StreamStats(**{**fields, "finished": bool(struct.finished), "newest_ns": newest})


def read_info(handle: int) -> StreamInfo:
    struct = _abi.StreamInfo(struct_size=ctypes.sizeof(_abi.StreamInfo))
    library().call("stream_get_info", handle, ctypes.byref(struct))
    fields = {field.name: getattr(struct, field.name) for field in dataclasses.fields(StreamInfo)}
    for name in ("gap_ns", "max_age_ns"):
        fields[name] = None if fields[name] == INT64_MAX else fields[name]
    for name, names in (("mode", MODES), ("warmup", WARMUPS), ("overflow", OVERFLOWS)):
        fields[name] = next((word for word, code in names.items() if code == fields[name]), str(fields[name]))
    return StreamInfo(**{**fields, "interval_assumed": bool(struct.interval_assumed)})

"""From the scores of windows to events and segments."""

from __future__ import annotations

import ctypes
import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, INT64_MAX, choice, items, nanoseconds, real, whole
from ._arrays import FloatArray, as_array, float_array, pointer
from ._cancel import create, long_call
from ._errors import invalid, wrong_type
from ._handle import Owner
from ._library import library

_MODES = {"exclusive": CONSTANTS["TRACK_EXCLUSIVE"], "independent": CONSTANTS["TRACK_INDEPENDENT"]}
_KINDS = {
    CONSTANTS["EVENT_STARTED"]: "started",
    CONSTANTS["EVENT_UPDATED"]: "updated",
    CONSTANTS["EVENT_ENDED"]: "ended",
}
_METHODS = {
    "mean": CONSTANTS["SEGMENTS_MEAN"],
    "hysteresis": CONSTANTS["SEGMENTS_HYSTERESIS"],
    "viterbi": CONSTANTS["SEGMENTS_VITERBI"],
    "ordered": CONSTANTS["SEGMENTS_ORDERED"],
}
#: One threshold for all labels, or one for each.
Threshold = Union[float, Sequence[float], npt.NDArray[np.float64]]


@dataclasses.dataclass(frozen=True)
class TrackerOptions:
    """Options of a tracker. Durations are in seconds, 0 for none."""

    mode: str = "exclusive"  #: "exclusive": at most one label has an event at a time; "independent": each its own
    on: Threshold = 0.4  #: smoothed score from which on a label starts, for all labels or for each
    off: Threshold = 0.3  #: smoothed score below which it ends, at most `on`
    margin: float = 0.0  #: exclusive: what a label must have over every other to start
    min_on: float = 1.0  #: no event is shorter
    min_off: float = 0.5  #: no gap between two events of a label is shorter
    half_life: float = 0.5  #: time after which a score counts half
    max_event: float = 0.0  #: longer events are split
    update: float = 0.0  #: time from one report of an open event to the next
    gap: float = 2.0  #: a longer hole between windows ends every event; 0: never
    none_label: Optional[int] = None  #: index of the label that means "nothing in particular"


@dataclasses.dataclass(frozen=True)
class Event:
    """A report on an event: a label was on from one time to another."""

    kind: str  #: "started", "updated" or "ended"
    label: int  #: index of the label
    number: int  #: 0, 1, 2, ...: the same in each report of the event
    start_ns: int
    end_ns: int  #: of an event that has not ended, the time until which its label is known to be on
    decided_ns: int  #: end of the window that decided this
    peak_ns: int  #: middle of the window with the largest smoothed score
    peak: float  #: that score
    mean: float  #: mean smoothed score of the event's windows

    @property
    def start(self) -> float:
        """The event's start in seconds."""
        return self.start_ns / 1e9

    @property
    def end(self) -> float:
        """The event's end in seconds, as far as it is known."""
        return self.end_ns / 1e9


class Tracker(Owner):
    """Turns the scores of windows into events that start and end.

        with actionclip.Tracker(len(labels)) as tracker:
            for window in windows:
                tracker.push(window.start_ns, window.end_ns, scores_of(window))
                for event in tracker:  # those that wait
                    print(event.kind, labels[event.label], event.start)
            tracker.finish()
            print(*tracker)

    It reads no clock: equal windows give equal events, live or from a recording. Iterating takes the events that wait;
    take them after each window, because a tracker refuses windows while too many wait. A window that is refused, since
    its times do not follow or a score is not finite, changes nothing. Any number of threads may use a tracker.
    docs/EVENTS.md has the rules.
    """

    def __init__(self, label_count: int, options: TrackerOptions | None = None) -> None:
        count = whole("label_count", label_count, 1, INT32_MAX)
        given = None if options is None else _Options(options, count)
        self._handle = create("tracker", "tracker_create", count, given.reference() if given else None)

    def push(self, start_ns: int, end_ns: int, scores: npt.ArrayLike) -> None:
        """Gives the scores of the window from start_ns to end_ns, which ends after the window before: [labels], or
        [1, labels] as `Classifier.score` gives them for one window."""
        given = (("start_ns", start_ns), ("end_ns", end_ns))
        times = [whole(name, time, -INT64_MAX, INT64_MAX) for name, time in given]
        row = float_array("scores", scores, (1, 2))
        if row.ndim == 2 and len(row) != 1:
            raise invalid(f"scores has shape {list(row.shape)}; a window has one row of scores, as scores[0]")
        with self._handle.use() as handle:
            library().call("tracker_push", handle, *times, pointer(row, _abi.Floats), row.size)

    def next(self) -> Event | None:
        """Takes the event that has waited longest; None if none waits."""
        event, found = _abi.Event(struct_size=ctypes.sizeof(_abi.Event)), ctypes.c_int32()
        with self._handle.use() as handle:
            library().call("tracker_next", handle, ctypes.byref(event), ctypes.byref(found))
        if not found.value:
            return None
        names = [field.name for field in dataclasses.fields(Event) if field.name != "kind"]
        return Event(_KINDS.get(event.kind, "unknown"), **{name: getattr(event, name) for name in names})

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next()) is not None:
            yield event

    def finish(self) -> None:
        """Ends every event with the last window; then the last events wait."""
        with self._handle.use() as handle:
            library().call("tracker_finish", handle)

    def reset(self, label_count: int) -> None:
        """Makes the tracker as new, for label_count labels."""
        count = whole("label_count", label_count, 1, INT32_MAX)
        with self._handle.use() as handle:
            library().call("tracker_reset", handle, count)

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclasses.dataclass(frozen=True)
class Segment:
    """A part of a file that shows a label."""

    start_ns: int
    end_ns: int
    label: Optional[int]  #: index of the label; None: no label
    score: float  #: mean score of the label in the segment
    step: Optional[int] = None  #: place in the list of steps; None: the segment is no step

    @property
    def start(self) -> float:
        """The segment's start in seconds."""
        return self.start_ns / 1e9

    @property
    def end(self) -> float:
        """The segment's end in seconds."""
        return self.end_ns / 1e9


def find_segments(
    starts_ns: npt.ArrayLike,
    ends_ns: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    method: str = "mean",
    tracker: TrackerOptions | None = None,
    thresholds: npt.ArrayLike | None = None,
    change_cost: float = 0.25,
    none_score: float = -math.inf,
    min_duration: float = 0.0,
    none_label: int | None = None,
    steps: Iterable[int] | None = None,
    optional: Iterable[bool] | None = None,
) -> list[Segment]:
    """Finds the segments of a whole file from the scores [windows, labels] of its windows, by their starts.

    method "mean": each moment goes to the label with the largest mean over the windows that cover it, or to none below
    that label's thresholds [labels]. "hysteresis": the events of a tracker with the options `tracker`. "viterbi": the
    labels with the largest total of score over time, less change_cost for each change; a label lasts min_duration
    seconds or more. "ordered": the same for `steps`, indices of labels that come once and in this order; `optional`
    marks those that may be missing. None is shown where none_score, or the score of none_label, does better.
    docs/EVENTS.md has the rules.
    """
    windows = _Windows(starts_ns, ends_ns, scores)
    options = _abi.SegmentOptions()
    library().segment_options_init_sized(ctypes.byref(options), ctypes.sizeof(options))
    options.method = choice("method", method, _METHODS)
    kept: list[Any] = []  # what the options point at
    if tracker is not None:
        given = _Options(tracker, windows.labels)
        kept.append(given)
        options.tracker = ctypes.pointer(given.struct)
    if thresholds is not None:
        row = _doubles("thresholds", thresholds, windows.labels)
        kept.append(row)
        options.thresholds = pointer(row, _abi.Doubles)
    options.change_cost, options.none_score = real("change_cost", change_cost), real("none_score", none_score)
    options.min_duration_ns = nanoseconds("min_duration", min_duration)
    options.none_label = _none_label(none_label)
    if optional is not None and steps is None:
        raise invalid("optional is given without steps")
    if steps is not None:
        places = [whole("steps", step, 0, INT32_MAX) for step in items("steps", steps)]
        options.steps, options.step_count = (ctypes.c_int32 * len(places))(*places), len(places)
        if optional is not None:
            marks = [1 if mark else 0 for mark in items("optional", optional)]
            if len(marks) != len(places):
                raise invalid(f"optional has {len(marks)} marks for {len(places)} steps")
            options.step_optional = (ctypes.c_int32 * len(marks))(*marks)
    count = ctypes.c_size_t()
    arguments = (*windows.arguments(), ctypes.byref(options))
    work = 100.0 * windows.scores.size
    long_call("find_segments", *arguments, None, 0, ctypes.byref(count), work=work)
    if not count.value:
        return []
    found = (_abi.Segment * count.value)()
    found[0].struct_size = ctypes.sizeof(_abi.Segment)
    long_call("find_segments", *arguments, found, len(found), ctypes.byref(count), work=work)
    return [
        Segment(
            segment.start_ns, segment.end_ns, None if segment.label < 0 else segment.label, segment.score,
            None if segment.step < 0 else segment.step,
        )
        for segment in found[: count.value]
    ]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """Thresholds of each label for a tracker, and how well it does with them."""

    on: npt.NDArray[np.float64]  #: [labels]
    off: npt.NDArray[np.float64]  #: [labels]
    f1: npt.NDArray[np.float64]  #: [labels]: F1 of the time in events and in spans; NaN for labels without spans


def suggest_thresholds(
    starts_ns: npt.ArrayLike,
    ends_ns: npt.ArrayLike,
    scores: npt.ArrayLike,
    spans: Iterable[tuple[int, int, int]],
    *,
    tracker: TrackerOptions | None = None,
) -> Thresholds:
    """Suggests thresholds for a tracker by labelled spans (label, start_ns, end_ns), from the scores [windows, labels]
    of windows. `tracker` has the options that it will have. Several files go into one call if each follows the one
    before by more than the option `gap`."""
    windows = _Windows(starts_ns, ends_ns, scores)
    rows = [tuple(items("spans", span)) for span in items("spans", spans)]
    if any(len(row) != 3 for row in rows):
        raise invalid("spans holds something else than (label, start_ns, end_ns)")
    labels = np.array([whole("a span's label", row[0], 0, INT32_MAX) for row in rows], np.int32)
    times = [
        np.array([whole("a span's time", row[place], -INT64_MAX, INT64_MAX) for row in rows], np.int64)
        for place in (1, 2)
    ]
    given = None if tracker is None else _Options(tracker, windows.labels)
    on, off, f1 = (np.empty(windows.labels) for _ in range(3))
    outputs = [argument for out in (on, off, f1) for argument in (pointer(out, _abi.Doubles), out.size)]
    long_call(
        "suggest_thresholds",
        *windows.arguments(), pointer(labels, _abi.Int32s), *(pointer(time, _abi.Int64s) for time in times), len(rows),
        given.reference() if given else None, *outputs,
    )  # fmt: skip
    return Thresholds(on, off, f1)


class _Options:
    """Options of a tracker as C takes them, with what they point at."""

    def __init__(self, options: TrackerOptions, label_count: int) -> None:
        if not isinstance(options, TrackerOptions):
            raise wrong_type(f"a tracker's options are a {type(options).__name__}; they must be a TrackerOptions")
        self.struct = _abi.TrackerOptions()
        library().tracker_options_init_sized(ctypes.byref(self.struct), ctypes.sizeof(self.struct))
        self.struct.mode = choice("mode", options.mode, _MODES)
        self.struct.margin = real("margin", options.margin)
        for name in ("min_on", "min_off", "half_life", "max_event", "update", "gap"):
            setattr(self.struct, f"{name}_ns", nanoseconds(name, getattr(options, name)))
        self.struct.none_label = _none_label(options.none_label)
        self._rows: list[npt.NDArray[np.float64]] = []
        for name in ("on", "off"):
            value = getattr(options, name)
            if np.ndim(value) == 0:
                setattr(self.struct, name, real(name, value))
                continue
            self._rows.append(_doubles(name, value, label_count))
            setattr(self.struct, f"label_{name}", pointer(self._rows[-1], _abi.Doubles))
            self.struct.label_count = label_count

    def reference(self) -> Any:
        return ctypes.byref(self.struct)


class _Windows:
    """Windows with their scores as C takes them."""

    def __init__(self, starts_ns: npt.ArrayLike, ends_ns: npt.ArrayLike, scores: npt.ArrayLike) -> None:
        self.scores: FloatArray = float_array("scores", scores, (2,))
        self.labels = self.scores.shape[1]
        self._times = []
        for name, times in (("starts_ns", starts_ns), ("ends_ns", ends_ns)):
            array = as_array(name, times)
            if array.dtype.kind not in "iu":
                raise wrong_type(f"{name} holds {array.dtype}; it must hold integers, in nanoseconds")
            if array.shape != (len(self.scores),):
                raise invalid(f"{name} has shape {list(array.shape)}; there are {len(self.scores)} windows")
            if array.size and int(array.max()) > INT64_MAX:
                raise invalid(f"{name} holds {array.max()}; a time is at most {INT64_MAX}")
            self._times.append(np.ascontiguousarray(array, np.int64))

    def arguments(self) -> tuple[Any, ...]:
        times = [pointer(time, _abi.Int64s) for time in self._times]
        return (*times, pointer(self.scores, _abi.Floats), *self.scores.shape)


def _none_label(value: int | None) -> int:
    return -1 if value is None else whole("none_label", value, 0, INT32_MAX)


def _doubles(what: str, values: Any, count: int) -> npt.NDArray[np.float64]:
    array = as_array(what, values)
    if array.dtype.kind not in "fiu":
        raise wrong_type(f"{what} holds {array.dtype}; it must hold numbers")
    if array.shape != (count,):
        raise invalid(f"{what} has shape {list(array.shape)}; there are {count} labels")
    return np.ascontiguousarray(array, np.float64)

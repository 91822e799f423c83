"""tracks.py: what each person does, from the boxes of a detector and tracker.

    PYTHONPATH=bindings/python python3 examples/tracks/tracks.py VIDEO BOXES.jsonl LABEL... > events.jsonl

A line of BOXES.jsonl, or of standard input if it is "-", is one frame of the video, in order:

    {"boxes": [{"id": 7, "x": 101, "y": 40, "w": 60, "h": 150}, ...]}

with the box's left, top, width and height in pixels; a frame without boxes is {"boxes": []}. Each id has a stream of
its own: the square around the box with a margin of 10 %. One step encodes the frames of all of them in one batch, each
frame once if the model can do so. An id that is not seen for --forget seconds ends. A line of the output is an event
that started or ended. The model is the default one, or the one that ACTIONCLIP_MODEL names.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import actionclip

#: A region of a picture: left, top, width, height.
Region = tuple[int, int, int, int]


def square(box: dict[str, Any]) -> Region:
    """The square around a box, a tenth larger than its longer side. It may reach over the picture's edge."""
    side = max(1, round(max(box["w"], box["h"]) * 1.1))
    return round(box["x"] + (box["w"] - side) / 2), round(box["y"] + (box["h"] - side) / 2), side, side


class Tracks:
    """A stream for each track that is there, made and closed as tracks come and go.

    options: as of actionclip.Stream."""

    def __init__(self, model: actionclip.Model, forget: float = 2.0, **options: Any) -> None:
        self._model, self._forget, self._options = model, forget, options
        self._streams: dict[Any, actionclip.Stream] = {}
        self._seen: dict[Any, float] = {}
        self._finished: list[tuple[Any, actionclip.Stream]] = []  # tracks whose last windows were not taken yet

    def push(self, picture: Any, seconds: float, boxes: Iterable[dict[str, Any]], pixel_format: str = "rgb") -> None:
        """Gives every track its part of a picture."""
        for box in boxes:
            if box["id"] not in self._streams:
                self._streams[box["id"]] = actionclip.Stream(self._model, **self._options)
            self._seen[box["id"]] = seconds
            try:
                part = actionclip.Frame(picture, pixel_format, region=square(box), clamp_region=True)
                while self._streams[box["id"]].push(part, seconds) == "full":
                    self.step()
            except actionclip.ArgumentError as error:
                raise ValueError(f"the box of id {box['id']!r}: {error}") from error
        for track, seen in list(self._seen.items()):
            if seconds - seen > self._forget:
                self._finish(track)

    def step(self) -> int:
        """Encodes the frames that wait, of all tracks together."""
        return actionclip.step(self._streams.values()) if self._streams else 0

    def windows(self) -> Iterator[tuple[Any, actionclip.Window | None]]:
        """The windows that are there, each with its track; None for a track that has ended."""
        finished, self._finished = self._finished, []
        for track, stream in finished:
            for window in stream:  # to its end
                yield track, window
            stream.close()
            yield track, None
        for track, stream in list(self._streams.items()):
            for window in stream.windows():
                yield track, window

    def finish(self) -> None:
        """Ends all tracks."""
        for track in list(self._streams):
            self._finish(track)

    def _finish(self, track: Any) -> None:
        """Ends a track. If its id comes again, that is another track."""
        stream = self._streams.pop(track)
        del self._seen[track]
        stream.finish()
        self._finished.append((track, stream))


def events(
    tracks: Tracks, classifier: actionclip.Classifier, trackers: dict[Any, actionclip.Tracker]
) -> Iterator[dict[str, Any]]:
    """Events that start or end with the tracks' new windows."""
    for track, window in tracks.windows():
        if track not in trackers:
            trackers[track] = actionclip.Tracker(len(classifier.labels))
        if window is None:
            tracker = trackers.pop(track)
            tracker.finish()
        else:
            tracker = trackers[track]
            tracker.push(window.start_ns, window.end_ns, classifier.score(window.embedding)[0])
        for event in tracker:
            yield {
                "id": track, "event": event.kind, "label": classifier.labels[event.label],
                "start": event.start_ns / 1e9, "end": event.end_ns / 1e9, "decided": event.decided_ns / 1e9,
            }  # fmt: skip


def pictures(path: str) -> Iterator[tuple[Any, float]]:
    """The frames of a video file with their times."""
    with actionclip.Video(path) as video:
        for first in range(0, video.info.frame_count, 32):
            chosen = range(first, min(first + 32, video.info.frame_count))
            yield from zip(*video.read_frames(chosen, return_seconds=True))


def read_boxes(line: str) -> list[dict[str, Any]]:
    """The boxes of a line. ValueError says what is wrong with it."""
    try:
        boxes: list[dict[str, Any]] = json.loads(line)["boxes"]
        ids = [box["id"] for box in boxes if isinstance(box["id"], (int, str))]
        if len(ids) < len(boxes):
            raise ValueError
    except (ValueError, TypeError, KeyError):
        raise ValueError('this is no {"boxes": [{"id": 7, "x": 101, "y": 40, "w": 60, "h": 150}]}') from None
    for box in boxes:
        given = [box.get(name) for name in ("x", "y", "w", "h")]
        sizes = [size for size in given if isinstance(size, (int, float)) and math.isfinite(size)]
        if len(sizes) < 4 or min(sizes[2:]) <= 0:
            raise ValueError(f"the box of id {box['id']!r} needs numbers x, y, w and h, w and h above 0")
    if len(set(ids)) < len(ids):
        raise ValueError(f"an id has two boxes: {ids}")
    return boxes


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Events of each track of a video, as JSON lines.")
    parser.add_argument("video")
    parser.add_argument("boxes", help='a JSON line for each frame; "-": standard input')
    parser.add_argument("labels", nargs="+")
    parser.add_argument("--interval", type=float, help="seconds from one sampled frame to the next")
    parser.add_argument("--hop", type=int, help="sampled frames from one window to the next")
    parser.add_argument("--forget", type=float, default=2.0, help="seconds after which an unseen id ends")
    chosen = parser.parse_args(arguments)
    lines = sys.stdin if chosen.boxes == "-" else open(chosen.boxes, encoding="utf-8", errors="replace")

    def show() -> None:
        for event in events(tracks, classifier, trackers):
            print(json.dumps(event), flush=True)

    with actionclip.Model() as model, actionclip.Classifier(model, chosen.labels) as classifier, lines:
        tracks = Tracks(model, chosen.forget, interval=chosen.interval, hop=chosen.hop)
        trackers: dict[Any, actionclip.Tracker] = {}
        wrong = None
        for number, (line, picture) in enumerate(itertools.zip_longest(lines, pictures(chosen.video)), 1):
            if line is None:
                wrong = f"{chosen.boxes} has {number - 1} lines, and {chosen.video} has more frames"
            elif picture is None:
                wrong = f"{chosen.boxes} has more lines than the {number - 1} frames of {chosen.video}"
            if wrong:
                break
            try:
                tracks.push(picture[0], picture[1], read_boxes(line))
            except ValueError as error:
                raise ValueError(f"{chosen.boxes}:{number}: {error}") from error
            tracks.step()
            show()
        tracks.finish()
        show()
    if wrong:
        raise ValueError(wrong)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may stop, as `head` does
    try:
        main(sys.argv[1:])
    except (actionclip.ActionCLIPError, actionclip.LibraryError, OSError, ValueError) as error:
        sys.exit(f"tracks.py: {error}")

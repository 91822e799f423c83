"""thresholds.py: thresholds for events, from videos in which somebody has written down what happens when.

    PYTHONPATH=bindings/python python3 examples/thresholds.py spans.csv > thresholds.csv
    actionclip watch /dev/video0 --labels labels.txt --thresholds thresholds.csv

spans.csv begins with the line path,start,end,label; each further line is a stretch of a video, in seconds, that shows a
label. Paths begin in its folder. Stretches that no line names count as not showing the label.

Each line of the output has a label with two probabilities, from 0 to 1: a tracker starts an event of the label where
its smoothed score reaches `on`, and ends it where the score falls below `off`. In a program they are the options `on`
and `off` of actionclip.TrackerOptions. They hold for the same model and the same list of labels alone. Standard error
says how well they do on these videos: F1 is 1 where events cover the labelled stretches exactly, and 0 where they miss
all of them. The model is the default one, or the one that ACTIONCLIP_MODEL names. docs/EVENTS.md says more, and
`actionclip thresholds` does the same without Python.
"""

from __future__ import annotations

import csv
import math
import pathlib
import signal
import sys
from typing import NamedTuple

import actionclip
import numpy as np
import numpy.typing as npt

#: The half-life and the least times that the tracker will have, too: thresholds depend on them. `watch` has these.
OPTIONS = actionclip.TrackerOptions()


class Span(NamedTuple):
    """A stretch of a video that shows a label."""

    path: str
    label: str
    start_ns: int
    end_ns: int


def span_of(row: dict[str, str], place: str) -> Span:
    """A row of a file of spans. ValueError names its place."""
    try:
        start, end = float(row["start"]), float(row["end"])
        if row["path"] and row["label"].strip() and 0 <= start < end < math.inf:
            return Span(row["path"], row["label"], round(start * 1e9), round(end * 1e9))
    except (TypeError, ValueError, AttributeError, OverflowError):
        pass
    raise ValueError(f"{place}: this is no path, start and end in rising seconds, and label")


def read_spans(file: str) -> list[Span]:
    """The rows of a file of spans. ValueError names the line that is wrong."""
    with open(file, newline="", encoding="utf-8-sig", errors="replace") as lines:
        rows = csv.DictReader(lines)
        try:
            missing = [name for name in ("path", "start", "end", "label") if name not in (rows.fieldnames or ())]
            if missing:
                raise ValueError(f"{file}: its first line lacks {', '.join(missing)}; it must be path,start,end,label")
            spans = [span_of(row, f"{file}:{rows.line_num}") for row in rows]
        except csv.Error as error:
            raise ValueError(f"{file}: {error}") from None
    if not spans:
        raise ValueError(f"{file}: no line after the first one, so nothing is labelled")
    return spans


def windows_of(
    path: pathlib.Path, model: actionclip.Model, classifier: actionclip.Classifier
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The windows of a video, as a stream has them: starts and ends in nanoseconds, and scores [windows, labels]."""
    windows: list[actionclip.Window] = []
    with actionclip.Video(path) as video, actionclip.Stream(model, overflow="wait") as stream:
        count = video.info.frame_count
        for first in range(0, count, 32):
            frames, seconds = video.read_frames(range(first, min(first + 32, count)), return_seconds=True)
            for frame, time in zip(frames, seconds):
                while stream.push(frame, time) == "full":
                    stream.step()
                    windows += stream.windows()
        stream.finish()
        windows += stream  # steps to the end
    scores = np.asarray(classifier.score(np.stack([window.embedding for window in windows])))
    return np.array([w.start_ns for w in windows]), np.array([w.end_ns for w in windows]), scores


def main(file: str) -> None:
    folder, rows = pathlib.Path(file).parent, read_spans(file)
    labels = sorted({row.label for row in rows})
    starts, ends, scores, spans, shift = [], [], [], [], 0
    with actionclip.Model() as model, actionclip.Classifier(model, labels) as classifier:
        for path in sorted({row.path for row in rows}):
            first, last, probabilities = windows_of(folder / path, model, classifier)
            starts.append(first + shift)
            ends.append(last + shift)
            scores.append(probabilities)
            for row in rows:
                # A stretch counts as far as windows see it: what lies beyond would be in another file.
                start, end = max(row.start_ns, int(first[0])), min(row.end_ns, int(last[-1]))
                if row.path == path and start < end:
                    spans.append((labels.index(row.label), start + shift, end + shift))
            # One file after the other, with a hole that ends every event.
            shift = int(ends[-1][-1]) + round(2e9 * OPTIONS.gap)
    if not spans:
        raise ValueError(f"{file}: no labelled stretch is inside its video")
    found = actionclip.suggest_thresholds(
        np.concatenate(starts), np.concatenate(ends), np.concatenate(scores), spans, tracker=OPTIONS
    )
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["label", "on", "off"])
    table.writerows(zip(labels, found.on.tolist(), found.off.tolist()))  # floats in full, as Python writes them
    sys.stdout.flush()
    for label, f1 in zip(labels, found.f1):
        print(f"F1 {f1:.2f}  {label}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: thresholds.py SPANS.csv > thresholds.csv")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may stop, as `head` does
    try:
        main(sys.argv[1])
    except (actionclip.ActionCLIPError, actionclip.LibraryError, OSError, ValueError) as error:
        sys.exit(f"thresholds.py: {error}")

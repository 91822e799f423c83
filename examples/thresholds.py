"""thresholds.py: thresholds for events, from videos in which somebody has written down what happens when.

    PYTHONPATH=bindings/python python3 examples/thresholds.py spans.csv

spans.csv begins with the line path,start,end,label; each further line is a stretch of a video, in seconds, that shows a
label. Paths begin in its folder. What no line names counts as not shown. Prints, for each label, the scores at which a
tracker should start and end its events, and how well it does with them on these videos. The model is the default one, or
the one that ACTIONCLIP_MODEL names. docs/EVENTS.md says more.
"""

from __future__ import annotations

import csv
import pathlib
import sys

import actionclip
import numpy as np

OPTIONS = actionclip.TrackerOptions(half_life_ns=500_000_000, min_on_ns=1_000_000_000)


def windows_of(path: pathlib.Path, model: actionclip.Model, classifier: actionclip.Classifier):
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
    folder = pathlib.Path(file).parent
    with open(file, newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    labels = sorted({row["label"] for row in rows})
    starts, ends, scores, spans, shift = [], [], [], [], 0
    with actionclip.Model() as model, actionclip.Classifier(model, labels) as classifier:
        for path in sorted({row["path"] for row in rows}):
            first, last, probabilities = windows_of(folder / path, model, classifier)
            starts.append(first + shift)
            ends.append(last + shift)
            scores.append(probabilities)
            for row in rows:
                if row["path"] == path:
                    begin, end = (round(float(row[name]) * 1e9) for name in ("start", "end"))
                    spans.append((labels.index(row["label"]), begin + shift, end + shift))
            # One file after the other, with a hole that ends every event.
            shift = int(ends[-1][-1]) + 2 * OPTIONS.gap_ns
    found = actionclip.suggest_thresholds(
        np.concatenate(starts), np.concatenate(ends), np.concatenate(scores), spans, tracker=OPTIONS
    )
    print("   on   off    F1  label")
    for label, on, off, f1 in zip(labels, found.on, found.off, found.f1):
        print(f"{on:5.2f} {off:5.2f} {f1:5.2f}  {label}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

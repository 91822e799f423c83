"""tune.py: teach the model itself a new action by a few clips, and see what it learned and what it forgot.

    PYTHONPATH=bindings/python python3 examples/tune.py mine.safetensors examples/tune.csv examples/tune_held_out.csv

The first argument is the file to write. The lists begin with the line path,start,end,label; each further line is a
clip: a video, or a part of it in seconds. Paths begin in the list's folder. The model trains on the clips of the first
list alone. Those of the second list show how well it does: on labels that it did not know, and on those that it knew.
The model is the default one, or the one that ACTIONCLIP_MODEL names. docs/TRAINING.md says more.
"""

from __future__ import annotations

import csv
import pathlib
import signal
import sys
import warnings
from typing import NamedTuple

import actionclip


class Clip(NamedTuple):
    """A part of a video that shows a label; without an end it goes to the video's end."""

    path: pathlib.Path
    start: float
    end: float | None
    label: str


def read_clips(file: str) -> list[Clip]:
    """The clips of a list. ValueError names the line that is wrong."""
    clips = []
    with open(file, newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            try:
                end = float(row["end"]) if row["end"] else None
                path = pathlib.Path(file).parent / row["path"]
                clips.append(Clip(path, float(row["start"] or 0), end, row["label"].strip()))
            except (KeyError, TypeError, ValueError, AttributeError):
                raise ValueError(f"{file}:{rows.line_num}: this is no path,start,end,label") from None
    return clips


def right(model: actionclip.Model, clips: list[Clip], labels: list[str]) -> str:
    """How many of the clips a model recognises among all labels, as "3 of 4"."""
    with actionclip.Classifier(model, labels) as classifier:
        videos = [model.encode_video(clip.path, start=clip.start, end=clip.end) for clip in clips]
        found = [classifier.decide(video)[0] for video in videos]
    return f"{sum(label == clip.label for label, clip in zip(found, clips))} of {len(clips)}"


def main(file: str, trained: str, held_out: str) -> None:
    lesson, exam = read_clips(trained), read_clips(held_out)
    with actionclip.Model() as model:
        # The labels that the model has, and the new ones: it must tell all of them apart.
        labels = list(dict.fromkeys(model.labels + [clip.label for clip in lesson + exam]))
        new = [clip for clip in exam if clip.label not in model.labels]
        old = [clip for clip in exam if clip.label in model.labels]

        # With few clips train little: the temporal head alone. Cross-entropy compares each clip with all labels, not
        # only with those of its batch.
        with model.tune(labels, train="head", loss="cross_entropy", epochs=10, rate=1e-4) as tuner:
            for clip in lesson:
                # Four choices of the clip's frames, of which each step draws one.
                tuner.add(clip.path, clip.label, start=clip.start, end=clip.end, views=4)
            for clip in exam:
                tuner.add(clip.path, clip.label, start=clip.start, end=clip.end, held_out=True)
            info = tuner.info
            print(f"{info.clips} clips, {info.trained} numbers are trained, in {info.memory / 1e6:.0f} MB")
            for result in tuner:
                if result.step % info.steps_per_epoch == 0:
                    epoch, score = result.step // info.steps_per_epoch, tuner.eval()
                    print(f"epoch {epoch:2}: loss {result.loss:.3f}, held out {score.right} of {score.clips}")

            # How far to go from the old weights to the tuned ones: half-way often keeps what both know.
            print("\nalpha  new labels  old labels")
            for alpha in (0, 0.5, 1):
                with tuner.model(alpha) as tuned:
                    print(f"{alpha:5}  {right(tuned, new, labels):>10}  {right(tuned, old, labels):>10}")
            with tuner.model(0.5) as tuned:
                tuned.save(file)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1].startswith("-"):
        sys.exit("usage: tune.py MINE.safetensors TRAINED.csv HELD_OUT.csv")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may stop, as `head` does
    warnings.simplefilter("ignore", actionclip.UnknownLabelWarning)  # labels that the model does not know are the point
    try:
        main(*sys.argv[1:])
    except (actionclip.ActionCLIPError, actionclip.LibraryError, OSError, ValueError) as error:
        sys.exit(f"tune.py: {error}")

#!/usr/bin/env python3
"""Mean average precision of word queries in an archive of shapes videos: the table of docs/ARCHIVES.md.

    python3 -m shapes.video sets/old compositions 1060 7    clips of the 53 actions that the model trained on
    python3 -m shapes.video sets/test actions 450 7         clips of the nine that it never trained on
    python3 -m shapes.video sets/pool actions 576 100       more of them
    python3 archive_map.py sets/old sets/test sets/pool

All videos are in one archive, which `actionclip embed` makes, and each of the 62 labels is a query. A video's score is
that of its best window. Intervals of 95 % are over draws of videos. Needs bindings/python on PYTHONPATH (or installed),
the library and the command.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import actionclip
import numpy as np

from shapes.actions import ACTIONS
from shapes.splits import TRAINED_ACTIONS

LABELS = [action.name for action in ACTIONS]
COMMAND = Path(__file__).resolve().parents[2] / "build" / "bin" / "actionclip"


def embed(sets, archive, *options):
    subprocess.run([COMMAND, "embed", *sets, "--out", archive, *options], check=True)


def scores_of(archive, videos, model, labels=LABELS):
    """The best score of each label in each video, [labels, videos]."""
    scores = np.full((len(labels), len(videos)), -np.inf)
    place = {path: number for number, path in enumerate(videos)}
    with actionclip.Index(archive, model=model) as index:
        for number, label in enumerate(labels):
            for moment in index.query(label, len(index), merge=False):
                video = place[moment.path]
                scores[number, video] = max(scores[number, video], moment.score)
    return scores


def average_precision(order, relevant, counts):
    """The average precision of each label: of videos in the order of their scores, [labels, videos], drawn `counts` times
    each; of equal draws of a video, all or none come first."""
    drawn = counts[order]
    hits = drawn * relevant
    precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(drawn, axis=1), 1)
    return (hits * precision).sum(axis=1) / np.maximum(hits.sum(axis=1), 1)


def mean_average_precision(scores, actions, labels, draws=1000, seed=0):
    """-> for each group of labels its mAP and the ends of the 95 % interval, over draws of videos."""
    order = np.argsort(-scores, axis=1, kind="stable")
    relevant = np.take_along_axis(np.array(actions)[None] == np.array(labels)[:, None], order, axis=1)
    groups = {"all": np.ones(len(labels), bool)}
    groups["trained"] = np.array([label in TRAINED_ACTIONS for label in labels])
    groups["never trained"] = ~groups["trained"]
    whole = average_precision(order, relevant, np.ones(len(actions), int))
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(draws):
        counts = np.bincount(rng.integers(len(actions), size=len(actions)), minlength=len(actions))
        drawn.append(average_precision(order, relevant, counts))
    found = {}
    for name, group in groups.items():
        if group.any():
            means = np.array(drawn)[:, group].mean(axis=1)
            found[name] = (whole[group].mean(), *np.quantile(means, [0.025, 0.975]))
    return found, whole


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--archive", type=Path, help="the archive to make or go on with (default: a temporary one)")
    options, given = parser.parse_known_args()  # others are embed's, such as --decode key-frames
    videos, actions = [], []
    for folder in options.sets:
        for video in json.loads((folder / "index.json").read_text())["videos"]:
            videos.append(str(folder / video["file"]))
            actions.append(video["action"])
    with tempfile.TemporaryDirectory() as folder, actionclip.Model(compute_sha256=True) as model:
        archive = options.archive or Path(folder) / "archive"
        embed(options.sets, archive, *given)
        labels = [label for label in LABELS if label in actions]
        found, single = mean_average_precision(scores_of(archive, videos, model, labels), actions, labels)
    print(f"{len(videos)} videos, {len(labels)} queries")
    for name, (mean, low, high) in found.items():
        print(f"{name:14s} mAP {100 * mean:5.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    for label, value in sorted(zip(labels, single), key=lambda pair: pair[1])[:5]:
        print(f"  lowest: {100 * value:5.1f} %  {label}{'' if label in TRAINED_ACTIONS else ' (never trained)'}")


if __name__ == "__main__":
    main()

"""Lists of videos, in every form that the library's command reads (docs/LISTS.md), and what is wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .source import Labels


@dataclass(frozen=True)
class Clip:
    """A video or a part of one, in seconds, and the labels that it shows. path may be a folder of extracted
    frames."""

    path: str
    labels: Labels
    start: float = 0.0
    end: float | None = None

    def __str__(self) -> str:
        part = f" from {self.start} s" + ("" if self.end is None else f" to {self.end} s")
        return self.path + (part if self.start or self.end is not None else "")


@dataclass
class VideoList:
    """Clips, and the texts of the labels that they name by number."""

    labels: list[str]
    clips: list[Clip]
    notes: list[str] = field(default_factory=list)


def read_list(
    path: str | Path,
    labels: str | Path | None = None,
    root: str | Path | None = None,
    split: str | None = None,
    multi_label: bool = False,
) -> VideoList:
    """Reads a list by `actionclip list`. A file that this command printed is read as it is, without the command."""
    if Path(path).is_file():
        with open(path, encoding="utf-8", errors="replace") as file:
            first = file.readline()
        if first.startswith('{"labels":[') and '"path"' not in first:
            return _parsed(Path(path).read_text(encoding="utf-8"))
    command = [_command(), "list", os.fspath(path)]
    for option, value in (("--labels", labels), ("--root", root), ("--split", split)):
        command += [option, os.fspath(value)] if value else []
    command += ["--multi-label"] if multi_label else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{command[0]}: lists are read by libactionclip's command: install it, set ACTIONCLIP_COMMAND, "
            "or give the output of `actionclip list` in place of the list"
        ) from None
    if done.returncode:
        raise ValueError(done.stderr.strip().removeprefix("actionclip: error: "))
    result = _parsed(done.stdout)
    result.notes += done.stderr.splitlines()
    return result


def _command() -> str:
    built = Path(__file__).resolve().parents[3] / "build" / "bin" / "actionclip"
    return os.environ.get("ACTIONCLIP_COMMAND") or (str(built) if built.exists() else "actionclip")


def _parsed(text: str) -> VideoList:
    first, *rows = [json.loads(line) for line in text.splitlines()]
    clips = [Clip(row["path"], tuple(row["labels"]), row.get("start") or 0.0, row.get("end")) for row in rows]
    return VideoList(first["labels"], clips)


def held_out(clips: Sequence[Clip], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Indices of the clips to train on and of those held out. All clips of a video are on the same side, and labels
    keep their shares as far as videos allow."""
    if not 0 <= share < 1:
        raise ValueError(f"held_out is {share}; expected 0 up to 1")
    import numpy as np

    videos: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        videos.setdefault(clip.path, []).append(index)
    total = Counter(label for clip in clips for label in clip.labels)
    wanted = {label: share * count for label, count in total.items()}
    taken: Counter[int] = Counter()
    chosen: set[int] = set()
    names = sorted(videos)
    for place in np.random.default_rng(seed).permutation(len(names)):
        own = [label for index in videos[names[place]] for label in clips[index].labels]
        # A video is held out where its labels still lack more than half of what it has of them, but never their last.
        if own and all(
            taken[label] + 0.5 * count < wanted[label] and taken[label] + count < total[label]
            for label, count in Counter(own).items()
        ):
            taken.update(own)
            chosen.update(videos[names[place]])
    return [i for i in range(len(clips)) if i not in chosen], sorted(chosen)


def faults(train: VideoList, tests: dict[str, VideoList]) -> list[str]:
    """Sentences about a list that would spoil a result: files that are not there, videos that are also tested, clips
    that overlap, labels with no clip."""
    found = []
    missing = [clip for clip in train.clips if not os.path.exists(clip.path)]
    if missing:
        found.append(
            f"{len(missing)} of {len(train.clips)} videos are not there, the first is {missing[0].path}"
        )
    own = {os.path.realpath(clip.path) for clip in train.clips}
    for name, test in tests.items():
        shared = sorted({clip.path for clip in test.clips if os.path.realpath(clip.path) in own})
        if shared:
            found.append(f"{len(shared)} videos are in training and in {name}, the first is {shared[0]}")
    same: dict[tuple[str, float, float | None], list[Clip]] = {}
    for clip in train.clips:
        same.setdefault((os.path.realpath(clip.path), clip.start, clip.end), []).append(clip)
    repeated = [clips for clips in same.values() if len(clips) > 1]
    if repeated:
        found.append(f"{len(repeated)} clips are there more than once, the first is {repeated[0][1]}")
    counts = Counter(label for clip in train.clips for label in clip.labels)
    empty = [name for index, name in enumerate(train.labels) if not counts[index]]
    if empty:
        found.append(f"{len(empty)} of {len(train.labels)} labels have no clip, the first is {empty[0]!r}")
    return found

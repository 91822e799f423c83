"""Clips of video files, decoded by the library, and of folders of extracted frames."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..recipe import Recipe
from .augment import Augment
from .lists import Clip
from .source import ClipError

Frames = np.ndarray


def drawn_frames(count: int, segments: int, random: np.random.Generator) -> list[int]:
    """The reference's choice while training: a frame of each segment, at random; of too few frames all, and some of
    them again."""
    if count <= segments:
        return sorted([*range(count), *random.integers(0, count, segments - count).tolist()])
    ticks = [i * count // segments for i in range(segments + 1)]
    return [int(random.integers(a, b)) for a, b in zip(ticks, ticks[1:], strict=False)]


class VideoSource:
    """Clips of a list as bytes [T, 3, S, S]. preset: "resize", "short_side" and "sampling" of test time, by their
    names in a single file; what is missing is the reference's."""

    def __init__(
        self,
        clips: Sequence[Clip],
        frames: int,
        side: int,
        recipe: Recipe,
        preset: Mapping[str, str] | None = None,
    ) -> None:
        self.clips, self.frames, self.side, self.recipe = list(clips), frames, side, recipe
        self.preset = dict(preset or {})
        self.labels = [clip.labels for clip in clips]
        self.groups = [clip.path for clip in clips]
        self.augment = Augment(recipe, side)

    def __len__(self) -> int:
        return len(self.clips)

    def clip(self, index: int, random: np.random.Generator | None) -> torch.Tensor:
        clip = self.clips[index]
        try:
            with _opened(clip.path) as video:
                there = video.range(clip.start, clip.end)
                if random is not None and self.recipe.jitter:
                    chosen = drawn_frames(len(there), self.frames, random)
                else:
                    chosen = self._test_frames(len(there), video.rate)
                frames = video.read([there.start + i for i in chosen])
        except Exception as error:
            raise ClipError(f"{clip}: {error}") from error
        if random is None:
            pictures = self._cropped(frames)
        else:
            pictures = self.augment(frames, random)
        return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))

    def _cropped(self, frames: Frames) -> Frames:
        import actionclip

        resize, short = self.preset.get("resize", "ActionCLIP"), self.preset.get("short_side")
        name = "hugging_face" if resize == "HuggingFace" else resize.lower()
        return actionclip.preprocess_crop(
            list(frames), self.side, resize=name, short_side=short and int(short)
        )

    def _test_frames(self, count: int, rate: float) -> list[int]:
        import actionclip

        rule = self.preset.get("sampling", "ActionCLIP").lower().replace("-", "_")
        return actionclip.sample_indices(count, self.frames, sampling=rule, frame_rate=rate).tolist()


class _Video:
    """A file, by the library's decoder."""

    def __init__(self, path: str) -> None:
        import actionclip

        self._video = actionclip.Video(path)
        self.rate = self._video.outline.frame_rate or 30

    def __enter__(self) -> _Video:
        return self

    def __exit__(self, *_: Any) -> None:
        self._video.close()

    def range(self, start: float, end: float | None) -> range:
        if not start and end is None:
            return range(self._video.outline.frame_count)
        return self._video.frames_between(start, end)

    def read(self, indices: list[int]) -> Frames:
        return self._video.read_frames(indices)


class _Folder:
    """A folder of extracted frames, whose names end in numbers, as the reference's lists name them. Pillow reads them, as it
    does for the reference: the library has other colours of JPEG files."""

    #: Names of the folders read last: listing one with thousands of frames takes longer than reading eight.
    _known: OrderedDict[str, list[str]] = OrderedDict()
    _lock = threading.Lock()

    def __init__(self, path: str) -> None:
        self.path = path
        with self._lock:
            names = self._known.get(path)
        if names is None:
            numbered = [(int(m[1]), m[0]) for m in map(re.compile(r".*?(\d+)\.(?:jpe?g|png)", re.I).fullmatch,
                                                       os.listdir(path)) if m]  # fmt: skip
            names = [name for _, name in sorted(numbered)]
            if not names:
                raise ValueError("the folder has no frames: files such as img_00001.jpg")
            with self._lock:
                self._known[path] = names
                if len(self._known) > 4096:
                    self._known.popitem(last=False)
        self.names, self.rate = names, 30.0

    def __enter__(self) -> _Folder:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def range(self, start: float, end: float | None) -> range:
        if start or end is not None:
            raise ValueError("a folder of frames has no times: leave start and end out")
        return range(len(self.names))

    def read(self, indices: list[int]) -> Frames:
        from PIL import Image

        read = {
            i: np.asarray(Image.open(os.path.join(self.path, self.names[i])).convert("RGB"))
            for i in set(indices)
        }
        return np.stack([read[i] for i in indices])


def _opened(path: str) -> _Video | _Folder:
    return _Folder(path) if os.path.isdir(path) else _Video(path)

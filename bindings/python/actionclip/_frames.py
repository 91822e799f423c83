"""Frames of one video or several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._arrays import FloatArray, as_array, float_array
from ._errors import invalid
from ._images import ImageLike

#: Images: a sequence of them, or one array [T, H, W, C] or [B, T, H, W, C].
FramesLike = Any
#: Preprocessed frames: numbers [n, 3, S, S] or [B, T, 3, S, S].
PixelsLike = Any


def frame_list(frames: FramesLike) -> list[ImageLike]:
    """Frames one by one, videos one after the other."""
    if isinstance(frames, Iterator):
        frames = list(frames)
    if not isinstance(frames, (list, tuple)):
        frames = as_array("frames", frames)
        if frames.ndim not in (4, 5):
            raise invalid(
                f"frames has shape {list(frames.shape)}; it must be [T, H, W, C] or [B, T, H, W, C], "
                "or a list of images"
            )
    result: list[ImageLike] = []
    for item in frames:
        nested = isinstance(item, (list, tuple)) or getattr(item, "ndim", 0) == 4
        result.extend(item) if nested else result.append(item)
    return result


def pixel_array(pixels: PixelsLike, per_video: int, side: int) -> tuple[FloatArray, int]:
    """Preprocessed frames as one array, and how many frames it holds."""
    array = float_array("pixels", pixels, (4, 5))
    shape = list(array.shape)
    if shape[-3:] != [3, side, side]:
        raise invalid(f"pixels has shape {shape}; this model takes [..., 3, {side}, {side}]")
    if array.ndim == 5 and shape[1] != per_video:
        raise invalid(f"pixels has {shape[1]} frames per video; this model takes {per_video}")
    return array, shape[0] if array.ndim == 4 else shape[0] * shape[1]

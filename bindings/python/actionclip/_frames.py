"""Conversion of frames of one or several videos, in any nesting, to one list of frames.

The library takes frames in one list, T per video. It cannot see where the caller thinks a video ends: a video
with one frame too many would shift every later one. So if the caller's nesting shows what one video is, exactly T of
its frames are passed on: from more the model's own rule chooses T, and fewer are an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ._arguments import type_name
from ._arrays import FloatArray, as_array, float_array
from ._errors import invalid, wrong_type
from ._frame import PLANAR, pixel_order
from ._images import ImageLike, channels_last, is_pillow
from ._refusals import require_bytes, shape_of
from ._warnings import warn

#: Images: a sequence of them, or one array [T, H, W, C] or [B, T, H, W, C] (or with C before H, as torch has it).
FramesLike = Any
#: Preprocessed frames: numbers [n, 3, S, S] or [B, T, 3, S, S], or lists of such.
PixelsLike = Any
#: Chooses frames: from the number of a video's frames to the indices of those that are used.
Choose = Callable[[int], Iterable[int]]


def frame_list(
    frames: FramesLike, per_video: int, pixel_format: str, choose: Choose, *, single: bool = False
) -> list[ImageLike]:
    """The frames of all videos in one list, `per_video` of each.

    choose: chooses frames from a video that has more. single: all frames belong to one video.
    """
    order = pixel_order(pixel_format)
    has_channels = _channels_of(order)
    if _is_listing("frames", frames):
        entries = list(frames)
    else:
        entries = _entries_of_array(frames, order, per_video)
    result: list[ImageLike] = []
    nested: list[bool] = []
    for index, entry in enumerate(entries):
        video = _frames_of_video(f"video {index}", entry, has_channels)
        nested.append(video is not None)
        if video is None:
            result.append(entry)
        else:
            result.extend(_chosen(video, index, per_video, choose))
    _refuse_mixture("frames", nested)
    count = len(result)
    if any(nested) or count <= per_video:
        return result
    if single:
        return _chosen(result, 0, per_video, choose)
    # A flat list holds T frames per video, unless their number fits only one video.
    if count % per_video != 0:
        warn(
            f"{count} frames are taken for one video, of which the model's rule chooses {per_video}; say so with "
            f"[frames], since a multiple of {per_video} would be several videos",
            UserWarning,
        )
        return _chosen(result, 0, per_video, choose)
    return result


def single_frame_list(frames: FramesLike, pixel_format: str) -> list[ImageLike]:
    """Single frames in one list, from a list or an array [n, H, W, C] that does not group them into videos."""
    order = pixel_order(pixel_format)
    entries = list(frames) if _is_listing("frames", frames) else _entries_of_array(frames, order, 1)
    for index, entry in enumerate(entries):
        if _frames_of_video(f"frame {index}", entry, _channels_of(order)) is not None:
            raise invalid(f"frames holds several frames at {index}; frames by themselves are in one list or array")
    return entries


def _entries_of_array(frames: Any, order: str, per_video: int) -> list[Any]:
    """The entries of an array: frames if it is one video, videos if it is several."""
    if is_pillow(frames):
        raise invalid("frames is one picture; it must be a list of images (of a still picture: [picture] * T)")
    array = as_array("frames", frames)
    if array.dtype.kind == "O" and array.ndim == 1:
        return list(array)  # frames of different sizes, as numpy keeps them
    if array.dtype.kind in "OSU" or array.ndim == 0:
        require_bytes("frames", array)
    gray = order == "gray"
    has_channels = _channels_of(order)
    if gray and array.ndim == 4 and array.shape[1] == 1 != per_video and not _has_channels(array.shape):
        array = array[:, 0]  # [T, 1, H, W]
    array = channels_last(array, order)
    channels = has_channels(array.shape)
    if array.ndim - channels not in (3, 4):
        raise invalid(f"frames {shape_of(array)}; {_advice_for_shape(array.shape, gray)}")
    return list(array)


def _advice_for_shape(shape: Sequence[int], gray: bool) -> str:
    shapes = "[T, H, W, C] or [B, T, H, W, C]" + (", with or without C," if gray else "")
    advice = f"it must be {shapes} or a list of images"
    if len(shape) == 3 and shape[-1] in (3, 4):
        return f"{advice}: this is one picture; of a still picture, a video is [picture] * T"
    if len(shape) == 3 and not gray:
        return f'{advice}; for grey frames say pixel_format="gray"'
    if len(shape) == 2:
        return f"{advice}: this is one grey picture"
    if len(shape) == 1:
        return f"{advice}; a file's bytes go to encode_video or classify as bytes"
    return advice


def _chosen(video: list[ImageLike], index: int, per_video: int, choose: Choose) -> list[ImageLike]:
    if len(video) <= per_video:
        _count_frames("", index, len(video), per_video)
        return video
    return [video[i] for i in choose(len(video))]


def pixel_array(pixels: PixelsLike, per_video: int, side: int) -> tuple[FloatArray, int]:
    """Preprocessed frames as one array, and their number."""
    if _is_listing("pixels", pixels):
        pixels = _stacked([_gathered(entry) for entry in pixels], per_video)
    if getattr(pixels, "dtype", None) == np.uint8:
        raise wrong_type("pixels holds uint8; pictures as they are go to encode_frames")
    array = float_array("pixels", pixels, (4, 5))
    shape = list(array.shape)
    if shape[-3:] != [3, side, side]:
        raise invalid(f"pixels has shape {shape}; this model takes [..., 3, {side}, {side}]")
    if array.ndim == 4:
        return array, shape[0]
    if shape[0]:
        _count_frames(f"pixels has shape {shape}: ", 0, shape[1], per_video)
    return array, shape[0] * shape[1]


def single_pixel_array(pixels: PixelsLike, side: int) -> FloatArray:
    """Preprocessed frames [n, 3, side, side] as one array."""
    array, _ = pixel_array(pixels, 1, side)
    if array.ndim != 4:
        raise invalid(f"pixels has shape {list(array.shape)}; frames by themselves are [n, 3, {side}, {side}]")
    return array


def _is_listing(what: str, value: Any) -> bool:
    """Whether a value is a list of entries, not an array or an image."""
    if isinstance(value, (str, bytes, bytearray, dict)):
        raise wrong_type(f"{what} must be an array or a list of images, not {type_name(value)}")
    if any(hasattr(value, name) for name in ("ndim", "__array__", "__array_interface__", "__dlpack__")):
        return False
    return isinstance(value, Iterable)


def _frames_of_video(what: str, entry: Any, has_channels: Callable[[Sequence[int]], bool]) -> list[ImageLike] | None:
    """The frames of an entry that is a video, or None if it is one image."""
    if is_pillow(entry) or isinstance(entry, (str, bytes, bytearray)):
        return None
    if _is_listing(what, entry):
        return list(entry)
    shape = getattr(entry, "shape", ())
    if len(shape) == 4 or (len(shape) == 3 and not has_channels(shape)):
        return list(as_array(what, entry))
    return None


def _channels_of(order: str) -> Callable[[Sequence[int]], bool]:
    """Tells from a shape whether the last dimension of pictures of a format is channels."""
    if order in ("gray", "gray16"):
        return _has_channels
    return (lambda shape: False) if order in PLANAR else (lambda shape: True)


def _has_channels(shape: Sequence[int]) -> bool:
    """Whether the last dimension of grey pictures is channels: it is the width, unless it is 1, 3 or 4. `Images`
    refuses the colour pictures among these."""
    return len(shape) > 0 and shape[-1] in (1, 3, 4)


def _count_frames(where: str, index: int, found: int, per_video: int) -> None:
    if found != per_video:
        fewer = " of each video: repeat some, or load the model with fewer (frames=)" if found < per_video else ""
        raise invalid(f"{where}video {index} has {found} frames; this model takes {per_video}{fewer}")


def _refuse_mixture(what: str, nested: list[bool]) -> None:
    if any(nested) and not all(nested):
        other = nested.index(not nested[0])
        kinds = ("a video", "a frame") if nested[0] else ("a frame", "a video")
        raise invalid(
            f"{what} holds {kinds[0]} at 0 and {kinds[1]} at {other}; give all frames or all videos"
        )


def _gathered(entry: Any) -> Any:
    """An entry with all its entries in lists, since numpy takes no generators."""
    return [_gathered(part) for part in entry] if _is_listing("pixels", entry) else entry


def _stacked(entries: list[Any], per_video: int) -> Any:
    """Stacks frames, or videos with equal numbers of frames."""
    if not any(isinstance(part, list) or hasattr(part, "shape") for part in entries):
        return entries  # numbers, or something that float_array refuses
    # The number of frames of each video is checked before numpy stacks them.
    videos = [as_array(f"pixels of entry {index}", entry) for index, entry in enumerate(entries)]
    nested = [video.ndim == 4 for video in videos]
    _refuse_mixture("pixels", nested)
    for index, video in enumerate(videos):
        if nested[index]:
            _count_frames("", index, video.shape[0], per_video)
        if video.shape != videos[0].shape:
            shapes = f"{list(videos[0].shape)} at 0 and {list(video.shape)} at {index}"
            raise invalid(f"pixels holds shapes {shapes}; all must be the same")
    return np.stack(videos)

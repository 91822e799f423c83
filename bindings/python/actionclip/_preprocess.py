"""Preprocessing of images to the network's input, and the choice of frames."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, INT64_MAX, choice, items, real, whole
from ._arrays import ByteArray, FloatArray, as_array, pointer
from ._errors import invalid
from ._frame import PLANAR, Frame, pixel_order
from ._frames import FramesLike
from ._images import ImageLike, Images, is_pillow
from ._library import library

RESIZE = {
    "actionclip": CONSTANTS["RESIZE_ACTIONCLIP"],
    "clip": CONSTANTS["RESIZE_CLIP"],
    "mmaction2": CONSTANTS["RESIZE_MMACTION2"],
    "hugging_face": CONSTANTS["RESIZE_HUGGING_FACE"],
    "square": CONSTANTS["RESIZE_SQUARE"],
    "square_bilinear": CONSTANTS["RESIZE_SQUARE_BILINEAR"],
    "hugging_face_bilinear": CONSTANTS["RESIZE_HUGGING_FACE_BILINEAR"],
    "clip_bilinear": CONSTANTS["RESIZE_CLIP_BILINEAR"],
}
SAMPLING = {
    "actionclip": CONSTANTS["SAMPLING_ACTIONCLIP"],
    "mmaction2": CONSTANTS["SAMPLING_MMACTION2"],
    "open_vclip": CONSTANTS["SAMPLING_OPEN_VCLIP"],
    "open_vclip_start": CONSTANTS["SAMPLING_OPEN_VCLIP_START"],
    "open_vclip_end": CONSTANTS["SAMPLING_OPEN_VCLIP_END"],
}
_CROP = {
    "center": CONSTANTS["CROP_CENTER"],
    "start": CONSTANTS["CROP_START"],
    "end": CONSTANTS["CROP_END"],
}


def options(
    resize: str | None,
    crop: str,
    short_side: int | None,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    model: Any = None,
) -> Any:
    """A pointer to the C struct of options, which it keeps alive. None means the model's own, if `model` is given (a
    handle in use), else the reference's."""
    struct = library().defaults("preprocess_options")
    if model is not None:
        library().call("model_preprocess_options", model, ctypes.byref(struct))
    if resize is not None:
        struct.resize = choice("resize", resize, RESIZE)
        struct.short_side = 0
    struct.crop = choice("crop", crop, _CROP)
    if short_side is not None:
        struct.short_side = whole("short_side", short_side, 1, INT32_MAX)
    for name, values in (("mean", mean), ("std", std)):
        if values is not None:
            numbers = [real(name, value) for value in items(name, values)]
            if len(numbers) != 3:
                raise invalid(f"{name} has {len(numbers)} values; it must have 3: red, green, blue")
            setattr(struct, name, (ctypes.c_float * 3)(*numbers))
    return ctypes.pointer(struct)


def preprocess(
    image: ImageLike | FramesLike,
    size: int = 224,
    *,
    pixel_format: str = "rgb",
    resize: str = "actionclip",
    crop: str = "center",
    short_side: int | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> FloatArray:
    """Resizes images, with the same bits as Pillow or OpenCV, crops and normalises them.

    One image, uint8 [H, W, 3], [H, W, 4] or [H, W] or a Pillow image of any mode, gives float32 [3, size, size]. A list
    of images, or an array [n, H, W, C], gives [n, 3, size, size].
    resize: "actionclip" (the reference) makes the short side size * 256 / 224, bicubic as in Pillow; "clip" makes it
    size, and "clip_bilinear" too, bilinear; "hugging_face" is like "clip", but splits odd margins as transformers does,
    and "hugging_face_bilinear" like that, bilinear; "mmaction2" makes it
    size * 256 / 224, bilinear as in OpenCV; "square" (bicubic) and "square_bilinear", as in Pillow, make the whole
    picture size by size. short_side: the short side in pixels, in place of that.
    crop: "center", or the "start" or "end" of the long side. mean, std: on the 0..1 scale, CLIP's by default.
    """
    return pixels(image, whole("size", size, 1, 4096), pixel_format, options(resize, crop, short_side, mean, std))


def pixels(image: Any, size: int, pixel_format: str, settings: Any) -> FloatArray:
    images, single = _one_or_many(image, pixel_order(pixel_format))
    out = np.empty((len(images), 3, size, size), np.float32)
    _each("preprocess_pixels_camera_frame", images, pixel_format, size, settings, out, _abi.Floats)
    return out[0] if single else out


def preprocess_crop(
    image: ImageLike | FramesLike,
    size: int = 224,
    *,
    pixel_format: str = "rgb",
    resize: str = "actionclip",
    crop: str = "center",
    short_side: int | None = None,
) -> ByteArray:
    """Resizes and crops images without normalising them: uint8 [size, size, 3] RGB, or [n, size, size, 3] for several.
    The arguments are those of `preprocess`."""
    images, single = _one_or_many(image, pixel_order(pixel_format))
    settings = options(resize, crop, short_side, None, None)
    size = whole("size", size, 1, 4096)
    out = np.empty((len(images), size, size, 3), np.uint8)
    _each("preprocess_crop_camera_frame", images, pixel_format, size, settings, out, _abi.Bytes)
    return out[0] if single else out


def _one_or_many(image: Any, order: str) -> tuple[list[Any], bool]:
    if isinstance(image, (list, tuple, Iterator)):
        return list(image), False
    if is_pillow(image) or isinstance(image, Frame):
        return [image], True
    array = as_array("image", image)
    several = 3 if order in PLANAR else 4
    return (list(array), False) if array.ndim == several else ([array], True)


def _each(
    function: str,
    images: list[Any],
    pixel_format: str,
    size: int,
    settings: Any,
    out: npt.NDArray[Any],
    kind: Any,
) -> None:
    structs = Images(images, pixel_format)
    for index in range(structs.count):
        row = out[index]
        library().call(
            function, ctypes.byref(structs.structs[index]), size, settings, pointer(row, kind), row.size
        )


def sample_indices(
    frame_count: int, segments: int, *, sampling: str = "actionclip", frame_rate: float = 30
) -> npt.NDArray[np.int64]:
    """Chooses `segments` of `frame_count` frames as at test time: int64 [segments].

    sampling: the rule, "actionclip" (the reference), "mmaction2" (mmaction2, X-CLIP and ViFi-CLIP) or "open_vclip"
    (the middle view of Open-VCLIP's three; "open_vclip_start" and "open_vclip_end" are the others). frame_rate: frames
    per second; only Open-VCLIP's rules depend on it."""
    count = whole("frame_count", frame_count, -INT64_MAX, INT64_MAX)
    wanted = whole("segments", segments, 1, INT32_MAX)
    rule = choice("sampling", sampling, SAMPLING)
    rate = real("frame_rate", frame_rate)
    out = np.empty(min(wanted, 1 << 20), np.int64)
    library().call("sample_indices_by", rule, count, rate, wanted, pointer(out, _abi.Int64s), out.size)
    return out

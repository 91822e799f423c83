"""Conversion of images to the library's image structs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, type_name
from ._arrays import ByteArray, as_array
from ._errors import invalid, wrong_type
from ._refusals import require_bytes, shape_of

#: One image: uint8 [H, W, 3], [H, W, 4], [H, W], or [3, H, W] as torch has it; anything that numpy.asarray converts to
#: such an array; or a Pillow image.
ImageLike = Any

_FORMATS = {
    "rgb": {3: "PIXEL_RGB", 4: "PIXEL_RGBA"},
    "bgr": {3: "PIXEL_BGR", 4: "PIXEL_BGRA"},
    "rgba": {4: "PIXEL_RGBA"},
    "bgra": {4: "PIXEL_BGRA"},
    "gray": {1: "PIXEL_GRAY"},
}


def pixel_order(pixel_format: str) -> str:
    """Checks the name of a pixel format, and gives it in lower case."""
    if not isinstance(pixel_format, str):
        raise wrong_type(f"pixel_format must be a string, not {type_name(pixel_format)}")
    order = pixel_format.casefold()
    if order not in _FORMATS:
        raise invalid(f"pixel_format is {pixel_format!r}; it must be one of {', '.join(_FORMATS)}")
    return order


def channels_last(array: npt.NDArray[Any], order: str) -> npt.NDArray[Any]:
    """A view of pictures as [..., H, W, C]. They are taken for [..., C, H, W], as torch has them, if the last dimension
    cannot be channels and the third last can."""
    counts = _FORMATS[order]
    if array.ndim >= 3 and array.shape[-1] > 4 and array.shape[-3] in counts:
        return np.moveaxis(array, -3, -1)
    return array


def is_pillow(value: Any) -> bool:
    """Whether a value is a Pillow image, by its attributes, since Pillow need not be installed."""
    return isinstance(getattr(value, "mode", None), str) and callable(getattr(value, "convert", None))


class Images:
    """An array of image structs, which keeps alive the arrays that they point to."""

    def __init__(self, images: Sequence[ImageLike], pixel_format: str) -> None:
        order = pixel_order(pixel_format)
        self.count = len(images)
        self.structs = (_abi.Image * self.count)()
        self._arrays: list[ByteArray] = []
        for index, image in enumerate(images):
            name = f"image {index}"
            if is_pillow(image):
                # The mode tells what the numbers are: palette indices and inks are no RGB.
                self._fill(self.structs[index], name, _pillow_array(name, image), "rgb")
            else:
                self._fill(self.structs[index], name, as_array(name, image), order)

    def _fill(self, struct: _abi.Image, name: str, array: npt.NDArray[Any], order: str) -> None:
        require_bytes(name, array)
        array = channels_last(array, order)
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        if array.ndim == 2:
            order = "gray"
        channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
        if channels not in _FORMATS[order]:
            counts = " or ".join(map(str, _FORMATS[order]))
            raise invalid(
                f"{name} {shape_of(array)}; {order} images are [H, W, {counts}], or [{counts}, H, W] as torch has them"
            )
        height, width = array.shape[:2]
        if not 1 <= width <= INT32_MAX or not 1 <= height <= INT32_MAX:
            raise invalid(f"{name} {shape_of(array)}; no side may be empty")
        if not _rows_are_packed(array, channels):
            array = np.ascontiguousarray(array)
        self._arrays.append(array)
        struct.data = array.ctypes.data_as(_abi.Bytes)
        struct.row_stride = array.strides[0] if height > 1 else 0
        struct.width = width
        struct.height = height
        struct.pixel_format = CONSTANTS[_FORMATS[order][channels]]


def _pillow_array(name: str, image: Any) -> npt.NDArray[Any]:
    """A Pillow image as RGB, or RGBA if it has alpha, which resizing may need."""
    mode = "RGBA" if image.mode in ("RGBA", "LA") else "RGB"
    if image.mode != mode:  # else converting would only copy it
        try:
            image = image.convert(mode)
        except (TypeError, ValueError) as error:
            raise invalid(f"{name} of mode {image.mode} cannot be made RGB: {error}") from error
    return as_array(name, image)


def _rows_are_packed(array: npt.NDArray[Any], channels: int) -> bool:
    """Whether pixels are adjacent within each row, and rows follow one another, with or without a gap."""
    height, width = array.shape[:2]
    if array.ndim == 3 and array.strides[2] != 1:
        return False
    if width > 1 and array.strides[1] != channels:
        return False
    return bool(height == 1 or array.strides[0] >= width * channels)

"""Conversion of images to the library's frame structs."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX
from ._arrays import as_array
from ._errors import invalid
from ._frame import CHANNELS, PLANAR, Frame, pixel_order, planar
from ._refusals import require_bytes, shape_of

#: One image: uint8 [H, W, 3], [H, W, 4], [H, W], or [3, H, W] as torch has it, or in a layout of YUV (`Frame`);
#: anything that numpy converts to such an array without a copy (buffers, __array_interface__, DLPack); a Pillow image;
#: a Frame.
ImageLike = Any

def channels_last(array: npt.NDArray[Any], order: str) -> npt.NDArray[Any]:
    """A view of pictures as [..., H, W, C]. They are taken for [..., C, H, W], as torch has them, if the last dimension
    cannot be channels and the third last can."""
    counts = CHANNELS.get(order, {})
    if array.ndim >= 3 and array.shape[-1] > 4 and array.shape[-3] in counts:
        return np.moveaxis(array, -3, -1)
    return array


def is_pillow(value: Any) -> bool:
    """Whether a value is a Pillow image, by its attributes, since Pillow need not be installed."""
    return isinstance(getattr(value, "mode", None), str) and callable(getattr(value, "convert", None))


class Images:
    """An array of frame structs, which keeps alive the arrays that they point to."""

    def __init__(self, images: Sequence[ImageLike], pixel_format: str) -> None:
        order = pixel_order(pixel_format)
        self.count = len(images)
        self.structs = (_abi.Frame * self.count)()
        self._owners: list[Any] = []
        for index, image in enumerate(images):
            name = f"image {index}"
            if isinstance(image, Frame):
                self.structs[index] = image._struct
                self._owners.append(image)
                continue
            self.structs[index].struct_size = ctypes.sizeof(_abi.Frame)
            if is_pillow(image):
                # The mode tells what the numbers are: palette indices and inks are no RGB.
                fill(self.structs[index], self._owners, name, _pillow_array(name, image), "rgb")
            else:
                fill(self.structs[index], self._owners, name, as_array(name, image), order)


def fill(struct: _abi.Frame, owners: list[Any], name: str, array: npt.NDArray[Any], order: str) -> None:
    """Points a struct at the pixels of an array, which joins `owners`; it is copied if its rows are not packed."""
    if order != "gray16" or array.dtype != np.uint16:
        require_bytes(name, array)
    if order in PLANAR:
        struct.width, struct.height, planes = planar(name, array, order)
        struct.pixel_format = CONSTANTS[f"PIXEL_{order.upper()}"]
        for index, (address, stride, owner) in enumerate(planes):
            struct.planes[index] = _abi.as_bytes(address)
            struct.strides[index] = stride
            owners.append(owner)
        return
    array = channels_last(array, order)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 2 and order != "gray16":
        order = "gray"
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    if channels not in CHANNELS[order]:
        counts = " or ".join(map(str, CHANNELS[order]))
        raise invalid(
            f"{name} {shape_of(array)}; {order} images are [H, W, {counts}], or [{counts}, H, W] as torch has them"
        )
    height, width = array.shape[:2]
    if not 1 <= width <= INT32_MAX or not 1 <= height <= INT32_MAX:
        raise invalid(f"{name} {shape_of(array)}; no side may be empty")
    if channels == 2 and width % 2:
        raise invalid(f"{name} {shape_of(array)}; two pixels of {order} share their colours, so W must be even")
    if not _rows_are_packed(array, channels):
        array = np.ascontiguousarray(array)
    owners.append(array)
    struct.planes[0] = array.ctypes.data_as(_abi.Bytes)
    struct.strides[0] = array.strides[0] if height > 1 else 0
    struct.width = width
    struct.height = height
    struct.pixel_format = CONSTANTS[CHANNELS[order][channels]]


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
    step = channels * array.itemsize
    if array.ndim == 3 and array.strides[2] != 1:
        return False
    if width > 1 and array.strides[1] != step:
        return False
    return bool(height == 1 or array.strides[0] >= width * step)

"""Frames as cameras have them: layouts of YUV, their colours, and how they are turned and cut."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, choice, type_name, whole
from ._arrays import as_array
from ._errors import invalid, wrong_type
from ._library import library

#: Layouts of one array [H, W, channels], or [H, W] for one channel, by the number of channels.
CHANNELS: dict[str, dict[int, str]] = {
    "rgb": {3: "PIXEL_RGB", 4: "PIXEL_RGBA"},
    "bgr": {3: "PIXEL_BGR", 4: "PIXEL_BGRA"},
    "rgba": {4: "PIXEL_RGBA"},
    "bgra": {4: "PIXEL_BGRA"},
    "gray": {1: "PIXEL_GRAY"},
    "rgbx": {4: "PIXEL_RGBX"},
    "bgrx": {4: "PIXEL_BGRX"},
    "gray16": {1: "PIXEL_GRAY16"},
    "yuyv": {2: "PIXEL_YUYV"},
    "uyvy": {2: "PIXEL_UYVY"},
}
#: Layouts of several planes in one array [rows, W]: rows of all planes for two rows of the picture.
PLANAR = {"nv12": 3, "nv21": 3, "i420": 3, "yv12": 3, "nv24": 6}
_MATRICES = {name: CONSTANTS[f"MATRIX_{name.upper()}"] for name in ("auto", "bt601", "bt709", "bt2020")}
_RANGES = {name: CONSTANTS[f"RANGE_{name.upper()}"] for name in ("auto", "limited", "full")}
_FLIPS = {name: CONSTANTS[f"FLIP_{name.upper()}"] for name in ("none", "horizontal", "vertical")}
_NAMES = {name: CONSTANTS[f"NAMES_{name.upper()}"] for name in ("any", "ros", "v4l2", "drm", "gstreamer", "ffmpeg")}

#: The address of the first byte, bytes from row to row, and the array that owns the memory.
Plane = tuple[int, int, npt.NDArray[Any]]


def pixel_order(pixel_format: str) -> str:
    """Checks the name of a pixel format, and gives it in lower case."""
    if not isinstance(pixel_format, str):
        raise wrong_type(f"pixel_format must be a string, not {type_name(pixel_format)}")
    order = pixel_format.casefold()
    if order not in CHANNELS and order not in PLANAR:
        names = ", ".join([*CHANNELS, *PLANAR])
        raise invalid(f"pixel_format is {pixel_format!r}; it must be one of {names}")
    return order


def pixel_format_from_name(name: str, names: str = "any") -> str:
    """The pixel_format that a name of another program stands for. names: "ros" (encodings of sensor_msgs/Image), "v4l2"
    and "drm" (four characters; DRM's names are reversed, BGR888 is "rgb"), "gstreamer", "ffmpeg" (pix_fmt) or "any".
    Raises for a format that is not taken, with what to do."""
    if not isinstance(name, str):
        raise wrong_type(f"name must be a string, not {type_name(name)}")
    code = ctypes.c_int32()
    library().call("pixel_format_from_name", name.encode(), choice("names", names, _NAMES), code)
    return next(key[6:].lower() for key, value in CONSTANTS.items() if key.startswith("PIXEL_") and value == code.value)


def planar(name: str, array: npt.NDArray[Any], order: str) -> tuple[int, int, list[Plane]]:
    """Width, height and planes of a picture in one array [rows, W] of all planes."""
    rows_for_two = PLANAR[order]
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    # Rows of the picture come in twos, so that chroma has whole rows.
    is_odd = order != "nv24" and array.ndim == 2 and array.shape[1] % 2
    if array.ndim != 2 or 2 * array.shape[0] % rows_for_two or not array.size or is_odd:
        rows = "H * 3" if order == "nv24" else "H * 3 / 2"
        even = "" if order == "nv24" else " of even H and W (give others as a Frame of planes)"
        raise invalid(f"{name} has shape {list(array.shape)}; {order} pictures are [{rows}, W]{even}")
    is_packed = array.strides == (array.shape[1], 1)
    rows_follow = array.strides[1] == 1 and array.strides[0] >= array.shape[1]
    if not (rows_follow if order in ("nv12", "nv21") else is_packed):
        array = np.ascontiguousarray(array)
    width, height = array.shape[1], 2 * array.shape[0] // rows_for_two
    start, stride = array.ctypes.data, array.strides[0]
    chroma = start + height * stride
    if order in ("nv12", "nv21"):
        return width, height, [(start, stride, array), (chroma, stride, array)]
    if order == "nv24":
        return width, height, [(start, width, array), (chroma, 2 * width, array)]
    quarter = (width // 2) * (height // 2)
    return width, height, [(start, width, array), (chroma, width // 2, array), (chroma + quarter, width // 2, array)]


def _extents(order: str, width: int, height: int) -> list[tuple[int, int]]:
    """Bytes of a row, and rows, of each plane."""
    pairs, row_pairs = (width + 1) // 2, (height + 1) // 2
    if order in ("nv12", "nv21"):
        return [(width, height), (2 * pairs, row_pairs)]
    if order in ("i420", "yv12"):
        return [(width, height), (pairs, row_pairs), (pairs, row_pairs)]
    if order == "nv24":
        return [(width, height), (2 * width, height)]
    if order in ("yuyv", "uyvy"):
        return [(4 * pairs, height)]
    channels = {"gray": 1, "gray16": 2, "rgb": 3, "bgr": 3}.get(order, 4)
    return [(channels * width, height)]


class Frame:
    """A picture as a camera has it, in memory that is not copied where its rows allow.

    planes: one array of the picture, as `encode_frames` takes it for the pixel_format; or a list of planes, each an
    array [rows, ...] or any buffer, with width and height. Planes of "nv12", "nv21" and "nv24" are Y, then U and V in
    turn; of "i420" Y, U, V; of "yv12" Y, V, U. strides: bytes from row to row of each plane that is a buffer (None:
    packed).
    matrix: "bt601", "bt709" or "bt2020"; "auto" is BT.601 for at most 576 rows, else BT.709. range: "limited" or
    "full"; "auto" is limited. State both where they are known: pictures from JPEG are full.
    rotation: clockwise degrees by which the picture is turned upright, 0, 90, 180 or 270. flip: "horizontal" or
    "vertical", after that. region: (x, y, width, height) of the upright picture; clamp_region: cuts a region that is
    partly outside, which is an error else.
    """

    def __init__(
        self,
        planes: Any,
        pixel_format: str = "rgb",
        *,
        width: int | None = None,
        height: int | None = None,
        strides: Sequence[int] | None = None,
        matrix: str = "auto",
        range: str = "auto",  # noqa: A002
        rotation: int = 0,
        flip: str = "none",
        region: Sequence[int] | None = None,
        clamp_region: bool = False,
    ) -> None:
        self.pixel_format = pixel_order(pixel_format)
        self._struct = library().defaults("frame")
        self._struct.matrix = choice("matrix", matrix, _MATRICES)
        self._struct.range = choice("range", range, _RANGES)
        self._struct.rotation = whole("rotation", rotation, -INT32_MAX, INT32_MAX)
        self._struct.flip = choice("flip", flip, _FLIPS)
        if region is not None:
            numbers = [whole("region", number, -INT32_MAX, INT32_MAX) for number in region]
            if len(numbers) != 4:
                raise invalid(f"region has {len(numbers)} numbers; it must have 4: x, y, width, height")
            if numbers == [0, 0, 0, 0]:
                raise invalid("region is empty")
            for field, number in zip(("x", "y", "width", "height"), numbers, strict=True):
                setattr(self._struct, f"region_{field}", number)
        self._struct.region_clamp = CONSTANTS["ON"] if clamp_region else 0
        self._owners: list[Any] = []
        if isinstance(planes, (list, tuple)):
            if width is None or height is None:
                raise invalid("planes are several, so width and height must be given")
            self._take_planes(planes, whole("width", width, 1, 65535), whole("height", height, 1, 65535), strides)
        else:
            if width is not None or height is not None or strides is not None:
                raise invalid("width, height and strides are of a list of planes; an array has its own")
            from ._images import fill

            fill(self._struct, self._owners, "planes", as_array("planes", planes), self.pixel_format)

    def _take_planes(self, planes: Sequence[Any], width: int, height: int, strides: Sequence[int] | None) -> None:
        extents = _extents(self.pixel_format, width, height)
        if len(planes) != len(extents) or (strides is not None and len(strides) != len(extents)):
            raise invalid(f"{self.pixel_format} has {len(extents)} planes, not {len(planes)}")
        self._struct.width, self._struct.height = width, height
        self._struct.pixel_format = CONSTANTS[f"PIXEL_{self.pixel_format.upper()}"]
        for index, (plane, (row_bytes, rows)) in enumerate(zip(planes, extents, strict=True)):
            is_bytes = isinstance(plane, (bytes, bytearray))
            array = np.frombuffer(plane, np.uint8) if is_bytes else as_array(f"plane {index}", plane)
            if array.dtype.kind not in "ui":
                raise wrong_type(f"plane {index} holds {array.dtype}; it must hold bytes")
            if not array.size:
                raise invalid(f"plane {index} is empty")
            stride = None if strides is None else whole("strides", strides[index], 0, 1 << 40) or None
            if array.ndim > 1 and stride is None:
                if not array[0].flags.c_contiguous or array.strides[0] < array[0].nbytes:
                    array = np.ascontiguousarray(array)
                stride = array.strides[0]
                room = stride * (array.shape[0] - 1) + array[0].nbytes
            else:
                array = np.ascontiguousarray(array)
                stride = stride or row_bytes
                room = array.nbytes
            needed = stride * (rows - 1) + row_bytes
            if stride < row_bytes or room < needed:
                raise invalid(
                    f"plane {index} has {room} bytes in rows of {stride}; {width}x{height} pixels of "
                    f"{self.pixel_format} need {rows} rows of {row_bytes} bytes there"
                )
            self._struct.planes[index] = _abi.as_bytes(array.ctypes.data)
            self._struct.strides[index] = stride
            self._owners.append(array)

    def __repr__(self) -> str:
        return f"Frame({self._struct.width}x{self._struct.height}, {self.pixel_format!r})"

"""Python values to what the library takes, and back."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int32]
Path = Union[str, "os.PathLike[str]"]
#: A file's bytes; at run time anything with the buffer protocol.
Buffer = Union[bytes, bytearray, memoryview, ByteArray]
#: One image: uint8 [H, W, 3], [H, W, 4] or [H, W], or what numpy.asarray makes one of.
ImageLike = Any
#: Images: a sequence of them, or one array [T, H, W, C] or [B, T, H, W, C].
FramesLike = Any

_FORMATS = {
    "rgb": {3: "PIXEL_RGB", 4: "PIXEL_RGBA"},
    "bgr": {3: "PIXEL_BGR", 4: "PIXEL_BGRA"},
    "rgba": {4: "PIXEL_RGBA"},
    "bgra": {4: "PIXEL_BGRA"},
    "gray": {1: "PIXEL_GRAY"},
}


def choice(what: str, value: str, choices: dict[str, int]) -> int:
    """The code of a name; upper and lower case, "_" and "-" do not matter."""
    if isinstance(value, str):
        key = value.casefold().replace("_", "").replace("-", "")
        for name, code in choices.items():
            if name.casefold().replace("_", "") == key:
                return code
    raise ValueError(f"{what} is {value!r}; it must be one of {', '.join(map(repr, choices))}")


def whole(what: str, value: int, low: int, high: int) -> int:
    """An integer that fits the C type, or an error that names it (ctypes would wrap silently)."""
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{what} is {value!r}; it must be an integer")
    number = value.__index__()
    if not low <= number <= high:
        raise ValueError(f"{what} is {number}; it must be {low} to {high}")
    return number


INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1


def path_bytes(path: Path) -> bytes:
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("a path must not contain a null character")
    return name


def byte_view(data: Any) -> ByteArray:
    """The bytes of a buffer as a flat array over the same memory."""
    view = memoryview(data)
    if not view.contiguous:
        view = memoryview(view.tobytes())
    return np.frombuffer(view.cast("B") if view.nbytes else b"", dtype=np.uint8)


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def pointer(array: npt.NDArray[Any] | None, kind: Any) -> Any:
    """A typed pointer that keeps the array alive; None stays None."""
    return None if array is None else array.ctypes.data_as(kind)


def float_array(what: str, value: npt.ArrayLike, dimensions: Sequence[int]) -> FloatArray:
    """Numbers as contiguous float32, without a copy where they are that already."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{what} holds {array.dtype}; it must hold numbers")
    if array.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise ValueError(f"{what} has shape {list(array.shape)}; it must have {wanted} dimensions")
    return np.ascontiguousarray(array, dtype=np.float32)


def strings(what: str, texts: str | Iterable[str]) -> tuple[Any, int]:
    """Texts as a C array of UTF-8 strings (which keeps the bytes alive) and their number."""
    encoded: list[bytes] = []
    for text in [texts] if isinstance(texts, str) else texts:
        if not isinstance(text, str):
            raise TypeError(f"{what} holds {text!r}; it must hold strings")
        data = text.encode("utf-8")
        if b"\0" in data:
            raise ValueError(f"{what} holds a text with a null character: {text!r}")
        encoded.append(data)
    return (ctypes.c_char_p * len(encoded))(*encoded), len(encoded)


def normalized(array: FloatArray) -> FloatArray:
    """Each row over its L2 norm; an all-zero row stays zero."""
    norms = np.linalg.norm(array.astype(np.float64), axis=-1, keepdims=True)
    return (array / np.where(norms == 0, 1, norms)).astype(np.float32)


class Images:
    """Images as the library takes them. Keeps alive every array the structs point into."""

    def __init__(self, images: Sequence[ImageLike], pixel_format: str) -> None:
        order = pixel_format.casefold() if isinstance(pixel_format, str) else ""
        if order not in _FORMATS:
            raise ValueError(f"pixel_format is {pixel_format!r}; it must be one of {', '.join(_FORMATS)}")
        self.count = len(images)
        self.structs = (_abi.Image * self.count)()
        self._arrays: list[ByteArray] = []
        for index, image in enumerate(images):
            self._fill(self.structs[index], index, np.asarray(image), order)

    def _fill(self, struct: _abi.Image, index: int, array: npt.NDArray[Any], order: str) -> None:
        if array.dtype != np.uint8:
            raise TypeError(f"image {index} holds {array.dtype}; it must hold uint8")
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        if array.ndim == 2:
            order = "gray"
        channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
        if channels not in _FORMATS[order]:
            raise ValueError(
                f"image {index} has shape {list(array.shape)}; "
                f"{order} images are [H, W, {' or '.join(map(str, _FORMATS[order]))}]"
            )
        height, width = array.shape[:2]
        if not 1 <= width <= INT32_MAX or not 1 <= height <= INT32_MAX:
            raise ValueError(f"image {index} has shape {list(array.shape)}; no side may be empty")
        if not _rows_are_packed(array, channels):
            array = np.ascontiguousarray(array)
        self._arrays.append(array)
        struct.data = array.ctypes.data_as(_abi.Bytes)
        struct.row_stride = array.strides[0] if height > 1 else 0
        struct.width = width
        struct.height = height
        struct.pixel_format = CONSTANTS[_FORMATS[order][channels]]


def _rows_are_packed(array: npt.NDArray[Any], channels: int) -> bool:
    """Pixels side by side within each row and rows one after the other, with or without a gap."""
    height, width = array.shape[:2]
    if array.ndim == 3 and array.strides[2] != 1:
        return False
    if width > 1 and array.strides[1] != channels:
        return False
    return bool(height == 1 or array.strides[0] >= width * channels)


def frame_list(frames: FramesLike) -> list[ImageLike]:
    """Frames one by one, videos one after the other."""
    if isinstance(frames, Iterator):
        frames = list(frames)
    if not isinstance(frames, (list, tuple)):
        frames = np.asarray(frames)
        if frames.ndim not in (4, 5):
            raise ValueError(
                f"frames has shape {list(frames.shape)}; it must be [T, H, W, C] or [B, T, H, W, C], "
                "or a list of images"
            )
    result: list[ImageLike] = []
    for item in frames:
        nested = isinstance(item, (list, tuple)) or getattr(item, "ndim", 0) == 4
        result.extend(item) if nested else result.append(item)
    return result

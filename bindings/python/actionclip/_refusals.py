"""Errors about arrays of pictures, with advice."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arguments import type_name
from ._errors import wrong_type


def shape_of(array: npt.NDArray[Any]) -> str:
    """The shape of an array for a message: "has shape [2, 3]", or the value of an array without dimensions."""
    return f"has shape {list(array.shape)}" if array.ndim else f"is {shortly(array.item())}"


def require_bytes(name: str, array: npt.NDArray[Any]) -> None:
    """Raises for an array that does not hold uint8, with advice."""
    if array.dtype == np.uint8:
        return
    kind = array.dtype.kind
    what, advice = f"holds {array.dtype}", ""
    if array.ndim == 0 and kind not in "USO":
        what, advice = shape_of(array), "a picture is an array [H, W, 3] or a Pillow image"
    elif kind in "US":
        what = f"is text, {str(array.flat[0])!r}" if array.size else "is text"
        advice = "open pictures (PIL.Image.open(path)) before, and give a video's path to encode_video or classify"
        if kind == "S":
            what = f"is {array.dtype.itemsize} bytes"
            advice = (
                "decode pictures (PIL.Image.open(io.BytesIO(data))) before, and give a video's bytes to encode_video "
                "or classify"
            )
    elif kind == "O" and array.size and isinstance(array.flat[0], os.PathLike):
        what = f"is a path, {os.fspath(array.flat[0])!r}"
        advice = "open pictures (PIL.Image.open(path)) before, and give a video's path to encode_video or classify"
    elif kind == "O":
        found = array.flat[0] if array.size else None
        what = f"holds {shortly(found)}" if array.ndim else f"is {shortly(array.item())}"
        advice = "a picture is an array [H, W, 3] or a Pillow image"
    elif kind == "b":
        advice = "scale it: array.astype(numpy.uint8) * 255"
    elif kind == "f":
        advice = _advice_for_floats(array)
    elif kind in "iu":
        advice = "convert numbers from 0 to 255 with array.astype(numpy.uint8)"
        if array.dtype == np.uint16:
            advice += ", 16-bit ones with (array >> 8).astype(numpy.uint8)"
    raise wrong_type(f"{name} {what}; it must hold uint8" + (f": {advice}" if advice else ""))


def _advice_for_floats(array: npt.NDArray[Any]) -> str:
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if low < 0:
        return (
            "it has numbers below 0; pictures that are resized, cropped and normalised already go to encode_pixels or "
            "Tuner.add_pixels"
        )
    how = "(array * 255)" if high <= 1 else "array"
    return (
        f"its numbers are {low:g} to {high:g}; give {how}.round().astype(numpy.uint8), or, resized, cropped and "
        "normalised, [..., 3, S, S] to encode_pixels or Tuner.add_pixels"
    )


def shortly(value: Any) -> str:
    """A value for a message: its type, and the value itself if that is short."""
    text = repr(value)
    return f"{text}, {type_name(value)}" if len(text) <= 60 else f"of type {type_name(value)}"

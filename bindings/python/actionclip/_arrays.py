"""Conversion of arrays for the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ._errors import invalid, wrong_type

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int32]


def pointer(array: npt.NDArray[Any] | None, kind: Any) -> Any:
    """A typed pointer to an array, which it keeps alive; None for None."""
    return None if array is None else array.ctypes.data_as(kind)


def as_array(what: str, value: Any) -> npt.NDArray[Any]:
    """A value as a numpy array; an array is not copied."""
    try:
        known = ("__array__", "__array_interface__")
        if hasattr(value, "__dlpack__") and not any(hasattr(value, name) for name in known):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError, OverflowError, BufferError) as error:
        # The rows may have different lengths, or the tensor be on another device or have gradients.
        raise invalid(f"{what} cannot be read as an array: {error}") from error


def float_array(what: str, value: Any, dimensions: Sequence[int]) -> FloatArray:
    """Numbers as a contiguous float32 array; such an array is not copied."""
    array = as_array(what, value)
    if array.dtype.kind not in "fiu":
        raise wrong_type(f"{what} holds {array.dtype}; it must hold numbers")
    if array.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions)) + (" dimension" if tuple(dimensions) == (1,) else " dimensions")
        raise invalid(f"{what} has shape {list(array.shape)}; it must have {wanted}")
    return np.ascontiguousarray(array, dtype=np.float32)


def normalized(array: FloatArray) -> FloatArray:
    """Rows divided by their L2 norm; a row of zeros stays as it is."""
    norms = np.linalg.norm(array.astype(np.float64), axis=-1, keepdims=True)
    return (array / np.where(norms == 0, 1, norms)).astype(np.float32)

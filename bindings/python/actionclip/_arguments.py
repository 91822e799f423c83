"""Checks of arguments before the library is called. A refused argument is an ArgumentError."""

from __future__ import annotations

import ctypes
import io
import math
import operator
import os
from collections.abc import Iterable
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from ._errors import invalid, not_text, wrong_type

Path = Union[str, "os.PathLike[str]"]
#: The bytes of a file; at run time, anything with the buffer protocol.
Buffer = Union[bytes, bytearray, memoryview, npt.NDArray[np.uint8]]

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
#: The largest number of threads of a model or a video.
MOST_THREADS = 256


def type_name(value: object) -> str:
    return type(value).__name__


def choice(what: str, value: str, choices: dict[str, int]) -> int:
    """The code of a name. Upper and lower case, "_" and "-" make no difference."""
    if not isinstance(value, str):
        raise wrong_type(f"{what} must be a string, not {type_name(value)}")
    key = value.casefold().replace("_", "").replace("-", "")
    for name, code in choices.items():
        if name.casefold().replace("_", "") == key:
            return code
    raise invalid(f"{what} is {value!r}; it must be one of {', '.join(map(repr, choices))}")


def whole(what: str, value: int, low: int, high: int) -> int:
    """Checks that a value is an integer that fits the C type, since ctypes would wrap it silently."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise wrong_type(f"{what} is {value!r}; it must be an integer") from None
    if not low <= number <= high:
        raise invalid(f"{what} is {number}; it must be {low} to {high}")
    return number


def real(what: str, value: float) -> float:
    """Checks that a value is a number. The library checks whether it is finite and in range."""
    try:
        if isinstance(value, (str, bytes, bytearray)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise wrong_type(f"{what} is {value!r}; it must be a number") from None
    except OverflowError:
        raise invalid(f"{what} is {value!r}; it is too large") from None


def nanoseconds(what: str, seconds: float, least: int = 0) -> int:
    """A duration in seconds as whole nanoseconds, at least `least`."""
    number = real(what, seconds)
    if not least <= number * 1e9 <= INT64_MAX // 2:  # not a number is refused too
        raise invalid(f"{what} is {number!r} seconds; it must be {'0' if least == 0 else '1e-9'} to 4.6e9")
    return round(number * 1e9)


def span(start: float, end: float | None) -> tuple[float, float]:
    """The ends of a part of a video, in seconds; without an end it is infinity, the video's end."""
    return real("start", start), math.inf if end is None else real("end", end)


def items(what: str, values: Iterable[Any]) -> list[Any]:
    """The items of an iterable, as a list."""
    try:
        iterator = iter(values)
    except TypeError:
        raise wrong_type(f"{what} must be a sequence, not {type_name(values)}") from None
    return list(iterator)


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def path_bytes(what: str, path: Path) -> bytes:
    try:
        name = os.fsencode(path)
    except TypeError:
        raise wrong_type(f"{what} must be a path, not {type_name(path)}") from None
    except UnicodeEncodeError as error:
        raise not_text(f"{what} is {path!r}; it cannot be encoded: {error.reason}") from None
    if b"\0" in name:
        raise invalid(f"{what} is {path!r}; a path must not contain a null character")
    return name


def is_file_bytes(value: Any) -> bool:
    """Whether a value is a file's content: bytes, or an open file or io.BytesIO."""
    return isinstance(value, (bytes, bytearray, memoryview)) or callable(getattr(value, "read", None))


def byte_view(what: str, data: Any) -> npt.NDArray[np.uint8]:
    """The bytes of a buffer as a flat array over the same memory: all of an io.BytesIO, or the rest of an open file."""
    if isinstance(data, io.BytesIO):
        data = data.getbuffer()
    elif callable(getattr(data, "read", None)):
        data = _read(what, data)
    try:
        view = memoryview(data)
    except (TypeError, ValueError, BufferError):
        raise wrong_type(f"{what} must be a path or bytes, not {type_name(data)}") from None
    if not view.c_contiguous or view.format not in ("B", "b", "c"):
        view = memoryview(view.tobytes())  # other element types than bytes are copied
    return np.frombuffer(view.cast("B") if view.nbytes else b"", dtype=np.uint8)


def _read(what: str, file: Any) -> bytes:
    content = file.read()
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise wrong_type(f'{what} is a file of {type_name(content)}; open it with mode "rb"')
    if not content:
        raise invalid(f"{what} is a file with nothing left to read; seek(0) goes back to its beginning")
    return bytes(content)


def texts(what: str, values: str | Iterable[str]) -> list[str]:
    """Checks one or several texts, which must have UTF-8 without a NUL, and gives them as a list."""
    if isinstance(values, (bytes, bytearray)):
        raise wrong_type(f"{what} must be a string or strings, not {type_name(values)}")
    found = [values] if isinstance(values, str) else items(what, values)
    for value in found:
        if b"\0" in utf8(what, value):
            raise invalid(f"{what} holds a text with a null character: {value!r}")
    return found


def template_texts(templates: str | Iterable[str] | None) -> list[str] | None:
    """Templates of an argument; None for the usual ones."""
    found = None if templates is None else texts("templates", templates)
    if found == []:
        raise invalid("templates is empty; leave it out for the usual ones")
    return found


def utf8(what: str, text: str) -> bytes:
    if not isinstance(text, str):
        raise wrong_type(f"{what} holds {text!r}, {type_name(text)}; it must hold text")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        # A lone half of a surrogate pair has no UTF-8.
        raise not_text(f"{what} holds {text!r}, which is not UTF-8 at {error.start}") from None


def c_strings(values: Iterable[str]) -> tuple[Any, int]:
    """Checked texts as a C array of UTF-8 strings, which keeps their bytes alive, and their number."""
    encoded = [value.encode("utf-8") for value in values]
    return (ctypes.c_char_p * len(encoded))(*encoded), len(encoded)

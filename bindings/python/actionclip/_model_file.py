"""The contents of a model's file besides the weights, and writing such a file."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import Path, c_strings, choice, path_bytes, utf8, whole
from ._arguments import texts as checked_texts
from ._arrays import float_array, pointer
from ._cancel import long_call
from ._errors import invalid, wrong_type
from ._hints import with_keywords
from ._library import library

_STORAGE = {name: CONSTANTS["STORAGE_" + name.upper()] for name in ("fp32", "fp16", "bf16", "int8")}


def read_labels(handle: int) -> list[str]:
    lib = library()
    return [lib.model_label(handle, i).decode("utf-8") for i in range(lib.model_label_count(handle))]


def read_templates(handle: int) -> list[str]:
    lib = library()
    return [lib.model_template(handle, i).decode("utf-8") for i in range(lib.model_template_count(handle))]


def read_template_weights(handle: int) -> list[float]:
    lib = library()
    return [lib.model_template_weight(handle, i) for i in range(lib.model_template_count(handle))]


def read_assumptions(handle: int) -> list[str]:
    lines: list[str] = []
    while (line := library().model_assumption(handle, len(lines))) is not None:
        lines.append(with_keywords(line.decode("utf-8")))
    return lines


def read_note(handle: int, key: str) -> str | None:
    found = library().model_note(handle, text_bytes("key", key))
    return None if found is None else str(found.decode("utf-8"))


def read_notes(handle: int) -> dict[str, str]:
    lib = library()
    keys = [lib.model_note_key(handle, i).decode("utf-8") for i in range(lib.model_note_count(handle))]
    return {key: read_note(handle, key) or "" for key in keys}


def read_label_note(handle: int, label: str | None) -> str | None:
    lib = library()
    text = None if label is None else text_bytes("label", label)
    size = ctypes.c_size_t()
    lib.call("model_label_note", handle, text, None, 0, ctypes.byref(size))
    if size.value <= 1:
        return None
    out = ctypes.create_string_buffer(size.value)
    lib.call("model_label_note", handle, text, out, size.value, ctypes.byref(size))
    return out.value.decode("utf-8")


def describe_file(path: Path) -> dict[str, str]:
    """Describes a file or folder, whether or not it can be loaded, by keys such as "format", "layout" and "tensors"."""
    name = path_bytes("path", path)
    size = ctypes.c_size_t()
    shown = os.fsdecode(name)
    long_call("file_describe", name, None, 0, ctypes.byref(size), path=shown)
    text = ctypes.create_string_buffer(size.value)
    long_call("file_describe", name, text, size.value, ctypes.byref(size), path=shown)
    lines = text.value.decode("utf-8").splitlines()
    return {key: value for key, _, value in (line.partition(": ") for line in lines)}


def file_sha256(path: Path | None = None) -> str:
    """The SHA-256 in hexadecimal that `Model(path, compute_sha256=True).sha256` is, without loading the model: of a
    file of weights, or of an index and its shards. Without a path it is that of the default model."""
    name = None if path is None else path_bytes("path", path)
    text = ctypes.create_string_buffer(65)
    shown = None if name is None else os.fsdecode(name)
    long_call("file_sha256", name, text, len(text), path=shown)
    return text.value.decode("ascii")


def read_sha256(handle: int) -> str | None:
    found = library().model_sha256(handle)
    return None if found is None else str(found.decode("ascii"))


def save_model(
    handle: int,
    path: Path,
    *,
    labels: Iterable[str] | None,
    templates: Iterable[str] | None,
    template_weights: npt.ArrayLike | None,
    storage: str,
    notes: dict[str, str | None],
    more_notes: dict[str, str] | None = None,
    frame_interval_ns: int | None = None,
) -> None:
    options = library().defaults("save_options")
    options.storage = choice("storage", storage, _STORAGE)
    if labels is not None:
        options.labels, options.label_count = _strings("labels", labels)
    if templates is not None:
        options.templates, options.template_count = _strings("templates", templates)
    if template_weights is not None:
        weights = float_array("template_weights", template_weights, (1,))
        # An empty list, for equal weights, has an address too, since NULL would keep the model's own.
        padded = np.append(weights, np.float32(0))
        options.template_weights, options.template_weight_count = pointer(padded, _abi.Floats), len(weights)
    for key, note in notes.items():
        if note is not None:
            setattr(options, key, text_bytes(key, note))
    if more_notes:
        options.note_keys, options.note_count = _strings("notes", list(more_notes))
        options.note_texts, _ = _strings("notes", list(more_notes.values()))
    if frame_interval_ns is not None:
        options.frame_interval_ns = whole("frame_interval_ns", frame_interval_ns, 0, 86_400_000_000_000) or -1
    name = path_bytes("path", path)
    long_call("model_save", handle, name, ctypes.byref(options), path=os.fsdecode(name))


def _strings(what: str, values: Iterable[str]) -> tuple[ctypes.Array[ctypes.c_char_p], int]:
    """Texts as a C array, which has an address even if it is empty, since NULL would keep the model's own."""
    if isinstance(values, str):
        raise wrong_type(f"{what} must be a list of strings, not one string")
    found = checked_texts(what, values)
    array, count = c_strings([*found, ""])
    return array, count - 1


def text_bytes(what: str, text: str) -> bytes:
    encoded = utf8(what, text)
    if b"\0" in encoded:
        raise invalid(f"{what} holds a null character: {text!r}")
    return encoded

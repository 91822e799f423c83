"""Options of loading a model, and what a model would take by the headers of its files."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, MOST_THREADS, Path, choice, path_bytes, real, whole
from ._cancel import long_call
from ._errors import wrong_type
from ._library import library
from ._model_file import text_bytes
from ._model_info import ACTIVATIONS, COMPUTE_TYPES, HEADS, LIMITS, ModelPlan, model_info


def load_options(given: Mapping[str, Any]) -> _abi.ModelOptions:
    """The C struct of the options of `Model`, which explains them, by name. Other names are passed over."""
    options = library().defaults("model_options")
    for name, (field, converted) in _FIELDS.items():
        if given[name] is not None:
            value = converted(name, given[name])
            setattr(options, field, value)
            if name == "processors":
                options.processor_count = len(value)
    return options


def read_plan(path: Path | None, measure: bool, options: _abi.ModelOptions) -> ModelPlan:
    name = None if path is None else path_bytes("path", path)
    struct = _abi.ModelInfo(struct_size=ctypes.sizeof(_abi.ModelInfo))
    time = ctypes.c_int64()
    shown = None if name is None else os.fsdecode(name)
    out = ctypes.byref(time) if measure else None
    long_call("file_get_info", name, ctypes.byref(options), ctypes.byref(struct), out, path=shown)
    return ModelPlan(model_info(struct), time.value / 1e9 if measure else None)


def _three_way(what: str, value: object, more: str = "") -> int:
    if not isinstance(value, (bool, np.bool_)):
        allowed = f"True, False, None{more}" if more else "True, False or None"
        raise wrong_type(f"{what} is {value!r}; it must be {allowed}")
    return CONSTANTS["ON"] if value else CONSTANTS["OFF"]


def _shift(what: str, value: object) -> int:
    if isinstance(value, str) and value == "causal":
        return CONSTANTS["CAUSAL"]
    return _three_way(what, value, ' or "causal"')


def _view(what: str, value: object) -> int:
    return whole(what, value, 0, 3) or -1


def _numbers(what: str, value: Iterable[int]) -> Any:
    numbers = [whole(what, number, 0, INT32_MAX) for number in value]
    return (ctypes.c_int32 * len(numbers))(*numbers)


def _whole(low: int, high: int) -> Callable[[str, Any], Any]:
    return lambda what, value: whole(what, value, low, high)


def _choice(names: dict[str, int]) -> Callable[[str, Any], Any]:
    return lambda what, value: choice(what, value, names)


#: For each option the field of the struct, and what makes the field's value of one that is not None; a field that is
#: left alone says "as the file does".
_FIELDS: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
    "frames": ("frames", _whole(1, INT32_MAX)),
    "head": ("head", _choice(HEADS)),
    "temporal_shift": ("temporal_shift", _shift),
    "joint": ("joint", _three_way),
    "threads": ("threads", _whole(1, MOST_THREADS)),
    "tokenizer": ("tokenizer_path", path_bytes),
    "compute": ("compute_type", _choice(COMPUTE_TYPES)),
    "processors": ("processors", _numbers),
    "expected_sha256": ("expected_sha256", text_bytes),
    "compute_sha256": ("compute_sha256", _three_way),
    "base": ("base_path", path_bytes),
    "open_clip_name": ("open_clip_name", text_bytes),
    "activation": ("activation", _choice(ACTIVATIONS)),
    "temporal_view": ("temporal_view", _view),
    "instructions": ("instructions", _choice(LIMITS)),
    "base_share": ("base_share", real),
    "for_saving": ("for_saving", _three_way),
}

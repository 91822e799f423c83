"""Options of loading a model, and what a model would take by the headers of its files."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT32_MAX, MOST_THREADS, Path, choice, path_bytes, real, whole
from ._cancel import long_call
from ._errors import wrong_type
from ._library import library
from ._model_file import text_bytes
from ._model_info import ACTIVATIONS, COMPUTE_TYPES, HEADS, LIMITS, ModelPlan, model_info


def load_options(
    frames: int | None = None,
    head: str | None = None,
    temporal_shift: bool | Literal["causal"] | None = None,
    joint: bool | None = None,
    threads: int | None = None,
    tokenizer: Path | None = None,
    compute: str | None = None,
    processors: Sequence[int] | None = None,
    expected_sha256: str | None = None,
    compute_sha256: bool = False,
    base: Path | None = None,
    open_clip_name: str | None = None,
    activation: str | None = None,
    temporal_view: int | None = None,
    instructions: str | None = None,
    base_share: float = 0.0,
) -> _abi.ModelOptions:
    """The C struct of these options, which `Model` explains."""
    options = library().defaults("model_options")
    if frames is not None:
        options.frames = whole("frames", frames, 1, INT32_MAX)
    if head is not None:
        options.head = choice("head", head, HEADS)
    if isinstance(temporal_shift, str) and temporal_shift == "causal":
        options.temporal_shift = CONSTANTS["CAUSAL"]
    else:
        options.temporal_shift = _three_way("temporal_shift", temporal_shift, ' or "causal"')
    options.joint = _three_way("joint", joint)
    if threads is not None:
        options.threads = whole("threads", threads, 1, MOST_THREADS)
    if compute is not None:
        options.compute_type = choice("compute", compute, COMPUTE_TYPES)
    if activation is not None:
        options.activation = choice("activation", activation, ACTIVATIONS)
    if temporal_view is not None:
        options.temporal_view = whole("temporal_view", temporal_view, 0, 3) or -1
    if instructions is not None:
        options.instructions = choice("instructions", instructions, LIMITS)
    if tokenizer is not None:
        options.tokenizer_path = path_bytes("tokenizer", tokenizer)
    if processors is not None:
        numbers = [whole("processors", number, 0, INT32_MAX) for number in processors]
        options.processors = (ctypes.c_int32 * len(numbers))(*numbers)
        options.processor_count = len(numbers)
    if expected_sha256 is not None:
        options.expected_sha256 = text_bytes("expected_sha256", expected_sha256)
    options.compute_sha256 = _three_way("compute_sha256", compute_sha256)
    if base is not None:
        options.base_path = path_bytes("base", base)
    options.base_share = real("base_share", base_share)
    if open_clip_name is not None:
        options.open_clip_name = text_bytes("open_clip_name", open_clip_name)
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
    if value is None:
        return CONSTANTS["AS_CHECKPOINT"]
    if not isinstance(value, (bool, np.bool_)):
        allowed = f"True, False, None{more}" if more else "True, False or None"
        raise wrong_type(f"{what} is {value!r}; it must be {allowed}")
    return CONSTANTS["ON"] if value else CONSTANTS["OFF"]

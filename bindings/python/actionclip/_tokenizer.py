"""CLIP's tokenizer without a model."""

from __future__ import annotations

import ctypes
import os

import numpy as np

from . import _abi
from ._arguments import Path, path_bytes, utf8
from ._arrays import pointer
from ._cancel import create, long_call
from ._handle import Owner


class Tokenizer(Owner):
    """CLIP's byte-level BPE tokenizer, from a merge list (.txt or .txt.gz) or a Hugging Face tokenizer.json. Any number
    of threads may use it at once."""

    def __init__(self, path: Path) -> None:
        self._handle = create("tokenizer", "tokenizer_load", path_bytes("tokenizer", path), path=os.fspath(path))

    def encode(self, text: str) -> list[int]:
        """Turns a text into token ids, without start and end markers."""
        data = utf8("text", text)
        count, work = ctypes.c_size_t(), 1e4 * len(data)
        with self._handle.use() as handle:
            long_call("tokenizer_encode", handle, data, len(data), None, 0, ctypes.byref(count), work=work)
            ids = np.empty(count.value, np.int32)
            long_call(
                "tokenizer_encode",
                handle, data, len(data), pointer(ids, _abi.Int32s), ids.size, ctypes.byref(count), work=work,
            )  # fmt: skip
        return [int(id) for id in ids]

    def __enter__(self) -> Tokenizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""CLIP's tokenizer by itself."""

from __future__ import annotations

import ctypes
import os

import numpy as np

from . import _abi
from ._arguments import Path, path_bytes, utf8
from ._arrays import pointer
from ._handle import Handle, Owner
from ._library import library


class Tokenizer(Owner):
    """CLIP's byte-level BPE from a merge list (.txt or .txt.gz) or a Hugging Face tokenizer.json. Safe to use
    from many threads."""

    def __init__(self, path: Path) -> None:
        lib = library()
        out = ctypes.c_void_p()
        lib.call("tokenizer_load", path_bytes("tokenizer", path), ctypes.byref(out), path=os.fspath(path))
        self._handle = Handle("tokenizer", out.value or 0, lib.tokenizer_free)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, without start and end markers."""
        data = utf8("text", text)
        count = ctypes.c_size_t()
        with self._handle.use() as handle:
            lib = library()
            lib.call("tokenizer_encode", handle, data, len(data), None, 0, ctypes.byref(count))
            ids = np.empty(count.value, np.int32)
            lib.call(
                "tokenizer_encode",
                handle, data, len(data), pointer(ids, _abi.Int32s), ids.size, ctypes.byref(count),
            )  # fmt: skip
        return [int(id) for id in ids]

    def __enter__(self) -> Tokenizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

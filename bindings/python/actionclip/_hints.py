"""Conversion of option names in the library's messages to Python's keyword arguments."""

from __future__ import annotations

import re

#: Keywords by the names of the options in actionclip.h that messages hint at.
_KEYWORDS = {
    "activation": "activation",
    "base_path": "base",
    "max_milliseconds": "max_milliseconds",
    "max_pixels_per_byte": "max_pixels_per_byte",
    "open_clip_name": "open_clip_name",
    "temporal_view": "temporal_view",
    "tokenizer_path": "tokenizer",
}
_HINT = re.compile(rf"\(option ({'|'.join(_KEYWORDS)})\)")


def with_keywords(message: str) -> str:
    """A message with its options named as keyword arguments: "(base=)" for "(option base_path)".

    Other words in that form stay: they may be a part of a file's name.
    """
    return _HINT.sub(lambda hint: f"({_KEYWORDS[hint[1]]}=)", message)

"""Conversion of option names in the library's messages to Python's keyword arguments."""

from __future__ import annotations

import re

#: Keywords by the names of options in actionclip.h, where the two differ.
_KEYWORDS = {"base_path": "base", "compute_type": "compute", "tokenizer_path": "tokenizer"}


def with_keywords(message: str) -> str:
    """A message with its options named as keyword arguments: "(base=)" for "(option base_path)"."""
    return re.sub(r"\(option (\w+)\)", lambda hint: f"({_KEYWORDS.get(hint[1], hint[1])}=)", message)

"""Conversion of option names in the library's messages to Python's keyword arguments."""

from __future__ import annotations

import re

#: Keywords by the names of the options in actionclip.h that messages hint at.
_KEYWORDS = {
    "activation": "activation",
    "base_path": "base",
    "max_milliseconds": "max_milliseconds",
    "frame_rate": "frame_rate",
    "max_pixels_per_byte": "max_pixels_per_byte",
    "open_clip_name": "open_clip_name",
    "temporal_view": "temporal_view",
    "threads": "threads",
    "tokenizer_path": "tokenizer",
}
#: A refusal of nanoseconds that are given in seconds here.
_MAX_EVENT = re.compile(r"max_event_ns is (\d+), less than min_on_ns, (\d+), or min_off_ns, (\d+)")
_HINT = re.compile(rf"\(option ({'|'.join(_KEYWORDS)})\)")


def with_keywords(message: str) -> str:
    """A message with its options named as keyword arguments, "(base=)" for "(option base_path)", and the functions
    that load a classifier and cancel a tuner as Python's.

    Other words in that form stay: they may be a part of a file's name.
    """
    message = message.replace("load it with actionclip_classifier_load", "load it with Classifier.load")
    message = message.replace("cancelled by actionclip_tuner_cancel", "cancelled by Tuner.cancel")
    if found := _MAX_EVENT.fullmatch(message):
        seconds = [f"{int(nanoseconds) / 1e9:g}" for nanoseconds in found.groups()]
        message = "max_event is {} s, less than min_on, {} s, or min_off, {} s".format(*seconds)
    return _HINT.sub(lambda hint: f"({_KEYWORDS[hint[1]]}=)", message)

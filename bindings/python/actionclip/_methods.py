"""The names of ways to learn from examples."""

from __future__ import annotations

from ._abi import CONSTANTS

METHODS = {
    "auto": CONSTANTS["FIT_AUTO"],
    "words": CONSTANTS["FIT_WORDS"],
    "prototypes": CONSTANTS["FIT_PROTOTYPES"],
    "ridge": CONSTANTS["FIT_RIDGE"],
    "softmax": CONSTANTS["FIT_SOFTMAX"],
}

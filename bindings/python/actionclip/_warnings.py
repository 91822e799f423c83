"""Warnings, shown at the caller's line."""

from __future__ import annotations

import os
import sys
import warnings

from ._errors import UnknownLabelWarning


def warn(message: str, category: type[Warning]) -> None:
    """Warns about the innermost line on the stack that is not in this package."""
    package = os.path.dirname(__file__)
    level = 2
    frame = sys._getframe(1)
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == package:
        level += 1
        frame = frame.f_back  # type: ignore[assignment]
    warnings.warn(message, category, stacklevel=level)


def warn_of_labels(notes: list[str], labels: int) -> None:
    """Warns once about labels that a model never learned, by its notes on them. labels: the number of all labels."""
    if notes:
        more = f" (and {len(notes) - 1} more of {labels} labels)" if len(notes) > 1 else ""
        warn(notes[0] + more, UnknownLabelWarning)

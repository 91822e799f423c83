"""Warnings, shown at the caller's line."""

from __future__ import annotations

import os
import sys
import warnings


def warn(message: str, category: type[Warning]) -> None:
    """Warns about the innermost line on the stack that is not in this package."""
    package = os.path.dirname(__file__)
    level = 2
    frame = sys._getframe(1)
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == package:
        level += 1
        frame = frame.f_back  # type: ignore[assignment]
    warnings.warn(message, category, stacklevel=level)

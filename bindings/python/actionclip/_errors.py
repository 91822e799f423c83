"""Exceptions for the library's status codes: one class for each decade of codes, derived from a builtin one too."""

from __future__ import annotations

import errno as errno_codes
import os
from typing import Any

from ._abi import CONSTANTS


class LibraryError(ImportError):
    """The shared library was not found, does not load, or speaks another binary interface."""


class UnknownLabelWarning(UserWarning):
    """A label that the model never learned: its score means little or nothing."""


class UnfinishedArchiveWarning(UserWarning):
    """An archive that is still written, or whose run was interrupted: videos are missing."""


class ActionCLIPError(Exception):
    """A call of the library failed, or its arguments were refused before it was made.

    status: the negative code, e.g. -20. name: e.g. "ACTIONCLIP_ERROR_FILE_OPEN".
    message: one line that names the thing and what to do.
    """

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(status, name, message)
        self.status = status
        self.name = name
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # OSError's own would call the class with other arguments.
        names = ("errno", "strerror", "filename") if isinstance(self, OSError) else ()
        state = {name: getattr(self, name) for name in names}
        return type(self), (self.status, self.name, self.message), state

    def __str__(self) -> str:
        return f"{self.message} ({self.name})"


class ArgumentError(ActionCLIPError, ValueError):
    """-1x: an argument is out of range, of the wrong size, or a text that cannot be used."""


class ArgumentTypeError(ArgumentError, TypeError):
    """-10 for an argument of the wrong type."""


class TextError(ArgumentError):
    """-13, -14: a text is not UTF-8 or has more tokens than the context holds."""


class CancelledError(ActionCLIPError, RuntimeError):
    """-17: the cancel token that the thread uses was set, or a tuner was cancelled."""


class FileError(ActionCLIPError, OSError):
    """-2x: a file cannot be opened, read or written."""


class MissingFileError(FileError, FileNotFoundError):
    """-20 for a path where there is nothing."""


class FormatError(ActionCLIPError, ValueError):
    """-3x: a file is of no known format, damaged, or beyond a limit."""


class ModelError(ActionCLIPError, ValueError):
    """-4x: the checkpoint and the options, or the tokenizer, do not fit together."""


class ResourceError(ActionCLIPError, RuntimeError):
    """-5x: the system lacks something: threads, an optional library."""


class OutOfMemoryError(ResourceError, MemoryError):
    """-50: no memory."""


class TimeLimitError(ResourceError, TimeoutError):
    """-53: a video took longer than its max_milliseconds allows."""


class VideoError(ActionCLIPError, ValueError):
    """-6x: not a video that can be read, or no frame of it could be decoded."""


class ExamplesError(ActionCLIPError, ValueError):
    """-7x: a classifier or a tuner has too few examples or labels to learn from."""


class InternalError(ActionCLIPError, RuntimeError):
    """-9x: a defect in the library."""


_DECADES: dict[int, type[ActionCLIPError]] = {
    1: ArgumentError,
    2: FileError,
    3: FormatError,
    4: ModelError,
    5: ResourceError,
    6: VideoError,
    7: ExamplesError,
    9: InternalError,
}

_SINGLE: dict[int, type[ActionCLIPError]] = {
    CONSTANTS["ERROR_INVALID_UTF8"]: TextError,
    CONSTANTS["ERROR_TEXT_TOO_LONG"]: TextError,
    CONSTANTS["ERROR_CANCELLED"]: CancelledError,
    CONSTANTS["ERROR_OUT_OF_MEMORY"]: OutOfMemoryError,
    CONSTANTS["ERROR_TIME_LIMIT"]: TimeLimitError,
}


def make_error(status: int, name: str, message: str, path: str | None = None) -> ActionCLIPError:
    """The exception for a failed call. path: the file that the call was about, if any."""
    kind = _SINGLE.get(status) or _DECADES.get(-status // 10, ActionCLIPError)
    if status == CONSTANTS["ERROR_FILE_OPEN"] and path is not None and not os.path.lexists(path):
        kind = MissingFileError
    error = kind(status, name, message)
    if isinstance(error, OSError):
        # OSError would take the status for an errno.
        error.errno = errno_codes.ENOENT if isinstance(error, FileNotFoundError) else None
        error.strerror = message
        error.filename = path
        error.filename2 = None
    return error


def invalid(message: str) -> ArgumentError:
    """The exception for an argument that is refused before the library is called, with the status that the library
    has."""
    return _refusal(ArgumentError, "INVALID_ARGUMENT", message)


def wrong_type(message: str) -> ArgumentError:
    """The exception for an argument of the wrong type, which is refused before the library is called."""
    return _refusal(ArgumentTypeError, "INVALID_ARGUMENT", message)


def not_text(message: str) -> ArgumentError:
    """The exception for a text that has no UTF-8, which is refused before the library is called."""
    return _refusal(TextError, "INVALID_UTF8", message)


def closed(what: str) -> ArgumentError:
    """The exception for the use of a closed object, which is refused before the library is called."""
    return _refusal(ArgumentError, "INVALID_HANDLE", f"this {what} is closed")


def _refusal(kind: type[ArgumentError], name: str, message: str) -> ArgumentError:
    # A message is one line, though another package's message or a value's repr may have more.
    line = " ".join(message.splitlines())
    return kind(CONSTANTS[f"ERROR_{name}"], f"ACTIONCLIP_ERROR_{name}", line)

"""Finds, loads and checks the shared library, once, when it is first used."""

from __future__ import annotations

import ctypes
import os
import pathlib
import threading
from typing import Any

from . import _abi
from ._errors import LibraryError, make_error
from ._hints import with_keywords

_lock = threading.Lock()
_loaded: Library | None = None


class Library:
    """The loaded library, with the header's functions as attributes, without the prefix actionclip_."""

    def __init__(self, handle: ctypes.CDLL, path: str) -> None:
        self.path = path
        self._functions: dict[str, Any] = {}
        for name, arguments, result in _abi.FUNCTIONS:
            try:
                function = getattr(handle, name)
            except AttributeError:
                message = f"{path} has no function {name}; it is not this version's library"
                raise LibraryError(message) from None
            function.argtypes = list(arguments)
            function.restype = result
            self._functions[name.removeprefix("actionclip_")] = function
        found = int(self._functions["abi_version"]())
        if found != _abi.ABI_VERSION:
            raise LibraryError(
                f"{path} has ABI version {found}, these bindings need {_abi.ABI_VERSION}; "
                "install the actionclip package that came with the library"
            )

    def __getattr__(self, name: str) -> Any:
        try:
            return self._functions[name]
        except KeyError:
            raise AttributeError(name) from None

    def defaults(self, name: str) -> Any:
        """Makes an options struct, such as "model_options", with every default set."""
        struct = _abi.STRUCTS[f"actionclip_{name}"]()
        self._functions[f"{name}_init_sized"](ctypes.byref(struct), ctypes.sizeof(struct))
        return struct

    def call(self, name: str, *arguments: Any, path: str | None = None) -> None:
        """Calls a function that returns a status, and raises unless it is 0. The interpreter lock is released during
        the call. path: the file that the call is about."""
        self._result(name, arguments, path)

    def number(self, name: str, *arguments: Any) -> int:
        """Calls a function that returns a number or a negative status, and raises for a status."""
        return self._result(name, arguments, None)

    def real(self, name: str, *arguments: Any) -> float:
        """Calls a function that returns a number of 0 or more, or a negative status, and raises for a status."""
        number = float(self._functions[name](*arguments))
        self._check(int(min(number, 0)), None)
        return number

    def _result(self, name: str, arguments: tuple[Any, ...], path: str | None) -> int:
        return self._check(int(self._functions[name](*arguments)), path)

    def _check(self, status: int, path: str | None) -> int:
        if status < 0:
            message = with_keywords(self._functions["last_error"]().decode("utf-8", "replace"))
            label = self._functions["status_name"](status).decode("ascii", "replace")
            raise make_error(status, label, message, path)
        return status


def _candidates() -> list[str]:
    """Paths and names of the library to try, in order."""
    chosen = os.environ.get("ACTIONCLIP_LIBRARY")
    if chosen:
        return [chosen]  # an explicit choice has no fallback
    package = pathlib.Path(__file__).resolve().parent
    folders = [package / "lib"]
    for checkout in package.parents[2:3]:  # none where the package lies near the root
        if (checkout / "include" / "actionclip.h").exists():
            folders.append(checkout / "build" / "lib")
    return [str(folder / _abi.SONAME) for folder in folders] + [_abi.SONAME]


def library() -> Library:
    """The library, loaded at the first call."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load()
        return _loaded


def _load() -> Library:
    tried: list[str] = []
    if not os.environ.get("ACTIONCLIP_LIBRARY"):
        try:
            # A copy that another part of this process uses already: there is never a second one beside it.
            return Library(ctypes.CDLL(_abi.SONAME, mode=os.RTLD_NOLOAD), _abi.SONAME)
        except OSError:
            pass
    for candidate in _candidates():
        is_file = os.sep in candidate
        if is_file and not os.path.exists(candidate):
            tried.append(f"{candidate} (no such file)")
            continue
        try:
            handle = ctypes.CDLL(candidate)
        except OSError as error:
            tried.append(f"{candidate} ({error})")
            continue
        return Library(handle, candidate)
    if os.environ.get("ACTIONCLIP_LIBRARY"):
        raise LibraryError(f"ACTIONCLIP_LIBRARY names no library that loads; correct or unset it: {tried[0]}")
    raise LibraryError(
        "libactionclip was not found; install it (make install), use the wheel that has it inside (make wheel), "
        "or set ACTIONCLIP_LIBRARY to its path. Tried: " + "; ".join(tried)
    )


def version() -> str:
    """The version of the library at run time, such as "0.1.0"."""
    return str(library().version().decode("ascii"))


def library_path() -> str:
    """The path of the loaded library, or its bare name if the system found it."""
    return library().path


def templates() -> list[str]:
    """The reference's 16 prompt templates, each with one "{}"."""
    lib = library()
    return [lib.template(index).decode("utf-8") for index in range(lib.template_count())]

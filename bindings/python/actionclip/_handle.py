"""Ownership of an object of the library."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ._errors import closed


class Handle:
    """A pointer that is freed once, when it is closed and the last call that uses it has returned."""

    def __init__(self, what: str, pointer: int, free: Callable[[int], Any]) -> None:
        self._what = what
        self._pointer = pointer
        self._free = free
        self._lock = threading.Lock()
        self._users = 0
        self._closed = False

    @contextlib.contextmanager
    def use(self) -> Iterator[int]:
        with self._lock:
            if self._closed:
                raise closed(self._what)
            self._users += 1
        try:
            yield self._pointer
        finally:
            with self._lock:
                self._users -= 1
                last = self._closed and self._users == 0
            if last:
                self._free(self._pointer)

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle = self._users == 0
        if idle:
            self._free(self._pointer)

    @property
    def closed(self) -> bool:
        return self._closed

    def __del__(self) -> None:
        self.close()


class Owner:
    """The base of classes that own a handle: closing, `with` blocks, and no pickling."""

    _handle: Handle

    def close(self) -> None:
        """Frees the object's memory and threads. It returns at once: calls on other threads finish, and the last of
        them frees the object. Using the object afterwards is an ArgumentError (a ValueError) with status -12; closing
        it again does nothing. Leaving a `with` block or dropping the last reference closes too."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; load it where it is needed")

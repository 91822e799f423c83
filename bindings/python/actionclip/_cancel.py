"""Cancel tokens and Ctrl-C, which end long calls early."""

from __future__ import annotations

import _thread
import ctypes
import math
import signal
import threading
from collections.abc import Callable
from typing import Any

from ._handle import Handle
from ._library import library

#: Signals that a helper thread blocks, so that the main thread gets them. Faults stay with the thread that causes them.
_SIGNALS = signal.valid_signals() - {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP}
_thread_state = threading.local()


class CancelToken:
    """A flag that ends the long calls of the threads that use it; they raise CancelledError.

        token = actionclip.CancelToken()
        with token:                      # this thread's calls, to the end of the block
            model.encode_labels(labels)  # ends when another thread calls token.cancel()

    A call ends within the time that one frame or one group of prompts takes. Any number of threads may use one
    token. Blocks may be nested; the innermost token counts. Ctrl-C needs no token: it ends a call on the main thread,
    and KeyboardInterrupt is raised.
    """

    def __init__(self) -> None:
        out = ctypes.c_void_p()
        library().call("cancel_token_create", ctypes.byref(out))
        self._pointer = out.value or 0
        self._free = library().cancel_token_free
        #: Tokens of calls that run on a helper thread for a thread that uses this token.
        self._followers: set[CancelToken] = set()

    def cancel(self) -> None:
        """Sets the token: ends the long calls of every thread that uses it, and later ones until `reset`."""
        library().cancel(self._pointer)
        for follower in tuple(self._followers):
            follower.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the token is set."""
        return bool(library().number("cancel_token_is_cancelled", self._pointer))

    def reset(self) -> None:
        """Clears the token, so that later calls run again."""
        library().call("cancel_token_reset", self._pointer)

    def __enter__(self) -> CancelToken:
        library().call("thread_use_cancel_token", self._pointer, None)
        _in_use().append(self)
        return self

    def __exit__(self, *_: object) -> None:
        tokens = _in_use()
        tokens.pop()
        library().call("thread_use_cancel_token", tokens[-1]._pointer if tokens else None, None)

    def __del__(self) -> None:
        if getattr(self, "_pointer", 0):
            self._free(self._pointer)


def _in_use() -> list[CancelToken]:
    """The calling thread's tokens, the innermost last."""
    tokens: list[CancelToken] | None = getattr(_thread_state, "tokens", None)
    if tokens is None:
        tokens = _thread_state.tokens = []
    return tokens


class _HelpedCall:
    """A call on a helper thread, while the main thread waits and can handle signals."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._token = CancelToken()
        self._thread = threading.Thread(target=self._work, name="actionclip call", daemon=True)
        # Joining the thread is not enough: a handler may interrupt it, and Python 3.11 then takes the thread for ended.
        self._gate = _thread.allocate_lock()
        self._gate.acquire()
        self._begun = False
        self._done = False
        self._error: BaseException | None = None

    def run(self) -> None:
        outer = _in_use()[-1] if _in_use() else None
        if outer is not None:
            outer._followers.add(self._token)
            if outer.cancelled:
                self._token.cancel()
        try:
            try:
                self._thread.start()
            except RuntimeError:  # no more threads, or the interpreter is going down
                return self._call()
            self._wait()
            self._thread.join()
        except BaseException:
            # A signal handler raised. If the call has not begun yet, it ends at once.
            self._token.cancel()
            while self._begun and not self._done:
                try:
                    self._wait()
                except BaseException:  # the first one is raised
                    pass
            raise
        finally:
            if outer is not None:
                outer._followers.discard(self._token)
        if self._error is not None:
            raise self._error

    def _wait(self) -> None:
        # A signal that the system delivers to another thread does not wake this one, so it wakes by itself.
        while not self._done:
            self._gate.acquire(timeout=0.25)

    def _work(self) -> None:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            self._begun = True
            with self._token:
                self._call()
        except BaseException as error:
            self._error = error
        finally:
            self._done = True
            self._gate.release()


#: Operations of the longest call that needs no helper thread: a second on the slowest processors, else about 10 ms.
_SHORT = 1e9


def long_call(name: str, *arguments: Any, path: str | None = None, work: float = math.inf) -> None:
    """Calls a function that the thread's cancel token can end. On the main thread signals are handled meanwhile, and an
    exception from a handler ends the call. work: about how many operations the call takes, if known; a short call does
    not get a helper thread."""
    if work > _SHORT and threading.current_thread() is threading.main_thread():
        _HelpedCall(lambda: library().call(name, *arguments, path=path)).run()
    else:
        library().call(name, *arguments, path=path)


def create(what: str, name: str, *arguments: Any, path: str | None = None) -> Handle:
    """Calls, as `long_call` does, a function that makes an object and gives its pointer in the last argument."""
    out = ctypes.c_void_p()
    free = getattr(library(), f"{what.replace(' ', '_')}_free")
    try:
        long_call(name, *arguments, ctypes.byref(out), path=path)
    except BaseException:
        if out.value:  # the object was made just before an interruption
            free(out.value)
        raise
    return Handle(what, out.value or 0, free)

"""Embeddings of many videos, for engines that map a function over batches: Ray Data, Daft, Spark.

    embedder = actionclip.batch.VideoEmbedder("model.safetensors", threads=2)
    rows = embedder({"path": np.array(["a.mp4", "b.mp4"])})

examples/python has a program for each engine.
"""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ._abi import CONSTANTS
from ._arguments import MOST_THREADS, Path, is_path, real, whole
from ._arrays import FloatArray
from ._errors import ActionCLIPError, CancelledError, invalid, wrong_type
from ._model import Model
from ._sliding import SlidingWindows
from ._video import ffmpeg_version

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-not-found,unused-ignore]

__all__ = ["VideoEmbedder"]

_SECOND = 10**9
_CHUNK = 1 << 20


class _Row(NamedTuple):
    """A window, or a video that has none."""

    path: str
    sha256: str | None
    start: float
    end: float
    embedding: FloatArray | None
    model_sha: str
    status: int
    error: str


class _Loaded(NamedTuple):
    """A loaded model, as rows need it."""

    windows: SlidingWindows
    size: int  #: E, numbers of an embedding
    sha256: str


class VideoEmbedder:
    """Turns a batch of paths into the embeddings of their windows, one row a window.

    A batch is columns by name, of which `path` is read. The result is these columns:

        path        text, as given; what is not UTF-8 becomes "?"
        sha256      of the file's bytes, 64 hexadecimal digits
        start, end  of the window, in seconds from the video's first frame, float64
        embedding   float32 [rows, E], each row of length 1
        model_sha   the SHA-256 of the model's file
        status      int32: 0, or the library's negative status
        error       text: empty, or one line that says why there is no embedding

    The windows of a video follow each other in the order of time. A video that cannot be read is one row with a status
    and an error, no sha256, and NaN for numbers: it never ends the job. A model that cannot be loaded does, by an
    exception.

    The model is loaded at the first batch, in the process that embeds, so it works in workers that are forked or
    spawned. A pickled embedder holds its arguments alone. Any number of threads may call it.

    model: as for `actionclip.Model`, but no bytes. window, step: seconds of a window, and from one window to the next;
    None for what the model's file declares, else 2, and for half a window. window "whole": a whole video is one window.
    Windows and embeddings are those of `actionclip embed`, to the last bit. threads: threads that decode and compute,
    as many as the engine gives processors to a worker. decode: as for `actionclip.Video`. arrow: the result is a
    pyarrow.Table in place of numpy arrays by name, with embeddings as a fixed-size list of float32, and null times of a
    video that failed. model_options: other arguments of `actionclip.Model`, such as compute="bf16".
    """

    def __init__(
        self,
        model: Path | None = None,
        *,
        window: float | Literal["whole"] | None = None,
        step: float | None = None,
        threads: int = 1,
        decode: str = "needed",
        arrow: bool = False,
        **model_options: Any,
    ) -> None:
        self._model = None if model is None else os.fspath(model)
        self._window: float | Literal["whole"] | None = "whole" if window == "whole" else _seconds("window", window)
        self._step = _seconds("step", step)
        self._decode, self._arrow = decode, arrow
        self._threads = whole("threads", threads, 1, MOST_THREADS)
        self._model_options = model_options
        self._forget()

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]] | pyarrow.Table:
        """Embeds the videos of a batch."""
        if "path" not in batch:
            raise invalid(f'a batch has no column "path"; it has {", ".join(map(repr, batch)) or "none"}')
        loaded = self._ready()
        rows = [row for path in batch["path"] for row in self._embed(path, loaded)]
        return _table(rows, loaded.size) if self._arrow else _arrays(rows, loaded.size)

    def _embed(self, path: Any, loaded: _Loaded) -> list[_Row]:
        """The rows of a video."""
        try:
            if not is_path(path):
                raise wrong_type(f"a path is {path!r}; it must be text")
            before = _state(path)
            windows = loaded.windows.of(path, threads=self._threads, decode=self._decode)
            digest = _sha256(path)
            if _state(path) != before:
                raise OSError(f"{path}: was changed while it was read")
            if not windows:
                raise OSError(f"{path}: has no window")
        except CancelledError:
            raise
        except (ActionCLIPError, OSError, MemoryError) as error:
            status, line = _told(error)
            shown = "" if path is None else _utf8(path)
            return [_Row(shown, None, math.nan, math.nan, None, loaded.sha256, status, line)]
        return [
            _Row(_utf8(path), digest, start / _SECOND, end / _SECOND, _unit(row[: loaded.size]), loaded.sha256, 0, "")
            for start, end, row in windows
        ]

    def _ready(self) -> _Loaded:
        """The model, loaded by this process."""
        process = os.getpid()  # after a fork: threads, and locks that others held, are the parent's
        with self._locks.setdefault(process, threading.Lock()):
            if process not in self._loaded:
                ffmpeg_version()  # without FFmpeg every video would fail
                model = Model(self._model, threads=self._threads, compute_sha256=True, **self._model_options)
                windows = SlidingWindows(model, self._window, self._step)
                self._loaded[process] = _Loaded(windows, model.info.embedding_size, model.sha256 or "")
            return self._loaded[process]

    def _forget(self) -> None:
        """Has no model yet. Locks and models are those of a process, by its number."""
        self._locks: dict[int, threading.Lock] = {}
        self._loaded: dict[int, _Loaded] = {}

    def __getstate__(self) -> dict[str, Any]:
        own = ("_locks", "_loaded")
        return {name: value for name, value in self.__dict__.items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()


def _seconds(what: str, seconds: float | None) -> float | None:
    if seconds is None:
        return None
    number = real(what, seconds)
    if not 0 < number < math.inf:
        raise invalid(f"{what} is {seconds!r}; it must be a number of seconds above 0")
    return number


def _unit(embedding: FloatArray) -> FloatArray:
    """A vector divided by its length; zeros stay. Squares are summed in order, so that the bits are always the same."""
    exact = embedding.astype(np.float64)
    length = math.sqrt(np.cumsum(exact * exact)[-1])
    return (exact / (length or 1)).astype(np.float32)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Numbers that change with a file; None where there is none."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def _sha256(path: Path) -> str | None:
    """The SHA-256 of a file in hexadecimal; None for a folder of frames."""
    if not os.path.isfile(path):
        return None
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _told(error: Exception) -> tuple[int, str]:
    """The status and the line for an error."""
    if isinstance(error, ActionCLIPError):
        return error.status, _utf8(error.message)
    kind = "OUT_OF_MEMORY" if isinstance(error, MemoryError) else "FILE_READ"
    return CONSTANTS[f"ERROR_{kind}"], _utf8(" ".join(str(error).split())) or "no memory"


def _utf8(text: Any) -> str:
    """A text that every engine can store."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _arrays(rows: list[_Row], size: int) -> dict[str, npt.NDArray[Any]]:
    """Rows as arrays by the names of their columns."""
    embeddings = np.full((len(rows), size), np.nan, np.float32)
    for embedding, row in zip(embeddings, rows):
        if row.embedding is not None:
            embedding[:] = row.embedding
    kinds = {"start": np.float64, "end": np.float64, "status": np.int32}
    return {
        name: embeddings if name == "embedding" else np.array([row[place] for row in rows], kinds.get(name, object))
        for place, name in enumerate(_Row._fields)
    }


def _table(rows: list[_Row], size: int) -> pyarrow.Table:
    """Rows as an Arrow table."""
    import pyarrow as pa

    arrays = _arrays(rows, size)
    failed = arrays["status"] != 0
    columns: dict[str, Any] = {}
    for name, array in arrays.items():
        if name == "embedding":
            # Without nulls, since Arrow cannot read those of a fixed-size list back from Parquet.
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), size)
        elif array.dtype == object:
            columns[name] = pa.array(array, pa.string())
        else:
            columns[name] = pa.array(array, mask=failed if name in ("start", "end") else None)
    return pa.table(columns)

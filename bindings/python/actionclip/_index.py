"""Search in archives of embeddings, which `actionclip embed` makes."""

from __future__ import annotations

import ctypes
import dataclasses
import json
import math
import os
from collections.abc import Iterable
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import CONSTANTS
from ._arguments import INT64_MAX, MOST_THREADS, Path, items, path_bytes, real, whole
from ._arrays import FloatArray, float_array, pointer
from ._cancel import create, long_call
from ._classifier import Classifier
from ._errors import ActionCLIPError, UnfinishedArchiveWarning, invalid, wrong_type
from ._handle import Owner
from ._library import library
from ._model import Model
from ._warnings import warn

_TYPES = {CONSTANTS["INDEX_FP32"]: "float32", CONSTANTS["INDEX_FP16"]: "float16"}

#: Bytes for a path, which longer ones ask for themselves.
_PATH = 1024

#: A part of a query: words, or an embedding of a video or a text [E].
Part = Union[str, npt.ArrayLike]


@dataclasses.dataclass(frozen=True)
class Moment:
    """A part of a video that a search found."""

    path: str  #: the video's path as the archive has it
    start: float  #: seconds from the video's beginning
    end: float
    score: float  #: cosine similarity of the best window to the query, -1 to 1
    peak_start: float  #: the best window's times
    peak_end: float
    row: int  #: the best window's row in the archive


@dataclasses.dataclass(frozen=True)
class IndexInfo:
    """Facts of an archive."""

    dimension: int  #: numbers of an embedding, E
    rows: int  #: rows, those of removed videos included
    removed_rows: int  #: rows of removed videos, which are never found
    window: Optional[float]  #: seconds of a window; None: rows are whole videos
    step: Optional[float]  #: seconds from one window's start to the next one's; None: rows are whole videos
    frames: Optional[int]  #: frames that the model saw of a window; None: not stated
    dtype: str  #: "float16" or "float32"
    unfinished: bool  #: whether it was being written when it was opened, or a run was interrupted: rows are missing
    manifest: dict[str, Any]  #: the archive's manifest.json, which names the model


class Index(Owner):
    """Searches an archive, the folder that `actionclip embed` fills. Every row is compared, so nothing is missed.

        with actionclip.Model() as model, actionclip.Index("archive", model=model) as index:
            for moment in index.query("somebody falls", n=20):
                print(moment.path, moment.start, moment.end, moment.score)

    Any number of threads may search at once. An index shows the archive as it was when it was opened; videos that are
    embedded later are seen by a new one. One that is still written, or whose run was interrupted, gives an
    `UnfinishedArchiveWarning`.

    model: turns words into embeddings; without one, queries are embeddings. It must be the model of the archive: its
        file is hashed once, unless compute_sha256 did so at load. A model of bytes or of a tuner has no file, and is
        taken.
    threads: threads that compare rows, 1 to 256; None: as many as a model's.
    in_memory: whether rows are read into memory once, and not from the files in each search.
    """

    def __init__(
        self, path: Path, *, model: Model | None = None, threads: int | None = None, in_memory: bool = False
    ) -> None:
        if model is not None and not isinstance(model, Model):
            raise wrong_type(f"model is a {type(model).__name__}; it must be a Model")
        options = library().defaults("index_options")
        options.threads = 0 if threads is None else whole("threads", threads, 1, MOST_THREADS)
        options.in_memory = int(bool(in_memory))
        self._handle = create(
            "index", "index_open", path_bytes("path", path), ctypes.byref(options), path=os.fspath(path)
        )
        self._model = model
        try:
            self._info = self._read_info()
            if model is not None:
                self._check_model(model)
            if self._info.unfinished:
                name = os.fsdecode(path)
                warn(
                    f"{name}: is not finished, and some videos are missing: actionclip embed goes on with it",
                    UnfinishedArchiveWarning,
                )
        except BaseException:
            self.close()
            raise

    def _read_info(self) -> IndexInfo:
        raw = _abi.IndexInfo(struct_size=ctypes.sizeof(_abi.IndexInfo))
        with self._handle.use() as handle:
            library().call("index_get_info", handle, ctypes.byref(raw))
            manifest = json.loads(library().index_manifest(handle).decode("utf-8"))
        return IndexInfo(
            dimension=raw.dimension, rows=raw.rows, removed_rows=raw.removed_rows, window=raw.window or None,
            step=raw.step or None, frames=raw.frames or None, dtype=_TYPES[raw.number_type],
            unfinished=bool(raw.unfinished), manifest=manifest,
        )  # fmt: skip

    def _check_model(self, model: Model) -> None:
        size, own = model.info.embedding_size, self._info.manifest.get("model")
        if size != self._info.dimension:
            raise invalid(f"the model's embeddings have {size} numbers, the archive's {self._info.dimension}")
        its = model._file_sha256() if own else None
        if its is not None and its != own:
            name = self._info.manifest.get("model_name") or "another model"
            raise invalid(f"the archive is of {name} (SHA-256 {own}), the model given has SHA-256 {its}")

    @property
    def info(self) -> IndexInfo:
        """Sizes and properties of the archive."""
        return self._info

    def __len__(self) -> int:
        """The number of rows, those of removed videos included."""
        return self._info.rows

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self._info.rows} rows"
        name = self._info.manifest.get("model_name")
        return f"<actionclip.Index {state}{f' of {name}' if name else ''}>"

    def query(
        self,
        query: Part | Iterable[Part],
        n: int = 20,
        *,
        weights: Iterable[float] | None = None,
        templates: list[str] | None = None,
        minimum_score: float | None = None,
        merge: bool = True,
    ) -> list[Moment]:
        """The n best moments, the best first; of equal scores, by path, then start.

        query: words, an embedding [E], or a list of both, or embeddings [parts, E]. The parts are scaled to unit length
            and added.
        weights: the factor of each part, 1 without; -1 takes a meaning away: weights=[1, -1].
        templates: prompts for words, each with one "{}"; None: the model's own, else the reference's.
        minimum_score: moments of lower scores are left out.
        merge: whether windows of a video that touch are merged to moments; else each window is one. actionclip.h has
            the rule.
        """
        count = whole("n", n, 1, 1 << 20)
        vectors = self._vectors(query, templates)
        factors = None
        if weights is not None:
            factors = float_array("weights", items("weights", weights), (1,))
            if len(factors) != len(vectors):
                raise invalid(f"weights has {len(factors)} numbers for {len(vectors)} parts of a query")
        options = library().defaults("query_options")
        options.merge = int(bool(merge))
        options.minimum_score = -math.inf if minimum_score is None else real("minimum_score", minimum_score)
        found, raw = ctypes.c_size_t(), (_abi.Moment * count)()
        raw[0].struct_size = ctypes.sizeof(_abi.Moment)
        with self._handle.use() as handle:
            long_call(
                "index_query",
                handle, pointer(vectors, _abi.Floats), None if factors is None else pointer(factors, _abi.Floats),
                len(vectors), vectors.shape[1], ctypes.byref(options), raw, count, ctypes.byref(found),
                work=float(self._info.rows) * self._info.dimension,
            )  # fmt: skip
        return [
            Moment(
                path=self.row(one.row)[0], start=one.start, end=one.end, score=one.score, peak_start=one.peak_start,
                peak_end=one.peak_end, row=one.row,
            )
            for one in raw[: found.value]
        ]  # fmt: skip

    def row(self, row: int) -> tuple[str, float, float]:
        """The window that a row stands for: its video's path, and its start and end in seconds."""
        place = whole("row", row, 0, INT64_MAX)
        start, end, size = ctypes.c_double(), ctypes.c_double(), ctypes.c_size_t()
        text = ctypes.create_string_buffer(_PATH)
        places = ctypes.byref(start), ctypes.byref(end)
        with self._handle.use() as handle:
            try:
                long_call("index_row", handle, place, *places, text, _PATH, ctypes.byref(size), work=1)
            except ActionCLIPError as error:
                if error.status != CONSTANTS["ERROR_BUFFER_TOO_SMALL"]:
                    raise
                long_call("index_row", handle, place, None, None, None, 0, ctypes.byref(size), work=1)
                text = ctypes.create_string_buffer(size.value)
                long_call("index_row", handle, place, *places, text, size.value, ctypes.byref(size), work=1)
        return text.value.decode("utf-8"), start.value, end.value

    def _vectors(self, query: Part | Iterable[Part], templates: list[str] | None) -> FloatArray:
        """The parts of a query as embeddings [parts, E]."""
        if isinstance(query, str):
            query = [query]
        if isinstance(query, np.ndarray):
            rows = float_array("query", query, (1, 2)).reshape(-1, query.shape[-1])
        else:
            given: Any = query
            parts = items("query", given)
            if parts and all(isinstance(part, (int, float, np.number)) for part in parts):
                parts = [parts]
            rows = np.stack([self._part(part, templates) for part in parts]) if parts else np.empty((0, 1), np.float32)
        if not len(rows):
            raise invalid("query has no parts")
        if rows.shape[1] != self._info.dimension:
            raise invalid(f"query has {rows.shape[1]} numbers a part, the archive's rows have {self._info.dimension}")
        return np.ascontiguousarray(rows)

    def _part(self, part: Part, templates: list[str] | None) -> FloatArray:
        if not isinstance(part, str):
            vector = float_array("query", part, (1,))
            if len(vector) != self._info.dimension:
                raise invalid(f"query has {len(vector)} numbers, the archive's rows have {self._info.dimension}")
            return vector
        if self._model is None:
            raise invalid("words are searched with a model: give Index(..., model=...)")
        with Classifier(self._model, [part], templates) as words:
            return words.directions().reshape(-1)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

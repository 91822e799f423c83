"""Scores of videos by texts, by a model's own rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from . import _abi, _similarity
from ._arguments import INT32_MAX, Path, is_file_bytes, is_path, real, texts, whole
from ._arrays import FloatArray, pointer
from ._cancel import long_call
from ._encode_frames import FrameEncoder
from ._encode_text import TextEncoder
from ._errors import invalid
from ._frames import FramesLike
from ._handle import Owner
from ._video import Video

_TextKey = tuple[list[str], list[str] | None, bool]


class VideoScorer(FrameEncoder, TextEncoder):
    """The part of a model that scores videos."""

    _labels: list[str]
    _template_weights: list[float]
    #: The labels, templates and truncate that `classify` used last, and their embeddings.
    _latest_texts: tuple[_TextKey, FloatArray] | None = None

    def similarity(
        self, videos: npt.ArrayLike, texts: npt.ArrayLike, scale: float = 100.0
    ) -> FloatArray:
        """Compares videos [n, E] with texts [m, E], as `actionclip.similarity` does: logits [n, m]. Videos of an
        X-CLIP, rows [n, V] as its encoding methods return them, move the texts that they are compared with."""
        if self._info.video_size == self._info.embedding_size:
            return _similarity.similarity(videos, texts, scale)
        left, right = _similarity.rows("videos", videos), _similarity.rows("texts", texts)
        self._check_rows(left, right)
        factor = real("scale", scale)
        out = np.empty((len(left), len(right)), np.float32)
        with self._handle.use() as handle:
            long_call(
                "model_similarity",
                handle, pointer(left, _abi.Floats), len(left), pointer(right, _abi.Floats), len(right),
                factor, pointer(out, _abi.Floats), out.size, work=self._scoring_work(len(left), right.size),
            )  # fmt: skip
        return out

    def probabilities(
        self,
        videos: npt.ArrayLike,
        texts: npt.ArrayLike,
        scale: float | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Scores videos [n, E] with texts, as `actionclip.probabilities` does: [n, classes]. Videos of an X-CLIP are
        rows [n, V]. If `info.frame_scores`, the templates of a class are joined to one text, and a video's length
        counts; the sum of the embeddings of a video's views then has the sum of their logits. A model that scores each
        label by itself (`info.sigmoid_scores`) takes the sigmoid in place of the softmax. scale: None or 0 is
        `info.usual_scale`, which is 100, or of such a model the one that it was trained with."""
        factor = 0.0 if scale is None else real("scale", scale)
        left, right = _similarity.rows("videos", videos), _similarity.by_template(texts)
        self._check_rows(left, right)
        templates, classes = right.shape[:2]
        shares = None if weights is None else _similarity.template_weights(weights, templates)
        out = np.empty((len(left), classes), np.float32)
        with self._handle.use() as handle:
            long_call(
                "model_probabilities",
                handle, pointer(left, _abi.Floats), len(left), pointer(right, _abi.Floats),
                pointer(shares, _abi.Floats), templates, classes, factor, pointer(out, _abi.Floats), out.size,
                work=self._scoring_work(len(left), right.size),
            )  # fmt: skip
        return out

    def _check_rows(self, videos: FloatArray, texts: FloatArray) -> None:
        """Checks the lengths of videos' rows and of texts' embeddings."""
        for name, array, size in (
            ("videos", videos, self._info.video_size), ("texts", texts, self._info.embedding_size)
        ):  # fmt: skip
            if array.shape[-1] != size:
                raise invalid(f"{name} have rows of {array.shape[-1]} numbers; this model's have {size}")

    def _scoring_work(self, videos: int, numbers: int) -> float:
        """Operations, roughly, of comparing videos with texts of so many numbers together."""
        moves = self._info.video_size > self._info.embedding_size
        return (30.0 * self._info.embedding_size if moves else 10.0) * numbers * videos

    def classify(
        self,
        video: Path | Video | FramesLike,
        labels: Sequence[str] | None = None,
        templates: Iterable[str] | None = None,
        top: int | None = None,
        *,
        scale: float | None = None,
        truncate: bool = False,
    ) -> list[tuple[str, float]]:
        """Finds the labels that fit a video: pairs (label, probability), the likeliest first, all of them or `top`.
        Without labels they are the model's own. Without templates they are the model's own with their weights.

        video: a path, a file's bytes, an open file, an open `Video`, or the frames of one video as for `encode_frames`,
        from which the model's own rule chooses T.
        scale: as in `probabilities`.
        truncate: as in `encode_labels`. The embeddings of the labels used last are kept, so that later videos with
        the same labels cost less; `close` drops them.
        """
        if labels is None and not self._labels:
            raise invalid("labels is missing, and the model names none of its own")
        names = self._labels if labels is None else texts("labels", labels)
        phrases = None if templates is None else texts("templates", templates)
        scale = None if scale is None else real("scale", scale)
        if top is not None:
            top = whole("top", top, 1, INT32_MAX)
        words = self._texts(names, phrases, bool(truncate))
        if is_path(video) or isinstance(video, Video) or is_file_bytes(video):
            features = self.encode_video(video)
        else:
            features = self._encode_one_video(video)
            if len(features) != 1:
                raise invalid(
                    f"frames are of {len(features)} videos; classify takes one, {self._info.frames} frames"
                )
        weights = self._template_weights if phrases is None and self._template_weights else None
        scores = self.probabilities(features, words, scale, weights)[0]
        order = np.argsort(-scores, kind="stable")
        return [(names[index], float(scores[index])) for index in order[:top]]

    def _texts(self, labels: list[str], templates: list[str] | None, truncate: bool) -> FloatArray:
        """The embeddings of labels, which are encoded unless they are those used last.

        There is no lock: labels and embeddings are read and replaced as one reference, and a lock held while encoding
        would stay locked in a child forked meanwhile. Threads that start together may each encode.
        """
        key = (labels, templates, truncate)
        latest = self._latest_texts
        if latest is not None and latest[0] == key:
            return latest[1]
        embeddings = self.encode_labels(labels, templates, truncate=truncate)
        self._latest_texts = (key, embeddings)
        if self.closed:  # another thread may have closed the model before there was anything to drop
            self._latest_texts = None
        return embeddings

    def close(self) -> None:
        super().close()
        self._latest_texts = None

    close.__doc__ = Owner.close.__doc__

"""The model."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable, Sequence
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from . import _abi, _similarity
from ._abi import CONSTANTS
from ._arrays import (
    INT32_MAX,
    Buffer,
    FloatArray,
    FramesLike,
    ImageLike,
    Images,
    IntArray,
    Path,
    byte_view,
    choice,
    float_array,
    frame_list,
    is_path,
    normalized,
    path_bytes,
    pointer,
    strings,
    whole,
)
from ._handle import Handle, Owner
from ._library import library
from ._library import templates as default_templates
from ._model_info import HEADS, ModelInfo, read_info
from ._preprocess import options as preprocess_options
from ._preprocess import preprocess
from ._video import Video

Features = FloatArray | tuple[FloatArray, FloatArray]

class Model(Owner):
    """Weights from a file (a path) or from a file's bytes, ready to encode.

    frames: T, frames per video. head: the reference's name ("meanP", "Conv_1D", "LSTM", "Transf",
    "Transf_cls"; case does not matter). temporal_shift, joint: True, False, or None for what the
    checkpoint says. What the checkpoint contradicts is an error. threads: one per processor by
    default. tokenizer: CLIP's merge list; by default looked for beside the weights.

    Immutable: any number of threads may use one model at once.
    """

    def __init__(
        self,
        path: Path | Buffer,
        frames: int | None = None,
        head: str | None = None,
        temporal_shift: bool | None = None,
        joint: bool | None = None,
        threads: int | None = None,
        tokenizer: Path | None = None,
    ) -> None:
        lib = library()
        options = _abi.ModelOptions()
        lib.model_options_init(ctypes.byref(options))
        if frames is not None:
            options.frames = whole("frames", frames, 1, INT32_MAX)
        if head is not None:
            options.head = choice("head", head, HEADS)
        options.temporal_shift = _three_way("temporal_shift", temporal_shift)
        options.joint = _three_way("joint", joint)
        if threads is not None:
            options.threads = whole("threads", threads, 1, INT32_MAX)
        if tokenizer is not None:
            options.tokenizer_path = path_bytes(tokenizer)
        out = ctypes.c_void_p()
        if is_path(path):
            name = os.fspath(path)  # type: ignore[arg-type]
            # The file that is missing may be the weights or the merge list.
            missing = tokenizer if os.path.lexists(name) and tokenizer is not None else name
            lib.call(
                "model_load",
                path_bytes(name), ctypes.byref(options), ctypes.byref(out), path=os.fspath(missing),
            )  # fmt: skip
        else:
            data = byte_view(path)
            lib.call(
                "model_load_buffer",
                data.ctypes.data, data.size, ctypes.byref(options), ctypes.byref(out),
                path=None if tokenizer is None else os.fspath(tokenizer),
            )  # fmt: skip
        self._handle = Handle("model", out.value or 0, lib.model_free)
        with self._handle.use() as handle:
            self._info = read_info(handle)

    @property
    def info(self) -> ModelInfo:
        """Sizes and choices."""
        return self._info

    # Images to embeddings.

    @overload
    def encode_frames(
        self, frames: FramesLike, *, pixel_format: str = ..., normalize: bool = ...,
        return_frames: Literal[False] = ..., resize: str = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> FloatArray: ...  # fmt: skip
    @overload
    def encode_frames(
        self, frames: FramesLike, *, pixel_format: str = ..., normalize: bool = ...,
        return_frames: Literal[True], resize: str = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> tuple[FloatArray, FloatArray]: ...  # fmt: skip
    def encode_frames(
        self,
        frames: FramesLike,
        *,
        pixel_format: str = "rgb",
        normalize: bool = False,
        return_frames: bool = False,
        resize: str = "actionclip",
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> Features:
        """Frames to video embeddings, float32 [videos, E].

        frames: uint8 images [H, W, 3], [H, W, 4] or [H, W], T per video, the first video's first: a
        list (sizes may differ), or an array [T, H, W, C] or [B, T, H, W, C]. Images whose rows are
        packed are not copied. pixel_format "rgb", "bgr", "rgba", "bgra" or "gray".
        return_frames: also the frames' embeddings, [videos, T, E] ([videos, E] when joint).
        The other arguments are those of `preprocess`.
        """
        images = Images(frame_list(frames), pixel_format)
        settings = preprocess_options(resize, crop, short_side, mean, std)
        videos, per_frame = self._outputs(images.count, return_frames)
        with self._handle.use() as handle:
            library().call(
                "encode_frames",
                handle, images.structs, images.count, settings,
                pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
            )  # fmt: skip
        return _features(videos, per_frame, normalize)

    @overload
    def encode_pixels(
        self, pixels: npt.ArrayLike, *, return_frames: Literal[False] = ..., normalize: bool = ...
    ) -> FloatArray: ...
    @overload
    def encode_pixels(
        self, pixels: npt.ArrayLike, *, return_frames: Literal[True], normalize: bool = ...
    ) -> tuple[FloatArray, FloatArray]: ...
    def encode_pixels(
        self, pixels: npt.ArrayLike, *, return_frames: bool = False, normalize: bool = False
    ) -> Features:
        """Preprocessed frames, [videos * T, 3, S, S] or [videos, T, 3, S, S], to embeddings as
        `encode_frames` returns them."""
        array = float_array("pixels", pixels, (4, 5))
        side = self._info.image_size
        if array.shape[-3:] != (3, side, side):
            raise ValueError(
                f"pixels has shape {list(array.shape)}; this model takes [..., 3, {side}, {side}]"
            )
        if array.ndim == 5 and array.shape[1] != self._info.frames:
            raise ValueError(
                f"pixels has {array.shape[1]} frames per video; this model takes {self._info.frames}"
            )
        count = array.shape[0] if array.ndim == 4 else array.shape[0] * array.shape[1]
        videos, per_frame = self._outputs(count, return_frames)
        with self._handle.use() as handle:
            library().call(
                "encode_pixels",
                handle, pointer(array, _abi.Floats), array.size, count,
                pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
            )  # fmt: skip
        return _features(videos, per_frame, normalize)

    @overload
    def encode_video(
        self, video: Path | Buffer | Video, *, normalize: bool = ...,
        return_frames: Literal[False] = ..., resize: str = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> FloatArray: ...  # fmt: skip
    @overload
    def encode_video(
        self, video: Path | Buffer | Video, *, normalize: bool = ...,
        return_frames: Literal[True], resize: str = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> tuple[FloatArray, FloatArray]: ...  # fmt: skip
    def encode_video(
        self,
        video: Path | Buffer | Video,
        *,
        normalize: bool = False,
        return_frames: bool = False,
        resize: str = "actionclip",
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> Features:
        """A whole video (a path, a file's bytes, or an open `Video`) to its embedding, float32 [E];
        T frames are chosen as the reference does. return_frames: also [T, E] ([E] when joint)."""
        settings = preprocess_options(resize, crop, short_side, mean, std)
        videos, per_frame = self._outputs(self._info.frames, return_frames)
        with contextlib.ExitStack() as stack:
            source = video if isinstance(video, Video) else stack.enter_context(Video(video))
            stack.enter_context(source._turn)
            opened = stack.enter_context(source._handle.use())
            handle = stack.enter_context(self._handle.use())
            library().call(
                "encode_video",
                handle, opened, settings, pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
            )  # fmt: skip
        return _features(videos[0], None if per_frame is None else per_frame[0], normalize)

    def _outputs(self, frame_count: int, return_frames: bool) -> tuple[FloatArray, FloatArray | None]:
        # A count that is no multiple of T is for the library to refuse.
        videos = frame_count // self._info.frames
        size = self._info.embedding_size
        shape = (videos, size) if self._info.joint else (videos, self._info.frames, size)
        per_frame = np.empty(shape, np.float32) if return_frames else None
        return np.empty((videos, size), np.float32), per_frame

    # Text to embeddings.

    def encode_prompts(
        self, texts: str | Iterable[str], *, truncate: bool = False, normalize: bool = False
    ) -> FloatArray:
        """Texts to embeddings, float32 [n, E]. A text that is too long is an error unless `truncate`."""
        array, count = strings("texts", texts)
        out = np.empty((count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            library().call(
                "encode_prompts",
                handle, array, count, int(bool(truncate)), pointer(out, _abi.Floats), out.size,
            )  # fmt: skip
        return normalized(out) if normalize else out

    def encode_labels(
        self,
        labels: str | Iterable[str],
        templates: str | Iterable[str] | None = None,
        *,
        truncate: bool = False,
        normalize: bool = False,
    ) -> FloatArray:
        """Every label in every template, float32 [templates, labels, E]. A template is a text with
        one "{}"; by default the reference's 16."""
        label_array, label_count = strings("labels", labels)
        if templates is None:
            template_array, given = None, 0
            template_count = len(default_templates())
        else:
            template_array, given = strings("templates", templates)
            if given == 0:
                raise ValueError("templates is empty; leave it out for the reference's 16")
            template_count = given
        out = np.empty((template_count, label_count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            library().call(
                "encode_labels",
                handle, label_array, label_count, template_array, given, int(bool(truncate)),
                pointer(out, _abi.Floats), out.size,
            )  # fmt: skip
        return normalized(out) if normalize else out

    def encode_tokens(self, tokens: npt.ArrayLike, *, normalize: bool = False) -> FloatArray:
        """Rows of token ids with their markers, zero-padded, [n, C], to embeddings, float32 [n, E]."""
        array = np.asarray(tokens)
        if array.dtype.kind not in "iu":
            raise TypeError(f"tokens holds {array.dtype}; it must hold integers")
        if array.ndim == 1:
            array = array[np.newaxis]
        if array.ndim != 2 or array.shape[1] != self._info.context_length:
            raise ValueError(
                f"tokens has shape {list(array.shape)}; this model takes [n, {self._info.context_length}]"
            )
        if array.size and (array.min() < 0 or array.max() > INT32_MAX):
            raise ValueError(f"tokens holds ids from {array.min()} to {array.max()}; ids are 0 or more")
        ids = np.ascontiguousarray(array, dtype=np.int32)
        out = np.empty((len(ids), self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            library().call(
                "encode_tokens",
                handle, pointer(ids, _abi.Int32s), ids.size, len(ids), pointer(out, _abi.Floats), out.size,
            )  # fmt: skip
        return normalized(out) if normalize else out

    def tokenize(self, texts: str | Iterable[str], truncate: bool = False) -> IntArray:
        """Texts to rows of token ids as `encode_tokens` takes them, int32 [n, C]."""
        array, count = strings("texts", texts)
        out = np.empty((count, self._info.context_length), np.int32)
        with self._handle.use() as handle:
            library().call(
                "tokenize",
                handle, array, count, int(bool(truncate)), pointer(out, _abi.Int32s), out.size,
            )  # fmt: skip
        return out

    # The rest.

    def preprocess(
        self,
        image: ImageLike | FramesLike,
        *,
        pixel_format: str = "rgb",
        resize: str = "actionclip",
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> FloatArray:
        """`actionclip.preprocess` for this model's input size: [3, S, S], or [n, 3, S, S] for several."""
        return preprocess(
            image, self._info.image_size, pixel_format=pixel_format, resize=resize, crop=crop,
            short_side=short_side, mean=mean, std=std,
        )  # fmt: skip

    def similarity(
        self, videos: npt.ArrayLike, texts: npt.ArrayLike, scale: float = 100.0
    ) -> FloatArray:
        """`actionclip.similarity`: logits [n, m]."""
        return _similarity.similarity(videos, texts, scale)

    def probabilities(
        self, videos: npt.ArrayLike, texts: npt.ArrayLike, scale: float = 100.0
    ) -> FloatArray:
        """`actionclip.probabilities`: [n, classes]."""
        return _similarity.probabilities(videos, texts, scale)

    def classify(
        self,
        video: Path | Video | FramesLike,
        labels: Sequence[str],
        templates: Iterable[str] | None = None,
        top: int | None = None,
        *,
        scale: float = 100.0,
    ) -> list[tuple[str, float]]:
        """Which of these labels a video shows: (label, probability), the likeliest first, all or `top`.

        video: a path, a file's bytes, an open `Video`, or T frames as `encode_frames` takes them. For
        many videos, call `encode_labels` once and `probabilities` on what `encode_frames` returns.
        """
        names = [labels] if isinstance(labels, str) else list(labels)
        if top is not None:
            top = whole("top", top, 1, INT32_MAX)
        file_bytes = isinstance(video, (bytes, bytearray, memoryview))
        if is_path(video) or isinstance(video, Video) or file_bytes:
            features = self.encode_video(video)
        else:
            features = self.encode_frames(video)
            if len(features) != 1:
                raise ValueError(
                    f"frames are of {len(features)} videos; classify takes one, {self._info.frames} frames"
                )
        scores = self.probabilities(features, self.encode_labels(names, templates), scale)[0]
        order = np.argsort(-scores, kind="stable")
        return [(names[index], float(scores[index])) for index in order[:top]]

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        info = self._info
        state = "closed" if self.closed else f"{info.parameters} parameters"
        kind = f"ViT/{info.patch_size} {info.image_size}px {info.frames}f {info.head}"
        return f"<actionclip.Model {kind}, {state}>"


def _three_way(what: str, value: bool | None) -> int:
    if value is None:
        return CONSTANTS["AS_CHECKPOINT"]
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what} is {value!r}; it must be True, False or None")
    return CONSTANTS["ON"] if value else CONSTANTS["OFF"]


def _features(videos: FloatArray, per_frame: FloatArray | None, normalize: bool) -> Features:
    if normalize:
        videos = normalized(videos)
        per_frame = None if per_frame is None else normalized(per_frame)
    videos = videos if videos.base is None else videos.copy()
    if per_frame is None:
        return videos
    return videos, per_frame if per_frame.base is None else per_frame.copy()

"""Encoding of images and videos to embeddings."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from . import _abi
from ._arguments import Buffer, Path, span
from ._arrays import FloatArray, float_array, normalized, pointer
from ._cancel import long_call
from ._errors import invalid
from ._frames import (
    FramesLike,
    PixelsLike,
    frame_list,
    pixel_array,
    single_frame_list,
    single_pixel_array,
)
from ._handle import Owner
from ._images import Images
from ._library import library
from ._model_info import ModelInfo
from ._preprocess import RESIZE, SAMPLING
from ._preprocess import options as preprocess_options
from ._preprocess import sample_indices
from ._video import Video

Features = FloatArray | tuple[FloatArray, FloatArray]


class FrameEncoder(Owner):
    """The part of a model that encodes frames and videos."""

    _info: ModelInfo

    @property
    def preprocessing(self) -> dict[str, Any]:
        """The model's own preprocessing of frames: resize, short_side (None: as `resize` says), mean and std, which are
        arguments of `preprocess`."""
        with self._handle.use() as handle:
            struct = preprocess_options(None, "center", None, None, None, handle).contents
        return {
            "resize": _name(RESIZE, struct.resize),
            "short_side": struct.short_side or None,
            "mean": tuple(struct.mean),
            "std": tuple(struct.std),
        }

    @property
    def sampling(self) -> str:
        """The rule by which `encode_video` chooses frames, an argument of `sample_indices`."""
        with self._handle.use() as handle:
            return _name(SAMPLING, library().number("model_sampling", handle))

    @overload
    def encode_frames(
        self, frames: FramesLike, *, pixel_format: str = ..., normalize: bool = ...,
        return_frames: Literal[False] = ..., resize: str | None = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> FloatArray: ...  # fmt: skip
    @overload
    def encode_frames(
        self, frames: FramesLike, *, pixel_format: str = ..., normalize: bool = ...,
        return_frames: Literal[True], resize: str | None = ..., crop: str = ...,
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
        resize: str | None = None,
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> Features:
        """Encodes videos, given as frames, to embeddings, float32 [videos, E].

        frames: uint8 images [H, W, 3], [H, W, 4] or [H, W], or Pillow images of any mode: a list (sizes may
        differ), a list of such lists, or an array [T, H, W, C] or [B, T, H, W, C]; C may stand before H, as torch
        has it, if H and W show which it is. From a video of more than T frames the model's own rule (`sampling`)
        chooses T; a video of fewer is an error. A flat list or [n, H, W, C] is taken for videos of T frames each, the
        first video's first; give [frames] for one video. If n is above T and no multiple of T, the frames are taken
        for one video, with a warning. Arrays with packed rows are not copied.
        pixel_format: the format of arrays, "rgb", "bgr", "rgba", "bgra" or "gray" (C may be absent then: [T, H, W],
        [B, T, H, W]); "rgbx", "bgrx"; "gray16" (uint16); "yuyv" or "uyvy" ([H, W, 2]); "nv12", "nv21", "i420" or "yv12"
        ([H * 3 / 2, W], as OpenCV has them), "nv24" ([H * 3, W]), with colours of BT.601 up to 576 rows, else BT.709,
        of limited range. A `Frame` states other colours, and turns, mirrors and cuts the picture. Pillow images state
        their own format; Pillow converts them to RGB.
        normalize: scales embeddings to unit length, there and in all encoding methods. A video's embedding stays as it
        is if `info.frame_scores`: it is the mean of its frames' unit vectors, and its length counts in scores.
        return_frames: returns the frame embeddings too, [videos, T, E], or [videos, E] for a joint model.
        The other arguments are those of `preprocess`; None means the model's own (`preprocessing`).
        """
        images = Images(frame_list(frames, self._info.frames, pixel_format, self._choice), pixel_format)
        with self._handle.use() as handle:
            settings = preprocess_options(resize, crop, short_side, mean, std, handle)
        return self._encode_images(images, settings, return_frames, normalize)

    def _encode_one_video(self, frames: FramesLike) -> FloatArray:
        """Encodes T or more frames of one video to its embedding [1, E]."""
        chosen = frame_list(frames, self._info.frames, "rgb", self._choice, single=True)
        with self._handle.use() as handle:
            settings = preprocess_options(None, "center", None, None, None, handle)
        features = self._encode_images(Images(chosen, "rgb"), settings, False, False)
        return features if isinstance(features, np.ndarray) else features[0]

    def _encode_images(self, images: Images, settings: Any, return_frames: bool, normalize: bool) -> Features:
        videos, per_frame = self._outputs(images.count, return_frames)
        with self._handle.use() as handle:
            long_call(
                "encode_camera_frames",
                handle, images.structs, images.count, settings,
                pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
                work=self._images_work(images),
            )  # fmt: skip
        return self._features(videos, per_frame, normalize)

    @overload
    def encode_pixels(
        self, pixels: PixelsLike, *, return_frames: Literal[False] = ..., normalize: bool = ...
    ) -> FloatArray: ...
    @overload
    def encode_pixels(
        self, pixels: PixelsLike, *, return_frames: Literal[True], normalize: bool = ...
    ) -> tuple[FloatArray, FloatArray]: ...
    def encode_pixels(
        self, pixels: PixelsLike, *, return_frames: bool = False, normalize: bool = False
    ) -> Features:
        """Encodes videos from preprocessed frames, [videos * T, 3, S, S] or [videos, T, 3, S, S] or lists of such
        arrays, and returns embeddings as `encode_frames` does."""
        array, count = pixel_array(pixels, self._info.frames, self._info.image_size)
        videos, per_frame = self._outputs(count, return_frames)
        with self._handle.use() as handle:
            long_call(
                "encode_pixels",
                handle, pointer(array, _abi.Floats), array.size, count,
                pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
                work=self._frames_work(count),
            )  # fmt: skip
        return self._features(videos, per_frame, normalize)

    def encode_single_frames(
        self,
        frames: FramesLike,
        *,
        pixel_format: str = "rgb",
        normalize: bool = False,
        resize: str | None = None,
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> FloatArray:
        """Encodes single frames, any number from 1 on, to frame embeddings, float32 [n, E], for `join_frames`.

        frames: a list of images as for `encode_frames`, or an array [n, H, W, C]. So overlapping windows of a stream or
        a long video can share frames: encode each frame once, and join the embeddings of a window. The embeddings have
        the same bits as those of `encode_frames(..., return_frames=True)`; `join_frames` needs them not normalised.
        It is an error for a model whose `info.frames_independent` is False.
        """
        images = Images(single_frame_list(frames, pixel_format), pixel_format)
        out = np.empty((images.count, self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            settings = preprocess_options(resize, crop, short_side, mean, std, handle)
            long_call(
                "encode_single_camera_frames",
                handle, images.structs, images.count, settings, pointer(out, _abi.Floats), out.size,
                work=self._images_work(images),
            )  # fmt: skip
        return normalized(out) if normalize else out

    def encode_single_pixels(self, pixels: PixelsLike, *, normalize: bool = False) -> FloatArray:
        """Encodes single preprocessed frames [n, 3, S, S], and returns embeddings as `encode_single_frames` does."""
        array = single_pixel_array(pixels, self._info.image_size)
        out = np.empty((array.shape[0], self._info.embedding_size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "encode_single_pixels",
                handle, pointer(array, _abi.Floats), array.size, array.shape[0],
                pointer(out, _abi.Floats), out.size, work=self._frames_work(array.shape[0]),
            )  # fmt: skip
        return normalized(out) if normalize else out

    def join_frames(self, frames: Any, *, normalize: bool = False) -> FloatArray:
        """Joins frame embeddings to video embeddings, float32 [videos, E], with the model's temporal head.

        frames: [videos * T, E] or [videos, T, E], or [videos, E] for a joint model, not normalised. The result has the
        same bits as if the frames of each video were encoded together.
        """
        array = float_array("frames", frames, (2, 3))
        rows, size = 1 if self._info.joint else self._info.frames, self._info.embedding_size
        shape = list(array.shape)
        if shape[-1] != size or (array.ndim == 3 and shape[1] != rows):
            raise invalid(f"frames has shape {shape}; this model takes [videos, {rows}, {size}] or [n, {size}]")
        count = array.size // size
        out = np.empty((count // rows, size), np.float32)
        with self._handle.use() as handle:
            long_call(
                "join_frames",
                handle, pointer(array, _abi.Floats), count, pointer(out, _abi.Floats), out.size,
                work=200.0 * size * size * count,  # about six blocks of a transformer
            )  # fmt: skip
        return self._scaled(out) if normalize else out

    @overload
    def encode_video(
        self, video: Path | Buffer | Video, *, normalize: bool = ...,
        return_frames: Literal[False] = ..., start: float = ..., end: float | None = ...,
        resize: str | None = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> FloatArray: ...  # fmt: skip
    @overload
    def encode_video(
        self, video: Path | Buffer | Video, *, normalize: bool = ...,
        return_frames: Literal[True], start: float = ..., end: float | None = ...,
        resize: str | None = ..., crop: str = ...,
        short_side: int | None = ..., mean: Sequence[float] | None = ...,
        std: Sequence[float] | None = ...,
    ) -> tuple[FloatArray, FloatArray]: ...  # fmt: skip
    def encode_video(
        self,
        video: Path | Buffer | Video,
        *,
        normalize: bool = False,
        return_frames: bool = False,
        start: float = 0,
        end: float | None = None,
        resize: str | None = None,
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> Features:
        """Encodes a video (a path, a file's bytes, or an open `Video`) to its embedding, float32 [E]. The model's own
        rule (`sampling`) chooses T frames. start, end: the part to encode as a video of its own, in seconds from the
        first frame (None: the video's end). return_frames: returns the frame embeddings too, [T, E], or [E] for a
        joint model."""
        with self._handle.use() as handle:
            settings = preprocess_options(resize, crop, short_side, mean, std, handle)
        between = span(start, end)
        videos, per_frame = self._outputs(self._info.frames, return_frames)
        with contextlib.ExitStack() as stack:
            source = video if isinstance(video, Video) else stack.enter_context(Video(video))
            opened = stack.enter_context(source._use())
            handle = stack.enter_context(self._handle.use())
            long_call(
                "encode_video_between",
                handle, opened, *between, settings, pointer(videos, _abi.Floats), videos.size,
                pointer(per_frame, _abi.Floats), 0 if per_frame is None else per_frame.size,
            )  # fmt: skip
        return self._features(videos[0], None if per_frame is None else per_frame[0], normalize)

    def _choice(self, frame_count: int) -> list[int]:
        """Indices of the frames that the model's own rule chooses from a video."""
        if self.sampling == "open_vclip":
            raise invalid(
                f"a video has {frame_count} frames, this model takes {self._info.frames}, and its rule counts in "
                "seconds: choose them with actionclip.sample_indices(..., sampling='open_vclip', frame_rate=...)"
            )
        return [int(index) for index in sample_indices(frame_count, self._info.frames, sampling=self.sampling)]

    def _images_work(self, images: Images) -> float:
        pixels: int = sum(image.width * image.height for image in images.structs)
        return self._frames_work(images.count) + 1e3 * pixels

    def _frames_work(self, frames: int) -> float:
        """The most operations that encoding so many frames takes."""
        tokens = (self._info.image_size // self._info.patch_size) ** 2 + 1
        return 2.0 * self._info.parameters * tokens * frames

    def _outputs(self, frame_count: int, return_frames: bool) -> tuple[FloatArray, FloatArray | None]:
        # The library refuses a number that is no multiple of T.
        videos = frame_count // self._info.frames
        size = self._info.embedding_size
        shape = (videos, size) if self._info.joint else (videos, self._info.frames, size)
        per_frame = np.empty(shape, np.float32) if return_frames else None
        return np.empty((videos, self._info.video_size), np.float32), per_frame

    def _scaled(self, videos: FloatArray) -> FloatArray:
        """Videos' rows with embeddings of unit length, or as they are where their lengths count in scores. What moves
        texts stays as it is."""
        if self._info.frame_scores:
            return videos
        size = self._info.embedding_size
        rows = normalized(videos[..., :size])
        return rows if videos.shape[-1] == size else np.concatenate([rows, videos[..., size:]], axis=-1)

    def _features(self, videos: FloatArray, per_frame: FloatArray | None, normalize: bool) -> Features:
        if normalize:
            videos = self._scaled(videos)
            per_frame = None if per_frame is None else normalized(per_frame)
        videos = videos if videos.base is None else videos.copy()
        if per_frame is None:
            return videos
        return videos, per_frame if per_frame.base is None else per_frame.copy()


def _name(names: dict[str, int], code: int) -> str:
    return next((name for name, value in names.items() if value == code), str(code))

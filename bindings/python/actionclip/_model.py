"""The model: loading, saving and properties."""

from __future__ import annotations

import ctypes
import inspect
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from ._arguments import Buffer, Path, byte_view, is_path, path_bytes, template_texts, texts
from ._arrays import FloatArray
from ._cancel import create
from ._frames import FramesLike
from ._handle import Handle
from ._images import ImageLike
from ._library import library
from ._model_file import (
    file_sha256,
    read_assumptions,
    read_label_note,
    read_labels,
    read_note,
    read_notes,
    read_sha256,
    read_template_weights,
    read_templates,
    save_model,
)
from ._model_info import ModelInfo, ModelPlan, read_info
from ._model_options import load_options, read_plan
from ._preprocess import options as preprocess_options
from ._preprocess import pixels
from ._scoring import VideoScorer
from ._tuning import Part, tuner_options

if TYPE_CHECKING:
    from ._tuner import Tuner


class Model(VideoScorer):
    """A loaded model, ready to encode, from a path or from a file's bytes. Without a path it is the default model: the
    file that the environment variable ACTIONCLIP_MODEL names, or the one installed with the library.

    An argument that contradicts the checkpoint is an error.
    frames: T, frames per video. head: its name ("MeanP", "Conv_1D", "LSTM", "Transf", "Transf_cls", "MIT", in upper
    or lower case). temporal_shift, joint: True, False, or None for as the checkpoint says. temporal_shift may
    also be "causal": channels come from past frames alone, which is another network than the two-sided one.
    threads: threads that compute, 1 to 256. None for what the environment variable ACTIONCLIP_THREADS says, else one
    for each processor that the affinity and the processor quota (containers, services) leave to the process.
    tokenizer: CLIP's merge list or tokenizer.json, or SigLIP's spiece.model; by default the one inside the model's
    file, or beside it.
    compute: "fp32", "bf16" or "int8", the precision of the encoders; None for as the file says, else fp32.
    processors: ids of the processors that the model's own threads are pinned to, in turn. An id that Linux refuses,
    since the machine has no such processor or the process may not use it, pins nothing and is no error.
    expected_sha256: the SHA-256 that the file must have, 64 hexadecimal digits; a file with another one is refused, and
    nothing in it is parsed. compute_sha256: computes the SHA-256 without expecting one. A file to be hashed is read
    into memory whole.
    base: a CLIP file that gives the token embedding if the weights lack it, as ViFi-CLIP's do,
    and the model that a LoRA is merged into.
    base_share: the share, 0 to below 1, of base's weights in the model's, as Open-VCLIP mixes CLIP into its own.
    open_clip_name: the model's name in open_clip, if there is no configuration beside its file.
    activation: "QuickGELU", "GELU" or "GELU-tanh", the encoders' activation, which weights do not state: open_clip's
    own models from LAION and DataComp have GELU. None for as the file says, else QuickGELU.
    temporal_view: the number of frames on each side that a frame's tokens attend to besides their own, 0 to 3
    (Open-VCLIP's expand_temporal_view is 1). None for as the file says.
    instructions: the highest instruction set to compute with, in this order: "portable", "avx2", "avx_vnni", "avx512",
    "avx512_vnni", "avx512_bf16", "amx"; on aarch64 "portable", "neon_dot", "neon_i8mm", "neon_bf16". None or "auto"
    for the processor's best. The environment variable ACTIONCLIP_INSTRUCTIONS may set a lower one.
    for_saving: True leaves the numbers in the files, which stay open, until `save` reads them one tensor at a time, so
    that a model larger than the memory can be made fp16; it encodes nothing.

    path may also be a folder of Hugging Face's or open_clip's, an index of shards (docs/FAMILIES.md), or the name of a
    model that Hugging Face's tools have downloaded, such as "openai/clip-vit-base-patch16".

    A model is immutable, and any number of threads may use it at once. It holds memory and threads until `close`, the
    end of a `with` block, or the last reference.
    """

    #: Whether the model is of a file, and its path; None: the default model's.
    _has_file = False
    _path: Path | None = None

    def __init__(
        self,
        path: Path | Buffer | None = None,
        frames: int | None = None,
        head: str | None = None,
        temporal_shift: bool | Literal["causal"] | None = None,
        joint: bool | None = None,
        threads: int | None = None,
        tokenizer: Path | None = None,
        compute: str | None = None,
        processors: Sequence[int] | None = None,
        expected_sha256: str | None = None,
        compute_sha256: bool = False,
        base: Path | None = None,
        open_clip_name: str | None = None,
        activation: str | None = None,
        temporal_view: int | None = None,
        instructions: str | None = None,
        base_share: float = 0.0,
        for_saving: bool = False,
    ) -> None:
        options = load_options(locals())
        if path is None:
            made = create("model", "model_load", None, ctypes.byref(options))
        elif is_path(path):
            name = os.fspath(path)  # type: ignore[arg-type]
            # The file that is missing may be the weights or the tokenizer.
            missing = tokenizer if os.path.lexists(name) and tokenizer is not None else name
            made = create(
                "model", "model_load", path_bytes("path", name), ctypes.byref(options), path=os.fspath(missing)
            )
        else:
            data = byte_view("path", path)
            made = create(
                "model", "model_load_buffer", data.ctypes.data, data.size, ctypes.byref(options),
                path=None if tokenizer is None else os.fspath(tokenizer),
            )  # fmt: skip
        self._take(made)
        if path is None or is_path(path):
            self._has_file, self._path = True, path  # type: ignore[assignment]

    @staticmethod
    def plan(path: Path | None = None, *, measure: bool = True, **options: Any) -> ModelPlan:
        """Tells what `Model(path, **options)` would be and take, without loading it: headers of files are read, and
        none of the weights but numbers that stand alone. With `measure` the time of a video is estimated, by some
        tenths of a second of computing."""
        given = inspect.signature(Model).bind(path, **options)
        given.apply_defaults()
        return read_plan(path, measure, load_options(given.arguments))

    @classmethod
    def _of(cls, made: Handle) -> Model:
        """A model that the library made."""
        model = cls.__new__(cls)
        model._take(made)
        return model

    def _take(self, made: Handle) -> None:
        self._handle = made
        with self._handle.use() as handle:
            self._info = read_info(handle)
            self._labels = read_labels(handle)
            self._templates = read_templates(handle)
            self._template_weights = read_template_weights(handle)
            self._sha256 = read_sha256(handle)
            self._knows_its_words = read_label_note(handle, None) is not None

    @property
    def info(self) -> ModelInfo:
        """The model's sizes and options."""
        return self._info

    @property
    def labels(self) -> list[str]:
        """The labels that the model's file names; empty if it names none."""
        return list(self._labels)

    @property
    def templates(self) -> list[str]:
        """The model's own templates; empty if it has none and uses the reference's 16."""
        return list(self._templates)

    @property
    def template_weights(self) -> list[float]:
        """The weights of the model's own templates in a score, which sum to 1; equal ones unless its file has
        others."""
        return list(self._template_weights)

    @property
    def family(self) -> str:
        """The family of checkpoints whose layout the file has, such as "CLIP" or "open_clip"."""
        with self._handle.use() as handle:
            return str(library().model_family(handle).decode("utf-8"))

    @property
    def assumptions(self) -> list[str]:
        """One line for each property of the model that is assumed, since neither its file nor the arguments state
        it."""
        with self._handle.use() as handle:
            return read_assumptions(handle)

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the model's file or bytes, in hexadecimal; None unless it was asked for at load."""
        return self._sha256

    def _file_sha256(self) -> str | None:
        """The SHA-256 of the model's file, computed now unless it was at load; None for a model without a file."""
        if self._sha256 is None and self._has_file:
            self._sha256 = file_sha256(self._path)
        return self._sha256

    def label_note(self, label: str | None = None) -> str | None:
        """One line about a label that the model does not know, or None. Only a model with its own vocabulary, such as
        the default model, gives such lines. Without a label the line is about the model. Encoding such a label gives
        the line as an `UnknownLabelWarning`."""
        with self._handle.use() as handle:
            return read_label_note(handle, label)

    def note(self, key: str) -> str | None:
        """The note under a key in the model's file, such as "description", "license" or "source"; None if there is
        none."""
        with self._handle.use() as handle:
            return read_note(handle, key)

    @property
    def notes(self) -> dict[str, str]:
        """All notes of the model's file, by key."""
        with self._handle.use() as handle:
            return read_notes(handle)

    def save(
        self,
        path: Path,
        *,
        labels: Iterable[str] | None = None,
        templates: Iterable[str] | None = None,
        template_weights: npt.ArrayLike | None = None,
        description: str | None = None,
        license: str | None = None,
        source: str | None = None,
        storage: str = "fp32",
        notes: dict[str, str] | None = None,
        frame_interval_ns: int | None = None,
    ) -> None:
        """Writes the model as one safetensors file that needs no other (docs/FORMAT.md).

        labels, templates, description, license, source: None keeps the model's own, [] or "" leaves it out.
        template_weights: one for each template; None keeps the model's own with its own templates, [] means equal ones.
        storage: "fp32", which gives the same bits when loaded again, "fp16" for half the size, or "bf16" or "int8" for
        a model loaded with that `compute`. notes: other texts, by keys of lower-case letters, digits, "_" and ".".
        frame_interval_ns: nanoseconds from frame to frame of the videos that it was trained with; None keeps the
        model's own, 0 leaves it out.
        A file at `path` is replaced in one step once the new one is complete; on failure it stays as it was.
        """
        with self._handle.use() as handle:
            save_model(
                handle, path, labels=labels, templates=templates, template_weights=template_weights, storage=storage,
                notes={"description": description, "license": license, "source": source}, more_notes=notes,
                frame_interval_ns=frame_interval_ns,
            )  # fmt: skip

    def tune(
        self, labels: str | Iterable[str] | None = None, templates: str | Iterable[str] | None = None, *,
        train: Part = "head", text: Part | None = None, head: bool = True, logit_scale: bool = True,
        new_head: str | None = None, frames: int | None = None, recipe: str = "anchored",
        loss: str = "multi_positive", epochs: int | None = None, batch: int | None = None, rate: float | None = None,
        head_rate_factor: float | None = None, warm_up_epochs: float | None = None, weight_decay: float | None = None,
        anchor: float | None = None, contexts: int = 0, context_rate_factor: float | None = None,
        mean_decay: float | None = None, head_dropout: float | None = None, augment: str = "none",
        jitter: bool = False, mirror: bool | None = None, seed: int = 0, max_memory: int | None = None,
        compute: str = "fp32", cache: Path | None = None, truncate: bool = False,
    ) -> Tuner:  # fmt: skip
        """Begins to train a copy of the model on clips of these labels; `Tuner` has what follows.

        labels, templates: None for the model's own; one string is one. train: the part of the image encoder that is
        trained besides the temporal head: "head" (nothing besides), "projection", ("blocks", 3) for the projection and
        the last 3 blocks, or "everything". text: the same of the text encoder; None for nothing. head, logit_scale:
        False leaves the temporal head or the scale of cosines as it is. new_head: a head that starts anew in place of
        the model's, with `frames` frames per video.
        recipe: "anchored", or "reference" for the released trainer's. loss: "multi_positive", the paper's, or
        "cross_entropy" over all labels. None leaves a number to the recipe. epochs: rounds over all clips. batch: clips
        a step. rate: the encoders' learning rate; head_rate_factor: the head's, as a multiple of it. warm_up_epochs:
        epochs in which it rises from 0. anchor: the strength of a pull towards the weights before training. mean_decay:
        the factor, 0 to below 1, of an exponential mean of the weights, of which models are made. head_dropout: the
        share of numbers that the Transf_cls head drops by chance in each step.
        contexts: the number of vectors that are learned in place of a template's words (CoOp, arXiv 2109.01134), where
        templates have "<|context|>", or in the one template "<|context|> {}"; their rate is `rate` times
        context_rate_factor.
        augment: how the pixels of a clip are drawn anew at each step: "none", "flip", "reference" (the released
        trainer's) or "reference_k400" (its for Kinetics-400). mirror: whether clips are mirrored then; None: all but
        those of labels with a word such as "left". jitter: each step draws a frame of each of T equal parts of a clip.
        seed: of every draw. max_memory: bytes that training may take (`TunerInfo.memory`); None: what it needs, and
        some more to save time. compute: "fp32", or "bf16" for the encoders' products. cache: a file that keeps what no
        training changes of clips, in place of memory. truncate: as in `encode_labels`.
        docs/TRAINING.md says which part is worth training for how many clips.
        """
        from ._tuner import Tuner

        options = tuner_options(
            self._info, train=train, text=text, head=head, logit_scale=logit_scale, new_head=new_head, frames=frames,
            recipe=recipe, loss=loss, epochs=epochs, batch=batch, contexts=contexts, augment=augment,
            jitter=jitter, mirror=mirror, seed=seed, max_memory=max_memory, compute=compute, cache=cache,
            truncate=truncate, rate=rate, head_rate_factor=head_rate_factor, warm_up_epochs=warm_up_epochs,
            weight_decay=weight_decay, anchor=anchor, context_rate_factor=context_rate_factor,
            mean_decay=mean_decay, head_dropout=head_dropout,
        )  # fmt: skip
        names = texts("labels", self._labels if labels is None else labels)
        return Tuner(self, names, template_texts(templates), options)

    def preprocess(
        self,
        image: ImageLike | FramesLike,
        *,
        pixel_format: str = "rgb",
        resize: str | None = None,
        crop: str = "center",
        short_side: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> FloatArray:
        """Preprocesses images for this model, as `actionclip.preprocess` does: float32 [3, S, S], or [n, 3, S, S] for
        several. None means the model's own (`preprocessing`)."""
        with self._handle.use() as handle:
            settings = preprocess_options(resize, crop, short_side, mean, std, handle)
        return pixels(image, self._info.image_size, pixel_format, settings)

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        info = self._info
        state = "closed" if self.closed else f"{info.parameters} parameters"
        kind = f"ViT/{info.patch_size} {info.image_size}px {info.frames}f {info.head}"
        return f"<actionclip.Model {kind}, {state}>"

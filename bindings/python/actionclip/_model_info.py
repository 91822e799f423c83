"""Properties of a loaded model."""

from __future__ import annotations

import ctypes
import dataclasses

from . import _abi
from ._abi import CONSTANTS
from ._library import library

#: The number in the C interface of each temporal head, by its name in a model's file.
HEADS = {
    "MeanP": CONSTANTS["HEAD_MEANP"],
    "Conv_1D": CONSTANTS["HEAD_CONV_1D"],
    "LSTM": CONSTANTS["HEAD_LSTM"],
    "Transf": CONSTANTS["HEAD_TRANSF"],
    "Transf_cls": CONSTANTS["HEAD_TRANSF_CLS"],
    "MIT": CONSTANTS["HEAD_MIT"],
}
COMPUTE_TYPES = {name: CONSTANTS["COMPUTE_" + name.upper()] for name in ("fp32", "bf16", "int8")}
ACTIVATIONS = {
    "QuickGELU": CONSTANTS["ACTIVATION_QUICK_GELU"],
    "GELU": CONSTANTS["ACTIVATION_GELU"],
    "GELU-tanh": CONSTANTS["ACTIVATION_TANH_GELU"],
}
#: The number in the C interface of each instruction set, by its name; each architecture's in order.
INSTRUCTIONS = {
    name.removeprefix("INSTRUCTIONS_").lower(): code
    for name, code in CONSTANTS.items()
    if name.startswith("INSTRUCTIONS_") and code != CONSTANTS["INSTRUCTIONS_AUTO"]
}
#: The limits to instruction sets, by name; "auto" is none.
LIMITS = {"auto": CONSTANTS["INSTRUCTIONS_AUTO"], **INSTRUCTIONS}
_FILES = {
    CONSTANTS["FILE_SAFETENSORS"]: "safetensors",
    CONSTANTS["FILE_TORCH"]: "torch",
    CONSTANTS["FILE_TORCHSCRIPT"]: "TorchScript",
}


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """Properties of a loaded model, after every option was resolved."""

    file_type: str  #: "safetensors", "torch" or "TorchScript"
    image_size: int  #: S, input side in pixels
    patch_size: int
    vision_width: int
    vision_layers: int
    vision_heads: int
    embedding_size: int  #: E, length of every embedding
    text_width: int
    text_layers: int
    text_heads: int
    context_length: int  #: C, token ids per prompt
    vocabulary_size: int
    frames: int  #: T, frames per video
    joint: bool
    temporal_shift: bool
    head: str  #: "MeanP", "Conv_1D", "LSTM", "Transf", "Transf_cls" or "MIT"
    compute_type: str  #: "fp32", "bf16" or "int8"
    threads: int
    has_tokenizer: bool
    heads_assumed: bool  #: True if the numbers of heads are a guess, since nothing states them
    logit_scale: float  #: the scale the model was trained with
    parameters: int
    weight_bytes: int  #: bytes of memory that the weights take
    video_bytes: int  #: bytes of working memory of a call that encodes one video; kept for later calls
    text_bytes: int  #: bytes of working memory of a call that encodes prompts
    activation: str  #: the encoders' activation, "QuickGELU", "GELU" or "GELU-tanh"
    activation_assumed: bool  #: True if the activation is a guess, since neither the file nor the caller states it
    frames_independent: bool  #: True if `encode_single_frames` and `join_frames` may encode a video
    product_instructions: str  #: the instruction set of products, "avx512_bf16" for example
    row_instructions: str  #: the instruction set of LayerNorm, softmax and conversions
    frame_interval_ns: int  #: nanoseconds from frame to frame that the model's file declares; 0 if it declares none
    shift_causal: bool  #: True if the temporal shift takes from past frames alone
    context_vectors: int  #: K, learned vectors that stand in texts in place of "<|context|>"; 0 in most models
    video_size: int  #: V, length of a video's row: E, but in an X-CLIP, where videos move texts, more
    frame_scores: bool  #: True if each frame scores by itself (Open-VCLIP), so that a video embedding's length counts
    sigmoid_scores: bool  #: True if each label is scored by itself: sigmoid(scale · cosine + logit_bias)
    logit_bias: float  #: the bias the model was trained with; 0 without one
    video_flops: int  #: floating-point operations of one video, a multiplication and an addition counted as two
    usual_scale: float  #: the scale of probabilities where none is given: 100, or with sigmoid_scores logit_scale


@dataclasses.dataclass(frozen=True)
class ModelPlan:
    """The memory and time that a model would take, by the headers of its files."""

    info: ModelInfo  #: what `Model.info` would be
    video_seconds: float | None  #: an estimate of the time that encoding one video takes here; None: not measured


def read_info(handle: int) -> ModelInfo:
    struct = _abi.ModelInfo(struct_size=ctypes.sizeof(_abi.ModelInfo))
    library().call("model_get_info", handle, ctypes.byref(struct))
    return model_info(struct)


def model_info(struct: _abi.ModelInfo) -> ModelInfo:
    values = {field.name: getattr(struct, field.name) for field in dataclasses.fields(ModelInfo)}
    heads = {code: name for name, code in HEADS.items()}
    values["file_type"] = _FILES.get(values["file_type"], "unknown")
    values["head"] = heads.get(values["head"], "unknown")
    compute_types = {code: name for name, code in COMPUTE_TYPES.items()}
    values["compute_type"] = compute_types.get(values["compute_type"], "unknown")
    activations = {code: name for name, code in ACTIVATIONS.items()}
    values["activation"] = activations.get(values["activation"], "unknown")
    sets = {code: name for name, code in INSTRUCTIONS.items()}
    for field_name in ("product_instructions", "row_instructions"):
        values[field_name] = sets.get(values[field_name], "unknown")
    for field in dataclasses.fields(ModelInfo):
        if field.type == "bool":
            values[field.name] = bool(values[field.name])
    return ModelInfo(**values)

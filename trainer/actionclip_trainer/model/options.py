"""Sizes of a model, which its tensors tell, and options, which they tell in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

#: The temporal heads by the reference's names, each with a tensor that no other head has.
HEADS: dict[str, str | None] = {
    "MeanP": None,
    "Conv_1D": "shift.weight",
    "LSTM": "lstm_visual.weight_ih_l0",
    "Transf": "transformer.resblocks.0.ln_1.weight",
    "Transf_cls": "transformer.cls_token",
}
ACTIVATIONS = ("QuickGELU", "GELU")
SHIFTS = ("off", "on", "causal")
LABEL_ATTENTIONS = ("off", "frames", "mean")


@dataclass(frozen=True)
class Sizes:
    """Every size of the two encoders. A number of heads of 0 means one for each 64 numbers of the width, an MLP's
    hidden size of 0 four times the width."""

    side: int = 224
    patch: int = 16
    width: int = 768
    layers: int = 12
    embed: int = 512
    context: int = 77
    vocabulary: int = 49408
    text_width: int = 512
    text_layers: int = 12
    vision_heads: int = 0
    text_heads: int = 0
    hidden: int = 0
    text_hidden: int = 0
    #: The Transf head's MLP, its layers, and the rows of positions; 0 rows for the context's number.
    head_hidden: int = 0
    head_layers: int = 6
    head_positions: int = 0

    @property
    def grid(self) -> int:
        """Patches along a side."""
        return self.side // self.patch


@dataclass(frozen=True)
class Options:
    """How the tensors are used: the temporal options, and what weights do not tell."""

    frames: int = 8
    head: str = "MeanP"
    joint: bool = False
    shift: str = "off"
    #: Whether labels look at the patches of a video's frames; see `LabelAttention`. The library does not run it.
    label_attention: str = "off"
    activation: str = "QuickGELU"
    epsilon: float = 1e-5
    #: The reference's Transf head has an epsilon of its own.
    head_epsilon: float = 1e-12
    #: Dropout of the Transf_cls head while training.
    head_dropout: float = 0.0
    #: Mean and deviation of the input's red, green and blue, on the scale of 0 to 1.
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)

    def __post_init__(self) -> None:
        names = {name.lower(): name for name in HEADS}
        if self.head.lower() not in names:
            raise ValueError(f"head is {self.head!r}; expected one of {', '.join(HEADS)}")
        object.__setattr__(self, "head", names[self.head.lower()])
        for name, value, choices in (
            ("shift", self.shift, SHIFTS),
            ("activation", self.activation, ACTIVATIONS),
            ("label_attention", self.label_attention, LABEL_ATTENTIONS),
        ):
            if value not in choices:
                raise ValueError(f"{name} is {value!r}; expected one of {', '.join(choices)}")
        if self.joint and (self.shift != "off" or self.head != "MeanP"):
            raise ValueError("joint tokens go with neither temporal shift nor a head: choose one of them")
        if self.joint and self.label_attention != "off":
            raise ValueError("joint tokens have no patches of a frame for labels to look at")
        if self.frames < 1:
            raise ValueError(f"frames is {self.frames}; expected 1 or more")


def infer(model: Mapping[str, torch.Tensor], head: Mapping[str, torch.Tensor]) -> tuple[Sizes, Options]:
    """Sizes and temporal options by the names and shapes of a state dict in the reference's names."""
    missing = [n for n in ("visual.conv1.weight", "visual.proj", "text_projection", "token_embedding.weight")
               if n not in model]  # fmt: skip
    if missing:
        raise ValueError(f"no CLIP with vision transformer: the weights have no {missing[0]}")
    width, _, patch, _ = model["visual.conv1.weight"].shape
    grid = round((len(model["visual.positional_embedding"]) - 1) ** 0.5)
    context, text_width = model["positional_embedding"].shape
    sizes = Sizes(
        side=grid * patch, patch=patch, width=width, layers=_layers(model, "visual.transformer.resblocks."),
        embed=model["visual.proj"].shape[1], context=context, vocabulary=len(model["token_embedding.weight"]),
        text_width=text_width, text_layers=_layers(model, "transformer.resblocks."),
        hidden=_hidden(model, "visual.transformer.resblocks.0."),
        text_hidden=_hidden(model, "transformer.resblocks.0."),
        head_hidden=_hidden(head, "transformer.resblocks.0."),
        head_layers=_layers(head, "transformer.resblocks.") or 6,
        head_positions=len(head.get("frame_position_embeddings.weight", ())),
    )  # fmt: skip
    options = Options(
        head=next((name for name, tensor in reversed(HEADS.items()) if tensor in head), "MeanP"),
        joint="visual.time_embedding" in model,
        shift="on" if any(".net." in name for name in model) else "off",
    )
    if "label_attention.gate" in model:
        times = model.get("label_attention.times")
        options = replace(options, label_attention="mean" if times is None else "frames")
        options = replace(options, frames=options.frames if times is None else len(times))
    if "transformer.pos_embed" in head:
        options = replace(options, frames=head["transformer.pos_embed"].shape[1] - 1)
    if options.joint:
        options = replace(options, frames=len(model["visual.time_embedding"]))
    return sizes, options


def _layers(tensors: Mapping[str, torch.Tensor], prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in tensors if name.startswith(prefix)})


def _hidden(tensors: Mapping[str, torch.Tensor], prefix: str) -> int:
    """The hidden size of a block's MLP, 0 if it is the usual one."""
    fc = next(
        (tensors[n] for n in (prefix + "mlp.c_fc.weight", prefix + "net.mlp.c_fc.weight") if n in tensors),
        None,
    )
    return 0 if fc is None or fc.shape[0] == 4 * fc.shape[1] else fc.shape[0]

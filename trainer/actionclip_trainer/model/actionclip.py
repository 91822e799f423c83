"""The whole model: CLIP and a temporal head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn

from ..loss import cosines, in_full
from .blocks import Blocks
from .clip import CLIP
from .heads import make_head
from .label_attention import LabelAttention
from .options import Options, Sizes


class ActionCLIP(nn.Module):
    """`clip` and `head` have the reference's names of tensors, as in its two state dicts."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()
        self.sizes, self.options = sizes, options
        self.clip, self.head = CLIP(sizes, options), make_head(sizes, options)
        self.label_attention = LabelAttention(sizes, options) if options.label_attention != "off" else None

    def encode_video(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalised pixels [B, T, 3, S, S] to video embeddings [B, E], not normalised."""
        return self.encode_frames(pixels)[0]

    def encode_frames(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Normalised pixels [B, T, 3, S, S] to video embeddings [B, E] and, but of a joint model, the frame embeddings
        [B, T, E] that they are made of; third, where labels look at them, the patch tokens [B, T, P, width]."""
        b, t = pixels.shape[:2]
        x, patches = self.clip.visual.encode(pixels.flatten(0, 1))
        x = in_full(x)
        if self.options.joint:
            return (x,)
        frames = x.view(b, t, -1)
        if self.label_attention is None:
            return self.head(frames), frames
        return self.head(frames), frames, patches.unflatten(0, (b, t))

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        """Token ids [N, L] to text embeddings [N, E], not normalised."""
        return self.clip.encode_text(tokens)

    def labels_of(self, texts: torch.Tensor, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """What videos are compared with: text embeddings [N, E], or those for each video [B, N, E] where labels look at
        it. features: those of `encode_frames`."""
        if self.label_attention is None:
            return texts
        return self.label_attention(in_full(texts), in_full(features[2]))

    def cosines(self, features: Sequence[torch.Tensor], texts: torch.Tensor) -> torch.Tensor:
        """Of videos' features with texts [N, E]: [B, N]."""
        return cosines(features[0], self.labels_of(texts, features))

    def recompute(self, on: bool = True) -> None:
        """Trades time for memory in both encoders' backward passes."""
        for module in self.clip.modules():
            if isinstance(module, Blocks):
                module.recompute = on

    def named(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Every parameter under its name in the single-file form: the head's begin with "fusion."."""
        yield from self.clip.named_parameters()
        if self.label_attention is not None:
            for name, parameter in self.label_attention.named_parameters():
                yield "label_attention." + name, parameter
        for name, parameter in self.head.named_parameters():
            yield "fusion." + name, parameter

    def train_only(self, vision: str | int, text: str | int, head: bool = True) -> None:
        """Freezes what is not trained. vision, text: "all", "none", "projection", or the number of last blocks that
        are trained, with the LayerNorm and the projection after them. head: and the labels' attention."""
        _freeze(self.clip.visual, vision, self.clip.visual.transformer, ("ln_post.", "proj"))
        rest = {n: p for n, p in self.clip.named_parameters() if not n.startswith("visual.")}
        _freeze(self.clip, text, self.clip.transformer, ("ln_final.", "text_projection"), rest)
        self.clip.logit_scale.requires_grad_(True)
        for module in filter(None, (self.head, self.label_attention)):
            module.requires_grad_(head)

    @torch.no_grad()
    def load(self, model: Mapping[str, torch.Tensor], head: Mapping[str, torch.Tensor]) -> list[str]:
        """Takes over tensors by their names, and returns the names of those that keep their start: tensors of options
        that the weights lack. `.net.` in a name does not count: plain weights start a model with temporal shift.
        Tensors of another head than this model's are left out."""
        plain = {name.replace(".net.", "."): tensor for name, tensor in model.items()}
        own = {name.replace(".net.", "."): p for name, p in self.named() if not name.startswith("fusion.")}
        unknown = sorted(set(plain) - set(own))
        if unknown:
            raise ValueError(f"the weights have {unknown[0]}, which a model with these options does not use")
        new = _copy(own, plain, "")
        own = dict(self.head.named_parameters())
        return new + _copy(own, head if set(head) <= set(own) else {}, "fusion.")


def _copy(own: Mapping[str, nn.Parameter], tensors: Mapping[str, torch.Tensor], prefix: str) -> list[str]:
    for name in own.keys() & tensors.keys():
        found, wanted = tuple(tensors[name].shape), tuple(own[name].shape)
        if found != wanted:
            raise ValueError(f"{prefix}{name} has the shape {found} in the weights; this model has {wanted}")
        own[name].copy_(tensors[name])
    return [prefix + name for name in own if name not in tensors]


def _freeze(
    tower: nn.Module,
    choice: str | int,
    blocks: Blocks,
    last: tuple[str, ...],
    parameters: Mapping[str, nn.Parameter] | None = None,
) -> None:
    count = 0
    if isinstance(choice, int):
        count = min(choice, len(blocks.resblocks))
    elif choice not in ("all", "none", "projection"):
        raise ValueError(f'{choice!r}; expected "all", "none", "projection" or a number of blocks')
    chosen = {
        id(p) for block in blocks.resblocks[len(blocks.resblocks) - count :] for p in block.parameters()
    }
    for name, parameter in (parameters or dict(tower.named_parameters())).items():
        on_top = choice != "none" and name.startswith(last)
        parameter.requires_grad_(choice == "all" or on_top or id(parameter) in chosen)

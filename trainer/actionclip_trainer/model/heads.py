"""Temporal heads: frame embeddings [B, T, E], not normalised, to video embeddings [B, E]. Each starts as the
reference's does."""

from __future__ import annotations

import torch
from torch import nn

from .blocks import Block, Blocks
from .options import Options, Sizes


def make_head(sizes: Sizes, options: Options) -> nn.Module:
    kind = {
        "MeanP": Mean,
        "Conv_1D": Convolution,
        "LSTM": LSTM,
        "Transf": Transformer,
        "Transf_cls": ClassToken,
    }
    return kind[options.head](sizes, options)


class Mean(nn.Module):
    """The mean over frames."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


class WithPositions(nn.Module):
    """The reference makes positions for every head but the mean, and uses them in Transf alone."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.frame_position_embeddings = nn.Embedding(sizes.head_positions or sizes.context, sizes.embed)
        nn.init.normal_(self.frame_position_embeddings.weight, std=0.02)


class Convolution(WithPositions):
    """A depthwise convolution over time, which starts as a temporal shift. Quirk: the buffer [T, E] is read as [E,
    T], without a transposition."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        e = sizes.embed
        self.shift = nn.Conv1d(e, e, 3, padding=1, groups=e, bias=False)
        with torch.no_grad():
            weight = self.shift.weight.zero_()
            weight[: e // 4, 0, 0] = weight[e // 4 : e // 4 + e // 2, 0, 1] = weight[-(e // 4) :, 0, 2] = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, e = x.shape
        return (self.shift(x.contiguous().view(b, e, t)).transpose(1, 2) + x).mean(1)


class LSTM(WithPositions):
    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.lstm_visual = nn.LSTM(sizes.embed, sizes.embed, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.lstm_visual(x)[0] + x).mean(1)


class Transformer(WithPositions):
    """CLIP's blocks, six in the reference, always with QuickGELU, and an epsilon of their own."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        heads = sizes.text_heads or sizes.text_width // 64
        block = lambda: Block(sizes.embed, heads, False, "QuickGELU", options.head_epsilon, sizes.head_hidden)
        self.transformer = Blocks([block() for _ in range(sizes.head_layers)])
        for module in self.transformer.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        positions = self.frame_position_embeddings.weight[: x.shape[1]]
        return (self.transformer(x + positions) + x).mean(1)


class Encoder(nn.Module):
    """A class token before the frames, positions, and six post-norm layers of torch's own."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()
        e = sizes.embed
        self.cls_token = nn.Parameter(torch.zeros(1, 1, e))
        self.pos_embed = nn.Parameter(torch.zeros(1, options.frames + 1, e))
        layer = nn.TransformerEncoderLayer(e, 8, 2048, dropout=options.head_dropout, batch_first=True)
        self.transformer_enc = nn.TransformerEncoder(layer, 6, nn.LayerNorm(e), enable_nested_tensor=False)
        for parameter in (self.pos_embed, self.cls_token):
            _start(parameter)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                _start(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.cat([self.cls_token.to(x.dtype).expand(len(x), 1, -1), x], 1) + self.pos_embed
        return self.transformer_enc(x)[:, 0]


class ClassToken(WithPositions):
    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.transformer = Encoder(sizes, options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.transformer(x)


@torch.no_grad()
def _start(parameter: torch.Tensor) -> None:
    """Normal with a deviation of 0.02, wrapped at two deviations, as the reference does it."""
    parameter.normal_().fmod_(2).mul_(0.02)

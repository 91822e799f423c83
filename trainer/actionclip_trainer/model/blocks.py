"""Residual attention blocks, as CLIP has them."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


class QuickGELU(nn.Module):
    """x · sigmoid(1.702 x), in the form that keeps one tensor for the backward pass and not two."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.silu(1.702 * x) * (1 / 1.702)


def activation(name: str) -> nn.Module:
    return QuickGELU() if name == "QuickGELU" else nn.GELU()


class Attention(nn.Module):
    """Multi-head self-attention with the parameters of nn.MultiheadAttention."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.heads, self.causal = heads, causal
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape
        joined = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = joined.view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if x.is_cpu and length <= _SHORT:
            y = _written_out(q, k, v, self.causal)
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out_proj(y.transpose(1, 2).reshape(n, length, width))


#: On a processor PyTorch's own attention is slow backwards for rows this short: a step of the shapes model
#: (models/shapes) takes 0.53 s of processor time with it, and 0.29 s without.
_SHORT = 64


def _written_out(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
    """Attention [..., L, D], step by step."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if causal:
        length = scores.shape[-1]
        scores = scores + torch.full((length, length), -torch.inf, dtype=scores.dtype).triu(1)
    return scores.softmax(-1).to(v.dtype) @ v


class Block(nn.Module):
    """x + attention(ln_1(x)), then that + mlp(ln_2(that)). x is [N, L, width]."""

    def __init__(self, width: int, heads: int, causal: bool, act: str, eps: float, hidden: int = 0) -> None:
        super().__init__()
        hidden = hidden or 4 * width
        self.attn = Attention(width, heads, causal)
        self.ln_1 = nn.LayerNorm(width, eps)
        self.mlp = nn.Sequential(
            OrderedDict(c_fc=nn.Linear(width, hidden), gelu=activation(act), c_proj=nn.Linear(hidden, width))
        )
        self.ln_2 = nn.LayerNorm(width, eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class ShiftedBlock(nn.Module):
    """A block after the temporal shift of its input [B·T, 1 + patches, width]: of the patch tokens' channels an
    eighth comes from the next frame and an eighth from the one before, zeros beyond the clip. The class token stays.
    Causal: nothing comes from the next frame."""

    def __init__(self, net: Block, frames: int, causal: bool) -> None:
        super().__init__()
        self.net, self.frames, self.causal = net, frames, causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, tokens, width = x.shape
        fold = width // 8
        p = x[:, 1:].reshape(rows // self.frames, self.frames, tokens - 1, width)
        after = p[..., :fold] if self.causal else F.pad(p[:, 1:, :, :fold], (0, 0, 0, 0, 0, 1))
        before = F.pad(p[:, :-1, :, fold : 2 * fold], (0, 0, 0, 0, 1, 0))
        p = torch.cat([after, before, p[..., 2 * fold :]], -1).reshape(rows, tokens - 1, width)
        return self.net(torch.cat([x[:, :1], p], 1))


class Blocks(nn.Module):
    """Blocks one after another. `recompute` keeps only the input of each block for the backward pass and computes the
    rest again: a fraction of the memory for a third more time."""

    def __init__(self, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*blocks)
        self.recompute = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.resblocks:
            if self.recompute and torch.is_grad_enabled():
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        return x


def start_blocks(blocks: Blocks, width: int, layers: int) -> None:
    """CLIP's own initialisation of an encoder's blocks."""
    for block in blocks.modules():
        if isinstance(block, Block):
            nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)
            nn.init.normal_(block.attn.out_proj.weight, std=width**-0.5 * (2 * layers) ** -0.5)
            nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
            nn.init.normal_(block.mlp.c_proj.weight, std=width**-0.5 * (2 * layers) ** -0.5)

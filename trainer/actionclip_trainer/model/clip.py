"""CLIP's two encoders, the image encoder with the pre-network and in-network temporal options."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .blocks import Block, Blocks, ShiftedBlock, start_blocks
from .options import Options, Sizes


class VisionTransformer(nn.Module):
    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()
        w, rows = sizes.width, sizes.grid**2 + 1
        self.conv1 = nn.Conv2d(3, w, sizes.patch, sizes.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(w) * w**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn(rows, w) * w**-0.5)
        if options.joint:
            self.time_embedding = nn.Parameter(torch.randn(options.frames, w) * w**-0.5)
        self.ln_pre = nn.LayerNorm(w, options.epsilon)
        self.ln_post = nn.LayerNorm(w, options.epsilon)
        heads = sizes.vision_heads or w // 64
        blocks: list[nn.Module] = [
            Block(w, heads, False, options.activation, options.epsilon, sizes.hidden)
            for _ in range(sizes.layers)
        ]
        if options.shift != "off":
            blocks = [ShiftedBlock(block, options.frames, options.shift == "causal") for block in blocks]
        self.transformer = Blocks(blocks)
        self.proj = nn.Parameter(torch.randn(w, sizes.embed) * w**-0.5)
        self.patch, self.joint, self.frames = sizes.patch, options.joint, options.frames

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalised pixels [B·T, 3, S, S] to embeddings [B·T, E], or [B, E] of a joint model."""
        return self.encode(pixels)[0]

    def encode(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Those embeddings, and the last block's patch tokens [B·T, P, width], or [B, T·P, width]."""
        n, _, side, _ = pixels.shape
        g, p = side // self.patch, self.patch
        # The patches do not overlap: the convolution is a product, which is faster on processors and the same on
        # GPUs.
        cut = pixels.reshape(n, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(n, g * g, 3 * p * p)
        x = F.linear(cut, self.conv1.weight.flatten(1))
        x = torch.cat([self.class_embedding.to(x.dtype).expand(n, 1, -1), x], 1) + self.positional_embedding
        if self.joint:
            t = self.frames
            timed = x[:, 1:].reshape(n // t, t, g * g, -1) + self.time_embedding[:, None]
            patches = timed.transpose(1, 2).reshape(n // t, g * g * t, -1)  # patch-major, frame-minor
            x = torch.cat([x[::t, :1], patches], 1)
        x = self.transformer(self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj, x[:, 1:]


class CLIP(nn.Module):
    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()
        x = sizes.text_width
        self.visual = VisionTransformer(sizes, options)
        heads = sizes.text_heads or x // 64
        blocks: list[nn.Module] = [
            Block(x, heads, True, options.activation, options.epsilon, sizes.text_hidden)
            for _ in range(sizes.text_layers)
        ]
        self.transformer = Blocks(blocks)
        self.token_embedding = nn.Embedding(sizes.vocabulary, x)
        self.positional_embedding = nn.Parameter(torch.randn(sizes.context, x) * 0.01)
        self.ln_final = nn.LayerNorm(x, options.epsilon)
        self.text_projection = nn.Parameter(torch.randn(x, sizes.embed) * x**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        start_blocks(self.visual.transformer, sizes.width, sizes.layers)
        start_blocks(self.transformer, x, sizes.text_layers)

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        """Token ids [N, L], L up to the context, to embeddings [N, E]. The largest id ends the text; positions after
        it change nothing, so that a batch may be cut at its longest text."""
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        x = self.ln_final(self.transformer(x))
        return x[torch.arange(len(x), device=x.device), tokens.argmax(-1)] @ self.text_projection

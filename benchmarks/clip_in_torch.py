"""CLIP in PyTorch, its parameters named as in OpenAI's checkpoints: the reference, and what is exported."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, width // 64, batch_first=True)
        self.mlp = nn.Module()
        self.mlp.c_fc, self.mlp.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        y = self.mlp.c_fc(self.ln_2(x))
        return x + self.mlp.c_proj(y * torch.sigmoid(1.702 * y))


def blocks(width, layers):
    transformer = nn.Module()
    transformer.resblocks = nn.ModuleList(Block(width) for _ in range(layers))
    return transformer


class Vision(nn.Module):
    def __init__(self, patch, width=768, layers=12, embed=512, side=224):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.05)
        self.positional_embedding = nn.Parameter(torch.randn((side // patch) ** 2 + 1, width) * 0.05)
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = blocks(width, layers)
        self.proj = nn.Parameter(torch.randn(width, embed) * 0.03)

    def tokens(self, x):
        """The last block's output, [frames, 1 + patches, W]."""
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        x = self.ln_pre(x)
        for block in self.transformer.resblocks:
            x = block(x)
        return x

    def forward(self, x):
        return self.ln_post(self.tokens(x)[:, 0]) @ self.proj


class CLIP(nn.Module):
    def __init__(self, patch, width=512, layers=12, embed=512, context=77, vocabulary=49408):
        super().__init__()
        self.visual = Vision(patch, embed=embed)
        self.transformer = blocks(width, layers)
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.randn(context, width) * 0.01)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.randn(width, embed) * 0.04)
        self.logit_scale = nn.Parameter(torch.tensor(4.6052))

    def encode_text(self, tokens):
        """Any number of positions up to the context; fewer give the same where every prompt ends in them."""
        count = tokens.shape[1]
        x = self.token_embedding(tokens) + self.positional_embedding[:count]
        mask = torch.full((count, count), float("-inf"), dtype=x.dtype).triu(1)
        for block in self.transformer.resblocks:
            x = block(x, mask)
        return self.ln_final(x)[torch.arange(x.shape[0]), tokens.argmax(-1)] @ self.text_projection


class Text(nn.Module):
    """The text encoder as a module of its own."""

    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, tokens):
        return self.clip.encode_text(tokens)

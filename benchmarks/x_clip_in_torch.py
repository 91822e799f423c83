"""X-CLIP in PyTorch for one video, its parameters named as in published checkpoints: the reference, and what is exported."""

import torch
from clip_in_torch import CLIP, Block, Vision
from torch import nn


class FrameBlock(Block):
    """x [T, L, W]: each frame's class token sends a message to the other frames, which reads theirs and joins its frame."""

    def __init__(self, width):
        super().__init__(width)
        self.message_fc, self.message_ln = nn.Linear(width, width), nn.LayerNorm(width)
        self.message_attn = nn.MultiheadAttention(width, width // 64, batch_first=True)

    def forward(self, x):
        message = self.message_fc(x[:, 0])[None]
        y = self.message_ln(message)
        message = message + self.message_attn(y, y, y, need_weights=False)[0]
        y = self.ln_1(torch.cat([x, message[0][:, None]], 1))
        x = x + self.attn(y, y, y, need_weights=False)[0][:, :-1]
        y = self.mlp.c_fc(self.ln_2(x))
        return x + self.mlp.c_proj(y * torch.sigmoid(1.702 * y))


class FrameVision(Vision):
    """[T, 3, S, S] -> frames [T, E] and the last block's patch tokens [T, P, W]."""

    def __init__(self, patch, width=768, layers=12, embed=512, side=224):
        super().__init__(patch, width, layers, embed, side)
        self.transformer.resblocks = nn.ModuleList(FrameBlock(width) for _ in range(layers))

    def forward(self, x):
        x = self.tokens(x)
        return self.ln_post(x[:, 0]) @ self.proj, x[:, 1:]


class Integration(nn.Module):
    """[T, E] -> [1, E]."""

    def __init__(self, frames, size):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(1, frames, size) * 0.02)
        self.resblocks = nn.ModuleList([Block(size)])

    def forward(self, frames):
        x = frames[None] + self.positional_embedding
        for block in self.resblocks:
            x = block(x)
        return (x + frames).mean(1)


class CrossAttention(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(size, size, bias=False) for _ in range(3))
        self.proj = nn.Linear(size, size)

    def forward(self, x, visual):
        q, k, v = (layer(y).unflatten(-1, (-1, 64)).transpose(0, 1)[None]
                   for layer, y in ((self.q_proj, x), (self.k_proj, visual), (self.v_proj, visual)))  # fmt: skip
        return self.proj(nn.functional.scaled_dot_product_attention(q, k, v)[0].transpose(0, 1).flatten(1))


class PromptLayer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cross_attn = CrossAttention(size)
        self.norm1, self.norm3 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.mlp = nn.ModuleDict({"0": nn.Linear(size, 4 * size), "3": nn.Linear(4 * size, size)})

    def forward(self, x, visual):
        x = x + self.cross_attn(self.norm1(x), visual)
        y = self.mlp["0"](self.norm3(x))
        return x + self.mlp["3"](y * torch.sigmoid(1.702 * y))


class Prompts(nn.Module):
    """Texts [K, E] and patches [P, E] -> what the texts are moved by [K, E]."""

    def __init__(self, size, layers=2):
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.decoder = nn.ModuleList(PromptLayer(size) for _ in range(layers))
        self.alpha = nn.Parameter(torch.full((size,), 0.3))

    def forward(self, texts, patches):
        visual = self.norm(patches)
        for layer in self.decoder:
            texts = layer(texts, visual)
        return self.alpha * texts


class XCLIP(CLIP):
    def __init__(self, patch=16, frames=8, width=768, embed=512):
        super().__init__(patch, embed=embed)
        self.visual = FrameVision(patch, width, embed=embed)
        self.mit = Integration(frames, embed)
        self.prompts_visual_ln = nn.LayerNorm(width)
        self.prompts_visual_proj = nn.Parameter(torch.randn(width, embed) * 0.03)
        self.prompts_generator = Prompts(embed)

    def score(self, pixels, texts):
        """One video's frames [T, 3, S, S] and labels' embeddings [K, E] -> logits [1, K]."""
        frames, patches = self.visual(pixels)
        patches = (self.prompts_visual_ln(patches) @ self.prompts_visual_proj).mean(0)
        texts = nn.functional.normalize(texts + self.prompts_generator(texts, patches), dim=-1)
        return self.logit_scale.exp() * nn.functional.normalize(self.mit(frames), dim=-1) @ texts.T


class Score(nn.Module):
    """Its parts that a video passes through, as a module of its own."""

    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, pixels, texts):
        return self.clip.score(pixels, texts)

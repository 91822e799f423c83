"""Fusion of videos and labels deeper than a cosine: labels look at a video's patches before they are compared with it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .blocks import activation
from .options import Options, Sizes


class LabelAttention(nn.Module):
    """What a label's embedding gains by cross-attention to the patch tokens of a video's frames, of each frame at its time
    ("frames") or averaged over them ("mean", as in X-CLIP). A gate that starts at zero makes the start a plain cosine.
    A label's embedding then depends on the video: memory and time grow with videos times labels."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__()
        e = sizes.embed
        self.averaged, self.heads = options.label_attention == "mean", max(1, e // 64)
        self.ln_tokens = nn.LayerNorm(sizes.width, options.epsilon)
        self.tokens = nn.Linear(sizes.width, e)
        if not self.averaged:
            self.times = nn.Parameter(0.02 * torch.randn(options.frames, e))
        self.ln_labels, self.ln_mlp = nn.LayerNorm(e, options.epsilon), nn.LayerNorm(e, options.epsilon)
        self.query, self.key, self.value = (nn.Linear(e, e, bias=False) for _ in range(3))
        self.out = nn.Linear(e, e)
        self.mlp = nn.Sequential(nn.Linear(e, 4 * e), activation(options.activation), nn.Linear(4 * e, e))
        self.gate = nn.Parameter(torch.zeros(e))

    def forward(self, labels: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        """labels [N, E], patches [B, T, P, W] -> the labels' embeddings for each video [B, N, E]."""
        x = self.tokens(self.ln_tokens(patches))
        x = x.mean(1) if self.averaged else (x + self.times[:, None]).flatten(1, 2)
        # Of one length: the gate's share is the same for every label, whatever the text encoder makes of it.
        labels = F.normalize(labels, dim=-1) * labels.shape[-1] ** 0.5
        queries = self._heads(self.query(self.ln_labels(labels))[None])
        read = F.scaled_dot_product_attention(
            queries.expand(len(x), -1, -1, -1), self._heads(self.key(x)), self._heads(self.value(x))
        )
        gained = self.out(read.transpose(1, 2).flatten(2))
        return labels + self.gate * (gained + self.mlp(self.ln_mlp(labels + gained)))

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

"""This library against PyTorch (fp32, eager), interleaved in one run: ViT-B/32 and B/16, random weights.

    python3 benchmarks/against_pytorch.py [rounds]

Needs torch and numpy, and `make build`. Prints medians (fastest-slowest) in milliseconds and the median of the
rounds' ratios; a ratio below 1 means that this library is faster. First it checks that both compute the same.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bindings" / "python"))
import actionclip  # noqa: E402

THREADS, FRAMES, PROMPTS, TOKENS = 2, 8, 100, 10


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

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        x = self.ln_pre(x)
        for block in self.transformer.resblocks:
            x = block(x)
        return self.ln_post(x[:, 0]) @ self.proj


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

    def text(self, tokens):
        x = self.token_embedding(tokens) + self.positional_embedding
        mask = torch.full((tokens.shape[1], tokens.shape[1]), float("-inf")).triu(1)
        for block in self.transformer.resblocks:
            x = block(x, mask)
        return self.ln_final(x)[torch.arange(len(x)), tokens.argmax(-1)] @ self.text_projection


def interleaved(rounds, ours, theirs):
    """Both in turn, one uncounted round first: milliseconds of each."""
    times = ([], [])
    for _ in range(rounds + 1):
        for call, kept in zip((ours, theirs), times):
            start = time.perf_counter()
            call()
            kept.append(1e3 * (time.perf_counter() - start))
    return times[0][1:], times[1][1:]


def row(what, ours, theirs):
    def spread(v):
        return f"{statistics.median(v):7.0f} ({min(v):.0f}-{max(v):.0f})"

    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"{what:24} {spread(ours):22} {spread(theirs):22} {ratio:.2f}", flush=True)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    torch.set_num_threads(THREADS)
    rng = np.random.default_rng(0)
    pixels = rng.standard_normal((FRAMES, 3, 224, 224)).astype(np.float32)
    tokens = np.zeros((PROMPTS, 77), np.int32)
    tokens[:, 0], tokens[:, TOKENS - 1] = 49406, 49407
    tokens[:, 1 : TOKENS - 1] = rng.integers(300, 40000, (PROMPTS, TOKENS - 2))
    torch_pixels, torch_tokens = torch.from_numpy(pixels), torch.from_numpy(tokens).long()
    print(f"{THREADS} threads, {rounds} rounds, ms     libactionclip          PyTorch {torch.__version__:14} ratio")
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for name, patch in (("B/32", 32), ("B/16", 16)):
            torch.manual_seed(0)
            peer = CLIP(patch).eval()
            path = os.path.join(folder, "weights.pt")
            torch.save({"epoch": 0, "model_state_dict": peer.state_dict(), "fusion_model_state_dict": {}}, path)
            clip = actionclip.Model(path, frames=FRAMES, threads=THREADS)
            frame = actionclip.Model(path, frames=1, threads=THREADS)
            expected = peer.visual(torch_pixels).numpy()
            got = clip.encode_pixels(pixels, return_frames=True)[1].reshape(FRAMES, -1)
            assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max(), "they do not compute the same"
            row(f"{name}, {FRAMES} frames", *interleaved(
                rounds, lambda: clip.encode_pixels(pixels), lambda: peer.visual(torch_pixels)))
            row(f"{name}, 1 frame", *interleaved(
                rounds, lambda: frame.encode_pixels(pixels[:1]), lambda: peer.visual(torch_pixels[:1])))
            row(f"{name}, {PROMPTS} prompts", *interleaved(
                max(2, rounds // 4), lambda: clip.encode_tokens(tokens), lambda: peer.text(torch_tokens)))


if __name__ == "__main__":
    main()

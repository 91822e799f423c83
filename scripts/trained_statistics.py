#!/usr/bin/env python3
"""The loss of bf16 and int8 on weights with the statistics of trained CLIPs: lowest and mean cosine with fp32.

    python3 scripts/trained_statistics.py [--size B/16|L/14] [--hot N] [--seed S]

needs the built library (ACTIONCLIP_LIBRARY or build/lib), the Python bindings, torch and safetensors.

Random weights of equal spread lose little in int8. What costs trained ones their precision, and is made here:

- LayerNorm gains are log-normal (sigma 0.6 in the text encoder, 0.4 in the image encoder), a fiftieth of them near 0.
- Outputs of a matrix have different scales, and its numbers heavier tails than a normal distribution.
- Some heads attend sharply.
- Token and positional embeddings are small (0.02, 0.01), so that the first block makes most of the residual stream.
- With --hot, N channels of the residual stream are an order of magnitude above the rest from the first blocks on:
  "massive activations" (arXiv 2402.17762), which CLIP's encoders have too. Final LayerNorms have learned to ignore them.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bindings/python"))
os.environ.setdefault("ACTIONCLIP_LIBRARY", str(ROOT / "build/lib/libactionclip.so"))
import actionclip  # noqa: E402

# vision width, layers, patch; text width; embedding size
SIZES = {"B/16": (768, 12, 16, 512, 512), "L/14": (1024, 24, 14, 768, 768)}
CONTEXT, VOCABULARY, SIDE = 77, 49408, 224


class Weights:
    """Tensors of a CLIP under the names of its checkpoints."""

    def __init__(self, size, hot, seed):
        self.random = torch.Generator().manual_seed(seed)
        self.hot = hot
        self.tensors = {"logit_scale": torch.tensor(4.6052)}
        width, layers, patch, text_width, embedding = SIZES[size]
        self.image_encoder(width, layers, patch, embedding)
        self.text_encoder(text_width, 12, embedding)

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.random)

    def heavy(self, rows, columns):
        """Numbers of spread 1, with heavy tails and a scale for each row."""
        return self.normal(rows, columns) * torch.exp(0.25 * self.normal(rows, columns) + 0.3 * self.normal(rows, 1))

    def norm(self, name, width, sigma):
        gain = torch.exp(sigma * self.normal(width))
        gain[torch.randperm(width, generator=self.random)[: width // 50]] *= 0.05
        self.tensors[name + ".weight"] = gain
        self.tensors[name + ".bias"] = 0.3 * gain * self.normal(width) + 0.05 * self.normal(width)

    def final_norm(self, name, width, sigma, hot):
        self.norm(name, width, sigma)
        for part in (".weight", ".bias"):
            self.tensors[name + part][hot] *= 0.03

    def blocks(self, prefix, width, layers, sigma, hot):
        for layer in range(layers):
            block = f"{prefix}{layer}."
            self.norm(block + "ln_1", width, sigma)
            self.norm(block + "ln_2", width, sigma)
            into, out = width**-0.5, (2 * layers * width) ** -0.5
            qkv = self.heavy(3 * width, width) * 0.8 * into
            qkv[:width] *= torch.exp(0.4 * self.normal(width // 64)).repeat_interleave(64)[:, None]
            projection = self.heavy(width, 4 * width) * out
            bias = 0.05 * self.normal(width)
            if layer in (1, 2):
                projection[hot] *= 4
                bias[hot] += 12 * torch.sign(self.normal(len(hot)))
            self.tensors |= {
                block + "attn.in_proj_weight": qkv, block + "attn.in_proj_bias": 0.2 * self.normal(3 * width),
                block + "attn.out_proj.weight": self.heavy(width, width) * out,
                block + "attn.out_proj.bias": 0.05 * self.normal(width),
                block + "mlp.c_fc.weight": self.heavy(4 * width, width) * 0.7 * into,
                block + "mlp.c_fc.bias": 0.2 * self.normal(4 * width) - 0.2,
                block + "mlp.c_proj.weight": projection, block + "mlp.c_proj.bias": bias,
            }  # fmt: skip

    def image_encoder(self, width, layers, patch, embedding, sigma=0.4):
        hot = torch.randperm(width, generator=self.random)[: self.hot]
        self.norm("visual.ln_pre", width, sigma)
        self.tensors["visual.ln_pre.bias"][hot] += 20 * torch.sign(self.normal(len(hot)))
        self.blocks("visual.transformer.resblocks.", width, layers, sigma, hot)
        self.final_norm("visual.ln_post", width, sigma, hot)
        self.tensors |= {
            "visual.conv1.weight": (self.heavy(width, 3 * patch * patch) * 0.02).reshape(width, 3, patch, patch),
            "visual.class_embedding": self.normal(width) * width**-0.5,
            "visual.positional_embedding": self.normal((SIDE // patch) ** 2 + 1, width) * width**-0.5,
            "visual.proj": self.normal(width, embedding) * width**-0.5,
        }

    def text_encoder(self, width, layers, embedding, sigma=0.6):
        hot = torch.randperm(width, generator=self.random)[: self.hot]
        positions = 0.01 * self.normal(CONTEXT, width)
        positions[:, hot] += 0.8 * torch.sign(self.normal(len(hot)))
        positions[0] *= 5
        self.blocks("transformer.resblocks.", width, layers, sigma, hot)
        self.final_norm("ln_final", width, sigma, hot)
        self.tensors |= {
            "token_embedding.weight": 0.02 * self.normal(VOCABULARY, width), "positional_embedding": positions,
            "text_projection": self.normal(width, embedding) * width**-0.5,
        }  # fmt: skip


def inputs(frames, prompts):
    """Smooth pictures with noise [1, T, 3, S, S], and random prompts of 10 tokens [prompts, C]."""
    random = torch.Generator().manual_seed(1)
    smooth = torch.randn(frames, 3, 28, 28, generator=random)
    pixels = torch.nn.functional.interpolate(smooth, size=SIDE, mode="bilinear")
    pixels += 0.3 * torch.randn(frames, 3, SIDE, SIDE, generator=random)
    tokens = torch.zeros(prompts, CONTEXT, dtype=torch.int32)
    tokens[:, :10] = torch.randint(VOCABULARY - 2, (prompts, 10), generator=random)
    tokens[:, 0], tokens[:, 9] = VOCABULARY - 2, VOCABULARY - 1
    return pixels[None].numpy(), tokens.numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="B/16")
    parser.add_argument("--hot", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pixels, tokens = inputs(frames=4, prompts=200)
    embeddings = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_file(Weights(options.size, options.hot, options.seed).tensors, path)
        for compute in ("fp32", "bf16", "int8"):
            with actionclip.Model(path, compute=compute, frames=pixels.shape[1]) as model:
                frames = model.encode_pixels(pixels, return_frames=True)[1].reshape(pixels.shape[1], -1)
                embeddings[compute] = {"frames": frames, "texts": model.encode_tokens(tokens)}
    for compute in ("bf16", "int8"):
        for name, exact in embeddings["fp32"].items():
            a, b = (np.asarray(x, np.float64) for x in (exact, embeddings[compute][name]))
            cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
            print(f"{compute} {name}: lowest {cosine.min():.6f}, mean {cosine.mean():.6f}")


if __name__ == "__main__":
    main()

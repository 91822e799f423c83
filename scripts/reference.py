#!/usr/bin/env python3
"""ActionCLIP in plain PyTorch, the yardstick of this repository's own parity packs.

Written from the model's description (docs/MODEL.md; arXiv 2109.08472) with tensor operations only: no
nn.Module, nothing shared with the library under test. Every oddity of the released checkpoints that changes
numbers is marked "quirk".

    python3 scripts/reference.py DIRECTORY...   check parity packs, print the largest differences
"""
import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

HEADS = ("meanP", "Conv_1D", "LSTM", "Transf", "Transf_cls")


def load_checkpoint(path):
    """-> (model tensors, head tensors), float32, from a torch.save checkpoint or a safetensors file."""
    path = Path(path)
    if path.suffix == ".safetensors":
        tensors = load_file(path)
        head = {k[7:]: v for k, v in tensors.items() if k.startswith("fusion.")}
        model = {k: v for k, v in tensors.items() if not k.startswith("fusion.")}
    else:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        model, head = saved["model_state_dict"], saved["fusion_model_state_dict"]
    clean = lambda d: {k.removeprefix("module."): v.float() for k, v in d.items()}
    return clean(model), clean(head)


def layer_norm(x, p, name, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    var = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(var + eps) * p[name + ".weight"] + p[name + ".bias"]


def linear(x, p, name):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def attention(x, p, name, heads, causal=False):
    """x [N, L, D]; in_proj_weight [3D, D] holds q, k, v in this order; scale 1/sqrt(D / heads)."""
    n, l, d = x.shape
    qkv = x @ p[name + ".in_proj_weight"].T + p[name + ".in_proj_bias"]
    q, k, v = (t.reshape(n, l, heads, d // heads).transpose(1, 2) for t in qkv.chunk(3, dim=-1))
    scores = q @ k.transpose(-1, -2) / math.sqrt(d // heads)
    if causal:
        scores = scores.masked_fill(torch.ones(l, l, dtype=torch.bool).triu(1), -math.inf)
    joined = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, l, d)
    return linear(joined, p, name + ".out_proj")


def residual_block(x, p, name, heads, causal=False, eps=1e-5):
    x = x + attention(layer_norm(x, p, name + ".ln_1", eps), p, name + ".attn", heads, causal)
    hidden = quick_gelu(linear(layer_norm(x, p, name + ".ln_2", eps), p, name + ".mlp.c_fc"))
    return x + linear(hidden, p, name + ".mlp.c_proj")


def temporal_shift(x, frames, causal=False):
    """x [B*T, 1+N, W]: an eighth of the patch tokens' channels comes from the next frame, an eighth from
    the previous one; zero beyond the clip; the class token stays. Causal, which the reference does not have: nothing
    comes from the next frame, and those channels stay."""
    bt, n, w = x.shape
    fold = w // 8
    patches = x[:, 1:].reshape(bt // frames, frames, n - 1, w)
    moved = torch.zeros_like(patches)
    if causal:
        moved[..., :fold] = patches[..., :fold]
    else:
        moved[:, :-1, :, :fold] = patches[:, 1:, :, :fold]
    moved[:, 1:, :, fold : 2 * fold] = patches[:, :-1, :, fold : 2 * fold]
    moved[..., 2 * fold :] = patches[..., 2 * fold :]
    return torch.cat([x[:, :1], moved.reshape(bt, n - 1, w)], dim=1)


def layers_in(p, prefix):
    return 1 + max(int(k[len(prefix) :].split(".")[0]) for k in p if k.startswith(prefix))


class ActionCLIP:
    """head: one of HEADS. joint and temporal shift are what the tensors' names say, its causal form what the caller
    says."""

    def __init__(self, model, fusion, head, frames, causal=False):
        assert head in HEADS
        self.joint = "visual.time_embedding" in model
        self.shift = any(".net." in k for k in model)
        # A checkpoint trained with temporal shift wraps each visual block: resblocks.N.net.…
        self.p = {k.replace(".net.", "."): v for k, v in model.items()}
        self.f, self.head, self.frames, self.causal = fusion, head, frames, causal
        self.head_eps = 1e-12  # quirk: only the Transf head's LayerNorms
        if self.joint and self.shift:
            raise ValueError("joint tokens with temporal shift are not defined")

    @property
    def text_heads(self):
        return self.p["ln_final.weight"].shape[0] // 64

    def encode_pixels(self, pixels):
        """pixels [B*T, 3, S, S], normalised -> frame features [B*T, E] ([B, E] when joint), video features
        [B, E]."""
        p, t = self.p, self.frames
        w, _, patch, _ = p["visual.conv1.weight"].shape
        bt, _, side, _ = pixels.shape
        g = side // patch
        cut = pixels.reshape(bt, 3, g, patch, g, patch).permute(0, 2, 4, 1, 3, 5).reshape(bt, g * g, -1)
        tokens = cut @ p["visual.conv1.weight"].reshape(w, -1).T
        cls = p["visual.class_embedding"].expand(bt, 1, w)
        x = torch.cat([cls, tokens], dim=1) + p["visual.positional_embedding"]
        if self.joint:
            first = x[::t, :1]  # class token of each video's first frame
            timed = x[:, 1:].reshape(bt // t, t, g * g, w) + p["visual.time_embedding"][:t, None]
            x = torch.cat([first, timed.transpose(1, 2).reshape(bt // t, g * g * t, w)], dim=1)  # (n t)
        x = layer_norm(x, p, "visual.ln_pre")
        for i in range(layers_in(p, "visual.transformer.resblocks.")):
            if self.shift:
                x = temporal_shift(x, t, self.causal)
            x = residual_block(x, p, f"visual.transformer.resblocks.{i}", w // 64)
        features = layer_norm(x[:, 0], p, "visual.ln_post") @ p["visual.proj"]
        if self.joint:
            return features, features
        return features, self.join(features.reshape(bt // t, t, -1))

    def join(self, x):
        """The post-network head: x [B, T, E], not normalised -> [B, E]."""
        f = self.f
        b, t, e = x.shape
        if self.head == "meanP":
            return x.mean(1)
        if self.head == "Conv_1D":
            # quirk: the contiguous [B, T, E] buffer is read as [B, E, T], not transposed.
            viewed = x.contiguous().view(b, e, t)
            padded = torch.nn.functional.pad(viewed, (1, 1))
            k = f["shift.weight"]  # [E, 1, 3]
            y = sum(padded[..., j : j + t] * k[:, 0, j, None] for j in range(3))
            return (y.transpose(1, 2) + x).mean(1)
        if self.head == "LSTM":
            h = c = x.new_zeros(b, e)
            rows = []
            for i in range(t):
                gates = x[:, i] @ f["lstm_visual.weight_ih_l0"].T + f["lstm_visual.bias_ih_l0"]
                gates = gates + h @ f["lstm_visual.weight_hh_l0"].T + f["lstm_visual.bias_hh_l0"]
                gi, gf, gg, go = gates.chunk(4, dim=-1)
                c = gf.sigmoid() * c + gi.sigmoid() * gg.tanh()
                h = go.sigmoid() * c.tanh()
                rows.append(h)
            return (torch.stack(rows, 1) + x).mean(1)
        if self.head == "Transf":
            y = x + f["frame_position_embeddings.weight"][:t]
            for i in range(layers_in(f, "transformer.resblocks.")):
                y = residual_block(y, f, f"transformer.resblocks.{i}", self.text_heads, eps=self.head_eps)
            return (y + x).mean(1)
        y = torch.cat([f["transformer.cls_token"].expand(b, 1, e), x], dim=1) + f["transformer.pos_embed"]
        for i in range(layers_in(f, "transformer.transformer_enc.layers.")):
            name = f"transformer.transformer_enc.layers.{i}"
            y = layer_norm(y + attention(y, f, name + ".self_attn", 8), f, name + ".norm1")
            hidden = linear(y, f, name + ".linear1").relu()
            y = layer_norm(y + linear(hidden, f, name + ".linear2"), f, name + ".norm2")
        return layer_norm(y, f, "transformer.transformer_enc.norm")[:, 0]

    def encode_tokens(self, tokens):
        """tokens [N, C] ids -> text features [N, E]; the row of the largest id is the end of text."""
        p = self.p
        x = p["token_embedding.weight"][tokens.long()] + p["positional_embedding"]
        for i in range(layers_in(p, "transformer.resblocks.")):
            x = residual_block(x, p, f"transformer.resblocks.{i}", self.text_heads, causal=True)
        x = layer_norm(x, p, "ln_final")
        return x[torch.arange(len(x)), tokens.argmax(-1)] @ p["text_projection"]


def probabilities(video, text, classes, scale=100.0):
    """Softmax over classes for each template, then the mean over templates (text is template-major)."""
    cosine = torch.nn.functional.normalize(video, dim=-1) @ torch.nn.functional.normalize(text, dim=-1).T
    return (scale * cosine).reshape(len(video), -1, classes).softmax(-1).mean(1)


@torch.no_grad()
def run(model, pixels, tokens, classes):
    frame, video = model.encode_pixels(pixels)
    text = model.encode_tokens(tokens)
    return {"frame_features": frame, "video_features": video, "text_features": text,
            "probabilities": probabilities(video, text, classes)}


def check(directory):
    """-> {output: largest absolute difference} of a pack against this file."""
    directory = Path(directory)
    case = json.loads((directory / "case.json").read_text())
    model = ActionCLIP(*load_checkpoint(directory / "checkpoint.pt"), case["head"], case["T"])
    assert (model.joint, model.shift) == (case["joint"], case["tsm"])
    inputs, expected = (load_file(directory / f"{n}.safetensors") for n in ("inputs", "expected"))
    got = run(model, inputs["pixels"], inputs["tokens"], case["classes"])
    for name, value in expected.items():
        assert got[name].shape == value.shape, (name, got[name].shape, value.shape)
    return {name: (got[name] - value).abs().max().item() for name, value in expected.items()}


if __name__ == "__main__":
    worst = 0.0
    for argument in sys.argv[1:]:
        errors = check(argument)
        worst = max(worst, *errors.values())
        print(Path(argument).name, " ".join(f"{k}={v:.1e}" for k, v in errors.items()))
    sys.exit(worst > 1e-4)

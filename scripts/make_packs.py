#!/usr/bin/env python3
"""Writes the small parity packs of Tests/fixtures/packs: one folder per temporal option, with case.json,
checkpoint.pt (the reference's own save form), inputs.safetensors and expected.safetensors.

Weights are random, but scaled so that a mistake shows: probabilities are spread, features differ between
videos, and each pack is run again with one deliberate mistake per quirk ("mutants"), which must move the
result by far more than rounding does. Tests/fixtures/packs/manifest.json records all of it.

    python3 scripts/make_packs.py [OUTPUT_DIRECTORY]
"""
import hashlib
import json
import math
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

import reference
from reference import ActionCLIP

# name: vision (width vw, layers vl, patch, res), text (tw, tl, ctx, vocab), embed, T, videos, options.
# "half" is as in case.json: matrices fp16, the rest fp32, as GPU training leaves them. "half_all" makes the
# embeddings' tables and the head fp16 too, to keep this repository small.
BASE = dict(vw=64, vl=1, tw=64, tl=1, templates=3, classes=4, videos=2, joint=False, tsm=False, half=True,
            half_all=True, head="meanP")
CASES = {
    "meanp": dict(res=24, patch=8, ctx=16, vocab=540, embed=40, T=3, videos=3, half=False, half_all=False,
                  optimizer=True),
    "conv1d": dict(res=8, patch=8, ctx=20, vocab=99, embed=36, T=5, head="Conv_1D"),
    "lstm": dict(res=15, patch=5, ctx=16, vocab=103, embed=44, T=7, head="LSTM"),
    "transf": dict(res=16, patch=4, ctx=77, vocab=111, embed=32, T=8, head="Transf", tw=128,
                   classes=5),
    "transf-cls": dict(res=18, patch=6, ctx=18, vocab=101, embed=8, T=4, head="Transf_cls"),
    "joint": dict(res=20, patch=5, ctx=16, vocab=120, embed=33, T=6, joint=True, vw=128),
    "tsm-one-frame": dict(res=28, patch=14, ctx=17, vocab=600, embed=96, T=1, tsm=True),
    "tsm-transf-16": dict(res=16, patch=8, ctx=24, vocab=130, embed=24, T=16, head="Transf", tsm=True, vl=2,
                          videos=1),
}
# Frame embeddings this small make the Transf head's LayerNorm eps (1e-12, not 1e-5) visible.
SMALL_FEATURES = {"transf", "tsm-transf-16"}


class Random:
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, std=1.0, mean=0.0):
        return torch.randn(*shape, generator=self.generator) * std + mean

    def integers(self, low, high, *shape):
        return torch.randint(low, high, shape, generator=self.generator, dtype=torch.int32)


def add_norm(d, name, n, r):
    d[name + ".weight"] = r.normal(n, std=0.2, mean=1.0)
    d[name + ".bias"] = r.normal(n, std=0.1)


def add_linear(d, name, outputs, inputs, r, gain=1.0, weight="weight"):
    d[f"{name}.{weight}"] = r.normal(outputs, inputs, std=gain / math.sqrt(inputs))
    d[f"{name}.{weight}".replace("weight", "bias")] = r.normal(outputs, std=0.1)


def add_block(d, name, width, r, gain):
    add_linear(d, f"{name}.attn", 3 * width, width, r, 1.6, weight="in_proj_weight")
    add_linear(d, f"{name}.attn.out_proj", width, width, r, gain)
    add_norm(d, f"{name}.ln_1", width, r)
    add_linear(d, f"{name}.mlp.c_fc", 4 * width, width, r)
    add_linear(d, f"{name}.mlp.c_proj", width, 4 * width, r, gain)
    add_norm(d, f"{name}.ln_2", width, r)


def make_model(c, r, feature_scale=1.0):
    d, w, x, e = OrderedDict(), c["vw"], c["tw"], c["embed"]
    grid = c["res"] // c["patch"]
    d["positional_embedding"] = r.normal(c["ctx"], x, std=0.3)
    d["text_projection"] = r.normal(x, e, std=x**-0.5)
    d["logit_scale"] = torch.tensor(math.log(100.0) - 0.1 * c["T"] / 16)
    d["visual.class_embedding"] = r.normal(w, std=0.3)
    d["visual.positional_embedding"] = r.normal(grid * grid + 1, w, std=0.3)
    if c["joint"]:
        d["visual.time_embedding"] = r.normal(c["T"], w, std=0.3)
    d["visual.proj"] = r.normal(w, e, std=feature_scale * w**-0.5)
    d["visual.conv1.weight"] = r.normal(w, 3, c["patch"], c["patch"], std=(3 * c["patch"] ** 2) ** -0.5)
    add_norm(d, "visual.ln_pre", w, r)
    for i in range(c["vl"]):
        add_block(d, f"visual.transformer.resblocks.{i}{'.net' if c['tsm'] else ''}", w, r, 0.7)
    add_norm(d, "visual.ln_post", w, r)
    for i in range(c["tl"]):
        add_block(d, f"transformer.resblocks.{i}", x, r, 0.5)
    d["token_embedding.weight"] = r.normal(c["vocab"], x, std=0.3)
    # A common direction brings texts close together, as in a trained model: at scale 100 the softmax
    # would otherwise pick one class and hide errors.
    d["ln_final.weight"] = r.normal(x, std=0.01, mean=0.06)
    d["ln_final.bias"] = r.normal(x, std=1.0)
    return d


def make_fusion(c, r, feature_scale=1.0):
    """The head's tensors; the reference keeps frame_position_embeddings in every file but MeanP's."""
    d, e, head = OrderedDict(), c["embed"], c["head"]
    if head == "meanP":
        return d
    d["frame_position_embeddings.weight"] = r.normal(c["ctx"], e, std=0.5 * feature_scale)
    if head == "Conv_1D":
        d["shift.weight"] = r.normal(e, 1, 3, std=0.6)
    elif head == "LSTM":
        for name in ("weight_ih_l0", "weight_hh_l0"):
            d["lstm_visual." + name] = r.normal(4 * e, e, std=1.3 / math.sqrt(e))
        for name in ("bias_ih_l0", "bias_hh_l0"):
            d["lstm_visual." + name] = r.normal(4 * e, std=0.3)
    elif head == "Transf":
        for i in range(6):
            add_block(d, f"transformer.resblocks.{i}", e, r, 0.5 * feature_scale)
            for name in (f"transformer.resblocks.{i}.{n}.bias" for n in ("attn.out_proj", "mlp.c_proj")):
                d[name] *= feature_scale
    elif head == "Transf_cls":
        d["transformer.cls_token"] = r.normal(1, 1, e, std=0.5)
        d["transformer.pos_embed"] = r.normal(1, c["T"] + 1, e, std=0.5)
        for i in range(6):
            name = f"transformer.transformer_enc.layers.{i}"
            add_linear(d, f"{name}.self_attn", 3 * e, e, r, 1.6, weight="in_proj_weight")
            add_linear(d, f"{name}.self_attn.out_proj", e, e, r)
            add_linear(d, f"{name}.linear1", 2048, e, r)
            add_linear(d, f"{name}.linear2", e, 2048, r)
            add_norm(d, f"{name}.norm1", e, r)
            add_norm(d, f"{name}.norm2", e, r)
        add_norm(d, "transformer.transformer_enc.norm", e, r)
    return d


def is_matrix(name):
    """Whether the reference's fp16 conversion touches a tensor: convolution, linear and attention weights and biases,
    and the two projections."""
    return any(s in name for s in ("conv1.", "attn.", "mlp.", "proj")) and "embedding" not in name


def make_tokens(c, r):
    """Rows of ids: start V-2, 0 ... C-2 words, end V-1, zeros. The first is empty, the second full."""
    rows = c["templates"] * c["classes"]
    tokens = torch.zeros(rows, c["ctx"], dtype=torch.int32)
    longest = c["ctx"] - 2
    lengths = [0, longest] + r.integers(1, min(longest, 14) + 1, rows - 2).tolist()
    for row, n in zip(tokens, lengths):
        row[0] = c["vocab"] - 2
        row[1 : n + 1] = r.integers(0, c["vocab"] - 2, n)
        row[n + 1] = c["vocab"] - 1
    return tokens


def mutants(model):
    """(what goes wrong, ActionCLIP with that mistake) for every quirk this pack is meant to catch."""
    def changed(**over):
        m = ActionCLIP(model.p, model.f, model.head, model.frames)
        m.shift = model.shift
        for k, v in over.items():
            setattr(m, k, v)
        return m

    if model.head == "Transf":
        yield "head LayerNorm eps 1e-5", changed(head_eps=1e-5)
        yield "head positions left out", changed(f={**model.f, "frame_position_embeddings.weight":
                                                    model.f["frame_position_embeddings.weight"] * 0})
    if model.head == "Conv_1D":
        m = changed()
        def transposed(x):
            k = model.f["shift.weight"]
            y = torch.nn.functional.conv1d(x.transpose(1, 2), k, padding=1, groups=len(k))
            return (y.transpose(1, 2) + x).mean(1)
        m.join = transposed
        yield "Conv_1D transposes instead of viewing", m
    if model.head == "LSTM":
        e = model.p["visual.proj"].shape[1]
        order = torch.arange(4 * e).reshape(4, e)[[0, 1, 3, 2]].flatten()
        swapped = {k: v[order] if "lstm" in k else v for k, v in model.f.items()}
        yield "LSTM gates i, f, o, g", changed(f=swapped)
    if model.shift:
        yield "no temporal shift", changed(shift=False)
    if model.joint:
        yield "no time embedding", changed(p={**model.p, "visual.time_embedding":
                                              model.p["visual.time_embedding"] * 0})
    if model.head != "meanP" and model.head != "Transf_cls":
        yield "head left out", changed(head="meanP")


@torch.no_grad()
def make_pack(name, case, seed, directory):
    c = {**BASE, **case}
    r = Random(seed)
    small = 0.004 if name in SMALL_FEATURES else 1.0
    model_tensors, fusion = make_model(c, r, small), make_fusion(c, r, small)
    if c["half"]:
        tables = ("token_embedding.weight", "positional_embedding") if c["half_all"] else ()
        for k, v in model_tensors.items():
            if is_matrix(k) or k in tables:
                model_tensors[k] = v.half()
        if c["half_all"]:
            fusion = OrderedDict((k, v.half() if v.dim() > 1 else v) for k, v in fusion.items())
    saved = {"epoch": 3, "model_state_dict": model_tensors,
             "fusion_model_state_dict": {"module." + k: v for k, v in fusion.items()}}
    if c.get("optimizer"):  # real files carry it; a reader has no use for it
        saved["optimizer_state_dict"] = {
            "state": {0: {"step": torch.tensor(12.0), "exp_avg": r.normal(8, 8),
                          "exp_avg_sq": r.normal(8, 8)}},
            "param_groups": [{"lr": 5e-6, "betas": (0.9, 0.98), "eps": 1e-8, "weight_decay": 0.2,
                              "amsgrad": False, "foreach": None, "params": [0]}]}
    directory.mkdir(parents=True, exist_ok=True)
    torch.save(saved, directory / "checkpoint.pt")

    # Neighbouring frames share a picture and differ by noise; videos have different pictures.
    shape = (3, c["res"], c["res"])
    pixels = r.normal(c["videos"], 1, *shape) + r.normal(c["videos"], c["T"], *shape, std=0.7)
    inputs = {"pixels": pixels.reshape(-1, *shape).contiguous(), "tokens": make_tokens(c, r)}

    model = ActionCLIP(*reference.load_checkpoint(directory / "checkpoint.pt"), c["head"], c["T"])
    expected = reference.run(model, inputs["pixels"], inputs["tokens"], c["classes"])
    if c["joint"]:
        expected["frame_features"] = expected["frame_features"].clone()
    save_file(inputs, directory / "inputs.safetensors")
    save_file({k: v.contiguous() for k, v in expected.items()}, directory / "expected.safetensors")
    keys = ("embed res vl vw patch ctx vocab tw tl joint tsm T head videos templates classes half").split()
    (directory / "case.json").write_text(json.dumps({k: c[k] for k in keys}, indent=1) + "\n")

    # A pack that cannot fail is worth nothing.
    scale = expected["video_features"].abs().max()
    p = expected["probabilities"]
    assert 0.001 < p.min() and p.max() < 0.9, (name, p)
    if c["videos"] > 1:
        assert (p[0] - p[1]).abs().max() > 0.01, (name, p)
    moved = {}
    for what, mutant in mutants(model):
        change = mutant.encode_pixels(inputs["pixels"])[1] - expected["video_features"]
        moved[what] = change.abs().max() / scale
        assert moved[what] > 0.01, (name, what, moved[what])
    return {
        "seed": seed,
        "stored": "fp16 matrices, tables and head" if c["half"] and c["half_all"] else
                  "fp16 matrices" if c["half"] else "fp32",
        "video_feature_max": round(scale.item(), 6),
        "mutants_move_video_features_by": {k: round(v.item(), 4) for k, v in moved.items()},
        "sha256": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(directory.iterdir())},
    }


def main():
    torch.set_num_threads(1)
    root = Path(__file__).resolve().parent.parent
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Tests/fixtures/packs"
    packs = {name: make_pack(name, case, 4000 + i, out / name)
             for i, (name, case) in enumerate(CASES.items())}
    manifest = {"made_by": "scripts/make_packs.py", "torch": torch.__version__,
                "precision": "float32, 1 thread", "packs": packs}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes Tests/fixtures/weights: small torch.save checkpoints, and what reading them must give.

checkpoint.pt            the reference's form, with every number type, shared storages, strided
                         views, a Parameter, an optimizer and an object of an unknown class
checkpoint.safetensors   the same tensors as fp32 under the names the library gives them
plain.pt, .safetensors   a bare state dict with running statistics
parity.json              for each case in shared/parity (if it is there): the number of tensors and
                         the CRC-32 of all names and fp32 values in the order of the names

usage: make_weights_fixtures.py [SHARED]     (default: $ACTIONCLIP_SHARED, else ../shared)
"""
import argparse
import collections
import json
import os
import sys
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "Tests" / "fixtures" / "weights"


def all_halves():
    """Every interesting fp16: zeros, subnormals, the edges, infinities, a NaN."""
    bits = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x83FF, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF,
            0x7C00, 0xFC00, 0x7E00, 0x3555, 0x0201]
    return torch.tensor(bits, dtype=torch.int32).to(torch.int16).view(torch.float16)


def named(section, prefix=""):
    """The names the library gives: a leading `module.` removed, the prefix added."""
    return {prefix + name.removeprefix("module."): value for name, value in section.items()}


def fp32(tensors):
    return {name: tensors[name].detach().float().contiguous().clone() for name in sorted(tensors)}


def reference_form():
    torch.manual_seed(1)
    shared = torch.randn(6, 8)
    base = torch.randn(4, 6, dtype=torch.float16)
    model = collections.OrderedDict()
    model["visual.conv1.weight"] = torch.randn(8, 3, 2, 2).half()
    model["visual.halves"] = all_halves()
    model["visual.proj"] = torch.randn(5, 7).t()
    model["visual.every_other"] = base[:, ::2]
    model["visual.permuted"] = torch.randn(2, 3, 4).permute(2, 0, 1)
    model["token_embedding.weight"] = shared
    model["tied.weight"] = shared
    model["positional_embedding"] = shared[2:5, 1:6]
    model["ln_final.weight"] = torch.nn.Parameter(torch.randn(8))
    model["bf16"] = torch.randn(3, 3).bfloat16()
    model["logit_scale"] = torch.tensor(4.6052)
    model["fp64"] = torch.randn(5, dtype=torch.float64) * 1e30
    model["int64"] = torch.tensor([[1, -(2**40) - 1], [2**62 + 1, 0]])
    model["int32"] = torch.tensor([1, -(2**31), 2**31 - 1], dtype=torch.int32)
    model["int16"] = torch.tensor([-32768, 32767], dtype=torch.int16)
    model["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
    model["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    model["bool"] = torch.tensor([True, False, True])
    model["empty"] = torch.empty(0, 3)
    model["module.wrapped"] = torch.randn(2)
    fusion = {"module.frame_position_embeddings.weight": torch.randn(4, 5),
              "module.transformer.bias": torch.randn(5)}

    trained = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(trained.parameters(), lr=5e-6, betas=(0.9, 0.98))
    trained(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 300, "model_state_dict": model, "fusion_model_state_dict": fusion,
                  "optimizer_state_dict": optimizer.state_dict(),
                  "args": argparse.Namespace(lr=5e-6, tags={"a"}, best=None, ok=True)}
    torch.save(checkpoint, OUT / "checkpoint.pt")
    expected = fp32(named(model) | named(fusion, "fusion."))
    save_file(expected, OUT / "checkpoint.safetensors", {"made by": "make_weights_fixtures.py"})


def bare_state_dict():
    torch.manual_seed(2)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.LSTM(4, 2))
    torch.save(module.state_dict(), OUT / "plain.pt")
    save_file(fp32(module.state_dict()), OUT / "plain.safetensors")


def parity(shared):
    cases = {}
    for path in sorted(shared.glob("parity/*/checkpoint.pt")):
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        tensors = fp32(named(checkpoint["model_state_dict"])
                       | named(checkpoint["fusion_model_state_dict"], "fusion."))
        crc = 0
        for name in sorted(tensors):
            crc = zlib.crc32(name.encode(), crc)
            crc = zlib.crc32(tensors[name].numpy().tobytes(), crc)
        cases[path.parent.name] = {"tensors": len(tensors), "crc32": crc}
    (OUT / "parity.json").write_text(json.dumps(cases, indent=1) + "\n")


def main():
    default = os.environ.get("ACTIONCLIP_SHARED") or ROOT.parent / "shared"
    shared = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    OUT.mkdir(parents=True, exist_ok=True)
    reference_form()
    bare_state_dict()
    if (shared / "parity").is_dir():
        parity(shared)


if __name__ == "__main__":
    main()

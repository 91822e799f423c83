#!/usr/bin/env python3
"""Writes Tests/fixtures/untrained/untrained.safetensors: a tiny ActionCLIP with RANDOM, UNTRAINED weights.

For tests: every stage (decoding, preprocessing, both encoders, the Transf head, prompts, scoring) does real work
on it. Its probabilities mean nothing.

    python3 scripts/make_untrained.py        needs torch and safetensors; Tests/fixtures/untrained/merges.txt must exist
"""
from pathlib import Path

import torch
from safetensors.torch import save_file

from make_packs import BASE, Random, make_fusion, make_model

ROOT = Path(__file__).resolve().parent.parent


def main():
    merges = (ROOT / "Tests/fixtures/untrained/merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {**BASE, "res": 112, "patch": 16, "vl": 2, "ctx": 77, "vocab": 514 + len(merges), "embed": 32,
             "T": 8, "head": "Transf"}
    r = Random(2109)
    tensors = dict(make_model(sizes, r))
    tensors |= {"fusion." + name: value for name, value in make_fusion(sizes, r).items()}
    path = ROOT / "Tests/fixtures/untrained/untrained.safetensors"
    note = "ActionCLIP demo: random, untrained weights, for trying the library, not for recognising anything"
    save_file({k: torch.as_tensor(v).float().contiguous() for k, v in tensors.items()}, path,
              metadata={"note": note})  # one entry: safetensors writes several in no fixed order
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

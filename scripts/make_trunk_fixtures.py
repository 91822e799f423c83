#!/usr/bin/env python3
"""Writes Tests/fixtures/trunks: small open_clip models with image encoders of timm's, and what they compute.

    python3 scripts/make_trunk_fixtures.py     needs torch, open_clip and timm

eva02/, pe/, vit/ and mci/ are folders of models of random weights in fp16; the expected.safetensors in each has pixels
[8, 3, S, S], tokens [texts, C] and the embeddings of both.
"""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/python"))

import clipa  # noqa: E402
import siglip  # noqa: E402
import trunks  # noqa: E402


def main():
    tokens = trunks.tokens()
    for kind in ("eva02", "pe", "vit", "mci"):
        pixels = siglip.pixels(trunks.image(kind))
        folder = ROOT / "Tests/fixtures/trunks" / kind
        made = trunks.small(kind, half=True)
        trunks.save(made, trunks.configuration(kind), folder, half=True)
        frames, words = clipa.computed(made, pixels, tokens)
        arrays = {"pixels": pixels, "tokens": tokens, "frames": frames, "texts": words}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()

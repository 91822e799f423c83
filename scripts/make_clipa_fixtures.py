#!/usr/bin/env python3
"""Writes Tests/fixtures/clipa: a small CLIPA as open_clip saves it, its tokenizer, and what they compute.

    python3 scripts/make_clipa_fixtures.py     needs torch, open_clip, timm, ftfy, transformers and tokenizers

model/ is the folder of a model of random weights in fp16 with a tokenizer.json of word pieces, which is trained on the sentences
in Tests/python/siglip.py; vocab.txt has the same pieces. texts.json has texts and their rows of ids, expected.safetensors
the pixels [8, 3, S, S], the tokens [texts, C] and the embeddings of both.
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/python"))

import clipa  # noqa: E402
import siglip  # noqa: E402

FOLDER = ROOT / "Tests/fixtures/clipa"
PROMPTS = ["a video of a person playing the flute", "Cutting vegetables!", "swimming", ""]


def main():
    folder = FOLDER / "model"
    folder.mkdir(parents=True, exist_ok=True)
    count = clipa.train_pieces(folder)
    rows = clipa.tokenizer(folder)
    # A model has rows to spare, as CLIPA has 1478.
    config = clipa.configuration(count + 12)
    made = clipa.model(config, half=True)
    clipa.save(made, config, folder, half=True)
    (folder / "vocab.txt").rename(FOLDER / "vocab.txt")
    texts = clipa.texts()
    lists = {"texts": texts, "rows": rows(texts).tolist()}
    (FOLDER / "texts.json").write_text(json.dumps(lists, separators=(",", ":")) + "\n")
    tokens = rows(PROMPTS).numpy().astype(np.int32)
    pixels = siglip.pixels(clipa.IMAGE)
    frames, words = clipa.computed(made, pixels, tokens)
    arrays = {"pixels": pixels, "tokens": tokens, "frames": frames, "texts": words}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()

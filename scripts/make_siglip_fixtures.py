#!/usr/bin/env python3
"""Writes Tests/fixtures/siglip: a small SigLIP as transformers saves it, tokenizers of both kinds, and what they compute.

    python3 scripts/make_siglip_fixtures.py     needs torch, transformers, tokenizers and sentencepiece

hugging_face/ is the folder of a model of random weights with its spiece.model; merges/tokenizer.json a tokenizer as
SigLIP 2 has it. Both tokenizers are trained on the sentences in Tests/python/siglip.py. texts.json has random texts and
their ids, expected.safetensors the pixels [8, 3, S, S], the tokens [texts, C] and the embeddings and logits of both.
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/python"))

import siglip  # noqa: E402
from transformers import Siglip2Tokenizer, SiglipTokenizer  # noqa: E402

FOLDER = ROOT / "Tests/fixtures/siglip"
PROMPTS = ["a video of a person playing the flute", "Cutting vegetables!", "swimming", ""]


def main():
    folder, merges = FOLDER / "hugging_face", FOLDER / "merges"
    for path in (folder, merges):
        path.mkdir(parents=True, exist_ok=True)
    siglip.train_unigram(folder / "spiece.model")
    unigram = SiglipTokenizer(str(folder / "spiece.model"))
    siglip.train_merges(merges)
    pairs = Siglip2Tokenizer.from_pretrained(str(merges))
    sizes = {**siglip.SMALL, "vocabulary": unigram.vocab_size}
    made = siglip.model(**sizes)
    siglip.save(made, folder)
    texts = [text for text in siglip.random_texts(400) if "<eos" not in text]
    lists = {
        "texts": texts,
        "unigrams": [unigram(text)["input_ids"][:-1] for text in texts],
        "merges": [pairs(text, add_special_tokens=False)["input_ids"] for text in texts],
    }
    (FOLDER / "texts.json").write_text(json.dumps(lists, separators=(",", ":")) + "\n")
    context = sizes["context"]
    tokens = np.array([siglip.padded(unigram(text)["input_ids"][:-1], context) for text in PROMPTS], np.int32)
    pixels = siglip.pixels(sizes["image"])
    frames, words, logits = siglip.computed(made, pixels, tokens)
    arrays = {"pixels": pixels, "tokens": tokens, "frames": frames, "texts": words, "logits": logits}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()

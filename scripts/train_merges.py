#!/usr/bin/env python3
"""Trains a small byte-level BPE merge list in CLIP's file form (a header line, then one merge a line) on a
list of phrases and the reference's prompt templates.

    python3 scripts/train_merges.py Tests/fixtures/untrained/phrases.txt 400 Tests/fixtures/untrained/merges.txt
"""
import collections
import sys

import regex

TEMPLATES = """a photo of action {}|a picture of action {}|Human action of {}|{}, an action|
{} this is an action|{}, a video of action|Playing action of {}|{}|Playing a kind of action, {}|Doing a kind of action, {}|
Look, the human is {}|Can you recognize the action of {}?|Video classification of {}|A video of {}|
The man is {}|The woman is {}""".replace("\n", "").split("|")
PATTERN = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""", regex.IGNORECASE)


def byte_letters():
    """The printable stand-ins of the 256 bytes, as GPT-2 and CLIP choose them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(rest)}


def train(phrases, count):
    letters = byte_letters()
    words = collections.Counter()
    for text in phrases * 3 + TEMPLATES * 10:
        for word in PATTERN.findall(text.lower()):
            symbols = [letters[b] for b in word.encode()]
            words[(*symbols[:-1], symbols[-1] + "</w>")] += 1
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))  # ties in text order: the same list every time
        merges.append(best)
        words = collections.Counter({merged(w, best): n for w, n in words.items()})
    return merges


def merged(word, pair):
    out, i = [], 0
    while i < len(word):
        both = word[i : i + 2] == pair
        out.append(word[i] + word[i + 1] if both else word[i])
        i += 2 if both else 1
    return tuple(out)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        phrases = [line.strip() for line in f if line.strip()]
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write("#version: 0.2 - actionclip demo, byte-level BPE\n")
        f.writelines(f"{a} {b}\n" for a, b in train(phrases, int(sys.argv[2])))

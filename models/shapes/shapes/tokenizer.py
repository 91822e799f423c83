"""CLIP's byte-level BPE, for the plain English of the captions (no cleaning beyond lower case and spaces)."""
import collections
import re

import numpy as np

_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")


def byte_letters():
    """The printable stand-ins of the 256 bytes, in CLIP's order of ids."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(rest)}


def _merged(word, pair):
    out, i = [], 0
    while i < len(word):
        both = word[i : i + 2] == pair
        out.append(word[i] + word[i + 1] if both else word[i])
        i += 2 if both else 1
    return tuple(out)


def _symbols(word):
    letters = byte_letters()
    symbols = [letters[b] for b in word.encode()]
    return (*symbols[:-1], symbols[-1] + "</w>")


def train_merges(texts, most, least_seen=2):
    """The most frequent pairs, one after the other; ties in text order, so the same list every time."""
    words = collections.Counter(w for t in texts for w in _WORDS.findall(t.lower()))
    words = {_symbols(w): n for w, n in words.items()}
    merges = []
    while len(merges) < most:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        if pairs[best] < least_seen:
            break
        merges.append(best)
        words = {_merged(w, best): n for w, n in words.items()}
    return merges


def write_merges(path, merges):
    with open(path, "w", encoding="utf-8") as f:
        f.write("#version: 0.2 - actionclip shapes, byte-level BPE\n")
        f.writelines(f"{a} {b}\n" for a, b in merges)


def read_merges(path):
    with open(path, encoding="utf-8") as f:
        return [tuple(line.split()) for line in f.read().splitlines()[1:] if line]


class Tokenizer:
    def __init__(self, merges):
        letters = list(byte_letters().values())
        vocabulary = letters + [c + "</w>" for c in letters] + ["".join(m) for m in merges]
        self.ids = {v: i for i, v in enumerate(vocabulary)}
        self.ranks = {m: i for i, m in enumerate(merges)}
        self.size = len(vocabulary) + 2
        self._known = {}

    def _word(self, word):
        if word not in self._known:
            symbols = _symbols(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]), key=lambda p: self.ranks.get(p, 1 << 30))
                if best not in self.ranks:
                    break
                symbols = _merged(symbols, best)
            self._known[word] = [self.ids[s] for s in symbols]
        return self._known[word]

    def encode(self, text):
        return [i for w in _WORDS.findall(text.lower()) for i in self._word(w)]

    def rows(self, texts, context):
        """int64 [N, L]: start, text, end, zeros. Shorter than the context where all texts are: nothing after the
        end of a text has an influence on it. L is a multiple of 8, for every new size costs the CPU's matrix
        library a second to get ready for."""
        coded = [[self.size - 2, *self.encode(t), self.size - 1] for t in texts]
        longest = max(map(len, coded))
        if longest > context:
            raise ValueError(f"{longest} tokens, the context has {context}: {max(texts, key=len)}")
        rows = np.zeros((len(coded), min(-(-longest // 8) * 8, context)), np.int64)
        for row, ids in zip(rows, coded):
            row[: len(ids)] = ids
        return rows

"""archive.py: reads what `actionclip embed` made (docs/ARCHIVES.md), for programs that hand it to a store."""

import json
import pathlib

import numpy as np


def shards(folder):
    """Gives each shard's number, its embeddings [rows, E], mapped, and a dict for each row: path, sha256, start, end.
    Rows that were removed are None."""
    folder = pathlib.Path(folder)
    removed = {}
    if (folder / "removed.jsonl").exists():
        for line in (folder / "removed.jsonl").read_text(encoding="utf-8").splitlines():
            mask = json.loads(line)
            removed.setdefault(mask["shard"], []).append(range(mask["row"], mask["row"] + mask["rows"]))
    for path in sorted(folder.glob("emb_*.npy")):
        number = int(path.stem.removeprefix("emb_"))
        with open(folder / f"meta_{number:04}.jsonl", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        for row in [row for mask in removed.get(number, []) for row in mask]:
            rows[row] = None
        yield number, np.load(path, mmap_mode="r"), rows


def query(model, words):
    """The direction of some words, [E]: the mean over the model's templates, of length 1."""
    mean = model.encode_labels([words], normalize=True)[:, 0].mean(0)
    return mean / np.linalg.norm(mean)

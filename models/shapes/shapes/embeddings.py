"""Embeddings of test sets, through the library, and draws of clips from them."""
import json

import numpy as np

from .actions import ACTIONS

LABELS = [action.name for action in ACTIONS]


def embeddings(model, directory):
    """-> (video embeddings [n, E], labels [n]) of a set, kept beside it."""
    index = json.loads((directory / "index.json").read_text())
    kept = directory / "embeddings.npy"
    if not kept.exists():
        np.save(kept, np.stack([model.encode_video(directory / v["file"]) for v in index["videos"]]))
    return np.load(kept), np.array([LABELS.index(v["action"]) for v in index["videos"]])


def draw(labels, count, seed):
    """`count` clips of each label."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.choice(np.flatnonzero(labels == one), count, replace=False) for one in np.unique(labels)])

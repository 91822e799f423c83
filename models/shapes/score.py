#!/usr/bin/env python3
"""Scores a checkpoint on a test set of video files, through libactionclip: decoding, preprocessing, both encoders
and scoring are the library's own.

    python3 -m shapes.video sets/compositions compositions 1060
    python3 score.py runs/shift+Transf/checkpoint.pt sets/compositions

Needs bindings/python on PYTHONPATH (or installed) and the library. Prints one JSON object.
"""
import argparse
import collections
import json
from pathlib import Path

import actionclip
import numpy as np

from shapes.actions import ACTIONS, BY_NAME
from shapes.splits import TRAINED_ACTIONS


def score(model, directory):
    index = json.loads((directory / "index.json").read_text())
    every = [a.name for a in ACTIONS]
    # A set of unseen actions is scored among all actions there are, the others among those trained on.
    candidates = every if index["split"] == "actions" else list(TRAINED_ACTIONS)
    texts = model.encode_labels(candidates)
    every_text = model.encode_labels(every)
    counts, pairs = collections.defaultdict(list), []
    for video in index["videos"]:
        action = video["action"]
        feature = model.encode_video(directory / video["file"])
        best = candidates[int(np.argmax(actionclip.probabilities(feature, texts)[0]))]
        counts[action].append((best == action, best))
        other = BY_NAME[action].reverse
        if other not in (None, action):
            two = every_text[:, [every.index(action), every.index(other)]]
            p = actionclip.probabilities(feature, np.ascontiguousarray(two))[0]
            pairs.append(bool(p[0] > p[1]))
    right = [r for rows in counts.values() for r, _ in rows]
    wrong = {a: collections.Counter(b for r, b in rows if not r).most_common(3) for a, rows in counts.items()}
    return {"split": index["split"], "videos": len(right), "candidates": len(candidates),
            "top1": float(np.mean(right)), "order_pairs": float(np.mean(pairs)), "order_videos": len(pairs),
            "each": {a: float(np.mean([r for r, _ in rows])) for a, rows in counts.items()},
            "taken_for": {a: w for a, w in wrong.items() if w}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    args = parser.parse_args()
    with actionclip.Model(args.checkpoint, tokenizer=args.checkpoint.parent / "merges.txt") as loaded:
        print(json.dumps([score(loaded, s) for s in args.sets], indent=1))

#!/usr/bin/env python3
"""Scores a checkpoint on test sets of video files, through libactionclip: decoding, preprocessing, both encoders
and scoring are the library's own.

    python3 -m shapes.video sets/compositions compositions 1060
    python3 score.py runs/shift+Transf/checkpoint.pt sets/compositions

Needs bindings/python on PYTHONPATH (or installed) and the library. Prints one JSON object for each set. With --agree
PyTorch encodes the same preprocessed frames too, and the two are compared; with --file FILE the library reads a
single file in place of the checkpoint. A run of a causal option is scored causally; --causal does so with weights of any
temporal shift.
"""
import argparse
import collections
import functools
import json
from pathlib import Path

import actionclip
import numpy as np

from shapes.actions import ACTIONS, BY_NAME
from shapes.splits import TRAINED_ACTIONS
from shapes.video import candidates_of

EVERY = [a.name for a in ACTIONS]


def text_judge(model, templates=None):
    """feature [1, E], candidates -> probabilities, by the labels' words in the templates."""
    texts = model.encode_labels(EVERY, templates) if templates else model.encode_labels(EVERY)
    def judge(feature, candidates):
        chosen = np.ascontiguousarray(texts[:, [EVERY.index(c) for c in candidates]])
        return actionclip.probabilities(feature, chosen)[0]
    return judge


def plain_judge(weight, bias):
    """Scores by a plain classification head, which knows the trained actions alone."""
    def judge(feature, candidates):
        scores = feature[0] @ weight.T + bias
        known = {name: scores[i] for i, name in enumerate(TRAINED_ACTIONS)}
        return np.array([known.get(c, -np.inf) for c in candidates])
    return judge


def score(model, directory, judge=None):
    index = json.loads((directory / "index.json").read_text())
    judge = judge or text_judge(model)
    candidates = candidates_of(index["split"])
    counts, pairs, features = collections.defaultdict(list), [], []
    for video in index["videos"]:
        action = video["action"]
        feature = model.encode_video(directory / video["file"]).reshape(1, -1)
        features.append(feature)
        best = candidates[int(np.argmax(judge(feature, candidates)))]
        counts[action].append((best == action, best))
        other = BY_NAME[action].reverse
        if other not in (None, action):
            p = judge(feature, [action, other])
            pairs.append(bool(p[0] > p[1]))
    right = [r for rows in counts.values() for r, _ in rows]
    wrong = {a: collections.Counter(b for r, b in rows if not r).most_common(3) for a, rows in counts.items()}
    result = {"split": index["split"], "videos": len(right), "candidates": len(candidates),
              "top1": float(np.mean(right)), "order_pairs": float(np.mean(pairs)), "order_videos": len(pairs),
              "each": {a: float(np.mean([r for r, _ in rows])) for a, rows in counts.items()},
              "taken_for": {a: w for a, w in wrong.items() if w}}
    return result, np.concatenate(features)


@functools.cache
def network_inputs(directory, frames, side):
    """The network's input for each video of a set: [videos] of [T, 3, S, S]."""
    found = []
    for video in json.loads((directory / "index.json").read_text())["videos"]:
        with actionclip.Video(directory / video["file"]) as file:
            found.append(actionclip.preprocess(file.sample(frames), side))
    return found


class InPyTorch:
    """The checkpoint in PyTorch: its videos, and its judge by its own tokenizer and texts."""

    def __init__(self, checkpoint, templates=None):
        import torch
        from shapes.evaluate import label_embeddings
        from shapes.model import ActionCLIP, Sizes
        from shapes.tokenizer import Tokenizer, read_merges
        torch.set_num_threads(1)  # as below, and threads that spin are slow beside others' work
        self.run = json.loads((checkpoint.parent / "run.json").read_text())
        self.model = ActionCLIP(Sizes(**self.run["sizes"]), self.run["option"]).eval()
        self.model.load_checkpoint(torch.load(checkpoint, weights_only=True))
        self.texts = label_embeddings(
            self.model, Tokenizer(read_merges(checkpoint.parent / "merges.txt")), "cpu", templates).numpy()

    def judge(self, feature, candidates):
        cosines = np.tensordot(self.texts[:, [EVERY.index(c) for c in candidates]], feature[0], 1)
        logits = 100 * cosines / np.linalg.norm(feature)
        shares = np.exp(logits - logits.max(-1, keepdims=True))
        return (shares / shares.sum(-1, keepdims=True)).mean(0)

    def agreement(self, directory, features, ours, theirs):
        """On the same preprocessed frames: lowest cosine, and on how many videos the decision is the same."""
        import torch
        split = json.loads((directory / "index.json").read_text())["split"]
        candidates = candidates_of(split)
        sizes, lowest, same = self.run["sizes"], 1.0, 0
        for pixels, feature in zip(network_inputs(directory, sizes["frames"], sizes["side"]), features):
            with torch.no_grad():
                other = self.model.encode_video(torch.from_numpy(pixels)[None]).numpy()
            lowest = min(lowest, float(feature @ other[0] / np.linalg.norm(feature) / np.linalg.norm(other)))
            same += int(np.argmax(ours(feature[None], candidates)) == np.argmax(theirs(other, candidates)))
        return {"cosine_lowest": lowest, "same_top1": same / len(features)}


def is_causal(run):
    """Whether a run was trained with causal temporal shift, which its weights do not tell."""
    return json.loads((run / "run.json").read_text())["option"].startswith("causal")


def score_run(checkpoint, sets, agree=False, templates=None, file=None, causal=False):
    """-> one result for each set. causal: two-sided shift is computed in the causal form, which is another network."""
    classes = checkpoint.parent / "classes.pt"
    frames = json.loads((checkpoint.parent / "run.json").read_text())["sizes"]["frames"]
    given = dict(path=file) if file else dict(path=checkpoint, tokenizer=checkpoint.parent / "merges.txt")
    if causal or is_causal(checkpoint.parent):
        given["temporal_shift"] = "causal"
    other = InPyTorch(checkpoint, templates) if agree else None
    # So small a model is fastest on one thread.
    with actionclip.Model(**given, frames=frames, threads=1) as loaded:
        if classes.exists():
            import torch
            judge = theirs = plain_judge(*(v.numpy() for v in torch.load(classes, weights_only=True).values()))
        else:
            judge, theirs = text_judge(loaded, templates), other and other.judge
        results = []
        for directory in sets:
            result, features = score(loaded, directory, judge)
            if agree:
                result |= other.agreement(directory, features, judge, theirs)
            results.append(result)
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--agree", action="store_true", help="compare with PyTorch on every video")
    parser.add_argument("--file", type=Path, help="a single file made of the checkpoint")
    parser.add_argument("--causal", action="store_true", help="compute temporal shift in its causal form")
    args = parser.parse_args()
    print(json.dumps(score_run(args.checkpoint, args.sets, args.agree, file=args.file, causal=args.causal), indent=1))

"""Scoring a set of video files: the bookkeeping, with models that always know, never know, or ignore order."""
import importlib.util
import json
import shutil

import numpy as np
import pytest
from conftest import ROOT
from shapes.actions import ACTIONS, BY_NAME
from shapes.video import write_set

NAMES = [a.name for a in ACTIONS]


class Oracle:
    """Sees the name of the video file instead of its frames."""

    def __init__(self, index, answer):
        self.actions = {v["file"]: v["action"] for v in index}
        self.answer = answer

    def encode_labels(self, labels):
        return np.stack([np.eye(len(NAMES), dtype=np.float32)[[NAMES.index(n) for n in labels]]] * 2)

    def encode_video(self, path):
        return self.answer(self.actions[path.name])[None]


def one_hot(name):
    return np.eye(len(NAMES), dtype=np.float32)[NAMES.index(name)]


def reverse(name):
    return one_hot(BY_NAME[name].reverse or "bouncing")


@pytest.mark.parametrize("split", ["compositions", "actions"])
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command")
def test_scores(split, tmp_path, actionclip):
    path = ROOT / "models/shapes/score.py"
    spec = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    index = write_set(tmp_path, split, 5)
    assert [v["action"] for v in index] == json.loads((tmp_path / "index.json").read_text())["labels"][:5]
    knows = module.score(Oracle(index, one_hot), tmp_path)[0]
    assert (knows["top1"], knows["order_pairs"], knows["videos"], knows["order_videos"]) == (1, 1, 5, 5)
    assert knows["candidates"] == (62 if split == "actions" else 53) and knows["taken_for"] == {}
    never = module.score(Oracle(index, reverse), tmp_path)[0]
    assert (never["top1"], never["order_pairs"]) == (0, 0)

"""Stage 2 of the shapes model by the trainer."""

import json
import subprocess
import sys

import pytest
import torch
from actionclip_trainer.loss import matching_loss
from conftest import ROOT


def test_the_matching_loss_is_that_of_the_shapes_training(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "models" / "shapes"))
    from shapes.model import matching_loss as shapes_loss

    torch.manual_seed(1)
    videos, texts, matches = torch.randn(4, 8), torch.randn(7, 8), torch.rand(4, 7) < 0.3
    matches[1] = matches[:, 2] = False
    expected, z = shapes_loss(videos, texts, torch.tensor(9.0), matches)
    assert matching_loss(z, matches).total.item() == pytest.approx(expected.item(), rel=1e-5)


def test_stage_2_by_the_trainer(actionclip, tmp_path):
    program = ROOT / "models" / "shapes" / "tune.py"
    given = "--steps 2 --batch 4 --clips 20 --checks 1 --workers 1 --threads 1".split()
    done = subprocess.run(
        [sys.executable, program, "--out", tmp_path, *given], capture_output=True, text=True
    )
    assert done.returncode == 0 and "training: validation" in done.stderr, done.stderr
    assert json.loads(done.stdout)["steps"] == 2
    with actionclip.Model(tmp_path / "model.safetensors", threads=1) as model:
        assert len(model.labels) == 62 and model.info.frames == 8

"""Whole runs: from a configuration to a file that the library runs, cut off and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from actionclip_trainer import __main__ as command
from actionclip_trainer.check import TEMPORAL, made_model
from actionclip_trainer.configuration import read_configuration
from actionclip_trainer.data import SyntheticSource, TensorSource, Texts
from actionclip_trainer.evaluation import evaluate, figures, mean_average_precision, using
from actionclip_trainer.loop import Stopped
from actionclip_trainer.run import Run
from conftest import ROOT

UNTRAINED = ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"
LABELS = ["archery", "yoga", "juggling"]


@pytest.fixture
def told(actionclip, tmp_path):
    """The configuration of a run of six clips: folders of extracted frames, four of a video's parts among them."""
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    rows = [{"labels": LABELS}]
    for number in range(8):
        folder = tmp_path / f"clip{number}"
        folder.mkdir()
        for frame in range(3):
            pixels = np.full((40, 40, 3), 30 * (number % 3) + 20 * frame, np.uint8)
            Image.fromarray(pixels).save(folder / f"img_{frame + 1:05d}.png")
        rows.append({"path": str(folder), "labels": [number % 3]})
    lists = {
        "train": rows[:-2],
        "test": [rows[0], *rows[-2:]],
        "kept": [{"labels": ["run", "walk"]}, rows[-1] | {"labels": [1]}],
    }
    for name, some in lists.items():
        lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in some)
        (tmp_path / f"{name}.jsonl").write_text("".join(lines))
    changes = {
        "model.start": UNTRAINED, "model.frames": 2, "data.list": tmp_path / "train.jsonl",
        "test.other.list": tmp_path / "test.jsonl", "kept.old.list": tmp_path / "kept.jsonl",
        "data.templates": '["{}", "a video of {}"]', "data.held_out": 0, "recipe.batch": 3, "recipe.epochs": 2,
        "recipe.warmup_epochs": 0, "recipe.lr": 1e-3, "recipe.precision": "fp32", "run.workers": 0,
        "run.out": tmp_path / "out", "run.device": "cpu",
    }  # fmt: skip
    return lambda **more: read_configuration("my-folder", [f"{k}={v}" for k, v in (changes | more).items()])


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_from_a_configuration_to_a_file_for_the_library(actionclip, told, tmp_path):
    out = tmp_path / "out"
    run = Run(told())
    results = run.train()
    assert set(results) == {"tuned", "mixed"}
    assert set(results["mixed"]) == {"other top1", "other top5", "kept old top1", "kept old top5"}
    assert [row["step"] for row in rows_of(out / "curve.jsonl")] == [0, 1, 2, 3]
    assert [row["of"] for row in rows_of(out / "checks.jsonl")] == [
        "start",
        "training",
        "training",
        "tuned",
        "mixed",
    ]
    with actionclip.Model(out / "model.safetensors", threads=1) as mixed, \
            actionclip.Model(out / "last.pt", frames=2, threads=1) as tuned:  # fmt: skip
        assert mixed.labels == LABELS and mixed.templates == ["{}", "a video of {}"]
        assert "4 steps of 3 clips" in mixed.note("trained_with")
        assert len(mixed.classify(np.zeros((3, 40, 40, 3), np.uint8))) == 3
        assert tuned.info.embedding_size == mixed.info.embedding_size
    weights = {
        name: torch.load(out / f"{name}.pt", weights_only=True)["model_state_dict"]
        for name in ("last", "mixed")
    }
    start = torch.load(out / "start.pt", weights_only=True)["model"]
    for name, tensor in weights["last"].items():
        assert torch.allclose(weights["mixed"][name], (start[name] + tensor) / 2, atol=1e-6)


def test_a_stopped_run_goes_on_to_the_straight_ones_bits(told, tmp_path, monkeypatch):
    straight = Run(told(**{"run.out": tmp_path / "straight"}))
    straight.train()
    run = Run(told())
    log = run.loop._log
    monkeypatch.setattr(
        run.loop,
        "_log",
        lambda *given: (log(*given), run.training.step == 3 and os.kill(os.getpid(), signal.SIGINT)),
    )
    with pytest.raises(Stopped, match="step 3 of 4"):
        run.train()
    resumed = Run(told())
    assert resumed.training.step == 3
    resumed.train()
    for a, b in zip(straight.training.weights().values(), resumed.training.weights().values(), strict=True):
        assert torch.equal(a, b)
    curves = [rows_of(tmp_path / name / "curve.jsonl") for name in ("straight", "out")]
    assert curves[0] == curves[1]
    assert (tmp_path / "straight" / "model.safetensors").read_bytes() == (
        tmp_path / "out" / "model.safetensors"
    ).read_bytes()
    with pytest.raises(ValueError, match="lr"):
        Run(told(**{"recipe.lr": 1e-4}))


def test_a_state_is_whole_at_any_moment(tmp_path):
    """Held at twenty moments of its writing, and killed in the end, the file is always a whole one."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'trainer')!r})\n"
        "import torch\nfrom pathlib import Path\nfrom actionclip_trainer.files import save\n"
        "for n in range(10**9):\n    save(Path(sys.argv[1]), torch.full((200000,), n))\n"
        "    n or print('on', flush=True)\n"
    )
    path = tmp_path / "state.pt"
    process = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
    process.stdout.readline()
    for _ in range(20):
        time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        saved = torch.load(path, weights_only=True)
        assert (saved == saved[0]).all()
        process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()
    saved = torch.load(path, weights_only=True)
    assert (saved == saved[0]).all()


def test_workers_change_nothing(told, tmp_path):
    ends = []
    for workers in (0, 1):
        run = Run(told(**{"run.workers": workers, "recipe.epochs": 1, "run.out": tmp_path / f"by{workers}"}))
        run.train()
        ends.append(run.training.weights())
    assert all(torch.equal(a, b) for a, b in zip(*(end.values() for end in ends), strict=True))


def test_a_held_out_part_chooses_the_best(told, tmp_path):
    configuration = told(**{"data.held_out": 0.4, "test.other.list": tmp_path / "test.jsonl"})
    run = Run(configuration)
    assert len(run.loop.steps.source) == 3 and len(run.loop.measured["held out"][0]) == 3
    run.train()
    assert run.loop.best is not None and (tmp_path / "out" / "best.pt").exists()


def test_a_clip_that_cannot_be_read_is_told_and_replaced(told, tmp_path, capsys):
    for file in (tmp_path / "clip1").iterdir():
        file.unlink()
    Run(told()).train()
    error = capsys.readouterr().err
    assert "clip1: the folder has no frames" in error and "stands in" in error


@pytest.mark.parametrize(
    "changes, words",
    [
        (["recipe.rate=1"], "no field 'rate'"), (["recipe.lr"], "TABLE.FIELD=VALUE"), (["run.outt=x"], "outt"),
        (["tests.a.list=x"], "no table"), ([], "model.start is missing"), (["recipe.preset=best"], "anchored"),
    ],
)  # fmt: skip
def test_wrong_configurations_are_told(changes, words, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "argv", ["actionclip-train", "my-folder", *(x for c in changes for x in ("--set", c))]
    )
    assert command.main() == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["charades", "hmdb51", "k400", "my-folder", "ssv2", "ucf101"])
def test_the_packages_configurations(name):
    needed = ["model.start=a", "data.list=b", "run.out=c"]
    made = read_configuration(name, needed + ([] if name == "my-folder" else ["test.validation.list=d"]))
    assert made.recipe.batch == {"ucf101": 32, "my-folder": 32, "charades": 64, "hmdb51": 64}.get(name, 128)
    assert made.recipe.round_fp16 == (name in ("k400", "ucf101", "hmdb51"))
    assert made.recipe.jitter == (name not in ("ucf101", "hmdb51"))
    assert made.data.multi_label == (name == "charades")
    with pytest.raises(FileNotFoundError, match="charades, hmdb51, k400"):
        read_configuration("k700")


def test_evaluation_is_the_references_rule():
    model = made_model(TEMPORAL["Transf"]).eval()
    source, texts = SyntheticSource(5, 4, 4, 32), Texts.synthetic(4, 3, 16, 300)
    found = evaluate(model, source, texts, "fp32", batch=2)
    import reference  # scripts/reference.py
    from actionclip_trainer.step import normalised

    with torch.no_grad():
        pixels = torch.stack([source.clip(i, None) for i in range(5)])
        video = model.encode_video(normalised(pixels, model.options))
        scores = reference.probabilities(video, model.encode_text(texts.tokens.flatten(0, 1)), 4)
    assert found == figures(scores, source.labels)
    assert not model.training
    before = {name: p.clone() for name, p in model.named()}
    with using(model, {name: torch.zeros_like(p) for name, p in model.named()}):
        assert model.clip.logit_scale == 0
    assert all(torch.equal(p, before[name]) for name, p in model.named())


def test_figures():
    scores = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.3, 0.4, 0.3]])
    assert figures(scores, [(0,), (2,), (1,)]) == {"top1": pytest.approx(200 / 3), "top5": 100}
    # Label 0: ranks 1 and 2 are right; label 1: rank 3; label 2 has no clip.
    labels = [(0,), (1,), (0,)]
    scores = torch.tensor([[0.9, 0.5, 0.0], [0.1, 0.2, 0.3], [0.8, 0.6, 0.3]])
    assert mean_average_precision(scores, labels) == pytest.approx((1 + 1 / 3) / 2)
    assert figures(scores, [(0,), (1, 2), ()])["mAP"] > 0
    assert TensorSource(torch.zeros(2, 1, 3, 4, 4), [(0,), (1,)]).groups == ["0", "1"]

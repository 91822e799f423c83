"""The programs that a machine with a GPU is checked and measured by, on this one."""

import json
import subprocess
import sys

import pytest
from actionclip_trainer import check
from conftest import ROOT


def test_the_self_check(monkeypatch, capsys):
    """One temporal option; the others' gradients are in test_model."""
    monkeypatch.setattr(check, "TEMPORAL", {"Transf": check.TEMPORAL["Transf"]})
    monkeypatch.setattr(sys, "argv", ["check", "--device", "cpu"])
    assert check.main() == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 5 and all(row["passed"] for row in rows)


def test_a_check_that_fails_says_so(monkeypatch, capsys):
    monkeypatch.setattr(check, "CHECKS", (lambda device: iter([("something", 2.0, 1.0)]),))
    monkeypatch.setattr(sys, "argv", ["check", "--device", "cpu"])
    assert check.main() == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False


def test_the_benchmark_with_a_tiny_model():
    done = subprocess.run([sys.executable, ROOT / "trainer" / "benchmark.py", "--tiny"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    first, *rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["published"]["seconds_per_step"] == 1.45
    for row in rows:
        assert row["clips_per_second"] == pytest.approx(row["batch"] / row["seconds_per_step"], rel=0.1)
        assert row["chunk"] == row["batch"] and row["fastest"] <= row["seconds_per_step"] <= row["slowest"]

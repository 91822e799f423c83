"""What fusion buys: a run from its training to its log, and the page, from made-up logs."""
import importlib
import json
import math
from argparse import Namespace

import pytest
from conftest import ROOT


@pytest.fixture
def fusion(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "models" / "shapes"))
    monkeypatch.syspath_prepend(str(ROOT / "trainer"))
    return importlib.import_module("fusion")


def right(share, count):
    return "".join("1" if i < share * count else "0" for i in range(count))


def made_up(fusion, run, share):
    counts = {"compositions": 1000, "backgrounds": 500, "actions": 400, "order": 800}
    log = {"run": vars(run), "steps": 700, "batch": 48, "parameters": 2843777, "processor seconds a step": 0.5,
           "curve": [], "right": {m: right(share, n) for m, n in counts.items()}}
    return log if run.labels == "plain" else {**log, "gate closed": log["right"]}


def test_the_page_says_what_helps_and_what_does_not(fusion, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "logs").mkdir()
    shares = {"plain": 0.5, "frames": 0.6, "mean": 0.502}
    left_out = "MeanP-frames-2109"
    for name, run in fusion.grid().items():
        if name != left_out:
            share = shares[run.labels] - (0.1 if run.seed == 2110 else 0)
            (tmp_path / "logs" / f"{name}.json").write_text(json.dumps(made_up(fusion, run, share)))
    pages = []
    for _ in range(2):
        fusion.report(Namespace(logs=tmp_path / "logs", docs=tmp_path / "docs"))
        pages.append([(tmp_path / "docs" / name).read_text() for name in ("FUSION.md", "fusion.svg")])
    assert pages[0] == pages[1]
    page, picture = pages[0]
    assert "7 of 8 runs" in page and f"Not measured yet: {left_out}." in page
    assert "| shift+Transf | labels see each frame's patches | 2109 | 60.0 (56.9 - 63.0) |" in page
    verdict = next(line for line in page.splitlines() if line.startswith("- **shift+Transf, labels see each"))
    assert "(2 seeds): more: trained labels +10.0 (" in verdict and "less" not in verdict
    averaged = next(line for line in page.splitlines() if line.startswith("- **shift+Transf, labels see patches av"))
    assert "no difference that these clips show" in averaged and "MeanP, labels see" not in page.split("The cost")[0]
    assert "<svg" in picture


def test_a_difference_counts_clips_in_pairs_and_each_clip_once(fusion):
    mean, low, high = fusion.difference([("1100", "1010"), ("1111", "1110")])
    assert mean == 1 / 8 and low < 0 < high
    spread = math.sqrt(sum((x - mean) ** 2 for x in (0, 0.5, -0.5, 0.5)) / 4 / 4)
    assert high - mean == pytest.approx(1.96 * spread)
    # Runs that agree on every clip tell no more than one of them.
    assert fusion.difference([("1100", "1010")] * 3) == fusion.difference([("1100", "1010")])


def test_order_is_a_label_against_its_reversal_alone(fusion):
    torch = pytest.importorskip("torch")
    from shapes.actions import BY_NAME

    names = list(BY_NAME)
    action = next(n for n in names if BY_NAME[n].reverse not in (None, n))
    k, other = names.index(action), names.index(BY_NAME[action].reverse)
    still = next(i for i, n in enumerate(names) if BY_NAME[n].reverse in (None, n))
    near = torch.zeros(3, 2, len(names))
    near[0, :, k] = near[1, :, other] = 0.1
    near[:, :, still] = 1  # likeliest of all, and no matter
    assert fusion.flags(fusion.in_order(near, [k, k, still], names)) == "10"
    assert fusion.best_of(near, [k, other]).tolist()[:2] == [k, other]


@pytest.mark.parametrize("labels", ["frames"])
def test_a_run_from_its_training_to_its_log(fusion, tmp_path, monkeypatch, labels):
    pytest.importorskip("torch")
    monkeypatch.setattr(fusion, "CLIPS", {"compositions": 12, "backgrounds": 6, "actions": 9})
    args = Namespace(names=[f"shift+Transf-{labels}-2109"], runs=tmp_path / "runs", logs=tmp_path / "logs", steps=2, batch=2,
                     clips=None, kept=None, threads=1, workers=1)
    fusion.run_missing(fusion.grid(), fusion.train, args)
    (path,) = (tmp_path / "logs").iterdir()
    log = json.loads(path.read_text())
    assert log["run"] == {"labels": labels, "option": "shift+Transf", "seed": 2109} and log["parameters"] > 2843777
    for found in (log["right"], log["gate closed"]):
        assert [len(found[m]) for m in fusion.CLIPS] == [12, 6, 9] and set("".join(found.values())) <= {"0", "1"}
    assert fusion.steps_done(args.runs / args.names[0]) == 2 and log["processor seconds a step"] > 0
    before = path.stat().st_mtime_ns
    fusion.run_missing(fusion.grid(), fusion.train, args)  # a run whose log is there is left alone
    assert path.stat().st_mtime_ns == before

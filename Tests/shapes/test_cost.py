"""The page on what pre-training costs, from made-up logs; batches that its runs share."""
import importlib
import json
from argparse import Namespace

import numpy as np
import pytest
from conftest import ROOT


@pytest.fixture
def cost(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "models" / "shapes"))
    return importlib.import_module("cost")


def test_the_page_says_what_was_measured_and_what_was_not(cost, tmp_path):
    pytest.importorskip("matplotlib")
    cells = cost.grid()
    names = ["medium-0", "medium-3000", "medium-3000-vision-none-text-none", "medium-1000-1000"]
    (tmp_path / "logs").mkdir()
    for number, name in enumerate(names):
        cell = cells[name]
        log = {"cell": vars(cell), "stills": cell.steps * cost.BATCH, "stage 2": 800, "parameters": 1234567,
               "top1": {"validation": 0.5 + number / 10, "actions": 0.25}, "clips": {"validation": 1060, "actions": 353}}
        (tmp_path / "logs" / f"{name}.json").write_text(json.dumps(log))
    for _ in range(2):
        cost.report(Namespace(logs=tmp_path / "logs", docs=tmp_path / "docs"))
        page, picture = ((tmp_path / "docs" / name).read_text() for name in ("PRETRAINING.md", "pretraining.svg"))
    assert f"4 of {len(cells)} runs" in page and "Not measured yet: medium-100," in page
    assert "What follows" not in page  # nothing does before every run is there
    assert "| medium | 1,234,567 | 576,000 | 60.0 (" in page
    assert "| nothing | nothing | 576,000 | 70.0 (" in page and "| medium | 192,000 | 1,000 | 80.0 (" in page
    assert "<svg" in picture and "small" not in picture  # no small run is there


def test_every_run_has_a_name_of_its_own_and_shares_a_first_stage(cost):
    cells = cost.grid()
    assert len({cell.first for cell in cells.values()}) < len(cells)
    assert {cell.size for cell in cells.values()} == set(cost.SIZES)


def test_kept_batches_are_those_that_were_drawn(cost, tmp_path, monkeypatch):
    from shapes.data import Kept, Stills
    from shapes.model import Sizes
    from shapes.tokenizer import Tokenizer, read_merges

    tokenizer = Tokenizer(read_merges(ROOT / "models" / "shapes" / "pretrained" / "merges.txt"))
    stills = Stills(tokenizer, Sizes(side=32, vocabulary=tokenizer.size), 4, 2, 7)
    drawn = stills[3]
    first = Kept(stills, tmp_path)[3]
    monkeypatch.setattr(Stills, "one", lambda *_: pytest.fail("drawn anew"))
    for kept in (first, Kept(stills, tmp_path)[3]):
        assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(kept, drawn, strict=True))
    other = Stills(tokenizer, Sizes(side=32, vocabulary=tokenizer.size), 4, 2, 8)
    with pytest.raises(pytest.fail.Exception):
        Kept(other, tmp_path)[3]

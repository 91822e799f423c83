"""Examples and snippets that hand an archive to a store: it finds what an exact search finds."""

import importlib
import json
import re
import sys

import actionclip
import numpy as np
import pytest
from conftest import ROOT

EXAMPLES = ROOT / "examples" / "python"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"
PLACES, DIMENSION, COUNT = [7, 5, 8], 128, 8
REMOVED = [{"path": "1", "shard": 1, "row": 1, "rows": 3}, {"path": "2", "shard": 2, "row": 7, "rows": 1}]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive of three shards, as docs/ARCHIVES.md describes it, some of whose rows are removed."""
    folder, random = tmp_path_factory.mktemp("archive") / "archive", np.random.default_rng(7)
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": "actionclip-archive", "version": 1}))
    for number, rows in enumerate(PLACES):
        vectors = random.standard_normal((rows, DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        np.save(folder / f"emb_{number:04}.npy", vectors.astype(np.float16))
        lines = [{"path": f"{number}", "sha256": "0" * 64, "start": row, "end": row + 2.5} for row in range(rows)]
        (folder / f"meta_{number:04}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "removed.jsonl").write_text("".join(json.dumps(mask) + "\n" for mask in REMOVED))
    return folder


@pytest.fixture(scope="module")
def exact(archive):
    """The best windows for some words, by numpy: path, start, end and cosine."""
    with actionclip.Model(SHAPES) as model:
        texts = model.encode_labels(["moving left"], normalize=True)[:, 0].astype(np.float64)
    query, found = texts.mean(0) / np.linalg.norm(texts.mean(0)), []
    for number, rows in enumerate(PLACES):
        cosines = np.load(archive / f"emb_{number:04}.npy").astype(np.float64) @ query
        masks = [range(mask["row"], mask["row"] + mask["rows"]) for mask in REMOVED if mask["shard"] == number]
        removed = {row for mask in masks for row in mask}
        found += [(f"{number}", float(row), row + 2.5, cosines[row]) for row in range(rows) if row not in removed]
    assert len(found) == sum(PLACES) - 4
    return sorted(found, key=lambda window: -window[3])[:COUNT]


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs an example in this process, and gives the windows that it prints."""

    def run(name, *arguments):
        monkeypatch.syspath_prepend(str(EXAMPLES))
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments), "--model", str(SHAPES), "-n", str(COUNT)])
        importlib.import_module(name).main()
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        return [(path, float(start), float(end), float(cosine)) for cosine, start, end, path in lines]

    return run


def same(found, expected):
    assert [window[:3] for window in found] == [window[:3] for window in expected]
    assert np.allclose([window[3] for window in found], [window[3] for window in expected], rtol=0, atol=1e-3)


def test_sqlite_vec(archive, exact, run, tmp_path):
    pytest.importorskip("sqlite_vec", reason="needs sqlite-vec (pip install sqlite-vec)")
    try:
        import pysqlite3 as sqlite3
    except ImportError:
        import sqlite3
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        pytest.skip("needs an SQLite that loads extensions (pip install pysqlite3-binary)")
    for _ in range(2):  # the second time there is a database
        same(run("handoff_sqlite_vec", archive, tmp_path / "videos.db", "moving left"), exact)


def test_usearch(archive, exact, run, tmp_path):
    pytest.importorskip("usearch", reason="needs usearch (pip install usearch)")
    for more in ([], [], ["--exact"]):
        same(run("handoff_usearch", archive, tmp_path / "videos.usearch", "moving left", *more), exact)


def snippets():
    text = (ROOT / "docs" / "SCALE.md").read_text(encoding="utf-8")
    return [block for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if "shards" in block]


def test_every_snippet_compiles():
    assert len(snippets()) == 4
    for snippet in snippets():
        compile(snippet, "docs/SCALE.md", "exec")


def test_faiss(archive, exact, monkeypatch):
    pytest.importorskip("faiss", reason="needs FAISS (pip install faiss-cpu)")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    (snippet,) = [snippet for snippet in snippets() if "import faiss" in snippet]
    program = {}
    exec(snippet, program)
    index = program["faiss_index"](archive)
    assert index.ntotal == sum(PLACES) - 4
    with actionclip.Model(SHAPES) as model:
        vector = importlib.import_module("archive").query(model, "moving left")
    cosines, keys = index.search(vector[None], COUNT)
    found = [(f"{key >> 32}", float(key & 0xFFFFFFFF), float(key & 0xFFFFFFFF) + 2.5) for key in keys[0]]
    same([(*window, cosine) for window, cosine in zip(found, cosines[0])], exact)

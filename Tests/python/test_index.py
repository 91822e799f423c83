"""Search in archives: the order is numpy's in float64."""

import math
import pathlib
import threading

import actionclip
import numpy as np
import pytest
from archives import unit_rows, write_archive

SIZE = 96
DEFAULT = pathlib.Path(__file__).parents[2] / "models" / "actionclip-shapes.safetensors"


def expected_order(stored, places, query, exact=False):
    """Rows by score in float64, path and start. Products of two floats are exact in it; `exact` rounds each sum once."""
    query = np.asarray(query, np.float64)
    unit = np.float32(query / np.linalg.norm(query)).astype(np.float64)
    rows = stored.astype(np.float64)
    scores = np.array([math.fsum(row * unit) for row in rows]) if exact else rows @ unit
    return sorted(range(len(stored)), key=lambda row: (-scores[row], places[row][0], places[row][1])), scores


def random_places(rng, count):
    """Windows of videos whose rows are not in the order of their paths."""
    paths = [f"v{number:04d}" for number in rng.permutation(count)]
    return [(path, float(row), float(row + 2)) for row, path in enumerate(paths)]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("in_memory", [False, True])
def test_the_order_is_that_of_float64(tmp_path, dtype, in_memory):
    rng = np.random.default_rng(1)
    places = random_places(rng, 2000)
    stored = write_archive(tmp_path, unit_rows(rng, 2000, SIZE), places, dtype)
    for threads in (1, 2, 3):
        with actionclip.Index(tmp_path, threads=threads, in_memory=in_memory) as index:
            assert len(index) == 2000 and index.info.dtype == dtype and index.info.window == 2.0
            for query in rng.standard_normal((4, SIZE)).astype(np.float32):
                order, scores = expected_order(stored, places, query)
                for n in (1, 20, 500):
                    found = index.query(query, n, merge=False)
                    assert [moment.row for moment in found] == order[:n]
                    assert np.allclose([m.score for m in found], scores[order[:n]], rtol=0, atol=1e-14)
                    assert [(m.path, m.start, m.end) for m in found] == [places[row] for row in order[:n]]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_ties_are_in_the_order_of_paths_and_near_ties_of_exact_scores(tmp_path, dtype):
    """Hundreds of equal rows, and rows that differ by the last bit of one number, far below what fp32 sums tell."""
    rng = np.random.default_rng(2)
    base = unit_rows(rng, 1, SIZE)[0].astype(dtype)
    rows = np.repeat(base[None], 1500, axis=0)
    for row in range(0, 1500, 3):
        rows[row, row % SIZE] = np.nextafter(rows[row, row % SIZE], np.asarray(1, dtype))
    places = random_places(rng, 1500)
    stored = write_archive(tmp_path, rows, places, dtype)
    query = rng.integers(1, 9, SIZE).astype(np.float32)
    with actionclip.Index(tmp_path) as index:
        order, scores = expected_order(stored, places, query, exact=True)
        assert len(set(scores)) < 1500
        for n in (1, 10, 300, 1500):
            assert [moment.row for moment in index.query(query, n, merge=False)] == order[:n]


@pytest.fixture(scope="module")
def model():
    with actionclip.Model(compute_sha256=True) as model:
        yield model


def test_words_vectors_and_weights(tmp_path, model):
    rng = np.random.default_rng(3)
    words = ["moving left", "growing", "spinning clockwise"]
    texts = model.encode_labels(words, normalize=True)
    means = np.tensordot(np.asarray(model.template_weights), texts.astype(np.float64), axes=(0, 0))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    size = model.info.embedding_size
    rows = np.concatenate([means, unit_rows(rng, 60, size)])
    places = [(f"v{row}", 0.0, 2.0) for row in range(len(rows))]
    write_archive(tmp_path, rows, places, "float32", model=model.sha256)
    with actionclip.Index(tmp_path, model=model) as index:
        for row, word in enumerate(words):
            best = index.query(word, 1)[0]
            assert best.row == row and best.score == pytest.approx(1, abs=1e-5)
            assert index.query(means[row].tolist(), 1)[0].row == row
        direction = means[0] - 0.5 * means[1]
        best = index.query(["moving left", means[1].astype(np.float32)], 3, weights=[1, -0.5])
        scores = rows @ (direction / np.linalg.norm(direction))
        assert [moment.row for moment in best] == list(np.argsort(-scores)[:3])
        assert index.query("growing", 50, minimum_score=0.99) == index.query("growing", 1)
        single = index.query("growing", 1, templates=["{}"])[0].score
        assert single == pytest.approx(float(model.encode_prompts(["growing"], normalize=True)[0] @ rows[1]), abs=1e-5)
    with actionclip.Index(tmp_path) as index:
        with pytest.raises(actionclip.ArgumentError, match="model"):
            index.query("growing")


def test_moments_are_merged(tmp_path):
    scores = np.array([0.0, 0, 0.5, 0.8, 0.6, 0, 0, 0, 0.7, 0])
    rows = np.stack([scores, np.sqrt(1 - scores**2)], axis=1)
    write_archive(tmp_path, rows, [("a.mp4", float(i), float(i + 2)) for i in range(10)], "float32", shard_rows=3)
    with actionclip.Index(tmp_path) as index:
        first, second = index.query([1, 0], 2)
        assert (first.path, first.start, first.end, first.peak_start, first.row) == ("a.mp4", 3.0, 6.0, 3.0, 3)
        assert (second.start, second.end) == (8.0, 10.0)
        assert len(index.query([1, 0], 20, merge=False)) == 10


def test_wrong_arguments_are_refused(tmp_path, model):
    places = [(f"v{i}", 0.0, 2.0) for i in range(4)]
    write_archive(tmp_path / "a", np.eye(4), places, "float32")
    for wrong in (tmp_path / "none", tmp_path):
        with pytest.raises(actionclip.FileError):
            actionclip.Index(wrong)
    for options in ({"threads": 0}, {"threads": 300}, {"model": "model.pt"}, {"model": model}):
        with pytest.raises(actionclip.ArgumentError):
            actionclip.Index(tmp_path / "a", **options)
    index = actionclip.Index(tmp_path / "a")
    for query, options in [([1, 0, 0], {}), ([], {}), ([0, 0, 0, 0], {}), ([1, 0, 0, np.nan], {}), ([1, 0, 0, 0], {"n": 0}),
                           ([1, 0, 0, 0], {"weights": [1, 1]}), ([1, 0, 0, 0], {"minimum_score": np.nan}),
                           (np.eye(4)[:2], {"weights": [1, np.inf]})]:
        with pytest.raises(actionclip.ActionCLIPError):
            index.query(query, **options)
    for row in (-1, 4):
        with pytest.raises(actionclip.ArgumentError):
            index.row(row)
    assert index.row(3) == ("v3", 0.0, 2.0)
    index.close()
    with pytest.raises(actionclip.ArgumentError):
        index.query([1, 0, 0, 0])


def test_another_model_is_refused(tmp_path):
    with actionclip.Model(compute_sha256=True) as model:
        size = model.info.embedding_size
        write_archive(tmp_path, np.eye(size)[:2], [("a", 0.0, 2.0), ("b", 0.0, 2.0)], model=model.sha256)
        with actionclip.Index(tmp_path, model=model) as index:
            assert repr(index).startswith("<actionclip.Index 2 rows")
            assert not index.info.unfinished
        assert "closed" in repr(index)
        (tmp_path / "unfinished").touch()
        with pytest.warns(actionclip.UnfinishedArchiveWarning, match="is not finished") as warned:
            with actionclip.Index(tmp_path, model=model) as index:
                assert index.info.unfinished
        assert len(warned) == 1 and warned[0].filename == __file__
        (tmp_path / "unfinished").unlink()
        write_archive(tmp_path, np.eye(size)[:2], [("a", 0.0, 2.0), ("b", 0.0, 2.0)], model="1" * 64)
        with pytest.raises(actionclip.ArgumentError, match="1111"):
            actionclip.Index(tmp_path, model=model)
        sha256 = model.sha256
    # The file is hashed where the model was loaded without its hash.
    for path in (None, DEFAULT):
        with actionclip.Model(path) as model:
            with pytest.raises(actionclip.ArgumentError, match=sha256):
                actionclip.Index(tmp_path, model=model)
    write_archive(tmp_path, np.eye(size)[:2], [("a", 0.0, 2.0), ("b", 0.0, 2.0)], model=sha256)
    with actionclip.Model() as model, actionclip.Index(tmp_path, model=model) as index:
        assert len(index.query("growing")) == 2
    with actionclip.Model(DEFAULT.read_bytes()) as model:
        actionclip.Index(tmp_path, model=model).close()


def test_many_threads_search_one_index(tmp_path):
    rng = np.random.default_rng(4)
    write_archive(tmp_path, unit_rows(rng, 1000, SIZE), random_places(rng, 1000))
    queries = rng.standard_normal((8, SIZE)).astype(np.float32)
    with actionclip.Index(tmp_path, threads=2) as index:
        alone = [index.query(query, 10) for query in queries]
        found = [None] * 8
        threads = [threading.Thread(target=lambda i=i: found.__setitem__(i, index.query(queries[i], 10)))
                   for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == alone

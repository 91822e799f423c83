"""Embeddings of many videos by batches of paths. Engines are tested by Tests/batch."""

import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import threading

import actionclip
import numpy as np
import pytest
from actionclip._abi import CONSTANTS
from actionclip.batch import VideoEmbedder
from conftest import ROOT, same_bits

COMMAND = ROOT / "build" / "bin" / "actionclip"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"
STORY, CLIP, SHORT = (ROOT / "examples" / name for name in ("shapes.mp4", "clip.mp4", "zigzag.mp4"))
COLUMNS = ["path", "sha256", "start", "end", "embedding", "model_sha", "status", "error"]
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


@pytest.fixture(scope="module")
def embedder():
    return VideoEmbedder(SHAPES, window=2, step=1)


def batch(*paths):
    return {"path": np.array([path if path is None else str(path) for path in paths], object)}


def unit(vectors):
    """Rows of length 1."""
    exact = vectors.astype(np.float64)
    return (exact / np.sqrt((exact * exact).sum(1, keepdims=True))).astype(np.float32)


def from_a_camera(path, window, step):
    """The windows of a stream that gets every frame: starts and ends in seconds, and embeddings."""
    with actionclip.Model(SHAPES) as model, actionclip.Video(path) as video:
        interval, found = window / model.info.frames, []
        with actionclip.Stream(model, interval=interval, hop=round(step / interval), gap=0) as stream:
            for number in range(video.outline.frame_count):
                frame, seconds = video.read_frames([number], return_seconds=True)
                while stream.push(frame[0], seconds[0]) == "full":
                    stream.step()
                    found += stream.windows()
            stream.finish()
            while not stream.ended:
                stream.step()
                found += stream.windows()
        ends = [min(video.outline.duration, each.end + interval) for each in found]
    vectors = np.array([each.embedding for each in found])
    return np.array([each.start for each in found]), np.array(ends), vectors


@pytest.mark.parametrize("window, step", [(2.0, 1.0), (1.0, 0.5), (3.2, 2.8)])
def test_a_row_is_a_window_as_a_stream_has_it(window, step):
    rows = VideoEmbedder(SHAPES, window=window, step=step)(batch(STORY))
    starts, ends, vectors = from_a_camera(STORY, window, step)
    assert list(rows) == COLUMNS and len(starts) > 5
    assert np.array_equal(rows["start"], starts) and np.allclose(rows["end"], ends, rtol=0, atol=1e-9)
    assert same_bits(rows["embedding"], unit(vectors))
    assert (rows["path"] == str(STORY)).all() and (rows["status"] == 0).all() and (rows["error"] == "").all()
    assert (rows["sha256"] == hashlib.sha256(STORY.read_bytes()).hexdigest()).all()
    assert (rows["model_sha"] == hashlib.sha256(SHAPES.read_bytes()).hexdigest()).all()


@pytest.mark.skipif(not COMMAND.exists(), reason="the command is not built")
@pytest.mark.parametrize("options, arguments", [
    ({}, []), ({"window": 1.5, "step": 1}, ["--window", "1.5", "--step", "1"]), ({"window": "whole"}, ["--whole"])])
def test_the_rows_are_those_of_the_command(options, arguments, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(STORY.read_bytes()[:1000])
    videos, out = sorted(map(str, (STORY, CLIP, SHORT, broken))), tmp_path / "archive"
    command = [COMMAND, "embed", *videos, "--out", out, "--model", SHAPES, "--dtype", "float32", "--quiet", *arguments]
    subprocess.run(command, check=True, capture_output=True)
    rows = VideoEmbedder(SHAPES, **options)({"path": videos})
    failed = rows["status"] != 0
    lines = [json.loads(line) for line in (out / "meta_0000.jsonl").read_text().splitlines()]
    for name in ("path", "sha256", "start", "end"):
        assert [line[name] for line in lines] == rows[name][~failed].tolist()
    assert same_bits(np.load(out / "emb_0000.npy"), rows["embedding"][~failed])
    (failure,) = [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]
    assert failure["path"] == rows["path"][failed] and failure["message"] == rows["error"][failed]
    assert json.loads((out / "manifest.json").read_text())["model"] == rows["model_sha"][0]


def test_batches_and_threads_change_no_bit(embedder):
    together = embedder(batch(STORY, CLIP, SHORT))
    apart = [VideoEmbedder(SHAPES, window=2, step=1, threads=2)(batch(path)) for path in (STORY, CLIP, SHORT)]
    for name, column in together.items():
        joined = np.concatenate([rows[name] for rows in apart])
        assert column.tolist() == joined.tolist() if column.dtype == object else same_bits(column, joined)


def test_a_short_video_and_a_whole_one_are_one_row(embedder):
    whole = VideoEmbedder(SHAPES, window="whole")
    with actionclip.Model(SHAPES) as model:
        for made, path in ((embedder, SHORT), (whole, SHORT), (whole, STORY)):
            rows = made(batch(path))
            vector = model.encode_video(path)
            with actionclip.Video(path) as video:
                assert rows["start"].tolist() == [0] and rows["end"].tolist() == [video.outline.duration]
            assert same_bits(rows["embedding"], unit(vector[None]))


def test_a_video_that_fails_is_a_row(embedder, tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "cut.mp4").write_bytes(STORY.read_bytes()[:500])
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    wrong = [tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "cut.mp4", tmp_path / "loop.mp4",
             tmp_path / "none.mp4", tmp_path, "a\0b", "\udcff", None, ""]  # fmt: skip
    rows = embedder(batch(*wrong[:5], SHORT, *wrong[5:]))
    statuses = rows["status"].tolist()
    assert statuses.pop(5) == 0 and len(statuses) == len(wrong) and all(status < 0 for status in statuses)
    failed = rows["status"] != 0
    assert np.isnan(rows["embedding"][failed]).all() and not np.isnan(rows["embedding"][~failed]).any()
    assert np.isnan(rows["start"][failed]).all() and np.isnan(rows["end"][failed]).all()
    assert all(error and "\n" not in error for error in rows["error"][failed])
    assert "".join(rows["path"]).encode()  # each is UTF-8
    assert "text.mp4" in rows["error"][1] and rows["sha256"][1] is None


def test_a_video_that_changes_while_it_is_read_is_a_failure(embedder, tmp_path, monkeypatch):
    from actionclip import batch as module

    def replaced(path, digest=module._sha256):
        done = digest(path)
        os.utime(path, ns=(1, 1))
        return done

    video = tmp_path / "a.mp4"
    shutil.copy(CLIP, video)
    monkeypatch.setattr(module, "_sha256", replaced)
    rows = embedder({"path": [str(video)]})
    assert list(rows["status"]) == [CONSTANTS["ERROR_FILE_READ"]] and "changed while it was read" in rows["error"][0]
    assert list(embedder({"path": [str(video)]})["status"])[0] == 0  # the next time it is as it was before


def test_columns_of_numpy_texts_of_lists_and_none_at_all(embedder):
    for paths in (np.array([str(SHORT)]), [str(SHORT)], [SHORT]):
        assert embedder({"path": paths, "id": [7]})["status"].tolist() == [0]
    rows = embedder({"path": []})
    assert list(rows) == COLUMNS and rows["embedding"].shape == (0, 128) and rows["embedding"].dtype == np.float32
    with pytest.raises(actionclip.ArgumentError, match='no column "path"; it has \'file\''):
        embedder({"file": []})


def test_the_model_is_loaded_by_the_first_batch():
    missing = VideoEmbedder("/no/such.safetensors")
    with pytest.raises(actionclip.MissingFileError):
        missing(batch(SHORT))
    wide = VideoEmbedder(SHAPES, window=1, step=3)
    with pytest.raises(actionclip.ArgumentError, match="more than a window"):
        wide(batch(SHORT))


@pytest.mark.parametrize("options", [
    {"window": 0}, {"window": float("nan")}, {"window": "2"}, {"step": -1}, {"step": float("inf")}, {"threads": 0},
    {"threads": 1.5}])  # fmt: skip
def test_wrong_arguments_are_refused_where_they_are_given(options):
    with pytest.raises(actionclip.ArgumentError):
        VideoEmbedder(SHAPES, **options)


def test_a_pickled_embedder_is_its_arguments(embedder):
    expected = embedder(batch(CLIP))["embedding"]
    packed = pickle.dumps(embedder)
    assert len(packed) < 1000
    assert same_bits(pickle.loads(packed)(batch(CLIP))["embedding"], expected)


def test_a_forked_process_loads_a_model_of_its_own(embedder):
    expected = embedder(batch(CLIP))["embedding"]
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = same_bits(embedder(batch(CLIP))["embedding"], expected)
        finally:
            os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_of_python_share_one_model(embedder):
    expected, fresh, found = embedder(batch(CLIP))["embedding"], VideoEmbedder(SHAPES, window=2, step=1), []
    workers = [threading.Thread(target=lambda: found.append(fresh(batch(CLIP))["embedding"])) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4 and all(same_bits(vectors, expected) for vectors in found)


def test_a_cancelled_batch_is_no_failure(embedder):
    token = actionclip.CancelToken()
    token.cancel()
    with token, pytest.raises(actionclip.CancelledError):
        embedder(batch(STORY))


@needs_ffmpeg
def test_damage_begins_anew_with_the_frames_that_decode(embedder, tmp_path):
    """Where half the packets are zeros, the rows are those of the frames that are left."""
    path = tmp_path / "damaged.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-c:v", "mpeg4", "-q:v", "2", path], check=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) * 3 // 4] = bytes(len(data) * 3 // 4 - len(data) // 2)
    path.write_bytes(data)
    rows = embedder(batch(path))
    assert (rows["status"] == 0).all() and len(rows["status"]) > 3 and (np.diff(rows["start"]) > 0).all()


ALONE = """
import os, sys, threading
sys.path.insert(0, sys.argv[1])
import actionclip.batch
embed = actionclip.batch.VideoEmbedder(sys.argv[2], threads=1)
assert embed({"path": [sys.argv[3]]})["status"][0] == 0
assert not any(name.split(".")[0] in ("pyarrow", "ray", "pandas") for name in sys.modules)
print(len(os.listdir("/proc/self/task")))
"""


def test_one_thread_is_one_thread_and_numpy_is_all_it_needs():
    """But for the thread that waits for signals while another computes, and numpy's own."""
    command = [sys.executable, "-c", ALONE, ROOT / "bindings" / "python", SHAPES, STORY]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 2

"""The rows of `actionclip embed` are what the library gives for the same windows."""

import json
import pathlib
import shutil
import subprocess

import actionclip
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND, STORY, SHORT = ROOT / "build" / "bin" / "actionclip", ROOT / "examples" / "shapes.mp4", ROOT / "examples" / "zigzag.mp4"
MODELS = [ROOT / "models" / "actionclip-shapes.safetensors", ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"]
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="the command is not built")


def archive(path, *arguments, out):
    subprocess.run([COMMAND, "embed", path, "--out", out, "--quiet", *map(str, arguments)], check=True)
    rows = np.concatenate([np.load(shard) for shard in sorted(out.glob("emb_*.npy"))])
    told = [json.loads(line) for shard in sorted(out.glob("meta_*.jsonl")) for line in shard.read_text().splitlines()]
    return rows, [(line["start"], line["end"]) for line in told]


def unit(embedding):
    """Scaled to unit length as docs/ARCHIVES.md says."""
    numbers = np.asarray(embedding, np.float32).astype(np.float64)
    return (numbers / np.sqrt(np.cumsum(numbers * numbers)[-1])).astype(np.float32)


def windows(path, model, window, step):
    """(start, end, embedding) of each window of a stream over all frames of a video."""
    found, count = [], model.info.frames
    interval = round(window * 1e9 / count)
    with actionclip.Video(path) as video, actionclip.Stream(
        model, interval=interval / 1e9, hop=round(step * 1e9 / interval), gap=3600) as stream:  # fmt: skip
        frames, seconds = video.read_frames(range(video.outline.frame_count), return_seconds=True)
        length = video.outline.duration

        def go_on():
            stream.step()
            found.extend((w.start_ns / 1e9, min(length, (w.end_ns + interval) / 1e9), w.embedding) for w in stream.windows())

        for frame, second in zip(frames, seconds):
            while stream.push(frame, timestamp_ns=round(second * 1e9)) == "full":
                go_on()
        stream.finish()
        while not stream.ended:
            go_on()
    return found


def assert_times(times, expected):
    wanted = [(start, end) for start, end, _ in expected]
    assert len(times) == len(wanted) and np.abs(np.subtract(times, wanted)).max() < 1e-9


@pytest.mark.parametrize("path", MODELS, ids=["frames see each other", "frames are shared by windows"])
@pytest.mark.parametrize(("window", "step"), [(2, 1), (1.6, 0.4)])
def test_rows_have_the_numbers_of_the_stream(tmp_path, path, window, step):
    rows, times = archive(
        STORY, "--model", path, "--window", window, "--step", step, "--dtype", "float32", out=tmp_path / "a")
    with actionclip.Model(path) as model:
        expected = windows(STORY, model, window, step)
    assert len(times) > 15
    assert_times(times, expected)
    assert (rows == np.array([unit(embedding) for *_, embedding in expected])).all()
    halves, same = archive(STORY, "--model", path, "--window", window, "--step", step, out=tmp_path / "b")
    assert same == times and (halves == rows.astype(np.float16)).all()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")
def test_rows_of_a_video_with_uneven_times(tmp_path):
    uneven = tmp_path / "uneven.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-vf", "setpts=PTS+mod(N*7919\\,13)/1000/TB+gt(N\\,203)*3.9/TB", "-c:v", "mpeg4",
                    "-fps_mode", "passthrough", uneven], check=True)  # fmt: skip
    rows, times = archive(uneven, "--dtype", "float32", out=tmp_path / "a")
    with actionclip.Model() as model:
        expected = windows(uneven, model, 2, 1)
    assert_times(times, expected)
    assert (rows == np.array([unit(embedding) for *_, embedding in expected])).all()


def test_whole_videos_and_short_ones_have_one_row_of_all_their_frames(tmp_path):
    with actionclip.Model() as model:
        expected = {path: unit(model.encode_video(path)) for path in [STORY, SHORT]}
    for number, (path, *options) in enumerate([(STORY, "--whole"), (SHORT, "--whole"), (SHORT,)]):
        rows, times = archive(path, *options, "--dtype", "float32", out=tmp_path / str(number))
        assert (rows == expected[path]).all() and len(rows) == 1
        with actionclip.Video(path) as video:
            assert_times(times, [(0, video.outline.duration, None)])

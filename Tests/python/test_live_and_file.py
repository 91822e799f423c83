"""A file that `actionclip timeline` reads gives the events that its frames gave when they came from a camera."""

import json
import pathlib
import random
import shutil
import subprocess

import actionclip
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND, STORY = ROOT / "build" / "bin" / "actionclip", ROOT / "examples" / "shapes.mp4"
MODEL = ROOT / "models" / "actionclip-shapes.safetensors"
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


def live(path, pictures=None):
    """Events of a stream and a tracker that get every frame, and each window's probabilities; steps come at random.
    Frames are those of the file in RGB, or `pictures`."""
    events, scores, chance = [], [], random.Random(7)
    with actionclip.Model(MODEL) as model, actionclip.Classifier(model, model.labels) as classifier:
        tracker = actionclip.Tracker(len(model.labels))
        with actionclip.Video(path) as video, actionclip.Stream(model) as stream:

            def go_on():
                stream.step()
                for window in stream.windows():
                    scores.append(classifier.score(window.embedding[None])[0])
                    tracker.push(window.start_ns, window.end_ns, scores[-1])
                    events.extend(tracker)

            frames, seconds = video.read_frames(range(video.outline.frame_count), return_seconds=True)
            for frame, second in zip(frames if pictures is None else pictures, seconds):
                while stream.push(frame, timestamp_ns=round(second * 1e9)) == "full":
                    go_on()
                if chance.random() < 0.1:
                    go_on()
            stream.finish()
            while not stream.ended:
                go_on()
            tracker.finish()
            events.extend(tracker)
        ended = sorted((e for e in events if e.kind == "ended"), key=lambda e: e.start_ns)
        return [{"start": e.start_ns / 1e9, "end": e.end_ns / 1e9, "label": model.labels[e.label], "probability": e.mean}
                for e in ended], np.array(scores)


@needs_ffmpeg
@pytest.mark.skipif(not COMMAND.exists(), reason="the command is not built")
@pytest.mark.parametrize(("name", "filters"), [
    ("even.mkv", "null"), ("camera.y4m", "fps=30000/1001"),
    ("jitter and holes.mkv", "setpts=PTS+mod(N*7919\\,13)/1000/TB+gt(N\\,203)*1.9/TB+gt(N\\,331)*2.5/TB")])
def test_a_recording_gives_what_the_camera_gave(tmp_path, name, filters):
    """To the last bit, though frames that are not due are not decoded."""
    codec = [] if name.endswith("y4m") else ["-c:v", "mpeg4", "-q:v", "2", "-fps_mode", "passthrough"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-vf", filters, "-pix_fmt", "yuv420p", *codec,
                    tmp_path / name], check=True)
    told = subprocess.run([COMMAND, "timeline", tmp_path / name, "--model", MODEL, "--method", "hysteresis", "--json"],
                          check=True, capture_output=True, text=True, encoding="utf-8").stdout
    found = json.loads(told)["segments"]
    assert len(found) >= 5 and found == live(tmp_path / name)[0]


@needs_ffmpeg
def test_frames_in_yuv_have_the_labels_of_the_file():
    """But where two labels are almost as probable: FFmpeg mixes neighbouring U and V where the library repeats them, so
    that crops differ by a few levels."""
    with actionclip.Video(STORY) as video:
        width, height = video.outline.width, video.outline.height
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
                         check=True, capture_output=True).stdout
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, height * 3 // 2, width)
    segments, scores = live(STORY)
    own_segments, own_scores = live(STORY, [actionclip.Frame(picture, "i420") for picture in pictures])
    assert len(scores) == len(own_scores) >= 50
    second, first = np.sort(scores, axis=1)[:, -2:].T
    flipped = scores.argmax(1) != own_scores.argmax(1)
    assert not flipped[first - second > 0.2].any() and flipped.mean() < 0.05
    assert [e["label"] for e in own_segments] == [e["label"] for e in segments]
    for end in ("start", "end"):
        assert max(abs(a[end] - b[end]) for a, b in zip(own_segments, segments)) < 0.3

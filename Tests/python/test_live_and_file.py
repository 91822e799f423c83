"""A file that `actionclip timeline` reads gives the events that its frames gave when they came from a camera."""

import json
import pathlib
import random
import shutil
import subprocess

import actionclip
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND, STORY = ROOT / "build" / "bin" / "actionclip", ROOT / "examples" / "shapes.mp4"
MODEL = ROOT / "models" / "actionclip-shapes.safetensors"
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


def live(path):
    """Events of a stream and a tracker that get every frame; steps come at random."""
    events, chance = [], random.Random(7)
    with actionclip.Model(MODEL) as model, actionclip.Classifier(model, model.labels) as classifier:
        tracker = actionclip.Tracker(len(model.labels))
        with actionclip.Video(path) as video, actionclip.Stream(model) as stream:

            def go_on():
                stream.step()
                for window in stream.windows():
                    tracker.push(window.start_ns, window.end_ns, classifier.score(window.embedding[None])[0])
                    events.extend(tracker)

            for index in range(video.outline.frame_count):
                frames, seconds = video.read_frames([index], return_seconds=True)
                while stream.push(frames[0], timestamp_ns=round(seconds[0] * 1e9)) == "full":
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
                for e in ended]


@needs_ffmpeg
@pytest.mark.skipif(not COMMAND.exists(), reason="the command is not built")
@pytest.mark.parametrize(("name", "filters"), [
    ("even.mkv", "null"), ("camera.y4m", "fps=30000/1001"),
    ("jitter and holes.mkv", "setpts=PTS+mod(N*7919\\,13)/1000/TB+gt(N\\,203)*1.9/TB+gt(N\\,331)*2.5/TB")])
def test_a_recording_gives_what_the_camera_gave(tmp_path, name, filters):
    """To the last bit, though frames that are not due are not decoded."""
    codec = [] if name.endswith("y4m") else ["-c:v", "ffv1", "-fps_mode", "passthrough"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-vf", filters, "-pix_fmt", "yuv420p", *codec,
                    tmp_path / name], check=True)
    told = subprocess.run([COMMAND, "timeline", tmp_path / name, "--model", MODEL, "--method", "hysteresis", "--json"],
                          check=True, capture_output=True, text=True, encoding="utf-8").stdout
    found = json.loads(told)["segments"]
    assert len(found) >= 5 and found == live(tmp_path / name)

"""The examples in Python, run as programs."""

import importlib.util
import json
import os
import resource
import subprocess
import sys

import actionclip
import numpy as np
import pytest
from conftest import ROOT

EXAMPLES = ROOT / "examples"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"


def run(program, *arguments, path=(), text=None):
    folders = [*map(str, path), str(ROOT / "bindings" / "python")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "ACTIONCLIP_MODEL": str(SHAPES)}
    command = [sys.executable, str(EXAMPLES / program), *map(str, arguments)]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, input=text, timeout=60)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize("reader", ["library", "cv2"])
def test_live_reads_a_file(reader, tmp_path):
    if reader == "library":
        (tmp_path / "cv2.py").write_text("raise ImportError('not here')\n")
    elif importlib.util.find_spec("cv2") is None:
        pytest.skip("needs OpenCV (pip install opencv-python-headless)")
    lines = run("live.py", EXAMPLES / "clip.mp4", "moving left", "growing", path=[tmp_path]).splitlines()
    ends = [float(line.split()[0]) for line in lines]
    assert len(lines) >= 4 and ends == sorted(ends) and ends[-1] > 3
    assert all("moving left" in line or "growing" in line for line in lines)


def test_tracks_have_events_of_their_own():
    with actionclip.Video(EXAMPLES / "shapes.mp4") as video:
        info = video.info
    whole = {"x": 0, "y": 0, "w": info.width, "h": info.height}
    lines = []
    for number in range(info.frame_count):
        second = number / info.frame_rate
        # A track to 6 s, which shows a shape that moves to the left and then grows; another from 8 s on.
        ids = ["early"] if second < 6 else ["late"] if second >= 8 else []
        lines.append(json.dumps({"boxes": [{"id": track, **whole} for track in ids]}))
    output = run(
        "tracks/tracks.py", EXAMPLES / "shapes.mp4", "-", "moving left", "growing", "shrinking", text="\n".join(lines)
    )
    events = [json.loads(line) for line in output.splitlines()]
    started = [(event["id"], event["label"]) for event in events if event["event"] == "started"]
    ended = [(event["id"], event["label"]) for event in events if event["event"] == "ended"]
    assert sorted(started) == sorted(ended)
    assert started[:2] == [("early", "moving left"), ("early", "growing")]
    assert ("late", "shrinking") in started
    assert all(event["end"] < 6 for event in events if event["id"] == "early")


def test_streams_of_tracks_have_the_bits_of_their_crops(untrained):
    assert "same bits" in run("tracks/compare.py", untrained, "--tracks", 3, "--frames", 14, "--rounds", 1)


def test_a_thousand_tracks_leave_no_memory_behind(untrained):
    sys.path.insert(0, str(EXAMPLES / "tracks"))
    try:
        import tracks
    finally:
        sys.path.pop(0)
    picture = np.zeros((60, 80, 3), np.uint8)
    sizes = []
    with actionclip.Model(untrained, frames=2, threads=1) as model:
        for round_ in range(50):
            people = tracks.Tracks(model, forget=0.5, stride=1, hop=1)
            for second in range(3):
                here = [{"id": 100 * round_ + i, "x": i, "y": 2, "w": 9, "h": 30} for i in range(20) if second < 2]
                people.push(picture, float(second), here)
                people.step()
            assert sum(window is None for _, window in people.windows()) == 20
            with open("/proc/self/statm") as statm:
                sizes.append(int(statm.read().split()[1]) * resource.getpagesize())
    assert max(sizes[10:]) - sizes[10] < 2 << 20


def test_thresholds_come_from_a_file_of_spans(tmp_path):
    told = [line.split("  ") for line in (EXAMPLES / "shapes.txt").read_text().splitlines() if line.strip()]
    rows = []
    for *times, label in told:
        start, end = (float(part.replace("s", "")) for part in " ".join(times).split("to"))
        rows.append(f"shapes.mp4,{start},{end},{label}")
    os.symlink(EXAMPLES / "shapes.mp4", tmp_path / "shapes.mp4")
    (tmp_path / "spans.csv").write_text("path,start,end,label\n" + "\n".join(rows) + "\n")
    head, *lines = run("thresholds.py", tmp_path / "spans.csv").splitlines()
    assert head.split() == ["on", "off", "F1", "label"] and len(lines) == len(told)
    for line in lines:
        on, off, f1 = map(float, line.split()[:3])
        assert 0 <= off <= on <= 1 and f1 > 0.5, line

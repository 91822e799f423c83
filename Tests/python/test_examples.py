"""The examples in Python, run as programs."""

import csv
import importlib.util
import json
import os
import re
import resource
import signal
import subprocess
import sys
import types

import actionclip
import numpy as np
import pytest
from conftest import ROOT

EXAMPLES = ROOT / "examples"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"


def start(program, *arguments, path=()):
    """Starts an example with pipes; `path` are folders before those of the package."""
    folders = [*map(str, path), str(ROOT / "bindings" / "python")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "ACTIONCLIP_MODEL": str(SHAPES)}
    command = [sys.executable, str(EXAMPLES / program), *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def run(program, *arguments, path=(), text=None):
    process = start(program, *arguments, path=path)
    output, errors = process.communicate(text, timeout=60)
    assert process.returncode == 0, errors
    return output


def refused(says, program, *arguments, path=(), text=None):
    """An example ends with status 1 and one line of its own that says so. Returns its output."""
    process = start(program, *arguments, path=path)
    output, errors = process.communicate(text, timeout=60)
    own = [line for line in errors.splitlines() if line.startswith(f"{program.split('/')[-1]}: ")]
    assert process.returncode == 1 and "Traceback" not in errors and len(own) == 1, errors
    assert says in own[0]
    return output


def loaded(program):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(program.split("/")[-1].removesuffix(".py"), EXAMPLES / program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def without_opencv(tmp_path):
    """A folder for the path in which there is no OpenCV."""
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "cv2.py").write_text("raise ImportError('not here')\n")
    return tmp_path / "none"


def test_who_reads_may_stop_reading(without_opencv):
    process = start("live.py", EXAMPLES / "shapes.mp4", path=[without_opencv])
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == -signal.SIGPIPE and process.stderr.read() == ""
    process.stderr.close()
    process.stdin.close()


def test_live_says_what_is_wrong_with_its_source(without_opencv):
    refused("/no/such.mp4", "live.py", "/no/such.mp4", path=[without_opencv])
    refused("needs OpenCV", "live.py", "0", path=[without_opencv])


class Capture:
    """A stand-in for OpenCV's camera."""

    def __init__(self, source):
        self.source = source

    def isOpened(self):
        return self.source != 1

    def read(self):
        return self.source != 2, [][0] if self.source == 3 else "no picture"


@pytest.mark.parametrize(
    "camera, says",
    [(1, "cannot open camera 1"), (2, "camera 2 gives no more frames"), (3, "out of range"), (4, "image 0 is text")],
)
def test_live_ends_whatever_its_camera_does(camera, says, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(SHAPES))
    live = loaded("live.py")
    live.cv2 = types.SimpleNamespace(VideoCapture=Capture)
    with pytest.raises((OSError, IndexError, TypeError), match=says):
        live.main(str(camera), ["growing"])


@pytest.mark.parametrize("reader", ["library", "cv2"])
def test_live_reads_a_file(reader, without_opencv):
    if reader == "cv2" and importlib.util.find_spec("cv2") is None:
        pytest.skip("needs OpenCV (pip install opencv-python-headless)")
    path = [without_opencv] if reader == "library" else []
    lines = run("live.py", EXAMPLES / "clip.mp4", "moving left", "growing", path=path).splitlines()
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


def test_tracks_name_the_line_that_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(SHAPES))
    tracks = loaded("tracks/tracks.py")
    clip = EXAMPLES / "clip.mp4"  # 100 frames of 224 x 160
    box = {"id": 7, "x": 10, "y": 10, "w": 60, "h": 90}

    def says(*boxes, video=clip, labels=("moving left",)):
        lines = [line if isinstance(line, str) else json.dumps({"boxes": line}) for line in boxes]
        (tmp_path / "boxes").write_text("".join(f"{line}\n" for line in lines))
        with pytest.raises((ValueError, OSError)) as failure:
            tracks.main([str(video), str(tmp_path / "boxes"), *labels])
        return str(failure.value).replace(str(tmp_path), "")

    assert says(clip.read_bytes()[:99].decode("latin-1")).startswith("/boxes:1: this is no {")
    assert says([], "no JSON").startswith("/boxes:2: this is no {")
    assert says('{"box": []}').startswith("/boxes:1: this is no {")
    assert says([{"id": 7}]).startswith("/boxes:1: the box of id 7 needs")
    assert says([], [box], [{**box, "w": 0}]).startswith("/boxes:3: the box of id 7 needs")
    assert says([{**box, "h": "90"}]).startswith("/boxes:1: the box of id 7 needs")
    assert says([], [{**box, "x": 5000}]).startswith("/boxes:2: the box of id 7: ")
    assert says([{**box, "x": 1e300}]).startswith("/boxes:1: the box of id 7: ")
    assert "an id has two boxes" in says([box, box])
    assert "has 20 lines, and" in says(*[[box]] * 20)
    assert "more lines than the 100 frames" in says(*[[]] * 101)
    assert "labels[1] is empty" in says([box], labels=["moving left", " "])
    assert "/no/such.mp4" in says([box], video="/no/such.mp4")
    refused("/no/such.jsonl", "tracks/tracks.py", clip, "/no/such.jsonl", "moving left")


def test_streams_are_compared_with_crops_where_frames_are_independent():
    refused("its frames see each other", "tracks/compare.py", SHAPES)


def test_streams_of_tracks_have_the_bits_of_their_crops(untrained):
    assert "same bits" in run("tracks/compare.py", untrained, "--tracks", 3, "--frames", 14, "--rounds", 1)


def test_an_id_that_comes_again_is_another_track(untrained):
    tracks = loaded("tracks/tracks.py")
    picture = np.zeros((60, 80, 3), np.uint8)
    box = [{"id": 7, "x": 1, "y": 2, "w": 9, "h": 30}]
    with actionclip.Model(untrained, frames=2, threads=1) as model:
        people = tracks.Tracks(model, forget=0.5, stride=1, hop=1)
        for second in range(6):
            people.push(picture, float(second), box if second not in (2, 3) else [])
        people.finish()
        assert [window and window.end for _, window in people.windows()] == [1, None, 5, None]


def test_a_thousand_tracks_leave_no_memory_behind(untrained):
    tracks = loaded("tracks/tracks.py")
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


def test_a_model_is_taught_and_keeps_what_it_knew(tmp_path):
    path = tmp_path / "mine.safetensors"
    lines = run("tune.py", path, EXAMPLES / "tune.csv", EXAMPLES / "tune_held_out.csv").splitlines()
    assert len([line for line in lines if line.startswith("epoch")]) == 10
    words = {line.split()[0]: re.findall(r"(\d+) of (\d+)", line) for line in lines[-3:]}
    assert words["0"] == [("0", "2"), ("4", "4")] and words["0.5"] == [("2", "2"), ("4", "4")]
    with actionclip.Model(path) as tuned:
        assert tuned.labels[-1] == "zigzagging" and len(tuned.labels) == 63
        assert tuned.classify(EXAMPLES / "zigzag.mp4", top=1)[0][0] == "zigzagging"


@pytest.mark.parametrize(
    "row, says",
    [
        ("a.mp4,1,late,run", "tune.csv:2: this is no path"),
        ("a.mp4,1", "tune.csv:2: this is no path"),
        ("a.mp4,,,run", "a.mp4"),
    ],
)
def test_clips_that_are_wrong_are_named(row, says, tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(SHAPES))
    (tmp_path / "tune.csv").write_text(f"path,start,end,label\n{row}\n")
    with pytest.raises((ValueError, OSError), match=says):
        loaded("tune.py").main(str(tmp_path / "mine"), str(tmp_path / "tune.csv"), str(tmp_path / "tune.csv"))


def test_lists_of_clips_that_are_missing_are_named(tmp_path):
    refused("/no/such.csv", "tune.py", tmp_path / "mine", "/no/such.csv", EXAMPLES / "tune.csv")


def test_thresholds_come_from_a_file_of_spans(tmp_path):
    told = [line.split("  ") for line in (EXAMPLES / "shapes.txt").read_text().splitlines() if line.strip()]
    rows = []
    for *times, label in told:
        begin, end = (float(part.replace("s", "")) for part in " ".join(times).split("to"))
        rows.append(f"shapes.mp4,{begin},{end},{label}")
    os.symlink(EXAMPLES / "shapes.mp4", tmp_path / "shapes.mp4")
    (tmp_path / "spans.csv").write_text("path,start,end,label\n" + "\n".join(rows) + "\n")
    process = start("thresholds.py", tmp_path / "spans.csv")
    output, errors = process.communicate(timeout=60)
    head, *rows = csv.reader(output.splitlines())
    assert process.returncode == 0 and head == ["label", "on", "off"]
    assert [row[0] for row in rows] == sorted(label for *_, label in told)
    for _, on, off in rows:
        assert 0 <= float(off) <= float(on) <= 1 and repr(float(on)) == on and repr(float(off)) == off
    found = [line.split("  ") for line in errors.splitlines()]
    assert [label for _, label in found] == [row[0] for row in rows]
    assert all(float(f1.removeprefix("F1 ")) > 0.5 for f1, _ in found), errors


def test_stretches_count_as_far_as_their_own_video(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(SHAPES))
    for name in "ab":
        os.symlink(EXAMPLES / "shapes.mp4", tmp_path / f"{name}.mp4")
    told = []
    for end in ("18", "9999"):
        text = f"path,start,end,label\na.mp4,15,{end},moving down\nb.mp4,3,6,growing\n"
        (tmp_path / "spans.csv").write_text(text)
        loaded("thresholds.py").main(str(tmp_path / "spans.csv"))
        told.append(capsys.readouterr())
    assert told[0] == told[1]
    (tmp_path / "spans.csv").write_text("path,start,end,label\na.mp4,40,50,growing\n")
    with pytest.raises(ValueError, match="no labelled stretch is inside its video"):
        loaded("thresholds.py").main(str(tmp_path / "spans.csv"))


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "lacks path, start, end, label"),
        ("path,begin,end,label\n", "lacks start"),
        ("path,start,end,label\n", "nothing is labelled"),
        ("path,start,end,label\na.mp4,1,2,run\na.mp4,3,2,run\n", "spans.csv:3"),
        ("path,start,end,label\na.mp4,1,late,run\n", "spans.csv:2"),
        ("path,start,end,label\na.mp4,1,2, \n", "spans.csv:2"),
        ("path,start,end,label\na.mp4,1\n", "spans.csv:2"),
        ("path,start,end,label\na.mp4,1,1e300,run\n", "spans.csv:2"),
        ("path,start,end,label\na.mp4,1,2,run\n", "a.mp4"),
    ],
)
def test_spans_that_are_wrong_are_named(text, says, tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(SHAPES))
    (tmp_path / "spans.csv").write_text(text)
    with pytest.raises((ValueError, OSError), match=says):
        loaded("thresholds.py").main(str(tmp_path / "spans.csv"))


def test_spans_that_are_missing_are_named():
    refused("/no/such.csv", "thresholds.py", "/no/such.csv")

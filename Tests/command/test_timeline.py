"""The timeline: windows that slide over a video."""

import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from actionclip_command import CLIP, LABELS, MERGES, MODEL, ROOT, assert_error, json_lines, run, with_metadata

SHAPES, STORY = ROOT / "models" / "actionclip-shapes.safetensors", ROOT / "examples" / "shapes.mp4"
NAMES = ["moving left", "growing", "shrinking", "two shapes growing"]
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")
FRAMES, RATE, WINDOW = 75, 12.5, 1.6


def timeline(*arguments, **more):
    return run("timeline", *arguments, "--model", MODEL, "--labels", LABELS, **more)


def segments(process):
    assert process.returncode == 0, process.stderr
    (line,) = json_lines(process)
    return line["segments"]


def encode(source, **filters):
    """Clips of exactly the source's pixels, beside each other, by the names of their files."""
    outputs = [["-vf", chain, "-fps_mode", "passthrough", "-c:v", "ffv1", "-pix_fmt", "yuv420p", name]
               for name, chain in filters.items()]
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *(word for output in outputs for word in output)], check=True)


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """Two actions, three seconds each."""
    path = tmp_path_factory.mktemp("timeline") / "changing.mkv"
    encode(STORY, **{str(path): "trim=end_frame=150,select='not(mod(n,2))'"})
    return path


@pytest.fixture(scope="module")
def slower(changing):
    """A clip whose frames from the 20th on stay three times as long."""
    path = changing.with_name("slower.mkv")
    encode(changing, **{str(path): "setpts='if(lt(N,20),N,20+(N-20)*3)/12.5/TB'"})
    return path


@pytest.fixture(scope="module")
def by_window(changing, tmp_path_factory):
    """Probabilities of every window as classify has them for a video of these frames alone."""
    folder, known = tmp_path_factory.mktemp("windows"), {}

    def scores(windows, model):
        new = [frames for frames in windows if (frames, model) not in known]
        parts = [folder / ("-".join(map(str, frames)) + ".mkv") for frames in new]
        chosen = {str(part): "select='" + "+".join(f"eq(n,{frame})" for frame in frames) + "'"
                  for part, frames in zip(parts, new) if not part.exists()}
        if chosen:
            encode(changing, **chosen)
        if new:
            lines = json_lines(run("classify", *parts, "--model", model, *labels, "--json", "--top", 0))
            for frames, line in zip(new, lines, strict=True):
                found = {entry["label"]: entry["probability"] for entry in line["labels"]}
                known[frames, model] = np.array([found[name] for name in NAMES])
        return {frames: known[frames, model] for frames in windows}

    return scores


labels = [word for name in NAMES for word in ("--label", name)]


def expected_segments(by_window, times, end, step, model=SHAPES):
    """(label, start, end, probability) by the rules that the header states for streams and segments. `times` are the
    frames', in seconds, and the video lasts until `end`."""
    count = 8  # frames of a window, of both models
    interval = WINDOW / count
    hop = max(1, round(step / interval))
    sampled, cell = [], -1
    for frame, time in enumerate(times):
        if (now := int((time + interval / 4) / interval + 1e-9)) > cell:
            sampled.append(frame)
            cell = now
    ends = list(range(count, len(sampled) + 1, hop))
    if ends[-1] < len(sampled):
        ends.append(len(sampled))  # the tail
    windows = [tuple(sampled[last - count:last]) for last in ends]
    spans = [(times[frames[0]], min(end, times[frames[-1]] + interval)) for frames in windows]
    # A frame is shown until the next one, though that may come a little late.
    spans = [(a, b) if b >= start or start - b >= interval else (a, start)
             for (a, b), (start, _) in zip(spans, [*spans[1:], (0, 0)])]
    scores = by_window(windows, model)
    edges = sorted({round(time, 6) for span in spans for time in span})
    runs = []
    for start, stop in zip(edges, edges[1:]):
        over = [scores[frames] for frames, span in zip(windows, spans)
                if span[0] < start + 1e-5 and stop < span[1] + 1e-5]
        mean = np.mean(over, axis=0)
        if runs and runs[-1][0] == NAMES[mean.argmax()]:
            runs[-1][2] = stop
            runs[-1][3].append((mean.max(), stop - start))
        else:
            runs.append([NAMES[mean.argmax()], start, stop, [(mean.max(), stop - start)]])
    assert len(runs) > 1 or model != SHAPES, "the clip does not tell anything apart"
    return [(*run[:3], np.average([share for share, _ in run[3]], weights=[time for _, time in run[3]])) for run in runs]


def assert_segments(found, expected, exactly):
    assert [s["label"] for s in found] == [label for label, *_ in expected]
    assert [s["start"] for s in found] == pytest.approx([start for _, start, _, _ in expected], abs=exactly)
    assert [s["end"] for s in found] == pytest.approx([end for _, _, end, _ in expected], abs=exactly)
    assert [s["probability"] for s in found] == pytest.approx([share for *_, share in expected], abs=exactly)


@needs_ffmpeg
@pytest.mark.parametrize("model", [SHAPES, MODEL], ids=["frames see each other", "frames are shared by windows"])
@pytest.mark.parametrize("step", [WINDOW, 0.64, 0.4])
def test_a_moment_has_the_mean_of_the_windows_over_it(changing, by_window, step, model):
    """Each window scores as a video of its own, whether the model encodes whole windows or joins shared frames."""
    found = segments(run("timeline", changing, "--model", model, *labels, "--json", "--window", WINDOW, "--step", step))
    times = [frame / RATE for frame in range(FRAMES)]
    assert_segments(found, expected_segments(by_window, times, FRAMES / RATE, step, model), 1e-5)
    # Nothing is left out, and nothing is told twice.
    assert [s["end"] for s in found[:-1]] == [s["start"] for s in found[1:]]
    assert found[0]["start"] == 0 and found[-1]["end"] == pytest.approx(FRAMES / RATE, abs=0.05)


@needs_ffmpeg
def test_windows_go_by_time(slower, by_window):
    """Where frames stay longer, a window has fewer of the video's frames."""
    times = [(frame if frame < 20 else 20 + (frame - 20) * 3) / RATE for frame in range(FRAMES)]
    found = segments(run("timeline", slower, "--model", SHAPES, *labels, "--json", "--window", WINDOW, "--step", 0.8))
    assert_segments(found, expected_segments(by_window, times, found[-1]["end"], 0.8), 0.002)  # mkv counts milliseconds


def test_a_window_longer_than_the_video_is_the_video():
    (only,) = segments(timeline(CLIP, "--json", "--window", 3600))
    (line,) = json_lines(run("classify", CLIP, "--model", MODEL, "--labels", LABELS, "--json"))
    assert only["label"] == line["labels"][0]["label"]
    assert only["probability"] == pytest.approx(line["labels"][0]["probability"], rel=1e-6)
    assert only["start"] == 0


def test_people_get_a_line_for_each_segment():
    process = timeline(CLIP, "--window", 1)
    head, *rows = process.stdout.splitlines()
    found = segments(timeline(CLIP, "--window", 1, "--json"))
    assert head.startswith(str(CLIP)) and "windows)" in head
    assert len(rows) == len(found)
    for row, segment in zip(rows, found):
        for part in (f"{segment['start']:.2f} s", f"{segment['end']:.2f} s", segment["label"], " %"):
            assert part in row


def test_one_line_for_each_video_and_a_bad_one_does_not_stop_the_others(tmp_path):
    process = timeline(tmp_path / "none.mp4", CLIP, "--json")
    assert process.returncode == 1
    bad, good = json_lines(process)
    assert list(bad) == list(good) == ["path", "segments", "windows", "damaged_frames", "notes", "error"]
    assert "none.mp4" in bad["error"] and bad["segments"] == [] and good["error"] is None
    assert good["windows"] > 1


def test_labels_are_the_model_s_own_if_none_are_given(tmp_path):
    model = with_metadata(tmp_path / "m.safetensors", labels=json.dumps(["a", "b"]), merges=MERGES.read_text())
    (found,) = json_lines(run("timeline", CLIP, "--model", model, "--json"))
    assert {s["label"] for s in found["segments"]} <= {"a", "b"}
    assert_error(run("timeline", CLIP, "--model", MODEL), "--labels")


@pytest.mark.parametrize("option", ["--window", "--step"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e9", "word"])
def test_windows_and_steps_out_of_range(option, value):
    process = timeline(CLIP, f"{option}={value}")
    assert process.returncode == 64 and option in process.stderr
    assert os.linesep in process.stderr and process.stdout == ""


@pytest.fixture(scope="module")
def story():
    """(start, end, action) as the maker of examples/shapes.mp4 tells it."""
    rows = (ROOT / "examples" / "shapes.txt").read_text().splitlines()
    return [(float(start), float(end), action) for start, end, action in
            (re.fullmatch(r" *([0-9.]+) s to +([0-9.]+) s  (.*)", row).groups() for row in rows)]


def test_the_demo_is_told_as_it_was_made(story):
    """With the default model, its own labels and no option at all."""
    found = segments(run("timeline", STORY, "--json", env={"ACTIONCLIP_MODEL": ""}))
    assert len(story) >= 4
    for start, end, action in story:
        (seen,) = [s["label"] for s in found if s["start"] <= (start + end) / 2 < s["end"]]
        assert seen == action

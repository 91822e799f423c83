"""The command's live mode: frames in by pipe or file, events out."""

import fcntl
import functools
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time

import numpy as np
import pytest
from actionclip_command import CLIP, COMMAND, LABELS, MODEL, ROOT, assert_error, json_lines, run

SHAPES, STORY = ROOT / "models" / "actionclip-shapes.safetensors", ROOT / "examples" / "shapes.mp4"
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")
WIDTH, HEIGHT, COUNT = 64, 48, 40
#: The untrained model is sure of nothing: at these thresholds it has events all the same.
EAGER = ["--on", "0.12", "--off", "0.1", "--min-on", "0", "--min-off", "0", "--half-life", "0"]


EVERY_FRAME = ["--stride", 1, "--hop", 1]


def arguments(source="-", *more, labels=("--labels", LABELS), sampling=("--interval", "0.1")):
    return ["watch", source, "--model", MODEL, *labels, *EAGER, *sampling, *more]


@functools.cache
def watch(stdin, *more, **options):
    """The lines of a run that went well, which is made once for the same input and options."""
    process = run(*arguments("-", *more, **options), stdin=stdin)
    assert process.returncode == 0, process.stderr
    return process.stdout.decode()


def parsed(text):
    return [json.loads(line) for line in text.splitlines()]


def of_kind(text, *kinds):
    return [line for line in parsed(text) if line["event"] in kinds]


def complaints(process):
    """Standard error without the notes about the model and the account at the end."""
    said = process.stderr.decode() if isinstance(process.stderr, bytes) else process.stderr
    return [line for line in said.splitlines()
            if "assumed" not in line and not re.match(r"actionclip: \d+ frames, ", line)]


@pytest.fixture(scope="module")
def planes():
    """Y, U and V of the full size, [frames, height, width] each: three scenes."""
    random = np.random.default_rng(1)
    scenes = random.integers(16, 236, (3, 3, 8, 8))
    return [np.kron(scenes[np.arange(COUNT) * 3 // COUNT, plane], np.ones((HEIGHT // 8, WIDTH // 8))).astype(np.uint8)
            for plane in range(3)]


def y4m(tag, frames, rate="25:1", width=WIDTH, height=HEIGHT, more=""):
    colour = f" C{tag}" if tag else ""
    header = f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1{colour}{more}\n".encode()
    return header + b"".join(b"FRAME\n" + frame for frame in frames)


def pictures(planes, across, down):
    """Frames of three planes, whose chroma has every `across`-th column and `down`-th row."""
    y, u, v = planes
    return [y[n].tobytes() + u[n, ::down, ::across].tobytes() + v[n, ::down, ::across].tobytes() for n in range(COUNT)]


@pytest.fixture(scope="module")
def clip(planes):
    return y4m("420jpeg", pictures(planes, 2, 2))


def raw(name, rate="25"):
    return ["--raw", f"{name}:{WIDTH}x{HEIGHT}@{rate}"]


def test_labels_come_first_then_windows_and_events_in_the_order_of_time(clip):
    lines = parsed(watch(clip, "--windows"))
    labels = LABELS.read_text().split("\n")[:-1]
    assert lines[0] == {"event": "labels", "time": 0.0, "labels": labels}
    windows = [line for line in lines if line["event"] == "window"]
    assert len(windows) >= 5 and [w["number"] for w in windows] == list(range(len(windows)))
    assert all(len(w["scores"]) == len(labels) and sum(w["scores"]) == pytest.approx(1, abs=1e-5) for w in windows)
    assert windows[-1]["end"] <= (COUNT - 1) / 25
    open_events = {}
    for line in lines:
        if line["event"] == "started":
            assert line["number"] not in open_events and line["label"] in labels
            open_events[line["number"]] = line
        elif line["event"] == "ended":
            begun = open_events.pop(line["number"])
            assert begun["label"] == line["label"] and begun["start"] == line["start"] <= line["end"] <= line["decided"]
    assert open_events == {} and of_kind("\n".join(map(json.dumps, lines)), "started")


def test_the_same_pixels_give_the_same_bytes_in_every_form(planes, clip):
    def same(tag, frames, name, packed):
        expected = watch(b"".join(packed), "--windows", *raw(name))
        assert of_kind(expected, "window")
        assert watch(y4m(tag, frames), "--windows") == expected
        return expected

    y, u, v = planes
    half = pictures(planes, 2, 2)
    by_default = same("420jpeg", half, "i420", half)
    assert watch(y4m("420mpeg2", half), "--windows") == watch(y4m("", half), "--windows") == by_default
    nv12 = [y[n].tobytes() + np.stack([u[n, ::2, ::2], v[n, ::2, ::2]], -1).tobytes() for n in range(COUNT)]
    assert watch(b"".join(nv12), "--windows", *raw("nv12")) == by_default
    yuyv = [np.stack([y[n, :, ::2], u[n, :, ::2], y[n, :, 1::2], v[n, :, ::2]], -1).tobytes() for n in range(COUNT)]
    same("422", pictures(planes, 2, 1), "yuyv422", yuyv)
    nv24 = [y[n].tobytes() + np.stack([u[n], v[n]], -1).tobytes() for n in range(COUNT)]
    same("444", pictures(planes, 1, 1), "nv24", nv24)
    grey = [y[n].tobytes() for n in range(COUNT)]
    same("mono", grey, "gray", grey)
    # The range is the header's, unless it is given.
    full = watch(y4m("420jpeg", half, more=" XCOLORRANGE=FULL"), "--windows")
    assert full == watch(clip, "--windows", "--range", "full") != by_default
    assert watch(y4m("420jpeg", half, more=" XCOLORRANGE=FULL"), "--windows", "--range", "limited") == by_default
    assert watch(clip, "--windows", "--matrix", "bt709") != by_default == watch(clip, "--windows", "--matrix", "bt601")


@needs_ffmpeg
def test_a_file_at_its_pace_fast_and_its_pixels_give_the_same_bytes(planes, tmp_path):
    pixels = np.stack(planes, -1)  # any colours
    path, rate, sampling = tmp_path / "clip.mov", 80, ("--interval", "0.03")
    raw_input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(rate), "-i", "-"]
    subprocess.run(["ffmpeg", "-v", "error", *raw_input, "-c:v", "png", path], input=pixels.tobytes(), check=True)
    fast = run(*arguments(path, "--pace", "fast", "--windows", sampling=sampling))
    assert fast.returncode == 0 and of_kind(fast.stdout, "ended")
    assert fast.stdout == watch(pixels.tobytes(), "--windows", *raw("rgb24", rate), sampling=sampling)
    begun = time.monotonic()
    real = run(*arguments(path, "--windows", "--overflow", "wait", sampling=sampling))
    assert time.monotonic() - begun >= (COUNT - 1) / rate
    assert real.stdout == fast.stdout
    assert re.search(r"latency p50 [\d.e+]+ ms, p99 [\d.e+]+ ms", real.stderr)


@pytest.fixture(scope="module")
def told():
    """Lines about the demo's file, as fast as it goes."""
    process = run("watch", STORY, "--pace", "fast", "--windows", env={"ACTIONCLIP_MODEL": ""})
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_the_demo_is_told_as_it_was_made(told):
    story = [re.fullmatch(r" *([0-9.]+) s to +([0-9.]+) s  (.*)", row).groups()
             for row in (ROOT / "examples" / "shapes.txt").read_text().splitlines()]
    assert len(story) >= 4
    for start, end, action in story:
        middle = (float(start) + float(end)) / 2
        assert [e["label"] for e in of_kind(told, "ended") if e["start"] <= middle < e["end"]] == [action]


def test_timeline_gives_the_events_of_the_same_file(told):
    (line,) = json_lines(run("timeline", STORY, "--method", "hysteresis", "--json", env={"ACTIONCLIP_MODEL": ""}))
    assert line["windows"] == len(of_kind(told, "window"))
    assert line["segments"] == [{"start": e["start"], "end": e["end"], "label": e["label"], "probability": e["mean"]}
                                for e in of_kind(told, "ended")]


@needs_ffmpeg
def test_a_pipe_of_a_file_s_frames_differs_by_the_conversion_of_colours_alone(told):
    """FFmpeg converts a file's frames to RGB, the library those of a pipe: times are the same, scores nearly."""
    pipe = subprocess.check_output(["ffmpeg", "-v", "error", "-i", STORY, "-f", "yuv4mpegpipe", "-"])
    piped = run("watch", "-", "--windows", stdin=pipe, env={"ACTIONCLIP_MODEL": ""}).stdout.decode()
    names = of_kind(told, "labels")[0]["labels"]
    expected, found = of_kind(told, "window"), of_kind(piped, "window")
    assert [(w["start"], w["end"], w["frames"]) for w in found] == [(w["start"], w["end"], w["frames"]) for w in expected]
    scores, others = (np.array([w["scores"] for w in lines]) for lines in (expected, found))
    assert np.abs(scores - others).mean() < 0.002 and np.abs(scores - others).max() < 0.25
    flips = [names[a] for a, b in zip(scores.argmax(1), others.argmax(1)) if a != b]
    assert len(flips) <= len(expected) // 50, flips
    before, after = of_kind(told, "ended"), of_kind(piped, "ended")
    same = ("label", "start", "end", "decided")
    assert len(after) >= 5 and [[e[name] for name in same] for e in after] == [[e[name] for name in same] for e in before]
    assert [e["mean"] for e in after] == pytest.approx([e["mean"] for e in before], abs=0.02)


@pytest.mark.parametrize(
    "header, words",
    [("", "empty"), ("RIFF....", "not a YUV4MPEG2"), ("YUV4MPEG1 W4 H4 F1:1", "not a YUV4MPEG2"),
     ("YUV4MPEG2 H4 F1:1", "width"), ("YUV4MPEG2 W4 F1:1", "height"), ("YUV4MPEG2 W4 H4", "rate"),
     ("YUV4MPEG2 W0 H4 F1:1", "width of '0'"), ("YUV4MPEG2 W-4 H4 F1:1", "width of '-4'"),
     ("YUV4MPEG2 W65536 H4 F1:1", "65535"), ("YUV4MPEG2 W99999999999999999999 H4 F1:1", "width"),
     ("YUV4MPEG2 W4 H4 F1", "rate of '1'"), ("YUV4MPEG2 W4 H4 F1:0", "rate of '1:0'"),
     ("YUV4MPEG2 W4 H4 F-1:1", "rate"), ("YUV4MPEG2 W4 H4 F9999:1", "rate"), ("YUV4MPEG2 W4 H4 F0:0", "--rate"),
     ("YUV4MPEG2 W4 H4 F1:1 C420p10", "C420p10 has more than 8 bits"), ("YUV4MPEG2 W4 H4 F1:1 Cmono16", "8 bits"),
     ("YUV4MPEG2 W4 H4 F1:1 C411", "C411 is not one of"), ("YUV4MPEG2 W65535 H65535 F1:1 C444", "too large"),
     ("YUV4MPEG2 W4 H4 F1:1 X" + "x" * 5000, "not a YUV4MPEG2")])  # fmt: skip
def test_a_bad_header_is_refused_in_one_line(header, words):
    process = run("watch", "-", "--model", MODEL, stdin=(header + "\n").encode() if header else b"")
    (line,) = process.stderr.decode().splitlines()
    assert process.returncode == 1 and process.stdout == b""
    assert line.startswith("actionclip: error: ") and words in line


def test_a_stream_that_is_cut_or_damaged_tells_what_it_had(planes, clip):
    frames = pictures(planes, 2, 2)
    whole = watch(y4m("420jpeg", frames[:20]))
    assert of_kind(whole, "ended")
    size = len(frames[0]) + 6
    start = len(clip) - COUNT * size
    for cut, words in [(7, "inside frame 20"), (3, "does not begin with FRAME"), (6 + 100, "100 of 4608 bytes")]:
        process = run(*arguments(), stdin=clip[: start + 20 * size + cut])
        assert process.returncode == 1 and process.stdout.decode() == whole
        (line,) = complaints(process)
        assert words in line
    damaged = bytearray(clip)
    damaged[start + 20 * size] ^= 0x20
    process = run(*arguments(), stdin=bytes(damaged))
    assert process.returncode == 1 and process.stdout.decode() == whole
    assert "frame 20 does not begin with FRAME" in complaints(process)[0]


@pytest.mark.parametrize("stdin, more", [(y4m("420jpeg", []), []), (b"", ["--raw", "gray:8x8@25"])])
def test_a_stream_without_frames_is_an_error(stdin, more):
    process = run(*arguments("-", *more), stdin=stdin)
    assert process.returncode == 1 and [line["event"] for line in parsed(process.stdout)] == ["labels"]
    (line,) = complaints(process)
    assert "standard input: it ends before its first frame" in line


def test_a_closed_standard_input_is_an_error():
    closed = ["sh", "-c", '"$@" <&-', "sh", COMMAND, "watch", "-", "--model", MODEL]
    process = subprocess.run(list(map(str, closed)), capture_output=True, timeout=60)
    (line,) = complaints(process)
    assert process.returncode == 1 and "standard input: Bad file descriptor" in line


def test_the_last_frame_of_pixels_that_is_cut_is_reported(planes):
    process = run(*arguments("-", "--raw", "gray:64x48@25"), stdin=planes[0].tobytes()[:-10])
    (line,) = complaints(process)
    assert process.returncode == 1 and "inside frame 39: 3062 of 3072 bytes" in line
    assert f"{COUNT - 1} frames, " in process.stderr.decode()


def test_a_video_file_by_standard_input_is_told_to_be_given_by_name():
    process = run("watch", "-", "--model", MODEL, stdin=CLIP.read_bytes())
    (line,) = process.stderr.decode().splitlines()
    assert process.returncode == 1 and "give the file's name: actionclip watch FILE" in line


@pytest.mark.parametrize(
    "options, words",
    [(["-", "--raw", "nv12:64x48"], "rate"), (["-", "--raw", "nv12:64@25"], "FORMAT:WIDTHxHEIGHT"),
     (["-", "--raw", "mjpeg:64x48@25"], "mjpeg"), (["-", "--raw", "nv12:64x48@0"], "'0' is no rate"),
     (["clip.mp4", "--raw", "nv12:64x48@25"], "--raw is for standard input"),
     (["clip.mp4", "--size", "64x48"], "--size"), (["/dev/video7", "--pace", "fast"], "--pace"),
     (["-", "--on", "0.3", "--off", "0.4"], "--off"), (["-", "--on", "2"], "--on"), (["-", "--hop", "0"], "--hop"),
     (["-", "--interval", "1", "--stride", "2"], "--interval or --stride"), (["-", "--min-on", "nan"], "--min-on"),
     (["-", "--interval", "-1"], "--interval must be above 0"), (["-", "--hop", "-3"], "--hop must be 1 to 65536"),
     (["-", "--fps", "30"], "did you mean '--rate'"), (["-", "--threshold=0.3"], "did you mean '--on'"),
     (["-", "--max-event", "0.2", "--min-off", "0.3", "--min-on", "0"],
      "--max-event must be 0, or at least --min-off, which is 0.3 seconds"),
     (["-", "--mode", "independent", "--margin", "0.1"], "--margin is for --mode exclusive"),
     (["-", "--thresholds", "t.csv", "--on", "0.5"], "--thresholds or --on, not both"), (["-", "--gap", "nan"], "--gap"),
     (["0"], "did you mean the camera /dev/video0?"), ([""], "no such file"), (["-", "--label", " "], "--label must not be empty"),
     (["-", "--label", "waving", "--label", "waving"], "'waving' is there twice"),
     (["rtsp://user:secret@host/", "--model", MODEL], "ffmpeg"), (["/dev/video-none"], "No such file")])  # fmt: skip
def test_wrong_usage_is_refused_in_one_line(options, words):
    process = run("watch", *options)
    (line,) = process.stderr.splitlines()
    assert process.returncode in (1, 64) and words in line and "secret" not in line


def test_none_must_be_a_label_and_makes_no_event(clip):
    process = run(*arguments("-", "--none", "swimming in lava"), stdin=clip)
    assert process.returncode == 1 and "--none: 'swimming in lava'" in complaints(process)[0]
    names = {line["label"] for line in of_kind(watch(clip), "started")}
    name = sorted(names)[0]
    assert name not in {line["label"] for line in of_kind(watch(clip, "--none", name), "started")}


def preloaded(tmp_path_factory, name):
    """A library that stands in for functions of the C library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp(name) / f"{name}.so"
    source = ROOT / "Tests" / "command" / f"{name}.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", source, "-o", library, "-ldl"], check=True)
    return library


@pytest.fixture(scope="module")
def fast_clock(tmp_path_factory):
    """An environment in which the command's clock is so many times as fast."""
    library = preloaded(tmp_path_factory, "fast_clock")
    return lambda speed: {"LD_PRELOAD": str(library), "CLOCK_SPEED": str(speed)}


class Running:
    """The command with its pipes, while it runs."""

    def __init__(self, *arguments, env=None, before=None):
        """before: called in the new process before it becomes the command."""
        self.process = subprocess.Popen(
            [COMMAND, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})}, preexec_fn=before)

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def line(self):
        return json.loads(self.process.stdout.readline())

    def until(self, kind):
        return self.lines_until(kind)[-1]

    def lines_until(self, kind):
        lines = [self.line()]
        while lines[-1]["event"] != kind:
            lines.append(self.line())
        return lines

    def complaint(self):
        """The next line on standard error that is no note about the model."""
        while "assumed" in (line := self.process.stderr.readline().decode().strip()):
            pass
        return line

    def blocks(self, number):
        """Whether a signal is left to the thread that waits for signals."""
        with open(f"/proc/{self.process.pid}/status") as status:
            (mask,) = (line.split()[1] for line in status if line.startswith("SigBlk:"))
        return int(mask, 16) >> number - 1 & 1 == 1

    def end(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_stream_and_its_events(clip, name):
    whole = parsed(watch(clip, "--windows"))
    running = Running(*arguments("-", "--windows"))
    running.write(clip)
    last = max(place for place, line in enumerate(whole) if line["event"] == "window")
    assert last < len(whole) - 1
    seen = [running.line() for _ in range(last + 1)]
    running.process.send_signal(getattr(signal, name))
    code, out, err = running.end()
    assert code == 0, err
    assert seen + parsed(out) == whole


def test_labels_are_changed_while_it_runs(clip, tmp_path, fast_clock):
    path = tmp_path / "labels.txt"
    path.write_text("waving\nclapping\n")
    running = Running(*arguments(labels=["--labels", path]), "--on", "0.3", "--windows", env=fast_clock(50))
    running.write(clip)
    assert running.line()["labels"] == ["waving", "clapping"]
    number = running.until("started")["number"]
    running.until("window")
    path.write_text("jumping\nrunning\nwaving\n")
    running.process.send_signal(signal.SIGHUP)
    seen = []
    while not seen or seen[-1]["event"] != "labels":
        seen.append(running.line())
    assert seen[-1]["labels"] == ["jumping", "running", "waving"]
    ended = [line for line in seen if line["event"] == "ended"]
    assert {line["number"] for line in ended} == {number, *(line["number"] for line in seen if line["event"] == "started")}
    # Nothing of the new labels begins before they were given, though the windows of that time do.
    changed = seen[-1]["time"]
    assert changed > 0 and max(line["end"] for line in ended) <= changed
    running.write(clip[clip.index(b"FRAME"):])
    assert running.until("window")["start"] < changed
    # Labels that cannot be used are told, and the old ones stay.
    for content, words in [(b"\n", "there is no label in it"), (b"a\nb\na\n", "the label 'a' is there twice"),
                           (b"\xff\xfe\xfa", "it is not UTF-8"), (b"wa\xffing\n", "it is not UTF-8")]:
        path.write_bytes(content)
        running.process.send_signal(signal.SIGHUP)
        assert f"{words}" in (line := running.complaint()) and line.endswith("; the labels stay as they were"), line
    new = tmp_path / "new.txt"
    new.write_bytes(b"\xef\xbb\xbfsitting\r\nwaving\r\n")
    new.replace(path)  # noticed without a signal
    lines = running.lines_until("labels")
    assert lines[-1]["labels"] == ["sitting", "waving"]
    begun = [line for line in lines if line["event"] == "started"]
    assert begun and all(line["start"] >= changed and line["peak_time"] >= changed for line in begun)
    code, _, err = running.end()
    assert code == 0, err


@pytest.mark.parametrize("disposition", [signal.SIG_DFL, signal.SIG_IGN], ids=["", "under nohup"])
def test_a_hangup_reads_the_thresholds_too(clip, tmp_path, disposition):
    """Where the labels stay the same; and where the thresholds do too, nothing ends."""
    labels, path = tmp_path / "labels.txt", tmp_path / "thresholds.csv"
    labels.write_text("waving\nclapping\n")
    path.write_text("label,on,off\nwaving,1,1\nclapping,1,1\n")
    more = [*EAGER[4:], "--interval", "0.1", "--thresholds", path, "--windows"]
    running = Running("watch", "-", "--model", MODEL, "--labels", labels, *more,
                      before=lambda: signal.signal(signal.SIGHUP, disposition))
    running.write(clip)
    assert running.line()["event"] == "labels"
    running.until("window")
    path.write_text("label,on,off\nwaving,0.1,0.1\nclapping,0.1,0.1\n")
    running.process.send_signal(signal.SIGHUP)
    assert "started" not in {line["event"] for line in running.lines_until("labels")}
    running.write(clip[clip.index(b"FRAME"):])
    running.until("started")
    running.process.send_signal(signal.SIGHUP)
    running.write(clip[clip.index(b"FRAME"):])
    code, out, err = running.end()
    assert code == 0 and "labels" not in {line["event"] for line in parsed(out)}, err


def test_the_choice_of_decoded_frames_is_for_files():
    assert_error(run(*arguments("-", "--decode", "all")), "--decode is for video files", code=64)


def test_labels_that_change_before_the_first_frame_are_noticed(clip, tmp_path, fast_clock):
    path = tmp_path / "labels.txt"
    path.write_text("waving\nclapping\n")
    running = Running(*arguments(labels=["--labels", path]), env=fast_clock(50))
    time.sleep(0.3)  # it waits for the header
    path.write_text("sitting\nwaving\n")
    running.write(clip)
    late = threading.Timer(20, running.process.kill)
    late.start()
    while running.until("labels")["labels"] != ["sitting", "waving"]:
        pass
    late.cancel()
    assert running.end()[0] == 0


def test_labels_that_the_model_never_learned_are_said_whenever_they_are_given(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("growing\nice skating\n")
    running = Running("watch", "-", "--model", SHAPES, "--labels", path)
    running.write(y4m("420jpeg", []))
    running.line()
    assert "never learned 'ice', 'skating'" in running.complaint()
    path.write_text("growing\nplaying cello\n")
    running.process.send_signal(signal.SIGHUP)
    assert running.line()["labels"] == ["growing", "playing cello"]
    assert "never learned 'cello'" in running.complaint()
    running.process.kill()
    running.end()


def test_each_label_has_its_thresholds(clip, tmp_path):
    labels = LABELS.read_text().split("\n")[:-1]
    path = tmp_path / "thresholds.csv"

    def with_thresholds(rows, *more):
        path.write_text("label,f1,on,off\n" + "".join(f'"{name}",0.5,{on},{off}\n' for name, on, off in rows))
        return run("watch", "-", "--model", MODEL, "--labels", LABELS, *EAGER[4:], "--interval", "0.1", "--thresholds", path, *more, stdin=clip)

    same = [(name, 0.12, 0.1) for name in labels]
    assert with_thresholds(same).stdout.decode() == watch(clip)
    first = of_kind(watch(clip), "started")[0]["label"]
    never = [(name, 1 if name == first else on, off) for name, on, off in same]
    names = {line["label"] for line in of_kind(with_thresholds(never).stdout, "started")}
    assert first not in names
    # The label for nothing in particular needs none. Other labels' are told, and not used.
    process = with_thresholds([row for row in same if row[0] != first] + [("sleeping", 0.5, 0.4)], "--none", first)
    assert process.stdout.decode() == watch(clip, "--none", first)
    assert "'sleeping' is not among the labels; these thresholds are not used" in complaints(process)[0]
    missing = with_thresholds([row for row in same if row[0] != first])
    assert missing.returncode == 1 and f"no thresholds for the label '{first}'" in complaints(missing)[0]
    assert f"(and {len(same) - 2} more)" in complaints(with_thresholds(same[:1]))[0]
    for text, words in [("label,on\na,1\n", "line 1: expected a header with the columns label, on, off"),
                        ("label,on,off\na,0.5,x\n", "line 2: off is 'x'; expected a number from 0 to 1"),
                        ("label,on,off\na,0.4,0.5\n", "line 2: off is 0.5, more than on, 0.4"),
                        ("label,on,off\na,1,0\na,1,0\n", "line 3: the label 'a' is there twice"),
                        ("label,on,off\n", "there are no thresholds in it"), ("", "there are no thresholds in it")]:
        path.write_text(text)
        process = run(*arguments()[:6], "--thresholds", path, stdin=clip)
        assert process.returncode == 1 and words in complaints(process)[0], complaints(process)


def test_a_slow_reader_of_the_output_makes_frames_drop_and_is_told(planes, fast_clock):
    frames = b"".join(pictures(planes, 2, 2) * 40)
    running = Running(*arguments("-", *raw("i420"), "--windows", "--overflow", "latest", sampling=EVERY_FRAME),
                      env=fast_clock(100))
    running.write(frames)
    time.sleep(0.2)  # 20 seconds by its clock
    code, out, err = running.end()
    assert code == 0, err
    reports = [int(count) for count in re.findall(r"actionclip: (\d+) frames dropped in the last 10 s, latency p50", err)]
    assert reports and min(reports) > 0
    pushed, sampled, dropped, windows = map(int, re.search(
        r"(\d+) frames, (\d+) sampled, (\d+) dropped, (\d+) windows, latency", err).groups())
    assert pushed == sampled == 40 * COUNT and dropped >= sum(reports)
    found = of_kind(out, "window")
    assert len(found) == windows and any(w["dropped"] > 0 for w in found)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_before_the_first_frame_ends_it(name):
    running, number = Running(*arguments()), getattr(signal, name)
    until = time.monotonic() + 20
    while not running.blocks(number):
        assert time.monotonic() < until, "it does not wait for signals"
        time.sleep(0.01)
    running.process.send_signal(number)
    running.process.wait(timeout=20)  # its input has not ended
    code, out, err = running.end()
    assert (code, out, err) == (128 + number, "", "")


def test_a_second_signal_ends_it_at_once():
    frames = bytes(900 * 8 * 8)  # fewer bytes than a pipe holds; their windows are more
    running = Running(*arguments("-", "--raw", "gray:8x8@25", "--windows", sampling=EVERY_FRAME))
    running.write(frames)
    running.line()
    time.sleep(0.3)  # the rest of its output is not read, so that it cannot go on
    running.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        running.process.wait(timeout=0.3)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=10) == -signal.SIGINT


def test_a_reader_that_goes_away_ends_it_silently(clip):
    running = Running(*arguments("-", "--windows"))
    header = clip.index(b"FRAME")
    running.write(clip[:header])
    running.line()
    running.process.stdout.close()
    running.process.stdout = None
    running.write(clip[header:])
    _, err = running.process.communicate(timeout=30)
    assert running.process.returncode == -signal.SIGPIPE
    assert not [line for line in err.decode().splitlines() if "assumed" not in line]


def on_terminal(stdin, columns=80, rows=24, labels=("--labels", LABELS), **env):
    """The terminal's output, and standard error."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LANG", "LC_CTYPE"}}
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments(labels=labels))], stdin=subprocess.PIPE, stdout=follower, stderr=subprocess.PIPE,
        env={**clean, "TERM": "xterm", "LC_ALL": "C.UTF-8", **env})  # fmt: skip
    os.close(follower)
    process.stdin.write(stdin)
    process.stdin.close()
    output = b""
    while True:
        try:
            output += os.read(leader, 65536)
        except OSError:  # the other side has been closed
            break
    os.close(leader)
    assert process.wait(timeout=60) == 0
    return output.decode().replace("\r\n", "\n"), process.stderr.read().decode()


class Screen:
    """The lines that a terminal shows; it knows what the command uses: lines, up and clear."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.block = columns, [""], 0, []

    def write(self, text):
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
            elif part.endswith("A") and part[0] == "\x1b":
                self.block = [line for line in self.lines[-int(part[2:-1]) - 1 :] if line] or self.block
                self.row -= int(part[2:-1])
                assert self.row >= 0
            elif part == "\x1b[J":
                self.lines[self.row :] = [""]
            elif part[0] not in "\x1b\r":
                self.lines[self.row] += part
        return self


@pytest.mark.parametrize("columns, rows", [(5, 24), (20, 24), (40, 24), (80, 24), (200, 24), (80, 6)])
def test_bars_are_drawn_in_place_below_the_events(clip, columns, rows):
    text, _ = on_terminal(clip, columns, rows)
    screen = Screen(columns).write(re.sub(r"\x1b\[\d*m", "", text))
    events = of_kind(watch(clip), "started", "ended")
    told = [line for line in screen.lines if line]
    assert len(told) == len(events), "the bars are gone in the end, and each event has its line"
    if columns >= 80:
        assert all(event["label"] in line and event["event"] in line for event, line in zip(events, told))
        assert all(f"{event['start' if event['event'] == 'started' else 'end']:.2f} s" in line
                   for event, line in zip(events, told))
    count = len(LABELS.read_text().split("\n")) - 1
    bars, status = screen.block[:-1], screen.block[-1]
    assert len(bars) == min(count, rows - 3)
    assert all(len(line) < columns for line in [*told, *screen.block])
    if columns >= 20:
        assert all(line.endswith("%") for line in bars) and len({len(line) for line in bars}) == 1
    if columns >= 40:
        assert any(set(line) & set("█▏▎▍▌▋▊▉") for line in bars)
        assert ("more labels" in status) == (rows < 10)


def test_colours_and_bars_follow_the_terminal(clip):
    assert "\x1b[36m" in on_terminal(clip)[0] and "●" in on_terminal(clip)[0]
    plain = on_terminal(clip, NO_COLOR="1")[0]
    assert not re.search(r"\x1b\[\d*m", plain) and "\x1b[J" in plain
    assert "#" in on_terminal(clip, LC_ALL="C")[0]
    dumb = on_terminal(clip, TERM="dumb")[0]
    assert "\x1b" not in dumb and "%  " not in dumb
    assert len(dumb.splitlines()) == len(of_kind(watch(clip), "started", "ended"))


def test_labels_cannot_steer_the_terminal(clip):
    text, _ = on_terminal(clip, labels=["--label", "a\x1b[31mb", "--label", "c"], NO_COLOR="1")
    assert "\x1b[31m" not in text and "a�[31mb" in text


@pytest.fixture(scope="module")
def fake_camera(tmp_path_factory):
    return preloaded(tmp_path_factory, "fake_camera")


@pytest.fixture
def camera(fake_camera, tmp_path):
    """Runs the command with a camera that has `frames` and is then gone; gives the process and what was set."""

    def watch_camera(frames, *more, **settings):
        pixels, log = tmp_path / "pixels", tmp_path / "log"
        pixels.write_bytes(frames)
        env = {"LD_PRELOAD": fake_camera, "CAMERA_FRAMES": pixels, "CAMERA_LOG": log,
               **{f"CAMERA_{name.upper()}": value for name, value in settings.items()}}
        process = run(*arguments("/dev/video7", "--windows", "--overflow", "wait", *more),
                      env={name: str(value) for name, value in env.items()})
        return process, log.read_text().strip() if log.exists() else ""

    return watch_camera


def test_a_camera_gives_what_its_pixels_give(camera, planes):
    y, u, v = planes
    nv12 = b"".join(y[n].tobytes() + np.stack([u[n, ::2, ::2], v[n, ::2, ::2]], -1).tobytes() for n in range(COUNT))
    process, mode = camera(nv12)
    assert mode == "NV12 64x48 1/25"
    assert "/dev/video7 (Test camera): 64x48 NV12 at 25 frames a second" in process.stderr
    assert process.stdout == watch(nv12, "--windows", *raw("nv12"))
    assert process.returncode == 1 and "the camera is gone" in process.stderr
    # The driver's words about colours: JPEG's colour space is full range, and so is what it says itself; BT.709 by both.
    full = watch(nv12, "--windows", "--range", "full", *raw("nv12"))
    assert camera(nv12, colours="7 0 0")[0].stdout == camera(nv12, colours="0 0 1")[0].stdout == full
    hd = watch(nv12, "--windows", "--matrix", "bt709", *raw("nv12"))
    assert camera(nv12, colours="3 0 0")[0].stdout == camera(nv12, colours="0 2 2")[0].stdout == hd
    yuyv = b"".join(np.stack([y[n, :, ::2], u[n, :, ::2], y[n, :, 1::2], v[n, :, ::2]], -1).tobytes()
                    for n in range(COUNT))  # fmt: skip
    process, mode = camera(yuyv, formats="GREY MJPG YUYV")
    assert mode == "YUYV 64x48 1/25"
    assert process.stdout == watch(yuyv, "--windows", *raw("yuyv422"))


@pytest.mark.parametrize(
    "options, mode",
    [([], "NV12 640x480 1/25"), (["--size", "300x200"], "NV12 320x240 1/25"), (["--rate", "12"], "NV12 640x480 1/10"),
     (["--size", "4000x3000", "--pixel-format", "YUYV"], "YUYV 1280x720 1/25"),
     (["--pixel-format", "GREY"], "GREY 640x480 1/25")])  # fmt: skip
def test_the_nearest_mode_of_a_camera_is_taken(camera, options, mode):
    assert camera(b"", *options, formats="GREY NV12 YUYV", sizes="320x240 640x480 1280x720")[1] == mode


def test_damaged_frames_of_a_camera_are_passed_over(camera, planes):
    frames = [frame.tobytes() for frame in planes[0]]
    process, _ = camera(b"".join(frames), formats="GREY", damaged=7)
    assert f"{COUNT - 1} frames" in process.stderr and "1 lost or damaged before" in process.stderr


def test_a_frame_of_a_camera_whose_time_does_not_rise_is_refused_alone(camera, planes):
    process, _ = camera(b"".join(frame.tobytes() for frame in planes[0]), formats="GREY", late=7)
    assert f"{COUNT} frames" in process.stderr and "1 refused" in process.stderr
    said = [line for line in process.stderr.splitlines() if "is refused" in line]
    assert said == ["actionclip: warning: /dev/video7 (Test camera): a frame is refused: its time is not later than that of "
                    "the frame before"]


@pytest.mark.parametrize(
    "settings, words",
    [({"formats": "MJPG"}, "-input_format mjpeg -video_size 640x480 -i /dev/video7"),
     ({"formats": "BA81 MJPG"}, "only BA81, MJPG"), ({"formats": "MJPG H264"}, "ffmpeg"),
     ({"capabilities": "0x2"}, "captures no video")])  # fmt: skip
def test_cameras_that_cannot_be_read_say_what_to_do(camera, settings, words):
    process, _ = camera(b"", **settings)
    (line,) = process.stderr.splitlines()
    assert process.returncode == 1 and process.stdout == "" and words in line


def test_a_signal_ends_a_camera(fake_camera, planes, tmp_path):
    pixels = tmp_path / "pixels"
    pixels.write_bytes(b"".join(frame.tobytes() for frame in planes[0]) * 100)
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments("/dev/video7", "--windows"))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LD_PRELOAD": str(fake_camera), "CAMERA_FRAMES": str(pixels), "CAMERA_FORMATS": "GREY",
             "CAMERA_WAIT": "2000"})  # fmt: skip
    for line in process.stdout:
        if '"window"' in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert re.search(r"\d+ windows, latency", err)

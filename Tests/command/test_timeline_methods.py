"""The ways in which `timeline --method` turns the scores of windows into segments."""

import functools
import json
import re
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, json_lines, run

STORY = ROOT / "examples" / "shapes.mp4"
#: The actions in the second half of the story. Between the first two a shape is "stopping midway".
ACTIONS = ["moving up and to the right", "shrinking", "moving down"]
#: Events by the windows' own scores.
EVENTS = ["--method", "hysteresis", "--on", 0.5, "--off", 0.4, "--half-life", 0, "--min-on", 0.5, "--min-off", 0.5]
pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    path = tmp_path_factory.mktemp("methods") / "half.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "9.2", "-i", STORY, "-c:v", "libx264", "-crf", "10", path], check=True)
    return path


@pytest.fixture(scope="module")
def timeline(half):
    """Runs the command on the half story, once for the same options."""
    return functools.cache(
        lambda *more: run("timeline", half, "--json", "--window", 2, *more, env={"ACTIONCLIP_MODEL": ""}))


@pytest.fixture(scope="module")
def segments(timeline):
    def found(*arguments):
        process = timeline(*arguments)
        assert process.returncode == 0, process.stderr
        return json_lines(process)[0]["segments"]

    return found


def labels(found):
    return [segment["label"] for segment in found]


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    path = tmp_path_factory.mktemp("steps") / "steps.txt"
    path.write_text("\n".join([ACTIONS[0], "blinking ?", *ACTIONS[1:], "bouncing?"]) + "\n")
    return path


def test_mean_is_the_default(timeline):
    assert timeline().stdout == timeline("--method", "mean", "--threshold", 0).stdout


@pytest.mark.parametrize("method", ["mean", "viterbi", "ordered"])
def test_below_the_threshold_a_moment_shows_none(segments, method, steps):
    more = {"mean": [], "viterbi": ["--method", "viterbi"], "ordered": ["--method", "ordered", "--steps", steps]}[method]
    free = ["--change-cost", 0] if method == "viterbi" else []
    before, after = segments(*more), segments(*more, *free, "--threshold", 0.6)
    assert None not in labels(before) and None in labels(after)
    assert [label for label in labels(after) if label in ACTIONS] == ACTIONS
    assert all(s["probability"] > 0.6 for s in after if s["label"])


@pytest.mark.parametrize("options", [[], EVENTS, ["--method", "viterbi"]], ids=["mean", "hysteresis", "viterbi"])
def test_a_label_for_nothing_in_particular(segments, options):
    assert "stopping midway" in labels(segments(*options))
    found = segments(*options, "--none", "stopping midway")
    assert "stopping midway" not in labels(found)
    assert [label for label in labels(found) if label] == ACTIONS


def test_hysteresis_gives_events(segments):
    found = segments(*EVENTS, "--min-on", 1, "--min-off", 0.2)
    assert labels(found) == ACTIONS  # stopping midway is shorter
    assert all(s["end"] - s["start"] >= 1 for s in found)
    assert segments(*EVENTS, "--min-on", 10) == []
    # One threshold alone moves the other where it must.
    assert ACTIONS[0] in labels(segments("--method", "hysteresis", "--off", 0.9))


def test_events_have_the_options_of_live_video(segments):
    """The same options with the same words and defaults, and all of them reach the tracker."""

    def options(command):
        text = re.sub(r"\s+", " ", run(command, "--help").stdout)
        part = text[text.index("EVENTS"):].split(" --on ", 1)[1].split(" --gap ")
        return [part[0], part[1].split(")")[0]]

    assert options("watch") == options("timeline") and len(re.findall(r"\(default: [0-9.]+", options("watch")[0])) == 7
    usual = segments(*EVENTS)
    for more in (["--half-life", 3], ["--margin", 1]):
        assert segments(*EVENTS, *more) != usual, more
    pieces = segments(*EVENTS, "--max-event", 1)
    assert len(pieces) > len(usual) and all(s["end"] - s["start"] <= 1.001 for s in pieces)


def test_a_long_hole_between_frames_ends_an_event_unless_gap_allows_it(tmp_path):
    subprocess.run(["ffmpeg", "-v", "error", "-i", STORY, "-vf", "trim=end_frame=70,setpts=PTS+gt(N\\,35)*3/TB",
                    "-fps_mode", "passthrough", "-c:v", "libx264", tmp_path / "hole.mkv"], check=True)

    def spans(*more):
        process = run("timeline", tmp_path / "hole.mkv", "--json", *EVENTS, "--window", 0.8, "--label", "moving left", "--label",
                      "growing", *more, env={"ACTIONCLIP_MODEL": ""})
        return [(s["label"], round(s["start"])) for s in json_lines(process)[0]["segments"]]

    assert spans("--gap", 2) == [("moving left", 0), ("moving left", 4)]
    assert spans("--gap", 4) == [("moving left", 0)]


def test_each_label_has_its_thresholds(timeline, segments, tmp_path):
    known = [*ACTIONS, "stopping midway"]
    options = [*(word for name in known for word in ("--label", name)), "--method", "hysteresis", *EVENTS[6:]]
    path = tmp_path / "thresholds.csv"
    path.write_text("label,on,off\n" + "".join(f"{name},{1 if name == 'shrinking' else 0.5},0.4\n" for name in known))
    found, usual = segments(*options, "--thresholds", path), segments(*options, "--on", 0.5, "--off", 0.4)
    assert [s for s in found if s["label"] == ACTIONS[0]] == [s for s in usual if s["label"] == ACTIONS[0]]
    first, other = (next((s["start"] for s in some if s["label"] == "shrinking"), 9) for some in (found, usual))
    assert first > other
    (tmp_path / "less.csv").write_text(path.read_text().replace("shrinking,", "shrinkin,"))
    assert_error(timeline(*options, "--thresholds", tmp_path / "less.csv"),
                 "less.csv", "no thresholds for the label 'shrinking'", "did you mean 'shrinkin'?")


def test_viterbi_has_fewer_changes_the_more_they_cost(segments):
    counts = [len(segments("--method", "viterbi", *cost)) for cost in ([], ["--change-cost", 1000])]
    assert counts[0] > counts[1] == 1
    found = segments("--method", "viterbi", "--min-duration", 2)
    assert labels(found) == ACTIONS and all(s["end"] - s["start"] >= 1.99 for s in found)


def test_steps_come_in_their_order_and_optional_ones_may_be_missing(segments, steps, tmp_path):
    assert labels(segments("--method", "ordered", "--steps", steps)) == ACTIONS
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("growing\nshrinking\nmoving left\n")
    assert labels(segments("--method", "ordered", "--steps", wrong)) == ["growing", "shrinking", "moving left"]


def test_a_label_that_ends_in_a_question_mark_is_a_step_by_itself(tmp_path):
    (tmp_path / "steps.txt").write_text("waving?\nwalking\n")
    process = run("timeline", CLIP, "--model", MODEL, "--label", "waving?", "--label", "walking", "--json", "--method",
                  "ordered", "--steps", tmp_path / "steps.txt", "--window", 0.5)
    assert process.returncode == 0, process.stderr
    assert labels(json_lines(process)[0]["segments"]) == ["waving?", "walking"]


def test_options_that_do_not_fit_are_told(timeline, steps, tmp_path):
    for options, words in [
        (["--on", 0.5], "--on is for --method hysteresis, and this is mean"),
        (["--method", "viterbi", "--min-off", 1], "--min-off is for --method hysteresis"),
        (["--half-life", 1], "--half-life is for --method hysteresis"), (["--gap", 1], "--gap is for --method hysteresis"),
        (["--method", "hysteresis", "--max-event", 1, "--min-on", 1.5], "0, or at least --min-on, which is 1.5 seconds"),
        (["--threshold", -1], "--threshold must be 0 to 1"), (["--step", 3], "--step must be at most --window"),
        (["--out", "foo=x.csv"], "'foo' is no format; there are csv, vtt, srt, otio, activitynet and labelstudio"),
        (["--fps", 5], "did you mean '--window'"), (["-"], "actionclip watch -"),
        (["--method", "hysteresis", "--threshold", 0.5], "--threshold is for --method mean or viterbi or ordered"),
        (["--steps", steps], "--steps is for --method ordered"),
        (["--method", "ordered"], "--method ordered needs --steps FILE"),
        (["--threshold", 1.5], "--threshold must be 0 to 1"),
        (["--method", "hysteresis", "--on", 0.3, "--off", 0.4], "--off must be at most --on"),
        (["--method", "viterbi", "--change-cost", "nan"], "--change-cost must be 0 to"),
        (["--method", "median"], "'mean', 'hysteresis', 'viterbi' or 'ordered'"),
    ]:
        process = timeline(*options)
        assert process.returncode == 64 and words in process.stderr, process.stderr
    (tmp_path / "steps.txt").write_text("growin\n")
    assert_error(timeline("--method", "ordered", "--steps", tmp_path / "steps.txt"), "steps.txt", "'growin'", "'growing'")
    assert_error(timeline("--none", "nothing"), "--none", "'nothing' is not among the labels")
    process = timeline("--method", "ordered", "--steps", steps, "--min-duration", 4)  # 12 seconds in 9
    assert process.returncode == 1 and "half.mp4" in process.stderr and "4 seconds (--min-duration)" in process.stderr
    assert json.loads(process.stdout)["segments"] == []


def test_a_single_picture_has_one_segment(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    for method in ("mean", "viterbi", "hysteresis"):
        more = ["--on", 0] if method == "hysteresis" else []
        process = run("timeline", tmp_path / "red.png", "--model", MODEL, "--labels", LABELS, "--json", "--method", method, *more)
        assert process.returncode == 0, process.stderr
        assert len(json_lines(process)[0]["segments"]) == (0 if method == "hysteresis" else 1)

"""`actionclip thresholds`: the scores at which events start and end, by videos in which they are labelled."""

import csv
import json

import pytest
from actionclip_command import ROOT, assert_error, json_lines, run

STORY = ROOT / "examples" / "shapes.mp4"
ODD = 'spinning, "clockwise"'
NAMES = [
    "moving left", "growing", ODD, "moving up and to the right", "shrinking", "moving down", "blinking",
]  # fmt: skip
TIMES = ["--window", 2, "--step", 0.5, "--half-life", 0.25, "--min-on", 0.5]
ENV = {"ACTIONCLIP_MODEL": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where spans.csv says what the example video shows, by its makers' plan of three seconds each."""
    path = tmp_path_factory.mktemp("thresholds")
    (path / "labels.txt").write_text("\n".join(NAMES))
    with open(path / "spans.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "start", "end"])
        for place, name in enumerate(NAMES[:6]):
            for part in range(5 if place == 0 else 2):
                width = 3 / (5 if place == 0 else 2)
                rows.writerow([STORY, name, 3 * place + part * width, 3 * place + (part + 1) * width])
    return path


def thresholds(folder, *more, spans="spans.csv"):
    arguments = ("thresholds", folder / spans, "--labels", folder / "labels.txt", *TIMES, *more)
    return run(*arguments, env=ENV)


@pytest.fixture(scope="module")
def report(folder):
    process = thresholds(folder, "--json", "--out", folder / "thresholds.csv")
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout), process.stderr


def test_the_file_has_what_the_report_says(folder, report):
    rows = list(csv.reader(open(folder / "thresholds.csv", newline="", encoding="utf-8")))
    assert rows[0] == ["label", "on", "off"] and [row[0] for row in rows[1:]] == NAMES
    for row, said in zip(rows[1:], report[0]["labels"]):
        assert (float(row[1]), float(row[2])) == (said["on"], said["off"]) and said["off"] <= said["on"]
        assert row[0] == said["label"]


def test_the_report_says_how_well_the_thresholds_do(report):
    found, said = report
    for row in found["labels"][:6]:
        shared = 2 * row["precision"] * row["recall"] / (row["precision"] + row["recall"])
        assert row["f1"] == pytest.approx(shared) and 0.5 < row["f1"] <= 1
    assert [row["segments"] for row in found["labels"]] == [5, 2, 2, 2, 2, 2, 0]
    last = found["labels"][6]
    assert last["recall"] is None and last["f1"] is None and last["on"] > last["off"]
    assert found["videos"] == 1 and found["windows"] > 20 and found["failures"] == []
    # The labels of few segments are named, and only those.
    assert said.count(" (2)") == 5 and "no segment of 'blinking' is in the list" in said
    assert "'moving left'" not in said


def test_timeline_and_eval_take_the_file(folder, report):
    labels, written = folder / "labels.txt", folder / "thresholds.csv"
    more = ["--labels", labels, "--method", "hysteresis", "--thresholds", written, *TIMES]
    process = run("timeline", STORY, "--json", *more, env=ENV)
    assert process.returncode == 0, process.stderr
    assert [s["label"] for s in json_lines(process)[0]["segments"]][:2] == NAMES[:2]
    process = run("eval", folder / "spans.csv", "--segments", "--json", "-", *more, env=ENV)
    assert process.returncode == 0 and json_lines(process)[0]["segment_map_50"] is not None, process.stderr


def test_the_label_for_nothing_has_no_thresholds(folder, report, tmp_path):
    written = tmp_path / "thresholds.csv"
    process = thresholds(folder, "--json", "--none", "blinking", "--out", written)
    assert process.returncode == 0, process.stderr
    others = [row for row in report[0]["labels"] if row["label"] != "blinking"]
    assert json.loads(process.stdout)["labels"] == others and "blinking" not in process.stderr + written.read_text()
    more = ["--labels", folder / "labels.txt", "--method", "hysteresis", "--thresholds", written, *TIMES]
    process = run("timeline", STORY, "--json", "--none", "blinking", *more, env=ENV)
    assert process.returncode == 0, process.stderr
    assert_error(thresholds(folder, "--none", "blink"), "--none", "not among the labels")


def test_timeline_takes_thresholds_of_scores_at_their_limit(folder, tmp_path):
    """A label alone has the probability 1 in each template, and no more as the mean over eleven of them."""
    (tmp_path / "labels.txt").write_text("growing\n")
    (tmp_path / "list.csv").write_text(f"path,label,start,end\n{STORY},growing,3,6\n")
    arguments = ["--labels", tmp_path / "labels.txt"]
    for place in range(11):
        arguments += ["--template", f"t{place + 1}{{}}"]
    written = tmp_path / "thresholds.csv"
    process = run("thresholds", tmp_path / "list.csv", *arguments, "--out", written, "--json", env=ENV)
    assert process.returncode == 0, process.stderr
    (label,) = json.loads(process.stdout)["labels"]
    assert label["on"] == 1 and label["recall"] == 1
    more = [*arguments, "--method", "hysteresis", "--thresholds", written, "--json"]
    process = run("timeline", STORY, *more, env=ENV)
    assert process.returncode == 0, process.stderr
    assert [segment["label"] for segment in json_lines(process)[0]["segments"]] == ["growing"]


def test_the_file_has_all_digits_of_a_threshold_that_is_a_score(folder, tmp_path):
    """A label that is shown all the time is found all the time, by its lowest score: rounded up, that would miss it."""
    with open(tmp_path / "list.csv", "w") as file:
        print("path,label,start,end", file=file)
        for place, name in enumerate(name for name in NAMES if name != ODD):
            print(f"{ROOT / 'examples' / 'zigzag.mp4'},{name},0,{10 + place}", file=file)
    arguments = ["--labels", folder / "labels.txt", "--window", 0.5, "--min-on", 0.5, "--json"]
    process = run("thresholds", tmp_path / "list.csv", *arguments, env=ENV)
    assert process.returncode == 0, process.stderr
    shares = {row["label"]: row["f1"] for row in json.loads(process.stdout)["labels"]}
    assert shares.pop(ODD) is None and set(shares.values()) == {1}, shares


def test_the_table_is_for_people(folder):
    with open(folder / "some.csv", "w") as file:
        file.write(f"path,label,start,end\n{STORY},growing,3,6\nmissing.mp4,growing,0,1\n")
    process = thresholds(folder, spans="some.csv")
    assert process.returncode == 0 and "missing.mp4" in process.stderr
    lines = process.stdout.splitlines()
    assert lines[0].split() == ["label", "on", "off", "precision", "recall", "F1", "segments"]
    assert len(lines) == 8 and lines[2].startswith("growing ") and lines[2].endswith(" 1")
    assert lines[1].split()[-3:] == ["-", "-", "0"]


def test_what_is_read_is_not_written_over(folder, report):
    for name in ("spans.csv", "labels.txt", "thresholds.csv"):
        before = (folder / name).read_bytes()
        more = ["--labels", folder / "labels.txt"]
        if name != "thresholds.csv":
            process = run("thresholds", folder / "spans.csv", *more, "--out", folder / name, env=ENV)
            assert_error(process, name, "is read or written already")
        more += ["--method", "hysteresis", "--thresholds", folder / "thresholds.csv"]
        process = run("eval", folder / "spans.csv", "--segments", "--json", folder / name, *more, env=ENV)
        assert_error(process, name, "is read or written already")
        if name != "spans.csv":
            process = run("timeline", STORY, "--out", f"csv={folder / name}", *more, env=ENV)
            assert_error(process, name, "is read or written already")
        assert (folder / name).read_bytes() == before
    assert_error(thresholds(folder, "--out", "-"), "-: the path of a file is needed")


def test_lists_without_parts_that_can_be_seen_are_refused(folder):
    for text, said in (
        (f"{STORY},growing\n", "must be in the list, in columns such as path,label,start,end"),
        (f"path,label,start,end\n{STORY},growing,40,50\n", "none of its parts is inside its video"),
    ):
        (folder / "some.csv").write_text(text)
        process = thresholds(folder, "--separator", "comma", spans="some.csv")
        assert process.returncode == 1 and process.stderr.splitlines()[-1].endswith(said)
    assert_error(thresholds(folder, "--min-on", 2, "--max-event", 1), "--max-event must be 0, or at least", code=64)

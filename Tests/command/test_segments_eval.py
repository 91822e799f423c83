"""`eval --segments`: the segments that timeline finds, judged as ActivityNet judges them."""

import os

import numpy as np
import pytest
from actionclip_command import ROOT, assert_error, json_lines, run
from browser import CHROMIUM, Browser

STORY = ROOT / "examples" / "shapes.mp4"
NAMES = [
    "moving left", "growing", "spinning clockwise", "moving up and to the right", "shrinking", "moving down",
    "stopping midway", "blinking", "bouncing",
]  # fmt: skip
WAY = ["--window", 2, "--step", 1]
ENV = {"ACTIONCLIP_MODEL": ""}
OVERLAPS = np.arange(0.5, 0.96, 0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a.mp4 and b.mp4 are the example video, and labels.txt has its labels."""
    path = tmp_path_factory.mktemp("segments")
    for name in "ab":
        os.symlink(STORY, path / f"{name}.mp4")
    (path / "labels.txt").write_text("\n".join(NAMES))
    return path


@pytest.fixture(scope="module")
def found(folder):
    """The segments that timeline finds in the video: (label, start, end, score)."""
    process = run("timeline", folder / "a.mp4", "--labels", folder / "labels.txt", "--json", *WAY, env=ENV)
    assert process.returncode == 0, process.stderr
    segments = json_lines(process)[0]["segments"]
    return [(s["label"], s["start"], s["end"], s["probability"]) for s in segments]


def judge(folder, rows, *more):
    lines = [f"{name}.mp4,{label},{float(start)!r},{float(end)!r}\n" for name, label, start, end in rows]
    (folder / "list.csv").write_text("path,label,start,end\n" + "".join(lines))
    arguments = ("eval", folder / "list.csv", "--labels", folder / "labels.txt", "--segments", "--json", "-", *WAY)
    return run(*arguments, *more, env=ENV)


def average_precision(found, spans, overlap):
    """By ActivityNet's rule, of (video, start, end, score) and (video, start, end) of one label."""
    taken, hits = set(), []
    for video, start, end, _ in sorted(found, key=lambda row: -row[3]):
        shares = np.array([
            max(0.0, min(end, e) - max(start, s)) / (max(end, e) - min(start, s)) if v == video else 0.0
            for v, s, e in spans
        ])  # fmt: skip
        places = [k for k in np.argsort(-shares, kind="stable") if shares[k] >= overlap and k not in taken]
        taken.update(places[:1])
        hits.append(bool(places))
    recall = np.cumsum(hits) / len(spans)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    steps = np.diff(recall, prepend=0.0)
    return sum(step * precision[place:].max() for place, step in enumerate(steps) if step > 0)


def random_rows(r, found):
    """Parts near those that were found, others anywhere, and labels that nothing shows."""
    rows = []
    for name in "ab":
        for label, start, end, _ in found:
            if r.random() < 0.8:
                begin = max(0.0, start + r.normal() * 0.4)
                rows.append((name, label, begin, max(begin + 0.1, end + r.normal() * 0.4)))
        for _ in range(3):
            begin = r.random() * 16
            rows.append((name, NAMES[r.integers(len(NAMES))], begin, begin + 0.2 + r.random() * 4))
    order = r.permutation(len(rows))
    return list({row: None for row in (rows[place] for place in order)})


def test_map_is_that_of_another_program_on_random_lists(folder, found):
    r = np.random.default_rng(3)
    values = []
    for _ in range(4):
        rows = random_rows(r, found)
        process = judge(folder, rows)
        assert process.returncode == 0, process.stderr
        (report,) = json_lines(process)
        labels = [label for label in NAMES if any(row[1] == label for row in rows)]
        table, names = [], list(dict.fromkeys(row[0] for row in rows))  # equal scores keep the list's order
        for label in labels:
            spans = [(name, s, min(e, 18.0)) for name, text, s, e in rows if text == label]
            ours = [(name, s, e, p) for name in names for text, s, e, p in found if text == label]
            table.append([average_precision(ours, spans, overlap) for overlap in OVERLAPS])
        table = np.array(table)
        assert report["segment_map"] == pytest.approx(table.mean(), abs=1e-9)
        assert report["segment_map_50"] == pytest.approx(table[:, 0].mean(), abs=1e-9)
        own = {row["label"]: row["average_precision"] for row in report["classes"]}
        assert [own[label] for label in labels] == pytest.approx(table.mean(1).tolist(), abs=1e-9)
        assert all(own[label] is None for label in NAMES if label not in labels)
        assert report["scored"] == 2 and report["method"] == "mean"
        values.append(report["segment_map"])
    assert 0.05 < min(values) < max(values) < 1


def test_a_list_of_what_timeline_finds_is_all_right(folder, found):
    rows = [("a", label, start, end) for label, start, end, _ in found]
    page = folder / "page.html"
    (report,) = json_lines(judge(folder, rows, "--html", page))
    assert report["segment_map"] == 1 and report["segment_map_50"] == 1
    assert "average precision" in page.read_text(encoding="utf-8")
    # Whatever way its path is spelt, a video is one video.
    spelt = [(("a", "./a", f"{folder}//./a")[place % 3], *row[1:]) for place, row in enumerate(rows)]
    (report,) = json_lines(judge(folder, spelt))
    assert report["segment_map"] == 1 and report["scored"] == 1
    # The label for nothing in particular is neither found nor asked for.
    none = rows[1][1]
    (report,) = json_lines(judge(folder, rows, "--none", none))
    own = {row["label"]: row for row in report["classes"]}
    assert own[none]["segments"] == own[none]["found"] == 0 and report["none"] == none


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to look at the page with")
def test_the_page_fits_a_narrow_window(folder, found, tmp_path):
    page = tmp_path / "page.html"
    assert judge(folder, [("a", *row[:3]) for row in found], "--html", page).returncode == 0
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(page)
        browser.call("Emulation.setDeviceMetricsOverride", width=360, height=900, deviceScaleFactor=1, mobile=False)
        browser.wait_for("innerWidth == 360")
        assert browser.run("document.documentElement.scrollWidth") == 360
    finally:
        browser.close()


def test_the_report_states_the_options_that_were_given(folder, found):
    rows = [("a", found[0][0], 0.0, 3.0)]
    (report,) = json_lines(judge(folder, rows))
    assert (report["method"], report["window"], report["step"], report["none"]) == ("mean", 2, 1, None)
    assert not {"threshold", "on", "min_on", "thresholds"} & set(report)

    file = folder / "thresholds.csv"
    file.write_text("label,on,off\n" + "".join(f"{name},0.5,0.25\n" for name in NAMES))
    given = ["--thresholds", file, "--min-on", 0.5, "--half-life", 0, "--margin", 0.125]
    (report,) = json_lines(judge(folder, rows, "--method", "hysteresis", *given))
    assert report["method"] == "hysteresis" and report["thresholds"] == str(file)
    assert (report["min_on"], report["half_life"], report["margin"]) == (0.5, 0, 0.125)

    steps = folder / "steps.txt"
    steps.write_text(f"{found[0][0]}\n")
    given = ["--method", "ordered", "--steps", steps, "--change-cost", 0.5, "--min-duration", 1, "--threshold", 0.25]
    (report,) = json_lines(judge(folder, rows, *given))
    assert report["steps"] == str(steps) and report["threshold"] == 0.25
    assert (report["change_cost"], report["min_duration"]) == (0.5, 1)


def test_what_does_not_go_together_is_refused(folder, found):
    rows = [("a", found[0][0], 0.0, 1.0)]
    assert_error(judge(folder, rows, "--views", "2x1"), "--segments or --views", code=64)
    assert_error(judge(folder, rows, "--on", 0.5), "--on is for --method hysteresis", code=64)
    process = run("eval", folder / "list.csv", "--method", "viterbi", env=ENV)
    assert_error(process, "--method is for --segments", code=64)
    (folder / "whole.csv").write_text(f"a.mp4,{found[0][0]}\n")
    process = run(
        "eval", folder / "whole.csv", "--labels", folder / "labels.txt", "--segments", "--separator", "comma", env=ENV
    )
    assert_error(process, "whole.csv: line 1 has no start and end")

"""Trackers and segments: every number against a program of the rules, and what Python adds to C."""

import random
import re
import threading
import time

import actionclip
import numpy as np
import pytest
from actionclip._library import library
from conftest import ROOT
from tracker_model import NS, TrackerModel


def case(seed):
    """Options and windows of a random case: regular and irregular times, holes, noise and steady stretches."""
    r = random.Random(seed)
    labels, on = r.randint(1, 4), r.choice([0.3, 0.5, 0.7])
    tenths = [0, 1, 3, 7, 15]
    options = {
        "exclusive": r.random() < 0.6, "on": on, "off": on - r.choice([0, 0.1, 0.2]), "margin": r.choice([0, 0, 0.1]),
        "min_on": r.choice(tenths) * NS // 10, "min_off": r.choice(tenths) * NS // 10,
        "half_life": r.choice([0, 0, NS // 3, NS]), "max_event": 0, "update": r.choice([0, NS // 2]),
        "gap": r.choice([0, NS, 2 * NS]), "none": r.choice([-1, -1, 0]),
    }  # fmt: skip
    if r.random() < 0.5:
        options["max_event"] = max(options["min_on"], options["min_off"], r.choice([3, 10, 20]) * NS // 10)
    if r.random() < 0.3:
        options["on"] = [r.choice([0.4, 0.6]) for _ in range(labels)]
        options["off"] = [value - r.choice([0, 0.2]) for value in options["on"]]
    length, hop = r.choice([0, NS // 2, 2 * NS]), r.choice([NS // 8, NS // 4, NS])
    windows, time, end = [], r.randint(-10, 10) * NS, -100 * NS
    scores, speed = [r.random() for _ in range(labels)], r.choice([0.1, 0.3, 1])
    for _ in range(r.randint(1, 60)):
        scores = [min(1, max(0, x + speed * (r.random() - 0.5))) if r.random() < 0.9 else r.random() for x in scores]
        end = max(end + 1, time + length + (0 if r.random() < 0.8 else r.randint(0, hop)))
        windows.append((time, end, [float(np.float32(round(x, 2))) for x in scores]))
        time += r.choice([hop, hop, hop, r.randint(1, 3 * hop)]) + (5 * NS if r.random() < 0.03 else 0)
    return labels, options, windows


def tracker_options(o):
    return actionclip.TrackerOptions(
        mode="exclusive" if o["exclusive"] else "independent", on=o["on"], off=o["off"], margin=o["margin"],
        min_on=o["min_on"] / NS, min_off=o["min_off"] / NS, half_life=o["half_life"] / NS,
        max_event=o["max_event"] / NS, update=o["update"] / NS, gap=o["gap"] / NS,
        none_label=None if o["none"] < 0 else o["none"],
    )  # fmt: skip


def events_of(tracker, windows):
    events = []
    for start, end, scores in windows:
        tracker.push(start, end, scores)
        events += tracker
    tracker.finish()
    return events + list(tracker)


def test_every_number_of_every_event_is_that_of_the_rules():
    total = 0
    for seed in range(400):
        labels, options, windows = case(seed)
        model = TrackerModel(labels, **options)
        for window in windows:
            model.push(*window)
        model.finish()
        with actionclip.Tracker(labels, tracker_options(options)) as tracker:
            events = events_of(tracker, windows)
        rows = [
            (e.kind, e.label, e.number, e.start_ns, e.end_ns, e.decided_ns, e.peak_ns, e.peak, e.mean) for e in events
        ]
        assert [row[:7] for row in rows] == [row[:7] for row in model.events], seed
        expected = [row[7:] for row in model.events]
        assert np.allclose([row[7:] for row in rows], expected, rtol=0, atol=1e-12) or not rows, seed
        total += len(rows)
    assert total > 4000


def test_a_file_gives_the_events_of_a_live_run():
    for seed in range(40):
        labels, options, windows = case(seed)
        chosen = tracker_options(options)
        live = [e for e in events_of(actionclip.Tracker(labels, chosen), windows) if e.kind == "ended"]
        starts, ends, scores = zip(*windows)
        found = actionclip.find_segments(starts, ends, scores, method="hysteresis", tracker=chosen)
        rows = sorted((e.start_ns, e.end_ns, e.label, e.mean) for e in live if e.end_ns > e.start_ns)
        assert sorted((s.start_ns, s.end_ns, s.label, s.score) for s in found) == rows


def steady(labels=3):
    """Labels that take turns of four seconds, and a fifth of a second of noise between them."""
    places = np.arange(160)
    scores = np.full((160, labels), 0.1)
    scores[places, places // 16 % labels] = 0.8
    starts = places * NS // 4
    return starts, starts + 2 * NS, scores


def test_decoders_find_labels_that_take_turns():
    starts, ends, scores = steady()
    expected = [place % 3 for place in range(10)]
    for method in ("mean", "hysteresis", "viterbi"):
        assert [s.label for s in actionclip.find_segments(starts, ends, scores, method=method)] == expected
    first = actionclip.find_segments(starts, ends, scores, method="viterbi", min_duration=1)[0]
    assert (first.start, first.end, first.step) == (0, 1 + 4 - 1 / 8, None) and abs(first.score - 0.8) < 1e-6
    steps = actionclip.find_segments(
        starts, ends, scores, method="ordered", steps=[0, 2, 1, 0], optional=[0, 0, 1, 0], none_score=0.5
    )
    assert [s.step for s in steps if s.label is not None] in ([0, 1, 2, 3], [0, 1, 3])
    assert {s.label for s in steps} >= {None, 0, 2}


def test_mean_is_the_mean_over_the_windows_of_every_frame():
    r = np.random.default_rng(4)
    for _ in range(40):
        count, length, step, labels = 60, int(r.integers(1, 12)), int(r.integers(1, 9)), int(r.integers(1, 4))
        starts = np.arange(0, count - length + 1, step)
        scores = r.integers(0, 9, (len(starts), labels)) / 8
        thresholds = r.choice([0.0, 0.4, 0.6], labels)
        rows = []  # (start, end, label) of each run of frames
        for frame in range(count):
            over = (starts <= frame) & (frame < starts + length)
            if over.any():
                means = scores[over].mean(0)
                best = int(means.argmax())
                label = best if means[best] >= thresholds[best] else None
                if rows and rows[-1][1] == frame and rows[-1][2] == label:
                    rows[-1] = (rows[-1][0], frame + 1, label)
                else:
                    rows.append((frame, frame + 1, label))
        found = actionclip.find_segments(starts, starts + length, scores, thresholds=thresholds)
        assert [(s.start_ns, s.end_ns, s.label) for s in found] == rows


def test_thresholds_come_from_spans():
    starts, ends, scores = steady()
    spans = [(k % 3, int((4 * k + 7 / 8) * NS) if k else 0, int((4 * k + 4 + 7 / 8) * NS)) for k in range(10)]
    found = actionclip.suggest_thresholds(
        starts, ends, scores, spans, tracker=actionclip.TrackerOptions(half_life=0)
    )
    assert (found.f1 > 0.97).all() and (found.on > 0.1).all() and (found.off <= found.on).all()
    chosen = actionclip.TrackerOptions(on=found.on, off=list(found.off), half_life=0)
    assert len(actionclip.find_segments(starts, ends, scores, method="hysteresis", tracker=chosen)) == 10
    none = actionclip.suggest_thresholds(starts, ends, scores, spans[:1])
    assert np.isnan(none.f1[1:]).all() and none.on[1] == 0.4 and none.off[2] == 0.3


def test_a_refused_window_changes_nothing():
    tracker = actionclip.Tracker(2)
    tracker.push(0, NS, [0.9, 0.1])
    for start, end, scores in ((0, NS, [1, 0]), (1, 2 * NS, [1, float("nan")]), (1, 2 * NS, [1])):
        with pytest.raises(actionclip.ArgumentError):
            tracker.push(start, end, scores)
    tracker.push(1, 2 * NS, [0.9, 0.1])
    tracker.finish()
    assert [event.kind for event in tracker] == ["started", "ended"]
    with pytest.raises(actionclip.ArgumentError, match="reset"):
        tracker.push(2, 3 * NS, [1, 0])
    tracker.reset(3)
    tracker.push(0, 1, [1, 0, 0])
    tracker.close()
    with pytest.raises(actionclip.ArgumentError):
        tracker.next()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "both"}, {"on": "high"}, {"on": [0.5]}, {"off": [0.1, None]}, {"off": 0.6}, {"margin": -1},
        {"min_on": -1}, {"min_off": "short"}, {"gap": float("nan")}, {"half_life": 1e10}, {"none_label": 2},
        {"none_label": -1}, {"max_event": 0.1},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(wrong):
    with pytest.raises((actionclip.ArgumentError, actionclip.ArgumentTypeError)):
        actionclip.Tracker(2, actionclip.TrackerOptions(**wrong))


def test_wrong_arguments_are_refused():
    starts, ends, scores = steady()
    wrong = (actionclip.ArgumentError, actionclip.ArgumentTypeError)
    for change in (
        {"method": "best"}, {"steps": [3], "method": "ordered"}, {"method": "ordered"}, {"thresholds": [1, 2]},
        {"change_cost": float("nan"), "method": "viterbi"}, {"tracker": {"on": 1}, "method": "hysteresis"},
        {"steps": [0, 1], "optional": [True], "method": "ordered"}, {"optional": [True], "method": "viterbi"},
        {"steps": [0, 1], "min_duration": 30.0, "method": "ordered"},
    ):  # fmt: skip
        with pytest.raises(wrong):
            actionclip.find_segments(starts, ends, scores, **change)
    for times in (starts[:-1], starts / 1e9, starts[::-1]):
        with pytest.raises(wrong):
            actionclip.find_segments(times, ends, scores)
    for spans in ([(0, 1)], [(3, 0, 1)], [(0, 1, 1)], [], 5):
        with pytest.raises(wrong):
            actionclip.suggest_thresholds(starts, ends, scores, spans)
    with pytest.raises(wrong):
        actionclip.Tracker(0)
    with pytest.raises(wrong):
        actionclip.Tracker(1).push(0, 2**63, [1])


def test_scores_of_one_window_may_be_the_row_of_a_matrix():
    rows = []
    for row in ([0.9, 0.1], [[0.9, 0.1]], np.array([[0.9, 0.1]])):
        tracker = actionclip.Tracker(2)
        tracker.push(0, 4 * NS, row)
        rows.append(list(tracker))
    assert len(rows[0]) == 1 and rows[0] == rows[1] == rows[2]
    for wrong, said in (([[0.9, 0.1]] * 2, "one row of scores"), (0.9, "1 or 2 dimensions")):
        with pytest.raises(actionclip.ArgumentError, match=said):
            tracker.push(1, 5 * NS, wrong)


def test_defaults_are_the_library_s_in_python_in_the_header_and_on_the_page():
    struct, ours = library().defaults("tracker_options"), actionclip.TrackerOptions()
    header = (ROOT / "include" / "actionclip.h").read_text(encoding="utf-8").split("actionclip_tracker_options {")[1]
    page = dict(re.findall(r"^\| `(.*)` \| (.*?) \|", (ROOT / "docs" / "EVENTS.md").read_text("utf-8"), re.MULTILINE))
    page = {name: text.split(", ")[place] for names, text in page.items()
            for place, name in enumerate(names.split("`, `"))}  # fmt: skip
    for name in ("on", "off", "margin", "min_on", "min_off", "half_life", "max_event", "update", "gap"):
        field = name if name in ("on", "off", "margin") else f"{name}_ns"
        value = getattr(struct, field) / (1 if field == name else NS)
        said = re.search(rf"\b{field};[^\n]*?([0-9.]+)( s)? by default", header)
        assert said and float(said[1]) == value == getattr(ours, name), field
        assert float(re.match("[0-9.]+", page[field])[0]) == value, field
    assert ours.mode == "exclusive" and struct.mode == 0 and ours.none_label is None and struct.none_label == -1


def test_one_thread_pushes_and_another_takes():
    starts, ends, scores = steady()
    tracker, events = actionclip.Tracker(3), []

    def take():
        while not events or events[-1].end_ns != ends[-1]:
            events.extend(tracker)
            time.sleep(0.0001)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    for window in zip(starts.tolist(), ends.tolist(), scores):
        while True:
            try:
                tracker.push(*window)
                break
            except actionclip.ArgumentError as error:  # too many events wait
                assert error.status == -11
                time.sleep(0.001)
    tracker.finish()
    thread.join(10)
    assert [event.kind for event in events] == ["started", "ended"] * 10


def test_a_longest_event_that_is_too_short_is_refused_in_seconds():
    with pytest.raises(actionclip.ArgumentError) as error:
        actionclip.Tracker(1, actionclip.TrackerOptions(min_on=1, min_off=0.25, max_event=0.1))
    assert error.value.message == "max_event is 0.1 s, less than min_on, 1 s, or min_off, 0.25 s"

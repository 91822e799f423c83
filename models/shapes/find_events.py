#!/usr/bin/env python3
"""Events in videos cut from clips of different actions: the tables of docs/EVENTS.md.

    python3 find_events.py [VIDEOS]

Half of the videos choose options and thresholds, the other half is judged: ActivityNet's mean average precision of
segments, and how long after its beginning an action is reported live. Needs bindings/python on PYTHONPATH (or installed)
and the library.
"""
import dataclasses
import itertools
import sys

import actionclip
import numpy as np

from shapes.render import video_frames
from shapes.scene import make_scene
from shapes.video import RATE

NONE = "staying still"
LABELS = ("moving left", "moving right", "moving up", "moving down", "growing", "shrinking", "spinning clockwise",
          "blinking", NONE)
NS, SIDE, FRAMES = 1_000_000_000, 144, 8
EVERY = RATE // 4  # a frame in 0.24 s is sampled, and each ends a window
OVERLAPS = np.arange(0.5, 0.96, 0.05)


def cut_video(seed):
    """-> sampled frames uint8 [N, SIDE, SIDE, 3] of eight clips in a row, and rows of (label, start, end) in
    nanoseconds. Clips last 2.5 to 6 seconds; in every second one nothing moves."""
    rng = np.random.default_rng([9, seed])
    frames, spans, time = [], [], 0
    for part in range(8):
        label = LABELS.index(NONE) if part % 2 else int(rng.integers(len(LABELS) - 1))
        count = int(rng.integers(5 * RATE // 2, 6 * RATE))
        scene = make_scene("compositions", 77, 8 * seed + part, LABELS[label])
        frames.append(video_frames(scene, count, SIDE, rng))
        spans.append((label, time * NS // RATE, (time + count) * NS // RATE))
        time += count
    return np.concatenate(frames)[::EVERY], spans


def windows_of(model, texts, frames):
    """-> times and probabilities of the windows over sampled frames, as a stream has them."""
    ends = np.arange(FRAMES - 1, len(frames))
    joined = np.concatenate([model.encode_frames(frames[end - FRAMES + 1 : end + 1]) for end in ends])
    times = np.arange(len(frames)) * EVERY * NS // RATE
    return times[ends - FRAMES + 1], times[ends], actionclip.probabilities(joined, texts)


def average_precision(found, spans, overlap):
    """ActivityNet's: `found` are (video, start, end, score), `spans` (video, start, end) of one label."""
    free, right = {span: True for span in spans}, []
    for video, start, end, _ in sorted(found, key=lambda row: -row[3]):
        best, place = overlap, None
        for span in free:
            shared = min(end, span[2]) - max(start, span[1])
            share = shared / (max(end, span[2]) - min(start, span[1]))
            if span[0] == video and free[span] and share >= best:
                best, place = share, span
        right.append(place is not None)
        if place:
            free[place] = False
    hits = np.cumsum(right)
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1] if right else []
    return sum(p for p, r in zip(precision, right) if r) / len(spans)


def measure(videos, **options):
    """-> average precisions [labels, overlaps] of a way to find segments, and the numbers of its and of all segments."""
    found = {label: [] for label in range(len(LABELS) - 1)}
    for number, (starts, ends, scores, _) in enumerate(videos):
        for s in actionclip.find_segments(starts, ends, scores, none_label=len(LABELS) - 1, **options):
            if s.label is not None:
                found[s.label].append((number, s.start_ns, s.end_ns, s.score))
    spans = {label: [(n, s, e) for n, v in enumerate(videos) for k, s, e in v[3] if k == label] for label in found}
    table = np.array([[average_precision(found[k], spans[k], o) for o in OVERLAPS] for k in found if spans[k]])
    return table, sum(map(len, found.values())), sum(map(len, spans.values()))


def judge(name, videos, **options):
    """Prints the mAP of a way to find segments, at overlaps of 0.5, of 0.75 and over all, and how many it finds."""
    table, count, expected = measure(videos, **options)
    print(f"| {name} | {100 * table[:, 0].mean():.1f} | {100 * table[:, 5].mean():.1f} | {100 * table.mean():.1f} | "
          f"{count} of {expected} |")


def try_options(videos, plain):
    """Prints the best mAP that each value of each option of a tracker has with any values of the others."""
    values = {"half_life": (0, 0.25, 0.5, 0.75, 1), "min_on": (0, 0.5, 1, 1.5), "min_off": (0, 0.5, 1),
              "on": (0.3, 0.4, 0.5, 0.6), "off": (0.1, 0.2, 0.3, 0.4), "margin": (0, 0.1)}
    best = {}
    for chosen in itertools.product(*values.values()):
        named = dict(zip(values, chosen))
        if named["off"] < named["on"]:
            tracker = dataclasses.replace(plain, **named)
            mean = measure(videos, method="hysteresis", tracker=tracker)[0].mean()
            for row in named.items():
                best[row] = max(best.get(row, 0), mean)
    for name in values:
        print(f"{name:9}", "  ".join(f"{value}: {100 * best[name, value]:.1f}" for value in values[name]))


def delays(videos, reports):
    """From each action's beginning to the report of it, in seconds; and the number of reports that are wrong."""
    times, false = [], 0
    for (_, _, _, spans), told in zip(videos, reports):
        for label, start, end in spans:
            if label < len(LABELS) - 1:
                right = [t for k, t in told if k == label and start <= t < end + 2 * NS]
                times.append((min(right) - start) / NS if right else np.inf)
        false += sum(not any(k == label and s <= t < e + 2 * NS for label, s, e in spans) for k, t in told)
    return np.array(times), false


def tell(name, videos, reports):
    times, false = delays(videos, reports)
    print(f"| {name} | {np.median(times):.2f} s | "
          f"{np.isfinite(times).mean():.0%} | {false} |")


def best_of_each_window(video):
    """Reports of a host that shows the best label of each window."""
    _, ends, scores, _ = video
    best = scores.argmax(1)
    return [(int(k), int(t)) for k, t, before in zip(best, ends, [-1, *best]) if k != before and k < len(LABELS) - 1]


def started(video, options):
    starts, ends, scores, _ = video
    told = []
    with actionclip.Tracker(len(LABELS), options) as tracker:
        for start, end, row in zip(starts.tolist(), ends.tolist(), scores):
            tracker.push(start, end, row)
            told += [(event.label, event.decided_ns) for event in tracker if event.kind == "started"]
    return told


def suggested(videos, options):
    """Thresholds that videos choose: one after the other, with a hole between them."""
    starts, ends, scores, spans, shift = [], [], [], [], 0
    for first, last, rows, told in videos:
        starts, ends, scores = [*starts, *(first + shift)], [*ends, *(last + shift)], [*scores, *rows]
        spans += [(k, s + shift, e + shift) for k, s, e in told]
        shift = ends[-1] + 10 * NS
    return actionclip.suggest_thresholds(starts, ends, np.array(scores), spans, tracker=options)


def main(count):
    with actionclip.Model(threads=1) as model:
        texts = model.encode_labels(list(LABELS))
        videos = []
        for seed in range(count):
            frames, spans = cut_video(seed)
            videos.append((*windows_of(model, texts, frames), spans))
    chosen, judged = videos[: count // 2], videos[count // 2 :]
    none = len(LABELS) - 1
    plain = actionclip.TrackerOptions(none_label=none)
    print(f"{len(chosen)} videos: the best mAP 0.5 to 0.95 of each option")
    try_options(chosen, plain)
    raw = dataclasses.replace(plain, half_life=0)
    found = suggested(chosen, plain)
    tuned = dataclasses.replace(plain, on=found.on, off=found.off)
    trackers = {"defaults": plain, "without smoothing": raw, "suggested thresholds": tuned}
    print("on ", np.round(found.on, 2), "\noff", np.round(found.off, 2), "\nF1 ", np.round(found.f1, 2))
    print(f"\n{len(judged)} videos\n\n| segments by | mAP at 0.5 | at 0.75 | mAP 0.5 to 0.95 | segments |")
    print("|---|---|---|---|---|")
    judge("mean", judged)
    for name, options in trackers.items():
        judge(f"hysteresis, {name}", judged, method="hysteresis", tracker=options)
    judge("viterbi, at least 2 s", judged, method="viterbi", min_duration=2.0)
    print("\n| live | median delay | reported | wrong reports |\n|---|---|---|---|")
    tell("best label of each window", judged, [best_of_each_window(video) for video in judged])
    for name, options in trackers.items():
        tell(f"tracker, {name}", judged, [started(video, options) for video in judged])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 48)

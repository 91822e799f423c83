#!/usr/bin/env python3
"""The paper's comparison in miniature.

    python3 compare.py train --sets sets [NAME...]     trains and scores; logs/NAME.json for each
    python3 compare.py report                          logs/*.json -> docs/RESULTS.md

Every run starts from stage 1 (pretrained/) and takes the same number of steps from the same clips, unless it says
otherwise. A run whose log is there already is left alone.
"""
import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOGS, REPORT = HERE / "logs", HERE.parents[1] / "docs" / "RESULTS.md"
SPLITS = ("compositions", "actions", "backgrounds")
STEPS = 1000

OPTIONS = ("MeanP", "Conv_1D", "LSTM", "Transf", "Transf_cls", "shift", "shift+Transf", "joint")
# name: (section, how it is called there, arguments of train.py)
RUNS = {o: ("options", o, ["--option", o]) for o in OPTIONS}
RUNS |= {
    "scratch": ("pretraining", "without stage 1", ["--from-scratch"]),
    "classifier": ("language", "a plain classification head", ["--classifier"]),
    "bare": ("prompts", "trained with bare labels", ["--bare"]),
    "frames4": ("frames", "4", ["--frames", "4"]),
    "frames16": ("frames", "16", ["--frames", "16", "--batch", "24"]),
}
for k in (1, 2, 4, 8):
    RUNS[f"shots{k}"] = ("shots", f"{k}, words", ["--shots", str(k), "--steps", "300"])
    RUNS[f"shots{k}-classifier"] = ("shots", f"{k}, plain head", ["--shots", str(k), "--steps", "300", "--classifier"])


def train(args):
    from score import score_run
    LOGS.mkdir(exist_ok=True)
    for name in args.names or RUNS:
        log, out = LOGS / f"{name}.json", args.runs / name
        if log.exists():
            continue
        options = RUNS[name][2]
        own = [a for a in ("--steps", "--option") if a not in options]
        defaults = {"--steps": str(STEPS), "--option": "shift+Transf"}
        command = [sys.executable, "train.py", "finetune", "--pretrained", str(HERE / "pretrained/checkpoint.pt"), "--out", str(out),
                   "--threads", str(args.threads), "--check-clips", "0", *options,
                   *(v for a in own for v in (a, defaults[a]))]
        print(name, flush=True)
        subprocess.run(command, cwd=HERE, check=True)
        run = json.loads((out / "run.json").read_text())
        curve = (out / "curve.csv").read_text().splitlines()
        results = score_run(out / "checkpoint.pt", [args.sets / s for s in SPLITS], agree=True)
        log.write_text(json.dumps({"run": run, "curve": curve, "results": results}, indent=1) + "\n")


def interval(share, count):
    """Wilson's 95 % interval of a share."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half


def percent(share, count):
    low, high = interval(share, count)
    return f"{100 * share:.1f} ({100 * low:.1f} - {100 * high:.1f})"


SECTIONS = (
    ("options", "Temporal options", "option", OPTIONS),
    ("pretraining", "With and without pre-training", "", ("shift+Transf", "scratch")),
    ("language", "Words against a plain classification head, same encoder", "", ("shift+Transf", "classifier")),
    ("prompts", "Prompts against bare labels", "", ("shift+Transf", "bare")),
    ("shots", "Few clips of each action", "clips of each action", tuple(n for n in RUNS if n.startswith("shots"))),
    ("frames", "Frames", "frames", ("frames4", "shift+Transf", "frames16")),
)
DEFAULT_NAMES = {"pretraining": "with stage 1", "language": "words", "prompts": "trained with prompts", "frames": "8"}


def row(section, name, log):
    called = DEFAULT_NAMES.get(section, RUNS[name][1]) if name == "shift+Transf" else RUNS[name][1]
    by = {r["split"]: r for r in log["results"]}
    unseen = by["actions"]
    cells = [percent(by[s]["top1"], by[s]["videos"]) for s in ("compositions", "backgrounds")]
    cells.append("-" if "classifier" in name else percent(unseen["top1"], unseen["videos"]))
    pairs = by["compositions"]
    cells.append(percent(pairs["order_pairs"], pairs["order_videos"]))
    return f"| {called} | " + " | ".join(cells) + " |"


def report():
    logs = {n: json.loads((LOGS / f"{n}.json").read_text()) for n in RUNS if (LOGS / f"{n}.json").exists()}
    if not logs:
        sys.exit("no logs yet: compare.py train")
    sets = {r["split"]: r for r in next(iter(logs.values()))["results"]}
    lines = ["# The paper's comparison in miniature", "",
             "Made by `python3 models/shapes/compare.py report` from the logs in `models/shapes/logs`. "
             "Top-1 in per cent with Wilson's 95 % interval, on H.264 files decoded, preprocessed, encoded and scored by "
             "the library: " + ", ".join(f"{sets[s]['videos']} videos of {what}" for s, what in (
                 ("compositions", "held-out colour, shape and action compositions"),
                 ("backgrounds", "held-out compositions before unseen backgrounds"),
                 ("actions", "nine actions never trained on, among all 62 labels"))) + ". "
             "*Order* is the share of the first set's videos whose label beats its time reversal, for actions that have one. "
             f"Every run: {STEPS} steps of 48 clips from the same stage 1, unless it says otherwise.", ""]
    for section, title, column, names in SECTIONS:
        names = [n for n in names if n in logs]
        if names:
            lines += [f"## {title}", "", f"| {column} | compositions | backgrounds | unseen actions | order |",
                      "|---|---|---|---|---|", *(row(section, n, logs[n]) for n in names), ""]
    worst = min(r["cosine_lowest"] for log in logs.values() for r in log["results"])
    videos = sum(r["videos"] for log in logs.values() for r in log["results"])
    same = sum(r["videos"] * r["same_top1"] for log in logs.values() for r in log["results"])
    lines += ["## PyTorch and the library", "",
              f"Over all runs above: the same top-1 on {round(same)} of {videos} videos, lowest cosine of the two video "
              f"embeddings {worst:.7f}.", ""]
    REPORT.write_text("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("train", "report"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sets", type=Path, default=HERE / "sets")
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    train(chosen) if chosen.what == "train" else report()

#!/usr/bin/env python3
"""The paper's comparison in miniature.

    python3 compare.py train --sets sets [NAME...]     trains and scores; logs/NAME.json for each
    python3 compare.py shipped --sets sets RUN         scores the default model, made of RUN; logs/shipped.json
    python3 compare.py again --sets sets RUN           scores a run of the default model's recipe, or of the
                                                       comparison's shift+Transf; logs/again.json, again-short.json
    python3 compare.py report                          logs/*.json, logs/causal.csv -> docs/RESULTS.md

Every run starts from stage 1 (pretrained/) and takes the same number of steps from the same clips, unless it says
otherwise. A run whose log is there already is left alone. causal.csv has the rounded shares of causal temporal shift,
of runs by hand (NOTES.md).
"""
import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOGS, REPORT = HERE / "logs", ROOT / "docs" / "RESULTS.md"
SHIPPED = ROOT / "models" / "actionclip-shapes.safetensors"
SPLITS = ("compositions", "actions", "backgrounds")
STEPS = 800

OPTIONS = ("MeanP", "Conv_1D", "LSTM", "Transf", "Transf_cls", "shift", "shift+Transf", "joint")
# name: (section, how it is called there, arguments of tune.py)
RUNS = {o: ("options", o, ["--option", o]) for o in OPTIONS}
RUNS |= {
    "scratch": ("pretraining", "without stage 1", ["--from-scratch"]),
    "classifier": ("language", "a plain classification head", ["--classifier"]),
    "bare": ("prompts", "bare labels, trained and scored", ["--bare"]),
    "frames4": ("frames", "4", ["--frames", "4"]),
    "frames16": ("frames", "16, half as many clips a step", ["--frames", "16", "--batch", "24"]),
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
        command = [sys.executable, "tune.py", "--out", str(out), "--threads", str(args.threads), "--clips", "0",
                   *options, *(v for a in own for v in (a, defaults[a]))]
        print(name, flush=True)
        subprocess.run(command, cwd=HERE, check=True)
        run = json.loads((out / "run.json").read_text())
        prompts = ["{}"] if "--bare" in options else None
        results = score_run(out / "checkpoint.pt", [args.sets / s for s in SPLITS], agree=True, templates=prompts)
        log.write_text(json.dumps({"run": run, "curve": curve(out), "results": results,
                                   "single_file": same_bits(out, args.sets / SPLITS[0])}, indent=1) + "\n")


def curve(run, every=50):
    """A run's curve.jsonl, thinned: the mean losses of so many steps, as lines of CSV."""
    rows = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    lines = []
    for end in range(every, len(rows) + 1, every):
        part = rows[end - every : end]
        mean = {"step": end, "loss": np.mean([row["loss"] for row in part]),
                "right": np.mean([row["accuracy"] for row in part])}
        mean |= {name: np.mean([row["auxiliary"][name] for row in part]) for name in part[0]["auxiliary"]}
        mean |= {"scale": part[-1]["scale"], "rate": part[-1]["rate"]}
        lines += [",".join(mean)] if not lines else []
        lines.append(",".join(f"{value:.5g}" for value in mean.values()))
    return lines


def run_frames(run):
    return json.loads((run / "run.json").read_text())["sizes"]["frames"]


def same_bits(run, folder, count=60):
    """On how many of a set's first videos the model packed as a single file gives the same bits."""
    import actionclip
    from pack import pack
    files = [v["file"] for v in json.loads((folder / "index.json").read_text())["videos"][:count]]
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch) / "packed.safetensors"
        pack(run, packed, "fp32")
        plain = actionclip.Model(run / "checkpoint.pt", tokenizer=run / "merges.txt", frames=run_frames(run))
        with plain as one, actionclip.Model(packed) as other:
            same = [one.encode_video(folder / f).tobytes() == other.encode_video(folder / f).tobytes() for f in files]
    return {"videos": len(same), "same_bits": sum(same)}


def by_command(folder, *arguments):
    """Top-1 on a set as `actionclip eval` measures it with the default model."""
    done = subprocess.run(
        [ROOT / "build/bin/actionclip", "eval", folder / "list.csv", "--labels", folder / "labels.txt",
         "--model", SHIPPED, "--json", "-", *arguments], stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    return {"videos": told["scored"], "top1": told["top1"]["accuracy"]}


def shipped(args):
    from score import score_run
    run, sets = Path(args.names[0]), [args.sets / s for s in SPLITS]
    compositions = sets[0]
    (LOGS / "shipped.json").write_text(json.dumps({
        "run": json.loads((run / "run.json").read_text()), "curve": curve(run),
        "results": score_run(run / "checkpoint.pt", sets, agree=True),
        "single_file": score_run(run / "checkpoint.pt", sets, agree=True, file=SHIPPED),
        "bare": score_run(run / "checkpoint.pt", sets, templates=["{}"], file=SHIPPED),
        "views": {v: by_command(compositions, "--views", v) for v in ("1x1", "2x1", "4x1")},
    }, indent=1) + "\n")


def again(args):
    from score import score_run
    run = Path(args.names[0])
    told = json.loads((run / "run.json").read_text())
    name = "again-short" if told["arguments"]["steps"] == STEPS else "again"
    (LOGS / f"{name}.json").write_text(json.dumps({
        "run": told, "curve": curve(run),
        "results": score_run(run / "checkpoint.pt", [args.sets / s for s in SPLITS], agree=True),
    }, indent=1) + "\n")


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
    ("shots", "Few clips of each action (300 steps, no compound actions)", "clips of each action",
     tuple(n for n in RUNS if n.startswith("shots"))),
    ("frames", "Frames", "frames", ("frames4", "shift+Transf", "frames16")),
)
DEFAULT_NAMES = {"pretraining": "with stage 1", "language": "words", "prompts": "prompts", "frames": "8"}
HEADS = ("compositions", "backgrounds", "unseen actions", "order")


def table(first, heads, rows, names=1):
    """Lines of Markdown. The first `names` columns are one text, with bars between them."""
    return [f"| {first} | " + " | ".join(heads) + " |", "|---" * (len(heads) + names) + "|",
            *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows), ""]


def cells(results, unseen=True):
    """One for each of HEADS."""
    by = {r["split"]: r for r in results}
    made = {s: percent(by[s]["top1"], by[s]["videos"]) for s in SPLITS}
    order = percent(by["compositions"]["order_pairs"], by["compositions"]["order_videos"])
    return [made["compositions"], made["backgrounds"], made["actions"] if unseen else "-", order]


def causal_runs(sets, order_videos):
    """The rows of causal.csv, each with its cells for HEADS."""
    for row in csv.DictReader((LOGS / "causal.csv").open()):
        counts = {s: sets[s]["videos"] for s in SPLITS} | {"order": order_videos}
        shown = ("compositions", "backgrounds", "actions", "order")
        yield row, [percent(float(row[s]) / 100, counts[s]) for s in shown]


def causal_lines(runs):
    """The section on causal temporal shift."""
    rows = []
    for row, made in runs:
        steps = f"{int(row['steps']):,} steps"
        misuse = ": another network than was trained" if row["run"] != row["trained"] else ""
        rows.append((f"{row['head']} | {row['trained']}, {steps} | {row['run']}{misuse}", made))
    return ["## Temporal shift, two-sided and causal", "",
            "Causal shift shows a frame the one before it and none after, so a stream encodes each frame once "
            "([STREAMS](STREAMS.md)). Intervals are those of the rounded shares. Two-sided, Transf, 5,000 steps is the "
            "default model.", "", *table("head | trained | run", HEADS, rows, names=3)]


def agreement(logs):
    """PyTorch's and the library's answers for the same videos, over all of `logs`' results."""
    every = [r for results in logs for r in results]
    videos, same = sum(r["videos"] for r in every), sum(round(r["videos"] * r["same_top1"]) for r in every)
    return f"the same top-1 on {same} of {videos} videos, lowest cosine {min(r['cosine_lowest'] for r in every):.7f}"


def shipped_lines(log):
    results = log["single_file"]
    told = log["run"]["arguments"]
    rows = [("16 templates", cells(results)), ("the bare label", cells(log["bare"]))]
    lines = ["## The default model", "",
             f"`models/actionclip-shapes.safetensors`: {log['run']['option']}, {log['run']['parameters']:,} weights, "
             f"{told['steps']} steps of fine-tuning.", "", *table("prompts", HEADS, rows)]
    lines += ["One clip a video is the rule above; more clips take the frames between, and scores are averaged "
              "(`actionclip eval --views`). The videos are square: three crops of one would be the same picture.", "",
              *table("views", ("compositions",), [
                  (v, [percent(r["top1"], r["videos"])]) for v, r in log["views"].items()])]
    unseen = next(r for r in results if r["split"] == "actions")
    taken = unseen["taken_for"]
    lines += ["The actions never trained on:", "",
              *table("action", ("top-1", "most often taken for"),
                     [(a, [f"{100 * v:.0f}", taken[a][0][0] if a in taken else ""]) for a, v in unseen["each"].items()])]
    worst = next(r for r in results if r["split"] == "compositions")
    low = sorted(worst["each"].items(), key=lambda kv: kv[1])[:5]
    lines += ["The trained actions it knows least, among the compositions: "
              + ", ".join(f"{a} ({100 * v:.0f})" for a, v in low) + ".", "",
              f"PyTorch and the library: from the checkpoint, {agreement([log['results']])}; from the single file, "
              f"{agreement([log['single_file']])}.", ""]
    return lines


def again_lines(default, log, before_short, short):
    told = log["run"]["arguments"]
    rows = [("the program before", cells(default["results"])), ("`tune.py`", cells(log["results"]))]
    if before_short and short:
        rows += [(f"the program before, {STEPS} steps", cells(before_short["results"])),
                 (f"`tune.py`, {STEPS} steps", cells(short["results"]))]
    return ["## Its recipe again", "",
            "The default model was trained by a program of its own, which `tune.py`, on the [trainer](../trainer/README.md), "
            f"has replaced. The same recipe by `tune.py`: {told['steps']} steps of {told['batch']} clips, from the same start and with "
            f"the same clips. PyTorch and the library: {agreement([log['results']])}.", "",
            *table("trained by", HEADS, rows)]


def report():
    paths = {name: LOGS / f"{name}.json" for name in (*RUNS, "shipped", "again", "again-short")}
    logs = {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}
    if not logs:
        sys.exit("no logs yet: compare.py train")
    sets = {r["split"]: r for r in next(iter(logs.values()))["results"]}
    causal = list(causal_runs(sets, sets["compositions"]["order_videos"]))
    default, again_log, short = (logs.pop(name, None) for name in ("shipped", "again", "again-short"))
    lines = ["# The paper's comparison in miniature", "",
             "Made by `python3 models/shapes/compare.py report` from the logs in `models/shapes/logs`. "
             "Top-1 in per cent with Wilson's 95 % interval, on H.264 files decoded, preprocessed, encoded and scored "
             "by the library: " + ", ".join(f"{sets[s]['videos']} videos of {what}" for s, what in (
                 ("compositions", "held-out colour, shape and action compositions"),
                 ("backgrounds", "held-out compositions before unseen backgrounds"),
                 ("actions", "nine actions never trained on, among all 62 labels"))) + ". "
             "*Order* is the share of the first set's videos whose label beats its time reversal, for actions that "
             "have one: chance is 50.", ""]
    lines += shipped_lines(default) if default else []
    lines += again_lines(default, again_log, logs.get("shift+Transf"), short) if default and again_log else []
    if logs:
        lines += [f"Every run below: {STEPS} steps of 48 clips from the same stage 1 with shift + Transf, unless it "
                  "says otherwise. They are short: what they show is the difference, not what could be reached.", ""]
    for section, title, column, names in SECTIONS:
        names = [n for n in names if n in logs]
        called = lambda n: DEFAULT_NAMES.get(section, RUNS[n][1]) if n == "shift+Transf" else RUNS[n][1]
        if names:
            rows = [(called(n), cells(logs[n]["results"], "classifier" not in n)) for n in names]
            if section == "options":
                rows += [("causal" if row["head"] == "MeanP" else f"causal+{row['head']}", made)
                         for row, made in causal
                         if row["trained"] == row["run"] == "causal" and int(row["steps"]) == STEPS]
            lines += [f"## {title}", "", *table(column, HEADS, rows)]
            lines += causal_lines(causal) if section == "options" else []
    if logs:
        lines += ["## PyTorch and the library", "",
                  f"Over all these runs: {agreement([log['results'] for log in logs.values()])}. Packed as a "
                  f"single file, the same bits on {sum(log['single_file']['same_bits'] for log in logs.values())} of "
                  f"{sum(log['single_file']['videos'] for log in logs.values())} videos.", ""]
    REPORT.write_text("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("train", "shipped", "again", "report"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sets", type=Path, default=HERE / "sets")
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_intermixed_args()
    {"train": train, "shipped": shipped, "again": again, "report": lambda _: report()}[chosen.what](chosen)

#!/usr/bin/env python3
"""What deeper fusion of videos and labels buys: labels that look at a video's patches before the two are compared, beside
the plain cosine, from the same start, with the same clips and steps.

    python3 fusion.py run [NAME...]     trains and measures; logs/fusion/NAME.json for each
    python3 fusion.py report            logs/fusion/*.json -> docs/FUSION.md and docs/fusion.svg (needs matplotlib)

A run whose log is there is left alone, and one that was cut off goes on. The runs stand in the order of what they tell. They
are measured on clips as they are made, without video files, by PyTorch: the library does not run such labels.
"""
import argparse
import json
import math
import os
import resource
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
from compare import curve, percent, table  # noqa: E402
from studies import missing_line, read_logs, run_missing  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "trainer"))
LOGS, DOCS = HERE / "logs" / "fusion", HERE.parents[1] / "docs"
STEPS, SEEDS = 700, (2109, 2110)
#: Clips that are measured, of a seed that no training has.
CLIPS, CLIP_SEED = {"compositions": 1060, "backgrounds": 530, "actions": 450}, 7
MEASURES = {"compositions": "trained labels", "backgrounds": "before unseen backgrounds", "actions": "unseen actions",
            "order": "order"}  # fmt: skip
LABELS = {"plain": "plain cosine", "frames": "labels see each frame's patches",
          "mean": "labels see patches averaged over frames"}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """labels: "plain", or what labels see of a video. option: the temporal option of the video's side."""

    labels: str
    option: str
    seed: int

    @property
    def name(self):
        return f"{self.option}-{self.labels}-{self.seed}"

    @property
    def plain(self):
        return Run("plain", self.option, self.seed)


def grid():
    first, second = SEEDS
    wanted = [("plain", "shift+Transf", first), ("frames", "shift+Transf", first), ("plain", "MeanP", first),
              ("frames", "MeanP", first), ("plain", "shift+Transf", second), ("frames", "shift+Transf", second),
              ("mean", "shift+Transf", first), ("mean", "shift+Transf", second)]  # fmt: skip
    return {run.name: run for run in (Run(*each) for each in wanted)}


def train(run, args):
    """Its log."""
    out = args.runs / run.name
    command = [sys.executable, "tune.py", "--out", out, "--option", run.option, "--seed", run.seed, "--steps", args.steps,
               "--batch", args.batch, "--clips", 0, "--threads", args.threads, "--workers", args.workers]  # fmt: skip
    command += [] if run.labels == "plain" else ["--labels-see", run.labels]
    command += ["--kept", args.kept] if args.kept else []
    begun, before = steps_done(out), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(list(map(str, command)), cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    seconds = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before) / max(args.steps - begun, 1)
    told = json.loads((out / "run.json").read_text())
    log = {"run": vars(run), "steps": args.steps, "batch": args.batch, "parameters": told["parameters"],
           "processor seconds a step": round(seconds, 3), "curve": curve(out), "right": measured(out, args)}  # fmt: skip
    if run.labels != "plain":
        log["gate closed"] = measured(out, args, closed=True)
    return log


def steps_done(out):
    """The steps of a run that was cut off, which its next process does not take again."""
    import torch

    state = out / "state.pt"
    return torch.load(state, weights_only=True)["training"]["step"] if state.exists() else 0


def measured(out, args, closed=False):
    """By measure, a string of 1 for each clip that is right and 0 for each that is not. closed: labels gain nothing."""
    import torch
    from actionclip_trainer.data import TensorSource, Texts
    from actionclip_trainer.evaluation import cosines
    from actionclip_trainer.files import read_weights
    from shapes.captions import REFERENCE_TEMPLATES
    from shapes.evaluate import NAMES, held_out_clips
    from shapes.model import Sizes
    from shapes.tokenizer import Tokenizer, read_merges
    from shapes.video import candidates_of

    torch.set_num_threads(args.threads)
    sizes = Sizes(**json.loads((out / "run.json").read_text())["sizes"])
    model, _ = read_weights(out / "checkpoint.pt").make_model(frames=sizes.frames)
    if closed:
        model.label_attention.gate.detach().zero_()
    rows = Tokenizer(read_merges(out / "merges.txt")).rows(
        [t.format(n) for t in REFERENCE_TEMPLATES for n in NAMES], sizes.context)  # fmt: skip
    texts = Texts(torch.from_numpy(rows).view(len(REFERENCE_TEMPLATES), len(NAMES), -1))
    found = {}
    for split, count in CLIPS.items():
        clips, labels = held_out_clips(split, min(count, args.clips or count), sizes, CLIP_SEED)
        source = TensorSource(torch.from_numpy(clips).movedim(-1, 2), [(int(k),) for k in labels])
        near = cosines(model, source, texts, "bf16", 16)
        found[split] = flags(best_of(near, [NAMES.index(n) for n in candidates_of(split)]) == torch.from_numpy(labels))
        if split == "compositions":
            found["order"] = flags(in_order(near, labels, NAMES))
    return found


def best_of(near, columns):
    """The label of each clip among some, by the reference's rule: near [N, templates, labels]."""
    import torch

    return torch.tensor(columns)[(100 * near[..., columns]).softmax(-1).mean(1).argmax(-1)]


def in_order(near, labels, names):
    """Of clips whose action has a time reversal, whether it is likelier than that."""
    from shapes.actions import BY_NAME

    for row, k in zip(near, labels, strict=True):
        other = BY_NAME[names[k]].reverse
        if other not in (None, names[k]):
            ours, theirs = (100 * row[:, [k, names.index(other)]]).softmax(-1).mean(0)
            yield ours > theirs


def flags(right):
    return "".join(str(int(each)) for each in right)


def cells(right):
    return [percent(right[m].count("1") / len(right[m]), len(right[m])) for m in MEASURES]


def difference(pairs):
    """The gain over the clips that all runs of several pairs saw, with the 95 % interval of drawing clips: a clip's gain is
    its mean over the pairs, since what one run gets wrong another one with the same clips often does too."""
    each = [sum(int(mine) - int(its) for mine, its in clip) / len(pairs)
            for clip in zip(*(zip(*pair, strict=True) for pair in pairs), strict=True)]  # fmt: skip
    mean = sum(each) / len(each)
    spread = math.sqrt(sum((x - mean) ** 2 for x in each)) / len(each)
    return mean, mean - 1.96 * spread, mean + 1.96 * spread


def told(gain):
    mean, low, high = gain
    return f"{100 * mean:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def compared(logs):
    """(option, labels, number of pairs, gains by measure) where a run and its plain one are there."""
    wanted = dict.fromkeys((run.option, run.labels) for run in grid().values() if run.labels != "plain")
    for option, labels in wanted:
        pairs = [(logs[r.name]["right"], logs[r.plain.name]["right"]) for r in grid().values()
                 if (r.option, r.labels) == (option, labels) and {r.name, r.plain.name} <= logs.keys()]  # fmt: skip
        if pairs:
            gains = {m: difference([(mine[m], its[m]) for mine, its in pairs]) for m in MEASURES}
            yield option, labels, len(pairs), gains


def verdicts(compared):
    """What each comparison shows, in a sentence."""
    for option, labels, pairs, gains in compared:
        groups = {"more": [], "less": [], "no difference that these clips show": []}
        for measure, (_, low, high) in gains.items():
            kind = "more" if low > 0 else "less" if high < 0 else list(groups)[2]
            groups[kind].append(f"{MEASURES[measure]} {told(gains[measure])}")
        said = "; ".join(f"{kind}: {', '.join(found)}" for kind, found in groups.items() if found)
        yield f"- **{option}, {LABELS[labels]}** ({pairs} {'seed' if pairs == 1 else 'seeds'}): {said}."


def draw(compared, path):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "fusion"  # the same file every time
    figure, ax = plt.subplots(figsize=(8, 3.6))
    for place, (option, labels, _, gains) in enumerate(compared):
        mean, low, high = zip(*gains.values())
        at = [i + 0.2 * place for i in range(len(MEASURES))]
        off = [[100 * (m - x) for m, x in zip(mean, low)], [100 * (x - m) for m, x in zip(mean, high)]]
        ax.errorbar(at, [100 * m for m in mean], off, fmt="o", capsize=3, label=f"{option}, {LABELS[labels]}")
    ax.axhline(0, color="grey", linewidth=1)
    middle = 0.1 * (len(compared) - 1)
    ax.set_xticks([i + middle for i in range(len(MEASURES))], MEASURES.values())
    ax.set_ylabel("points above the plain cosine")
    ax.grid(alpha=0.3, axis="y")
    ax.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


INTRODUCTION = """\
ActionCLIP compares a video with a label by a cosine: the video's embedding does not know which label is asked for. Deeper
fusion lets a label look at the video first. Here one layer of cross-attention reads, for each label, the patch tokens of
the frames, and what it reads joins the label's embedding through a gate that is zero at the start, so that training
begins with the plain cosine (`LabelAttention` of the [trainer](../trainer/README.md)). The tokens are those of each frame
with an embedding of its time, or averaged over frames as in X-CLIP, where order is lost."""
AGAINST = """\
Differences on the same clips, in points, with the 95 % interval of drawing clips, each clip's mean over the seeds. That of
drawing another seed is not in it: the seeds above tell of it."""
CLOSED = """\
The same trained weights, whose labels look at nothing: what the two encoders know by themselves."""
COST = """\
Seconds of one processor, for data and model together. Labels are still encoded once; the cross-attention runs for each
video with each label."""

CONCLUSION = """\
- **It helps where the video's embedding has lost something.** The mean of frames (MeanP) knows no order: 50 % is chance.
  Labels that look at each frame's patches, with its time, bring order to 70 % and trained labels from 15 to 24, before
  unseen backgrounds alike. With the gate closed little of this is left: the encoders did not learn it, the labels see it.
- **Behind temporal shift and Transf it does not.** They order the frames already. Neither form gains anything that 1,060
  clips and two seeds show, and the intervals leave room for three points at most.
- **On actions never trained on it costs.** 6 points with MeanP and about 2 behind shift and Transf, where only the averaged
  tokens' loss is sure. What labels learn to look for is tied to the labels that they learned it with.
- **Averaged tokens, X-CLIP's form, do no worse than each frame's** behind shift and Transf, and are a little cheaper. They
  cannot give order to a mean of frames: they have none.
- **The time of a step grows by a tenth to a quarter,** and a video's patch tokens have to be kept for as long as labels may
  change.

So a temporal option is the better place for order: over the mean of frames shift and Transf gain six times as much as fusion
on trained labels and twice as much in order, help unseen actions too, and leave a video one embedding, which archives and
label lists need. The library therefore computes fusion for X-CLIP's published weights, and the trainer offers it for studies. One world of simple shapes,
runs of 700 steps from one stage 1: a fusion that is pre-trained on many captions, or larger than one layer, is not tried."""


def rules(one):
    counts = {m: len(one["right"][m]) for m in MEASURES}
    return textwrap.fill(
        f"Every run: {one['steps']} steps of {one['batch']} clips from the same stage 1, with the same clips and the same "
        "other losses for the same seed. They are short: what they show is the difference, not what could be reached. Top-1 "
        "in per cent with Wilson's 95 % interval, on clips as they are made: "
        f"{counts['compositions']} of held-out compositions among the trained labels, {counts['backgrounds']} before unseen "
        f"backgrounds, {counts['actions']} of actions never trained on among all 62 labels. *Order* is the share of "
        f"{counts['order']} clips whose label beats its time reversal: chance is 50.",
        120,
    )


def sections(logs):
    """Lines of the tables, of whatever runs there are."""
    named = lambda log: f"{log['run']['option']} | {LABELS[log['run']['labels']]}"
    seeded = lambda log: f"{named(log)} | {log['run']['seed']}"
    first, heads = "video's side | label's side | seed", tuple(MEASURES.values())
    yield from table(first, heads, [(seeded(log), cells(log["right"])) for log in logs], names=3)
    if pairs := list(compared({Run(**log["run"]).name: log for log in logs})):
        yield from ("## Against the plain cosine", "", AGAINST, "", *verdicts(pairs), "",
                    "![Differences from the plain cosine](fusion.svg)", "")  # fmt: skip
    closed = [log for log in logs if "gate closed" in log]
    if closed:
        yield from ("## With the gate closed", "", CLOSED, "")
        yield from table(first, heads, [(seeded(log), cells(log["gate closed"])) for log in closed], names=3)
    rows = [(named(log), [f"{log['parameters']:,}", f"{log['processor seconds a step']:.3f}"])
            for log in logs if log["run"]["seed"] == SEEDS[0]]  # fmt: skip
    yield from ("## The cost of training", "", COST, "")
    yield from table("video's side | label's side", ("parameters", "seconds a step"), rows, names=2)


def report(args):
    runs = grid()
    logs = read_logs(runs, args.logs)
    if not logs:
        sys.exit("no logs yet: fusion.py run")
    made = ("Made by `python3 models/shapes/fusion.py report` from the logs in `models/shapes/logs/fusion`: "
            f"{len(logs)} of {len(runs)} runs.")  # fmt: skip
    every = list(logs.values())
    lines = ["# What fusion buys", "", made, "", INTRODUCTION, "", rules(every[0]), "", *sections(every)]
    lines += missing_line(runs, logs) or ["## What helps and what does not", "", *CONCLUSION.splitlines(), ""]
    args.docs.mkdir(parents=True, exist_ok=True)
    (args.docs / "FUSION.md").write_text("\n".join(lines))
    if pairs := list(compared(logs)):
        draw(pairs, args.docs / "fusion.svg")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("run", "report"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", type=Path, default=HERE / "runs" / "fusion")
    parser.add_argument("--logs", type=Path, default=LOGS)
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--batch", type=int, default=48, help="clips of a step")
    parser.add_argument("--clips", type=int, help="measured clips of a set, at most")
    parser.add_argument("--kept", type=Path, help="folder that keeps the batches, some 4 GB a seed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_intermixed_args()
    chosen.runs, chosen.kept = chosen.runs.resolve(), chosen.kept and chosen.kept.resolve()
    run_missing(grid(), train, chosen) if chosen.what == "run" else report(chosen)

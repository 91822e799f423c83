#!/usr/bin/env python3
"""What pre-training costs: how much stage 1 a model needs, at how many pictures and steps, for three sizes, and whether towers
that stage 2 leaves alone reach the same at less.

    python3 cost.py run [NAME...]     trains; logs/cost/NAME.json for each
    python3 cost.py time              after that: what a step takes; logs/cost/seconds.json
    python3 cost.py report            logs/cost/*.json -> docs/PRETRAINING.md and docs/pretraining.svg (needs matplotlib)

Each run is a stage 1 (pretrain.py), then a short stage 2 (tune.py) of the same clips. A run whose log is there is left alone,
and one that was cut off goes on. The runs stand in the order of what they tell; they share their batches, which take some
12 GB of the folder of runs.
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from compare import interval, percent, table
from studies import missing_line, read_logs, run_missing

HERE = Path(__file__).resolve().parent
LOGS, DOCS = HERE / "logs" / "cost", HERE.parents[1] / "docs"
BATCH, STEPS, CLIPS = 192, 500, 1060  # stills of a step of stage 1; steps of stage 2; clips that are measured
SIZES = {
    "small": dict(width=64, layers=3, text_width=64, text_layers=2, embed=64),
    "medium": dict(width=128, layers=4, text_width=128, text_layers=3, embed=128),
    "large": dict(width=192, layers=6, text_width=192, text_layers=4, embed=192),
}
STAGE_1_STEPS = (100, 300, 1000, 3000)
PICTURES = (1000, 10000)
TRAINED = {"all": "all", "none": "nothing", "projection": "projection", "1": "last block", "2": "last two blocks"}


@dataclass(frozen=True)
class Cell:
    """A run: the model's size, stage 1's steps and its different pictures (None: a new one each time), and what of each
    tower stage 2 trains."""

    size: str
    steps: int
    pictures: int | None = None
    vision: str = "all"
    text: str = "all"

    @property
    def whole(self):
        """Whether stage 2 trains both towers."""
        return (self.vision, self.text) == ("all", "all")

    @property
    def plain(self):
        """Whether it does, after a stage 1 of new pictures all the time."""
        return self.whole and self.pictures is None

    @property
    def first(self):
        """The name of its stage 1, which several runs may share."""
        return f"{self.size}-{self.steps}" + (f"-{self.pictures}" if self.pictures else "")

    @property
    def name(self):
        towers = "" if self.whole else f"-vision-{self.vision}-text-{self.text}"
        return self.first + towers


def grid():
    middle = [Cell("medium", steps) for steps in (0, *STAGE_1_STEPS)]
    frozen = [replace(middle[-1], vision=v, text=t) for v, t in
              (("none", "none"), ("1", "all"), ("none", "all"), ("1", "none"), ("2", "all"), ("projection", "all"),
               ("all", "none"))]
    few = [Cell("medium", 1000, count) for count in PICTURES]
    others = [Cell(size, steps) for steps in (0, 300, 1000) for size in ("small", "large")]
    return {cell.name: cell for cell in (*middle, *frozen, *few, *others)}


def command(program, **given):
    done = [sys.executable, program]
    for name, value in given.items():
        done += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return done


def stage_1(cell, args, out, steps):
    """Without a stage 1 it is one step of it that says the sizes and the words; stage 2 takes no weight of it."""
    return command("pretrain.py", out=out, steps=max(steps, 1), batch=args.batch, lr=2e-3, check_stills=0,
                   threads=args.threads, workers=args.workers, kept=args.runs / "batches", **SIZES[cell.size],
                   **({"pictures": cell.pictures} if cell.pictures else {}))  # fmt: skip


def stage_2(cell, args, out, steps, clips):
    return command("tune.py", pretrained=args.runs / "stage1" / cell.first, out=out, steps=steps, train_vision=cell.vision,
                   train_text=cell.text, clips=clips, checks=1, threads=args.threads, workers=args.workers,
                   kept=args.runs / "batches", **({} if cell.steps else {"from_scratch": True}))  # fmt: skip


def train(cell, args):
    """A run's log, of which stage 1 may be there already."""
    stills, out = args.runs / "stage1" / cell.first, args.runs / cell.name
    if not (stills / "done").exists():
        subprocess.run(stage_1(cell, args, stills, cell.steps), cwd=HERE, check=True)
        (stills / "done").touch()
    second = stage_2(cell, args, out, args.steps, args.clips)
    done = subprocess.run(second, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    result = {split: told[f"{split} top1"] / 100 for split in ("validation", "actions")}
    counts = {"validation": args.clips, "actions": args.clips // 3}
    runs = [json.loads((folder / "run.json").read_text()) for folder in (stills, out)]
    return {"cell": vars(cell), "stills": cell.steps * args.batch, "stage 2": told["steps"], "top1": result,
            "clips": counts, "parameters": runs[1]["parameters"], "runs": runs}  # fmt: skip


def processor_seconds(given):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(given, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def a_step(program, cell, args, turns=3, first=4, more=20, **given):
    """Median processor seconds of a step among kept batches: those of a run less those of a shorter one."""
    found = []
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            short, long = (processor_seconds(program(cell, args, Path(folder) / str(steps), steps, **given))
                           for steps in (first, first + more))  # fmt: skip
        found.append((long - short) / more)
    return round(statistics.median(found), 3)


def time(args):
    """What a step of stage 1 takes by size, and one of stage 2 by size and by what it trains, in seconds.json."""
    largest = {cell.size: cell for cell in grid().values() if cell.plain and cell.steps}
    first = {size: a_step(stage_1, cell, args) for size, cell in largest.items()}
    others = [cell for cell in grid().values() if not cell.whole]
    second = {cell.name: a_step(stage_2, cell, args, clips=0) for cell in (*largest.values(), *others)}
    (args.logs / "seconds.json").write_text(json.dumps({"stage 1": first, "stage 2": second}, indent=1) + "\n")


def cell_of(log):
    return Cell(**log["cell"])


def top1(log):
    """Cells of a table."""
    return [percent(log["top1"][split], log["clips"][split]) for split in ("validation", "actions")]


def draw(logs, path):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "pretraining"  # the same file every time
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for ax, split, title in zip(axes, ("validation", "actions"), ("held-out compositions", "actions never trained on")):
        for size in SIZES:
            mine = [log for log in logs if cell_of(log).size == size and cell_of(log).plain]
            mine.sort(key=lambda log: log["stills"])
            if not mine:
                continue
            share = [log["top1"][split] for log in mine]
            ends = [interval(p, log["clips"][split]) for p, log in zip(share, mine)]
            off = [[p - low for p, (low, _) in zip(share, ends)], [high - p for p, (_, high) in zip(share, ends)]]
            # No stills stand at the left end of the logarithmic axis.
            ax.errorbar([max(log["stills"], BATCH * 20) for log in mine], [100 * p for p in share],
                        [[100 * x for x in row] for row in off], marker="o", capsize=3,
                        label=f"{size}, {mine[0]['parameters'] / 1e6:.1f} M")  # fmt: skip
        ax.set(xscale="log", xlabel="stills seen in stage 1 (left end: none)", title=title)
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("top-1 after stage 2, %")
    if axes[0].get_legend_handles_labels()[0]:
        axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


INTRODUCTION = """\
The paper begins with CLIP's weights, of 400 million pictures. On the shapes world both stages are small enough to be measured:
stage 1 matches still pictures with captions, and stage 2, {steps} steps of 48 clips of shift + Transf, is the same for all.
Top-1 in per cent with Wilson's 95 % interval, on {validation} clips of held-out compositions among the trained labels, and on
{actions} of actions never trained on among all labels. One seed each."""
CONCLUSION = """\
- **At least some 200,000 stills, here.** Up to 20,000 stage 1 is worth nothing, and stage 2 alone learns little in its
  steps. 58,000 begin to count, 192,000 give nine tenths of what three times as many give, and the curve has not ended
  there.
- **Different pictures count as much as steps.** The same 192,000 stills out of 10,000 pictures give four fifths on
  trained labels, and no less on actions never trained on. Out of 1,000, whose captions it then matches at 98 %, they
  give little more than half, and on new actions nothing.
- **Most of the image encoder may stay frozen, the text encoder may not.** Training the last block of the image encoder
  and all of the text encoder reaches the same on trained labels as training everything, and no less on new actions, in
  0.65 of the time of a step; nothing of the image encoder but its projection loses 7 points, nothing at all 10. With a
  frozen text encoder nothing is learned: captions of stills name colours, shapes and places, and no word of a motion.
  CLIP's captions have verbs, so this loss is of this world.
- **A larger model is not cheaper.** After 192,000 stills the medium model is 15 points above the small one. The large
  one is below both: its stage 1 matches 59 % of the captions of a step by then, the small's 79, and the medium's 84 in
  its run of 576,000, at one learning rate for all sizes. So it needs more stills, or a rate of its own; this does not
  tell what it would reach.

So do not pre-train where published weights will do. Who has to, spends on different pictures and on captions with the
words that actions have; afterwards the last image block with the whole text encoder is enough to train. One seed and
one world of simple shapes: the order of the rows is sure where the intervals are apart, and the numbers of stills are
this world's own."""
SECONDS = """\
Processor seconds of a step, on an AMD EPYC (Zen 4) that other programs shared, of the model and of reading batches that
were made before: stage 1 has 192 stills in a step,
stage 2 48 clips of 8 frames. What is frozen is still computed forward; it is not cached here, as the library's tuner does it."""


def sections(logs):
    """Title, first columns, the other columns, and rows of each table of accuracy."""
    heads = ("held-out compositions", "actions never trained on")
    of = [(cell_of(log), f"{log['stills']:,}", log) for log in logs.values()]
    long = f"{STAGE_1_STEPS[-1] * BATCH:,}"
    yield ("How long, and how large a model", "size | parameters | stills seen", heads,
           [(f"{cell.size} | {log['parameters']:,} | {seen}", top1(log)) for cell, seen, log in of if cell.plain])
    yield ("How many different pictures", "size | stills seen | different ones", heads,
           [(f"{cell.size} | {seen} | {cell.pictures or log['stills']:,}", top1(log))
            for cell, seen, log in of if cell.whole and (cell.size, cell.steps) == ("medium", 1000)])  # fmt: skip
    yield ("Frozen and partly frozen towers: what stage 2 trains of them", "image encoder | text encoder | stills seen", heads,
           [(f"{TRAINED[cell.vision]} | {TRAINED[cell.text]} | {seen}", top1(log)) for cell, seen, log in of
            if (cell.size, seen) == ("medium", long) and cell.pictures is None])  # fmt: skip


def cost_table(seconds):
    cells = grid()
    rows = [(f"1 | {size} | all | all", f"{value:.2f}") for size, value in seconds["stage 1"].items()]
    for name, value in seconds["stage 2"].items():
        cell = cells[name]
        rows.append((f"2 | {cell.size} | {TRAINED[cell.vision]} | {TRAINED[cell.text]}", f"{value:.2f}"))
    return table("stage | size | image encoder | text encoder", ("seconds a step",), [(a, [b]) for a, b in rows], names=4)


def report(args):
    cells = grid()
    logs = read_logs(cells, args.logs)
    if not logs:
        sys.exit("no logs yet: cost.py run")
    one = next(iter(logs.values()))
    made = ("Made by `python3 models/shapes/cost.py report` from the logs in `models/shapes/logs/cost`: "
            f"{len(logs)} of {len(cells)} runs.")  # fmt: skip
    lines = ["# What pre-training costs", "", made, "", INTRODUCTION.format(steps=one["stage 2"], **one["clips"]), "",
             "![Accuracy after stage 2 against stage 1](pretraining.svg)", ""]  # fmt: skip
    for title, first, heads, rows in sections(logs):
        if rows:
            lines += [f"## {title}", "", *table(first, heads, rows, names=3)]
    if (args.logs / "seconds.json").exists():
        lines += ["## The cost of a step", "", SECONDS, "", *cost_table(json.loads((args.logs / "seconds.json").read_text()))]
    missing = missing_line(cells, logs)
    lines += missing or ["## What follows", "", *CONCLUSION.splitlines(), ""]
    args.docs.mkdir(parents=True, exist_ok=True)
    (args.docs / "PRETRAINING.md").write_text("\n".join(lines))
    draw(list(logs.values()), args.docs / "pretraining.svg")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("run", "time", "report"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", type=Path, default=HERE / "runs" / "cost")
    parser.add_argument("--logs", type=Path, default=LOGS)
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--batch", type=int, default=BATCH, help="stills of a step of stage 1")
    parser.add_argument("--steps", type=int, default=STEPS, help="of stage 2")
    parser.add_argument("--clips", type=int, default=CLIPS, help="that are measured")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_intermixed_args()
    chosen.runs = chosen.runs.resolve()
    {"run": lambda args: run_missing(grid(), train, args), "time": time, "report": report}[chosen.what](chosen)

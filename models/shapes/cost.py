#!/usr/bin/env python3
"""What pre-training costs: how much stage 1 a model needs, at how many pictures and steps, for three sizes, and whether towers
that stage 2 leaves alone reach the same at less.

    python3 cost.py run [NAME...]     trains; logs/cost/NAME.json for each
    python3 cost.py report            logs/cost/*.json -> docs/PRETRAINING.md and docs/pretraining.svg (needs matplotlib)

Each run is a stage 1 (pretrain.py), then a short stage 2 (tune.py) of the same clips. A run whose log is there is left alone,
and one that was cut off goes on. The runs stand in the order of what they tell; they share their batches, which take some
12 GB of the folder of runs.
"""
import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from compare import interval, percent, table

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
    def first(self):
        """The name of its stage 1, which several runs may share."""
        return f"{self.size}-{self.steps}" + (f"-{self.pictures}" if self.pictures else "")

    @property
    def name(self):
        towers = "" if (self.vision, self.text) == ("all", "all") else f"-vision-{self.vision}-text-{self.text}"
        return self.first + towers


def grid():
    middle = [Cell("medium", steps) for steps in (0, *STAGE_1_STEPS)]
    frozen = [replace(middle[-1], vision=v, text=t) for v, t in
              (("none", "none"), ("1", "all"), ("none", "all"), ("1", "none"), ("2", "all"), ("projection", "all"),
               ("all", "none"))]
    few = [Cell("medium", STAGE_1_STEPS[-1], count) for count in PICTURES]
    others = [Cell(size, steps) for size in ("small", "large") for steps in (0, 300, STAGE_1_STEPS[-1])]
    return {cell.name: cell for cell in (*middle, *frozen, *few, *others)}


def command(program, **given):
    done = [sys.executable, program]
    for name, value in given.items():
        done += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return done


def train(cell, args):
    """A run's log, of which stage 1 may be there already."""
    stills, out = args.runs / "stage1" / cell.first, args.runs / cell.name
    common = dict(threads=args.threads, workers=args.workers, kept=args.runs / "batches")
    # Without a stage 1 it is one step of it that says the sizes and the words; stage 2 takes no weight of it.
    first = command("pretrain.py", out=stills, steps=max(cell.steps, 1), batch=args.batch, lr=2e-3, check_stills=0,
                    **SIZES[cell.size], **common, **({"pictures": cell.pictures} if cell.pictures else {}))  # fmt: skip
    if not (stills / "done").exists():
        subprocess.run(first, cwd=HERE, check=True)
        (stills / "done").touch()
    second = command("tune.py", pretrained=stills, out=out, steps=args.steps, train_vision=cell.vision,
                     train_text=cell.text, clips=args.clips, checks=1, **common,
                     **({} if cell.steps else {"from_scratch": True}))  # fmt: skip
    done = subprocess.run(second, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    result = {split: told[f"{split} top1"] / 100 for split in ("validation", "actions")}
    counts = {"validation": args.clips, "actions": args.clips // 3}
    runs = [json.loads((folder / "run.json").read_text()) for folder in (stills, out)]
    return {"cell": vars(cell), "stills": cell.steps * args.batch, "stage 2": told["steps"], "top1": result,
            "clips": counts, "parameters": runs[1]["parameters"], "runs": runs}  # fmt: skip


def run(args):
    args.logs.mkdir(parents=True, exist_ok=True)
    cells = grid()
    for name in args.names or cells:
        log = args.logs / f"{name}.json"
        if not log.exists():
            print(name, flush=True)
            log.write_text(json.dumps(train(cells[name], args), indent=1) + "\n")


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
            mine = sorted((log for log in logs if log["cell"]["size"] == size and plain(log)), key=lambda g: g["stills"])
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


def plain(log):
    """A run with new pictures all the time, and both towers trained."""
    cell = log["cell"]
    return cell["pictures"] is None and (cell["vision"], cell["text"]) == ("all", "all")


def report(args):
    cells = grid()
    logs = {name: json.loads((args.logs / f"{name}.json").read_text()) for name in cells
            if (args.logs / f"{name}.json").exists()}  # fmt: skip
    if not logs:
        sys.exit("no logs yet: cost.py run")
    heads = ("held-out compositions", "actions never trained on")
    one = next(iter(logs.values()))
    counts = one["clips"]
    lines = [
        "# What pre-training costs", "",
        "Made by `python3 models/shapes/cost.py report` from the logs in `models/shapes/logs/cost`: "
        f"{len(logs)} of {len(cells)} runs. The paper begins with CLIP's weights, of 400 million pictures. On the shapes world both "
        "stages are small enough to be measured: stage 1 matches still pictures with captions, and stage 2, "
        f"{one['stage 2']} steps of 48 clips of shift + Transf, is the same for all. Top-1 in per cent with Wilson's 95 % "
        f"interval, on {counts['validation']} clips of held-out compositions among the trained labels, and on "
        f"{counts['actions']} of actions never trained on among all labels. One seed each.", "",
        "![Accuracy after stage 2 against stage 1](pretraining.svg)", "",
    ]  # fmt: skip
    sections = (
        ("How long, and how large a model", "size | parameters | stills seen",
         lambda log: f"{log['cell']['size']} | {log['parameters']:,} | {log['stills']:,}", plain),
        ("How many different pictures", "size | stills seen | different ones",
         lambda log: f"{log['cell']['size']} | {log['stills']:,} | {log['cell']['pictures'] or log['stills']:,}",
         lambda log: log["cell"]["steps"] >= 1000 and (log["cell"]["vision"], log["cell"]["text"]) == ("all", "all")),
        ("Frozen and partly frozen towers: what stage 2 trains of them", "image encoder | text encoder | stills seen",
         lambda log: f"{TRAINED[log['cell']['vision']]} | {TRAINED[log['cell']['text']]} | {log['stills']:,}",
         lambda log: log["cell"]["size"] == "medium" and log["cell"]["steps"] == STAGE_1_STEPS[-1]
         and log["cell"]["pictures"] is None),
    )  # fmt: skip
    for title, first, named, wanted in sections:
        rows = [(named(log), top1(log)) for log in logs.values() if wanted(log)]
        if rows:
            lines += [f"## {title}", "", *table(first, heads, rows, names=3)]
    if len(logs) < len(cells):
        lines += ["Not measured yet: " + ", ".join(name for name in cells if name not in logs) + ".", ""]
    args.docs.mkdir(parents=True, exist_ok=True)
    (args.docs / "PRETRAINING.md").write_text("\n".join(lines))
    draw(list(logs.values()), args.docs / "pretraining.svg")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("run", "report"))
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
    {"run": run, "report": report}[chosen.what](chosen)

#!/usr/bin/env python3
"""Tuning on a few clips of each of nine actions that the model never trained on: the tables of docs/ADAPTATION.md.

    python3 few_clips_tuned.py run sets [--draws 10] [--only WAY...]     logs/few_clips.jsonl, a line for each draw
    python3 few_clips_tuned.py report                                    the tables, as Markdown

The sets pool, test and old are those of few_clips.py, and so are the draws. A draw that the log has is left alone. All 62
labels are candidates, and all 62 are the tuner's. Rates and steps were chosen on other clips of the pool and on clips of the
split "validation", never on a test set. Needs bindings/python on PYTHONPATH (or installed) and the library.
"""
import argparse
import json
from pathlib import Path

import actionclip
import numpy as np

from few_clips import Setting, interval, ours, row, top1
from shapes.embeddings import LABELS, draw, embeddings

HERE = Path(__file__).resolve().parent
LOG = HERE / "logs" / "few_clips.jsonl"
COUNTS, STEPS, BATCH, VIEWS = (4, 8, 16), 50, 32, 4
ALL_LABELS = dict(loss="cross_entropy", rate=1e-5, anchor=0.0)
# The setting of each row of the tables, and its number of draws at most.
WAYS = {
    "head": (10, dict(train="head", **ALL_LABELS)),
    "head, pulled to the start": (5, dict(train="head", loss="cross_entropy", rate=3e-5, anchor=0.1)),
    "head, REFERENCE": (5, dict(train="head", recipe="reference", **ALL_LABELS)),
    "everything, REFERENCE, paper's loss": (5, dict(
        train="everything", text="everything", recipe="reference", loss="multi_positive", rate=1e-5, anchor=0.0)),
    "head, paper's loss": (5, dict(train="head", loss="multi_positive", rate=1e-5, anchor=0.0)),
    "everything": (5, dict(train="everything", text="everything", **ALL_LABELS)),
    "head, ten times the rate": (5, dict(train="head", loss="cross_entropy", rate=1e-4, anchor=0.0)),
}
# The shares of the tuned weights that are measured; of all ways but the first the last two.
SHARES = (0.25, 0.75, 0.5, 1.0)


def pixels_of(directory, model, views):
    """The network's input for each video of a set, in so many views, kept beside it: float32 [videos, views, T, 3, S, S]."""
    kept = directory / f"pixels{views}.npy"
    if not kept.exists():
        files = [v["file"] for v in json.loads((directory / "index.json").read_text())["videos"]]
        frames, side = model.info.frames, model.info.image_size
        part = kept.with_suffix(".part")
        made = np.lib.format.open_memmap(part, "w+", np.float32, (len(files), views, frames, 3, side, side))
        for place, file in enumerate(files):
            with actionclip.Video(directory / file) as video:
                shown = actionclip.preprocess(video.sample(frames * views), side)
            made[place] = shown.reshape(frames, views, 3, side, side).swapaxes(0, 1)
        made.flush()
        part.rename(kept)
    return np.load(kept, mmap_mode="r")


def scored(model, sets):
    """Top-1 of each test set among all labels."""
    texts = model.encode_labels(list(LABELS))
    found = {}
    for name, (pixels, labels) in sets.items():
        parts = [np.ascontiguousarray(pixels[i : i + 64, 0]) for i in range(0, len(labels), 64)]
        features = np.concatenate([model.encode_pixels(part) for part in parts])
        found[name] = top1(lambda x: actionclip.probabilities(x, texts), features, labels)
    return found


def tuned(model, pixels, labels, sets, seed, shares, **how):
    """A tuning of STEPS steps, or as many as whole epochs have; -> {share: {set: top-1}}, and the last loss."""
    per_epoch = max(1, len(labels) // BATCH)
    epochs = max(1, STEPS // per_epoch)
    with model.tune(list(LABELS), seed=seed, epochs=epochs, batch=BATCH, warm_up_epochs=epochs / 10, **how) as tuner:
        for clip, label in zip(pixels, labels):
            tuner.add_pixels(clip, LABELS[label])
        last = tuner.run()
        found = {}
        for share in shares:
            with tuner.model(share) as mixed:
                found[str(share)] = scored(mixed, sets)
    return {"top1": found, "loss": last.loss, "steps": last.total_steps}


def note(line):
    with open(LOG, "a") as file:
        file.write(json.dumps(line) + "\n")
    print(line, flush=True)


def run(args):
    model = actionclip.Model(threads=1)
    data = {name: (pixels_of(args.sets / name, model, VIEWS if name == "pool" else 1), embeddings(model, args.sets / name)[1])
            for name in ("pool", "test", "old")}
    pool, labels = data.pop("pool")
    done = {(line["way"], line["count"], line["seed"]) for line in lines()}
    if ("before", 0, 0) not in done:
        note({"way": "before", "count": 0, "seed": 0, "top1": {"0": scored(model, data)}})
    setting = Setting(model, "names", list(np.unique(labels)))
    videos = {name: embeddings(model, args.sets / name)[0] for name in ("pool", "test", "old")}
    for way in args.only or ("classifier", *WAYS):
        draws, how = WAYS.get(way, (10, None))
        shares = SHARES if way == "head" else SHARES[2:]
        for seed in range(min(draws, args.draws)):
            for count in COUNTS:
                if (way, count, seed) in done:
                    continue
                chosen = draw(labels, count, [count, seed])
                if how is None:
                    score = ours(setting, videos["pool"][chosen], labels[chosen])
                    found = {name: top1(score, videos[name], data[name][1]) for name in data}
                    note({"way": way, "count": count, "seed": seed, "top1": {"1": found}})
                else:
                    note({"way": way, "count": count, "seed": seed,
                          **tuned(model, pool[chosen], labels[chosen], data, seed, shares, **how)})


def lines():
    return [json.loads(line) for line in LOG.read_text().splitlines()] if LOG.exists() else []


def report(args):
    found = lines()
    before = next(line for line in found if line["way"] == "before")["top1"]["0"]

    def values(way, share, count, test):
        return [line["top1"][share][test] for line in found
                if line["way"] == way and line["count"] == count and share in line["top1"]]

    def cells(way, share, test):
        for count in COUNTS:
            some = values(way, share, count, test)
            yield interval(some) if len(some) > 2 else f"{np.mean(some):.1f}" if some else "-"

    for test, title in (("test", "the nine new actions"), ("old", "the 53 old actions")):
        row(f"{title}: {before[test]:.1f} before", "alpha", "draws", *(f"{count} clips" for count in COUNTS))
        row(*["---"] * (3 + len(COUNTS)))
        for way in ("classifier", *WAYS):
            for share in ["1"] if way == "classifier" else map(str, sorted(SHARES)):
                draws = min(len(values(way, share, count, test)) for count in COUNTS)
                if draws:
                    row(way, "-" if way == "classifier" else share, str(draws), *cells(way, share, test))
        print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("run", "report"))
    parser.add_argument("sets", type=Path, nargs="?", default=HERE / "sets")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=("classifier", *WAYS))
    chosen = parser.parse_args()
    {"run": run, "report": report}[chosen.what](chosen)

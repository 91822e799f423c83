#!/usr/bin/env python3
"""A classifier taught with a few clips of each action, on clips that took no part: the tables of docs/ADAPTATION.md.

    python3 -m shapes.video sets/pool actions 576 100           the clips to draw from
    python3 -m shapes.video sets/test actions 450 7             clips of the nine actions that the model never trained on
    python3 -m shapes.video sets/unseen actions_backgrounds 450 7   the same before backgrounds that it never saw
    python3 -m shapes.video sets/old compositions 1060 7        clips of the 53 actions that it trained on
    python3 few_clips.py sets

All 62 labels are candidates; the nine have clips, the 53 have their words alone. In the last table the nine are the only
labels. Needs bindings/python on PYTHONPATH (or
installed), the library, and scikit-learn for the comparison.
"""
import sys
from pathlib import Path

import actionclip
import numpy as np

from shapes.embeddings import LABELS, draw, embeddings

COUNTS, DRAWS = (1, 2, 4, 8, 16), 20
NONSENSE = ("blorp", "fnarg", "quex", "zindle", "vosk", "drindle", "plumb", "grool", "tazmo")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


class Setting:
    """The labels as a classifier has them: their own names, nonsense for the nine, or the nine exchanged in turn; "alone"
    are the nine by their names without the others."""

    def __init__(self, model, kind, taught):
        self.labels = list(LABELS)
        for place, label in enumerate(taught):
            other = {"names": LABELS[label], "alone": LABELS[label], "nonsense": NONSENSE[place],
                     "exchanged": LABELS[taught[(place + 1) % len(taught)]]}[kind]
            self.labels[label] = other
        self.candidates = taught if kind == "alone" else list(range(len(LABELS)))
        self.labels = [self.labels[label] for label in self.candidates]
        self.classifier = actionclip.Classifier(model, self.labels)
        self.texts = unit(unit(model.encode_labels(self.labels)).mean(0))


def ours(setting, videos, labels, method="auto"):
    """-> a function that scores videos, through the library."""
    setting.classifier.clear()
    for label in np.unique(labels):
        setting.classifier.add(setting.labels[label], videos[labels == label])
    setting.classifier.fit(method)
    return setting.classifier.score


def words(setting, videos, labels):
    setting.classifier.unfit()
    return setting.classifier.score


def nearest_mean(setting, videos, labels):
    """A label's mean clip, or its text without clips."""
    means = setting.texts.copy()
    for label in np.unique(labels):
        means[label] = unit(unit(videos[labels == label]).mean(0))
    return lambda x: unit(x) @ means.T


def tip_adapter(setting, videos, labels, alpha=1.0, beta=5.5):
    """Tip-Adapter without training, with the weights of its paper."""
    keys, values = unit(videos), np.eye(len(setting.labels))[labels]
    return lambda x: 100 * unit(x) @ setting.texts.T + alpha * np.exp(-beta * (1 - unit(x) @ keys.T)) @ values


def logistic(setting, videos, labels):
    """scikit-learn's logistic regression on clips, and on the texts of all labels as one more clip each."""
    from sklearn.linear_model import LogisticRegression
    rows = np.concatenate([unit(videos), setting.texts])
    fitted = LogisticRegression(C=100, max_iter=1000).fit(rows, np.concatenate([labels, np.arange(len(setting.labels))]))
    return lambda x: fitted.decision_function(unit(x))


METHODS = {"words alone": words, "this library": ours, "nearest mean": nearest_mean, "Tip-Adapter": tip_adapter,
           "logistic regression": logistic}


def top1(score, videos, labels):
    return 100 * float((np.asarray(score(videos)).argmax(1) == labels).mean())


def interval(values):
    """The mean and the half-width of its 95 % interval over draws."""
    half = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values)) if np.std(values) else 0.0
    return f"{np.mean(values):.1f} ± {half:.1f}"


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def main(sets):
    model = actionclip.Model()
    data = {name: embeddings(model, sets / name) for name in ("pool", "test", "unseen", "old")}
    pool, pool_labels = data["pool"]
    taught = list(np.unique(pool_labels))
    for kind in ("names", "nonsense", "exchanged", "alone"):
        setting = Setting(model, kind, taught)
        place = {label: index for index, label in enumerate(setting.candidates)}
        tests = [name for name in ("test", "unseen", "old") if name != "old" or kind != "alone"]
        at = {name: np.array([place[label] for label in data[name][1]]) for name in ["pool", *tests]}
        found = {}
        for count in COUNTS:
            for seed in range(DRAWS):
                chosen = draw(pool_labels, count, [count, seed])
                for name, method in METHODS.items():
                    score = method(setting, pool[chosen], at["pool"][chosen])
                    if method is ours and count > 1:
                        estimate = 100 * setting.classifier.report().chosen.top1
                        found.setdefault(("left out", None), {}).setdefault(count, []).append(estimate)
                    for test in tests:
                        found.setdefault((name, test), {}).setdefault(count, []).append(
                            top1(score, data[test][0], at[test]))
                    if "old" in tests:
                        nine, old = (found[name, test][count][-1] for test in ("test", "old"))
                        found.setdefault((name, "both"), {}).setdefault(count, []).append(
                            2 * nine * old / max(nine + old, 1e-9))
        titles = {"names": "The nine actions by their names", "nonsense": "The nine under nonsense names",
                  "exchanged": "The nine under each other's names", "alone": "The nine by their names, without the others"}
        print(f"\n### {titles[kind]}\n")
        for test, title in (("test", "the nine"), ("unseen", "the nine, unseen backgrounds"), ("old", "the 53 others"),
                            ("both", "harmonic mean of the nine and the 53")):
            if ("words alone", test) not in found:
                continue
            row(title, *(f"{count} clips" if count > 1 else "1 clip" for count in COUNTS))
            row("---", *("---" for _ in COUNTS))
            for name in METHODS:
                row(name, *(interval(found[name, test][count]) for count in COUNTS))
            print()
        for name, test, title in (("left out", None, "this library says of left-out clips"),
                                  ("this library", "test", "this library, the nine")):
            row(title, *(interval(found[name, test][count]) if count in found.get((name, test), {}) else "-"
                         for count in COUNTS))
        print()
        before, after = found["words alone", "test"], found["this library", "test"]
        row("draws below words alone", *(str(int(np.sum(np.array(after[c]) < np.array(before[c])))) for c in COUNTS))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

#!/usr/bin/env python3
"""Weights of templates chosen by a few clips, on clips that took no part: the tables of docs/PROMPTS.md.

    python3 -m shapes.video sets/pool actions 576 100           the clips to draw from
    python3 -m shapes.video sets/test actions 450 8             the clips to score
    python3 -m shapes.video sets/compositions compositions 1060 7
    python3 weigh_prompts.py sets

All labels are candidates. K clips of each of the nine actions that the model never trained on are drawn 20 times. Needs
bindings/python on PYTHONPATH (or installed) and the library.
"""
import sys
import time
from pathlib import Path

import actionclip
import numpy as np

from shapes.embeddings import LABELS, draw, embeddings

DRAWS = 20
WORDS = ("banana stock market quantum soup Tuesday invoice marmalade thunder receipt piano tax elbow cloud nine "
         "lawyer").split()


def absurd_templates(count, rng):
    """Labels among words that have nothing to do with them."""
    made = []
    for _ in range(count):
        words = list(rng.choice(WORDS, 4, replace=False))
        words.insert(rng.integers(5), "{}")
        made.append(" ".join(words))
    return made


def top1(videos, labels, texts, weights=None):
    found = actionclip.probabilities(videos, texts, weights=weights).argmax(1)
    return 100 * float((found == labels).mean())


def interval(values):
    """The mean and the half-width of its 95 % interval."""
    return f"{np.mean(values):.2f} ± {1.96 * np.std(values, ddof=1) / np.sqrt(len(values)):.2f}"


def table(name, templates, absurd, model, sets):
    (pool, pool_labels), (test, test_labels), (old, old_labels) = sets
    texts = model.encode_labels(LABELS, templates)
    equal = top1(test, test_labels, texts)
    print(f"\n**{name}**: with equal weights {equal:.2f}, on the trained labels {top1(old, old_labels, texts):.2f}\n")
    print("| clips of each | without labels | by labels | draws no worse than equal | draws fitted | templates left | "
          "weight of absurd ones | trained labels | estimate | truth | ms |")
    print("|" + "---|" * 11)
    for count in (1, 2, 4, 8, 16):
        unlabelled, chosen, trained, kept, lost, told, took, fitted = ([] for _ in range(8))
        for seed in range(DRAWS):
            some = draw(pool_labels, count, seed)
            weights = actionclip.fit_prompts_unlabelled(pool[some], texts)
            unlabelled.append(top1(test, test_labels, texts, weights))
            start = time.perf_counter()
            fit = actionclip.fit_prompts(pool[some], pool_labels[some], texts)
            took.append(1000 * (time.perf_counter() - start))
            chosen.append(top1(test, test_labels, texts, fit.weights))
            trained.append(top1(old, old_labels, texts, fit.weights))
            kept.append(np.count_nonzero(fit.weights))
            lost.append(float(fit.weights[len(templates) - absurd :].sum()) if absurd else 0.0)
            told.append(100 * fit.chosen_top1)
            fitted.append(fit.origin == "fitted")
        no_worse = sum(one >= equal - 1e-9 for one in chosen)
        print(f"| {count} | {interval(unlabelled)} | {interval(chosen)} | {no_worse} of {DRAWS} | {sum(fitted)} | "
              f"{np.mean(kept):.0f} | {100 * np.mean(lost):.2f} % | {np.mean(trained):.2f} | {np.mean(told):.1f} | "
              f"{np.mean(chosen):.1f} | {np.median(took):.0f} |")


def main(directory):
    with actionclip.Model() as model:
        sets = [embeddings(model, directory / name) for name in ("pool", "test", "compositions")]
        reference = actionclip.templates()
        large = reference + actionclip.prompt_pool()
        absurd = absurd_templates(30, np.random.default_rng(1))
        table("The reference's 16 templates", reference, 0, model, sets)
        table("The same, and 30 absurd ones", reference + absurd, 30, model, sets)
        table("The reference's and the built-in pool, 80", large, 0, model, sets)
        table("The same, and 30 absurd ones", large + absurd, 30, model, sets)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

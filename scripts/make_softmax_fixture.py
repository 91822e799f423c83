#!/usr/bin/env python3
"""Prints the numbers of Tests/AdaptationTests/SoftmaxRegressionTests.swift: a small softmax regression held to texts
(docs/ADAPTATION.md), minimised by scipy.

    python3 scripts/make_softmax_fixture.py
"""
import numpy as np
from scipy.optimize import minimize

CLIPS, SIZE, LABELS, TAUGHT, SCALE, ANCHOR = 10, 5, 4, 3, 20.0, 0.7


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def softmax(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def main():
    rng = np.random.default_rng(5)
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    texts = unit(rng.normal(size=(LABELS, SIZE)))
    clips = unit(texts[labels] + 0.35 * rng.normal(size=(CLIPS, SIZE))).round(4)
    texts = texts.round(4)
    words = SCALE * clips @ texts.T
    right = softmax(words)[np.arange(CLIPS), labels]
    anchors = ANCHOR * np.array([right[labels == label].mean() for label in range(TAUGHT)])

    def objective(flat):
        differences = flat.reshape(TAUGHT, SIZE)
        logits = words.copy()
        logits[:, :TAUGHT] += SCALE * clips @ differences.T
        shares = softmax(logits)
        value = -np.log(shares[np.arange(CLIPS), labels]).mean() + (anchors[:, None] * differences**2).sum()
        shares[np.arange(CLIPS), labels] -= 1
        gradient = SCALE * shares[:, :TAUGHT].T @ clips / CLIPS + 2 * anchors[:, None] * differences
        return value, gradient.ravel()

    found = minimize(objective, np.zeros(TAUGHT * SIZE), jac=True, method="BFGS", options={"gtol": 1e-12, "maxiter": 10000})
    for name, rows, digits in (("clips", clips, 4), ("texts", texts, 4), ("differences", found.x.reshape(TAUGHT, SIZE), 8)):
        print(name)
        for row in rows:
            print("    [" + ", ".join(f"{number:.{digits}f}" for number in row) + "],")


main()

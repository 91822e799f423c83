"""Teaching a classifier: a fit with its choices by left-out clips, one more clip, and scores before and after.

    python3 benchmarks/teach.py [--rounds 15]       (make library first; needs numpy, safetensors and scikit-learn)

51 labels of 16 clips with embeddings of 512 numbers, as HMDB-51's few-shot split with a ViT-B has them. Embeddings are
random, around a direction for each label. scikit-learn's RidgeClassifierCV, which chooses its penalty by leaving out in
closed form too, and its logistic regression, which chooses nothing, are measured in turn.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))

import numpy as np  # noqa: E402

LABELS, CLIPS, SIZE = 51, 16, 512


def model_file():
    """The test fixture's tiny untrained model with projections to 512 numbers: a fit sees embeddings alone."""
    from safetensors.numpy import load_file, save_file
    tensors = load_file(ROOT / "Tests/fixtures/untrained/untrained.safetensors")
    rng = np.random.default_rng(0)
    for name in ("visual.proj", "text_projection"):
        tensors[name] = rng.normal(size=(tensors[name].shape[0], SIZE)).astype(np.float32)
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("fusion.")}
    path = ROOT / "build/bench/teach.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def timed(work):
    begin = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    import actionclip
    from machine import machine
    from sklearn.linear_model import LogisticRegression, RidgeClassifierCV

    rng = np.random.default_rng(1)
    common, centres = unit(rng.normal(size=SIZE)), unit(rng.normal(size=(LABELS, SIZE)))
    labels = np.repeat(np.arange(LABELS), CLIPS)
    clips = unit(0.75 * common + 0.4 * centres[labels] + 0.5 * unit(rng.normal(size=(len(labels), SIZE))))
    clips = clips.astype(np.float32)
    video = clips[:1]
    names = [f"label {index}" for index in range(LABELS)]
    merges = ROOT / "Tests/fixtures/untrained/merges.txt"
    model = actionclip.Model(model_file(), tokenizer=merges, head="MeanP", threads=options.threads)
    untaught = actionclip.Classifier(model, names)
    taught = actionclip.Classifier(model, names)
    for index in range(LABELS):
        taught.add(names[index], clips[labels == index])
    works = {f"fit, {method}": (lambda method=method: taught.fit(method))
             for method in ("auto", "prototypes", "ridge", "softmax")}  # fmt: skip
    ridges = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]
    works["scikit-learn: RidgeClassifierCV, 10 penalties"] = lambda: RidgeClassifierCV(ridges).fit(clips, labels)
    works["scikit-learn: LogisticRegression, one fit"] = lambda: LogisticRegression(C=100, max_iter=1000).fit(
        100 * clips, labels)  # fmt: skip
    found = {name: [] for name in works}
    taught.fit()
    for method in ("prototypes", "ridge"):
        found[f"one more clip, {method}"] = []
    for name in ("score one video, words in 16 templates", "score one video, taught"):
        found[name] = []
    for _ in range(options.rounds):
        for name, work in works.items():
            found[name].append(timed(work))
        for method in ("prototypes", "ridge"):
            taught.fit(method)
            found[f"one more clip, {method}"].append(timed(lambda: taught.add(names[0], video[0], clip=1)))
            taught.remove(1)
        for name, classifier in (("score one video, words in 16 templates", untaught), ("score one video, taught", taught)):
            found[name].append(timed(lambda: [classifier.score(video) for _ in range(20)]) / 20)
    print(machine())
    for name, times in found.items():
        print(f"{name:48} {statistics.median(times):9.3f} ms  ({min(times):.3f} - {max(times):.3f})")


main()

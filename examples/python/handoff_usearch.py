"""handoff_usearch.py: put an archive into a usearch index, a graph for millions of windows, and search it.

    pip install usearch
    PYTHONPATH=bindings/python python3 examples/python/handoff_usearch.py archive videos.usearch "somebody falls"

The index holds a key for each row, its shard's number and its place there; the archive keeps paths and times. An index
that is there is searched as it is, without being read into memory. --exact compares with every row instead.
"""

import argparse
import json
import pathlib

import actionclip
import numpy as np
from archive import query, shards
from usearch.index import Index

ROWS = 1 << 32  # more than a shard has


def fill(folder):
    """An index of an archive's rows."""
    index = None
    for number, embeddings, rows in shards(folder):
        if index is None:
            index = Index(ndim=embeddings.shape[1], metric="cos", dtype="f16")
        places = np.array([place for place, row in enumerate(rows) if row is not None], np.uint64)
        index.add(places + np.uint64(number * ROWS), np.asarray(embeddings[places], np.float32))
    if index is None:
        raise SystemExit(f"handoff_usearch.py: {folder} has no rows")
    return index


def row(folder, key):
    """The archive's line about the row of a key."""
    number, place = divmod(int(key), ROWS)
    with open(folder / f"meta_{number:04}.jsonl", encoding="utf-8") as lines:
        return json.loads(next(line for at, line in enumerate(lines) if at == place))


def search(index, folder, vector, count, exact=False):
    """The best windows: path, start, end and cosine, the best first."""
    found = index.search(np.asarray(vector, np.float32), count, exact=exact)
    rows = [(row(folder, key), 1 - float(distance)) for key, distance in zip(found.keys, found.distances)]
    return [(each["path"], each["start"], each["end"], cosine) for each, cosine in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("index", type=pathlib.Path)
    parser.add_argument("words")
    parser.add_argument("--model", help="the archive's model (default: the default model)")
    parser.add_argument("-n", type=int, default=10, help="how many windows, default 10")
    parser.add_argument("--exact", action="store_true", help="compare with every row")
    arguments = parser.parse_args()
    if not arguments.index.exists():
        unfinished = arguments.index.with_suffix(".unfinished")
        fill(arguments.archive).save(unfinished)
        unfinished.rename(arguments.index)
    index = Index.restore(arguments.index, view=True)
    with actionclip.Model(arguments.model) as model:
        vector = query(model, arguments.words)
    for path, start, end, cosine in search(index, arguments.archive, vector, arguments.n, arguments.exact):
        print(f"{cosine:.4f} {start:9.2f} {end:9.2f}  {path}")


if __name__ == "__main__":
    main()

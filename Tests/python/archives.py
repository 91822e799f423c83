"""Archives of embeddings, written as `actionclip embed` lays them out."""

import json

import numpy as np


def write_archive(folder, rows, places, dtype="float16", shard_rows=400, **manifest):
    """An archive of rows [n, E], rounded to dtype; places has (path, start, end) for each. Returns the rows as stored."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = np.asarray(rows).astype(dtype)
    head = {"format": "actionclip-archive", "version": 1, "model": "0" * 64, "model_name": "test",
            "dimension": stored.shape[1], "dtype": dtype, "window": 2.0, "step": 1.0, "frames": 8, **manifest}
    (folder / "manifest.json").write_text(json.dumps(head))
    for shard, first in enumerate(range(0, len(stored), shard_rows)):
        part = slice(first, first + shard_rows)
        lines = [json.dumps({"path": path, "sha256": "0" * 64, "start": start, "end": end}, separators=(",", ":"))
                 for path, start, end in places[part]]
        (folder / f"meta_{shard:04d}.jsonl").write_text("".join(line + "\n" for line in lines))
        np.save(folder / f"emb_{shard:04d}.npy", stored[part])
    return stored


def unit_rows(rng, count, size):
    rows = rng.standard_normal((count, size))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)

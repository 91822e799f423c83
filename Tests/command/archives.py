"""Makes archives by the command, and reads them."""

import json

import numpy as np
from actionclip_command import ROOT, run

STORY, SHORT = ROOT / "examples" / "shapes.mp4", ROOT / "examples" / "zigzag.mp4"


def copy(source, target, number=0):
    """A copy of an MP4 file whose content is its own: it ends with a box that players pass over."""
    target.write_bytes(source.read_bytes() + (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big"))
    return target


def embed(*arguments, out, **more):
    return run("embed", *arguments, "--out", out, "--json", "--shard-rows", 7, **more)


def report(process):
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def content(archive):
    return {path.name: path.read_bytes() for path in archive.iterdir()}


def rows(archive):
    """(path, start, end) and the numbers of each row that is not removed."""
    found = []
    removed = archive / "removed.jsonl"
    masks = [(line["shard"], line["row"], line["rows"]) for line in (lines(removed) if removed.exists() else [])]
    for shard, path in enumerate(sorted(archive.glob("emb_*.npy"))):
        numbers, told = np.load(path), lines(archive / path.name.replace("emb", "meta").replace("npy", "jsonl"))
        assert len(numbers) == len(told)
        for row, (vector, line) in enumerate(zip(numbers, told)):
            if not any(shard == s and first <= row < first + count for s, first, count in masks):
                found.append(((line["path"], line["start"], line["end"]), vector))
    return found

#!/usr/bin/env python3
"""Makes the default model of a trained run: one file with options, templates, labels and merges inside.

    PYTHONPATH=../../bindings/python python3 pack.py runs/shift+Transf ../actionclip-shapes.safetensors
"""
import json
import sys
from pathlib import Path

import actionclip

from shapes.actions import ACTIONS
from shapes.captions import REFERENCE_TEMPLATES
from shapes.splits import UNSEEN_ACTIONS

from score import is_causal


def pack(run, target, storage="fp16"):
    told = json.loads((run / "run.json").read_text())
    shift, frames = "causal" if is_causal(run) else None, told["sizes"]["frames"]
    with actionclip.Model(run / "checkpoint.pt", tokenizer=run / "merges.txt", frames=frames,
                          activation="quickgelu", temporal_shift=shift) as model:
        model.save(
            target, storage=storage, labels=[a.name for a in ACTIONS], templates=REFERENCE_TEMPLATES, license="MIT",
            description="Coloured shapes that move, turn, change size and meet, in short synthetic videos. "
            f"{len(ACTIONS)} labels, {len(UNSEEN_ACTIONS)} of them never trained on. Knows nothing else.",
            source=f"libactionclip, models/shapes: {told['option']}, seed {told['arguments']['seed']}, "
            f"torch {told['versions']['torch']}")


if __name__ == "__main__":
    pack(Path(sys.argv[1]), sys.argv[2])

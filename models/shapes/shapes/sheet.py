"""Contact sheets, to look at: one row for each clip, its frames from left to right.

    python3 -m shapes.sheet OUTPUT.png [SPLIT [ACTION...]]     (in models/shapes)
"""
import sys

import numpy as np
from PIL import Image, ImageDraw

from . import splits
from .actions import BY_NAME
from .render import middle_times, render
from .scene import make_scene


def sheet(names, split="train", seed=0, side=64, frames=8, each=1):
    rows = []
    for name in names:
        for k in range(each):
            scene = make_scene(split, seed, k + 1000 * list(BY_NAME).index(name), name)
            clip = render(scene, middle_times(frames), side, rng=np.random.default_rng(k))
            clip = np.pad(clip, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
            rows.append((name if k == 0 else "", np.concatenate(clip, axis=1)))
    label = 230
    height = rows[0][1].shape[0]
    image = Image.new("RGB", (label + rows[0][1].shape[1], height * len(rows)), "white")
    draw = ImageDraw.Draw(image)
    for i, (name, row) in enumerate(rows):
        draw.text((4, i * height + height // 2 - 6), name, fill="black")
        image.paste(Image.fromarray(row), (label, i * height))
    return image


if __name__ == "__main__":
    split = sys.argv[2] if len(sys.argv) > 2 else "train"
    sheet(sys.argv[3:] or splits.SPLITS[split][1], split).save(sys.argv[1])

#!/usr/bin/env python3
"""Makes what other families' rules are tested with, in Tests/fixtures/preprocess, from OpenCV, NumPy and PyTorch.

  opencv.safetensors  as crops.safetensors, with mmcv's sizes and mmaction2's crops
  families.json       rule, frames, rate, segments and the frame choice

Needs opencv-python-headless, numpy and torch: python3 scripts/make_family_fixtures.py
"""

import json
import math

import cv2
import numpy as np
import torch
from make_preprocess_fixtures import FIXTURES, picture, save

# width, height, short side, crop, noise: odd sizes, both orientations, shrinking (by two exactly, which
# OpenCV does another way) and growing, exact sizes, extreme ratios, one pixel.
CASES = [
    (45, 27, 13, 11, True),
    (25, 37, 13, 11, True),
    (26, 26, 13, 11, True),
    (5, 7, 18, 16, True),
    (12, 12, 12, 12, True),
    (24, 35, 20, 17, False),
    (1, 1, 8, 7, True),
    (1, 300, 8, 7, True),
    (300, 2, 11, 9, True),
    (2, 3, 41, 8, True),
    (97, 3, 5, 4, True),
    (18, 50, 16, 13, True),
    (40, 25, 12, 12, True),
]


def size_of(width, height, short):
    """mmcv's rescale_size for a scale of (inf, short)."""
    factor = short / min(width, height)
    return int(width * float(factor) + 0.5), int(height * float(factor) + 0.5)


def crop_of(image, crop, position):
    """mmaction2's CenterCrop; the ends as in its ThreeCrop, along the long side."""
    height, width = image.shape[:2]
    left, top = (width - crop) // 2, (height - crop) // 2
    if position != "center":
        steps = 0 if position == "start" else 2
        left, top = (steps * left, top) if width >= height else (left, steps * top)
    return np.ascontiguousarray(image[top : top + crop, left : left + crop])


def mmaction2(frames, rate, segments):
    """SampleFrames(clip_len=1, num_clips=segments, test_mode=True)."""
    interval = frames / float(segments)
    offsets = np.arange(segments) * interval + interval / 2.0
    return np.mod(offsets, frames).astype(np.int64).tolist()


def open_vclip(frames, rate, segments):
    """The middle of three views of segments x 16 frames at 30 a second."""
    length = np.maximum(1.0, 16 * segments / 30 * rate)
    start = math.floor(max(frames - length, 0) / 2)
    index = torch.linspace(float(start), float(start + length - 1), segments)
    return torch.clamp(index, 0, frames - 1).long().tolist()


def main():
    random = np.random.default_rng(20210917)
    tensors = {}
    for index, (width, height, short, crop, noise) in enumerate(CASES):
        image = picture(width, height, noise, random)
        tensors[f"{index}.image"] = image
        size = size_of(width, height, short)
        resized = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        for position in ("center", "start", "end"):
            tensors[f"{index}.short{short}.crop{crop}.{position}"] = crop_of(resized, crop, position)
    save(tensors, FIXTURES / "opencv.safetensors")

    rows = []
    for name, rule in [("mmaction2", mmaction2), ("Open-VCLIP", open_vclip)]:
        for frames in [1, 2, 7, 8, 9, 31, 100, 250, 299, 300, 9973]:
            for rate in [30] if rule is mmaction2 else [30, 25, 29.97, 12.5, 60]:
                for segments in [1, 2, 7, 8, 16, 32]:
                    indices = rule(frames, rate, segments)
                    row = {"rule": name, "frames": frames, "rate": rate, "segments": segments}
                    rows.append({**row, "indices": indices})
    text = ",\n".join(json.dumps(row) for row in rows)
    (FIXTURES / "families.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()

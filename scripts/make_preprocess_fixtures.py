#!/usr/bin/env python3
"""Makes Tests/fixtures/preprocess from Pillow and from the reference's own formulas.

  crops.safetensors  N.image uint8 [h, w, 3]; N.shortS.cropC.POSITION uint8 [C, C, 3];
                     N.shortS.cropC.normalized float32 [3, C, C] for one of them
  indices.json       frames, segments and the frame choice in Python's arithmetic

Needs Pillow and numpy: python3 scripts/make_preprocess_fixtures.py
"""

import json
import pathlib
import struct

import numpy as np
from PIL import Image

FIXTURES = pathlib.Path(__file__).parent.parent / "Tests" / "fixtures" / "preprocess"
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

# width, height, short side, crop, noise: odd sizes, both orientations, shrinking and growing,
# exact sizes, extreme ratios, one pixel, crops smaller than the short side.
CASES = [
    (45, 27, 13, 11, True),
    (25, 37, 13, 11, True),
    (25, 25, 18, 16, True),
    (5, 7, 18, 16, True),
    (12, 12, 12, 12, True),
    (21, 13, 13, 11, True),
    (24, 35, 20, 17, False),
    (1, 1, 8, 7, True),
    (1, 600, 8, 7, True),
    (500, 2, 11, 9, True),
    (2, 3, 41, 8, True),
    (97, 3, 5, 4, True),
    (34, 24, 21, 12, False),
    (17, 50, 16, 13, True),
]


def picture(width, height, noise, random):
    if noise:
        return random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    # Hard edges: the filter overshoots and must be clipped at 0 and 255.
    y, x = np.mgrid[0:height, 0:width]
    checks = np.where((x // 5 + y // 7) % 2, 255, 0)
    return np.stack([checks, 255 - checks, np.where(x > y, 255, 3)], axis=2).astype(np.uint8)


def resized_size(width, height, short):
    """torchvision's Resize(short)."""
    if width <= height:
        return short, int(short * height / width)
    return int(short * width / height), short


def resize(image, size):
    """Width first, as every Pillow before 13 does in one call. Pillow 13 takes the height first for
    some tall pictures, which gives other bits; resizing one side at a time leaves it no choice."""
    one_side = image.resize((size[0], image.height), Image.Resampling.BICUBIC)
    return one_side.resize(size, Image.Resampling.BICUBIC)


def crop_box(width, height, crop, position):
    left, top = int(round((width - crop) / 2.0)), int(round((height - crop) / 2.0))
    if position == "start":
        left, top = (0, top) if width >= height else (left, 0)
    if position == "end":
        left, top = (width - crop, top) if width >= height else (left, height - crop)
    return left, top, left + crop, top + crop


def expected_indices(n, t):
    """The reference's datasets.py, at test time."""
    if t == 1:
        return [n // 2]
    if n <= t:
        return [i * n // t for i in range(t)]
    offset = (n / t - 1) / 2.0
    return [int(i * n / t + offset) for i in range(t)]


def save(tensors, path):
    names = {np.dtype(np.uint8): "U8", np.dtype(np.float32): "F32"}
    header, offset = {}, 0
    for name, array in tensors.items():
        span = [offset, offset + array.nbytes]
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": span}
        offset += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    data = b"".join(np.ascontiguousarray(array).tobytes() for array in tensors.values())
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)


def main():
    random = np.random.default_rng(20210917)
    tensors = {}
    for index, (width, height, short, crop, noise) in enumerate(CASES):
        image = picture(width, height, noise, random)
        tensors[f"{index}.image"] = image
        size = resized_size(width, height, short)
        resized = resize(Image.fromarray(image), size)
        for position in ("center", "start", "end"):
            box = crop_box(*size, crop, position)
            tensors[f"{index}.short{short}.crop{crop}.{position}"] = np.asarray(resized.crop(box))
    planes = tensors["2.short18.crop16.center"].transpose(2, 0, 1).astype(np.float32)
    planes = (planes / np.float32(255) - MEAN[:, None, None]) / STD[:, None, None]
    tensors["2.short18.crop16.normalized"] = planes

    FIXTURES.mkdir(parents=True, exist_ok=True)
    save(tensors, FIXTURES / "crops.safetensors")
    counts = [1, 2, 7, 8, 9, 16, 31, 100, 299, 9973, 2**31 + 7, 10**12 + 39, 2**53 - 1, 2**53]
    rows = [
        {"frames": n, "segments": t, "indices": expected_indices(n, t)}
        for n in counts
        for t in (1, 2, 3, 7, 8, 11)
    ]
    text = ",\n".join(json.dumps(row) for row in rows)
    (FIXTURES / "indices.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()

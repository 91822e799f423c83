#!/usr/bin/env python3
"""Makes Tests/fixtures/preprocess/augmentations.safetensors: pictures changed by Pillow, as the reference's
augmentations change them.

  PICTURE                    uint8 [h, w, 3]
  PICTURE.OPERATION.VALUE    the picture after the operation; a crop's value is left_top_width_height_size

Needs Pillow and numpy: python3 scripts/make_augmentation_fixture.py
"""

import numpy as np
from make_preprocess_fixtures import FIXTURES, save
from PIL import Image, ImageDraw, ImageEnhance, ImageOps


def hue(picture, turn):
    """torchvision's adjust_hue for Pillow's pictures."""
    h, s, v = picture.convert("HSV").split()
    turned = np.asarray(h) + np.int32(turn * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(turned), s, v)).convert("RGB")


def affine(*matrix):
    return lambda picture, value: picture.transform(
        picture.size, Image.Transform.AFFINE, [value if entry is None else entry for entry in matrix]
    )


def solarize_add(picture, value):
    added = np.clip(np.asarray(picture).astype(np.int32) + int(value), 0, 255).astype(np.uint8)
    return ImageOps.solarize(Image.fromarray(added), 128)


def cutout(picture, value):
    """The reference's rectangle of a side, here at a fixed place near the right edge."""
    width, height = picture.size
    x, y = width - 6, 4
    covered = picture.copy()
    box = (x, y, min(width, x + value), min(height, y + value))
    ImageDraw.Draw(covered).rectangle(box, (125, 123, 114))
    return covered


def crop(picture, value):
    left, top, width, height, size = map(int, value.split("_"))
    cut = picture.crop((left, top, left + width, top + height))
    # One side at a time, the width first, as every Pillow before 13 does it.
    return cut.resize((size, height), Image.Resampling.BILINEAR).resize(
        (size, size), Image.Resampling.BILINEAR
    )


OPERATIONS = {
    "brightness": (lambda p, v: ImageEnhance.Brightness(p).enhance(v), (0.6, 0.64, 1, 1.3719, 1.4)),
    "contrast": (lambda p, v: ImageEnhance.Contrast(p).enhance(v), (0.6, 0.64, 1.21, 1.4)),
    "saturation": (lambda p, v: ImageEnhance.Color(p).enhance(v), (0.64, 0.8, 1.137, 1.9)),
    "sharpness": (lambda p, v: ImageEnhance.Sharpness(p).enhance(v), (0.1, 0.64, 1.9)),
    "hue": (hue, (-0.1, -0.003, 0, 0.0371, 0.1)),
    "grey": (lambda p, v: p.convert("L").convert("RGB"), (0,)),
    "autocontrast": (lambda p, v: ImageOps.autocontrast(p), (0,)),
    "equalize": (lambda p, v: ImageOps.equalize(p), (0,)),
    "invert": (lambda p, v: ImageOps.invert(p), (0,)),
    "posterize": (lambda p, v: ImageOps.posterize(p, v), (1, 3, 8)),
    "solarize": (lambda p, v: ImageOps.solarize(p, v), (76.8, 128, 256)),
    "solarizeadd": (solarize_add, (33, 110)),
    "rotate": (lambda p, v: p.rotate(v), (9, -9, 30)),
    "shearx": (affine(1, None, 0, 0, 1, 0), (0.09, -0.09, 0.3)),
    "sheary": (affine(1, 0, 0, None, 1, 0), (0.09, -0.3)),
    "translatex": (affine(1, 0, None, 0, 1, 0), (5, -5, 100)),
    "translatey": (affine(1, 0, 0, 0, 1, None), (6.5, -6.5)),
    "cutout": (cutout, (12,)),
    "mirror": (lambda p, v: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (0,)),
    "crop": (crop, ("3_2_17_13_11", "0_0_23_17_16", "5_1_9_12_24", "4_1_16_16_16")),
}


def main():
    random = np.random.default_rng(20210917)
    y, x = np.mgrid[0:17, 0:23]
    smooth = np.stack([40 + 3 * x + y, 150 - 4 * y + x, 60 + 5 * abs(x - 11)], 2)
    smooth += random.integers(0, 9, smooth.shape)
    # Every 17th value of each channel, so all hues, greys, black and white.
    values = np.arange(0, 256, 17)
    colours = np.stack(np.meshgrid(values, values, values), -1).reshape(64, 64, 3)
    pictures = {
        "smooth": smooth.astype(np.uint8),
        "noise": random.integers(0, 256, (17, 24, 3), dtype=np.uint8),
        "colours": colours.astype(np.uint8),
        "plain": np.full((5, 3, 3), (90, 3, 255), np.uint8),
        "thin": random.integers(20, 200, (2, 9, 3), dtype=np.uint8),
    }
    tensors = {}
    for name, array in pictures.items():
        tensors[name] = array
        for operation, (apply, some) in OPERATIONS.items():
            only = {"crop": ["smooth"], "cutout": ["smooth", "noise"]}.get(operation)
            if name == "colours" and operation not in ("hue", "grey") or only and name not in only:
                continue
            for value in some:
                tensors[f"{name}.{operation}.{value}"] = np.asarray(apply(Image.fromarray(array), value))
    save(tensors, FIXTURES / "augmentations.safetensors")


if __name__ == "__main__":
    main()

"""The reference's augmentations of a clip's frames, by Pillow, as the reference makes them.

"reference": RandAugment where the recipe has it, drawn for each frame; one of 13 crops of one of four sizes and
shapes, the same for all frames, resized bilinearly; a mirror image of the clip half of the time; colour jitter of
four clips in five, drawn for each frame; grey for one clip in five. "flip": the crop and the mirror image alone, as
mmaction2 trains. "none": the middle of the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..recipe import Recipe

if TYPE_CHECKING:
    from PIL.Image import Image

_SCALES = (1, 0.875, 0.75, 0.66)
Random = np.random.Generator


class Augment:
    """Frames [T, H, W, 3] of any size to frames [T, side, side, 3], bytes both."""

    def __init__(self, recipe: Recipe, side: int) -> None:
        self.recipe, self.side = recipe, side

    def __call__(self, frames: np.ndarray, random: Random) -> np.ndarray:
        from PIL import Image

        recipe, pictures = self.recipe, [Image.fromarray(frame) for frame in frames]
        if recipe.augment == "none":
            return _arrays([_middle(picture, self.side) for picture in pictures])
        operations, strength = recipe.randaugment
        if recipe.augment == "reference" and operations:
            pictures = [rand_augment(picture, operations, strength, random) for picture in pictures]
        box = crop_box(pictures[0].size, self.side, random)
        pictures = [p.crop(box).resize((self.side, self.side), Image.Resampling.BILINEAR) for p in pictures]
        if recipe.flip and random.random() < 0.5:
            pictures = [p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in pictures]
        if recipe.augment == "reference":
            if random.random() < 0.8:
                pictures = [colour_jitter(p, random) for p in pictures]
            if random.random() < 0.2:
                pictures = [p.convert("L").convert("RGB") for p in pictures]
        return _arrays(pictures)


def _arrays(pictures: list[Image]) -> np.ndarray:
    return np.stack([np.asarray(picture) for picture in pictures])


def _middle(picture: Image, side: int) -> Image:
    from PIL import Image

    width, height = picture.size
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    return picture.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + short, top + short))


def crop_box(size: tuple[int, int], side: int, random: Random) -> tuple[int, int, int, int]:
    """The crop's left, top, right and bottom: sides of one or two neighbouring scales of the short side, at a corner,
    the middle, the middle of a side, or a quarter's middle."""
    lengths = [int(min(size) * scale) for scale in _SCALES]
    lengths = [side if abs(length - side) < 3 else length for length in lengths]
    pairs = [(w, h) for i, h in enumerate(lengths) for j, w in enumerate(lengths) if abs(i - j) <= 1]
    width, height = pairs[random.integers(len(pairs))]
    across, down = (size[0] - width) // 4, (size[1] - height) // 4
    places = [(x, y) for x in (0, 2, 4) for y in (0, 2, 4)] + [(x, y) for x in (1, 3) for y in (1, 3)]
    x, y = places[random.integers(len(places))]
    left, top = x * across, y * down
    return left, top, left + width, top + height


def colour_jitter(picture: Image, random: Random) -> Image:
    """Brightness and contrast by factors of 0.6 to 1.4, saturation by 0.8 to 1.2, hue by a tenth of the circle, in
    any order."""
    from PIL import ImageEnhance

    kinds: list[tuple[Any, float]] = [
        (ImageEnhance.Brightness, 0.4), (ImageEnhance.Contrast, 0.4), (ImageEnhance.Color, 0.2), (None, 0.1),
    ]  # fmt: skip
    for place in random.permutation(4):
        kind, reach = kinds[place]
        if kind is None:
            picture = _hue(picture, random.uniform(-reach, reach))
        else:
            picture = kind(picture).enhance(random.uniform(1 - reach, 1 + reach))
    return picture


def _hue(picture: Image, turn: float) -> Image:
    from PIL import Image

    hue, saturation, value = picture.convert("HSV").split()
    turned = (np.asarray(hue).astype(np.int16) + int(turn * 255)) % 256
    return Image.merge("HSV", (Image.fromarray(turned.astype(np.uint8)), saturation, value)).convert("RGB")


def rand_augment(picture: Image, operations: int, strength: float, random: Random) -> Image:
    """`operations` of 16, drawn with replacement, each at strength / 30 of its range."""
    for _ in range(operations):
        operation, low, high = OPERATIONS[random.integers(len(OPERATIONS))]
        picture = operation(picture, low + (high - low) * strength / 30, random)
    return picture


def _enhance(name: str) -> Callable[[Image, float, Random], Image]:
    def apply(picture: Image, value: float, random: Random) -> Image:
        from PIL import ImageEnhance

        return getattr(ImageEnhance, name)(picture).enhance(value)

    return apply


def _ops(
    name: str, whole: bool = False, takes_value: bool = False
) -> Callable[[Image, float, Random], Image]:
    def apply(picture: Image, value: float, random: Random) -> Image:
        from PIL import ImageOps

        if not takes_value:
            return getattr(ImageOps, name)(picture)
        return getattr(ImageOps, name)(picture, max(1, int(value)) if whole else value)

    return apply


def _signed(value: float, random: Random) -> float:
    return -value if random.random() > 0.5 else value


def _rotate(picture: Image, value: float, random: Random) -> Image:
    return picture.rotate(_signed(value, random))


def _affine(make: Callable[[float], tuple[float, ...]]) -> Callable[[Image, float, Random], Image]:
    def apply(picture: Image, value: float, random: Random) -> Image:
        from PIL import Image

        return picture.transform(picture.size, Image.Transform.AFFINE, make(_signed(value, random)))

    return apply


def _solarize_add(picture: Image, value: float, random: Random) -> Image:
    from PIL import Image, ImageOps

    added = np.asarray(picture).astype(np.int32) + int(value)
    return ImageOps.solarize(Image.fromarray(np.clip(added, 0, 255).astype(np.uint8)), 128)


def _cutout(picture: Image, value: float, random: Random) -> Image:
    from PIL import ImageDraw

    width, height = picture.size
    x, y = (
        int(max(0, random.uniform(0, width) - value / 2)),
        int(max(0, random.uniform(0, height) - value / 2)),
    )
    picture = picture.copy()
    ImageDraw.Draw(picture).rectangle((x, y, min(width, x + value), min(height, y + value)), (125, 123, 114))
    return picture


#: RandAugment's operations with the ranges of the package that the reference uses.
OPERATIONS: tuple[tuple[Callable[[Image, float, Random], Image], float, float], ...] = (
    (_ops("autocontrast"), 0, 1),
    (_ops("equalize"), 0, 1),
    (_ops("invert"), 0, 1),
    (_rotate, 0, 30),
    (_ops("posterize", whole=True, takes_value=True), 0, 4),
    (_ops("solarize", takes_value=True), 0, 256),
    (_solarize_add, 0, 110),
    (_enhance("Color"), 0.1, 1.9),
    (_enhance("Contrast"), 0.1, 1.9),
    (_enhance("Brightness"), 0.1, 1.9),
    (_enhance("Sharpness"), 0.1, 1.9),
    (_affine(lambda v: (1, v, 0, 0, 1, 0)), 0, 0.3),
    (_affine(lambda v: (1, 0, 0, v, 1, 0)), 0, 0.3),
    (_cutout, 0, 40),
    (_affine(lambda v: (1, 0, v, 0, 1, 0)), 0, 100),
    (_affine(lambda v: (1, 0, 0, 0, 1, v)), 0, 100),
)

"""Pillow images of every mode are what Pillow shows, not what their numbers happen to be."""

import actionclip
import numpy as np
import pytest
from conftest import same_bits

Image = pytest.importorskip("PIL.Image")

MODES = ["1", "L", "P", "PA", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"]


def colourful(random, mode):
    image = Image.fromarray(random.integers(0, 256, (37, 53, 3), dtype=np.uint8), "RGB")
    if mode == "PA":
        return image.convert("P").convert("PA")
    if mode == "I;16":
        return Image.fromarray(random.integers(0, 256, (37, 53), dtype=np.uint16))
    return image.convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_its_rgb(mode, random):
    image = colourful(random, mode)
    assert image.mode == mode
    rgb = np.asarray(image.convert("RGB"))
    assert len(np.unique(rgb)) > 1
    expected = actionclip.preprocess(rgb, 24)
    for pixel_format in ("rgb", "bgr", "rgba", "gray"):  # these are about arrays
        assert same_bits(actionclip.preprocess(image, 24, pixel_format=pixel_format), expected)
    assert same_bits(actionclip.preprocess([image, image], 24)[1], expected)
    assert same_bits(actionclip.preprocess_crop(image, 24), actionclip.preprocess_crop(rgb, 24))


def test_frames_may_be_of_any_modes(speaker, random):
    images = [colourful(random, mode) for mode in MODES[: speaker.info.frames]]
    arrays = [np.asarray(image.convert("RGB")) for image in images]
    expected = speaker.encode_frames(arrays)
    for frames in (images, iter(images), [images], ((image for image in images) for _ in range(1))):
        assert same_bits(speaker.encode_frames(frames), expected)
    half = len(images) // 2
    assert same_bits(speaker.encode_frames(images[:half] + arrays[half:]), expected)


def test_rgb_is_not_converted(random):
    class Counting(Image.Image):
        def convert(self, *arguments, **options):
            raise AssertionError("converting RGB to RGB copies it")

    image = colourful(random, "RGB")
    expected = actionclip.preprocess(image, 24)
    image.__class__ = Counting
    assert same_bits(actionclip.preprocess(image, 24), expected)


def test_one_image_is_no_video(speaker, random):
    for mode in ("RGB", "L"):
        for pixel_format in ("rgb", "gray"):
            with pytest.raises(actionclip.ArgumentError, match="a list of images"):
                speaker.encode_frames(colourful(random, mode), pixel_format=pixel_format)


def test_what_pillow_cannot_convert_is_an_argument_error():
    image = Image.new("La", (4, 3))  # Pillow has no way from it to RGB
    with pytest.raises(actionclip.ArgumentError, match="image 0 of mode La cannot be made RGB") as caught:
        actionclip.preprocess(image, 24)
    assert caught.value.status == -10

"""Pictures of every layout, to Pillow's bits."""

import json

import actionclip
import numpy as np
import pytest
from conftest import ROOT, SHARED, read_safetensors, same_bits

PLACES = [
    ROOT / "Tests" / "fixtures" / "preprocess" / "crops.safetensors",
    SHARED / "preprocess" / "images.safetensors",
]


@pytest.mark.parametrize("path", PLACES, ids=["committed", "shared"])
def test_crops_equal_pillow(path):
    if not path.exists():
        pytest.skip(f"{path} is not here")
    tensors = read_safetensors(path)
    checked = 0
    for name, expected in tensors.items():
        parts = name.split(".")
        if len(parts) < 3:
            continue
        short, size = int(parts[1].removeprefix("short")), int(parts[2].removeprefix("crop"))
        last = parts[3] if len(parts) > 3 else "center"
        image = tensors[f"{parts[0]}.image"]
        if last == "normalized":
            found = actionclip.preprocess(image, size, short_side=short)
        else:
            found = actionclip.preprocess_crop(image, size, short_side=short, crop=last)
        assert same_bits(found, expected), name
        checked += 1
    assert checked >= 9


@pytest.mark.parametrize(
    "path",
    [PLACES[0].with_name("indices.json"), PLACES[1].with_name("uniform_indices.json")],
    ids=["committed", "shared"],
)
def test_frame_choice(path):
    if not path.exists():
        pytest.skip(f"{path} is not here")
    for row in json.loads(path.read_text()):
        found = actionclip.sample_indices(row["frames"], row["segments"])
        assert found.dtype == np.int64 and found.tolist() == row["indices"], row


def picture(random, height=37, width=53):
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_layouts_give_one_result(random):
    rgb = picture(random)
    expected = actionclip.preprocess(rgb, 24)
    alpha = random.integers(0, 256, (37, 53, 1), dtype=np.uint8)
    wide = np.zeros((37, 90, 3), np.uint8)
    wide[:, 10:63] = rgb
    layouts = {
        "rgba": (np.concatenate([rgb, alpha], 2), "rgba"),
        "rgb with alpha": (np.concatenate([rgb, alpha], 2), "rgb"),
        "bgr": (np.ascontiguousarray(rgb[:, :, ::-1]), "bgr"),
        "bgra": (np.concatenate([rgb[:, :, ::-1], alpha], 2), "BGRA"),
        "a column range": (wide[:, 10:63], "rgb"),
        "upside down twice": (np.ascontiguousarray(rgb[::-1])[::-1], "rgb"),
        "channels turned": (np.ascontiguousarray(rgb[:, :, ::-1])[:, :, ::-1], "rgb"),
        "transposed": (np.ascontiguousarray(rgb.transpose(1, 0, 2)).transpose(1, 0, 2), "rgb"),
        "planes": (np.ascontiguousarray(rgb.transpose(2, 0, 1)).transpose(1, 2, 0), "rgb"),
        "read-only": (np.frombuffer(rgb.tobytes(), np.uint8).reshape(rgb.shape), "rgb"),
    }
    for name, (image, pixel_format) in layouts.items():
        assert same_bits(actionclip.preprocess(image, 24, pixel_format=pixel_format), expected), name


def test_gray_is_one_channel_for_three(random):
    gray = picture(random)[:, :, 0]
    expected = actionclip.preprocess(np.stack([gray] * 3, 2), 24)
    for image in (gray, gray[:, :, None], np.ascontiguousarray(gray)):
        assert same_bits(actionclip.preprocess(image, 24, pixel_format="gray"), expected)
    assert same_bits(actionclip.preprocess(gray, 24), expected)


def test_packed_rows_are_not_copied(random):
    from actionclip._images import Images

    wide = random.integers(0, 256, (2, 30, 64, 3), dtype=np.uint8)
    for image in (wide[0], wide[:, :, 4:40][1], wide[0, ::2], wide[0, :1], wide[0][:, :, 0].copy()):
        struct = Images([image], "rgb").structs[0]
        assert struct.planes[0].contents is not None
        assert np.ctypeslib.as_array(struct.planes[0], (1,)).ctypes.data == image.ctypes.data
    flipped = wide[0, ::-1]
    struct = Images([flipped], "rgb").structs[0]
    assert np.ctypeslib.as_array(struct.planes[0], (1,)).ctypes.data != flipped.ctypes.data


def test_several_pictures_of_several_sizes(random):
    images = [picture(random), picture(random, 20, 91), picture(random, 64, 33)]
    found = actionclip.preprocess(images, 16)
    assert found.shape == (3, 3, 16, 16) and found.dtype == np.float32
    for image, each in zip(images, found):
        assert same_bits(actionclip.preprocess(image, 16), each)
    batch = np.stack([images[0], images[0]])
    assert actionclip.preprocess_crop(batch, 16).shape == (2, 16, 16, 3)
    assert actionclip.preprocess([], 16).shape == (0, 3, 16, 16)


def test_options(random):
    image = picture(random, 60, 100)
    crops = [actionclip.preprocess_crop(image, 28, crop=crop) for crop in ("start", "center", "end")]
    assert not same_bits(crops[0], crops[1]) and not same_bits(crops[1], crops[2])
    assert same_bits(crops[1], actionclip.preprocess_crop(image, 28, short_side=32))
    clip = actionclip.preprocess_crop(image, 28, resize="clip")
    assert same_bits(clip, actionclip.preprocess_crop(image, 28, short_side=28))
    plain = actionclip.preprocess(image, 28, mean=(0, 0, 0), std=(1, 1, 1))
    assert same_bits(plain, crops[1].transpose(2, 0, 1).astype(np.float32) / np.float32(255))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 0}, "size"),
        ({"size": 2**40}, "size"),
        ({"resize": "nearest"}, "resize is 'nearest'"),
        ({"crop": "middle"}, "crop is 'middle'"),
        ({"pixel_format": "hsv"}, "pixel_format is 'hsv'"),
        ({"pixel_format": "rgba"}, "image 0 has shape"),
        ({"short_side": 10}, "short_side"),
        ({"mean": (0, 0)}, "mean has 2 values"),
        ({"std": (1, 0, 1)}, "std"),
        ({"std": (1, float("nan"), 1)}, "std"),
    ],
)
def test_wrong_options_are_refused(arguments, words, random):
    with pytest.raises(ValueError, match=words):
        actionclip.preprocess(picture(random), **{"size": 24, **arguments})


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.zeros((4, 5, 3), np.float32), TypeError),
        (np.zeros((4, 5, 3), np.int64), TypeError),
        (np.zeros((4, 5, 2), np.uint8), ValueError),
        (np.zeros((0, 5, 3), np.uint8), ValueError),
        (np.zeros((5, 0), np.uint8), ValueError),
        (np.zeros(7, np.uint8), ValueError),
        (np.zeros((1, 65536, 3), np.uint8), ValueError),
        (None, TypeError),
        ("picture.png", TypeError),
    ],
)
def test_what_is_no_picture_is_refused(image, kind):
    with pytest.raises(kind):
        actionclip.preprocess(image, 24)


def test_frame_choice_out_of_range():
    for count, segments in [(0, 8), (-3, 8), (8, 0), (8, -1), (8, 2**31 - 1), (2**62, 8)]:
        with pytest.raises(ValueError):
            actionclip.sample_indices(count, segments)
    with pytest.raises(TypeError):
        actionclip.sample_indices(8.5, 8)
    with pytest.raises(ValueError):
        actionclip.sample_indices(2**80, 8)

"""Pictures become the peers' bytes: open_clip's transforms and transformers' image processor, on Pillow's images."""

import actionclip
import families
import numpy as np
import pytest

SIZE = 32
SIZES = [(41, 57), (57, 41), (32, 47), (33, 32), (32, 32), (40, 97), (64, 65), (100, 55), (20, 31), (31, 20), (7, 90)]
PIL = pytest.importorskip("PIL.Image")


def picture(height, width, mode):
    random = np.random.default_rng(height * 1000 + width)
    array = random.integers(0, 256, (height, width, len(mode)), np.uint8)
    if mode == "RGBA":  # whole parts of it are clear or solid
        array[: height // 3, :, 3] = 0
        array[:, : width // 3, 3] = 255
    return PIL.fromarray(array[:, :, 0] if mode == "L" else array, mode)


def bytes_of(normalised):
    """Pixels of mean 0 and std 1 back to bytes, exactly."""
    return np.rint(np.moveaxis(np.asarray(normalised), 0, -1) * 255).astype(np.uint8)


@pytest.mark.parametrize("filter, resize", [("bicubic", "clip"), ("bilinear", "clip_bilinear")])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("height, width", SIZES)
def test_open_clip_s_crop(height, width, mode, filter, resize):
    families.maker_or_skip("open_clip")
    from open_clip.transform import image_transform

    image = picture(height, width, mode)
    transform = image_transform(SIZE, is_train=False, mean=(0, 0, 0), std=(1, 1, 1), interpolation=filter)
    expected = bytes_of(transform(image))
    assert np.array_equal(actionclip.preprocess_crop(image, SIZE, resize=resize), expected)
    found = actionclip.preprocess_crop(np.asarray(image), SIZE, resize=resize)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("height, width", SIZES)
@pytest.mark.parametrize("short_side", [SIZE, SIZE + 5])
def test_transformers_crop(height, width, mode, short_side):
    families.maker_or_skip("transformers")
    module = pytest.importorskip("transformers.models.clip.image_processing_pil_clip")
    processor = module.CLIPImageProcessorPil(
        size={"shortest_edge": short_side}, crop_size={"height": SIZE, "width": SIZE},
        image_mean=[0, 0, 0], image_std=[1, 1, 1],
    )  # fmt: skip
    image = picture(height, width, mode)
    expected = bytes_of(processor(image, return_tensors="np")["pixel_values"][0])
    found = actionclip.preprocess_crop(image, SIZE, resize="hugging_face", short_side=short_side)
    assert np.array_equal(found, expected)


def test_the_two_differ_where_a_margin_is_odd_alone():
    even, odd = picture(32, 48, "RGB"), picture(32, 51, "RGB")
    for image, same in [(even, True), (odd, False)]:
        crops = [actionclip.preprocess_crop(image, SIZE, resize=resize) for resize in ("clip", "hugging_face")]
        assert np.array_equal(*crops) == same


@pytest.mark.parametrize("order", ["rgba", "bgra"])
def test_alpha_is_ignored_elsewhere(order):
    image = np.asarray(picture(41, 57, "RGBA"))
    plain = np.ascontiguousarray(image[:, :, :3] if order == "rgba" else image[:, :, 2::-1])
    for resize in ("actionclip", "mmaction2"):
        found = actionclip.preprocess_crop(image, SIZE, resize=resize, pixel_format=order)
        assert np.array_equal(found, actionclip.preprocess_crop(plain, SIZE, resize=resize))
    solid = image.copy()
    solid[:, :, 3] = 255
    found = actionclip.preprocess_crop(solid, SIZE, resize="clip", pixel_format=order)
    assert np.array_equal(found, actionclip.preprocess_crop(plain, SIZE, resize="clip"))


def test_a_model_of_transformers_cuts_as_transformers_does(tmp_path):
    families.hugging_face().save_pretrained(tmp_path)
    with actionclip.Model(tmp_path) as model:
        assert model.preprocessing["resize"] == "hugging_face"
        model.save(tmp_path / "one.safetensors")
    with actionclip.Model(tmp_path / "one.safetensors") as model:
        assert model.preprocessing["resize"] == "hugging_face"

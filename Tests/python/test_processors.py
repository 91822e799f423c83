"""How pictures are prepared for a Hugging Face CLIP: as its folder says, or not at all."""

import json

import actionclip
import families
import numpy as np
import pytest
import x_clip
from conftest import ROOT, same_bits

SIZE = {"size": {"shortest_edge": families.IMAGE}, "crop_size": {"height": families.IMAGE, "width": families.IMAGE}}


def picture(height=41, width=57):
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def folder(tmp_path):
    families.hugging_face().save_pretrained(tmp_path)
    return tmp_path


def pixels(folder, image):
    with actionclip.Model(folder) as model:
        return model.preprocess(image)


def write(folder, name, **keys):
    (folder / name).write_text(json.dumps(keys))


def theirs(folder, image, name="CLIP"):
    """transformers' own answer, by its Pillow form, whose resizing is what the library's equals."""
    families.maker_or_skip("transformers")
    module = pytest.importorskip(f"transformers.models.{name.lower()}.image_processing_pil_{name.lower()}")
    PIL = pytest.importorskip("PIL.Image")
    processor = getattr(module, f"{name}ImageProcessorPil").from_pretrained(folder)
    pictures = PIL.fromarray(image) if name == "CLIP" else [PIL.fromarray(image)]
    return processor(pictures, return_tensors="np")["pixel_values"][0]


CHANGES = [
    {},
    {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.25, 0.2, 0.3]},
    {"do_normalize": False},
    {"do_rescale": False, "image_mean": [120, 110, 100], "image_std": [60, 61, 62]},
    {"rescale_factor": 1 / 127.5, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
    {"size": {"shortest_edge": 40}},
    {"resample": 2},
    {"resample": 2, "size": {"shortest_edge": 40}},
    {"do_rescale": False, "do_normalize": False},
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_processor_s_settings_are_done(folder, change):
    """Margins of 24 and 12 pixels are even, so both cut out the same square."""
    write(folder, "preprocessor_config.json", image_processor_type="CLIPImageProcessor", **{**SIZE, **change})
    image = picture(80, 100) if "size" in change else picture(64, 80)
    found = pixels(folder, image)
    np.testing.assert_allclose(found, theirs(folder, image), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("change", [{}, {"resample": 3}, {"size": {"shortest_edge": 40}}, {"image_mean": [0.3] * 3}])
def test_an_x_clip_s_pictures_are_those_of_its_processor(tmp_path, change):
    """transformers prepares them as VideoMAE's, by Pillow's bilinear filter unless the folder says otherwise."""
    sizes = x_clip.Sizes(image=32)
    x_clip.hugging_face(sizes).save_pretrained(tmp_path)
    sides = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    write(tmp_path, "preprocessor_config.json", image_processor_type="VideoMAEImageProcessor", **{**sides, **change})
    # Odd margins too.
    for image in (picture(), picture(101, 64)):
        found = pixels(tmp_path, image)
        np.testing.assert_allclose(found, theirs(tmp_path, image, "VideoMAE")[0], rtol=2e-5, atol=2e-5)


def test_what_transformers_saves_is_read(folder):
    """Version 5 of transformers keeps the image processor inside of processor_config.json."""
    transformers = families.maker_or_skip("transformers")
    processor = transformers.CLIPImageProcessor(**SIZE, image_mean=[0.5] * 3, image_std=[0.25] * 3)
    processor.save_pretrained(folder)
    expected = pixels(folder, picture())
    nested = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").unlink()
    assert not same_bits(pixels(folder, picture()), expected), "CLIP's own mean and std"
    write(folder, "processor_config.json", image_processor=nested, processor_class="CLIPProcessor")
    assert same_bits(pixels(folder, picture()), expected)
    # The nested one goes first, as in transformers.
    write(folder, "preprocessor_config.json", **SIZE, image_mean=[0.1] * 3)
    assert same_bits(pixels(folder, picture()), expected)
    write(folder, "processor_config.json", processor_class="CLIPProcessor")
    assert not same_bits(pixels(folder, picture()), expected)


def test_the_committed_processor_of_transformers_5(folder):
    (folder / "processor_config.json").write_text(
        (ROOT / "Tests" / "fixtures" / "families" / "hf_v5_processor_config.json").read_text()
    )
    with actionclip.Model(folder) as model:
        found = model.preprocess(np.full((40, 40, 3), 255, np.uint8))
    assert np.all(found == np.float32(2)), "(1 - 0.5) / 0.25"


@pytest.mark.parametrize(
    "keys, part",
    [
        ({"resample": 1}, "'resample': is 1 (Lanczos)"),
        ({"do_resize": False}, "'do_resize': is false"),
        ({"size": {"height": 32, "width": 32}}, "squashed to a square"),
        ({"crop_size": {"height": 48, "width": 48}}, "'crop_size' is 48, but 'visual.positional_embedding'"),
        ({"size": {"shortest_edge": 30}}, "'size' is 30, but the model's pictures are 32"),
        ({"image_processor_type": "SiglipImageProcessor"}, "'SiglipImageProcessor'"),
        ({"mystery": 7}, "'mystery'"),
    ],
)
@pytest.mark.parametrize("name", ["preprocessor_config.json", "processor_config.json"])
def test_no_key_is_passed_over(folder, name, keys, part):
    keys = {**SIZE, **keys}
    write(folder, name, **({"image_processor": keys} if name == "processor_config.json" else keys))
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert part in str(error.value) and str(folder) in str(error.value)


def test_without_config_json_the_processor_still_counts(folder):
    write(folder, "preprocessor_config.json", **SIZE, image_mean=[0] * 3, image_std=[1] * 3)
    (folder / "config.json").unlink()
    with actionclip.Model(folder, activation="QuickGELU") as model:
        assert np.all(model.preprocess(np.full((32, 32, 3), 255, np.uint8)) == 1)


def test_open_clip_s_preprocessing_is_done_or_refused(tmp_path):
    folder = families.save_open_clip(families.open_clip(True), tmp_path / "m", quick_gelu=True)
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    for change, part in [
        ({"resize_mode": "longest", "fill_color": 0}, "'longest'"),
        ({"mode": "L"}, "'L', expected 'RGB'"),
        ({"size": 48}, "'preprocess_cfg.size' is 48"),
        ({"size": [32, 48]}, "only squares"),
        ({"mystery": 1}, "'mystery'"),
    ]:
        path.write_text(json.dumps({**config, "preprocess_cfg": change}))
        with pytest.raises(actionclip.ActionCLIPError) as error:
            actionclip.Model(folder)
        assert part in str(error.value), change
    for own, resize in [
        ({"resize_mode": "squash"}, "square"),
        ({"resize_mode": "squash", "interpolation": "bilinear"}, "square_bilinear"),
        ({"interpolation": "bilinear"}, "clip_bilinear"),
    ]:
        path.write_text(json.dumps({**config, "preprocess_cfg": own}))
        with actionclip.Model(folder) as model:
            assert model.preprocessing["resize"] == resize
    fine = {"interpolation": "random", "size": [32, 32], "mode": "RGB", "fill_color": 9, "mean": 0.0, "std": 1.0}
    path.write_text(json.dumps({**config, "preprocess_cfg": fine}))
    assert np.all(pixels(folder, np.full((32, 32, 3), 255, np.uint8)) == 1)

"""Presets of other families of checkpoints: OpenCV's resize, choices of frames, a model's own preset."""

import json

import actionclip
import numpy as np
import pytest
from conftest import ROOT, read_safetensors, same_bits
from test_model_file import metadata_of, with_metadata

FIXTURES = ROOT / "Tests" / "fixtures" / "preprocess"
CLIP = ROOT / "examples" / "clip.mp4"


def test_crops_equal_opencv():
    tensors = read_safetensors(FIXTURES / "opencv.safetensors")
    names = [name for name in tensors if "short" in name]
    assert len(names) == 39
    for name in names:
        index, short, crop, position = name.split(".")
        image = tensors[f"{index}.image"]
        size, short = int(crop.removeprefix("crop")), int(short.removeprefix("short"))
        found = actionclip.preprocess_crop(image, size, resize="mmaction2", short_side=short, crop=position)
        assert same_bits(found, tensors[name]), name


def test_crops_of_any_size_equal_opencv(random):
    """mmcv's rescale_size, OpenCV's resize, mmaction2's CenterCrop and ThreeCrop, by the real OpenCV."""
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless")
    for round in range(400):
        width, height = (int(n) for n in random.integers(1, 420, 2))
        size = int(random.integers(1, 120))
        short = size * 256 // 224 if round % 2 else int(random.integers(size, 2 * size + 1))
        if round % 8 == 0:
            width, height = 2 * short, 2 * short  # by two exactly
        image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        if round % 3 == 0:
            image[image > 127] = 255
        factor = short / min(width, height)
        new = (int(width * factor + 0.5), int(height * factor + 0.5))
        if new[0] * new[1] > 4e6:
            continue
        whole = cv2.resize(image, new, interpolation=cv2.INTER_LINEAR)
        left, top = (new[0] - size) // 2, (new[1] - size) // 2
        for steps, position in enumerate(("start", "center", "end")):
            x, y = (steps * left, top) if width >= height else (left, steps * top)
            found = actionclip.preprocess_crop(
                image, size, resize="mmaction2", short_side=short if round % 2 == 0 else None, crop=position)
            assert same_bits(found, whole[y : y + size, x : x + size]), (width, height, size, short, position)


def test_frame_choices_of_other_families():
    rows = json.loads((FIXTURES / "families.json").read_text())
    for row in rows:
        found = actionclip.sample_indices(
            row["frames"], row["segments"], sampling=row["rule"], frame_rate=row["rate"])
        assert found.dtype == np.int64 and found.tolist() == row["indices"], row
    assert len(rows) == 396
    with pytest.raises(ValueError, match="sampling is 'random'"):
        actionclip.sample_indices(8, 8, sampling="random")
    for rate in (0, -1, float("nan"), 1e9):
        with pytest.raises(ValueError, match="frame_rate"):
            actionclip.sample_indices(8, 8, sampling="open_vclip", frame_rate=rate)


X_CLIP = {"resize": "mmaction2", "mean": "0.485 0.456 0.406", "std": "0.229 0.224 0.225", "sampling": "mmaction2"}


def keys(preset):
    return {f"actionclip.{key}": value for key, value in {"format": "1", **preset}.items()}


@pytest.fixture(scope="module")
def saved_plain(speaker, tmp_path_factory):
    path = tmp_path_factory.mktemp("preset") / "plain.safetensors"
    speaker.save(path)
    return path


def load(saved_plain, target, preset):
    with_metadata(saved_plain, target, {**metadata_of(saved_plain), **keys(preset)})
    return actionclip.Model(target, threads=1)


def test_a_model_has_its_file_s_preset(saved_plain, speaker, tmp_path, random):
    assert speaker.preprocessing == {
        "resize": "actionclip", "short_side": None,
        "mean": tuple(np.float32([0.48145466, 0.4578275, 0.40821073]).tolist()),
        "std": tuple(np.float32([0.26862954, 0.26130258, 0.27577711]).tolist()),
    }  # fmt: skip
    assert speaker.sampling == "actionclip"
    assert not any("resize" in key or "sampling" in key for key in metadata_of(saved_plain))

    model = load(saved_plain, tmp_path / "m.safetensors", X_CLIP)
    assert (model.preprocessing["resize"], model.sampling) == ("mmaction2", "mmaction2")
    assert np.float32(model.preprocessing["mean"]).tolist() == np.float32([0.485, 0.456, 0.406]).tolist()
    side, frames = model.info.image_size, model.info.frames
    images = [random.integers(0, 256, (50, 70, 3), dtype=np.uint8) for _ in range(frames)]
    pixels = actionclip.preprocess(
        images, side, resize="mmaction2", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert same_bits(model.preprocess(images), pixels)
    assert same_bits(model.encode_frames(images), model.encode_pixels(pixels))
    # One thing changed, the others stay the model's.
    changed = actionclip.preprocess(
        images, side, resize="clip", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert same_bits(model.encode_frames(images, resize="clip"), model.encode_pixels(changed))
    assert not same_bits(speaker.encode_frames(images), model.encode_frames(images))


@pytest.mark.parametrize("sampling", ["ActionCLIP", "mmaction2", "Open-VCLIP"])
def test_a_video_is_sampled_by_the_model_s_rule(saved_plain, tmp_path, sampling):
    model = load(saved_plain, tmp_path / "m.safetensors", {"sampling": sampling})
    assert model.sampling == sampling.lower().replace("-", "_")
    with actionclip.Video(CLIP) as video:
        frames = video.sample(model.info.frames, sampling=model.sampling)
        assert same_bits(model.encode_video(video), model.encode_frames(frames)[0])
    indices = actionclip.sample_indices(100, model.info.frames, sampling=model.sampling, frame_rate=25)
    assert indices.tolist() != actionclip.sample_indices(100, model.info.frames).tolist() or sampling == "ActionCLIP"


def test_a_preset_is_saved_with_the_model(saved_plain, tmp_path):
    preset = {**X_CLIP, "short_side": "120"}
    model = load(saved_plain, tmp_path / "m.safetensors", preset)
    model.save(tmp_path / "again.safetensors")
    found = metadata_of(tmp_path / "again.safetensors")
    assert {key: found[key] for key in keys(preset)} == keys(preset)
    again = actionclip.Model(tmp_path / "again.safetensors", threads=1)
    assert again.preprocessing == model.preprocessing and again.preprocessing["short_side"] == 120
    assert again.sampling == "mmaction2"


def test_a_short_side_below_the_input_is_refused(saved_plain, tmp_path):
    with pytest.raises(actionclip.FormatError, match="'actionclip.short_side'"):
        load(saved_plain, tmp_path / "m.safetensors", {"short_side": "1"})

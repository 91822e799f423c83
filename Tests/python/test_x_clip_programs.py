"""X-CLIPs of real widths give the numbers of transformers and of the published code, which differ in their heads alone."""

import os
import shutil

import actionclip
import numpy as np
import pytest
import x_clip
from conftest import ROOT, read_safetensors, same_bits

FIXTURE = ROOT / "Tests" / "fixtures" / "x_clip"
#: Real widths, with fewer layers and tokens; `make test-x-clip` takes the published models whole.
WHOLE = os.environ.get("X_CLIP_WHOLE")
SIZES = [(32, 8), (16, 8), (16, 16), (14, 8)] if WHOLE else [(32, 8)]
CUT = {} if WHOLE else dict(layers=2, text_layers=1, vocabulary=600)
#: The lowest cosine, and the largest error as a share of the largest number.
TOLERANCES = {"fp32": (0.999999, 1e-4), "bf16": (0.9999, 3e-2), "int8": (0.9995, 6e-2)}


def check(found, expected, what, precision="fp32"):
    assert found.shape == expected.shape, what
    a, b = found.astype(np.float64), expected.astype(np.float64)
    cosine = ((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))).min()
    error = np.abs(a - b).max() / np.abs(b).max()
    lowest, largest = TOLERANCES[precision]
    assert cosine >= lowest and error <= largest, f"{what} in {precision}: cosine {cosine}, error {error}"


def check_all(model, pixels, tokens, expected, precision="fp32"):
    """Everything that a model gives of these pixels and tokens against `expected` (x_clip.py names its numbers)."""
    videos, size = expected["videos"].shape
    rows, frames = model.encode_pixels(pixels, return_frames=True)
    assert rows.shape == (videos, model.info.video_size) == (videos, size + expected["patches"][0].size)
    check(frames.reshape(-1, size), expected["frames"], "frames", precision)
    check(rows[:, :size], expected["videos"], "videos", precision)
    check(rows[:, size:].reshape(expected["patches"].shape), expected["patches"], "patches", precision)
    texts = model.encode_tokens(tokens)
    check(texts, expected["texts"], "texts", precision)
    scale = model.info.logit_scale
    apart = np.abs(model.similarity(rows, texts, scale) - expected["logits"]).max() / scale
    limit = {"fp32": 1e-5, "bf16": 1e-2, "int8": 2e-2}[precision]
    assert apart <= limit, f"cosines in {precision}: {apart}"


@pytest.mark.parametrize("patch, frames", SIZES)
def test_a_model_of_a_published_size(tmp_path, patch, frames):
    """transformers with the heads of the published code, so that the two forms of one set of weights agree."""
    sizes = x_clip.real(patch, frames, **CUT)
    heads = sizes.embedding // 64
    module = x_clip.hugging_face(x_clip.real(patch, frames, **CUT, mit_heads=heads, prompt_heads=heads))
    pixels, tokens = sizes.pixels(), sizes.tokens()
    expected = x_clip.computed(module, pixels, tokens)
    with actionclip.Model(x_clip.save(module, tmp_path / "folder")) as model:
        check_all(model, pixels, tokens, expected)
    shutil.rmtree(tmp_path / "folder")
    state = x_clip.published_names(module.state_dict())
    del module
    expected = x_clip.published(state, pixels, tokens)
    path = x_clip.save_published(state, tmp_path / "x_clip.pth", sizes)
    del state
    for precision in TOLERANCES:
        with actionclip.Model(path, compute=precision) as model:
            check_all(model, pixels, tokens, expected, precision)


def test_heads_are_those_of_the_configuration_or_one_for_each_64_numbers(tmp_path):
    """As in the ViT-L/14 that transformers' users have: 8 heads where the published code has 12."""
    sizes = x_clip.Sizes(embedding=192, mit_heads=2, prompt_heads=2)
    module = x_clip.hugging_face(sizes)
    state = x_clip.published_names(module.state_dict())
    pixels, tokens = sizes.pixels(), sizes.tokens()
    pairs = [
        (x_clip.save(module, tmp_path / "folder"), x_clip.computed(module, pixels, tokens)),
        (x_clip.save_published(state, tmp_path / "x_clip.pth", sizes), x_clip.published(state, pixels, tokens)),
    ]
    assert np.abs(pairs[0][1]["logits"] - pairs[1][1]["logits"]).max() > 0.1
    for path, expected in pairs:
        with actionclip.Model(path) as model:
            check_all(model, pixels, tokens, expected)


def test_the_two_programs_compute_the_same():
    sizes = x_clip.Sizes(embedding=128, mit_heads=2, prompt_heads=2, frames=8)
    module = x_clip.hugging_face(sizes)
    pixels, tokens = sizes.pixels(), sizes.tokens()
    one = x_clip.computed(module, pixels, tokens)
    other = x_clip.published(x_clip.published_names(module.state_dict()), pixels, tokens)
    for name, value in one.items():
        assert np.abs(value - other[name]).max() <= 1e-5 * np.abs(value).max(), name


def test_a_row_is_scored_later_alone_to_the_same_bits():
    whole = read_safetensors(FIXTURE / "expected.safetensors")
    with actionclip.Model(FIXTURE / "published.pth") as model:
        rows, texts = model.encode_pixels(whole["published.pixels"]), model.encode_tokens(whole["published.tokens"])
        both = model.similarity(rows, texts)
        for video in range(2):
            for label in range(5):
                one = model.similarity(rows[video : video + 1], texts[label : label + 1])
                assert same_bits(one[0], both[video, label : label + 1])

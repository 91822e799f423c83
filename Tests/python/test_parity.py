"""Numbers equal to the reference's, for every pack there is."""

import numpy as np
import pytest
from actionclip import probabilities, similarity
from conftest import pack_folders, same_bits


def check(found, expected, what):
    assert found.dtype == np.float32
    found = found.reshape(expected.shape)
    a, b = found.astype(np.float64), expected.astype(np.float64)
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    error = np.abs(a - b).max() / np.abs(b).max()
    assert cosine.min() >= 0.999999 and error <= 1e-4, f"{what}: cosine {cosine.min()}, error {error}"


def test_there_are_packs():
    assert pack_folders(), "no pack in Tests/fixtures/packs or shared/parity"


@pytest.mark.parametrize("threads", [1, 2])
def test_embeddings_and_probabilities(pack, threads):
    case = pack.case
    with pack.load(threads=threads) as model:
        videos, frames = model.encode_pixels(pack.inputs["pixels"], return_frames=True)
        texts = model.encode_tokens(pack.inputs["tokens"])
    shape = (case["videos"], case["embed"]) if case["joint"] else (case["videos"], case["T"], case["embed"])
    assert videos.shape == (case["videos"], case["embed"]) and frames.shape == shape
    check(videos, pack.expected["video_features"], "videos")
    check(frames, pack.expected["frame_features"], "frames")
    check(texts, pack.expected["text_features"], "texts")
    found = probabilities(videos, texts.reshape(case["templates"], case["classes"], -1))
    assert np.abs(found - pack.expected["probabilities"]).max() <= 1e-4
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


def test_the_checkpoint_says_what_it_is(pack):
    case = pack.case
    with pack.load() as model:
        info = model.info
        expected = model.encode_pixels(pack.inputs["pixels"])
    keys = {
        "image_size": "res", "patch_size": "patch", "embedding_size": "embed", "vision_width": "vw",
        "vision_layers": "vl", "text_width": "tw", "text_layers": "tl",
    }  # fmt: skip
    assert all(getattr(info, name) == case[key] for name, key in keys.items())
    assert (info.vision_heads, info.text_heads) == (case["vw"] // 64, case["tw"] // 64)
    assert (info.context_length, info.vocabulary_size) == (case["ctx"], case["vocab"])
    assert (info.frames, info.joint, info.temporal_shift) == (case["T"], case["joint"], case["tsm"])
    assert info.head.casefold() == case["head"].casefold() and info.file_type == "torch"
    # Nothing but T, which only a joint checkpoint tells, has to be said.
    with pack.load(head=None, joint=None, temporal_shift=None) as model:
        assert same_bits(model.encode_pixels(pack.inputs["pixels"]), expected)
    data = pack.checkpoint.read_bytes()
    for buffer in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        with type(model)(buffer, **pack.options()) as from_memory:
            assert same_bits(from_memory.encode_pixels(pack.inputs["pixels"]), expected)


def test_a_video_alone_has_the_bits_it_has_in_a_batch(pack):
    frames = pack.case["T"]
    pixels = pack.inputs["pixels"]
    with pack.load(threads=2) as model, pack.load(threads=1) as single:
        together = model.encode_pixels(np.concatenate([pixels, pixels[:frames]]))
        for index in range(pack.case["videos"]):
            alone = single.encode_pixels(pixels[index * frames : (index + 1) * frames])
            assert same_bits(alone[0], together[index])
        assert same_bits(together[-1], together[0])
        tokens = pack.inputs["tokens"]
        all_texts = model.encode_tokens(tokens)
        for index in (0, 1, len(tokens) - 1):
            assert same_bits(single.encode_tokens(tokens[index : index + 1])[0], all_texts[index])
        assert same_bits(single.encode_tokens(tokens[0]), all_texts[:1])


def test_frames_are_preprocessed_then_encoded(pack, random):
    with pack.load() as model:
        case = pack.case
        frames = random.integers(0, 256, (2, case["T"], 45, 61, 3), dtype=np.uint8)
        pixels = model.preprocess(list(frames.reshape(-1, 45, 61, 3)))
        assert pixels.shape == (2 * case["T"], 3, case["res"], case["res"])
        assert same_bits(model.encode_frames(frames), model.encode_pixels(pixels))
        shaped = pixels.reshape(2, case["T"], *pixels.shape[1:])
        videos, per_frame = model.encode_frames(list(frames.reshape(-1, 45, 61, 3)), return_frames=True)
        again, per_pixel = model.encode_pixels(shaped, return_frames=True)
        assert same_bits(videos, again) and same_bits(per_frame, per_pixel)


def test_normalized_embeddings_have_length_one(pack):
    with pack.load() as model:
        pixels, tokens = pack.inputs["pixels"], pack.inputs["tokens"]
        raw = model.encode_pixels(pixels)
        for array in (
            *model.encode_pixels(pixels, normalize=True, return_frames=True),
            model.encode_tokens(tokens, normalize=True),
        ):
            np.testing.assert_allclose(np.linalg.norm(array, axis=-1), 1, rtol=1e-6)
        unit = model.encode_pixels(pixels, normalize=True)
        np.testing.assert_allclose(unit, raw / np.linalg.norm(raw, axis=-1, keepdims=True), rtol=1e-5)


def test_similarity_is_scaled_cosine(random):
    videos = random.normal(size=(3, 20)).astype(np.float32)
    texts = random.normal(size=(5, 20)).astype(np.float32)
    unit = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (videos, texts)]
    found = similarity(videos, texts, scale=7)
    assert found.shape == (3, 5)
    np.testing.assert_allclose(found, 7 * unit[0] @ unit[1].T, atol=1e-5)
    np.testing.assert_allclose(similarity(videos[0], texts), 100 * unit[0][:1] @ unit[1].T, atol=1e-4)
    assert (similarity(np.zeros(20), texts) == 0).all()


def test_probabilities_are_the_reference_s_rule(random):
    videos = random.normal(size=(3, 20)).astype(np.float32)
    texts = random.normal(size=(4, 5, 20)).astype(np.float32)
    logits = np.stack([similarity(videos, template, 10) for template in texts]).astype(np.float64)
    each = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(probabilities(videos, texts, 10), each.mean(0), atol=1e-6)
    np.testing.assert_allclose(probabilities(videos[0], texts[0], 10), each[0][:1], atol=1e-6)


def test_no_probability_is_above_one(random):
    videos = random.normal(size=(2, 8)).astype(np.float32)
    for templates in range(1, 65):  # the sum of eleven elevenths, for one, is rounded to more
        texts = random.normal(size=(templates, 1, 8)).astype(np.float32)
        for weights in (None, random.random(templates).astype(np.float32) + 0.1):
            found = probabilities(videos, texts, weights=weights)
            assert (found <= 1).all() and (found > 1 - 1e-5).all()

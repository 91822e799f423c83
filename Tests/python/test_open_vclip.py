"""Open-VCLIP as its own program computes it: frames that see their neighbours, frames that score by themselves, three
views whose logits are summed, and CLIP mixed into the weights."""

import json
import math

import actionclip
import families
import numpy as np
import pytest
from conftest import same_bits
from test_assumptions import refusal
from test_families import check


@pytest.fixture(scope="module")
def torch():
    return families.torch_or_skip()


def unit(rows):
    return rows / np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)


def open_vclip(torch, path, cfg=None):
    module = families.open_clip(quick_gelu=True)
    state = {"model." + name: value for name, value in module.state_dict().items()}
    torch.save({"model_state": state, **({} if cfg is None else {"cfg": cfg})}, path)
    return path


def settings(kind, frames=8):
    return f"DATA:\n  NUM_FRAMES: {frames}\nMODEL:\n  ARCH: vitb16\n  TEMPORAL_MODELING_TYPE: {kind}\n  A: false\n"


def seen_by_neighbours(torch, module, pixels, reach, frames):
    """Open-VCLIP's embeddings of pixels [videos * frames, 3, S, S]: in every block a frame's tokens attend to those of
    `reach` frames on each side too, and to keys and values of zero where there is no such frame."""
    functional, visual = torch.nn.functional, module.visual
    x = visual.conv1(torch.from_numpy(pixels)).flatten(2).transpose(1, 2)
    x = torch.cat([visual.class_embedding.expand(len(x), 1, -1), x], 1) + visual.positional_embedding
    x = visual.ln_pre(x)
    heads, (count, tokens, width) = visual.transformer.resblocks[0].attn.num_heads, x.shape
    for block in visual.transformer.resblocks:
        attention = block.attn
        q, k, v = functional.linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias).chunk(3, -1)
        k, v = (t.reshape(-1, frames, tokens, width) for t in (k, v))
        padded = [functional.pad(t, (0, 0, 0, 0, reach, reach)) for t in (k, v)]
        k, v = (
            torch.cat([t[:, step : step + frames] for step in range(2 * reach + 1)], 2).flatten(0, 1) for t in padded
        )
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        seen = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v
        x = x + attention.out_proj(seen.transpose(1, 2).flatten(2))
        x = x + block.mlp(block.ln_2(x))
    return visual.ln_post(x[:, 0]) @ visual.proj


@pytest.mark.parametrize("kind, reach", [("expand_temporal_view", 1), ("expand_temporal_view_step2", 2), ("expand_temporal_view_step3", 3)])
@pytest.mark.parametrize("frames", [1, 3, 8])
@pytest.mark.parametrize("threads", [1, 3])
def test_an_open_vclip_whose_frames_see_each_other(tmp_path, torch, kind, reach, frames, threads):
    module = families.open_clip(quick_gelu=True)
    path = open_vclip(torch, tmp_path / "v.pyth", settings(kind, frames))
    pixels = families.pixels(5 * frames)
    with torch.no_grad():
        expected = seen_by_neighbours(torch, module, pixels, reach, frames).numpy()
        apart = module.encode_image(torch.from_numpy(pixels)).numpy()
    assert frames == 1 or np.abs(expected - apart).max() > 0.01
    with actionclip.Model(path, threads=threads) as model:
        assert model.family == "Open-VCLIP" and model.assumptions == [] and model.info.frames == frames
        videos, found = model.encode_pixels(pixels, return_frames=True)
        check(found, expected, "frames")
        check(videos, unit(expected).reshape(5, frames, -1).mean(1), "videos")
        model.save(tmp_path / "one.safetensors")
    for source, options in [(tmp_path / "one.safetensors", {}), (path, {"temporal_view": reach})]:
        with actionclip.Model(source, **options) as model:
            assert same_bits(model.encode_pixels(pixels, return_frames=True)[1], found)
    for compute, least in [("bf16", 0.9999), ("int8", 0.9995)]:
        with actionclip.Model(path, compute=compute, threads=threads) as model:
            coarse = model.encode_pixels(pixels, return_frames=True)[1].reshape(expected.shape)
            assert (unit(coarse) * unit(expected)).sum(-1).min() >= least, compute
    with pytest.raises(actionclip.ActionCLIPError, match="temporal_view 0 was asked for") as error:
        actionclip.Model(path, temporal_view=0)
    assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"


@pytest.mark.parametrize("kind", ["channel_shift", "cross_frame_attend", "stadapt_zeroinit"])
def test_other_ways_in_which_frames_see_each_other_are_refused(tmp_path, torch, kind):
    message = refusal(open_vclip(torch, tmp_path / "v.pyth", settings(kind)))
    assert "Open-VCLIP" in message and f"'{kind}'" in message


def test_an_open_vclip_without_is_read_and_one_that_does_not_say_is_told(tmp_path, torch):
    with actionclip.Model(open_vclip(torch, tmp_path / "v.pyth", settings("null"))) as model:
        assert model.family == "Open-VCLIP" and model.assumptions == []
    path = open_vclip(torch, tmp_path / "swa_2_22.pth")
    with actionclip.Model(path) as model:
        assert model.family == "Open-VCLIP" and len(model.templates) == 28 and model.sampling == "open_vclip"
        assert len(model.assumptions) == 1 and "temporal_view" in model.assumptions[0]
    told = open_vclip(torch, tmp_path / "told.pyth", settings("expand_temporal_view"))
    with actionclip.Model(path, temporal_view=1) as asked, actionclip.Model(told) as model:
        assert asked.assumptions == []
        assert same_bits(asked.encode_pixels(families.pixels()), model.encode_pixels(families.pixels()))
    with actionclip.Model(path, temporal_view=0) as model:
        assert model.assumptions == []


# -------------------------------------------------------------------- scoring


LABELS, TEMPLATES = ["run", "jump", "sit"], ["a {}.", "{}", "he {}s"]


def published_probabilities(views, texts, scale):
    """Probabilities by frame embeddings [views, T, E] and texts [templates, classes, E]: logits of each frame, their
    mean over frames, their sum over views."""
    classes = unit(unit(texts).mean(0))
    logits = scale * (unit(views) @ classes.T).mean(1).sum(0)
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


@pytest.fixture(scope="module")
def speaking(tmp_path_factory, torch, merges):
    path = open_vclip(torch, tmp_path_factory.mktemp("vclip") / "v.pyth", settings("expand_temporal_view", 4))
    with actionclip.Model(path, tokenizer=merges) as model:
        yield model


def test_a_frame_scores_by_itself(speaking):
    assert speaking.info.frame_scores
    videos, frames = speaking.encode_pixels(families.pixels(12), return_frames=True)
    texts = speaking.encode_labels(LABELS, TEMPLATES)
    with actionclip.Classifier(speaking, LABELS, TEMPLATES) as classifier:
        for scale in (1.0, 50.0):
            expected = [published_probabilities(frames[i : i + 1], texts, scale) for i in range(3)]
            np.testing.assert_allclose(speaking.probabilities(videos, texts, scale), expected, atol=2e-6)
            np.testing.assert_allclose(classifier.score(videos, scale), expected, atol=2e-6)
    # Unlike the cosine of the video, which is further from 0 wherever frames differ.
    assert np.linalg.norm(videos, axis=-1).max() < 1


def test_logits_of_views_are_summed_by_summing_embeddings(speaking):
    videos, frames = speaking.encode_pixels(families.pixels(12), return_frames=True)
    texts = speaking.encode_labels(LABELS, TEMPLATES)
    expected = published_probabilities(frames, texts, 30)
    together = videos.sum(0, keepdims=True)
    np.testing.assert_allclose(speaking.probabilities(together, texts, 30)[0], expected, atol=2e-6)
    with actionclip.Classifier(speaking, LABELS, TEMPLATES) as classifier:
        np.testing.assert_allclose(classifier.score(together, 30)[0], expected, atol=2e-6)


def test_a_normalized_video_keeps_the_length_that_counts(speaking):
    pixels = families.pixels(12)
    videos, frames = speaking.encode_pixels(pixels, return_frames=True)
    scaled, scaled_frames = speaking.encode_pixels(pixels, return_frames=True, normalize=True)
    texts = speaking.encode_labels(LABELS, TEMPLATES)
    assert same_bits(speaking.probabilities(scaled, texts), speaking.probabilities(videos, texts))
    np.testing.assert_allclose(np.linalg.norm(scaled_frames, axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(scaled, scaled_frames.mean(1), atol=1e-6)
    assert same_bits(speaking.join_frames(frames, normalize=True), videos)
    np.testing.assert_allclose(speaking.join_frames(scaled_frames, normalize=True), videos, atol=1e-6)


def test_a_classifier_of_frames_is_saved_and_taught(tmp_path, speaking):
    videos = speaking.encode_pixels(families.pixels(24))
    with actionclip.Classifier(speaking, LABELS, TEMPLATES) as classifier:
        expected = classifier.score(videos)
        classifier.save(tmp_path / "words.classifier")
        with actionclip.Classifier.load(speaking, tmp_path / "words.classifier") as loaded:
            assert same_bits(loaded.score(videos), expected)
            loaded.set_labels([*LABELS, "wave"])
            assert loaded.score(videos).shape == (6, 4)
        for index in range(6):
            classifier.add(LABELS[index % 3], videos[index : index + 1])
        classifier.fit()
        assert classifier.score(videos).shape == (6, 3)


def test_one_file_keeps_the_scoring(tmp_path, speaking, merges):
    speaking.save(tmp_path / "one.safetensors")
    pixels = families.pixels(8)
    with actionclip.Model(tmp_path / "one.safetensors") as model:
        assert model.info.frame_scores and model.sampling == "open_vclip"
        assert same_bits(model.encode_pixels(pixels), speaking.encode_pixels(pixels))
    data = (tmp_path / "one.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    assert header["__metadata__"]["actionclip.scoring"] == "frames"
    header["__metadata__"]["actionclip.scoring"] = "clips"
    changed = json.dumps(header).encode()
    with pytest.raises(actionclip.ActionCLIPError, match="'actionclip.scoring'.*'clips', expected frames"):
        actionclip.Model(len(changed).to_bytes(8, "little") + changed + data[8 + size :])


# ---------------------------------------------------------------------- views


@pytest.mark.parametrize("frames, rate, segments", [(200, 25, 6), (1000, 29.97, 8), (7, 30, 8), (129, 30, 8), (300, 60, 1)])
def test_the_three_views(torch, frames, rate, segments):
    """slowfast/datasets/decoder.py: get_start_end_idx with use_offset, temporal_sampling."""
    length = max(1, 16 * segments / 30 * rate)
    for view, rule in enumerate(["open_vclip_start", "open_vclip", "open_vclip_end"]):
        start = view * math.floor(max(frames - length, 0) / 2)
        expected = torch.linspace(start, start + length - 1, segments).clamp(0, frames - 1).long().numpy()
        found = actionclip.sample_indices(frames, segments, sampling=rule, frame_rate=rate)
        np.testing.assert_array_equal(found, expected)


# ----------------------------------------------------------- mixing CLIP in


def mixed(torch, share):
    """A tuned and a base module, and the module of (1 - share) tuned + share base."""
    tuned, base, both = (families.open_clip(quick_gelu=True) for _ in range(3))
    with torch.no_grad():
        for one, other, target in zip(tuned.parameters(), base.parameters(), both.parameters(), strict=True):
            other += 0.05 * torch.randn(other.shape, generator=torch.Generator().manual_seed(other.numel()))
            target.copy_((1 - share) * one + share * other)
    return tuned, base, both


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_clip_is_mixed_in_at_load(tmp_path, torch, share):
    tuned, base, both = mixed(torch, share)
    state = {"model." + name: value for name, value in tuned.state_dict().items()}
    torch.save({"model_state": state, "cfg": settings("expand_temporal_view", 4)}, tmp_path / "v.pyth")
    torch.save(base.state_dict(), tmp_path / "clip.pt")
    pixels = families.pixels(8)
    with torch.no_grad():
        expected = seen_by_neighbours(torch, both, pixels, 1, 4).numpy()
        texts = both.encode_text(families.tensor(families.tokens())).numpy()
    with actionclip.Model(tmp_path / "v.pyth", base=tmp_path / "clip.pt", base_share=share) as model:
        assert model.family == "Open-VCLIP" and model.info.frame_scores
        check(model.encode_pixels(pixels, return_frames=True)[1], expected, "frames")
        check(model.encode_tokens(families.tokens()), texts, "texts")
    with actionclip.Model(tmp_path / "v.pyth") as one, \
            actionclip.Model(tmp_path / "clip.pt", temporal_view=1, frames=4) as other:  # fmt: skip
        # The call that mixes two loaded models has the same numbers up to rounding, and all else of the first.
        with actionclip.mix(one, other, share) as model:
            assert model.info.frame_scores
            check(model.encode_pixels(pixels, return_frames=True)[1], expected, "frames")


def test_what_cannot_be_mixed_is_refused(tmp_path, torch):
    path = open_vclip(torch, tmp_path / "v.pyth", settings("null"))
    assert "no base to mix with (base=)" in refusal(path, base_share=0.5)
    torch.save(families.open_clip(quick_gelu=True).state_dict(), tmp_path / "clip.pt")
    for share in (-0.1, 1.0, 7, math.nan):
        assert "base_share is" in refusal(path, base=tmp_path / "clip.pt", base_share=share)
    assert "a base file was given" in refusal(path, base=tmp_path / "clip.pt")
    vision = dict(image_size=32, layers=3, width=64, patch_size=8)
    torch.save(families.open_clip(quick_gelu=True, vision_cfg=vision).state_dict(), tmp_path / "deep.pt")
    message = refusal(path, base=tmp_path / "deep.pt", base_share=0.5)
    assert "another network" in message and "resblocks.2" in message and "is not in the weights" in message
    text = dict(families.open_clip_config()["text_cfg"], vocab_size=530)
    torch.save(families.open_clip(quick_gelu=True, text_cfg=text).state_dict(), tmp_path / "words.pt")
    assert "token_embedding.weight' of shape [530, 64]" in refusal(path, base=tmp_path / "words.pt", base_share=0.5)
    with actionclip.Model(tmp_path / "clip.pt", compute="int8") as model:
        model.save(tmp_path / "int8.safetensors", storage="int8")
    assert "one of them holds int8" in refusal(path, base=tmp_path / "int8.safetensors", base_share=0.5)

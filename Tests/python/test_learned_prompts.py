"""ViFi-CLIP's learned prompts: tokens after the patches and context vectors in texts, which further blocks begin anew."""

import actionclip
import families
import numpy as np
import pytest
import stream_model
from conftest import ROOT, read_safetensors, same_bits
from learned_prompts import images, texts
from test_assumptions import refusal
from test_families import check, vifi_clip

LAYERS, P, K = 3, 4, 2  # tokens of the image encoder and of the text encoder


@pytest.fixture(scope="module")
def torch():
    return families.torch_or_skip()


def made(torch, vision_depth, text_depth):
    """A CLIP, and its learned prompts by their names in ViFi-CLIP's file. A depth of 1 is that of the input alone."""
    vision = dict(image_size=32, layers=LAYERS, width=64, patch_size=8)
    text = dict(families.open_clip_config()["text_cfg"], layers=LAYERS)
    module = families.open_clip(quick_gelu=True, vision_cfg=vision, text_cfg=text)
    random = torch.Generator().manual_seed(3)
    prompts = {}
    for depth, rows, encoder in [(vision_depth, P, "image_encoder."), (text_depth, K, "text_encoder.")]:
        for layer in range(depth):
            name = f"{encoder}transformer.resblocks.{layer}.VPT_shallow"
            if layer == 0:
                name = "image_encoder.VPT" if rows == P else "prompt_learner.ctx"
            prompts[name] = 0.4 * torch.randn(rows, families.WIDTH, generator=random)
    return module, prompts


def saved(torch, tmp_path, module, prompts):
    """Paths of ViFi-CLIP's file and of the CLIP that it was trained from."""
    path = vifi_clip(module, tmp_path / "vifi.pth")
    content = torch.load(path)
    state = {name: value for name, value in content["model"].items() if "complete_text" not in name}
    state |= {"module." + name: value for name, value in prompts.items()}
    state["module.prompt_learner.token_prefix"] = torch.zeros(3, 1, families.WIDTH)
    state["module.prompt_learner.token_suffix"] = torch.zeros(3, families.CONTEXT - 1 - K, families.WIDTH)
    torch.save({**content, "model": state}, path)
    torch.save(module.state_dict(), tmp_path / "clip.pt")
    return path, tmp_path / "clip.pt"


def tokens():
    """Texts that begin with the context vectors, of different lengths, some of which begin alike."""
    ids = families.tokens(6)
    ids[:, 1 + K :] = ids[:, 1:-K].copy()
    ids[:, 1 : 1 + K] = -np.arange(1, K + 1)
    ids[3, : 1 + K + 1] = ids[2, : 1 + K + 1]
    ids[3, 1 + K + 1] = families.VOCABULARY - 1
    ids[3, 1 + K + 2 :] = 0
    return ids


@pytest.mark.parametrize("depths", [(0, 1), (1, 1), (2, 1), (1, 3), (3, 3)])
def test_learned_prompts_are_computed(tmp_path, torch, depths):
    module, prompts = made(torch, *depths)
    path, base = saved(torch, tmp_path, module, prompts)
    pixels, ids = families.pixels(6), tokens()
    with torch.no_grad():
        frames, words = images(torch, module, prompts, pixels), texts(torch, module, prompts, ids)
        plain = module.encode_image(torch.from_numpy(pixels)).numpy()
    assert depths[0] == 0 or np.abs(frames - plain).max() > 0.01
    with actionclip.Model(path, base=base, frames=3) as model:
        assert model.family == "ViFi-CLIP" and model.info.context_vectors == K
        assert model.templates == ["<|context|> {}."] and model.info.frames_independent
        found, encoded = model.encode_single_pixels(pixels), model.encode_tokens(ids)
        check(found, frames, "frames")
        check(encoded, words, "texts")
        assert same_bits(model.encode_pixels(pixels, return_frames=True)[1].reshape(found.shape), found)
        for row in range(len(ids)):  # beginnings that texts share are computed once, with the same bits
            assert same_bits(model.encode_tokens(ids[row : row + 1])[0], encoded[row])
        model.save(tmp_path / "one.safetensors")
        model.save(tmp_path / "half.safetensors", storage="fp16")
    with actionclip.Model(tmp_path / "one.safetensors") as model:
        assert model.templates == ["<|context|> {}."]
        assert same_bits(model.encode_single_pixels(pixels), found)
        assert same_bits(model.encode_tokens(ids), encoded)
    for compute, least in [("bf16", 0.9999), ("int8", 0.9995)]:
        with actionclip.Model(path, base=base, frames=3, compute=compute) as model:
            for coarse, exact in [(model.encode_single_pixels(pixels), frames), (model.encode_tokens(ids), words)]:
                lengths = np.linalg.norm(coarse, axis=-1) * np.linalg.norm(exact, axis=-1)
                assert ((coarse * exact).sum(-1) / lengths).min() >= least, compute


def test_texts_without_context_vectors_are_clip_s(tmp_path, torch, merges):
    module, prompts = made(torch, 2, 3)
    path, base = saved(torch, tmp_path, module, prompts)
    with actionclip.Model(path, base=base, tokenizer=merges) as model:
        with torch.no_grad():
            expected = module.encode_text(families.tensor(families.tokens())).numpy()
        check(model.encode_tokens(families.tokens()), expected, "texts")
        # The model's own template is what the vectors were learned for.
        ids = model.tokenize(["<|context|> run."])
        assert ids[0, 1 : 1 + K].tolist() == [-1, -2]
        assert same_bits(model.encode_labels(["run"])[0], model.encode_tokens(ids))


@pytest.mark.parametrize("compute", ["fp32", "int8"])
def test_windows_of_a_stream_have_the_bits_of_videos(tmp_path, torch, compute, random):
    module, prompts = made(torch, 3, 1)
    path, base = saved(torch, tmp_path, module, prompts)
    with actionclip.Model(path, base=base, frames=4, compute=compute) as model:
        assert stream_model.check_windows(model, random, 12) >= 12


def test_what_learned_prompts_exclude_is_refused(tmp_path, torch):
    module, prompts = made(torch, 2, 2)
    path, base = saved(torch, tmp_path, module, prompts)
    for options in ({"temporal_shift": True}, {"temporal_view": 1}):
        assert "'visual.VPT'" in refusal(path, base=base, **options)
    with actionclip.Model(path, base=base) as model:
        with pytest.raises(actionclip.ActionCLIPError, match="learned tokens \\(VPT\\) cannot be trained"):
            model.tune(["a", "b"])


def test_prompts_that_do_not_fit_are_refused(tmp_path, torch):
    module, prompts = made(torch, 3, 3)
    deep = "image_encoder.transformer.resblocks.1.VPT_shallow"
    gap = {name: value for name, value in prompts.items() if name != deep}
    path, base = saved(torch, tmp_path, module, gap)
    assert "visual.transformer.resblocks.2.VPT_shallow" in refusal(path, base=base)
    path, base = saved(torch, tmp_path, module, {**prompts, deep: torch.zeros(P + 1, families.WIDTH)})
    assert "has shape [5, 64], expected [4, 64]" in refusal(path, base=base)
    path, base = saved(torch, tmp_path, module, {**prompts, deep: torch.full((P, families.WIDTH), 7e4)})
    assert "beyond fp16" in refusal(path, base=base)
    path, base = saved(torch, tmp_path, module, {**prompts, "image_encoder.VPT": torch.zeros(2000, families.WIDTH)})
    assert "has 2000 rows, over 1024" in refusal(path, base=base)


def test_a_committed_file():
    """Made by scripts/make_tuned_fixtures.py."""
    fixtures = ROOT / "Tests" / "fixtures" / "families"
    expected = read_safetensors(fixtures / "vifi_prompts_expected.safetensors")
    pixels = read_safetensors(fixtures / "expected.safetensors")["pixels"]
    with actionclip.Model(fixtures / "vifi_prompts.pth", base=fixtures / "clip_for_prompts.pt") as model:
        check(model.encode_single_pixels(pixels), expected["frames"], "frames")
        check(model.encode_tokens(expected["tokens"]), expected["texts"], "texts")

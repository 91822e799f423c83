"""LoRA folders as PEFT saves them: their matrices are merged into the model that they were trained on."""

import json
import os
import shutil

import actionclip
import families
import numpy as np
import pytest
from conftest import ROOT, read_safetensors, same_bits
from test_assumptions import refusal
from test_families import check, check_same

TARGETS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "visual_projection", "text_projection"]


@pytest.fixture(scope="module")
def torch():
    return families.torch_or_skip()


def save(folder, tensors, **changes):
    """A folder as PEFT's save_pretrained leaves it, of tensors by their names in the model."""
    folder.mkdir(exist_ok=True)
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 6, "use_rslora": False, "fan_in_fan_out": False,
              "base_model_name_or_path": "somewhere/clip-base", "target_modules": TARGETS, "bias": "none",
              "modules_to_save": None, "use_dora": False, "rank_pattern": {}, "alpha_pattern": {},
              "init_lora_weights": True, "loftq_config": {}, "lora_dropout": 0.1}  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps({**config, **changes}))
    named = {"base_model.model." + name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}
    header, data = {}, b""
    for name, value in named.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + value.nbytes]}
        data += value.tobytes()
    text = json.dumps(header).encode()
    (folder / "adapter_model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    return folder


def modules(state):
    """Names of the weights that LoRA adapts."""
    return [name for name in state if name.endswith(".weight") and name.split(".")[-2] in TARGETS]


def adapted(torch, scaling, rank=4):
    """A CLIP of transformers, tensors of an adapter of it, and its state dict with them merged."""
    module = families.hugging_face()
    random, state, tensors = np.random.default_rng(8), module.state_dict(), {}
    merged = dict(state)
    for name in modules(state):
        outputs, inputs = state[name].shape
        a, b = random.normal(size=(rank, inputs)) * 0.3, random.normal(size=(outputs, rank)) * 0.3
        stem = name.removesuffix(".weight")
        tensors |= {stem + ".lora_A.weight": a, stem + ".lora_B.weight": b}
        merged[name] = state[name] + torch.from_numpy(scaling * b @ a).float()
    return module, tensors, merged


def tuned(module, merged):
    other = families.hugging_face()
    other.load_state_dict(merged)
    return other


@pytest.mark.parametrize("rslora, scaling", [(False, 6 / 4), (True, 6 / 2)])
def test_matrices_are_merged(tmp_path, torch, rslora, scaling):
    module, tensors, merged = adapted(torch, scaling)
    module.save_pretrained(tmp_path / "clip-base")
    folder = save(tmp_path / "adapter", tensors, use_rslora=rslora)
    # The folder beside it has the last part of the name that the configuration gives.
    check_same(folder, tuned(module, merged), "Hugging Face CLIP")
    torch.save(module.state_dict(), tmp_path / "other.pt")
    shutil.move(tmp_path / "clip-base", tmp_path / "moved")
    message = refusal(folder)
    assert "'somewhere/clip-base'" in message and "name it too (base=)" in message
    check_same(folder, tuned(module, merged), "Hugging Face CLIP", base=tmp_path / "moved")
    with actionclip.Model(folder, base=tmp_path / "moved") as model:
        model.save(tmp_path / "one.safetensors")
        pixels = families.pixels()
        with actionclip.Model(tmp_path / "one.safetensors") as one:
            assert same_bits(one.encode_pixels(pixels), model.encode_pixels(pixels))
    assert actionclip.describe_file(folder)["base"] == "'somewhere/clip-base'"
    with actionclip.Model(folder, base=tmp_path / "moved", compute_sha256=True) as model:
        assert model.sha256 == actionclip.file_sha256(folder) == actionclip.file_sha256(folder / "adapter_model.safetensors")


def test_modules_that_were_trained_whole_and_biases(tmp_path, torch):
    module, tensors, merged = adapted(torch, 6 / 4)
    random, whole = np.random.default_rng(2), "visual_projection.weight"
    for name in (whole, whole.removesuffix("weight") + "lora_A.weight", whole.removesuffix("weight") + "lora_B.weight"):
        tensors.pop(name, None)
    changes = {
        whole: whole, "text_model.encoder.layers.1.layer_norm1.bias": "text_model.encoder.layers.1.layer_norm1.bias",
        "vision_model.encoder.layers.0.self_attn.k_proj.base_layer.bias": "vision_model.encoder.layers.0.self_attn.k_proj.bias",
    }  # fmt: skip
    for saved, name in changes.items():
        tensors[saved] = 0.2 * random.normal(size=merged[name].shape)
        merged[name] = torch.from_numpy(tensors[saved]).float()
    module.save_pretrained(tmp_path / "base")
    folder = save(tmp_path / "adapter", tensors, modules_to_save=["visual_projection"], bias="all")
    check_same(folder, tuned(module, merged), "Hugging Face CLIP", base=tmp_path / "base")


def test_a_share_of_the_base_weakens_the_adapter(tmp_path, torch):
    module, tensors, merged = adapted(torch, 6 / 4 * 0.75)
    module.save_pretrained(tmp_path / "base")
    folder = save(tmp_path / "adapter", tensors)
    check_same(folder, tuned(module, merged), "Hugging Face CLIP", base=tmp_path / "base", base_share=0.25)


@pytest.mark.parametrize("options", [{}, {"use_rslora": True}, {"modules_to_save": ["visual_projection"]}, {"bias": "lora_only"}])
@pytest.mark.parametrize("safe", [True, False])
def test_peft_merges_alike(tmp_path, torch, options, safe):
    peft = families.maker_or_skip("peft")
    module = families.hugging_face()
    module.save_pretrained(tmp_path / "clip")
    targets = [name for name in TARGETS if name not in options.get("modules_to_save", [])]
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=targets, rank_pattern={"fc1": 8}, **options)
    model = peft.get_peft_model(module, config)
    model.peft_config["default"].base_model_name_or_path = "clip"
    random = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter += 0.2 * torch.randn(parameter.shape, generator=random)
    model.eval().save_pretrained(tmp_path / "adapter", safe_serialization=safe, save_embedding_layers=False)
    names = sorted(path.name for path in (tmp_path / "adapter").iterdir())
    if ("adapter_model.safetensors" in names) != safe:
        pytest.skip("this version of PEFT saves in one form only")
    check_same(tmp_path / "adapter", model.merge_and_unload(), "Hugging Face CLIP")


def test_what_is_no_plain_lora_is_refused(tmp_path, torch):
    module, tensors, _ = adapted(torch, 1)
    module.save_pretrained(tmp_path / "base")
    base = tmp_path / "base"
    for changes, part in [
        ({"peft_type": "LOHA"}, "'peft_type': is 'LOHA'"), ({"peft_type": None}, "'peft_type'"),
        ({"use_dora": True}, "'use_dora': may change how the LoRA is merged"),
        ({"alpha_pattern": {"fc1": 3}}, "'alpha_pattern'"),
        ({"fan_in_fan_out": True}, "'fan_in_fan_out'"), ({"lora_bias": True}, "'lora_bias'"),
        ({"init_lora_weights": "pissa_niter_4"}, "'pissa_niter_4'"), ({"something_new": 3}, "'something_new'"),
    ]:  # fmt: skip
        assert part in refusal(save(tmp_path / "adapter", tensors, **changes), base=base), changes
    stem = "vision_model.encoder.layers.0.mlp.fc1."
    for changes, part in [
        ({stem + "lora_magnitude_vector": np.ones(256)}, "merge it in peft"),
        ({stem + "lora_B.weight": np.ones((256, 3))}, "shapes [4, 64] and [256, 3]"),
        ({stem + "lora_B.weight": np.ones((255, 4))}, "[255, 64]"),
        ({"vision_model.encoder.layers.7.mlp.fc1.bias": np.ones(256)}, "which the base model does not have"),
        ({"other.lora_A.weight": np.ones((4, 8))}, "lora_B is missing"),
        ({"other.lora_B.weight": np.ones((4, 8))}, "lora_A is missing"),
        ({stem + "lora_A.weight": np.full((4, 64), np.nan)}, "NaN"),
    ]:
        message = refusal(save(tmp_path / "adapter", {**tensors, **changes}), base=base)
        assert part in message and "adapter" in message, message
    assert "no tensor" in refusal(save(tmp_path / "adapter", {}), base=base)
    folder = save(tmp_path / "adapter", tensors)
    message = refusal(folder / "adapter_model.safetensors")
    assert "give the folder with adapter_config.json" in message and "merge_and_unload" in message
    os.remove(folder / "adapter_model.safetensors")
    assert "none of adapter_model.safetensors" in refusal(folder, base=base)


def test_an_adapter_is_no_model_of_another(tmp_path, torch):
    """A folder that names itself, or another adapter, would lead round and round."""
    module, tensors, _ = adapted(torch, 1)
    module.save_pretrained(tmp_path / "base")
    folder = save(tmp_path / "a", tensors, base_model_name_or_path="somebody/a")
    message = refusal(folder)
    assert "'somebody/a', which is neither beside them nor in Hugging Face's cache" in message, message
    other = save(tmp_path / "b", tensors, base_model_name_or_path="a")
    assert "name it too" in refusal(other)
    assert "holds LoRA matrices too" in refusal(other, base=folder)


def test_the_model_is_found_in_hugging_face_s_cache(tmp_path, torch, monkeypatch):
    module, tensors, merged = adapted(torch, 6 / 4)
    commit, model = "0123456789abcdef" * 2 + "01234567", tmp_path / "hub" / "models--somewhere--clip-base"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(commit)
    module.save_pretrained(model / "snapshots" / commit)
    folder = save(tmp_path / "adapter", tensors)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    check_same(folder, tuned(module, merged), "Hugging Face CLIP")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    assert "nor in Hugging Face's cache: name it too" in refusal(folder)


def test_peft_adapts_a_siglip(tmp_path, torch):
    """Its pooling and the head of its texts too, whose names are SigLIP's own."""
    peft, transformers = families.maker_or_skip("peft"), families.maker_or_skip("transformers")
    shutil.copytree(ROOT / "Tests" / "fixtures" / "siglip" / "hugging_face", tmp_path / "siglip")
    module = transformers.SiglipModel.from_pretrained(tmp_path / "siglip")
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "fc1", "text_model.head"])
    model = peft.get_peft_model(module, config)
    model.peft_config["default"].base_model_name_or_path = "google/siglip"
    random = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.2 * torch.randn(parameter.shape, generator=random)
    model.eval().save_pretrained(tmp_path / "adapter", save_embedding_layers=False)  # "auto" asks the Hub
    shutil.copytree(tmp_path / "siglip", tmp_path / "merged")
    model.merge_and_unload().save_pretrained(tmp_path / "merged")
    tokens = np.arange(3, 11, dtype=np.int32)[None]
    with actionclip.Model(tmp_path / "adapter") as ours, actionclip.Model(tmp_path / "merged") as theirs:
        pixels = np.random.default_rng(1).normal(size=(ours.info.frames, 3, 20, 20)).astype(np.float32)
        rows = np.pad(tokens, ((0, 0), (0, ours.info.context_length - tokens.shape[1])), constant_values=1)
        check(ours.encode_pixels(pixels), theirs.encode_pixels(pixels), "videos")
        check(ours.encode_tokens(rows), theirs.encode_tokens(rows), "texts")
        with actionclip.Model(tmp_path / "siglip") as plain:
            assert not np.allclose(ours.encode_tokens(rows), plain.encode_tokens(rows), rtol=1e-3)
            assert not np.allclose(ours.encode_pixels(pixels), plain.encode_pixels(pixels), rtol=1e-3)


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "..", ".hidden", "", "a\\0b"])
def test_a_configuration_does_not_lead_elsewhere(tmp_path, name):
    (tmp_path / "passwd").mkdir()
    folder = save(tmp_path / "adapter", {"x": np.ones(1)}, base_model_name_or_path=name.replace("\\0", "\0"))
    message = refusal(folder)
    assert "name it too" in message or str(tmp_path) in message


def test_a_committed_adapter():
    """Made by scripts/make_tuned_fixtures.py with PEFT, and merged by it."""
    fixtures = ROOT / "Tests" / "fixtures" / "families"
    expected = read_safetensors(fixtures / "lora" / "expected.safetensors")
    given = read_safetensors(fixtures / "expected.safetensors")
    with actionclip.Model(fixtures / "lora") as model:
        _, frames = model.encode_pixels(given["pixels"], return_frames=True)
        check(frames, expected["frames"], "frames")
        check(model.encode_tokens(given["tokens"]), expected["texts"], "texts")

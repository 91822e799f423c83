"""Weights as other programs save them give the numbers that those programs compute."""

import hashlib
import json
import shutil

import actionclip
import families
import numpy as np
import pytest
from conftest import ROOT, pack_folders, read_safetensors, same_bits

FIXTURES = ROOT / "Tests" / "fixtures" / "families"


def check(found, expected, what):
    a, b = found.astype(np.float64).reshape(expected.shape), expected.astype(np.float64)
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    error = np.abs(a - b).max() / np.abs(b).max()
    assert cosine.min() >= 0.999999 and error <= 1e-4, f"{what}: cosine {cosine.min()}, error {error}"


def check_same(path, module, family, **options):
    images, texts = families.embeddings(module)
    with actionclip.Model(path, **options) as model:
        _, frames = model.encode_pixels(families.pixels(), return_frames=True)
        check(frames, images, "frames")
        check(model.encode_tokens(families.tokens()), texts, "texts")
        assert model.family == family
        return model.info


# ---------------------------------------------------------------- Hugging Face


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
@pytest.mark.parametrize("eos", [2, families.VOCABULARY - 1])
def test_a_hugging_face_folder(tmp_path, activation, eos):
    module = families.hugging_face(activation, families.VOCABULARY - 1)
    module.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["text_config"]["eos_token_id"] = eos  # 2 stands in older files and means the largest id
    (tmp_path / "config.json").write_text(json.dumps(config))
    info = check_same(tmp_path, module, "Hugging Face CLIP")
    assert info.activation == ("QuickGELU" if activation == "quick_gelu" else "GELU")
    check_same(tmp_path / "model.safetensors", module, "Hugging Face CLIP")


def test_a_hugging_face_model_in_shards(tmp_path):
    module = families.hugging_face()
    module.save_pretrained(tmp_path, max_shard_size="200KB")
    index = tmp_path / "model.safetensors.index.json"
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    check_same(tmp_path, module, "Hugging Face CLIP")
    check_same(index, module, "Hugging Face CLIP")


def test_shards_that_are_too_large_together_are_refused(tmp_path):
    for name in ("a", "b"):  # nine gigabytes each, of which the disk has none
        header = json.dumps({name: {"dtype": "F32", "shape": [9 << 28], "data_offsets": [0, 9 << 30]}}).encode()
        with open(tmp_path / f"{name}.safetensors", "wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            file.truncate(8 + len(header) + (9 << 30))
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: f"{name}.safetensors" for name in ("a", "b")}}))
    with pytest.raises(actionclip.ActionCLIPError, match="index.json: .* take over 17179869184 bytes") as error:
        actionclip.Model(tmp_path)
    assert error.value.name == "ACTIONCLIP_ERROR_FORMAT_LIMIT"


def test_shards_that_do_not_fit_their_index_are_refused(tmp_path):
    families.hugging_face().save_pretrained(tmp_path, max_shard_size="200KB")
    path = tmp_path / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    shards = sorted(set(index["weight_map"].values()))

    def refuse(change, status, *parts):
        changed = json.loads(json.dumps(index))
        change(changed["weight_map"])
        path.write_text(json.dumps(changed))
        with pytest.raises(actionclip.ActionCLIPError) as error:
            actionclip.Model(tmp_path)
        assert error.value.name == status and all(part in str(error.value) for part in parts)

    def moved(weights):
        weights["logit_scale"] = next(shard for shard in shards if shard != weights["logit_scale"])

    refuse(moved, "ACTIONCLIP_ERROR_FORMAT_INVALID", "'logit_scale'", "where the index has it")
    refuse(lambda w: w.pop("logit_scale"), "ACTIONCLIP_ERROR_FORMAT_INVALID", "'logit_scale'", "not in the index")
    refuse(lambda w: w.update(extra=shards[0]), "ACTIONCLIP_ERROR_FORMAT_INVALID", "'extra'")
    for name in ("../x.safetensors", "/etc/passwd", ".hidden", ""):
        refuse(lambda w: w.update(logit_scale=name), "ACTIONCLIP_ERROR_FORMAT_INVALID", "plain name")
    refuse(lambda w: w.update(logit_scale="gone.safetensors"), "ACTIONCLIP_ERROR_FILE_OPEN", "gone.safetensors")


def test_a_hugging_face_checkpoint_of_torch(tmp_path):
    torch = families.torch_or_skip()
    module = families.hugging_face()
    module.config.save_pretrained(tmp_path)
    torch.save(module.state_dict(), tmp_path / "pytorch_model.bin")
    check_same(tmp_path, module, "Hugging Face CLIP")


def test_without_its_configuration_the_activation_must_be_said(tmp_path):
    module = families.hugging_face()
    module.save_pretrained(tmp_path)
    data = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "config.json").unlink()
    for source in (tmp_path, data):
        with pytest.raises(actionclip.ActionCLIPError, match="config.json beside it"):
            actionclip.Model(source)
        check_same(source, module, "Hugging Face CLIP", activation="QuickGELU")


def test_what_the_configuration_says_counts(tmp_path):
    module = families.hugging_face("gelu")
    module.save_pretrained(tmp_path)
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(tmp_path, activation="QuickGELU")
    assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    config = json.loads((tmp_path / "config.json").read_text())
    for change, part in [
        ({"model_type": "siglip"}, "'siglip'"),
        ({"vision_config": {**config["vision_config"], "hidden_act": "gelu_new"}}, "'gelu_new'"),
        ({"vision_config": {**config["vision_config"], "num_attention_heads": 5}}, "5"),
        ({"text_config": {**config["text_config"], "eos_token_id": 9}}, "'eos_token_id' is 9"),
    ]:
        (tmp_path / "config.json").write_text(json.dumps({**config, **change}))
        with pytest.raises(actionclip.ActionCLIPError) as error:
            actionclip.Model(tmp_path)
        assert part in str(error.value) and str(tmp_path) in str(error.value)


@pytest.mark.parametrize("heads", [2, 4, 8])
def test_heads_of_other_sizes(tmp_path, heads):
    module = families.hugging_face(heads=heads)
    module.save_pretrained(tmp_path)
    assert check_same(tmp_path, module, "Hugging Face CLIP").vision_heads == heads
    # The one file says so itself, whatever it is called.
    with actionclip.Model(tmp_path) as model:
        model.save(tmp_path / "open_clip_mine.safetensors")
        expected = model.encode_pixels(families.pixels())
    with actionclip.Model(tmp_path / "open_clip_mine.safetensors") as model:
        assert model.info.vision_heads == heads and not model.info.activation_assumed
        assert same_bits(model.encode_pixels(families.pixels()), expected)


def test_a_configuration_of_another_model_is_refused(tmp_path):
    module = families.hugging_face()
    module.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for tower, width in [("vision_config", 128), ("text_config", 512)]:
        changed = {**config, tower: {**config[tower], "hidden_size": width}}
        (tmp_path / "config.json").write_text(json.dumps(changed))
        with pytest.raises(actionclip.ActionCLIPError, match=f"hidden_size' is {width}, but tensor") as error:
            actionclip.Model(tmp_path)
        assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    with pytest.raises(actionclip.ActionCLIPError, match="has an image encoder of width 1280, but tensor"):
        actionclip.Model(FIXTURES / "open_clip" / "open_clip_model.safetensors",
                         open_clip_name="ViT-H-14")


def test_a_damaged_shard_does_not_come_before_the_hash(tmp_path):
    """Files that were not meant are not looked into."""
    for path in (FIXTURES / "hugging_face").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    shard = tmp_path / "model-00002-of-00003.safetensors"
    shard.write_bytes(shard.read_bytes()[:-5])
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(tmp_path, expected_sha256="0" * 64)
    assert error.value.name == "ACTIONCLIP_ERROR_HASH_MISMATCH"
    with pytest.raises(actionclip.ActionCLIPError, match="truncated"):
        actionclip.Model(tmp_path)


def test_half_precision_in_all_its_forms(tmp_path):
    torch = families.torch_or_skip()
    for number, dtype in enumerate([torch.float16, torch.bfloat16, torch.float64]):
        folder = tmp_path / str(number)
        module = families.hugging_face().to(dtype)
        module.save_pretrained(folder)
        check_same(folder, module.float(), "Hugging Face CLIP")


# ------------------------------------------------------------------- open_clip


@pytest.mark.parametrize("custom_text", [False, True])
@pytest.mark.parametrize("quick_gelu", [False, True])
def test_an_open_clip_folder(tmp_path, quick_gelu, custom_text):
    module = families.open_clip(quick_gelu, custom_text)
    folder = families.save_open_clip(module, tmp_path / "m", **({"quick_gelu": True} if quick_gelu else {}))
    info = check_same(folder, module, "open_clip")
    assert info.activation == ("QuickGELU" if quick_gelu else "GELU") and not info.activation_assumed
    check_same(folder / "open_clip_model.safetensors", module, "open_clip")


def test_an_open_clip_model_by_its_name(tmp_path):
    torch = families.torch_or_skip()
    sizes = dict(families.open_clip_config(), vision_cfg=dict(image_size=32, layers=1, width=768, patch_size=16))
    sizes["text_cfg"] = dict(sizes["text_cfg"], width=512, heads=8)
    module = families.open_clip(quick_gelu=False, **sizes)
    path = tmp_path / "epoch_3.pt"
    state = {"module." + name: value for name, value in module.state_dict().items()}
    torch.save({"epoch": 3, "name": "run", "state_dict": state, "optimizer": {}}, path)
    info = check_same(path, module, "open_clip", open_clip_name="ViT-B-16/laion2b_s34b_b88k")
    assert info.activation == "GELU"
    check_same(path, module, "CLIP", activation="GELU")
    with actionclip.Model(path) as model:
        assert model.info.activation == "QuickGELU" and model.info.activation_assumed
    with pytest.raises(actionclip.ActionCLIPError, match="'ViT-L-14' has an image encoder of width 1024, but") as error:
        actionclip.Model(path, open_clip_name="ViT-L-14")
    assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    with pytest.raises(actionclip.ActionCLIPError, match="has patches of 32, but"):
        actionclip.Model(path, open_clip_name="ViT-B-32")
    with pytest.raises(actionclip.ActionCLIPError, match="'RN50' is no model"):
        actionclip.Model(path, open_clip_name="RN50")


def test_the_single_file_form_says_itself_what_the_model_is():
    with pytest.raises(actionclip.ActionCLIPError, match="open_clip's name .* leave the name out") as error:
        actionclip.Model(open_clip_name="ViT-B-16")
    assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"


@pytest.mark.parametrize("mean, std", [([1e39, 0, 0], [1, 1, 1]), ([0, 0, 0], [0, 1, 1]), ([0, 0, 0], [1, -1, 1])])
def test_pixels_that_could_not_be_worked_on_are_refused_at_load(tmp_path, mean, std):
    for path in (FIXTURES / "open_clip").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "open_clip_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "preprocess_cfg": {"mean": mean, "std": std}}))
    with pytest.raises(actionclip.ActionCLIPError, match="mean and std beside the weights") as error:
        actionclip.Model(tmp_path)
    assert error.value.name == "ACTIONCLIP_ERROR_FORMAT_INVALID" and str(tmp_path) in str(error.value)


def test_open_clip_heads_of_another_width(tmp_path):
    module = families.open_clip(quick_gelu=True, head_width=16)
    folder = families.save_open_clip(module, tmp_path / "m", quick_gelu=True, **families.open_clip_config(16))
    assert check_same(folder, module, "open_clip").vision_heads == 4


def test_open_clip_s_file_without_its_configuration(tmp_path):
    module = families.open_clip(quick_gelu=False)
    folder = families.save_open_clip(module, tmp_path / "m")
    (folder / "open_clip_config.json").unlink()
    with pytest.raises(actionclip.ActionCLIPError, match="open_clip_config.json beside it"):
        actionclip.Model(folder)
    check_same(folder, module, "CLIP", activation="GELU")


# ------------------------------------------------------------------- fine-tunes


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model.", "_orig_mod."])
def test_a_fine_tuned_clip_under_a_prefix(tmp_path, prefix):
    torch = families.torch_or_skip()
    module = families.open_clip(quick_gelu=True)
    path = tmp_path / "tuned.pth"
    torch.save({"model": {prefix + name: value for name, value in module.state_dict().items()}}, path)
    check_same(path, module, "CLIP")


def test_open_vclip(tmp_path):
    torch = families.torch_or_skip()
    module, raw = families.open_clip(quick_gelu=True), families.open_clip(quick_gelu=True)
    with torch.no_grad():
        for parameter in raw.parameters():
            parameter.zero_()
    state = {"model." + name: value for name, value in module.state_dict().items()}
    state |= {"raw_model." + name: value for name, value in raw.state_dict().items()}
    path = tmp_path / "checkpoint.pyth"
    torch.save({"epoch": 1, "model_state": state, "optimizer_state": {}, "cfg": "A: 1"}, path)
    check_same(path, module, "Open-VCLIP")


def vifi_clip(module, path):
    """ViFi-CLIP saves CLIP's two encoders under other names, embeddings of its labels, and no token embedding."""
    torch = families.torch_or_skip()
    state = {"module.prompt_learner.complete_text_embeddings": torch.zeros(3, families.CONTEXT, families.WIDTH)}
    for name, value in module.state_dict().items():
        if name == "token_embedding.weight":
            continue
        if name.startswith("visual."):
            name = "image_encoder." + name.removeprefix("visual.")
        elif name != "logit_scale":
            name = "text_encoder." + name
        state["module." + name] = value
    torch.save({"model": state, "optimizer": {}, "epoch": 9, "max_accuracy": 77.1}, path)
    return path


def test_vifi_clip_takes_its_token_embedding_from_clip(tmp_path):
    torch = families.torch_or_skip()
    module = families.open_clip(quick_gelu=True)
    path, base = vifi_clip(module, tmp_path / "vifi.pth"), tmp_path / "clip.pt"
    torch.save(module.state_dict(), base)
    with pytest.raises(actionclip.ActionCLIPError, match="name the CLIP file that it was trained from too"):
        actionclip.Model(path)
    check_same(path, module, "ViFi-CLIP", base=base)
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(base, base=base)
    assert error.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    with pytest.raises(actionclip.ActionCLIPError, match="no tensor 'token_embedding.weight' either"):
        actionclip.Model(path, base=path)


def test_a_base_of_another_size_is_refused(tmp_path):
    torch = families.torch_or_skip()
    module = families.open_clip(quick_gelu=True)
    path, base = vifi_clip(module, tmp_path / "vifi.pth"), tmp_path / "clip.pt"
    state = module.state_dict()
    state["token_embedding.weight"] = torch.zeros(families.VOCABULARY, 2 * families.WIDTH)
    torch.save(state, base)
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(path, base=base)
    assert error.value.name == "ACTIONCLIP_ERROR_TENSOR_SHAPE"


@pytest.mark.parametrize(
    "name, what",
    [
        ("visual.transformer.resblocks.0.T_Adapter.D_fc1.weight", "adapters"),
        ("visual.layer1.0.conv1.weight", "ResNet"),
    ],
)
def test_other_networks_are_named(tmp_path, name, what):
    torch = families.torch_or_skip()
    module = families.open_clip(quick_gelu=True)
    path = tmp_path / "other.pt"
    torch.save({**module.state_dict(), name: torch.zeros(4)}, path)
    with pytest.raises(actionclip.ActionCLIPError, match=what) as error:
        actionclip.Model(path)
    assert error.value.name == "ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED" and name in str(error.value)


# -------------------------------------------------------------------- mmaction2


def transf_pack():
    for folder in pack_folders():
        case = json.loads((folder / "case.json").read_text())
        if case["head"].casefold() == "transf" and not case["tsm"]:
            return folder, case
    pytest.skip("no pack with a Transf head and no shift")


def test_mmaction2_s_names_and_epsilon(tmp_path):
    """Weights under mmaction2's names give the same numbers, but for the head's epsilon."""
    torch = families.torch_or_skip()
    folder, case = transf_pack()
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    state = {"clip." + name: value for name, value in saved["model_state_dict"].items()}
    positions = "frame_position_embeddings.weight"
    for name, value in saved["fusion_model_state_dict"].items():
        name = name.removeprefix("module.")
        # mmaction2 keeps as many positions as it has frames.
        state["adapter." + name] = value[: case["T"]].clone() if name == positions else value
    path = tmp_path / "mmaction2.pth"
    torch.save({"meta": {"epoch": 1}, "state_dict": state, "message_hub": {}}, path)
    inputs = read_safetensors(folder / "inputs.safetensors")
    with actionclip.Model(path) as model, actionclip.Model(folder / "checkpoint.pt", frames=case["T"]) as reference:
        assert model.family == "mmaction2's ActionCLIP"
        assert model.info.frames == case["T"] and model.info.head == "Transf"
        videos, frames = model.encode_pixels(inputs["pixels"], return_frames=True)
        theirs, their_frames = reference.encode_pixels(inputs["pixels"], return_frames=True)
        assert same_bits(frames, their_frames)
        assert not same_bits(videos, theirs), "an epsilon of 1e-5 is not 1e-12"
        assert same_bits(model.encode_tokens(inputs["tokens"]), reference.encode_tokens(inputs["tokens"]))


def test_mmaction2_s_head_against_its_arithmetic(tmp_path):
    """Tiny inputs, where the epsilon decides: CLIP's own LayerNorm in double."""
    torch = families.torch_or_skip()
    folder, case = transf_pack()
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    model_state = dict(saved["model_state_dict"])
    model_state["visual.proj"] = model_state["visual.proj"].float() * 1e-3
    head = {k.removeprefix("module."): v.double() for k, v in saved["fusion_model_state_dict"].items()}
    positions = head["frame_position_embeddings.weight"][: case["T"]] * 1e-3
    state = {"clip." + name: value for name, value in model_state.items()}
    state |= {"adapter." + name: value.float() for name, value in head.items()}
    state["adapter.frame_position_embeddings.weight"] = positions.float()
    path = tmp_path / "mmaction2.pth"
    torch.save({"state_dict": state}, path)
    inputs = read_safetensors(folder / "inputs.safetensors")
    with actionclip.Model(path) as model:
        videos, frames = model.encode_pixels(inputs["pixels"], return_frames=True)
    x = torch.from_numpy(frames).double()
    y = x + positions.float().double()
    blocks = 1 + max(int(name.split(".")[2]) for name in head if name.startswith("transformer.resblocks."))
    heads = case["tw"] // 64

    def norm(y, prefix):
        weight, bias = head[prefix + "weight"], head[prefix + "bias"]
        return torch.nn.functional.layer_norm(y, y.shape[-1:], weight, bias, 1e-5)

    for block in range(blocks):
        prefix = f"transformer.resblocks.{block}."
        q, k, v = (
            norm(y, prefix + "ln_1.") @ head[prefix + "attn.in_proj_weight"].T + head[prefix + "attn.in_proj_bias"]
        ).chunk(3, -1)
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        attended = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v
        attended = attended.transpose(1, 2).flatten(2)
        y = y + attended @ head[prefix + "attn.out_proj.weight"].T + head[prefix + "attn.out_proj.bias"]
        hidden = norm(y, prefix + "ln_2.") @ head[prefix + "mlp.c_fc.weight"].T + head[prefix + "mlp.c_fc.bias"]
        hidden = hidden * torch.sigmoid(1.702 * hidden)
        y = y + hidden @ head[prefix + "mlp.c_proj.weight"].T + head[prefix + "mlp.c_proj.bias"]
    check(videos, (x + y).mean(1).numpy(), "videos")


# --------------------------------------------------------------------- fixtures



@pytest.mark.parametrize(
    "name, path, family, options",
    [
        ("hugging_face", "hugging_face", "Hugging Face CLIP", {}),
        ("open_clip", "open_clip", "open_clip", {}),
        ("vifi_clip", "vifi_clip.pth", "ViFi-CLIP", {"base": FIXTURES / "clip_for_vifi.pt"}),
        ("open_vclip", "open_vclip.pyth", "Open-VCLIP", {}),
        ("mmaction2", "mmaction2.pth", "mmaction2's ActionCLIP", {}),
    ],
)
def test_committed_files_of_each_family(tmp_path, name, path, family, options):
    expected = read_safetensors(FIXTURES / "expected.safetensors")
    with actionclip.Model(FIXTURES / path, **options) as model:
        assert model.family == family
        videos, frames = model.encode_pixels(expected["pixels"], return_frames=True)
        texts = model.encode_tokens(expected["tokens"])
        check(frames, expected[name + ".frames"], "frames")
        check(texts, expected[name + ".texts"], "texts")
        if name + ".videos" in expected:
            check(videos, expected[name + ".videos"], "videos")
        if name == "open_vclip":  # whose frames score by themselves
            lengths = np.linalg.norm(frames.astype(np.float64), axis=-1, keepdims=True)
            check(videos, (frames / lengths).mean(1), "videos")
        model.save(tmp_path / "one.safetensors")
        templates = model.templates
    # As one file it needs nothing beside it and has the same bits.
    with actionclip.Model(tmp_path / "one.safetensors") as model:
        assert same_bits(model.encode_pixels(expected["pixels"]), videos)
        assert same_bits(model.encode_tokens(expected["tokens"]), texts)
        assert model.templates == templates
        frame = np.random.default_rng(1).integers(0, 256, (19, 31, 3), dtype=np.uint8)
        with actionclip.Model(FIXTURES / path, **options) as first:
            assert same_bits(model.preprocess(frame), first.preprocess(frame))


def test_a_file_is_described_whether_or_not_it_loads():
    found = actionclip.describe_file(FIXTURES / "vifi_clip.pth")
    assert found["format"] == "torch.save checkpoint" and found["dicts"] == "model"
    assert found["layout"] == "ViFi-CLIP"
    found = actionclip.describe_file(FIXTURES / "hugging_face")
    assert found["format"] == "safetensors, 3 shards" and found["layout"] == "Hugging Face CLIP"
    assert "f16" in found["tensors"]
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.describe_file(FIXTURES)
    assert error.value.name == "ACTIONCLIP_ERROR_FILE_OPEN" and "open_clip_model.safetensors" in str(error.value)


def test_the_hash_of_shards_is_that_of_sha256sum_s_lines(tmp_path):
    folder = FIXTURES / "hugging_face"
    files = sorted(path for path in folder.iterdir() if path.name != "config.json")
    lines = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    expected = hashlib.sha256(lines.encode()).hexdigest()
    with actionclip.Model(folder, compute_sha256=True) as model:
        assert model.sha256 == expected
    index = folder / "model.safetensors.index.json"
    assert actionclip.file_sha256(folder) == actionclip.file_sha256(index) == expected
    shutil.copytree(folder, tmp_path / "copy")
    gone = sorted((tmp_path / "copy").glob("model-*.safetensors"))[0]
    gone.unlink()
    with pytest.raises(actionclip.FileError, match=gone.name):
        actionclip.file_sha256(tmp_path / "copy")
    with actionclip.Model(folder, expected_sha256=expected.upper()) as model:
        assert model.sha256 == expected
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder, expected_sha256="0" * 64)
    assert error.value.name == "ACTIONCLIP_ERROR_HASH_MISMATCH" and expected in str(error.value)

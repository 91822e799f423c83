"""Models load as what they are; what nothing tells is assumed in the open, and contradictions are errors."""

import json

import actionclip
import families
import pytest
from test_families import check


@pytest.fixture(scope="module")
def torch():
    return families.torch_or_skip()


def refusal(path, **options):
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(path, **options)
    return str(error.value)


# ----------------------------------------------------------------------- heads


def wide(width, heads, layers=1):
    """An image encoder of one of open_clip's large widths, with as many heads as its model has there."""
    vision = dict(image_size=32, layers=layers, width=width, patch_size=16, head_width=width // heads)
    return families.open_clip(False, vision_cfg=vision)


def encoded(module, path, **options):
    torch = families.torch_or_skip()
    torch.save(module.state_dict(), path)
    expected, _ = families.embeddings(module)
    with actionclip.Model(path, **options) as model:
        _, frames = model.encode_pixels(families.pixels(), return_frames=True)
        check(frames, expected, "frames")
        return model.info, model.assumptions


@pytest.mark.parametrize("width", [1280, 1408, 1664, 1792])
def test_the_heads_of_open_clip_s_large_models_are_taken_from_them_and_that_is_said(tmp_path, width):
    info, assumptions = encoded(wide(width, 16), tmp_path / "wide.pt", activation="GELU")
    assert info.vision_heads == 16 and info.heads_assumed
    assert len(assumptions) == 1 and "attention heads" in assumptions[0]


def test_a_name_tells_the_heads(tmp_path, torch):
    vision = dict(image_size=28, layers=1, width=1280, patch_size=14, head_width=80)
    text = dict(families.open_clip_config()["text_cfg"], width=1024, heads=16)
    torch.save(families.open_clip(False, vision_cfg=vision, text_cfg=text).state_dict(), tmp_path / "h.pt")
    with actionclip.Model(tmp_path / "h.pt", open_clip_name="ViT-H-14/laion2b_s32b_b79k") as model:
        assert model.info.vision_heads == 16 and not model.info.heads_assumed and model.assumptions == []
        assert model.preprocessing["resize"] == "clip"
        model.save(tmp_path / "told.safetensors")
    with actionclip.Model(tmp_path / "told.safetensors") as model:
        assert model.info.vision_heads == 16 and not model.info.heads_assumed
    with actionclip.Model(tmp_path / "h.pt", open_clip_name="ViT-H-14-quickgelu/dfn5b") as model:
        assert model.info.activation == "QuickGELU" and model.preprocessing["resize"] == "square"
        assert model.preprocessing["mean"] == pytest.approx((0.48145466, 0.4578275, 0.40821073))


def test_what_is_assumed_stays_so_in_a_saved_file(tmp_path, torch):
    torch.save(families.open_clip(True).state_dict(), tmp_path / "clip.pt")
    with actionclip.Model(tmp_path / "clip.pt") as model:
        assert [line.split(",")[0] for line in model.assumptions] == [
            "the encoders' activation", "the number of attention heads"]  # fmt: skip
        model.save(tmp_path / "saved.safetensors")
        assumptions = model.assumptions
    with actionclip.Model(tmp_path / "saved.safetensors") as model:
        assert model.info.heads_assumed and model.info.activation_assumed and model.assumptions == assumptions


def test_sizes_that_only_clip_s_own_models_have_are_no_guess(tmp_path):
    vision = dict(image_size=32, layers=12, width=384, patch_size=16)
    text = dict(context_length=16, vocab_size=520, width=256, heads=4, layers=10)
    info, assumptions = encoded(
        families.open_clip(True, vision_cfg=vision, text_cfg=text), tmp_path / "s.pt", activation="QuickGELU")  # fmt: skip
    assert info.vision_heads == 6 and info.text_heads == 4 and not info.heads_assumed and assumptions == []


# -------------------------------------------------------------- contradictions


@pytest.mark.parametrize(
    "tower, key, value",
    [
        ("vision_config", "image_size", 60), ("vision_config", "patch_size", 4), ("vision_config", "num_hidden_layers", 3),
        ("vision_config", "intermediate_size", 128), ("text_config", "max_position_embeddings", 77),
        ("text_config", "vocab_size", 49408), ("text_config", "num_hidden_layers", 1),
        ("text_config", "intermediate_size", 64), (None, "projection_dim", 512),
    ],
)  # fmt: skip
def test_a_configuration_that_contradicts_the_tensors_is_an_error(tmp_path, tower, key, value):
    families.hugging_face().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    (config[tower] if tower else config)[key] = value
    path.write_text(json.dumps(config))
    message = refusal(tmp_path)
    assert f"{tower + '.' if tower else ''}{key}' is {value}, but" in message and "config.json" in message


def test_pictures_that_are_no_whole_number_of_patches_are_an_error(tmp_path, monkeypatch):
    """transformers cuts 60 pixels into three patches of 16 and leaves 12 out; here the numbers would be others."""
    monkeypatch.setattr(families, "IMAGE", 60)
    monkeypatch.setattr(families, "PATCH", 16)
    families.hugging_face().save_pretrained(tmp_path)
    assert "'vision_config.image_size' is 60, but" in refusal(tmp_path)


def test_keys_of_a_configuration_are_known_or_refused(tmp_path):
    families.hugging_face().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    for tower, key, value, part in [
        (None, "quantization_config", {"bits": 8}, "'quantization_config'"),
        ("vision_config", "hidden_act", "gelu_new", "'gelu_new'"),
        ("vision_config", "num_channels", 4, "'num_channels' is 4"),
        ("text_config", "eos_token_id", [7, 9], "'eos_token_id' is [7, 9]"),
        ("text_config", "rope_theta", 10000, "'rope_theta': is no key"),
    ]:
        changed = json.loads(json.dumps(config))
        (changed[tower] if tower else changed)[key] = value
        path.write_text(json.dumps(changed))
        assert part in refusal(tmp_path)
    config["vision_config"]["attention_dropout"] = 0.5  # of training
    config["text_config"]["eos_token_id"] = [families.VOCABULARY - 1]
    path.write_text(json.dumps(config))
    actionclip.Model(tmp_path).close()


@pytest.mark.parametrize("rows, whose", [(901_629, "XLM-V"), (250_002, "XLM-RoBERTa"), (30_522, "BERT")])
def test_a_vocabulary_of_another_tokenizer_is_an_error(tmp_path, torch, rows, whose):
    state = families.open_clip(True).state_dict()
    state["token_embedding.weight"] = torch.zeros(rows, families.WIDTH, dtype=torch.float16)
    torch.save(state, tmp_path / "worldwide.pt")
    message = refusal(tmp_path / "worldwide.pt")
    assert whose in message and str(rows) in message


# ------------------------------------------------------------- other folders


CLASSES = ["GroupViTModel", "AlignModel", "FlavaModel", "CLIPTextModel", "CLIPVisionModelWithProjection",
           "CLIPForImageClassification", "VideoMAEForVideoClassification", "TimesformerForVideoClassification",
           "ViTForImageClassification", "SiglipVisionModel", "Siglip2Model", "BlipModel", "XCLIPTextModel"]  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_a_folder_of_another_model_is_named_as_what_it_is(tmp_path, torch, name):
    """The configuration is transformers' own; the tensors say nothing here."""
    transformers = families.maker_or_skip("transformers")
    config = getattr(transformers, name).config_class()
    config.architectures = [name]
    config.save_pretrained(tmp_path)
    torch.save({"anything.weight": torch.zeros(2)}, tmp_path / "pytorch_model.bin")
    message = refusal(tmp_path)
    assert name in message and "openai/clip-vit-base-patch16" in message and "config.json" in message
    described = actionclip.describe_file(tmp_path)
    assert name in described["layout"]

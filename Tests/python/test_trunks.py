"""EVA02-CLIP, PE-Core and MobileCLIP as open_clip saves them: networks against open_clip with timm, files of one's own."""

import json
import shutil
from pathlib import Path

import actionclip
import clipa
import families
import numpy as np
import pytest
import siglip
import trunks
from conftest import ROOT
from families import cosines
from test_clipa import siglip_spread
from test_for_saving import both_files
from test_siglip import near

FIXTURES = ROOT / "Tests/fixtures/trunks"
KINDS = ["eva02", "pe", "vit", "mci"]
NAMES = {"eva02": "EVA-CLIP", "pe": "Perception Encoder", "vit": "MobileCLIP", "mci": "MobileCLIP"}
SIZES = {"mci": (24, 12, 48)}
PRECISIONS = [("fp32", 0.999999), ("bf16", 0.9999), ("int8", 0.9995)]


def expected(kind):
    return pytest.importorskip("safetensors.numpy").load_file(FIXTURES / kind / "expected.safetensors")


def computed(model, wanted):
    return model.encode_pixels(wanted["pixels"], return_frames=True)[1][0], model.encode_tokens(wanted["tokens"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compute, least", PRECISIONS)
def test_embeddings_are_those_of_open_clip(kind, compute, least):
    wanted = expected(kind)
    with actionclip.Model(FIXTURES / kind, compute=compute) as model:
        frames, texts = computed(model, wanted)
    if compute == "fp32":
        assert near(frames, wanted["frames"]) and near(texts, wanted["texts"])
    assert cosines(frames, wanted["frames"]).min() >= least and cosines(texts, wanted["texts"]).min() >= least


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compute", ["fp32", "bf16", "int8"])
def test_numbers_do_not_depend_on_threads_or_other_frames(kind, compute):
    pixels = expected(kind)["pixels"]
    with actionclip.Model(FIXTURES / kind, compute=compute) as model:
        frames = model.encode_pixels(pixels, return_frames=True)[1][0]
    with actionclip.Model(FIXTURES / kind, compute=compute, threads=3, frames=1) as other:
        assert np.array_equal(other.encode_pixels(pixels), frames)
        assert np.array_equal(other.encode_pixels(pixels[:1]), frames[:1])


@pytest.mark.parametrize("kind, resize", zip(KINDS, ["clip", "square_bilinear", "clip", "clip_bilinear"], strict=True))
def test_what_it_is_is_told(kind, resize):
    with actionclip.Model(FIXTURES / kind) as model:
        info = model.info
        assert model.family == "open_clip" and info.activation == "GELU" and info.vision_heads == 1
        assert (info.image_size, info.patch_size, info.embedding_size) == SIZES.get(kind, (16, 4, 48))
        assert model.preprocessing["resize"] == resize and not model.assumptions


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("storage", ["fp32", "bf16", "int8"])
def test_one_file_has_all_of_it(kind, storage, tmp_path):
    wanted = expected(kind)
    with actionclip.Model(FIXTURES / kind, compute=storage) as model:
        before = computed(model, wanted)
        model.save(tmp_path / "1.safetensors", storage=storage)
    with actionclip.Model(tmp_path / "1.safetensors") as again:
        after = computed(again, wanted)
        again.save(tmp_path / "2.safetensors", storage=storage)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert (tmp_path / "1.safetensors").read_bytes() == (tmp_path / "2.safetensors").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_for_saving_gives_the_same_file(kind, tmp_path):
    lean, whole = both_files(FIXTURES / kind, tmp_path, "fp16")
    assert lean == whole


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_joined_by_heads_alone(kind):
    for options in ({"temporal_shift": True}, {"temporal_view": 1}):
        with pytest.raises(actionclip.ActionCLIPError, match=NAMES[kind]):
            actionclip.Model(FIXTURES / kind, **options)


@pytest.mark.parametrize("kind", ["eva02", "pe", "mci"])
def test_a_head_and_the_text_encoder_are_trained_and_the_image_encoder_is_not(kind):
    pixels, labels = expected(kind)["pixels"], ["opening", "closing"]
    clips = [pixels, pixels[::-1].copy()]
    merges = ROOT / "Tests/TokenizerTests/Fixtures/tiny_merges.txt"

    def tuner(model, **part):
        template = "<|context|> {}" if "contexts" in part else "{}"
        made = model.tune(labels, [template], batch=2, warm_up_epochs=0.2, seed=7, loss="cross_entropy", **part)
        for number in range(4):
            made.add_pixels(clips[number % 2], labels[number % 2])
        return made

    with actionclip.Model(FIXTURES / kind, frames=8, tokenizer=merges) as model:
        for part in ({}, {"text": "everything"}, {"contexts": 2}):
            with tuner(model, new_head="LSTM", epochs=12, rate=1e-3, **part) as made:
                results = list(made)
                assert results[-1].loss < results[0].loss
        with tuner(model, train="projection") as made:
            with pytest.raises(actionclip.ActionCLIPError, match=NAMES[kind]):
                made.step()


@pytest.mark.parametrize("part", [{"text": "everything"}, {"train": "projection"}, {"contexts": 2}])
def test_texts_that_are_seen_whole_are_not_trained(part):
    pixels, labels = expected("vit")["pixels"], ["opening", "closing"]
    template = "<|context|> {}" if "contexts" in part else "{}"
    merges = ROOT / "Tests/TokenizerTests/Fixtures/tiny_merges.txt"
    with actionclip.Model(FIXTURES / "vit", frames=8, tokenizer=merges) as model:
        with pytest.raises(actionclip.ActionCLIPError, match="not trained|not computed"):
            with model.tune(labels, [template], **part) as tuner:
                for label in labels:
                    tuner.add_pixels(pixels, label)
                tuner.step()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"timm_model_name": "convnext_base"}, "'convnext_base'"),
        ({"timm_model_name": "vit_base_mci_224"}, "with a stem of convolutions"),
        ({"timm_model_name": "fastvit_mci2"}, "vit_base_mci_224"),
        ({"timm_model_name": "eva02_enormous_patch14_clip_224"}, "'eva02_enormous_patch14_clip_224'"),
        ({"timm_model_name": None}, "no 'timm_model_name'"),
        ({"timm_model_name": "vit_pe_core_base_patch16_224"}, "'map'"),
        ({"timm_pool": "avg"}, "'avg'"),
        ({"timm_proj": "linear"}, "'linear'"),
        ({"image_size": 64}, "vision_cfg.image_size"),
    ],
)
def test_contradictions_are_named(tmp_path, change, message):
    folder = shutil.copytree(FIXTURES / "eva02", tmp_path / "folder")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["vision_cfg"].update(change)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"vision_cfg": {"timm_model_name": "eva02_base_patch16_clip_224"}}, "without a stem of convolutions"),
        ({"quick_gelu": True}, "'quick_gelu' is true"),
        ({"vision_cfg": {"image_size": 48}}, "vision_cfg.image_size"),
    ],
)
def test_contradictions_of_a_stem_are_named(tmp_path, change, message):
    folder = shutil.copytree(FIXTURES / "mci", tmp_path / "folder")
    config = json.loads((folder / "open_clip_config.json").read_text())
    change = dict(change)
    config["model_cfg"]["vision_cfg"].update(change.pop("vision_cfg", {}))
    config["model_cfg"].update(change)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("0.bn.running_mean", None, "0.bn.running_mean' is missing"),
        ("1.bn.running_var", lambda x: -x, "1.bn.running_var' holds -"),
        ("0.bn.running_var", lambda x: x * np.nan, "0.bn.running_var' holds NaN"),
        ("0.bn.weight", lambda x: x + np.inf, "0.bn.weight' holds NaN or infinity"),
        ("1.bn.bias", lambda x: x[:-1], "1.bn.bias' has shape [31]"),
        ("1.conv.weight", lambda x: x[:, :8], "stem.1.weight' has shape [32, 3, 3, 8]"),
        ("2.conv.weight", lambda x: x[0], "2.conv.weight' has shape"),
        ("2.conv.weight", lambda x: x * np.nan, "holds NaN"),
        ("2.conv.bias", None, ""),
        ("3.conv.weight", lambda _: np.zeros(3, np.float16), "backbone.3.conv.weight"),
    ],
)
def test_damage_of_a_stem_is_named(tmp_path, name, change, message):
    numpy = pytest.importorskip("safetensors.numpy")
    folder = shutil.copytree(FIXTURES / "mci", tmp_path / "folder")
    tensors = numpy.load_file(folder / "open_clip_model.safetensors")
    own = tensors.pop("visual.trunk.patch_embed.backbone." + name, None)
    if change:
        tensors["visual.trunk.patch_embed.backbone." + name] = np.ascontiguousarray(change(own))
    numpy.save_file(tensors, folder / "open_clip_model.safetensors")
    if not message:  # a bias of zeros
        actionclip.Model(folder).close()
        return
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("compute", ["fp32", "bf16", "int8"])
def test_a_stem_is_counted_in_what_is_told(compute):
    with actionclip.Model(FIXTURES / "mci", compute=compute, threads=2) as model:
        plan = actionclip.Model.plan(FIXTURES / "mci", measure=False, compute=compute, threads=2)
        assert plan == actionclip.ModelPlan(model.info, None)


def test_a_checkpoint_of_torch_s_gives_the_same(tmp_path):
    torch, numpy = families.torch_or_skip(), pytest.importorskip("safetensors.numpy")
    (tmp_path / "open_clip_config.json").write_bytes((FIXTURES / "mci/open_clip_config.json").read_bytes())
    tensors = numpy.load_file(FIXTURES / "mci/open_clip_model.safetensors")
    torch.save({k: torch.from_numpy(v) for k, v in tensors.items()}, tmp_path / "open_clip_pytorch_model.bin")
    wanted = expected("mci")
    with actionclip.Model(tmp_path) as model, actionclip.Model(FIXTURES / "mci") as other:
        for one, two in zip(computed(model, wanted), computed(other, wanted), strict=True):
            assert np.array_equal(one, two)


def test_a_picture_is_prepared_as_open_clip_prepares_it():
    families.maker_or_skip("open_clip")
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from test_margins import picture

    pictures = json.loads((FIXTURES / "mci/open_clip_config.json").read_text())["preprocess_cfg"]
    transform = image_transform_v2(PreprocessCfg(**pictures), is_train=False)
    with actionclip.Model(FIXTURES / "mci") as model:
        for height, width, mode in [(41, 57, "RGB"), (90, 24, "RGB"), (33, 61, "RGBA"), (12, 17, "L")]:
            image = picture(height, width, mode)
            assert np.array_equal(model.preprocess(image), transform(image).numpy())


def test_without_its_configuration_it_is_refused(tmp_path):
    path = shutil.copy(FIXTURES / "eva02/open_clip_model.safetensors", tmp_path / "m.safetensors")
    for options in ({}, {"open_clip_name": "ViT-B-16"}):
        with pytest.raises(actionclip.ActionCLIPError, match=r"open_clip_config\.json"):
            actionclip.Model(path, **options)


# ----------------------------------------------------------------- open_clip


@pytest.mark.parametrize("kind", trunks.KINDS)
def test_other_sizes_are_those_of_open_clip(kind, tmp_path):
    """Two heads of blocks, or sixteen; another width, and three blocks."""
    made = trunks.small(kind, width=128, depth=3)
    siglip_spread(made)
    folder = trunks.save(made, trunks.configuration(kind), tmp_path / "m")
    wanted = {"pixels": siglip.pixels(trunks.image(kind), 4), "tokens": trunks.tokens()}
    frames, words = clipa.computed(made, wanted["pixels"], wanted["tokens"])
    for compute, least in PRECISIONS:
        with actionclip.Model(folder, compute=compute, frames=4) as model:
            found, texts = computed(model, wanted)
        assert min(cosines(found, frames).min(), cosines(texts, words).min()) >= least, compute
        assert compute != "fp32" or near(found, frames) and near(texts, words)


#: The switch of the long test: open_clip's own models of real geometry with few blocks.
SWITCH = "ACTIONCLIP_TEST_TRUNKS"
MODELS = ["EVA02-B-16", "EVA02-L-14", "EVA02-L-14-336", "PE-Core-T-16-384", "PE-Core-S-16-384", "PE-Core-B-16",
          "PE-Core-L-14-336", "PE-Core-bigG-14-448", "MobileCLIP2-L-14", "MobileCLIP2-B"]  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_real_geometry(tmp_path, name):
    for _ in families.real_geometry(tmp_path, name, SWITCH, "open_clip", "test_trunks"):
        pass


def write_real(folder, name):
    config = families.maker_or_skip("open_clip").get_model_config(name)
    config["text_cfg"]["layers"] = 2
    made = trunks.model(config, depth=4)
    siglip_spread(made)
    trunks.save(made, config, Path(folder))
    text = config["text_cfg"]
    pixels, tokens = siglip.pixels(config["vision_cfg"]["image_size"], 2), trunks.tokens(text["context_length"], 49408)
    frames, words = clipa.computed(made, pixels, tokens)
    np.savez(Path(folder) / "expected.npz", pixels=pixels, tokens=tokens, frames=frames, texts=words)

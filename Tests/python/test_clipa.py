"""CLIPA and open_clip's scales after layers: networks and tokenizers against open_clip, files of one's own."""

import json
import shutil

import actionclip
import clipa
import families
import numpy as np
import pytest
import siglip
from conftest import ROOT
from families import cosines
from test_siglip import near

FIXTURES = ROOT / "Tests/fixtures/clipa"
FOLDER = FIXTURES / "model"
PROMPTS = ["a video of a person playing the flute", "Cutting vegetables!", "swimming", ""]


@pytest.fixture(scope="module")
def expected():
    return pytest.importorskip("safetensors.numpy").load_file(FIXTURES / "expected.safetensors")


@pytest.fixture(scope="module")
def model():
    with actionclip.Model(FOLDER) as model:
        yield model


def test_embeddings_are_those_of_open_clip(model, expected):
    videos, frames = model.encode_pixels(expected["pixels"], return_frames=True)
    assert near(frames, expected["frames"]) and near(videos[0], expected["frames"].mean(0))
    assert cosines(frames, expected["frames"]).min() >= 0.999999
    assert near(model.encode_tokens(expected["tokens"]), expected["texts"])
    assert np.array_equal(model.tokenize(PROMPTS), expected["tokens"])
    assert np.array_equal(model.encode_prompts(PROMPTS), model.encode_tokens(expected["tokens"]))


@pytest.mark.parametrize("compute, least", [("bf16", 0.9999), ("int8", 0.9995)])
def test_lower_precisions_stay_near(expected, compute, least):
    with actionclip.Model(FOLDER, compute=compute) as model:
        _, frames = model.encode_pixels(expected["pixels"], return_frames=True)
        texts = model.encode_tokens(expected["tokens"])
    assert cosines(frames, expected["frames"]).min() >= least and cosines(texts, expected["texts"]).min() >= least


def test_what_it_is_is_told(model):
    info = model.info
    assert model.family == "open_clip" and info.activation == "GELU" and info.vision_heads == 4
    assert (info.image_size, info.patch_size, info.embedding_size, info.context_length) == (24, 8, 40, 12)
    own = model.preprocessing
    assert own["resize"] == "square_bilinear" and np.allclose(own["mean"], [0.485, 0.456, 0.406])
    assert not model.assumptions


def test_numbers_do_not_depend_on_batch_or_threads(model, expected):
    alone = [model.encode_tokens(row[None]) for row in expected["tokens"]]
    assert np.array_equal(np.concatenate(alone), model.encode_tokens(expected["tokens"]))
    with actionclip.Model(FOLDER, threads=3, frames=1) as other:
        found = other.encode_pixels(expected["pixels"])
    _, frames = model.encode_pixels(expected["pixels"], return_frames=True)
    assert np.array_equal(found, frames[0])


def test_one_file_has_all_of_it(model, expected, tmp_path):
    model.save(tmp_path / "1.safetensors")
    with actionclip.Model(tmp_path / "1.safetensors") as again:
        before, after = (each.encode_pixels(expected["pixels"], return_frames=True)[1] for each in (model, again))
        assert np.array_equal(before, after) and again.preprocessing == model.preprocessing
        lists = json.loads((FIXTURES / "texts.json").read_text())
        texts = [text for text in lists["texts"] if "\0" not in text][:80]
        assert np.array_equal(again.tokenize(texts, truncate=True), model.tokenize(texts, truncate=True))
        assert np.array_equal(again.encode_prompts(PROMPTS), model.encode_prompts(PROMPTS))
        again.save(tmp_path / "2.safetensors")
    assert (tmp_path / "1.safetensors").read_bytes() == (tmp_path / "2.safetensors").read_bytes()


def test_a_vocabulary_list_beside_the_weights_is_read(model, tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "folder")
    (folder / "tokenizer.json").unlink()
    with actionclip.Model(folder) as other, pytest.raises(actionclip.ActionCLIPError, match=r"vocab\.txt"):
        other.encode_prompts(["a"])
    shutil.copy(FIXTURES / "vocab.txt", folder)
    with actionclip.Model(folder) as other:
        assert np.array_equal(other.encode_prompts(PROMPTS), model.encode_prompts(PROMPTS))


def test_another_tokenizer_is_refused(merges):
    with pytest.raises(actionclip.ActionCLIPError):
        actionclip.Model(FOLDER, tokenizer=merges)
    with pytest.raises(actionclip.ActionCLIPError):
        actionclip.Model(FOLDER, tokenizer=ROOT / "Tests/fixtures/siglip/hugging_face/spiece.model")


def test_without_its_configuration_it_is_named(tmp_path):
    """Neither the shapes nor the names tell a CLIPA from a CLIP without ln_pre."""
    path = shutil.copy(FOLDER / "open_clip_model.safetensors", tmp_path / "m.safetensors")
    with pytest.raises(actionclip.ActionCLIPError, match="ln_pre"):
        actionclip.Model(path, activation="GELU")


@pytest.mark.parametrize(
    "part, change, message",
    [
        ("vision_cfg", {"final_ln_after_pool": False}, "'final_ln_after_pool'"),
        ("vision_cfg", {"no_ln_pre": False}, "ln_pre"),
        ("text_cfg", {"pool_type": "argmax"}, "'pool_type' 'argmax'"),
        ("text_cfg", {"no_causal_mask": False}, "'no_causal_mask'"),
        ("text_cfg", {"use_pad_mask": True}, "'use_pad_mask'"),
        ("text_cfg", {"hf_tokenizer_name": "roberta-base"}, "'roberta-base'"),
        ("text_cfg", {"tokenizer_kwargs": {}}, "'hf_tokenizer_name'"),
    ],
)
def test_contradictions_are_named(tmp_path, part, change, message):
    folder = shutil.copytree(FOLDER, tmp_path / "folder")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"][part].update(change)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert message in str(error.value)


def test_frames_are_joined_by_heads_alone():
    for options in ({"temporal_shift": True}, {"temporal_view": 1}):
        with pytest.raises(actionclip.ActionCLIPError, match="CLIPA"):
            actionclip.Model(FOLDER, **options)


def test_a_temporal_head_is_trained_on_top(expected):
    labels = ["opening", "closing"]
    clips = [expected["pixels"], expected["pixels"][::-1].copy()]
    with actionclip.Model(FOLDER, frames=8) as model:
        with model.tune(
            labels, ["a video of {}"], new_head="LSTM", epochs=12, batch=2, rate=1e-3, warm_up_epochs=0.2, seed=7,
            loss="cross_entropy",
        ) as tuner:  # fmt: skip
            for number in range(4):
                tuner.add_pixels(clips[number % 2], labels[number % 2])
            results = list(tuner)
            assert results[-1].loss < results[0].loss
        for part in ({"train": "projection"}, {"text": "everything"}):
            with pytest.raises(actionclip.ActionCLIPError, match="CLIPA"):
                with model.tune(labels, ["a video of {}"], **part) as tuner:
                    for label in range(2):
                        tuner.add_pixels(clips[label], labels[label])
                    tuner.step()


# ----------------------------------------------------------------- open_clip


def test_rows_are_open_clip_s(tmp_path):
    families.maker_or_skip("open_clip")
    pytest.importorskip("ftfy")
    clipa.train_pieces(tmp_path, 900, siglip.long_text())
    theirs, ours = clipa.tokenizer(tmp_path, 40), actionclip.Tokenizer(tmp_path / "tokenizer.json")
    texts = [text for text in clipa.texts(2000) if clipa.is_of_unicode_9(text)]
    for text, row in zip(texts, theirs(texts).tolist()):
        found = [0 if each == 3 else each for each in ours.encode(text)][:38]
        assert [2, *found, *[0] * (39 - len(found))] == row, repr(text)


@pytest.mark.parametrize("name", ["ViT-L-14-CLIPA", "ViT-L-14-CLIPA-336/datacomp1b"])
def test_a_model_by_its_name(tmp_path, name):
    """Sizes of the name's own width and patches, few blocks."""
    torch = families.torch_or_skip()
    config = clipa.configuration(1000, width=1024, layers=1, image=28, patch=14, text_width=768)
    config["vision_cfg"]["head_width"], config["text_cfg"]["heads"] = 64, 12
    made = clipa.model(config)
    torch.save(made.state_dict(), tmp_path / "m.pt")
    pixels, tokens = siglip.pixels(28, 2), np.arange(2 * clipa.CONTEXT, dtype=np.int32).reshape(2, -1)
    frames, words = clipa.computed(made, pixels, tokens)
    with actionclip.Model(tmp_path / "m.pt", open_clip_name=name, frames=2) as model:
        found = model.encode_pixels(pixels, return_frames=True)[1][0]
        assert near(found, frames) and near(model.encode_tokens(tokens), words)
        assert model.preprocessing["resize"] == "square_bilinear"


@pytest.mark.parametrize("custom_text", [False, True])
def test_scales_after_layers_are_those_of_open_clip(tmp_path, custom_text):
    """As ViT-M-16-alt has them, and its text encoder beside."""
    sizes = families.open_clip_config()
    for part in ("vision_cfg", "text_cfg"):
        sizes[part] = dict(sizes[part], ls_init_value=1e-4)
    made = families.open_clip(False, custom_text, **sizes)
    folder = families.save_open_clip(made, tmp_path / "m", **sizes)
    pixels = families.pixels()
    tokens = np.zeros((2, families.CONTEXT), np.int32)
    tokens[:, :4] = [[518, 5, 7, 519], [518, 9, 11, 519]]
    frames, words = clipa.computed(made, pixels, tokens)
    for compute, least in [("fp32", 0.999999), ("bf16", 0.9999), ("int8", 0.9995)]:
        with actionclip.Model(folder, compute=compute) as model:
            found = model.encode_pixels(pixels, return_frames=True)[1][0]
            texts = model.encode_tokens(tokens)
            assert min(cosines(found, frames).min(), cosines(texts, words).min()) >= least, compute
            if compute == "fp32":
                assert near(found, frames) and near(texts, words)
                model.save(tmp_path / "own.safetensors")
    with actionclip.Model(tmp_path / "own.safetensors") as again:
        assert near(again.encode_tokens(tokens), words)


#: The switch of the long test, and the geometries.
SWITCH = "ACTIONCLIP_TEST_CLIPA"
GEOMETRIES = {"L-14": (1024, 24, 64, 224, 768, 12), "H-14": (1280, 32, 80, 224, 1024, 24)}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_real_geometry(tmp_path, name):
    for _ in families.real_geometry(tmp_path, name, SWITCH, "open_clip", "test_clipa"):
        pass


def write_real(folder, name):
    from pathlib import Path

    width, layers, head, image, text_width, text_layers = GEOMETRIES[name]
    config = clipa.configuration(32000, width, layers, image, 14, 32, text_width)
    config["vision_cfg"]["head_width"] = head
    config["text_cfg"].update(heads=text_width // 64, layers=text_layers)
    made = clipa.model(config)
    siglip_spread(made)
    clipa.save(made, config, Path(folder))
    pixels = siglip.pixels(image, 2)
    tokens = np.random.default_rng(9).integers(0, 30000, (4, 32)).astype(np.int32)
    frames, words = clipa.computed(made, pixels, tokens)
    np.savez(Path(folder) / "expected.npz", pixels=pixels, tokens=tokens, frames=frames, texts=words)


def siglip_spread(made):
    """Matrices whose products keep the size of numbers at large widths."""
    torch = families.torch_or_skip()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.dim() > 1:
                parameter.mul_(5 / parameter.shape[-1] ** 0.5)

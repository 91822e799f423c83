"""SigLIP: networks and tokenizers against transformers, scores by the sigmoid, files of one's own."""

import json
import shutil

import actionclip
import families
import numpy as np
import pytest
import siglip
from conftest import ROOT
from families import cosines

FIXTURES = ROOT / "Tests/fixtures"
FOLDER = FIXTURES / "siglip/hugging_face"


@pytest.fixture(scope="module")
def expected():
    return pytest.importorskip("safetensors.numpy").load_file(FIXTURES / "siglip/expected.safetensors")


@pytest.fixture(scope="module")
def model():
    with actionclip.Model(FOLDER) as model:
        yield model


def near(found, wanted, tolerance=2e-5):
    return np.abs(found - wanted).max() <= tolerance * max(1, np.abs(wanted).max())


PROMPTS = ["a video of a person playing the flute", "Cutting vegetables!", "swimming", ""]


def test_embeddings_are_those_of_transformers(model, expected):
    videos, frames = model.encode_pixels(expected["pixels"], return_frames=True)
    assert near(frames, expected["frames"]) and near(videos[0], expected["frames"].mean(0))
    assert near(model.encode_tokens(expected["tokens"]), expected["texts"])
    assert np.array_equal(model.tokenize(PROMPTS), expected["tokens"])
    assert np.array_equal(model.encode_prompts(PROMPTS), model.encode_tokens(expected["tokens"]))


def test_what_it_is_is_told(model, expected):
    info = model.info
    assert model.family == "SigLIP" and info.activation == "GELU-tanh" and info.vision_heads == 2
    assert info.sigmoid_scores and abs(info.logit_bias + 12.5) < 1e-6 and abs(info.logit_scale - np.exp(4.5)) < 1e-3
    assert info.usual_scale == info.logit_scale
    assert (info.image_size, info.patch_size, info.embedding_size) == (20, 8, 32), "4 pixels are left out"
    assert not model.assumptions
    own = model.preprocessing
    assert own["resize"] == "square" and np.allclose(own["mean"], 0.5) and np.allclose(own["std"], 0.5)


def test_each_label_is_scored_by_itself(model, expected):
    frames, texts = expected["frames"], expected["texts"]
    wanted = 1 / (1 + np.exp(-expected["logits"].astype(np.float64)))
    found = model.probabilities(frames, texts)
    assert np.abs(found - wanted).max() < 1e-5
    labels = ["playing the flute", "cutting vegetables", "swimming"]
    with actionclip.Classifier(model, labels, ["a video of a person {}", "{}"]) as classifier:
        scores = classifier.score(frames)
        words = model.encode_labels(labels, ["a video of a person {}", "{}"])
        assert np.abs(scores - model.probabilities(frames, words)).max() < 1e-6
        assert np.all(scores.sum(1) < 0.5), "rows need not sum to 1"
        # One label more changes no other's probability.
        classifier.set_labels([*labels, "dancing"])
        assert np.abs(classifier.score(frames)[:, :3] - scores).max() < 1e-6
    weighted = model.probabilities(frames, words, weights=[3, 1])
    apart = [model.probabilities(frames, words[index]) for index in range(2)]
    assert np.abs(weighted - (3 * apart[0] + apart[1]) / 4).max() < 1e-6


def test_a_fitted_classifier_scores_at_the_scale_of_its_calibration(model, expected):
    """Words score by the trained scale, which belongs to the bias, and a fit at 100, as in any other model."""
    frames = expected["frames"]
    with actionclip.Classifier(model, ["dance", "surfing"], ["{}"]) as classifier:
        assert np.array_equal(classifier.score(frames), classifier.score(frames, model.info.usual_scale))
        for number, label in enumerate(["dance", "surfing"]):
            classifier.add(label, frames[number::2] + np.float32(0.01))
        classifier.fit("ridge")
        found = classifier.score(frames)
        assert np.array_equal(found, classifier.score(frames, 100)) and np.allclose(found.sum(1), 1, atol=1e-5)
        assert not np.array_equal(found, classifier.score(frames, 50))


@pytest.mark.parametrize("compute, least", [("bf16", 0.9999), ("int8", 0.999)])
def test_lower_precisions_stay_near(expected, compute, least):
    """The widths are tiny: at real ones int8 is nearer (test_real_geometry)."""
    with actionclip.Model(FOLDER, compute=compute) as model:
        _, frames = model.encode_pixels(expected["pixels"], return_frames=True)
        texts = model.encode_tokens(expected["tokens"])
    assert cosines(frames, expected["frames"]).min() >= least and cosines(texts, expected["texts"]).min() >= least


def test_numbers_do_not_depend_on_batch_or_threads(model, expected):
    alone = [model.encode_tokens(row[None]) for row in expected["tokens"]]
    assert np.array_equal(np.concatenate(alone), model.encode_tokens(expected["tokens"]))
    with actionclip.Model(FOLDER, threads=3, frames=1) as other:
        found = other.encode_pixels(expected["pixels"])
    _, frames = model.encode_pixels(expected["pixels"], return_frames=True)
    assert np.array_equal(found, frames[0])


def test_one_file_has_all_of_it(model, expected, tmp_path):
    for number, (source, ids) in enumerate([(FOLDER, "unigrams"), (with_merges(tmp_path), "merges")]):
        with actionclip.Model(source) as first:
            path = tmp_path / f"{number}.safetensors"
            first.save(path)
            _, before = first.encode_pixels(expected["pixels"], return_frames=True)
            with actionclip.Model(path) as again:
                _, after = again.encode_pixels(expected["pixels"], return_frames=True)
                assert np.array_equal(before, after)
                assert again.info.image_size == 20 and again.info.sigmoid_scores
                assert again.info.activation == "GELU-tanh" and again.preprocessing == first.preprocessing
                lists = json.loads((FIXTURES / "siglip/texts.json").read_text())
                texts = [text for text in lists["texts"] if "\0" not in text]
                rows = again.tokenize(texts[:80], truncate=True)
                assert np.array_equal(rows, first.tokenize(texts[:80], truncate=True))
                path2 = tmp_path / f"{number}-again.safetensors"
                again.save(path2)
            assert path.read_bytes() == path2.read_bytes()


def test_two_files_are_mixed(model, expected, tmp_path):
    """By numbers; the tokenizer that a file keeps among its tensors stays as it is."""
    load_file = pytest.importorskip("safetensors.numpy").load_file
    save_file = pytest.importorskip("safetensors.numpy").save_file
    random, states = np.random.default_rng(6), [load_file(FOLDER / "model.safetensors")]
    states.append({name: own * random.uniform(0.8, 1.2, own.shape).astype(np.float32) for name, own in states[0].items()})
    states.append({name: 0.75 * own + 0.25 * states[1][name] for name, own in states[0].items()})
    paths = [tmp_path / f"{name}.safetensors" for name in ("own", "base")]
    for place, state in enumerate(states):
        shutil.copytree(FOLDER, tmp_path / str(place))
        save_file(state, tmp_path / str(place) / "model.safetensors", metadata={"format": "pt"})
    for place, path in enumerate(paths):
        with actionclip.Model(tmp_path / str(place)) as whole:
            whole.save(path)
    with actionclip.Model(paths[0], base=paths[1], base_share=0.25) as mixed, \
            actionclip.Model(tmp_path / "2") as wanted:  # fmt: skip
        assert mixed.info.sigmoid_scores and np.array_equal(mixed.tokenize(PROMPTS), expected["tokens"])
        frames = [each.encode_pixels(expected["pixels"], return_frames=True)[1] for each in (mixed, wanted, model)]
        assert near(frames[0], frames[1]) and not near(frames[0], frames[2], 1e-3)
        assert near(mixed.encode_tokens(expected["tokens"]), wanted.encode_tokens(expected["tokens"]))


def with_merges(tmp_path):
    """The folder with SigLIP 2's kind of tokenizer, whose resize is bilinear. Ids above the model's are not used."""
    folder = tmp_path / "siglip2"
    torch = families.torch_or_skip()
    load_file = pytest.importorskip("safetensors.torch").load_file
    save_file = pytest.importorskip("safetensors.torch").save_file
    shutil.copytree(FOLDER, folder)
    (folder / "spiece.model").unlink()
    shutil.copy(FIXTURES / "siglip/merges/tokenizer.json", folder)
    count = len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])
    state = load_file(folder / "model.safetensors")
    name = "text_model.embeddings.token_embedding.weight"
    more = torch.randn(count - len(state[name]), state[name].shape[1], generator=torch.Generator().manual_seed(3))
    state[name] = torch.cat([state[name], more])
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["vocab_size"] = count
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(siglip.preprocessor(20, resample=2)))
    return folder


def test_a_siglip_2_is_read(tmp_path):
    with actionclip.Model(with_merges(tmp_path)) as model:
        assert model.preprocessing["resize"] == "square_bilinear"
        row = model.tokenize(["Dance in the SNOW"])[0]
        ids = json.loads((FIXTURES / "siglip/texts.json").read_text())
        assert row[-1] == 0 and 1 in row, "padding, after the mark of the end"
        assert len(ids["merges"]) > 300


@pytest.mark.parametrize("resample, name", [(3, "square"), (2, "square_bilinear")])
def test_pictures_become_squares_as_pillow_does_it(resample, name):
    image_module = pytest.importorskip("PIL.Image")
    picture = np.random.default_rng(1).integers(0, 256, (37, 61, 3)).astype(np.uint8)
    wanted = np.asarray(image_module.fromarray(picture).resize((20, 20), resample))
    found = actionclip.preprocess(picture, 20, resize=name, mean=(0.5,) * 3, std=(0.5,) * 3)
    assert np.allclose(found, (wanted.transpose(2, 0, 1) / np.float32(255) - 0.5) / 0.5, atol=1e-6)


@pytest.mark.parametrize(
    "change, part",
    [
        ({"vision_config": {"vision_use_head": False}}, "'vision_use_head'"),
        ({"text_config": {"projection_size": 48}}, "'projection_size'"),
        ({"text_config": {"hidden_act": "gelu"}}, "'hidden_act'"),
        ({"vision_config": {"image_size": 24}}, "pictures are 24 pixels wide"),
        ({"vision_config": {"mystery": 1}}, "'mystery'"),
        ({"model_type": "siglip2"}, "NaFlex"),
        ({"model_type": "clip"}, "'clip'"),
    ],
)
def test_contradictions_are_named(tmp_path, change, part):
    folder = tmp_path / "folder"
    shutil.copytree(FOLDER, folder)
    config = json.loads((folder / "config.json").read_text())
    for key, value in change.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert part in str(error.value)


@pytest.mark.parametrize(
    "keys, part",
    [
        ({"resample": 0}, "'resample'"),
        ({"size": {"height": 20, "width": 24}}, "'width' 24"),
        ({"size": {"height": 24, "width": 24}}, "squares of 24 pixels"),
        ({"do_center_crop": True}, "'do_center_crop'"),
        ({"image_processor_type": "CLIPImageProcessor"}, "'CLIPImageProcessor'"),
    ],
)
def test_other_ways_to_prepare_pictures_are_named(tmp_path, keys, part):
    folder = tmp_path / "folder"
    shutil.copytree(FOLDER, folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({**siglip.preprocessor(20), **keys}))
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(folder)
    assert part in str(error.value)


def test_frames_are_joined_by_heads_alone(tmp_path):
    for options in ({"temporal_shift": True}, {"temporal_view": 1}):
        with pytest.raises(actionclip.ActionCLIPError, match="SigLIP"):
            actionclip.Model(FOLDER, **options)


def test_another_tokenizer_is_refused(merges, tmp_path):
    with pytest.raises(actionclip.ActionCLIPError):
        actionclip.Model(FOLDER, tokenizer=merges)
    folder = tmp_path / "folder"
    shutil.copytree(FOLDER, folder)
    (folder / "spiece.model").unlink()
    with actionclip.Model(folder) as model, pytest.raises(actionclip.ActionCLIPError, match=r"spiece\.model"):
        model.encode_prompts(["a"])


@pytest.mark.parametrize("head, share", [("Conv_1D", 0.75), ("LSTM", 0.5)])
def test_a_temporal_head_is_trained_on_top(head, share, tmp_path):
    """Each clip's first or last frames are bright: the mean of its frames does not tell which, and the three taps of a
    convolution little."""

    def clip(label, number):
        pixels = 0.3 * np.sin(np.arange(8 * 3 * 20 * 20) % 131 + 7 * number).reshape(8, 3, 20, 20)
        pixels[4 * label : 4 * label + 4] += 2
        return pixels.astype(np.float32)

    labels = ["opening", "closing"]
    with actionclip.Model(FOLDER, frames=8) as model:
        with model.tune(
            labels, ["a video of {}"], new_head=head, epochs=15, batch=4, rate=1e-3, warm_up_epochs=0.2, seed=7,
            loss="cross_entropy",
        ) as tuner:  # fmt: skip
            for number in range(8):
                tuner.add_pixels(clip(number % 2, number), labels[number % 2])
            results = list(tuner)
            assert results[-1].loss < results[0].loss * share
            tuned, score = tuner.model(alpha=1), tuner.eval(held_out=False, alpha=1)
        assert tuned.info.image_size == 20 and tuned.info.head == head
        # Its probabilities are those that the loss was of, the softmax over all labels.
        assert model.info.sigmoid_scores and not tuned.info.sigmoid_scores
        videos = tuned.encode_pixels(np.concatenate([clip(number % 2, number) for number in range(8)]))
        texts = tuned.encode_labels(labels, ["a video of {}"])
        right = tuned.probabilities(videos, texts, tuned.info.logit_scale)[range(8), np.arange(8) % 2]
        assert score.loss == pytest.approx(-np.log(right).mean(), rel=1e-3)
        usual = tuned.probabilities(videos, texts)
        assert tuned.info.usual_scale == 100 and np.allclose(usual.sum(1), 1, atol=1e-6)
        assert np.array_equal(usual, tuned.probabilities(videos, texts, 100))
        tuned.save(tmp_path / "tuned.safetensors")
        with actionclip.Model(tmp_path / "tuned.safetensors") as again:
            assert np.array_equal(again.encode_pixels(clip(0, 1)), tuned.encode_pixels(clip(0, 1)))
            assert not again.info.sigmoid_scores
        for part in ({"train": "projection"}, {"text": "everything"}, {"contexts": 2}):
            with pytest.raises(actionclip.ActionCLIPError, match="SigLIP"):
                with model.tune(labels, None if "contexts" in part else ["a video of {}"], **part) as tuner:
                    for label in range(2):
                        tuner.add_pixels(clip(label, label), labels[label])
                    tuner.step()


def test_a_mixture_scores_by_sigmoids_only_if_both_do(model):
    labels = ["opening", "closing"]
    with model.tune(labels, ["a video of {}"], batch=2, epochs=1) as tuner:
        for label in labels:
            tuner.add_pixels(np.zeros((8, 3, 20, 20), np.float32), label)
        tuner.step()
        tuned = tuner.model()
    for first, second, expected in ((model, tuned, False), (tuned, model, False), (model, model, True)):
        mixture = actionclip.mix(first, second, 0.25)
        assert mixture.info.sigmoid_scores == expected
        low, high = sorted([first.info.logit_scale, second.info.logit_scale])
        assert low <= mixture.info.logit_scale <= high * (1 + 1e-6)


# ----------------------------------------------------------------- transformers


TEXTS = 3000


@pytest.mark.parametrize("rules, falls_back", [("nmt_nfkc", False), ("nmt_nfkc_cf", True), ("identity", False)])
def test_unigrams_are_transformers(tmp_path, rules, falls_back):
    transformers = families.maker_or_skip("transformers")
    pytest.importorskip("google.protobuf")
    size = 900 if falls_back else 600
    path = siglip.train_unigram(
        tmp_path / "spiece.model", size, rules, falls_back, siglip.long_text(), ["<extra_id_1>", "▁<extra_id_0>"]
    )
    theirs, ours = transformers.SiglipTokenizer(str(path)), actionclip.Tokenizer(path)
    for text in siglip.random_texts(TEXTS):
        assert list(ours.encode(text)) == theirs(text)["input_ids"][:-1], repr(text)


def test_merges_are_transformers(tmp_path):
    transformers = families.maker_or_skip("transformers")
    if not hasattr(transformers, "Siglip2Tokenizer"):
        pytest.skip("this transformers has no Siglip2Tokenizer")
    path = siglip.train_merges(tmp_path, 1500, siglip.long_text())
    theirs, ours = transformers.Siglip2Tokenizer.from_pretrained(str(tmp_path)), actionclip.Tokenizer(path)
    for text in siglip.random_texts(TEXTS):
        assert list(ours.encode(text)) == theirs(text, add_special_tokens=False)["input_ids"], repr(text)


#: The switch of the long test, and the geometries: SigLIP's B/16, and the so400m of patches of 14 in pictures of 384.
SWITCH = "ACTIONCLIP_TEST_SIGLIP"
GEOMETRIES = {
    "base-patch16-224": dict(width=768, layers=12, heads=12, hidden=3072, image=224, patch=16, vocabulary=32000),
    "so400m-patch14-384": dict(width=1152, layers=27, heads=16, hidden=4304, image=384, patch=14, vocabulary=32000),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_real_geometry(tmp_path, name):
    for model, found, wanted, compute in families.real_geometry(tmp_path, name, SWITCH, "transformers", "test_siglip"):
        logits = model.similarity(found["frames"], found["texts"], model.info.logit_scale) + model.info.logit_bias
        if compute == "fp32":
            assert near(found["frames"], wanted["frames"], 5e-5) and near(found["texts"], wanted["texts"], 5e-5)
            assert near(logits, wanted["logits"], 1e-4)


def write_real(folder, name):
    from pathlib import Path

    sizes = dict(GEOMETRIES[name], context=64)
    made = siglip.model(**sizes)
    siglip.save(made, Path(folder))
    pixels = siglip.pixels(sizes["image"], 2)
    ids = np.random.default_rng(9).integers(3, sizes["vocabulary"], (4, 20))
    tokens = np.array([siglip.padded(row.tolist(), 64) for row in ids], np.int32)
    frames, texts, logits = siglip.computed(made, pixels, tokens)
    np.savez(Path(folder) / "expected.npz", pixels=pixels, tokens=tokens, frames=frames, texts=texts, logits=logits)

"""X-CLIP, as VideoX saves it and as transformers does: the numbers of these programs, and what else works on a model whose
videos move the texts that they are compared with."""

import actionclip
import families
import numpy as np
import pytest
import x_clip
from conftest import ROOT, read_safetensors, same_bits

FOLDER = ROOT / "Tests" / "fixtures" / "x_clip"
FORMS = {"published": FOLDER / "published.pth", "hugging_face": FOLDER / "hugging_face"}
NAMES = {"published": "X-CLIP", "hugging_face": "Hugging Face X-CLIP"}
LABELS = ["walk", "run", "jump"]


@pytest.fixture(scope="module", params=FORMS)
def form(request):
    """The name of a form, its model, and what its program computes."""
    expected = {
        name.partition(".")[2]: value
        for name, value in read_safetensors(FOLDER / "expected.safetensors").items()
        if name.startswith(request.param + ".")
    }
    with actionclip.Model(FORMS[request.param], threads=2) as model:
        yield request.param, model, expected


@pytest.fixture(scope="module")
def speaking(tmp_path_factory):
    """An X-CLIP that knows words: its vocabulary is that of a short merge list."""
    folder = tmp_path_factory.mktemp("speaking")
    merges = (ROOT / "Tests" / "fixtures" / "untrained" / "merges.txt").read_text().splitlines()
    words = len([line for line in merges if line and not line.startswith("#")])
    sizes = x_clip.Sizes(vocabulary=512 + words + 2, context=16, image=32)
    (folder / "merges.txt").write_text("\n".join(merges) + "\n")
    state = x_clip.published_names(x_clip.hugging_face(sizes).state_dict())
    path = x_clip.save_published(state, folder / "model.pth", sizes)
    with actionclip.Model(path, tokenizer=folder / "merges.txt", threads=2) as model:
        yield model


def close(found, expected, what, lowest=0.999999, error=1e-4):
    a, b = found.astype(np.float64).reshape(expected.shape), expected.astype(np.float64)
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    worst = np.abs(a - b).max() / np.abs(b).max()
    assert cosine.min() >= lowest and worst <= error, f"{what}: cosine {cosine.min()}, error {worst}"


def check(model, expected, lowest=0.999999, error=1e-4):
    """Compares every number that the library gives with what the model's own program computes."""
    size = model.info.embedding_size
    videos, frames = model.encode_pixels(expected["pixels"], return_frames=True)
    texts = model.encode_tokens(expected["tokens"])
    close(frames, expected["frames"], "frames", lowest, error)
    close(videos[:, :size], expected["videos"], "videos", lowest, error)
    close(videos[:, size:], expected["patches"], "patches", lowest, error)
    close(texts, expected["texts"], "texts", lowest, error)
    # The scale's own exponent differs in last bits.
    logits = model.similarity(videos, texts, model.info.logit_scale)
    return videos, texts, logits


def test_every_number_is_that_of_its_program(form):
    _, model, expected = form
    _, _, logits = check(model, expected)
    scale = model.info.logit_scale
    assert np.abs(logits - expected["logits"]).max() <= 1e-4 * scale
    plain = actionclip.similarity(expected["videos"], expected["texts"], scale)
    assert np.abs(plain - expected["logits"]).max() > 100 * np.abs(logits - expected["logits"]).max()


def test_the_file_says_what_it_is(form):
    name, model, expected = form
    info = model.info
    assert model.family == NAMES[name] and info.head == "MIT" and info.frames == 4
    assert not info.frames_independent and not model.assumptions
    assert info.video_size == info.embedding_size + 4 * info.embedding_size
    assert model.templates == ["{}"] and model.sampling == "mmaction2"
    # The folder's image processor says how pictures are resized; the published code resizes to 256 of 224 by OpenCV.
    assert model.preprocessing["resize"] == ("hugging_face_bilinear" if name == "hugging_face" else "mmaction2")
    np.testing.assert_allclose(model.preprocessing["mean"], [0.485, 0.456, 0.406])
    assert model.preprocessing["short_side"] is None
    with pytest.raises(actionclip.ActionCLIPError, match="4 \\(tensor 'mit.positional_embedding'\\)"):
        actionclip.Model(FORMS[name], frames=8)


@pytest.mark.parametrize(("compute", "lowest"), [("bf16", 0.9999), ("int8", 0.9995)])
def test_rounded_models_stay_close(compute, lowest):
    """The network has rows long enough to be rounded by their own scale."""
    sizes = x_clip.Sizes(width=256, layers=3, embedding=256, text_width=256, image=32, mit_heads=4, prompt_heads=4)
    module = x_clip.hugging_face(sizes)
    state = x_clip.published_names(module.state_dict())
    expected = {"pixels": sizes.pixels(), "tokens": sizes.tokens()}
    expected.update(x_clip.published(state, expected["pixels"], expected["tokens"]))
    torch = families.torch_or_skip()
    import io

    file = io.BytesIO()
    torch.save({"model": state}, file)
    with actionclip.Model(file.getvalue(), compute=compute, threads=2) as model:
        _, _, logits = check(model, expected, lowest, 0.2)
    with actionclip.Model(file.getvalue(), threads=2) as exact:
        _, _, whole = check(exact, expected)
    assert np.abs(whole - expected["logits"]).max() <= 1e-4 * exact.info.logit_scale
    assert np.abs(logits - whole).max() <= (0.02 if compute == "bf16" else 0.05) * exact.info.logit_scale


def test_transformers_folder_of_other_heads(tmp_path):
    """Heads of the integration transformer and of the prompts are those of config.json, 8 where it says none."""
    sizes = x_clip.Sizes(embedding=128, mit_heads=8, prompt_heads=8)
    module = x_clip.hugging_face(sizes)
    x_clip.save(module, tmp_path)
    expected = {"pixels": sizes.pixels(), "tokens": sizes.tokens()}
    expected.update(x_clip.computed(module, expected["pixels"], expected["tokens"]))
    with actionclip.Model(tmp_path, threads=2) as model:
        _, _, logits = check(model, expected)
        assert np.abs(logits - expected["logits"]).max() <= 1e-4 * model.info.logit_scale
        model.save(tmp_path / "one.safetensors")
    with actionclip.Model(tmp_path / "one.safetensors", threads=2) as one:
        assert same_bits(check(one, expected)[2], logits)


@pytest.mark.parametrize("storage", ["fp32", "bf16", "int8"])
def test_one_file_has_the_bits(form, storage, tmp_path):
    name, _, expected = form
    with actionclip.Model(FORMS[name], compute=storage) as model:
        videos = model.encode_pixels(expected["pixels"])
        texts = model.encode_tokens(expected["tokens"])
        logits = model.similarity(videos, texts)
        model.save(tmp_path / "one.safetensors", storage=storage)
        info = model.info
    with actionclip.Model(tmp_path / "one.safetensors") as one:
        assert same_bits(one.encode_pixels(expected["pixels"]), videos)
        assert same_bits(one.similarity(videos, texts), logits)
        assert one.info.video_size == info.video_size and one.info.head == "MIT" and one.templates == ["{}"]
        assert one.preprocessing == model_preprocessing(FORMS[name])


def model_preprocessing(path):
    with actionclip.Model(path) as model:
        return model.preprocessing


def test_probabilities_follow_from_similarity(form):
    _, model, expected = form
    videos, texts = model.encode_pixels(expected["pixels"]), model.encode_tokens(expected["tokens"])
    logits = model.similarity(videos, texts, 10).astype(np.float64)
    exponents = np.exp(logits - logits.max(-1, keepdims=True))
    found = model.probabilities(videos, texts, 10)
    np.testing.assert_allclose(found, exponents / exponents.sum(-1, keepdims=True), atol=1e-6)
    two = model.probabilities(videos, np.stack([texts, texts[::-1]]), 10)
    turned = model.probabilities(videos, texts[::-1], 10)
    np.testing.assert_allclose(two, (found + turned) / 2, atol=1e-6)


def test_rows_that_are_no_videos_are_refused(form):
    _, model, expected = form
    videos, texts = model.encode_pixels(expected["pixels"]), model.encode_tokens(expected["tokens"])
    size = model.info.embedding_size
    with pytest.raises(actionclip.ActionCLIPError, match="videos have rows"):
        model.similarity(videos[:, :size], texts)
    frames = model.encode_pixels(expected["pixels"], return_frames=True)[1]
    with pytest.raises(actionclip.ActionCLIPError, match="X-CLIP"):
        model.join_frames(frames)
    with pytest.raises(actionclip.ActionCLIPError, match="message tokens"):
        model.encode_single_pixels(expected["pixels"])


def test_a_normalized_row_scores_alike(form):
    _, model, expected = form
    texts = model.encode_tokens(expected["tokens"])
    plain = model.encode_pixels(expected["pixels"])
    scaled = model.encode_pixels(expected["pixels"], normalize=True)
    size = model.info.embedding_size
    np.testing.assert_allclose(np.linalg.norm(scaled[:, :size], axis=1), 1, atol=1e-6)
    assert same_bits(np.ascontiguousarray(scaled[:, size:]), np.ascontiguousarray(plain[:, size:]))
    np.testing.assert_allclose(model.similarity(scaled, texts), model.similarity(plain, texts), atol=1e-3)


def test_labels_are_scored_as_each_video_moves_them(speaking, random):
    frames = random.integers(0, 256, (3, 4, 40, 52, 3), dtype=np.uint8)
    videos = speaking.encode_frames(frames)
    assert videos.shape == (3, speaking.info.video_size)
    texts = speaking.encode_labels(LABELS)
    expected = speaking.probabilities(videos, texts)
    with actionclip.Classifier(speaking, LABELS) as classifier:
        np.testing.assert_allclose(classifier.score(videos), expected, atol=1e-6)
        with pytest.raises(actionclip.ActionCLIPError, match="no direction of their own"):
            classifier.directions()
        with pytest.raises(actionclip.ActionCLIPError, match="numbers"):
            classifier.score(videos[:, : speaking.info.embedding_size])
    ranked = speaking.classify(frames[0], LABELS)
    assert [name for name, _ in ranked] == [LABELS[i] for i in np.argsort(-expected[0], kind="stable")]
    np.testing.assert_allclose([p for _, p in ranked], np.sort(expected[0])[::-1], atol=1e-6)
    plain = actionclip.probabilities(videos[:, : speaking.info.embedding_size], texts)
    assert np.abs(plain - expected).max() > 1e-3


def test_windows_of_a_stream_are_rows(speaking, random):
    frames = random.integers(0, 256, (10, 40, 52, 3), dtype=np.uint8)
    with actionclip.Stream(speaking, hop=3) as stream, actionclip.Classifier(speaking, LABELS) as classifier:
        for number, frame in enumerate(frames):
            stream.push(frame, number * stream.info.frame_interval_ns / 1e9)
            stream.step()
        found = 0
        while (window := stream.next()) is not None:
            if window.frame_count < 4:
                continue
            whole = speaking.encode_frames(frames[window.first_push : window.first_push + 4])
            assert same_bits(window.embedding, whole[0])
            assert same_bits(classifier.score(window.embedding), classifier.score(whole))
            found += 1
        assert found >= 2


def test_clips_teach_it(speaking, random):
    """Examples are embeddings alone; a fitted classifier scores videos by theirs."""
    size = speaking.info.embedding_size
    points = random.standard_normal((len(LABELS), 1, size))
    clips = np.zeros((len(LABELS), 9, speaking.info.video_size), np.float32)
    clips[:, :, :size] = points + 0.4 * random.standard_normal((len(LABELS), 9, size))
    with actionclip.Classifier(speaking, LABELS) as classifier:
        for label, rows in zip(LABELS, clips, strict=True):
            classifier.add(label, rows[:4])
        classifier.fit()
        scores = classifier.score(clips[:, 4:].reshape(-1, clips.shape[-1]))
        assert np.mean(scores.argmax(1) == np.repeat(np.arange(len(LABELS)), 5)) > 0.9
        changed = clips[:, 4:].reshape(-1, clips.shape[-1]).copy()
        changed[:, size:] = random.standard_normal(changed[:, size:].shape)
        assert same_bits(classifier.score(changed), scores)
        assert classifier.directions().shape == (len(LABELS), size)


def test_what_is_not_computed_is_refused_by_name(speaking):
    with pytest.raises(actionclip.ActionCLIPError, match="X-CLIP"):
        speaking.tune(LABELS)
    with pytest.raises(actionclip.ActionCLIPError, match="X-CLIP"):
        actionclip.Classifier(speaking, descriptions={"walk": ["someone walks"], "run": ["someone runs"]})


def test_other_configurations_are_refused(tmp_path):
    import json
    import shutil

    shutil.copytree(FORMS["hugging_face"], tmp_path / "folder")
    path = tmp_path / "folder" / "config.json"
    config = json.loads(path.read_text())

    def refused(match, **changes):
        path.write_text(json.dumps({**config, **changes}))
        with pytest.raises(actionclip.ActionCLIPError, match=match):
            actionclip.Model(tmp_path / "folder")

    refused("expected 'xclip'", model_type="clip")
    refused("prompt_hidden_act", prompt_hidden_act="gelu")
    refused("num_frames", vision_config={**config["vision_config"], "num_frames": 8})
    refused("prompt_heads is 5", prompt_num_attention_heads=5)
    refused("integration_heads is 3", vision_config={**config["vision_config"], "mit_num_attention_heads": 3})


def test_a_mixture_keeps_its_heads(form):
    name, model, expected = form
    with actionclip.Model(FORMS[name]) as other, actionclip.mix(model, other) as mixed:
        videos, texts = model.encode_pixels(expected["pixels"]), model.encode_tokens(expected["tokens"])
        assert same_bits(mixed.encode_pixels(expected["pixels"]), videos)
        assert same_bits(mixed.similarity(videos, texts), model.similarity(videos, texts))

"""Described labels, weights of templates, and fitting them."""

import json

import actionclip
import numpy as np
import pytest
from conftest import same_bits

LABELS = ["yoga", "ice skating", "juggling"]
TEMPLATES = ["a clip of {}", "{}", "the person is {}"]
DESCRIPTIONS = {
    "yoga": ["stretching on a mat", ("a person doing {}", 2.0)],
    "ice skating": "gliding on ice",
    "juggling": [("three balls in the air", 1.0), ("clubs", 0.0)],
}


def unit(rows):
    return rows / np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)


@pytest.fixture()
def videos(speaker, random):
    return random.standard_normal((4, speaker.info.embedding_size)).astype(np.float32)


def test_a_described_label_is_the_weighted_mean_of_its_texts(speaker, videos):
    found = speaker.encode_descriptions(DESCRIPTIONS)
    first, second = unit(speaker.encode_prompts(["stretching on a mat", "a person doing yoga"]))
    expected = unit(first + 2 * second)
    assert np.abs(found[0] - expected).max() < 1e-6
    assert np.abs(found[1] - unit(speaker.encode_prompts(["gliding on ice"]))[0]).max() < 1e-6
    with actionclip.Classifier(speaker, descriptions=DESCRIPTIONS) as classifier:
        assert classifier.labels == LABELS
        assert same_bits(classifier.score(videos), actionclip.probabilities(videos, found))
        classifier.set_labels(["juggling", "sleeping"])
        classifier.set_labels(LABELS)
        assert same_bits(classifier.score(videos), actionclip.probabilities(videos, found))


@pytest.mark.parametrize(
    "wrong",
    [{"yoga": []}, {"yoga": [("mat", 0.0)]}, {"yoga": [("mat", -1.0)]}, {"yoga": "{} and {}"}, {}, {"yoga": "a\0b"}],
)
def test_descriptions_that_cannot_be_used_are_refused(speaker, wrong):
    with pytest.raises(actionclip.ArgumentError):
        speaker.encode_descriptions(wrong)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.Classifier(speaker, descriptions=wrong)


def test_descriptions_stand_alone(speaker):
    with pytest.raises(actionclip.ArgumentTypeError):
        speaker.encode_descriptions(["yoga"])
    for given in ({"labels": LABELS}, {"templates": TEMPLATES}, {"weights": [1.0]}):
        with pytest.raises(actionclip.ArgumentError):
            actionclip.Classifier(speaker, descriptions=DESCRIPTIONS, **given)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"yoga": ["a", "b"], "running": ["c"]}, {"yoga": [("a", 1.0), ("b", 1.0)], "running": [("c", 1.0)]}),
        ({"yoga": "a", "running": "c"}, {"yoga": [("a", 1.0)], "running": [("c", 1.0)]}),
        ({"0": "Yoga: a", "1": "Running: c"}, {"yoga": [("Yoga: a", 1.0)], "running": [("Running: c", 1.0)]}),
        (
            {"running": [{"text": "c", "weight": 3}, "d"], "yoga": {"text": "a"}, "other": "x"},
            {"yoga": [("a", 1.0)], "running": [("c", 3.0), ("d", 1.0)]},
        ),
    ],
)
def test_files_of_descriptions_are_read_as_others_write_them(tmp_path, content, expected):
    path = tmp_path / "descriptions.json"
    path.write_text(json.dumps(content))
    found = actionclip.read_descriptions(path, ["yoga", "running"])
    assert found == expected and list(found) == ["yoga", "running"]
    assert list(actionclip.read_descriptions(path)) == list(content)


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"yoga": 1}', '{"yoga": []}', '{"yoga": [{"text": 1}]}', '{"a": "b", "a": "c"}', '{"a": "b"}']
)
def test_files_without_descriptions_are_refused(tmp_path, content):
    path = tmp_path / "descriptions.json"
    path.write_text(content)
    with pytest.raises(actionclip.ArgumentError, match=r"descriptions\.json"):
        actionclip.read_descriptions(path, ["yoga"])


def test_weights_count_in_scores_and_in_a_saved_model(speaker, videos, tmp_path):
    texts = speaker.encode_labels(LABELS, TEMPLATES)
    each = [actionclip.probabilities(videos, texts[p]) for p in range(3)]
    mixed = actionclip.probabilities(videos, texts, weights=[1, 0, 3])
    assert np.abs(mixed - (each[0] + 3 * each[2]) / 4).max() < 1e-6
    assert same_bits(actionclip.probabilities(videos, texts, weights=[2, 2, 2]), actionclip.probabilities(videos, texts))
    with actionclip.Classifier(speaker, LABELS, TEMPLATES, weights=[1, 0, 3]) as classifier:
        assert same_bits(classifier.score(videos), mixed)
    path = tmp_path / "weighted.safetensors"
    speaker.save(path, templates=TEMPLATES, template_weights=[1, 0, 3])
    with actionclip.Model(path) as model:
        assert model.template_weights == [0.25, 0, 0.75]
        with actionclip.Classifier(model, LABELS) as classifier:
            assert same_bits(classifier.score(videos), mixed)
        model.save(path, template_weights=[])
    with actionclip.Model(path) as model:
        assert model.template_weights == [pytest.approx(1 / 3)] * 3


def test_a_model_classifies_with_its_own_weights(speaker, tmp_path, random):
    frames = random.integers(0, 256, (speaker.info.frames, 32, 32, 3), np.uint8)
    path = tmp_path / "weighted.safetensors"
    speaker.save(path, templates=TEMPLATES, template_weights=[0, 1, 0])
    with actionclip.Model(path) as model:
        assert model.classify(frames, LABELS) == speaker.classify(frames, LABELS, ["{}"])


@pytest.mark.parametrize("wrong", [[1, 2], [0, 0, 0], [1, -1, 1], [1, np.nan, 1]])
def test_wrong_weights_are_refused(speaker, videos, wrong, tmp_path):
    texts = speaker.encode_labels(LABELS, TEMPLATES)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.probabilities(videos, texts, weights=wrong)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.Classifier(speaker, LABELS, TEMPLATES, weights=wrong)
    with pytest.raises(actionclip.ArgumentError):
        speaker.save(tmp_path / "x.safetensors", templates=TEMPLATES, template_weights=wrong)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.Classifier(speaker, LABELS, weights=[1.0])


def world(random, good, absurd):
    """Videos near the directions of their classes, and templates that are near them too, or anywhere."""
    centres = random.standard_normal((5, 32))
    labels = np.tile(np.arange(5), 6)
    videos = centres[labels] + 0.5 * random.standard_normal((30, 32))
    texts = np.concatenate(
        [centres + 0.3 * random.standard_normal((good, 5, 32)), random.standard_normal((absurd, 5, 32))]
    )
    return videos, labels, texts


def test_absurd_templates_get_no_weight(random):
    videos, labels, texts = world(random, 4, 12)
    fit = actionclip.fit_prompts(videos, labels, texts)
    assert fit.weights.sum() == pytest.approx(1) and fit.weights[4:].sum() < 0.01
    assert fit.folds == 30 and fit.chosen_top1 >= fit.equal_top1
    unlabelled = actionclip.fit_prompts_unlabelled(videos, texts)
    assert unlabelled.sum() == pytest.approx(1) and unlabelled[4:].sum() < 0.01


def test_views_of_a_clip_are_left_out_together(random):
    videos, labels, texts = world(random, 2, 2)
    fit = actionclip.fit_prompts(videos, labels, texts, clip_ids=np.arange(30) % 5 * 2 + np.arange(30) // 15, strength=0.3)
    assert fit.folds == 10 and fit.origin == "fitted" and fit.strength == 0.3
    assert same_bits(fit.weights, actionclip.fit_prompts(videos, labels, texts, strength=0.3).weights)


def test_wrong_arguments_of_a_fit_are_refused(random):
    videos, labels, texts = world(random, 2, 2)
    for wrong in (labels[:-1], labels + 1, -labels - 1):
        with pytest.raises(actionclip.ArgumentError):
            actionclip.fit_prompts(videos, wrong, texts)
    with pytest.raises(actionclip.ArgumentTypeError):
        actionclip.fit_prompts(videos, labels.astype(float), texts)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.fit_prompts(videos, labels, texts, strength=-1.0)
    with pytest.raises(actionclip.ArgumentError):
        actionclip.fit_prompts(videos[:, :8], labels, texts)


def test_the_pool_has_templates_of_its_own():
    pool = actionclip.prompt_pool()
    assert len(set(pool)) == len(pool) >= 50
    assert all(text.count("{}") == 1 for text in pool) and not set(pool) & set(actionclip.templates())

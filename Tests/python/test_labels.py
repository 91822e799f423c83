"""Notes of the default model on labels that it never learned, and models named as Hugging Face names them."""

import shutil
import warnings

import actionclip
import numpy as np
import pytest
from conftest import ROOT, same_bits

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def shapes():
    with actionclip.Model(ROOT / "models" / "actionclip-shapes.safetensors") as model:
        yield model


def test_a_label_that_was_never_learned_is_told(shapes, speaker):
    assert shapes.label_note("moving left") is None and shapes.label_note("Moving  LEFT") is None
    assert "'ice', 'skating'" in shapes.label_note("ice skating")
    assert "Coloured shapes" in shapes.label_note()
    assert speaker.label_note("ice skating") is None and speaker.label_note() is None
    with pytest.raises(actionclip.ArgumentError):
        shapes.label_note("a\0b")


def test_labels_that_were_never_learned_are_warned_of_once(shapes, speaker):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shapes.encode_labels(shapes.labels)
        speaker.encode_labels(["ice skating"])
    with pytest.warns(actionclip.UnknownLabelWarning, match=r"'ice', 'skating'.*1 more of 3 labels") as caught:
        shapes.encode_labels(["moving left", "ice skating", "surfing"])
    assert len(caught) == 1
    with pytest.warns(actionclip.UnknownLabelWarning, match="skating"):
        shapes.classify(ROOT / "examples" / "clip.mp4", ["moving left", "ice skating"])


def test_a_classifier_warns_of_words_at_its_first_score(shapes):
    video = np.ones(shapes.info.embedding_size, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = actionclip.Classifier(shapes, ["ice skating", "moving left"])
    with pytest.warns(actionclip.UnknownLabelWarning, match="skating") as caught:
        classifier.score(video)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.score(video)
        classifier.set_labels(["moving left", "surfing"])
    with pytest.warns(actionclip.UnknownLabelWarning, match="surfing") as caught:
        classifier.decide(video)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_classifier_does_not_warn_of_words_that_clips_teach(shapes, random):
    clips = random.standard_normal((4, shapes.info.embedding_size)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = actionclip.Classifier(shapes, ["ice skating", "moving left"])
        classifier.add("ice skating", clips)
        classifier.fit()
        classifier.score(clips)
        classifier.set_labels(["ice skating", "moving left", "surfing"])
    with pytest.warns(actionclip.UnknownLabelWarning, match="'surfing'") as caught:
        classifier.fit()
    assert [warning.filename for warning in caught] == [__file__] and "more of" not in str(caught[0].message)
    classifier = actionclip.Classifier(shapes, ["ice skating", "moving left"])
    classifier.add("ice skating", clips)
    with pytest.warns(actionclip.UnknownLabelWarning, match="skating"):
        classifier.score(clips)  # not fitted yet


def test_a_model_of_hugging_face_is_found_in_its_cache(tmp_path, monkeypatch, untrained):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(actionclip.MissingFileError, match="'hf download owner/clip' downloads it"):
        actionclip.Model("owner/clip")
    model = tmp_path / "models--owner--clip"
    folder = model / "snapshots" / REVISION
    for path in (folder, model / "refs"):
        path.mkdir(parents=True)
    (model / "refs" / "main").write_text(REVISION)
    shutil.copy(untrained, folder / "model.safetensors")
    shutil.copy(untrained.with_name("merges.txt"), folder)
    with actionclip.Model("owner/clip") as found, actionclip.Model(untrained) as expected:
        assert same_bits(found.encode_prompts("tea"), expected.encode_prompts("tea"))
    assert actionclip.describe_file("owner/clip")["format"] == "safetensors"

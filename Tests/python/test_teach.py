"""Classifiers that learn from examples."""

import json

import actionclip
import numpy as np
import pytest
from conftest import ROOT, same_bits

LABELS = ["walk", "run", "jump"]
SHOTS = 4
CLIP = ROOT / "examples" / "clip.mp4"


@pytest.fixture()
def world(speaker, random):
    """Embeddings of each label, [labels, shots + 5, E], around a point of its own."""
    size = speaker.info.embedding_size
    points = random.standard_normal((len(LABELS), 1, size))
    return (points + 0.4 * random.standard_normal((len(LABELS), SHOTS + 5, size))).astype(np.float32)


@pytest.fixture()
def classifier(speaker):
    with actionclip.Classifier(speaker, LABELS, ["{}"]) as made:
        yield made


def teach(classifier, world):
    for label, rows in zip(LABELS, world, strict=True):
        classifier.add(label, rows[:SHOTS])


def accuracy(classifier, world):
    queries = world[:, SHOTS:].reshape(-1, world.shape[-1])
    expected = np.repeat(np.arange(len(LABELS)), world.shape[1] - SHOTS)
    return float(np.mean(classifier.score(queries).argmax(axis=1) == expected))


def test_it_learns_what_its_words_do_not_say(classifier, world):
    words = classifier.score(world[0])
    teach(classifier, world)
    assert same_bits(classifier.score(world[0]), words)
    assert classifier.fit() == 2
    assert accuracy(classifier, world) == 1
    scores = classifier.score(world[0])
    assert scores.labels == LABELS and scores.generation == 2
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert classifier.unfit() == 3
    assert same_bits(classifier.score(world[0]), words)


@pytest.mark.parametrize("method", ["prototypes", "ridge", "softmax", "AUTO"])
def test_every_method_learns(classifier, world, method):
    teach(classifier, world)
    classifier.fit(method)
    assert accuracy(classifier, world) == 1


def test_numbers_can_be_given(classifier, world):
    teach(classifier, world)
    classifier.fit("ridge", ridge=3.5, text_weight=0.5, clip_weight=20, offset=1)
    assert accuracy(classifier, world) == 1
    for name in ("ridge", "text_weight", "clip_weight", "offset", "anchor", "accept_rate"):
        for value in (float("nan"), float("inf"), "much"):
            with pytest.raises(ValueError, match=name):
                classifier.fit(**{name: value})
    for name in ("ridge", "text_weight", "clip_weight", "offset", "anchor"):
        with pytest.raises(ValueError, match=f"{name} is 1e\\+100, expected .* to 1000000, or NaN"):
            classifier.fit(**{name: 1e100})
    with pytest.raises(ValueError, match="method"):
        classifier.fit("best")


def test_every_scale_gives_probabilities(classifier, world):
    teach(classifier, world)
    for method in ("prototypes", "ridge", "softmax"):
        for given in ({}, {"text_weight": 1e6, "clip_weight": 1e6, "offset": -1e6, "ridge": 1e-6, "anchor": 1e-6}):
            classifier.fit(method, **given)
            for scale in (100, 0, -100, 3e38, -3e38):
                scores = classifier.score(world[0], scale=scale)
                assert np.isfinite(scores).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-5)


def test_the_largest_numbers_can_be_saved(speaker, classifier, world, tmp_path):
    teach(classifier, world)
    for ridge in (1e-6, 1e6):
        classifier.fit("ridge", text_weight=1e6, clip_weight=1e6, offset=1e6, ridge=ridge)
        classifier.save(tmp_path / "taught", keep_clips=False)
        with actionclip.Classifier.load(speaker, tmp_path / "taught") as again:
            assert same_bits(again.score(world[0]), classifier.score(world[0]))


def test_examples_are_listed_and_removed(classifier, world):
    classifier.add("run", world[1, 0])
    classifier.add("walk", world[0, :3], clip=[4, 9, 4])
    classifier.add("jump", list(world[2, :2]), clip=7)
    assert classifier.examples == [
        actionclip.Example(1, -1, 1), actionclip.Example(0, 4, 2), actionclip.Example(0, 9, 1),
        actionclip.Example(2, 7, 2),
    ]  # fmt: skip
    classifier.set_labels(["walk", "sit"])
    assert [example.label for example in classifier.examples] == [None, 0, 0, None]
    classifier.remove(9)
    classifier.remove([-1, 4])
    assert [example.clip for example in classifier.examples] == [7]
    with pytest.raises(actionclip.ArgumentError, match="no such clip"):
        classifier.remove([7, 8])
    classifier.clear("jump")
    classifier.add("walk", world[0, :2].tolist())
    classifier.clear()
    assert classifier.examples == []


def test_it_follows_examples_once_it_is_fitted(classifier, world):
    classifier.add("walk", world[0, :SHOTS])
    classifier.fit()
    for label, rows in zip(LABELS[1:], world[1:], strict=True):
        classifier.add(label, rows[:SHOTS])
    assert accuracy(classifier, world) == 1


def test_videos_bytes_and_frames_are_examples(speaker, classifier):
    with actionclip.Video(CLIP) as video:
        classifier.add("walk", video, start=0.5, end=1.5, views=2, clip=3)
        frames = video.read_frames(list(range(20)))
    classifier.add("run", CLIP)
    classifier.add("run", CLIP.read_bytes())
    classifier.add("jump", frames)
    assert [example.views for example in classifier.examples] == [2, 1, 1, 1]
    classifier.fit()
    with actionclip.Classifier(speaker, LABELS, ["{}"]) as other:
        with actionclip.Video(CLIP) as video:
            other.add("walk", video, start=0.5, end=1.5, views=2)
        for _ in range(2):
            other.add("run", speaker.encode_video(CLIP))
        other.add("jump", speaker.encode_frames([list(frames)]))
        other.fit()
        embedding = speaker.encode_video(CLIP, start=1)
        assert same_bits(classifier.score(embedding), other.score(embedding))


def test_it_reports_on_clips_that_are_left_out(classifier, world):
    with pytest.raises(actionclip.ExamplesError, match="not fitted"):
        classifier.report()
    for index, (label, rows) in enumerate(zip(LABELS, world, strict=True)):
        classifier.add(label, rows[:SHOTS], clip=range(10 * index, 10 * index + SHOTS))
    classifier.add("run", world[0, SHOTS], clip=99)
    classifier.add("jump", world[2, 1], clip=98)
    classifier.fit()
    report = classifier.report()
    assert report.words.method == "words" and report.chosen.method != "words" and report.chosen.method in report.reason
    assert report.chosen.top1 > report.words.top1 and report.chosen.clips == 14
    assert report.chosen.top1_interval[0] < report.chosen.top1 < report.chosen.top1_interval[1]
    assert [(c.clip, c.label, c.best) for c in report.suspects] == [(99, "run", "walk")]
    assert {(c.clip, c.duplicate) for c in report.duplicates} == {(98, 21), (21, 98)}
    assert report.confusions[0] == ("walk", "run", 1.0)
    assert [(row.label, row.clips) for row in report.labels] == [("walk", 4), ("run", 5), ("jump", 5)]
    assert 0 < report.reject_threshold < 1 and report.accepted >= 0.95
    shown = str(report)
    assert report.reason[:10] in shown and "99" in shown and max(map(len, shown.splitlines())) <= 100


def test_it_decides_for_none_or_several(classifier, world):
    teach(classifier, world)
    with pytest.raises(actionclip.ExamplesError, match="no fit"):
        classifier.score_independent(world[0])
    assert None not in classifier.decide(world[0])
    classifier.fit()
    queries = world[:, SHOTS:].reshape(-1, world.shape[-1])
    decided = classifier.decide(queries)
    assert sum(label is not None for label in decided) >= 0.8 * len(decided)
    assert classifier.decide(-world.mean(axis=(0, 1))) == [None]
    scores = classifier.score_independent(queries)
    assert scores.shape == (len(queries), len(LABELS)) and scores.labels == LABELS
    shown = scores >= np.array(classifier.thresholds)
    assert np.mean(shown.argmax(axis=1) == np.repeat(np.arange(len(LABELS)), world.shape[1] - SHOTS)) > 0.8


def test_a_saved_one_is_for_its_model_in_any_precision(untrained, tmp_path):
    """A projection that was trained on is another model."""
    file, merges = untrained.read_bytes(), untrained.with_name("merges.txt")
    header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
    at = 8 + int.from_bytes(file[:8], "little") + header["visual.proj"]["data_offsets"][0]
    with actionclip.Model(untrained) as model:
        classifier = actionclip.Classifier(model, LABELS)
        classifier.save(tmp_path / "my.classifier")
    with pytest.raises(actionclip.ActionCLIPError, match=r"not a model: load it with Classifier.load \("):
        actionclip.Model(tmp_path / "my.classifier")
    for compute in ("bf16", "int8"):
        with actionclip.Model(untrained, compute=compute) as model:
            actionclip.Classifier.load(model, tmp_path / "my.classifier").close()
    changed = file[:at] + np.float32(0.125).tobytes() + file[at + 4 :]
    with actionclip.Model(changed, tokenizer=merges) as model, pytest.raises(actionclip.ActionCLIPError, match="another model"):
        actionclip.Classifier.load(model, tmp_path / "my.classifier")


@pytest.mark.parametrize("keep_clips", [True, False])
def test_it_is_saved_and_loaded(speaker, classifier, world, tmp_path, keep_clips):
    teach(classifier, world)
    classifier.fit("ridge")
    path = tmp_path / "my.classifier"
    classifier.save(path, keep_clips=keep_clips)
    with actionclip.Classifier.load(speaker, path) as again:
        assert again.labels == LABELS and len(again.examples) == (len(LABELS) * SHOTS if keep_clips else 0)
        queries = world[:, SHOTS:].reshape(-1, world.shape[-1])
        assert same_bits(again.score(queries), classifier.score(queries))
        for each in (again, classifier):
            each.add("run", world[1, SHOTS])
        assert same_bits(again.score(queries), classifier.score(queries))
        if not keep_clips:
            with pytest.raises(actionclip.ExamplesError, match="without its clips"):
                again.fit()
    with pytest.raises(FileNotFoundError):
        actionclip.Classifier.load(speaker, tmp_path / "none")
    with pytest.raises(actionclip.FileError):
        classifier.save(tmp_path / "none" / "file")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(actionclip.FormatError, match="truncated"):
        actionclip.Classifier.load(speaker, path)


def test_mistakes_are_named(classifier, world):
    size = world.shape[-1]
    with pytest.raises(actionclip.ExamplesError, match="add a clip"):
        classifier.fit()
    with pytest.raises(ValueError, match="the nearest is 'walk'"):
        classifier.add("wlak", world[0])
    with pytest.raises(ValueError, match=rf"numbers, the labels of {size}"):
        classifier.add("walk", np.zeros(size + 1, np.float32))
    with pytest.raises(ValueError, match="NaN"):
        classifier.add("walk", np.full(size, np.nan, np.float32))
    with pytest.raises(ValueError, match="all zeros"):
        classifier.add("walk", np.zeros(size, np.float32))
    with pytest.raises(ValueError, match="3 ids for 2"):
        classifier.add("walk", world[0, :2], clip=[1, 2, 3])
    with pytest.raises(ValueError, match="clip"):
        classifier.add("walk", world[0, :2], clip=-4)
    with pytest.raises(ValueError, match="views"):
        classifier.add("walk", CLIP, views=0)
    with pytest.raises(ValueError, match="views are for a video"):
        classifier.add("walk", world[0, 0], views=2)
    with pytest.raises(TypeError):
        classifier.add(3, world[0])
    with pytest.raises(TypeError):
        classifier.remove([1.5])
    with pytest.raises(FileNotFoundError):
        classifier.add("walk", "/no/such/clip.mp4")
    assert classifier.examples == []


def test_it_learns_without_its_model(untrained, world):
    model = actionclip.Model(untrained)
    classifier = actionclip.Classifier(model, LABELS, ["{}"])
    model.close()
    teach(classifier, world)
    classifier.add("walk", CLIP)
    classifier.fit()
    assert accuracy(classifier, world) == 1
    with pytest.raises(ValueError, match="closed"):
        classifier.add("walk", [np.zeros((8, 8, 3), np.uint8)] * 100)
    classifier.close()
    with pytest.raises(ValueError):
        classifier.add("walk", world[0])

"""Classifying one video after the other encodes the labels once."""

from concurrent.futures import ThreadPoolExecutor

import actionclip
import pytest
from actionclip._library import Library
from conftest import videos_of

LABELS = ["tea", "archery", "teen"]


@pytest.fixture()
def calls(monkeypatch):
    """The names of the library's functions that are called."""
    names = []
    real = Library.call

    def call(self, name, *arguments, **options):
        names.append(name)
        return real(self, name, *arguments, **options)

    monkeypatch.setattr(Library, "call", call)
    return names


@pytest.fixture()
def fresh(untrained):
    with actionclip.Model(untrained) as model:
        yield model


def expected(model, video, labels, templates=None, truncate=False):
    texts = model.encode_labels(labels, templates, truncate=truncate)
    scores = model.probabilities(model.encode_frames(video), texts)[0]
    return dict(zip(labels, map(float, scores)))


def test_labels_are_encoded_once(fresh, random, calls):
    videos = videos_of(fresh, random, 3)
    found = [fresh.classify(video, labels) for video in videos for labels in (LABELS, tuple(LABELS))]
    assert calls.count("encode_labels") == 1 and calls.count("encode_camera_frames") == 6
    for index, video in enumerate(videos):
        assert found[2 * index] == found[2 * index + 1]
        assert dict(found[2 * index]) == expected(fresh, video, LABELS)
    # Templates and labels from generators are the same texts.
    given = ["{} here", "see {}"]
    first = fresh.classify(videos[0], iter(LABELS), iter(given))
    del calls[:]
    assert fresh.classify(videos[0], LABELS, given) == first and "encode_labels" not in calls
    assert dict(first) == expected(fresh, videos[0], LABELS, given)


def test_other_texts_are_encoded_again(fresh, random, calls):
    video = videos_of(fresh, random, 1)[0]
    for labels, templates, truncate in [
        (LABELS, None, False), (LABELS[::-1], None, False), (LABELS[:2], None, False),
        (LABELS, ["{} here"], False), (LABELS, ["{} there"], False),
        (LABELS, None, False),  # only the latest are kept
        (LABELS, None, True), (["z q " * 200, "tea"], None, True),
    ]:  # fmt: skip
        del calls[:]
        found = fresh.classify(video, labels, templates, truncate=truncate)
        assert calls.count("encode_labels") == 1, (labels, templates, truncate)
        assert dict(found) == expected(fresh, video, labels, templates, truncate)
    with pytest.raises(actionclip.TextError):
        fresh.classify(video, ["z q " * 200, "tea"])


def test_a_list_changed_by_its_owner_is_another(fresh, random):
    video = videos_of(fresh, random, 1)[0]
    labels, templates = list(LABELS), ["{} here"]
    fresh.classify(video, labels, templates)
    labels[0], templates[0] = "coffee", "{} there"
    assert dict(fresh.classify(video, labels, templates)) == expected(fresh, video, labels, templates)


def test_threads_with_other_labels_do_not_get_each_other_s(fresh, random):
    video = videos_of(fresh, random, 1)[0]
    sets = [LABELS, LABELS[::-1], ["tea"], ["coffee", "tea"]]
    wanted = [expected(fresh, video, labels) for labels in sets]

    def work(index):
        labels = sets[index % 4]
        return all(dict(fresh.classify(video, labels)) == wanted[index % 4] for _ in range(10))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def test_closing_drops_them(untrained, random):
    model = actionclip.Model(untrained)
    model.classify(videos_of(model, random, 1)[0], LABELS)
    assert model._latest_texts is not None
    model.close()
    assert model._latest_texts is None

"""Labels whose embeddings are kept."""

import threading

import actionclip
import numpy as np
import pytest
from conftest import same_bits

FIRST = ["yoga", "ice skating", "太极拳", "yoga"]
SECOND = ["juggling", "太极拳", "walking the dog", "yoga", "a", "yoga"]
TEMPLATES = ["a clip of {}", "{}"]


@pytest.fixture()
def videos(speaker, random):
    return random.standard_normal((3, speaker.info.embedding_size)).astype(np.float32)


@pytest.mark.parametrize("templates", [None, TEMPLATES])
def test_scores_are_those_of_the_labels_embeddings(speaker, videos, templates):
    with actionclip.Classifier(speaker, FIRST, templates) as classifier:
        for labels in (FIRST, SECOND, SECOND[:1], FIRST):
            classifier.set_labels(labels)
            assert classifier.labels == labels
            expected = actionclip.probabilities(videos, speaker.encode_labels(labels, templates), 30)
            assert same_bits(classifier.score(videos, 30), expected)
            assert same_bits(classifier.score(videos[1], 30), expected[1:2])


def test_labels_are_told_apart_by_their_bytes(speaker, videos):
    """Composed and decomposed letters look alike and are other tokens."""
    with actionclip.Classifier(speaker, ["caf\u00e9"], ["{}"]) as classifier:
        classifier.set_labels(["cafe\u0301", "caf\u00e9"])
        expected = actionclip.probabilities(videos, speaker.encode_labels(["cafe\u0301", "caf\u00e9"], ["{}"]))
        assert same_bits(classifier.score(videos), expected)


def test_it_outlives_its_model(untrained, videos):
    model = actionclip.Model(untrained)
    expected = actionclip.probabilities(videos, model.encode_labels(SECOND))
    classifier = actionclip.Classifier(model, SECOND[:2])
    model.close()
    classifier.set_labels(SECOND)
    assert same_bits(classifier.score(videos), expected)
    classifier.close()
    with pytest.raises(actionclip.ArgumentError):
        classifier.score(videos)


def test_a_failure_leaves_the_list_as_it_was(speaker, videos):
    with actionclip.Classifier(speaker, FIRST, TEMPLATES) as classifier:
        before = classifier.score(videos)
        with pytest.raises(actionclip.TextError, match=r"labels\[0\]"):
            classifier.set_labels(["yoga", "word " * 200])
        with pytest.raises(ValueError):
            classifier.set_labels([])
        assert same_bits(classifier.score(videos), before) and classifier.labels == FIRST
        with pytest.raises(ValueError, match="E|numbers"):
            classifier.score(videos[:, 1:])
        with pytest.raises(ValueError):
            classifier.score(videos, float("nan"))
    for labels, templates in (([], None), (FIRST, []), (FIRST, ["no place"]), (["a\0b"], None)):
        with pytest.raises(ValueError):
            actionclip.Classifier(speaker, labels, templates)


def test_labels_change_while_others_score(speaker, videos):
    lists = [FIRST, SECOND[:4]]  # as many labels in each
    expected = [actionclip.probabilities(videos, speaker.encode_labels(labels, TEMPLATES)) for labels in lists]
    wrong = []
    with actionclip.Classifier(speaker, lists[0], TEMPLATES) as classifier:
        done = threading.Event()

        def score():
            while not done.is_set():
                scores = classifier.score(videos)
                if not any(same_bits(scores, each) for each in expected):
                    wrong.append(scores)

        threads = [threading.Thread(target=score) for _ in range(3)]
        for thread in threads:
            thread.start()
        for turn in range(30):
            classifier.set_labels(lists[turn % 2])
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong

"""Labels whose embeddings are kept."""

import itertools
import os
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


def test_a_score_says_which_list_it_is_of(speaker, videos):
    with actionclip.Classifier(speaker, FIRST, TEMPLATES) as classifier:
        scores = classifier.score(videos)
        assert scores.labels == FIRST and scores.generation == 1 and scores.shape == (3, len(FIRST))
        assert classifier.set_labels(SECOND) == 2
        assert classifier.score(videos).labels == SECOND and classifier.score(videos).generation == 2
        assert scores.labels == FIRST  # still
        assert classifier.set_labels(SECOND) == 3
        with pytest.raises(actionclip.TextError):
            classifier.set_labels(["word " * 200])
        assert classifier.score(videos).generation == 3  # a failure is no list
        # Results computed from scores are plain numbers.
        assert scores[0].labels is None and (scores * 2).generation is None
        assert type(np.asarray(scores)) is np.ndarray and scores[0].argmax() == np.asarray(scores)[0].argmax()


#: Calls of all threads together; 1000000 is the long way, of minutes.
RUNS = int(os.environ.get("LABEL_RUNS", "6000"))


def test_labels_change_while_others_score(speaker, videos):
    """Lists of other lengths: each result is of one list, and says which."""
    lists = [FIRST, SECOND, SECOND[:1], ["run", "jump"]]
    expected = {
        tuple(labels): actionclip.probabilities(videos, speaker.encode_labels(labels, TEMPLATES)) for labels in lists
    }
    wrong, lengths, calls = [], set(), itertools.count()
    was_set, was_seen = {1: lists[0]}, {}
    with actionclip.Classifier(speaker, lists[0], TEMPLATES) as classifier:

        def score():
            while next(calls) < RUNS:
                scores = classifier.score(videos)
                lengths.add(scores.shape[1])
                was_seen[scores.generation] = scores.labels
                if not same_bits(np.asarray(scores), expected[tuple(scores.labels)]):
                    wrong.append(scores)

        def change(start):
            for turn in itertools.count(start):
                if next(calls) >= RUNS:
                    return
                labels = lists[turn % len(lists)]
                was_set[classifier.set_labels(labels)] = labels

        threads = [threading.Thread(target=score) for _ in range(2)]
        threads += [threading.Thread(target=change, args=(start,)) for start in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong and len(lengths) > 1 and len(was_set) > RUNS / 100
    assert all(was_set[generation] == labels for generation, labels in was_seen.items())

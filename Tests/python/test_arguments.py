"""Whatever is wrong with an argument, the error is the package's own and the builtin one expects."""

import pathlib
import pickle

import actionclip
import numpy as np
import pytest
from conftest import videos_of

INVALID, CLOSED, UTF8 = -10, -12, -13
NAMES = {
    INVALID: "ACTIONCLIP_ERROR_INVALID_ARGUMENT",
    CLOSED: "ACTIONCLIP_ERROR_INVALID_HANDLE",
    UTF8: "ACTIONCLIP_ERROR_INVALID_UTF8",
}


def refused(call, status, kind, words):
    with pytest.raises(actionclip.ActionCLIPError) as caught:
        call()
    error = caught.value
    assert isinstance(error, actionclip.ArgumentError) and isinstance(error, kind)
    assert isinstance(error, actionclip.ArgumentTypeError) == (kind is TypeError)
    assert (error.status, error.name) == (status, NAMES[status])
    assert words in error.message and "\n" not in error.message
    assert str(error) == f"{error.message} ({error.name})"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.status, str(again)) == (type(error), status, str(error))


MODEL = [
    (INVALID, ValueError, "this model takes", lambda m: m.encode_pixels(np.zeros((8, 3, 7, 7)))),
    (INVALID, ValueError, "dimensions", lambda m: m.encode_pixels(np.zeros((8, 3, 7)))),
    (INVALID, TypeError, "complex", lambda m: m.encode_pixels(np.zeros((8, 3, 7, 7), complex))),
    (INVALID, ValueError, "this model takes", lambda m: m.encode_tokens(np.zeros((1, 5), int))),
    (INVALID, ValueError, "ids", lambda m: m.encode_tokens(np.full((1, 77), -1))),
    (INVALID, TypeError, "float64", lambda m: m.encode_tokens(np.zeros((1, 77)))),
    (INVALID, ValueError, "tokens cannot", lambda m: m.encode_tokens([[1], [1, 2]])),
    (INVALID, TypeError, "uint8", lambda m: m.encode_frames(np.zeros((8, 9, 9, 3)))),
    (INVALID, TypeError, "uint8", lambda m: m.encode_frames([np.zeros((9, 9, 3))] * 8)),
    (INVALID, ValueError, "image 0 cannot", lambda m: m.encode_frames([_Ragged()] * 8)),
    (INVALID, ValueError, "multiple", lambda m: m.encode_frames(np.zeros((7, 9, 9, 3), np.uint8))),
    (INVALID, TypeError, "not str", lambda m: m.encode_frames("clip.mp4")),
    (INVALID, ValueError, "labels[1] is empty", lambda m: m.encode_labels(["tea", " "])),
    (INVALID, ValueError, "labels[0] is empty", lambda m: actionclip.Classifier(m, [""])),
    (INVALID, ValueError, "templates is empty", lambda m: m.encode_labels(["tea"], [])),
    (INVALID, TypeError, "templates must be", lambda m: m.encode_labels(["tea"], 3)),
    (INVALID, TypeError, "templates must be", lambda m: m.encode_labels(["tea"], b"{}")),
    (INVALID, ValueError, "null", lambda m: m.encode_labels(["a\0b"])),
    (UTF8, ValueError, "not UTF-8", lambda m: m.encode_labels(["\ud800"])),
    (UTF8, ValueError, "not UTF-8", lambda m: m.encode_labels(["tea"], ["{} \udfff"])),
    (INVALID, TypeError, "labels holds 3, int", lambda m: m.encode_labels(["tea", 3])),
    (INVALID, TypeError, "labels must be", lambda m: m.encode_labels(None)),
    (INVALID, TypeError, "texts holds b'tea'", lambda m: m.encode_prompts([b"tea"])),
    (INVALID, TypeError, "texts must be", lambda m: m.encode_prompts(b"tea")),
    (INVALID, ValueError, "null", lambda m: m.tokenize("a\0b")),
    (UTF8, ValueError, "not UTF-8", lambda m: m.tokenize("\ud800")),
    (INVALID, TypeError, "not int", lambda m: m.encode_video(3)),
    (INVALID, TypeError, "not NoneType", lambda m: m.encode_video(None)),
    (INVALID, TypeError, "crop", lambda m: m.encode_video("x.mp4", crop=3)),
    (INVALID, TypeError, "scale is 'a'", lambda m: m.similarity([[1.0]], [[1.0]], scale="a")),
    (INVALID, TypeError, "scale is 'a'", lambda m: m.probabilities([[1.0]], [[1.0]], scale="a")),
    (INVALID, ValueError, "scale is nan", lambda m: m.similarity([[1.0]], [[1.0]], float("nan"))),
    (INVALID, ValueError, "scale", lambda m: m.similarity([[1.0]], [[1.0]], 10**400)),
    (INVALID, ValueError, "videos cannot", lambda m: m.similarity([[1.0], [1.0, 2.0]], [[1.0]])),
    (INVALID, TypeError, "it must hold numbers", lambda m: m.similarity("a", [[1.0]])),
    (INVALID, ValueError, "one model", lambda m: m.similarity([[1.0]], [[1.0, 2.0]])),
]


class _Ragged:
    """An object whose array cannot be read, such as a tensor on another device."""

    def __array__(self, *_, **__):
        raise TypeError("cannot convert\nthis tensor")


@pytest.mark.parametrize(("status", "kind", "words", "call"), MODEL)
def test_of_a_model(speaker, status, kind, words, call):
    refused(lambda: call(speaker), status, kind, words)


@pytest.mark.parametrize(
    ("options", "status", "kind", "words"),
    [
        ({"labels": []}, INVALID, ValueError, "label_count is 0"),
        ({"labels": [1, 2]}, INVALID, TypeError, "labels holds 1, int"),
        ({"labels": 3}, INVALID, TypeError, "labels must be"),
        ({"labels": ["a\0"]}, INVALID, ValueError, "null"),
        ({"labels": ["\ud800"]}, UTF8, ValueError, "not UTF-8"),
        ({"templates": []}, INVALID, ValueError, "templates is empty"),
        ({"templates": ["no place"]}, INVALID, ValueError, "no place"),
        ({"top": 0}, INVALID, ValueError, "top is 0"),
        ({"top": -1}, INVALID, ValueError, "top is -1"),
        ({"top": 1.5}, INVALID, TypeError, "top is 1.5"),
        ({"top": True}, INVALID, TypeError, "top is True"),
        ({"scale": "a"}, INVALID, TypeError, "scale is 'a'"),
        ({"scale": float("inf")}, INVALID, ValueError, "scale is inf"),
    ],
)
def test_of_classify(speaker, random, options, status, kind, words):
    video = videos_of(speaker, random, 1)[0]
    refused(lambda: speaker.classify(video, **{"labels": ["tea"], **options}), status, kind, words)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"frames": 0}, ValueError, "frames is 0"),
        ({"frames": "8"}, TypeError, "frames is '8'"),
        ({"frames": 8.0}, TypeError, "frames is 8.0"),
        ({"frames": 2**31}, ValueError, "frames is 2147483648"),
        ({"threads": 0}, ValueError, "threads is 0; it must be 1 to 256"),
        ({"threads": 257}, ValueError, "threads is 257; it must be 1 to 256"),
        ({"threads": np.array([1, 2])}, TypeError, "threads"),
        ({"head": "mean"}, ValueError, "head is 'mean'"),
        ({"head": 3}, TypeError, "head must be a string, not int"),
        ({"joint": 1}, TypeError, "joint is 1"),
        ({"temporal_shift": "yes"}, TypeError, "temporal_shift is 'yes'"),
        ({"tokenizer": 3}, TypeError, "tokenizer must be a path, not int"),
        ({"tokenizer": "a\0b"}, ValueError, "null"),
        ({"path": 3}, TypeError, "path must be a path or bytes, not int"),
        ({"path": [1, 2]}, TypeError, "path must be a path or bytes, not list"),
        ({"path": "a\0b"}, ValueError, "null"),
        ({"path": pathlib.Path("a\0b")}, ValueError, "null"),
    ],
)
def test_of_loading(untrained, options, kind, words):
    refused(lambda: actionclip.Model(**{"path": untrained, **options}), INVALID, kind, words)


def test_of_paths_that_have_no_bytes(untrained):
    for load in (actionclip.Model, actionclip.Tokenizer, actionclip.Video):
        refused(lambda: load("\ud800"), UTF8, ValueError, "cannot be encoded")
    refused(lambda: actionclip.Model(untrained, tokenizer="\ud800"), UTF8, ValueError, "tokenizer is")


def test_of_videos_and_pictures():
    image = np.zeros((9, 9, 3), np.uint8)
    cases = [
        (TypeError, "a video must be a path or bytes, not int", lambda: actionclip.Video(3)),
        (TypeError, "threads is '2'", lambda: actionclip.Video("x", threads="2")),
        (ValueError, "threads is 0; it must be 1 to 256", lambda: actionclip.Video("x", threads=0)),
        (ValueError, "max_pixels is 0", lambda: actionclip.Video("x", max_pixels=0)),
        (TypeError, "tokenizer must be a path", lambda: actionclip.Tokenizer(None)),
        (TypeError, "float32", lambda: actionclip.preprocess(image.astype(np.float32))),
        (ValueError, "image cannot", lambda: actionclip.preprocess(_Ragged())),
        (TypeError, "pixel_format must be", lambda: actionclip.preprocess(image, pixel_format=3)),
        (ValueError, "pixel_format is 'x'", lambda: actionclip.preprocess(image, pixel_format="x")),
        (TypeError, "mean is 'a'", lambda: actionclip.preprocess(image, mean="abc")),
        (TypeError, "mean must be a sequence", lambda: actionclip.preprocess(image, mean=3)),
        (ValueError, "std has 2", lambda: actionclip.preprocess(image, std=(1, 2))),
        (TypeError, "size is 2.5", lambda: actionclip.preprocess(image, 2.5)),
        (ValueError, "size is 0", lambda: actionclip.preprocess_crop(image, 0)),
        (TypeError, "segments is None", lambda: actionclip.sample_indices(8, None)),
        (ValueError, "segments is 0", lambda: actionclip.sample_indices(8, 0)),
    ]
    for kind, words, call in cases:
        refused(call, INVALID, kind, words)


def test_of_a_tokenizer(merges):
    with actionclip.Tokenizer(merges) as tokenizer:
        refused(lambda: tokenizer.encode(b"tea"), INVALID, TypeError, "text holds b'tea'")
        refused(lambda: tokenizer.encode("a\ud800"), UTF8, ValueError, "not UTF-8 at 1")
    refused(lambda: tokenizer.encode("tea"), CLOSED, ValueError, "this tokenizer is closed")


def test_of_a_closed_model(untrained, random):
    with actionclip.Model(untrained) as model:
        video = videos_of(model, random, 1)[0]
        model.classify(video, ["tea"])
    for call in (
        lambda: model.encode_frames(video),
        lambda: model.encode_prompts("tea"),
        lambda: model.tokenize("tea"),
        lambda: model.classify(video, ["tea"]),
    ):
        refused(call, CLOSED, ValueError, "this model is closed")


def test_bytes_of_any_layout_are_a_file(untrained):
    data = np.frombuffer(untrained.read_bytes(), np.uint8)
    spread = np.repeat(data, 2)[::2]  # not side by side
    for source in (data.copy(), spread, memoryview(data), data[: data.size // 4 * 4].view(">u2")):
        try:
            actionclip.Model(source, tokenizer=untrained.with_name("merges.txt")).close()
        except actionclip.FormatError:
            assert source.dtype == ">u2" and data.size % 4  # cut short

"""Frames encoded each by itself, and joined to videos later."""

import actionclip
import numpy as np
import pytest
from conftest import same_bits, videos_of


def test_frames_joined_later_give_the_same_bits(pack):
    with pack.load() as model:
        pixels = pack.inputs["pixels"]
        videos, frames = model.encode_pixels(pixels, return_frames=True)
        assert same_bits(model.join_frames(frames), videos)
        assert same_bits(model.join_frames(frames.reshape(-1, frames.shape[-1])), videos)
        assert model.info.frames_independent == (not pack.case["joint"] and not pack.case["tsm"])
        if not model.info.frames_independent:
            with pytest.raises(actionclip.ModelError, match="joint|temporal_shift") as caught:
                model.encode_single_pixels(pixels[:1])
            assert caught.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
            return
        alone = np.concatenate([model.encode_single_pixels(part) for part in np.array_split(pixels, 5) if len(part)])
        assert same_bits(alone, frames.reshape(alone.shape))


def test_pictures_by_themselves(speaker, random):
    video = videos_of(speaker, random, 1)[0]
    embedding, frames = speaker.encode_frames(video, return_frames=True)
    for pictures in (video, list(video), iter(video)):
        assert same_bits(speaker.encode_single_frames(pictures), frames[0])
    assert same_bits(speaker.encode_single_frames(video[3:4]), frames[0, 3:4])
    assert same_bits(speaker.join_frames(frames[0]), embedding)
    unit = speaker.encode_single_frames(video, normalize=True)
    assert np.allclose(np.linalg.norm(unit, axis=-1), 1, atol=1e-6)
    assert not same_bits(speaker.encode_single_frames(video, crop="start", resize="clip"), frames[0])


def test_the_windows_of_a_stream_share_their_frames(speaker, random):
    count = speaker.info.frames
    stream = np.concatenate(videos_of(speaker, random, 2))
    embeddings = speaker.encode_single_frames(stream)
    for first in range(0, count, 3):
        window = slice(first, first + count)
        assert same_bits(speaker.join_frames(embeddings[window]), speaker.encode_frames(stream[window]))


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("this model takes", lambda m, t, e: m.join_frames(np.zeros((1, t + 1, e)))),
        ("this model takes", lambda m, t, e: m.join_frames(np.zeros((t, e - 1)))),
        ("not a multiple", lambda m, t, e: m.join_frames(np.zeros((t + 1, e)))),
        ("dimensions", lambda m, t, e: m.join_frames(np.zeros(t * e))),
        ("several frames at 0", lambda m, t, e: m.encode_single_frames(np.zeros((2, t, 9, 9, 3), np.uint8))),
        ("frames by themselves", lambda m, t, e: m.encode_single_pixels(np.zeros((1, 1, 3, *[m.info.image_size] * 2)))),
        ("frame_count", lambda m, t, e: m.encode_single_frames([])),
    ],
)
def test_wrong_shapes_are_refused(speaker, words, call):
    with pytest.raises(actionclip.ArgumentError, match=words):
        call(speaker, speaker.info.frames, speaker.info.embedding_size)


def test_embeddings_that_are_no_numbers_are_refused(speaker):
    rows = np.full((speaker.info.frames, speaker.info.embedding_size), np.nan)
    with pytest.raises(actionclip.ActionCLIPError) as caught:
        speaker.join_frames(rows)
    assert caught.value.name == "ACTIONCLIP_ERROR_NOT_FINITE"

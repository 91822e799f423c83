"""No result holds memory that nobody wrote: with fresh memory filled by other bytes, the same bits."""

import ctypes
import platform

import actionclip
import numpy as np
import pytest
from conftest import ROOT, same_bits, videos_of

M_PERTURB = -6  # glibc: fresh memory is filled with the complement of the low byte

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt's filling is glibc's")


@pytest.fixture()
def filled():
    """Runs a function with fresh memory of zeros, of ones (NaN, where it is numbers) and of a pattern."""
    libc = ctypes.CDLL(None)

    def run(function):
        try:
            results = []
            for perturbation in (0xFF, 0x100, 0x2D):
                libc.mallopt(M_PERTURB, perturbation)
                results.append(function())
            return results
        finally:
            libc.mallopt(M_PERTURB, 0)

    return run


def assert_same(results):
    first, *others = results
    for other in others:
        assert [same_bits(a, b) for a, b in zip(first, other, strict=True)] == [True] * len(first)


@pytest.mark.parametrize("compute", ["fp32", "bf16", "int8"])
def test_a_models_embeddings(filled, untrained, random, compute):
    count = actionclip.Model(untrained).info.frames
    frames = random.integers(0, 256, (count, 37, 53, 3), dtype=np.uint8)

    def embeddings():
        with actionclip.Model(untrained, compute=compute) as model:
            video, per_frame = model.encode_frames(frames, return_frames=True)
            return [video, per_frame, model.encode_prompts(["walking the dog", "a"])]

    assert_same(filled(embeddings))


@pytest.mark.parametrize("crop", ["start", "center", "end"])
def test_preprocessed_pictures(filled, random, crop):
    sizes = [(40, 17), (17, 40), (256, 340), (9, 404), (33, 33)]
    pictures = [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    assert_same(filled(lambda: [actionclip.preprocess(picture, 32, crop=crop) for picture in pictures]))


@pytest.mark.parametrize("crop", ["start", "center", "end"])
def test_a_videos_embedding(filled, untrained, crop):
    """Pictures of 340 columns: the decoder's converter leaves the last block of a tight row unwritten."""
    clip = ROOT / "Tests" / "VideoTests" / "Fixtures" / "width340.mkv"
    with actionclip.Model(untrained) as model:
        assert_same(filled(lambda: [model.encode_video(clip, crop=crop)]))

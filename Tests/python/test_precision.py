"""Precision, threads and memory of models."""

import os
import resource
import time

import actionclip
import numpy as np
import pytest
from conftest import Pack, pack_folders, pack_id, same_bits

PRECISIONS = ["fp32", "bf16", "int8"]
#: Lowest cosine to the reference's fp32 for models with widths of 64 and 128, where a rounding has few others to
#: be averaged with.
NEAR = {"fp32": 0.999999, "bf16": 0.999, "int8": 0.985}


def cosines(a, b):
    a, b = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


@pytest.mark.parametrize("compute", PRECISIONS)
@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_near_the_reference_with_the_same_bits_on_any_threads(folder, compute):
    pack = Pack(folder)
    pixels, tokens = pack.inputs["pixels"], pack.inputs["tokens"]
    with pack.load(compute=compute, threads=1) as one, pack.load(compute=compute, threads=3) as three:
        assert one.info.compute_type == compute
        video, text = one.encode_pixels(pixels), one.encode_tokens(tokens)
        assert same_bits(three.encode_pixels(pixels), video) and same_bits(three.encode_tokens(tokens), text)
        assert same_bits(one.encode_tokens(tokens[:1]), text[:1])
        assert cosines(video, pack.expected["video_features"]).min() > NEAR[compute]
        assert cosines(text, pack.expected["text_features"]).min() > NEAR[compute]


def test_lower_precision_takes_less_memory(untrained):
    sizes = {}
    for compute in PRECISIONS:
        with actionclip.Model(untrained, compute=compute) as model:
            sizes[compute] = model.info.weight_bytes
            assert model.info.video_bytes > 0 and model.info.text_bytes > 0
    assert sizes["int8"] < sizes["bf16"] < sizes["fp32"]
    with actionclip.Model(untrained) as model:
        assert sizes["fp32"] >= 4 * model.info.parameters


def test_an_unknown_precision_is_named(untrained):
    with pytest.raises(ValueError, match="int4"):
        actionclip.Model(untrained, compute="int4")


def test_threads_run_where_they_are_bound(untrained):
    here = sorted(os.sched_getaffinity(0))
    before = {int(t) for t in os.listdir("/proc/self/task")}
    with actionclip.Model(untrained, processors=[here[-1], here[-1], here[-1]]) as model:
        assert model.info.threads == 3
        model.encode_labels(["yoga"])
        # The thread that loaded may be about to end: it may be listed still, or hide another one as it goes.
        deadline = time.monotonic() + 5
        while len(own := {int(t) for t in os.listdir("/proc/self/task")} - before) != 2:
            assert time.monotonic() < deadline, own
        while any(os.sched_getaffinity(t) != {here[-1]} for t in own):
            assert time.monotonic() < deadline
        assert sorted(os.sched_getaffinity(0)) == here
    with pytest.raises(ValueError, match="processors"):
        actionclip.Model(untrained, processors=[-1])


@pytest.mark.parametrize("compute", PRECISIONS)
def test_a_call_like_an_earlier_one_takes_no_memory(compute):
    pack = Pack(pack_folders()[0])
    pixels, tokens = pack.inputs["pixels"], pack.inputs["tokens"]
    with pack.load(compute=compute, threads=2) as model:
        def work():
            model.encode_pixels(pixels)
            model.encode_tokens(tokens)
            model.encode_tokens(tokens[:1])
        for _ in range(20):
            work()
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(200):
            work()
        # Each workspace has hundreds of pages.
        assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults < 200

"""Threads, closing, collecting, forking."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import actionclip
import numpy as np
import pytest
from conftest import ROOT, same_bits, videos_of


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_eight_threads_get_the_bits_of_one(any_pack, random):
    with any_pack.load(threads=2) as model:
        pixels, tokens = any_pack.inputs["pixels"], any_pack.inputs["tokens"]
        images = videos_of(model, random, 1)
        expected = (model.encode_pixels(pixels), model.encode_tokens(tokens), model.encode_frames(images))
        start = threading.Barrier(8)

        def work(_):
            start.wait()
            return [
                (model.encode_pixels(pixels), model.encode_tokens(tokens), model.encode_frames(images))
                for _ in range(3)
            ]

        with ThreadPoolExecutor(8) as pool:
            for results in pool.map(work, range(8)):
                for result in results:
                    assert all(same_bits(a, b) for a, b in zip(result, expected))


def test_each_thread_has_its_own_error(model, tmp_path):
    def work(index):
        path = tmp_path / f"missing-{index}.pt"
        for _ in range(50):
            try:
                actionclip.Model(path)
            except FileNotFoundError as error:
                assert f"missing-{index}.pt" in error.message
            else:
                raise AssertionError("a missing file was loaded")
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_a_closed_model_says_so(any_pack):
    with any_pack.load() as model:
        assert not model.closed and "parameters" in repr(model)
    assert model.closed and "closed" in repr(model)
    model.close()
    with pytest.raises(ValueError, match="this model is closed"):
        model.encode_pixels(any_pack.inputs["pixels"])
    assert model.info.frames == any_pack.case["T"]  # what was learnt stays


def test_closing_waits_for_calls_on_other_threads(any_pack):
    for _ in range(5):
        model = any_pack.load(threads=1)
        pixels = np.concatenate([any_pack.inputs["pixels"]] * 4)
        expected = model.encode_pixels(pixels)
        started = threading.Event()

        def work():
            started.set()
            return model.encode_pixels(pixels)

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            started.wait()
            model.close()
            try:
                assert same_bits(future.result(), expected)
            except ValueError as error:  # it was closed before the call began
                assert "closed" in str(error)


def test_no_pickling_and_no_copying(untrained, merges):
    with actionclip.Model(untrained) as model, actionclip.Tokenizer(merges) as tokenizer:
        for thing in (model, tokenizer):
            for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="cannot be pickled"):
                    attempt(thing)


def test_results_outlive_the_model(any_pack):
    model = any_pack.load()
    videos, frames = model.encode_pixels(any_pack.inputs["pixels"], return_frames=True)
    copies = videos.copy(), frames.copy()
    model.close()
    del model
    gc.collect()
    assert same_bits(videos, copies[0]) and same_bits(frames, copies[1])
    assert videos.flags.owndata and frames.flags.owndata and videos.flags.writeable


def test_models_left_to_the_collector_are_freed(untrained, random):
    data = untrained.read_bytes()

    def load_and_use():
        model = actionclip.Model(data, threads=2)
        model.encode_frames(videos_of(model, random, 1))

    for _ in range(3):
        load_and_use()
    gc.collect()
    before, threads = resident(), len(os.listdir("/proc/self/task"))
    for _ in range(40):
        load_and_use()
    gc.collect()
    growth = resident() - before
    assert growth < 10 * len(data), f"{growth} bytes after 40 models of {len(data)}"
    assert len(os.listdir("/proc/self/task")) == threads


def test_tokenizers_left_to_the_collector_are_freed(merges):
    text = "archery and a cup of tea"
    expected = actionclip.Tokenizer(merges).encode(text)
    for _ in range(20):
        assert actionclip.Tokenizer(merges).encode(text) == expected
    before = resident()
    for _ in range(400):
        assert actionclip.Tokenizer(merges).encode(text) == expected
    assert resident() - before < 8_000_000


def test_failed_loads_are_freed(untrained):
    data = untrained.read_bytes()[:-100]

    def fail():
        with pytest.raises(actionclip.ActionCLIPError):
            actionclip.Model(data)

    for _ in range(3):
        fail()
    before = resident()
    for _ in range(40):
        fail()
    assert resident() - before < 10 * len(data)


def test_a_forked_child_gets_an_error_and_does_not_hang(any_pack):
    with any_pack.load(threads=2) as model:
        expected = model.encode_pixels(any_pack.inputs["pixels"])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                model.encode_pixels(any_pack.inputs["pixels"])
            except actionclip.ArgumentError as error:
                code = 0 if error.name == "ACTIONCLIP_ERROR_FORKED" else 2
            finally:
                model.close()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert same_bits(model.encode_pixels(any_pack.inputs["pixels"]), expected)


SPAWNED = """
import multiprocessing
import sys

import actionclip

def start(path):
    global model
    model = actionclip.Model(path, threads=1)

def work(text):
    return model.encode_prompts(text).tobytes()

if __name__ == "__main__":
    start(sys.argv[1])
    context = multiprocessing.get_context("spawn")
    with context.Pool(2, initializer=start, initargs=(sys.argv[1],)) as pool:
        print(pool.map(work, ["tea", "archery"]) == [work("tea"), work("archery")])
"""


def test_spawned_processes_load_their_own(untrained, tmp_path):
    script = tmp_path / "spawned.py"
    script.write_text(SPAWNED)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "bindings" / "python")}
    result = subprocess.run(
        [sys.executable, script, untrained], env=env, capture_output=True, text=True, timeout=120
    )
    assert result.stdout == "True\n", result.stderr

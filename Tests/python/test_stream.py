"""Streams: frames in at their own times, windows out."""

import asyncio
import collections
import json
import os
import signal
import struct
import threading
import time

import actionclip
import numpy as np
import pytest
import stream_model
from conftest import Pack, pack_folders, same_bits

#: Sequences of timestamps, and windows of each model; `make test-stream-rule` takes 100,000 and 1,000.
SEQUENCES, WINDOWS = 1500, 20
PICTURE = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)


@pytest.fixture(scope="module")
def small():
    """A model whose frames are encoded each by itself, and quickly."""
    folder = next(f for f in pack_folders() if f.name == "conv1d")
    with Pack(folder).load(threads=1) as model:
        yield model


def fill(stream, count, start=0.0, step=0.1):
    """Pushes frames, stepping where the stream is full."""
    for number in range(count):
        while stream.push(PICTURE, start + number * step) == "full":
            stream.step()


def test_frames_are_sampled_and_windows_formed_as_the_rule_says(small, random):
    assert stream_model.check_rule(small, random, SEQUENCES) > SEQUENCES


@pytest.mark.parametrize("compute", ["fp32", "bf16", "int8"])
def test_windows_have_the_bits_of_videos(pack, compute, random):
    with pack.load(compute=compute) as model:
        assert stream_model.check_windows(model, random, WINDOWS) >= WINDOWS


@pytest.mark.parametrize("compute", ["fp32", "int8"])
def test_causal_windows_have_the_bits_of_whole_runs(untrained, compute, random):
    def load(shift, frames):
        return actionclip.Model(untrained, temporal_shift=shift, frames=frames, compute=compute)

    with load(True, 4) as model, load("causal", 30) as whole:
        assert stream_model.check_causal_windows(model, whole, random, 5 * WINDOWS) >= 5 * WINDOWS


@pytest.mark.parametrize("overflow", ["wait", "drop_oldest", "drop_newest", "latest"])
def test_a_full_queue_does_as_its_policy_says(small, random, overflow):
    frames, hop = small.info.frames, 2
    for _ in range(12):
        room = int(random.integers(1, 5))
        stream = actionclip.Stream(small, stride=1, hop=hop, overflow=overflow, queue_frames=room)
        waiting, kept, dropped = collections.deque(), [], set()
        limit = 1 if overflow == "latest" else room
        number = 0
        for _ in range(60):
            if random.random() < 0.3:
                most = int(random.integers(1, 3))
                assert stream.step(max_frames=most) == min(most, len(waiting))
                kept.extend(waiting.popleft() for _ in range(min(most, len(waiting))))
                continue
            expected = "queued"
            if len(waiting) == limit:
                expected = {"wait": "full", "drop_newest": "dropped"}.get(overflow, "replaced")
            assert stream.push(PICTURE, number) == expected
            if expected == "full":
                continue
            if expected == "replaced":
                dropped.add(waiting.popleft())
            if expected == "dropped":
                dropped.add(number)
            else:
                waiting.append(number)
            number += 1
            stats = stream.stats
            assert (stats.pushed, stats.pending, stats.dropped) == (number, len(waiting), len(dropped))
            assert stats.pushed == stats.not_due + stats.refused + stats.dropped + stats.encoded + stats.pending
            if stats.windows_waiting > 8:
                check_kept(list(stream.windows()), kept, dropped, frames, hop)
        stream.close()


def check_kept(found, kept, dropped, frames, hop):
    """Windows show the kept frames in their order, and count those that were dropped between."""
    shown = list(stream_model.windows([kept], frames, hop=hop, warmup="wait"))
    by_last = {window[0][-1]: window[0] for window in shown}
    for window in found:
        places = by_last[window.last_push]
        assert (window.first_push, window.frame_count) == (places[0], frames)
        assert window.dropped_inside == len(dropped & set(range(places[0], places[-1])))


def test_frames_that_are_too_old_are_not_encoded(small):
    with actionclip.Stream(small, stride=1, max_age=0.25, queue_frames=10) as stream:
        fill(stream, 6)  # 0 to 0.5 s
        assert stream.step() == 3
        assert (stream.stats.dropped, stream.stats.encoded) == (3, 3)


def test_a_bad_time_or_frame_is_refused_by_itself(small):
    bad = [
        lambda s: s.push(PICTURE, 0.2),
        lambda s: s.push(PICTURE, 0.1),
        lambda s: s.push(PICTURE),
        lambda s: s.push(PICTURE, 0.3, timestamp_ns=3),
        lambda s: s.push(PICTURE, float("nan")),
        lambda s: s.push(PICTURE, float("inf")),
        lambda s: s.push(PICTURE, timestamp_ns=2**63),
        lambda s: s.push(PICTURE, timestamp_ns=2**63 - 1),
        lambda s: s.push(PICTURE, "soon"),
        lambda s: s.push(PICTURE.astype(np.float32), 0.3),
        lambda s: s.push(np.zeros((0, 4, 3), np.uint8), 0.3),
        lambda s: s.push(PICTURE, 0.3, pixel_format="bayer"),
    ]
    results = []
    for mistakes in ([], bad):
        with actionclip.Stream(small, interval=0.1, hop=1) as stream:
            fill(stream, 3)
            for mistake in mistakes:
                with pytest.raises(actionclip.ArgumentError):
                    mistake(stream)
            fill(stream, 4, start=0.3)
            stream.finish()
            stream.step()
            results.append([(w.start_ns, w.end_ns, w.embedding.tobytes()) for w in stream.windows()])
            stats = stream.stats
            assert stats.pushed == 7 + stats.refused
    assert results[0] == results[1] and len(results[0]) == 3


@pytest.mark.parametrize(
    "options, part",
    [
        ({"overflow": "drop"}, "overflow"),
        ({"warmup": 3}, "warmup"),
        ({"interval": 0}, "interval"),
        ({"interval": -1.0}, "interval"),
        ({"interval": 0.1, "stride": 2}, "frame_stride"),
        ({"stride": 0}, "stride"),
        ({"hop": 0}, "hop"),
        ({"hop": 1 << 20}, "hop"),
        ({"gap": float("nan")}, "gap"),
        ({"queue_frames": 0}, "queue_frames"),
        ({"queue_windows": 1.5}, "queue_windows"),
        ({"mean": [1, 2]}, "mean"),
    ],
)
def test_bad_options_are_refused(small, options, part):
    with pytest.raises(actionclip.ArgumentError, match=part):
        actionclip.Stream(small, **options)


def test_options_are_told(small):
    with actionclip.Stream(small, interval=0.2, hop=3, gap=0, overflow="drop-newest", warmup="partial") as stream:
        info = stream.info
        assert (info.frames, info.frame_interval_ns, info.hop) == (5, 200_000_000, 3)
        assert (info.overflow, info.warmup, info.gap_ns) == ("drop_newest", "partial", None)
        assert (info.frames_per_hop, info.queue_windows) == (3, 16) and info.memory_bytes > 0
        assert "hop 3" in repr(stream)
    assert "closed" in repr(stream)


@pytest.mark.parametrize("warmup", ["wait", "repeat_first", "partial"])
def test_a_stream_shorter_than_a_window_has_one(small, warmup):
    with actionclip.Stream(small, stride=1, warmup=warmup, hop=5) as stream:
        fill(stream, 2)
        stream.step()
        assert stream.next() is None
        stream.finish()
        stream.step()
        (window,) = stream.windows()
        assert window.partial and window.tail and (window.frame_count, window.last_push) == (2, 1)
        assert list(stream) == [], "it has ended"
        with pytest.raises(actionclip.ArgumentError, match="finished"):
            stream.push(PICTURE, 5.0)


def test_a_stream_without_frames_ends(small):
    with actionclip.Stream(small) as stream:
        stream.finish()
        assert list(stream) == []


def test_a_reset_stream_is_as_new(small):
    with actionclip.Stream(small, interval=0.1, hop=1) as stream:
        takes = []
        for start in (1000.0, 0.0):
            fill(stream, 9, start=start)
            stream.finish()
            takes.append([(w.sequence, w.first_push, w.embedding.tobytes()) for w in stream])
            stream.reset()
            assert stream.stats.pushed == 0 and not stream.stats.finished
        assert takes[0] == takes[1] and len(takes[0]) == 5


def test_a_cancelled_stream_refuses_until_it_is_reset(small):
    with actionclip.Stream(small, stride=1) as stream:
        caught = []

        def wait():
            try:
                stream.wait("window")
            except actionclip.CancelledError as error:
                caught.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        stream.cancel()
        waiter.join(5)
        assert caught and not waiter.is_alive()
        for call in (lambda: stream.push(PICTURE, 1.0), stream.step, stream.next):
            with pytest.raises(actionclip.CancelledError):
                call()
        stream.reset()
        assert stream.push(PICTURE, 1.0) == "queued"


def test_many_streams_step_in_one_batch(small, random):
    streams = [actionclip.Stream(small, stride=1, hop=1) for _ in range(3)]
    alone = []
    for stream in streams:
        pictures = random.integers(0, 256, (5, 9, 9, 3), dtype=np.uint8)
        for number, picture in enumerate(pictures):
            stream.push(picture, timestamp_ns=number)
        alone.append(small.encode_frames([list(pictures)])[0])
    assert actionclip.wait(streams, "step", timeout=0) == 3
    assert actionclip.wait(streams, timeout=0.01) == 0
    assert actionclip.step(streams, max_frames=4) == 4
    assert actionclip.step(streams) == 11
    assert actionclip.wait(streams, "window") == 3
    for stream, embedding in zip(streams, alone):
        assert same_bits(stream.next().embedding, embedding)
    with pytest.raises(actionclip.ArgumentTypeError):
        actionclip.step([streams[0], None])
    with pytest.raises(actionclip.ArgumentError):
        actionclip.step([])
    streams[1].close()
    with pytest.raises(actionclip.ArgumentError, match="closed"):
        actionclip.step(streams)


def test_frames_go_in_as_cameras_have_them(small, random):
    planes = random.integers(0, 256, (small.info.frames, 24, 20), dtype=np.uint8)  # NV12 of 20 x 16 pixels
    turned = {"range": "full", "rotation": 90, "region": (-2, 3, 9, 9), "clamp_region": True}
    parts = [actionclip.Frame(picture, "nv12", **turned) for picture in planes]
    for frames in (list(planes), parts):
        with actionclip.Stream(small, stride=1) as stream:
            for number, frame in enumerate(frames):
                stream.push(frame, timestamp_ns=number, pixel_format="nv12")
            stream.step()
            assert same_bits(stream.next().embedding, small.encode_frames([frames], pixel_format="nv12")[0])


def pusher(stream, count):
    """A camera: a thread that pushes frames and waits for room."""

    def push():
        for number in range(count):
            while stream.push(PICTURE, number / 10) == "full":
                stream.wait("room")
        stream.finish()

    thread = threading.Thread(target=push)
    thread.start()
    return thread


def test_a_loop_over_a_stream_steps_until_its_end(small):
    with actionclip.Stream(small, interval=0.1, hop=2) as stream:
        thread = pusher(stream, 41)
        ends = [window.end for window in stream]
        thread.join()
        assert ends == pytest.approx([0.4 + 0.2 * k for k in range(19)])


def test_windows_that_another_thread_makes(small):
    with actionclip.Stream(small, interval=0.1, hop=2, queue_windows=2) as stream:
        camera, ended = pusher(stream, 41), threading.Event()

        def step():
            while not ended.is_set():
                if stream.wait("step", timeout=0.05):
                    stream.step()

        stepper = threading.Thread(target=step)
        stepper.start()
        assert [window.sequence for window in stream.windows(wait=True)] == list(range(19))
        ended.set()
        camera.join()
        stepper.join()


def test_an_async_loop_leaves_the_event_loop_free(small):
    async def ends_of(stream):
        return [window.end async for window in stream]

    async def main():
        with actionclip.Stream(small, interval=0.1, hop=2) as one, actionclip.Stream(small, stride=1) as two:
            ticks = 0
            both = asyncio.gather(ends_of(one), ends_of(two))
            for number in range(41):
                for stream in (one, two):
                    while stream.push(PICTURE, number / 10) == "full":
                        ticks += 1
                        await asyncio.sleep(0.001)
            one.finish()
            two.finish()
            return ticks, await both

    ticks, (first, second) = asyncio.run(main())
    assert ticks > 0 and len(first) == 19 and len(second) == 37


def test_an_async_loop_can_be_left(small):
    async def main():
        with actionclip.Stream(small, interval=0.1) as stream:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__aiter__().__anext__(), 0.05)

    start = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("call", ["wait", "iterate", "windows"])
def test_control_c_works_while_a_stream_waits(small, call):
    with actionclip.Stream(small) as stream:
        waits = {
            "wait": stream.wait,
            "iterate": lambda: list(stream),
            "windows": lambda: list(stream.windows(wait=True)),
        }
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            waits[call]()
        timer.join()
        assert stream.push(PICTURE, 1.0) == "queued", "the stream goes on"


def test_control_c_ends_a_step_and_loses_no_frame(untrained):
    with actionclip.Model(untrained, threads=1) as model:
        with actionclip.Stream(model, stride=1, hop=8, queue_frames=4096, queue_windows=1024) as stream:
            for number in range(4096):
                stream.push(PICTURE, timestamp_ns=number)
            timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                stream.step()
            timer.join()
            assert stream.stats.pending == 4096, "they wait for the next step"
            assert stream.step(max_frames=8) == 8


def test_a_token_ends_a_wait(small):
    with actionclip.Stream(small) as stream:
        token = actionclip.CancelToken()
        timer = threading.Timer(0.1, token.cancel)
        timer.start()
        with token, pytest.raises(actionclip.CancelledError):
            stream.wait()
        timer.join()
        assert stream.push(PICTURE, 1.0) == "queued", "the stream goes on"


def test_windows_that_overflow_do_not_keep_a_stream_from_its_end(untrained, tmp_path):
    """Each frame's embedding is finite, and the sum of a window's is not."""
    file = bytearray(untrained.read_bytes())
    (size,) = struct.unpack_from("<Q", file)
    begin, end = json.loads(file[8 : 8 + size])["visual.proj"]["data_offsets"]
    with actionclip.Model(untrained, threads=1) as model:
        largest = np.abs(model.encode_single_frames([PICTURE])).max()
    np.frombuffer(file, np.float32, (end - begin) // 4, 8 + size + begin)[:] *= np.float32(2e38 / largest)
    huge = tmp_path / "huge.safetensors"
    huge.write_bytes(file)
    with actionclip.Model(huge, threads=1, frames=4) as model, actionclip.Stream(model, stride=1, hop=1) as stream:
        fill(stream, 3)
        assert stream.step() == 3
        stream.push(PICTURE, 3.0)
        with pytest.raises(actionclip.ArgumentError, match="overflow"):
            stream.step()
        assert stream.stats.dropped == 1 and stream.stats.encoded == 3
        stream.push(PICTURE, 4.0)
        assert stream.step() == 1, "no window reaches back to the frames before"
        stream.push(PICTURE, 5.0)
        stream.finish()
        with pytest.raises(actionclip.ArgumentError, match="overflow"):
            stream.step()  # the tail of two frames
        assert stream.step() == 0 and list(stream.windows()) == [] and stream.ended
        stats = stream.stats
        assert stats.pushed == stats.encoded + stats.dropped and stats.windows == 0


def test_a_stream_outlives_its_model_and_ends_with_close(small):
    folder = next(f for f in pack_folders() if f.name == "conv1d")
    model = Pack(folder).load(threads=1)
    stream = actionclip.Stream(model, stride=1, hop=1)
    model.close()
    fill(stream, 5)
    assert stream.step() >= 0
    stream.close()
    for call in (stream.step, stream.finish, stream.next, lambda: stream.push(PICTURE, 9.0), lambda: stream.stats):
        with pytest.raises(actionclip.ArgumentError, match="closed"):
            call()
    with pytest.raises(actionclip.ArgumentError, match="closed"):
        actionclip.Stream(model)

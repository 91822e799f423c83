"""The rule of streams in a few lines of Python, as actionclip.h states it, and random cases to hold streams against.

    python3 Tests/python/stream_model.py rule 100000          (make test-stream-rule)
    python3 Tests/python/stream_model.py windows 1000
"""

import ctypes
import json
import sys
import time

import conftest
import numpy as np

import actionclip
from actionclip import _abi
from actionclip._library import library


def sampled(stamps, *, interval, stride, gap):
    """The runs of a stream, each as the numbers of its due frames."""
    runs = []
    for number, stamp in enumerate(stamps):
        if number == 0 or stamp - stamps[number - 1] > gap:
            runs.append([number])
            start, first, cell = stamp, number, 0
            continue
        now = (number - first) // stride if stride else (stamp - start + interval // 4) // interval
        if now > cell:
            runs[-1].append(number)
            cell = now
    return runs


def windows(runs, frames, *, hop, warmup):
    """The windows over runs of frames: the T frames that each shows, its different frames, and its flags."""
    for index, run in enumerate(runs):
        ended = 0
        for n in range(1, len(run) + 1):
            whole = (n - frames) % hop == 0 and (n >= frames or warmup != "wait")
            if whole or n == len(run):
                places = spread(n, frames, warmup)
                yield [run[place] for place in places], (ended == 0 and index > 0), not whole
                ended = n


def spread(n, frames, warmup):
    """The places in a run of n frames of the T frames that a window at its end shows."""
    if n >= frames:
        return range(n - frames, n)
    if warmup == "repeat_first":
        return [0] * (frames - n) + list(range(n))
    return actionclip.sample_indices(n, frames).tolist()


def described(window, stamps):
    """A window of `windows` as the stream describes it."""
    shown, follows_gap, is_tail = window
    different = len(set(shown))
    return (stamps[shown[0]], stamps[shown[-1]], shown[0], shown[-1], follows_gap, is_tail, different)


def description(window):
    return (
        window.start_ns, window.end_ns, window.first_push, window.last_push, window.discontinuity, window.tail,
        window.frame_count,
    )  # fmt: skip


def random_options(random, frames):
    """Options of a stream, mostly small numbers, so that boundaries are met."""
    interval = int(random.choice([1, 2, 3, 4, 7, 10, 1_000_000, 33_366_667, int(random.integers(1, 10**9))]))
    by_stride = random.random() < 0.25
    gap = None if random.random() < 0.3 and not by_stride else int(interval * random.integers(1, 6))
    if random.random() < 0.2:
        gap = -1
    return {
        "interval": 0 if by_stride else interval,
        "stride": int(random.integers(1, 5)) if by_stride else 0,
        "gap": gap,
        "hop": int(random.integers(1, frames + 3)),
        "warmup": str(random.choice(["wait", "repeat_first", "partial"])),
        "unit": interval,
    }


def random_stamps(random, options, count):
    """Rising timestamps around the boundaries of the rule."""
    unit = options["unit"]
    gap = options["gap"] if options["gap"] and options["gap"] > 0 else 5 * unit
    quarter = max(1, unit // 4)
    steps = np.array([1, quarter, unit - quarter, unit - 1, unit, unit + 1, 2 * unit, gap, gap + 1, 3 * gap])
    chosen = random.choice(steps, count)
    chosen = np.where(random.random(count) < 0.4, random.integers(1, 2 * unit + 1, count), chosen)
    start = int(random.integers(-(2**60), 2**60)) if random.random() < 0.9 else -(2**62) + 1
    return [start + int(step) for step in np.cumsum(np.maximum(chosen, 1))]


def make_stream(model, options, **more):
    struct_gap = options["gap"]
    return actionclip.Stream(
        model,
        interval=options["interval"] / 1e9 or None,
        stride=options["stride"] or None,
        gap=None if struct_gap is None else max(struct_gap, 0) / 1e9,
        hop=options["hop"],
        warmup=options["warmup"],
        **more,
    )


def gap_of(options, frames):
    """The gap of a stream with such options, in nanoseconds."""
    if options["gap"] is None:
        return options["interval"] * frames
    return 2**63 if options["gap"] < 0 else options["gap"]


class QuickPush:
    """Pushes one small grey picture again and again, without the checks that `Stream.push` makes."""

    def __init__(self):
        self._pixels = np.zeros((8, 8), np.uint8)
        self._frame = _abi.Frame(struct_size=ctypes.sizeof(_abi.Frame))
        self._frame.pixel_format = _abi.CONSTANTS["PIXEL_GRAY"]
        self._frame.width = self._frame.height = 8
        self._frame.planes[0] = self._pixels.ctypes.data_as(_abi.Bytes)
        self._outcome = ctypes.c_int32()
        self._arguments = (ctypes.byref(self._frame), ctypes.byref(self._outcome))

    def __call__(self, handle, stamp):
        frame, outcome = self._arguments
        assert library().stream_push(handle, frame, stamp, outcome) == 0
        return self._outcome.value


def check_rule(model, random, count):
    """Random sequences of timestamps: which frames are due, and which windows there are. Returns how many windows."""
    frames, quick, seen = model.info.frames, QuickPush(), 0
    not_due, full = _abi.CONSTANTS["PUSH_NOT_DUE"], _abi.CONSTANTS["PUSH_FULL"]
    for case in range(count):
        options = random_options(random, frames)
        stamps = random_stamps(random, options, int(random.integers(1, 40)))
        runs = sampled(
            stamps, interval=options["interval"], stride=options["stride"], gap=gap_of(options, frames)
        )
        due = {number for run in runs for number in run}
        with make_stream(model, options, queue_windows=64) as stream, stream._handle.use() as handle:
            for number, stamp in enumerate(stamps):
                outcome = quick(handle, stamp)
                if outcome == full:
                    stream.step()
                    outcome = quick(handle, stamp)
                assert (outcome != not_due) == (number in due), (case, options, stamps, number)
            stream.finish()
            stream.step()
            found = [description(window) for window in stream.windows()]
        shown = windows(runs, frames, hop=options["hop"], warmup=options["warmup"])
        assert found == [described(window, stamps) for window in shown], (case, options, stamps)
        seen += len(found)
    return seen


def as_videos(model, pictures, runs, shown):
    """The embeddings of windows, each encoded as a video."""
    return model.encode_frames([list(pictures[window[0]]) for window in shown])


class Causally:
    """The embeddings of windows whose frames see those before them in their run. They are rows of a video of the whole
    run, encoded by `whole`, the same weights loaded with causal shift for longer videos."""

    def __init__(self, whole):
        self._whole = whole

    def __call__(self, model, pictures, runs, shown):
        rows = {}
        for run in runs:
            # Frames after a run change nothing before them.
            video = [*pictures[run], *[pictures[0]] * (self._whole.info.frames - len(run))]
            _, of_frames = self._whole.encode_frames(video, return_frames=True)
            rows.update(zip(run, of_frames.reshape(len(video), -1)))
        return model.join_frames(np.stack([rows[number] for window in shown for number in window[0]]))


def check_windows(model, random, count, embeddings=as_videos, most=None, **options_of_mode):
    """Windows of random streams of at most `most` frames against their `embeddings`, bit for bit, until there were
    `count`."""
    frames, seen = model.info.frames, 0
    while seen < count:
        options = random_options(random, frames)
        stamps = random_stamps(random, options, int(random.integers(1, (most or 6 * frames + 7) + 1)))
        pictures = random.integers(0, 256, (len(stamps), 12, 10, 3), dtype=np.uint8)
        found = []
        with make_stream(model, options, queue_windows=2 * len(stamps) + 2, **options_of_mode) as stream:
            for picture, stamp in zip(pictures, stamps):
                if random.random() < 0.2:
                    stream.step(max_frames=int(random.integers(1, 4)))
                while stream.push(picture, timestamp_ns=stamp) == "full":
                    stream.step(max_frames=int(random.integers(1, frames + 1)))
                if random.random() < 0.1:
                    found.extend(stream.windows())
            stream.finish()
            while not stream.ended:  # in causal mode a step takes frames of one run
                stream.step()
                found.extend(stream.windows())
        runs = sampled(
            stamps, interval=options["interval"], stride=options["stride"], gap=gap_of(options, frames)
        )
        shown = list(windows(runs, frames, hop=options["hop"], warmup=options["warmup"]))
        assert [description(window) for window in found] == [described(window, stamps) for window in shown]
        if shown:
            batch = embeddings(model, pictures, runs, shown)
            ours = np.stack([window.embedding for window in found])
            assert conftest.same_bits(ours, batch), (options, stamps)
        seen += len(found)
    return seen


def check_causal_windows(model, whole, random, count):
    """Windows of random streams in causal mode; `whole` is that of `Causally`, and runs are at most as long as its
    videos."""
    return check_windows(model, random, count, Causally(whole), whole.info.frames, mode="causal")


def causal_pack(folder, compute):
    """A pack's weights with causal shift, for videos that are longer than its own if its head allows it."""
    for frames in (24, conftest.Pack(folder).case["T"]):
        try:
            return conftest.Pack(folder).load(compute=compute, temporal_shift="causal", frames=frames)
        except actionclip.ModelError as error:
            refused = error
    raise refused


def main(what, count):
    random = np.random.default_rng(18)
    folders = conftest.pack_folders()
    if what == "rule":
        folder = next(f for f in folders if json.loads((f / "case.json").read_text())["head"] == "Conv_1D")
        with conftest.Pack(folder).load(threads=1) as model:
            start = time.monotonic()
            seen = check_rule(model, random, count)
            took = time.monotonic() - start
            print(f"{count} sequences of timestamps, {seen} windows: as the rule says ({took:.0f} s)", flush=True)
        return
    for folder in folders:
        for compute in ("fp32", "bf16", "int8"):
            with conftest.Pack(folder).load(compute=compute) as model:
                name, start = f"{conftest.pack_id(folder)} {compute}", time.monotonic()
                seen = check_windows(model, random, count)
                print(f"{name}: {seen} windows have the bits of videos ({time.monotonic() - start:.1f} s)", flush=True)
                if not model.info.temporal_shift or model.info.joint:
                    continue
                start = time.monotonic()
                with causal_pack(folder, compute) as whole:
                    seen = check_causal_windows(model, whole, random, count)
                took = time.monotonic() - start
                print(f"{name}: {seen} causal windows have the bits of whole runs ({took:.1f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""compare.py: streams of tracks against encoding every window anew, which is what a ring of crops for each track does.

    PYTHONPATH=bindings/python python3 examples/tracks/compare.py MODEL [--tracks 8] [--frames 100] [--rounds 5]

MODEL is a file of weights whose frames are encoded each by itself (frames_independent). Tracks walk over random
pictures, windows have 8 frames and follow each other by 2. Both ways see the same crops, and their embeddings must have
the same bits. They take turns, round by round; the medians are printed.
"""

from __future__ import annotations

import argparse
import collections
import statistics
import sys
import time
from typing import Any

import actionclip
import numpy as np
from tracks import Tracks, square

HEIGHT, WIDTH, HOP = 480, 640, 2


def scene(tracks: int, frames: int) -> tuple[Any, list[list[dict[str, int]]]]:
    """Random pictures, and boxes that walk over them, some of them beyond the edge."""
    random = np.random.default_rng(1)
    pictures = random.integers(0, 256, (frames, HEIGHT, WIDTH, 3), dtype=np.uint8)
    places = random.integers(0, (WIDTH - 60, HEIGHT - 160), (tracks, 2))
    boxes = []
    for _ in range(frames):
        places = np.clip(places + random.integers(-6, 7, places.shape), 0, (WIDTH - 60, HEIGHT - 160))
        boxes.append([{"id": i, "x": int(x), "y": int(y), "w": 60, "h": 160} for i, (x, y) in enumerate(places)])
    return pictures, boxes


def by_streams(model: actionclip.Model, pictures: Any, boxes: Any) -> dict[tuple[int, int], bytes]:
    """The windows of each track, each frame encoded once."""
    found: dict[tuple[int, int], bytes] = {}
    tracks = Tracks(model, stride=1, hop=HOP, gap=0)
    for number, (picture, here) in enumerate(zip(pictures, boxes)):
        tracks.push(picture, number / 10, here)
        if number % HOP == HOP - 1:
            tracks.step()
            found.update({(track, w.last_push): w.embedding.tobytes() for track, w in tracks.windows() if w})
    return found


def by_crops(model: actionclip.Model, pictures: Any, boxes: Any) -> dict[tuple[int, int], bytes]:
    """The windows of each track, encoded anew from its last crops every HOP frames."""
    found: dict[tuple[int, int], bytes] = {}
    length = model.info.frames
    rings: dict[int, Any] = collections.defaultdict(lambda: collections.deque(maxlen=length))
    for number, (picture, here) in enumerate(zip(pictures, boxes)):
        for box in here:
            x, y, w, h = square(box)
            rings[box["id"]].append(picture[max(y, 0) : y + h, max(x, 0) : x + w].copy())
        whole = [track for track, ring in rings.items() if len(ring) == length]
        if whole and (number + 1 - length) % HOP == 0:
            embeddings = model.encode_frames([list(rings[track]) for track in whole])
            found.update({(track, number): e.tobytes() for track, e in zip(whole, embeddings)})
    return found


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Streams of tracks against encoding every window anew.")
    parser.add_argument("model", help="a file of weights whose frames are encoded each by itself")
    parser.add_argument("--compute", help="fp32, bf16 or int8")
    parser.add_argument("--tracks", type=positive, default=8)
    parser.add_argument("--frames", type=positive, default=100)
    parser.add_argument("--rounds", type=positive, default=5)
    chosen = parser.parse_args()
    with actionclip.Model(chosen.model, frames=8, compute=chosen.compute) as model:
        if not model.info.frames_independent:
            raise ValueError(f"{chosen.model}: its frames see each other, so streams encode each window anew, too")
        pictures, boxes = scene(chosen.tracks, chosen.frames)
        ways = {"crops": by_crops, "streams": by_streams}
        times: dict[str, list[float]] = {name: [] for name in ways}
        found: dict[str, Any] = {}
        for _ in range(chosen.rounds + 1):
            for name, way in ways.items():
                start = time.perf_counter()
                found[name] = way(model, pictures, boxes)
                times[name].append(time.perf_counter() - start)
        if not found["crops"]:
            raise ValueError(f"--frames {chosen.frames}: too few for a window of {model.info.frames}")
        assert found["crops"] == found["streams"], "the two ways differ"
        crops, streams = (statistics.median(times[name][1:]) * 1000 for name in ways)
        print(f"{len(found['crops'])} windows of {chosen.tracks} tracks, the same bits both ways")
        print(f"every window anew {crops:.0f} ms, streams {streams:.0f} ms: {crops / streams:.2f} times as fast")


if __name__ == "__main__":
    try:
        main()
    except (actionclip.ActionCLIPError, actionclip.LibraryError, ValueError) as error:
        sys.exit(f"compare.py: {error}")

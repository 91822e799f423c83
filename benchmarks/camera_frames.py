"""Times the preprocessing of a 1280x720 frame to a crop of 224x224 in each layout, in turn, on one thread.

    PYTHONPATH=bindings/python python3 benchmarks/camera_frames.py [ROUNDS]

Prints the median and fastest time of each, and the median of the rounds' ratios to RGB.
"""

import statistics
import sys
import time

import numpy as np

import actionclip
from actionclip import Frame

WIDTH, HEIGHT = 1280, 720


def frames():
    random = np.random.default_rng(0)

    def noise(*shape):
        return random.integers(0, 256, shape, dtype=np.uint8)

    colours = {"matrix": "bt709", "range": "limited"}
    rgb, nv12 = noise(HEIGHT, WIDTH, 3), noise(HEIGHT * 3 // 2, WIDTH)
    return {
        "RGB": Frame(rgb),
        "NV12": Frame(nv12, "nv12", **colours),
        "I420": Frame(nv12, "i420", **colours),
        "YUYV": Frame(noise(HEIGHT, WIDTH, 2), "yuyv", **colours),
        "RGBX": Frame(noise(HEIGHT, WIDTH, 4), "rgbx"),
        "NV12, mirrored": Frame(nv12, "nv12", flip="horizontal", **colours),
        "NV12, on its side": Frame(nv12, "nv12", rotation=90, **colours),
    }


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    pictures = frames()
    times = {name: [] for name in pictures}
    for _ in range(rounds):
        for name, picture in pictures.items():
            start = time.perf_counter()
            actionclip.preprocess_crop(picture, 224)
            times[name].append(1e3 * (time.perf_counter() - start))
    for name, found in times.items():
        ratio = statistics.median(a / b for a, b in zip(found, times["RGB"]))
        print(f"{name:18} {statistics.median(found):.3f} ms (fastest {min(found):.3f}), {ratio:.2f} of RGB")


if __name__ == "__main__":
    main()

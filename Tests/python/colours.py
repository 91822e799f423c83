"""Every colour that a camera's frame in YUV can have: all 2^24 triples of Y, U and V, in each matrix, range and format,
through the library, against exact arithmetic; BT.601 of limited range against OpenCV too.

    python3 Tests/python/colours.py          (make test-colours)
"""

import sys

import conftest  # noqa: F401  (finds the package)
import numpy as np

import actionclip
from actionclip import Frame

#: The side of a picture with a pixel for each triple.
SIDE = 4096
#: The shares of red and blue in brightness, by the standards.
SHARES = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}


def picture():
    """Y [SIDE, SIDE], and U and V [SIDE / 2, SIDE / 2], each of which belongs to a square of four pixels."""
    cell = np.arange(SIDE * SIDE // 4, dtype=np.uint32).reshape(SIDE // 2, SIDE // 2)
    y = np.empty((SIDE, SIDE), np.uint8)
    for corner in range(4):
        y[corner // 2 :: 2, corner % 2 :: 2] = 4 * (cell & 63) + corner
    return y, (cell >> 14).astype(np.uint8), (cell >> 6 & 255).astype(np.uint8)


def layouts(y, u, v):
    """The picture's planes in every format of YUV."""
    full_u, full_v = (plane.repeat(2, 0) for plane in (u, v))
    yield "nv12", [y, np.stack([u, v], -1)]
    yield "nv21", [y, np.stack([v, u], -1)]
    yield "i420", [y, u, v]
    yield "yv12", [y, v, u]
    yield "nv24", [y, np.stack([spread(u), spread(v)], -1)]
    yield "yuyv", [np.stack([y[:, 0::2], full_u, y[:, 1::2], full_v], -1)]
    yield "uyvy", [np.stack([full_u, y[:, 0::2], full_v, y[:, 1::2]], -1)]


def spread(plane):
    """A plane's numbers for every pixel."""
    return plane.repeat(2, 0).repeat(2, 1)


def distance(rgb, y, u, v, matrix, span):
    """The largest difference of a level from exact arithmetic."""
    red, blue = SHARES[matrix]
    green = 1 - red - blue
    luma, chroma, black = (255 / 219, 255 / 112, 16) if span == "limited" else (1, 255 / 127.5, 0)
    largest = 0
    for row in range(0, SIDE, 64):
        level = np.maximum(y[row : row + 64].astype(float) - black, 0) * luma
        cu, cv = (chroma * (spread(plane[row // 2 : row // 2 + 32]).astype(float) - 128) for plane in (u, v))
        exact = (level + (1 - red) * cv,
                 level - (1 - blue) * blue / green * cu - (1 - red) * red / green * cv,
                 level + (1 - blue) * cu)
        for channel in range(3):
            found = rgb[row : row + 64, :, channel]
            largest = max(largest, np.abs(np.clip(exact[channel], 0, 255) - found).max())
    return largest


def main():
    y, u, v = picture()
    triples = y.astype(np.uint32) << 16 | spread(u).astype(np.uint32) << 8 | spread(v)
    assert np.unique(triples).size == SIDE * SIDE
    del triples
    failed = False
    for matrix in SHARES:
        for span in ("limited", "full"):
            first = None
            for name, planes in layouts(y, u, v):
                frame = Frame(planes, name, width=SIDE, height=SIDE, matrix=matrix, range=span)
                rgb = actionclip.preprocess_crop(frame, SIDE, short_side=SIDE)
                first = rgb if first is None else first
                if not np.array_equal(rgb, first):
                    failed = True
                    print(f"{matrix}, {span}: {name} has other colours than nv12")
            largest = distance(first, y, u, v, matrix, span)
            is_opencv = (matrix, span) == ("bt601", "limited")
            failed |= bool(largest > (0.7 if is_opencv else 0.501))
            print(f"{matrix:7s} {span:8s} {largest:.4f} levels from exact arithmetic at most", flush=True)
            if is_opencv:
                try:
                    import cv2
                except ImportError:
                    print("OpenCV: skipped, not installed")
                    continue
                nv12 = np.concatenate([y, np.stack([u, v], -1).reshape(SIDE // 2, SIDE)])
                same = np.array_equal(first, cv2.cvtColor(nv12, cv2.COLOR_YUV2RGB_NV12))
                failed |= not same
                print("OpenCV's bytes" if same else "OpenCV has other bytes")
    return failed


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes examples/clip.mp4: a disc moving to the right for four seconds (100 frames of 224x160, 25 a second,
H.264 with B-frames). Seven squares along the lower edge spell the frame's number in binary, lowest bit
first, so that tests can tell from the picture alone which frame they were given.

    python3 scripts/make_clip.py [OUTPUT]        needs numpy and the ffmpeg command with libx264
"""
import subprocess
import sys
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, FRAMES, RATE = 224, 160, 100, 25
CELL, BITS = 16, 7  # one square is one macroblock, so that compression leaves it clean


def picture(index):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    waves = 90 + 40 * np.sin(x / 23), 110 + 40 * np.sin(y / 17), 120 + 30 * np.sin((x + y) / 31)
    rgb = np.stack(waves, axis=-1)
    centre = 30 + (WIDTH - 60) * index / (FRAMES - 1)
    inside = np.clip(24.5 - np.hypot(x - centre, y - 70), 0, 1)[..., None]  # one pixel of soft edge
    rgb = rgb * (1 - inside) + np.array([225.0, 60.0, 40.0]) * inside
    for bit in range(BITS):
        left = CELL * (1 + bit)
        rgb[HEIGHT - CELL :, left : left + CELL] = 235 if index >> bit & 1 else 20
    return rgb.round().astype(np.uint8)


def main():
    root = Path(__file__).resolve().parent.parent
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "examples/clip.mp4"
    command = (
        f"ffmpeg -v error -y -f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {RATE} -i - -an -c:v libx264 "
        "-preset medium -crf 23 -threads 1 -bf 3 -g 50 -pix_fmt yuv420p -color_range tv "
        "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m -flags +bitexact "
        "-fflags +bitexact -map_metadata -1 -movflags +faststart"
    ).split() + [str(out)]
    frames = b"".join(picture(i).tobytes() for i in range(FRAMES))
    subprocess.run(command, input=frames, check=True)


if __name__ == "__main__":
    main()

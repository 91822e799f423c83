"""A video in which several actions follow one another: one shape after the other acts, each before its own
background, from worlds that nothing was trained on.

    python3 -m shapes.story OUTPUT.mp4 [SEED [ACTION...]]     (in models/shapes)

Prints what happens when: start, end, action.
"""
import sys

import numpy as np

from .render import video_frames
from .scene import make_scene
from .splits import UNSEEN_ACTIONS
from .video import RATE, write_mp4

SIDE, LENGTH = 160, 72
ACTIONS = ("moving left", "growing", "bouncing", "two shapes moving apart", "spinning clockwise",
           "moving up and to the right")


def story(actions, seed):
    """-> uint8 [N, SIDE, SIDE, 3] and rows of (start, end, action) in seconds."""
    parts, told = [], []
    for i, action in enumerate(actions):
        split = "actions" if action in UNSEEN_ACTIONS else "compositions"
        parts.append(video_frames(make_scene(split, seed, i, action), LENGTH, SIDE, np.random.default_rng([seed, i])))
        told.append((i * LENGTH / RATE, (i + 1) * LENGTH / RATE, action))
    return np.concatenate(parts), told


if __name__ == "__main__":
    frames, told = story(sys.argv[3:] or ACTIONS, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    write_mp4(sys.argv[1], frames)
    for start, end, action in told:
        print(f"{start:6.2f} s to {end:6.2f} s  {action}")

"""A video in which one shape does several things, one after the other.

    python3 -m shapes.story OUTPUT.mp4 [SEED [ACTION...]]     (in models/shapes)

Prints what happens when: start, end, action. Actions are those made of ways and changes, one at a time or at once.
"""
import sys

import numpy as np

from .actions import BY_NAME, DIRECTIONS
from .render import video_frames
from .scene import Scene, make_actor, surroundings
from .splits import SEEN_BACKGROUNDS
from .video import RATE, write_mp4

SIDE, SECONDS, START = 160, 3, (0.5, 0.35, 0.18, 0.3)  # x, y, radius, turn
ACTIONS = ("moving left", "growing", "spinning clockwise", "moving up and to the right", "shrinking", "moving down")
_STEP, _GROWTH, _ANGLE = 0.75, 0.22, np.radians(290)
_CHANGE = {"growing": (0, 0, _GROWTH, 0), "shrinking": (0, 0, -_GROWTH, 0),
           "spinning clockwise": (0, 0, 0, _ANGLE), "spinning counterclockwise": (0, 0, 0, -_ANGLE)}


def story(actions, seed):
    """-> uint8 [N, SIDE, SIDE, 3] and rows of (start, end, action) in seconds."""
    states = [np.array(START)]
    for name in actions:
        parts = [np.array((*np.array(DIRECTIONS[d]) * _STEP, 0, 0) if d in DIRECTIONS else _CHANGE[d])
                 for d in BY_NAME[name].detail]
        states.append(states[-1] + sum(parts))
    marks = np.linspace(0, 1, len(states))

    def track(t):
        return np.stack([*(np.interp(t, marks, values) for values in np.transpose(states)), np.ones_like(t)])

    rng = np.random.default_rng([8, seed])
    around = surroundings(SEEN_BACKGROUNDS, rng, hard=False)
    scene = Scene(action=None, actors=(make_actor("orange", "star", track, rng),), acting=1, **around)
    frames = video_frames(scene, len(actions) * SECONDS * RATE, SIDE, rng)
    return frames, [(i * SECONDS, (i + 1) * SECONDS, a) for i, a in enumerate(actions)]


if __name__ == "__main__":
    frames, told = story(sys.argv[3:] or ACTIONS, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    write_mp4(sys.argv[1], frames, quality=26)
    for start, end, action in told:
        print(f"{start:6.2f} s to {end:6.2f} s  {action}")

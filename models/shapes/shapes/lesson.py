"""Clips of an action that is none of the model's labels, to teach it by: a shape that moves down in a zigzag.

    python3 -m shapes.lesson OUTPUT.mp4 [SEED]     (in models/shapes)

`examples/lesson/zigzagging` has those with the seeds 1 to 3, `examples/zigzag.mp4` is the one with 4.
"""
import sys

import numpy as np

from .render import video_frames
from .scene import Scene, make_actor, surroundings
from .splits import SEEN_BACKGROUNDS
from .video import RATE, write_mp4

SIDE, SECONDS = 160, 2
LOOKS = (("red", "circle"), ("blue", "square"), ("orange", "star"), ("green", "triangle"), ("purple", "circle"))


def lesson(seed):
    """-> uint8 [N, SIDE, SIDE, 3]"""
    rng = np.random.default_rng([9, seed])
    centre, width, radius = rng.uniform(-0.2, 0.2), rng.uniform(0.35, 0.5), rng.uniform(0.18, 0.26)
    side = rng.choice((-1, 1))

    def track(t):
        swing = np.interp(6 * t % 2, (0, 1, 2), (-1, 1, -1))  # three times across and back
        return np.stack([centre + side * width * swing, 1.3 * t - 0.65, np.full_like(t, radius),
                         np.zeros_like(t), np.ones_like(t)])

    around = surroundings(SEEN_BACKGROUNDS, rng, hard=False)
    colour, shape = LOOKS[seed % len(LOOKS)]
    scene = Scene(action=None, actors=(make_actor(colour, shape, track, rng),), acting=1, **around)
    return video_frames(scene, SECONDS * RATE, SIDE, rng)


if __name__ == "__main__":
    write_mp4(sys.argv[1], lesson(int(sys.argv[2]) if len(sys.argv) > 2 else 1), quality=26)

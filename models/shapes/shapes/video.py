"""Test sets as real files: H.264 in MP4, with an index of what each shows.

    python3 -m shapes.video DIRECTORY SPLIT COUNT [SEED]     (in models/shapes)
"""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from .actions import ACTIONS
from .render import video_frames
from .scene import make_scene
from .splits import SPLITS, TRAINED_ACTIONS

RATE = 25
# 7, 9 or 11 frames to each of eight parts: the frame the reference takes of a part is its middle one, so the
# frames in use are the same ones when a video is played backwards.
LENGTHS = (56, 72, 88)
SIDES = (128, 144, 160)


def write_mp4(path, frames, rate=RATE, quality=20):
    """uint8 [N, H, W, 3], even sides, through the ffmpeg command. One thread: the same file every time."""
    count, height, width, _ = frames.shape
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
               "-r", str(rate), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", str(quality),
               "-threads", "1", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-fflags", "+bitexact",
               "-flags:v", "+bitexact", "-map_metadata", "-1", str(path)]
    done = subprocess.run(command, input=np.ascontiguousarray(frames).tobytes(), stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"ffmpeg could not write {path}: {done.stderr.decode(errors='replace').strip()}")


def make_video(scene, index):
    """Every frame of a clip, its length and size by its number."""
    rng = np.random.default_rng([7, index])
    count, side = LENGTHS[rng.integers(len(LENGTHS))], SIDES[rng.integers(len(SIDES))]
    return video_frames(scene, count, side, rng)


def write_set(directory, split, count, seed=0):
    """`count` videos, every action of the split in turn, and index.json: file, action, looks, background. And
    list.csv and labels.txt as `actionclip eval` takes them."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    names, index = SPLITS[split][1], []
    for i in range(count):
        scene = make_scene(split, seed, i, names[i % len(names)])
        name = f"{split}-{i:05d}.mp4"
        write_mp4(directory / name, make_video(scene, i))
        index.append({"file": name, "action": scene.action, "background": scene.background,
                      "shapes": [f"{a.colour} {a.shape}" for a in scene.actors[: scene.acting]]})
    (directory / "index.json").write_text(json.dumps(
        {"split": split, "seed": seed, "labels": list(names), "videos": index}, indent=1) + "\n")
    write_lists(directory)
    return index


def candidates_of(split):
    """A set of unseen actions is scored among all actions there are, the others among those trained on."""
    return [a.name for a in ACTIONS] if split.startswith("actions") else list(TRAINED_ACTIONS)


def write_lists(directory):
    index = json.loads((directory / "index.json").read_text())
    (directory / "labels.txt").write_text("".join(f"{name}\n" for name in candidates_of(index["split"])))
    (directory / "list.csv").write_text("".join(f"{v['file']},{v['action']}\n" for v in index["videos"]))


if __name__ == "__main__":
    write_set(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)

"""A host whose own FFmpeg, PyAV's or OpenCV's, is in the process already: both decode the same clip, in turns.

    python3 host.py av|cv2 CLIP
"""

import importlib
import sys

import actionclip
import numpy as np

clip = sys.argv[2]
try:
    host = importlib.import_module(sys.argv[1])
except ImportError as error:
    print(f"host: skipped, {sys.argv[1]} cannot be imported here: {error}")
    sys.exit(0)


def by_host() -> list[np.ndarray]:
    if host.__name__ == "av":
        with host.open(clip) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    capture, frames = host.VideoCapture(clip), []
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return frames
        frames.append(frame[:, :, ::-1])


def by_library() -> list[np.ndarray]:
    with actionclip.Video(clip, threads=2) as video:
        return list(video.read_frames(range(video.info.frame_count)))


rounds = [(by_host(), by_library()) for _ in range(3)]
frames, own = rounds[0]
assert len(frames) == len(own) > 0, (len(frames), len(own))
# The two convert to RGB in their own ways.
assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(frames, own)) < 2
for again, own_again in rounds[1:]:
    assert all(map(np.array_equal, frames, again)) and all(map(np.array_equal, own, own_again))
print(f"host: {host.__name__} {host.__version__} beside {actionclip.ffmpeg_version()}")

"""live.py: what a camera sees, while it happens.

    PYTHONPATH=bindings/python python3 examples/live.py 0 walking waving         a camera, with OpenCV
    PYTHONPATH=bindings/python python3 examples/live.py examples/shapes.mp4      a file; without OpenCV too

One thread reads and pushes frames; the main thread encodes and prints, and Ctrl-C ends it. A camera's frames have the
time at which they were read, and one that cannot be encoded in time is replaced by the next; a file's are all taken.
Without labels the model's own are used. The model is the default one, or the one that ACTIONCLIP_MODEL names.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator

import actionclip

try:
    import cv2
except ImportError:
    cv2 = None  # type: ignore[assignment]


def camera_frames(number: int) -> Iterator[tuple[object, float]]:
    """The frames of a camera, as BGR, with the time at which each was read. A camera that stops is an error."""
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise OSError(f"OpenCV cannot open camera {number}")
    while True:
        there_is_one, frame = capture.read()
        if not there_is_one:
            raise OSError(f"camera {number} gives no more frames")
        yield frame, time.monotonic()


def file_frames(path: str) -> Iterator[tuple[object, float]]:
    """The frames of a file, as BGR, with their own times."""
    if cv2 is not None:
        capture, seconds = cv2.VideoCapture(path), -1e-6
        if not capture.isOpened():
            raise OSError(f"OpenCV cannot open {path}")
        while True:
            there_is_one, frame = capture.read()
            if not there_is_one:
                return
            # Times must rise, and some versions of OpenCV give 0 for the last frames.
            seconds = max(seconds + 1e-6, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            yield frame, seconds
    with actionclip.Video(path) as video:
        for first in range(0, video.info.frame_count, 32):
            chosen = range(first, min(first + 32, video.info.frame_count))
            frames, times = video.read_frames(chosen, return_seconds=True)
            yield from zip(frames[..., ::-1], times)


def push(stream: actionclip.Stream, frames: Iterator[tuple[object, float]], failures: list[Exception]) -> None:
    """Pushes frames as they come, and ends the stream's input whatever happens, so that nobody waits for more."""
    try:
        for frame, seconds in frames:
            while stream.push(frame, seconds, pixel_format="bgr") == "full":
                stream.wait("room")
    except Exception as error:  # the main thread raises it
        failures.append(error)
    with contextlib.suppress(actionclip.ActionCLIPError):  # Ctrl-C may have closed the stream
        stream.finish()


def main(source: str, labels: list[str]) -> None:
    is_camera = source.isdigit()
    if is_camera and cv2 is None:
        sys.exit("live.py: a camera needs OpenCV: pip install opencv-python-headless")
    frames = camera_frames(int(source)) if is_camera else file_frames(source)
    overflow = "latest" if is_camera else "wait"
    failures: list[Exception] = []
    with actionclip.Model() as model, actionclip.Classifier(model, labels or None) as classifier:
        with actionclip.Stream(model, overflow=overflow) as stream:
            threading.Thread(target=push, args=(stream, frames, failures), daemon=True).start()
            for window in stream:
                scores = classifier.score(window.embedding)
                best = int(scores[0].argmax())
                print(f"{window.end:8.2f}  {scores[0, best]:4.0%}  {classifier.labels[best]}", flush=True)
            if stream.stats.pushed:
                print(stream.stats, file=sys.stderr)
    if failures:
        raise failures[0]


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: live.py CAMERA|FILE [LABEL...]")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may stop, as `head` does
    try:
        main(sys.argv[1], sys.argv[2:])
    except (actionclip.ActionCLIPError, actionclip.LibraryError, OSError) as error:
        sys.exit(f"live.py: {error}")
    except KeyboardInterrupt:
        pass

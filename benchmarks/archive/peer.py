"""The pipeline of a peer, in a process of its own: PyAV decodes, Pillow resizes, OpenVINO encodes.

    python3 benchmarks/archive/peer.py LIST PRECISION THREADS shared|windows OUT.npy

One thread decodes the next clips while OpenVINO's encode. The frames and windows are this library's: the first frame of
each quarter of a second, and a window of 8 such frames for each 4. `shared` encodes each frame once, `windows` each
window by itself, as is usual. Writes the windows' mean embeddings, of length 1, and says how many seconds it took.
"""

import queue
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import video_file  # noqa: E402
from runtimes import OpenVINO  # noqa: E402
from workload import FRAMES, SIDE  # noqa: E402

INTERVAL, HOP = 0.25, FRAMES // 2
FILES = Path(__file__).resolve().parents[2] / "build" / "bench" / "files"


def sampled(path, threads):
    """The frames that are due, preprocessed [n, 3, SIDE, SIDE]."""
    due, cell = [], -1
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        for frame in container.decode(stream):
            at = int((frame.time + INTERVAL / 4) / INTERVAL)
            if at > cell:
                due.append(video_file.preprocessed(frame.to_image()))
                cell = at
    return np.stack(due)


def windows(count):
    """The first frame of each window over so many frames."""
    starts = list(range(0, count - FRAMES + 1, HOP))
    return starts if starts[-1] == count - FRAMES else [*starts, count - FRAMES]


def decoded(paths, threads):
    """The frames of each clip; the next ones are decoded meanwhile."""
    waiting = queue.Queue(4)

    def work():
        for path in paths:
            waiting.put(sampled(path, threads))
        waiting.put(None)

    threading.Thread(target=work, daemon=True).start()
    while (frames := waiting.get()) is not None:
        yield frames


def main():
    list_file, precision, threads, way, out = sys.argv[1:]
    paths = Path(list_file).read_text().splitlines()
    begin = time.perf_counter()
    runtime = OpenVINO(precision, int(threads), FILES)
    encoders, rows = {}, []
    for frames in decoded(paths, 1):
        batch = len(frames) if way == "shared" else FRAMES
        if batch not in encoders:
            encoders[batch] = runtime.encoder("b16-image", [batch, 3, SIDE, SIDE])
        encode, starts = encoders[batch], windows(len(frames))
        if way == "shared":
            found = encode(frames)
            means = [found[start : start + FRAMES].mean(0) for start in starts]
        else:
            means = [encode(frames[start : start + FRAMES]).mean(0) for start in starts]
        rows += [mean / np.linalg.norm(mean) for mean in means]
    np.save(out, np.array(rows, np.float32))
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()

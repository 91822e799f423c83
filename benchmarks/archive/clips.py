"""The clips that are measured: pictures that move with a little noise, in H.264, made once in build/bench/archive."""

import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build" / "bench" / "archive"
RATE, SECONDS = 30, 4
#: Heights and the widths beside them.
SIZES = {360: 640, 720: 1280, 1080: 1920}
#: Different contents: two sources, each from several beginnings on.
SOURCES = ("testsrc2=size={size}:rate=30,hue=h=40*t+{at}", "mandelbrot=size={size}:rate=30:start_scale={scale}")
DIFFERENT = 24


def clips(height, count):
    """The paths of `count` clips. Those beyond the different ones have the same pictures and other bytes."""
    folder = FOLDER / f"{height}p"
    folder.mkdir(parents=True, exist_ok=True)
    made = [_encoded(folder / f"source-{number:02}.mp4", height, number) for number in range(min(DIFFERENT, count))]
    return [_titled(folder / f"clip-{number:04}.mp4", made[number % len(made)], number) for number in range(count)]


def _encoded(path, height, number):
    if not path.exists():
        source = SOURCES[number % len(SOURCES)].format(
            size=f"{SIZES[height]}x{height}", at=10 * number, scale=3 / (1 + number))  # fmt: skip
        _ffmpeg(path, "-f", "lavfi", "-i", f"{source},noise=alls=4:allf=t", "-t", str(SECONDS), "-c:v", "libx264",
                "-preset", "veryfast", "-crf", "25", "-pix_fmt", "yuv420p", "-threads", "1")  # fmt: skip
    return path


def _titled(path, source, number):
    if not path.exists():
        _ffmpeg(path, "-i", str(source), "-c", "copy", "-metadata", f"title={number}")
    return path


def _ffmpeg(path, *arguments):
    part = path.with_name(f"part-{path.name}")
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(part)], check=True)
    part.rename(path)

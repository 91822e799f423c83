"""Memory does not grow with a video's length."""

import subprocess
import sys

from conftest import PYTHON, SHAPES

PEAK = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from actionclip.batch import VideoEmbedder
rows = VideoEmbedder(sys.argv[2], window=2, step=1)({"path": [sys.argv[3]]})
print(len(rows["path"]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(path):
    """The number of a video's rows, and the most memory in MiB that a process needs for them."""
    command = [sys.executable, "-c", PEAK, PYTHON, SHAPES, path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, kilobytes = map(int, done.stdout.split())
    return rows, kilobytes / 1024


def test_an_hour_takes_no_more_than_three_minutes(tmp_path):
    rows, mebibytes = {}, {}
    for minutes in (3, 60):
        path = tmp_path / f"{minutes}.mp4"
        source = f"testsrc2=size=320x240:rate=5:duration={60 * minutes}"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "mpeg4", path], check=True)
        rows[minutes], mebibytes[minutes] = peak(path)
    assert rows[60] > 19 * rows[3] > 3000
    # 3,600 rows of 128 numbers, twice for a moment.
    assert mebibytes[60] < 1.05 * mebibytes[3] + 6, mebibytes

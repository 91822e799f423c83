"""Archives at length: `make test-archives`."""

import json
import os
import subprocess

import pytest
from actionclip_command import COMMAND
from archives import SHORT, content, copy, embed, report
from test_embed import kill_until_done

HOURS = float(os.environ.get("ARCHIVE_HOURS", "0"))
KILLS = int(os.environ.get("ARCHIVE_KILLS", "0"))


def measured(video, out):
    """The report on a video, and the peak of the process's resident memory in bytes."""
    process = subprocess.Popen([COMMAND, "embed", video, "--out", out, "--json"], stdout=subprocess.PIPE)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(said), usage.ru_maxrss * 1024


@pytest.mark.skipif(HOURS == 0, reason="minutes: make test-archives")
def test_memory_does_not_grow_with_a_video(tmp_path):
    peaks = []
    for number, seconds in enumerate([180, HOURS * 3600]):
        video = tmp_path / f"{number}.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=s=320x240:r=5:d={seconds}", "-c:v", "libx264",
                        "-preset", "ultrafast", "-g", "50", video], check=True)  # fmt: skip
        found, peak = measured(video, tmp_path / f"archive{number}")
        assert found["rows"] == pytest.approx(seconds - 1, abs=1)
        peaks.append(peak)
    print("peaks in MB:", *(round(peak / 1e6, 1) for peak in peaks))
    assert peaks[1] < 400e6 and peaks[1] < 1.05 * peaks[0]


@pytest.mark.skipif(KILLS == 0, reason="minutes: make test-archives")
def test_killed_merges_end_in_the_archive_of_one(tmp_path):
    (tmp_path / "videos").mkdir()
    for number in range(300):
        copy(SHORT, tmp_path / "videos" / f"{number:03}.mp4", number)
    parts = [tmp_path / f"part{number}" for number in range(3)]
    for number, part in enumerate(parts):
        report(embed(tmp_path / "videos", "--whole", "--shard", f"{number}/3", out=part))
    report(embed(tmp_path / "videos", "--whole", out=tmp_path / "whole"))
    merged = tmp_path / "merged"
    found = kill_until_done([COMMAND, "merge", merged, *parts], merged, KILLS,
                            lambda: subprocess.run(["rm", "-rf", merged], check=True))  # fmt: skip
    assert found == content(tmp_path / "whole")

"""Output on a terminal, seen through a pseudo-terminal of a chosen width."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest
from actionclip_command import CLIP, COMMAND, LABELS, MODEL


def on_terminal(columns=80, locale="C.UTF-8", labels=("--labels", LABELS), **env):
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LANG", "LC_CTYPE"}}
    process = subprocess.Popen(
        [COMMAND, "classify", CLIP, *labels, "--model", MODEL, "--top", "0"],
        stdout=follower, stderr=subprocess.PIPE,
        env={**clean, "TERM": "xterm", "LC_ALL": locale, **env},
    )
    os.close(follower)
    output = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other side has been closed
            break
        if not chunk:
            break
        output += chunk
    os.close(leader)
    assert process.wait(timeout=60) == 0, process.stderr.read()
    return output.decode().replace("\r\n", "\n").splitlines()


def plain(line):
    return re.sub(r"\x1b\[\d+m", "", line)


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain(line))


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
def test_rows_fit_and_line_up(columns):
    rows = on_terminal(columns)[1:]
    assert len(rows) == 9
    assert all(row.endswith("%") for row in rows)
    assert len({width(row) for row in rows}) == 1
    assert all(width(row) < columns for row in rows)
    assert any("█" in row for row in rows) or columns < 40


def test_bars_are_as_long_as_the_share():
    for row in on_terminal(120)[1:]:
        row = plain(row)
        share = float(re.search(r"([\d.]+) %$", row)[1]) / 100
        drawn = row.count("█") + sum("▏▎▍▌▋▊▉".index(c) + 1 for c in row if c in "▏▎▍▌▋▊▉") / 8
        assert drawn == pytest.approx(40 * share, abs=0.07)


def test_colours():
    assert any("\x1b[" in line for line in on_terminal())
    assert not any("\x1b" in line for line in on_terminal(NO_COLOR="1"))
    assert any("\x1b[" in line for line in on_terminal(NO_COLOR=""))  # no-color.org: empty does not count
    assert not any("\x1b" in line for line in on_terminal(TERM="dumb"))


def test_bars_without_unicode():
    rows = on_terminal(locale="C")[1:]
    assert any("#" in row for row in rows)
    assert not any("█" in row for row in rows)


def test_wide_and_long_labels_line_up():
    labels = ["--label", "太极拳", "--label", "run", "--label", "cafe\u0301", "--label", "very " * 12]
    rows = on_terminal(60, labels=labels)[1:]
    ends = {width(row) - row.count("\u0301") for row in rows}
    assert len(ends) == 1 and ends.pop() < 60
    assert any("…" in row for row in rows)


def test_labels_cannot_steer_the_terminal():
    lines = on_terminal(labels=["--label", "a\x1b[31mb", "--label", "c"], NO_COLOR="1")
    assert not any("\x1b" in line for line in lines)

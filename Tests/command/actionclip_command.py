"""Runs the built command as a user does. Nothing here imports the library."""

import json
import os
import pathlib
import signal
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = ROOT / "build" / "bin" / "actionclip"
SHARED = pathlib.Path(os.environ.get("ACTIONCLIP_SHARED", ROOT.parent / "shared"))
PACKS = ROOT / "Tests" / "fixtures" / "packs"
UNTRAINED = ROOT / "Tests" / "fixtures" / "untrained"
MODEL = UNTRAINED / "untrained.safetensors"
MERGES = UNTRAINED / "merges.txt"
CLIP = ROOT / "examples" / "clip.mp4"
LABELS = ROOT / "examples" / "labels.txt"

# Shells start what runs in the background with Ctrl-C ignored, and the command leaves that so; some tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def run(*arguments, stdin="", env=None, cwd=None, stdout=subprocess.PIPE):
    """The finished process; text in and out is bytes where `stdin` is."""
    text = isinstance(stdin, str)
    return subprocess.run(
        [COMMAND, *(part if isinstance(part, bytes) else str(part) for part in arguments)],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=text,
        encoding="utf-8" if text else None,
        env=None if env is None else {**os.environ, **env},
        cwd=cwd,
        timeout=120,
    )


def with_metadata(target, **metadata):
    """The untrained model with metadata of the single-file form, and nothing beside it."""
    data = MODEL.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    own = {f"actionclip.{key}": value for key, value in {"format": "1", **metadata}.items()}
    text = json.dumps({**json.loads(data[8 : 8 + size]), "__metadata__": own}).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])
    return target


def errors(said):
    """The lines of standard error without the warnings of what was assumed of the model."""
    return [line for line in said.splitlines() if not line.startswith("actionclip: warning: assumed of the model: ")]


def json_lines(process):
    return [json.loads(line) for line in process.stdout.splitlines()]


def assert_error(process, *parts, code=1):
    """One line on standard error in the command's form, with these words in it."""
    assert process.returncode == code, process.stderr
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.stderr
    assert lines[0].startswith("actionclip: error: ")
    for part in parts:
        assert str(part) in lines[0]

"""The programs on the task pages in docs, run as a reader would."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"
LIBRARY = ROOT / "build" / "lib"
COMMAND = ROOT / "build" / "bin" / "actionclip"


def blocks(page, language):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run(*arguments, cwd, **env):
    found = {"ACTIONCLIP_MODEL": str(SHAPES), "PYTHONPATH": str(ROOT / "bindings" / "python"), **env}
    process = subprocess.run(
        list(map(str, arguments)), cwd=cwd, env={**os.environ, **found}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process


def python(page, tmp_path, *arguments, **env):
    """Runs the page's one program, which imports what it uses; other blocks are parts of programs."""
    (program,) = [block for block in blocks(page, "python") if re.search("^(import|from) ", block, re.MULTILINE)]
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    return run(sys.executable, "program.py", *arguments, cwd=tmp_path, **env)


@pytest.mark.skipif(not COMMAND.exists(), reason="the command is not built")
def test_archives(tmp_path):
    (tmp_path / "videos" / "below").mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "shapes.mp4", tmp_path / "videos")
    shutil.copy(ROOT / "examples" / "clip.mp4", tmp_path / "videos" / "below")
    (tmp_path / "videos" / "broken.mp4").write_bytes(b"no video")
    first = next(line.split("#")[0] for line in blocks("ARCHIVES.md", "sh")[0].splitlines())
    run(COMMAND, *first.split()[1:], cwd=tmp_path)
    found = [json.loads(line) for line in python("ARCHIVES.md", tmp_path).stdout.splitlines()]
    assert len(found) == 10 and found[0]["path"] == "videos/shapes.mp4" and found[0]["end"] < 3
    assert "broken.mp4" in (tmp_path / "archive" / "failures.jsonl").read_text()
    lines = (tmp_path / "archive" / "meta_0000.jsonl").read_text().splitlines()
    mask = {"shard": 0, "row": [json.loads(line) for line in lines].index(found[0]), "rows": 1}
    (tmp_path / "archive" / "removed.jsonl").write_text(json.dumps(mask) + "\n")
    kept = [json.loads(line) for line in python("ARCHIVES.md", tmp_path).stdout.splitlines()]
    assert kept[:9] == found[1:] and found[0] not in kept


def test_camera(tmp_path):
    pytest.importorskip("cv2")
    lines = python("CAMERA.md", tmp_path, ROOT / "examples" / "shapes.mp4").stdout.splitlines()
    found = [line.split("  ")[1] for line in lines]
    assert len(found) > 20 and {"moving left", "growing", "shrinking"} <= set(found)
    (program,) = [block for block in blocks("CAMERA.md", "python") if "import cv2" in block]
    lost = subprocess.run([sys.executable, "-c", program, "none.mp4"], capture_output=True, text=True, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "bindings" / "python")})
    assert lost.returncode == 1 and lost.stderr.splitlines()[-1] == "camera.py: OpenCV cannot open none.mp4"


def test_events(tmp_path):
    lines = python("EVENTS.md", tmp_path, ROOT / "examples" / "shapes.mp4").stdout.splitlines()
    found = [line.split("  ")[-1] for line in lines if line.startswith("started")]
    assert {"moving left", "growing", "shrinking"} <= set(found) and len(lines) == 2 * len(found)


def test_words(tmp_path):
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    (program,) = blocks("WORDS.md", "cpp")
    (tmp_path / "words.cpp").write_text(program, encoding="utf-8")
    run(compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "words.cpp", "-o", "words", f"-I{ROOT}/include",
        f"-L{LIBRARY}", "-lactionclip", f"-Wl,-rpath,{LIBRARY}", cwd=tmp_path)  # fmt: skip
    labels = ["a square moving left", "a square moving right", "ice skating"]
    process = run(tmp_path / "words", ROOT / "examples" / "clip.mp4", *labels, cwd=tmp_path)
    assert [line.split("%  ")[1] for line in process.stdout.splitlines()] == labels
    assert "never learned 'ice', 'skating'" in process.stderr


def test_hugging_face(tmp_path, untrained):
    """The page's program finds a model of that name; here the untrained one stands in the cache."""
    revision = "0123456789abcdef0123456789abcdef01234567"
    model = tmp_path / "hub" / "models--openai--clip-vit-base-patch16"
    folder = model / "snapshots" / revision
    for path in (folder, model / "refs"):
        path.mkdir(parents=True)
    (model / "refs" / "main").write_text(revision)
    shutil.copy(untrained, folder / "model.safetensors")
    shutil.copy(untrained.with_name("merges.txt"), folder)
    shutil.copy(ROOT / "examples" / "clip.mp4", tmp_path / "skating.mp4")
    process = python("HUGGING_FACE.md", tmp_path, HF_HUB_CACHE=str(tmp_path / "hub"))
    assert len(process.stdout.splitlines()) == 3 and "ice skating" in process.stdout
    classify, convert = blocks("HUGGING_FACE.md", "sh")[1:]
    command = f"{ROOT}/build/bin/actionclip"
    for line in (classify, convert):
        run("sh", "-c", line.replace("actionclip ", f"{command} ", 1), cwd=tmp_path, HF_HUB_CACHE=str(tmp_path / "hub"))
    assert (tmp_path / "clip.safetensors").stat().st_size > 0

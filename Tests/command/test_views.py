"""Views of models whose frames score by themselves, as Open-VCLIP's do: their logits are summed."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from actionclip_command import LABELS, MERGES, MODEL, json_lines, run

NAMES = LABELS.read_text().splitlines()
SIDE = 112  # the model's
pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """40 frames, two a second, the parts of it that the three views see, and a model that scores frames."""
    folder = tmp_path_factory.mktemp("views")
    data = MODEL.read_bytes()
    size = int.from_bytes(data[:8], "little")
    own, tensors = {}, b""
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__" or name.startswith("fusion."):  # without a head that joins frames
            continue
        first, end = (8 + size + offset for offset in entry["data_offsets"])
        own[name] = {**entry, "data_offsets": [len(tensors), len(tensors) + end - first]}
        tensors += data[first:end]
    own["__metadata__"] = {
        "actionclip.format": "1", "actionclip.scoring": "frames", "actionclip.sampling": "Open-VCLIP",
        "actionclip.activation": "QuickGELU"}  # fmt: skip
    text = json.dumps(own).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + tensors)
    source = ["-f", "lavfi", "-i", f"testsrc2=size={SIDE}x{SIDE}:rate=2"]

    def encode(name, source, filters, frames):
        subprocess.run(
            ["ffmpeg", "-v", "error", *source, "-vf", filters, "-fps_mode", "passthrough", "-frames:v", str(frames),
             "-c:v", "ffv1", "-pix_fmt", "bgr0", folder / name], check=True)  # fmt: skip

    encode("whole.mkv", source, "null", 40)
    # 16 * 8 / 30 seconds are 8.53 frames; what is left, 31.46 frames, is halved to 15.
    for view, start in enumerate([0, 15, 30]):
        encode(f"view{view}.mkv", ["-i", folder / "whole.mkv"], f"select='between(n,{start},{start + 7})'", 8)
    return folder


def classify(folder, name, *options):
    process = run("classify", folder / name, "--model", folder / "model.safetensors", "--tokenizer", MERGES,
                  "--labels", LABELS, "--json", "--top", 0, *options)  # fmt: skip
    (line,) = json_lines(process)
    found = {entry["label"]: entry["probability"] for entry in line["labels"]}
    return np.array([found[name] for name in NAMES]), line["frames"]


def test_logits_of_three_views_are_summed(folder):
    parts = [classify(folder, f"view{view}.mkv")[0] for view in range(3)]
    assert not np.allclose(parts[0], parts[2], atol=1e-5)
    product = parts[0] * parts[1] * parts[2]
    found, frames = classify(folder, "whole.mkv", "--views", "3x1")
    np.testing.assert_allclose(found, product / product.sum(), atol=1e-5)
    assert frames == sorted([*range(8), *range(15, 23), *range(30, 38)])
    middle, frames = classify(folder, "whole.mkv")
    np.testing.assert_allclose(middle, parts[1], atol=1e-6)
    assert frames == list(range(15, 23))
    # eval joins them alike.
    (folder / "list.csv").write_text("whole.mkv,0\n")
    process = run("eval", folder / "list.csv", "--model", folder / "model.safetensors", "--tokenizer", MERGES,
                  "--labels", LABELS, "--views", "3x1", "--predictions", folder / "scores.jsonl")  # fmt: skip
    assert process.returncode == 0, process.stderr
    line = json.loads((folder / "scores.jsonl").read_text().splitlines()[1])
    np.testing.assert_allclose(line["scores"], found, atol=1e-6)


def test_info_says_how_a_video_is_scored(folder):
    process = run("info", folder / "model.safetensors")
    assert "MeanP, each frame scores by itself" in process.stdout
    assert json.loads(run("info", folder / "model.safetensors", "--json").stdout)["frame_scores"] is True

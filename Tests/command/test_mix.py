"""`actionclip mix`: the weights of two models of one shape."""

import json
import struct

import pytest
from actionclip_command import CLIP, MODEL, ROOT, assert_error, json_lines, run

DEFAULT = ROOT / "models" / "actionclip-shapes.safetensors"
LESSON = ROOT / "examples" / "lesson"


def tensors(path):
    """The header and the bytes of a file of tensors."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])


def written(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The default model with other numbers in its image encoder's projection."""
    header, data = tensors(DEFAULT)
    start, end = header["visual.proj"]["data_offsets"]
    step = {"F32": 4, "F16": 2, "BF16": 2}[header["visual.proj"]["dtype"]]
    for place in range(start, (start + end) // 2 // step * step, step):
        data[place : place + step] = bytes(step)  # half of it is 0
    return written(tmp_path_factory.mktemp("mix") / "other.safetensors", header, data)


def test_a_mixture_lies_between(other, tmp_path):
    out = tmp_path / "mixed.safetensors"
    for alpha, expected in [(0, DEFAULT), (1, other)]:
        assert run("mix", DEFAULT, other, "--alpha", alpha, "--out", out).returncode == 0
        same = run("classify", CLIP, "--model", out, "--json"), run("classify", CLIP, "--model", expected, "--json")
        assert [json_lines(process)[0]["labels"] for process in same][0] == json_lines(same[1])[0]["labels"]
    process = run("mix", DEFAULT, other, "--alpha", 0.25, "--out", out)
    assert process.stdout == f"written: {out}, alpha 0.25\n"
    (found,) = json_lines(run("info", out, "--json"))
    notes = {note["key"]: note["text"] for note in found["notes"]}
    assert notes["mixed_alpha"] == "0.25" and notes["mixed_from"] == f"{DEFAULT.name} and {other.name}"
    assert len(notes["mixed_sha256"].split()) == 2 and len(found["labels"]) == 62


@pytest.mark.parametrize("storage", ["bf16", "int8"])
def test_files_of_rounded_weights_are_mixed_in_fp32(other, tmp_path, storage):
    rounded, out = tmp_path / "rounded.safetensors", tmp_path / "mixed.safetensors"
    assert run("convert", DEFAULT, rounded, "--storage", storage).returncode == 0
    assert run("mix", rounded, other, "--alpha", 0.5, "--out", out).returncode == 0
    (found,) = json_lines(run("info", out, "--json"))
    assert found["compute_type"] == "fp32"
    # A precision in which nothing can be written is refused before anything is measured.
    listed = tmp_path / "list.csv"
    listed.write_text("no.mp4,walking\n")
    process = run("mix", rounded, other, "--alpha", 0.5, "--eval", listed, "--out", out, "--compute", storage)
    assert process.returncode == 64 and f"leave --compute {storage} out" in process.stderr


def test_a_mixture_has_the_labels_of_both(other, tmp_path):
    """The first model's, then those that the second one learned."""
    header, data = tensors(other)
    key = next(key for key in header["__metadata__"] if key.endswith("labels"))
    labels = json.loads(header["__metadata__"][key])
    header["__metadata__"][key] = json.dumps(["wiggling", labels[3], "hopping"])
    taught, out = written(tmp_path / "taught.safetensors", header, data), tmp_path / "mixed.safetensors"
    process = run("mix", DEFAULT, taught, "--alpha", 0.9, "--out", out)
    assert process.stdout.splitlines()[1:] == ["with labels of the second model: wiggling, hopping"]
    (found,) = json_lines(run("info", out, "--json"))
    assert found["labels"] == labels + ["wiggling", "hopping"]
    listed = tmp_path / "list.csv"
    listed.write_text(f"{CLIP},wiggling\n")
    assert run("mix", DEFAULT, taught, "--alpha", 0.9, "--eval", listed).returncode == 0
    assert run("mix", taught, DEFAULT, "--alpha", 0.1, "--out", out).returncode == 0
    (found,) = json_lines(run("info", out, "--json"))
    assert found["labels"][:4] == ["wiggling", labels[3], "hopping", labels[0]] and len(found["labels"]) == len(labels) + 2


def test_shares_are_measured_and_nothing_is_written(other, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text(f"{CLIP},moving right while spinning clockwise\n")
    process = run("mix", DEFAULT, other, "--alpha", "0:1:0.25", "--eval", listed)
    lines = process.stdout.splitlines()
    assert process.returncode == 0 and [line.split()[0] for line in lines[2:7]] == ["0.00", "0.25", "0.50", "0.75", "1.00"]
    assert lines[7].startswith("nothing written: give --out FILE")
    found = json.loads(run("mix", DEFAULT, other, "--alpha", "0:1:0.5", "--eval", listed, "--json").stdout)
    assert [row["alpha"] for row in found["mixtures"]] == [0, 0.5, 1] and found["written"] is None
    ends = [json.loads(run("eval", listed, "--model", model, "--json", "-").stdout)["top1"] for model in (DEFAULT, other)]
    assert [found["mixtures"][0]["top1"], found["mixtures"][2]["top1"]] == ends


def test_models_that_differ_are_refused_with_the_difference(tmp_path):
    out = tmp_path / "mixed.safetensors"
    assert_error(
        run("mix", DEFAULT, MODEL, "--alpha", 0.5, "--out", out, "--frames", 8), DEFAULT.name, MODEL.name,
        "in the first and", "in the second")
    assert not out.exists()


def test_wrong_wishes_are_answered_in_one_line(other, tmp_path):
    out = tmp_path / "mixed.safetensors"
    assert_error(run("mix", DEFAULT, other, "--alpha", 2, "--out", out), "from 0 to 1", "from:to:step", code=64)
    assert_error(run("mix", DEFAULT, other, "--alpha", "0:1:0.1", "--out", out), "--out takes one alpha", "--eval LIST", code=64)
    assert_error(run("mix", DEFAULT, other, "--alpha", 0.5), "--out FILE", "--eval LIST", code=64)
    assert_error(run("mix", DEFAULT, tmp_path / "none", "--alpha", 0.5, "--out", out), "none")
    assert not out.exists()

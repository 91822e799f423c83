"""Models written as one file by the command."""

import hashlib
import json
import os
import subprocess
import sys
import threading

import pytest
from actionclip_command import CLIP, COMMAND, LABELS, MODEL, PACKS, ROOT, assert_error, json_lines, run

sys.path.insert(0, str(ROOT / "Tests" / "python"))


def test_converted_it_needs_nothing_and_says_the_same(tmp_path):
    target = tmp_path / "one.safetensors"
    process = run("convert", MODEL, target)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    arguments = ["--labels", LABELS, "--json", "--top", 0]
    assert run("classify", CLIP, "--model", target, *arguments).stdout == run(
        "classify", CLIP, "--model", MODEL, *arguments).stdout


@pytest.mark.parametrize("storage", ["bf16", "int8"])
def test_stored_in_lower_precision_it_computes_in_it(tmp_path, storage):
    target = tmp_path / "lower.safetensors"
    assert run("convert", MODEL, target, "--storage", storage).returncode == 0
    assert target.stat().st_size < MODEL.stat().st_size
    (info,) = json_lines(run("info", target, "--json"))
    assert info["compute_type"] == storage
    arguments = ["--labels", LABELS, "--json", "--top", 0]
    stored = run("classify", CLIP, "--model", target, *arguments)
    assert stored.stdout == run("classify", CLIP, "--model", MODEL, "--compute", storage, *arguments).stdout
    (info,) = json_lines(run("info", target, "--json", "--compute", "fp32"))
    assert info["compute_type"] == "fp32"
    assert_error(run("convert", target, tmp_path / "wide", "--storage", "fp32"), "loaded in " + storage)
    assert not (tmp_path / "wide").exists()


@pytest.mark.parametrize("storage", ["bf16", "int8"])
@pytest.mark.parametrize("path", [MODEL, PACKS / "transf" / "checkpoint.pt"], ids=["safetensors", "torch"])
def test_rounded_while_it_is_read_or_when_it_is_written_it_is_the_same(tmp_path, path, storage):
    files = [tmp_path / "read.safetensors", tmp_path / "written.safetensors"]
    assert run("convert", path, files[0], "--storage", storage).returncode == 0
    assert run("convert", path, files[1], "--storage", storage, "--compute", "fp32").returncode == 0
    (read, its), (written, others) = map(header_and_data, files)
    assert its.pop("actionclip.converted_options") == f"storage={storage}"
    assert others.pop("actionclip.converted_options") == f"storage={storage} compute=fp32"
    assert (read, its) == (written, others)


@pytest.mark.parametrize("storage", ["fp32", "fp16"])
def test_what_is_stored_wide_is_read_while_it_is_written(tmp_path, storage):
    """In less memory than the matrices take: no model is made of them."""
    pytest.importorskip("numpy")
    from random_model import random_model

    path, target = tmp_path / "model.safetensors", tmp_path / "target.safetensors"
    random_model(path, 768, 512, 2)
    # By way of a small process: a child's largest memory is no less than its parent's at its start.
    process = subprocess.run(
        [sys.executable, "-c", LARGEST, COMMAND, "convert", path, target, "--storage", storage],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    size = path.stat().st_size
    assert target.stat().st_size > 0.45 * size and int(process.stdout) < 0.8 * size


#: Runs a command and prints the largest memory that it took, in bytes.
LARGEST = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(1024 * usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def header_and_data(path):
    """The tensors' places and bytes, and the metadata of a safetensors file."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    metadata = header.pop("__metadata__")
    return (header, data[end:]), metadata


def test_a_source_that_changes_meanwhile_is_refused(tmp_path):
    path, target = tmp_path / "model.safetensors", tmp_path / "target.safetensors"
    path.write_bytes(MODEL.read_bytes())
    old = 10**9
    os.utime(path, ns=(old, old))
    stop = threading.Event()

    def touch():
        time = old
        while not stop.is_set():
            time += 1
            os.utime(path, ns=(time, time))

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        assert_error(run("convert", path, target), "changed while it was read")
    finally:
        stop.set()
        thread.join()
    assert not target.exists()


@pytest.mark.parametrize("given, ns", [("0.36", 360_000_000), ("2", 2 * 10**9), ("0.000000001", 1), ("86400", 86400 * 10**9)])
def test_the_frame_interval_is_exact_and_can_be_taken_away(tmp_path, given, ns):
    target, without = tmp_path / "one.safetensors", tmp_path / "without.safetensors"
    assert run("convert", MODEL, target, "--frame-interval", given).returncode == 0
    (info,) = json_lines(run("info", target, "--json"))
    assert info["frame_interval_ns"] == ns
    assert f", {given} s apart" in run("info", target).stdout
    assert run("convert", target, without, "--frame-interval", "none").returncode == 0
    (info,) = json_lines(run("info", without, "--json"))
    assert info["frame_interval_ns"] is None and "apart" not in run("info", without).stdout


def test_frame_intervals_that_are_none_are_refused(tmp_path):
    for wrong in ["0", "-1", "0.0000000001", "86400.1", ".5", "1.", "1e3", "inf", "", "0,36", "1 s"]:
        process = run("convert", MODEL, tmp_path / "out", f"--frame-interval={wrong}")
        assert process.returncode == 64 and "--frame-interval" in process.stderr
    assert not (tmp_path / "out").exists()


def test_a_causal_model_says_so(tmp_path):
    target = tmp_path / "causal.safetensors"
    assert run("convert", MODEL, target, "--temporal-shift", "causal").returncode == 0
    (info,) = json_lines(run("info", target, "--json"))
    assert (info["temporal_shift"], info["shift_causal"]) == (True, True)
    assert "temporal shift" in (table := run("info", target).stdout) and "causal" in table
    assert_error(run("info", target, "--temporal-shift", "on"), "temporal_shift on was asked for, but the file says causal")


def notes(path):
    (info,) = json_lines(run("info", path, "--json"))
    return {note["key"]: note["text"] for note in info["notes"]}


def test_the_file_says_where_it_is_from(tmp_path):
    target = tmp_path / "one.safetensors"
    arguments = ["--frames", 4, "--description", "A test.", "--license", "MIT", "--source", "here"]
    assert run("convert", MODEL, target, *arguments, "--label", "yoga", "--label", "archery").returncode == 0
    found = notes(target)
    assert found["converted_from"] == MODEL.name
    assert found["converted_sha256"] == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert (found["converted_family"], found["converted_options"]) == ("CLIP", "storage=fp32 frames=4")
    assert found["converted_by"].startswith("libactionclip ")
    assert (found["description"], found["license"], found["source"]) == ("A test.", "MIT", "here")
    (info,) = json_lines(run("info", target, "--json"))
    assert (info["labels"], info["frames"]) == (["yoga", "archery"], 4)
    # Converted once more, it tells of that.
    again = tmp_path / "two.safetensors"
    assert run("convert", target, again, "--storage", "fp16").returncode == 0
    assert notes(again) == {**found, "converted_from": "one.safetensors",
                            "converted_sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
                            "converted_options": "storage=fp16"}


@pytest.mark.parametrize("storage", ["fp32", "fp16", "bf16", "int8"])
def test_what_was_written_is_verified(tmp_path, storage):
    target = tmp_path / "one.safetensors"
    process = run("convert", MODEL, target, "--storage", storage, "--verify")
    assert process.returncode == 0, process.stderr
    said = ", lowest cosine 0.99999" if storage == "fp16" else "have the same bits"
    assert process.stdout.startswith("verified: 2 videos of 8 frames and 8 texts") and said in process.stdout
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("pack", sorted(path.parent for path in PACKS.glob("*/checkpoint.pt")), ids=lambda p: p.name)
def test_every_option_is_kept_and_verified(tmp_path, pack):
    target = tmp_path / "one.safetensors"
    process = run("convert", pack / "checkpoint.pt", target, "--verify")
    assert process.returncode == 0, process.stderr
    assert "have the same bits" in process.stdout


def test_templates_go_into_the_file(tmp_path):
    target, texts = tmp_path / "one.safetensors", tmp_path / "templates.txt"
    texts.write_text("a clip of {}\n{} in a film\n")
    assert run("convert", MODEL, target, "--templates", texts).returncode == 0
    (info,) = json_lines(run("info", target, "--json"))
    assert info["templates"] == ["a clip of {}", "{} in a film"]


def test_what_cannot_be_written_is_named(tmp_path):
    assert_error(run("convert", MODEL, tmp_path / "none" / "file"), "none/file")
    assert_error(run("convert", tmp_path / "none", tmp_path / "file"), str(tmp_path / "none"))
    assert_error(run("convert", MODEL, tmp_path / "file", "--storage", "int4"), "int4", code=64)

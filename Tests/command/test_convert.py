"""Models written as one file by the command."""

import pytest
from actionclip_command import CLIP, LABELS, MODEL, assert_error, json_lines, run


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


def test_what_cannot_be_written_is_named(tmp_path):
    assert_error(run("convert", MODEL, tmp_path / "none" / "file"), "none/file")
    assert_error(run("convert", tmp_path / "none", tmp_path / "file"), str(tmp_path / "none"))
    assert_error(run("convert", MODEL, tmp_path / "file", "--storage", "int4"), "int4", code=64)

"""The SHA-256 of a model's file: shown by info, and expected by every subcommand that loads a model."""

import hashlib

import pytest
from actionclip_command import CLIP, MODEL, assert_error, json_lines, run

RIGHT = hashlib.sha256(MODEL.read_bytes()).hexdigest()
WRONG = RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1")


@pytest.mark.parametrize("option", [["--hash"], ["--sha256", RIGHT], ["--sha256", RIGHT.upper(), "--hash"]])
def test_info_shows_it(option):
    (info,) = json_lines(run("info", MODEL, "--json", *option))
    assert info["sha256"] == RIGHT
    process = run("info", MODEL, *option)
    assert process.returncode == 0, process.stderr
    rows = {line[:14].strip(): line[16:] for line in process.stdout.splitlines()}
    assert rows["sha256"] == RIGHT


def test_another_file_is_refused_by_name(tmp_path):
    process = run("info", MODEL, "--sha256", WRONG)
    assert_error(process, MODEL, RIGHT, WRONG)
    assert process.stdout == ""
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(MODEL.read_bytes()[:-1000])
    assert_error(run("info", damaged, "--sha256", RIGHT), "damaged.safetensors", "SHA-256", RIGHT)


def test_every_subcommand_that_loads_a_model_expects_it(tmp_path):
    out = tmp_path / "out.safetensors"
    for arguments in (
        ["classify", CLIP, "--model", MODEL, "--label", "walking"],
        ["timeline", CLIP, "--model", MODEL, "--label", "walking", "--label", "running"],
        ["convert", MODEL, out],
    ):
        assert_error(run(*arguments, "--sha256", WRONG), "SHA-256", RIGHT)
        assert not out.exists()
        process = run(*arguments, "--sha256", RIGHT)
        assert process.returncode == 0, process.stderr
    assert out.exists()


def test_the_default_model_may_be_expected_too():
    process = run("info", "--sha256", WRONG, env={"ACTIONCLIP_MODEL": str(MODEL)})
    assert_error(process, MODEL, RIGHT)
    assert run("info", "--sha256", RIGHT, env={"ACTIONCLIP_MODEL": str(MODEL)}).returncode == 0

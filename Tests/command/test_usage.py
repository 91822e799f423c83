import platform
import re

import pytest
from actionclip_command import MODEL, ROOT, assert_error, run

#: An instruction set of another architecture.
OTHERS = "neon_dot" if platform.machine() == "x86_64" else "avx2"
SUBCOMMANDS = ["classify", "info", "list", "tokenize", "parity"]


def header_version():
    header = (ROOT / "include" / "actionclip.h").read_text()
    number = lambda name: re.search(rf"#define ACTIONCLIP_{name} (\d+)", header)[1]
    version = ".".join(number(f"VERSION_{part}") for part in ["MAJOR", "MINOR", "PATCH"])
    return version, number("ABI_VERSION")


def test_version_is_the_headers():
    version, abi = header_version()
    process = run("--version")
    assert process.returncode == 0
    first, second = process.stdout.splitlines()
    assert first == f"actionclip {version}, libactionclip {version}, ABI {abi}"
    assert "FFmpeg" in second


def test_without_arguments_it_says_what_there_is():
    process = run()
    assert process.returncode == 0
    for name in SUBCOMMANDS:
        assert f"\n  {name} " in process.stdout


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_each_subcommand_explains_itself(name):
    for process in [run(name, "--help"), run("help", name)]:
        assert process.returncode == 0
        assert f"USAGE: actionclip {name}" in process.stdout
        assert process.stderr == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["walk"], ["walk", "actionclip --help"]),
        (["--walk"], ["--walk", "actionclip --help"]),
        (["classify"], ["video", "actionclip classify --help"]),
        (["classify", "a.mp4", "--model", "m", "--labels", "l", "--label", "x"], ["not both"]),
        (["classify", "a.mp4", "--model", "m", "--label", "x", "--head", "tail"], ["tail", "Conv_1D"]),
        (["classify", "a.mp4", "--model", "m", "--label", "x", "--joint", "maybe"], ["maybe", "on"]),
        (["classify", "a.mp4", "--model", "m", "--label", "x", "--top", "-1"], ["--top"]),
        (["classify", "a.mp4", "--model", "m", "--label", "x", "--frames", "many"], ["many"]),
        (["info", "m", "--threads", "many"], ["many", "--threads"]),
        (["info", "m", "--instructions", "fast"], ["'fast'", "one of the following: auto, portable, "]),
        (["info", "m", "--instructions", OTHERS], [f"'{OTHERS}'", "auto, portable, "]),
        (["info", "m", "--sha256", "12ab"], ["12ab", "--sha256"]),
        (["info", "m", "--sha256", "g" * 64], ["ggg", "--sha256"]),
        (["info", "m", "--sha256", "é" * 32], ["--sha256"]),
        (["tokenize", "--tokenizer", "t", "--truncate"], ["--model"]),
        (["parity"], ["dir"]),
    ],
)
def test_wrong_usage_is_one_line_and_64(arguments, words):
    process = run(*arguments)
    assert_error(process, *words, code=64)
    assert process.stdout == ""


def test_a_file_whose_name_begins_as_an_option_is_named_as_it_should_be(tmp_path):
    for name in ["-lead.mp4", "--lead.mp4"]:
        (tmp_path / name).touch()
        for command in ["classify", "embed"]:
            assert_error(run(command, name, cwd=tmp_path), f"the file of that name is ./{name} (see: ", code=64)
    assert "the file" not in run("classify", "-lost.mp4", cwd=tmp_path).stderr


@pytest.mark.parametrize("number", [-1, 257])
@pytest.mark.parametrize("form", ["--threads={}", "--threads {}"])
def test_a_number_of_threads_out_of_range_is_told_with_the_range(number, form):
    assert_error(run("info", MODEL, *form.format(number).split()), f"threads is {number}, expected 0 to 256")
    assert "1 to 256" in run("info", "--help").stdout


def test_the_environment_is_in_the_help_and_a_bad_number_of_threads_names_the_option():
    for name in ["ACTIONCLIP_MODEL", "ACTIONCLIP_THREADS", "ACTIONCLIP_INSTRUCTIONS"]:
        assert name in run("--help").stdout
    process = run("info", MODEL, env={"ACTIONCLIP_THREADS": "many"})
    assert_error(process, "ACTIONCLIP_THREADS is 'many'", "a number of threads (--threads)")


def test_output_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w") as full:
        assert_error(run("--version", stdout=full), "standard output")


@pytest.mark.parametrize("command", ["classify", "timeline", "info"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_address_is_refused_without_its_secrets(command, form):
    process = run(command, "rtsp://user:hush@cam/1?key=hush", *form)
    said = process.stdout + process.stderr
    assert process.returncode == 1 and "hush" not in said
    assert "rtsp://***@cam/1" in said and "only files are read" in said

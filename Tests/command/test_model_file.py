"""Models in one file, and the default model."""

import json

import pytest
from actionclip_command import CLIP, LABELS, MERGES, MODEL, assert_error, json_lines, run, with_metadata

NAMES = LABELS.read_text().splitlines()


@pytest.fixture(scope="module")
def one_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "model.safetensors"
    return with_metadata(
        path, labels=json.dumps(NAMES), templates='["{}", "a video of {} now"]', merges=MERGES.read_text(),
        description="For a\x1b[2J test", license="MIT",
    )


@pytest.fixture
def by_default(one_file):
    return {"ACTIONCLIP_MODEL": str(one_file)}


def test_labels_templates_and_merges_from_the_file(one_file):
    own = run("classify", CLIP, "--model", one_file, "--json", "--top", 0)
    assert own.returncode == 0, own.stderr
    said = run(
        "classify", CLIP, "--model", MODEL, "--labels", LABELS, "--template", "{}",
        "--template", "a video of {} now", "--json", "--top", 0)
    # With a file in the single-file form only the activation is assumed.
    answers = [{key: value for key, value in json_lines(process)[0].items() if key != "notes"} for process in (own, said)]
    assert answers[0] == answers[1]
    # Options go before the contents of the file.
    other = run("classify", CLIP, "--model", one_file, "--label", "tea", "--template", "{}", "--json")
    assert [entry["label"] for entry in json_lines(other)[0]["labels"]] == ["tea"]


def test_without_labels_anywhere_it_says_what_to_do():
    assert_error(run("classify", CLIP, "--model", MODEL), "--labels", "--label")


def test_info(one_file):
    (info,) = json_lines(run("info", one_file, "--json"))
    assert info["labels"] == NAMES and info["templates"] == ["{}", "a video of {} now"]
    assert (info["license"], info["source"], info["has_tokenizer"]) == ("MIT", None, True)
    process = run("info", one_file)
    rows = {line[:14].strip(): line[16:] for line in process.stdout.splitlines()}
    assert (rows["labels"], rows["templates"], rows["license"]) == (str(len(NAMES)), "2", "MIT")
    assert rows["description"].startswith("For a") and "\x1b" not in process.stdout


def test_the_default_model(one_file, by_default):
    named = run("classify", CLIP, "--model", one_file, "--json")
    assert run("classify", CLIP, "--json", env=by_default).stdout == named.stdout
    (info,) = json_lines(run("info", "--json", env=by_default))
    assert info["path"] is None and info["labels"] == NAMES
    assert "the default model" in run("info", env=by_default).stdout
    by_model = run("tokenize", "--model", one_file, stdin='"run"\n')
    assert run("tokenize", "--truncate", stdin='"run"\n', env=by_default).stdout == by_model.stdout != ""


@pytest.mark.parametrize("arguments", [["classify", CLIP, "--label", "a"], ["info"], ["tokenize"]], ids=str)
def test_no_default_model(tmp_path, arguments):
    process = run(*arguments, env={"ACTIONCLIP_MODEL": str(tmp_path / "none")})
    assert_error(process, tmp_path / "none", "ACTIONCLIP_MODEL", "give a path")


def test_a_file_that_contradicts_itself_or_the_options(tmp_path):
    path = with_metadata(tmp_path / "m.safetensors", head="LSTM")
    assert_error(run("info", path), "m.safetensors", "'actionclip.head'", "Transf")
    path = with_metadata(tmp_path / "m.safetensors", activation="GELU")
    assert_error(run("info", path, "--activation", "quickgelu"), "GELU", "'actionclip.activation'")
    path = with_metadata(tmp_path / "m.safetensors", frames="3")
    assert_error(run("info", path, "--frames", 5), "frames 5", "'actionclip.frames'")

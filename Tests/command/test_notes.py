"""Notes about a model beside its answers: assumed properties, and labels that it never learned."""

import json
import shutil

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, json_lines, run

FAMILIES = ROOT / "Tests" / "fixtures" / "families"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"


def notes_of(command, tmp_path, *arguments):
    """The warnings on standard error, and the notes in the JSON."""
    if command == "eval":
        (tmp_path / "list.txt").write_text(f"{CLIP} 0\n")
        process = run("eval", tmp_path / "list.txt", "--json", "-", *arguments)
        notes = json.loads(process.stdout)["notes"]
    else:
        process = run(command, CLIP, CLIP, "--json", *arguments)
        lines = json_lines(process)
        notes = lines[0]["notes"]
        assert len(lines) == 2 and lines[1]["notes"] == notes
    assert process.returncode == 0, process.stderr
    warnings = [line for line in process.stderr.splitlines() if line.startswith("actionclip: warning: ")]
    return [line.removeprefix("actionclip: warning: ") for line in warnings], notes


@pytest.mark.parametrize("command", ["classify", "timeline", "eval"])
def test_an_assumed_activation_is_said_once(command, tmp_path):
    warnings, notes = notes_of(command, tmp_path, "--model", MODEL, "--labels", LABELS)
    assert warnings == notes and len(notes) == 2
    assert "QuickGELU is assumed" in notes[0] and "--activation" in notes[0]
    assert "attention heads" in notes[1]  # a width for which no number is usual
    told, _ = notes_of(command, tmp_path, "--model", MODEL, "--labels", LABELS, "--activation", "quickgelu")
    assert told == notes[1:]
    shapes = notes_of(command, tmp_path, "--model", SHAPES)
    assert shapes == ([], [])


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["info", FAMILIES / "vifi_clip.pth"], "--base"),
        (["info", "{lonely}/open_clip_model.safetensors"], "--activation"),
        (["info", "{lonely}/open_clip_model.safetensors"], "--open-clip-name"),
        (["tokenize", "--model", "{lonely}/model.safetensors", "--text", '"run"'], "--tokenizer"),
    ],
)
def test_a_hint_names_the_flag_of_the_command_and_nothing_else(tmp_path, arguments, flag):
    shutil.copy(FAMILIES / "open_clip" / "open_clip_model.safetensors", tmp_path)
    shutil.copy(MODEL, tmp_path / "model.safetensors")
    process = run(*(str(part).replace("{lonely}", str(tmp_path)) for part in arguments))
    assert_error(process, f"({flag})")
    assert "(option" not in process.stderr and "=)" not in process.stderr and "_path" not in process.stderr


def test_an_assumption_names_the_flag_of_the_command(tmp_path):
    warnings, _ = notes_of("classify", tmp_path, "--model", MODEL, "--labels", LABELS)
    assert warnings[1].endswith("(--open-clip-name)")


@pytest.mark.parametrize("command", ["classify", "timeline", "eval"])
def test_labels_that_the_default_model_never_learned_are_said(command, tmp_path):
    labels = tmp_path / "labels.txt"
    labels.write_text("ice skating\nmoving left\nplaying cello\n")
    warnings, notes = notes_of(command, tmp_path, "--model", SHAPES, "--labels", labels)
    assert warnings == notes and len(notes) == 1
    assert "never learned 'ice', 'skating'" in notes[0] and "1 more of 3 labels" in notes[0]
    assert "Coloured shapes" in notes[0] and "openai/clip-vit-base-patch16" in notes[0]
    labels.write_text("moving left\nGrowing\n")
    assert notes_of(command, tmp_path, "--model", SHAPES, "--labels", labels) == ([], [])


def test_info_says_what_the_vocabulary_is():
    assert "words that the model learned and no others" in run("info", SHAPES).stdout
    assert "62 labels" in json.loads(run("info", SHAPES, "--json").stdout)["vocabulary_note"]
    assert json.loads(run("info", MODEL, "--json").stdout)["vocabulary_note"] is None


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("classfy", "classify"), ("clasify", "classify"), ("class", "classify"), ("CLASSIFY", "classify"),
        ("tokenise", "tokenize"), ("time-line", "timeline"), ("evla", "eval"), ("inof", "info"), ("covnert", "convert"),
    ],
)  # fmt: skip
def test_a_command_that_there_is_not_names_the_one_that_was_meant(given, meant):
    for arguments in ([given], [given, "a.mp4", "--label", "x"], [given, "--help"], ["help", given]):
        process = run(*arguments)
        assert (process.returncode, process.stdout) == (64, "")
        assert f"unknown command '{given}'; did you mean '{meant}'?" in process.stderr


def test_a_file_in_place_of_a_command_is_told_what_to_do_with_it():
    said = run(CLIP).stderr
    assert f"actionclip classify '{CLIP}'" in said and f"actionclip info '{CLIP}'" in said
    assert "there are classify, timeline" in run("swim").stderr


def test_an_option_that_there_is_not_names_the_one_that_was_meant():
    assert "Did you mean '--labels'" in run("classify", "a.mp4", "--lable", "x").stderr
    assert "'fp32', 'bf16' or 'int8'" in run("classify", "a.mp4", "--compute", "fp23").stderr


def test_a_model_of_hugging_face_is_named_as_there(tmp_path):
    revision = "0123456789abcdef0123456789abcdef01234567"
    model = tmp_path / "models--owner--clip"
    folder = model / "snapshots" / revision
    for path in (folder, model / "refs"):
        path.mkdir(parents=True)
    (model / "refs" / "main").write_text(revision)
    for name in ("untrained.safetensors", "merges.txt"):
        target = "model.safetensors" if name.startswith("un") else name
        (folder / target).symlink_to(MODEL.with_name(name))
    env = {"HF_HUB_CACHE": str(tmp_path)}
    found = run("classify", CLIP, "--labels", LABELS, "--json", "--model", "owner/clip", env=env)
    assert found.stdout == run("classify", CLIP, "--labels", LABELS, "--json", "--model", MODEL).stdout
    (tmp_path / "list.txt").write_text(f"{CLIP} 0\n")
    process = run("eval", tmp_path / "list.txt", "--labels", LABELS, "--model", "owner/clip",
                  "--predictions", tmp_path / "done.jsonl", env=env)  # fmt: skip
    assert process.returncode == 0, process.stderr
    missing = run("info", "owner/other", env=env)
    assert missing.returncode == 1 and "'hf download owner/other' downloads it" in missing.stderr


@pytest.mark.parametrize("command", ["classify", "timeline"])
def test_a_lone_label_is_said_to_tell_nothing(command, tmp_path):
    warnings, notes = notes_of(command, tmp_path, "--model", SHAPES, "--label", "growing")
    assert warnings == notes and len(notes) == 1 and "only label always has 100 %" in notes[0]
    assert notes_of(command, tmp_path, "--model", SHAPES, "--label", "growing", "--label", "shrinking") == ([], [])


def test_watch_says_so_of_a_lone_label_too():
    process = run("watch", CLIP, "--pace", "fast", "--model", SHAPES, "--label", "growing")
    assert process.returncode == 0 and process.stderr.count("only label always has 100 %") == 1

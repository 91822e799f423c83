"""SigLIP on the command line: what info says, rows of tokens, labels that are scored each by itself."""

import json
import shutil

import pytest
from actionclip_command import CLIP, ROOT, assert_error, json_lines, run

FOLDER = ROOT / "Tests/fixtures/siglip/hugging_face"


def test_info_says_how_labels_are_scored():
    process = run("info", FOLDER, "--json")
    assert process.returncode == 0, process.stderr
    info = json.loads(process.stdout)
    assert info["sigmoid_scores"] is True and info["logit_bias"] == pytest.approx(-12.5)
    assert (info["activation"], info["resize"], info["image_size"]) == ("GELU-tanh", "square", 20)
    table = run("info", FOLDER).stdout
    assert "each label by itself: sigmoid, bias -12.500" in table


def probabilities(*labels, arguments=()):
    given = [part for label in labels for part in ("--label", label)]
    process = run("classify", CLIP, "--model", FOLDER, "--template", "{}", *given, "--json", "--top", 0, *arguments)
    assert process.returncode == 0, process.stderr
    (line,) = json_lines(process)
    return {entry["label"]: entry["probability"] for entry in line["labels"]}


def test_one_label_more_changes_no_other():
    two, three = probabilities("swimming", "playing"), probabilities("swimming", "playing", "surfing")
    assert all(three[label] == pytest.approx(two[label], rel=1e-6) for label in two)
    assert 0 < sum(three.values()) < 0.5
    # The trained scale is the usual one.
    assert probabilities("swimming", "playing", arguments=["--scale", "90.0171"]) == pytest.approx(two, rel=1e-3)
    assert probabilities("swimming", "playing", arguments=["--scale", "50"]) != pytest.approx(two, rel=1e-3)


def evaluated(tmp_path, *arguments):
    """The scale that eval tells."""
    (tmp_path / "list.csv").write_text(f"{CLIP},0\n")
    process = run("eval", tmp_path / "list.csv", "--model", FOLDER, "--json", "-", *arguments)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)["scale"]


@pytest.mark.parametrize(("arguments", "scale"), [([], 90.0171), (["--scale", 0], 90.0171), (["--scale", 50], 50)])
def test_eval_tells_the_scale(tmp_path, arguments, scale):
    (tmp_path / "labels.txt").write_text("swimming\nplaying\n")
    assert evaluated(tmp_path, "--labels", tmp_path / "labels.txt", *arguments) == pytest.approx(scale, rel=1e-5)


def test_tokens_with_and_without_the_model(tmp_path):
    text = json.dumps("Dance in the snow!") + "\n"
    (row,) = json_lines(run("tokenize", "--model", FOLDER, stdin=text))
    (ids,) = json_lines(run("tokenize", "--tokenizer", FOLDER / "spiece.model", stdin=text))
    assert row == ids + [1] * (48 - len(ids)), "padding is seen by the model too"
    assert_error(run("tokenize", "--tokenizer", FOLDER / "spiece.model", "--markers", stdin=text), "markers")


def test_a_piece_in_the_place_of_clips_marker_is_a_piece(tmp_path):
    """CLIP's start marker is the vocabulary's last id but one; a SigLIP may have any piece there."""
    folder = tmp_path / "folder"
    shutil.copytree(FOLDER, folder)
    contents, pieces, at = (folder / "spiece.model").read_bytes(), [], 0
    while contents[at] == 0x0A:  # a piece, of fewer than 128 bytes
        end = at + 2 + contents[at + 1]
        pieces.append(contents[at:end])
        at = end
    one = next(i for i, piece in enumerate(pieces) if "\u2581a".encode() + b"\x15" in piece)
    pieces[one], pieces[-2] = pieces[-2], pieces[one]
    (folder / "spiece.model").write_bytes(b"".join(pieces) + contents[at:])
    (row,) = json_lines(run("tokenize", "--model", folder, "--text", '"a"'))
    assert row == [len(pieces) - 2] + [1] * 47


def test_convert_makes_one_file(tmp_path):
    path = tmp_path / "siglip.safetensors"
    process = run("convert", FOLDER, path, "--storage", "int8", "--verify")
    assert process.returncode == 0, process.stderr
    text = json.dumps("dance") + "\n"
    assert run("tokenize", "--model", path, stdin=text).stdout == run("tokenize", "--model", FOLDER, stdin=text).stdout
    info = json.loads(run("info", path, "--json").stdout)
    assert info["sigmoid_scores"] is True and info["compute_type"] == "int8" and info["image_size"] == 20


def test_a_taught_classifier_scores_a_stream_as_it_scores_its_file(tmp_path):
    """At the scale of its calibration, not at the one that the model's words are scored at."""
    path, examples = tmp_path / "my.classifier", tmp_path / "examples.jsonl"
    story = ROOT / "examples" / "shapes.mp4"
    clips = [{"path": str(story), "label": label, "start": start, "end": start + 1}
             for start, label in [(0, "left"), (1, "left"), (3, "growing"), (4, "growing")]]  # fmt: skip
    examples.write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    process = run("adapt", "--model", FOLDER, examples, "--out", path)
    assert process.returncode == 0, process.stderr
    common = [story, "--model", FOLDER, "--classifier", path, "--on", 0.2, "--off", 0.1, "--min-on", 0]
    watched = run("watch", *common, "--pace", "fast")
    assert watched.returncode == 0, watched.stderr
    (line,) = json_lines(run("timeline", *common, "--method", "hysteresis", "--json"))
    ended = [event for event in json_lines(watched) if event["event"] == "ended"]
    assert ended and line["segments"] == [
        {"start": e["start"], "end": e["end"], "label": e["label"], "probability": e["mean"]} for e in ended
    ]
    assert evaluated(tmp_path, "--classifier", path) is None, "a classifier has its own"

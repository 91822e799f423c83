"""A model whose file names another family's preprocessing and choice of frames."""

import json

import pytest
from actionclip_command import CLIP, LABELS, MERGES, MODEL, assert_error, json_lines, run, with_metadata

X_CLIP = {"resize": "mmaction2", "mean": "0.485 0.456 0.406", "std": "0.229 0.224 0.225", "sampling": "mmaction2"}
FRAMES = 100  # of the clip


def file_with(path, **preset):
    return with_metadata(path, merges=MERGES.read_text(), **preset)


@pytest.fixture(scope="module")
def x_clip(tmp_path_factory):
    return file_with(tmp_path_factory.mktemp("preset") / "model.safetensors", **X_CLIP)


def classify(model, *arguments):
    process = run("classify", CLIP, "--model", model, "--labels", LABELS, "--json", "--top", 0, *arguments)
    assert process.returncode == 0, process.stderr
    (line,) = json_lines(process)
    return line


def chances(line):
    return {entry["label"]: entry["probability"] for entry in line["labels"]}


def test_frames_are_those_of_the_model_s_rule(x_clip, tmp_path):
    usual, own = classify(MODEL), classify(x_clip)
    count = len(usual["frames"])
    assert usual["frames"] == [int(i * FRAMES / count + (FRAMES / count - 1) / 2) for i in range(count)]
    assert own["frames"] == [int(i * (FRAMES / count) + FRAMES / count / 2) for i in range(count)]
    assert own["frames"] != usual["frames"] and chances(own) != chances(usual)


def test_info_tells_the_preset(tmp_path):
    path = file_with(tmp_path / "model.safetensors", **{**X_CLIP, "sampling": "Open-VCLIP", "short_side": "130"})
    (info,) = json_lines(run("info", path, "--json"))
    assert (info["resize"], info["short_side"], info["sampling"]) == ("mmaction2", 130, "open-vclip")
    assert info["mean"] == pytest.approx([0.485, 0.456, 0.406])
    assert info["std"] == pytest.approx([0.229, 0.224, 0.225])
    table = run("info", path).stdout
    assert "sampling        open-vclip\n" in table
    assert "resize          mmaction2, short side 130, mean " in table


def test_another_resize_leaves_the_rest_of_the_preset(x_clip, tmp_path):
    named = classify(x_clip, "--resize", "mmaction2")
    assert named == classify(x_clip)
    other = file_with(tmp_path / "model.safetensors", **{**X_CLIP, "resize": "CLIP"})
    assert classify(x_clip, "--resize", "clip") == classify(other) != named
    assert classify(MODEL, "--resize", "mmaction2") != classify(MODEL)


def test_eval_and_timeline_see_what_classify_sees(x_clip, tmp_path):
    table = tmp_path / "list.csv"
    table.write_text(f"{CLIP},0\n")
    expected = list(chances(classify(x_clip)).values())
    out, report = tmp_path / "scores.jsonl", tmp_path / "report.json"
    process = run(
        "eval", table, "--model", x_clip, "--labels", LABELS, "--predictions", out, "--json", report)
    assert process.returncode == 0, process.stderr
    line = json.loads(out.read_text().splitlines()[-1])
    assert sorted(line["scores"], reverse=True) == pytest.approx(expected)
    assert json.loads(report.read_text())["resize"] == "mmaction2"
    # One window over the whole clip.
    process = run("timeline", CLIP, "--model", x_clip, "--labels", LABELS, "--window", 60, "--json")
    (segment,) = json_lines(process)[0]["segments"]
    assert segment["label"] == next(iter(chances(classify(x_clip))))
    assert segment["probability"] == pytest.approx(expected[0], rel=1e-5)


@pytest.mark.parametrize(
    ("key", "value"), [("resize", "opencv"), ("mean", "0.5"), ("std", "0 0 0"), ("sampling", "dense"), ("short_side", "1")])
def test_a_preset_that_cannot_be_is_named(tmp_path, key, value):
    assert_error(run("info", file_with(tmp_path / "model.safetensors", **{key: value})), f"'actionclip.{key}'")

"""Described labels, and weights of templates chosen by videos."""

import json
import os
import re

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, json_lines, run

NAMES = LABELS.read_text().splitlines()
SHAPES = ROOT / "examples" / "shapes.mp4"


def probabilities(*arguments):
    process = run("classify", CLIP, "--model", MODEL, "--json", "--top", 0, *arguments)
    assert process.returncode == 0, process.stderr
    return {entry["label"]: entry["probability"] for entry in json_lines(process)[0]["labels"]}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_labels_are_scored_by_their_descriptions(tmp_path):
    labels = write(tmp_path / "labels.txt", "walking\nrunning\n")
    plain = probabilities("--labels", labels, "--template", "a person {}")
    for content in (
        {"walking": ["a person {}"], "running": ["a person {}"], "other": ["x"]},
        {"0": "a person walking", "1": "a person running"},
        {"walking": "a person {}", "running": [{"text": "a person {}", "weight": 2}, {"text": "x", "weight": 0}]},
    ):
        described = write(tmp_path / "descriptions.json", content)
        found = probabilities("--labels", labels, "--descriptions", described)
        assert found == pytest.approx(plain, abs=1e-5)
    # Without --labels the keys are the labels.
    described = write(tmp_path / "descriptions.json", {"walking": "a person {}", "running": "a person {}"})
    assert probabilities("--descriptions", described) == pytest.approx(plain, abs=1e-5)


def test_timeline_and_eval_take_descriptions(tmp_path):
    labels = write(tmp_path / "labels.txt", "walking\nrunning\n")
    described = write(tmp_path / "descriptions.json", {"walking": ["a {}", "on foot"], "running": "fast"})
    best = max((scores := probabilities("--descriptions", described)), key=scores.get)
    process = run("timeline", CLIP, "--model", MODEL, "--descriptions", described, "--window", 100, "--json")
    assert json_lines(process)[0]["segments"][0]["label"] == best
    videos = write(tmp_path / "list.txt", f"{CLIP},{best}\n")
    evaluate = ["eval", videos, "--model", MODEL, "--labels", labels, "--descriptions", described]
    journal = ["--predictions", tmp_path / "journal.jsonl", "--resume"]
    process = run(*evaluate, "--json", "-", *journal)
    found = json.loads(process.stdout)
    assert found["top1"]["accuracy"] == 1 and found["descriptions"] == str(described)
    write(described, {"walking": ["a {}", "on foot"], "running": "faster"})
    assert_error(run(*evaluate, *journal), "another templates")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[]", "a JSON object"), ("{", "a JSON object"), ('{"walking": 1}', "a JSON object"), ("{}", "a JSON object"),
        ('{"walking": "a"}', "no description of running"), ('{"walking": [], "running": "a"}', "walking has no text"),
        ('{"walking": "{} {}", "running": "a"}', "texts[0]"),
        ('{"walking": [{"text": "a", "weight": -1}], "running": "a"}', "weights[0]"),
    ],
)  # fmt: skip
def test_wrong_descriptions_are_named(tmp_path, content, word):
    labels = write(tmp_path / "labels.txt", "walking\nrunning\n")
    described = write(tmp_path / "descriptions.json", content)
    process = run("classify", CLIP, "--model", MODEL, "--labels", labels, "--descriptions", described)
    assert process.returncode == 1 and word in process.stderr.splitlines()[-1]


def test_descriptions_and_templates_are_not_mixed(tmp_path):
    described = write(tmp_path / "descriptions.json", {"walking": "a"})
    assert_error(run("classify", CLIP, "--descriptions", described, "--template", "{}"), "not both", code=64)


@pytest.fixture
def shapes_list(tmp_path):
    """The example of the shapes world, in parts of 1.5 seconds that show one action each."""
    story = re.findall(r" *([0-9.]+) s to +[0-9.]+ s  (.*)", (ROOT / "examples" / "shapes.txt").read_text())
    rows = [
        {"path": str(SHAPES), "label": label, "start": start, "end": start + 1.5}
        for begin, label in story
        for start in (float(begin), float(begin) + 1.5)
    ]
    assert len(rows) == 12
    return write(tmp_path / "list.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


ABSURD = ["banana {} invoice", "soup soup {} tax", "quantum receipt {}", "lawyer lawyer lawyer {}"]


def test_weights_are_chosen_and_kept_in_the_model(shapes_list, tmp_path):
    out = tmp_path / "weighted.safetensors"
    absurd = [part for text in ABSURD for part in ("--template", text)]
    process = run("prompts", shapes_list, *absurd, "--out", out, "--json")
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["origin"] in ("equal", "without labels", "fitted") and found["failures"] == []
    assert found["pool"] > 80 and found["videos"] == len(shapes_list.read_text().splitlines())
    assert found["chosen"]["top1"] >= found["equal"]["top1"]
    assert sum(one["weight"] for one in found["templates"]) == pytest.approx(1, abs=1e-5)
    assert not {one["template"] for one in found["templates"]} & set(ABSURD)
    info = json.loads(run("info", out, "--json").stdout)
    assert dict(zip(info["templates"], info["template_weights"])) == {
        one["template"]: one["weight"] for one in found["templates"]
    }
    # The model uses them where no others are named.
    (line,) = json_lines(run("classify", SHAPES, "--model", out, "--json"))
    assert line["error"] is None
    # For people, the same.
    said = run("prompts", shapes_list, *absurd).stdout
    assert "the model's own templates" in said and found["templates"][0]["template"] in said


def test_a_strength_of_the_prior_is_used_as_it_is(shapes_list):
    found = json.loads(run("prompts", shapes_list, "--strength", "0.5", "--json").stdout)
    assert (found["origin"], found["strength"]) == ("fitted", 0.5)
    assert found["folds"] == found["videos"]
    assert_error(run("prompts", shapes_list, "--strength", "-1"), "--strength", code=64)
    assert_error(run("prompts", shapes_list, "--strength", "1", "--unlabelled"), "--strength", code=64)


def test_weights_without_labels(shapes_list, tmp_path):
    paths = [json.loads(line)["path"] for line in shapes_list.read_text().splitlines()]
    listed = write(tmp_path / "paths.txt", "# all\n" + "\n".join(paths + [str(CLIP)]) + "\n")
    found = json.loads(run("prompts", listed, "--unlabelled", "--json").stdout)
    assert found["origin"] == "without labels" and found["equal"] is None and found["own_top1"] is None
    assert sum(one["weight"] for one in found["templates"]) == pytest.approx(1, abs=1e-5)


def test_a_pool_of_prefixes_and_suffixes(shapes_list, tmp_path):
    pool = write(
        tmp_path / "pool.json",
        {"templates": ["{}"], "prefixes": ["", "a video of"], "suffixes": ["", ", a clip", "at home"]},
    )
    found = json.loads(run("prompts", shapes_list, "--pool", pool, "--only-these", "--json").stdout)
    assert found["pool"] == 6  # "{}" is there twice
    lines = write(tmp_path / "pool.txt", "# mine\na video of {}\n{} at home\n")
    found = json.loads(run("prompts", shapes_list, "--pool", lines, "--only-these", "--json").stdout)
    assert {one["template"] for one in found["templates"]} <= {"a video of {}", "{} at home"} and found["pool"] == 2
    wrong = write(tmp_path / "pool.txt", "a video\n")
    assert_error(run("prompts", shapes_list, "--pool", wrong), "a video", "{}")
    assert_error(run("prompts", shapes_list, "--only-these"), "--pool or --template")


def test_prompts_without_videos(tmp_path):
    gone = write(tmp_path / "list.csv", "path,label\ngone.mp4,moving left\n")
    process = run("prompts", gone)
    assert process.returncode == 1 and "none of its videos" in process.stderr.splitlines()[-1]
    assert_error(run("prompts", tmp_path / "none.csv"), "No such file")
    out = os.path.join(tmp_path, "no", "folder.safetensors")
    assert_error(run("prompts", gone, "--out", out), "folder.safetensors")
    assert_error(run("prompts", gone, "--out", gone), "list.csv", "is read or written already")

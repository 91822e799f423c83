"""Classifiers taught by clips: adapt, and what classify, timeline and eval do with --classifier."""

import base64
import json
import re
import shutil
import struct
import xml.etree.ElementTree

import pytest
from actionclip_command import CLIP, MERGES, MODEL, ROOT, assert_error, json_lines, run

LESSON = ROOT / "examples" / "lesson"
ZIGZAG = ROOT / "examples" / "zigzag.mp4"
SHAPES = ROOT / "examples" / "shapes.mp4"
#: Seconds of examples/shapes.mp4 and the action in them; examples/shapes.txt has all.
PARTS = [(0, "moving left"), (3, "growing"), (6, "spinning clockwise"), (12, "shrinking"), (15, "moving down")]


def write(path, content):
    path.write_text(content)
    return path


def rows(*entries):
    """JSON lines of (path, label) or (path, label, start, end)."""
    names = ("path", "label", "start", "end")
    return "".join(json.dumps(dict(zip(names, (str(path), *rest)))) + "\n" for path, *rest in entries)


def adapt(*arguments):
    process = run("adapt", *arguments, "--json")
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def classify(video, *arguments):
    (line,) = json_lines(run("classify", video, "--json", *arguments))
    assert line["error"] is None
    return line


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A classifier that learned "zigzagging" by three clips."""
    path = tmp_path_factory.mktemp("taught") / "my.classifier"
    adapt(LESSON, "--out", path)
    return path


def test_a_classifier_in_a_model_s_place_and_the_reverse_are_told(taught):
    assert_error(run("classify", CLIP, "--model", taught), "taught classifier, not a model", "--classifier")
    assert_error(run("classify", CLIP, "--classifier", ROOT / "README.md"), "wanted here is a taught classifier")
    process = run("info", taught)
    rows = {line[:14].strip(): line[16:] for line in process.stdout.splitlines()}
    assert (process.returncode, process.stderr) == (0, "")
    assert rows["layout"] == "a taught classifier" and '"moving left"' in rows["labels"]
    assert re.fullmatch("[0-9a-f]{64}", rows["its model"])
    (found,) = json_lines(run("info", taught, "--json"))
    assert found["error"] is None and "layout: a taught classifier" in found["found"]


def test_three_clips_teach_an_action(taught):
    before = classify(ZIGZAG)["labels"][0]
    assert before["label"] != "zigzagging" and before["probability"] > 0.5
    line = classify(ZIGZAG, "--classifier", taught)
    assert line["labels"][0]["label"] == "zigzagging" and line["labels"][0]["probability"] > 0.9
    assert line["none_of_these"] is False
    # The words are not forgotten.
    old, new = classify(CLIP)["labels"][0], classify(CLIP, "--classifier", taught)["labels"][0]
    assert new["label"] == old["label"]
    assert classify(CLIP, "--classifier", taught)["none_of_these"] is False
    # No warning about the label that it learned by clips.
    assert "zigzagging" not in run("classify", ZIGZAG, "--classifier", taught).stderr


def test_the_report_is_for_people(tmp_path):
    out = tmp_path / "my.classifier"
    process = run("adapt", LESSON, "--out", out)
    said = process.stdout
    assert process.returncode == 0 and "zigzagging" in said and "better" in said
    assert re.search(r"words alone +0\.00 %", said) and re.search(r"with the clips +100\.00 %", said)
    assert re.search(r"none of these +said of .* less than \d+\.\d+ %", said) and "nats" not in said
    assert re.search(r"said wrongly +of 0 of 3 clips left out", said)
    assert re.search(r"said rightly +of \d of 3 clips of an unknown action", said)
    (command,) = re.findall(r"next: actionclip (.*) VIDEO", said)
    assert run(*(word.strip("'") for word in command.split(" ")), ZIGZAG).returncode == 0
    # Progress goes to standard error, a line for every tenth.
    assert "3 of 3 videos" in process.stderr


@pytest.mark.parametrize("method", ["auto", "words", "prototypes", "ridge"])
def test_the_report_on_two_labels_speaks_of_no_losses(tmp_path, method):
    for label in ("one", "two"):
        (tmp_path / "clips" / label).mkdir(parents=True)
        for name, clip in (("a.mp4", ZIGZAG), ("b.mp4", ROOT / "examples" / "clip.mp4")):
            (tmp_path / "clips" / label / name).write_bytes(clip.read_bytes())
    said = run("adapt", tmp_path / "clips", "--method", method, "--out", tmp_path / "my.classifier").stdout
    assert re.search(r"\n  method +\w+", said) and "nats" not in said


def test_the_report_as_json(tmp_path):
    found = adapt(LESSON)
    assert found["written"] is None and found["failures"] == [] and found["all_labels"] == 63
    assert found["words"]["top1"] == 0 and found["chosen"]["top1"] == 1
    (label,) = found["labels"]
    assert label["label"] == "zigzagging" and label["clips"] == 3 and label["right"] == 3
    assert [(clip["path"], clip["best"]) for clip in found["clips"]] == [
        (f"zigzagging/{number}.mp4", "zigzagging") for number in (1, 2, 3)
    ]
    assert 0 <= found["reject_threshold"] < 1 and found["known_accepted"] == 1


def test_parts_of_recordings_and_views(tmp_path):
    entries = [(SHAPES, label, start + half, start + half + 1.4) for start, label in PARTS for half in (0, 1.5)]
    found = adapt(write(tmp_path / "list.jsonl", rows(*entries)), "--views", "2x1", "--method", "prototypes")
    assert found["method"] == "prototypes" and len(found["clips"]) == 10
    assert found["clips"][1]["start"] == 1.5 and found["chosen"]["left_out"] == 10


def test_labels_are_those_of_the_model_of_a_file_or_of_the_list(tmp_path):
    names = write(tmp_path / "names.txt", "hopping\nzigzagging\n")
    assert adapt(LESSON, "--labels", names)["all_labels"] == 2
    entries = rows((ZIGZAG, "zigzagging"), (CLIP, "moving right while spinning clockwise"))
    listed = write(tmp_path / "list.jsonl", entries)
    assert adapt(listed, "--only-listed")["all_labels"] == 2
    assert adapt(listed)["all_labels"] == 63
    # A number is the id of a label of the file.
    numbered = write(tmp_path / "list.csv", f"{ZIGZAG},1\n{CLIP},sliding\n")
    found = adapt(numbered, "--labels", names)
    assert [clip["label"] for clip in found["clips"]] == ["zigzagging", "sliding"] and found["all_labels"] == 3
    assert_error(run("adapt", write(tmp_path / "list.csv", f"{ZIGZAG},7\n"), "--labels", names), "no label", "7")
    process = run("adapt", LESSON, "--only-listed")
    assert process.returncode == 1 and "label" in process.stderr.splitlines()[-1]


def test_new_labels_are_named_with_those_they_resemble(tmp_path):
    parts = [("pacing", 0), ("pacing", 0.5), ("Pacing", 1), ("movin left", 1.5), ("shrinking", 12), ("shrinking", 13)]
    listed = write(tmp_path / "list.jsonl", rows(*((SHAPES, label, at, at + 0.5) for label, at in parts)))
    said = run("adapt", listed).stdout
    assert re.search(r"known labels +shrinking\n", said)
    assert re.search(r"new labels +Pacing \(close to pacing\), movin left \(close to moving left\), pacing", said)
    assert re.search(r"One clip cannot be left out, .* of Pacing, movin left: add a second", said)
    found = {label["label"]: (label["is_new"], label["close_to"]) for label in adapt(listed)["labels"]}
    assert found["movin left"] == (True, "moving left") and found["shrinking"] == (False, None)
    # Numbers are the ids of labels, which are named.
    numbered = write(tmp_path / "list.csv", f"{ZIGZAG},0\n{CLIP},1\n")
    assert re.search(r"known labels +moving left, moving right\n", run("adapt", numbered).stdout)


def test_single_clips_promise_nothing(tmp_path):
    listed = write(tmp_path / "list.jsonl", rows((ZIGZAG, "zigzagging"), (CLIP, "sliding")))
    said = run("adapt", listed).stdout
    assert "one clip" in said
    found = adapt(listed)
    assert found["words"]["top1"] is None and [clip["best"] for clip in found["clips"]] == [None, None]


def test_clips_that_deserve_a_look_are_named(tmp_path):
    for number in (1, 2, 3):
        shutil.copy(LESSON / "zigzagging" / f"{number}.mp4", tmp_path)
    shutil.copy(tmp_path / "1.mp4", tmp_path / "copy.mp4")
    entries = [(f"{name}.mp4", "zigzagging") for name in (1, 2, 3, "copy")]
    entries += [(SHAPES, label, start + half, start + half + 1.4) for start, label in PARTS for half in (0, 1.5)]
    entries += [(SHAPES, "zigzagging", 9.2, 11.8)]
    listed, page = write(tmp_path / "list.jsonl", rows(*entries)), tmp_path / "page.html"
    found = adapt(listed, "--html", page)
    assert [clip["path"] for clip in found["clips"] if clip["duplicate_of"]] == ["1.mp4", "copy.mp4"]
    said = run("adapt", listed).stdout
    assert "1.mp4 and copy.mp4: zigzagging" in said
    tree = xml.etree.ElementTree.fromstring(page.read_text().split("\n", 1)[1])
    space = "{http://www.w3.org/1999/xhtml}"
    pictures = [image.get("src") for image in tree.iter(f"{space}img")]
    assert len(pictures) >= 2
    for picture in pictures:
        kind, data = picture.split(",")
        assert kind == "data:image/bmp;base64"
        bitmap = base64.b64decode(data)
        assert bitmap[:2] == b"BM" and struct.unpack_from("<I", bitmap, 2) == (len(bitmap),)
    links = [link.get("href") for link in tree.iter(f"{space}a")]
    assert f"file://{tmp_path.resolve()}/copy.mp4" in links
    assert "zigzagging" in page.read_text() and "<script" not in page.read_text()


def test_the_page_holds_any_name(tmp_path):
    folder = tmp_path / "a&b"
    label = '<b>"x" & \'y\'</b>'
    (folder / "odd").mkdir(parents=True)
    for number in (1, 2, 3):
        shutil.copy(LESSON / "zigzagging" / f"{number}.mp4", folder / "odd" / f"%20 #{number}?.mp4")
    shutil.copy(folder / "odd" / "%20 #1?.mp4", folder / "odd" / "<4>.mp4")
    listed = write(
        folder / "list.jsonl", rows(*((f"odd/{name.name}", label) for name in sorted((folder / "odd").iterdir())))
    )
    page = tmp_path / "page.html"
    adapt(listed, "--html", page)
    tree = xml.etree.ElementTree.fromstring(page.read_text().split("\n", 1)[1])
    links = {link.get("href") for link in tree.iter("{http://www.w3.org/1999/xhtml}a")}
    assert any(link.endswith("/a%26b/odd/%3C4%3E.mp4") for link in links)
    assert any(link.endswith("/%2520%20%231%3F.mp4") for link in links)
    assert label in "".join(tree.itertext())


def test_a_clip_that_cannot_be_read_is_left_out(tmp_path):
    for number in (1, 2):
        shutil.copy(LESSON / "zigzagging" / f"{number}.mp4", tmp_path)
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    listed = write(tmp_path / "list.csv", "1.mp4,zigzagging\nbad.mp4,zigzagging\n2.mp4,zigzagging\n")
    out = tmp_path / "my.classifier"
    process = run("adapt", listed, "--out", out, "--json")
    found = json.loads(process.stdout)
    assert process.returncode == 0 and out.exists() and "bad.mp4" in process.stderr
    assert [failure["line"] for failure in found["failures"]] == [2] and len(found["clips"]) == 2
    process = run("adapt", listed, "--strict")
    assert process.returncode == 1 and "could not be read" in process.stdout


def test_only_a_classifier_is_replaced(taught, tmp_path):
    video = tmp_path / "clip.mp4"
    shutil.copy(CLIP, video)
    for out in (video, MODEL):
        before = out.read_bytes()
        assert_error(run("adapt", LESSON, "--out", out), out.name, "no classifier", "--out")
        assert out.read_bytes() == before
    listed = write(tmp_path / "list.csv", f"path,label\n{CLIP},zigzagging\n")
    before = listed.read_bytes()
    assert_error(run("adapt", listed, "--html", listed), "list.csv", "is read or written already")
    assert listed.read_bytes() == before
    # A classifier and an empty file are.
    for content in (taught.read_bytes(), b""):
        out = tmp_path / "my.classifier"
        out.write_bytes(content)
        adapt(LESSON, "--out", out)
        assert classify(ZIGZAG, "--classifier", out)["labels"][0]["label"] == "zigzagging"


def test_nothing_is_written_without_a_clip(taught, tmp_path):
    listed = write(tmp_path / "list.csv", "path,label\ngone.mp4,zigzagging\n")
    out = tmp_path / "my.classifier"
    shutil.copy(taught, out)
    process = run("adapt", listed, "--out", out, "--html", tmp_path / "page.html")
    assert process.returncode == 1 and "none of its clips" in process.stderr.splitlines()[-1]
    assert out.read_bytes() == taught.read_bytes() and not (tmp_path / "page.html").exists()
    assert_error(run("adapt", listed, "--out", tmp_path / "no" / "my.classifier"), "my.classifier")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.csv", "my.classifier"]


def test_a_classifier_learns_more(taught, tmp_path):
    out = tmp_path / "more.classifier"
    entries = [(SHAPES, "swelling", start, start + 1.4) for start in (3, 4.5)]
    listed = write(tmp_path / "list.jsonl", rows(*entries, (ZIGZAG, "zigzagging")))
    found = adapt(listed, "--add-to", taught, "--out", out)
    assert found["all_labels"] == 64
    assert {label["label"]: label["clips"] for label in found["labels"]} == {"zigzagging": 4, "swelling": 2}
    assert sum("earlier" in clip for clip in found["clips"]) == 3
    assert classify(LESSON / "zigzagging" / "1.mp4", "--classifier", out)["labels"][0]["label"] == "zigzagging"
    # In place, too.
    shutil.copy(taught, out)
    adapt(listed, "--add-to", out, "--out", out)
    assert adapt(listed, "--add-to", out)["all_labels"] == 64
    before = out.read_bytes()
    said = run("adapt", listed, "--add-to", out).stdout
    assert said.startswith(f"{out}, taught more by {listed}") and "nothing written: give --out FILE" in said
    assert out.read_bytes() == before


def test_a_classifier_without_clips(taught, tmp_path):
    out = tmp_path / "private.classifier"
    adapt(LESSON, "--out", out, "--no-clips")
    assert classify(ZIGZAG, "--classifier", out)["labels"] == classify(ZIGZAG, "--classifier", taught)["labels"]
    assert_error(run("adapt", LESSON, "--add-to", out), "--no-clips")


def test_timeline_and_eval_take_a_classifier(taught, tmp_path):
    process = run("timeline", ZIGZAG, "--classifier", taught, "--json", "--window", 10)
    (line,) = json_lines(process)
    assert [segment["label"] for segment in line["segments"]] == ["zigzagging"]
    listed = write(tmp_path / "list.csv", f"{ZIGZAG},zigzagging\n")
    journal = ["--predictions", tmp_path / "journal.jsonl", "--resume"]
    found = json.loads(run("eval", listed, "--classifier", taught, "--json", "-", *journal).stdout)
    assert found["top1"]["accuracy"] == 1 and found["classifier"] == str(taught)
    assert found["classifier_fingerprint"].startswith("fnv1a64:") and found["labels"] == "the classifier's"
    # A folder's labels are looked for among the classifier's.
    assert json.loads(run("eval", LESSON, "--classifier", taught, "--json", "-").stdout)["top1"]["correct"] == 3
    assert "my.classifier" in run("eval", listed, "--classifier", taught).stdout
    other = tmp_path / "other.classifier"
    adapt(LESSON, "--out", other, "--method", "prototypes", "--views", "2x1")
    assert_error(run("eval", listed, "--classifier", other, *journal), "another classifier")


def test_a_video_of_something_else_is_none_of_these(tmp_path):
    out = tmp_path / "strict.classifier"
    names = write(tmp_path / "names.txt", "hopping\n")
    # No known clip has to pass, so the limit is as high as it gets.
    found = adapt(LESSON, "--out", out, "--labels", names, "--accept-rate", 0)
    assert found["reject_threshold"] > 0.5
    for video in (SHAPES, CLIP, ZIGZAG):
        line = classify(video, "--classifier", out)
        best = line["labels"][0]
        limit = found["reject_threshold"] if best["label"] == "zigzagging" else 0
        assert line["none_of_these"] == (best["probability"] < limit)
        said = run("classify", video, "--classifier", out).stdout
        assert ("none of these" in said) == line["none_of_these"]


@pytest.mark.parametrize(
    "options",
    [("--label", "x"), ("--labels", "x.txt"), ("--template", "{}"), ("--descriptions", "x.json"), ("--scale", "50")],
)
def test_a_classifier_brings_its_labels_and_prompts(taught, options):
    commands = ["classify", "timeline", "eval"] if options[0] != "--label" else ["classify", "timeline"]
    for command in commands:
        assert_error(run(command, CLIP, "--classifier", taught, *options), "not both", options[0], code=64)


def test_wrong_options_are_named(taught, tmp_path):
    for options in (
        ("--only-listed", "--labels", "x"), ("--only-listed", "--add-to", "x"), ("--add-to", "x", "--template", "{}"),
        ("--accept-rate", "2"), ("--method", "magic"), ("--views", "0x1"),
    ):  # fmt: skip
        assert_error(run("adapt", LESSON, *options), options[0], code=64)
    assert_error(run("adapt", tmp_path / "none.csv"), "No such file")
    assert_error(run("classify", CLIP, "--classifier", tmp_path / "none"), "none")
    assert_error(run("classify", CLIP, "--classifier", CLIP), "clip.mp4")
    process = run("classify", CLIP, "--model", MODEL, "--tokenizer", MERGES, "--classifier", taught)
    assert process.returncode == 1 and "model" in process.stderr.splitlines()[-1]

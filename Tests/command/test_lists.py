"""Forms of lists beyond rows of text: columns by name, JSON lines, folders; and parts of videos."""

import json
import os
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, run

NAMES = LABELS.read_text().splitlines()


@pytest.fixture
def folder(tmp_path):
    """Where a.mp4 to d.mp4 are the example clip: 100 frames, 25 a second."""
    for name in "abcd":
        os.symlink(CLIP, tmp_path / f"{name}.mp4")
    return tmp_path


def evaluate(path, *arguments, content=None, labels=LABELS):
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    chosen = [] if labels is None else ["--labels", labels]
    return run("eval", path, "--model", MODEL, *chosen, *arguments)


def predict(path, *arguments, content=None, labels=LABELS):
    """The lines of predictions, one for each video."""
    out = path.parent / "predictions.jsonl"
    out.unlink(missing_ok=True)
    process = evaluate(path, "--predictions", out, *arguments, content=content, labels=labels)
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in out.read_text().splitlines()[1:]]


def parts(lines):
    return [(line["path"], line.get("start"), line.get("end"), line["labels"]) for line in lines]


# A part counts as a video of its own.


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A clip of 50 frames, 10 a second, and the same frames from 20 to 34 alone, without loss."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg command to make clips")
    folder = tmp_path_factory.mktemp("cut")

    def encode(name, *options):
        subprocess.run(
            ["ffmpeg", "-v", "error", *options, "-c:v", "ffv1", "-pix_fmt", "bgr0", folder / name], check=True)

    encode("whole.mkv", "-f", "lavfi", "-i", "testsrc2=size=200x112:rate=10", "-frames:v", "50")
    encode("part.mkv", "-i", folder / "whole.mkv", "-vf", "select='between(n,20,34)'", "-fps_mode", "passthrough")
    return folder


@pytest.mark.parametrize("views", ["1x1", "2x3"])
def test_a_part_is_scored_as_a_video_of_its_own(cut, views):
    content = "path,label,start,end\nwhole.mkv,3,2,3.5\npart.mkv,3,,\nwhole.mkv,3,2.0,3.6\nwhole.mkv,3,,\n"
    part, alone, longer, whole = predict(cut / "list.csv", "--views", views, content=content)
    assert part["scores"] == alone["scores"]
    assert part["scores"] != longer["scores"] != whole["scores"]
    assert (part["start"], part["end"]) == (2, 3.5) and "start" not in alone


def test_a_part_that_the_video_does_not_have(folder):
    content = "path,label,start,end\na.mp4,3,4,5\na.mp4,3,1,2\n"
    process = evaluate(folder / "list.csv", "--json", "-", content=content)
    found = json.loads(process.stdout)
    assert (found["scored"], found["failed"]) == (1, 1)
    (failure,) = found["failures"]
    assert (failure["line"], failure["path"], failure["start"], failure["end"]) == (2, "a.mp4", 4, 5)
    assert "ends at 4" in failure["error"] and "a.mp4" in failure["error"]


def test_parts_of_one_video_are_items_of_their_own(folder):
    """Also where an interrupted run goes on."""
    content = "path,label,start,end\na.mp4,3,0,1\na.mp4,3,1,2\na.mp4,4,2,\na.mp4,4,,\n"
    lines = predict(folder / "list.csv", content=content)
    assert parts(lines) == [
        ("a.mp4", 0, 1, [3]), ("a.mp4", 1, 2, [3]), ("a.mp4", 2, None, [4]), ("a.mp4", None, None, [4])]
    assert [line["line"] for line in lines] == [2, 3, 4, 5]
    assert len({tuple(line["scores"]) for line in lines}) == 4
    whole, out = (folder / "predictions.jsonl").read_bytes(), folder / "again.jsonl"
    out.write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    assert evaluate(folder / "list.csv", "--predictions", out, "--resume").returncode == 0
    assert out.read_bytes() == whole


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")
@pytest.mark.parametrize("views", ["1x1", "2x1"])
def test_parts_do_not_depend_on_those_before(tmp_path, views):
    """Nor do those of a damaged recording, whichever part is read first."""
    sound = tmp_path / "sound.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25", "-frames:v", "150",
         "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", sound], check=True)  # fmt: skip
    data = bytearray(sound.read_bytes())
    data[len(data) * 45 // 100] ^= 0x55
    (tmp_path / "damaged.mp4").write_bytes(data)
    for name in ["sound.mp4", "damaged.mp4"]:
        rows = [f"{name},3,{start},{start + 1}\n" for start in [0, 1, 2, 3, 4, 5, 0.5, 1.5, 2.5]]
        together = predict(tmp_path / "list.csv", "--views", views, content="path,label,start,end\n" + "".join(rows))
        for row, line in zip(rows, together):
            (alone,) = predict(tmp_path / "list.csv", "--views", views, content="path,label,start,end\n" + row)
            assert {**alone, "line": 0} == {**line, "line": 0}, row
        assert len({line["damaged_frames"] for line in together}) == (2 if name == "damaged.mp4" else 1)


# Columns by name.


@pytest.mark.parametrize(
    "content",
    [
        "path,label,start,end\na.mp4,3,0.5,1.25\n",
        "start,end,label,path\n0.5,1.25,3,a.mp4\n",
        "Video\tT_start\tT_end\tAction\tPerson\na.mp4\t0.5\t1.25\tmoving down\tKim\n",
        "path,frames,start,end,label\na.mp4,100,5e-1,1.25,moving down\n",
        "file,class,start_time,end_time\n\na.mp4,3,0.5,1.25\n",
    ],
)
def test_columns_by_name(folder, content):
    assert parts(predict(folder / "list.txt", content=content)) == [("a.mp4", 0.5, 1.25, [3])]


def test_columns_by_name_with_several_labels(folder):
    content = "path,start,end,labels\na.mp4,0,1,3,moving up\na.mp4,1,2\na.mp4,2,3,\n"
    lines = predict(folder / "list.csv", "--multi-label", content=content)
    assert parts(lines) == [("a.mp4", 0, 1, [2, 3]), ("a.mp4", 1, 2, []), ("a.mp4", 2, 3, [])]


@pytest.mark.parametrize(
    "content, words",
    [
        ("a.mp4,3,2,1\n", ["line 2", "end is 1.0", "more than start"]),
        ("a.mp4,3,-1,1\n", ["line 2", "start is -1.0", "0 or more"]),
        ("a.mp4,3,nan,1\n", ["line 2", "start is nan"]),
        ("a.mp4,3,0:10,1\n", ["line 2", "start is 0:10", "number of seconds"]),
        ("a.mp4,3,1\n", ["line 2", "3 fields", "the header on line 1 has 4"]),
        ("a.mp4,3,1,2,4\n", ["line 2", "5 fields", "--multi-label"]),
        (",3,1,2\n", ["line 2", "no path"]),
        ("a.mp4,,1,2\n", ["line 2", "no label"]),
        ("a.mp4,9,1,2\n", ["line 2", "no id 9"]),
        ("a.mp4,3,1,2\nb.mp4,3,1,2\na.mp4,3,1,2.0\n", ["line 4", "a.mp4 is on line 2", "same start and end"]),
    ],
)
def test_columns_that_are_not_clear_are_refused(folder, content, words):
    assert_error(evaluate(folder / "list.csv", content="path,label,start,end\n" + content), "list.csv", *words)


# JSON lines.


@pytest.mark.parametrize("name", ["list.jsonl", "list.ndjson"])
@pytest.mark.parametrize(
    "line",
    [
        {"path": "a.mp4", "label": "moving down", "start": 0.5, "end": 1.25, "person": {"name": "Kim"}},
        {"video": "a.mp4", "action": 3, "t_start": 0.5, "t_end": 1.25},
        {"file": "a.mp4", "class": "3", "segment": [0.5, 1.25]},
        {"path": "a.mp4", "labels": ["moving down"], "time_start": 0.5, "time_end": 1.25, "start": None},
    ],
)
def test_json_lines(folder, name, line):
    content = "\ufeff" + json.dumps(line) + "\r\n\r\n"
    assert parts(predict(folder / name, content=content)) == [("a.mp4", 0.5, 1.25, [3])]


def test_json_lines_with_several_labels(folder):
    lines = [{"path": "a.mp4", "labels": [3, "moving up"]}, {"path": "b.mp4", "label": 3}, {"path": "c.mp4"}]
    content = "\n".join(map(json.dumps, lines))
    found = predict(folder / "list.jsonl", "--multi-label", content=content)
    assert parts(found) == [
        ("a.mp4", None, None, [2, 3]), ("b.mp4", None, None, [3]), ("c.mp4", None, None, [])]


@pytest.mark.parametrize(
    "line, words",
    [
        ('{"path": "a.mp4", "label": 3', ["not a JSON object", '"path": "a.mp4"']),
        ("a.mp4 3", ["not a JSON object"]),
        ('["a.mp4", 3]', ["not a JSON object"]),
        ('{"label": 3}', ["no path"]),
        ('{"path": "", "label": 3}', ["no path"]),
        ('{"path": 3, "label": 3}', ["path is not a text"]),
        ('{"path": "a\\u0000.mp4", "label": 3}', ["NUL"]),
        ('{"path": "a.mp4"}', ["no label"]),
        ('{"path": "a.mp4", "label": []}', ["no label"]),
        ('{"path": "a.mp4", "label": true}', ["label is not a label"]),
        ('{"path": "a.mp4", "label": 1.5}', ["label is not a label"]),
        ('{"path": "a.mp4", "labels": [3, 4]}', ["2 labels", "--multi-label"]),
        ('{"path": "a.mp4", "label": "moving_down"}', ["no label moving_down"]),
        ('{"path": "a.mp4", "label": 3, "start": "1"}', ["start is not a number of seconds"]),
        ('{"path": "a.mp4", "label": 3, "start": 2, "end": 1}', ["end is 1.0"]),
        ('{"path": "a.mp4", "label": 3, "segment": [1]}', ["segment is not [start, end]"]),
        ('{"path": "b.mp4", "label": 3}', ["b.mp4 is on line 1"]),
        (b'{"path": "\xe9", "label": 3}', ["not UTF-8"]),
    ],
)
def test_json_lines_that_are_not_clear_are_refused(folder, line, words):
    content = b'{"path": "b.mp4", "label": 3}\n' + (line if isinstance(line, bytes) else line.encode())
    assert_error(evaluate(folder / "my list.jsonl", content=content), "my list.jsonl: line 2: ", *words)


# A folder for each class.


@pytest.fixture
def classes(tmp_path):
    """Folders of videos, in an order that is not that of the names."""
    for name in ["moving_up/b.MP4", "moving_up/a.mp4", "moving down/é.webm", "moving down/.hidden.mp4"]:
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(CLIP, path)
    (tmp_path / "set" / ".cache").mkdir()
    return tmp_path / "set"


def test_folders(classes):
    """Without a label file the folders' names are the labels."""
    lines = predict(classes, labels=None)
    assert parts(lines) == [
        ("moving down/é.webm", None, None, [0]), ("moving_up/a.mp4", None, None, [1]),
        ("moving_up/b.MP4", None, None, [1])]
    assert [line["item"] for line in lines] == [1, 2, 3]
    process = evaluate(classes, "--json", "-", labels=None)
    found = json.loads(process.stdout)
    assert [entry["label"] for entry in found["classes"]] == ["moving down", "moving up"]
    assert found["labels"] == "the list's" and "no video" not in process.stderr
    again = evaluate(classes, "--predictions", classes.parent / "predictions.jsonl", "--resume", labels=None)
    assert again.returncode == 0


def test_folders_among_the_labels_of_a_file(classes):
    (classes / "notes.txt").write_text("mine")
    (classes / "moving_up" / "thumbs.db").write_text("theirs")
    process = evaluate(classes, "--json", "-")
    shown = {entry["label"]: entry["videos"] for entry in json.loads(process.stdout)["classes"]}
    assert len(shown) == len(NAMES) and (shown["moving down"], shown["moving up"]) == (1, 2)
    (warning,) = [line for line in process.stderr.splitlines() if "set: " in line]
    assert warning == f"actionclip: warning: {classes}: 2 files left out: their names are not videos'"


@pytest.mark.parametrize(
    "name, words",
    [
        ("c.mp4", ["c.mp4", "a folder that is named after its label"]),
        ("moving_up/more/c.mp4", ["moving_up/more", "move its videos up"]),
        ("juggling/c.mp4", ["juggling/c.mp4", "no label juggling"]),
    ],
)
def test_folders_that_are_not_clear_are_refused(classes, name, words):
    (classes / name).parent.mkdir(parents=True, exist_ok=True)
    os.symlink(CLIP, classes / name)
    assert_error(evaluate(classes), *words)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "nothing").mkdir()
    assert_error(evaluate(tmp_path / "nothing", labels=None), "no video")


def test_a_list_without_splits(folder):
    assert_error(evaluate(folder / "list.txt", "--split", "train", content="a.mp4 3\n"), "splits", "--split train")


# The list alone.


def test_a_list_is_printed_as_json_lines(folder):
    path = folder / "list.csv"
    path.write_text("path,label,start,end\na.mp4,yoga,1,2.5\nb.mp4,archery,,\nc.mp4,yoga,3,\n")
    labels = folder / "labels.txt"
    labels.write_text("archery\nyoga\n")
    process = run("list", path, "--labels", labels)
    assert (process.returncode, process.stderr) == (0, "")
    assert [json.loads(line) for line in process.stdout.splitlines()] == [
        {"labels": ["archery", "yoga"]},
        {"path": f"{folder}/a.mp4", "start": 1, "end": 2.5, "labels": [1]},
        {"path": f"{folder}/b.mp4", "labels": [0]},
        {"path": f"{folder}/c.mp4", "start": 3, "end": None, "labels": [1]},
    ]
    path.write_text("a.mp4,yoga\na.mp4,yoga\n")
    assert_error(run("list", path, "--labels", labels), "line 2", "a.mp4 is on line 1 already")


def test_a_list_that_names_its_labels_needs_no_file(tmp_path):
    for name in ("hand_wave", "jump"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.mp4").write_bytes(b"never opened")
    first, *rows = run("list", tmp_path).stdout.splitlines()
    assert json.loads(first) == {"labels": ["hand wave", "jump"]}
    assert [json.loads(row)["labels"] for row in rows] == [[0], [1]]


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl"])
def test_videos_may_name_the_labels_alone(folder, name):
    path = folder / name
    rows = [("a.mp4", "yoga"), ("b.mp4", "archery"), ("c.mp4", "yoga")]
    if name == "list.csv":
        path.write_text("path,label\n" + "".join(f"{video},{label}\n" for video, label in rows))
    else:
        path.write_text("".join(json.dumps({"path": video, "label": label}) + "\n" for video, label in rows))
    lines = [json.loads(line) for line in run("list", path).stdout.splitlines()]
    assert lines[0] == {"labels": ["archery", "yoga"]}
    assert [line["labels"] for line in lines[1:]] == [[1], [0], [1]]


def test_numbers_alone_ask_for_their_names(folder):
    path = folder / "list.csv"
    path.write_text("a.mp4,3\nb.mp4,0\n")
    assert_error(run("list", path), "its labels are numbers, and no file of labels was given: --labels FILE gives their names")
    assert run("list", path, "--labels", LABELS).returncode == 0


def test_the_first_command_of_the_guide_reads_its_example():
    process = run("list", ROOT / "examples" / "tune.csv", "--check")
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert (process.returncode, process.stderr, len(lines)) == (0, "", 6) and "zigzagging" in lines[0]["labels"]


# Faults that would spoil training on a list, or a test by it.


def check(path, *arguments):
    process = run("list", path, "--labels", LABELS, "--check", *arguments)
    warnings = [line.removeprefix("actionclip: warning: ") for line in process.stderr.splitlines()]
    return process, warnings


def test_copies_missing_videos_and_empty_labels_are_told(tmp_path):
    shutil.copy(CLIP, tmp_path / "a.mp4")
    shutil.copy(CLIP, tmp_path / "copy.mp4")
    (tmp_path / "other.mp4").write_bytes(CLIP.read_bytes()[:-1] + b"?")
    rows = "".join(f"{'a' if label == 0 else 'other'}.mp4,{label},{label},{label + 1}\n" for label in range(len(NAMES)))
    (tmp_path / "list.csv").write_text("path,label,start,end\n" + rows)
    process, warnings = check(tmp_path / "list.csv", "--strict")
    assert process.returncode == 0 and warnings == []
    (tmp_path / "list.csv").write_text("path,label\na.mp4,0\ncopy.mp4,1\nnone.mp4,1\n")
    process, warnings = check(tmp_path / "list.csv")
    assert process.returncode == 0 and len(process.stdout.splitlines()) == 4
    missing, copies, empty = warnings
    assert "1 of 3 videos are not there" in missing and "none.mp4" in missing
    assert "copy.mp4 has the same bytes as" in copies
    assert empty == f"no clip shows '{NAMES[2]}' (and {len(NAMES) - 3} more)"
    assert check(tmp_path / "list.csv", "--strict")[0].returncode == 1
    assert_error(run("list", tmp_path / "list.csv", "--labels", LABELS, "--strict"), "--check", code=64)


def test_videos_that_are_tested_too_are_told(tmp_path):
    """By their bytes, and folders of frames by some of them."""
    for name in ["train/a", "train/b", "test/c"]:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for number in range(1, 8):
            (folder / f"img_{number:05}.jpg").write_bytes(b"%d" % (number + 100 * (name == "train/b")))
    (tmp_path / "train" / "list.txt").write_text("a 7 0\nb 7 1\n")
    (tmp_path / "test" / "list.txt").write_text("c 7 2\n")
    process, warnings = check(tmp_path / "train" / "list.txt", "--against", tmp_path / "test" / "list.txt")
    leak = [warning for warning in warnings if "trained on" in warning]
    assert process.returncode == 0 and len(leak) == 1 and "test/c" in leak[0] and "test/list.txt" in leak[0]


def test_columns_are_those_of_the_other_list_too(tmp_path):
    """Unless it has a form of its own."""
    (tmp_path / "list.csv").write_text(f"{NAMES[0]},a.mp4\n")
    (tmp_path / "rows.csv").write_text(f"{NAMES[1]},b.mp4\n")
    (tmp_path / "lines.jsonl").write_text(json.dumps({"path": "c.mp4", "label": NAMES[1]}) + "\n")
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.mp4").write_bytes(b"same" if name != "c" else b"other")
    process, warnings = check(tmp_path / "list.csv", "--columns", "label,path", "--against", tmp_path / "rows.csv",
                              "--against", tmp_path / "lines.jsonl")  # fmt: skip
    assert process.returncode == 0
    (shared,) = [warning for warning in warnings if "trained on" in warning]
    assert "rows.csv" in shared


def test_splits_of_one_data_set_are_held_against_each_other(tmp_path):
    for name, rows in [("wave", "a.avi 1\nb.avi 2\n"), ("jump", "c.avi 1\nd.avi 2\n")]:
        (tmp_path / "splits").mkdir(exist_ok=True)
        (tmp_path / name).mkdir()
        (tmp_path / "splits" / f"{name}_test_split1.txt").write_text(rows)
    for place, name in enumerate(["wave/a", "wave/b", "jump/c", "jump/d"]):
        (tmp_path / f"{name}.avi").write_bytes(b"same" if name in ("wave/a", "jump/d") else b"%d" % place)
    arguments = ["list", tmp_path / "splits", "--split", "train", "--against", tmp_path / "splits"]
    process = run(*arguments, "--against-split", "test")
    (warning,) = process.stderr.splitlines()
    assert "jump/d.avi is trained on and is in" in warning and "splits (test)" in warning
    assert_error(run(*arguments), "--split")

"""Lists of data sets in their published forms, on annotation files with a few rows."""

import json
import os

import pytest
from actionclip_command import CLIP, MODEL, assert_error, run


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def videos(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(CLIP, root / name)


def evaluate(path, *arguments):
    return run("eval", path, "--model", MODEL, *arguments)


def read(path, *arguments):
    """(number, path, start, end, labels) of each video, by the names of its classes, and the classes' ids."""
    out = path.parent / "predictions.jsonl"
    out.unlink(missing_ok=True)
    process = evaluate(path, "--predictions", out, "--json", "-", *arguments)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["failed"] == 0, found["failures"]
    names = {entry["id"]: entry["label"] for entry in found["classes"]}
    lines = [json.loads(line) for line in out.read_text().splitlines()[1:]]
    rows = [
        (line.get("line", line.get("item")), line["path"], line.get("start"), line.get("end"),
         *(names[label] for label in line["labels"]))
        for line in lines
    ]  # fmt: skip
    return rows, names, process.stderr


# Kinetics


KINETICS = (
    "label,youtube_id,time_start,time_end,split,is_cc\n"
    "zumba,-0r6NmrdKCU,43,53,{split},0\n"
    '"massaging, slowly",0wR5jVB-WPk,417.0,427.0,{split},0\n'
    "abseiling,raw_video__,1,3,{split},0\n"
)


@pytest.mark.parametrize("place", ["", "val", "zumba"])
def test_kinetics(tmp_path, place):
    path = write(tmp_path / "val.csv", KINETICS.format(split="val"))
    first = f"{place}/-0r6NmrdKCU_000043_000053.mp4".lstrip("/")
    videos(tmp_path, first, "0wR5jVB-WPk_000417_000427.mkv", "val/raw_video__.webm")
    rows, names, _ = read(path)
    assert rows == [
        (2, first, None, None, "zumba"), (3, "0wR5jVB-WPk_000417_000427.mkv", None, None, "massaging, slowly"),
        (4, "val/raw_video__.webm", 1, 3, "abseiling")]
    assert names == {0: "abseiling", 1: "massaging, slowly", 2: "zumba"}


def test_kinetics_is_cut_to_a_split_and_given_labels(tmp_path):
    text = KINETICS.format(split="validate") + "surfing,train_video,0,2,train,0\nabseiling,other_video,0,2,test,1\n"
    path = write(tmp_path / "all.csv", text)
    videos(tmp_path / "root", "train/train_video.mp4", "other_video_000000_000002.mp4")
    assert_error(evaluate(path), "all.csv", "train, val, test", "--split train or --split val or --split test")
    rows, names, _ = read(path, "--root", tmp_path / "root", "--split", "train")
    assert rows == [(5, "train/train_video.mp4", 0, 2, "surfing")]
    assert len(names) == 4  # the classes of all splits
    labels = write(tmp_path / "labels.txt", "diving\nabseiling\n")
    rows, names, _ = read(path, "--root", tmp_path / "root", "--split", "test", "--labels", labels)
    assert rows == [(6, "other_video_000000_000002.mp4", None, None, "abseiling")] and len(names) == 2
    assert_error(evaluate(path, "--split", "train", "--labels", labels), "line 5", "no label surfing")
    assert_error(evaluate(path, "--split", "train2"), "numbered", "--split train")


@pytest.mark.parametrize(
    "row, words",
    [
        ("a,b,1", ["3 fields", "the header has 5"]),
        (",b,1,2,val", ["no label"]),
        ("a,,1,2,val", ["no youtube_id"]),
        ("a,b,x,2,val", ["time_start is x"]),
        ("a,b,3,2,val", ["end is 2.0"]),
        ('a,"b,1,2,val', ["quotation marks"]),
    ],
)
def test_kinetics_that_is_not_clear_is_refused(tmp_path, row, words):
    path = write(tmp_path / "val.csv", f"label,youtube_id,time_start,time_end,split\n{row}\n")
    assert_error(evaluate(path), "val.csv: line 2: ", *words)


# UCF-101


@pytest.fixture
def ucf(tmp_path):
    folder = tmp_path / "ucfTrainTestlist"
    write(folder / "classInd.txt", "1 ApplyEyeMakeup\r\n2 YoYo\r\n3 TaiChi\r\n")
    write(folder / "trainlist01.txt", "YoYo/v_YoYo_g08_c01.avi 2\r\nApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n")
    write(folder / "testlist01.txt", "TaiChi/v_TaiChi_g01_c01.avi\n")
    videos(tmp_path / "UCF-101", "YoYo/v_YoYo_g08_c01.avi", "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
           "TaiChi/v_TaiChi_g01_c01.avi")
    return folder


@pytest.mark.parametrize("split", [[], ["--split", "train"]])
def test_ucf(ucf, split):
    rows, names, _ = read(ucf / "trainlist01.txt", "--root", ucf.parent / "UCF-101", *split)
    assert rows == [
        (1, "YoYo/v_YoYo_g08_c01.avi", None, None, "yo yo"),
        (2, "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi", None, None, "apply eye makeup")]
    assert names == {1: "apply eye makeup", 2: "yo yo", 3: "tai chi"}
    rows, _, _ = read(ucf / "testlist01.txt", "--root", ucf.parent / "UCF-101")
    assert rows == [(1, "TaiChi/v_TaiChi_g01_c01.avi", None, None, "tai chi")]


@pytest.mark.parametrize(
    "labels", ["TaiChi\nYoYo\nApplyEyeMakeup\n", "id,name\n7,tai chi\n3,yo yo\n9,apply eye makeup\n"])
def test_ucf_among_given_labels(ucf, labels):
    """Labels are found by name; the list's ids are not those of the label file."""
    given = write(ucf.parent / "labels", labels)
    rows, _, _ = read(ucf / "trainlist01.txt", "--root", ucf.parent / "UCF-101", "--labels", given)
    assert [row[4].lower().replace(" ", "") for row in rows] == ["yoyo", "applyeyemakeup"]


@pytest.mark.parametrize(
    "row, words",
    [
        ("Diving/v.avi 1", ["CLASS/VIDEO", "classInd.txt"]),
        ("YoYo/v.avi 1", ["the id is not that of YoYo", "which is 2"]),
        ("YoYo/v.avi 2 3", ["CLASS/VIDEO"]),
    ],
)
def test_ucf_that_is_not_clear_is_refused(ucf, row, words):
    write(ucf / "trainlist02.txt", f"YoYo/a.avi 2\n{row}\n")
    assert_error(evaluate(ucf / "trainlist02.txt"), "trainlist02.txt: line 2: ", *words)


def test_ucf_of_the_other_split(ucf):
    assert_error(evaluate(ucf / "trainlist01.txt", "--split", "test"), "no video of the split test")


# HMDB-51


@pytest.fixture
def hmdb(tmp_path):
    folder = tmp_path / "testTrainMulti_7030_splits"
    write(folder / "brush_hair_test_split1.txt", "a&b_[x].avi 2 \nb.avi 1 \nunused.avi 0 \n")
    write(folder / "brush_hair_test_split2.txt", "b.avi 2 \n")
    write(folder / "clap_test_split1.txt", "#20_Rhythm_clap(1).avi 2 \n")
    write(folder / "clap_test_split2.txt", "#20_Rhythm_clap(1).avi 1 \n")
    videos(tmp_path, "brush_hair/a&b_[x].avi", "brush_hair/b.avi", "clap/#20_Rhythm_clap(1).avi")
    return folder


def test_hmdb(hmdb):
    rows, names, _ = read(hmdb, "--split", "test")
    assert rows == [
        (1, "brush_hair/a&b_[x].avi", None, None, "brush hair"),
        (2, "clap/#20_Rhythm_clap(1).avi", None, None, "clap")]
    assert names == {0: "brush hair", 1: "clap"}
    for path in [f"{hmdb}/", f"{hmdb}/."]:
        assert json.loads(evaluate(path, "--split", "test", "--json", "-").stdout)["scored"] == 2
    assert [row[1] for row in read(hmdb, "--split", "train")[0]] == ["brush_hair/b.avi"]
    assert [row[1] for row in read(hmdb, "--split", "test2")[0]] == ["brush_hair/b.avi"]
    assert [row[1] for row in read(hmdb, "--split", "train2")[0]] == ["clap/#20_Rhythm_clap(1).avi"]


def test_hmdb_that_is_not_clear_is_refused(hmdb):
    assert_error(evaluate(hmdb), "train, test", "--split train or --split test")
    assert_error(evaluate(hmdb, "--split", "test7"), "there are no", "_test_split7.txt")
    write(hmdb / "clap_test_split1.txt", "a.avi 1\nb.avi 3\n")
    assert_error(evaluate(hmdb, "--split", "test"), "clap_test_split1.txt: line 2", "0, 1 or 2")


@pytest.mark.parametrize("split", ["tests", "2", "test0", "test10", "testing", "Test"])
def test_splits_that_are_none(hmdb, split):
    assert_error(evaluate(hmdb, "--split", split), "split", code=64)


# Charades


@pytest.fixture
def charades(tmp_path):
    write(tmp_path / "Charades_v1_classes.txt",
          "c000 Holding some clothes\nc001 Putting clothes somewhere\nc002 Taking it\n")
    videos(tmp_path, "Charades_v1_480/AAAAA.mp4", "Charades_v1_480/BBBBB.mp4")
    return write(
        tmp_path / "Charades_v1_test.csv",
        "id,subject,script,actions,length\n"
        'AAAAA,X,"A, ""quoted"" script",c002 1.90 3.20;c000 0.00 2.60;c002 3 3.5;c001 2 2,30\n'
        "BBBBB,X,nothing,,30\n")


def test_charades(charades):
    """Each action is a part of a video; with several labels, a video has all its actions."""
    rows, names, said = read(charades)
    assert rows == [
        (1, "Charades_v1_480/AAAAA.mp4", 1.9, 3.2, "Taking it"),
        (2, "Charades_v1_480/AAAAA.mp4", 0, 2.6, "Holding some clothes"),
        (3, "Charades_v1_480/AAAAA.mp4", 3, 3.5, "Taking it")]
    assert names == {0: "Holding some clothes", 1: "Putting clothes somewhere", 2: "Taking it"}
    assert "Charades_v1_test.csv: 1 action left out, with no time between start and end" in said
    rows, _, _ = read(charades, "--multi-label")
    assert rows == [
        (2, "Charades_v1_480/AAAAA.mp4", None, None, "Holding some clothes", "Putting clothes somewhere", "Taking it"),
        (3, "Charades_v1_480/BBBBB.mp4", None, None)]


@pytest.mark.parametrize(
    "actions, words", [("c009 1 2", ["no class c009"]), ("c001 1", ["no action"]), ("c001 x 2", ["no action"])])
def test_charades_that_is_not_clear_is_refused(charades, actions, words):
    write(charades, f"id,actions\nAAAAA,{actions}\n")
    assert_error(evaluate(charades), "Charades_v1_test.csv: line 2: ", *words)


def test_charades_without_its_classes(charades):
    (charades.parent / "Charades_v1_classes.txt").unlink()
    assert_error(evaluate(charades), "Charades_v1_classes.txt")


# ActivityNet


@pytest.fixture
def activity_net(tmp_path):
    def video(subset, *annotations):
        return {"duration": 9.0, "subset": subset, "url": "https://example.org/", "resolution": "320x240",
                "annotations": [{"segment": segment, "label": label} for *segment, label in annotations]}

    videos(tmp_path, "v_bbb.mp4", "training/aaa.mkv", "v_ccc.mp4")
    return write(tmp_path / "activity_net.v1-3.min.json", {
        "version": "1.3", "taxonomy": [{"nodeName": "Root"}],
        "database": {
            "bbb": video("training", (0.5, 2, "Kayaking"), (2, 3.5, "Archery")),
            "aaa": video("training", (1, 2, "Archery"), (2, 2, "Archery")),
            "ccc": video("validation", (0, 2, "Surfing")), "ddd": video("testing"),
        }})


def test_activity_net(activity_net):
    rows, names, said = read(activity_net, "--split", "train")
    assert rows == [
        (1, "training/aaa.mkv", 1, 2, "Archery"), (2, "v_bbb.mp4", 0.5, 2, "Kayaking"),
        (3, "v_bbb.mp4", 2, 3.5, "Archery")]
    assert names == {0: "Archery", 1: "Kayaking", 2: "Surfing"} and "1 action left out" in said
    rows, _, _ = read(activity_net, "--split", "train", "--multi-label")
    assert rows == [(1, "training/aaa.mkv", None, None, "Archery"), (2, "v_bbb.mp4", None, None, "Archery", "Kayaking")]
    assert read(activity_net, "--split", "val")[0] == [(1, "v_ccc.mp4", 0, 2, "Surfing")]
    assert_error(evaluate(activity_net), "train, val", "--split train or --split val")
    assert_error(evaluate(activity_net, "--split", "test"), "no video of the split test")


# Something-Something


def test_something_something(tmp_path):
    path = write(tmp_path / "something-something-v2-validation.json", [
        {"id": "74225", "label": "spinning cube that quickly stops spinning",
         "template": "Spinning [something] that quickly stops spinning", "placeholders": ["cube"]},
        {"id": "116154", "label": "holding a cup", "template": "Holding [something]", "placeholders": ["a cup"]}])
    videos(tmp_path, "20bn-something-something-v2/74225.webm", "116154.mp4")
    rows, names, _ = read(path)
    assert rows == [
        (1, "20bn-something-something-v2/74225.webm", None, None, "Spinning something that quickly stops spinning"),
        (2, "116154.mp4", None, None, "Holding something")]
    assert names == {0: "Holding something", 1: "Spinning something that quickly stops spinning"}


@pytest.mark.parametrize("content", ['{"a": 1}', "[1]", "[", "", '[{"id": "1"}]', '{"database": {"a": {}}}'])
def test_json_that_is_no_list_is_refused(tmp_path, content):
    path = write(tmp_path / "list.json", content)
    assert_error(evaluate(path), "list.json", "ActivityNet", "Something-Something", ".jsonl")


# Files of labels


@pytest.mark.parametrize(
    "content",
    [
        ["Holding something", "Dropping something"],
        {"Dropping something": "1", "Holding something": "0"},
        {"Holding something": 0, "Dropping something": 1},
        {"1": "Dropping something", "0": "Holding something"},
    ],
)
def test_labels_in_json(tmp_path, content):
    """Also as something-something-v2-labels.json has them."""
    labels = write(tmp_path / "labels.json", content)
    (tmp_path / "list.txt").write_text("a.webm 1\nb.webm 0\n")
    lines = [json.loads(line) for line in run("list", tmp_path / "list.txt", "--labels", labels).stdout.splitlines()]
    assert lines[0] == {"labels": ["Holding something", "Dropping something"]}
    assert [line["labels"] for line in lines[1:]] == [[1], [0]]


def test_labels_of_a_file_of_descriptions(tmp_path):
    labels = write(tmp_path / "texts.json", {"waving": ["a hand that waves"], "jumping": ["two feet in the air"]})
    (tmp_path / "list.txt").write_text("a.mp4 waving\n".replace(" ", "\t"))
    lines = [json.loads(line) for line in run("list", tmp_path / "list.txt", "--labels", labels).stdout.splitlines()]
    assert lines == [
        {"labels": ["jumping", "waving"]}, {"path": str(tmp_path / "a.mp4"), "labels": [1]}]
    for wrong in ["5", '{"0": ["a text of a label without a name"]}', "[1]", "{"]:
        assert_error(run("list", tmp_path / "list.txt", "--labels", write(labels, wrong)), "JSON of labels")
    assert_error(run("list", tmp_path / "list.txt", "--labels", write(labels, {"a": 0, "b": 0})), "id 0 is there twice")

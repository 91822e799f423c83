"""The commands of docs/EVALUATION.md, on annotation files of the official forms with a few rows."""

import csv
import json
import os
import re
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, COMMAND, MERGES, MODEL, ROOT

GUIDE = (ROOT / "docs" / "EVALUATION.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    shutil.copy(MODEL, tmp_path / "vit-b-16-8f.pt")  # the content, not the name, tells its form
    shutil.copy(MERGES, tmp_path)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def video(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.symlink(CLIP, path)


def follow(folder, heading, **changes):
    section = GUIDE.split(f"# {heading}\n")[1].split("\n#")[0]
    for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL):
        for old, new in changes.values():
            assert old in block
            block = block.replace(old, new)
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, check=True, capture_output=True,
            env={**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"})
    found = json.loads((folder / "results.json").read_text())
    return found, {entry["label"]: (entry["id"], entry["videos"]) for entry in found["classes"]}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make videos")
def test_default_model(folder):
    pytest.importorskip("numpy")
    found, classes = follow(
        folder, "With the default model", place=("PYTHONPATH=", f"PYTHONPATH={ROOT}/"), fewer=("212", "53"))
    assert found["model"] == "the default model" and (found["scored"], found["failed"]) == (53, 0)
    assert len(classes) == 53 and all(videos == 1 for _, videos in classes.values())
    assert found["top1"]["accuracy"] > 0.8
    assert "<svg" in (folder / "results.html").read_text() or "<table" in (folder / "results.html").read_text()


def test_kinetics(folder):
    write(folder / "val.csv", (
        "label,youtube_id,time_start,time_end,split,is_cc\n"
        "zumba,-0r6NmrdKCU,43,53,val,0\n"
        "abseiling,0wR5jVB-WPk,417.0,427.0,val,0\n"
        '"massaging person\'s head",gone_______,3,13,val,0\n'))
    video(folder / "val" / "-0r6NmrdKCU_000043_000053.mp4")
    video(folder / "val" / "0wR5jVB-WPk_000417_000427.mp4")
    found, classes = follow(folder, "Kinetics-400")
    assert (found["scored"], found["failed"]) == (2, 1)
    assert classes == {"abseiling": (0, 1), "massaging person's head": (1, 0), "zumba": (2, 1)}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ucf(folder, end):
    write(folder / "ucfTrainTestlist" / "classInd.txt", end.join(["1 ApplyEyeMakeup", "2 YoYo", "3 TaiChi", ""]))
    names = ["YoYo/v_YoYo_g01_c01.avi", "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi"]
    write(folder / "ucfTrainTestlist" / "testlist01.txt", end.join([*names, ""]))
    for name in names:
        video(folder / "UCF-101" / name)
    found, classes = follow(folder, "UCF-101")
    assert found["scored"] == 2
    assert classes == {"apply eye makeup": (1, 1), "yo yo": (2, 1), "tai chi": (3, 0)}


def test_hmdb(folder):
    splits = folder / "testTrainMulti_7030_splits"
    write(splits / "brush_hair_test_split1.txt", "a&b_[x].avi 2 \n#20_c.avi 1 \nunused.avi 0 \n")
    write(splits / "brush_hair_test_split2.txt", "other.avi 2 \n")
    write(splits / "clap_test_split1.txt", "#20_Rhythm_clap(1).avi 2 \n")
    video(folder / "hmdb51_org" / "brush_hair" / "a&b_[x].avi")
    video(folder / "hmdb51_org" / "clap" / "#20_Rhythm_clap(1).avi")
    found, classes = follow(folder, "HMDB-51")
    assert (found["scored"], found["failed"]) == (2, 0)
    assert classes == {"brush hair": (0, 1), "clap": (1, 1)}


def test_charades(folder):
    write(folder / "Charades_v1_classes.txt",
          "c000 Holding some clothes\nc001 Putting clothes somewhere\nc002 Taking some clothes from somewhere\n")
    columns = ["id", "subject", "scene", "script", "actions", "length"]
    with open(folder / "Charades_v1_test.csv", "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(columns)
        table.writerow(["AAAAA", "X", "Bedroom", 'A, "quoted" script', "c002 11.90 21.20;c000 0.00 12.60;c002 1 2", 30])
        table.writerow(["BBBBB", "X", "Garage", "nothing", "", 30])
    for name in ["AAAAA", "BBBBB"]:
        video(folder / "Charades_v1_480" / f"{name}.mp4")
    found, classes = follow(folder, "Charades")
    assert found["scored"] == 2 and found["map"] == 1  # of equal scores the first in the list is ahead
    assert classes == {
        "Holding some clothes": (0, 1), "Putting clothes somewhere": (1, 0),
        "Taking some clothes from somewhere": (2, 1)}

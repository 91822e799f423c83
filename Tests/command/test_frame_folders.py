"""Folders of extracted frames in place of videos, as the lists of the usual data sets name them."""

import json
import os
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, json_lines, run

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to extract frames")
FRAMES, RATE = 100, 25  # of the example clip


def extract(folder, name, video=CLIP):
    """Every frame without loss, and in the colours that the library gives."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-fps_mode", "passthrough", "-pix_fmt", "rgb24"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", video, *options, folder / name], check=True)
    return folder


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    return extract(tmp_path_factory.mktemp("frames") / "clip", "img_%05d.png")


@pytest.fixture
def folder(tmp_path, frames):
    """Where `clip` is a folder of frames, and a.mp4 the video that they are of."""
    os.symlink(frames, tmp_path / "clip")
    os.symlink(CLIP, tmp_path / "a.mp4")
    return tmp_path


def evaluate(folder, content, *arguments, name="list.txt", labels=("--labels", LABELS)):
    (folder / name).write_text(content)
    return run("eval", folder / name, "--model", MODEL, *labels, *arguments)


def predict(folder, content, *arguments, **more):
    """The lines of predictions, and what was said."""
    out = folder / "predictions.jsonl"
    out.unlink(missing_ok=True)
    process = evaluate(folder, content, "--predictions", out, *arguments, **more)
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in out.read_text().splitlines()[1:]], process.stderr


def test_a_folder_counts_as_the_video_that_it_was_extracted_from(folder):
    both = run("classify", "clip", "a.mp4", "--model", MODEL, "--labels", LABELS, "--json", cwd=folder)
    assert both.returncode == 0, both.stderr
    clip, video = json_lines(both)
    assert {**clip, "path": ""} == {**video, "path": ""}
    for views in ["1x1", "2x3"]:
        (clip, video), _ = predict(folder, f"clip {FRAMES} 3\na.mp4 7 3\n", "--views", views)
        assert clip["scores"] == video["scores"] and clip["damaged_frames"] == 0


def test_the_number_of_frames_is_held_to_the_folder(folder):
    """As in the reference, the first of more frames than the list says are the video."""
    rows = f"path,label,start,end\na.mp4,3,0,{90 / RATE}\n"
    (part,), _ = predict(folder, rows, name="parts.csv")
    (first,), _ = predict(folder, "clip 90 3\n")
    assert first["scores"] == part["scores"]
    process = evaluate(folder, "clip 101 3\na.mp4 101 3\n", "--json", "-")
    report = json.loads(process.stdout)
    assert (report["scored"], report["failed"]) == (1, 1)
    assert "clip has 100 frames, img_00001.png to img_00100.png, and 101 are expected" in report["failures"][0]["error"]


def test_a_missing_frame_is_named(folder, frames):
    part = folder / "part"
    shutil.copytree(frames, part)
    (part / "img_00017.png").unlink()
    process = evaluate(folder, "part 100 3\n")
    assert process.returncode == 1 and "part lacks the frame img_00017.png" in process.stderr


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("rows.txt", "clip 10 50 3\n", ["--columns", "path,offset,frames,label"]),
        ("rows.csv", "path,offset,frames,label\nclip,10,50,3\n", []),
        ("rows.jsonl", '{"path": "clip", "label": 3, "offset": 10, "frames": 50}\n', []),
        ("parts.csv", "path,label,start,end\nclip,3,0.4,2.4\n", ["--frame-rate", "25"]),
        ("parts.jsonl", '{"video": "clip", "labels": [3], "segment": [0.4, 2.4]}\n', ["--frame-rate", "25"]),
    ],
)
def test_parts_of_folders(folder, name, content, more):
    (part,), _ = predict(folder, "path,label,start,end\na.mp4,3,0.4,2.4\n", name="expected.csv")
    (found,), _ = predict(folder, content, *more, name=name)
    assert found["scores"] == part["scores"]


def test_seconds_need_a_rate(folder):
    process = evaluate(folder, "path,label,start,end\nclip,3,0.4,2.4\n", name="list.csv")
    assert process.returncode == 1 and "frames, which have no times" in process.stderr
    assert "--frame-rate" in process.stderr
    assert_error(run("eval", folder, "--frame-rate", "0", "--model", MODEL), "--frame-rate", code=64)


def test_several_labels_beside_a_number_of_frames(folder):
    for content, more in [
        ("clip 100 3 4\na.mp4 100\n", ["--columns", "path,frames,labels"]),
        ("path frames label\nclip 100 3 4\na.mp4 100\n", []),
    ]:
        (clip, video), _ = predict(folder, content, "--multi-label", *more)
        assert clip["labels"] == [3, 4] and video["labels"] == [] and clip["scores"] == video["scores"]
    assert_error(evaluate(folder, "clip 100 3\n", "--columns", "frames,label"), "--columns")
    assert_error(
        evaluate(folder, "clip 100\n", "--columns", "path,frames,label"), "line 1", "2 fields and --columns has 3")


def test_names_of_frames(folder, frames):
    """A template says which of several series is meant; the reference's names need none."""
    many = folder / "many"
    many.mkdir()
    for number in range(1, 11):
        for name in [f"image_{number:05}.png", f"flow_x_{number:05}.png"]:
            os.symlink(frames / f"img_{number:05}.png", many / name)
    process = evaluate(folder, "many 10 3\n")
    assert process.returncode == 1 and "several series of pictures" in process.stderr
    (ten,), _ = predict(folder, "clip 10 3\n")
    for template in ["image_%05d.png", "image_{:05}.png"]:
        (found, direct), _ = predict(folder, f"many 10 3\nmany/{template} 10 3\n", "--frame-names", template)
        assert found["scores"] == direct["scores"] == ten["scores"]


def test_every_command_that_reads_videos_reads_folders(folder):
    clips = folder / "clips"
    for label in ["moving_down", "waving"]:
        (clips / label).mkdir(parents=True)
        os.symlink(folder / "clip", clips / label / "one")
        os.symlink(CLIP, clips / label / "two.mp4")
    os.symlink(folder / "clip", clips / "waving" / "three")
    model = ["--model", MODEL]
    report = json.loads(run("eval", clips, *model, "--json", "-").stdout)
    assert (report["scored"], report["failed"]) == (5, 0)
    adapted = json.loads(run("adapt", clips, *model, "--only-listed", "--json", "--html", folder / "a.html").stdout)
    assert len(adapted["clips"]) == 5 and adapted["failures"] == []
    prompts = json.loads(run("prompts", clips, *model, "--json").stdout)
    assert prompts["videos"] == 5 and prompts["failures"] == []
    (clips / "waving" / "sub").mkdir()
    assert_error(run("eval", clips, *model), "waving/sub", "a folder in a label's folder, without frames")


def test_windows_over_folders(folder):
    """Windows need times, so a rate."""
    story = ROOT / "examples" / "shapes.mp4"
    extract(folder / "story", "frame%d.png", story)
    (folder / "labels.txt").write_text("moving left\ngrowing\n")
    (folder / "spans.csv").write_text("path,label,start,end\nstory,moving left,0,3\nstory,growing,3,6\n")
    env = {"ACTIONCLIP_MODEL": ""}
    common = ["--labels", folder / "labels.txt", "--step", "0.5"]
    both = [
        json_lines(run("timeline", path, *common, *rate, "--json", env=env))[0]
        for path, rate in [(folder / "story", ["--frame-rate", "25"]), (story, [])]
    ]
    assert both[0]["segments"] == both[1]["segments"] and both[0]["windows"] == both[1]["windows"]
    process = run("timeline", folder / "story", *common, env=env)
    assert_error(process, "no times", "--frame-rate")
    for command in [["thresholds", folder / "spans.csv"], ["eval", folder / "spans.csv", "--segments"]]:
        process = run(*command, *common, "--frame-rate", "25", env=env)
        assert process.returncode == 0, process.stderr
        process = run(*command, *common, env=env)
        assert process.returncode == 1 and "no times" in process.stderr


def test_lists_of_data_sets_find_folders_of_frames(folder):
    classes = folder / "root" / "Biking"
    classes.mkdir(parents=True)
    os.symlink(folder / "clip", classes / "v_Biking_g01_c01")
    (folder / "classInd.txt").write_text("1 Biking\n2 Diving\n")
    lines, _ = predict(
        folder, "Biking/v_Biking_g01_c01.avi 1\n", "--root", folder / "root", name="trainlist01.txt", labels=())
    assert lines[0]["path"] == "Biking/v_Biking_g01_c01"
    splits = folder / "splits"
    splits.mkdir()
    (splits / "Biking_test_split1.txt").write_text("v_Biking_g01_c01.avi 1\n")
    process = run("eval", splits, "--root", folder / "root", "--split", "train", "--model", MODEL, "--json", "-")
    assert json.loads(process.stdout)["scored"] == 1, process.stderr
    os.symlink(folder / "clip", folder / "root" / "42")
    content = '[{"id": "42", "template": "Holding [something]", "label": "holding a cup"}]'
    lines, _ = predict(folder, content, "--root", folder / "root", name="train.json", labels=())
    assert lines[0]["path"] == "42"


def test_a_file_that_is_cut_short_is_told(folder):
    """Its own index says how many frames there were."""
    options = ["-c", "copy", "-movflags", "+faststart"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", CLIP, *options, folder / "whole.mp4"], check=True)
    data = (folder / "whole.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(data[: len(data) * 6 // 10])
    (whole, cut), said = predict(folder, "whole.mp4 3\ncut.mp4 3\n")
    assert whole["damaged_frames"] == 0 and 20 < cut["damaged_frames"] < FRAMES and "cut.mp4" in said


def test_list_tells_what_the_rows_say(folder):
    (folder / "list.txt").write_text("clip 100 moving down\n".replace("moving down", "3"))
    process = run("list", folder / "list.txt", "--labels", LABELS)
    assert json_lines(process)[1] == {"path": str(folder / "clip"), "frames": 100, "labels": [3]}

"""Searching an archive that the command made."""

import csv
import io
import json
import shlex
import shutil
import subprocess

import pytest
from actionclip_command import MODEL, ROOT, UNTRAINED, assert_error, json_lines, run

DEFAULT = {"ACTIONCLIP_MODEL": ""}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with three films and their archive, which names them by relative paths."""
    folder = tmp_path_factory.mktemp("search")
    (folder / "films").mkdir()
    for name in ("clip", "shapes", "zigzag"):
        shutil.copy(ROOT / "examples" / f"{name}.mp4", folder / "films")
    process = run("embed", "films", "--out", "archive", "--quiet", cwd=folder, env=DEFAULT)
    assert process.returncode == 0, process.stderr
    return folder


def search(world, *arguments, **more):
    process = run("search", "archive", *arguments, cwd=world, env=DEFAULT, **more)
    assert process.returncode == 0, process.stderr
    return process


def found(world, *arguments):
    return json_lines(search(world, *arguments, "--json"))


def test_words_find_the_moments_that_show_them(world):
    """examples/shapes.txt tells what happens when."""
    best = found(world, "moving left")[0]
    assert best["path"] == "films/shapes.mp4" and best["start"] == 0 and best["end"] > 3
    assert "films/clip.mp4" in [moment["path"] for moment in found(world, "moving right", "-n", "2")]
    assert found(world, "moving right") == found(world, "moving", "right")  # quotation marks may be missing
    for moments in (found(world, "growing"), found(world, "growing", "--windows")):
        scores = [moment["score"] for moment in moments]
        assert scores == sorted(scores, reverse=True)
        for moment in moments:
            assert 0 <= moment["start"] <= moment["peak_start"] < moment["peak_end"] <= moment["end"]
    assert len(found(world, "growing", "-n", "2")) == 2
    assert found(world, "growing", "-n", "2") == found(world, "growing")[:2]
    assert all(moment["score"] >= 0.3 for moment in found(world, "growing", "--min-score", "0.3"))


def test_signs_add_and_take_away(world):
    plain = {(m["path"], m["peak_start"]): m["score"] for m in found(world, "growing", "--windows", "-n", "99")}
    less = {(m["path"], m["peak_start"]): m["score"]
            for m in found(world, "growing", "-", "spinning clockwise", "--windows", "-n", "99")}
    spin = {(m["path"], m["peak_start"]): m["score"]
            for m in found(world, "spinning clockwise", "--windows", "-n", "99")}
    assert plain.keys() == less.keys()
    top = max(spin, key=spin.get)
    assert less[top] < plain[top] and less[top] < 0 < spin[top]
    assert found(world, "growing", "+", "growing")[0]["score"] == pytest.approx(found(world, "growing")[0]["score"])


def test_clips_and_pictures_find_their_like(world):
    best = found(world, "--clip", "films/zigzag.mp4")[0]
    assert best["path"] == "films/zigzag.mp4" and best["score"] > 0.8
    part = found(world, "--clip", "films/shapes.mp4@5-7", "--windows")[0]
    assert found(world, "--clip", "films/shapes.mp4@0:05-0:00:07", "--windows")[0] == part
    assert found(world, "--clip", "films/shapes.mp4@5-") == found(world, "--clip", "films/shapes.mp4@5-999")
    assert part["path"] == "films/shapes.mp4" and part["start"] < 7 and part["end"] > 5 and part["score"] > 0.9
    if shutil.which("ffmpeg"):
        picture = world / "still.png"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", world / "films" / "clip.mp4", "-frames:v", "1", picture], check=True)
        assert len(found(world, "--image", picture, "-n", "3")) == 3
        assert len(found(world, "growing", "--image", "still.png", "-n", "3")) == 3


def test_templates_descriptions_and_classifiers_are_queries(world):
    assert found(world, "growing", "--template", "{}") != found(world, "growing")
    described = world / "described.json"
    described.write_text(json.dumps({"bigger": ["growing", "a shape that grows"]}))
    assert found(world, "bigger", "--descriptions", described)[0]["path"] == found(world, "growing")[0]["path"]
    assert_error(run("search", "archive", "smaller", "--descriptions", described, cwd=world, env=DEFAULT), "smaller", "described.json")
    (world / "list.csv").write_text("path,label\n" + "".join(
        f"{ROOT}/examples/lesson/zigzagging/{n}.mp4,zigzagging\n" for n in (1, 2)) + f"{ROOT}/examples/clip.mp4,moving right\n")
    made = run("adapt", world / "list.csv", "--out", "taught.classifier", cwd=world, env=DEFAULT)
    assert made.returncode == 0, made.stderr
    assert found(world, "zigzagging", "--classifier", "taught.classifier")[0]["path"] == "films/zigzag.mp4"
    process = run("search", "archive", "flying", "--classifier", "taught.classifier", cwd=world, env=DEFAULT)
    assert_error(process, "taught.classifier: 'flying' is none of its labels: moving left, ")
    process = run("search", "archive", "zigzaging", "--classifier", "taught.classifier", cwd=world, env=DEFAULT)
    assert_error(process, "and 55 more", "did you mean 'zigzagging'?")


def test_tables_and_commands(world):
    rows = list(csv.DictReader(io.StringIO(search(world, "growing", "-n", "3", "--csv").stdout)))
    assert [(row["video"], float(row["start"]), float(row["end"]), float(row["score"])) for row in rows] == [
        (m["path"], m["start"], m["end"], m["score"]) for m in found(world, "growing", "-n", "3")]
    assert {row["label"] for row in rows} == {"growing"}
    text = search(world, "growing", "-n", "3").stdout.splitlines()
    assert len(text) == 3 and "films/" in text[0]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_the_commands_of_ffmpeg_cut_moments_whatever_the_name(tmp_path):
    """Names with quotation marks, spaces, a colon and a hyphen at the beginning."""
    names = ["it's a $film; `x`.mp4", "-n:2 \"q\".mp4"]
    (tmp_path / "a 'b").mkdir()
    for name in names:
        shutil.copy(ROOT / "examples" / "clip.mp4", tmp_path / "a 'b" / name)
    assert run("embed", "a 'b", "--out", "archive", "--quiet", cwd=tmp_path, env=DEFAULT).returncode == 0
    process = search(tmp_path, "moving right", "--ffmpeg", "-n", "2")
    lines = process.stdout.splitlines()
    assert {shlex.split(line)[shlex.split(line).index("-i") + 1].rsplit("/", 1)[-1].removeprefix("file:") for line in lines} == set(names)
    for line in lines:
        subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, stderr=subprocess.DEVNULL)
        assert (tmp_path / shlex.split(line)[-1]).stat().st_size > 1000


def test_tables_have_the_paths_of_files_as_they_are(tmp_path):
    """A path is for opening a file, so its line breaks and quotation marks stay."""
    name = "a \"b\",\nc.mp4"
    shutil.copy(ROOT / "examples" / "clip.mp4", tmp_path / name)
    assert run("embed", name, "--out", "archive", "--quiet", cwd=tmp_path, env=DEFAULT).returncode == 0
    rows = list(csv.DictReader(io.StringIO(search(tmp_path, "moving right", "-n", "1", "--csv").stdout)))
    assert [row["video"] for row in rows] == [name] and (tmp_path / rows[0]["video"]).exists()


def test_an_archive_that_is_not_finished_is_told(world, tmp_path):
    shutil.copytree(world / "archive", tmp_path / "archive")
    assert search(tmp_path, "growing", "--root", world).stderr == ""
    (tmp_path / "archive" / "unfinished").touch()
    # Rows of a shard that has no final name yet may be removed already.
    (tmp_path / "archive" / "removed.jsonl").write_text('{"path":"x","shard":7,"row":0,"rows":1}\n')
    process = search(tmp_path, "growing", "--root", world)
    assert "archive: is not finished" in process.stderr and process.stdout == search(world, "growing").stdout


def test_signs_within_quotation_marks_are_told(world):
    assert "'growing - shrinking' is one phrase" in search(world, "growing - shrinking").stderr
    assert "'+shrinking' is one phrase" in search(world, "growing", "+shrinking").stderr
    assert search(world, "growing", "-", "shrinking").stderr == ""


def test_another_file_of_the_same_path_is_not_the_video(world, tmp_path):
    """By its size: the archive's own folder is looked in next."""
    (tmp_path / "films").mkdir()
    shutil.copy(world / "films" / "zigzag.mp4", tmp_path / "films" / "shapes.mp4")
    there = run("search", world / "archive", "moving left", "-n", "1", "--ffmpeg", cwd=tmp_path, env=DEFAULT)
    assert there.returncode == 0 and f"{world}/films/shapes.mp4" in there.stdout
    shutil.copytree(world / "archive", tmp_path / "archive")
    assert "(not here)" in search(tmp_path, "moving left", "-n", "1").stdout
    none = search(tmp_path, "moving left", "-n", "1", "--ffmpeg")
    assert none.stdout == "" and "films/shapes.mp4: is not here" in none.stderr


def test_missing_videos_are_listed(world, tmp_path):
    shutil.copytree(world / "archive", tmp_path / "archive")
    process = search(tmp_path, "growing")
    assert process.stdout.count("(not here)") == len(process.stdout.splitlines()) > 3
    page = tmp_path / "page.html"
    search(tmp_path, "growing", "--html", page)
    assert "no picture" in page.read_text() and "<a href" not in page.read_text()
    # Beside the archive, or where --root says, they are found.
    assert "(not here)" not in search(tmp_path, "growing", "--root", world).stdout
    elsewhere = run("search", world / "archive", "growing", cwd=tmp_path, env=DEFAULT)
    assert "(not here)" not in elsewhere.stdout


def test_another_model_is_refused(world):
    process = run("search", "archive", "walking", "--model", MODEL, cwd=world, env=DEFAULT)
    assert_error(process, "archive", "'default'", "--model")
    made = run("embed", "films/clip.mp4", "--out", "other", "--model", UNTRAINED / "untrained.safetensors", "--quiet",
               cwd=world, env=DEFAULT)
    assert made.returncode == 0, made.stderr
    assert_error(run("search", "other", "walking", cwd=world, env=DEFAULT), "untrained.safetensors", "the default model")
    assert run("search", "other", "walking", "--model", MODEL, cwd=world, env=DEFAULT).returncode == 0
    assert_error(run("search", "archive", "growing", "--frames", "4", cwd=world, env=DEFAULT), "frames")


@pytest.mark.parametrize("arguments, part", [
    ([], "words"), (["+"], "sign"), (["growing", "-"], "sign"), (["a", "+", "-", "b"], "signs"), ([" "], "words"),
    (["a", "-n", "0"], "-n"), (["a", "--json", "--csv"], "one of"), (["--clip", "x.mp4@5-2"], "clip.mp4@12-14"),
    (["--clip", "x.mp4@6"], "clip.mp4@12-"), (["--clip", "x.mp4@0:60-0:70"], "0:12"), (["--clip", "x.mp4@-5"], "0:12"),
    (["moving", "-left"], "- left"),
    (["a", "--min-score", "nan"], "min-score"), (["a", "--classifier", "c", "--template", "{}"], "--classifier"),
])  # fmt: skip
def test_wrong_usage_is_told_in_a_line(world, arguments, part):
    assert_error(run("search", "archive", *arguments, cwd=world, env=DEFAULT), part, code=64)


def test_what_is_no_archive_is_refused(world, tmp_path):
    assert_error(run("search", tmp_path, "growing", env=DEFAULT), "no archive", "actionclip embed")
    assert_error(run("search", world / "films" / "clip.mp4", "growing", env=DEFAULT), "manifest.json")
    assert_error(run("search", "archive", "--clip", "none.mp4", cwd=world, env=DEFAULT), "none.mp4")
    assert_error(run("search", "archive", "--image", "none.png", cwd=world, env=DEFAULT), "none.png", "no such picture")
    assert_error(run("search", "archive", "--image", "films/clip.mp4", cwd=world, env=DEFAULT), "films/clip.mp4", "--clip")
    before = (world / "archive" / "manifest.json").read_bytes()
    for name in ("manifest.json", "found.html"):
        process = run("search", "archive", "growing", "--html", world / "archive" / name, cwd=world, env=DEFAULT)
        assert_error(process, name, "archive's folder")
    assert (world / "archive" / "manifest.json").read_bytes() == before
    assert not (world / "archive" / "found.html").exists()


def test_what_a_manifest_lacks_is_named(world, tmp_path):
    manifest = json.loads((world / "archive" / "manifest.json").read_text())
    options = manifest["options"]
    for changed, part in [
        ({key: value for key, value in manifest.items() if key != "options"}, "no 'options'"),
        ({**manifest, "options": {key: value for key, value in options.items() if key != "temporal_shift"}},
         "no 'options.temporal_shift'"),
        ({**manifest, "rows_per_shard": "many"}, "its 'rows_per_shard'"),
        ({**manifest, "options": {**options, "joint": 3}}, "its 'options.joint'"),
    ]:  # fmt: skip
        (tmp_path / "manifest.json").write_text(json.dumps(changed))
        assert_error(run("search", tmp_path, "growing", env=DEFAULT), "manifest.json", part, "backup")


def test_many_moments_come_at_once(world):
    """Each is looked up by itself, and all of them are there."""
    every = found(world, "growing", "--windows", "-n", "100000")
    lines = (world / "archive" / "meta_0000.jsonl").read_text().splitlines()
    places = {(line["path"], line["start"]) for line in map(json.loads, lines)}
    assert {(moment["path"], moment["start"]) for moment in every} == places and len(every) == len(lines)

"""Accuracy on lists of videos: what is read, what is counted, what is written."""

import json
import math
import os
import shutil

import pytest
from actionclip_command import CLIP, LABELS, MODEL, assert_error, json_lines, run

NAMES = LABELS.read_text().splitlines()


@pytest.fixture(scope="module")
def ranking():
    """The demo model's order of the class ids for the example clip, best first."""
    (line,) = json_lines(run("classify", CLIP, "--model", MODEL, "--labels", LABELS, "--json", "--top", 0))
    return [NAMES.index(entry["label"]) for entry in line["labels"]]


@pytest.fixture
def folder(tmp_path):
    """Where a.mp4 to f.mp4 are the example clip."""
    for name in "abcdef":
        os.symlink(CLIP, tmp_path / f"{name}.mp4")
    return tmp_path


def evaluate(path, *arguments, content=None, labels=LABELS, **more):
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run("eval", path, "--model", MODEL, "--labels", labels, *arguments, **more)


def report(process):
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def rows(*classes):
    return "".join(f"{name}.mp4 {place}\n" for name, place in zip("abcdef", classes))


def wilson(hits, of):
    """The interval's ends are where the share is 1.96 standard errors away: solved, not copied."""
    z, p = 1.959963984540054, hits / of
    a, b, c = 1 + z * z / of, -(2 * p + z * z / of), p * p
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_accuracies(folder, ranking):
    best, second, last = ranking[0], ranking[1], ranking[-1]
    content = rows(best, best, second, last, second)
    found = report(evaluate(folder / "list.txt", "--json", "-", content=content))
    assert (found["scored"], found["failed"], found["damaged"]) == (5, 0, 0)
    assert (found["top1"]["correct"], found["top1"]["of"], found["top1"]["accuracy"]) == (2, 5, 0.4)
    assert (found["top5"]["correct"], found["top5"]["accuracy"]) == (4, 0.8)
    for share in [found["top1"], found["top5"]]:
        assert (share["low"], share["high"]) == pytest.approx(wilson(share["correct"], share["of"]))
    # Three classes are shown: one always right, two never.
    assert found["mean_class_accuracy"] == pytest.approx(1 / 3)
    assert [entry["label"] for entry in found["classes"]] == NAMES
    assert [entry["id"] for entry in found["classes"]] == list(range(len(NAMES)))
    counted = {entry["id"]: (entry["videos"], entry["correct"], entry["accuracy"]) for entry in found["classes"]}
    assert counted[best] == (2, 2, 1) and counted[second] == (2, 0, 0) and counted[last] == (1, 0, 0)
    assert all(counted[place] == (0, 0, None) for place in ranking[2:-1])
    assert found["confusion"] == sorted([[best, best, 2], [second, best, 2], [last, best, 1]])


def test_people_get_a_summary(folder, ranking):
    content = rows(ranking[0], ranking[-1]) + f"gone.mp4 {ranking[0]}\n"
    process = evaluate(folder / "list.txt", content=content)
    assert process.returncode == 0
    head, *lines = process.stdout.splitlines()
    assert "list.txt" in head
    told = {line[2:24].strip(): line[24:].strip() for line in lines}
    low, high = (100 * end for end in wilson(1, 2))
    assert told["top-1 accuracy"] == f"50.00 %  (1 of 2, 95 % interval {low:.2f} to {high:.2f})"
    assert told["top-5 accuracy"].startswith("50.00 %")
    assert told["mean class accuracy"] == "50.00 %"
    assert told["videos"] == "2  scored"
    assert lines[-1].split(maxsplit=1) == ["1", "could not be read and do not count"]


@pytest.mark.parametrize(
    "line",
    [
        "a.mp4 3", "a.mp4 250 3", "a.mp4\t3", "a.mp4,3", "a.mp4, 250 ,3", '"a.mp4","moving down"',
        "a.mp4,moving down", "a.mp4\t250\tmoving down", "\ufeffa.mp4 3\r", "# all\n\n  a.mp4   3  \n\n",
        "path,label\na.mp4,3", "Path\tFrames\tLabel\na.mp4\t250\t3", "path label\na.mp4 3",
    ],
)
def test_lists_as_people_keep_them(folder, line):
    found = report(evaluate(folder / "list.txt", "--json", "-", content=line + "\n"))
    assert [entry["videos"] for entry in found["classes"]] == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert found["scored"] == 1


@pytest.mark.parametrize(
    "content, words",
    [
        ("a.mp4 3\nb.mp4\n", ["line 2", "no label", "spaces"]),
        ("a.mp4 9\n", ["line 1", "no id 9", "0 to 8"]),
        ("a.mp4 -1\n", ["line 1", "no label -1"]),
        ("a.mp4 99999999999999999999\n", ["line 1", "no id 99999999999999999999"]),
        ("a.mp4 moving_down\n", ["line 1", "no label moving_down"]),
        ("a.mp4 moving down\n", ["line 1", "tabs or commas", "--multi-label"]),
        ("my a.mp4 3\n", ["line 1", "tabs or commas"]),
        ("a.mp4 3\nb.mp4 250 3\n", ["line 2", "3 fields", "line 1 has 2", "--multi-label"]),
        ("a.mp4,3\nb.mp4 3\n", ["line 2", "no label", "a comma", "--separator"]),
        ("a.mp4,3,\n", ["line 1", "no label", "a comma"]),
        ("a.mp4,3,4,5\n", ["line 1", "a comma", "--multi-label"]),
        ('a "b".mp4,3\n', ["line 1", "quotation marks"]),
        ('"a.mp4,3\n', ["line 1", "quotation marks"]),
        (",3\n", ["line 1", "no path"]),
        ("a.mp4 3\na.mp4 4\n", ["line 2", "a.mp4 is on line 1"]),
        (b"a.mp4 \xe9\n", ["line 1", "UTF-8"]),
        (b"a\0.mp4 3\n", ["line 1", "NUL"]),
        ("# nothing\n\npath,label\n", ["no video"]),
        ("", ["no video"]),
    ],
)
def test_a_list_that_is_not_clear_is_refused(folder, content, words):
    assert_error(evaluate(folder / "my list", content=content), "my list", *words)


def test_separator(folder):
    content = "odd, name.mp4 3\n"
    shutil.copy(CLIP, folder / "name.mp4")
    assert_error(evaluate(folder / "list.txt", content=content), "no label name.mp4 3")
    (folder / "with, comma.mp4").symlink_to(CLIP)
    tabs = evaluate(folder / "list.txt", "--json", "-", content="with, comma.mp4\t3\n")
    commas = evaluate(folder / "list.txt", "--json", "-", content='"with, comma.mp4",3\n')
    assert report(tabs) == report(commas) and report(tabs)["scored"] == 1
    (folder / "a,b.mp4").symlink_to(CLIP)
    spaces = evaluate(folder / "list.txt", "--json", "-", "--separator", "space", content="a,b.mp4 3\n")
    assert report(spaces)["scored"] == 1


def test_ids_are_the_tables(folder, ranking):
    """A table says what its numbers mean; one that starts at 1 is as good as any."""
    table = folder / "labels.csv"
    table.write_text("id,name\n" + "".join(f"{i + 1},{name}\n" for i, name in enumerate(NAMES)))
    found = report(
        evaluate(folder / "list.txt", "--json", "-", content=rows(ranking[0] + 1), labels=table))
    assert found["top1"]["accuracy"] == 1
    assert found["confusion"] == [[ranking[0] + 1, ranking[0] + 1, 1]]
    assert_error(evaluate(folder / "list.txt", content=rows(0), labels=table), "no id 0", "1 to 9")


@pytest.mark.parametrize(
    "labels, words",
    [
        ("run\nwalk\nrun\n", ["run", "twice"]),
        ("id,name\n0,run\n0,walk\n", ["id 0", "twice"]),
        ("1\n0\n", ["line 1", "0 is the id of 1"]),
    ],
)
def test_labels_that_are_not_clear_are_refused(folder, labels, words):
    path = folder / "names"
    path.write_text(labels)
    assert_error(evaluate(folder / "list.txt", content="a.mp4 0\n", labels=path), "names", *words)


def test_a_name_that_is_its_own_id_is_clear(folder):
    (folder / "names").write_text("0\n1\n")
    found = report(
        evaluate(folder / "list.txt", "--json", "-", content="a.mp4 1\n", labels=folder / "names"))
    assert found["classes"][1]["videos"] == 1


def test_root(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("lists") / "list.txt"
    content = rows(3)
    nothing = evaluate(elsewhere, content=content)
    assert nothing.returncode == 1 and "none of its videos" in nothing.stderr
    assert report(evaluate(elsewhere, "--root", folder, "--json", "-"))["scored"] == 1
    assert report(evaluate(elsewhere, "--root", f"{folder}/", "--json", "-"))["scored"] == 1
    absolute = evaluate(elsewhere, "--json", "-", content=f"{folder}/a.mp4 3\n")
    assert report(absolute)["scored"] == 1
    # A list named without a folder is in the current one.
    shutil.copy(elsewhere, folder / "here.txt")
    assert report(run(
        "eval", "here.txt", "--model", MODEL, "--labels", LABELS, "--json", "-", cwd=folder))["scored"] == 1


def test_paths_that_are_not_utf8(folder):
    os.symlink(CLIP, os.fsencode(folder) + b"/caf\xe9.mp4")
    found = report(evaluate(folder / "list.txt", "--json", "-", content=b"caf\xe9.mp4 3\n"))
    assert found["scored"] == 1


def test_videos_that_cannot_be_read_do_not_count(folder, ranking):
    (folder / "garbage.mp4").write_bytes(bytes(range(256)) * 64)
    content = rows(ranking[0]) + "garbage.mp4 0\ngone.mp4 1\n"
    process = evaluate(folder / "list.txt", "--json", "-", content=content)
    found = report(process)
    assert (found["scored"], found["failed"], found["top1"]["accuracy"]) == (1, 2, 1)
    assert [(entry["line"], entry["path"]) for entry in found["failures"]] == [
        (2, "garbage.mp4"), (3, "gone.mp4")]
    for entry in found["failures"]:
        assert entry["path"] in entry["error"] and entry["error"] in process.stderr
    strict = evaluate(folder / "list.txt", "--json", "-", "--strict")
    assert strict.returncode == 1 and json.loads(strict.stdout) == found
    assert evaluate(folder / "list.txt", "--strict", content=rows(1)).returncode == 0


def test_json_file_is_whole(folder):
    results = folder / "results.json"
    results.write_text("before")
    process = evaluate(folder / "list.txt", "--json", results, content=rows(3))
    assert process.returncode == 0 and "top-1" in process.stdout
    asked = report(evaluate(folder / "list.txt", "--json", "-"))
    assert json.loads(results.read_text()) == asked
    assert not [name for name in os.listdir(folder) if name.startswith("results.json.")]


def test_options_reach_the_scores(folder):
    """What reaches classify reaches eval: with its options the same label is the best."""
    for options in [["--resize", "clip"], ["--template", "{}"], ["--frames", 3], ["--scale", 1]]:
        (line,) = json_lines(
            run("classify", CLIP, "--model", MODEL, "--labels", LABELS, "--json", "--top", 0, *options))
        order = [NAMES.index(entry["label"]) for entry in line["labels"]]
        found = report(
            evaluate(folder / "list.txt", "--json", "-", *options, content=rows(order[0], order[4], order[5])))
        assert (found["top1"]["correct"], found["top5"]["correct"]) == (1, 2), options


@pytest.mark.parametrize("views", ["3", "0x1", "1x2", "x", "-1x3", "101x1", "1x3x1", "axb"])
def test_views_that_are_none(folder, views):
    assert_error(evaluate(folder / "list.txt", f"--views={views}", content=rows(3)), "views", code=64)

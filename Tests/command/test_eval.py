"""Accuracy on lists of videos: what is read, what is counted, what is written."""

import fcntl
import html.parser
import json
import math
import os
import pty
import shutil
import struct
import subprocess
import termios
from xml.etree import ElementTree

import numpy as np
import pytest
from actionclip_command import CLIP, COMMAND, LABELS, MERGES, MODEL, assert_error, errors, json_lines, run

NAMES = LABELS.read_text().splitlines()


@pytest.fixture(scope="module")
def ranking():
    """The untrained model's order of the class ids for the example clip, best first."""
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
    told = {line[2:22].strip(): line[22:].strip() for line in lines}
    low, high = (100 * end for end in wilson(1, 2))
    assert told == {
        "top-1 accuracy": f"50.00 %  (1 of 2, 95 % interval {low:.2f} to {high:.2f})",
        "top-5 accuracy": f"50.00 %  (1 of 2, 95 % interval {low:.2f} to {high:.2f})",
        "mean class accuracy": "50.00 %",
        "videos": "2",
        "could not be read": "1, not counted above",
    }


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
    """Options reach eval as they reach classify: the same label is the best."""
    for options in [["--resize", "clip"], ["--template", "{}"], ["--frames", 3], ["--scale", 1]]:
        (line,) = json_lines(
            run("classify", CLIP, "--model", MODEL, "--labels", LABELS, "--json", "--top", 0, *options))
        order = [NAMES.index(entry["label"]) for entry in line["labels"]]
        found = report(
            evaluate(folder / "list.txt", "--json", "-", *options, content=rows(order[0], order[4], order[5])))
        assert (found["top1"]["correct"], found["top5"]["correct"]) == (1, 2), options


def test_damaged_frames_are_counted(folder):
    """Some decoders conceal the damage, some give the video up; it is never passed over."""
    data = bytearray(CLIP.read_bytes())
    start = data.index(b"mdat")
    middle = start + (len(data) - start) // 3
    for offset in range(middle, middle + 400):
        data[offset] ^= 0x5A
    (folder / "damaged.mp4").write_bytes(data)
    (line,) = json_lines(run("classify", folder / "damaged.mp4", "--model", MODEL, "--labels", LABELS, "--json"))
    process = evaluate(folder / "list.txt", "--json", "-", content="a.mp4 3\ndamaged.mp4 3\n")
    found = report(process)
    if line["error"]:
        assert (found["failed"], found["damaged"]) == (1, 0)
    else:
        assert (found["scored"], found["damaged"]) == (2, int(line["damaged_frames"] > 0))
        assert ("damaged.mp4: " in process.stderr) == (line["damaged_frames"] > 0)


@pytest.mark.parametrize(
    "option", [["--scale", "nan"], ["--threads=-1"], ["--template", "none"]])
def test_an_option_at_fault_is_no_videos_fault(folder, option):
    process = evaluate(folder / "list.txt", "--predictions", folder / "out", *option, content=rows(3))
    assert_error(process)
    assert not (folder / "out").exists()


def test_results_go_through_links_and_into_pipes(folder):
    (folder / "list.txt").write_text(rows(3))
    (folder / "real.json").write_text("before")
    (folder / "link.json").symlink_to("real.json")
    assert evaluate(folder / "list.txt", "--json", folder / "link.json").returncode == 0
    assert (folder / "link.json").is_symlink()
    (folder / "real.json").chmod(0o600)
    (folder / "nowhere.json").symlink_to("none.json")
    assert evaluate(folder / "list.txt", "--json", folder / "link.json").returncode == 0
    assert (folder / "real.json").stat().st_mode & 0o777 == 0o600
    assert_error(evaluate(folder / "list.txt", "--json", folder / "nowhere.json"))
    assert (folder / "nowhere.json").is_symlink()
    wanted = (folder / "real.json").read_text()
    assert json.loads(wanted)["scored"] == 1
    os.mkfifo(folder / "pipe")
    with subprocess.Popen(["cat", folder / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        assert evaluate(folder / "list.txt", "--json", folder / "pipe").returncode == 0
        assert reader.communicate()[0] == wanted
    assert (folder / "pipe").is_fifo()


@pytest.mark.parametrize("views", ["3", "0x1", "1x2", "x", "-1x3", "101x1", "1x3x1", "axb"])
def test_views_that_are_none(folder, views):
    assert_error(evaluate(folder / "list.txt", f"--views={views}", content=rows(3)), "views", code=64)


def predictions(path):
    header, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    return header, lines


def scores(folder, name, *arguments):
    """[classes], as the only video of a list gets them."""
    out = folder / "scores.jsonl"
    out.unlink(missing_ok=True)
    content = f"{name},0\n"
    process = evaluate(folder / "scores.csv", "--predictions", out, *arguments, content=content)
    assert process.returncode == 0, process.stderr
    (line,) = predictions(out)[1]
    return np.array(line["scores"], dtype=np.float32)


SIDE = 112  # the untrained model's
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")


def encode(path, source, filters, frames=None):
    """A clip of exactly the source's pixels."""
    count = [] if frames is None else ["-frames:v", str(frames)]
    subprocess.run(
        ["ffmpeg", "-v", "error", *source, "-vf", filters, "-fps_mode", "passthrough", *count,
         "-c:v", "ffv1", "-pix_fmt", "bgr0", path], check=True)


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """40 frames, as high as the model's input, so that nothing is resized with --resize clip."""
    folder = tmp_path_factory.mktemp("moving")
    encode(folder / "wide.mkv", ["-f", "lavfi", "-i", f"testsrc2=size=200x{SIDE}:rate=10"], "null", 40)
    return folder


def mean(parts):
    return (sum(part.astype(np.float64) for part in parts) / len(parts)).astype(np.float32)


@needs_ffmpeg
def test_clips_take_the_frames_in_turn(moving):
    """The reference's rule takes 16 frames for 16 segments, and two clips have 8 each."""
    frames = [int(i * 40 / 16 + (40 / 16 - 1) / 2) for i in range(16)]
    parts = []
    for clip in range(2):
        chosen = "+".join(f"eq(n,{frame})" for frame in frames[clip::2])
        encode(moving / f"clip{clip}.mkv", ["-i", moving / "wide.mkv"], f"select='{chosen}'")
        parts.append(scores(moving, f"clip{clip}.mkv"))
    assert not np.array_equal(*parts)
    np.testing.assert_array_equal(scores(moving, "wide.mkv", "--views", "2x1"), mean(parts))


@needs_ffmpeg
def test_crops_are_both_ends_and_the_middle(moving):
    parts = []
    for crop, left in enumerate([0, (200 - SIDE) // 2, 200 - SIDE]):
        encode(moving / f"crop{crop}.mkv", ["-i", moving / "wide.mkv"], f"crop={SIDE}:{SIDE}:{left}:0")
        parts.append(scores(moving, f"crop{crop}.mkv", "--resize", "clip"))
    np.testing.assert_array_equal(scores(moving, "wide.mkv", "--resize", "clip"), parts[1])
    np.testing.assert_array_equal(
        scores(moving, "wide.mkv", "--resize", "clip", "--views", "1x3"), mean(parts))
    assert not np.array_equal(scores(moving, "wide.mkv", "--views", "1x3"), mean(parts))


@needs_ffmpeg
def test_views_of_few_frames_and_of_large_pictures(moving):
    """One frame is every view's; pictures that do not go into memory together are read in parts."""
    encode(moving / "one.mkv", ["-i", moving / "wide.mkv"], f"crop={SIDE}:{SIDE}:0:0", 1)
    encode(moving / "large.mkv", ["-i", moving / "wide.mkv"], "scale=1680:1680", 9)
    for name, views in [("one.mkv", "10x3"), ("large.mkv", "1x3")]:
        # All three crops of a square picture are the same.
        np.testing.assert_array_equal(
            scores(moving, name, "--resize", "clip", "--views", views), scores(moving, name, "--resize", "clip"))


def journal(folder, content, labels, rows, *arguments):
    """Predictions with these scores, as if videos had got them: what they then measure is known."""
    (folder / "labels").write_text(labels)
    out = folder / "predictions.jsonl"
    out.unlink(missing_ok=True)
    begun = evaluate(
        folder / "list.txt", "--predictions", out, *arguments, content=content, labels=folder / "labels")
    assert begun.returncode == 1 and "none of its videos" in begun.stderr
    header = out.read_text().splitlines()[0]
    lines = [json.dumps({"line": i + 1, "scores": [float(v) for v in row]}) for i, row in enumerate(rows)]
    out.write_text("\n".join([header, *lines]) + "\n")
    return evaluate(
        folder / "list.txt", "--predictions", out, "--resume", "--json", "-", *arguments,
        labels=folder / "labels")


def labels_of(count):
    return "".join(f"class number {place}\n" for place in range(count))


def average_precision(values, truth):
    """The mean precision at each video that shows the class, ordered as a stable sort orders them."""
    order = np.argsort(-values, kind="stable")
    hits = truth[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return (precision * hits).sum() / hits.sum()


@pytest.mark.parametrize("levels", [None, 4], ids=["distinct", "ties"])
def test_map_is_numpys(tmp_path, levels):
    videos, classes = 60, 23
    generator = np.random.default_rng(7)
    values = generator.random((videos, classes), dtype=np.float32)
    if levels:
        values = np.floor(values * levels) / levels
    truth = generator.random((videos, classes)) < 0.1
    truth[:, 5] = False  # a class that no video shows does not count
    truth[3] = False  # a video that shows none does
    content = "".join(
        " ".join([f"gone{i}.mp4", *map(str, np.flatnonzero(row))]) + "\n" for i, row in enumerate(truth))
    found = report(journal(tmp_path, content, labels_of(classes), values, "--multi-label"))
    shown = [place for place in range(classes) if truth[:, place].any()]
    expected = {place: average_precision(values[:, place], truth[:, place]) for place in shown}
    assert 5 not in expected and found["scored"] == videos
    assert found["map"] == pytest.approx(np.mean(list(expected.values())), rel=1e-12)
    counts = truth.sum(0)
    weighted = sum(expected[place] * counts[place] for place in shown) / counts.sum()
    assert found["weighted_map"] == pytest.approx(weighted, rel=1e-12)
    for place, entry in enumerate(found["classes"]):
        assert entry["videos"] == counts[place]
        assert entry["average_precision"] == (
            pytest.approx(expected[place], rel=1e-12) if place in expected else None)


def test_map_by_hand(tmp_path):
    """Two of four videos show the class and rank 1st and 3rd: (1/1 + 2/3) / 2."""
    content = "a 0\nb\nc 0\nd\n"
    found = report(journal(tmp_path, content, "x\n", [[0.9], [0.8], [0.7], [0.1]], "--multi-label"))
    assert found["map"] == pytest.approx(5 / 6)


def test_accuracies_are_numpys(tmp_path):
    videos, classes = 300, 40
    generator = np.random.default_rng(3)
    values = generator.random((videos, classes), dtype=np.float32)
    truth = generator.integers(0, classes - 1, videos)  # nothing shows the last class
    values[np.arange(videos), truth] += 0.7 * generator.random(videos, dtype=np.float32)
    content = "".join(f"gone{i}.mp4 {place}\n" for i, place in enumerate(truth))
    found = report(journal(tmp_path, content, labels_of(classes), values))
    order = np.argsort(-values, axis=1, kind="stable")
    right = order[:, 0] == truth
    assert found["top1"]["correct"] == right.sum()
    assert found["top5"]["correct"] == (order[:, :5] == truth[:, None]).any(1).sum()
    assert found["mean_class_accuracy"] == pytest.approx(
        np.mean([right[truth == place].mean() for place in np.unique(truth)]), rel=1e-12)
    confusion = np.zeros((classes, classes), dtype=int)
    np.add.at(confusion, (truth, order[:, 0]), 1)
    assert found["confusion"] == [[*map(int, at), int(confusion[tuple(at)])] for at in np.argwhere(confusion)]


def test_of_equal_scores_the_first_class_is_taken(tmp_path):
    found = report(journal(tmp_path, "a 0\nb 1\nc 5\nd 4\n", labels_of(6), [[0.5] * 6] * 4))
    assert (found["top1"]["correct"], found["top5"]["correct"]) == (1, 3)


def test_several_labels(folder, ranking):
    content = f"a.mp4 {ranking[0]} {ranking[3]}\nb.mp4 {ranking[8]}\nc.mp4\n"
    assert_error(evaluate(folder / "list.txt", content=content), "line 2", "--multi-label")
    process = evaluate(folder / "list.txt", "--multi-label", "--json", "-")
    found = report(process)
    assert found["multi_label"] is True and found["scored"] == 3
    assert "top1" not in found and "confusion" not in found
    # One video three times: equal scores everywhere, so the list's order decides.
    assert found["classes"][ranking[0]]["average_precision"] == 1
    assert found["classes"][ranking[8]]["average_precision"] == 0.5
    names = [NAMES[place] for place in ranking]
    table = f"path,labels\na.mp4,{names[0]},{names[3]}\nb.mp4,{names[8]},\nc.mp4,\n"
    assert report(evaluate(
        folder / "other.csv", "--multi-label", "--json", "-", content=table))["classes"] == found["classes"]
    for bad, words in [
        ("a.mp4 3 3\n", ["line 1", "label 3", "twice"]),
        ("a.mp4 3\na.mp4 4\n", ["line 2", "one line"]),
        ("a.mp4 250 3\n", ["line 1", "no id 250"]),
    ]:
        assert_error(evaluate(folder / "list.txt", "--multi-label", content=bad), *words)


def test_predictions(folder, ranking):
    (folder / "bad.mp4").write_bytes(b"nothing")
    out = folder / "out.jsonl"
    content = rows(4) + "bad.mp4 2\n"
    process = evaluate(folder / "list.txt", "--predictions", out, content=content)
    assert process.returncode == 0
    header, (good, bad) = predictions(out)
    assert header["format"] == "actionclip eval 1" and header["views"] == "1x1"
    assert list(good) == ["line", "path", "labels", "predicted", "damaged_frames", "scores"]
    assert (good["line"], good["path"], good["labels"]) == (1, "a.mp4", [4])
    assert good["predicted"] == ranking[:5] and good["damaged_frames"] == 0
    (line,) = json_lines(run("classify", CLIP, "--model", MODEL, "--labels", LABELS, "--json", "--top", 0))
    assert {NAMES[i]: score for i, score in enumerate(good["scores"])} == {
        entry["label"]: entry["probability"] for entry in line["labels"]}
    assert list(bad) == ["line", "path", "labels", "error"] and bad["path"] in bad["error"]


def test_existing_predictions_are_not_overwritten(folder):
    out = folder / "out.jsonl"
    assert evaluate(folder / "list.txt", "--predictions", out, content=rows(3)).returncode == 0
    before = out.read_bytes()
    assert_error(evaluate(folder / "list.txt", "--predictions", out), "out.jsonl", "--resume")
    assert out.read_bytes() == before
    assert_error(evaluate(folder / "list.txt", "--resume"), "--predictions", code=64)


@pytest.mark.parametrize("cut", ["between", "inside", "header"])
def test_an_interrupted_run_goes_on(folder, cut):
    content = rows(0, 1, 2, 3, 4, 5)
    whole, parts = folder / "whole.jsonl", folder / "parts.jsonl"
    at_once = evaluate(folder / "list.txt", "--predictions", whole, "--json", "-", content=content)
    lines = whole.read_bytes().splitlines(keepends=True)
    kept = {"between": b"".join(lines[:4]), "inside": b"".join(lines[:4]) + lines[4][:90],
            "header": lines[0][:50]}[cut]
    parts.write_bytes(kept)
    again = evaluate(folder / "list.txt", "--predictions", parts, "--resume", "--json", "-")
    assert report(again) == report(at_once)
    assert parts.read_bytes() == whole.read_bytes()


def test_an_interrupted_run_does_nothing_twice(folder):
    """A video that is done may even be gone."""
    out = folder / "out.jsonl"
    first = evaluate(folder / "list.txt", "--predictions", out, "--json", "-", content=rows(0, 1))
    before = out.read_bytes()
    for name in "ab":
        (folder / f"{name}.mp4").unlink()
    again = evaluate(folder / "list.txt", "--predictions", out, "--resume", "--json", "-")
    assert report(again) == report(first) and out.read_bytes() == before


def test_a_killed_run_goes_on(folder):
    content = "".join(f"v{i}.mp4 {i % 9}\n" for i in range(400))
    for i in range(400):
        os.symlink(CLIP, folder / f"v{i}.mp4")
    (folder / "list.txt").write_text(content)
    out = folder / "out.jsonl"
    arguments = ["eval", "list.txt", "--model", MODEL, "--labels", LABELS, "--predictions", out]
    process = subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while not out.exists() or out.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
    busy = run(*arguments, "--resume", cwd=folder)
    process.kill()
    process.wait()
    process.stdout.close()
    assert_error(busy, "out.jsonl", "in use")
    done = out.read_bytes().count(b"\n") - 1
    assert 2 <= done < 400
    # The rest would take long here and show nothing new.
    for i in range(done + 1, 400):
        (folder / f"v{i}.mp4").unlink()
    found = report(run(*arguments, "--resume", "--json", "-", cwd=folder))
    assert found["scored"] in (done, done + 1) and found["scored"] + found["failed"] == 400


def test_a_video_that_failed_is_tried_again(folder):
    out = folder / "out.jsonl"
    content = rows(3) + "late.mp4 3\n"
    arguments = ["--predictions", out, "--resume", "--json", "-"]  # begun with --resume is fine
    assert report(evaluate(folder / "list.txt", *arguments, content=content))["failed"] == 1
    assert report(evaluate(folder / "list.txt", *arguments))["failed"] == 1
    assert len(predictions(out)[1]) == 2  # the same failure is said once
    (folder / "late.mp4").symlink_to(CLIP)
    found = report(evaluate(folder / "list.txt", *arguments))
    assert (found["scored"], found["failed"]) == (2, 0)
    assert report(evaluate(folder / "list.txt", *arguments)) == found


def test_a_run_does_not_go_on_with_anything_changed(folder):
    out = folder / "out.jsonl"
    model = shutil.copy(MODEL, folder)
    shutil.copy(MERGES, folder)
    shutil.copy(LABELS, folder / "labels.txt")

    def go(*arguments):
        return run(
            "eval", folder / "list.txt", "--model", model, "--labels", folder / "labels.txt",
            "--predictions", out, "--resume", *arguments)

    (folder / "list.txt").write_text(rows(3))
    assert go().returncode == 0
    before = out.read_bytes()
    for option, what in [
        (["--views", "1x3"], "views"), (["--resize", "clip"], "resize"), (["--scale", "10"], "scale"),
        (["--template", "{}"], "templates"), (["--frames", "4"], "frames"),
        (["--multi-label"], "multi-label"), (["--root", folder], "root"),
        (["--temporal-shift", "on"], "temporal shift"),
    ]:
        assert_error(go(*option), "out.jsonl", f"another {what}")
    for name, what in [("labels.txt", "labels"), ("list.txt", "list")]:
        kept = (folder / name).read_text()
        (folder / name).write_text(kept + ("b.mp4 4\n" if what == "list" else "dancing\n"))
        assert_error(go(), "out.jsonl", f"another {what}")
        (folder / name).write_text(kept)
    changed = bytearray(MODEL.read_bytes())
    changed[-1] ^= 1
    (folder / MODEL.name).write_bytes(changed)
    assert_error(go(), "out.jsonl", "another model")
    shutil.copy(MODEL, folder)
    assert out.read_bytes() == before
    # How many threads compute changes no bit.
    assert go("--threads", "1").returncode == 0


@pytest.mark.parametrize(
    "content, words",
    [
        (b"my notes\n", ["does not begin"]),
        (b"my notes", ["does not begin"]),
        (b'{"format":"something else"}\n', ["does not begin"]),
        (b"%s{\n", ["line 2", "damaged"]),
        (b'%s{"line":1,"scores":[0.5,0.5]}\n', ["line 2", "no score for each class"]),
        (b'%s{"line":1,"scores":[0,0,0,0,0,0,0,0,1e999]}\n', ["line 2"]),
        (b'%s\n', ["line 2", "damaged"]),
    ],
)
def test_a_file_that_is_not_ours_stays_as_it_is(folder, content, words):
    out = folder / "out.jsonl"
    assert evaluate(folder / "list.txt", "--predictions", out, content=rows(3)).returncode == 0
    content = content.replace(b"%s", out.read_bytes().splitlines(keepends=True)[0])
    out.write_bytes(content)
    assert_error(evaluate(folder / "list.txt", "--predictions", out, "--resume"), "out.jsonl", *words)
    assert out.read_bytes() == content


@pytest.mark.parametrize("option", ["--json", "--html", "--predictions"])
def test_a_result_that_cannot_be_written_is_told_at_once(folder, option):
    content = "".join(f"gone{i}.mp4 3\n" for i in range(50))
    for place in [folder / "none" / "file", folder]:
        process = evaluate(folder / "list.txt", option, place, content=content)
        assert_error(process, place)  # one line: no video was tried


class Reader(html.parser.HTMLParser):
    """Whether tags close, what refers to something outside, and the text."""

    def __init__(self):
        super().__init__()
        self.open, self.outside, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.outside += [value for name, value in attributes if name in {"src", "href", "srcset", "onload"}]

    def handle_startendtag(self, tag, attributes):
        assert tag in {"meta"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def page(path):
    text = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [] and reader.outside == []
    assert "<script" not in text and "url(" not in text and "@import" not in text
    return ElementTree.fromstring(text), reader.text


def test_page(tmp_path):
    names = ["<script>alert('1')</script>", "a & b \"c\"", "tai\x07chi 太极拳", "</title>", "]]>", "plain"]
    values = np.full((3, len(names)), 0.1)
    values[[0, 1, 2], [0, 2, 1]] = 0.5
    content = "".join(f"<b>{i}&.mp4 {i}\n" for i in range(3))
    out = tmp_path / "page.html"
    process = journal(tmp_path, content, "\n".join(names) + "\n", values, "--html", out)
    assert process.returncode == 0, process.stderr
    tree, text = page(out)
    for name in names:
        assert name.replace("\x07", "\ufffd") in text
    assert "33.33 %  (1 of 3" in text
    space = "{http://www.w3.org/2000/svg}"
    cells = tree.findall(f".//{space}rect")
    assert [(cell.get("x"), cell.get("y"), cell.get("class")) for cell in cells] == [
        ("0", "0", "r"), ("2", "1", "w"), ("1", "2", "w")]
    assert cells[1].find(f"{space}title").text == 'a & b "c": 1 of 1 as tai\ufffdchi 太极拳'
    # The worst classes come first, and those that no video shows last.
    table = tree.findall(".//{http://www.w3.org/1999/xhtml}table")[1]
    order = ["".join(row[1].itertext()) for row in table[1:]]
    assert order == [name.replace("\x07", "\ufffd") for name in [names[1], names[2], names[0], *names[3:]]]


def test_page_of_many_classes(tmp_path):
    videos, classes = 2000, 400
    generator = np.random.default_rng(5)
    values = generator.random((videos, classes), dtype=np.float32).round(3)
    content = "".join(f"gone{i}.mp4 {i % classes}\n" for i in range(videos))
    out = tmp_path / "page.html"
    assert journal(tmp_path, content, labels_of(classes), values, "--html", out).returncode == 0
    tree, _ = page(out)
    picture = tree.find(".//{http://www.w3.org/2000/svg}svg")
    assert picture.get("viewBox") == "0 0 400 400"
    assert len(out.read_bytes()) < 1_000_000


def test_page_of_several_labels_and_failures(folder):
    out = folder / "page.html"
    content = "a.mp4 3\n<gone>.mp4 3\n"
    assert evaluate(folder / "list.txt", "--multi-label", "--html", out, content=content).returncode == 0
    tree, text = page(out)
    assert "mAP" in text and "average precision" in text and "line 2: " in text and "<gone>.mp4" in text
    assert tree.find(".//{http://www.w3.org/2000/svg}svg") is None


def test_progress_on_a_pipe(folder):
    process = evaluate(folder / "list.txt", "--activation", "quickgelu", content=rows(0, 1, 2))
    assert "\r" not in process.stderr and "\x1b" not in process.stderr
    lines = errors(process.stderr)
    assert [line.split(",")[0] for line in lines] == [f"actionclip: {i} of 3 videos" for i in [1, 2, 3]]
    assert all("second" in line for line in lines) and "left" in lines[0] and "left" not in lines[2]
    many = "".join(f"gone{i}.mp4 0\n" for i in range(200))
    told = evaluate(folder / "list.txt", content=many).stderr.splitlines()
    assert len([line for line in told if " of 200 videos" in line]) == 10


def test_progress_on_a_terminal(folder):
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 70, 0, 0))
    (folder / "list.txt").write_text(rows(0, 1) + "gone.mp4 2\n")
    process = subprocess.Popen(
        [COMMAND, "eval", "list.txt", "--model", MODEL, "--labels", LABELS], cwd=folder, stderr=follower,
        stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
    os.close(follower)
    drawn = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        drawn += chunk
    os.close(leader)
    assert "top-1" in process.communicate()[0].decode()
    states = [state.removeprefix("\x1b[K") for state in drawn.decode().replace("\r\n", "\n").split("\r")]
    assert any("█" in state and "3 of 3 videos" in state for state in states)
    assert all(len(state) < 70 for state in states if "videos" in state)
    assert any(state.startswith("actionclip: warning: ") and state.endswith("\n") for state in states)
    assert states[-1] == ""  # nothing is left of the bar


@pytest.mark.parametrize("end", ["\r", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_of_other_systems(folder, end, encoding):
    content = rows(0, 1, 2)
    expected = report(evaluate(folder / "list.txt", "--json", "-", content=content))
    assert expected["scored"] == 3
    other = content.replace("\n", end).encode(encoding)
    assert report(evaluate(folder / "list.txt", "--json", "-", content=other)) == expected

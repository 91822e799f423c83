"""Archives: every video embedded once, whatever happens meanwhile."""

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from actionclip_command import COMMAND, MODEL, ROOT, assert_error, run
from archives import SHORT, STORY, content, copy, embed, lines, report, rows

KILLS = int(os.environ.get("ARCHIVE_KILLS", "5"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A folder of 13 videos with 5 rows or 1 each, in folders of its own."""
    folder = tmp_path_factory.mktemp("archive") / "videos"
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(12):
        copy(SHORT, folder / ["", "deep", "deep/er"][number % 3] / f"{number:02}.mp4", number)
    copy(STORY, folder / "deep" / "story.MP4")
    (folder / "notes.txt").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def whole(videos):
    """The archive of one run."""
    archive = videos.parent / "whole"
    assert report(embed(videos, out=archive))["embedded"] == 13
    return archive


def test_an_archive_has_a_row_for_each_window(videos, whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"]) == ("actionclip-archive", 1)
    assert (manifest["window"], manifest["step"], manifest["dtype"]) == (2.0, 1.0, "float16")
    told = rows(whole)
    assert [key[0] for key, _ in told] == sorted([str(p) for p in videos.rglob("*.[mM][pP]4") for _ in range(
        18 if p.suffix == ".MP4" else 1)])  # fmt: skip
    story = [key[1:] for key, _ in told if key[0].endswith("MP4")]
    assert [start for start, _ in story] == pytest.approx([*range(17), 16], abs=0.25)
    assert all(1.7 < end - start <= 2.02 for start, end in story)
    lengths = np.linalg.norm(np.array([vector for _, vector in told], float), axis=1)
    assert abs(lengths - 1).max() < 1e-3
    for video in lines(whole / "videos.jsonl"):
        path = ROOT / video["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == video["sha256"]
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (video["size"], video["mtime_ns"])
    assert (whole / "failures.jsonl").read_bytes() == b""
    assert all(len(np.load(path)) == 7 for path in sorted(whole.glob("emb*"))[:-1])


@pytest.mark.parametrize("jobs", [1, 3])
def test_jobs_and_threads_change_nothing(videos, whole, tmp_path, jobs):
    report(embed(videos, "--jobs", jobs, "--threads", 3 - jobs % 2, out=tmp_path / "a"))
    assert content(tmp_path / "a") == content(whole)


def kill_until_done(arguments, archive, kills, begin):
    """Kills runs at random moments, each after those before it, until `kills` were; then one goes to its end. `begin`
    makes what the first run finds, and is called again where a run ends before it is killed."""
    draw, killed = random.Random(kills), 0
    begin()
    began = time.monotonic()
    subprocess.run(arguments, check=True)
    length = time.monotonic() - began
    expected = content(archive)
    begin()
    for _ in range(4 * kills + 20):
        process = subprocess.Popen(arguments)
        time.sleep(draw.uniform(0, length))
        process.kill()
        if process.wait() == 0:  # it had ended
            assert content(archive) == expected
            begin()
        elif archive.exists() and content(archive) == expected:  # it had only to end: a merge is not done twice
            begin()
        elif (killed := killed + 1) == kills:
            break
    assert killed == kills
    subprocess.run(arguments, check=True)
    assert content(archive) == expected
    return expected


def test_killed_runs_end_in_the_archive_of_one_run(videos, whole, tmp_path):
    archive = tmp_path / "killed"
    arguments = [COMMAND, "embed", videos, "--out", archive, "--quiet", "--shard-rows", "7"]
    found = kill_until_done(arguments, archive, KILLS, lambda: shutil.rmtree(archive, ignore_errors=True))
    assert found == content(whole)


def test_killed_runs_over_changes_end_in_the_archive_of_one_run(videos, tmp_path):
    folder, base, archive = tmp_path / "videos", tmp_path / "base", tmp_path / "archive"
    shutil.copytree(videos, folder)
    report(embed(folder, out=base))
    (folder / "00.mp4").rename(folder / "moved.mp4")
    (folder / "deep" / "story.MP4").rename(folder / "story.mp4")
    (folder / "03.mp4").unlink()
    copy(SHORT, folder / "06.mp4", 100)
    (folder / "09.mp4").write_text("no video")
    copy(STORY, folder / "new.mp4", 101)

    def begin():
        shutil.rmtree(archive, ignore_errors=True)
        shutil.copytree(base, archive)

    kill_until_done([COMMAND, "embed", folder, "--out", archive, "--prune", "--quiet"], archive, KILLS, begin)
    found = [key[0].removeprefix(f"{folder}/") for key, _ in rows(archive)]
    assert len(found) == 10 - 2 + 2 + 18 + 18 and not {"00.mp4", "03.mp4", "09.mp4", "deep/story.MP4"} & set(found)


def test_a_stop_keeps_what_is_done(videos, whole, tmp_path):
    archive = tmp_path / "stopped"
    arguments = [COMMAND, "embed", videos, "--out", archive, "--jobs", "1", "--shard-rows", "7"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while not list(archive.glob("emb*.part")):
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[1]
    assert process.returncode == -signal.SIGTERM and "the same command goes on from there" in said, said
    done = len(lines(archive / "videos.jsonl"))
    assert 0 < done < 13
    found = report(embed(videos, out=archive))
    assert (found["unchanged"], found["embedded"]) == (done, 13 - done)
    assert content(archive) == content(whole)


def test_parts_in_any_order_merge_into_the_archive_of_one_run(videos, whole, tmp_path):
    parts = [tmp_path / str(number) for number in range(4)]
    for number in [2, 0, 3, 1]:
        report(embed(videos, "--shard", f"{number}/4", out=parts[number]))
        for video in lines(parts[number] / "videos.jsonl"):
            hashed = hashlib.sha256(video["path"].encode()).digest()
            assert int.from_bytes(hashed[:8], "big") % 4 == number
    merged = tmp_path / "merged"
    assert report(run("merge", merged, *parts[::-1], "--json"))["videos"] == 13
    assert content(merged) == content(whole)
    assert_error(run("merge", merged, *parts), merged, "is there already")
    assert_error(run("merge", tmp_path / "x", *parts[:3]), "the part 3/4 is not among the archives")
    assert_error(run("merge", tmp_path / "x", whole, *parts), "is in", whole)
    (parts[1] / "unfinished").touch()
    assert_error(run("merge", tmp_path / "x", *parts), parts[1], "is not finished")
    report(embed(videos, "--model", MODEL, out=tmp_path / "other"))
    assert_error(run("merge", tmp_path / "x", whole, tmp_path / "other"), "has another model")
    assert not (tmp_path / "x").exists()


def test_another_model_or_window_is_refused_and_what_is_not_said_is_as_it_was(videos, tmp_path):
    archive = tmp_path / "a"
    first = ["--window", 4, "--step", 2, "--dtype", "float32"]
    report(embed(videos / "deep" / "er", *first, out=archive))
    assert report(embed(videos / "deep" / "er", out=archive))["unchanged"] == 4
    told = "to index anew, give --out another folder or remove this one"
    for option, value, name in [
        ("--window", 3, "window"), ("--step", 1, "step"), ("--dtype", "float16", "dtype"), ("--compute", "bf16", "compute"),
        ("--model", MODEL, "model"), ("--whole", None, "window"), ("--decode", "all", "decode"), ("--shard", "0/2", "shard"),
    ]:  # fmt: skip
        given = [option] if value is None else [option, value]
        assert_error(run("embed", videos, "--out", archive, *given), archive, name, told)
    assert np.load(archive / "emb_0000.npy").dtype == np.float32
    assert_error(run("embed", videos, "--out", videos), videos, "is no archive")
    # Without a word of a model the default one is meant, and the archive's is named.
    other = tmp_path / "other"
    report(embed(videos / "00.mp4", "--model", MODEL, out=other))
    assert_error(embed(videos, out=other), other, "the model untrained.safetensors (SHA-256 ", "give it by --model")
    assert report(embed(videos / "00.mp4", "--model", MODEL, out=other))["unchanged"] == 1


def test_a_mistaken_command_changes_nothing(videos, whole, tmp_path):
    before = content(whole)
    part = tmp_path / "part"
    report(embed(videos / "00.mp4", out=part))
    for arguments in [
        ["embed", videos, "--out", whole, "--window", 3], ["embed", videos, "--out", whole, "--model", tmp_path / "no.gguf"],
        ["merge", whole, part], ["merge", whole, part], ["merge", whole, part, part],
    ]:  # fmt: skip
        assert_error(run(*arguments))
        assert content(whole) == before, arguments
    assert_error(run("embed", videos, "--out", tmp_path / "new", "--model", tmp_path / "no.gguf"))
    assert not (tmp_path / "new").exists()


def test_what_was_interrupted_goes_on_with_the_same_work_alone(videos, whole, tmp_path):
    one, other, merged = tmp_path / "one", tmp_path / "other", tmp_path / "merged"
    report(embed(videos / "00.mp4", out=one))
    report(embed(videos / "03.mp4", out=other))
    (one / "unfinished").touch()
    for _ in range(2):
        assert_error(run("merge", one, other), one, "is there already")
    assert report(embed(videos / "00.mp4", out=one))["unchanged"] == 1

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    process = subprocess.run([COMMAND, "merge", merged, whole], preexec_fn=limit, capture_output=True)
    assert process.returncode != 0 and (merged / "unfinished").exists()
    assert_error(run("merge", merged, one), merged, "begun with other archives")
    assert_error(embed(videos, out=merged), merged, "a merge into it was interrupted")
    report(run("merge", merged, whole, "--json"))
    assert content(merged) == content(whole)


def test_what_no_line_speaks_of_is_removed_and_shards_are_many(tmp_path):
    archive = tmp_path / "archive"

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))

    arguments = ["embed", STORY, "--out", archive, "--shard-rows", "1", "--window", "0.5", "--step", "0.25"]
    subprocess.run([COMMAND, *arguments, "--quiet"], preexec_fn=limit, check=True)
    before = content(archive)
    assert len(rows(archive)) > 60
    for name in ["emb_0900.npy.part", "meta_0900.jsonl.part", "meta_12345.jsonl"]:
        (archive / name).touch()
    report(run(*arguments, "--json"))
    assert content(archive) == before


@pytest.fixture
def bad(tmp_path):
    """A folder of two videos, and of much that is none."""
    folder = tmp_path / "bad"
    folder.mkdir()
    copy(SHORT, folder / "good.mp4")
    copy(SHORT, folder / "good-too.mkv", 2)
    (folder / "truncated.mp4").write_bytes(STORY.read_bytes()[:3000])
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("no video\n" * 100)
    (folder / "huge.avi").write_bytes(b"YUV4MPEG2 W9000 H9000 F25:1 C420\nFRAME\n")
    os.truncate(folder / "huge.avi", 9000 * 9000 * 3 // 2 + 39)
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "round").symlink_to(".")
    (folder / "gone.mp4").symlink_to("nowhere.mp4")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    os.makedirs(os.fsencode(folder) + b"/latin")
    os.link(folder / "good.mp4", os.fsencode(folder) + b"/latin/caf\xe9.mp4")
    failing = {"truncated.mp4", "empty.mp4", "text.mp4", "loop.mp4", "gone.mp4", "pipe.mp4", "huge.avi", "latin/caf\ufffd.mp4"}
    if os.geteuid() != 0:
        copy(SHORT, folder / "secret.mp4", 3).chmod(0)
        failing.add("secret.mp4")
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", folder / "sound.mp4"], check=True)
        failing.add("sound.mp4")
    return folder, failing


def test_whatever_is_no_video_is_listed_and_the_rest_is_embedded(bad, tmp_path):
    folder, failing = bad
    archive = tmp_path / "archive"
    process = embed(folder, out=archive)
    found = report(process)
    assert (found["embedded"], found["failed"]) == (2, len(failing))
    failures = lines(archive / "failures.jsonl")
    assert [line["path"] for line in failures] == sorted(f"{folder}/{name}" for name in failing)
    (huge,) = [line["message"] for line in failures if "huge" in line["path"]]
    assert "pictures above 33554432 pixels are not" in huge
    for line in failures:
        assert re.fullmatch("ACTIONCLIP_ERROR_[A-Z_0-9]+", line["status"])
        assert "\n" not in line["message"] and line["path"].rsplit("/", 1)[1] in line["message"]
    assert process.stderr.count("warning: ") == len(failing) and "no video of this run" not in process.stderr

    again = embed(folder, "--strict", out=archive)
    assert again.returncode == 3 and json.loads(again.stdout)["failed"] == len(failing)
    read = [line["path"] for line in failures if line["size"] is not None]
    # A file that could be opened is not tried again until it changes, or with --retry.
    assert not any(path in again.stderr for path in read)
    assert all(path in embed(folder, "--retry", out=archive).stderr for path in read)
    copy(SHORT, folder / "text.mp4", 9)
    unread = embed("/proc/self/mem", "--quiet", out=tmp_path / "unread")
    assert report(unread)["failed"] == 1
    told = f"no video of this run could be embedded (1 failed): {tmp_path / 'unread' / 'failures.jsonl'} says why"
    assert unread.stderr == f"actionclip: warning: {told}\n"
    assert lines(tmp_path / "unread" / "failures.jsonl")[0]["status"] == "ACTIONCLIP_ERROR_FILE_READ"
    mended = report(embed(folder, out=archive))
    assert (mended["embedded"], mended["unchanged"], mended["failed"]) == (1, 2, len(failing) - 1)
    assert not any("text.mp4" in line["path"] for line in lines(archive / "failures.jsonl"))


def test_lists_name_videos_by_lines_or_objects(videos, tmp_path):
    (videos / "list.txt").write_text("# mine\n00.mp4\n\n./03.mp4\n00.mp4\ndeep\nmissing.mp4\n")
    found = report(embed("--list", videos / "list.txt", out=tmp_path / "a"))
    assert (found["embedded"], found["failed"]) == (2, 2)
    failures = {line["path"]: line for line in lines(tmp_path / "a" / "failures.jsonl")}
    assert set(failures) == {str(videos / "deep"), str(videos / "missing.mp4")}
    assert "is a folder" in failures[str(videos / "deep")]["message"]
    (tmp_path / "list.jsonl").write_text('{"path": "03.mp4", "label": 3}\n{"path": "00.mp4"}\n')
    report(embed("--list", tmp_path / "list.jsonl", "--root", videos, out=tmp_path / "b"))
    assert report(embed(".", out=tmp_path / "here", cwd=videos))["embedded"] == 13
    assert {"00.mp4", "deep/story.MP4"} < {key[0] for key, _ in rows(tmp_path / "here")}
    report(embed("--list", "-", out=tmp_path / "c", stdin="00.mp4\n03.mp4\n", cwd=videos))
    one, other = rows(tmp_path / "b"), rows(tmp_path / "c")
    assert [key[0] for key, _ in one] == [str(videos / "00.mp4"), str(videos / "03.mp4")]
    assert [key[0] for key, _ in other] == ["00.mp4", "03.mp4"]
    assert all((a == b).all() for (_, a), (_, b) in zip(one, other))
    assert_error(run("embed", videos / "no.mp4", "--out", tmp_path / "d"), "no.mp4", "No such file")
    (tmp_path / "list.csv").write_text("path,label\n00.mp4,1\n")
    assert_error(run("embed", "--list", tmp_path / "list.csv", "--out", tmp_path / "d"), "list.csv", "a path on each line")
    assert_error(run("embed", videos.parent / "whole", "--out", tmp_path / "d"), "no video was found")
    assert not (tmp_path / "d").exists()


def test_one_process_writes_to_an_archive(videos, tmp_path):
    archive = tmp_path / "a"
    with subprocess.Popen([COMMAND, "embed", videos, "--out", archive, "--quiet"]) as first:
        while not (archive / "manifest.json").exists():
            time.sleep(0.002)
        first.send_signal(signal.SIGSTOP)
        try:
            assert_error(embed(videos, out=archive), archive, "another process writes to it")
        finally:
            first.send_signal(signal.SIGCONT)
    assert first.returncode == 0 and not (archive / "unfinished").exists()


def test_a_full_disk_ends_in_one_line_and_a_later_run_goes_on(videos, whole, tmp_path):
    archive = tmp_path / "a"
    assert report(embed(videos / "00.mp4", out=tmp_path / "small"))["rows"] == 1

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    process = subprocess.run(
        [COMMAND, "embed", videos, "--out", archive, "--quiet", "--shard-rows", "7"], preexec_fn=limit, capture_output=True,
        text=True)  # fmt: skip
    assert_error(process, "File too large")
    assert all(path.stat().st_size <= 1500 for path in archive.iterdir())
    report(embed(videos, out=archive))
    assert content(archive) == content(whole)

"""Archives of videos that were moved, copied, changed or deleted since."""

import hashlib
import os
import shutil

from actionclip_command import assert_error, run
from archives import SHORT, content, copy, embed, report, rows


def test_moved_changed_and_deleted_videos(tmp_path):
    folder, archive = tmp_path / "videos", tmp_path / "archive"
    folder.mkdir()
    for number in range(100):
        copy(SHORT, folder / f"{number:02}.mp4", number)
    before = report(embed(folder, "--whole", out=archive))
    assert (before["embedded"], before["rows"]) == (100, 100)
    known = {key[0]: vector.tobytes() for key, vector in rows(archive)}

    for path in sorted(folder.iterdir()):
        path.rename(folder / ("moved-" + path.name))
    moved = report(embed(folder, "--whole", out=archive))
    assert (moved["embedded"], moved["copied"], moved["videos"]) == (0, 100, 100)
    found = rows(archive)
    assert {key[0].replace("moved-", ""): vector.tobytes() for key, vector in found} == known
    assert all("moved-" in key[0] for key, _ in found) and len(found) == 100

    copy(SHORT, folder / "moved-07.mp4", 1000)
    os.utime(folder / "moved-08.mp4", (1, 1))
    (folder / "moved-09.mp4").unlink()
    shutil.copy(folder / "moved-10.mp4", folder / "also-10.mp4")
    now = report(embed(folder, "--whole", out=archive))
    assert (now["embedded"], now["copied"], now["unchanged"], now["videos"]) == (1, 1, 98, 101)
    pruned = report(embed(folder, "--prune", out=archive))
    assert (pruned["removed"], pruned["videos"], pruned["unchanged"]) == (1, 100, 100)
    paths = [key[0] for key, _ in rows(archive)]
    assert len(paths) == len(set(paths)) == 100 and not any("moved-09" in path for path in paths)

    fresh = report(run("merge", tmp_path / "fresh", archive, "--json"))
    assert fresh["rows"] == 100 and not (tmp_path / "fresh" / "removed.jsonl").exists()
    folder.rename(tmp_path / "elsewhere")
    assert_error(
        run("embed", tmp_path / "elsewhere" / "moved-08.mp4", "--out", tmp_path / "fresh", "--prune", "--shard-rows", 7, "--list",
            "/dev/null"),
        "no path")  # fmt: skip


def test_rows_follow_a_file_wherever_it_is_moved(tmp_path):
    folder, archive = tmp_path / "videos", tmp_path / "archive"
    folder.mkdir()
    copy(SHORT, folder / "a")
    moves = [
        ([], "a"), (["a b"], "b"), (["b c"], "c"), (["c a"], "a"),  # a name again
        (["a+x"], "a x"), (["x y"], "a y"), (["y x", "a b"], "b x"),  # a twin stays, or moves as well
        (["b+p", "b+q"], "b p q x"), (["p b", "q x"], "b x"), (["b a", "x a"], "a"),  # over its twins
    ]  # fmt: skip
    for steps, expected in moves:
        for step in steps:
            (os.rename if " " in step else shutil.copy2)(folder / step[0], folder / step[2])
            os.utime(folder / step[2])
        (tmp_path / "list").write_text("\n".join(path.name for path in folder.iterdir()))
        found = report(embed("--list", tmp_path / "list", "--root", folder, "--whole", out=archive))
        assert sorted(key[0][-1] for key, _ in rows(archive)) == expected.split(), steps
        assert found["embedded"] == (not steps) and found["videos"] == len(expected.split())


def test_rows_are_pruned_only_where_the_disk_is_at_hand(tmp_path):
    archive, disks = tmp_path / "archive", [tmp_path / "one", tmp_path / "two"]
    for number, disk in enumerate(disks):
        disk.mkdir()
        for letter in "ab":
            copy(SHORT, disk / f"{letter}.mp4", 10 * number + ord(letter))
    report(embed(*disks, "--whole", out=archive))
    before = content(archive)
    disks[1].rename(tmp_path / "away")
    disks[1].mkdir()
    assert_error(embed(*disks, "--prune", "--quiet", out=archive), f"none of the archive's 2 videos in {disks[1]} is there")
    assert content(archive) == before
    (tmp_path / "elsewhere").mkdir()
    copy(SHORT, tmp_path / "elsewhere" / "c.mp4", 99)
    (tmp_path / "away" / "a.mp4").rename(disks[1] / "new.mp4")  # one was moved, the other is gone
    (disks[0] / "a.mp4").unlink()
    pruned = embed(*disks, "--prune", out=archive)
    found = report(pruned)
    assert (found["copied"], found["removed"], found["videos"]) == (1, 2, 2)
    told = f"actionclip: --prune leaves out 2 rows of 2 gone videos: {disks[0] / 'a.mp4'}, …\n"
    assert told in pruned.stderr
    disks[0].rename(tmp_path / "gone")
    disks[1].rename(tmp_path / "gone too")
    refused = embed(tmp_path / "elsewhere", "--prune", "--quiet", out=archive)
    assert_error(refused, "none of the archive's 2 videos is there", "--prune-all")
    assert not (archive / "unfinished").exists() and len(rows(archive)) == 3
    pruned = embed(tmp_path / "elsewhere", "--prune-all", "--quiet", out=archive)
    found = report(pruned)
    assert (found["removed"], found["videos"], pruned.stderr) == (2, 1, "")
    (tmp_path / "elsewhere" / "c.mp4").unlink()
    nothing = [tmp_path / "elsewhere", "--quiet"]
    assert_error(embed(*nothing, out=archive), f"no video was found in {tmp_path / 'elsewhere'}")
    assert_error(embed(*nothing, "--prune", out=archive), "--prune-all")
    assert report(embed(*nothing, "--prune-all", out=archive))["videos"] == 0


def test_a_part_is_pruned_though_its_last_video_is_gone(tmp_path):
    folder, archive = tmp_path / "videos", tmp_path / "archive"
    folder.mkdir()
    last, count = copy(SHORT, folder / "last.mp4"), 1 << 20
    copy(SHORT, folder / "of-another-part.mp4", 1)
    number = int.from_bytes(hashlib.sha256(str(last).encode()).digest()[:8], "big") % count
    assert report(embed(folder, "--shard", f"{number}/{count}", out=archive))["videos"] == 1
    last.unlink()
    found = report(embed(folder, "--shard", f"{number}/{count}", "--prune", out=archive))
    assert (found["removed"], found["videos"]) == (1, 0)

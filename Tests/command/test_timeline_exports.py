"""The files that `timeline --out` writes, read by other programs where there are some."""

import csv
import json
import re
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, assert_error, json_lines, run

STORY = ROOT / "examples" / "shapes.mp4"
NASTY = 'a "b", c\n<i>&amp;</i> --> {\\an8} 🏊; =1+1'
LINE = 'a "b", c <i>&amp;</i> --> {\\an8} 🏊; =1+1'  # as one line
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to read subtitles")
NAMES = ["s.csv", "s.vtt", "s.srt", "s.otio", "s.activitynet.json", "s.labelstudio.json"]


def timeline(*arguments, **more):
    return run("timeline", *arguments, env={"ACTIONCLIP_MODEL": ""}, **more)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A folder with a file of each format about one video, and its segments."""
    folder = tmp_path_factory.mktemp("exports")
    outs = [word for name in NAMES for word in ("--out", folder / name)]
    process = timeline(STORY, "--json", *outs)
    assert process.returncode == 0, process.stderr
    return folder, json_lines(process)[0]["segments"]


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """The same about a video that shows a label with every character that means something somewhere."""
    folder = tmp_path_factory.mktemp("nasty")
    outs = [word for name in NAMES for word in ("--out", folder / name)]
    process = run("timeline", CLIP, "--model", MODEL, "--label", NASTY, "--json", *outs)
    assert process.returncode == 0, process.stderr
    (segment,) = json_lines(process)[0]["segments"]
    assert segment["label"] == NASTY
    return folder, segment


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_csv(story, nasty):
    folder, segments = story
    found = rows(folder / "s.csv")
    assert [row["label"] for row in found] == [s["label"] for s in segments]
    for row, segment in zip(found, segments):
        assert (folder / row["path"]).samefile(STORY)
        for name in ("start", "end", "probability"):
            assert float(row[name]) == pytest.approx(segment[name], abs=0.0006)
    assert [row["label"] for row in rows(nasty[0] / "s.csv")] == [LINE]


def test_paths_in_tables_are_those_of_the_files(tmp_path):
    (tmp_path / "a\nb, c\t.mp4").write_bytes(CLIP.read_bytes())
    table = tmp_path / "s.csv"
    process = timeline("./a\nb, c\t.mp4", "--out", table, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert {row["path"] for row in rows(table)} == {"a\nb, c\t.mp4"}


def test_a_table_is_a_list_for_eval(story):
    """Segments that were looked through by hand can teach and measure."""
    process = run("eval", story[0] / "s.csv", "--json", "-", env={"ACTIONCLIP_MODEL": ""})
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert (found["scored"], found["failed"]) == (len(story[1]), 0)


def cues(path):
    """(start, end, text) as FFmpeg reads subtitles; texts without their tags."""
    text = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "ass", "-"], check=True, capture_output=True,
                          text=True, encoding="utf-8").stdout

    def seconds(clock):
        hours, minutes, rest = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)

    found = re.findall(r"^Dialogue: \d+,([^,]+),([^,]+),[^,]*,[^,]*,\d+,\d+,\d+,[^,]*,(.*)$", text, re.M)
    return [(seconds(start), seconds(end), said) for start, end, said in found]


@needs_ffmpeg
@pytest.mark.parametrize("kind", ["vtt", "srt"])
def test_subtitles(story, kind):
    found = cues(story[0] / f"s.{kind}")
    assert [text for _, _, text in found] == [s["label"] for s in story[1]]
    for place, name in enumerate(("start", "end")):
        assert [cue[place] for cue in found] == pytest.approx([s[name] for s in story[1]], abs=0.011)


@needs_ffmpeg
def test_subtitles_show_labels_as_they_are(nasty):
    (vtt,), (srt,) = cues(nasty[0] / "s.vtt"), cues(nasty[0] / "s.srt")
    # FFmpeg escapes braces for the format that it writes here.
    assert vtt[2].replace("\\{", "{").replace("\\}", "}") == LINE
    # SubRip has no escapes.
    assert srt[2] == LINE.translate(str.maketrans("<>{}", "‹›()"))


def test_webvtt_by_its_rules(nasty):
    """A cue ends at an empty line, and an arrow or a tag in its text would be another cue or lost."""
    text = (nasty[0] / "s.vtt").read_text(encoding="utf-8")
    head, cue = text.strip().split("\n\n")
    number, times, label = cue.split("\n")
    assert head == "WEBVTT" and number == "1"
    assert re.fullmatch(r"00:00:00\.000 --> 00:00:0\d\.\d{3}", times)
    assert "-->" not in label and "<" not in label


def test_activitynet(story, nasty):
    found = json.loads((story[0] / "s.activitynet.json").read_text())
    assert list(found) == ["version", "results", "external_data"] and list(found["results"]) == ["shapes"]
    assert [d["label"] for d in found["results"]["shapes"]] == [s["label"] for s in story[1]]
    for detection, segment in zip(found["results"]["shapes"], story[1]):
        assert detection["segment"] == pytest.approx([segment["start"], segment["end"]], abs=0.0006)
        assert detection["score"] == segment["probability"]
    assert json.loads((nasty[0] / "s.activitynet.json").read_text())["results"]["clip"][0]["label"] == NASTY


def test_label_studio(story, nasty):
    (task,) = json.loads((story[0] / "s.labelstudio.json").read_text())
    assert task["data"] == {"video": "/data/local-files/?d=shapes.mp4", "fps": 25}
    regions = task["predictions"][0]["result"]
    assert len({r["id"] for r in regions}) == len(regions)
    for region, segment in zip(regions, story[1], strict=True):
        assert (region["type"], region["from_name"], region["to_name"]) == ("timelinelabels", "videoLabels", "video")
        assert region["value"]["timelinelabels"] == [segment["label"]]
        (span,) = region["value"]["ranges"]  # frames from 1, the last one included
        assert [(span["start"] - 1) / 25, span["end"] / 25] == pytest.approx([segment["start"], segment["end"]], abs=0.021)
    (task,) = json.loads((nasty[0] / "s.labelstudio.json").read_text())
    assert task["predictions"][0]["result"][0]["value"]["timelinelabels"] == [NASTY]


def test_open_timeline_io(story, nasty):
    otio = pytest.importorskip("opentimelineio", reason="no opentimelineio to read timelines with")
    found = otio.adapters.read_from_file(str(story[0] / "s.otio"))
    (track,) = found.video_tracks()
    assert [clip.name for clip in track] == [s["label"] for s in story[1]]
    for clip, segment in zip(track, story[1]):
        kept = clip.trimmed_range()
        assert kept.start_time.to_seconds() == pytest.approx(segment["start"], abs=0.021)
        assert kept.end_time_exclusive().to_seconds() == pytest.approx(segment["end"], abs=0.021)
        assert clip.available_range().duration.to_seconds() == 18
        assert clip.range_in_parent().start_time == kept.start_time  # nothing moves
        assert (story[0] / clip.media_reference.target_url).samefile(STORY)
    (track,) = otio.adapters.read_from_file(str(nasty[0] / "s.otio")).video_tracks()
    assert track[0].name == LINE and track[0].metadata["actionclip"]["label"] == NASTY


def test_moments_without_a_label_are_left_out(tmp_path):
    """A classifier may find none of its labels; only editing has a gap in their place."""
    lesson, taught = tmp_path / "lesson.csv", tmp_path / "taught"
    parts = [(start + shift, label) for start, label in ((0, "moving left"), (3, "growing")) for shift in (0, 0.5, 1)]
    lesson.write_text("path,label,start,end\n" + "".join(f"{STORY},{label},{s},{s + 2}\n" for s, label in parts))
    process = run("adapt", lesson, "--only-listed", "--out", taught, env={"ACTIONCLIP_MODEL": ""})
    assert process.returncode == 0, process.stderr
    outs = [word for name in NAMES for word in ("--out", tmp_path / name)]
    process = timeline(STORY, "--classifier", taught, "--json", *outs)
    assert process.returncode == 0, process.stderr
    segments = json_lines(process)[0]["segments"]
    labelled = [s for s in segments if s["label"] is not None]
    assert len(labelled) < len(segments)
    assert len(rows(tmp_path / "s.csv")) == len(labelled)
    assert (tmp_path / "s.vtt").read_text().count(" --> ") == len(labelled)
    items = json.loads((tmp_path / "s.otio").read_text())["tracks"]["children"][0]["children"]
    assert [item["OTIO_SCHEMA"] for item in items] == [
        "Clip.1" if s["label"] is not None else "Gap.1" for s in segments]


def test_several_videos(tmp_path):
    names = ["s.csv", "s.activitynet.json", "s.labelstudio.json"]
    outs = [word for name in names for word in ("--out", tmp_path / name)]
    process = run("timeline", CLIP, tmp_path / "none.mp4", STORY, "--model", MODEL, "--labels", LABELS, *outs)
    assert process.returncode == 1 and "none.mp4" in process.stderr  # the others are written
    assert {row["path"].split("/")[-1] for row in rows(tmp_path / "s.csv")} == {CLIP.name, STORY.name}
    assert list(json.loads((tmp_path / names[1]).read_text())["results"]) == ["clip", "shapes"]
    assert len(json.loads((tmp_path / names[2]).read_text())) == 2
    for kind in ("vtt", "srt", "otio"):
        process = run("timeline", CLIP, STORY, "--labels", LABELS, "--out", tmp_path / f"s.{kind}")
        assert process.returncode == 64 and "one video" in process.stderr and "csv, activitynet" in process.stderr
        assert not (tmp_path / f"s.{kind}").exists()


def test_videos_of_one_name_are_refused_where_names_tell_them_apart(tmp_path):
    (tmp_path / "other").mkdir()
    shutil.copy(CLIP, tmp_path / "other" / "clip.mp4")
    process = run("timeline", CLIP, tmp_path / "other" / "clip.mp4", "--labels", LABELS, "--out", tmp_path / "s.activitynet.json")
    assert process.returncode == 64 and "clip" in process.stderr and "name" in process.stderr


@pytest.mark.parametrize(("out", "words"), [
    ("film.json", "activitynet=film.json or labelstudio=film.json"), ("page.html", "--html page.html"),
    ("film.xyz", "csv=film.xyz"), ("film", "there are csv, vtt, srt, otio, activitynet and labelstudio"),
    ("csv=", "there is no path"), ("film.activitynet", "csv=film.activitynet"),
])
def test_a_format_that_cannot_be_told(tmp_path, out, words):
    process = run("timeline", CLIP, "--labels", LABELS, "--out", out, cwd=tmp_path)
    assert process.returncode == 64 and words in process.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_is_said(tmp_path):
    process = timeline(STORY, "--out", "VTT=a.txt", "--out", "csv=b=c.vtt", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "a.txt").read_text().startswith("WEBVTT\n")
    assert (tmp_path / "b=c.vtt").read_text().startswith("path,label,start,end,probability\n")


@pytest.mark.parametrize("option", ["--html", "--out"])
def test_nothing_else_is_replaced(tmp_path, option):
    """A video given by mistake stays, and what cannot be written is told before the work."""
    def refused(path, *words):
        value = path if option == "--html" else f"csv={path}"
        assert_error(run("timeline", CLIP, "--model", MODEL, "--labels", LABELS, option, value), path, *words)

    video = tmp_path / "film.mp4"
    shutil.copy(CLIP, video)
    refused(video, "is no text")
    assert video.read_bytes() == CLIP.read_bytes()
    refused(CLIP, "is no text")
    refused(tmp_path, "directory")
    refused(tmp_path / "none" / "file", "No such file")
    twice = run("timeline", CLIP, "--labels", LABELS, "--out", tmp_path / "a.csv", "--out", f"vtt={tmp_path / 'a.csv'}")
    assert_error(twice, "a.csv", "already")
    # An earlier result is replaced; a video that cannot be read leaves it.
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("earlier")
    value = earlier if option == "--html" else f"csv={earlier}"
    assert run("timeline", tmp_path / "none.mp4", "--model", MODEL, "--labels", LABELS, option, value).returncode == 1
    assert earlier.read_text() == "earlier"
    assert run("timeline", CLIP, "--model", MODEL, "--labels", LABELS, option, value).returncode == 0
    assert "earlier" not in earlier.read_text()

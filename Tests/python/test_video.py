"""Video files, made here with the ffmpeg command."""

import io
import re
import shutil
import struct
import subprocess
import threading

import actionclip
import numpy as np
import pytest
from conftest import same_bits

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make videos")


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=96x64:rate=25:duration=2",
         "-c:v", "mpeg4", "-q:v", "3", str(path)],
        check=True,
    )  # fmt: skip
    try:
        actionclip.Video(path).close()
    except actionclip.ResourceError as error:
        pytest.skip(f"FFmpeg's libraries are missing: {error}")
    return path


def test_the_version_of_ffmpeg_is_told(clip):
    assert re.fullmatch(r"FFmpeg \S+ \(libavformat (58|59|60|61|62)\.\d+\.\d+\)", actionclip.ffmpeg_version())


def test_what_it_is(clip):
    for source in (clip, str(clip), clip.read_bytes()):
        with actionclip.Video(source, threads=1) as video:
            info = video.info
        assert (info.width, info.height, info.rotation) == (96, 64, 0)
        assert (info.frame_count, info.damaged_frames) == (50, 0)
        assert info.duration == pytest.approx(2, abs=0.05) and info.frame_rate == pytest.approx(25, abs=0.1)


def test_frames_in_any_order(clip):
    with actionclip.Video(clip) as video:
        every, seconds = video.read_frames(range(50), return_seconds=True)
        assert every.shape == (50, 64, 96, 3) and every.dtype == np.uint8
        np.testing.assert_allclose(seconds, np.arange(50) / 25, atol=1e-3)
        assert same_bits(video.read_frames([49, 0, 7, 7]), every[[49, 0, 7, 7]])
        assert same_bits(video.sample(8), every[actionclip.sample_indices(50, 8)])
        assert len({frame.tobytes() for frame in every}) > 40
        for bad in ([50], [-1], [0, 2**62]):
            with pytest.raises(ValueError):
                video.read_frames(bad)
        with pytest.raises(TypeError):
            video.read_frames([0.5])


def test_frames_are_the_ones_ffmpeg_decodes(clip):
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(clip), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    expected = np.frombuffer(raw, np.uint8).reshape(-1, 64, 96, 3)
    with actionclip.Video(clip) as video:
        found = video.read_frames(range(50))
    # Conversion to RGB may round differently; a wrong frame would differ by far more.
    difference = np.abs(found.astype(int) - expected).mean(axis=(1, 2, 3))
    assert len(expected) == 50 and difference.max() < 3


@pytest.fixture(scope="session")
def pyramid(tmp_path_factory, clip):
    path = tmp_path_factory.mktemp("video") / "pyramid.mp4"
    made = subprocess.run(
        ["ffmpeg", "-v", "quiet", "-f", "lavfi", "-i", "testsrc=size=96x64:rate=25:duration=2",
         "-c:v", "libx264", "-g", "12", "-sc_threshold", "0", "-bf", "3", "-pix_fmt", "yuv420p", str(path)],
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip("no ffmpeg command with libx264")
    return path


def test_what_is_decoded_does_not_change_frames(pyramid, model):
    with actionclip.Video(pyramid, decode="all") as video:
        every, times = video.read_frames(range(50), return_seconds=True)
        whole = video.info
    with actionclip.Video(pyramid) as video:
        outline = video.outline
        assert outline.damaged_frames == -1 and whole.damaged_frames == 0
        assert (outline.frame_count, outline.duration) == (whole.frame_count, whole.duration)
        assert same_bits(video.read_frames([49, 3, 20]), every[[49, 3, 20]])
        assert same_bits(video.sample(8), every[actionclip.sample_indices(50, 8)])
        assert video.info == whole
        assert video.outline == whole
    with actionclip.Video(pyramid, decode="key-frames") as video:
        frames, seconds = video.read_frames([0, 5, 7, 49], return_seconds=True)
        assert same_bits(frames, every[[0, 0, 12, 48]])
        assert same_bits(seconds, times[[0, 0, 12, 48]])
    expected = model.encode_video(actionclip.Video(pyramid, decode="all"))
    assert same_bits(model.encode_video(pyramid), expected)
    with pytest.raises(ValueError, match="decode"):
        actionclip.Video(pyramid, decode="some")


def test_a_video_becomes_the_embedding_of_its_frames(clip, model):
    with actionclip.Video(clip) as video:
        expected, frames = model.encode_frames(video.sample(model.info.frames), return_frames=True)
        assert same_bits(model.encode_video(video), expected[0])
    for source in (clip, str(clip), clip.read_bytes()):
        found, per_frame = model.encode_video(source, return_frames=True)
        assert same_bits(found, expected[0]) and same_bits(per_frame, frames[0])
        assert found.flags.owndata and per_frame.flags.owndata
    left = model.encode_video(clip, crop="start")
    assert not same_bits(left, expected[0])


def test_a_part_of_a_video_is_a_video_of_its_own(clip, model):
    with actionclip.Video(clip) as video:
        assert video.frames_between(0.4, 1.6) == range(10, 40)
        assert video.frames_between() == range(50) and video.frames_between(1.9) == range(48, 50)
        for bad in [(-1, 2), (1, 1), (1, float("nan")), (2.5, 3)]:
            with pytest.raises(ValueError):
                video.frames_between(*bad)
            with pytest.raises(ValueError):
                model.encode_video(video, start=bad[0], end=bad[1])
        with pytest.raises(TypeError):
            video.frames_between("1")
        at = np.array(actionclip.sample_indices(30, model.info.frames)) + 10
        expected, frames = model.encode_frames(video.read_frames(at), return_frames=True)
        found, per_frame = model.encode_video(video, start=0.4, end=1.6, return_frames=True)
    assert same_bits(found, expected[0]) and same_bits(per_frame, frames[0])
    assert same_bits(model.encode_video(clip, end=2), model.encode_video(clip))


def test_classify_one_call(clip, speaker):
    labels = ["tea", "archery", "teen"]
    found = speaker.classify(clip, labels)
    assert sorted(label for label, _ in found) == sorted(labels)
    scores = [probability for _, probability in found]
    assert scores == sorted(scores, reverse=True) and sum(scores) == pytest.approx(1, abs=1e-5)
    assert speaker.classify(clip, labels, top=1) == found[:1]
    with actionclip.Video(clip) as video:
        frames = video.sample(speaker.info.frames)
        assert speaker.classify(video, labels) == found
    assert speaker.classify(frames, labels) == found
    assert speaker.classify(list(frames), labels) == found
    expected = speaker.probabilities(speaker.encode_frames(frames), speaker.encode_labels(labels))[0]
    assert dict(found) == {label: float(value) for label, value in zip(labels, expected)}
    with pytest.raises(ValueError, match="classify takes one"):
        speaker.classify([frames, frames], labels)
    with pytest.raises(ValueError):
        speaker.classify(clip, labels, top=0)


def test_a_file_s_bytes_come_in_any_form(clip, speaker):
    expected = speaker.encode_video(clip)
    data = clip.read_bytes()
    written = io.BytesIO()
    written.write(data)  # its position is at the end
    for source in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8), io.BytesIO(data), written):
        assert same_bits(speaker.encode_video(source), expected)
    with open(clip, "rb") as file:
        assert same_bits(speaker.encode_video(file), expected)
        with pytest.raises(actionclip.ArgumentError, match=r"nothing left to read; seek\(0\)"):
            speaker.encode_video(file)
    assert speaker.classify(io.BytesIO(data), ["tea", "archery"]) == speaker.classify(clip, ["tea", "archery"])
    with pytest.raises(actionclip.ArgumentError, match='open it with mode "rb"'):
        speaker.encode_video(io.StringIO("tea"))


def test_threads_take_turns(clip):
    with actionclip.Video(clip) as video:
        expected = video.read_frames([3, 30])
        results = []

        def work():
            results.append(video.read_frames([3, 30]))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 4 and all(same_bits(result, expected) for result in results)


def test_what_is_no_video(clip, tmp_path):
    with pytest.raises(FileNotFoundError):
        actionclip.Video(tmp_path / "gone.mp4")
    for data in (b"", b"not a video at all" * 50, b"\0" * 5000):
        with pytest.raises(actionclip.ActionCLIPError) as caught:
            actionclip.Video(data).info
        assert caught.value.message
    with pytest.raises((actionclip.FormatError, actionclip.VideoError)):
        actionclip.Video(clip, max_pixels=100).info
    video = actionclip.Video(clip)
    video.close()
    with pytest.raises(ValueError, match="this video is closed"):
        video.sample(8)


def slow_gif(side, pictures):
    """Pictures that say that they fill the canvas and are to be cleared away, in 23 bytes each."""
    size = struct.pack("<HH", side, side)
    head = b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff"
    return head + (b"\x21\xf9\4\x08\4\0\0\0\x2c\0\0\0\0" + size + b"\0\2\2\x44\1\0") * pictures + b"\x3b"


def test_limits_on_time_and_work():
    gif = slow_gif(2048, 2000)
    with actionclip.Video(gif, max_milliseconds=100, max_pixels_per_byte=2**63 - 1) as video:
        with pytest.raises(actionclip.TimeLimitError, match="max_milliseconds") as caught:
            _ = video.info
        assert isinstance(caught.value, TimeoutError) and caught.value.status == -53
    with actionclip.Video(gif, max_pixels_per_byte=1) as video:
        with pytest.raises(actionclip.FormatError, match="max_pixels_per_byte"):
            _ = video.info


@pytest.mark.parametrize("name", ["max_milliseconds", "max_pixels_per_byte"])
@pytest.mark.parametrize("value", [0, -1, 2**63])
def test_limits_out_of_range(clip, name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        actionclip.Video(clip, **{name: value})

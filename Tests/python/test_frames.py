"""Frames of several videos, however nested, are never regrouped."""

import pathlib
from collections import deque

import actionclip
import numpy as np
import pytest
from conftest import same_bits, videos_of


def nestings(videos):
    """One set of videos in every shape callers keep them in."""
    lists = [list(video) for video in videos]
    return {
        "list of arrays": list(videos),
        "list of lists": lists,
        "tuple of tuples": tuple(map(tuple, lists)),
        "list of generators": [(frame for frame in video) for video in lists],
        "generator of generators": ((frame for frame in video) for video in lists),
        "generator of arrays": (video for video in videos),
        "deque of deques": deque(map(deque, lists)),
    }


def test_every_nesting_gives_one_result(speaker, random):
    videos = videos_of(speaker, random, 2)
    expected = speaker.encode_frames(videos)
    flat = videos.reshape(-1, *videos.shape[2:])
    shapes = {"array": flat, "list": list(flat), "iterator": iter(flat), **nestings(videos)}
    for name, frames in shapes.items():
        assert same_bits(speaker.encode_frames(frames), expected), name


def test_a_video_with_fewer_frames_is_refused(speaker, random):
    count = speaker.info.frames
    # As many videos as make a multiple of T, so that regrouping would go unnoticed.
    videos = random.integers(0, 256, (count, count - 1, 20, 24, 3), dtype=np.uint8)
    words = rf"video 0 has {count - 1} frames; this model takes {count} of each video: repeat some"
    for name, frames in {"array": videos, **nestings(videos)}.items():
        with pytest.raises(actionclip.ArgumentError, match=words) as caught:
            speaker.encode_frames(frames)
        assert caught.value.status == -10, name


@pytest.mark.parametrize("more", [1, 8, 23])
def test_of_a_video_with_more_frames_the_models_rule_chooses(speaker, random, more):
    count = speaker.info.frames
    videos = random.integers(0, 256, (2, count + more, 20, 24, 3), dtype=np.uint8)
    chosen = actionclip.sample_indices(count + more, count, sampling=speaker.sampling)
    expected = speaker.encode_frames(videos[:, chosen])
    for name, frames in {"array": videos, **nestings(videos)}.items():
        assert same_bits(speaker.encode_frames(frames), expected), name
    for frames in ([list(videos[0])], videos[:1]):
        assert same_bits(speaker.encode_frames(frames), expected[:1])
    if more % count:  # flat, it can be one video only
        for frames in (videos[0], list(videos[0]), iter(videos[0])):
            with pytest.warns(UserWarning, match=r"taken for one video.*\[frames\]"):
                assert same_bits(speaker.encode_frames(frames), expected[:1])
    labels = ["tea", "no tea"]
    answer = speaker.classify(videos[0][chosen], labels)
    for frames in (videos[0], list(videos[0]), [list(videos[0])], torch_like(videos[0])):
        assert speaker.classify(frames, labels) == answer


def torch_like(array):
    """Channels before height and width, not contiguous."""
    return np.moveaxis(array, -1, -3)


def test_a_rule_that_counts_in_seconds_asks_for_them(speaker, random, monkeypatch):
    monkeypatch.setattr(type(speaker), "sampling", "open_vclip")
    video = random.integers(0, 256, (30, 20, 24, 3), dtype=np.uint8)
    with pytest.raises(actionclip.ArgumentError, match="frame_rate"):
        speaker.classify(video, ["tea"])


def test_the_video_that_is_short_is_named(speaker, random):
    first, second = (list(video) for video in videos_of(speaker, random, 2))
    second.append(first.pop())  # 2 T frames in all
    count = speaker.info.frames
    for frames in ([first, second], [np.stack(first), np.stack(second)]):
        with pytest.raises(actionclip.ArgumentError, match=f"video 0 has {count - 1} frames"):
            speaker.encode_frames(frames)
    first.append(second.pop())
    with pytest.raises(actionclip.ArgumentError, match=f"video 2 has {count - 1} frames"):
        speaker.encode_frames([first, second, first[1:]])


@pytest.mark.parametrize("channels", [3, 4])
def test_channels_may_stand_before_height_and_width(speaker, random, channels):
    videos = random.integers(0, 256, (2, speaker.info.frames, 20, 24, channels), dtype=np.uint8)
    order = {3: "bgr", 4: "rgba"}[channels]
    expected = speaker.encode_frames(videos, pixel_format=order)
    planes = torch_like(videos)
    shapes = {
        "array": planes, "contiguous": np.ascontiguousarray(planes), "flat": planes.reshape(-1, channels, 20, 24),
        **nestings(planes),
    }  # fmt: skip
    for name, frames in shapes.items():
        assert same_bits(speaker.encode_frames(frames, pixel_format=order), expected), name
    image = videos[0, 0]
    for size in (9, 20):
        crop = actionclip.preprocess_crop(image, size, pixel_format=order)
        assert same_bits(actionclip.preprocess_crop(torch_like(image), size, pixel_format=order), crop)
    # Three pixels wide and high: what is last is taken for the channels, as ever.
    tiny = random.integers(0, 256, (3, 9, channels), dtype=np.uint8)
    assert actionclip.preprocess_crop(tiny, 4, pixel_format=order).shape == (4, 4, 3)


def test_tensors_of_torch_are_arrays(speaker, random):
    torch = pytest.importorskip("torch")
    videos = videos_of(speaker, random, 2)
    expected = speaker.encode_frames(videos)
    tensor = torch.from_numpy(videos)
    for frames in (tensor, tensor.permute(0, 1, 4, 2, 3), list(tensor), [list(video) for video in tensor]):
        assert same_bits(speaker.encode_frames(frames), expected)
    with pytest.raises(actionclip.ArgumentError, match=r"\* 255"):
        speaker.encode_frames(tensor / 255)


def test_frames_may_be_mirrored_views(speaker, random):
    videos = videos_of(speaker, random, 1)
    for view in (videos[:, ::-1], videos[:, :, ::-1], videos[:, :, :, ::-1], videos[..., ::-1], videos[:, :, ::2]):
        assert same_bits(speaker.encode_frames(view), speaker.encode_frames(view.copy()))


def test_frames_of_different_sizes_may_lie_in_an_array(speaker, random):
    count = speaker.info.frames
    frames = [random.integers(0, 256, (20 + index, 24, 3), dtype=np.uint8) for index in range(count)]
    objects = np.empty(count, object)
    objects[:] = frames
    assert same_bits(speaker.encode_frames(objects), speaker.encode_frames(frames))


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (lambda t: np.zeros((t, 9, 9, 3)), r"numbers are 0 to 0; give \(array \* 255\)\.round\(\)\.astype"),
        (lambda t: np.full((t, 9, 9, 3), 200.0), r"give array\.round\(\)\.astype"),
        (lambda t: np.full((t, 9, 9, 3), -1.0), "encode_pixels"),
        (lambda t: np.zeros((t, 9, 9, 3), bool), r"\* 255"),
        (lambda t: np.zeros((t, 9, 9, 3), np.int64), r"astype\(numpy\.uint8\)"),
        (lambda t: np.zeros((t, 9, 9, 3), np.uint16), ">> 8"),
        (lambda t: ["a.png"] * t, r"image 0 is text, 'a\.png'.*PIL\.Image\.open\(path\)"),
        (lambda t: np.array(["a.png"] * t), r"frames is text, 'a\.png'.*PIL\.Image\.open\(path\)"),
        (lambda t: [pathlib.Path("a.png")] * t, r"image 0 is a path, 'a\.png'.*PIL\.Image\.open\(path\)"),
        (lambda t: [b"x" * 717] * t, r"image 0 is 717 bytes.*io\.BytesIO"),
        (lambda t: [{"a": 1}] * t, "video 0 must be an array or a list of images, not dict"),
        (lambda t: np.array([None] * t), "image 0 is None, NoneType"),
        (lambda t: None, "frames is None, NoneType"),
        (lambda t: 3, "frames is 3, int"),
        (lambda t: np.zeros((9, 9), np.uint8), "this is one grey picture"),
        (lambda t: np.zeros((9, 9, 3), np.uint8), r"this is one picture; of a still picture, a video is \[picture\] \* T"),
        (lambda t: np.zeros((t, 9, 9), np.uint8), 'pixel_format="gray"'),
        (lambda t: np.zeros(99, np.uint8), "encode_video"),
        (lambda t: np.zeros((3, t, 9, 9), np.uint8), r"\[H, W, 3 or 4\], or \[3 or 4, H, W\]"),
    ],
)
def test_a_refusal_names_the_thing_and_what_to_do(speaker, frames, words):
    with pytest.raises(actionclip.ArgumentError, match=words) as caught:
        speaker.encode_frames(frames(speaker.info.frames))
    assert not any(spelling in caught.value.message for spelling in ("|S", "<U", "shape []"))


def test_frames_and_videos_do_not_mix(speaker, random):
    video = videos_of(speaker, random, 1)[0]
    for frames, place in (([video, *video], 1), ([*video, list(video)], len(video))):
        with pytest.raises(actionclip.ArgumentError, match=rf"frames holds .* at 0 and .* at {place}"):
            speaker.encode_frames(frames)


def test_what_holds_no_frames_is_refused(speaker):
    for bad in ("clip.mp4", b"bytes", {"a": 1}, [{"a": 1}], 3, None, [3], ["a.png"], np.zeros(3), object()):
        with pytest.raises(actionclip.ArgumentError) as caught:
            speaker.encode_frames(bad)
        assert caught.value.status == -10, bad


def test_gray_videos(speaker, random):
    gray = videos_of(speaker, random, 2)[..., 0]
    expected = speaker.encode_frames(np.stack([gray] * 3, -1))
    shapes = {
        "[B, T, H, W]": gray,
        "[B, T, H, W, 1]": gray[..., None],
        "[n, H, W]": gray.reshape(-1, *gray.shape[2:]),
        "[n, H, W, 1]": gray.reshape(-1, *gray.shape[2:], 1),
        **nestings(gray),
    }
    for name, frames in shapes.items():
        assert same_bits(speaker.encode_frames(frames, pixel_format="gray"), expected), name
    for name, frames in {"array": gray[:, 1:], **nestings(gray[:, 1:])}.items():
        with pytest.raises(actionclip.ArgumentError, match="video 0 has 7 frames; this model takes 8"):
            speaker.encode_frames(frames, pixel_format="gray")


def test_colour_is_not_gray(speaker, random):
    count = speaker.info.frames
    colour = random.integers(0, 256, (count, count, 24, 3), dtype=np.uint8)
    for frames in (colour, list(colour)):  # [T, T, 24, 3] must not become T videos 3 pixels wide
        with pytest.raises(actionclip.ArgumentError, match="gray images are"):
            speaker.encode_frames(frames, pixel_format="gray")
    with pytest.raises(actionclip.ArgumentError, match="frames has shape"):
        speaker.encode_frames(colour[..., 0])  # grey, but it was not said


def pixels_of(model, random, videos):
    shape = (videos, model.info.frames, 3, model.info.image_size, model.info.image_size)
    return random.standard_normal(shape, dtype=np.float32)


def test_every_nesting_of_pixels_gives_one_result(model, random):
    videos = pixels_of(model, random, 2)
    expected = model.encode_pixels(videos)
    flat = videos.reshape(-1, *videos.shape[2:])
    shapes = {"array": flat, "list": list(flat), "iterator": iter(flat), "numbers": videos.tolist()}
    for name, pixels in {**shapes, **nestings(videos)}.items():
        assert same_bits(model.encode_pixels(pixels), expected), name


def test_pixels_of_a_video_with_another_number_of_frames_are_refused(model, random):
    count = model.info.frames
    videos = np.repeat(pixels_of(model, random, 1)[:, 1:], count, axis=0)
    words = rf"video 0 has {count - 1} frames; this model takes {count}"
    for name, pixels in {"array": videos, "numbers": videos.tolist(), **nestings(videos)}.items():
        with pytest.raises(actionclip.ArgumentError, match=words) as caught:
            model.encode_pixels(pixels)
        assert caught.value.status == -10, name
    whole = pixels_of(model, random, 1)[0]
    with pytest.raises(actionclip.ArgumentError, match=f"video 1 has {count + 1} frames"):
        model.encode_pixels([whole, [*whole, whole[0]], whole[1:]])
    for bad in ([whole, *whole], [*whole[1:], whole[0][:, 1:]], [], ["a"], "a", 3, None):
        with pytest.raises(actionclip.ArgumentError):
            model.encode_pixels(bad)


def test_pictures_are_no_pixels(model, random):
    shape = pixels_of(model, random, 1).shape
    for pictures in (np.zeros(shape, np.uint8), [np.zeros(shape[1:], np.uint8)]):
        with pytest.raises(actionclip.ArgumentError, match="encode_frames"):
            model.encode_pixels(pictures)

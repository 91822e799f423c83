"""Frames of several videos, however nested, are never regrouped."""

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


@pytest.mark.parametrize("difference", [-1, 1, 8])
def test_a_video_with_another_number_of_frames_is_refused(speaker, random, difference):
    count = speaker.info.frames
    found = count + difference
    # As many videos as make a multiple of T, so that regrouping would go unnoticed.
    videos = random.integers(0, 256, (count, found, 20, 24, 3), dtype=np.uint8)
    words = rf"video 0 has {found} frames; this model takes {count}"
    for name, frames in {"array": videos, **nestings(videos)}.items():
        with pytest.raises(actionclip.ArgumentError, match=words) as caught:
            speaker.encode_frames(frames)
        assert caught.value.status == -10, name


def test_the_video_that_is_wrong_is_named(speaker, random):
    first, second = (list(video) for video in videos_of(speaker, random, 2))
    second.append(first.pop())  # 2 T frames in all
    count = speaker.info.frames
    for frames in ([first, second], [np.stack(first), np.stack(second)]):
        with pytest.raises(actionclip.ArgumentError, match=f"video 0 has {count - 1} frames"):
            speaker.encode_frames(frames)
    first.append(second.pop())
    with pytest.raises(actionclip.ArgumentError, match=f"video 2 has {count + 1} frames"):
        speaker.encode_frames([first, second, [*first, second[0]]])


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

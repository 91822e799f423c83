"""Frames as cameras have them: YUV, turned and cut, from any kind of memory."""

import numpy as np
import pytest

import actionclip
from actionclip import Frame

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def random():
    return np.random.default_rng(18)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def yuv(random, order, width, height):
    """A picture of random numbers, and the RGB that OpenCV makes of it."""
    shape = (height, width, 2) if order in ("yuyv", "uyvy") else (height * 3 // 2, width)
    picture = random.integers(0, 256, shape, dtype=np.uint8)
    return picture, cv2.cvtColor(picture, getattr(cv2, f"COLOR_YUV2RGB_{order.upper()}"))


def upright(rgb, rotation, flip, region):
    rgb = np.rot90(rgb, -rotation // 90)
    rgb = {"none": rgb, "horizontal": rgb[:, ::-1], "vertical": rgb[::-1]}[flip]
    if region:
        x, y, width, height = region
        rgb = rgb[y : y + height, x : x + width]
    return np.ascontiguousarray(rgb)


@pytest.mark.parametrize("order", ["nv12", "nv21", "i420", "yv12", "yuyv", "uyvy"])
def test_bt601_has_the_bytes_of_opencv_turned_and_cut_anyhow(random, order):
    for round in range(60):
        width, height = (2 * int(random.integers(1, 60)) for _ in range(2))
        picture, rgb = yuv(random, order, width, height)
        rotation = 90 * int(random.integers(0, 4))
        flip = ["none", "horizontal", "vertical"][int(random.integers(0, 3))]
        turned = (height, width) if rotation % 180 else (width, height)
        region = None
        if round % 2:
            x, y = int(random.integers(0, turned[0])), int(random.integers(0, turned[1]))
            region = (x, y, int(random.integers(1, turned[0] - x + 1)), int(random.integers(1, turned[1] - y + 1)))
        resize = ["actionclip", "clip", "mmaction2", "hugging_face"][round % 4]
        frame = Frame(picture, order, matrix="bt601", rotation=rotation, flip=flip, region=region)
        found = actionclip.preprocess_crop(frame, 20, resize=resize)
        expected = actionclip.preprocess_crop(upright(rgb, rotation, flip, region), 20, resize=resize)
        assert same(found, expected), (width, height, rotation, flip, region, resize)


def test_one_array_is_taken_for_its_format(random):
    picture, rgb = yuv(random, "nv12", 64, 48)
    expected = actionclip.preprocess(rgb, 24)
    assert same(actionclip.preprocess(picture, 24, pixel_format="nv12"), expected)
    several = actionclip.preprocess(np.stack([picture, picture]), 24, pixel_format="NV12")
    assert same(several, np.stack([expected, expected]))


def test_odd_sizes_have_chroma_for_the_last_pixels(random):
    y = random.integers(0, 256, (5, 7), dtype=np.uint8)
    chroma = random.integers(0, 256, (3, 4, 2), dtype=np.uint8)
    frame = Frame([y, chroma], "nv12", width=7, height=5, matrix="bt601")
    # The same picture with a column and a row more, cut.
    even = np.zeros((6, 8), np.uint8)
    even[:5, :7] = y
    rgb = cv2.cvtColor(np.concatenate([even, chroma.reshape(3, 8)]), cv2.COLOR_YUV2RGB_NV12)[:5, :7]
    assert same(actionclip.preprocess_crop(frame, 9), actionclip.preprocess_crop(np.ascontiguousarray(rgb), 9))


def test_a_clamped_region_is_cut_to_the_picture(random):
    rgb = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    found = actionclip.preprocess_crop(Frame(rgb, region=(-5, 20, 20, 90), clamp_region=True), 8)
    assert same(found, actionclip.preprocess_crop(np.ascontiguousarray(rgb[20:, :15]), 8))
    with pytest.raises(actionclip.ArgumentError, match="partly outside"):
        actionclip.preprocess_crop(Frame(rgb, region=(-5, 20, 20, 90)), 8)


def test_sixteen_bits_count_by_their_upper_byte(random):
    gray = random.integers(0, 65536, (20, 30), dtype=np.uint16)
    expected = actionclip.preprocess_crop((gray >> 8).astype(np.uint8), 8)
    assert same(actionclip.preprocess_crop(gray, 8, pixel_format="gray16"), expected)


class Interface:
    def __init__(self, array):
        self.array = array
        self.__array_interface__ = array.__array_interface__


class DLPack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **keywords):
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_any_memory_is_read_in_place(random):
    from actionclip._images import Images

    rgb = random.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    expected = actionclip.preprocess(rgb, 8)
    kinds = [memoryview(rgb), Interface(rgb), DLPack(rgb)]
    try:
        import torch

        kinds.append(torch.from_numpy(rgb))
    except ImportError:
        pass
    for value in kinds:
        assert same(actionclip.preprocess(value, 8), expected), type(value)
        struct = Images([value], "rgb").structs[0]
        assert np.ctypeslib.as_array(struct.planes[0], (1,)).ctypes.data == rgb.ctypes.data, type(value)


def test_planes_may_be_buffers_with_strides(random):
    picture, rgb = yuv(random, "i420", 32, 20)
    flat = picture.reshape(-1)
    planes = [bytes(flat[:640]), bytearray(flat[640:800]), memoryview(flat[800:])]
    expected = actionclip.preprocess_crop(rgb, 8)
    assert same(actionclip.preprocess_crop(Frame(planes, "i420", width=32, height=20), 8), expected)
    wide = np.zeros((20, 50), np.uint8)
    wide[:, :32] = picture[:20]
    frame = Frame([wide.tobytes(), *planes[1:]], "i420", width=32, height=20, strides=[50, 0, 0])
    assert same(actionclip.preprocess_crop(frame, 8), expected)
    for bad in (
        {"width": 33, "height": 20}, {"width": 32, "height": 22}, {"width": 32, "height": 20, "strides": [40, 0, 0]},
        {"width": 32}, {"width": 32, "height": 20, "strides": [31, 0, 0]},
    ):  # fmt: skip
        with pytest.raises(actionclip.ArgumentError):
            Frame(planes, "i420", **bad)
    with pytest.raises(actionclip.ArgumentError, match="3 planes"):
        Frame(planes[:2], "i420", width=32, height=20)


def test_wrong_frames_are_refused(random):
    rgb = random.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for keywords in ({"matrix": "bt99"}, {"range": "wide"}, {"flip": "both"}, {"region": (0, 0, 0, 0)}, {"region": (1, 2)}):
        with pytest.raises(actionclip.ArgumentError):
            Frame(rgb, **keywords)
    with pytest.raises(actionclip.ArgumentError, match="rotation is 45"):
        actionclip.preprocess_crop(Frame(rgb, rotation=45), 8)
    with pytest.raises(actionclip.ArgumentError, match=r"H \* 3 / 2"):
        actionclip.preprocess(np.zeros((20, 31), np.uint8), 8, pixel_format="nv12")


def test_names_of_other_programs():
    assert actionclip.pixel_format_from_name("bgr8", "ros") == "bgr"
    assert actionclip.pixel_format_from_name("BGR888", "drm") == "rgb"
    assert actionclip.pixel_format_from_name("yuv420p") == "i420"
    with pytest.raises(actionclip.FormatError, match="debayer"):
        actionclip.pixel_format_from_name("bayer_rggb8", "ros")


def test_frames_are_encoded_and_taught_as_the_pictures_that_they_stand_for(random):
    with actionclip.Model() as model:
        frames = [yuv(random, "nv12", 64, 48) for _ in range(model.info.frames)]
        pictures, rgb = [frame[0] for frame in frames], [frame[1] for frame in frames]
        expected = model.encode_frames([rgb])
        assert same(model.encode_frames([pictures], pixel_format="nv12"), expected)
        assert same(model.encode_frames(np.stack(pictures), pixel_format="nv12"), expected)
        assert same(model.encode_frames([[Frame(picture, "nv12") for picture in pictures]]), expected)
        if model.info.frames_independent:
            single = model.encode_single_frames(pictures, pixel_format="nv12")
            assert same(single, model.encode_single_frames(rgb))

"""The video that is measured, and how peers read one: PyAV decodes, Pillow resizes."""

import fractions

import numpy as np
from workload import FRAMES, MEAN, SIDE, STD

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 30, 10


def make(path):
    """A picture that moves, discs that move over it, and a little noise, by x264's preset medium. Returns
    how many frames there are of each type."""
    import av

    rng = np.random.default_rng(0)
    ground = _smooth(rng, HEIGHT + 200, WIDTH + 400)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = fractions.Fraction(1, RATE)
        for index in range(RATE * SECONDS):
            seconds = index / RATE
            left, top = int(40 * seconds), int(100 + 80 * np.sin(seconds))
            picture = ground[top : top + HEIGHT, left : left + WIDTH].copy()
            for disc in range(4):
                center_x = WIDTH * (0.5 + 0.4 * np.sin(0.7 * seconds + 1.7 * disc))
                center_y = HEIGHT * (0.5 + 0.35 * np.cos(0.9 * seconds + 2.3 * disc))
                inside = (x - center_x) ** 2 + (y - center_y) ** 2 < (60 + 20 * disc) ** 2
                picture[inside] = (220 - 50 * disc, 60 + 40 * disc, 40 + 60 * disc)
            picture += rng.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32) * 2
            frame = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        types = [av.video.frame.PictureType(frame.pict_type).name for frame in container.decode(video=0)]
    return {name: types.count(name) for name in sorted(set(types))}


def _smooth(rng, height, width):
    """Colours that change over tens of pixels, with finer texture on them."""
    from PIL import Image

    total = np.zeros((height, width, 3), np.float32)
    for cell, weight in ((160, 0.6), (40, 0.3), (8, 0.1)):
        small = rng.integers(0, 256, (height // cell + 2, width // cell + 2, 3), dtype=np.uint8)
        large = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        total += weight * np.asarray(large, np.float32)
    return total


def pixels(path, threads):
    """The frames that the reference chooses, as it preprocesses them: short side 256, the middle 224."""
    import av

    chosen = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        each = stream.frames / FRAMES
        wanted = {int(segment * each + (each - 1) / 2) for segment in range(FRAMES)}
        for index, frame in enumerate(container.decode(stream)):
            if index in wanted:
                chosen.append(frame.to_image())
    assert len(chosen) == FRAMES
    return np.stack([preprocessed(image) for image in chosen])


def preprocessed(image):
    """A Pillow image as the reference preprocesses it, [3, SIDE, SIDE]."""
    from PIL import Image

    short = SIDE * 256 // 224
    scale = short / min(image.size)
    size = [max(short, int(length * scale)) for length in image.size]
    left, top = ((length - SIDE) // 2 for length in size)
    image = image.resize(size, Image.Resampling.BICUBIC).crop((left, top, left + SIDE, top + SIDE))
    return ((np.asarray(image, np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)

"""Writes y4m pictures of a disc that moves to the left for 2 s and then grows for 2 s, to the files given."""

import sys

WIDTH, HEIGHT, RATE = 96, 72, 25


def picture(x, y, radius):
    """A red disc on grey, in I420."""
    luma, blue, red = bytearray(b"\x7d" * (WIDTH * HEIGHT)), bytearray(), bytearray()
    for row in range(HEIGHT):
        for column in range(WIDTH):
            inside = (column - x) ** 2 + (row - y) ** 2 <= radius**2
            if inside:
                luma[row * WIDTH + column] = 81
            if row % 2 == 0 and column % 2 == 0:
                blue.append(90 if inside else 128)
                red.append(240 if inside else 128)
    return bytes(luma + blue + red)


frames = [picture(78 - 1.2 * n, 36, 12) for n in range(2 * RATE)]
frames += [picture(48, 36, 4 + 0.5 * n) for n in range(2 * RATE)]
for path in sys.argv[1:]:
    with open(path, "wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n" % (WIDTH, HEIGHT, RATE))
        for frame in frames:
            file.write(b"FRAME\n" + frame)

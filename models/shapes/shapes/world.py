"""The visible world: colours, shapes, sizes, backgrounds.

World coordinates: x to the right, y down, the model's centre crop is [-1, 1]²; a whole video shows a little
more (256/224 of it, what the reference's preprocessing cuts off again).
"""
import numpy as np

COLOURS = {
    "red": (214, 38, 38), "orange": (244, 136, 28), "yellow": (240, 222, 48), "green": (40, 164, 62),
    "cyan": (52, 208, 214), "blue": (42, 72, 214), "purple": (132, 44, 172), "pink": (246, 128, 190),
}
SHAPES = ("circle", "square", "triangle", "star", "heart", "cross", "ring", "moon")

# Videos with the last two are never trained on.
BACKGROUNDS = ("plain", "gradient", "stripes", "clouds", "dots", "checks", "rings")
UNSEEN_BACKGROUNDS = ("checks", "rings")

FULL_VIEW = 256 / 224  # half the side of a whole video, in world units

# Shapes are distance tables: coverage at any size and turn is one lookup per pixel.
TABLE, REACH = 192, 1.35  # cells per side; the table spans [-REACH, REACH]², in units of the shape's radius


def _polygon(points, x, y):
    """Signed distance to a closed polygon, negative inside."""
    points = np.asarray(points, float)
    nearest, inside = np.full(x.shape, np.inf), np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, 0)):
        ex, ey, wx, wy = bx - ax, by - ay, x - ax, y - ay
        h = np.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0, 1)
        nearest = np.minimum(nearest, np.hypot(wx - ex * h, wy - ey * h))
        crosses = (ay <= y) != (by <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < ax + ex * (y - ay) / (by - ay))
    return np.where(inside, -nearest, nearest)


def _circle(x, y, radius, cx=0.0, cy=0.0):
    return np.hypot(x - cx, y - cy) - radius


def _corners(count, radii, turn=-np.pi / 2):
    a = turn + 2 * np.pi * np.arange(count) / count
    r = np.resize(radii, count)
    return np.stack([r * np.cos(a), r * np.sin(a)], 1)


def _distance(shape, x, y):
    if shape == "circle":
        return _circle(x, y, 0.92)
    if shape == "square":
        return np.maximum(abs(x), abs(y)) - 0.82
    if shape == "triangle":
        return _polygon(_corners(3, [1.12]), x, y)
    if shape == "star":
        return _polygon(_corners(10, [1.15, 0.5]), x, y)
    if shape == "heart":
        a = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        hx = 16 * np.sin(a) ** 3
        hy = -(13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a))
        return _polygon(np.stack([hx, hy - 2], 1) / 16.0, x, y)
    if shape == "cross":
        arm = lambda u, v: np.maximum(abs(u) - 0.36, abs(v) - 1.0)
        return np.minimum(arm(x, y), arm(y, x))
    if shape == "ring":
        return abs(_circle(x, y, 0.78)) - 0.22
    if shape == "moon":
        return np.maximum(_circle(x, y, 1.0), -_circle(x, y, 0.8, 0.5, 0.0))
    raise ValueError(shape)


def _tables():
    axis = (np.arange(TABLE) + 0.5) / TABLE * 2 * REACH - REACH
    y, x = np.meshgrid(axis, axis, indexing="ij")
    bodies = np.stack([_distance(s, x, y) for s in SHAPES]).astype(np.float32)
    # A hand from the centre to the top, on every shape: a turn can be seen on circles too, and its sense.
    along = np.clip(y, -0.8, 0.0)
    hand = (np.hypot(x, y - along) - 0.25).astype(np.float32)
    return bodies, hand


BODY, HAND = _tables()


def texture(kind, x, y, rng):
    """A background's pattern over world coordinates, in [0, 1]."""
    turn = rng.uniform(0, 2 * np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    wave = rng.uniform(5, 13)
    soft = lambda z: np.clip(0.5 + 1.5 * z, 0, 1)
    if kind == "plain":
        return np.zeros_like(x)
    if kind == "gradient":
        return np.clip(0.5 + 0.4 * u, 0, 1)
    if kind == "stripes":
        return soft(np.sin(wave * u + rng.uniform(0, 6)))
    if kind == "clouds":
        z = np.zeros_like(x)
        for _ in range(4):
            a, k, p = rng.uniform(0, np.pi), rng.uniform(2, 7), rng.uniform(0, 6)
            z += np.sin(k * (x * np.cos(a) + y * np.sin(a)) + p)
        return np.clip(0.5 + 0.25 * z, 0, 1)
    if kind == "dots":
        return soft(np.sin(wave * u) * np.sin(wave * v) * 2 - 0.9)
    if kind == "checks":
        return soft(np.sin(wave * u) * np.sin(wave * v) * 4)
    if kind == "rings":
        cx, cy = rng.uniform(-0.8, 0.8, 2)
        return soft(np.sin(wave * np.hypot(x - cx, y - cy)))
    raise ValueError(kind)


def background_colours(rng):
    """Two dull colours, close to each other: shapes stay the brightest thing to see."""
    grey = rng.uniform(25, 225)
    first = grey + rng.uniform(-18, 18, 3)
    return first, np.clip(first + rng.choice([-1, 1]) * rng.uniform(15, 50) + rng.uniform(-12, 12, 3), 0, 255)

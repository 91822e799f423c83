"""Shared by the tests of engines for batches. Run: make test-batch"""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / "bindings" / "python"
SHAPES = ROOT / "models" / "actionclip-shapes.safetensors"
sys.path.insert(0, str(PYTHON))

CLIPS, SECONDS = 40, 20


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """The paths of 40 clips; one of them is cut off."""
    folder = tmp_path_factory.mktemp("clips")
    source = f"testsrc2=size=160x120:rate=12:duration={CLIPS * SECONDS},hue=h=3*t"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "mpeg4", "-q:v", "4", "-g", "12",
         "-f", "segment", "-segment_time", str(SECONDS), "-reset_timestamps", "1", folder / "clip %02d.mp4"],
        check=True,
    )  # fmt: skip
    paths = sorted(folder.iterdir())
    assert len(paths) == CLIPS
    paths[7].write_bytes(paths[7].read_bytes()[:1000])
    return [str(path) for path in paths]


@pytest.fixture(scope="session")
def paths_csv(clips, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "paths.csv"
    path.write_text("\n".join(["path", *clips]) + "\n")
    return path


@pytest.fixture(scope="session")
def expected(clips):
    """The rows that the library gives by itself, by path and start."""
    from actionclip.batch import VideoEmbedder

    rows = VideoEmbedder(SHAPES)({"path": clips})
    assert len(rows["path"]) > 2 * CLIPS
    return by_window(rows)


def by_window(rows):
    """Rows by path and start, with all else that they hold; each only once."""
    found = {}
    for path, start, vector, *rest in zip(
        rows["path"], rows["start"], rows["embedding"], rows["end"], rows["sha256"], rows["model_sha"], rows["status"],
        rows["error"],
    ):  # fmt: skip
        failed = rest[3] != 0
        window = (path, -1.0 if failed else float(start))
        assert window not in found
        found[window] = (vector.tobytes(), None if failed else float(rest[0]), *rest[1:3], int(rest[3]), rest[4])
    return found


def by_window_of_parquet(pattern):
    """The same of Parquet files."""
    import glob

    import numpy as np
    import pyarrow.dataset

    table = pyarrow.dataset.dataset(sorted(glob.glob(str(pattern)))).to_table()
    columns = {name: table[name].to_pylist() for name in table.column_names}
    columns["embedding"] = np.array(columns["embedding"], np.float32)
    return by_window(columns)

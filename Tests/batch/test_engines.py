"""The examples for Daft and Spark, which use the same class as Ray's, and its Arrow tables."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import PYTHON, ROOT, SHAPES, by_window, by_window_of_parquet


def run(name, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(PYTHON)}
    command = [sys.executable, ROOT / "examples" / "python" / name, *arguments, "--model", SHAPES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]


def a_part_of(paths_csv, folder):
    part = folder / "part.csv"
    part.write_text("".join(paths_csv.read_text().splitlines(keepends=True)[:12]))
    return part


def test_arrow_tables_have_the_rows_of_arrays(clips, expected):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow (make test-batch)")
    from actionclip.batch import VideoEmbedder

    table = VideoEmbedder(SHAPES, arrow=True)({"path": clips})
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 128)
    assert table.schema.field("start").type == table.schema.field("end").type == pa.float64()
    assert table.schema.field("status").type == pa.int32() and table.schema.field("path").type == pa.string()
    columns = {name: table[name].to_pylist() for name in table.column_names}
    columns["embedding"] = table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, 128)
    assert by_window(columns) == expected
    assert table["start"].null_count == table["end"].null_count == table["sha256"].null_count == 1
    assert VideoEmbedder(SHAPES, arrow=True)({"path": []}).schema == table.schema


def test_daft(paths_csv, expected, tmp_path):
    """A part of the list first, and then all of it: nothing is done again."""
    pytest.importorskip("daft", reason="needs Daft (make test-batch)")
    out = tmp_path / "out"
    run("daft_embed.py", a_part_of(paths_csv, tmp_path), out, "--videos", "8")
    (out / ".unfinished").mkdir()
    (out / ".unfinished" / "cut.parquet").write_bytes(b"PAR1")  # a job that was killed
    run("daft_embed.py", paths_csv, out, "--videos", "20")
    assert len(list(out.glob("[!.]*/*.parquet"))) >= 4 and not (out / ".unfinished").exists()
    assert by_window_of_parquet(out / "*" / "*.parquet") == expected


def test_spark(paths_csv, expected, tmp_path):
    pytest.importorskip("pyspark", reason="needs Spark (pip install pyspark, 450 MB)")
    if shutil.which("java") is None:
        pytest.skip("needs Java")
    out = tmp_path / "out"
    run("spark_embed.py", a_part_of(paths_csv, tmp_path), out, "--videos", "4")
    run("spark_embed.py", paths_csv, out)
    assert by_window_of_parquet(out / "*.parquet") == expected

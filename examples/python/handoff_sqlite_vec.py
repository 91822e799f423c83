"""handoff_sqlite_vec.py: put an archive into SQLite with sqlite-vec, and search it.

    pip install sqlite-vec pysqlite3-binary
    PYTHONPATH=bindings/python python3 examples/python/handoff_sqlite_vec.py archive videos.db "somebody falls"

The search is exact. A database that has the table already is searched as it is.
"""

import argparse
import pathlib

import actionclip
import numpy as np
import sqlite_vec
from archive import query, shards

try:
    import pysqlite3 as sqlite3
except ImportError:  # Python's own may be built without extensions
    import sqlite3


def fill(database, folder):
    """Makes the table `windows` of an archive's rows, all or none."""
    database.execute("BEGIN")
    made = False
    for _, embeddings, rows in shards(folder):
        if not made:
            database.execute(
                f"CREATE VIRTUAL TABLE windows USING vec0(embedding float[{embeddings.shape[1]}] "
                "distance_metric=cosine, +path text, +sha256 text, +start_s float, +end_s float)"
            )
            made = True
        database.executemany(
            "INSERT INTO windows(embedding, path, sha256, start_s, end_s) VALUES (?, ?, ?, ?, ?)",
            (
                (np.float32(vector).tobytes(), row["path"], row["sha256"], float(row["start"]), float(row["end"]))
                for vector, row in zip(embeddings, rows)
                if row is not None
            ),
        )
    database.execute("COMMIT")


def search(database, vector, count):
    """The best windows: path, start, end and cosine, the best first."""
    found = database.execute(
        "SELECT path, start_s, end_s, distance FROM windows WHERE embedding MATCH ? AND k = ? ORDER BY distance",
        (np.asarray(vector, np.float32).tobytes(), count),
    )
    return [(path, start, end, 1 - distance) for path, start, end, distance in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("database", type=pathlib.Path)
    parser.add_argument("words")
    parser.add_argument("--model", help="the archive's model (default: the default model)")
    parser.add_argument("-n", type=int, default=10, help="how many windows, default 10")
    arguments = parser.parse_args()
    database = sqlite3.connect(arguments.database, isolation_level=None)  # transactions as `fill` says
    database.enable_load_extension(True)
    sqlite_vec.load(database)
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'windows'").fetchone():
        fill(database, arguments.archive)
    with actionclip.Model(arguments.model) as model:
        vector = query(model, arguments.words)
    for path, start, end, cosine in search(database, vector, arguments.n):
        print(f"{cosine:.4f} {start:9.2f} {end:9.2f}  {path}")


if __name__ == "__main__":
    main()

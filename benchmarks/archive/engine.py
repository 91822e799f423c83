"""Ray Data over a list of clips, in a process of its own: two workers of one thread.

    python3 benchmarks/archive/engine.py LIST MODEL PRECISION WORKERS OUT.npy

Says how many seconds passed from the first video's beginning, before a worker loads its model, to the last one's end,
and how many in all, with Ray's own beginning.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
import ray  # noqa: E402
from actionclip.batch import VideoEmbedder  # noqa: E402


class Timed:
    """The embedder, with the times of each batch."""

    def __init__(self, **arguments):
        self.embed = VideoEmbedder(**arguments)

    def __call__(self, batch):
        began = time.time()
        rows = self.embed(batch)
        count = len(rows["path"])
        return {**rows, "began": np.full(count, began), "ended": np.full(count, time.time())}


def main():
    list_file, model, precision, workers, out = sys.argv[1:]
    begin = time.time()
    ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    paths = [{"path": path} for path in Path(list_file).read_text().splitlines()]
    rows = ray.data.from_items(paths, override_num_blocks=max(1, len(paths) // 4)).map_batches(
        Timed,
        fn_constructor_kwargs={"model": model, "window": 2, "step": 1, "threads": 1, "compute": precision},
        batch_size=4, concurrency=int(workers), num_cpus=1,
    )  # fmt: skip
    table = rows.to_pandas().sort_values(["path", "start"])
    assert (table["status"] == 0).all()
    np.save(out, np.stack(table["embedding"].to_list()))
    print(table["ended"].max() - table["began"].min(), time.time() - begin)


if __name__ == "__main__":
    main()

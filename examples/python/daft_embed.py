"""daft_embed.py: embed many videos with Daft, one row of Parquet a window, and go on after an interruption.

    pip install daft
    PYTHONPATH=bindings/python python3 examples/python/daft_embed.py paths.csv out --model model.safetensors --threads 2

paths.csv has a column "path", each path once. Run again with the same arguments, the program embeds the videos that no
row is about. Groups of videos are folders of out, each there as a whole or not at all.
"""

import argparse
import os
import pathlib
import shutil
import uuid

import actionclip
import daft
from actionclip.batch import VideoEmbedder
from daft import DataType

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("paths", help="a CSV file with a column path")
parser.add_argument("out", type=pathlib.Path, help="the folder to write")
parser.add_argument("--model", help="default: the default model")
parser.add_argument("--threads", type=int, default=1, help="processors of a worker, default 1")
parser.add_argument("--videos", type=int, default=1000, help="videos of a group, default 1000")
arguments = parser.parse_args()

with actionclip.Model(arguments.model, threads=1) as model:
    size = model.info.embedding_size
text, number = DataType.string(), DataType.float64()
row = {
    "path": text, "sha256": text, "start": number, "end": number,
    "embedding": DataType.fixed_size_list(DataType.float32(), size), "model_sha": text, "status": DataType.int32(),
    "error": text,
}  # fmt: skip


workers = max(1, len(os.sched_getaffinity(0)) // arguments.threads)


@daft.cls(cpus=arguments.threads, max_concurrency=workers, use_process=True)
class Embedder:
    def __init__(self):
        self.embed = VideoEmbedder(arguments.model, threads=arguments.threads)

    @daft.method(return_dtype=DataType.struct(row), unnest=True)
    def windows(self, path: str):
        columns = self.embed({"path": [path]})
        for values in zip(*columns.values()):
            yield dict(zip(columns, values))


paths = daft.read_csv(arguments.paths).to_pydict()["path"]
if written := [str(path) for path in arguments.out.glob("[!.]*/*.parquet")]:
    done = set(daft.read_parquet(written).select("path").to_pydict()["path"])
    paths = [path for path in paths if path not in done]
unfinished = arguments.out / ".unfinished"
for first in range(0, len(paths), arguments.videos):
    shutil.rmtree(unfinished, ignore_errors=True)
    videos = daft.from_pydict({"path": paths[first : first + arguments.videos]})
    videos.select(Embedder().windows(videos["path"])).write_parquet(str(unfinished))
    unfinished.rename(arguments.out / uuid.uuid4().hex)

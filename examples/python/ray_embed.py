"""ray_embed.py: embed many videos with Ray Data, one row of Parquet a window, and go on after an interruption.

    pip install "ray[data]" pyarrow
    PYTHONPATH=bindings/python python3 examples/python/ray_embed.py paths.csv out --model model.safetensors --threads 2

paths.csv has a column "path", each path once. out/rows are the Parquet files, out/done says which paths they have. Run
again with the same arguments, the program embeds what is missing. On a cluster, RAY_ADDRESS names it, and the folders
are ones that every machine sees.
"""

import argparse
import pathlib

import ray
from actionclip.batch import VideoEmbedder

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("paths", help="a CSV file with a column path")
parser.add_argument("out", type=pathlib.Path, help="the folder to write")
parser.add_argument("--model", help="default: the default model")
parser.add_argument("--threads", type=int, default=1, help="processors of a worker, default 1")
parser.add_argument("--workers", type=int, help="default: as many as there are processors for")
parser.add_argument("--videos", type=int, default=16, help="videos that are one piece of work, default 16")
arguments = parser.parse_args()

context = ray.data.DataContext.get_current()
done = (arguments.out / "done").resolve().as_uri()
context.checkpoint_config = ray.data.checkpoint.CheckpointConfig("path", done, delete_checkpoint_on_success=False)
context.target_max_block_size = None  # a video's rows stay in one file, so that none is half done

with open(arguments.paths) as file:
    pieces = max(1, sum(1 for _ in file) // arguments.videos)
ray.init(ignore_reinit_error=True)
free = {"num_cpus": 0}  # reading a list and writing rows wait for no processor: workers have them all
rows = ray.data.read_csv(arguments.paths, override_num_blocks=pieces, ray_remote_args=free).map_batches(
    VideoEmbedder,
    fn_constructor_kwargs={"model": arguments.model, "threads": arguments.threads, "arrow": True},
    batch_size=None,
    concurrency=arguments.workers or max(1, int(ray.cluster_resources()["CPU"]) // arguments.threads),
    num_cpus=arguments.threads,
)
rows.write_parquet((arguments.out / "rows").resolve().as_uri(), ray_remote_args=free)

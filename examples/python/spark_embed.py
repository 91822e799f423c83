"""spark_embed.py: embed many videos with Spark, one row of Parquet a window.

    pip install "pyspark[sql]"      (and Java)
    PYTHONPATH=bindings/python python3 examples/python/spark_embed.py paths.csv out --model m.safetensors --threads 2

paths.csv has a column "path", each path once. Rows appear in out when the job ends. Run again with more paths, the
program embeds the videos that no row is about. Spark's workers are forked: the embedder loads the model in each of
them, not before. Threads times tasks at a time are at most the processors: spark.task.cpus says how many a task has.
"""

import argparse
import os
import sys

import numpy as np
import pandas as pd
from actionclip.batch import VideoEmbedder
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("paths", help="a CSV file with a column path")
parser.add_argument("out", help="the folder to write")
parser.add_argument("--model", help="default: the default model")
parser.add_argument("--threads", type=int, default=1, help="processors of a task, default 1")
parser.add_argument("--videos", type=int, default=100, help="videos of a task, default 100")
arguments = parser.parse_args()

SCHEMA = """path string, sha256 string, start double, end double, embedding array<float>, model_sha string, status int,
    error string"""
embedder = VideoEmbedder(arguments.model, threads=arguments.threads)


def embed(batches):
    """A pandas function: tables of paths in, tables of windows out."""
    for batch in batches:
        for path in batch["path"]:  # one at a time, so that a table is no larger than a video's rows
            columns = embedder({"path": np.array([path], object)})
            yield pd.DataFrame({**columns, "embedding": list(columns["embedding"])})


os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
spark = SparkSession.builder.config("spark.task.cpus", arguments.threads).getOrCreate()
paths = spark.read.csv(arguments.paths, header=True).select("path")
try:
    paths = paths.join(spark.read.parquet(arguments.out).select("path"), "path", "left_anti")
except AnalysisException:  # nothing is there yet
    pass
tasks = max(1, paths.count() // arguments.videos)
paths.repartition(tasks).mapInPandas(embed, SCHEMA).write.mode("append").parquet(arguments.out)

"""The example for Ray Data on a local cluster of two workers of one thread: a worker is killed, and a whole job."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from conftest import PYTHON, ROOT, SHAPES, by_window_of_parquet

pytest.importorskip("ray", reason="needs Ray (make test-batch)")
pa = pytest.importorskip("pyarrow")
EXAMPLE = ROOT / "examples" / "python" / "ray_embed.py"
WORKER = "ray::MapWorker(MapBatches(VideoEmbedder)"


class Job:
    """The example, as a process with others below it."""

    def __init__(self, paths, out):
        environment = {**os.environ, "PYTHONPATH": str(PYTHON), "RAY_USAGE_STATS_ENABLED": "0"}
        command = [sys.executable, EXAMPLE, paths, out, "--model", SHAPES, "--workers", "2", "--videos", "2"]
        self.out, self.log = out, open(out.with_suffix(".log"), "a")
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )

    @property
    def pieces(self):
        """The number of pieces of work that are done."""
        return len([path for path in self.out.glob("done/*.parquet") if ".pending" not in path.name])

    def wait_for(self, what, seconds=120):
        """Waits until something is true, which it returns; None if the job has ended before."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if found := what():
                return found
            assert time.monotonic() < end, self.text()
            time.sleep(0.02)
        return None

    def below(self):
        """The titles of the processes below the job's, by process id."""
        parents, titles = {}, {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                title = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                titles[int(folder.name)] = title.decode(errors="replace")
            except OSError:  # it has ended
                continue
        found, fresh = set(), {self.process.pid}
        while fresh:
            found |= fresh
            fresh = {process for process, parent in parents.items() if parent in fresh} - found
        return {process: titles[process] for process in found if process in titles}

    def workers(self):
        return [process for process, title in self.below().items() if title.startswith(WORKER)]

    def finish(self, seconds=180):
        try:
            return self.process.wait(seconds)
        finally:
            self.end()

    def end(self):
        """Kills what is left of it."""
        for process in [self.process.pid, *self.below()]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.log.close()

    def text(self):
        return self.out.with_suffix(".log").read_text()[-4000:]


def threads(process):
    return len(list(pathlib.Path(f"/proc/{process}/task").iterdir()))


def test_a_killed_worker_and_a_killed_job_cost_no_row_and_double_none(paths_csv, expected, tmp_path):
    out = tmp_path / "job"
    job = Job(paths_csv, out)
    try:
        assert job.wait_for(lambda: job.pieces), job.text()
        workers = job.workers()
        assert len(workers) == 2, job.below()
        os.kill(workers[0], signal.SIGKILL)
        at_the_kill = job.pieces
        # Another one takes its place.
        assert job.wait_for(lambda: job.pieces > at_the_kill + 3), job.text()
    finally:
        job.end()
    done = job.pieces
    assert 0 < done < 20
    found = by_window_of_parquet(out / "rows" / "*.parquet")
    assert found.items() <= expected.items()

    job = Job(paths_csv, out)
    assert job.finish() == 0, job.text()
    assert by_window_of_parquet(out / "rows" / "*.parquet") == expected


def test_a_killed_worker_alone_does_not_end_a_job(paths_csv, expected, tmp_path):
    job = Job(paths_csv, tmp_path / "job")
    try:
        assert job.wait_for(lambda: job.pieces), job.text()
        counts = {process: threads(process) for process in job.workers()}
        idle = [threads(process) for process, title in job.below().items() if title.startswith("ray::IDLE")]
        # The library's threads are the worker's own, and one that computes while it waits for signals; Arrow has some.
        assert idle and max(counts.values()) <= max(idle) + 8, (counts, idle)
        os.kill(next(iter(counts)), signal.SIGKILL)
    finally:
        status = job.finish()
    assert status == 0, job.text()
    assert by_window_of_parquet(tmp_path / "job" / "rows" / "*.parquet") == expected


def test_embeddings_are_a_fixed_size_list(paths_csv, tmp_path):
    import pyarrow.dataset

    job = Job(paths_csv, tmp_path / "job")
    assert job.finish() == 0, job.text()
    schema = pyarrow.dataset.dataset(tmp_path / "job" / "rows").schema
    assert schema.field("embedding").type == pa.list_(pa.field("element", pa.float32()), 128)
    # Run again there is nothing left to do.
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "job" / "rows").iterdir()}
    job = Job(paths_csv, tmp_path / "job")
    assert job.finish() == 0, job.text()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "job" / "rows").iterdir()} == files

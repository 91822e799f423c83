"""The number of threads of a model that is asked for none in particular."""

import os
import pathlib
import subprocess
import sys

import actionclip
import pytest
from conftest import ROOT

UNTRAINED = ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"
CLIP = ROOT / "examples" / "clip.mp4"


def threads(**options):
    with actionclip.Model(UNTRAINED, **options) as model:
        return model.info.threads


def test_the_variable_gives_the_default_and_nothing_more(monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_THREADS", "5")
    assert threads() == 5
    assert threads(threads=3) == 3
    assert threads(processors=[min(os.sched_getaffinity(0))]) == 1
    monkeypatch.setenv("ACTIONCLIP_THREADS", "256")
    assert threads() == 256


def test_an_id_that_linux_refuses_pins_nothing():
    assert threads(processors=[1023, 1023]) == 2


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.delenv("ACTIONCLIP_THREADS", raising=False)
    expected = threads()
    assert 1 <= expected <= len(os.sched_getaffinity(0))
    monkeypatch.setenv("ACTIONCLIP_THREADS", "")
    assert threads() == expected


@pytest.mark.parametrize("value", ["0", "257", "-1", "four", " 2", "2.5", "0x2", "9" * 100, "1\n2", "\u0661"])
def test_a_bad_variable_is_an_error_that_names_it(monkeypatch, value):
    monkeypatch.setenv("ACTIONCLIP_THREADS", value)
    for ask in (threads, lambda: actionclip.Video(CLIP)):
        with pytest.raises(ValueError, match=r"ACTIONCLIP_THREADS is '.*expected 1 to 256;.*\(threads=\)") as error:
            ask()
        assert "\n" not in str(error.value)
    assert threads(threads=2) == 2, "a number that the program asks for goes first"


def test_the_affinity_limits_the_default():
    one = min(os.sched_getaffinity(0))
    code = f"import os, test_threads as t; os.sched_setaffinity(0, [{one}]); print(t.threads())"
    assert run_python(code) == "1"


def run_python(code, prepare=None):
    environment = {k: v for k, v in os.environ.items() if k != "ACTIONCLIP_THREADS"}
    environment["PYTHONPATH"] = os.pathsep.join([str(pathlib.Path(__file__).parent), str(ROOT / "bindings" / "python")])
    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, preexec_fn=prepare, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


@pytest.fixture
def group():
    """A new control group with 1.5 processors, or a skip where none can be made."""
    name = f"actionclip-test-{os.getpid()}"
    for place, files in [
        ("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}),
        ("/sys/fs/cgroup", {"cpu.max": "150000 100000"}),
    ]:
        folder = pathlib.Path(place, name)
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for file, text in files.items():
                (folder / file).write_text(text)
            inner = folder / "inner"
            inner.mkdir()
            yield inner
            inner.rmdir()
            return
        except OSError:
            continue
        finally:
            folder.rmdir()
    pytest.skip("control groups cannot be made here")


def test_a_quota_of_the_group_around_limits_the_default(group):
    def join():
        (group / "cgroup.procs").write_text(str(os.getpid()))

    assert run_python("import test_threads as t; print(t.threads())", join) == "1"

"""The package's types are whole: a program that uses it can be checked by mypy."""

import importlib.util
import os
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="no mypy to check the types of the package")
def test_the_package_passes_mypy():
    # By the settings in pyproject.toml, which are strict.
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", os.devnull]
    done = subprocess.run(command, cwd=ROOT / "bindings" / "python", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

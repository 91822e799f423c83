"""Finding the library, and refusing the wrong one."""

import os
import pathlib
import shutil
import subprocess
import sys

import actionclip
import pytest
from actionclip import _abi
from conftest import ROOT


def run(code, **environment):
    """In a fresh interpreter, because a process loads the library once."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "bindings" / "python"), **environment}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)


SAY = """
import actionclip
try:
    print(actionclip.version())
except actionclip.LibraryError as error:
    print("refused:", error)
"""


def test_version_is_the_header_s():
    constants = _abi.CONSTANTS
    assert actionclip.version() == ".".join(
        str(constants[f"VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH")
    )


def test_the_package_has_the_version_of_the_library():
    project = (ROOT / "bindings" / "python" / "pyproject.toml").read_text()
    assert f'\nversion = "{actionclip.version()}"\n' in project


def test_importing_loads_nothing():
    code = "import actionclip\nprint(any('libactionclip' in line for line in open('/proc/self/maps')))"
    result = run(code)
    assert result.stdout == "False\n", result.stderr


def test_loading_prints_nothing_and_starts_no_thread():
    result = run("import os, actionclip\nactionclip.version()\nprint(len(os.listdir('/proc/self/task')))")
    before = run("import os, numpy, ctypes, threading\nprint(len(os.listdir('/proc/self/task')))")
    assert (result.stdout, result.stderr) == (before.stdout, "")


def test_an_explicit_path_is_used_and_nothing_else():
    path = actionclip.library_path()
    if os.sep in path:
        code = "import actionclip; actionclip.version(); print(actionclip.library_path())"
        assert run(code, ACTIONCLIP_LIBRARY=path).stdout == f"{path}\n"
    result = run(SAY, ACTIONCLIP_LIBRARY="/nowhere/libactionclip.so.0")
    assert result.stdout.startswith("refused: ACTIONCLIP_LIBRARY names no library that loads; correct or unset it: ")
    assert "/nowhere/libactionclip.so.0 (no such file)" in result.stdout


def test_the_error_lists_every_place(tmp_path):
    shutil.copytree(pathlib.Path(actionclip.__file__).parent, tmp_path / "a" / "b" / "c" / "actionclip")
    env = {"PYTHONPATH": str(tmp_path / "a" / "b" / "c"), "ACTIONCLIP_LIBRARY": "", "LD_LIBRARY_PATH": ""}
    result = run(SAY, **env)
    if result.stdout.startswith("refused"):  # not where the library is installed on the system
        assert str(tmp_path / "a" / "b" / "c" / "actionclip" / "lib" / "libactionclip.so.0") in result.stdout
        assert "libactionclip.so.0: cannot open shared object file" in result.stdout
        assert all(words in result.stdout for words in ("make install", "make wheel", "set ACTIONCLIP_LIBRARY"))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_another_abi_or_another_library_is_refused(tmp_path):
    functions = "".join(f"int {name}(void) {{ return 7; }}\n" for name, _, _ in _abi.FUNCTIONS)
    for name, text in [("other", functions), ("none", "int x(void) { return 0; }\n")]:
        (tmp_path / f"{name}.c").write_text(text)
        target = tmp_path / f"{name}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", target, tmp_path / f"{name}.c"], check=True)
    result = run(SAY, ACTIONCLIP_LIBRARY=str(tmp_path / "other.so"))
    assert "has ABI version 7, these bindings need 0" in result.stdout
    result = run(SAY, ACTIONCLIP_LIBRARY=str(tmp_path / "none.so"))
    assert "has no function actionclip_version" in result.stdout


def test_imports_where_array_types_are_aliases():
    """numpy 2.5 makes `NDArray[...]` an alias on Python 3.12: it joins unions, but no class derives from it."""
    code = """
import typing
import numpy as np
import numpy.typing

class Alias:
    def __getitem__(self, item):
        return typing.Union[np.ndarray, typing.Type[np.ndarray]]

numpy.typing.NDArray = Alias()
import actionclip
print(issubclass(actionclip.Scores, np.ndarray))
"""
    result = run(code)
    assert result.stdout == "True\n", result.stderr

"""`make install`, and what is installed used from its new place."""

import json
import os
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, with_metadata
from test_usage import header_version


DEFAULT_MODEL = ROOT / "models" / "actionclip-shapes.safetensors"


def make(*arguments):
    # Not a part of the `make` that runs the tests.
    clean = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", "-C", ROOT, *arguments], capture_output=True, text=True, env=clean, timeout=120)


@pytest.fixture
def prefix(tmp_path):
    place = tmp_path / "a prefix"
    process = make("install", f"PREFIX={place}")
    assert process.returncode == 0, process.stderr
    return place


def test_everything_is_there_and_goes_again(prefix):
    version, abi = header_version()
    headers = sorted(f"include/{path.name}" for path in (ROOT / "include").glob("actionclip.h*"))
    found = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir())
    assert found == sorted([
        "bin/actionclip", *headers, "lib/libactionclip.so", f"lib/libactionclip.so.{abi}",
        f"lib/libactionclip.so.{version}", "lib/pkgconfig/actionclip.pc",
        "share/actionclip/abi.json",
        *(["share/actionclip/actionclip-shapes.safetensors"] if DEFAULT_MODEL.exists() else []),
    ])
    assert os.readlink(prefix / "lib/libactionclip.so") == f"libactionclip.so.{abi}"
    assert os.readlink(prefix / f"lib/libactionclip.so.{abi}") == f"libactionclip.so.{version}"
    assert make("uninstall", f"PREFIX={prefix}").returncode == 0
    assert [path for path in prefix.rglob("*") if not path.is_dir()] == []


def test_the_installed_command_uses_the_installed_library(prefix):
    clean = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
    process = subprocess.run(
        [prefix / "bin/actionclip", "classify", CLIP, "--model", MODEL, "--labels", LABELS],
        capture_output=True, text=True, env=clean)
    assert process.returncode == 0, process.stderr
    maps = subprocess.run(["ldd", prefix / "bin/actionclip"], capture_output=True, text=True, env=clean)
    line = next(line for line in maps.stdout.splitlines() if "libactionclip" in line)
    assert os.path.realpath(prefix / "lib") in os.path.realpath(line.split("=> ")[1].rsplit(" (", 1)[0])


def test_the_installed_default_model_is_found(prefix):
    place = prefix / "share/actionclip/actionclip-shapes.safetensors"
    place.parent.mkdir(parents=True, exist_ok=True)
    with_metadata(place, labels='["installed"]')
    clean = {k: v for k, v in os.environ.items() if k not in {"LD_LIBRARY_PATH", "ACTIONCLIP_MODEL"}}
    info = lambda: subprocess.run(
        [prefix / "bin/actionclip", "info", "--json"], capture_output=True, text=True, env=clean, cwd="/")
    assert json.loads(info().stdout)["labels"] == ["installed"]
    place.unlink()
    process = info()
    assert process.returncode == 1 and str(place) in process.stderr


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")
def test_staging_and_pkg_config(tmp_path):
    version, _ = header_version()
    process = make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/x", "LIBDIR=/opt/x/lib64")
    assert process.returncode == 0, process.stderr
    folder = tmp_path / "opt/x/lib64/pkgconfig"
    text = (folder / "actionclip.pc").read_text()
    assert "@" not in text and str(tmp_path) not in text
    ask = lambda *what: subprocess.run(
        ["pkg-config", *what, "actionclip"], capture_output=True, text=True, check=True,
        env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).stdout.split()
    assert ask("--modversion") == [version]
    assert ask("--libs") == ["-L/opt/x/lib64", "-lactionclip"]
    assert ask("--cflags") == ["-I/opt/x/include"]

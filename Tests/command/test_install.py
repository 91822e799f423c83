"""`make install`, and what is installed used from its new place."""

import json
import os
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, with_metadata
from test_usage import header_version


BIND_PROC = "mount --make-rprivate / && mount --rbind /proc"
COMMANDS = ["adapt", "classify", "convert", "embed", "eval", "info", "list", "merge", "mix", "parity", "prompts",
            "search", "thresholds", "timeline", "tokenize", "tune", "watch"]  # fmt: skip


def call_make(*arguments, **more):
    # Not a part of the `make` that runs the tests.
    clean = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", "-C", ROOT, *arguments], capture_output=True, text=True, env={**clean, **more}, timeout=120)


def make(*arguments, **more):
    """The output of `make`, which succeeds."""
    process = call_make(*arguments, **more)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture
def prefix(tmp_path):
    place = tmp_path / "a prefix"
    make("install", f"PREFIX={place}")
    return place


def installed_files():
    """The files of an installation with the usual folders."""
    version, abi = header_version()
    return sorted([
        "bin/actionclip", "include/actionclip.h", "include/actionclip.hpp", "lib/libactionclip.so",
        f"lib/libactionclip.so.{abi}", f"lib/libactionclip.so.{version}", "lib/cmake/actionclip/CMakeLists.txt",
        "lib/cmake/actionclip/actionclipConfig.cmake", "lib/cmake/actionclip/actionclipConfigVersion.cmake",
        "lib/pkgconfig/actionclip.pc", "share/actionclip/abi.json", "share/actionclip/actionclip-shapes.safetensors",
        "share/bash-completion/completions/actionclip", "share/fish/vendor_completions.d/actionclip.fish",
        "share/zsh/site-functions/_actionclip", "share/man/man1/actionclip.1",
        *(f"share/man/man1/actionclip-{command}.1" for command in COMMANDS),
        "share/doc/actionclip/LICENSE", "share/doc/actionclip/LICENSES/ftfy.txt",
        *(f"share/doc/actionclip/{path.name}" for path in (ROOT / "docs").iterdir()),
    ])


def test_everything_is_there_and_goes_again(prefix):
    version, abi = header_version()
    found = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir())
    assert found == installed_files()
    assert os.readlink(prefix / "lib/libactionclip.so") == f"libactionclip.so.{abi}"
    assert os.readlink(prefix / f"lib/libactionclip.so.{abi}") == f"libactionclip.so.{version}"
    modes = {path.stat().st_mode & 0o777 for path in prefix.rglob("*") if path.is_file()}
    assert modes == {0o644, 0o755}
    make("uninstall", f"PREFIX={prefix}")
    assert not prefix.exists() and prefix.parent.exists(), "the folder around it is not ours, empty or not"


def test_uninstalling_leaves_what_others_have_put_there(prefix):
    others = [prefix / "lib/pkgconfig/other.pc", prefix / "share/man/man1/other.1", prefix / "include/other/other.h"]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.touch()
    make("uninstall", f"PREFIX={prefix}")
    assert sorted(path for path in prefix.rglob("*") if not path.is_dir()) == sorted(others)
    assert not list((prefix / "share").glob("actionclip*")) and not (prefix / "bin").exists()


def test_folders_of_their_own_are_used_and_go_again(tmp_path):
    stage = tmp_path / "stage"
    folders = ["PREFIX=/opt/x", "LIBDIR=/srv/libraries", "INCLUDEDIR=/opt/x/include/here", "BINDIR=/opt/x/sbin"]
    make("install", f"DESTDIR={stage}", *folders)
    assert (stage / "srv/libraries/libactionclip.so").exists() and (stage / "opt/x/include/here/actionclip.h").exists()
    assert (stage / "opt/x/sbin/actionclip").exists()
    pkg_config = (stage / "srv/libraries/pkgconfig/actionclip.pc").read_text()
    assert "prefix=/opt/x\n" in pkg_config and "libdir=/srv/libraries\n" in pkg_config
    assert "includedir=${prefix}/include/here\n" in pkg_config
    config = (stage / "srv/libraries/cmake/actionclip/actionclipConfig.cmake").read_text()
    assert '"/srv/libraries/libactionclip.so.' in config and '"/opt/x"' in config
    make("uninstall", f"DESTDIR={stage}", *folders)
    assert sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*")) == ["opt", "srv"]


@pytest.mark.parametrize("prefix", ["/usr/local", "/usr", ""])
def test_folders_that_a_system_comes_with_stay(tmp_path, prefix):
    make("install", f"DESTDIR={tmp_path}", f"PREFIX={prefix}")
    make("uninstall", f"DESTDIR={tmp_path}", f"PREFIX={prefix}")
    left = [path for path in (tmp_path / prefix[1:]).rglob("*") if path.is_file() or not any(path.iterdir())]
    assert sorted(path.relative_to(tmp_path / prefix[1:]).as_posix() for path in left) == [
        "bin", "include", "lib", "share/man"]


def test_uninstalling_says_when_nothing_was_there(tmp_path):
    assert f"nothing of libactionclip was in {tmp_path}/typo\n" in make("uninstall", f"PREFIX={tmp_path / 'typo'}")


def test_a_place_off_the_path_is_told(tmp_path):
    words = f'export PATH="{tmp_path}/bin:$PATH"'
    assert words in make("install", f"PREFIX={tmp_path}")
    assert words not in make("install", f"PREFIX={tmp_path}", PATH=f"{tmp_path}/bin:{os.environ['PATH']}")


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
@pytest.mark.parametrize("searched", [True, False])
def test_root_tells_the_system_of_libraries_that_come_and_go(tmp_path, searched):
    prefix, log, tools = tmp_path / "prefix", tmp_path / "log", tmp_path / "tools"
    tools.mkdir()
    folder = prefix / "lib" if searched else "/none"
    (tools / "ldconfig").write_text(
        f'#!/bin/sh\nif [ $# = 0 ]; then echo called >> "{log}"; else echo "{folder}:"; fi\n')
    (tools / "ldconfig").chmod(0o755)
    for runs, verb in enumerate(["install", "uninstall"], 1):
        make(verb, f"PREFIX={prefix}", PATH=f"{tools}:{os.environ['PATH']}")
        assert (log.read_text() if log.exists() else "") == "called\n" * runs * searched


@pytest.mark.parametrize("target", ["build", "wheel", "deb", "deps"])
def test_what_needs_swift_says_where_it_is(target):
    process = call_make(target, "SWIFT=/none/swift")
    assert process.returncode != 0 and "Swift 6.3 is needed, on the path: https://www.swift.org" in process.stderr


@pytest.mark.parametrize("libraries", ["lib", "lib64", f"lib/{os.uname().machine}-linux-gnu"])
def test_the_installed_command_uses_the_installed_library(tmp_path, libraries):
    prefix = tmp_path / "a prefix"
    make("install", f"PREFIX={prefix}", f"LIBDIR={prefix / libraries}")
    moved = prefix.rename(tmp_path / "moved")
    clean = {k: v for k, v in os.environ.items() if k not in {"LD_LIBRARY_PATH", "ACTIONCLIP_MODEL"}}
    process = subprocess.run(
        [moved / "bin/actionclip", "classify", CLIP, "--model", MODEL, "--labels", LABELS],
        capture_output=True, text=True, env=clean)
    assert process.returncode == 0, process.stderr
    maps = subprocess.run(["ldd", moved / "bin/actionclip"], capture_output=True, text=True, env=clean)
    line = next(line for line in maps.stdout.splitlines() if "libactionclip" in line)
    assert os.path.realpath(line.split("=> ")[1].rsplit(" (", 1)[0]).startswith(str(moved / libraries))
    assert subprocess.run([moved / "bin/actionclip", "info"], capture_output=True, env=clean, cwd="/").returncode == 0


def test_the_installed_default_model_is_found(prefix):
    place = prefix / "share/actionclip/actionclip-shapes.safetensors"
    with_metadata(place, labels='["installed"]')
    clean = {k: v for k, v in os.environ.items() if k not in {"LD_LIBRARY_PATH", "ACTIONCLIP_MODEL"}}
    info = lambda: subprocess.run(
        [prefix / "bin/actionclip", "info", "--json"], capture_output=True, text=True, env=clean, cwd="/")
    assert json.loads(info().stdout)["labels"] == ["installed"]
    place.unlink()
    process = info()
    assert process.returncode == 1 and str(place) in process.stderr


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")
@pytest.mark.parametrize("prefix", ["/opt/x", "", "/"])
def test_pkg_config_tells_where_the_tree_is(tmp_path, prefix):
    version, _ = header_version()
    make("install", f"DESTDIR={tmp_path}", f"PREFIX={prefix}", f"LIBDIR={prefix}/lib64")
    place = os.path.normpath(f"{tmp_path}/{prefix}")
    folder = tmp_path / place / "lib64/pkgconfig"
    text = (folder / "actionclip.pc").read_text()
    assert "@" not in text and str(tmp_path) not in text and "\nURL: https://" in text
    ask = lambda *what: subprocess.run(
        ["pkg-config", *what, "actionclip"], capture_output=True, text=True, check=True,
        env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).stdout.split()
    assert ask("--modversion") == [version]
    where, name = ask("--libs")
    assert where[:2] == "-L" and os.path.realpath(where[2:]) == f"{place}/lib64"
    assert name == "-lactionclip"
    (headers,) = ask("--cflags")
    assert headers[:2] == "-I" and os.path.realpath(headers[2:]) == f"{place}/include"
    config = (tmp_path / place / "lib64/cmake/actionclip/actionclipConfig.cmake").read_text()
    assert '"${actionclip_HERE}/../../.." ABS' in config and '"${actionclip_PREFIX}/lib64/libactionclip' in config


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")
def test_pkg_config_leaves_the_folders_of_the_system_out(tmp_path):
    libraries = f"/usr/lib/{os.uname().machine}-linux-gnu"
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/usr", f"LIBDIR={libraries}")
    folder = tmp_path / libraries[1:] / "pkgconfig"
    ask = lambda what: subprocess.run(
        ["pkg-config", what, "actionclip"], capture_output=True, text=True, check=True,
        env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).stdout.strip()
    assert ask("--cflags") == "" and ask("--variable=includedir") == "/usr/include"
    assert ask("--libs") == "-lactionclip" and ask("--variable=libdir") == libraries


def needed(*files):
    """The shared libraries that these files need, those that their libraries need with them."""
    said = subprocess.run(["ldd", *files], capture_output=True, text=True).stdout
    return {word for line in said.splitlines() for word in line.split() if word.startswith("/") and word[-1] != ":"}


def ffmpeg():
    """FFmpeg's libraries as the system has them."""
    said = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, env={"PATH": "/sbin:/usr/sbin"}).stdout
    words = [line.split() for line in said.splitlines()]
    return [line[-1] for line in words if line and line[0].startswith(("libavformat.so.", "libswscale.so."))]


def inside(root):
    """The beginning of a command line that runs a program with this folder as its root, and with /proc. Mounts are
    made private first, which busybox's unshare leaves to its caller."""
    script = f'{BIND_PROC} "$0/proc" && exec chroot "$0" "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(root)]


def can_change_root():
    probe = ["unshare", "--mount", "sh", "-c", f"{BIND_PROC} /proc && command -v chroot"]
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_change_root(), reason="not root, or no unshare, mount and chroot")
def test_a_root_with_nothing_but_the_run_time_libraries_of_c_and_cpp(tmp_path):
    root = tmp_path / "root"
    make("install", f"DESTDIR={root}", "PREFIX=/opt/x")
    shutil.copy(CLIP, root / "clip.mp4")
    (root / "proc").mkdir()
    base = needed(root / "opt/x/bin/actionclip", root / "opt/x/lib/libactionclip.so")
    base = {path for path in base if not path.startswith(str(root))}
    names = {os.path.basename(path).split(".so")[0] for path in base}
    assert names <= {"libc", "libm", "libstdc++", "libgcc_s", *(name for name in names if name.startswith("ld-linux"))}

    def call(*arguments):
        return subprocess.run([*inside(root), "/opt/x/bin/actionclip", *arguments], capture_output=True, text=True,
                              env={"PATH": os.defpath + ":/usr/sbin"}, timeout=120)  # fmt: skip

    def add(paths):
        for path in paths:
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])

    add(base)
    assert call("info").returncode == 0, call("info").stderr
    refusal = call("classify", "/clip.mp4")
    assert refusal.returncode == 1 and "FFmpeg" in refusal.stderr and refusal.stderr.count("\n") == 1
    if not ffmpeg():
        pytest.skip("no FFmpeg in the system's folders of libraries")
    add({*ffmpeg(), *needed(*ffmpeg())})
    process = call("classify", "/clip.mp4")
    assert process.returncode == 0, process.stderr

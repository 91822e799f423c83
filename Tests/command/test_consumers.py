"""Programs of others, built from an installed tree that was moved to another place since."""

import os
import shutil
import subprocess
import sys

import pytest
from actionclip_command import CLIP, LABELS, ROOT
from test_install import make
from test_usage import header_version

EXAMPLES = ROOT / "examples"
needs_cmake = pytest.mark.skipif(not shutil.which("cmake"), reason="no cmake")

HEAD = "cmake_minimum_required(VERSION 3.14)\nproject(consumer C CXX)\n"
PROGRAMS = f"""
add_executable(in_c "{EXAMPLES}/classify.c")
target_link_libraries(in_c PRIVATE actionclip::actionclip)
add_executable(in_cpp "{EXAMPLES}/classify.cpp")
target_link_libraries(in_cpp PRIVATE actionclip::cpp)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """An installed tree that is no longer where it was installed."""
    folder = tmp_path_factory.mktemp("consumers")
    make("install", f"DESTDIR={folder / 'stage'}", "PREFIX=/opt/x")
    return (folder / "stage/opt/x").rename(folder / "another place")


def clean(**more):
    """The environment without what would lead to another copy of the library."""
    names = {"LD_LIBRARY_PATH", "ACTIONCLIP_MODEL", "ACTIONCLIP_LIBRARY", "PYTHONPATH", "CMAKE_PREFIX_PATH"}
    return {**{k: v for k, v in os.environ.items() if k not in names}, **{k: str(v) for k, v in more.items()}}


def check_call(*arguments, **more):
    process = subprocess.run(arguments, capture_output=True, text=True, env=clean(**more), timeout=300)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def ranking(program, **more):
    """Labels and probabilities that a program prints of the clip, by the default model of the tree."""
    lines = check_call(program, CLIP, LABELS, **more).splitlines()
    assert len(lines) == len(LABELS.read_text().splitlines())
    return lines


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")
def test_c_with_a_compiler_and_pkg_config_alone(tree, tmp_path):
    flags = check_call("pkg-config", "--cflags", "--libs", "actionclip", PKG_CONFIG_PATH=tree / "lib/pkgconfig")
    build = f'cc -o "{tmp_path}/program" "{EXAMPLES}/classify.c" {flags}'
    check_call("sh", "-c", build)
    ranking(tmp_path / "program", LD_LIBRARY_PATH=tree / "lib")


def built(folder, text, **options):
    """Configures and builds a CMake project of this text; its programs, which find the library by themselves."""
    (folder / "CMakeLists.txt").write_text(text)
    defined = [f"-D{name}={value}" for name, value in options.items()]
    check_call("cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release", *defined)
    check_call("cmake", "--build", folder / "build")
    return folder / "build/in_c", folder / "build/in_cpp"


@needs_cmake
def test_cmake_finds_the_package(tree, tmp_path):
    version, _ = header_version()
    text = f"{HEAD}find_package(actionclip {version} REQUIRED)\n{PROGRAMS}"
    in_c, in_cpp = built(tmp_path, text, CMAKE_PREFIX_PATH=tree)
    assert ranking(in_c) == ranking(in_cpp)


@needs_cmake
def test_cmake_takes_the_tree_as_a_part_of_a_project(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "third_party/actionclip", symlinks=True)
    in_c, in_cpp = built(tmp_path, f"{HEAD}add_subdirectory(third_party/actionclip/lib/cmake/actionclip)\n{PROGRAMS}")
    assert ranking(in_c) == ranking(in_cpp)


@needs_cmake
def test_cmake_fetches_an_archive_of_the_tree(tree, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "actionclip"), "gztar", tree)
    text = f"""{HEAD}include(FetchContent)
FetchContent_Declare(actionclip URL "file://{archive}" SOURCE_SUBDIR lib/cmake/actionclip)
FetchContent_MakeAvailable(actionclip)
{PROGRAMS}"""
    in_c, in_cpp = built(tmp_path, text)
    assert ranking(in_c) == ranking(in_cpp)


@needs_cmake
@pytest.mark.parametrize(
    "wanted, fits",
    [("0.1", True), ("0.1.0", True), ("0.1.0 EXACT", True), ("0.0", False), ("0.1.99", False), ("0.2", False),
     ("1", False), ("0.0...0.2", True), ("0.0...<0.1", False), ("0.2...1", False)],
)  # fmt: skip
def test_cmake_takes_versions_that_fit(tree, tmp_path, wanted, fits):
    assert header_version()[0] == "0.1.0", "the versions above are meant for this one"
    (tmp_path / "CMakeLists.txt").write_text(
        f"{HEAD.replace('3.14', '3.19').replace(' C CXX', ' NONE')}find_package(actionclip {wanted} QUIET)\n"
        'message("found: ${actionclip_FOUND}")\n')
    process = subprocess.run(
        ["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={tree}"],
        capture_output=True, text=True, env=clean())
    assert process.returncode == 0, process.stderr
    assert f"found: {int(fits)}" in process.stderr


@needs_cmake
def test_cmake_says_what_a_part_of_a_tree_lacks(tree, tmp_path):
    part = shutil.copytree(tree, tmp_path / "part", symlinks=True)
    (part / "include/actionclip.h").unlink()
    (tmp_path / "CMakeLists.txt").write_text(f"{HEAD}find_package(actionclip REQUIRED)\n")
    process = subprocess.run(
        ["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={part}"],
        capture_output=True, text=True, env=clean())
    assert process.returncode != 0 and "there is no" in process.stderr and "include/actionclip.h" in process.stderr


def test_python_in_an_environment_of_its_own(tree, tmp_path):
    """numpy is the one of this Python, so that nothing is downloaded."""
    numpy = pytest.importorskip("numpy")
    check_call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    packages = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    shutil.copytree(ROOT / "bindings/python/actionclip", packages / "actionclip")
    (packages / "numpy.pth").write_text(os.path.dirname(os.path.dirname(numpy.__file__)) + "\n")
    code = f"import actionclip; print(len(actionclip.Model().classify({str(CLIP)!r}, ['growing', 'shrinking'])))"
    library = tree / "lib/libactionclip.so.0"
    assert check_call(tmp_path / "venv/bin/python", "-c", code, ACTIONCLIP_LIBRARY=library) == "2\n"

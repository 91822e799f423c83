"""The wheel: one file with the library, headers and default model inside, used where nothing else is installed."""

import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

CLIP, LABELS = ROOT / "examples" / "clip.mp4", ROOT / "examples" / "labels.txt"
VERSION = runpy.run_path(str(ROOT / "scripts/version.py"))["header_version"]()
MODEL = "actionclip/share/actionclip/actionclip-shapes.safetensors"


def check_call(*arguments, **more):
    """Runs a program without what would lead to another copy of the library."""
    names = {"LD_LIBRARY_PATH", "ACTIONCLIP_MODEL", "ACTIONCLIP_LIBRARY", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL"}
    clean = {k: v for k, v in os.environ.items() if k not in names}
    process = subprocess.run(
        [str(part) for part in arguments], capture_output=True, text=True, timeout=300,
        env={**clean, **{k: str(v) for k, v in more.items()}})  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    check_call("make", "-C", ROOT, "install", f"DESTDIR={folder / 'tree'}", "PREFIX=/wheel")
    check_call(ROOT / "packaging/wheel.py", folder / "tree/wheel", folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Python in an environment with the wheel, whose path has a blank and letters beyond ASCII. Other packages are
    those of this Python, pip too, so that nothing is downloaded."""
    place = tmp_path_factory.mktemp("environment") / "ein Ort für Räder"
    check_call(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", place)
    check_call(place / "bin/python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel)
    return place / "bin/python"


def package(python):
    (folder,) = python.parent.parent.glob("lib/python*/site-packages/actionclip")
    return folder


def test_its_name_says_where_it_runs(wheel):
    machine = os.uname().machine
    assert wheel.name == f"actionclip-{VERSION}-py3-none-manylinux_2_34_{machine}.whl"
    if not shutil.which("auditwheel"):
        pytest.skip("no auditwheel")
    said = check_call("auditwheel", "show", wheel)
    assert f'constrains the platform tag to "manylinux_2_34_{machine}"' in " ".join(said.split())


def test_it_is_described_as_pyproject_says():
    tomllib = pytest.importorskip("tomllib")
    with open(ROOT / "bindings/python/pyproject.toml", "rb") as file:
        expected = tomllib.load(file)["project"]
    assert runpy.run_path(str(ROOT / "packaging/wheel.py"))["project"]() == expected


def test_it_is_small_and_complete(wheel):
    with zipfile.ZipFile(wheel) as archive:
        sizes = {entry.filename: entry.compress_size for entry in archive.infolist()}
        assert archive.testzip() is None
    assert sum(size for name, size in sizes.items() if name != MODEL) < 4e6
    sources = (ROOT / "bindings/python/actionclip").glob("*.py")
    expected = {"actionclip/py.typed", MODEL, *(f"actionclip/{path.name}" for path in sources)}
    expected |= {f"actionclip/include/actionclip.{end}" for end in ("h", "hpp")}
    assert expected <= sizes.keys()
    assert not [name for name in sizes if "/bin/" in name or "__pycache__" in name]


def test_the_same_files_give_the_same_bytes(wheel, tmp_path):
    check_call(ROOT / "packaging/wheel.py", wheel.parent / "tree/wheel", tmp_path / "again")
    again = tmp_path / "again" / wheel.name
    assert again.read_bytes() == wheel.read_bytes()
    check_call(ROOT / "packaging/wheel.py", wheel.parent / "tree/wheel", tmp_path / "dated", SOURCE_DATE_EPOCH=1700000000)
    with zipfile.ZipFile(tmp_path / "dated" / wheel.name) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_its_own_library_and_model_are_used(python):
    code = f"""
import actionclip
with actionclip.Model() as model:
    print(len(model.classify({str(CLIP)!r}, ["growing", "shrinking"])), actionclip.library_path())
print(*{{line.split(None, 5)[5].strip() for line in open("/proc/self/maps") if "libactionclip" in line}}, sep="\\n")"""
    own = package(python) / "lib/libactionclip.so.0"
    assert check_call(python, "-c", code).splitlines() == [f"2 {own}", str(own)]


def test_a_library_that_is_loaded_already_is_the_only_one(python, tmp_path):
    """As where a program written in C has the library and starts Python."""
    other = shutil.copy(package(python) / "lib/libactionclip.so.0", tmp_path / "other.so")
    code = f"""
import ctypes
ctypes.CDLL({str(other)!r})
import actionclip
actionclip.version()
maps = [line.split(None, 5)[-1].strip() for line in open("/proc/self/maps")]
print(*{{path for path in maps if "libactionclip" in path or "other.so" in path}})"""
    assert check_call(python, "-c", code).strip() == str(other)


def test_it_tells_compilers_where_things_are(python):
    tell = lambda *names: check_call(python, "-m", "actionclip", *(f"--{name}" for name in names))
    folder = package(python)
    assert tell("version") == f"{VERSION}\n"
    assert tell("cflags") == f"'-I{folder}/include'\n", "quoted for the shell, for the blank"
    assert tell("cmake-dir") == f"'{folder}/lib/cmake/actionclip'\n"
    assert tell("cflags", "libs").count("\n") == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_program_is_built_by_what_it_tells(python, tmp_path):
    flags = check_call(python, "-m", "actionclip", "--cflags", "--libs").strip()
    program = tmp_path / "program"
    check_call("sh", "-c", f'cc -o "{program}" "{ROOT}/examples/classify.c" {flags}')
    assert len(check_call(program, CLIP, LABELS).splitlines()) == len(LABELS.read_text().splitlines())


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake")
def test_cmake_is_told_too(python, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(f"""cmake_minimum_required(VERSION 3.14)
project(consumer CXX)
find_package(actionclip 0.1 REQUIRED)
add_executable(program "{ROOT}/examples/classify.cpp")
target_link_libraries(program PRIVATE actionclip::cpp)
""")
    folder = package(python) / "lib/cmake/actionclip"
    check_call("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-Dactionclip_DIR={folder}")
    check_call("cmake", "--build", tmp_path / "build")
    assert check_call(tmp_path / "build/program", CLIP, LABELS)


def test_a_package_without_a_library_says_so():
    process = subprocess.run(
        [sys.executable, "-m", "actionclip", "--libs"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")})
    assert process.returncode == 1 and process.stdout == ""
    assert process.stderr.startswith("actionclip: error: this package has no library of its own")
    assert process.stderr.count("\n") == 1


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "cv2")), reason="no PyTorch or OpenCV")
def test_results_have_the_same_bits_whatever_is_imported_first(python):
    code = f"""
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import actionclip, hashlib, numpy
with actionclip.Model() as model:
    video, text = model.encode_video({str(CLIP)!r}), model.encode_labels(["growing", "moving left"])
    pixels = numpy.arange(8 * 64 * 64 * 3, dtype=numpy.uint32).astype(numpy.uint8).reshape(1, 8, 64, 64, 3)
    frames = model.encode_frames(list(pixels))
print(hashlib.sha256(b"".join(numpy.ascontiguousarray(each).tobytes() for each in (video, text, frames))).hexdigest())"""
    # Each of the three first and last, the two others in both orders before it and after it.
    orders = ["torch cv2 actionclip", "cv2 torch actionclip", "actionclip torch cv2", "numpy actionclip cv2 torch", ""]
    assert len({check_call(python, "-c", code, *order.split()) for order in orders}) == 1

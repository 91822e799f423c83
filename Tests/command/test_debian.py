"""`make deb`: packages for Debian and Ubuntu."""

import hashlib
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from actionclip_command import CLIP, ROOT
from test_consumers import check_call
from test_usage import header_version

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("dh", "chrpath", "dpkg-gensymbols")),
    reason="no debhelper, dpkg-dev or chrpath")  # fmt: skip


def build(folder):
    """The packages, made in a folder, by their names."""
    quick = {"DPKG_DEB_COMPRESSOR_LEVEL": 1}
    check_call(ROOT / "packaging/debian.sh", header_version()[0], folder, DEBEMAIL="nobody@debian.org", **quick)
    return {path.name.split("_")[0]: path for path in folder.glob("*.deb")}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return build(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def root(packages, tmp_path_factory):
    """The packages' files, as they lie in a system."""
    folder = tmp_path_factory.mktemp("root")
    for path in packages.values():
        check_call("dpkg-deb", "--extract", path, folder)
    return folder


def field(package, name):
    return check_call("dpkg-deb", "--field", package, name).strip()


def control_files(package):
    """The files in which the package describes itself to the system, by their names."""
    with tempfile.TemporaryDirectory() as folder:
        check_call("dpkg-deb", "--control", package, folder)
        return {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}


def test_what_is_packaged(packages):
    assert sorted(packages) == [
        "actionclip", "actionclip-data", "libactionclip-dev", "libactionclip0", "python3-actionclip"]
    library = packages["libactionclip0"]
    wanted = {each.split()[0] for each in field(library, "Depends").split(", ")}
    assert wanted <= {"libc6", "libgcc-s1", "libstdc++6"}
    ffmpeg = field(library, "Recommends")
    assert all(f"libavformat{major}" in ffmpeg for major in range(58, 63))
    assert f"libactionclip0 (= {header_version()[0]})" in field(packages["actionclip"], "Depends")
    for path in packages.values():
        scripts = control_files(path).keys() - {"control", "md5sums", "shlibs", "symbols", "triggers"}
        assert scripts == set(), "no scripts that root runs"


def test_symbols_ask_for_the_version_that_has_them(packages):
    version, _ = header_version()
    lines = control_files(packages["libactionclip0"])["symbols"].splitlines()
    assert lines[0] == "libactionclip.so.0 libactionclip0 #MINVER#"
    assert len(lines) > 50 and all(line.endswith(f"@ACTIONCLIP_0 {version}") for line in lines[1:])


@pytest.mark.skipif(shutil.which("lintian") is None, reason="no lintian")
def test_lintian_has_no_complaint(packages):
    process = subprocess.run(
        ["lintian", "--allow-root", "--pedantic", *packages.values()], capture_output=True, text=True)
    assert process.returncode == 0 and process.stdout == "", process.stdout


def test_the_same_files_give_the_same_bytes(packages, tmp_path):
    digests = lambda found: {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}
    first = digests(packages)
    assert digests(build(tmp_path / "again")) == first


def test_the_command_finds_the_library_where_systems_have_it(root):
    libraries = next((root / "usr/lib").glob("*-linux-gnu"))
    command = root / "usr/bin/actionclip"
    assert "RUNPATH" not in check_call("readelf", "-d", command, libraries / "libactionclip.so.0")
    assert check_call(command, "timeline", CLIP, LD_LIBRARY_PATH=libraries)


def test_pages_name_texts_that_are_packaged(root):
    texts = {path.name for path in (root / "usr/share/doc/actionclip").iterdir()}
    assert texts >= {path.name for path in (ROOT / "docs").iterdir()} and "LICENSE" not in texts


def test_python_uses_the_packaged_library(root):
    pytest.importorskip("numpy")
    libraries = next((root / "usr/lib").glob("*-linux-gnu"))
    code = """
import actionclip
actionclip.version()
print(*{line.split(None, 5)[5] for line in open("/proc/self/maps") if "libactionclip" in line})"""
    packages = root / "usr/lib/python3/dist-packages"
    said = check_call("python3", "-c", code, PYTHONPATH=packages, LD_LIBRARY_PATH=libraries)
    assert said.split() == [str((libraries / "libactionclip.so.0").resolve())]

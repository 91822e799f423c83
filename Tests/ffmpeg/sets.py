#!/usr/bin/env python3
"""Fetches FFmpeg's libraries of several versions out of Python wheels that carry them.

    python3 Tests/ffmpeg/sets.py FOLDER     FOLDER/4, /6, /7 and /8; what is there already is left alone

FOLDER/N/wheel is the wheel, FOLDER/N/lib has its libraries under their plain names, and FOLDER/N/only an empty file in
place of every other version's libavformat, which keeps the loader from finding that one further on.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

WHEELS = {4: "opencv-python-headless==4.5.5.64", 6: "av==12.3.0", 7: "av==14.0.1", 8: "av==16.0.1"}
LIBAVFORMAT = {4: 58, 5: 59, 6: 60, 7: 61, 8: 62}


def fetch(version: int, wheel: str, folder: pathlib.Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, wheel], check=True)
    (archive,) = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder / "wheel")
    archive.unlink()
    for name in ("lib", "only"):
        (folder / name).mkdir()
    for library in sorted((folder / "wheel").glob("*.libs/*")):
        # Whoever needs another of the wheel's libraries names it as the wheel does.
        (folder / "lib" / library.name).symlink_to(library.resolve())
        plain = re.fullmatch(r"(lib(?:avcodec|avformat|avutil|swscale))-\w+(\.so\.\d+)[.\d]*", library.name)
        if plain:
            (folder / "lib" / (plain[1] + plain[2])).symlink_to(library.resolve())
    for other, number in LIBAVFORMAT.items():
        if other != version:
            (folder / "only" / f"libavformat.so.{number}").touch()


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    failed = 0
    for version, wheel in WHEELS.items():
        folder = root / str(version)
        if (folder / "only").exists():
            continue
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run left
        folder.mkdir(parents=True)
        try:
            fetch(version, wheel, folder)
        except (subprocess.CalledProcessError, ValueError) as error:
            print(f"FFmpeg {version}: skipped, {wheel} cannot be had: {error}")
            failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env bash
# Says which tests `make test` skips here, for want of something that the library itself does not need, and how to get it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=python3
if ! $python -c 'import numpy, pytest' 2> /dev/null && [[ -x build/venv/bin/python ]]; then python=build/venv/bin/python; fi

some=no
# absent WHICH-TESTS WHAT-TO-DO
absent() { printf 'skipped: %s. To have them: %s\n' "$1" "$2"; some=yes; }
has() { command -v "$1" > /dev/null; }
imports() { $python -c 'import importlib.util as i, sys; sys.exit(any(i.find_spec(n) is None for n in sys.argv[1:]))' "$@"; }

has ffmpeg || absent 'tests whose clips the ffmpeg program makes' 'apt-get install ffmpeg'
[[ -d build/ffmpeg/8 ]] || absent 'other versions of FFmpeg than the installed one' 'make test-ffmpeg'
imports torch safetensors || absent 'tests against PyTorch' "$python -m pip install torch safetensors"
imports transformers open_clip timm cv2 PIL ||
  absent 'tests against transformers, open_clip, timm, OpenCV and Pillow' \
    "$python -m pip install transformers open_clip_torch timm opencv-python-headless pillow"
{ has aarch64-linux-gnu-gcc && has qemu-aarch64; } ||
  absent 'kernels of aarch64' 'apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross'
has qemu-x86_64 || absent 'start-up on older processors' 'apt-get install qemu-user'
has cargo || absent 'the bindings for Rust' 'apt-get install cargo'
has go || absent 'the example in Go' 'apt-get install golang-go'
{ has gst-launch-1.0 && pkg-config --exists gstreamer-check-1.0 gstreamer-video-1.0; } ||
  absent 'the GStreamer element' "apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev"
has cmake || absent 'programs that find the library by CMake' 'apt-get install cmake'
{ has zsh && has fish && has mandoc && has groff; } ||
  absent 'some of completions and manual pages' 'apt-get install zsh fish mandoc groff-base'
{ has dh && has chrpath && has lintian; } ||
  absent 'Debian packages' 'apt-get install debhelper dpkg-dev chrpath lintian'
has chromium || absent 'the page of actionclip timeline in a browser' 'apt-get install chromium'
imports opentimelineio ||
  absent "timelines by OpenTimelineIO's own reader" "$python -m pip install opentimelineio"
imports sqlite_vec usearch ||
  absent 'archives in other stores' "$python -m pip install sqlite-vec pysqlite3-binary usearch faiss-cpu"
has auditwheel || absent "the wheel's platform" "$python -m pip install auditwheel"
has setpriv && (( EUID == 0 )) || absent 'the setuid program' 'run as root, with setpriv (apt-get install util-linux)'
[[ -d ${ACTIONCLIP_SHARED:-../shared} ]] ||
  absent 'tests on larger reference data' 'they are not part of this repository (a folder ../shared, or ACTIONCLIP_SHARED)'
if [[ $some == yes ]]; then echo '.ci/run installs what it can of these, and runs everything'; fi

#!/bin/bash
# The GStreamer element: built with its own Makefile against build/lib, then run in pipelines and by itself.
#
#   Tests/gstreamer/run.sh
#
# LIB_DIR (default build/lib), BUILD (default build/tests). Skipped where GStreamer is absent.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
LIB_DIR=$(realpath "${LIB_DIR:-build/lib}") || exit 1
BUILD=${BUILD:-build/tests}/gstreamer
if ! command -v gst-launch-1.0 > /dev/null || ! pkg-config --exists gstreamer-check-1.0 gstreamer-video-1.0; then
  echo 'gstreamer: skipped, needs gst-launch-1.0 and its headers (apt-get install gstreamer1.0-tools' \
    'gstreamer1.0-plugins-base gstreamer1.0-plugins-good libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev)'
  exit 0
fi
mkdir -p "$BUILD" && BUILD=$(realpath "$BUILD")
passed=0 failed=0
expect() { # expect "what" COMMAND...
  local what=$1; shift
  if timeout -k 5 120 "$@" > "$BUILD/output.txt" 2>&1; then (( ++passed )); else
    (( ++failed )); echo "  gstreamer: $what" >&2; tail -n 30 "$BUILD/output.txt" | cut -c1-400 >&2; fi
}

# The library as pkg-config knows it once it is installed, but in the tree here.
mkdir -p "$BUILD/pkgconfig"
sed -e "s|@PREFIX@|$ROOT|; s|@LIBDIR@|$LIB_DIR|; s|@INCLUDEDIR@|$ROOT/include|; s|@VERSION@|0|" \
  pkgconfig/actionclip.pc.in > "$BUILD/pkgconfig/actionclip.pc"
export PKG_CONFIG_PATH=$BUILD/pkgconfig LD_LIBRARY_PATH=$LIB_DIR
export GST_PLUGIN_PATH=$BUILD/plugin GST_REGISTRY=$BUILD/registry G_DEBUG=fatal-warnings
export GST_DEBUG_NO_COLOR=1 LC_ALL=C
WARN='-Wall -Wextra -Wshadow -Werror'
build() { # build FOLDER FLAGS: the plugin and the programs of the tests
  env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j2 -C examples/gstreamer BUILD="$BUILD/$1" CFLAGS="$2" \
    WARNINGS="$WARN" &&
    gcc -std=gnu11 $WARN $2 Tests/gstreamer/test_element.c -o "$BUILD/$1/test_element" \
      $(pkg-config --cflags --libs gstreamer-check-1.0 gstreamer-video-1.0) &&
    gcc -std=gnu11 $WARN $2 -Iexamples/gstreamer Tests/gstreamer/test_frame.c examples/gstreamer/frame.c \
      -o "$BUILD/$1/test_frame" $(pkg-config --cflags --libs gstreamer-video-1.0 actionclip)
}
build plugin '-O1 -g' || exit 1

expect "gst-inspect" gst-inspect-1.0 actionclip
expect "test_frame" "$BUILD/plugin/test_frame"
# Objects that are alive at the end are named in the log at its highest level.
leaks_nothing() {
  GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 "$@" 2> "$BUILD/trace.txt" || { cat "$BUILD/trace.txt"; return 1; }
  ! grep 'object-alive, ' "$BUILD/trace.txt" | grep -v 'new format string'
}
export -f leaks_nothing; export BUILD
expect "test_element" bash -c 'leaks_nothing "$BUILD/plugin/test_element"'

# Where a part is missing, make says which package has it.
names_packages() {
  local output
  output=$(PKG_CONFIG_PATH=/none PKG_CONFIG_LIBDIR=$BUILD/pkgconfig env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
    make -C examples/gstreamer BUILD=/none 2>&1) && { echo 'it succeeded'; return 1; }
  [[ $output == *'apt-get install libgstreamer1.0-dev'* ]] || { echo "$output"; return 1; }
}
export -f names_packages
expect "make names the package of a missing part" bash -c names_packages

# As many bytes leave as enter, however slow the model is.
all_pass() {
  gst-launch-1.0 -q videotestsrc num-buffers=10000 ! video/x-raw,format=GRAY8,width=16,height=16 ! \
    actionclip interval=1000000 ! filesink location="$BUILD/out.raw" && [[ $(stat -c %s "$BUILD/out.raw") == 2560000 ]]
  local code=$?; rm -f "$BUILD/out.raw"; return $code
}
# One pipeline for each of the pads' formats.
formats() {
  local format chain=()
  for format in NV12 NV21 I420 YV12 NV24 YUY2 UYVY RGB BGR RGBx BGRx RGBA BGRA GRAY8; do
    chain+=(videotestsrc num-buffers=12 ! "video/x-raw,format=$format,width=34,height=18,framerate=4/1" !
      actionclip threads=1 leaky=false labels=growing ! fakesink sync=false)
  done
  gst-launch-1.0 -m "${chain[@]}" > "$BUILD/formats.txt" || return 1
  for (( i = 0; i < 14; i++ )); do
    grep -q "\"actionclip$i\" (element): actionclip-window" "$BUILD/formats.txt" ||
      { echo "no window of $i"; return 1; }
  done
  ! grep -E '\((warning|error)\)' "$BUILD/formats.txt"
}
# The labels of a video's events, in their order, and its end after the last one.
events() {
  ffmpeg -v error -i examples/shapes.mp4 -f rawvideo -pix_fmt nv12 - |
    gst-launch-1.0 -m fdsrc fd=0 ! rawvideoparse width=160 height=160 format=nv12 framerate=25/1 ! \
      actionclip leaky=false ! fakesink sync=false > "$BUILD/events.txt" || return 1
  sed -nE 's/.*actionclip-event, kind=\(string\)started, label=\(string\)"?([^",]*)"?,.*/\1/p' "$BUILD/events.txt" |
    tr -d '\\' > "$BUILD/started.txt"
  grep -E 'actionclip-event|Got EOS' "$BUILD/events.txt" | tail -n 1 | grep -q 'Got EOS' || { echo 'no end'; return 1; }
  cat "$BUILD/started.txt"
  sed 's/.* s  //' examples/shapes.txt > "$BUILD/shown.txt"
  diff "$BUILD/shown.txt" <(grep -Fxf "$BUILD/shown.txt" "$BUILD/started.txt")
}
export -f all_pass formats events
expect "10,000 buffers pass" bash -c all_pass
expect "every format makes windows" bash -c formats
if command -v ffmpeg > /dev/null && gst-inspect-1.0 rawvideoparse > /dev/null 2>&1; then
  expect "a video's events" bash -c events
else echo 'gstreamer: the events of a video are skipped, they need ffmpeg and gstreamer1.0-plugins-base'; fi

# The part for GStreamer 1.24, against declarations of it.
newer() {
  mkdir -p "$BUILD/pkgconfig-1.24"
  printf '%s\n' 'Name: analytics' 'Description: declarations' 'Version: 1.24.0' \
    "Cflags: -I$PWD/Tests/gstreamer/analytics" > "$BUILD/pkgconfig-1.24/gstreamer-analytics-1.0.pc"
  local object objects=()
  for object in analytics element settings; do objects+=("$BUILD/newer/$object.o"); done
  PKG_CONFIG_PATH=$BUILD/pkgconfig-1.24:$PKG_CONFIG_PATH env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j2 \
    -C examples/gstreamer BUILD="$BUILD/newer" CFLAGS=-O0 WARNINGS="$WARN" "${objects[@]}" &&
    nm "$BUILD/newer/element.o" | grep -q analytics_attach
}
export -f newer; export WARN
expect "metadata of GStreamer 1.24 compiles" bash -c newer

# Once more under the address sanitizer, which watches the plugin; GLib keeps what it allocates once.
sanitize='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'
echo 'int main(void) { return 0; }' > "$BUILD/probe.c"
if gcc $sanitize "$BUILD/probe.c" -o "$BUILD/probe" 2> /dev/null && "$BUILD/probe"; then
  if build sanitized "$sanitize"; then
    export ASAN_OPTIONS=detect_leaks=0 GST_PLUGIN_PATH=$BUILD/sanitized GST_REGISTRY=$BUILD/registry-sanitized
    export GST_REGISTRY_FORK=no
    expect "test_frame, sanitized" "$BUILD/sanitized/test_frame"
    expect "test_element, sanitized" "$BUILD/sanitized/test_element"
  else (( ++failed )); fi
else echo 'gstreamer: no sanitizers here'; fi
printf '%-16s %d passed, %d failed\n' gstreamer $passed $failed
exit $(( failed != 0 ))

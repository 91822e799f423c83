#!/bin/bash
# One library with several versions of FFmpeg: the layouts that are stated against the headers of the installed version,
# and the same bytes of every frame with every version that can be had.
#
#   Tests/ffmpeg/run.sh            what is installed, and what was fetched before
#   Tests/ffmpeg/run.sh --fetch    FFmpeg 4, 6, 7 and 8 from Python wheels too (150 MB, kept in BUILD)
#
# LIB_DIR (default build/lib), BUILD (default build/ffmpeg), CC, CLANG.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
LIB_DIR=$(realpath "${LIB_DIR:-build/lib}") || exit 1
BUILD=${BUILD:-build/ffmpeg}
mkdir -p "$BUILD/clips" && BUILD=$(realpath "$BUILD")
CC=${CC:-$(command -v gcc || command -v cc)}
CLANG=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")}
HERE=Tests/ffmpeg
[[ -e $LIB_DIR/libactionclip.so ]] || { echo "ffmpeg: no $LIB_DIR/libactionclip.so; make build" >&2; exit 1; }
passed=0 failed=0 skipped=0
expect() { # expect "what" COMMAND...
  local what=$1; shift
  if "$@"; then (( ++passed )); else (( ++failed )); echo "  ffmpeg: $what" >&2; fi
}
skip() { (( ++skipped )); echo "  ffmpeg: skipped, $1"; }

# 1. Structures, functions and numbers as they are stated.
HEADERS=$(pkg-config --cflags libavformat libavcodec libavutil libswscale 2> /dev/null) && {
  expect "the stated layouts are not those of the headers" eval '"$CLANG" -std=gnu11 -Wno-deprecated-declarations \
    -Werror=incompatible-pointer-types -Werror=incompatible-function-pointer-types $HEADERS \
    -ISources/CFFmpeg/include -ISources/CFFmpeg $HERE/layout.c -o "$BUILD/layout" && "$BUILD/layout"'
} || skip "layouts: no headers of FFmpeg (libavformat-dev, libavcodec-dev, libswscale-dev)"
expect "the message of a missing FFmpeg names another package" eval \
  '$CC -std=gnu11 -Wall -Wextra -Werror $HERE/packages.c Sources/CFFmpeg/packages.c -o "$BUILD/packages" &&
   "$BUILD/packages"'

# 2. The versions that are here.
[[ ${1:-} == --fetch ]] && python3 $HERE/sets.py "$BUILD"
clips=(Tests/VideoTests/Fixtures/* examples/*.mp4)
if command -v ffmpeg > /dev/null; then
  make() { [[ -s $BUILD/clips/$1 ]] ||
    ffmpeg -v error -y -f lavfi -i testsrc2=size=${2}:rate=25 -frames:v 40 "${@:3}" "$BUILD/clips/$1" ||
    rm -f "$BUILD/clips/$1"; }
  make h264.mp4 320x240 -c:v libx264 -bf 3
  make h264_full_range.mkv 320x240 -c:v libx264 -bf 2 -pix_fmt yuvj420p -color_range pc
  make h264.ts 322x242 -c:v libx264 -bf 3
  make mpeg4.avi 322x242 -c:v mpeg4 -bf 2 -q:v 3
  make ffv1_10bit.mkv 176x144 -c:v ffv1 -pix_fmt yuv422p10le
  make ffv1_rgb.mkv 176x144 -c:v ffv1 -pix_fmt bgr0
  make vp9.webm 160x120 -c:v libvpx-vp9 -cpu-used 8
  [[ -s $BUILD/clips/turned.mp4 || ! -s $BUILD/clips/h264.mp4 ]] ||
    ffmpeg -v error -y -i "$BUILD/clips/h264.mp4" -c copy -metadata:s:v rotate=90 "$BUILD/clips/turned.mp4"
  clips+=("$BUILD"/clips/*)
else
  skip "clips that the ffmpeg program makes"
fi
# The wheel of FFmpeg 4 has no decoder of AV1.
for i in "${!clips[@]}"; do [[ ${clips[i]} == *av1* ]] && unset "clips[i]"; done
expect "frames.c does not compile" $CC -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Iinclude $HERE/frames.c \
  -L"$LIB_DIR" -lactionclip -Wl,-rpath,"$LIB_DIR" -o "$BUILD/frames"

# run NAME [VARIABLE=VALUE...]: describes the clips in a clean environment, to NAME.txt; the version to NAME.err.
run() { local name=$1; shift
  env -i "$@" "$BUILD/frames" "${clips[@]}" > "$BUILD/$name.txt" 2> "$BUILD/$name.err"; }
# libraries FOLDER...: a search path of the fetched versions' folders.
libraries() { local IFS=:; echo "${*/#/$BUILD/}"; }
is_version() { # is_version NAME VERSION
  grep -q "^FFmpeg .*libavformat $(( $2 + 54 ))\." "$BUILD/$1.err" || { cat "$BUILD/$1.err" >&2; false; }; }
same() { diff "$BUILD/reference.txt" "$BUILD/$1.txt"; }

versions=()
for version in 4 6 7 8; do [[ -d $BUILD/$version/only ]] && versions+=("$version"); done
if run reference; then
  installed=$(sed -n 's/.*(libavformat \([0-9]*\).*/\1/p' "$BUILD/reference.err"); (( installed -= 54 ))
  echo "reference: $(< "$BUILD/reference.err"), ${#clips[@]} clips"
else
  installed=
  expect "a clip cannot be read" test ! -s "$BUILD/reference.txt"
  skip "FFmpeg is not installed"
  (( ${#versions[@]} > 0 )) && run reference LD_LIBRARY_PATH="$(libraries "${versions[0]}"/{only,lib})"
fi
(( ${#versions[@]} > 0 )) || skip "other versions of FFmpeg: make test-ffmpeg fetches them"
for version in "${versions[@]}"; do
  run "$version" LD_LIBRARY_PATH="$(libraries "$version"/{only,lib})"
  expect "FFmpeg $version is not the one that is used" is_version "$version" "$version"
  expect "FFmpeg $version decodes something else" same "$version"
done

# 3. The choice among them.
if [[ -n $installed && -d $BUILD/8/only && -d $BUILD/7/only ]]; then
  run newest LD_LIBRARY_PATH="$(libraries {7,8}/lib)"
  expect "the newest version is not taken" is_version newest 8
  run loaded LD_LIBRARY_PATH="$(libraries {7,8}/lib)" LD_PRELOAD=libavcodec.so.$(( installed + 54 ))
  expect "the version that the process uses is not taken" is_version loaded "$installed"
  expect "another version in the process changes what is decoded" same loaded

  # A libavformat of one version with a libavcodec of another, and nothing else: neither is used.
  rm -rf "$BUILD/mixed" && mkdir -p "$BUILD/mixed"
  ln -s "$BUILD"/8/lib/lib* "$BUILD/mixed"
  ln -sfn "$(readlink "$BUILD/7/lib/libavcodec.so.61")" "$BUILD/mixed/libavcodec.so.62"
  run mixed LD_LIBRARY_PATH="$(libraries mixed 7/lib)"
  expect "libraries of two versions are used together" is_version mixed 7
  run none LD_LIBRARY_PATH="$(libraries mixed 8/only 7/only 7/lib)"
  expect "the message without FFmpeg does not say what is needed" grep -q 'FFmpeg 4.4 to 8.*install' "$BUILD/none.err"
fi

# 4. A damaged library, also where the C library's messages are German.
GERMAN=/usr/share/locale/de/LC_MESSAGES/libc.mo
[[ -e $GERMAN && -e /usr/lib/locale/C.utf8 ]] || { GERMAN=; skip "messages in German: no $GERMAN or no C.UTF-8"; }
if [[ -n $installed ]]; then
  damaged=libavformat.so.$(( installed + 54 ))
  rm -rf "$BUILD/damaged" && mkdir -p "$BUILD/damaged" && : > "$BUILD/damaged/$damaged"
  run damaged LD_LIBRARY_PATH="$BUILD/damaged"
  expect "the message does not name the damaged library" \
    grep -q "cannot be used: $damaged: .*file too short" "$BUILD/damaged.err"
  [[ -z $GERMAN ]] || {
    run german LD_LIBRARY_PATH="$BUILD/damaged" LC_ALL=C.UTF-8 LANGUAGE=de
    expect "in German the message does not name the damaged library" \
      grep -q "cannot be used: $damaged: .*zu kurz" "$BUILD/german.err"
  }
fi

# 5. Hosts that bring an FFmpeg of their own.
if python3 -c 'import numpy' 2> /dev/null; then
  host() { env ACTIONCLIP_LIBRARY="$LIB_DIR/libactionclip.so" PYTHONPATH="bindings/python:$2" \
    python3 $HERE/host.py "$1" examples/clip.mp4; }
  expect "a host with OpenCV fails" host cv2 ''
  for version in "${versions[@]}"; do
    # The wheel of FFmpeg 4 is OpenCV's, for an older numpy.
    (( version == 4 )) || expect "a host with FFmpeg $version fails" host av "$BUILD/$version/wheel"
  done
fi
# 6. A system without FFmpeg: nothing but the library and those that it is linked with.
CHROOT=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
if (( EUID == 0 )) && [[ -n $CHROOT ]]; then
  ROOT=$BUILD/root
  rm -rf "$ROOT" && mkdir -p "$ROOT/etc"
  files=$(ldd "$BUILD/frames" | grep -o '/[^ ]*')
  for file in $files ${GERMAN:+"$GERMAN" /usr/lib/locale/C.utf8}; do cp -rL --parents "$file" "$ROOT"; done
  cp "$BUILD/frames" "$ROOT"
  printf 'ID=debian\nVERSION_ID="12"\n' > "$ROOT/etc/os-release"
  for language in en ${GERMAN:+de}; do
    env -i LC_ALL=C.UTF-8 LANGUAGE=$language "$CHROOT" "$ROOT" /frames 2> "$BUILD/missing.err"
    expect "the message does not name this system's package ($language)" \
      grep -q 'FFmpeg 4.4 to 8, and none is here; install them with: apt-get install libavformat59' "$BUILD/missing.err"
  done
else
  skip "a system without FFmpeg: needs root and chroot"
fi
echo "ffmpeg: $passed passed, $failed failed, $skipped skipped"
(( failed == 0 ))

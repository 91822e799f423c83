#!/bin/bash
# Builds and runs the fault tests against build/lib: everything around the library fails in turn.
#
#   Tests/faults/run.sh [--torture] [PROGRAM...]     all of them, or test_memory, torture, ...; --torture: at length
#
# LIB_DIR (default build/lib), UNSTRIPPED (default .build/release/libactionclip.so), BUILD (default build/faults), CC.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
LIB_DIR=$(realpath "${LIB_DIR:-build/lib}") || exit 1
UNSTRIPPED=${UNSTRIPPED:-.build/release/libactionclip.so}
BUILD=${BUILD:-build/faults}
mkdir -p "$BUILD" && BUILD=$(realpath "$BUILD")
CC=${CC:-$(command -v gcc || command -v cc)}
[[ -e $LIB_DIR/libactionclip.so ]] || { echo "run.sh: no $LIB_DIR/libactionclip.so; make build" >&2; exit 1; }
LENGTH=quick
[[ ${1:-} == --torture ]] && { LENGTH=torture; shift; }
ONLY=("$@")

LINK="-L$LIB_DIR -lactionclip -Wl,-rpath,$LIB_DIR -lm -lpthread -ldl"
SANITIZE="-fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
echo 'int main(void) { return 0; }' > "$BUILD/probe.c"
if ! $CC $SANITIZE "$BUILD/probe.c" -o "$BUILD/probe" 2> /dev/null || ! "$BUILD/probe"; then
  echo "run.sh: $CC has no sanitizers here; running without them"
  SANITIZE=
fi
export ASAN_OPTIONS=abort_on_error=0:allocator_may_return_null=1:handle_segv=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1

failed=()
among() { local p; for p in "${@:2}"; do [[ $p == "$1" ]] && return 0; done; return 1; }
# wanted NAME: whether it is to run here. Where all are, the longest runs beside the others, in another folder: each keeps
# one processor busy.
wanted() { if (( ${#ONLY[@]} )); then among "$1" "${ONLY[@]}"; else ! among "$1" "${BESIDE[@]}"; fi; }
BESIDE=(test_counts)
if (( ${#ONLY[@]} == 0 )); then
  set -m  # else Ctrl-C would be ignored there
  LIB_DIR=$LIB_DIR UNSTRIPPED=$UNSTRIPPED BUILD=$BUILD/other CC=$CC Tests/faults/run.sh "${BESIDE[@]}" \
    < /dev/null > "$BUILD/other.log" 2>&1 & beside=$!
  set +m
  trap 'kill -- -$beside 2> /dev/null' EXIT
fi
# program NAME FLAGS ARGUMENT...: builds Tests/faults/NAME.c and runs it under a time limit.
program() {
  local name=$1 flags=$2; shift 2
  $CC -std=c99 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wpedantic -Werror -Iinclude $flags "Tests/faults/$name.c" \
    -o "$BUILD/$name" $LINK || { failed+=("$name (compile)"); return 1; }
  timeout -k 5 "${LIMIT:-180}" "$BUILD/$name" "$@"; local code=$?
  (( code == 0 )) || { echo "$name: FAILED (exit $code)"; failed+=("$name"); }
}
# An empty folder of its own for a program that writes.
scratch() { rm -rf "$BUILD/scratch-$1"; mkdir -p "$BUILD/scratch-$1"; echo "$BUILD/scratch-$1"; }

FIXTURES=$BUILD/fixtures
rm -rf "$FIXTURES"
python3 Tests/faults/fixtures.py "$FIXTURES" && program prepare "" "$FIXTURES" || exit 1

# The functions of the library by address, of the one that still has its names; the same code, or it says nothing.
text() { objcopy -O binary --only-section=.text "$1" /dev/stdout | cksum; }
symbols() {
  [[ -e $UNSTRIPPED && $(text "$UNSTRIPPED") == $(text "$(realpath "$LIB_DIR/libactionclip.so")") ]] || {
    echo "run.sh: $UNSTRIPPED is not the library of $LIB_DIR with its names; make build" >&2; return 1; }
  nm --defined-only --numeric-sort "$UNSTRIPPED" | awk '$2 ~ /^[tTwW]$/ { print $1, $3 }' > "$BUILD/symbols.txt"
}

# A clip of small pictures, for many of them.
SMALL_CLIP=
if wanted test_counts; then
  if command -v ffmpeg > /dev/null; then
    SMALL_CLIP=$BUILD/small.mp4
    ffmpeg -v error -y -f lavfi -i testsrc2=size=16x16:rate=25 -frames:v 100 -c:v mpeg4 "$SMALL_CLIP" ||
      failed+=("ffmpeg")
  fi
fi

if wanted test_memory || wanted test_statuses || wanted test_counts || wanted test_streams || wanted test_events; then
  if symbols; then
    wanted test_statuses && program test_statuses "" "$ROOT" "$FIXTURES" "$BUILD/symbols.txt" "$(scratch statuses)"
    wanted test_memory && program test_memory "" "$ROOT" "$FIXTURES" "$BUILD/symbols.txt" "$(scratch memory)" $([[ $LENGTH == torture ]] && echo torture)
    wanted test_counts && program test_counts "" "$FIXTURES" "$(scratch counts)" "$BUILD/symbols.txt" $SMALL_CLIP
    wanted test_streams && program test_streams "" "$ROOT" "$BUILD/symbols.txt"
    wanted test_events && program test_events "" "$ROOT" "$BUILD/symbols.txt"
  else failed+=("symbols"); fi
fi

wanted test_reading && program test_reading "" "$ROOT" "$FIXTURES" "$(scratch reading)"
wanted test_writing && program test_writing "" "$FIXTURES" "$(scratch writing)"
wanted test_killed && program test_killed "" "$FIXTURES" "$(scratch killed)"
wanted test_cache && program test_cache "" "$FIXTURES" "$(scratch cache)"
wanted test_replaced && program test_replaced "" "$FIXTURES" "$(scratch replaced)" $([[ $LENGTH == torture ]] && echo 3000 || echo 320)

wanted test_wrong_files && program test_wrong_files "$SANITIZE" "$FIXTURES" "$(scratch wrong_files)"
wanted torture && LIMIT=3600 program torture "$SANITIZE" $LENGTH "$FIXTURES/models" "$FIXTURES/named" \
  Tests/fixtures/weights
if wanted test_bombs; then
  # Some 300 MB of them, which are made anew only when what makes them has changed.
  fresh=1
  for maker in bombs container_bombs fixtures; do
    [[ $BUILD/bombs/bombs.txt -nt Tests/faults/$maker.py ]] || fresh=0
  done
  (( fresh )) ||
    { rm -rf "$BUILD/bombs"; python3 Tests/faults/bombs.py "$BUILD/bombs"; } || failed+=("bombs.py")
  program test_bombs "" "$BUILD/bombs"
fi

if (( ${#ONLY[@]} == 0 )); then
  wait "$beside" || failed+=("beside the others: $BUILD/other.log")
  grep -v '^fault tests: all passed' "$BUILD/other.log"
fi

if (( ${#failed[@]} )); then printf 'fault tests: FAILED: %s\n' "${failed[@]}" >&2; exit 1; fi
echo 'fault tests: all passed'

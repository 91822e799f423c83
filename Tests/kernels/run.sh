#!/bin/bash
# The kernels, those of doubles, of scans, of resizing and of SHA-256, in every isa that can be run here, and permission
# to use tiles: this processor's with sanitizers, aarch64's under an emulator where a cross-compiler's libraries are installed
# (Debian: gcc-aarch64-linux-gnu and qemu-user).
#
#   Tests/kernels/run.sh [SHAPES]     random shapes for each precision (default 300), a third of them under an emulator;
#                                     CLANG, BUILD (build/tests)
#   Tests/kernels/run.sh colours      every colour in YUV, in every isa of this processor (make test-colours)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build/tests}/kernels
mkdir -p "$BUILD"
# The kernels are written for clang, which comes with Swift.
CLANG=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")}
SHAPES=${1:-300}
# The folders of Sources that each test is built with.
declare -A SOURCES=([kernels]='CKernels CProcessor' [dense]='CKernels CProcessor' [scan]='CKernels CProcessor' [resample]='CResample CProcessor'
  [digest]='CDigest CProcessor' [permission]=CProcessor/permission.c)
TESTS=(kernels dense scan resample digest permission) EVERY=
if [[ $SHAPES == colours ]]; then TESTS=(resample) SHAPES=300 EVERY=all; fi
passed=0 failed=0

C=(-std=c11 -D_GNU_SOURCE -fno-math-errno -Wno-unused-command-line-argument -Wall -Wextra -Werror -pthread
  -ISources/C{Kernels,Digest,Processor,Resample}/include)
# objects NAME FLAGS... -- FILE...: compiles files for a target, once for all its tests, and prints the objects.
objects() {
  local folder=$BUILD/$1 flags=() file object; shift
  while [[ $1 != -- ]]; do flags+=("$1"); shift; done
  for file in "${@:2}"; do
    object=$folder/${file//\//-}.o
    [[ -e $object ]] || "$CLANG" "${flags[@]}" "${C[@]}" -c "$file" -o "$object" || return
    echo "$object"
  done
}
# one TEST NAME RUNNER FLAGS...: builds test_TEST.c and TEST_*.c with their sources, and runs it.
one() {
  local test=$1 name=$2 runner=$3 list status; shift 3
  local program=$BUILD/$test-$name shapes=$SHAPES limit=600
  [[ -z $runner ]] || shapes=$(( (SHAPES + 2) / 3 ))  # emulators are slow
  echo "$test, $name:"
  if list=$(objects "$name" "$@" -- $(cd Sources && find ${SOURCES[$test]} -name '*.c' -printf 'Sources/%p ')) &&
    "$CLANG" "$@" "${C[@]}" "Tests/kernels/test_$test.c" $(compgen -G "Tests/kernels/${test}_*.c") $list \
      -fuse-ld=lld -o "$program" -lm &&
    timeout -k 5 $limit $runner "$program" "$shapes" $EVERY; then (( ++passed )); return; else status=$?; fi
  (( status != 124 )) || echo "$test, $name: stopped after $limit s" >&2
  echo "$test, $name: FAILED" >&2; (( ++failed ))
}
# all NAME RUNNER FLAGS...: starts every test for one target. Targets run beside each other, since each waits for one
# processor alone; what they print is kept until the end.
targets=()
all() {
  targets+=("$1")
  rm -rf "$BUILD/$1.count" "$BUILD/${1:?}" && mkdir -p "$BUILD/$1"
  {
    for test in "${TESTS[@]}"; do one "$test" "$@"; done
    echo "$passed $failed" > "$BUILD/$1.count"
  } > "$BUILD/$1.log" 2>&1 &
}

all optimised '' -O3
if [[ ! $EVERY ]]; then
  # Reads and writes through wrong pointers are the address sanitizer's. Checks of sums of pointers, too
  # (pointer-overflow), would take more than half of the time of compiling.
  all sanitized '' -O1 -gline-tables-only -fsanitize=address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all
  SYSROOT=/usr/aarch64-linux-gnu
  CROSS=$(compgen -G '/usr/lib/gcc-cross/aarch64-linux-gnu/*' | head -1)
  if [[ -d $SYSROOT/include && $CROSS ]] && command -v qemu-aarch64 > /dev/null; then
    all aarch64 "qemu-aarch64 -cpu max -L $SYSROOT" -O2 --target=aarch64-linux-gnu --sysroot=/ \
      -isystem $SYSROOT/include -L$SYSROOT/lib -B"$CROSS" -L"$CROSS"
  else
    echo 'kernels, aarch64: skipped, needs gcc-aarch64-linux-gnu and qemu-user'
  fi
fi
wait
for target in "${targets[@]}"; do
  cat "$BUILD/$target.log"
  read -r own_passed own_failed < "$BUILD/$target.count" || own_passed=0 own_failed=1
  (( passed += own_passed, failed += own_failed )) || true
done
echo "kernels   $passed passed, $failed failed"
(( failed == 0 ))

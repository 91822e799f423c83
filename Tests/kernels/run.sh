#!/bin/bash
# The kernels, those of doubles, and SHA-256 alone, in every isa that can be run here, and permission to use tiles: this
# processor's with sanitizers, aarch64's under an emulator where a cross-compiler's libraries are installed (Debian:
# gcc-aarch64-linux-gnu and qemu-user).
#
#   Tests/kernels/run.sh [SHAPES]     random shapes for each precision (default 300), a third of them under an emulator;
#                                     CLANG, BUILD (build/tests)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build/tests}/kernels
mkdir -p "$BUILD"
# The kernels are written for clang, which comes with Swift.
CLANG=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")}
SHAPES=${1:-300}
passed=0 failed=0

C=(-std=c11 -D_GNU_SOURCE -fno-math-errno -Wno-unused-command-line-argument -Wall -Wextra -Werror -pthread
  -ISources/C{Kernels,Digest,Processor}/include)
# one TEST SOURCES NAME RUNNER FLAGS...: builds test_TEST.c and TEST_*.c with files or folders of Sources, and runs it.
one() {
  local test=$1 sources=$2 name=$3 runner=$4; shift 4
  local program=$BUILD/$test-$name shapes=$SHAPES
  [[ -z $runner ]] || shapes=$(( (SHAPES + 2) / 3 ))  # emulators are slow
  echo "$test, $name:"
  if "$CLANG" "$@" "${C[@]}" "Tests/kernels/test_$test.c" $(compgen -G "Tests/kernels/${test}_*.c") \
      $(cd Sources && find $sources -name '*.c' -printf 'Sources/%p ') -fuse-ld=lld -o "$program" -lm &&
    timeout -k 5 240 $runner "$program" "$shapes"; then (( ++passed )); return; fi
  echo "$test, $name: FAILED" >&2; (( ++failed ))
}
# all NAME RUNNER FLAGS...: starts every test for one target. Targets run beside each other, since each waits for one
# processor alone; what they print is kept until the end.
targets=()
all() {
  targets+=("$1")
  rm -f "$BUILD/$1.count"
  {
    one kernels 'CKernels CProcessor' "$@"
    one dense 'CKernels CProcessor' "$@"
    one digest 'CDigest CProcessor' "$@"
    one permission CProcessor/permission.c "$@"
    echo "$passed $failed" > "$BUILD/$1.count"
  } > "$BUILD/$1.log" 2>&1 &
}

all sanitized '' -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
all optimised '' -O3
SYSROOT=/usr/aarch64-linux-gnu
if [[ -d $SYSROOT/include ]] && command -v qemu-aarch64 > /dev/null && compgen -G '/usr/lib/gcc-cross/aarch64-linux-gnu/*' > /dev/null; then
  all aarch64 "qemu-aarch64 -cpu max -L $SYSROOT" -O2 --target=aarch64-linux-gnu --sysroot=/ \
    -isystem $SYSROOT/include -L$SYSROOT/lib -B"$(compgen -G '/usr/lib/gcc-cross/aarch64-linux-gnu/*' | head -1)" \
    -L"$(compgen -G '/usr/lib/gcc-cross/aarch64-linux-gnu/*' | head -1)"
else
  echo 'kernels, aarch64: skipped, needs gcc-aarch64-linux-gnu and qemu-user'
fi
wait
for target in "${targets[@]}"; do
  cat "$BUILD/$target.log"
  read -r own_passed own_failed < "$BUILD/$target.count" || own_passed=0 own_failed=1
  (( passed += own_passed, failed += own_failed )) || true
done
echo "kernels   $passed passed, $failed failed"
(( failed == 0 ))

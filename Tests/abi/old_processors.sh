#!/bin/bash
# The library on processors with fewer instructions than this one, under an emulator: no illegal
# instruction, and the reference's numbers through every instruction set of the kernels.
#
#   Tests/abi/old_processors.sh     (COMMAND, default build/bin/actionclip; skips without qemu-x86_64)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
COMMAND=${COMMAND:-build/bin/actionclip}
if [[ $(uname -m) != x86_64 ]] || ! command -v qemu-x86_64 > /dev/null; then
  echo 'old processors: skipped, needs qemu-x86_64 (Debian: qemu-user) on x86-64'
  exit 0
fi
passed=0 failed=0
# No AVX; AVX without AVX2; AVX2 and FMA.
for processor in Nehalem SandyBridge Haswell; do
  output=$(qemu-x86_64 -cpu "$processor" "$COMMAND" parity --threads 2 \
    Tests/fixtures/packs/{lstm,joint,tsm-transf-16} 2>&1)
  if [[ $? == 0 && $output == *'3 of 3 packs ok'* ]]; then
    (( ++passed ))
  else
    (( ++failed )); echo "  $processor:" >&2; echo "$output" | tail -n 5 >&2
  fi
done
echo "old processors   $passed passed, $failed failed"
(( failed == 0 ))

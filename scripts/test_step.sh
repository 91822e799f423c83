#!/usr/bin/env bash
# One step of `make test`: test_step.sh NAME TARGET [VARIABLE=VALUE...]. Steps run beside each other, so that what one
# says is kept in build/tests/step-TARGET.txt until its end, and printed together with how long it took.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=$1; shift
log=build/tests/step-$1.txt
mkdir -p build/tests
# Variables of the outer command count here too; its jobs are not shared.
MAKEFLAGS=$(sed -E 's/(^| )--jobserver-[a-z]+=[^ ]*//g; s/(^| )-j[0-9]*//g' <<< "${MAKEFLAGS:-}")
export MAKEFLAGS
printf '== %s: begun\n' "$name"
printf '\n== %s\n' "$name" > "$log"
if make --no-print-directory "$@" < /dev/null >> "$log" 2>&1; then
  printf '== %s: ok (%d s)\n\n' "$name" $SECONDS >> "$log"; cat "$log"
else
  printf '== %s: FAILED (%d s); again: make %s\n\n' "$name" $SECONDS "$*" >> "$log"; cat "$log" >&2; exit 1
fi

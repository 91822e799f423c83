#!/bin/bash
# The newest versions of glibc's and libstdc++'s functions that finished files need: no newer than those of RHEL 9.
#
#   Tests/abi/system_versions.sh FILE...
set -uo pipefail
export LC_ALL=C
passed=0 failed=0 line=
for file in "$@"; do
  line+="; $(basename "$file"):"
  undefined=$(nm -D --undefined-only "$file") || (( ++failed ))
  for promise in GLIBC_2.34 GLIBCXX_3.4.29; do
    found=$(grep -oE "@${promise%%_*}_[0-9.]+" <<< "$undefined" | tr -d @ | sort -Vu | tail -1)
    line+=" ${found:-no ${promise%%_*}}"
    if [[ $(printf '%s\n' "$found" $promise | sort -V | tail -1) == "$promise" ]]; then (( ++passed )); continue; fi
    (( ++failed ))
    echo "  $file needs $found, newer than $promise:" $(grep -F "@$found" <<< "$undefined" | awk '{ print $NF }') >&2
  done
done
printf '%-16s %d passed, %d failed (%s)\n' 'system versions' $passed $failed "${line#; }"
exit $(( failed != 0 ))

#!/bin/bash
# The binary interface: the header against the last release's and against the library.
#
#   Tests/abi/run.sh            compare; additions to the last release are listed, anything else fails
#   Tests/abi/run.sh --release  write released.json anew, which is for a release
#
# LIB_DIR (default build/lib), BUILD (default build/tests), CC, CLANG.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
LIB_DIR=${LIB_DIR:-build/lib}
BUILD=${BUILD:-build/tests}/abi
CC=${CC:-$(command -v gcc || command -v cc)}
LIBRARY=$LIB_DIR/libactionclip.so HEADER=include/actionclip.h HERE=Tests/abi
mkdir -p "$BUILD"
passed=0 failed=0
expect() { # expect "what" COMMAND...
  local what=$1; shift
  if "$@"; then (( ++passed )); else (( ++failed )); echo "  abi: $what" >&2; fi
}
same() { diff --label "$1" --label "$2" -u "$1" "$2"; }
export LC_ALL=C

# 1. The header, as clang reads it, against that of the last release.
expect "clang cannot describe the header" eval 'scripts/abi.py > "$BUILD/abi.json"'
# The path has a link to Swift, but no clang.
mkdir -p "$BUILD/path" && ln -sf "$(command -v swift)" "$BUILD/path"
expect "abi.py finds no clang beside Swift" env -u CLANG PATH="$BUILD/path" \
  "$(python3 -c 'import sys; print(sys.executable)')" scripts/abi.py > /dev/null
if [[ ${1:-} == --release ]]; then
  cp "$BUILD/abi.json" $HERE/released.json && echo "abi: wrote released.json"
  exit
fi
[[ -e $LIBRARY ]] || { echo "abi: no $LIBRARY; make build" >&2; exit 1; }
expect "compare.py does not tell what is incompatible" eval \
  'python3 $HERE/test_compare.py 2> "$BUILD/compare.txt" || { cat "$BUILD/compare.txt" >&2; false; }'
expect "the header breaks programs of the last release" python3 $HERE/compare.py $HERE/released.json "$BUILD/abi.json"

expect "files name another version than the header" scripts/version.py

# 2. Symbols: the library exports the header's functions and nothing else.
python3 -c 'import json, sys; print(*sorted(f["name"] for f in json.load(sys.stdin)["functions"]), sep="\n")' \
  < "$BUILD/abi.json" > "$BUILD/header.txt"
# (Lower case: names that stay inside although they are in the table. "A" is the version itself.)
nm -D --defined-only "$LIBRARY" | awk '$2 ~ /[B-Z]/ { sub("@.*", "", $3); print $3 }' | sort -u > "$BUILD/exports.txt"
expect "the library does not export what the header declares" same "$BUILD/header.txt" "$BUILD/exports.txt"

# 3. Constants: every macro of the header is known to actionclip_constant by the same value.
{
  echo '#include <actionclip.h>'
  echo '#include <stdio.h>'
  echo 'static int bad;'
  echo 'static void one(const char *name, int64_t value) {'
  echo '  int64_t found = -99999;'
  echo '  if (actionclip_constant(name, &found) != ACTIONCLIP_OK || found != value) {'
  echo '    fprintf(stderr, "  abi: actionclip_constant(\"%s\") is wrong\n", name); bad++; } }'
  echo 'static void status(const char *name, int32_t value) {'
  echo '  const char *a = actionclip_status_name(value), *b = name;'
  echo '  while (*a && *a == *b) { a++; b++; }'
  echo '  if (*a || *b) { fprintf(stderr, "  abi: actionclip_status_name misses %s\n", name); bad++; } }'
  echo 'int main(void) {'
  awk '/^#define ACTIONCLIP_[A-Z0-9_]+ [(0-9-]/ { printf "  one(\"%s\", %s);\n", $2, $2
         if ($2 == "ACTIONCLIP_OK" || $2 ~ /^ACTIONCLIP_ERROR_/) printf "  status(\"%s\", %s);\n", $2, $2 }' $HEADER
  echo '  return bad != 0;'
  echo '}'
} > "$BUILD/constants.c"
expect "too few constants found in the header" test "$(grep -c 'one("' "$BUILD/constants.c")" -ge 50
expect "the constants program does not compile" $CC -std=c99 -Wall -Wextra -Werror -Iinclude "$BUILD/constants.c" \
  -o "$BUILD/constants" -L"$LIB_DIR" -lactionclip -Wl,-rpath,"$(realpath "$LIB_DIR")"
expect "actionclip_constant or actionclip_status_name disagrees with the header" "$BUILD/constants"

# 4. What the library needs, and how it is linked.
HERE=$HERE HEADER=$HEADER bash Tests/abi/check_library.sh "$LIBRARY" || (( ++failed ))
Tests/abi/system_versions.sh "$LIBRARY" "${COMMAND:-build/bin/actionclip}" || (( ++failed ))

# 5. The same library on processors that lack this one's instructions.
bash Tests/abi/old_processors.sh || (( ++failed ))
printf '%-16s %d passed, %d failed\n' abi $passed $failed
exit $(( failed != 0 ))

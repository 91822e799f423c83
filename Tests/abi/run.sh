#!/bin/bash
# The binary interface, against the golden lists beside this script.
#
#   Tests/abi/run.sh            compare
#   Tests/abi/run.sh --update   write symbols.txt and layouts.txt anew (then look at the difference!)
#
# LIB_DIR (default build/lib), BUILD (default build/tests), CC.
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

# 1. Symbols: the header, the library and the golden list name the same functions.
sed 's|/\*.*\*/||' $HEADER | tr '\n' ' ' | grep -o 'ACTIONCLIP_API [^;]*;' | grep -o 'actionclip_[a-z0-9_]*(' |
  tr -d '(' | sort -u > "$BUILD/header.txt"

# 2. Layouts: a C program, written from the header, prints every struct's size and every field's place.
{
  echo '#include <actionclip.h>'
  echo '#include <stdio.h>'
  echo 'int main(void) {'
  awk '/^typedef struct actionclip_[a-z_]* \{/ { s = $3; inside = 1
         printf "  printf(\"%s size %%zu\\n\", sizeof(%s));\n", s, s; next }
       /^}/ { inside = 0 }
       comment { if (!sub(/.*[*]\//, "")) next; comment = 0 }
       /[/][*]/ && !/[*][/]/ { comment = 1 }
       inside { sub("/[*].*", ""); if (match($0, /[a-z_][a-z0-9_]*(\[[0-9]+\])?;/)) {
         f = substr($0, RSTART, RLENGTH); gsub(/(\[[0-9]+\])?;/, "", f)
         printf "  printf(\"  %s at %%zu, %%zu bytes\\n\", offsetof(%s, %s), sizeof ((%s *)0)->%s);\n", f, s, f, s, f } }
      ' $HEADER
  echo '  return 0;'
  echo '}'
} > "$BUILD/layouts.c"
expect "the layout program does not compile" $CC -std=c99 -Wall -Wextra -Werror -Iinclude "$BUILD/layouts.c" \
  -o "$BUILD/layouts"
"$BUILD/layouts" > "$BUILD/layouts.txt"

if [[ ${1:-} == --update ]]; then
  cp "$BUILD/header.txt" $HERE/symbols.txt
  cp "$BUILD/layouts.txt" $HERE/layouts.txt
  echo "abi: wrote symbols.txt ($(wc -l < $HERE/symbols.txt)) and layouts.txt ($(wc -l < $HERE/layouts.txt))"
  exit 0
fi
[[ -e $LIBRARY ]] || { echo "abi: no $LIBRARY; make build" >&2; exit 1; }
# (Lower case: names that stay inside although they are in the table. "A" is the version itself.)
nm -D --defined-only "$LIBRARY" | awk '$2 ~ /[B-Z]/ { sub("@.*", "", $3); print $3 }' | sort -u > "$BUILD/exports.txt"
expect "header and golden list of functions differ" same $HERE/symbols.txt "$BUILD/header.txt"
expect "library and golden list of functions differ" same $HERE/symbols.txt "$BUILD/exports.txt"
if [[ $(uname -m) == x86_64 || $(uname -m) == aarch64 ]]; then
  expect "struct layouts differ from the golden ones" same $HERE/layouts.txt "$BUILD/layouts.txt"
fi

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

# 5. The same library on processors that lack this one's instructions.
bash Tests/abi/old_processors.sh || (( ++failed ))
printf '%-16s %d passed, %d failed\n' abi $passed $failed
exit $(( failed != 0 ))

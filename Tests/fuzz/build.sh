#!/bin/bash
# Builds the fuzz targets of Tests/fuzz/targets. Nothing lists them: a new one is a new file.
#
#   Tests/fuzz/build.sh replay           build/fuzz/replay: every target in one program, which replays files
#   Tests/fuzz/build.sh fuzz TARGET...   build/fuzz/fuzz-TARGET: libFuzzer around one target
#
# COMPARES=no leaves out the tracing of compares, which finds magic numbers and takes half of the time: for the long rest
# of a run whose corpus is grown. Give it a BUILD of its own.
#
# targets/NAME.swift or .c defines fuzz_NAME(const uint8_t *, size_t); mutators/NAME.swift, where there is one,
# LLVMFuzzerCustomMutator. A line "// with: FILE" names a file of shared/ that belongs to it. What a file imports is built first: each room of Sources once, optimised, with the address
# sanitizer and coverage, for both kinds of program. C files use the C API, so they get the whole library.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD BUILD=${BUILD:-build/fuzz}
SWIFTC=${SWIFTC:-swiftc}
CLANG=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v "$SWIFTC")")")/clang")}
coverage=(-sanitize=address,fuzzer) c_coverage=(-fsanitize=address,fuzzer-no-link)
if [[ ${COMPARES:-yes} == no ]]; then
  edges=edge,inline-8bit-counters,pc-table
  coverage=(-sanitize=address "-sanitize-coverage=$edges")
  c_coverage=(-fsanitize=address "-fsanitize-coverage=$edges")
fi
# -enable-testing: targets reach what a room keeps to itself.
SWIFT_FLAGS=(-O -wmo -g -parse-as-library -enable-testing -swift-version 6
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  "${coverage[@]}" -I "$BUILD" -I include)
C_FLAGS=(-O2 -g -std=gnu11 -fno-math-errno -fno-omit-frame-pointer "${c_coverage[@]}")
# Swift's libraries as shared ones: linked statically, they hide the sanitizer's malloc from the system's.
LINK=(-use-ld=lld -Xlinker --gc-sections)
mkdir -p "$BUILD"

# The rooms that files import or, in C, include.
imports() {
  local name
  { grep -hoE '^(@testable |internal |public )*import [A-Za-z]+|^#include "C[A-Za-z]+\.h"' "$@" || true; } |
    sed -E 's/.*import //; s/.*"(.*)\.h"/\1/' | sort -u | while read -r name; do
      [[ ! -d Sources/$name ]] || echo "$name"; done
}
sources() { find "Sources/$1" -name '*.swift' -o -name '*.[ch]' | sort; }
# newer RESULT FILE...: whether a file is newer than the result, or there is no result.
newer() {
  local result=$1 file; shift
  [[ -e $result ]] || return 0
  for file in "$@"; do [[ ! $file -nt $result ]] || return 0; done
  return 1
}

# room NAME: builds a room after those it needs; CLOSURE gets all of them, in order.
CLOSURE=()
room() {
  local name=$1 files needs=() need form
  [[ " ${CLOSURE[*]} " != *" $name "* ]] || return 0
  mapfile -t files < <(sources "$name")
  for need in $(imports "${files[@]}"); do
    [[ $need == "$name" ]] || { room "$need"; needs+=("$BUILD/$need.o"); }
  done
  CLOSURE+=("$name")
  newer "$BUILD/$name.o" "${files[@]}" "${needs[@]}" Tests/fuzz/build.sh || return 0
  echo "fuzz: building $name"
  if [[ $name == C* ]]; then
    printf 'module %s {\n  header "%s"\n  export *\n}\n' "$name" "$ROOT/Sources/$name/include/$name.h" \
      > "$BUILD/$name.modulemap"
    rm -rf "$BUILD/$name.parts"; mkdir "$BUILD/$name.parts"
    for form in Sources/"$name"/*.c; do
      "$CLANG" "${C_FLAGS[@]}" "-ISources/$name/include" -c "$form" -o "$BUILD/$name.parts/$(basename "$form" .c).o"
    done
    "$CLANG" -fuse-ld=lld -nostdlib -r "$BUILD/$name.parts"/*.o -o "$BUILD/$name.o"
  else
    swift_object "$name" "$BUILD/$name.o" -emit-module -emit-module-path "$BUILD/$name.swiftmodule" \
      "${files[@]}"
  fi
}
# swift_object MODULE OBJECT FLAGS... FILE...
swift_object() {
  local module=$1 object=$2 map maps=(); shift 2
  for map in "$BUILD"/*.modulemap; do [[ ! -e $map ]] || maps+=(-Xcc "-fmodule-map-file=$map"); done
  "$SWIFTC" "${SWIFT_FLAGS[@]}" "${maps[@]}" -module-name "$module" -c -o "$object" "$@"
  touch "$object"  # it keeps its age where nothing in it changed
}

# objects NAME: builds a target's own object; CLOSURE gets its rooms.
target() {
  local name=$1 file need
  file=$(compgen -G "Tests/fuzz/targets/$name.*") || { echo "fuzz: no target $name" >&2; exit 2; }
  if [[ $file == *.c ]]; then
    room ActionCLIPABI
    newer "$BUILD/target-$name.o" "$file" Tests/fuzz/targets/*.h include/actionclip.h Tests/fuzz/build.sh || return 0
    "$CLANG" "${C_FLAGS[@]}" -Wall -Wextra -Werror "-DROOT=\"$ROOT\"" -Iinclude -c "$file" -o "$BUILD/target-$name.o"
  else
    local needs=() files=("$file")
    for need in $(sed -n 's,^// with: ,,p' "$file"); do files+=("Tests/fuzz/shared/$need"); done
    for need in $(imports "${files[@]}"); do room "$need"; needs+=("$BUILD/$need.o"); done
    newer "$BUILD/target-$name.o" "${files[@]}" "${needs[@]}" Tests/fuzz/build.sh || return 0
    swift_object "fuzz_$name" "$BUILD/target-$name.o" "${files[@]/#/$ROOT/}"
  fi
}
# link PROGRAM SANITIZERS OBJECT...: with the rooms in CLOSURE.
link() {
  local program=$1 sanitizers=$2 name; shift 2
  local objects=("$@")
  for name in "${CLOSURE[@]}"; do objects+=("$BUILD/$name.o"); done
  newer "$program" "${objects[@]}" || return 0
  "$SWIFTC" "${LINK[@]}" "-sanitize=$sanitizers" "${objects[@]}" -o "$program"
}
entry() { # entry OBJECT SOURCE FLAGS...
  local object=$1 source=$2; shift 2
  newer "$object" "$source" Tests/fuzz/build.sh || return 0
  "$CLANG" -O1 -g -std=gnu11 -Wall -Wextra -Werror "$@" -c "$source" -o "$object"
}

case ${1:-} in
  replay)
    names=() objects=()
    for file in Tests/fuzz/targets/*.{swift,c}; do
      name=$(basename "${file%.*}")
      target "$name"
      names+=("$name") objects+=("$BUILD/target-$name.o")
    done
    printf 'TARGET(%s)\n' "${names[@]}" > "$BUILD/targets.inc.new"
    cmp -s "$BUILD/targets.inc.new" "$BUILD/targets.inc" || mv "$BUILD/targets.inc.new" "$BUILD/targets.inc"
    ! newer "$BUILD/replay.o" "$BUILD/targets.inc" || rm -f "$BUILD/replay.o"
    entry "$BUILD/replay.o" Tests/fuzz/replay.c "-I$BUILD"
    link "$BUILD/replay" address "$BUILD/replay.o" "${objects[@]}"
    ;;
  fuzz)
    shift
    for name; do
      CLOSURE=()
      target "$name"
      entry "$BUILD/entry-$name.o" Tests/fuzz/entry.c "-DTARGET=fuzz_$name"
      objects=("$BUILD/entry-$name.o" "$BUILD/target-$name.o")
      mutator=Tests/fuzz/mutators/$name.swift
      if [[ -e $mutator ]]; then
        ! newer "$BUILD/mutator-$name.o" "$mutator" Tests/fuzz/libfuzzer.h || "$SWIFTC" -O -wmo -g -parse-as-library \
          -swift-version 6 -module-name "mutator_$name" -import-objc-header Tests/fuzz/libfuzzer.h \
          -c -o "$BUILD/mutator-$name.o" "$mutator" Tests/fuzz/mutators/Bytes.swift
        objects+=("$BUILD/mutator-$name.o")
      fi
      link "$BUILD/fuzz-$name" address,fuzzer "${objects[@]}"
    done
    ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

#!/bin/bash
# Builds the fuzz targets of Tests/fuzz/targets. Nothing lists them: a new one is a new file.
#
#   Tests/fuzz/build.sh replay           build/fuzz/untraced/replay: every target in one program, which replays files
#   Tests/fuzz/build.sh fuzz TARGET...   build/fuzz/fuzz-TARGET: libFuzzer around one target
#
# COVERAGE=edges leaves out the tracing of compares, which finds magic numbers and takes half of the time: for the long
# rest of a run whose corpus is grown. Give it a BUILD of its own. What is replayed is not traced, and hardly optimised:
# compiling would take most of the time.
#
# targets/NAME.swift or .c defines fuzz_NAME(const uint8_t *, size_t); mutators/NAME.swift, where there is one,
# LLVMFuzzerCustomMutator. A line "// with: FILE" names a file of shared/ that belongs to it. What a file imports is
# built first: each room of Sources, with the address sanitizer. C files use the C API, so they get the whole
# library. The order is make's work: rules.mk is written from the imports, and its recipes come back here.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-build/fuzz} COVERAGE=${COVERAGE:-full}
ROOT=$PWD
SWIFTC=${SWIFTC:-swiftc}
CLANG=${CLANG:-$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v "$SWIFTC")")")/clang")}
if [[ ${1:-} == replay ]]; then BUILD=$BUILD/untraced COVERAGE=none; fi
effort=(-O -g) c_effort=(-O2 -g)
case $COVERAGE in
  full) trace=(-sanitize=address,fuzzer) c_trace=(-fsanitize=address,fuzzer-no-link) ;;
  edges)
    trace=(-sanitize=address -sanitize-coverage=edge,inline-8bit-counters,pc-table)
    c_trace=(-fsanitize=address -fsanitize-coverage=edge,inline-8bit-counters,pc-table) ;;
  none)
    trace=(-sanitize=address) c_trace=(-fsanitize=address)
    effort=(-Onone -gline-tables-only) c_effort=(-O1 -gline-tables-only) ;;
  *) echo "fuzz: COVERAGE is '$COVERAGE'; it must be full or edges" >&2; exit 2 ;;
esac
# -enable-testing: targets reach what a room keeps to itself.
SWIFT_FLAGS=("${effort[@]}" -wmo -parse-as-library -enable-testing -swift-version 6
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  "${trace[@]}" -I "$BUILD" -I include)
C_FLAGS=("${c_effort[@]}" -std=gnu11 -fno-math-errno -fno-omit-frame-pointer "${c_trace[@]}")
INCLUDES=(); for folder in Sources/C*/include; do INCLUDES+=("-I$folder"); done
# Swift's libraries as shared ones: linked statically, they hide the sanitizer's malloc from the system's.
LINK=(-use-ld=lld -Xlinker --gc-sections)
mkdir -p "$BUILD"

# ---------------------------------------------------------------------------------------------------- what needs what

sources() { find "Sources/$1" -name '*.swift' -o -name '*.[ch]' | sort; }
# The rooms that files import or, in C, include.
imports() {
  local name
  { grep -hoE '^(@testable |internal |public )*import [A-Za-z]+|^#include "C[A-Za-z]+\.h"' "$@" || true; } |
    sed -E 's/.*import //; s/.*"(.*)\.h"/\1/' | sort -u | while read -r name; do
      [[ ! -d Sources/$name ]] || echo "$name"; done
}
# The rooms that each room needs.
declare -A NEEDS
look_up_needs() {
  local name files
  for name in Sources/*/; do
    name=$(basename "$name")
    mapfile -t files < <(sources "$name")
    NEEDS[$name]=$(imports "${files[@]}" | grep -vx "$name" || true)
  done
}
target_file() { compgen -G "Tests/fuzz/targets/$1.*" || { echo "fuzz: no target $1" >&2; exit 2; }; }
# The files of a target.
target_files() {
  local file; file=$(target_file "$1")
  echo "$file"
  sed -n 's,^// with: \(.*\),Tests/fuzz/shared/\1,p' "$file"
}
target_needs() {
  local files; mapfile -t files < <(target_files "$1")
  if [[ ${files[0]} == *.c ]]; then echo ActionCLIPABI; else imports "${files[@]}"; fi
}
# closure ROOM...: the rooms and all that they depend on
closure() {
  local all=() next name
  local left=("$@")
  while (( ${#left[@]} )); do
    next=${left[0]} left=("${left[@]:1}")
    [[ " ${all[*]} " != *" $next "* ]] || continue
    all+=("$next")
    left+=(${NEEDS[$next]})
  done
  (( ${#all[@]} == 0 )) || printf '%s\n' "${all[@]}"
}
objects() { local name; for name; do printf '%s ' "$BUILD/$name.o"; done; }

# rules TARGET...: make's rules for their objects and programs.
rules() {
  local name rooms=() own
  look_up_needs
  for name; do for own in $(target_needs "$name"); do rooms+=("$own"); done; done
  mapfile -t rooms < <(closure "${rooms[@]}")
  for name in "${rooms[@]}"; do
    rule "$BUILD/$name.o" room "$name" "$(sources "$name")" "$(objects ${NEEDS[$name]})"
  done
  for name; do
    mapfile -t rooms < <(closure $(target_needs "$name"))
    rule "$BUILD/target-$name.o" target "$name" "$(target_files "$name")" "$(objects "${rooms[@]}")" \
      "$(ls Tests/fuzz/targets/*.h) include/actionclip.h"
    rule "$BUILD/fuzz-$name" link "$name" "$BUILD/target-$name.o" Tests/fuzz/{entry.c,libfuzzer.h} \
      "$(compgen -G "Tests/fuzz/mutators/$name.swift" || true) Tests/fuzz/mutators/Bytes.swift"
  done
  rule "$BUILD/replay" replay "$*" Tests/fuzz/replay.c "$(printf "$BUILD/target-%s.o " "$@")"
}
rule() { # rule RESULT COMMAND ARGUMENTS NEED...
  local result=$1 command=$2 arguments=$3; shift 3
  printf '%s: %s Tests/fuzz/build.sh\n\t@Tests/fuzz/build.sh --%s %s\n' "$result" "$(echo $*)" "$command" "$arguments"
}

# ----------------------------------------------------------------------------------------------------- what is done

# swift_object MODULE OBJECT FLAGS... FILE...
swift_object() {
  local module=$1 object=$2 map maps=(); shift 2
  for map in "$BUILD"/*.modulemap; do [[ ! -e $map ]] || maps+=(-Xcc "-fmodule-map-file=$map"); done
  "$SWIFTC" "${SWIFT_FLAGS[@]}" "${maps[@]}" -module-name "$module" -c -o "$object" "$@"
  touch "$object"  # it keeps its age where nothing in it changed
}
build_room() {
  local name=$1 file files
  mapfile -t files < <(sources "$name")
  echo "fuzz: building $name"
  if [[ ! -d Sources/$name/include ]]; then
    swift_object "$name" "$BUILD/$name.o" -emit-module -emit-module-path "$BUILD/$name.swiftmodule" "${files[@]}"
    return
  fi
  printf 'module %s {\n  header "%s"\n  export *\n}\n' "$name" "$ROOT/Sources/$name/include/$name.h" \
    > "$BUILD/$name.modulemap.new"
  mv "$BUILD/$name.modulemap.new" "$BUILD/$name.modulemap"
  rm -rf "$BUILD/$name.parts"; mkdir "$BUILD/$name.parts"
  for file in "${files[@]}"; do
    [[ $file == *.c ]] || continue
    "$CLANG" "${C_FLAGS[@]}" "${INCLUDES[@]}" -c "$file" -o "$BUILD/$name.parts/$(basename "$file" .c).o"
  done
  "$CLANG" -fuse-ld=lld -nostdlib -r "$BUILD/$name.parts"/*.o -o "$BUILD/$name.o"
}
build_target() {
  local name=$1 files
  mapfile -t files < <(target_files "$name")
  if [[ ${files[0]} == *.c ]]; then
    "$CLANG" "${C_FLAGS[@]}" -Wall -Wextra -Werror "-DROOT=\"$ROOT\"" -Iinclude -c "${files[0]}" \
      -o "$BUILD/target-$name.o"
  else
    swift_object "fuzz_$name" "$BUILD/target-$name.o" "${files[@]/#/$ROOT/}"
  fi
}
# compile_entry OBJECT SOURCE FLAGS...
compile_entry() {
  local object=$1 source=$2; shift 2
  "$CLANG" -O1 -g -std=gnu11 -Wall -Wextra -Werror "$@" -c "$source" -o "$object"
}
# link PROGRAM SANITIZERS OBJECT...: with the rooms of the targets in NAMES.
link() {
  local program=$1 sanitizers=$2 name rooms=(); shift 2
  look_up_needs
  for name in "${NAMES[@]}"; do rooms+=($(target_needs "$name")); done
  "$SWIFTC" "${LINK[@]}" "-sanitize=$sanitizers" "$@" $(objects $(closure "${rooms[@]}")) -o "$program"
}
link_fuzzer() {
  local name=$1 mutator=Tests/fuzz/mutators/$1.swift
  local objects=("$BUILD/entry-$name.o" "$BUILD/target-$name.o")
  compile_entry "$BUILD/entry-$name.o" Tests/fuzz/entry.c "-DTARGET=fuzz_$name"
  if [[ -e $mutator ]]; then
    "$SWIFTC" -O -wmo -g -parse-as-library -swift-version 6 -module-name "mutator_$name" \
      -import-objc-header Tests/fuzz/libfuzzer.h \
      -c -o "$BUILD/mutator-$name.o" "$mutator" Tests/fuzz/mutators/Bytes.swift
    objects+=("$BUILD/mutator-$name.o")
  fi
  NAMES=("$name")
  link "$BUILD/fuzz-$name" address,fuzzer "${objects[@]}"
}
link_replay() {
  printf 'TARGET(%s)\n' "$@" > "$BUILD/targets.inc"
  compile_entry "$BUILD/replay.o" Tests/fuzz/replay.c "-I$BUILD"
  NAMES=("$@")
  link "$BUILD/replay" address "$BUILD/replay.o" $(printf "$BUILD/target-%s.o " "$@")
}

all=()
for file in Tests/fuzz/targets/*.{swift,c}; do name=$(basename "${file%.*}"); all+=("$name"); done
case ${1:-} in
  replay) wanted=("$BUILD/replay") ;;
  fuzz) shift; for name; do target_file "$name" > /dev/null; done; wanted=("${@/#/$BUILD/fuzz-}") ;;
  --room) build_room "$2"; exit ;;
  --target) build_target "$2"; exit ;;
  --link) link_fuzzer "$2"; exit ;;
  --replay) shift; link_replay "$@"; exit ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
rules "${all[@]}" > "$BUILD/rules.mk"
env -u MAKEFLAGS -u MAKELEVEL make --silent -j"$(nproc)" -f "$BUILD/rules.mk" "${wanted[@]}"

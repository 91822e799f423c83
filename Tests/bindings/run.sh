#!/bin/bash
# The bindings for other languages, built and tested against an installed tree as their users have it.
#
#   Tests/bindings/run.sh [rust] [swift] [go]       all of them, or those named; one whose compiler is absent is skipped
#
# BUILD (default build/tests) has the installed tree and all that is built here.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
BUILD=${BUILD:-build/tests}/bindings
mkdir -p "$BUILD" && BUILD=$(realpath "$BUILD")
PREFIX=$BUILD/prefix
ONLY=("$@")
passed=0 failed=0
expect() { # expect "what" COMMAND...
  local what=$1; shift
  if "$@" > "$BUILD/output.txt" 2>&1; then (( ++passed )); else
    (( ++failed )); echo "  bindings: $what" >&2; tail -n 40 "$BUILD/output.txt" >&2; fi
}
refused() { # refused WORDS COMMAND...: the command fails, and says so in these words
  local words=$1 output; shift
  if output=$("$@" 2>&1); then echo "it succeeded: $output"; return 1; fi
  [[ $output == *"$words"* ]] || { echo "$output"; return 1; }
}
ranks() { # ranks COMMAND...: with a video and its labels, the command puts the right one first
  local output
  output=$("$@" "$ROOT/examples/clip.mp4" "$ROOT/examples/labels.txt") || return 1
  [[ ${output%%$'\n'*} =~ ^\ *[0-9.]+\ %\ \ moving\ right$ ]] || { echo "$output"; return 1; }
}
# names_unlearned COMMAND...: with labels that the default model never learned, the command says so in one line.
names_unlearned() {
  local output
  printf 'ice skating\ngrowing\ndiving\n' > "$BUILD/labels.txt"
  output=$("$@" "$ROOT/examples/clip.mp4" "$BUILD/labels.txt" 2>&1 > /dev/null) || { echo "$output"; return 1; }
  [[ $(grep "^classify: .*'ice'.*1 more of 3 labels" <<< "$output" | wc -l) == 1 ]] || { echo "$output"; return 1; }
}
# wanted LANGUAGE PROGRAM HOW-TO-GET-IT
wanted() {
  (( ${#ONLY[@]} == 0 )) || [[ " ${ONLY[*]} " == *" $1 "* ]] || return 1
  command -v "$2" > /dev/null && return
  echo "bindings: $1 skipped, needs $2 ($3)"; return 1
}

# Not a part of the `make` that runs the tests.
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make install PREFIX="$PREFIX" > "$BUILD/install.txt" 2>&1 ||
  { cat "$BUILD/install.txt" >&2; exit 1; }
unset ACTIONCLIP_LIB_DIR ACTIONCLIP_INCLUDE_DIR ACTIONCLIP_MODEL
export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig LD_LIBRARY_PATH=$PREFIX/lib

rust() {
  local crates=bindings/rust script header=$BUILD/other
  export CARGO_TARGET_DIR=$BUILD/rust
  scripts/rust_bindings.py < "$PREFIX/share/actionclip/abi.json" > "$BUILD/bindings.rs"
  expect "bindings.rs is not what scripts/rust_bindings.py writes from the header" \
    diff $crates/actionclip-sys/src/bindings.rs "$BUILD/bindings.rs"
  expect "the crates' tests" cargo test --offline --locked --manifest-path $crates/Cargo.toml
  expect "the crates' example" ranks cargo run --offline --locked --manifest-path $crates/Cargo.toml --example classify

  expect "the crates' example with unknown words" names_unlearned \
    cargo run --offline --locked --manifest-path $crates/Cargo.toml --example classify

  # The build script by itself: by environment, and without a library.
  script=$(find "$BUILD/rust/debug/build" -path '*actionclip-sys-*/build-script-build' -printf '%T@ %p\n' |
    sort -n | tail -1 | cut -d' ' -f2)
  expect "ACTIONCLIP_LIB_DIR" env PKG_CONFIG=/none ACTIONCLIP_LIB_DIR="$PREFIX/lib" \
    ACTIONCLIP_INCLUDE_DIR="$PREFIX/include" "$script"
  expect "ACTIONCLIP_LIB_DIR without the library" refused 'there is no libactionclip.so' \
    env ACTIONCLIP_LIB_DIR="$BUILD" "$script"
  expect "without pkg-config" refused 'set ACTIONCLIP_LIB_DIR' env PKG_CONFIG=/none "$script"
  expect "without the library" refused 'make install' env PKG_CONFIG_PATH="$BUILD" PKG_CONFIG_LIBDIR="$BUILD" "$script"
  mkdir -p "$header" && echo '#define ACTIONCLIP_ABI_VERSION 99' > "$header/actionclip.h"
  expect "a header of another ABI number" refused '99' env ACTIONCLIP_LIB_DIR="$PREFIX/lib" \
    ACTIONCLIP_INCLUDE_DIR="$header" "$script"
}

swift_package() {
  expect "the Swift package's tests" "$SWIFT" test --disable-xctest --package-path bindings/swift \
    --scratch-path "$BUILD/swift"
}

go_program() {
  expect "go vet" env -C bindings/go GOFLAGS=-buildvcs=false go vet
  expect "go build" env -C bindings/go GOFLAGS=-buildvcs=false go build -o "$BUILD/classify-go"
  expect "the Go program" ranks "$BUILD/classify-go"
  expect "the Go program with unknown words" names_unlearned "$BUILD/classify-go"
  expect "the Go program without labels" refused 'has no label' "$BUILD/classify-go" examples/clip.mp4 /dev/null
  expect "the Go program without its video" refused ACTIONCLIP_ERROR_FILE_OPEN "$BUILD/classify-go" /none \
    examples/labels.txt
}

wanted rust cargo 'apt-get install cargo' && rust
SWIFT=${SWIFT:-swift}
wanted swift "$SWIFT" 'https://www.swift.org/install/linux' && swift_package
wanted go go 'apt-get install golang-go' && go_program
printf '%-16s %d passed, %d failed\n' bindings $passed $failed
exit $(( failed != 0 ))

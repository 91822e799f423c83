#!/bin/bash
# Builds the library, test_stream_threads, test_stream_beside and test_tune_states under the thread sanitizer and runs
# the programs, the first for so many seconds: Tests/c/thread_sanitizer.sh SECONDS.
# The library needs a build of its own for it (Package.swift: checksThreads), and clang's run time, which comes with the
# Swift toolchain and needs its libdispatch.
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=build/thread-sanitizer
toolchain=$(dirname "$(dirname "$(realpath "$(command -v swift)")")")
libraries=$toolchain/lib/swift/linux
echo "building the library under the thread sanitizer (some minutes)"
env -u ACTIONCLIP_WITH_COMMAND ACTIONCLIP_THREAD_SANITIZER=1 swift build --quiet -c release --scratch-path "$BUILD" \
  --product actionclip
release=$(realpath "$(dirname "$(find "$BUILD" -path '*/release/libactionclip.so' | head -n 1)")")
ln -sf libactionclip.so "$release/libactionclip.so.0"
for name in test_stream_threads test_stream_beside test_tune_states; do
  "$toolchain/bin/clang" -std=c99 -D_GNU_SOURCE -O1 -g -fsanitize=thread -Iinclude "Tests/c/$name.c" \
    -o "$BUILD/$name" -L"$release" -lactionclip -Wl,-rpath,"$release" -lpthread -lm \
    -L"$libraries" -ldispatch -lBlocksRuntime -Wl,-rpath,"$libraries"
done
"$BUILD/test_tune_states" "$PWD" "$BUILD" threads
"$BUILD/test_stream_beside" "$PWD"
"$BUILD/test_stream_threads" "$PWD" "${1:-60}"

#!/bin/bash
# The library for aarch64: built by this processor's compiler, and run under an emulator, as processors with and without
# NEON's extensions. Skipped without what Tests/aarch64/root.sh makes.
#
#   Tests/aarch64/run.sh [PROGRAM...]     C programs of Tests/c (default: those below)
#
# SDK: the folder that root.sh made (default build/aarch64/sdk). BUILD (default build/aarch64). SWIFT.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
SDK=${SDK:-build/aarch64/sdk}
BUILD=${BUILD:-build/aarch64}
SWIFT=${SWIFT:-swift}
if [[ ! -d $SDK/aarch64.artifactbundle ]] || ! command -v qemu-aarch64 > /dev/null; then
  echo 'aarch64: skipped, needs qemu-user and what Tests/aarch64/root.sh makes'; exit 0; fi
SDK=$(realpath "$SDK") && mkdir -p "$BUILD/lib" "$BUILD/share/actionclip" && BUILD=$(realpath "$BUILD") || exit 1
export AARCH64_ROOT=$SDK/aarch64.artifactbundle/root
export CLANG_BIN; CLANG_BIN=$(dirname "$(readlink -f "$(command -v "$SWIFT")")")
export LIB_DIR=$BUILD/lib

echo 'aarch64: building the library (some minutes the first time)'
env -u ACTIONCLIP_WITH_COMMAND "$SWIFT" build --quiet --scratch-path "$BUILD/build" --swift-sdks-path "$SDK" \
  --swift-sdk aarch64 -c release --product actionclip --disable-local-rpath \
  --explicit-target-dependency-import-check error || exit 1
install -m755 "$BUILD/build/aarch64-unknown-linux-gnu/release/libactionclip.so" "$LIB_DIR/libactionclip.so.0"
ln -sfn libactionclip.so.0 "$LIB_DIR/libactionclip.so"
install -m644 models/actionclip-shapes.safetensors "$BUILD/share/actionclip/"

# Only from here on: SwiftPM takes its C compiler from CC, too.
export CC=$PWD/Tests/aarch64/cc CXX=$PWD/Tests/aarch64/c++
failed=()
# The programs that the emulator can run. The others need a program beside the emulated one, more speed than it has, a
# limit of memory that it keeps, or thread stacks of 16 KB, for which aarch64's C library wants 128 KB.
programs=(older test_api test_structs test_threads test_save test_save_over test_hash test_misuse_load
  test_misuse_encode test_misuse_rest test_truncation test_video test_labels test_prompts test_teach test_taught_file
  test_default host cpp examples)
(( $# == 0 )) || programs=("$@")
BUILD=$BUILD/tests LIMIT=1200 Tests/c/run.sh "${programs[@]}" || failed+=('C programs')

# The default model's embeddings on processors without extensions of NEON, with dot products, and with bf16 and
# mixed-sign dot products.
processors=(cortex-a53 cortex-a76 max)
link() { # link COMPILER PROGRAM LIBRARY-FOLDER
  "$1" -std=c99 -O1 -Iinclude Tests/aarch64/embeddings.c -o "$2" -L"$3" -lactionclip \
    -Wl,-rpath,"$(realpath "$3")" -lm
}
link "$CC" "$BUILD/embeddings" "$LIB_DIR" || exit 1
for processor in "${processors[@]}"; do
  PROCESSOR=$processor "$BUILD/embeddings" write "$BUILD/$processor" > /dev/null || failed+=("embeddings, $processor")
done
# AVX2 and plain NEON do the same arithmetic, so their embeddings have the same bits.
if [[ $(uname -m) == x86_64 && -e build/lib/libactionclip.so ]]; then
  link "$CLANG_BIN/clang" "$BUILD/native" build/lib && "$BUILD/native" write "$BUILD/best" > /dev/null &&
    ACTIONCLIP_INSTRUCTIONS=avx2 "$BUILD/native" write "$BUILD/avx2" > /dev/null || exit 1
  for processor in "${processors[@]}"; do
    echo "$processor and this processor:"
    "$BUILD/native" compare "$BUILD/best" "$BUILD/$processor" || failed+=("embeddings, $processor and this processor")
    [[ $processor == max ]] || cmp "$BUILD/avx2" "$BUILD/$processor" || failed+=("bits, $processor and AVX2")
  done
else
  echo 'aarch64: embeddings are not compared with those of x86-64, for want of its library in build/lib'
fi
if (( ${#failed[@]} )); then printf 'aarch64: FAILED: %s\n' "${failed[@]}" >&2; exit 1; fi
echo 'aarch64: all passed'

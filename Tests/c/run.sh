#!/bin/bash
# Builds and runs the C programs, the header checks and the examples against build/lib.
#
#   Tests/c/run.sh [PROGRAM...]       all of them, or test_api, test_threads, headers, cpp, examples, ...
#
# LIB_DIR (default build/lib), BUILD (default build/tests), CC, CXX. VALGRIND=1 adds test_api under valgrind,
# which is slow. (The thread sanitizer is of no use here: the library's own synchronisation is not instrumented,
# so it takes every memory handed from one thread to another for a race.)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
LIB_DIR=$(realpath "${LIB_DIR:-build/lib}") || exit 1
BUILD=${BUILD:-build/tests}
mkdir -p "$BUILD/scratch" && BUILD=$(realpath "$BUILD")
CC=${CC:-$(command -v gcc || command -v cc)}
CXX=${CXX:-$(command -v g++ || command -v c++)}
[[ -e $LIB_DIR/libactionclip.so ]] || { echo "run.sh: no $LIB_DIR/libactionclip.so; make build" >&2; exit 1; }

UNTRAINED=Tests/fixtures/untrained/untrained.safetensors
WARN="-Wall -Wextra -Wpedantic -Werror"
LINK="-L$LIB_DIR -lactionclip -Wl,-rpath,$LIB_DIR -lm -lpthread -ldl"
# Not optimised: compiling would take longer than running.
SANITIZE="-O0 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
echo 'int main(void) { return 0; }' > "$BUILD/probe.c"
if ! $CC $SANITIZE "$BUILD/probe.c" -o "$BUILD/probe" 2> /dev/null || ! "$BUILD/probe"; then
  echo "run.sh: $CC has no sanitizers here; running without them"
  SANITIZE="-O0 -g1"
fi
# The library itself is not instrumented: the address sanitizer watches the programs, every malloc and memcpy
# of the library, and leaks; guard.h catches the library's plain reads and writes beyond a buffer.
ASAN=abort_on_error=0:allocator_may_return_null=1:handle_segv=1
export UBSAN_OPTIONS=print_stacktrace=1

failed=()
among() { local p; for p in "${@:2}"; do [[ $p == "$1" ]] && return 0; done; return 1; }
# wanted NAME: whether it is to run here. Where all are, some run beside the others, in another folder: most keep one
# processor busy.
wanted() { if (( ${#ONLY[@]} )); then among "$1" "${ONLY[@]}"; else ! among "$1" "${BESIDE[@]}"; fi; }
ONLY=("$@")
BESIDE=(headers older test_stream host cpp examples test_camera_frames test_misuse_load test_misuse_rest)
if (( $# == 0 )); then
  set -m  # else Ctrl-C would be ignored there
  LIB_DIR=$LIB_DIR BUILD=$BUILD/other CC=$CC CXX=$CXX VALGRIND=0 Tests/c/run.sh "${BESIDE[@]}" \
    < /dev/null > "$BUILD/other.log" 2>&1 & beside=$!
  set +m
  trap 'kill -- -$beside 2> /dev/null' EXIT
fi
# check NAME COMMAND...: runs it under a time limit; what fails is named again at the end.
check() {
  local name=$1; shift
  timeout -k 5 "${LIMIT:-180}" "$@"; local code=$?
  (( code == 0 )) || { echo "$name: FAILED (exit $code)"; failed+=("$name"); }
}
build() { # build NAME FLAGS...: Tests/c/NAME.c -> BUILD/NAME
  local name=$1; shift
  $CC -std=c99 -D_GNU_SOURCE $WARN -Iinclude "$@" "Tests/c/$name.c" -o "$BUILD/$name" $LINK || {
    failed+=("$name (compile)"); return 1; }
}

# The headers, as strict as each language goes, alone and in a program.
headers() {
  local cc std count=0
  echo '#include <actionclip.h>
int main(void) { return actionclip_abi_version() != ACTIONCLIP_ABI_VERSION; }' > "$BUILD/header.c"
  cp "$BUILD/header.c" "$BUILD/header11.cpp"
  echo '#include <actionclip.hpp>
#include <actionclip.hpp>
int main() { return actionclip::model_options().struct_size == 0; }' > "$BUILD/header17.cpp"
  for cc in gcc clang; do
    command -v $cc > /dev/null || continue
    for std in c99 c11 c17; do
      $cc -std=$std $WARN -Wconversion -Wstrict-prototypes -Iinclude -fsyntax-only "$BUILD/header.c" &&
        (( ++count )) || failed+=("header $cc $std")
    done
  done
  for cc in g++ clang++; do
    command -v $cc > /dev/null || continue
    for std in c++11 c++14 c++17 c++20; do
      $cc -std=$std $WARN -Wconversion -Iinclude -fsyntax-only "$BUILD/header11.cpp" && (( ++count )) ||
        failed+=("header $cc $std")
    done
    for std in c++17 c++20; do
      $cc -std=$std $WARN -Wconversion -Wshadow -Iinclude -fsyntax-only "$BUILD/header17.cpp" &&
        (( ++count )) || failed+=("hpp $cc $std")
    done
  done
  printf '%-16s %d passed\n' headers $count
}

# Loaded beside a file named swift-backtrace and under the toolchain's SWIFT_ROOT, the Swift runtime would
# install crash handlers; in a German locale a careless number parser would read commas.
host() {
  build test_host -O1 || return
  local beside=$BUILD/beside swift_root='' name
  mkdir -p "$beside" "$BUILD/locale"
  cp "$(realpath "$LIB_DIR/libactionclip.so")" "$beside/libactionclip.so"
  cp /bin/true "$beside/swift-backtrace"
  if name=$(command -v swift); then swift_root=$(dirname "$(dirname "$(realpath "$name")")"); fi
  [[ -d $BUILD/locale/de_DE.UTF-8 ]] || localedef -i de_DE -f UTF-8 "$BUILD/locale/de_DE.UTF-8" 2> /dev/null ||
    echo 'run.sh: no German locale to test in (package locales)'
  local run=("$BUILD/test_host") plain=$LIB_DIR/libactionclip.so
  check "host, plain" env -u SWIFT_ROOT LC_ALL=C "${run[@]}" "$plain" "$ROOT" "$BUILD/scratch"
  check "host, SWIFT_ROOT" env SWIFT_ROOT="$swift_root" LC_ALL=C "${run[@]}" "$plain" "$ROOT" "$BUILD/scratch"
  check "host, swift-backtrace" env -u SWIFT_ROOT LOCPATH="$BUILD/locale" LC_ALL=de_DE.UTF-8 "${run[@]}" \
    "$beside/libactionclip.so" "$ROOT" "$BUILD/scratch"
  check "host, SWIFT_DEBUG" env SWIFT_DEBUG_NO_SUCH_THING=1 SWIFT_BACKTRACE_TOO=1 SWIFT_DEBUG_HELP=1 \
    SWIFT_BACKTRACE=enable=yes,nothing=known "${run[@]}" "$plain" "$ROOT" "$BUILD/scratch"
  check "host, no environment" "${run[@]}" "$plain" "$ROOT" "$BUILD/scratch" bare
  check "host, both" env SWIFT_ROOT="$swift_root" SWIFT_BACKTRACE=enable=yes LOCPATH="$BUILD/locale" \
    LC_ALL=de_DE.UTF-8 "${run[@]}" "$beside/libactionclip.so" "$ROOT" "$BUILD/scratch"
}

# A program with more rights than who starts it: only root can make one here.
secure() {
  local program=$BUILD/secure_program
  build test_secure -O1 || return
  if (( EUID != 0 )) || ! command -v setpriv > /dev/null; then
    echo 'run.sh: skipped test_secure: a setuid program is made by root only, with setpriv'; return; fi
  cp "$BUILD/test_secure" "$program" && chmod 4755 "$program"
  check test_secure env ACTIONCLIP_MODEL="$ROOT/$UNTRAINED" ACTIONCLIP_THREADS=none ACTIONCLIP_INSTRUCTIONS=none \
    setpriv --reuid 65534 --regid 65534 --clear-groups "$program"
  rm -f "$program"
}

# The default model is looked for from where the library lies, so it gets a place of its own.
default_model() {
  local tree; tree=$(mktemp -d "$BUILD/scratch/default-XXXXXX") && mkdir -p "$tree/lib/here" || return
  cp "$(realpath "$LIB_DIR/libactionclip.so")" "$tree/lib/here/libactionclip.so.0"
  build test_default -O1 &&
    check test_default env LD_LIBRARY_PATH="$tree/lib/here" "$BUILD/test_default" "$ROOT" "$tree"
  rm -r "$tree"
}

examples() {
  local untrained=$UNTRAINED clip=examples/clip.mp4 labels=examples/labels.txt
  $CC -std=c99 $WARN -Iinclude examples/classify.c -o "$BUILD/classify" $LINK &&
    $CC -std=c99 $WARN -Iinclude examples/camera_frames.c -o "$BUILD/camera_frames" $LINK &&
    $CC -std=c99 $WARN -Iinclude examples/teach.c -o "$BUILD/teach" $LINK &&
    $CC -std=c99 $WARN -Iinclude examples/tune.c -o "$BUILD/tune" $LINK &&
    $CC -std=c99 $WARN -Iinclude examples/stream.c -o "$BUILD/stream" $LINK &&
    $CXX -std=c++17 $WARN -Iinclude examples/classify.cpp -o "$BUILD/classify_cpp" $LINK &&
    $CXX -std=c++17 $WARN -Iinclude examples/teach.cpp -o "$BUILD/teach_cpp" $LINK &&
    $CXX -std=c++17 $WARN -Iinclude examples/tune.cpp -o "$BUILD/tune_cpp" $LINK &&
    $CXX -std=c++17 $WARN -Iinclude examples/cameras.cpp -o "$BUILD/cameras" $LINK &&
    $CXX -std=c++17 $WARN -Iinclude -Iexamples examples/tracks/tracks.cpp -o "$BUILD/tracks" $LINK || {
    failed+=("examples (compile)"); return; }
  local good=0
  # With the default model, and with weights and merge list named.
  local weights
  for weights in "" "$untrained ${untrained%/*}/merges.txt"; do
    "$BUILD/classify" $clip $labels $weights > "$BUILD/c.txt" && (( ++good )) || failed+=("classify.c")
    "$BUILD/classify_cpp" $clip $labels $weights > "$BUILD/cpp.txt" && (( ++good )) || failed+=("classify.cpp")
    [[ $(wc -l < "$BUILD/c.txt") == $(wc -l < $labels) ]] && (( ++good )) || failed+=("classify.c: every label")
    diff "$BUILD/c.txt" "$BUILD/cpp.txt" && (( ++good )) || failed+=("classify.c and classify.cpp differ")
  done
  says /no/such.mp4 "$BUILD/classify" /no/such.mp4 $labels
  says /no/such.mp4 "$BUILD/classify_cpp" /no/such.mp4 $labels
  printf 'growing\n \n' > "$BUILD/scratch/labels.txt"
  says 'labels[1] is empty' "$BUILD/classify" $clip "$BUILD/scratch/labels.txt"
  # Words that the model never learned are named, once.
  "$BUILD/classify_cpp" $clip <(printf 'ice skating\ngrowing\ndiving\n') 2>&1 > /dev/null |
    grep "^classify: .*'ice'.* (and 1 more of 3 labels)" > /dev/null && (( ++good )) || failed+=("classify.cpp: unlearned words")
  local nothing; for nothing in /dev/null examples; do
    says 'has no label' "$BUILD/classify_cpp" $clip $nothing
  done
  says 'has no label' "$BUILD/classify" $clip /dev/null
  says 'cannot read examples' "$BUILD/classify" $clip examples
  if [[ -e /dev/full ]]; then
    "$BUILD/classify" $clip $labels > /dev/full 2> "$BUILD/err.txt"
    [[ $? == 1 && $(cat "$BUILD/err.txt") == *'cannot be written' ]] && (( ++good )) || failed+=("classify.c to a full disk")
  fi
  # Two labels that the model knows, each by one clip; the clip that was shown is recognised.
  local program
  for program in teach teach_cpp; do
    if "$BUILD/$program" "$BUILD/scratch/example.classifier" $clip "moving left" $clip "moving right" \
        examples/shapes.mp4 > "$BUILD/teach.txt" && tail -n 1 "$BUILD/teach.txt" | grep -q ': moving left'; then
      (( ++good ))
    else failed+=("examples: $program"); fi
  done
  # Tuning that stops and goes on gives the bytes of tuning that never stopped, and the new word is recognised.
  local tuned=$BUILD/scratch/tuned lesson=examples/lesson/zigzagging pairs
  pairs=(zigzagging $lesson/1.mp4 zigzagging $lesson/2.mp4 "moving left" $clip); rm -f "$tuned".*
  if "$BUILD/tune" "$tuned.a" "$tuned.state" 4 "${pairs[@]}" | grep -q 'start again to go on' && [[ ! -e $tuned.a ]] &&
    "$BUILD/tune" "$tuned.a" "$tuned.state" 99 "${pairs[@]}" | grep -q '^step 10 of 10' &&
    "$BUILD/tune_cpp" "$tuned.b" "${pairs[@]}" | grep -q '^step 10 of 10' && cmp "$tuned.a" "$tuned.b" &&
    printf 'zigzagging\nmoving left\nmoving right\nspinning clockwise\n' > "$tuned.txt" &&
    "$BUILD/classify" examples/zigzag.mp4 "$tuned.txt" "$tuned.b" 2> /dev/null | head -n 1 | grep -q zigzagging
  then (( ++good )); else failed+=("examples: tune"); fi
  says 'other labels or texts' "$BUILD/tune" "$tuned.a" "$tuned.state" 1 jumping $lesson/1.mp4 "${pairs[@]}"
  says /no/such.mp4 "$BUILD/tune" "$tuned.a" "$tuned.none" 1 jumping /no/such.mp4
  says 'one label' "$BUILD/tune_cpp" "$tuned.b" zigzagging $lesson/1.mp4
  rm -f "$tuned".*
  # 100 frames of raw RGB: four windows of 25.
  if head -c $((224 * 160 * 3 * 100)) /dev/zero |
    "$BUILD/camera_frames" 224 160 "moving left" growing > "$BUILD/camera.txt" &&
    [[ $(wc -l < "$BUILD/camera.txt") == 4 ]]; then (( ++good )); else failed+=("camera_frames.c"); fi
  streams
  printf '%-16s %d passed\n' examples $good
}

# says WORDS COMMAND...: an example ends with status 1 and one line of its own that has the words.
says() {
  local words=$1 program; shift; program=$(basename "$1"); program=${program%_cpp}
  timeout 60 "$@" > "$BUILD/out.txt" 2> "$BUILD/err.txt"
  [[ $? == 1 && $(grep "^$program: " "$BUILD/err.txt") == *"$words"* &&
    $(grep -c "^$program: " "$BUILD/err.txt") == 1 ]] && (( ++good )) ||
    { failed+=("$(basename "$1") does not say '$words'"); cat "$BUILD/err.txt"; }
}

# The examples of streams, over a disc that moves to the left for two seconds and then grows.
streams() {
  local first=$BUILD/scratch/first.y4m second=$BUILD/scratch/second.y4m labels=("moving left" growing) account
  python3 Tests/c/moving_y4m.py "$first" "$second" || { failed+=("moving_y4m.py"); return; }
  if "$BUILD/stream" - "${labels[@]}" < "$first" > "$BUILD/stream.txt" &&
    grep -q '^0.00 to .* s: moving left' "$BUILD/stream.txt" &&
    grep -q '^  moving left started' "$BUILD/stream.txt" && grep -q '^  growing started' "$BUILD/stream.txt" &&
    [[ $(grep -c 'started' "$BUILD/stream.txt") == $(grep -c 'ended' "$BUILD/stream.txt") ]]; then (( ++good ))
  else failed+=("stream.c"); fi
  # The same numbers for the same bytes without the file's header: 8 bits of grey, 4 s.
  if head -c $((96 * 72 * 100)) /dev/zero | "$BUILD/stream" gray:96x72@25 "${labels[@]}" > "$BUILD/raw.txt" &&
    [[ $(grep -c ' to ' "$BUILD/raw.txt") == $(grep -c ' to ' "$BUILD/stream.txt") ]]; then (( ++good ))
  else failed+=("stream.c, raw frames"); fi
  ! "$BUILD/stream" bayer_rggb8:96x72@25 growing < /dev/null 2> "$BUILD/err.txt" && [[ -s $BUILD/err.txt ]] &&
    (( ++good )) || failed+=("stream.c, a format that it does not take")

  # A stream that ends inside a frame: what came is shown, events end, and it is an error. So is no stream at all.
  head -c -9 "$first" > "$second.cut"
  says 'ends inside a frame' "$BUILD/stream" - "${labels[@]}" < "$second.cut"
  [[ $(grep -c 'started' "$BUILD/out.txt") == $(grep -c 'ended' "$BUILD/out.txt") ]] && (( ++good )) ||
    failed+=("stream.c, events of a stream that is cut")
  says 'ends inside a frame' "$BUILD/stream" gray:96x72@25 "${labels[@]}" <<< 'less than a frame'
  says 'ends inside a frame' "$BUILD/camera_frames" 224 160 "${labels[@]}" <<< 'less than a frame'
  says 'ends inside a frame' "$BUILD/cameras" "$first" "$second.cut" -- "${labels[@]}"
  says 'no FRAME' "$BUILD/stream" - "${labels[@]}" < <(head -n 1 "$first"; echo FRUIT)
  says 'there is no frame' "$BUILD/stream" - "${labels[@]}" < <(head -n 1 "$first")
  says 'yuv4mpegpipe' "$BUILD/stream" - "${labels[@]}" < examples/clip.mp4
  says 'yuv4mpegpipe' "$BUILD/cameras" examples/clip.mp4 -- "${labels[@]}"
  says 'yuv4mpegpipe' "$BUILD/stream" - "${labels[@]}" <<< 'YUV4MPEG2 W96 H72 F25:1 C420p10'
  says 'there is no frame' "$BUILD/cameras" <(head -n 1 "$first") -- "${labels[@]}"
  says 'lacks a size' "$BUILD/stream" - "${labels[@]}" <<< 'YUV4MPEG2 W96 F25:1'

  # Two people: one in every frame, one in the first half, who is forgotten two seconds later.
  local boxes=$BUILD/scratch/boxes.txt
  for (( i = 1; i <= 100; i++ )); do
    echo "$i,1,0,-10,96,92,1,-1,-1,-1"; (( i <= 50 )) && echo "$i, 2, 0, -10, 96, 92"
  done > "$boxes"
  if "$BUILD/tracks" "$boxes" "${labels[@]}" < "$first" > "$BUILD/tracks.txt" &&
    [[ $(grep -c started "$BUILD/tracks.txt") == $(grep -c ended "$BUILD/tracks.txt") ]] &&
    grep -q '^1: moving left started' "$BUILD/tracks.txt" && grep -q '^1: growing started' "$BUILD/tracks.txt" &&
    grep -q '^2: moving left started' "$BUILD/tracks.txt" && ! grep -q '^2: growing' "$BUILD/tracks.txt"
  then (( ++good )); else cat "$BUILD/tracks.txt"; failed+=("tracks.cpp"); fi
  says 'frame 1, the box of id 3: ' "$BUILD/tracks" <(echo 1,3,5000,0,9,9) growing < "$first"
  says ':2: this is no frame' "$BUILD/tracks" <(echo 1,3,1,2,9,9; echo 1,3,1,2,0,9) growing < "$first"
  says 'in frame 101' "$BUILD/tracks" <(echo 101,3,1,2,9,9) growing < "$first"
  says /no/such "$BUILD/tracks" /no/such growing < "$first"
  says 'ends inside a frame' "$BUILD/tracks" "$boxes" growing < "$second.cut"

  # A file and a FIFO: each camera has the windows that stream.c has of the same pictures.
  local fifo=$BUILD/scratch/camera.fifo; rm -f "$fifo"; mkfifo "$fifo"
  cat "$second" > "$fifo" &
  if timeout 60 "$BUILD/cameras" "$first" "$fifo" -- "${labels[@]}" > "$BUILD/cameras.txt" 2> "$BUILD/err.txt" &&
    diff <(grep "^$first " "$BUILD/cameras.txt" | cut -d' ' -f2-) <(sed -n 's/^[0-9.]* to //p' "$BUILD/stream.txt") &&
    diff <(grep "^$fifo " "$BUILD/cameras.txt" | cut -d' ' -f2-) <(sed -n 's/^[0-9.]* to //p' "$BUILD/stream.txt")
  then (( ++good )); else cat "$BUILD/err.txt"; failed+=("cameras.cpp"); fi
  wait
  if account=$(timeout 60 "$BUILD/cameras" --live "$first" "$second" -- "${labels[@]}" 2>&1 > /dev/null) &&
    [[ $(grep -c ': 100 frames' <<< "$account") == 2 ]]; then (( ++good )); else failed+=("cameras.cpp, live"); fi
  says 'cannot be opened' "$BUILD/cameras" "$first" /no/such/camera -- growing

  local opencv=/usr/include/opencv4
  if [[ ! -e $opencv/opencv2/videoio.hpp ]]; then
    echo "run.sh: skipped examples/capture.cpp: needs OpenCV (apt-get install libopencv-videoio-dev)"; return; fi
  if $CXX -std=c++17 $WARN -Iinclude -isystem $opencv examples/capture.cpp -o "$BUILD/capture" $LINK \
      -lopencv_core -lopencv_videoio &&
    "$BUILD/capture" examples/clip.mp4 "${labels[@]}" > "$BUILD/capture.txt" &&
    [[ $(wc -l < "$BUILD/capture.txt") -ge 4 ]]; then (( ++good )); else failed+=("capture.cpp"); fi
}

# The C++ header at work; the examples use a part of it only.
cpp() {
  $CXX -std=c++17 $WARN -Wconversion -Wshadow -Iinclude $SANITIZE Tests/c/test_header.cpp -o "$BUILD/test_header" \
    $LINK || { failed+=("test_header (compile)"); return; }
  check test_header "$BUILD/test_header" "$ROOT" "$BUILD/scratch"
}

# Programs of older headers: one for every field that an options struct has got since its first version, without the
# fields after it. The library must neither read nor write beyond the struct that they have.
older() {
  local header=include/actionclip.h struct first use count=0 field language
  while read -r struct first use; do
    local fields; fields=$(awk -v s="$struct" '$0 ~ "^typedef struct " s " " { on = 1; next } /^}/ { on = 0 }
      comment { if (!sub(/.*[*]\//, "")) next; comment = 0 }
      /[/][*]/ && !/[*][/]/ { comment = 1 }
      on { sub("/[*].*", ""); if (match($0, /[a-z_][a-z0-9_]*(\[[0-9]+\])?;/)) {
        f = substr($0, RSTART, RLENGTH); sub(/[[;].*/, "", f); print f } }' $header)
    local reached=0
    for field in $fields; do
      [[ $field == "$first" ]] && reached=1
      (( reached )) || continue
      local folder=$BUILD/older/$struct-$field; mkdir -p "$folder"
      awk -v s="$struct" -v last="$field" '$0 ~ "^typedef struct " s " " { on = 1 }
        on && /^}/ { on = 0; done = 0 } !done { print }
        on && match($0, "[ *]" last "(\\[[0-9]+\\])?;") { done = 1; if ($0 ~ /\/\*/ && $0 !~ /\*\//) print "*/" }' \
        $header > "$folder/actionclip.h"
      cp include/actionclip.hpp "$folder/"
      for language in c c++; do
        local compile=("$CC" -std=c99 -D_GNU_SOURCE); [[ $language == c++ ]] && compile=("$CXX" -std=c++17)
        if "${compile[@]}" -x $language $WARN -I"$folder" -DSTRUCT="$struct" \
            -DOF="${struct#actionclip_}" -DUSE="$use" -DUNTRAINED="\"$UNTRAINED\"" Tests/c/test_older.c -o "$folder/$language" $LINK &&
          "$folder/$language"; then (( ++count )); else failed+=("older $struct, up to $field, $language"); fi
      done
    done
  done << 'LIST'
actionclip_model_options tokenizer_path actionclip_model_load("/none",options,&model)==ACTIONCLIP_ERROR_FILE_OPEN
actionclip_save_options source actionclip_model_save(model,"/none",options)==ACTIONCLIP_ERROR_INVALID_ARGUMENT
actionclip_preprocess_options std actionclip_preprocess_crop(NULL,32,options,NULL,0)==ACTIONCLIP_ERROR_INVALID_ARGUMENT
actionclip_fit_options accept_rate actionclip_classifier_fit(NULL,options,NULL)==ACTIONCLIP_ERROR_INVALID_ARGUMENT
actionclip_video_options max_pixels actionclip_video_open("/none",options,&video)<0
actionclip_tuner_options max_memory !actionclip_model_load(UNTRAINED,NULL,&model)&&!actionclip_tuner_create(model,labels,2,NULL,0,options,&tuner)
LIST
  printf '%-16s %d passed\n' older $count
}

wanted headers && headers
wanted older && older
for name in test_api test_save test_save_over test_hash test_misuse_load test_misuse_encode test_misuse_rest test_misuse_events test_misuse_tune test_misuse_clips test_index test_camera_frames \
  test_structs test_truncation test_video test_video_rows test_threads test_environment test_fork test_labels test_prompts test_teach test_taught_file test_tune test_tune_cache test_tune_context test_tune_draws; do
  wanted $name || continue
  # The address sanitizer's allocator does not survive a fork while other threads allocate: the child waits for a lock
  # for ever.
  [[ $name == test_fork ]] && flags=${SANITIZE/address,/} || flags=$SANITIZE
  # A child that exits without freeing what its parent's threads hold is the contract, not a leak.
  export ASAN_OPTIONS=$ASAN:detect_leaks=$([[ $name == test_save_over ]] && echo 0 || echo 1)
  build $name $flags && check $name "$BUILD/$name" "$ROOT" "$BUILD/scratch"
done
# Without the sanitizer: one measures memory.
for name in test_tune_states test_tune_memory; do
  wanted $name || continue
  if build $name -O1 && python3 Tests/c/tuned_models.py "$BUILD/scratch"; then
    check $name "$BUILD/$name" "$ROOT" "$BUILD/scratch"
  else failed+=("$name (models)"); fi
done
# LABEL_RUNS=1000000 is the long way, of minutes.
wanted test_label_lists && build test_label_lists -std=c11 $SANITIZE &&
  check test_label_lists "$BUILD/test_label_lists" "$ROOT" "${LABEL_RUNS:-40000}"
# It counts the library's allocations, which the address sanitizer would take over.
wanted test_events && build test_events -O1 && check test_events "$BUILD/test_events"
# STREAM_WINDOWS=1000 compares as many windows for each head and compute type.
wanted test_stream && build test_stream $SANITIZE &&
  check test_stream "$BUILD/test_stream" "$ROOT" "${STREAM_WINDOWS:-100}"
wanted test_stream_threads && build test_stream_threads $SANITIZE &&
  check test_stream_threads "$BUILD/test_stream_threads" "$ROOT" 1
wanted test_stream_beside && build test_stream_beside $SANITIZE &&
  check test_stream_beside "$BUILD/test_stream_beside" "$ROOT"
wanted test_cancel && build test_cancel -O1 && check test_cancel "$BUILD/test_cancel" "$ROOT" "$BUILD/scratch"
# Without the sanitizer, which needs more memory than there is to be.
wanted test_video_quiet && build test_video_quiet -O1 &&
  check test_video_quiet "$BUILD/test_video_quiet" "$ROOT" "$BUILD/scratch"
wanted test_loading && build test_loading -O1 && check test_loading "$BUILD/test_loading" "$ROOT"
wanted test_default && default_model
wanted test_secure && secure
wanted test_permission && build test_permission -O1 -rdynamic &&
  check test_permission "$BUILD/test_permission" "$ROOT" &&
  check "test_permission, refused" "$BUILD/test_permission" "$ROOT" refuse
wanted test_stack && build test_stack -O1 && check test_stack "$BUILD/test_stack" "$ROOT" "$BUILD/scratch"
wanted host && host
export ASAN_OPTIONS=$ASAN:detect_leaks=1
wanted cpp && cpp
wanted examples && examples

if [[ ${VALGRIND:-0} == 1 ]] && build test_api -O1 -g; then
  LIMIT=1200 check "test_api, valgrind" valgrind -q --error-exitcode=9 --leak-check=full \
    --errors-for-leak-kinds=definite "$BUILD/test_api" "$ROOT"
fi

if (( $# == 0 )); then
  wait "$beside" || failed+=("beside the others: $BUILD/other.log")
  grep -v '^C programs: all passed' "$BUILD/other.log"
fi

if (( ${#failed[@]} )); then printf 'C programs: FAILED: %s\n' "${failed[@]}" >&2; exit 1; fi
echo 'C programs: all passed'

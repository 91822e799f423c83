#!/bin/bash
# Fuzzes targets one after the other, each until it has made its runs or a finding.
#
#   Tests/fuzz/run.sh [TARGET...]      default: all
#
# FUZZ_RUNS   executions of each target (default: 10,000,000, or what the target's first line says)
# FUZZ_ARGS   more for libFuzzer, "-max_total_time=60 -seed=1" for example
#
# Each begins with Tests/fuzz/corpus/TARGET and what earlier runs collected in build/fuzz/corpus/TARGET. The log is
# build/fuzz/TARGET.log; a finding is kept in build/fuzz/findings/TARGET: a crash, an input that takes over a second, an
# allocation or a process larger than the limits.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build/fuzz}
# The fuzzer reports crashes itself; Swift's own report would come before it.
export BUILD SWIFT_BACKTRACE=enable=no
LIMITS=(-timeout=1 -rss_limit_mb=512 -malloc_limit_mb=64)
declare -a names=("$@")
if (( $# == 0 )); then
  for file in Tests/fuzz/targets/*.{swift,c}; do file=${file##*/}; names+=("${file%.*}"); done
fi
Tests/fuzz/build.sh fuzz "${names[@]}" || exit 1

# figure NAME LOG: one of libFuzzer's final figures.
figure() { awk -v name="stat::$1:" '$1 == name { value = $2 } END { print value + 0 }' "$2"; }
failed=0
for name in "${names[@]}"; do
  source=$(compgen -G "Tests/fuzz/targets/$name.*")
  log=$BUILD/$name.log corpus=$BUILD/corpus/$name findings=$BUILD/findings/$name
  mkdir -p "$corpus" "$findings"
  options=("${LIMITS[@]}" -runs=10000000)
  read -ra own < <(sed -n 's,^// fuzz: ,,p' "$source" | head -1)
  options+=("${own[@]}")
  [[ -z ${FUZZ_RUNS:-} ]] || options+=("-runs=$FUZZ_RUNS")
  dictionary=Tests/fuzz/dictionaries/$name.dict
  [[ ! -e $dictionary ]] || options+=("-dict=$dictionary")
  read -ra more <<< "${FUZZ_ARGS:-}"
  start=$SECONDS
  "$BUILD/fuzz-$name" "${options[@]}" -print_final_stats=1 "-artifact_prefix=$findings/" "${more[@]}" \
    "$corpus" "Tests/fuzz/corpus/$name" > "$log" 2>&1
  code=$?
  # Runs that loaded the corpus count too, as libFuzzer counts them.
  coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2)
  printf 'fuzz  %-12s %11d executions, %6d covered, %6d s, %5d MB%s\n' "$name" \
    "$(figure number_of_executed_units "$log")" "${coverage:-0}" $((SECONDS - start)) "$(figure peak_rss_mb "$log")" \
    "$( ((code == 0)) || echo ", FOUND (exit $code): $log")"
  (( code == 0 )) || failed=1
done
exit $failed

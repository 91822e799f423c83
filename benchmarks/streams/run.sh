#!/bin/bash
# Builds streams.c, or soak.c for a first argument "soak", against build/lib and runs it with the other arguments:
#
#   benchmarks/streams/run.sh [MODEL [ROUNDS]]
#   benchmarks/streams/run.sh soak [HOURS]
set -euo pipefail
cd "$(dirname "$0")/../.."
name=streams
[[ ${1:-} == soak ]] && { name=soak; shift; }
mkdir -p build/bench
grep -m 1 'model name' /proc/cpuinfo || true
cc -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Iinclude "benchmarks/streams/$name.c" -o "build/bench/$name" \
  -Lbuild/lib -lactionclip -Wl,-rpath,"$PWD/build/lib" -lpthread
"build/bench/$name" "$@"

#!/bin/bash
# Gates on the finished file: what it needs from the system and how it was linked.
#
#   Tests/abi/check_library.sh LIBRARY [ABI_NUMBER]
set -uo pipefail
export LC_ALL=C
LIBRARY=$1
HEADER=${HEADER:-include/actionclip.h}
ABI=${2:-$(awk '$2 == "ACTIONCLIP_ABI_VERSION" { print $3 }' "$HEADER")}
dynamic=$(readelf -dW "$LIBRARY") segments=$(readelf -lW "$LIBRARY")
undefined=$(nm -D --undefined-only "$LIBRARY" | awk '{ print $NF }')
# Bytes that the library may have when it is compressed as in the wheel, whose limit packaging/wheel.py states.
SIZE_LIMIT=3700000
passed=0 failed=0
yes() { if grep -qE "$2" <<< "$3"; then (( ++passed )); else (( ++failed )); echo "  library: $1" >&2; fi; }
no() { local hit; if hit=$(grep -E "$2" <<< "$3"); then (( ++failed )); echo "  library: $1:" $hit >&2; else (( ++passed )); fi; }

yes "SONAME is not libactionclip.so.$ABI" "SONAME.*\[libactionclip\.so\.$ABI\]" "$dynamic"
no "it carries a search path" 'R(UN)?PATH' "$dynamic"
yes "it can be unloaded (-z nodelete is missing)" 'FLAGS_1.*NODELETE' "$dynamic"
yes "it is not bound at load (-z now is missing)" 'FLAGS.*(BIND_NOW|NOW)' "$dynamic"
yes "it has no RELRO segment" 'GNU_RELRO' "$segments"
no "its stack is executable" 'GNU_STACK.*E' "$segments"
yes "it says nothing about its stack" 'GNU_STACK' "$segments"
no "a segment is writable and executable" 'LOAD.* RWE' "$segments"
no "it has text relocations" 'TEXTREL' "$dynamic"
no "it uses static thread-local storage, which late loading may run out of" 'STATIC_TLS' "$dynamic"

# Only libraries that every system has. FFmpeg is bound at run time, Swift is inside.
needed=$(grep NEEDED <<< "$dynamic" | grep -o '\[.*\]' | tr -d '[]')
no "it needs more than the C and C++ run-time libraries" '.' \
  "$(grep -vxE 'libc\.so\.6|libm\.so\.6|libgcc_s\.so\.1|libstdc\+\+\.so\.6|ld-linux-[a-z0-9_-]+\.so\.[0-9]' <<< "$needed")"
no "it needs FFmpeg, a BLAS or Swift at load" 'libav|libsw|blas|swift|Foundation|dispatch' "$needed"

# Every name it takes from outside comes from glibc, libstdc++ or libgcc, or is weak linker furniture.
no "undefined names from elsewhere" '.' \
  "$(grep -vE '@(GLIBC|GLIBCXX|CXXABI|GCC)_|^(__gmon_start__|_ITM_.*TMCloneTable|__cxa_finalize)$' <<< "$undefined")"
# Calls that change the host process. The Swift runtime brings abort, and execvpe for the backtracer that its
# crash handler would start: the library replaces that handler (CShims) and test_host proves it. Nothing brings
# these.
no "it can change the host process" \
  '^(exit|_exit|_Exit|quick_exit|raise|kill|system|popen|exec[lv]p?|fork|vfork|setenv|putenv|unsetenv|setlocale|uselocale|chdir|umask|signal|atexit|socket|connect|fesetround|fesetenv|dispatch_.*)@' \
  "$undefined"
# Swift's regular expressions are 3 MB, and one call such as String.contains(String) links them.
no "it has Swift's regular expressions in it: look for calls of _StringProcessing in .build/release/*.build" \
  '_RegexParser' "$(strings -a "$LIBRARY" | grep -m1 _RegexParser)"

# How large it is in the wheel. Where this fails: size -A and nm --size-sort on .build/release/libactionclip.so tell
# which code is large, docs/DECISIONS.md ("Size") what has been left out so far.
size=$(gzip -9 < "$LIBRARY" | wc -c)
if (( size <= SIZE_LIMIT )); then
  (( ++passed )); left="$(( SIZE_LIMIT - size )) bytes are left"
else
  (( ++failed )); left="$(( size - SIZE_LIMIT )) bytes too many"
  echo "  library: it is too large for the wheel: $left" >&2
fi

printf '%-16s %d passed, %d failed; compressed %d bytes of %d at most: %s\n' \
  library $passed $failed $size $SIZE_LIMIT "$left"
exit $(( failed != 0 ))

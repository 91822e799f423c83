// A clock that runs CLOCK_SPEED times as fast, for the command alone: the library and the C library have the real one.
// With it a test sees in a moment what the command does every ten seconds.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t nanoseconds(const struct timespec *time) { return time->tv_sec * 1000000000LL + time->tv_nsec; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  static int64_t begin;
  if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, time);
  Dl_info caller;
  if (failed != 0 || clock != CLOCK_MONOTONIC || dladdr(__builtin_return_address(0), &caller) == 0) return failed;
  if (strstr(caller.dli_fname, ".so") != NULL) return 0;
  if (begin == 0) begin = nanoseconds(time);
  int64_t now = begin + (nanoseconds(time) - begin) * atoll(getenv("CLOCK_SPEED"));
  *time = (struct timespec){.tv_sec = now / 1000000000, .tv_nsec = now % 1000000000};
  return 0;
}

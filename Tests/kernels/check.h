// A check that says where it failed, for the first 20 times.
#include <stdio.h>

static int failures;
#define CHECK(CONDITION, ...)                             \
  do {                                                    \
    if (!(CONDITION) && ++failures <= 20) {               \
      fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);     \
      fprintf(stderr, __VA_ARGS__);                       \
      fputc('\n', stderr);                                \
    }                                                     \
  } while (0)

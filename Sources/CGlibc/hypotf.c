#include "CGlibc.h"

#include <math.h>

// The length of (x, y). Swift's overlay of the C library refers to hypotf, and glibc 2.35 gave that name (and hypot) a
// new version, so that programs linked there do not start with glibc 2.34. The squares of any two floats fit a double.
float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}

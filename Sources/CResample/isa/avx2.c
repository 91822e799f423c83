// The resize for x86-64 with AVX2.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define ACCUMULATE(sums, words, weights) \
  _mm256_add_epi32(sums, _mm256_madd_epi16(words, weights))
#include "vectors256.h"
#include "colours256.h"
#define colours_lanes colours_lanes256
#define lanes_of lanes256_of
#define EIGHT eight
#include "colours_rows.h"

const cresample_isa cresample_avx2 = {"avx2", horizontal, vertical, rgbx};
#endif

// The resize for x86-64 with AVX2 and AVX-VNNI.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,avxvnni")))
#define ACCUMULATE(sums, words, weights) _mm256_dpwssd_avx_epi32(sums, words, weights)
#include "vectors256.h"
#include "colours256.h"
#define colours_lanes colours_lanes256
#define lanes_of lanes256_of
#define EIGHT eight
#include "colours_rows.h"

const cresample_isa cresample_avx_vnni = {"avx_vnni", horizontal, vertical, rgbx};
#endif

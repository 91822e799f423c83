// The resize for x86-64 with AVX-512 F, VL, BW and VNNI.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,avx512f,avx512vl,avx512bw,avx512vnni")))
#define ACCUMULATE(sums, words, weights) _mm256_dpwssd_epi32(sums, words, weights)
#include "vectors256.h"
#include "colours256.h"
#include "colours512.h"
#define colours_lanes colours_lanes512
#define lanes_of lanes512_of
#define EIGHT(y, u, v, lanes, target) eight(y, u, v, &(lanes)->half, target)
#define SIXTEEN sixteen
#include "colours_rows.h"

const cresample_isa cresample_avx512_vnni = {"avx512_vnni", horizontal, vertical, rgbx};
#endif

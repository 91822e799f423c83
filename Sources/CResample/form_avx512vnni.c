#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,avx512f,avx512vl,avx512vnni")))
#define ACCUMULATE(sums, words, weights) _mm256_dpwssd_epi32(sums, words, weights)
#include "form_256.h"

const cresample_form cresample_avx512vnni = {"avx512vnni", horizontal, vertical};
#endif

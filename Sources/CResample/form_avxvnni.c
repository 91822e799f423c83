#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,avxvnni")))
#define ACCUMULATE(sums, words, weights) _mm256_dpwssd_avx_epi32(sums, words, weights)
#include "form_256.h"

const cresample_form cresample_avxvnni = {"avxvnni", horizontal, vertical};
#endif

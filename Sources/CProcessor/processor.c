// Detection of the processor's features.
#include "CProcessor.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

// Marks a stored answer as present, since the answer itself may be 0.
#define ASKED (1u << 31)

static uint32_t detect(void) {
  uint32_t found = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
#define DETECT(NAME, FEATURE) \
  if (__builtin_cpu_supports(NAME)) found |= CPROCESSOR_##FEATURE
  DETECT("sse4.1", SSE41);
  DETECT("sha", SHA_NI);
  DETECT("avx2", AVX2);
  DETECT("fma", FMA);
  DETECT("f16c", F16C);
  DETECT("avxvnni", AVX_VNNI);
  DETECT("avx512f", AVX512F);
  DETECT("avx512vl", AVX512VL);
  DETECT("avx512dq", AVX512DQ);
  DETECT("avx512bw", AVX512BW);
  DETECT("avx512vnni", AVX512_VNNI);
  DETECT("avx512bf16", AVX512_BF16);
  if ((found & CPROCESSOR_AVX512_BF16) && __builtin_cpu_is("amd")) found |= CPROCESSOR_FAST_AVX512_BF16;
  DETECT("amx-tile", AMX_TILE);
  DETECT("amx-bf16", AMX_BF16);
  DETECT("amx-int8", AMX_INT8);
#elif defined(__aarch64__) && defined(__linux__)
  // Bits of Linux's asm/hwcap.h, which older systems' headers lack.
#define DETECT(WORD, BIT, FEATURE) \
  if (getauxval(WORD) & (1ul << (BIT))) found |= CPROCESSOR_##FEATURE
  DETECT(AT_HWCAP, 6, SHA2);         // HWCAP_SHA2
  DETECT(AT_HWCAP, 20, NEON_DOT);    // HWCAP_ASIMDDP
  DETECT(AT_HWCAP2, 13, NEON_I8MM);  // HWCAP2_I8MM
  DETECT(AT_HWCAP2, 14, NEON_BF16);  // HWCAP2_BF16
#endif
  return found;
}

uint32_t cprocessor_detected(void) {
  static uint32_t stored;
  uint32_t features = __atomic_load_n(&stored, __ATOMIC_RELAXED);
  if (!features) {
    features = detect() | ASKED;
    __atomic_store_n(&stored, features, __ATOMIC_RELAXED);
  }
  return features & ~ASKED;
}

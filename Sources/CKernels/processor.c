// What this processor can do.
#include "forms.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static unsigned ask(void) {
  unsigned features = PROCESSOR_ASKED;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    features |= PROCESSOR_AVX2;
    if (__builtin_cpu_supports("avxvnni")) features |= PROCESSOR_AVX_VNNI;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      features |= PROCESSOR_AVX512;
      if (__builtin_cpu_supports("avx512vnni")) {
        features |= PROCESSOR_AVX512_VNNI;
        if (__builtin_cpu_supports("avx512bf16")) features |= PROCESSOR_AVX512_BF16;
      }
    }
  }
#elif defined(__aarch64__) && defined(__linux__)
  if (getauxval(AT_HWCAP) & (1ul << 20)) features |= PROCESSOR_NEON_DOT;    // HWCAP_ASIMDDP
  if (getauxval(AT_HWCAP2) & (1ul << 14)) features |= PROCESSOR_NEON_BF16;  // HWCAP2_BF16
#endif
  return features;
}

// Any thread may ask; all get the same answer.
unsigned processor_features(void) {
  static unsigned known;
  unsigned features = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (!features) {
    features = ask();
    __atomic_store_n(&known, features, __ATOMIC_RELAXED);
  }
  return features;
}

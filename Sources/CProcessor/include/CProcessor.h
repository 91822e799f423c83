// The only place that detects which instructions the processor has and the operating system lets a process use. C,
// not Swift, because Swift has neither the compiler's detection nor the kernel's auxiliary vector.
#ifndef CPROCESSOR_H
#define CPROCESSOR_H

#include <stdint.h>

// Instruction set extensions, one bit each, named as the processor's manuals name them. A kernel demands exactly the
// bits that it is compiled for: no bit implies another, not even AVX512F AVX2.
typedef enum {
  // x86-64.
  CPROCESSOR_SSE41 = 1 << 0,
  CPROCESSOR_SHA_NI = 1 << 1,
  CPROCESSOR_AVX2 = 1 << 2,
  CPROCESSOR_FMA = 1 << 3,
  CPROCESSOR_AVX_VNNI = 1 << 4,
  CPROCESSOR_AVX512F = 1 << 5,
  CPROCESSOR_AVX512VL = 1 << 6,
  CPROCESSOR_AVX512DQ = 1 << 7,
  CPROCESSOR_AVX512BW = 1 << 8,
  CPROCESSOR_AVX512_VNNI = 1 << 9,
  CPROCESSOR_AVX512_BF16 = 1 << 10,
  // On Linux a process must ask for permission before its first tile instruction (arch_prctl, ARCH_REQ_XCOMP_PERM).
  CPROCESSOR_AMX_TILE = 1 << 11,
  CPROCESSOR_AMX_BF16 = 1 << 12,
  CPROCESSOR_AMX_INT8 = 1 << 13,
  // aarch64. NEON has no bit: every aarch64 processor has it.
  CPROCESSOR_NEON_DOT = 1 << 14,
  CPROCESSOR_NEON_BF16 = 1 << 15,
  CPROCESSOR_SHA2 = 1 << 16,
} cprocessor_feature;

// The features of the processor, as bits of cprocessor_feature. Safe on any thread; every call gives the same answer.
uint32_t cprocessor_features(void);

// 1 if the processor has every feature of `needed`; always 1 where nothing is needed.
static inline int cprocessor_has(uint32_t needed) { return (cprocessor_features() & needed) == needed; }

#endif

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
  // AMX: tiles, and products of them. Linux lets a process use them once it has asked for permission.
  CPROCESSOR_AMX_TILE = 1 << 11,
  CPROCESSOR_AMX_BF16 = 1 << 12,
  CPROCESSOR_AMX_INT8 = 1 << 13,
  // aarch64. NEON has no bit: every aarch64 processor has it.
  CPROCESSOR_NEON_DOT = 1 << 14,
  CPROCESSOR_NEON_BF16 = 1 << 15,
  CPROCESSOR_NEON_I8MM = 1 << 16,
  CPROCESSOR_SHA2 = 1 << 17,
  // x86-64, and not an instruction: vdpbf16ps multiplies more numbers a second than fp32's fused multiply-add does. It
  // is twice as many on Zen 4 and 5, and half as many on an Intel Xeon of family 6, model 207 (docs/SPEED.md).
  CPROCESSOR_FAST_AVX512_BF16 = 1 << 18,
  // x86-64: conversions between fp16 and fp32.
  CPROCESSOR_F16C = 1 << 19,
} cprocessor_feature;

// The features that the processor has and the operating system supports, as bits of cprocessor_feature: AMX's too,
// whether or not this process may use them. Safe on any thread; every call gives the same answer.
uint32_t cprocessor_detected(void);

// The features that may be used right now: those detected, without AMX's until permission has been given.
uint32_t cprocessor_features(void);

// Asks Linux to let this process use AMX's tiles, and returns 1 if it may. Where the processor has none, nothing is
// asked. The first answer stands for the life of the process, so that models loaded later compute with the same
// instructions; a forked child inherits the permission and the answer. Safe on any thread.
//
// Permission is the whole process's, and for good. Alternate signal stacks must then have room for the 8 KB that tiles
// take in a signal frame: Linux refuses permission if one is too small, and later refuses such stacks.
int cprocessor_ask_for_tiles(void);

// 1 if every feature of `needed` may be used; always 1 where nothing is needed.
static inline int cprocessor_has(uint32_t needed) { return (cprocessor_features() & needed) == needed; }

#endif

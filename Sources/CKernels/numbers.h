// Conversions of single numbers between fp32 and bf16, and a prefetch of strided rows, in plain C for every processor.
#ifndef CKERNELS_NUMBERS_H
#define CKERNELS_NUMBERS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The nearest bf16, ties to even; NaN stays NaN.
static inline uint16_t bf16_from(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

static inline float bf16_value(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Prefetches `bytes` bytes of each of `rows` rows `pitch` bytes apart, since the hardware prefetcher does not follow
// strides this long. The rows need not exist.
static inline void prefetch_rows(const void *from, size_t rows, size_t pitch, size_t bytes) {
  for (size_t row = 0; row < rows; row++)
    for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)from + row * pitch + byte);
}

#endif

#include "forms.h"

const cresample_form *cresample_form_at(size_t index) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && index-- == 0)
    return &cresample_avx512;
  if (__builtin_cpu_supports("avx2") && index-- == 0) return &cresample_avx2;
#endif
  return index == 0 ? &cresample_plain : NULL;
}

static uint8_t clip(uint32_t sum) {
  const int32_t value = (int32_t)sum >> CRESAMPLE_FRACTION_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Sums wrap, as they do in vectors; with weights of a resize they never come near that.
static uint32_t weight(int16_t high, int16_t low) {
  return ((uint32_t)(int32_t)high << CRESAMPLE_LOW_BITS) + (uint32_t)(int32_t)low;
}

static void horizontal(const cresample_axis *axis, const uint8_t *const *rows, size_t step,
                       const uint8_t *channels, uint8_t *const *targets) {
  for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
    for (size_t column = 0; column < axis->count; column++) {
      const uint8_t *pixel = rows[row] + (size_t)axis->starts[column] * step;
      const int16_t *high = axis->high + column * axis->taps;
      const int16_t *low = axis->low + column * axis->taps;
      uint32_t r = HALF, g = HALF, b = HALF;
      for (size_t tap = 0; tap < axis->used; tap++, pixel += step) {
        const uint32_t w = weight(high[tap], low[tap]);
        r += pixel[channels[0]] * w;
        g += pixel[channels[1]] * w;
        b += pixel[channels[2]] * w;
      }
      uint8_t *to = targets[row] + 3 * column;
      to[0] = clip(r);
      to[1] = clip(g);
      to[2] = clip(b);
    }
  }
}

static void vertical(size_t count, size_t taps, const uint8_t *const *rows, const int16_t *high,
                     const int16_t *low, uint8_t *target) {
  enum { BLOCK = 64 };
  for (size_t at = 0; at < count; at += BLOCK) {
    uint32_t sums[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) sums[i] = HALF;
    for (size_t tap = 0; tap < taps; tap++) {
      const uint8_t *from = rows[tap] + at;
      const uint32_t w = weight(high[tap], low[tap]);
      for (size_t i = 0; i < BLOCK; i++) sums[i] += from[i] * w;
    }
    for (size_t i = 0; i < BLOCK; i++) target[at + i] = clip(sums[i]);
  }
}

const cresample_form cresample_plain = {"plain", horizontal, vertical};

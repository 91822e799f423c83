// The resize in plain C, for every processor.
#include "colours.h"
#include "isa.h"

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
  const size_t red = channels[0], green = channels[1], blue = channels[2];
  for (size_t column = 0; column < axis->count; column++) {
    const size_t start = (size_t)axis->starts[column] * step;
    const int16_t *high = axis->high + column * axis->taps;
    const int16_t *low = axis->low + column * axis->taps;
    uint32_t sums[CRESAMPLE_ROWS][3];
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++)
      sums[row][0] = sums[row][1] = sums[row][2] = HALF;
    for (size_t tap = 0; tap < axis->used; tap++) {
      const uint32_t w = weight(high[tap], low[tap]);
      for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
        const uint8_t *pixel = rows[row] + start + tap * step;
        sums[row][0] += pixel[red] * w;
        sums[row][1] += pixel[green] * w;
        sums[row][2] += pixel[blue] * w;
      }
    }
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++)
      for (size_t i = 0; i < 3; i++) targets[row][3 * column + i] = clip(sums[row][i]);
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

static void rgbx(const cresample_yuv *row, const cresample_matrix *matrix, size_t first, size_t count,
                 uint8_t *target) {
  for (size_t i = 0; i < count; i++) rgbx_pixel(row, matrix, first + i, target + 4 * i);
}

const cresample_isa cresample_portable = {"portable", horizontal, vertical, rgbx};

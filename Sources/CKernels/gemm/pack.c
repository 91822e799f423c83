// Packing of weights into B operands (CKernels.h has the layout), and back.
#include "gemm.h"

#include "../numbers.h"

#include <math.h>

// The place of dword i of an output's row in the panels.
static uint32_t *dword(uint32_t *packed, size_t dwords, size_t output, size_t i) {
  return packed + (output / PANEL * dwords + i) * PANEL + output % PANEL;
}
static const uint32_t *const_dword(const uint32_t *packed, size_t dwords, size_t output, size_t i) {
  return packed + (output / PANEL * dwords + i) * PANEL + output % PANEL;
}

// The two arrays behind int8's panels: each output's scale, and the sum of its numbers.
static float *scales(void *packed, size_t outputs, size_t k) {
  return (float *)packed +
         ckernels_panels(outputs) * PANEL * ckernels_dwords(CKERNELS_INT8, k);
}
static int32_t *sums(void *packed, size_t outputs, size_t k) {
  return (int32_t *)(scales(packed, outputs, k) + ckernels_panels(outputs) * PANEL);
}

// The largest magnitude of a row.
static float largest(size_t k, const float *row) {
  float largest = 0;
  for (size_t i = 0; i < k; i++) {
    const float magnitude = fabsf(row[i]);
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

// The nearest whole number, ties to even, of one from -127 to 127: adding 1.5 * 2^23 rounds.
static int32_t nearest(float value) {
  const float shifted = value + 12582912.0f;
  int32_t bits;
  memcpy(&bits, &shifted, 4);
  return bits - 0x4B400000;
}

static void put_int8(size_t outputs, size_t k, size_t output, const int8_t *row, float scale,
                     void *packed) {
  const size_t dwords = ckernels_dwords(CKERNELS_INT8, k);
  int32_t sum = 0;
  for (size_t i = 0; i < dwords; i++) {
    uint32_t bits = 0;
    for (size_t b = 0; b < 4 && 4 * i + b < k; b++) {
      sum += row[4 * i + b];
      bits |= (uint32_t)(uint8_t)row[4 * i + b] << 8 * b;
    }
    *dword(packed, dwords, output, i) = bits;
  }
  scales(packed, outputs, k)[output] = scale;
  sums(packed, outputs, k)[output] = sum;
}

static void put_row(ckernels_precision precision, size_t outputs, size_t k, size_t output,
                    const float *row, void *packed) {
  const size_t dwords = ckernels_dwords(precision, k);
  switch (precision) {
    case CKERNELS_FP32: break;  // packed by ckernels_pack_part itself
    case CKERNELS_BF16:
      for (size_t i = 0; i < dwords; i++) {
        const uint32_t high = 2 * i + 1 < k ? bf16_from(row[2 * i + 1]) : 0;
        *dword(packed, dwords, output, i) = bf16_from(row[2 * i]) | high << 16;
      }
      break;
    case CKERNELS_INT8: {
      const float max = largest(k, row);
      const float inverse = max > 0 ? 127.0f / max : 0;
      int32_t sum = 0;
      for (size_t i = 0; i < dwords; i++) {
        uint32_t bits = 0;
        for (size_t b = 0; b < 4 && 4 * i + b < k; b++) {
          const int32_t rounded = nearest(row[4 * i + b] * inverse);
          sum += rounded;
          bits |= (uint32_t)(uint8_t)rounded << 8 * b;
        }
        *dword(packed, dwords, output, i) = bits;
      }
      scales(packed, outputs, k)[output] = max / 127.0f;
      sums(packed, outputs, k)[output] = sum;
    }
  }
}

// Clears the columns of the last panel that stand for no output.
static void clear_rest(ckernels_precision precision, size_t outputs, size_t k, void *packed) {
  const size_t dwords = ckernels_dwords(precision, k);
  for (size_t output = outputs; output < ckernels_panels(outputs) * PANEL; output++) {
    for (size_t i = 0; i < dwords; i++) *dword(packed, dwords, output, i) = 0;
    if (precision == CKERNELS_INT8) {
      scales(packed, outputs, k)[output] = 0;
      sums(packed, outputs, k)[output] = 0;
    }
  }
}

void ckernels_pack_part(ckernels_precision precision, size_t outputs, size_t k, size_t first,
                        size_t count, const float *rows, size_t stride, void *packed) {
  // put_row writes one column of a panel, a cache line for each dword. fp32, with the most dwords, is written line by
  // line of the panel instead.
  if (precision == CKERNELS_FP32) {
    const size_t end = first + count;
    for (size_t output = first; output < end; output += PANEL) {
      const size_t live = end - output < PANEL ? end - output : PANEL;
      uint32_t *to = dword(packed, k, output, 0);
      for (size_t i = 0; i < k; i++)
        for (size_t c = 0; c < live; c++)
          memcpy(&to[i * PANEL + c], &rows[(output - first + c) * stride + i], 4);
    }
  } else {
    for (size_t r = 0; r < count; r++)
      put_row(precision, outputs, k, first + r, rows + r * stride, packed);
  }
  if (first + count == outputs) clear_rest(precision, outputs, k, packed);
}

// Rotates runs of `points` vectors.
static void rotate_runs(size_t points, float *row, const float *end) {
  for (float *run = row; run < end; run += 16 * points)
    for (size_t half = 16; half < 16 * points; half *= 2)
      for (float *pair = run; pair < run + 16 * points; pair += 2 * half)
        for (size_t i = 0; i < half; i++) {
          const float a = pair[i], b = pair[half + i];
          pair[i] = a + b;
          pair[half + i] = a - b;
        }
}

void ckernels_rotate(size_t k, float *row) {
  const size_t points = ckernels_rotation_points(k), fours = ckernels_rotation_fours(k), rest = ckernels_rotation_rest(k);
  if (points == 1) return;
  rotate_runs(points, row, row + fours);
  rotate_runs(4, row + fours, row + rest);
  for (size_t i = fours; i < k; i++) row[i] *= i < rest ? 2 : 4;
}

void ckernels_pack_rotated(size_t outputs, size_t k, size_t first, size_t count, const float *rows, size_t stride,
                           void *packed) {
  const float points = (float)ckernels_rotation_points(k);
  float row[CKERNELS_ROTATED_MAX];
  for (size_t output = 0; output < count; output++) {
    for (size_t i = 0; i < k; i++) row[i] = rows[output * stride + i] / points;
    ckernels_rotate(k, row);
    put_row(CKERNELS_INT8, outputs, k, first + output, row, packed);
  }
  if (first + count == outputs) clear_rest(CKERNELS_INT8, outputs, k, packed);
}

void ckernels_pack_quantised(size_t outputs, size_t k, size_t first, size_t count,
                             const int8_t *rows, const float *row_scales, void *packed) {
  for (size_t r = 0; r < count; r++)
    put_int8(outputs, k, first + r, rows + r * k, row_scales[r], packed);
  if (first + count == outputs) clear_rest(CKERNELS_INT8, outputs, k, packed);
}

void ckernels_unpack(ckernels_precision precision, size_t outputs, size_t k, const void *packed,
                     float *rows) {
  const size_t dwords = ckernels_dwords(precision, k), per_dword = ckernels_per_dword(precision);
  for (size_t output = 0; output < outputs; output++)
    for (size_t i = 0; i < k; i++) {
      const uint32_t bits = *const_dword(packed, dwords, output, i / per_dword);
      float value;
      if (precision == CKERNELS_FP32) memcpy(&value, &bits, 4);
      else if (precision == CKERNELS_BF16) value = bf16_value((uint16_t)(bits >> 16 * (i % 2)));
      else value = (float)(int8_t)(bits >> 8 * (i % 4)) * scales((void *)packed, outputs, k)[output];
      rows[output * k + i] = value;
    }
}

void ckernels_unpack_quantised(size_t outputs, size_t k, const void *packed, int8_t *rows,
                               float *row_scales) {
  const size_t dwords = ckernels_dwords(CKERNELS_INT8, k);
  for (size_t output = 0; output < outputs; output++) {
    for (size_t i = 0; i < k; i++)
      rows[output * k + i] = (int8_t)(*const_dword(packed, dwords, output, i / 4) >> 8 * (i % 4));
    row_scales[output] = scales((void *)packed, outputs, k)[output];
  }
}

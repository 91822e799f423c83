// Second factors in the order in which the tiles read them.
#include "forms.h"

#include <math.h>

static uint32_t *dword(uint32_t *packed, size_t dwords, size_t output, size_t i) {
  return packed + (output / PANEL * dwords + i) * PANEL + output % PANEL;
}
static const uint32_t *const_dword(const uint32_t *packed, size_t dwords, size_t output, size_t i) {
  return packed + (output / PANEL * dwords + i) * PANEL + output % PANEL;
}

static float *scales(void *packed, size_t outputs, size_t k) {
  return (float *)packed +
         ckernels_panels(outputs) * PANEL * ckernels_dwords(CKERNELS_INT8, k);
}
static int32_t *sums(void *packed, size_t outputs, size_t k) {
  return (int32_t *)(scales(packed, outputs, k) + ckernels_panels(outputs) * PANEL);
}

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
    case CKERNELS_FP32: break;  // goes by lines, in ckernels_pack_part
    case CKERNELS_BF16:
      for (size_t i = 0; i < dwords; i++) {
        const uint32_t high = 2 * i + 1 < k ? bf16_from(row[2 * i + 1]) : 0;
        *dword(packed, dwords, output, i) = bf16_from(row[2 * i]) | high << 16;
      }
      break;
    case CKERNELS_INT8: {
      const float most = largest(k, row);
      const float inverse = most > 0 ? 127.0f / most : 0;
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
      scales(packed, outputs, k)[output] = most / 127.0f;
      sums(packed, outputs, k)[output] = sum;
    }
  }
}

// The columns of the last panel that no output has.
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
  // A column of a panel at a time would touch a line for each number; fp32, where that costs, goes by lines.
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

void ckernels_pack_quantised(size_t outputs, size_t k, size_t first, size_t count,
                             const int8_t *rows, const float *row_scales, void *packed) {
  for (size_t r = 0; r < count; r++)
    put_int8(outputs, k, first + r, rows + r * k, row_scales[r], packed);
  if (first + count == outputs) clear_rest(CKERNELS_INT8, outputs, k, packed);
}

void ckernels_unpack(ckernels_precision precision, size_t outputs, size_t k, const void *packed,
                     float *rows) {
  const size_t dwords = ckernels_dwords(precision, k), together = (size_t)1 << precision;
  for (size_t output = 0; output < outputs; output++)
    for (size_t i = 0; i < k; i++) {
      const uint32_t bits = *const_dword(packed, dwords, output, i / together);
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

// Rows of values that are fetched before they are packed.
enum { AHEAD = 16 };

typedef uint32_t four __attribute__((ext_vector_type(4)));

// to[i * PANEL + c] = from[c * pitch + i], for four by four of them.
static void transpose_four(const char *from, size_t pitch, uint32_t *to) {
  four a, b, c, d;
  memcpy(&a, from, 16), memcpy(&b, from + pitch, 16);
  memcpy(&c, from + 2 * pitch, 16), memcpy(&d, from + 3 * pitch, 16);
  const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const four rows[4] = {
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
      __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (int i = 0; i < 4; i++) memcpy(to + i * PANEL, &rows[i], 16);
}

void ckernels_pack_keys(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                        size_t stride, void *packed) {
  const size_t dwords = ckernels_dwords(precision, k), together = (size_t)1 << precision;
  const char *from = rows;
  const size_t pitch = stride * (4 / together), whole = k / together;
  uint32_t *to = packed;
  for (size_t first = 0; first < outputs; first += PANEL, to += dwords * PANEL) {
    const size_t live = outputs - first < PANEL ? outputs - first : PANEL;
    const char *keys = from + first * pitch;
    fetch_rows(keys + PANEL * pitch, live, pitch, 4 * dwords);
    size_t c = 0;
    for (; c + 4 <= live; c += 4, keys += 4 * pitch) {
      size_t i = 0;
      for (; i + 4 <= whole; i += 4) transpose_four(keys + 4 * i, pitch, to + i * PANEL + c);
      for (; i < whole; i++)
        for (size_t own = 0; own < 4; own++) memcpy(&to[i * PANEL + c + own], keys + own * pitch + 4 * i, 4);
    }
    for (; c < live; c++, keys += pitch)
      for (size_t i = 0; i < whole; i++) memcpy(&to[i * PANEL + c], keys + 4 * i, 4);
    for (c = 0; whole < dwords && c < live; c++) {
      uint16_t last;
      memcpy(&last, from + (first + c) * pitch + 4 * whole, 2);
      to[whole * PANEL + c] = last;
    }
    for (c = live; c < PANEL; c++)
      for (size_t i = 0; i < dwords; i++) to[i * PANEL + c] = 0;
  }
}

// A dword of each of `live` columns, from two rows of halves; `high` may be NULL.
static inline void pack_pairs(size_t live, const uint16_t *low, const uint16_t *high, uint32_t *to) {
  for (size_t c = 0; c < live; c++) to[c] = low[c] | (high ? (uint32_t)high[c] << 16 : 0);
}

void ckernels_pack_values(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                          size_t stride, void *packed) {
  uint32_t *to = packed;
  for (size_t first = 0; first < outputs; first += PANEL) {
    const size_t live = outputs - first < PANEL ? outputs - first : PANEL;
    if (precision == CKERNELS_FP32) {
      const float *from = (const float *)rows + first;
      for (size_t i = 0; i < k; i++, to += PANEL, from += stride) {
        if (first == 0) fetch_rows(from + AHEAD * stride, 1, 4 * stride, 4 * outputs);
        if (live == PANEL) {
          memcpy(to, from, PANEL * 4);
          continue;
        }
        memcpy(to, from, live * 4);
        memset(to + live, 0, (PANEL - live) * 4);
      }
    } else {
      const uint16_t *from = (const uint16_t *)rows + first;
      for (size_t i = 0; i < k; i += 2, to += PANEL, from += 2 * stride) {
        if (first == 0) fetch_rows(from + AHEAD * stride, 2, 2 * stride, 2 * outputs);
        const uint16_t *high = i + 1 < k ? from + stride : NULL;
        if (live == PANEL && high) {
          pack_pairs(PANEL, from, high, to);
          continue;
        }
        pack_pairs(live, from, high, to);
        memset(to + live, 0, (PANEL - live) * 4);
      }
    }
  }
}

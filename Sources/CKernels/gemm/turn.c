// Rows turned into columns, and rows of fp32 rounded to bf16 while they are packed: the operands of products whose sums
// go over rows, as the gradients of weights are. In C for its vectors, which every isa has.
#include "gemm.h"

#include "../numbers.h"

typedef uint32_t four __attribute__((ext_vector_type(4)));

static inline four load_four(const float *from) {
  four value;
  memcpy(&value, from, 16);
  return value;
}

// Transposes 4 by 4 dwords and writes row i to to[i * stride].
static inline void store_turned(four a, four b, four c, four d, uint32_t *to, size_t stride) {
  const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const four rows[4] = {
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
      __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (size_t i = 0; i < 4; i++) memcpy(to + i * stride, &rows[i], 16);
}

// Rows that are read together: a cache line of results.
enum { TOGETHER = 16 };

void ckernels_transpose(size_t rows, size_t columns, const float *x, size_t x_stride, float *to, size_t to_stride) {
  for (size_t first = 0; first < rows; first += TOGETHER) {
    const size_t end = first + TOGETHER < rows ? first + TOGETHER : rows;
    size_t column = 0;
    for (; column + 4 <= columns; column += 4) {
      size_t row = first;
      for (; row + 4 <= end; row += 4) {
        const float *from = x + row * x_stride + column;
        store_turned(load_four(from), load_four(from + x_stride), load_four(from + 2 * x_stride),
                     load_four(from + 3 * x_stride), (uint32_t *)to + column * to_stride + row, to_stride);
      }
      for (; row < end; row++)
        for (size_t c = column; c < column + 4; c++) to[c * to_stride + row] = x[row * x_stride + c];
    }
    for (; column < columns; column++)
      for (size_t row = first; row < end; row++) to[column * to_stride + row] = x[row * x_stride + column];
  }
}

// Four numbers of fp32 as those of bf16, in the low halves: bf16_from for vectors.
static inline four rounded_four(four bits) {
  const four nearest = (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
  const four is_nan = (four)((bits & 0x7FFFFFFFu) > 0x7F800000u);
  return (is_nan & (bits >> 16 | 0x40)) | (~is_nan & nearest);
}

// Four dwords of a column's numbers in two rows; without `high` the second is zero.
static inline four pair_of(const float *low, const float *high) {
  const four halves = rounded_four(load_four(low));
  return high ? halves | rounded_four(load_four(high)) << 16 : halves;
}

static inline uint32_t one_pair(const float *low, const float *high) {
  return bf16_from(*low) | (high ? (uint32_t)bf16_from(*high) << 16 : 0);
}

void ckernels_transpose_rounded(size_t rows, size_t columns, const float *x, size_t x_stride, void *to,
                                size_t to_stride) {
  uint32_t *dwords = to;
  for (size_t first = 0; first < rows; first += 2 * TOGETHER) {
    const size_t end = first + 2 * TOGETHER < rows ? first + 2 * TOGETHER : rows;
    size_t column = 0;
    for (; column + 4 <= columns; column += 4) {
      size_t row = first;
      for (; row + 8 <= end; row += 8) {
        four pairs[4];
        for (size_t i = 0; i < 4; i++) {
          const float *low = x + (row + 2 * i) * x_stride + column;
          pairs[i] = pair_of(low, low + x_stride);
        }
        store_turned(pairs[0], pairs[1], pairs[2], pairs[3], dwords + column * to_stride + row / 2, to_stride);
      }
      for (; row < end; row += 2) {
        const float *low = x + row * x_stride + column;
        for (size_t c = 0; c < 4; c++)
          dwords[(column + c) * to_stride + row / 2] = one_pair(low + c, row + 1 < rows ? low + x_stride + c : NULL);
      }
    }
    for (; column < columns; column++)
      for (size_t row = first; row < end; row += 2) {
        const float *low = x + row * x_stride + column;
        dwords[column * to_stride + row / 2] = one_pair(low, row + 1 < rows ? low + x_stride : NULL);
      }
  }
}

void ckernels_pack_rounded(size_t outputs, size_t k, const float *rows, size_t stride, void *packed) {
  uint32_t *to = packed;
  for (size_t first = 0; first < outputs; first += PANEL) {
    const size_t live = outputs - first < PANEL ? outputs - first : PANEL;
    const float *low = rows + first;
    for (size_t i = 0; i < k; i += 2, to += PANEL, low += 2 * stride) {
      const float *high = i + 1 < k ? low + stride : NULL;
      size_t c = 0;
      for (; c + 4 <= live; c += 4) {
        const four pair = pair_of(low + c, high ? high + c : NULL);
        memcpy(to + c, &pair, 16);
      }
      for (; c < live; c++) to[c] = one_pair(low + c, high ? high + c : NULL);
      for (; c < PANEL; c++) to[c] = 0;
    }
  }
}

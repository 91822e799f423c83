// Packing of a head's keys and values into B operands (CKernels.h has the layout).
#include "../gemm/gemm.h"
#include "../numbers.h"

// Rows of values that are prefetched before they are packed.
enum { AHEAD = 16 };

typedef uint32_t four __attribute__((ext_vector_type(4)));

// Transposes 4 by 4 dwords: dword i of row c, `pitch` bytes apart, goes to to[i * PANEL + c].
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
  const size_t dwords = ckernels_dwords(precision, k), per_dword = ckernels_per_dword(precision);
  const char *from = rows;
  const size_t pitch = stride * (4 / per_dword), whole = k / per_dword;
  uint32_t *to = packed;
  for (size_t first = 0; first < outputs; first += PANEL, to += dwords * PANEL) {
    const size_t live = outputs - first < PANEL ? outputs - first : PANEL;
    const char *keys = from + first * pitch;
    prefetch_rows(keys + PANEL * pitch, live, pitch, 4 * dwords);
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

// Packs one dword of each of `live` columns from two rows of bf16; a NULL `high` counts as zeros.
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
        if (first == 0) prefetch_rows(from + AHEAD * stride, 1, 4 * stride, 4 * outputs);
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
        if (first == 0) prefetch_rows(from + AHEAD * stride, 2, 2 * stride, 2 * outputs);
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

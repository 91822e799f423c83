// Rows of YUV to RGB in vectors: loads and shuffles for each layout, and the walk along a row. Included by an isa's
// file with its TARGET and
//   EIGHT(y, u, v, lanes, target)     eight pixels from the low halves of registers of their bytes
//   SIXTEEN(y, u, v, lanes, target)   sixteen pixels; left out where the isa has no registers for them
//   colours_lanes, lanes_of(matrix)   the matrix's numbers in lanes
#include <immintrin.h>
#include <string.h>

#include "colours.h"

// A shuffle that takes pixels' bytes, `step` (1, 2 or 4) apart from `start` on, each `1 << shift` times: of pixel p
// byte start + (p >> shift) * step, modulo 16. Rows may be short, so it must not take long to make.
TARGET static inline __m128i take(size_t start, size_t step, size_t shift) {
  const __m128i each = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m128i pairs = _mm_setr_epi8(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  const __m128i times_step = _mm_sll_epi16(shift ? pairs : each, _mm_cvtsi64_si128((long long)(step / 2)));
  return _mm_and_si128(_mm_add_epi8(times_step, _mm_set1_epi8((char)start)), _mm_set1_epi8(15));
}

// The bytes of eight pixels, `bytes` of memory (4, 8 or 16), in the order of a shuffle.
TARGET static inline __m128i pick8(const uint8_t *from, size_t bytes, __m128i order) {
  const __m128i all = bytes == 4   ? _mm_loadu_si32(from)
                      : bytes == 8 ? _mm_loadl_epi64((const __m128i *)from)
                                   : _mm_loadu_si128((const __m128i *)from);
  return _mm_shuffle_epi8(all, order);
}

// The bytes of sixteen pixels, `bytes` of memory for each eight of them.
TARGET static inline __m128i pick16(const uint8_t *from, size_t bytes, __m128i order) {
  if (bytes == 16) return _mm_unpacklo_epi64(pick8(from, 16, order), pick8(from + 16, 16, order));
  return pick8(from, 2 * bytes, order);
}

// Converts as many whole groups of pixels as there are from column `at` on, which is even.
#ifdef SIXTEEN
#define WALK(y, y_bytes, ys, u, v, bytes, us, vs)                                                            \
  do {                                                                                                       \
    for (; at + 16 <= end; at += 16)                                                                         \
      SIXTEEN(pick16((y) + at * (y_bytes) / 8, y_bytes, ys), pick16((u) + at * (bytes) / 8, bytes, us),      \
              pick16((v) + at * (bytes) / 8, bytes, vs), &lanes, target + 4 * (at - first));                 \
    WALK8(y, y_bytes, ys, u, v, bytes, us, vs);                                                              \
  } while (0)
#else
#define WALK WALK8
#endif
#define WALK8(y, y_bytes, ys, u, v, bytes, us, vs)                                                           \
  for (; at + 8 <= end; at += 8)                                                                             \
  EIGHT(pick8((y) + at * (y_bytes) / 8, y_bytes, ys), pick8((u) + at * (bytes) / 8, bytes, us),              \
        pick8((v) + at * (bytes) / 8, bytes, vs), &lanes, target + 4 * (at - first))

static inline const uint8_t *lower(const uint8_t *a, const uint8_t *b) { return a < b ? a : b; }

TARGET static void rgbx(const cresample_yuv *row, const cresample_matrix *matrix, size_t first, size_t count,
                        uint8_t *target) {
  const colours_lanes lanes = lanes_of(matrix);
  const size_t shift = row->chroma_shift, end = first + count;
  size_t at = first;
  // A group of pixels begins with a new U and V.
  for (; at < end && at % 2 != 0; at++) rgbx_pixel(row, matrix, at, target + 4 * (at - first));
  // Loads begin at the first byte of what is interleaved, so that none reads beyond its pixels.
  const __m128i once = take(0, 1, 0);
  if (row->y_step == 2) {
    const uint8_t *base = lower(row->y, lower(row->u, row->v));
    const __m128i ys = take((size_t)(row->y - base), 2, 0);
    const __m128i us = take((size_t)(row->u - base), 4, 1), vs = take((size_t)(row->v - base), 4, 1);
    WALK(base, 16, ys, base, base, 16, us, vs);
  } else if (row->chroma_step == 2) {
    const uint8_t *base = lower(row->u, row->v);
    const __m128i us = take((size_t)(row->u - base), 2, shift), vs = take((size_t)(row->v - base), 2, shift);
    if (shift == 1)
      WALK(row->y, 8, once, base, base, 8, us, vs);
    else
      WALK(row->y, 8, once, base, base, 16, us, vs);
  } else if (shift == 1) {
    const __m128i twice = take(0, 1, 1);
    WALK(row->y, 8, once, row->u, row->v, 4, twice, twice);
  }
  for (; at < end; at++) rgbx_pixel(row, matrix, at, target + 4 * (at - first));
}

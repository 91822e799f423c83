// YUV to RGB in registers of 256 bits, eight pixels at once, each colour a lane of 32 bits. Included by an isa's file
// after vectors256.h, with its TARGET.
#include "colours.h"

// A shuffle that takes eight pixels' bytes, `step` apart from `start` on, each `1 << shift` times.
TARGET static inline __m128i take(size_t start, size_t step, size_t shift) {
  uint8_t order[16];
  memset(order, 0x80, sizeof order);
  for (size_t pixel = 0; pixel < 8; pixel++) order[pixel] = (uint8_t)(start + (pixel >> shift) * step);
  return _mm_loadu_si128((const __m128i *)order);
}

// Constants of a conversion, one in each lane.
typedef struct {
  __m128i black;
  __m256i luma, v_red, u_green, v_green, u_blue;
} colours_lanes;

// Eight pixels, from their bytes of Y, U and V.
TARGET static inline void eight(__m128i y, __m128i u, __m128i v, const colours_lanes *lanes, uint8_t *target) {
  const __m256i zero = _mm256_setzero_si256(), middle = _mm256_set1_epi32(128);
  const __m256i luma = _mm256_add_epi32(
      _mm256_mullo_epi32(_mm256_cvtepu8_epi32(_mm_subs_epu8(y, lanes->black)), lanes->luma),
      _mm256_set1_epi32(MATRIX_HALF));
  const __m256i us = _mm256_sub_epi32(_mm256_cvtepu8_epi32(u), middle);
  const __m256i vs = _mm256_sub_epi32(_mm256_cvtepu8_epi32(v), middle);
  const __m256i red = _mm256_add_epi32(luma, _mm256_mullo_epi32(vs, lanes->v_red));
  const __m256i green = _mm256_add_epi32(
      luma, _mm256_add_epi32(_mm256_mullo_epi32(us, lanes->u_green), _mm256_mullo_epi32(vs, lanes->v_green)));
  const __m256i blue = _mm256_add_epi32(luma, _mm256_mullo_epi32(us, lanes->u_blue));
  // In each half: four reds, greens, blues and zeros, then pixel by pixel.
  const __m256i bytes = _mm256_packus_epi16(
      _mm256_packs_epi32(_mm256_srai_epi32(red, CRESAMPLE_MATRIX_BITS), _mm256_srai_epi32(green, CRESAMPLE_MATRIX_BITS)),
      _mm256_packs_epi32(_mm256_srai_epi32(blue, CRESAMPLE_MATRIX_BITS), zero));
  const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  _mm256_storeu_si256((__m256i *)target, _mm256_shuffle_epi8(bytes, order));
}

TARGET static inline __m128i load4(const uint8_t *from) { return _mm_loadu_si32(from); }
TARGET static inline __m128i load8(const uint8_t *from) { return _mm_loadl_epi64((const __m128i *)from); }
TARGET static inline __m128i load16(const uint8_t *from) { return _mm_loadu_si128((const __m128i *)from); }

static inline const uint8_t *lower(const uint8_t *a, const uint8_t *b) { return a < b ? a : b; }

TARGET static void rgbx(const cresample_yuv *row, const cresample_matrix *matrix, size_t first, size_t count,
                        uint8_t *target) {
  const colours_lanes lanes = {
      _mm_set1_epi8((char)matrix->black),        _mm256_set1_epi32(matrix->luma),
      _mm256_set1_epi32(matrix->v_red),   _mm256_set1_epi32(matrix->u_green),
      _mm256_set1_epi32(matrix->v_green), _mm256_set1_epi32(matrix->u_blue)};
  const size_t shift = row->chroma_shift, step = row->chroma_step, end = first + count;
  size_t at = first;
  // Eight pixels begin with a new U and V.
  for (; at < end && at % 2 != 0; at++) rgbx_pixel(row, matrix, at, target + 4 * (at - first));
  // Loads begin at the first byte of what is interleaved, so that none reads beyond eight pixels.
  if (row->y_step == 2) {
    const uint8_t *base = lower(row->y, lower(row->u, row->v));
    const __m128i ys = take((size_t)(row->y - base), 2, 0);
    const __m128i us = take((size_t)(row->u - base), 4, 1), vs = take((size_t)(row->v - base), 4, 1);
    for (; at + 8 <= end; at += 8) {
      const __m128i all = load16(base + 2 * at);
      eight(_mm_shuffle_epi8(all, ys), _mm_shuffle_epi8(all, us), _mm_shuffle_epi8(all, vs), &lanes,
            target + 4 * (at - first));
    }
  } else if (step == 2) {
    const uint8_t *chroma = lower(row->u, row->v);
    const __m128i us = take((size_t)(row->u - chroma), 2, shift), vs = take((size_t)(row->v - chroma), 2, shift);
    for (; at + 8 <= end; at += 8) {
      const __m128i both = shift ? load8(chroma + at) : load16(chroma + 2 * at);
      eight(load8(row->y + at), _mm_shuffle_epi8(both, us), _mm_shuffle_epi8(both, vs), &lanes,
            target + 4 * (at - first));
    }
  } else if (shift == 1) {
    const __m128i twice = take(0, 1, 1);
    for (; at + 8 <= end; at += 8)
      eight(load8(row->y + at), _mm_shuffle_epi8(load4(row->u + at / 2), twice),
            _mm_shuffle_epi8(load4(row->v + at / 2), twice), &lanes, target + 4 * (at - first));
  }
  for (; at < end; at++) rgbx_pixel(row, matrix, at, target + 4 * (at - first));
}

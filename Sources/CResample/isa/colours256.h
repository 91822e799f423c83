// YUV to RGB in registers of 256 bits: eight pixels at once, a lane of 32 bits for each. Included by an isa's file with
// its TARGET; colours_rows.h walks along rows with it.
#include <immintrin.h>

#include "colours.h"

typedef struct {
  __m128i black;
  __m256i luma, v_red, u_green, v_green, u_blue;
} colours_lanes256;

TARGET static inline colours_lanes256 lanes256_of(const cresample_matrix *matrix) {
  return (colours_lanes256){_mm_set1_epi8((char)matrix->black),   _mm256_set1_epi32(matrix->luma),
                            _mm256_set1_epi32(matrix->v_red),     _mm256_set1_epi32(matrix->u_green),
                            _mm256_set1_epi32(matrix->v_green),   _mm256_set1_epi32(matrix->u_blue)};
}

TARGET static inline void eight(__m128i y, __m128i u, __m128i v, const colours_lanes256 *lanes,
                                uint8_t *target) {
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
  const __m256i reds = _mm256_srai_epi32(red, CRESAMPLE_MATRIX_BITS);
  const __m256i greens = _mm256_srai_epi32(green, CRESAMPLE_MATRIX_BITS);
  const __m256i blues = _mm256_srai_epi32(blue, CRESAMPLE_MATRIX_BITS);
  const __m256i bytes =
      _mm256_packus_epi16(_mm256_packs_epi32(reds, greens), _mm256_packs_epi32(blues, zero));
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  _mm256_storeu_si256((__m256i *)target, _mm256_shuffle_epi8(bytes, order));
}

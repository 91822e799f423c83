// YUV to RGB in registers of 512 bits, sixteen pixels at once. Included by an isa's file after colours256.h, which
// converts the eight pixels that may be left.
typedef struct {
  colours_lanes256 half;
  __m512i luma, v_red, u_green, v_green, u_blue;
} colours_lanes512;

TARGET static inline colours_lanes512 lanes512_of(const cresample_matrix *matrix) {
  return (colours_lanes512){lanes256_of(matrix),
                            _mm512_set1_epi32(matrix->luma),    _mm512_set1_epi32(matrix->v_red),
                            _mm512_set1_epi32(matrix->u_green), _mm512_set1_epi32(matrix->v_green),
                            _mm512_set1_epi32(matrix->u_blue)};
}

TARGET static inline void sixteen(__m128i y, __m128i u, __m128i v, const colours_lanes512 *lanes,
                                  uint8_t *target) {
  const __m512i zero = _mm512_setzero_si512(), middle = _mm512_set1_epi32(128);
  const __m512i luma = _mm512_add_epi32(
      _mm512_mullo_epi32(_mm512_cvtepu8_epi32(_mm_subs_epu8(y, lanes->half.black)), lanes->luma),
      _mm512_set1_epi32(MATRIX_HALF));
  const __m512i us = _mm512_sub_epi32(_mm512_cvtepu8_epi32(u), middle);
  const __m512i vs = _mm512_sub_epi32(_mm512_cvtepu8_epi32(v), middle);
  const __m512i red = _mm512_add_epi32(luma, _mm512_mullo_epi32(vs, lanes->v_red));
  const __m512i green = _mm512_add_epi32(
      luma, _mm512_add_epi32(_mm512_mullo_epi32(us, lanes->u_green), _mm512_mullo_epi32(vs, lanes->v_green)));
  const __m512i blue = _mm512_add_epi32(luma, _mm512_mullo_epi32(us, lanes->u_blue));
  // In each quarter: four reds, greens, blues and zeros, then pixel by pixel.
  const __m512i reds = _mm512_srai_epi32(red, CRESAMPLE_MATRIX_BITS);
  const __m512i greens = _mm512_srai_epi32(green, CRESAMPLE_MATRIX_BITS);
  const __m512i blues = _mm512_srai_epi32(blue, CRESAMPLE_MATRIX_BITS);
  const __m512i bytes =
      _mm512_packus_epi16(_mm512_packs_epi32(reds, greens), _mm512_packs_epi32(blues, zero));
  const __m512i order =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  _mm512_storeu_si512(target, _mm512_shuffle_epi8(bytes, order));
}

// As the AVX2 form, with four pairs to a register.
#include "forms.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))

typedef struct {
  __m512i lanes;  // words of pixel pairs to the lanes they are summed in
  __m512i bytes;  // within a lane: r0 r1, g0 g1, b0 b1 and nothing, as words
} orders;

TARGET static orders pair_orders(size_t step, const uint8_t *channels) {
  uint16_t lanes[32];
  uint8_t bytes[64];
  memset(bytes, 0x80, sizeof bytes);
  for (size_t lane = 0; lane < 4; lane++) {
    for (size_t word = 0; word < 8; word++)
      lanes[lane * 8 + word] = (uint16_t)((lane * step + word) & 15);  // two pixels are `step` words
    for (size_t channel = 0; channel < 3; channel++)
      for (size_t pixel = 0; pixel < 2; pixel++)
        bytes[lane * 16 + channel * 4 + pixel * 2] = (uint8_t)(pixel * step + channels[channel]);
  }
  const orders result = {_mm512_loadu_si512(lanes), _mm512_loadu_si512(bytes)};
  return result;
}

TARGET static inline __m512i spread(const int16_t *weights) {
  const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return _mm512_permutexvar_epi32(
      lanes, _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)weights)));
}

TARGET static void horizontal(const cresample_axis *axis, const uint8_t *const *rows, size_t step,
                              const uint8_t *channels, uint8_t *const *targets) {
  const orders order = pair_orders(step, channels);
  const __m128i half = _mm_set1_epi32(HALF);
  for (size_t column = 0; column < axis->count; column++) {
    const size_t start = (size_t)axis->starts[column] * step;
    const int16_t *high = axis->high + column * axis->taps;
    const int16_t *low = axis->low + column * axis->taps;
    __m512i highs[CRESAMPLE_ROWS], lows[CRESAMPLE_ROWS];
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++) highs[row] = lows[row] = _mm512_setzero_si512();
    for (size_t tap = 0; tap < axis->taps; tap += 8) {
      const __m512i h = spread(high + tap), l = spread(low + tap);
      for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
        const uint8_t *from = rows[row] + start + tap * step;
        const __m512i lanes = _mm512_permutexvar_epi16(
            order.lanes, _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)from)));
        const __m512i eight = _mm512_shuffle_epi8(lanes, order.bytes);
        highs[row] = _mm512_add_epi32(highs[row], _mm512_madd_epi16(eight, h));
        lows[row] = _mm512_add_epi32(lows[row], _mm512_madd_epi16(eight, l));
      }
    }
    __m128i sums[CRESAMPLE_ROWS];
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
      const __m512i sum =
          _mm512_add_epi32(_mm512_slli_epi32(highs[row], CRESAMPLE_LOW_BITS), lows[row]);
      const __m256i two =
          _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
      sums[row] = _mm_add_epi32(
          half, _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1)));
      sums[row] = _mm_srai_epi32(sums[row], CRESAMPLE_FRACTION_BITS);
    }
    const __m128i bytes =
        _mm_packus_epi16(_mm_packs_epi32(sums[0], sums[1]), _mm_packs_epi32(sums[2], sums[3]));
    // The fourth byte goes where the next pixel, or slack, will be.
    uint32_t four[CRESAMPLE_ROWS];
    _mm_storeu_si128((__m128i *)four, bytes);
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++) memcpy(targets[row] + 3 * column, &four[row], 4);
  }
}

TARGET static void vertical(size_t count, size_t taps, const uint8_t *const *rows,
                            const int16_t *high, const int16_t *low, uint8_t *target) {
  const __m512i half = _mm512_set1_epi32(HALF), zero = _mm512_setzero_si512();
  for (size_t at = 0; at < count; at += 64) {
    __m512i highs[4], lows[4];
    for (size_t i = 0; i < 4; i++) highs[i] = lows[i] = zero;
    for (size_t tap = 0; tap < taps; tap += 2) {
      int32_t two;
      memcpy(&two, high + tap, sizeof two);
      const __m512i h = _mm512_set1_epi32(two);
      memcpy(&two, low + tap, sizeof two);
      const __m512i l = _mm512_set1_epi32(two);
      const __m512i a = _mm512_loadu_si512(rows[tap] + at), b = _mm512_loadu_si512(rows[tap + 1] + at);
      const __m512i near = _mm512_unpacklo_epi8(a, b), far = _mm512_unpackhi_epi8(a, b);
      const __m512i words[4] = {_mm512_unpacklo_epi8(near, zero), _mm512_unpackhi_epi8(near, zero),
                                _mm512_unpacklo_epi8(far, zero), _mm512_unpackhi_epi8(far, zero)};
      for (size_t i = 0; i < 4; i++) {
        highs[i] = _mm512_add_epi32(highs[i], _mm512_madd_epi16(words[i], h));
        lows[i] = _mm512_add_epi32(lows[i], _mm512_madd_epi16(words[i], l));
      }
    }
    for (size_t i = 0; i < 4; i++) {
      const __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(highs[i], CRESAMPLE_LOW_BITS), lows[i]);
      highs[i] = _mm512_srai_epi32(_mm512_add_epi32(sum, half), CRESAMPLE_FRACTION_BITS);
    }
    // Unpacking and packing both stay within lanes: the order is as it was.
    _mm512_storeu_si512(target + at, _mm512_packus_epi16(_mm512_packs_epi32(highs[0], highs[1]),
                                                         _mm512_packs_epi32(highs[2], highs[3])));
  }
}

const cresample_form cresample_avx512 = {"avx512", horizontal, vertical};
#endif

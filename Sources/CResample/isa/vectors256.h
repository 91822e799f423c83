// The resize in registers of 256 bits: two pixels to a multiplication, two such pairs to a lane's sums. Wider registers
// were tried and are slower: a pixel's taps do not fill them. Included by an isa's file, with
//   TARGET                            the isa's target attribute
//   ACCUMULATE(sums, words, weights)  sums + words · weights, in pairs of neighbouring words
#include <immintrin.h>
#include <string.h>

#include "isa.h"

// A shuffle of the bytes of two pixels to r0 r1, g0 g1, b0 b1 and nothing, as words.
TARGET static __m256i pairs_shuffle(size_t step, const uint8_t *channels) {
  uint8_t order[32];
  memset(order, 0x80, sizeof order);
  for (size_t lane = 0; lane < 2; lane++)
    for (size_t channel = 0; channel < 3; channel++)
      for (size_t pixel = 0; pixel < 2; pixel++)
        order[lane * 16 + channel * 4 + pixel * 2] =
            (uint8_t)((lane * 2 + pixel) * step + channels[channel]);
  return _mm256_loadu_si256((const __m256i *)order);
}

// Four weights, the first two in every dword of the low lane and the others in the high lane.
TARGET static inline __m256i spread(const int16_t *weights) {
  int64_t four;
  memcpy(&four, weights, sizeof four);
  const __m256i lanes = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  return _mm256_permutevar8x32_epi32(_mm256_set1_epi64x(four), lanes);
}

TARGET static void horizontal(const cresample_axis *axis, const uint8_t *const *rows, size_t step,
                              const uint8_t *channels, uint8_t *const *targets) {
  const __m256i shuffle = pairs_shuffle(step, channels);
  const __m256i half = _mm256_set1_epi32(HALF);
  // Copies: bytes that are written might be the lists themselves, for all the compiler knows.
  const uint8_t *const from[CRESAMPLE_ROWS] = {rows[0], rows[1], rows[2], rows[3]};
  uint8_t *const target0 = targets[0], *const target1 = targets[1];
  uint8_t *const target2 = targets[2], *const target3 = targets[3];
  const size_t count = axis->count, taps = axis->taps, used = axis->used;
  for (size_t column = 0; column < count; column++) {
    const size_t start = (size_t)axis->starts[column] * step;
    const int16_t *high = axis->high + column * taps;
    const int16_t *low = axis->low + column * taps;
    __m256i highs[CRESAMPLE_ROWS], lows[CRESAMPLE_ROWS];
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++) highs[row] = lows[row] = _mm256_setzero_si256();
    for (size_t tap = 0; tap < used; tap += 4) {
      const __m256i h = spread(high + tap), l = spread(low + tap);
      for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
        const __m256i four = _mm256_shuffle_epi8(
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(from[row] + start + tap * step))), shuffle);
        highs[row] = ACCUMULATE(highs[row], four, h);
        lows[row] = ACCUMULATE(lows[row], four, l);
      }
    }
    for (size_t row = 0; row < CRESAMPLE_ROWS; row++)
      lows[row] = _mm256_add_epi32(_mm256_slli_epi32(highs[row], CRESAMPLE_LOW_BITS), lows[row]);
    // The sum of each row's two lanes, two rows side by side.
    const __m256i ab = _mm256_add_epi32(_mm256_permute2x128_si256(lows[0], lows[1], 0x20),
                                        _mm256_permute2x128_si256(lows[0], lows[1], 0x31));
    const __m256i cd = _mm256_add_epi32(_mm256_permute2x128_si256(lows[2], lows[3], 0x20),
                                        _mm256_permute2x128_si256(lows[2], lows[3], 0x31));
    const __m256i words = _mm256_packs_epi32(
        _mm256_srai_epi32(_mm256_add_epi32(ab, half), CRESAMPLE_FRACTION_BITS),
        _mm256_srai_epi32(_mm256_add_epi32(cd, half), CRESAMPLE_FRACTION_BITS));
    // Rows 0 and 2 in one lane, 1 and 3 in the other. The fourth byte goes where the next pixel, or
    // slack, will be.
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const __m128i even = _mm256_castsi256_si128(bytes), odd = _mm256_extracti128_si256(bytes, 1);
    _mm_storeu_si32(target0 + 3 * column, even);
    _mm_storeu_si32(target1 + 3 * column, odd);
    _mm_storeu_si32(target2 + 3 * column, _mm_shuffle_epi32(even, 1));
    _mm_storeu_si32(target3 + 3 * column, _mm_shuffle_epi32(odd, 1));
  }
}

TARGET static void vertical(size_t count, size_t taps, const uint8_t *const *rows,
                            const int16_t *high, const int16_t *low, uint8_t *target) {
  const __m256i half = _mm256_set1_epi32(HALF);
  for (size_t at = 0; at < count; at += 32) {
    __m256i highs[4], lows[4];
    for (size_t i = 0; i < 4; i++) highs[i] = lows[i] = _mm256_setzero_si256();
    for (size_t tap = 0; tap < taps; tap += 2) {
      int32_t two;
      memcpy(&two, high + tap, sizeof two);
      const __m256i h = _mm256_set1_epi32(two);
      memcpy(&two, low + tap, sizeof two);
      const __m256i l = _mm256_set1_epi32(two);
      const __m256i a = _mm256_loadu_si256((const __m256i *)(rows[tap] + at));
      const __m256i b = _mm256_loadu_si256((const __m256i *)(rows[tap + 1] + at));
      const __m256i near = _mm256_unpacklo_epi8(a, b), far = _mm256_unpackhi_epi8(a, b);
      const __m256i zero = _mm256_setzero_si256();
      const __m256i words[4] = {_mm256_unpacklo_epi8(near, zero), _mm256_unpackhi_epi8(near, zero),
                                _mm256_unpacklo_epi8(far, zero), _mm256_unpackhi_epi8(far, zero)};
      for (size_t i = 0; i < 4; i++) {
        highs[i] = ACCUMULATE(highs[i], words[i], h);
        lows[i] = ACCUMULATE(lows[i], words[i], l);
      }
    }
    for (size_t i = 0; i < 4; i++) {
      const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(highs[i], CRESAMPLE_LOW_BITS), lows[i]);
      highs[i] = _mm256_srai_epi32(_mm256_add_epi32(sum, half), CRESAMPLE_FRACTION_BITS);
    }
    // Unpacking and packing both stay within halves of a register: the order is as it was.
    _mm256_storeu_si256((__m256i *)(target + at),
                        _mm256_packus_epi16(_mm256_packs_epi32(highs[0], highs[1]),
                                            _mm256_packs_epi32(highs[2], highs[3])));
  }
}

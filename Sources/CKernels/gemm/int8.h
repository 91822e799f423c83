// Products of int8 in one isa: gemm_int8_ISA. Four numbers share a dword, unsigned in A and signed in B; sums are exact
// in int32, so that every isa gives the same. Included under the isa's target attribute, after isa/vector.h, with AMX,
// or else with TILE_ROWS, TWO_PANELS and OVERLAP (tile.h), and HARDWARE_VNNI_512, HARDWARE_VNNI_256, NEON_I8MM or
// NEON_DOT where the isa has an instruction for the step.
#define TILE(name) PASTE(PASTE(name, int8), ISA)
#define INT32_SUMS 1
#define APPROXIMATE 1
#include "epilogue.h"

#if defined(AMX)
#define MULTIPLY(sums, a, b) _tile_dpbusd(sums, a, b)
#include "amx.h"
#else

#if defined(HARDWARE_VNNI_512)
typedef __m512i TILE(a);
typedef __m512i TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) { return _mm512_set1_epi32((int)bits); }
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return _mm512_loadu_si512(p); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))_mm512_dpbusd_epi32((__m512i)s, a, b);
}
#elif defined(HARDWARE_VNNI_256)
typedef __m256i TILE(a);
typedef __m256i TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) { return _mm256_set1_epi32((int)bits); }
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))_mm256_dpbusd_avx_epi32((__m256i)s, a, b);
}
#elif defined(NEON_I8MM)
typedef uint8x16_t TILE(a);
typedef int8x16_t TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) { return vreinterpretq_u8_u32(vdupq_n_u32(bits)); }
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return vreinterpretq_s8_u32(vld1q_u32(p)); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))vusdotq_s32((int32x4_t)s, a, b);
}
#elif defined(NEON_DOT)
// The instruction multiplies signed by signed, so 128 is subtracted from A here; the epilogue adds it back (A_OFFSET).
typedef int8x16_t TILE(a);
typedef int8x16_t TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) {
  return vreinterpretq_s8_u32(vdupq_n_u32(bits ^ 0x80808080u));
}
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return vreinterpretq_s8_u32(vld1q_u32(p)); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))vdotq_s32((int32x4_t)s, a, b);
}
#elif WIDTH > 4 && defined(__x86_64__)
// Even and odd bytes are widened to 16 bits and multiplied: the instruction that takes bytes saturates its sums.
typedef struct { N(vi) even, odd; } TILE(a);
typedef struct { N(vi) even, odd; } TILE(b);
typedef int16_t N(vs) __attribute__((ext_vector_type(2 * WIDTH)));
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) {
  const N(vu) all = bits - (N(vu)){0};
  return (TILE(a)){(N(vi))(all & 0x00FF00FFu), (N(vi))(all >> 8 & 0x00FF00FFu)};
}
INLINE TILE(b) TILE(load_b)(const uint32_t *p) {
  N(vs) all;
  memcpy(&all, p, sizeof all);
  return (TILE(b)){(N(vi))((all << 8) >> 8), (N(vi))(all >> 8)};
}
INLINE N(vi) N(pair_products)(N(vi) a, N(vi) b) {
#if WIDTH == 16
  return (N(vi))_mm512_madd_epi16((__m512i)a, (__m512i)b);
#else
  return (N(vi))_mm256_madd_epi16((__m256i)a, (__m256i)b);
#endif
}
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return s + N(pair_products)(a.even, b.even) + N(pair_products)(a.odd, b.odd);
}
#else
typedef struct { int32_t at[4]; } TILE(a);
typedef N(vi) TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) {
  return (TILE(a)){{bits & 255, bits >> 8 & 255, bits >> 16 & 255, bits >> 24}};
}
INLINE TILE(b) TILE(load_b)(const uint32_t *p) {
  N(vi) v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  s += a.at[0] * ((N(vi))((N(vu))b << 24) >> 24);
  s += a.at[1] * ((N(vi))((N(vu))b << 16) >> 24);
  s += a.at[2] * ((N(vi))((N(vu))b << 8) >> 24);
  return s + a.at[3] * (b >> 24);
}
#endif

#include "tile.h"
#endif

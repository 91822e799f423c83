// Products of bf16 weights in one isa: gemm_bf16_ISA. Two numbers share a dword, the one in the low half first.
// Included under the isa's target attribute, after isa/vector.h, with AMX, or else with TILE_ROWS, TWO_PANELS and
// OVERLAP (tile.h), and HARDWARE_BF16 or NEON_BF16 where the isa multiplies bf16 by bf16. The other isas expand the
// weights to fp32, exactly, and multiply fp32 activations with them.
#define TILE(name) PASTE(PASTE(name, bf16), ISA)
#define INT32_SUMS 0
#define APPROXIMATE 1
#include "epilogue.h"

#if defined(AMX)
#define MULTIPLY(sums, a, b) _tile_dpbf16ps(sums, a, b)
#include "amx.h"
#else

#if defined(HARDWARE_BF16)
typedef __m512bh TILE(a);
typedef __m512bh TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) { return (__m512bh)_mm512_set1_epi32((int)bits); }
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return (__m512bh)_mm512_loadu_si512(p); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))_mm512_dpbf16_ps((__m512)s, a, b);
}
#elif defined(NEON_BF16)
typedef bfloat16x8_t TILE(a);
typedef bfloat16x8_t TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) { return vreinterpretq_bf16_u32(vdupq_n_u32(bits)); }
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return vreinterpretq_bf16_u32(vld1q_u32(p)); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) {
  return (TILE(sum))vbfdotq_f32((float32x4_t)s, a, b);
}
#else
#define EXPANDS_B
#include "fma.h"
// The low or the high half of WIDTH dwords.
INLINE TILE(b) TILE(load_half_of_b)(const uint32_t *p, int high) {
  N(vu) both;
  memcpy(&both, p, sizeof both);
  return (N(vf))(high ? both & 0xFFFF0000u : both << 16);
}
#endif

#include "tile.h"
#endif

// The element types' steps, as gemm_tile.h asks for them, for one form. Included under the form's target
// attribute, after vector.h.

#define FP32(name) PASTE(PASTE(name, fp32), FORM)
#define BF16(name) PASTE(PASTE(name, bf16), FORM)
#define INT8(name) PASTE(PASTE(name, int8), FORM)

// What fp32 and bf16 sums of the same columns have in common.
typedef N(vf) N(column);
INLINE N(column) N(gather)(const gemm_run *g, size_t column) {
  return g->bias ? N(load)(g->bias + column) : N(splat)(0.0f);
}
INLINE N(vf) N(finish)(N(vf) s, const N(column) *bias, const gemm_run *g, size_t row) {
  return g->row_scale ? s * g->row_scale[row] + *bias : s + *bias;
}

// fp32: one number a dword.
typedef N(vf) FP32(sum), FP32(factor);
typedef float FP32(value);
INLINE FP32(value) FP32(broadcast)(uint32_t bits) {
  float a;
  memcpy(&a, &bits, 4);
  return a;
}
INLINE FP32(factor) FP32(fetch)(const uint32_t *p) { return N(load)((const float *)p); }
INLINE FP32(sum) FP32(step)(FP32(sum) s, FP32(value) a, FP32(factor) w) { return s + a * w; }
typedef N(column) FP32(column);
INLINE FP32(column) FP32(gather)(const gemm_run *g, size_t column) { return N(gather)(g, column); }
INLINE N(vf) FP32(finish)(FP32(sum) s, const FP32(column) *column, const gemm_run *g, size_t row) {
  return N(finish)(s, column, g, row);
}

// bf16: two numbers a dword, the one in the low half first; each product is exact in fp32.
typedef N(vf) BF16(sum);
#if defined(HARDWARE_BF16)
typedef __m512bh BF16(factor);
typedef __m512bh BF16(value);
INLINE BF16(value) BF16(broadcast)(uint32_t bits) { return (__m512bh)_mm512_set1_epi32((int)bits); }
INLINE BF16(factor) BF16(fetch)(const uint32_t *p) { return (__m512bh)_mm512_loadu_si512(p); }
INLINE BF16(sum) BF16(step)(BF16(sum) s, BF16(value) a, BF16(factor) w) {
  return (BF16(sum))_mm512_dpbf16_ps((__m512)s, a, w);
}
#elif defined(NEON_BF16)
typedef bfloat16x8_t BF16(factor);
typedef bfloat16x8_t BF16(value);
INLINE BF16(value) BF16(broadcast)(uint32_t bits) { return vreinterpretq_bf16_u32(vdupq_n_u32(bits)); }
INLINE BF16(factor) BF16(fetch)(const uint32_t *p) { return vreinterpretq_bf16_u32(vld1q_u32(p)); }
INLINE BF16(sum) BF16(step)(BF16(sum) s, BF16(value) a, BF16(factor) w) {
  return (BF16(sum))vbfdotq_f32((float32x4_t)s, a, w);
}
#else
typedef struct { N(vf) low, high; } BF16(factor);
typedef struct { N(vf) low, high; } BF16(value);
INLINE BF16(value) BF16(broadcast)(uint32_t bits) {
  const N(vu) both = bits - (N(vu)){0};
  return (BF16(value)){(N(vf))(both << 16), (N(vf))(both & 0xFFFF0000u)};
}
INLINE BF16(factor) BF16(fetch)(const uint32_t *p) {
  N(vu) both;
  memcpy(&both, p, sizeof both);
  return (BF16(factor)){(N(vf))(both << 16), (N(vf))(both & 0xFFFF0000u)};
}
INLINE BF16(sum) BF16(step)(BF16(sum) s, BF16(value) a, BF16(factor) w) {
  s += a.low * w.low;
  s += a.high * w.high;
  return s;
}
#endif
typedef N(column) BF16(column);
INLINE BF16(column) BF16(gather)(const gemm_run *g, size_t column) { return N(gather)(g, column); }
INLINE N(vf) BF16(finish)(BF16(sum) s, const BF16(column) *column, const gemm_run *g, size_t row) {
  return N(finish)(s, column, g, row);
}

// int8: four numbers a dword, unsigned times signed; sums are exact in int32, so that every form gives the same.
typedef N(vi) INT8(sum);
#if defined(HARDWARE_VNNI_512)
typedef __m512i INT8(factor);
typedef __m512i INT8(value);
INLINE INT8(value) INT8(broadcast)(uint32_t bits) { return _mm512_set1_epi32((int)bits); }
INLINE INT8(factor) INT8(fetch)(const uint32_t *p) { return _mm512_loadu_si512(p); }
INLINE INT8(sum) INT8(step)(INT8(sum) s, INT8(value) a, INT8(factor) w) {
  return (INT8(sum))_mm512_dpbusd_epi32((__m512i)s, a, w);
}
#elif defined(HARDWARE_VNNI_256)
typedef __m256i INT8(factor);
typedef __m256i INT8(value);
INLINE INT8(value) INT8(broadcast)(uint32_t bits) { return _mm256_set1_epi32((int)bits); }
INLINE INT8(factor) INT8(fetch)(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE INT8(sum) INT8(step)(INT8(sum) s, INT8(value) a, INT8(factor) w) {
  return (INT8(sum))_mm256_dpbusd_avx_epi32((__m256i)s, a, w);
}
#elif defined(NEON_DOT)
// Signed times signed is what there is: the first factor less 128, put right at the end.
typedef int8x16_t INT8(factor);
typedef int8x16_t INT8(value);
INLINE INT8(value) INT8(broadcast)(uint32_t bits) {
  return vreinterpretq_s8_u32(vdupq_n_u32(bits ^ 0x80808080u));
}
INLINE INT8(factor) INT8(fetch)(const uint32_t *p) { return vreinterpretq_s8_u32(vld1q_u32(p)); }
INLINE INT8(sum) INT8(step)(INT8(sum) s, INT8(value) a, INT8(factor) w) {
  return (INT8(sum))vdotq_s32((int32x4_t)s, a, w);
}
#elif WIDTH > 4 && defined(__x86_64__)
// In two halves of 16-bit pairs: the instruction that takes bytes saturates.
typedef struct { N(vi) even, odd; } INT8(factor);
typedef struct { N(vi) even, odd; } INT8(value);
typedef int16_t N(vs) __attribute__((ext_vector_type(2 * WIDTH)));
INLINE INT8(value) INT8(broadcast)(uint32_t bits) {
  const N(vu) all = bits - (N(vu)){0};
  return (INT8(value)){(N(vi))(all & 0x00FF00FFu), (N(vi))(all >> 8 & 0x00FF00FFu)};
}
INLINE INT8(factor) INT8(fetch)(const uint32_t *p) {
  N(vs) all;
  memcpy(&all, p, sizeof all);
  return (INT8(factor)){(N(vi))((all << 8) >> 8), (N(vi))(all >> 8)};
}
INLINE N(vi) N(pair_products)(N(vi) a, N(vi) w) {
#if WIDTH == 16
  return (N(vi))_mm512_madd_epi16((__m512i)a, (__m512i)w);
#else
  return (N(vi))_mm256_madd_epi16((__m256i)a, (__m256i)w);
#endif
}
INLINE INT8(sum) INT8(step)(INT8(sum) s, INT8(value) a, INT8(factor) w) {
  return s + N(pair_products)(a.even, w.even) + N(pair_products)(a.odd, w.odd);
}
#else
typedef N(vi) INT8(factor);
typedef struct { int32_t at[4]; } INT8(value);
INLINE INT8(value) INT8(broadcast)(uint32_t bits) {
  return (INT8(value)){{bits & 255, bits >> 8 & 255, bits >> 16 & 255, bits >> 24}};
}
INLINE INT8(factor) INT8(fetch)(const uint32_t *p) {
  N(vi) v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE INT8(sum) INT8(step)(INT8(sum) s, INT8(value) a, INT8(factor) w) {
  s += a.at[0] * ((N(vi))((N(vu))w << 24) >> 24);
  s += a.at[1] * ((N(vi))((N(vu))w << 16) >> 24);
  s += a.at[2] * ((N(vi))((N(vu))w << 8) >> 24);
  return s + a.at[3] * (w >> 24);
}
#endif
typedef struct { N(vi) sum; N(vf) scale, scaled_sum, bias; } INT8(column);
INLINE INT8(column) INT8(gather)(const gemm_run *g, size_t column) {
  INT8(column) c;
  memcpy(&c.sum, g->column_sum + column, sizeof c.sum);
  c.scale = N(load)(g->column_scale + column);
  c.scaled_sum = __builtin_convertvector(c.sum, N(vf)) * c.scale;
  c.bias = g->bias ? N(load)(g->bias + column) : N(splat)(0.0f);
  return c;
}
INLINE N(vf) INT8(finish)(INT8(sum) s, const INT8(column) *c, const gemm_run *g, size_t row) {
#if defined(NEON_DOT)
  s += c->sum << 7;
#endif
  const N(vf) v = __builtin_convertvector(s, N(vf)) * c->scale - g->row_zero[row] * c->scaled_sum;
  return v * g->row_scale[row] + c->bias;
}

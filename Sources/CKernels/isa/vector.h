// Vectors of WIDTH floats and the functions of them that kernels need, in one isa. Included first in the isa's file,
// under its target attribute, with
//   ISA             the isa's name: N(load) is load_avx2 where ISA is avx2
//   WIDTH           floats of a vector: 4, 8 or 16
//   HARDWARE_BF16   defined where the isa converts fp32 to bf16 by an instruction
//   HARDWARE_FP16   defined where the isa converts fp16 to fp32 by an instruction
#include <float.h>
#include <math.h>
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "../numbers.h"
#include "isa.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define N(name) PASTE(name, ISA)
#define INLINE static inline __attribute__((always_inline))

typedef float N(vf) __attribute__((ext_vector_type(WIDTH)));
typedef int32_t N(vi) __attribute__((ext_vector_type(WIDTH)));
typedef uint32_t N(vu) __attribute__((ext_vector_type(WIDTH)));
typedef uint16_t N(vh) __attribute__((ext_vector_type(WIDTH)));
typedef uint8_t N(vb) __attribute__((ext_vector_type(WIDTH)));

INLINE N(vf) N(load)(const float *p) {
  N(vf) v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void N(store)(float *p, N(vf) v) { memcpy(p, &v, sizeof v); }
INLINE N(vf) N(splat)(float a) { return a - (N(vf)){0}; }
INLINE N(vf) N(min)(N(vf) a, N(vf) b) { return a < b ? a : b; }
INLINE N(vf) N(max)(N(vf) a, N(vf) b) { return a > b ? a : b; }

// The nearest bf16, ties to even; NaN stays NaN.
INLINE N(vh) N(to_bf16)(N(vf) v) {
#ifdef HARDWARE_BF16
  return (N(vh))_mm512_cvtneps_pbh((__m512)v);
#else
  const N(vu) bits = (N(vu))v;
  const N(vu) nearest = v == v ? (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16 : (bits >> 16 | 0x40);
  return __builtin_convertvector(nearest, N(vh));
#endif
}
INLINE void N(store_bf16)(uint16_t *p, N(vf) v) {
  const N(vh) h = N(to_bf16)(v);
  memcpy(p, &h, sizeof h);
}
INLINE N(vf) N(of_bf16)(N(vh) h) { return (N(vf))(__builtin_convertvector(h, N(vu)) << 16); }
INLINE N(vf) N(from_bf16)(const uint16_t *p) {
  N(vh) h;
  memcpy(&h, p, sizeof h);
  return N(of_bf16)(h);
}

// fp16 as fp32, which is exact. Infinity and NaN stay what they are.
INLINE N(vf) N(from_fp16)(const uint16_t *p) {
  N(vh) h;
  memcpy(&h, p, sizeof h);
#if defined(__aarch64__)
  return (N(vf))vcvt_f32_f16((float16x4_t)h);
#elif defined(HARDWARE_FP16) && WIDTH == 16
  return (N(vf))_mm512_cvtph_ps((__m256i)h);
#elif defined(HARDWARE_FP16)
  return (N(vf))_mm256_cvtph_ps((__m128i)h);
#else
  const N(vu) bits = __builtin_convertvector(h, N(vu)), magnitude = bits & 0x7FFFu;
  // The exponent's bias is 112 more in fp32: a product with 2^112 makes numbers of denormals too.
  const N(vf) number = (N(vf))(magnitude << 13) * 0x1p112f;
  const N(vu) value = magnitude < 0x7C00u ? (N(vu))number : (magnitude << 13 | 0x7F800000u);
  return (N(vf))(value | (bits & 0x8000u) << 16);
#endif
}

// e^(x + rest) * 2^up to about 1 ulp, rest being what x lost when it was rounded. Cephes' reduction and
// polynomial; integer work on the bit pattern instead of a conversion.
INLINE N(vf) N(scaled_exponential)(N(vf) x, N(vf) rest, const int up) {
  const N(vf) magic = N(splat)(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const N(vf) shifted = (x + rest) * 1.44269504088896341f + magic;
  const N(vf) n = shifted - magic;
  N(vf) r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  r = r + rest;
  N(vf) p = N(splat)(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return (N(vf))((N(vi))p + ((N(vi))shifted << 23) + (up << 23));
}

// e^x to about 1 ulp in [-87.3, 88.3], clamped outside. NaN becomes a number: callers keep it otherwise.
INLINE N(vf) N(exponential)(N(vf) x) {
  x = N(max)(N(min)(x, N(splat)(88.3f)), N(splat)(-87.3f));
  return N(scaled_exponential)(x, N(splat)(-0.0f), 0);  // adding -0 changes nothing
}

#if WIDTH == 16 && defined(__x86_64__)
#define HAS_SCALEF 1  // 2^x by two instructions, and quick reciprocals
INLINE N(vf) N(approximate_reciprocal)(N(vf) x) { return (N(vf))_mm512_rcp14_ps((__m512)x); }
#else
#define HAS_SCALEF 0
INLINE N(vf) N(approximate_reciprocal)(N(vf) x) { return 1.0f / x; }
#endif

// 2^x to 1e-4 of itself, for results that are rounded to 8 bits or fewer; x up to 126, or any x where HAS_SCALEF is 1:
// then 0 or infinity out of range.
INLINE N(vf) N(approximate_exp2)(N(vf) x) {
#if HAS_SCALEF
  const N(vf) r = (N(vf))_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);  // x - floor x
  N(vf) p = N(splat)(0.0780245f);
  p = p * r + 0.2260672f;
  p = p * r + 0.6958335f;
  p = p * r + 0.9999252f;
  return (N(vf))_mm512_scalef_ps((__m512)p, (__m512)x);  // times 2^floor x
#else
  x = N(max)(x, N(splat)(-126.0f));
  const N(vf) magic = N(splat)(12582912.0f);
  const N(vf) shifted = x + magic;
  const N(vf) r = x - (shifted - magic);
  N(vf) p = N(splat)(0.05517167f);
  p = p * r + 0.24261112f;
  p = p * r + 0.69326099f;
  p = p * r + 0.99992807f;
  return (N(vf))((N(vi))p + ((N(vi))shifted << 23));
#endif
}

// QuickGELU, x * sigmoid(1.702 x). Below -64 it is 0 to any precision, which a quotient of clamped numbers would
// not be for enormous x; 0 * x keeps what is not finite.
INLINE N(vf) N(quick_gelu)(N(vf) x) {
  const N(vf) numerator = N(max)(x, N(splat)(-64.0f)) + 0.0f * x;
  return numerator / (1.0f + N(exponential)(-1.702f * x));
}

// QuickGELU to 3e-4 of itself.
INLINE N(vf) N(approximate_quick_gelu)(N(vf) x) {
  N(vf) power = -2.455466943f * x;
  if (!HAS_SCALEF) power = N(min)(power, N(splat)(126.0f));
  return x * N(approximate_reciprocal)(1.0f + N(approximate_exp2)(power));
}

// GELU by tanh, x/2 (1 + tanh u) = x * sigmoid(2 u) with u = sqrt(2/pi) (x + 0.044715 x^3). Below -64 it is 0 to any
// precision, as QuickGELU is.
INLINE N(vf) N(tanh_gelu)(N(vf) x) {
  const N(vf) numerator = N(max)(x, N(splat)(-64.0f)) + 0.0f * x;
  return numerator / (1.0f + N(exponential)(-x * (1.595769122f + 0.07135481627f * x * x)));
}
// The derivative of GELU by tanh, s + x (2 u)' s (1 - s) with s = sigmoid(2 u).
INLINE N(vf) N(tanh_gelu_slope)(N(vf) x) {
  const N(vf) v = N(max)(N(min)(x, N(splat)(16.0f)), N(splat)(-16.0f)) + 0.0f * x, square = v * v;
  const N(vf) s = 1.0f / (1.0f + N(exponential)(-v * (1.595769122f + 0.07135481627f * square)));
  return s + v * (1.595769122f + 0.2140644488f * square) * (s * (1.0f - s));
}
// GELU by tanh to 3e-4 of itself.
INLINE N(vf) N(approximate_tanh_gelu)(N(vf) x) {
  N(vf) power = -x * (2.302208198f + 0.1029432396f * x * x);
  if (!HAS_SCALEF) power = N(min)(power, N(splat)(126.0f));
  const N(vf) numerator = N(max)(x, N(splat)(-64.0f)) + 0.0f * x;
  return numerator * N(approximate_reciprocal)(1.0f + N(approximate_exp2)(power));
}

// GELU, x Phi(x) = x/2 (1 + erf(x / sqrt 2)), to 6 ulp of itself and down to the smallest denormal: max(x, 0) - a Q(a)
// with a = |x|, so that nothing cancels where the result is small, and Q(a) = e^(-a a / 2) P(t) / (a + 2.5) with
// t = (a - 2.5) / (a + 2.5), P fitted to 1.5e-8 of itself. From a = 15 on, a Q is below every float. 0 * x keeps
// what is not finite.
typedef struct {
  N(vf) a;        // |x|, at most 15
  N(vf) e;        // e^(-a a / 2) * 2^64
  N(vf) inverse;  // 1 / (a + 2.5)
  N(vf) p;        // P(t)
} N(normal_tail);
INLINE N(normal_tail) N(tail_of)(N(vf) x) {
  const N(vf) a = N(min)((N(vf))((N(vi))x & 0x7FFFFFFF), N(splat)(15.0f));
  // The square in two parts, the first one exact; and 2^64 until the end, for what would underflow.
  const N(vf) high = (N(vf))((N(vi))a & ~0xFFF);
  const N(vf) e = N(scaled_exponential)(-0.5f * high * high, -0.5f * (a - high) * (a + high), 64);
  const N(vf) inverse = 1.0f / (a + 2.5f), t = (a - 2.5f) * inverse;
  N(vf) p = N(splat)(-1.57702273e-4f);
  p = p * t + -3.11622821e-4f;
  p = p * t + 6.84412582e-4f;
  p = p * t + 2.52393268e-3f;
  p = p * t + -1.60082997e-3f;
  p = p * t + -1.63861855e-2f;
  p = p * t + 9.23587573e-3f;
  p = p * t + 0.131986979f;
  p = p * t + -0.433692012f;
  p = p * t + 0.70665666f;
  return (N(normal_tail)){a, e, inverse, p};
}
INLINE N(vf) N(gelu)(N(vf) x) {
  const N(normal_tail) q = N(tail_of)(x);
  return N(max)(x, N(splat)(0.0f)) + 0.0f * x - q.e * (q.a * q.inverse * q.p) * 0x1p-64f;
}
// The derivative of GELU, Phi(x) + x phi(x).
INLINE N(vf) N(gelu_slope)(N(vf) x) {
  const N(normal_tail) q = N(tail_of)(x);
  const N(vf) above = q.e * (q.inverse * q.p) * 0x1p-64f;
  return (x < 0.0f ? above : 1.0f - above) + x * (q.e * (0.398942280f * 0x1p-64f));
}
// The derivative of QuickGELU, s (1 + 1.702 x (1 - s)) with s = sigmoid(1.702 x).
INLINE N(vf) N(quick_gelu_slope)(N(vf) x) {
  const N(vf) v = 1.702f * N(max)(N(min)(x, N(splat)(50.0f)), N(splat)(-50.0f)) + 0.0f * x;
  const N(vf) s = 1.0f / (1.0f + N(exponential)(-v));
  return s + v * (s * (1.0f - s));
}

// GELU to 3e-4 of itself, down to the smallest normal float.
INLINE N(vf) N(approximate_gelu)(N(vf) x) {
  const N(vf) a = (N(vf))((N(vi))x & 0x7FFFFFFF);
  const N(vf) e = N(approximate_exp2)(-0.72134752f * a * a);
  const N(vf) inverse = N(approximate_reciprocal)(a + 2.625f);
  const N(vf) t = (a - 2.625f) * inverse;
  N(vf) p = N(splat)(-0.0147087676f);
  p = p * t + -0.00235092173f;
  p = p * t + 0.156797447f;
  p = p * t + -0.454849112f;
  p = p * t + 0.713162686f;
  return N(max)(x, N(splat)(0.0f)) - e * (a * inverse * p);
}

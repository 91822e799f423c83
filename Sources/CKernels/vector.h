// Vectors of WIDTH floats and the functions of them that the kernels need, for the form called FORM. Included
// once in each form's file, under that form's target attribute.
#include <float.h>
#include <math.h>

#include "forms.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define N(name) PASTE(name, FORM)
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
INLINE N(vf) N(least)(N(vf) a, N(vf) b) { return a < b ? a : b; }
INLINE N(vf) N(most)(N(vf) a, N(vf) b) { return a > b ? a : b; }

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

// e^x to about 1 ulp in [-87.3, 88.3], clamped outside. Cephes' reduction and polynomial; integer work
// on the bit pattern instead of a conversion. NaN becomes a number: callers keep it otherwise.
INLINE N(vf) N(exponential)(N(vf) x) {
  x = N(most)(N(least)(x, N(splat)(88.3f)), N(splat)(-87.3f));
  const N(vf) magic = N(splat)(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const N(vf) shifted = x * 1.44269504088896341f + magic;
  const N(vf) n = shifted - magic;
  N(vf) r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  N(vf) p = N(splat)(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return (N(vf))((N(vi))p + ((N(vi))shifted << 23));
}

// 2^x to 1e-4 of itself, for results that are rounded to 8 bits or fewer; x up to 126, and from -126 down the
// same.
INLINE N(vf) N(rough_exponential)(N(vf) x) {
  x = N(most)(x, N(splat)(-126.0f));
  const N(vf) magic = N(splat)(12582912.0f);
  const N(vf) shifted = x + magic;
  const N(vf) r = x - (shifted - magic);
  N(vf) p = N(splat)(0.05517167f);
  p = p * r + 0.24261112f;
  p = p * r + 0.69326099f;
  p = p * r + 0.99992807f;
  return (N(vf))((N(vi))p + ((N(vi))shifted << 23));
}

// x * sigmoid(1.702 x). Below -64 it is 0 to any precision, which a quotient of clamped numbers would
// not be for enormous x; 0 * x keeps what is not finite.
INLINE N(vf) N(quick_gelu)(N(vf) x) {
  const N(vf) numerator = N(most)(x, N(splat)(-64.0f)) + 0.0f * x;
  return numerator / (1.0f + N(exponential)(-1.702f * x));
}

INLINE N(vf) N(rough_quick_gelu)(N(vf) x) {
  const N(vf) power = N(least)(-2.455466943f * x, N(splat)(126.0f));
  const N(vf) denominator = 1.0f + N(rough_exponential)(power);
#if WIDTH == 16 && defined(__x86_64__)
  return x * (N(vf))_mm512_rcp14_ps((__m512)denominator);
#else
  return x / denominator;
#endif
}

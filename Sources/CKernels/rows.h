// Bodies of the row kernels, written once and compiled per instruction set in rows.c. Sums run over
// 16 fixed lanes, so that they vectorise without reordering floating-point arithmetic.
#ifndef CKERNELS_ROWS_H
#define CKERNELS_ROWS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

INLINE float lanes_sum(const float *lanes) {
  float s[8];
  for (int i = 0; i < 8; i++) s[i] = lanes[i] + lanes[i + 8];
  for (int i = 0; i < 4; i++) s[i] += s[i + 4];
  return (s[0] + s[2]) + (s[1] + s[3]);
}

// e^x to about 1 ulp in [-87.3, 88.3], clamped outside. Cephes' reduction and polynomial degree;
// integer work on the bit pattern instead of a conversion, so NaN passes through.
INLINE float exp_lane(float x) {
  x = x > 88.3f ? 88.3f : x;
  x = x < -87.3f ? -87.3f : x;
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * 1.44269504088896341f + magic;
  const float n = shifted - magic;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, 4);
  bits = (bits - 0x4B400000u + 127u) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return p * power;
}

// x * sigmoid(1.702 x). Below -64 it is 0 to any precision, which a quotient of clamped numbers would not
// be for enormous x; 0 * x keeps what is not finite.
INLINE float quick_gelu_lane(float x) {
  const float numerator = (x < -64.0f ? -64.0f : x) + 0.0f * x;
  return numerator / (1.0f + exp_lane(-1.702f * x));
}

INLINE void layer_norm_body(size_t rows, size_t width, const float *x, size_t x_stride,
                            const float *weight, const float *bias, float epsilon, float *y,
                            size_t y_stride) {
  for (size_t row = 0; row < rows; row++, x += x_stride, y += y_stride) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= width; i += LANES)
      for (int l = 0; l < LANES; l++) lanes[l] += x[i + l];
    for (int l = 0; i + l < width; l++) lanes[l] += x[i + l];
    const float mean = lanes_sum(lanes) / (float)width;

    float squares[LANES] = {0};
    for (i = 0; i + LANES <= width; i += LANES)
      for (int l = 0; l < LANES; l++) {
        const float d = x[i + l] - mean;
        squares[l] += d * d;
      }
    for (int l = 0; i + l < width; l++) {
      const float d = x[i + l] - mean;
      squares[l] += d * d;
    }
    // Numbers whose squares overflow have no norm: NaN says so, where 1 / infinity would quietly make
    // every row alike.
    const float variance = lanes_sum(squares) / (float)width;
    const float scale = variance <= FLT_MAX ? 1.0f / sqrtf(variance + epsilon) : NAN;
    for (i = 0; i < width; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  }
}

INLINE void bias_activation_body(size_t rows, size_t width, float *x, size_t x_stride,
                                 const float *bias, ckernels_activation activation) {
  for (size_t row = 0; row < rows; row++, x += x_stride) {
    if (bias)
      for (size_t i = 0; i < width; i++) x[i] += bias[i];
    if (activation == CKERNELS_QUICK_GELU)
      for (size_t i = 0; i < width; i++) x[i] = quick_gelu_lane(x[i]);
    else if (activation == CKERNELS_RELU)
      for (size_t i = 0; i < width; i++) x[i] = x[i] < 0.0f ? 0.0f : x[i];
  }
}

INLINE void add_bias_body(size_t rows, size_t width, const float *x, size_t x_stride,
                          const float *bias, float *y, size_t y_stride) {
  for (size_t row = 0; row < rows; row++, x += x_stride, y += y_stride) {
    if (bias)
      for (size_t i = 0; i < width; i++) y[i] += x[i] + bias[i];
    else
      for (size_t i = 0; i < width; i++) y[i] += x[i];
  }
}

INLINE void softmax_body(size_t rows, size_t width, float scale, float *x, size_t x_stride,
                         ptrdiff_t causal_first) {
  for (size_t row = 0; row < rows; row++, x += x_stride) {
    size_t seen = width;
    if (causal_first >= 0 && (size_t)causal_first + row + 1 < width)
      seen = (size_t)causal_first + row + 1;
    float peak = x[0];
    for (size_t i = 1; i < seen; i++) peak = x[i] > peak ? x[i] : peak;
    for (size_t i = 0; i < seen; i++) x[i] = exp_lane((x[i] - peak) * scale);
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= seen; i += LANES)
      for (int l = 0; l < LANES; l++) lanes[l] += x[i + l];
    for (int l = 0; i + l < seen; l++) lanes[l] += x[i + l];
    const float share = 1.0f / lanes_sum(lanes);
    for (i = 0; i < seen; i++) x[i] *= share;
    for (i = seen; i < width; i++) x[i] = 0.0f;
  }
}

INLINE int all_finite_body(size_t count, const float *x) {
  uint32_t worst = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &x[i], 4);
    bits &= 0x7F800000u;
    worst = bits > worst ? bits : worst;
  }
  return worst != 0x7F800000u;
}

#endif

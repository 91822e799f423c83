// The arithmetic of the network, in C because the inner loops want per-function target attributes
// (AVX2, AVX-512, chosen at run time) that Swift does not have. Nothing here allocates, prints or
// keeps state. Every row is computed in the same order whatever the number of rows, so results do
// not depend on the batch.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

// Matrices are row-major; a stride counts floats from one row to the next.

// Products with weights. Weights are packed once, into panels of CKERNELS_PANEL outputs, each
// [k][CKERNELS_PANEL], the last one filled up with zeros. Every output is one sum over k from first
// to last in one accumulator, whatever tile it falls into: a result depends on its own row of x and
// column of weights alone.
#define CKERNELS_PANEL 16
static inline size_t ckernels_panels(size_t outputs) {
  return (outputs + CKERNELS_PANEL - 1) / CKERNELS_PANEL;
}
// weights [outputs, k] to packed [panels, k, CKERNELS_PANEL]
void ckernels_pack(size_t outputs, size_t k, const float *weights, float *packed);
// y[rows, first_panel * PANEL ...] = x[rows, k] · weights^T for `panels` panels from `first_panel`;
// columns at and beyond `outputs` are not written.
void ckernels_gemm_packed(size_t rows, size_t k, const float *x, size_t x_stride,
                          const float *packed, size_t first_panel, size_t panels, size_t outputs,
                          float *y, size_t y_stride);

// Products of activations with each other, through OpenBLAS.

// c[m, n] = alpha * a[m, k] · b[n, k]^T
void ckernels_gemm_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_stride,
                      const float *b, size_t b_stride, float *c, size_t c_stride);
// c[m, n] = alpha * a[m, k] · b[k, n]
void ckernels_gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_stride,
                      const float *b, size_t b_stride, float *c, size_t c_stride);

// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each row of `width`; y may be x.
void ckernels_layer_norm(size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon, float *y,
                         size_t y_stride);

// x += bias, and an activation on the sum; bias may be NULL.
typedef enum {
  CKERNELS_IDENTITY = 0,
  CKERNELS_QUICK_GELU = 1,  // x * sigmoid(1.702 x)
  CKERNELS_RELU = 2,
} ckernels_activation;
void ckernels_bias_activation(size_t rows, size_t width, float *x, size_t x_stride,
                              const float *bias, ckernels_activation activation);

// y += x + bias; bias may be NULL.
void ckernels_add_bias(size_t rows, size_t width, const float *x, size_t x_stride,
                       const float *bias, float *y, size_t y_stride);

// Softmax of each row of `width`. With causal_first >= 0 row r sees columns 0 ... causal_first + r
// only and the others become 0.
void ckernels_softmax(size_t rows, size_t width, float *x, size_t x_stride, ptrdiff_t causal_first);

// Sum of a[i] * b[i].
float ckernels_dot(size_t count, const float *a, const float *b);

// 1 if every number is finite.
int ckernels_all_finite(size_t count, const float *x);

// The instruction set chosen on this processor: "avx512", "avx2" or "portable".
const char *ckernels_instruction_set(void);

#endif

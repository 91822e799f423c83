// The arithmetic of the network, in C because the inner loops want per-function target attributes
// (AVX2, AVX-512, chosen at run time) that Swift does not have. Nothing here allocates, prints or
// keeps state. Every row is computed in the same order whatever the number of rows, so results do
// not depend on the batch.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

// Matrices are row-major; a stride counts floats from one row to the next.

// Products, the second factor packed beforehand into panels of CKERNELS_PANEL outputs, each
// [k][CKERNELS_PANEL], the last one filled up with zeros. Every output is one sum over k from first
// to last in one accumulator, whatever tile it falls into: a result depends on its own row of x and
// column of the packed factor alone.
#define CKERNELS_PANEL 16
static inline size_t ckernels_panels(size_t outputs) {
  return (outputs + CKERNELS_PANEL - 1) / CKERNELS_PANEL;
}
// Floats of a packed factor.
static inline size_t ckernels_packed_count(size_t outputs, size_t k) {
  return ckernels_panels(outputs) * CKERNELS_PANEL * k;
}
// Rows [outputs, k], as weights and keys are stored, to packed.
void ckernels_pack_rows(size_t outputs, size_t k, const float *rows, size_t stride, float *packed);
// Back to rows [outputs, k]: the inverse of the above, bit for bit.
void ckernels_unpack_rows(size_t outputs, size_t k, const float *packed, float *rows);
// Columns [k, outputs], as values are stored, to packed.
void ckernels_pack_columns(size_t outputs, size_t k, const float *columns, size_t stride,
                           float *packed);
// y[rows, first_panel * PANEL ...] = x[rows, k] · packed for `panels` panels from `first_panel`;
// columns at and beyond `outputs` are not written.
void ckernels_gemm(size_t rows, size_t k, const float *x, size_t x_stride, const float *packed,
                   size_t first_panel, size_t panels, size_t outputs, float *y, size_t y_stride);

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

// Softmax of scale * x for each row of `width`. With causal_first >= 0 row r sees columns 0 ... causal_first + r
// only and the others become 0.
void ckernels_softmax(size_t rows, size_t width, float scale, float *x, size_t x_stride,
                      ptrdiff_t causal_first);

// 1 if every number is finite.
int ckernels_all_finite(size_t count, const float *x);

// The instruction set chosen on this processor: "avx512", "avx2" or "portable".
const char *ckernels_instruction_set(void);

#endif

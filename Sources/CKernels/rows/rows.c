// Row kernels in the isa that the caller chose.
#include "../isa/isa.h"

#include "CProcessor.h"

void ckernels_convert(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                      const ckernels_target *to) {
  kernels.rows->kernels->convert(rows, width, x, x_stride, to);
}

void ckernels_quantise(ckernels_choice kernels, size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                       const ckernels_target *to) {
  kernels.rows->kernels->quantise(rows, width, x, x_stride, to);
}

void ckernels_layer_norm(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon,
                         const ckernels_target *to) {
  kernels.rows->kernels->layer_norm(rows, width, x, x_stride, weight, bias, epsilon, to);
}

void ckernels_layer_norm_gradient(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                                  const float *weight, float epsilon, const float *dy, size_t dy_stride, float *dx,
                                  size_t dx_stride, int add, float *moments) {
  kernels.rows->kernels->layer_norm_gradient(rows, width, x, x_stride, weight, epsilon, dy, dy_stride, dx, dx_stride,
                                             add, moments);
}

void ckernels_column_gradients(ckernels_choice kernels, size_t rows, size_t width, const float *dy, size_t dy_stride,
                               const float *x, size_t x_stride, const float *moments, float *products, float *sums) {
  kernels.rows->kernels->column_gradients(rows, width, dy, dy_stride, x, x_stride, moments, products, sums);
}

void ckernels_activate(ckernels_choice kernels, ckernels_activation activation, size_t count, const float *x,
                       float *y) {
  kernels.rows->kernels->activate(activation, count, x, y);
}

void ckernels_activation_gradient(ckernels_choice kernels, ckernels_activation activation, size_t count,
                                  const float *x, float *gradient, float *y) {
  kernels.rows->kernels->activation_gradient(activation, count, x, gradient, y);
}

void ckernels_adamw_step(ckernels_choice kernels, size_t count, const ckernels_adamw *step, const float *gradient,
                         float *mean, float *square, float *weight) {
  kernels.rows->kernels->adamw(count, step, gradient, mean, square, weight);
}

// The answer is the same in every isa, so this one takes the processor's best.
int ckernels_all_finite(size_t count, const float *x) {
  return rows_choose(cprocessor_features())->kernels->all_finite(count, x);
}

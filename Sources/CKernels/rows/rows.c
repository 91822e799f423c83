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

// The answer is the same in every isa, so this one takes the processor's best.
int ckernels_all_finite(size_t count, const float *x) {
  return rows_choose(cprocessor_features())->kernels->all_finite(count, x);
}

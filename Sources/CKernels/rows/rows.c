// Row kernels, each in the isa that the processor runs best.
#include "../isa/isa.h"

static const row_kernels *chosen(void) { return rows_choose()->kernels; }

void ckernels_convert(size_t rows, size_t width, const float *x, size_t x_stride,
                      const ckernels_target *to) {
  chosen()->convert(rows, width, x, x_stride, to);
}

void ckernels_quantise(size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                       const ckernels_target *to) {
  chosen()->quantise(rows, width, x, x_stride, to);
}

void ckernels_layer_norm(size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon,
                         const ckernels_target *to) {
  chosen()->layer_norm(rows, width, x, x_stride, weight, bias, epsilon, to);
}

int ckernels_all_finite(size_t count, const float *x) { return chosen()->all_finite(count, x); }

const char *ckernels_row_isa(void) { return rows_choose()->name; }

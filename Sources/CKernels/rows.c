// The choice among the forms of the kernels that go over rows.
#include "forms.h"

const row_form *row_kernels(void) {
#if defined(__x86_64__)
  if (cprocessor_has(NEEDS_AVX512_BF16)) return &rows_avx512bf16;
  if (cprocessor_has(NEEDS_AVX512)) return &rows_avx512;
  if (cprocessor_has(NEEDS_AVX2)) return &rows_avx2;
#endif
  return &rows_portable;
}

void ckernels_convert(size_t rows, size_t width, const float *x, size_t x_stride,
                      const ckernels_target *to) {
  row_kernels()->convert(rows, width, x, x_stride, to);
}

void ckernels_quantise(size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                       const ckernels_target *to) {
  row_kernels()->quantise(rows, width, x, x_stride, to);
}

void ckernels_layer_norm(size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon,
                         const ckernels_target *to) {
  row_kernels()->layer_norm(rows, width, x, x_stride, weight, bias, epsilon, to);
}

int ckernels_all_finite(size_t count, const float *x) { return row_kernels()->all_finite(count, x); }

const char *ckernels_instruction_set(void) { return row_kernels()->name; }

// Matrix products: which form, and in what order the panels and rows pass by. Own kernels rather than
// a BLAS: docs/DECISIONS.md has the measurements.
#include "forms.h"

// The fastest form that this processor can run.
const gemm_form *gemm_kernels(ckernels_precision precision) {
  switch (precision) {
    case CKERNELS_FP32:
#if defined(__x86_64__)
      if (cprocessor_has(NEEDS_AVX512)) return &gemm_fp32_avx512;
      if (cprocessor_has(NEEDS_AVX2)) return &gemm_fp32_avx2;
#endif
      return &gemm_fp32_portable;
    case CKERNELS_BF16:
#if defined(__x86_64__)
      if (cprocessor_has(NEEDS_AVX512_BF16)) return &gemm_bf16_avx512bf16;
      if (cprocessor_has(NEEDS_AVX512)) return &gemm_bf16_avx512;
      if (cprocessor_has(NEEDS_AVX2)) return &gemm_bf16_avx2;
#elif defined(__aarch64__)
      if (cprocessor_has(CPROCESSOR_NEON_BF16)) return &gemm_bf16_neon;
#endif
      return &gemm_bf16_portable;
    default:
#if defined(__x86_64__)
      if (cprocessor_has(NEEDS_AVX512_BF16)) return &gemm_int8_avx512bf16;
      if (cprocessor_has(NEEDS_AVX512_VNNI)) return &gemm_int8_avx512vnni;
      if (cprocessor_has(NEEDS_AVX_VNNI)) return &gemm_int8_avxvnni;
      if (cprocessor_has(NEEDS_AVX512)) return &gemm_int8_avx512;
      if (cprocessor_has(NEEDS_AVX2)) return &gemm_int8_avx2;
#elif defined(__aarch64__)
      if (cprocessor_has(CPROCESSOR_NEON_DOT)) return &gemm_int8_neon;
#endif
      return &gemm_int8_portable;
  }
}

const char *ckernels_gemm_form(ckernels_precision precision) { return gemm_kernels(precision)->name; }

void ckernels_gemm(ckernels_precision precision, size_t rows, size_t k, const ckernels_operand *x,
                   const void *packed, size_t first_panel, size_t panels, size_t outputs,
                   const ckernels_result *to) {
  const gemm_form *chosen = gemm_kernels(precision);
  const size_t dwords = ckernels_dwords(precision, k);
  const size_t all = ckernels_panels(outputs) * PANEL;
  const size_t width = to->store == CKERNELS_STORE_BF16 ? 2 : 4;
  const uint32_t *factor = packed;
  const float *scale = (const float *)(factor + all * dwords);
  const int32_t *sum = (const int32_t *)(scale + all);
  // Rows taken together: as many as leave their part of x in the second-level cache while all
  // panels pass by.
  size_t together = (128 * 1024) / (dwords ? dwords : 1) / 12 * 12;
  if (together < 48) together = 48;
  for (size_t row = 0; row < rows; row += together) {
    gemm_run run = {
        .rows = rows - row < together ? rows - row : together,
        .dwords = dwords,
        .x = (const uint32_t *)x->rows + row * x->stride,
        .x_stride = x->stride,
        .row_scale = x->scale ? x->scale + row : NULL,
        .row_zero = x->zero ? x->zero + row : NULL,
        .activation = to->activation,
        .store = to->store,
        .y_stride = to->stride,
    };
    for (size_t panel = first_panel; panel < first_panel + panels;) {
      const size_t column = panel * PANEL;
      const int pair = chosen->two && panel + 2 <= first_panel + panels;
      run.packed = factor + column * dwords;
      const size_t after = panel + (pair ? 2 : 1);
      run.ahead = (const char *)(factor + (after < first_panel + panels ? after : first_panel) * PANEL * dwords);
      run.ahead_lines = (pair ? 2 : 1) * dwords / (run.rows / 12 + 1) + 1;
      run.columns = outputs - column;
      if (precision == CKERNELS_INT8) {
        run.column_scale = scale + column;
        run.column_sum = sum + column;
      }
      run.bias = to->bias ? to->bias + column : NULL;
      run.y = (char *)to->y + (row * to->stride + column) * width;
      if (pair) {
        chosen->two(&run);
      } else {
        if (run.columns > PANEL) run.columns = PANEL;
        chosen->one(&run);
      }
      panel += pair ? 2 : 1;
    }
  }
}

void gemm_sums(ckernels_precision precision, size_t rows, size_t k, const uint32_t *x, size_t x_stride,
               const uint32_t *packed, size_t panels, float *y, size_t y_stride) {
  const gemm_form *chosen = gemm_kernels(precision);
  gemm_run run = {
      .rows = rows, .dwords = ckernels_dwords(precision, k), .x = x, .x_stride = x_stride, .y_stride = y_stride};
  for (size_t panel = 0; panel < panels;) {
    const int pair = chosen->two_plain && panel + 2 <= panels;
    run.packed = packed + panel * PANEL * run.dwords;
    run.y = y + panel * PANEL;
    (pair ? chosen->two_plain : chosen->one_plain)(&run);
    panel += pair ? 2 : 1;
  }
}

// Matrix products: which form, and in what order the panels and rows pass by. Own kernels rather than
// a BLAS: docs/DECISIONS.md has the measurements.
#include "forms.h"

#define MOST_FORMS 6

// Forms that this processor can run, the fastest first.
static size_t forms(ckernels_precision precision, const gemm_form *list[MOST_FORMS]) {
  const unsigned has = processor_features();
  size_t count = 0;
  (void)has;
#if defined(__x86_64__)
#define IF(FEATURE, FORM) if (has & FEATURE) list[count++] = &FORM
  switch (precision) {
    case CKERNELS_FP32:
      IF(PROCESSOR_AVX512, gemm_fp32_avx512);
      IF(PROCESSOR_AVX2, gemm_fp32_avx2);
      break;
    case CKERNELS_BF16:
      IF(PROCESSOR_AVX512_BF16, gemm_bf16_avx512bf16);
      IF(PROCESSOR_AVX512, gemm_bf16_avx512);
      IF(PROCESSOR_AVX2, gemm_bf16_avx2);
      break;
    case CKERNELS_INT8:
      IF(PROCESSOR_AVX512_VNNI, gemm_int8_avx512vnni);
      IF(PROCESSOR_AVX_VNNI, gemm_int8_avxvnni);
      IF(PROCESSOR_AVX512, gemm_int8_avx512);
      IF(PROCESSOR_AVX2, gemm_int8_avx2);
      break;
  }
#elif defined(__aarch64__)
  if (precision == CKERNELS_BF16 && has & PROCESSOR_NEON_BF16) list[count++] = &gemm_bf16_neon;
  if (precision == CKERNELS_INT8 && has & PROCESSOR_NEON_DOT) list[count++] = &gemm_int8_neon;
#endif
  static const gemm_form *const plain[][2] = {
      {&gemm_fp32_portable, &gemm_fp32_reference},
      {&gemm_bf16_portable, &gemm_bf16_reference},
      {&gemm_int8_portable, &gemm_int8_reference},
  };
  list[count++] = plain[precision][0];
  list[count++] = plain[precision][1];
  return count;
}

const char *ckernels_gemm_form_at(ckernels_precision precision, size_t index) {
  const gemm_form *list[MOST_FORMS];
  return index < forms(precision, list) ? list[index]->name : NULL;
}

const char *ckernels_gemm_form(ckernels_precision precision) {
  return ckernels_gemm_form_at(precision, 0);
}

void ckernels_gemm_by(size_t form, ckernels_precision precision, size_t rows, size_t k,
                      const ckernels_operand *x, const void *packed, size_t first_panel,
                      size_t panels, size_t outputs, const ckernels_result *to) {
  const gemm_form *list[MOST_FORMS];
  if (form >= forms(precision, list)) return;
  const gemm_form *chosen = list[form];
  const size_t dwords = ckernels_dwords(precision, k);
  const size_t all = ckernels_panels(outputs) * PANEL;
  const size_t width = to->store == CKERNELS_STORE_BF16 ? 2 : 4;
  const uint32_t *factor = packed;
  const float *scale = (const float *)(factor + all * dwords);
  const int32_t *sum = (const int32_t *)(scale + all);
  // Rows taken together: as many as leave their part of x in the second-level cache while all
  // panels pass by.
  size_t together = (96 * 1024) / (dwords ? dwords : 1) / 12 * 12;
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

void ckernels_gemm(ckernels_precision precision, size_t rows, size_t k, const ckernels_operand *x,
                   const void *packed, size_t first_panel, size_t panels, size_t outputs,
                   const ckernels_result *to) {
  ckernels_gemm_by(0, precision, rows, k, x, packed, first_panel, panels, outputs, to);
}

// The driver of matrix products: it cuts A into blocks of rows that stay in the second-level cache, and multiplies each
// block with all panels of B by the kernels of the chosen isa. docs/DECISIONS.md says why these are not a BLAS.
#include "../isa/isa.h"

void ckernels_gemm(ckernels_choice kernels, ckernels_precision precision, size_t rows, size_t k,
                   const ckernels_operand *x, const void *packed, size_t first_panel, size_t panels, size_t outputs,
                   const ckernels_result *to) {
  const gemm_kernels *gemm = kernels.products[precision]->kernels;
  gemm_enter(gemm);
  gemm_product(gemm, precision, rows, k, x, packed, first_panel, panels, outputs, to);
  gemm_leave(gemm);
}

// Rows of A, of `dwords` dwords each, that are multiplied with all panels before the next ones are: as many whole
// tiles as fit 512 KB of the second-level cache, at least 48 rows or one tile.
static size_t block_rows(const gemm_kernels *kernels, size_t dwords) {
  size_t rows = (128 * 1024) / (dwords ? dwords : 1);
  if (rows < 48) rows = 48;
  if (rows < kernels->tile_rows) rows = kernels->tile_rows;
  return rows / kernels->tile_rows * kernels->tile_rows;
}

void gemm_product(const gemm_kernels *kernels, ckernels_precision precision, size_t rows, size_t k,
                  const ckernels_operand *x, const void *packed, size_t first_panel, size_t panels, size_t outputs,
                  const ckernels_result *to) {
  const size_t dwords = ckernels_dwords(precision, k);  // of a column of B
  const size_t all = ckernels_panels(outputs) * PANEL;
  const size_t width = to->store == CKERNELS_STORE_BF16 ? 2 : 4;
  const uint32_t *b = packed;
  const float *scale = (const float *)(b + all * dwords);
  const int32_t *sum = (const int32_t *)(scale + all);
  const size_t block = block_rows(kernels, kernels->expands_b ? k : dwords);
  for (size_t row = 0; row < rows; row += block) {
    gemm_run run = {
        .rows = rows - row < block ? rows - row : block,
        .dwords = kernels->expands_b ? k / 2 : dwords,
        .ends_low = kernels->expands_b && k % 2,
        .panel = dwords * PANEL,
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
      const int pair = kernels->panel2 && panel + 2 <= first_panel + panels;
      run.packed = b + column * dwords;
      const size_t after = panel + (pair ? 2 : 1);
      run.ahead = (const char *)(b + (after < first_panel + panels ? after : first_panel) * PANEL * dwords);
      run.ahead_lines = (pair ? 2 : 1) * dwords / (run.rows / kernels->tile_rows + 1) + 1;
      run.columns = outputs - column;
      if (precision == CKERNELS_INT8) {
        run.column_scale = scale + column;
        run.column_sum = sum + column;
      }
      run.bias = to->bias ? to->bias + column : NULL;
      run.y = (char *)to->y + (row * to->stride + column) * width;
      if (pair) {
        kernels->panel2(&run);
      } else {
        if (run.columns > PANEL) run.columns = PANEL;
        kernels->panel1(&run);
      }
      panel += pair ? 2 : 1;
    }
  }
}

void gemm_raw_sums(const gemm_kernels *kernels, ckernels_precision precision, size_t rows, size_t k,
                   const uint32_t *x, size_t x_stride, const uint32_t *packed, size_t panels, float *y,
                   size_t y_stride) {
  const size_t dwords = ckernels_dwords(precision, k);
  gemm_run run = {
      .rows = rows, .dwords = dwords, .panel = dwords * PANEL, .x = x, .x_stride = x_stride, .y_stride = y_stride};
  for (size_t panel = 0; panel < panels;) {
    const int pair = kernels->panel2_raw && panel + 2 <= panels;
    run.packed = packed + panel * run.panel;
    run.y = y + panel * PANEL;
    (pair ? kernels->panel2_raw : kernels->panel1_raw)(&run);
    panel += pair ? 2 : 1;
  }
}

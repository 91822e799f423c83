// The interface between the product's driver (gemm.c), which walks over rows and panels, and the kernels of an isa,
// which multiply all rows of a run with one panel or two.
#ifndef CKERNELS_GEMM_H
#define CKERNELS_GEMM_H

#include "CKernels.h"

#define PANEL CKERNELS_PANEL
#define MOST_TILE_ROWS 32

// Rows of the A operand times one or two neighbouring panels of the B operand, and where the results go. "First column"
// is the first panel's first output.
typedef struct {
  size_t rows;          // rows of A, any number from 1; nothing beyond them is read
  size_t dwords;        // whole dwords of a column of B
  int ends_low;         // 1 where B is expanded and ends with the low half of a dword
  size_t panel;         // dwords from one panel of B to the next
  const uint32_t *x;    // A
  size_t x_stride;      // dwords
  const float *row_scale, *row_zero;  // [rows], or NULL; the zeros are int8's only
  const uint32_t *packed;             // B, from the first column on
  // From the first column on: int8's scale and sum of each column of B, and the bias or NULL.
  const float *column_scale;
  const int32_t *column_sum;
  const float *bias;
  // The panels of the next run, and how many of their cache lines each full tile of this one prefetches.
  const char *ahead;
  size_t ahead_lines;
  size_t columns;  // columns of y from the first one on; those of the panels beyond them are not written
  ckernels_activation activation;
  ckernels_store store;
  void *y;  // at the first column
  size_t y_stride;
} gemm_run;

// One isa's products in one precision.
typedef struct {
  size_t tile_rows;                // rows that a tile computes at once, at most MOST_TILE_ROWS
  int expands_b;  // 1 where A is fp32 and the bf16 of B is expanded to it
  void (*panel1)(const gemm_run *);  // a run over one panel
  void (*panel2)(const gemm_run *);  // a run over two panels; NULL where a tile does not hold two
  // Runs over whole panels whose sums are stored in fp32 unscaled, without bias and activation; NULL where attention
  // does not multiply: for int8, and where B is expanded.
  void (*panel1_raw)(const gemm_run *);
  void (*panel2_raw)(const gemm_run *);
  // Prepare the calling thread for these kernels, and undo that: once around each thread's part of a product or of
  // attention. NULL for an isa that keeps no state in the thread.
  void (*enter)(void);
  void (*leave)(void);
} gemm_kernels;

static inline void gemm_enter(const gemm_kernels *kernels) {
  if (kernels->enter) kernels->enter();
}
static inline void gemm_leave(const gemm_kernels *kernels) {
  if (kernels->leave) kernels->leave();
}

// Does what ckernels_gemm does, with the given kernels. The calling thread is between gemm_enter and gemm_leave.
void gemm_product(const gemm_kernels *kernels, ckernels_precision precision, size_t rows, size_t k,
                  const ckernels_operand *x, const void *packed, size_t first_panel, size_t panels, size_t outputs,
                  const ckernels_result *to);

// y[rows, panels · PANEL] = x · packed in fp32, without scale, bias or activation, of fp32 or bf16 operands; padding
// columns are written too. The calling thread is between gemm_enter and gemm_leave.
void gemm_raw_sums(const gemm_kernels *kernels, ckernels_precision precision, size_t rows, size_t k,
                   const uint32_t *x, size_t x_stride, const uint32_t *packed, size_t panels, float *y,
                   size_t y_stride);

#endif

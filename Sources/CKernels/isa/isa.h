// The instruction sets (isas) that kernels are compiled for, and the choice among them.
#ifndef CKERNELS_ISA_H
#define CKERNELS_ISA_H

#include "../gemm/gemm.h"

// One isa's kernels that go over rows; those that have no comment answer the ckernels_ function that is called like
// them.
typedef struct {
  void (*convert)(size_t, size_t, const float *, size_t, const ckernels_target *);
  void (*quantise)(size_t, size_t, const uint16_t *, size_t, const ckernels_target *);
  void (*layer_norm)(size_t, size_t, const float *, size_t, const float *, const float *, float,
                     const ckernels_target *);
  // Write e^(scale · (score - largest)) for the first `seen` scores and zeros up to `width`, and return 1 / their sum.
  // Both rows have room for whole vectors at the end. In fp32 the weights may take the scores' place.
  float (*softmax_fp32)(size_t seen, size_t width, float scale, const float *scores, float *to);
  float (*softmax_bf16)(size_t seen, size_t width, float scale, const float *scores, uint16_t *to);
  int (*all_finite)(size_t, const float *);
  void (*layer_norm_gradient)(size_t, size_t, const float *, size_t, const float *, float, const float *, size_t,
                              float *, size_t, int, float *);
  void (*column_gradients)(size_t, size_t, const float *, size_t, const float *, size_t, const float *, float *,
                           float *);
  void (*activate)(ckernels_activation, size_t, const float *, float *);
  void (*activation_gradient)(ckernels_activation, size_t, const float *, float *, float *);
  // Turns the first `seen` weights' gradients, dw, into those of the scores that the softmax was taken of, which were
  // scaled before: scale · w · (dw - sum of w · dw); and zeros from there up to `width`.
  void (*softmax_gradient)(size_t seen, size_t width, float scale, const float *weights, float *gradients);
  void (*adamw)(size_t, const ckernels_adamw *, const float *, float *, float *, float *);
} row_kernels;

// One isa's kernels of doubles; each answers the ckernels_dense_ function that is called like it.
typedef struct {
  size_t rows, columns;  // of a tile
  void (*pack_rows)(const ckernels_dense_lines *, double *);
  void (*pack_columns)(const ckernels_dense_lines *, double *);
  void (*unpack_columns)(const ckernels_dense_lines *, const double *);
  void (*multiply)(const ckernels_dense_product *);
  void (*solve_panel)(const ckernels_dense_solve *);
  double (*dot)(size_t, const double *, const double *);
  void (*add_scaled)(size_t, double, const double *, double *);
  void (*rotate)(size_t, double, double, double *, double *);
} dense_kernels;

// One isa's scans of stored rows: scores[r] = rows[r] · query.
typedef struct {
  void (*fp32)(size_t rows, size_t width, const float *x, const float *query, float *scores);
  void (*fp16)(size_t rows, size_t width, const uint16_t *x, const float *query, float *scores);
} scan_kernels;

// A line of the table: a name for reports, the bits of cprocessor_feature that the kernels need, and the kernels.
typedef struct ckernels_gemm_isa {
  const char *name;
  uint32_t needs;
  const gemm_kernels *kernels;
} gemm_isa;
typedef struct ckernels_row_isa {
  const char *name;
  uint32_t needs;
  const row_kernels *kernels;
} row_isa;
typedef struct {
  const char *name;
  uint32_t needs;
  const dense_kernels *kernels;
} dense_isa;
typedef struct {
  const char *name;
  uint32_t needs;
  const scan_kernels *kernels;
} scan_isa;

// The isas of products in a precision, of row kernels, of kernels of doubles and of scans, fastest first; the last one
// needs nothing.
const gemm_isa *gemm_isas(ckernels_precision precision);
const row_isa *row_isas(void);
const dense_isa *dense_isas(void);
const scan_isa *scan_isas(void);

// The first isa of row kernels that needs no other features than these.
const row_isa *rows_choose(uint32_t features);
// The first isa of kernels of doubles whose needs the processor meets.
const dense_isa *dense_choose(void);

#endif

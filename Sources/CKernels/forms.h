// The forms a kernel exists in, one for each instruction set, and what all of them share.
#ifndef CKERNELS_FORMS_H
#define CKERNELS_FORMS_H

#include <string.h>

#include "CKernels.h"
#include "CProcessor.h"

#define PANEL CKERNELS_PANEL

// One or more panels' worth of a product, all of its rows.
typedef struct {
  size_t rows, dwords;
  const uint32_t *x;
  size_t x_stride;
  const float *row_scale, *row_zero;
  const uint32_t *packed;
  // From the first of these columns: int8's scales and sums, and the bias or NULL.
  const float *column_scale;
  const int32_t *column_sum;
  const float *bias;
  // The panels that come after these, and how many lines of them to fetch beside each tile.
  const char *ahead;
  size_t ahead_lines;
  size_t columns;  // that are written
  ckernels_activation activation;
  ckernels_store store;
  void *y;  // at the first of these columns
  size_t y_stride;
} gemm_run;

typedef struct {
  const char *name;
  void (*one)(const gemm_run *);  // a run of one panel
  void (*two)(const gemm_run *);  // of two; NULL where the registers do not hold them
  // The same for sums that are stored in fp32 as they are, whole panels of them; NULL for int8.
  void (*one_plain)(const gemm_run *);
  void (*two_plain)(const gemm_run *);
} gemm_form;

typedef struct {
  const char *name;
  void (*convert)(size_t, size_t, const float *, size_t, const ckernels_target *);
  void (*quantise)(size_t, size_t, const uint16_t *, size_t, const ckernels_target *);
  void (*layer_norm)(size_t, size_t, const float *, size_t, const float *, const float *, float,
                     const ckernels_target *);
  // Unnormalised weights of the first `seen` scores of a row and zeros for the others; 1 / their sum. Rows have room
  // for whole vectors at the end. In fp32 the weights may take the scores' place.
  float (*softmax_fp32)(size_t seen, size_t width, float scale, const float *scores, float *to);
  float (*softmax_bf16)(size_t seen, size_t width, float scale, const float *scores, uint16_t *to);
  int (*all_finite)(size_t, const float *);
} row_form;

extern const gemm_form gemm_fp32_portable, gemm_bf16_portable, gemm_int8_portable;
extern const row_form rows_portable;
#if defined(__x86_64__)
extern const gemm_form gemm_fp32_avx2, gemm_bf16_avx2, gemm_int8_avx2, gemm_int8_avxvnni;
extern const gemm_form gemm_fp32_avx512, gemm_bf16_avx512, gemm_int8_avx512;
extern const gemm_form gemm_bf16_avx512bf16, gemm_int8_avx512vnni, gemm_int8_avx512bf16;
extern const row_form rows_avx2, rows_avx512, rows_avx512bf16;
#elif defined(__aarch64__)
extern const gemm_form gemm_bf16_neon, gemm_int8_neon;
#endif

static inline uint16_t bf16_from(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

static inline float bf16_value(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Has rows on their way, `pitch` bytes apart: a head's are far from each other, and the order of so few lines is not
// guessed.
static inline void fetch_rows(const void *from, size_t rows, size_t pitch, size_t bytes) {
  for (size_t row = 0; row < rows; row++)
    for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)from + row * pitch + byte);
}

// Processor features that each instruction set's file is compiled for.
enum {
  NEEDS_AVX2 = CPROCESSOR_AVX2 | CPROCESSOR_FMA,
  NEEDS_AVX_VNNI = NEEDS_AVX2 | CPROCESSOR_AVX_VNNI,
  NEEDS_AVX512 = NEEDS_AVX2 | CPROCESSOR_AVX512F | CPROCESSOR_AVX512VL | CPROCESSOR_AVX512DQ | CPROCESSOR_AVX512BW,
  NEEDS_AVX512_VNNI = NEEDS_AVX512 | CPROCESSOR_AVX512_VNNI,
  NEEDS_AVX512_BF16 = NEEDS_AVX512_VNNI | CPROCESSOR_AVX512_BF16,
};

const row_form *row_kernels(void);
const gemm_form *gemm_kernels(ckernels_precision precision);

// Whole panels of sums as they are, y[rows, panels * PANEL], of fp32 or bf16.
void gemm_sums(ckernels_precision precision, size_t rows, size_t k, const uint32_t *x, size_t x_stride,
               const uint32_t *packed, size_t panels, float *y, size_t y_stride);

#endif

// The arithmetic of the network, in C because the inner loops want per-function target attributes
// (AVX2, AVX-512 and its extensions, NEON's, chosen at run time) and intrinsics that Swift does not
// have. Nothing here allocates, prints or keeps state. Every row is computed in the same order whatever
// the number of rows, so results do not depend on the batch.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// ------------------------------------------------------------------------------------- precisions

// What the two factors of a product hold. Sums are fp32 (int32 for int8), and so is what comes out.
typedef enum {
  CKERNELS_FP32 = 0,
  CKERNELS_BF16 = 1,
  CKERNELS_INT8 = 2,  // first factor unsigned with a scale and a zero a row, second signed with a scale an output
} ckernels_precision;

// Numbers that share a dword, the unit both factors are kept in: 1, 2 or 4, padded with zeros at the end of a row.
static inline size_t ckernels_dwords(ckernels_precision precision, size_t k) {
  const size_t together = (size_t)1 << precision;
  return (k + together - 1) / together;
}

// ----------------------------------------------------------------------------------- second factor

// The second factor of a product, packed beforehand: panels of CKERNELS_PANEL outputs, each
// [dwords][CKERNELS_PANEL], the last one filled up with zeros; for int8 then a scale for each output
// and the sum of its numbers, an int32, both filled up to whole panels. 64-byte aligned.
#define CKERNELS_PANEL 16
static inline size_t ckernels_panels(size_t outputs) {
  return (outputs + CKERNELS_PANEL - 1) / CKERNELS_PANEL;
}
// Dwords of a packed factor.
static inline size_t ckernels_packed_count(ckernels_precision precision, size_t outputs, size_t k) {
  const size_t columns = ckernels_panels(outputs) * CKERNELS_PANEL;
  return columns * ckernels_dwords(precision, k) + (precision == CKERNELS_INT8 ? 2 * columns : 0);
}
// Outputs first ..< first + count of a packed factor from rows [count, k], as weights are stored; `first` is a
// multiple of the panel. bf16 rounds to nearest even, int8 to the nearest of 127 steps of the row's largest
// magnitude.
void ckernels_pack_part(ckernels_precision precision, size_t outputs, size_t k, size_t first,
                        size_t count, const float *rows, size_t stride, void *packed);
// The same from int8 rows [count, k] and their scales.
void ckernels_pack_quantised(size_t outputs, size_t k, size_t first, size_t count,
                             const int8_t *rows, const float *scales, void *packed);
// Back to rows [outputs, k]: what the packed numbers stand for; for fp32 the inverse, bit for bit.
void ckernels_unpack(ckernels_precision precision, size_t outputs, size_t k, const void *packed,
                     float *rows);
// int8's rows [outputs, k] and scales [outputs].
void ckernels_unpack_quantised(size_t outputs, size_t k, const void *packed, int8_t *rows,
                               float *scales);
// Keys of a head: rows [outputs, k] in the factor's own precision (fp32 or bf16) to packed.
void ckernels_pack_keys(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                        size_t stride, void *packed);
// Values of a head: rows [k, outputs] in the factor's own precision (fp32 or bf16) to packed.
void ckernels_pack_values(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                          size_t stride, void *packed);

// ------------------------------------------------------------------------------------ first factor

// Rows of dwords. The k-th number of row r stands for scale[r] * (number - zero[r]).
typedef struct {
  const void *rows;
  size_t stride;       // dwords from one row to the next
  const float *scale;  // NULL: 1 (not for int8)
  const float *zero;   // int8 only
} ckernels_operand;

// A stride for rows of k numbers that spreads them over all sets of a cache: an odd number of lines.
static inline size_t ckernels_operand_stride(ckernels_precision precision, size_t k) {
  return ((ckernels_dwords(precision, k) + 15) / 16 | 1) * 16;
}

// The same, to be written.
typedef struct {
  ckernels_precision precision;
  void *rows;
  size_t stride;  // dwords
  float *scale;   // int8 only
  float *zero;    // int8 only
} ckernels_target;

// fp32 rows to an operand.
void ckernels_convert(size_t rows, size_t width, const float *x, size_t x_stride,
                      const ckernels_target *to);
// bf16 rows to an int8 operand; x_stride in numbers.
void ckernels_quantise(size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                       const ckernels_target *to);
// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each row of `width`, to an operand; a
// target in fp32 may be x itself.
void ckernels_layer_norm(size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon,
                         const ckernels_target *to);

// ----------------------------------------------------------------------------------------- product

typedef enum {
  CKERNELS_IDENTITY = 0,
  CKERNELS_QUICK_GELU = 1,  // x * sigmoid(1.702 x)
  CKERNELS_RELU = 2,
  CKERNELS_GELU = 3,  // x/2 (1 + erf(x / sqrt 2))
} ckernels_activation;

typedef enum {
  CKERNELS_STORE_FP32 = 0,
  CKERNELS_STORE_BF16 = 1,
  CKERNELS_ADD_FP32 = 2,  // y += ...
} ckernels_store;

// What becomes of a sum: scaled, bias added, activated, stored. Done while it is in a register.
typedef struct {
  const float *bias;  // [whole panels], or NULL
  ckernels_activation activation;
  ckernels_store store;
  void *y;
  size_t stride;  // numbers from one row to the next
} ckernels_result;

// y[rows, outputs] = x[rows, k] · packed for `panels` panels from `first_panel`; columns at and beyond
// `outputs` are not written. Every output is one sum over k from first to last in one accumulator,
// whatever tile it falls into: a result depends on its own row of x and column of the packed factor alone.
void ckernels_gemm(ckernels_precision precision, size_t rows, size_t k, const ckernels_operand *x,
                   const void *packed, size_t first_panel, size_t panels, size_t outputs,
                   const ckernels_result *to);

// --------------------------------------------------------------------------------------- attention

// softmax(scale · q · keys^T) · values for one head of one sequence, a tile of queries at a time: scores
// exist for that tile only.
typedef struct {
  ckernels_precision precision;  // fp32 or bf16, of everything
  size_t keys;                   // how many
  size_t size;                   // of a head
  float scale;
  const void *packed_keys, *packed_values;
  void *scratch;  // ckernels_attention_scratch dwords, 64-byte aligned
} ckernels_attention;

size_t ckernels_attention_scratch(ckernels_precision precision, size_t keys);
// Strides in numbers. With causal_first >= 0 query r sees keys 0 ... causal_first + r only.
void ckernels_attend(const ckernels_attention *a, size_t queries, const void *q, size_t q_stride,
                     ptrdiff_t causal_first, void *out, size_t out_stride);

// ------------------------------------------------------------------------------------------ others

// 1 if every number is finite.
int ckernels_all_finite(size_t count, const float *x);

// The instruction set of row kernels and fp32 products on this processor: "avx512", "avx2" or "portable".
const char *ckernels_instruction_set(void);
// The form of products chosen on this processor, "avx512_vnni" for example.
const char *ckernels_gemm_form(ckernels_precision precision);

#endif

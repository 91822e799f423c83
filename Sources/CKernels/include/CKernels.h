// The arithmetic of the network, in C because the inner loops want per-function target attributes
// (AVX2, AVX-512 and its extensions, AMX, NEON's, chosen at run time) and intrinsics that Swift does not
// have. Nothing here allocates, prints or keeps state, and all of it may be called on any thread. Every row is
// computed in the same order whatever the number of rows, so results do not depend on the batch. Bits do depend on the
// instruction sets: functions whose results do take the choice of kernels that their caller made.
//
// A product is y = x · packed: the A operand, rows of activations, times the B operand, weights, keys or values.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// ------------------------------------------------------------------------------------- precisions

// The numbers of both operands of a product. Sums are fp32 (int32 for int8), and results are fp32 or bf16.
typedef enum {
  CKERNELS_FP32 = 0,
  CKERNELS_BF16 = 1,
  CKERNELS_INT8 = 2,  // A unsigned with a scale and a zero for each row, B signed with a scale for each output
} ckernels_precision;

// Numbers that share a dword, the unit of both operands: 1, 2 or 4.
static inline size_t ckernels_per_dword(ckernels_precision precision) { return (size_t)1 << precision; }

// Dwords of a row of `k` numbers, the last one filled up with zeros.
static inline size_t ckernels_dwords(ckernels_precision precision, size_t k) {
  const size_t per_dword = ckernels_per_dword(precision);
  return (k + per_dword - 1) / per_dword;
}

// ---------------------------------------------------------------------------------- choice of kernels

// The kernels that a model computes with: an instruction set (isa) for products in each precision, and one for row
// kernels. It is made once, at load, and stays the same for the model's life, since results' bits and the sizes of
// scratch depend on it. Its pointers are to constants.
typedef struct {
  const struct ckernels_gemm_isa *products[3];  // by ckernels_precision
  const struct ckernels_row_isa *rows;
} ckernels_choice;

// The fastest kernels among those that need no other features than `features`, bits of cprocessor_feature. The caller
// answers for it that the processor has them, and that the process may use them.
ckernels_choice ckernels_choose(uint32_t features);

// Names of the isas of products in a precision, and of row kernels: "avx512_vnni" for example.
const char *ckernels_gemm_isa_name(ckernels_choice kernels, ckernels_precision precision);
const char *ckernels_row_isa_name(ckernels_choice kernels);

// Rows that a product computes at once: rows are best shared out among threads in multiples of it.
size_t ckernels_tile_rows(ckernels_choice kernels, ckernels_precision precision);

// The precision of the A operand of products in `precision`: the same, but fp32 for bf16 where the isa cannot multiply
// bf16 faster than fp32, and expands the weights.
ckernels_precision ckernels_inputs(ckernels_choice kernels, ckernels_precision precision);
// The precision of activations between products in `precision`, and of attention: fp32, or bf16 where products take it.
ckernels_precision ckernels_activations(ckernels_choice kernels, ckernels_precision precision);

// -------------------------------------------------------------------------------------- B operand

// The B operand of a product, packed in panels of CKERNELS_PANEL outputs. A panel is [dwords][CKERNELS_PANEL]: dword
// i of all its outputs side by side; columns of the last panel beyond the outputs are zeros. For int8 two arrays
// follow the panels, with an entry for each column: fp32 scales, then the int32 sum of each output's numbers. 64-byte
// aligned.
#define CKERNELS_PANEL 16
static inline size_t ckernels_panels(size_t outputs) {
  return (outputs + CKERNELS_PANEL - 1) / CKERNELS_PANEL;
}
// Dwords of a packed operand.
static inline size_t ckernels_packed_count(ckernels_precision precision, size_t outputs, size_t k) {
  const size_t columns = ckernels_panels(outputs) * CKERNELS_PANEL;
  return columns * ckernels_dwords(precision, k) + (precision == CKERNELS_INT8 ? 2 * columns : 0);
}
// Packs outputs first ..< first + count from rows [count, k], as weights are stored; `first` is a multiple of
// CKERNELS_PANEL. bf16 rounds to nearest even; int8 divides by a scale, the row's largest magnitude / 127,
// and rounds to nearest even.
void ckernels_pack_part(ckernels_precision precision, size_t outputs, size_t k, size_t first,
                        size_t count, const float *rows, size_t stride, void *packed);
// Packs outputs first ..< first + count from int8 rows [count, k] and their scales.
void ckernels_pack_quantised(size_t outputs, size_t k, size_t first, size_t count,
                             const int8_t *rows, const float *scales, void *packed);
// Packs outputs first ..< first + count from rows [count, k] to int8, rotated (below).
void ckernels_pack_rotated(size_t outputs, size_t k, size_t first, size_t count, const float *rows, size_t stride,
                           void *packed);
// Writes the packed operand as fp32 rows [outputs, k], rotated ones as they are rotated. fp32 comes back bit for bit, bf16 and int8 as they were rounded.
void ckernels_unpack(ckernels_precision precision, size_t outputs, size_t k, const void *packed,
                     float *rows);
// Unpacks int8 to its rows [outputs, k] and scales [outputs].
void ckernels_unpack_quantised(size_t outputs, size_t k, const void *packed, int8_t *rows,
                               float *scales);
// Packs a head's keys as the B operand of query · key: `outputs` keys of `k` numbers each, fp32 or bf16, `stride`
// numbers apart.
void ckernels_pack_keys(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                        size_t stride, void *packed);
// Packs a head's values as the B operand of weights · values: `k` keys' values of `outputs` numbers each, fp32 or bf16,
// `stride` numbers apart.
void ckernels_pack_values(ckernels_precision precision, size_t outputs, size_t k, const void *rows,
                          size_t stride, void *packed);

// --------------------------------------------------------------------------------------- rotation

// int8 takes a row in steps of its range, so that a few large numbers cost all others their precision. Rotated operands
// share large numbers out. Points is a power of two, n; a row is cut into runs of n vectors of 16 numbers, and the n
// numbers at the same place of a run's vectors are multiplied by the Hadamard matrix of that size, all of whose entries
// are 1 or -1. The A operand is rotated so, the B operand too and then divided by n, which leaves products what they are.
// Rotating twice multiplies by n.
//
// n is the largest of 16, 8, 4 and 2 that cuts a row into whole runs. Where none does, a row has runs of 16 vectors, then
// runs of 4 vectors, whose results are doubled, and then single numbers, which are multiplied by 4: so all of it grows
// alike, and rotating twice multiplies by 16.

// Points for rows of k numbers; 1, which rotates nothing, for rows that are longer than the longest rotated one, or
// shorter than a run and not made of whole runs.
#define CKERNELS_ROTATED_MAX 5120
static inline size_t ckernels_rotation_points(size_t k) {
  size_t points = 16;
  if (k > CKERNELS_ROTATED_MAX || (k % 32 && k < 16 * points)) return 1;
  while (k % 32 == 0 && k % (16 * points)) points /= 2;
  return points;
}
// Where in such a row the runs of 4 vectors begin, and where they end. Rows of whole runs have neither these nor more.
static inline size_t ckernels_rotation_fours(size_t k) { return k - k % (16 * ckernels_rotation_points(k)); }
static inline size_t ckernels_rotation_rest(size_t k) {
  const size_t fours = ckernels_rotation_fours(k);
  return fours + (k - fours) / 64 * 64;
}
// Rotates a row of k numbers in place.
void ckernels_rotate(size_t k, float *row);

// -------------------------------------------------------------------------------------- A operand

// The A operand of a product: rows of dwords. A number of row r stands for scale[r] * (number - zero[r]).
typedef struct {
  const void *rows;
  size_t stride;       // dwords from one row to the next
  const float *scale;  // NULL: 1 (not for int8)
  const float *zero;   // int8 only
} ckernels_operand;

// The stride in dwords for rows of k numbers: an odd number of cache lines, so that successive rows fall into
// different sets of the cache.
static inline size_t ckernels_operand_stride(ckernels_precision precision, size_t k) {
  return ((ckernels_dwords(precision, k) + 15) / 16 | 1) * 16;
}

// An A operand that is to be written.
typedef struct {
  ckernels_precision precision;
  void *rows;
  size_t stride;  // dwords
  float *scale;   // int8 only
  float *zero;    // int8 only
  int rotated;    // int8 only: 1 to rotate rows before they are rounded
} ckernels_target;

// Converts fp32 rows to an operand.
void ckernels_convert(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                      const ckernels_target *to);
// Quantises bf16 rows to an int8 operand; x_stride in numbers.
void ckernels_quantise(ckernels_choice kernels, size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                       const ckernels_target *to);
// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each row of `width`, to an operand; a
// target in fp32 may be x itself.
void ckernels_layer_norm(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon,
                         const ckernels_target *to);
// 1 if every number is finite.
int ckernels_all_finite(size_t count, const float *x);

// ----------------------------------------------------------------------------------------- product

typedef enum {
  CKERNELS_IDENTITY = 0,
  CKERNELS_QUICK_GELU = 1,  // x * sigmoid(1.702 x)
  CKERNELS_RELU = 2,
  CKERNELS_GELU = 3,       // x/2 (1 + erf(x / sqrt 2))
  CKERNELS_TANH_GELU = 4,  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
} ckernels_activation;

typedef enum {
  CKERNELS_STORE_FP32 = 0,
  CKERNELS_STORE_BF16 = 1,
  CKERNELS_ADD_FP32 = 2,  // y += ...
} ckernels_store;

// The epilogue of a product: each sum is scaled, gets its bias, is activated and stored.
typedef struct {
  const float *bias;  // one for each output, with room up to a whole panel; NULL: none
  ckernels_activation activation;
  ckernels_store store;
  void *y;
  size_t stride;  // numbers from one row to the next
} ckernels_result;

// y[rows, outputs] = x[rows, k] · packed for `panels` panels from `first_panel`; columns at and beyond `outputs` are
// not written. Every output's sum is taken in the same order whatever the tile that it falls into, so a result
// depends on its own row of A and its own column of B alone.
// A is in the precision of ckernels_inputs.
void ckernels_gemm(ckernels_choice kernels, ckernels_precision precision, size_t rows, size_t k,
                   const ckernels_operand *x, const void *packed, size_t first_panel, size_t panels, size_t outputs,
                   const ckernels_result *to);

// --------------------------------------------------------------------------------------- attention

// The keys and values of one head of one sequence, for softmax(scale · q · keys^T) · values. Queries are taken in
// groups, so that scratch holds the scores of one group, not of all.
typedef struct {
  ckernels_precision precision;  // of ckernels_activations, for queries, keys, values and results
  size_t keys;                   // number of keys
  size_t size;                   // numbers of one head's query, key or value
  float scale;
  const void *packed_keys, *packed_values;
  void *scratch;  // ckernels_attention_scratch dwords, 64-byte aligned
} ckernels_attention;

// Dwords of scratch that ckernels_attend needs for this many keys.
size_t ckernels_attention_scratch(ckernels_choice kernels, ckernels_precision precision, size_t keys);
// Attends `queries` rows of q to the keys. Strides in numbers. With causal_first >= 0 query r sees keys
// 0 ... causal_first + r only.
void ckernels_attend(ckernels_choice kernels, const ckernels_attention *a, size_t queries, const void *q,
                     size_t q_stride, ptrdiff_t causal_first, void *out, size_t out_stride);

// --------------------------------------------------------------------------------------- gradients

// Backward passes, in fp32. "dy" is the gradient of the loss with respect to y.

// The gradient of layer normalisation with respect to x. dx is stored, or with `add` added to; NULL: it is not wanted.
// Writes the mean and 1 / standard deviation of each row of x to moments [rows, 2].
void ckernels_layer_norm_gradient(ckernels_choice kernels, size_t rows, size_t width, const float *x, size_t x_stride,
                                  const float *weight, float epsilon, const float *dy, size_t dy_stride, float *dx,
                                  size_t dx_stride, int add, float *moments);
// Adds each column's sum of dy to `sums`, and that of dy times normalised x to `products`: the gradients of a bias and
// of LayerNorm's weight. x, moments and products may be NULL. Rows are added from first to last, columns by themselves.
void ckernels_column_gradients(ckernels_choice kernels, size_t rows, size_t width, const float *dy, size_t dy_stride,
                               const float *x, size_t x_stride, const float *moments, float *products, float *sums);
// y = activation(x), with the bits that a product's epilogue gives in fp32. y may be x.
void ckernels_activate(ckernels_choice kernels, ckernels_activation activation, size_t count, const float *x,
                       float *y);
// Multiplies a gradient by activation'(x); y gets activation(x), unless it is NULL.
void ckernels_activation_gradient(ckernels_choice kernels, ckernels_activation activation, size_t count,
                                  const float *x, float *gradient, float *y);
// Writes x [rows, columns] to `to` as [columns, rows]; strides in floats.
void ckernels_transpose(size_t rows, size_t columns, const float *x, size_t x_stride, float *to, size_t to_stride);
// Does so in bf16, two numbers of a column a dword; to_stride is in dwords. After an odd number of rows comes a zero.
void ckernels_transpose_rounded(size_t rows, size_t columns, const float *x, size_t x_stride, void *to,
                                size_t to_stride);
// Packs `k` rows of `outputs` numbers, `stride` floats apart, as ckernels_pack_values does, rounded to bf16.
void ckernels_pack_rounded(size_t outputs, size_t k, const float *rows, size_t stride, void *packed);

// One head of one sequence for the gradient of attention, in fp32.
typedef struct {
  size_t keys, size;
  float scale;
  const void *packed_keys;    // by ckernels_pack_keys
  const void *packed_values;  // the values, by ckernels_pack_keys
  const void *turned_keys;    // the keys, by ckernels_pack_values
  void *scratch;              // ckernels_attention_gradient_scratch dwords, 64-byte aligned
} ckernels_attention_gradient;
size_t ckernels_attention_gradient_scratch(ckernels_choice kernels, size_t keys, size_t size);
// From the gradients of attention's results [queries, size], writes those of the queries, and adds those of the keys
// and values [keys, size]. Weights are computed again. Strides in floats; causal_first as for ckernels_attend.
typedef struct {
  const float *q, *dout;
  float *dq, *dk, *dv;
  size_t q_stride, dout_stride, dq_stride, dkv_stride;
} ckernels_attention_rows;
void ckernels_attend_gradient(ckernels_choice kernels, const ckernels_attention_gradient *a, size_t queries,
                              ptrdiff_t causal_first, const ckernels_attention_rows *rows);

// A step of AdamW (Loshchilov and Hutter, arXiv 1711.05101), as PyTorch computes it.
typedef struct {
  float keep;          // 1 - rate · weight decay
  float rate;          // rate / (1 - beta1^t)
  float beta1, beta2;  // of the gradient's mean and of its square's
  float unbias;        // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float scale;         // of the gradient
} ckernels_adamw;
void ckernels_adamw_step(ckernels_choice kernels, size_t count, const ckernels_adamw *step, const float *gradient,
                         float *mean, float *square, float *weight);

// ---------------------------------------------------------------------------------------- doubles

// Kernels of doubles run in the best isa of the processor; no choice of the caller's reaches them.

// Tiles of a product of doubles have this many rows and columns on this processor. A is packed in panels of so many
// rows, [k][rows], one after the other; B in panels of so many columns, [k][columns]. Rows and columns that fill up the
// last panel are zeros. 64-byte aligned.
size_t ckernels_dense_rows(void);
size_t ckernels_dense_columns(void);

// Rows of A or columns of B where they lie: neighbours are `across` doubles apart, and the k numbers of one `along`.
typedef struct {
  double *from;
  size_t count, k;
  ptrdiff_t across, along;
} ckernels_dense_lines;
// Pack rows of A and columns of B to whole panels, and write columns back to where they were packed from.
void ckernels_dense_pack_rows(const ckernels_dense_lines *rows, double *packed);
void ckernels_dense_pack_columns(const ckernels_dense_lines *columns, double *packed);
void ckernels_dense_unpack_columns(const ckernels_dense_lines *columns, const double *packed);

// c += scale · a · b for rows of A and one panel of B.
typedef struct {
  size_t rows, columns, k;  // columns: at most those of a panel
  double scale;
  const double *a, *b;  // packed
  double *c;
  size_t stride;  // doubles from one row of c to the next
} ckernels_dense_product;
// An element depends on its own row of A and its own column of B alone, and its sum is taken from first to last.
void ckernels_dense_multiply(const ckernels_dense_product *product);

// b becomes L^-1 · b for one panel, as far as the panels of rows first ..< last, after those before. L is lower
// triangular and packed in panels of rows, each as far as its diagonal block: panel p is [(p + 1) · rows][rows], with
// reciprocals on the diagonal. Rows that fill up the last panel are those of the identity.
typedef struct {
  size_t first, last;
  size_t zeros;  // panels of rows at the top of b that hold zeros, up to `first` of them
  const double *l;
  double *b;  // [rows of all panels][columns]
} ckernels_dense_solve;
void ckernels_dense_solve_panel(const ckernels_dense_solve *solve);

// The sum of a[i] · b[i], in an order that depends on the count alone.
double ckernels_dense_dot(size_t count, const double *a, const double *b);
// y += scale · x.
void ckernels_dense_add_scaled(size_t count, double scale, const double *x, double *y);
// x becomes cosine · x + sine · y, and y becomes cosine · y - sine · x.
void ckernels_dense_rotate(size_t count, double cosine, double sine, double *x, double *y);

// ------------------------------------------------------------------------------------------ scans

// Scores of stored rows [rows, width], fp32 or fp16, by one query: scores[r] is the fp32 sum of x[r][i] · query[i], in
// the best isa of the processor. Each row has the same bits wherever it stands. Bits that are no numbers give scores
// that are none.
void ckernels_scan_fp32(size_t rows, size_t width, const float *x, const float *query, float *scores);
void ckernels_scan_fp16(size_t rows, size_t width, const uint16_t *x, const float *query, float *scores);

// The most that a score of a scan differs from the exact one, as a share of the sum of |x[r][i] · query[i]|, in any isa:
// each number is rounded once for its product, once for each number of its partial sum, and five times as sums are added.
static inline double ckernels_scan_error(size_t width) { return (double)(width / 32 + 8) * 0x1.02p-24; }

#endif

// Attention of one head, some queries at a time.
#include "../isa/isa.h"
#include "../numbers.h"

// Queries of a group: whole tiles, as many as make 24 rows, or one. The scores of 24 for the 197 keys of a ViT-B/16
// frame take 19 KB, which stay in the first-level cache.
static size_t group_size(const gemm_kernels *gemm) {
  return gemm->tile_rows > 24 ? gemm->tile_rows : 24 / gemm->tile_rows * gemm->tile_rows;
}

static size_t score_stride(size_t keys) { return ckernels_operand_stride(CKERNELS_FP32, keys); }
static size_t weight_stride(ckernels_precision precision, size_t keys) {
  return precision == CKERNELS_FP32 ? score_stride(keys)
                                    : ckernels_operand_stride(precision, keys);
}

size_t ckernels_attention_scratch(ckernels_choice kernels, ckernels_precision precision, size_t keys) {
  return group_size(kernels.products[precision]->kernels) * (score_stride(keys) + weight_stride(precision, keys));
}

void ckernels_attend(ckernels_choice kernels, const ckernels_attention *a, size_t queries, const void *q,
                     size_t q_stride, ptrdiff_t causal_first, void *out, size_t out_stride) {
  const row_kernels *rows = kernels.rows->kernels;
  const gemm_kernels *gemm = kernels.products[a->precision]->kernels;
  const size_t group = group_size(gemm), width = a->precision == CKERNELS_FP32 ? 4 : 2;
  const size_t scores_stride = score_stride(a->keys);
  float *scores = a->scratch;
  const size_t weights_stride = weight_stride(a->precision, a->keys);
  uint32_t *weights = a->precision == CKERNELS_FP32 ? (uint32_t *)a->scratch
                                                    : (uint32_t *)a->scratch + group * scores_stride;
  float shares[MOST_TILE_ROWS];
  gemm_enter(gemm);
  for (size_t first = 0; first < queries; first += group) {
    const size_t count = queries - first < group ? queries - first : group;
    // Keys that the last of these queries sees.
    size_t seen = a->keys;
    if (causal_first >= 0 && (size_t)causal_first + first + count < seen)
      seen = (size_t)causal_first + first + count;
    prefetch_rows((const char *)q + (first + group) * q_stride * width, group, q_stride * width, a->size * width);
    // Scores of padding keys are written too; score_stride leaves room for them.
    gemm_raw_sums(gemm, a->precision, count, a->size,
                  (const uint32_t *)((const char *)q + first * q_stride * width), q_stride * width / 4,
                  a->packed_keys, ckernels_panels(seen), scores, scores_stride);
    for (size_t r = 0; r < count; r++) {
      size_t own = seen;
      if (causal_first >= 0 && (size_t)causal_first + first + r + 1 < own)
        own = (size_t)causal_first + first + r + 1;
      float *row = scores + r * scores_stride;
      // With an odd number of keys the last dword holds one weight; the softmax writes a zero beside it.
      shares[r] = a->precision == CKERNELS_FP32
                      ? rows->softmax_fp32(own, a->keys, a->scale, row, row)
                      : rows->softmax_bf16(own, (a->keys + 1) & ~(size_t)1, a->scale, row,
                                           (uint16_t *)(weights + r * weights_stride));
    }
    const ckernels_operand weighted = {weights, weights_stride, shares, NULL};
    const ckernels_result to_out = {
        NULL, CKERNELS_IDENTITY,
        a->precision == CKERNELS_FP32 ? CKERNELS_STORE_FP32 : CKERNELS_STORE_BF16,
        (char *)out + first * out_stride * width, out_stride};
    gemm_product(gemm, a->precision, count, a->keys, &weighted, a->packed_values, 0, ckernels_panels(a->size),
                 a->size, &to_out);
  }
  gemm_leave(gemm);
}

// The gradient of one head's attention, some queries at a time; the weights are computed again.
#include "../isa/isa.h"

// Queries of a group: enough that adding to the keys' gradients costs little beside their products.
static size_t group_size(const gemm_kernels *gemm) {
  return gemm->tile_rows > 48 ? gemm->tile_rows : 48 / gemm->tile_rows * gemm->tile_rows;
}

static size_t score_stride(size_t keys) { return ckernels_operand_stride(CKERNELS_FP32, keys); }

size_t ckernels_attention_gradient_scratch(ckernels_choice kernels, size_t keys, size_t size) {
  const size_t group = group_size(kernels.products[CKERNELS_FP32]->kernels);
  return 2 * group * score_stride(keys) + keys * ckernels_operand_stride(CKERNELS_FP32, group) +
         ckernels_packed_count(CKERNELS_FP32, size, group);
}

// to [seen, size] += from [count, seen]^T · rows [count, size].
static void add_products(const gemm_kernels *gemm, size_t count, size_t seen, size_t size, const float *from,
                         size_t from_stride, const float *rows, size_t rows_stride, float *to, size_t to_stride,
                         float *turned, float *packed) {
  const size_t stride = ckernels_operand_stride(CKERNELS_FP32, count);
  ckernels_transpose(count, seen, from, from_stride, turned, stride);
  ckernels_pack_values(CKERNELS_FP32, size, count, rows, rows_stride, packed);
  const ckernels_operand a = {turned, stride, NULL, NULL};
  const ckernels_result sum = {NULL, CKERNELS_IDENTITY, CKERNELS_ADD_FP32, to, to_stride};
  gemm_product(gemm, CKERNELS_FP32, seen, count, &a, packed, 0, ckernels_panels(size), size, &sum);
}

void ckernels_attend_gradient(ckernels_choice kernels, const ckernels_attention_gradient *a, size_t queries,
                              ptrdiff_t causal_first, const ckernels_attention_rows *r) {
  const row_kernels *rows = kernels.rows->kernels;
  const gemm_kernels *gemm = kernels.products[CKERNELS_FP32]->kernels;
  const size_t group = group_size(gemm), stride = score_stride(a->keys);
  float *weights = a->scratch, *gradients = weights + group * stride, *packed = gradients + group * stride;
  float *turned = packed + ckernels_packed_count(CKERNELS_FP32, a->size, group);
  gemm_enter(gemm);
  for (size_t first = 0; first < queries; first += group) {
    const size_t count = queries - first < group ? queries - first : group;
    const float *q = r->q + first * r->q_stride, *dout = r->dout + first * r->dout_stride;
    // Keys that the last of these queries sees.
    size_t seen = a->keys;
    if (causal_first >= 0 && (size_t)causal_first + first + count < seen) seen = (size_t)causal_first + first + count;
    gemm_raw_sums(gemm, CKERNELS_FP32, count, a->size, (const uint32_t *)q, r->q_stride, a->packed_keys,
                  ckernels_panels(seen), weights, stride);
    gemm_raw_sums(gemm, CKERNELS_FP32, count, a->size, (const uint32_t *)dout, r->dout_stride, a->packed_values,
                  ckernels_panels(seen), gradients, stride);
    for (size_t i = 0; i < count; i++) {
      float *own = weights + i * stride;
      size_t sees = seen;
      if (causal_first >= 0 && (size_t)causal_first + first + i + 1 < sees) sees = (size_t)causal_first + first + i + 1;
      const float share = rows->softmax_fp32(sees, a->keys, a->scale, own, own);
      for (size_t k = 0; k < sees; k++) own[k] *= share;
      rows->softmax_gradient(sees, a->keys, a->scale, own, gradients + i * stride);
    }
    add_products(gemm, count, seen, a->size, weights, stride, dout, r->dout_stride, r->dv, r->dkv_stride, turned,
                 packed);
    add_products(gemm, count, seen, a->size, gradients, stride, q, r->q_stride, r->dk, r->dkv_stride, turned,
                 packed);
    const ckernels_operand ds = {gradients, stride, NULL, NULL};
    const ckernels_result to = {NULL, CKERNELS_IDENTITY, CKERNELS_STORE_FP32, r->dq + first * r->dq_stride,
                                r->dq_stride};
    gemm_product(gemm, CKERNELS_FP32, count, a->keys, &ds, a->turned_keys, 0, ckernels_panels(a->size), a->size, &to);
  }
  gemm_leave(gemm);
}

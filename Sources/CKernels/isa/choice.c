// The choice of kernels: the first line of each list whose features are there.
#include "isa.h"

#include "CProcessor.h"

ckernels_choice ckernels_choose(uint32_t features) {
  ckernels_choice chosen = {.rows = rows_choose(features)};
  for (ckernels_precision precision = CKERNELS_FP32; precision <= CKERNELS_INT8; precision++) {
    const gemm_isa *isa = gemm_isas(precision);
    while (isa->needs & ~features) isa++;
    chosen.products[precision] = isa;
  }
  return chosen;
}

const row_isa *rows_choose(uint32_t features) {
  const row_isa *isa = row_isas();
  while (isa->needs & ~features) isa++;
  return isa;
}

const dense_isa *dense_choose(void) {
  const dense_isa *isa = dense_isas();
  while (isa->needs & ~cprocessor_features()) isa++;
  return isa;
}

const char *ckernels_gemm_isa_name(ckernels_choice kernels, ckernels_precision precision) {
  return kernels.products[precision]->name;
}
const char *ckernels_row_isa_name(ckernels_choice kernels) { return kernels.rows->name; }

size_t ckernels_tile_rows(ckernels_choice kernels, ckernels_precision precision) {
  return kernels.products[precision]->kernels->tile_rows;
}

ckernels_precision ckernels_inputs(ckernels_choice kernels, ckernels_precision precision) {
  return kernels.products[precision]->kernels->expands_b ? CKERNELS_FP32 : precision;
}
ckernels_precision ckernels_activations(ckernels_choice kernels, ckernels_precision precision) {
  return precision == CKERNELS_FP32 ? CKERNELS_FP32 : ckernels_inputs(kernels, CKERNELS_BF16);
}

// Scans of stored rows, in the isa that the processor runs best.
#include "../isa/isa.h"

#include "CProcessor.h"

static const scan_kernels *chosen(void) {
  const scan_isa *isa = scan_isas();
  while (isa->needs & ~cprocessor_features()) isa++;
  return isa->kernels;
}

void ckernels_scan_fp32(size_t rows, size_t width, const float *x, const float *query, float *scores) {
  chosen()->fp32(rows, width, x, query, scores);
}
void ckernels_scan_fp16(size_t rows, size_t width, const uint16_t *x, const float *query, float *scores) {
  chosen()->fp16(rows, width, x, query, scores);
}

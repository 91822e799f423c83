// The table of instruction sets, best first.
#include "isa.h"

#include "CProcessor.h"

// An isa and the features that its file is compiled for.
static const struct {
  uint32_t needs;
  const cresample_isa *isa;
} isas[] = {
#if defined(__x86_64__)
    {CPROCESSOR_AVX2 | CPROCESSOR_AVX512F | CPROCESSOR_AVX512VL | CPROCESSOR_AVX512BW | CPROCESSOR_AVX512_VNNI,
     &cresample_avx512_vnni},
    {CPROCESSOR_AVX2 | CPROCESSOR_AVX_VNNI, &cresample_avx_vnni},
    {CPROCESSOR_AVX2, &cresample_avx2},
#endif
    {0, &cresample_portable},
};

const cresample_isa *cresample_isa_at(size_t index) {
  for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
    if (cprocessor_has(isas[i].needs) && index-- == 0) return isas[i].isa;
  return NULL;
}

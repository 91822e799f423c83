// The table of instruction sets, best first.
#include "isa.h"

#include "CProcessor.h"

// An isa and the features that its file is compiled for.
static const struct {
  uint32_t needs;
  const cdigest_isa *_Nonnull isa;
} isas[] = {
#if defined(__x86_64__)
    {CPROCESSOR_SHA_NI | CPROCESSOR_SSE41, &cdigest_sha_ni},
#elif defined(__aarch64__)
    {CPROCESSOR_SHA2, &cdigest_sha2},
#endif
    {0, &cdigest_portable},
};

const cdigest_isa *_Nonnull cdigest_isa_at(size_t index) {
  for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
    if (cprocessor_has(isas[i].needs) && index-- == 0) return isas[i].isa;
  return &cdigest_portable;
}

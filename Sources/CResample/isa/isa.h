// The instruction sets (isas) that the resize is compiled for.
#ifndef CRESAMPLE_ISA_H
#define CRESAMPLE_ISA_H

#include "CResample.h"

// Added before the shift back to 8 bits, so that it rounds.
#define HALF (1u << (CRESAMPLE_FRACTION_BITS - 1))

extern const cresample_isa cresample_portable, cresample_avx2, cresample_avx_vnni, cresample_avx512_vnni;

#endif

#ifndef CRESAMPLE_FORMS_H
#define CRESAMPLE_FORMS_H

#include "CProcessor.h"
#include "CResample.h"

// Added before the shift back to 8 bits, so that it rounds.
#define HALF (1u << (CRESAMPLE_FRACTION_BITS - 1))

extern const cresample_form cresample_plain, cresample_avx2, cresample_avx512vnni, cresample_avxvnni;

#endif

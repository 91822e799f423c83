#ifndef CDIGEST_FORMS_H
#define CDIGEST_FORMS_H

#include "CDigest.h"
#include "CProcessor.h"

enum { ROUNDS = 64 };
// K of FIPS 180-4, section 4.2.2.
extern const uint32_t cdigest_constants[ROUNDS];

extern const cdigest_form cdigest_plain, cdigest_sha_ni, cdigest_sha2;

#endif

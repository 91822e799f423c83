// The instruction sets (isas) that SHA-256 is compiled for, and the constants of its rounds.
#ifndef CDIGEST_ISA_H
#define CDIGEST_ISA_H

#include "CDigest.h"

enum { ROUNDS = 64 };
// K of FIPS 180-4, section 4.2.2.
extern const uint32_t cdigest_constants[ROUNDS];

extern const cdigest_isa cdigest_portable, cdigest_sha_ni, cdigest_sha2;

#endif

// The inner loop of SHA-256 (FIPS 180-4). C, not Swift, because each processor's instructions must be
// chosen at run time, and Swift has no functions with instruction sets of their own.
#ifndef CDIGEST_H
#define CDIGEST_H

#include <stddef.h>
#include <stdint.h>

#define CDIGEST_STATE 8   // words of 32 bits
#define CDIGEST_BLOCK 64  // bytes

// SHA-256 in one instruction set.
typedef struct {
  const char *_Nonnull name;
  // Updates the state with `count` blocks of CDIGEST_BLOCK bytes, of any alignment.
  void (*_Nonnull blocks)(uint32_t *_Nonnull state, const uint8_t *_Nonnull bytes, size_t count);
} cdigest_isa;

// The instruction sets (isas) that this processor can run, best first. The last is "portable", which any higher index
// gives too.
const cdigest_isa *_Nonnull cdigest_isa_at(size_t index);

#endif

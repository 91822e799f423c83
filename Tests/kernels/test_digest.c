// SHA-256's inner loop in Sources/CDigest: every isa that this processor runs gives the standard's example and, from
// any state and address, what plain C gives. run.sh builds this with sanitizers, and for aarch64 under an emulator.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CDigest/isa/isa.h"

static uint64_t seed = 1;
static uint32_t random_bits(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 32);
}

// FIPS 180-4: "abc", padded to one block, from the first state.
static int example(const cdigest_isa *isa) {
  uint32_t state[CDIGEST_STATE] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static const uint32_t expected[CDIGEST_STATE] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                                   0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
  uint8_t block[CDIGEST_BLOCK] = {'a', 'b', 'c', 0x80};
  block[CDIGEST_BLOCK - 1] = 24;
  isa->blocks(state, block, 1);
  return memcmp(state, expected, sizeof state) == 0;
}

static int as_portable(const cdigest_isa *isa) {
  for (int round = 0; round < 400; round++) {
    const size_t count = random_bits() % 9, offset = random_bits() % 17, size = offset + count * CDIGEST_BLOCK;
    // Exactly as large as read, so that the address sanitizer sees the first byte too many.
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    uint32_t expected[CDIGEST_STATE], found[CDIGEST_STATE];
    if (!bytes) abort();
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)random_bits();
    for (size_t i = 0; i < CDIGEST_STATE; i++) expected[i] = found[i] = random_bits();
    cdigest_portable.blocks(expected, bytes + offset, count);
    isa->blocks(found, bytes + offset, count);
    free(bytes);
    if (memcmp(found, expected, sizeof found) != 0) return 0;
  }
  return 1;
}

int main(void) {
  int failures = 0;
  const cdigest_isa *isa;
  size_t index = 0;
  do {
    isa = cdigest_isa_at(index++);
    const int good = example(isa) && as_portable(isa);
    printf("  %-8s %s\n", isa->name, good ? "ok" : "WRONG");
    failures += !good;
  } while (isa != &cdigest_portable);
  return failures != 0;
}

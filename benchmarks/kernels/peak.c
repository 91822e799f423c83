#include "peak.h"

#include "CProcessor.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
// Twelve or sixteen sums that do not wait for each other: enough for two units with a latency of four or five.
#define TWELVE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define SIXTEEN(X) TWELVE(X) X(12) X(13) X(14) X(15)
#define FMA_256(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n"
#define DOT_256(i) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #i "\n"
#define FMA_512(i) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #i "\n"
#define BF16_512(i) "vdpbf16ps %%zmm30, %%zmm31, %%zmm" #i "\n"
#define DOT_512(i) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #i "\n"
#define CLOBBERED                                                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",         \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
// Registers begin as zeros: what is left in them may be slow to compute with.
#define LOOP(NAME, TARGET, SOURCES, INSTRUCTIONS)                                                  \
  __attribute__((target(TARGET))) static void NAME(long iterations) {                              \
    __asm__ volatile("vzeroall\n" SOURCES ::: CLOBBERED);                                          \
    for (long i = 0; i < iterations; i++) __asm__ volatile(INSTRUCTIONS ::: CLOBBERED);            \
    __asm__ volatile("vzeroupper" ::: CLOBBERED);                                                  \
  }
#define ZERO_512 "vpxord %%zmm30, %%zmm30, %%zmm30\n vpxord %%zmm31, %%zmm31, %%zmm31\n"
LOOP(fma_256, "avx2,fma", "", TWELVE(FMA_256))
LOOP(dot_256, "avx2,avxvnni", "", TWELVE(DOT_256))
LOOP(fma_512, "avx512f", ZERO_512, SIXTEEN(FMA_512))
LOOP(bf16_512, "avx512f,avx512bf16", ZERO_512, SIXTEEN(BF16_512))
LOOP(dot_512, "avx512f,avx512vnni", ZERO_512, SIXTEEN(DOT_512))

// Six tiles of sums. Tile registers are configured to be full, and begin as zeros.
#define SIX_TILES(INSTRUCTION)                                                                       \
  INSTRUCTION " %%tmm7, %%tmm6, %%tmm0\n" INSTRUCTION " %%tmm7, %%tmm6, %%tmm1\n" INSTRUCTION         \
              " %%tmm7, %%tmm6, %%tmm2\n" INSTRUCTION " %%tmm7, %%tmm6, %%tmm3\n" INSTRUCTION         \
              " %%tmm7, %%tmm6, %%tmm4\n" INSTRUCTION " %%tmm7, %%tmm6, %%tmm5\n"
#define TILE_LOOP(NAME, INSTRUCTION)                                                               \
  static void NAME(long iterations) {                                                              \
    uint8_t configuration[64] __attribute__((aligned(64))) = {1};                                  \
    for (int t = 0; t < 8; t++) configuration[16 + 2 * t] = 64, configuration[48 + t] = 16;        \
    __asm__ volatile("ldtilecfg %0" ::"m"(configuration));                                         \
    for (long i = 0; i < iterations; i++) __asm__ volatile(SIX_TILES(INSTRUCTION) :::);            \
    __asm__ volatile("tilerelease");                                                               \
  }
TILE_LOOP(bf16_amx, "tdpbf16ps")
TILE_LOOP(int8_amx, "tdpbusd")

static const peak fma_avx2 = {"fma, avx2", 12 * 16, fma_256};
static const peak dot_avx2 = {"vpdpbusd, avx2", 12 * 64, dot_256};
static const peak fma_avx512 = {"fma, avx512", 16 * 32, fma_512};
static const peak bf16_avx512 = {"vdpbf16ps, avx512", 16 * 64, bf16_512};
static const peak dot_avx512 = {"vpdpbusd, avx512", 16 * 128, dot_512};
static const peak amx_bf16 = {"tdpbf16ps, amx", 6 * 2 * 16 * 16 * 32, bf16_amx};
static const peak amx_int8 = {"tdpbusd, amx", 6 * 2 * 16 * 16 * 64, int8_amx};
#endif

const peak *peak_at(int index) {
  enum { MAXIMUM = 16 };
  const peak *list[MAXIMUM];
  int count = 0;
#if defined(__x86_64__)
  if (cprocessor_has(CPROCESSOR_AVX2 | CPROCESSOR_FMA)) list[count++] = &fma_avx2;
  if (cprocessor_has(CPROCESSOR_AVX_VNNI)) list[count++] = &dot_avx2;
  if (cprocessor_has(CPROCESSOR_AVX512F)) list[count++] = &fma_avx512;
  if (cprocessor_has(CPROCESSOR_AVX512_BF16)) list[count++] = &bf16_avx512;
  if (cprocessor_has(CPROCESSOR_AVX512_VNNI)) list[count++] = &dot_avx512;
  if (cprocessor_has(CPROCESSOR_AMX_BF16)) list[count++] = &amx_bf16;
  if (cprocessor_has(CPROCESSOR_AMX_INT8)) list[count++] = &amx_int8;
#endif
  return index < count ? list[index] : NULL;
}

const peak *peak_of(const char *isa, ckernels_precision precision) {
  (void)isa, (void)precision;
#if defined(__x86_64__)
  // Isas without an instruction for their precision go by way of fp32.
  if (!strcmp(isa, "amx")) return precision == CKERNELS_BF16 ? &amx_bf16 : &amx_int8;
  if (!strcmp(isa, "avx512_bf16")) return &bf16_avx512;
  if (!strcmp(isa, "avx512_vnni")) return &dot_avx512;
  if (!strcmp(isa, "avx_vnni")) return &dot_avx2;
  if (!strcmp(isa, "avx512")) return &fma_avx512;
  if (!strcmp(isa, "avx2")) return &fma_avx2;
#endif
  return NULL;
}

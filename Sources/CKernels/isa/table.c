// The table of instruction sets: a list for each precision, and one each for row kernels, kernels of doubles and scans.
#include "isa.h"

#include "CProcessor.h"

// Features that an isa's file is compiled for, in its target attribute.
#define AVX2 (CPROCESSOR_AVX2 | CPROCESSOR_FMA)
#define AVX_VNNI (AVX2 | CPROCESSOR_AVX_VNNI)
#define AVX512 (AVX2 | CPROCESSOR_AVX512F | CPROCESSOR_AVX512VL | CPROCESSOR_AVX512DQ | CPROCESSOR_AVX512BW)
#define AVX512_VNNI (AVX512 | CPROCESSOR_AVX512_VNNI)
#define AVX512_BF16 (AVX512_VNNI | CPROCESSOR_AVX512_BF16)
#define AMX (AVX512_BF16 | CPROCESSOR_AMX_TILE | CPROCESSOR_AMX_BF16 | CPROCESSOR_AMX_INT8)

extern const gemm_kernels gemm_fp32_portable, gemm_bf16_portable, gemm_int8_portable;
extern const row_kernels rows_portable;
extern const dense_kernels dense_portable;
extern const scan_kernels scan_portable;
#if defined(__x86_64__)
extern const gemm_kernels gemm_fp32_avx2, gemm_bf16_avx2, gemm_int8_avx2, gemm_int8_avx_vnni;
extern const gemm_kernels gemm_fp32_avx512, gemm_bf16_avx512, gemm_int8_avx512, gemm_int8_avx512_vnni;
extern const gemm_kernels gemm_bf16_avx512_bf16, gemm_int8_avx512_bf16;
extern const gemm_kernels gemm_bf16_amx, gemm_int8_amx;
extern const row_kernels rows_avx2, rows_avx512, rows_avx512_bf16;
extern const dense_kernels dense_avx2, dense_avx512;
extern const scan_kernels scan_avx2_f16c, scan_avx512;
#elif defined(__aarch64__)
extern const gemm_kernels gemm_bf16_neon_bf16, gemm_int8_neon_dot, gemm_int8_neon_i8mm;
#endif

static const gemm_isa fp32[] = {
#if defined(__x86_64__)
    {"avx512", AVX512, &gemm_fp32_avx512},
    {"avx2", AVX2, &gemm_fp32_avx2},
#endif
    {"portable", 0, &gemm_fp32_portable},
};

static const gemm_isa bf16[] = {
#if defined(__x86_64__)
    {"amx", AMX, &gemm_bf16_amx},
    {"avx512_bf16", AVX512_BF16 | CPROCESSOR_FAST_AVX512_BF16, &gemm_bf16_avx512_bf16},
    {"avx512", AVX512, &gemm_bf16_avx512},
    {"avx2", AVX2, &gemm_bf16_avx2},
#elif defined(__aarch64__)
    {"neon_bf16", CPROCESSOR_NEON_BF16, &gemm_bf16_neon_bf16},
#endif
    {"portable", 0, &gemm_bf16_portable},
};

static const gemm_isa int8[] = {
#if defined(__x86_64__)
    {"amx", AMX, &gemm_int8_amx},
    {"avx512_vnni", AVX512_BF16, &gemm_int8_avx512_bf16},
    {"avx512_vnni", AVX512_VNNI, &gemm_int8_avx512_vnni},
    {"avx_vnni", AVX_VNNI, &gemm_int8_avx_vnni},
    {"avx512", AVX512, &gemm_int8_avx512},
    {"avx2", AVX2, &gemm_int8_avx2},
#elif defined(__aarch64__)
    {"neon_i8mm", CPROCESSOR_NEON_I8MM, &gemm_int8_neon_i8mm},
    {"neon_dot", CPROCESSOR_NEON_DOT, &gemm_int8_neon_dot},
#endif
    {"portable", 0, &gemm_int8_portable},
};

static const row_isa rows[] = {
#if defined(__x86_64__)
    {"avx512", AVX512_BF16, &rows_avx512_bf16},
    {"avx512", AVX512, &rows_avx512},
    {"avx2", AVX2, &rows_avx2},
#endif
    {"portable", 0, &rows_portable},
};

static const dense_isa dense[] = {
#if defined(__x86_64__)
    {"avx512", AVX512, &dense_avx512},
    {"avx2", AVX2, &dense_avx2},
#endif
    {"portable", 0, &dense_portable},
};

static const scan_isa scans[] = {
#if defined(__x86_64__)
    {"avx512", AVX512, &scan_avx512},
    {"avx2", AVX2 | CPROCESSOR_F16C, &scan_avx2_f16c},
#endif
    {"portable", 0, &scan_portable},
};

const gemm_isa *gemm_isas(ckernels_precision precision) {
  return precision == CKERNELS_FP32 ? fp32 : precision == CKERNELS_BF16 ? bf16 : int8;
}
const row_isa *row_isas(void) { return rows; }
const dense_isa *dense_isas(void) { return dense; }
const scan_isa *scan_isas(void) { return scans; }

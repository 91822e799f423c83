// For x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FORM avx2
#define WIDTH 8
#include "vector.h"
#include "elements.h"
#define ROWS_NAME "avx2"
#include "rows.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE(name) FP32(name)
#define PLAIN_SUMS 1
#define TALL 6
#define ROUGH 0
#include "gemm_tile.h"
#undef TALL
#undef ROUGH
#define ROUGH 1
#define TALL 4
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_fp32_avx2 = {"avx2", FP32(one), NULL, FP32(one_plain), NULL};
const gemm_form gemm_bf16_avx2 = {"avx2", BF16(one), NULL, BF16(one_plain), NULL};
const gemm_form gemm_int8_avx2 = {"avx2", INT8(one), NULL, NULL, NULL};
#pragma clang attribute pop
#endif

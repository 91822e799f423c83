// For x86-64 with AVX-512 F, VL, DQ and BW.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)
#define FORM avx512
#define WIDTH 16
#include "vector.h"
#include "elements.h"
#define ROWS_NAME "avx512"
#include "rows.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TILE(name) FP32(name)
#define PLAIN_SUMS 1
#define TALL 12
#define ROUGH 0
#include "gemm_tile.h"
#undef TALL
#undef ROUGH
#define ROUGH 1
#define TALL 8
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_fp32_avx512 = {"avx512", FP32(one), FP32(two), FP32(one_plain), FP32(two_plain)};
const gemm_form gemm_bf16_avx512 = {"avx512", BF16(one), BF16(two), BF16(one_plain), BF16(two_plain)};
const gemm_form gemm_int8_avx512 = {"avx512", INT8(one), INT8(two), NULL, NULL};
#pragma clang attribute pop
#endif

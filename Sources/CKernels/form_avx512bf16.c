// For x86-64 with AVX512-BF16 and VNNI: bf16 products, int8 products with results in bf16, and rows to bf16.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni,avx512bf16"))), apply_to = function)
#define FORM avx512bf16
#define WIDTH 16
#define HARDWARE_BF16
#define HARDWARE_VNNI_512
#include "vector.h"
#include "elements.h"
#define ROWS_NAME "avx512"  // with conversions of their own
#include "rows.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TALL 12
#define ROUGH 1
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_bf16_avx512bf16 = {"avx512_bf16", BF16(one), BF16(two), BF16(one_plain), BF16(two_plain)};
const gemm_form gemm_int8_avx512bf16 = {"avx512_vnni", INT8(one), INT8(two), NULL, NULL};
#pragma clang attribute pop
#endif

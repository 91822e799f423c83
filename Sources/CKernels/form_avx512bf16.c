// For x86-64 with AVX512-BF16: bf16 products, and rows to bf16.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512bf16"))), apply_to = function)
#define FORM avx512bf16
#define WIDTH 16
#define HARDWARE_BF16
#include "vector.h"
#include "elements.h"
#define ROWS_NAME "avx512"  // with conversions of their own
#include "rows.h"

#define TWO_PANELS 1
#define TALL 12
#define LOW 4
#define ROUGH 1
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"

const gemm_form gemm_bf16_avx512bf16 = {"avx512_bf16", BF16(one), BF16(two), BF16(one_plain), BF16(two_plain)};
#pragma clang attribute pop
#endif

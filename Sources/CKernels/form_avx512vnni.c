// For x86-64 with AVX512-VNNI but without AVX512-BF16: int8 products.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni"))), apply_to = function)
#define FORM avx512vnni
#define WIDTH 16
#define HARDWARE_VNNI_512
#include "vector.h"
#include "elements.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TALL 12
#define ROUGH 1
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_int8_avx512vnni = {"avx512_vnni", INT8(one), INT8(two), NULL, NULL};
#pragma clang attribute pop
#endif

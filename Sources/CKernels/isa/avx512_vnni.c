// Kernels for x86-64 with AVX512-VNNI but without AVX512-BF16, which has avx512_bf16.c: int8 products.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni"))), \
                             apply_to = function)
#define ISA avx512_vnni
#define WIDTH 16
#define HARDWARE_VNNI_512
#include "vector.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TILE_ROWS 12
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

// Kernels for x86-64 with AVX512-BF16 and VNNI: bf16 products, int8 products with results in bf16, and rows to bf16.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni,avx512bf16"))), \
                             apply_to = function)
#define ISA avx512_bf16
#define WIDTH 16
#define HARDWARE_BF16
#define HARDWARE_VNNI_512
#include "vector.h"

#include "../rows/rows.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TILE_ROWS 12
#include "../gemm/bf16.h"
#define TILE_ROWS 12
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

// Kernels for x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA avx2
#define WIDTH 8
#include "vector.h"

#include "../rows/rows.h"

#define DENSE_ROWS 6
#define DENSE_VECTORS 2
#include "../dense/dense.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 6
#include "../gemm/fp32.h"
#define TILE_ROWS 6
#include "../gemm/bf16.h"
#define TILE_ROWS 4
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

// Kernels for x86-64 with AVX-512 F, VL, DQ and BW.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)
#define ISA avx512
#define WIDTH 16
#define HARDWARE_FP16
#include "vector.h"

#include "../rows/rows.h"

#include "../scan/scan.h"

#define DENSE_ROWS 12
#define DENSE_VECTORS 2
#include "../dense/dense.h"

#define TWO_PANELS 1
#define OVERLAP 1
#define TILE_ROWS 12
#include "../gemm/fp32.h"
#define TILE_ROWS 12
#include "../gemm/bf16.h"
#define TILE_ROWS 8
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

// Kernels for x86-64 with AVX-VNNI: int8 products in vectors of 8.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#define ISA avx_vnni
#define WIDTH 8
#define HARDWARE_VNNI_256
#include "vector.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 6
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

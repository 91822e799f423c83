// Kernels for aarch64 with the dot product extension: int8 products.
#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define ISA neon_dot
#define WIDTH 4
#define NEON_DOT
#define A_OFFSET 128
#include "vector.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 6
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

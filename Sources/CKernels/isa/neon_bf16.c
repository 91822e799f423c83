// Kernels for aarch64 with the bf16 extension: bf16 products. Plain NEON is the portable isa.
#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("bf16"))), apply_to = function)
#define ISA neon_bf16
#define WIDTH 4
#define NEON_BF16
#include "vector.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 6
#include "../gemm/bf16.h"
#pragma clang attribute pop
#endif

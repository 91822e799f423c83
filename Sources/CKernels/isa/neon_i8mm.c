// Kernels for aarch64 with the 8-bit matrix extension: int8 products, by its dot product of unsigned and signed bytes.
#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)
#define ISA neon_i8mm
#define WIDTH 4
#define NEON_I8MM
#include "vector.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 6
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

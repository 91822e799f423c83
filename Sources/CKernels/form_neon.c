// For aarch64 with the bf16 and dot product extensions; what plain NEON has is the portable form.
#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("bf16,dotprod"))), apply_to = function)
#define FORM neon
#define WIDTH 4
#define NEON_BF16
#define NEON_DOT
#include "vector.h"
#include "elements.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TALL 4
#define ROUGH 1
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_bf16_neon = {"neon_bf16", BF16(one), NULL, BF16(one_plain), NULL};
const gemm_form gemm_int8_neon = {"neon_dot", INT8(one), NULL, NULL, NULL};
#pragma clang attribute pop
#endif

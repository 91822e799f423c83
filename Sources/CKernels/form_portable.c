// For every processor: vectors of four, which baseline x86-64 and aarch64 have.
#define FORM portable
#define WIDTH 4
#include "vector.h"
#include "elements.h"
#define ROWS_NAME "portable"
#include "rows.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE(name) FP32(name)
#define PLAIN_SUMS 1
#define TALL 2
#define ROUGH 0
#include "gemm_tile.h"
#undef ROUGH
#define ROUGH 1
#define TILE(name) BF16(name)
#define PLAIN_SUMS 1
#include "gemm_tile.h"
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_fp32_portable = {"portable", FP32(one), NULL, FP32(one_plain), NULL};
const gemm_form gemm_bf16_portable = {"portable", BF16(one), NULL, BF16(one_plain), NULL};
const gemm_form gemm_int8_portable = {"portable", INT8(one), NULL, NULL, NULL};

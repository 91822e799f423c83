// Kernels for every processor: vectors of four, which baseline x86-64 and aarch64 have.
#define ISA portable
#define WIDTH 4
#include "vector.h"

#include "../rows/rows.h"

#include "../scan/scan.h"

#if defined(__aarch64__)  // 32 registers
#define DENSE_ROWS 6
#define DENSE_VECTORS 4
#define FP32_ROWS 6
#define BF16_ROWS 4
#define INT8_ROWS 4
#else
#define DENSE_ROWS 4
#define DENSE_VECTORS 2
#define FP32_ROWS 2
#define BF16_ROWS 2
#define INT8_ROWS 2
#endif
#include "../dense/dense.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS FP32_ROWS
#include "../gemm/fp32.h"
#define TILE_ROWS BF16_ROWS
#include "../gemm/bf16.h"
#define TILE_ROWS INT8_ROWS
#include "../gemm/int8.h"

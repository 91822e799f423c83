// Kernels for every processor: vectors of four, which baseline x86-64 and aarch64 have.
#define ISA portable
#define WIDTH 4
#include "vector.h"

#include "../rows/rows.h"

#if defined(__aarch64__)  // 32 registers
#define DENSE_ROWS 6
#define DENSE_VECTORS 4
#else
#define DENSE_ROWS 4
#define DENSE_VECTORS 2
#endif
#include "../dense/dense.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TILE_ROWS 2
#include "../gemm/fp32.h"
#define TILE_ROWS 2
#include "../gemm/bf16.h"
#define TILE_ROWS 2
#include "../gemm/int8.h"

// Products of fp32, one number a dword, in one isa: gemm_fp32_ISA. Included under the isa's target attribute, after
// isa/vector.h, with TILE_ROWS, TWO_PANELS and OVERLAP (tile.h).
#define TILE(name) PASTE(PASTE(name, fp32), ISA)
#define INT32_SUMS 0
#define APPROXIMATE 0
#include "epilogue.h"
#include "fma.h"

INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return N(load)((const float *)p); }

#include "tile.h"

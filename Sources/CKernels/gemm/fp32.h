// Products of fp32, one number a dword, in one isa: gemm_fp32_ISA. Included under the isa's target attribute, after
// isa/vector.h, with TILE_ROWS, TWO_PANELS and OVERLAP (tile.h).
#define TILE(name) PASTE(PASTE(name, fp32), ISA)
#define INT32_SUMS 0
#define APPROXIMATE 0
#include "epilogue.h"

typedef float TILE(a);
typedef N(vf) TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) {
  float a;
  memcpy(&a, &bits, 4);
  return a;
}
INLINE TILE(b) TILE(load_b)(const uint32_t *p) { return N(load)((const float *)p); }
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) { return s + a * b; }

#include "tile.h"

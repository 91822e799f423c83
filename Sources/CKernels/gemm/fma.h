// The step of isas that multiply fp32 by fp32, for fp32.h and for bf16.h where weights are expanded. Included after
// epilogue.h, with TILE.
typedef float TILE(a);
typedef N(vf) TILE(b);
INLINE TILE(a) TILE(broadcast_a)(uint32_t bits) {
  float a;
  memcpy(&a, &bits, 4);
  return a;
}
INLINE TILE(sum) TILE(step)(TILE(sum) s, TILE(a) a, TILE(b) b) { return s + a * b; }

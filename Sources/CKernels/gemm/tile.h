// Tiles of a product whose sums stand in registers, for one element type and isa. Included by fp32.h, bf16.h and int8.h
// after epilogue.h, with the epilogue's macros and types and with
//   TILE_ROWS    rows of a tile: as many as the registers hold, 2 to 13
//   TWO_PANELS   1 where the registers hold a tile two panels wide
//   OVERLAP      1 where the registers hold a tile and also what it takes to write a sum of another
//   TILE(a), TILE(b)      types: a dword of one row of A, in every lane; the same dword of WIDTH columns of B
//   TILE(broadcast_a)(dword), TILE(load_b)(pointer)
//   TILE(step)(sum, a, b)  sum + the products of the dword's 1, 2 or 4 numbers, first to last
//   EXPANDS_B    optional: a dword of B holds two numbers that are multiplied with two dwords of A, one after the
//                other; then TILE(load_half_of_b)(pointer, high) loads one of them, in the place of load_b
// Defines TILE(gemm), the gemm_kernels that isa/table.c lists, and undefines TILE, TILE_ROWS, EXPANDS_B and the
// epilogue's macros.

#if defined(EXPANDS_B)
#define A_PER_B 2  // dwords of A that a dword of B is multiplied with
#define LOAD_PART_OF_B(p, part) TILE(load_half_of_b)(p, part)
#else
#define A_PER_B 1
#define LOAD_PART_OF_B(p, part) TILE(load_b)(p)
#endif

// Computes the tile of `rows` rows from `row` on. Its sums go to `done`, for write_tile, or with `raw` straight to y.
// With `overlap`, `done` holds the tile before at entry, and its results are written to y between this one's steps.
INLINE void TILE(tile)(const int rows, const int panels, const int raw, const int overlap, const gemm_run *g,
                       size_t row, const char *next, TILE(sum) *done) {
  enum { PER_PANEL = PANEL / WIDTH };
  const int vectors = panels * PER_PANEL;
  TILE(sum) sum[TILE_ROWS][2 * PER_PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[r][v] = (TILE(sum)){0};
  const uint32_t *x = g->x + row * g->x_stride;
  const uint32_t *w = g->packed;
  const size_t stride = g->x_stride, panel = g->panel;
#define LOAD_B(own, i, part)                                                                                    \
  TILE(b) own[2 * PER_PANEL];                                                                                   \
  _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++)                                           \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PER_PANEL; v++)                                    \
          own[p * PER_PANEL + v] = LOAD_PART_OF_B(w + (size_t)p * panel + (i) * PANEL + v * WIDTH, part);
#define ADD_ROW(own, r, i, part)                                                                                \
  {                                                                                                             \
    const TILE(a) a = TILE(broadcast_a)(x[(size_t)r * stride + A_PER_B * (i) + (part)]);                        \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)                                        \
        sum[r][v] = TILE(step)(sum[r][v], a, own[v]);                                                           \
  }
#define PART(i, part)                                                                                           \
  {                                                                                                             \
    LOAD_B(b, i, part)                                                                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) ADD_ROW(b, r, i, part)                    \
  }
#if A_PER_B == 1
#define STEP(i) PART(i, 0)
#elif WIDTH == 16  // 32 registers hold both parts of B
#define STEP(i)                                                                                                 \
  {                                                                                                             \
    LOAD_B(low, i, 0)                                                                                           \
    LOAD_B(high, i, 1)                                                                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                                         \
      ADD_ROW(low, r, i, 0)                                                                                     \
      ADD_ROW(high, r, i, 1)                                                                                    \
    }                                                                                                           \
  }
#else  // a barrier between the parts: the compiler would load A for both first, and spill sums
#define STEP(i)                        \
  PART(i, 0)                           \
  __asm__ volatile("" : : : "memory"); \
  PART(i, 1)
#endif
  size_t i = 0;
  // The steps leave execution units idle: after each one a vector of the tile before is scaled, activated and stored.
  if (overlap) {
#pragma clang loop unroll(disable)
    for (int v = 0; v < vectors; v++) {
      const TILE(column) column = TILE(load_column)(g, v * WIDTH);
#pragma clang loop unroll(disable)
      for (int r = 0; r < rows; r++, i++) {
        TILE(write_vector)(done[r * vectors + v], &column, g, row - (size_t)(rows - r), v * WIDTH);
        // A barrier: the compiler would mix the epilogue with the step's loads and spill registers.
        __asm__ volatile("" : : : "memory");
        STEP(i)
        __asm__ volatile("" : : : "memory");
      }
    }
  }
  // Prefetches the next panels, a line for each step, and then the results' places: too many at once would have to
  // wait for each other.
  const size_t ahead = g->ahead_lines < g->dwords ? g->ahead_lines : g->dwords;
  for (size_t line = 0; line < ahead && i < g->dwords; line++, i++) {
    __builtin_prefetch(next + line * 64, 0, 2);
    STEP(i)
  }
  const size_t size = g->store == CKERNELS_STORE_BF16 ? 2 : 4;
  const char *written = (const char *)g->y + row * g->y_stride * size;
  for (int r = 0; !raw && r < rows && i < g->dwords; r++, i++) {
    for (size_t byte = 0; byte < panels * PANEL * size; byte += 64)
      __builtin_prefetch(written + (size_t)r * g->y_stride * size + byte, 1);
    STEP(i)
  }
  for (; i < g->dwords; i++) { STEP(i) }
#if defined(EXPANDS_B)
  if (g->ends_low) PART(i, 0)
#endif
#undef STEP
#undef PART
#undef ADD_ROW
#undef LOAD_B
  if (raw) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        N(store)((float *)g->y + (row + r) * g->y_stride + v * WIDTH, (N(vf))sum[r][v]);
    return;
  }
  // Sums go to memory because the epilogue, unrolled for every register, would not fit the instruction cache.
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) done[r * vectors + v] = sum[r][v];
}

// 1 where a tile's epilogue can run between the steps of the tile after it: a short activation, whole panels, and a
// step for each vector.
INLINE int TILE(overlaps)(size_t vectors, const gemm_run *g) {
  return OVERLAP && TILE(is_short)(g) && g->columns >= vectors * WIDTH && g->dwords >= vectors * TILE_ROWS;
}

INLINE void TILE(all_rows)(const int panels, const int raw, const gemm_run *g) {
  const size_t vectors = (size_t)panels * PANEL / WIDTH;
  const int overlap = !raw && TILE(overlaps)(vectors, g);
  TILE(sum) done[2 * PANEL / WIDTH * TILE_ROWS];
  const char *next = g->ahead;
  size_t row = 0;
  for (; row + TILE_ROWS <= g->rows; row += TILE_ROWS, next += g->ahead_lines * 64) {
    if (overlap && row) TILE(tile)(TILE_ROWS, panels, raw, 1, g, row, next, done);
    else TILE(tile)(TILE_ROWS, panels, raw, 0, g, row, next, done);
    if (!raw && !overlap) TILE(write_tile)(done, vectors, TILE_ROWS, vectors, g, row);
  }
  if (overlap && row) TILE(write_tile)(done, vectors, TILE_ROWS, vectors, g, row - TILE_ROWS);
  // Rows that do not fill a tile: one smaller tile, or two of about equal height, since a step of fewer than four rows
  // takes as long as one of four.
  while (row < g->rows) {
    const size_t left = g->rows - row, own = left > TILE_ROWS / 2 ? (left + 1) / 2 : left;
    switch (own) {
#define OF(rows) \
  case rows: if (rows <= TILE_ROWS / 2) TILE(tile)(rows, panels, raw, 0, g, row, next, done); break;
      OF(1) OF(2) OF(3) OF(4) OF(5) OF(6)
#undef OF
    }
    if (!raw) TILE(write_tile)(done, vectors, own, vectors, g, row);
    row += own;
  }
}
_Static_assert(TILE_ROWS >= 2 && TILE_ROWS <= 13, "all_rows has tiles for up to six rows left over");

static void TILE(panel1)(const gemm_run *g) { TILE(all_rows)(1, 0, g); }
#if TWO_PANELS
static void TILE(panel2)(const gemm_run *g) { TILE(all_rows)(2, 0, g); }
#endif
#if !INT32_SUMS && !defined(EXPANDS_B)
static void TILE(panel1_raw)(const gemm_run *g) { TILE(all_rows)(1, 1, g); }
#if TWO_PANELS
static void TILE(panel2_raw)(const gemm_run *g) { TILE(all_rows)(2, 1, g); }
#endif
#endif

const gemm_kernels TILE(gemm) = {
    .tile_rows = TILE_ROWS,
#if defined(EXPANDS_B)
    .expands_b = 1,
#endif
    .panel1 = TILE(panel1),
#if TWO_PANELS
    .panel2 = TILE(panel2),
#endif
#if !INT32_SUMS && !defined(EXPANDS_B)
    .panel1_raw = TILE(panel1_raw),
#if TWO_PANELS
    .panel2_raw = TILE(panel2_raw),
#endif
#endif
};
#undef TILE
#undef TILE_ROWS
#undef EXPANDS_B
#undef A_PER_B
#undef LOAD_PART_OF_B
#undef INT32_SUMS
#undef APPROXIMATE

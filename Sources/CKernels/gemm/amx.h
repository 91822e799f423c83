// Products whose sums stand in AMX's tile registers, for one element type. A tile register has 16 rows of 64 bytes: 16
// by 16 sums, 16 dwords of 16 rows of A, or 16 dwords of a panel of B as it is packed. Included by bf16.h and int8.h
// after epilogue.h, with the epilogue's macros and types and with
//   MULTIPLY(sums, a, b)   sums += a · b on tile registers, the instruction for the element type
// Defines TILE(gemm), the gemm_kernels that isa/table.c lists, and undefines MULTIPLY, TILE and the epilogue's macros.
//
// Two tiles of rows times two panels are computed at once. Meanwhile the sums of the two tiles before get their
// epilogue. A sum grows by steps of 16 dwords, the last one filled up with zeros, so that its bits depend on its own
// row and column alone.

#if !defined(AMX_TILES)  // once for all element types of an isa
#define AMX_TILES
enum {
  DEPTH = 16,  // dwords of k that a step multiplies
  HEIGHT = 16,  // rows of a tile register
  BLOCK = 2 * HEIGHT,  // rows that are computed at once
};
_Static_assert(BLOCK <= MOST_TILE_ROWS, "attention has room for the shares of so many rows");

// Configures the thread's tile registers: sums (0 to 3) and A (4 and 5) with `rows` rows, B (6 and 7) with all 16.
static void N(configure)(size_t rows) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } configuration = {.palette = 1};
  for (int t = 0; t < 8; t++) {
    configuration.row_bytes[t] = 4 * DEPTH;
    configuration.rows[t] = t < 6 ? (uint8_t)rows : DEPTH;
  }
  _tile_loadconfig(&configuration);
}
static void N(enter)(void) { N(configure)(HEIGHT); }
// Releasing the registers spares the system from saving 8 KB whenever it switches threads.
static void N(leave)(void) { _tile_release(); }

// A step of A or B within which k ends, filled up with zeros.
typedef struct {
  uint32_t dwords[HEIGHT][DEPTH];
} __attribute__((aligned(64))) N(end);
// The ends of two tiles of A, and of two panels of B.
typedef struct {
  N(end) a[2], b[2];
} N(ends);

// Copies the first `live` dwords of each of `rows` rows of A, `stride` dwords apart.
INLINE void N(copy_end_of_a)(N(end) *to, const uint32_t *from, size_t stride, size_t rows, size_t live) {
  for (size_t r = 0; r < rows; r++, from += stride) {
#if WIDTH == 16
    _mm512_store_si512(to->dwords[r], _mm512_maskz_loadu_epi32((__mmask16)((1u << live) - 1), from));
#else
    for (size_t i = 0; i < DEPTH; i++) to->dwords[r][i] = i < live ? from[i] : 0;
#endif
  }
}
// Copies the first `live` dwords of a panel of B from `from` on.
INLINE void N(copy_end_of_b)(N(end) *to, const uint32_t *from, size_t live) {
  memcpy(to->dwords, from, live * PANEL * 4);
  memset(to->dwords[live], 0, (DEPTH - live) * PANEL * 4);
}
#endif

// Sums of two tiles times two panels, and those rows of them that wait for their epilogue: `rows` rows from row `row`
// of the run on, whose sums begin at `first`.
typedef struct {
  TILE(sum) sums[BLOCK][2 * PANEL / WIDTH] __attribute__((aligned(64)));
  const TILE(sum) *first;
  size_t row, rows;
} TILE(block);

// Writes the results of up to `rows` rows that wait.
INLINE void TILE(write_rows_of)(TILE(block) *waiting, size_t rows, size_t vectors, const gemm_run *g) {
  const size_t pitch = 2 * PANEL / WIDTH, count = rows < waiting->rows ? rows : waiting->rows;
  if (!count) return;
  TILE(write_tile)(waiting->first, pitch, count, vectors, g, waiting->row);
  waiting->first += count * pitch;
  waiting->row += count;
  waiting->rows -= count;
}

// Computes the block of `tiles` times `panels` tiles whose rows begin at `row` and, for the second tile, at `second`;
// meanwhile `waiting` is written. The sums go to `done`, or with `raw` straight to y.
INLINE void TILE(multiply)(const int tiles, const int panels, const int raw, const gemm_run *g, size_t row,
                           size_t second, const char *next, N(ends) *ends, TILE(block) *waiting,
                           TILE(block) *done) {
  const size_t stride = g->x_stride, panel = g->panel, live = g->dwords % DEPTH;
  const size_t steps = g->dwords / DEPTH, vectors = (size_t)panels * PANEL / WIDTH;
  const uint32_t *a0 = g->x + row * stride, *a1 = g->x + second * stride, *b = g->packed;
  const size_t rows_per_step = steps ? (BLOCK + steps - 1) / steps : BLOCK;
  const size_t lines_per_step = steps ? (g->ahead_lines + steps - 1) / steps : 0;
  const size_t size = g->store == CKERNELS_STORE_BF16 ? 2 : 4;
  const char *place = (const char *)g->y + row * g->y_stride * size;
  _tile_zero(0);
  if (panels == 2) _tile_zero(1);
  if (tiles == 2) _tile_zero(2);
  if (tiles == 2 && panels == 2) _tile_zero(3);
#define STEP(a0, a1, a_stride, b0, b1)                                   \
  {                                                                      \
    _tile_loadd(4, a0, (a_stride) * 4);                                  \
    _tile_loadd(6, b0, PANEL * 4);                                       \
    MULTIPLY(0, 4, 6);                                                   \
    if (panels == 2) {                                                   \
      _tile_loadd(7, b1, PANEL * 4);                                     \
      MULTIPLY(1, 4, 7);                                                 \
    }                                                                    \
    if (tiles == 2) {                                                    \
      _tile_loadd(5, a1, (a_stride) * 4);                                \
      MULTIPLY(2, 5, 6);                                                 \
      if (panels == 2) MULTIPLY(3, 5, 7);                                \
    }                                                                    \
  }
  for (size_t i = 0; i < steps; i++, a0 += DEPTH, a1 += DEPTH, b += DEPTH * PANEL) {
    STEP(a0, a1, stride, b, b + panel)
    for (size_t line = 0; next && line < lines_per_step; line++, next += 64) __builtin_prefetch(next, 0, 2);
    if (raw) continue;
    for (size_t r = i * rows_per_step; r < (i + 1) * rows_per_step && r < g->rows - row; r++)
      for (size_t byte = 0; byte < panels * PANEL * size; byte += 64)
        __builtin_prefetch(place + r * g->y_stride * size + byte, 1);
    TILE(write_rows_of)(waiting, rows_per_step, vectors, g);
  }
  if (live) {
    N(copy_end_of_a)(&ends->a[0], a0, stride, g->rows < HEIGHT ? g->rows : HEIGHT, live);
    if (tiles == 2) N(copy_end_of_a)(&ends->a[1], a1, stride, HEIGHT, live);
    STEP(ends->a[0].dwords, ends->a[1].dwords, DEPTH, ends->b[0].dwords, ends->b[1].dwords)
  }
#undef STEP
  char *sums = raw ? (char *)((float *)g->y + row * g->y_stride) : (char *)done->sums;
  const size_t pitch = (raw ? g->y_stride : 2 * PANEL) * 4;
  _tile_stored(0, sums, pitch);
  if (panels == 2) _tile_stored(1, sums + PANEL * 4, pitch);
  if (tiles == 2) {
    // Where the two tiles have rows in common, they have the same sums.
    sums += (second - row) * pitch;
    _tile_stored(2, sums, pitch);
    if (panels == 2) _tile_stored(3, sums + PANEL * 4, pitch);
  }
  if (!raw) TILE(write_rows_of)(waiting, BLOCK, vectors, g);
}

// All rows of a run. Rows that do not fill a tile are multiplied again with those before them, which gives those the
// same sums, or, in a run of fewer rows than a tile, by tiles of fewer rows.
INLINE void TILE(all_rows)(const int panels, const int raw, const gemm_run *g) {
  const size_t live = g->dwords % DEPTH, all = g->rows;
  if (!all) return;
  N(ends) ends;
  for (int p = 0; live && p < panels; p++)
    N(copy_end_of_b)(&ends.b[p], g->packed + (size_t)p * g->panel + (g->dwords - live) * PANEL, live);
  if (all < HEIGHT) N(configure)(all);
  TILE(block) blocks[2];
  blocks[0].rows = blocks[1].rows = 0;
  const char *next = g->ahead;
  size_t row = 0;
  for (int b = 0; row < all; b = !b) {
    const size_t left = all - row, rows = left < BLOCK ? left : BLOCK;
    TILE(block) *done = &blocks[b];
    // Rows that are computed before the first wanted one, to fill a tile.
    const size_t before = rows < HEIGHT && all >= HEIGHT ? HEIGHT - rows : 0;
    if (rows > HEIGHT)
      TILE(multiply)(2, panels, raw, g, row, row + rows - HEIGHT, next, &ends, &blocks[!b], done);
    else TILE(multiply)(1, panels, raw, g, row - before, 0, next, &ends, &blocks[!b], done);
    done->row = row, done->rows = raw ? 0 : rows, done->first = done->sums[before];
    row += rows;
    if (next) next += g->ahead_lines * 64;
  }
  const size_t vectors = (size_t)panels * PANEL / WIDTH;
  if (!raw)
    for (int b = 0; b < 2; b++) TILE(write_rows_of)(&blocks[b], BLOCK, vectors, g);
  if (all < HEIGHT) N(configure)(HEIGHT);
}

static void TILE(panel1)(const gemm_run *g) { TILE(all_rows)(1, 0, g); }
static void TILE(panel2)(const gemm_run *g) { TILE(all_rows)(2, 0, g); }
#if !INT32_SUMS
static void TILE(panel1_raw)(const gemm_run *g) { TILE(all_rows)(1, 1, g); }
static void TILE(panel2_raw)(const gemm_run *g) { TILE(all_rows)(2, 1, g); }
#endif

const gemm_kernels TILE(gemm) = {
    .tile_rows = BLOCK,
    .enter = N(enter),
    .leave = N(leave),
    .panel1 = TILE(panel1),
    .panel2 = TILE(panel2),
#if !INT32_SUMS
    .panel1_raw = TILE(panel1_raw),
    .panel2_raw = TILE(panel2_raw),
#endif
};
#undef MULTIPLY
#undef TILE
#undef INT32_SUMS
#undef APPROXIMATE

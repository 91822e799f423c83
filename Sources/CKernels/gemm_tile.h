// A product's tiles for one element type and instruction set. Included under the form's target attribute,
// after vector.h, with (TILE and PLAIN_SUMS are undefined again at the end)
//   TILE(name)           a name of this element type and form
//   TALL                 rows of a tile: as many as the registers hold, at most 12
//   ROUGH                1 where results are rounded anyway, so that activations may be
//   OVERLAP              1 where the registers hold a tile and what it takes to write a sum of another
//   PLAIN_SUMS           1 where attention wants sums as they are
//   TILE(sum)            an accumulator, WIDTH outputs wide; TILE(value), TILE(factor): the two factors of a step
//   TILE(broadcast)(uint32_t), TILE(fetch)(const uint32_t *), TILE(step)(sum, value, factor)
//   TILE(column), TILE(gather)(run, column): what all sums of these columns have in common
//   TILE(finish)(sum, column, run, row): the sum as floats, scaled, with its bias

INLINE N(vf) TILE(activated)(N(vf) v, const int activation) {
  switch (activation) {
    case CKERNELS_QUICK_GELU: return ROUGH ? N(rough_quick_gelu)(v) : N(quick_gelu)(v);
    case CKERNELS_GELU: return ROUGH ? N(rough_gelu)(v) : N(gelu)(v);
    case CKERNELS_RELU: return v < 0.0f ? N(splat)(0.0f) : v;
    default: return v;
  }
}

// WIDTH outputs of a row to where they belong.
INLINE void TILE(put)(const int store, char *y, N(vf) v) {
  if (store == CKERNELS_STORE_BF16) N(store_bf16)((uint16_t *)y, v);
  else N(store)((float *)y, store == CKERNELS_ADD_FP32 ? N(load)((float *)y) + v : v);
}

// The same for each row of a tile, or for the `live` ones of its outputs.
INLINE void TILE(write)(const int activation, const int store, const TILE(sum) *done, size_t rows, size_t live,
                        const TILE(column) *column, const gemm_run *g, size_t row, char *y) {
  const size_t pitch = g->y_stride * (store == CKERNELS_STORE_BF16 ? 2 : 4);
#pragma clang loop unroll(disable)
  for (size_t r = 0; r < rows; r++, y += pitch) {
    const N(vf) v = TILE(activated)(TILE(finish)(done[r], column, g, row + r), activation);
    if (live == WIDTH) {
      TILE(put)(store, y, v);
      continue;
    }
    // The last columns of a product whose outputs do not fill a panel.
    for (size_t i = 0; i < live; i++) {
      if (store == CKERNELS_STORE_BF16) ((uint16_t *)y)[i] = bf16_from(v[i]);
      else if (store == CKERNELS_ADD_FP32) ((float *)y)[i] += v[i];
      else ((float *)y)[i] = v[i];
    }
  }
}

// A tile's sums to results: the loops know what is done with them, and are there once for tiles of every size.
static __attribute__((noinline)) void TILE(write_tile)(const TILE(sum) *done, size_t rows, size_t vectors,
                                                       const gemm_run *g, size_t row) {
  const gemm_run own = *g;
  const size_t size = own.store == CKERNELS_STORE_BF16 ? 2 : 4;
  for (size_t v = 0; v < vectors; v++, done += TALL) {
    const size_t first = v * WIDTH;
    if (first >= own.columns) return;
    const TILE(column) column = TILE(gather)(&own, first);
    char *y = (char *)own.y + (row * own.y_stride + first) * size;
    const size_t live = own.columns - first < WIDTH ? own.columns - first : WIDTH;
#define WRITE(activation, store, live) TILE(write)(activation, store, done, rows, live, &column, &own, row, y)
#define OF_STORE(activation)                                                                                \
  switch (own.store) {                                                                                      \
    case CKERNELS_STORE_FP32: WRITE(activation, CKERNELS_STORE_FP32, WIDTH); break;                         \
    case CKERNELS_STORE_BF16: WRITE(activation, CKERNELS_STORE_BF16, WIDTH); break;                         \
    default: WRITE(activation, CKERNELS_ADD_FP32, WIDTH);                                                   \
  }
    if (live < WIDTH) {
      WRITE(own.activation, own.store, live);
      continue;
    }
    switch (own.activation) {
      case CKERNELS_IDENTITY: OF_STORE(CKERNELS_IDENTITY) break;
      case CKERNELS_QUICK_GELU: OF_STORE(CKERNELS_QUICK_GELU) break;
      case CKERNELS_GELU: OF_STORE(CKERNELS_GELU) break;
      default: OF_STORE(CKERNELS_RELU)
    }
#undef OF_STORE
#undef WRITE
  }
}

// `done` takes the sums. With `before` it holds those of the tile before this one, which are written meanwhile.
INLINE void TILE(tile)(const int rows, const int panels, const int plain, const int before, const gemm_run *g,
                       size_t row, const char *next, TILE(sum) *done) {
  enum { A_PANEL = PANEL / WIDTH };
  TILE(sum) sum[TALL][2 * A_PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * A_PANEL; v++) sum[r][v] = (TILE(sum)){0};
  const uint32_t *x = g->x + row * g->x_stride;
  const uint32_t *w = g->packed;
  const size_t stride = g->x_stride, panel = g->dwords * PANEL;
  const size_t size = g->store == CKERNELS_STORE_BF16 ? 2 : 4;  // of an output
#define STEP(i)                                                                        \
  {                                                                                    \
    TILE(factor) factors[2 * A_PANEL];                                                 \
    _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++)                \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < A_PANEL; v++)           \
            factors[p * A_PANEL + v] =                                                 \
                TILE(fetch)(w + (size_t)p * panel + (i) * PANEL + v * WIDTH);          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                \
      const TILE(value) value = TILE(broadcast)(x[(size_t)r * stride + (i)]);          \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < panels * A_PANEL; v++)    \
          sum[r][v] = TILE(step)(sum[r][v], value, factors[v]);                        \
    }                                                                                  \
  }
  size_t i = 0;
  // The sums before are scaled, activated and stored between the steps, in what these leave of the processor's width.
  if (before) {
#pragma clang loop unroll(disable)
    for (int v = 0; v < panels * A_PANEL; v++) {
      const TILE(column) column = TILE(gather)(g, v * WIDTH);
#pragma clang loop unroll(disable)
      for (int r = 0; r < rows; r++, i++) {
        const size_t own = row - (size_t)(rows - r);
        N(vf) value = TILE(finish)(done[v * TALL + r], &column, g, own);
        if (ROUGH && g->activation == CKERNELS_QUICK_GELU) value = N(rough_quick_gelu)(value);
        TILE(put)(g->store, (char *)g->y + (own * g->y_stride + v * WIDTH) * size, value);
        // Not among the step's loads: the registers would not hold both.
        __asm__ volatile("" : : : "memory");
        STEP(i)
        __asm__ volatile("" : : : "memory");
      }
    }
  }
  // What the next columns need is on its way while these are computed, a line for each step, and so is what
  // will be written: too many at once would have to wait for each other.
  const size_t ahead = g->ahead_lines < g->dwords ? g->ahead_lines : g->dwords;
  for (size_t line = 0; line < ahead && i < g->dwords; line++, i++) {
    __builtin_prefetch(next + line * 64, 0, 2);
    STEP(i)
  }
  const char *written = (const char *)g->y + row * g->y_stride * size;
  for (int r = 0; !plain && r < rows && i < g->dwords; r++, i++) {
    for (size_t byte = 0; byte < panels * PANEL * size; byte += 64)
      __builtin_prefetch(written + (size_t)r * g->y_stride * size + byte, 1);
    STEP(i)
  }
  for (; i < g->dwords; i++) STEP(i)
#undef STEP
  if (plain) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < panels * A_PANEL; v++)
        N(store)((float *)g->y + (row + r) * g->y_stride + v * WIDTH, (N(vf))sum[r][v]);
    return;
  }
  // Through memory: code for every register would crowd the cache.
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * A_PANEL; v++) done[v * TALL + r] = sum[r][v];
}

// Whether tiles may be written by the tile after them: there are steps enough, and what is done with a sum is short.
INLINE int TILE(overlaps)(size_t vectors, const gemm_run *g) {
  const int is_short = g->activation == CKERNELS_IDENTITY || (ROUGH && g->activation == CKERNELS_QUICK_GELU);
  return OVERLAP && is_short && g->columns >= vectors * WIDTH && g->dwords >= vectors * TALL;
}

INLINE void TILE(all_rows)(const int panels, const int plain, const gemm_run *g) {
  const size_t vectors = (size_t)panels * PANEL / WIDTH;
  const int overlap = !plain && TILE(overlaps)(vectors, g);
  TILE(sum) done[2 * PANEL / WIDTH * TALL];
  const char *next = g->ahead;
  size_t row = 0;
  for (; row + TALL <= g->rows; row += TALL, next += g->ahead_lines * 64) {
    if (overlap && row) TILE(tile)(TALL, panels, plain, 1, g, row, next, done);
    else TILE(tile)(TALL, panels, plain, 0, g, row, next, done);
    if (!plain && !overlap) TILE(write_tile)(done, TALL, vectors, g, row);
  }
  if (overlap && row) TILE(write_tile)(done, TALL, vectors, g, row - TALL);
  // What is left in one tile or two alike: a step of few rows takes as long as one of four.
  while (row < g->rows) {
    const size_t left = g->rows - row, own = left > TALL / 2 ? (left + 1) / 2 : left;
    switch (own) {
#define OF(rows) \
  case rows: if (rows <= TALL / 2) TILE(tile)(rows, panels, plain, 0, g, row, next, done); break;
      OF(1) OF(2) OF(3) OF(4) OF(5) OF(6)
#undef OF
    }
    if (!plain) TILE(write_tile)(done, own, vectors, g, row);
    row += own;
  }
}

static void TILE(one)(const gemm_run *g) { TILE(all_rows)(1, 0, g); }
#if TWO_PANELS
static void TILE(two)(const gemm_run *g) { TILE(all_rows)(2, 0, g); }
#endif
#if PLAIN_SUMS
static void TILE(one_plain)(const gemm_run *g) { TILE(all_rows)(1, 1, g); }
#if TWO_PANELS
static void TILE(two_plain)(const gemm_run *g) { TILE(all_rows)(2, 1, g); }
#endif
#endif
#undef TILE
#undef PLAIN_SUMS

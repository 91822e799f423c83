// A product's tiles for one element type and instruction set. Included under the form's target attribute,
// after vector.h, with (TILE and PLAIN_SUMS are undefined again at the end)
//   TILE(name)           a name of this element type and form
//   TALL, LOW            rows of a tile: as many as the registers hold, and fewer for what is left
//   ROUGH                1 where results are rounded anyway, so that activations may be
//   PLAIN_SUMS           1 where attention wants sums as they are
//   TILE(sum)            an accumulator, WIDTH outputs wide; TILE(value), TILE(factor): the two factors of a step
//   TILE(broadcast)(uint32_t), TILE(fetch)(const uint32_t *), TILE(step)(sum, value, factor)
//   TILE(column), TILE(gather)(run, column): what all sums of these columns have in common
//   TILE(finish)(sum, column, run, row): the sum as floats, scaled, with its bias

INLINE void TILE(put)(N(vf) v, const gemm_run *g, size_t row, size_t column) {
  if (g->activation == CKERNELS_QUICK_GELU) v = ROUGH ? N(rough_quick_gelu)(v) : N(quick_gelu)(v);
  else if (g->activation == CKERNELS_GELU) v = ROUGH ? N(rough_gelu)(v) : N(gelu)(v);
  else if (g->activation == CKERNELS_RELU) v = v < 0.0f ? N(splat)(0.0f) : v;
  const size_t place = row * g->y_stride + column;
  if (column + WIDTH <= g->columns) {
    if (g->store == CKERNELS_STORE_BF16) {
      N(store_bf16)((uint16_t *)g->y + place, v);
    } else {
      float *y = (float *)g->y + place;
      N(store)(y, g->store == CKERNELS_ADD_FP32 ? N(load)(y) + v : v);
    }
    return;
  }
  // The last columns of a product whose outputs do not fill a panel.
  const size_t live = column < g->columns ? g->columns - column : 0;
  for (size_t i = 0; i < live; i++) {
    if (g->store == CKERNELS_STORE_BF16) ((uint16_t *)g->y)[place + i] = bf16_from(v[i]);
    else if (g->store == CKERNELS_ADD_FP32) ((float *)g->y)[place + i] += v[i];
    else ((float *)g->y)[place + i] = v[i];
  }
}

INLINE void TILE(tile)(const int rows, const int panels, const int plain, const gemm_run *g, size_t row,
                         const char *next) {
  enum { A_PANEL = PANEL / WIDTH };
  TILE(sum) sum[TALL][2 * A_PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * A_PANEL; v++) sum[r][v] = (TILE(sum)){0};
  const uint32_t *x = g->x + row * g->x_stride;
  const uint32_t *w = g->packed;
  const size_t stride = g->x_stride, panel = g->dwords * PANEL;
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
  // What the next columns need is on its way while these are computed, a line for each step, and so is what
  // will be written: too many at once would have to wait for each other.
  size_t i = 0;
  const size_t ahead = g->ahead_lines < g->dwords ? g->ahead_lines : g->dwords;
  for (; i < ahead; i++) {
    __builtin_prefetch(next + i * 64, 0, 2);
    STEP(i)
  }
  const size_t size = g->store == CKERNELS_STORE_BF16 ? 2 : 4;
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
  // Through memory: the rest is a loop, where code for every register would crowd the cache.
  TILE(sum) done[TALL][2 * A_PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * A_PANEL; v++) done[r][v] = sum[r][v];
#pragma clang loop unroll(disable)
  for (int v = 0; v < panels * A_PANEL; v++) {
    const TILE(column) column = TILE(gather)(g, v * WIDTH);
#pragma clang loop unroll(disable)
    for (int r = 0; r < rows; r++)
      TILE(put)(TILE(finish)(done[r][v], &column, g, row + r), g, row + r, v * WIDTH);
  }
}

INLINE void TILE(all_rows)(const int panels, const int plain, const gemm_run *g) {
  const char *next = g->ahead;
  size_t row = 0;
  for (; row + TALL <= g->rows; row += TALL, next += g->ahead_lines * 64)
    TILE(tile)(TALL, panels, plain, g, row, next);
  for (; row + LOW <= g->rows; row += LOW) TILE(tile)(LOW, panels, plain, g, row, next);
  for (; row < g->rows; row++) TILE(tile)(1, panels, plain, g, row, next);
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

// A product's tiles for one element type and instruction set. Included under the form's target attribute,
// after vector.h, with
//   TILE(name)           a name of this element type and form
//   TALL, LOW            rows of a tile: as many as the registers hold, and fewer for what is left
//   ROUGH                1 where results are rounded anyway, so that activations may be
//   TILE(sum)            an accumulator, WIDTH outputs wide; TILE(value), TILE(factor): the two factors of a step
//   TILE(broadcast)(uint32_t), TILE(fetch)(const uint32_t *), TILE(step)(sum, value, factor)
//   TILE(column), TILE(gather)(run, column): what all sums of these columns have in common
//   TILE(finish)(sum, column, run, row): the sum as floats, scaled, with its bias

INLINE void TILE(put)(N(vf) v, const gemm_run *g, size_t row, size_t column) {
  if (g->activation == CKERNELS_QUICK_GELU) v = ROUGH ? N(rough_quick_gelu)(v) : N(quick_gelu)(v);
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

INLINE void TILE(tile)(const int rows, const int panels, const gemm_run *g, size_t row) {
  enum { A_PANEL = PANEL / WIDTH };
  TILE(sum) sum[TALL][2 * A_PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * A_PANEL; v++) sum[r][v] = (TILE(sum)){0};
  // What will be written is on its way while the sums are computed.
  const size_t size = g->store == CKERNELS_STORE_BF16 ? 2 : 4;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const char *line = (const char *)g->y + (row + r) * g->y_stride * size;
    for (size_t byte = 0; byte < panels * PANEL * size; byte += 64) __builtin_prefetch(line + byte, 1);
  }
  const uint32_t *x = g->x + row * g->x_stride;
  const uint32_t *w = g->packed;
  const size_t stride = g->x_stride, panel = g->dwords * PANEL;
  for (size_t i = 0; i < g->dwords; i++) {
    TILE(factor) factors[2 * A_PANEL];
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++)
#pragma clang loop unroll(full)
      for (int v = 0; v < A_PANEL; v++)
        factors[p * A_PANEL + v] = TILE(fetch)(w + (size_t)p * panel + i * PANEL + v * WIDTH);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const TILE(value) value = TILE(broadcast)(x[(size_t)r * stride + i]);
#pragma clang loop unroll(full)
      for (int v = 0; v < panels * A_PANEL; v++)
        sum[r][v] = TILE(step)(sum[r][v], value, factors[v]);
    }
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

static void TILE(one)(const gemm_run *g) {
  size_t row = 0;
  for (; row + TALL <= g->rows; row += TALL) TILE(tile)(TALL, 1, g, row);
  for (; row + LOW <= g->rows; row += LOW) TILE(tile)(LOW, 1, g, row);
  for (; row < g->rows; row++) TILE(tile)(1, 1, g, row);
}

#if TWO_PANELS
static void TILE(two)(const gemm_run *g) {
  size_t row = 0;
  for (; row + TALL <= g->rows; row += TALL) TILE(tile)(TALL, 2, g, row);
  for (; row + LOW <= g->rows; row += LOW) TILE(tile)(LOW, 2, g, row);
  for (; row < g->rows; row++) TILE(tile)(1, 2, g, row);
}
#endif

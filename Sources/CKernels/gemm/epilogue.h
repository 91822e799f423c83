// The epilogue of a product: sums are scaled, get their bias, are activated and stored. Every product but a raw one
// (panel1_raw) ends with it, whether its sums come from registers (tile.h) or from a unit that leaves them in memory.
// Included under the isa's target attribute, after isa/vector.h, once for each element type, by a header that defines
// the gemm_kernels TILE(gemm) and then undefines these macros again, as tile.h does:
//   TILE(name)   a name of this element type and isa
//   INT32_SUMS   1: int32 sums of unsigned A times signed B, scaled by row and column, with a zero for each row;
//                0: fp32 sums, scaled by row where row_scale is not NULL
//   A_OFFSET     optional, for int32 sums: the number that the steps subtracted from each number of A
//   APPROXIMATE  1 where results are rounded anyway, so that activations may be approximate
//
// Where sums come from: a block in memory, row by row. A TILE(sum) is the WIDTH sums of neighbouring columns; the
// block's first one belongs to row `row` of the run and to its first column, and from one row to the next there are
// `pitch` of them.
// It reads the run's scales, zeros, column sums, bias, columns, activation, store and y, and nothing else. It writes y
// of the block's rows, columns below run->columns; CKERNELS_ADD_FP32 reads them first. It keeps no state, so that
// blocks may be written in any order, and a block in parts:
//   TILE(write_tile)(sums, pitch, rows, vectors, run, row)   `rows` rows of `vectors` TILE(sum)s each
//   TILE(write_vector)(sum, column, run, row, first)         one TILE(sum), for a tile that is written between the
//                                                            steps of the next one; only where TILE(is_short)(run).
//                                                            `first` is a column of the run, `column` is
//                                                            TILE(load_column)(run, first)

// Scale, column sum and bias of WIDTH columns from `first` on, loaded once for all rows of a block.
#if INT32_SUMS
typedef N(vi) TILE(sum);
typedef struct { N(vi) sum; N(vf) scale, scaled_sum, bias; } TILE(column);
INLINE TILE(column) TILE(load_column)(const gemm_run *g, size_t first) {
  TILE(column) c;
  memcpy(&c.sum, g->column_sum + first, sizeof c.sum);
  c.scale = N(load)(g->column_scale + first);
  c.scaled_sum = __builtin_convertvector(c.sum, N(vf)) * c.scale;
  c.bias = g->bias ? N(load)(g->bias + first) : N(splat)(0.0f);
  return c;
}
INLINE N(vf) TILE(scaled)(TILE(sum) s, const TILE(column) *c, const gemm_run *g, size_t row) {
#if defined(A_OFFSET)
  s += c->sum * A_OFFSET;  // the steps computed (A - A_OFFSET) · B
#endif
  const N(vf) v = __builtin_convertvector(s, N(vf)) * c->scale - g->row_zero[row] * c->scaled_sum;
  return v * g->row_scale[row] + c->bias;
}
#else
typedef N(vf) TILE(sum);
typedef N(vf) TILE(column);
INLINE TILE(column) TILE(load_column)(const gemm_run *g, size_t first) {
  return g->bias ? N(load)(g->bias + first) : N(splat)(0.0f);
}
INLINE N(vf) TILE(scaled)(TILE(sum) s, const TILE(column) *bias, const gemm_run *g, size_t row) {
  return g->row_scale ? s * g->row_scale[row] + *bias : s + *bias;
}
#endif

INLINE N(vf) TILE(activated)(N(vf) v, const int activation) {
  switch (activation) {
    case CKERNELS_QUICK_GELU: return APPROXIMATE ? N(approximate_quick_gelu)(v) : N(quick_gelu)(v);
    case CKERNELS_GELU: return APPROXIMATE ? N(approximate_gelu)(v) : N(gelu)(v);
    case CKERNELS_TANH_GELU: return APPROXIMATE ? N(approximate_tanh_gelu)(v) : N(tanh_gelu)(v);
    case CKERNELS_RELU: return v < 0.0f ? N(splat)(0.0f) : v;
    default: return v;
  }
}

// Stores WIDTH results of a row at y.
INLINE void TILE(put)(const int store, char *y, N(vf) v) {
  if (store == CKERNELS_STORE_BF16) N(store_bf16)((uint16_t *)y, v);
  else N(store)((float *)y, store == CKERNELS_ADD_FP32 ? N(load)((float *)y) + v : v);
}

// 1 where the activation is short enough to be computed between the steps of another tile.
INLINE int TILE(is_short)(const gemm_run *g) {
  return g->activation == CKERNELS_IDENTITY || (APPROXIMATE && g->activation == CKERNELS_QUICK_GELU);
}

INLINE void TILE(write_vector)(TILE(sum) sum, const TILE(column) *column, const gemm_run *g, size_t row,
                               size_t first) {
  N(vf) v = TILE(scaled)(sum, column, g, row);
  if (APPROXIMATE && g->activation == CKERNELS_QUICK_GELU) v = N(approximate_quick_gelu)(v);
  TILE(put)(g->store, (char *)g->y + (row * g->y_stride + first) * (g->store == CKERNELS_STORE_BF16 ? 2 : 4), v);
}

// Writes one vector of results in each of `rows` rows, the first at y; only its first `live` columns where the product
// ends within it.
INLINE void TILE(write_rows)(const int activation, const int store, const TILE(sum) *sums, size_t pitch, size_t rows,
                             size_t live, const TILE(column) *column, const gemm_run *g, size_t row, char *y) {
  const size_t y_pitch = g->y_stride * (store == CKERNELS_STORE_BF16 ? 2 : 4);
#pragma clang loop unroll(disable)
  for (size_t r = 0; r < rows; r++, y += y_pitch) {
    const N(vf) v = TILE(activated)(TILE(scaled)(sums[r * pitch], column, g, row + r), activation);
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

// write_rows is compiled for each activation and store. This function stays out of line, so that tiles of every height
// share those loops.
static __attribute__((noinline)) void TILE(write_tile)(const TILE(sum) *sums, size_t pitch, size_t rows,
                                                       size_t vectors, const gemm_run *g, size_t row) {
  const gemm_run own = *g;
  const size_t size = own.store == CKERNELS_STORE_BF16 ? 2 : 4;
  for (size_t v = 0; v < vectors; v++, sums++) {
    const size_t first = v * WIDTH;
    if (first >= own.columns) return;
    const TILE(column) column = TILE(load_column)(&own, first);
    char *y = (char *)own.y + (row * own.y_stride + first) * size;
    const size_t live = own.columns - first < WIDTH ? own.columns - first : WIDTH;
#define WRITE(activation, store, live) \
  TILE(write_rows)(activation, store, sums, pitch, rows, live, &column, &own, row, y)
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
      case CKERNELS_TANH_GELU: OF_STORE(CKERNELS_TANH_GELU) break;
      default: OF_STORE(CKERNELS_RELU)
    }
#undef OF_STORE
#undef WRITE
  }
}

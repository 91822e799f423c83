// Kernels of doubles, in one isa: dense_ISA. Included under the isa's target attribute, after isa/vector.h, with
//   DENSE_ROWS     rows of a tile
//   DENSE_VECTORS  vectors of a tile's row: its sums take DENSE_ROWS · DENSE_VECTORS registers
// Each element's sum is taken from first to last in a register, whatever the tile that it falls into.
#define LANES_OF_DOUBLES (WIDTH / 2)
#define COLUMNS (DENSE_VECTORS * LANES_OF_DOUBLES)

typedef double N(vd) __attribute__((ext_vector_type(LANES_OF_DOUBLES)));
typedef struct {
  N(vd) at[DENSE_ROWS][DENSE_VECTORS];
} N(tile_of_doubles);

INLINE N(vd) N(load_doubles)(const double *p) {
  N(vd) v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void N(store_doubles)(double *p, N(vd) v) { memcpy(p, &v, sizeof v); }

#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < DENSE_ROWS; r++)
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < DENSE_VECTORS; v++)

// Packs lines to panels of `width`. A full panel's lines are copied in an unrolled loop, from memory where either lines
// or numbers are next to each other.
INLINE void N(pack_lines)(const int width, const ckernels_dense_lines *lines, double *to) {
  const ptrdiff_t across = lines->across, along = lines->along;
  const size_t k = lines->k, panel = (size_t)width * k;
  for (size_t first = 0; first < lines->count; first += (size_t)width, to += panel) {
    const double *from = lines->from + (ptrdiff_t)first * across;
    const size_t count = lines->count - first;
    if (count < (size_t)width) {
      for (size_t i = 0; i < k; i++, from += along)
#pragma clang loop unroll(full)
        for (int line = 0; line < width; line++)
          to[i * (size_t)width + (size_t)line] = (size_t)line < count ? from[line * across] : 0;
    } else if (across == 1) {
      for (size_t i = 0; i < k; i++, from += along)
        memcpy(to + i * (size_t)width, from, (size_t)width * sizeof *to);
    } else {
      for (size_t i = 0; i < k; i++, from += along)
#pragma clang loop unroll(full)
        for (int line = 0; line < width; line++) to[i * (size_t)width + (size_t)line] = from[line * across];
    }
  }
}
static void N(dense_pack_rows)(const ckernels_dense_lines *rows, double *to) { N(pack_lines)(DENSE_ROWS, rows, to); }
static void N(dense_pack_columns)(const ckernels_dense_lines *columns, double *to) {
  N(pack_lines)(COLUMNS, columns, to);
}

static void N(dense_unpack_columns)(const ckernels_dense_lines *columns, const double *from) {
  for (size_t first = 0; first < columns->count; first += COLUMNS) {
    double *to = columns->from + (ptrdiff_t)first * columns->across;
    const size_t count = columns->count - first < COLUMNS ? columns->count - first : COLUMNS;
    for (size_t i = 0; i < columns->k; i++, from += COLUMNS, to += columns->along) {
      if (count == COLUMNS && columns->across == 1) memcpy(to, from, COLUMNS * sizeof *to);
      else
        for (size_t column = 0; column < count; column++) to[(ptrdiff_t)column * columns->across] = from[column];
    }
  }
}

// The sums of a panel of A [k][DENSE_ROWS] times a panel of B [k][COLUMNS].
INLINE N(tile_of_doubles) N(sums_of_doubles)(size_t k, const double *a, const double *b) {
  N(tile_of_doubles) sum;
  EACH_ROW EACH_VECTOR sum.at[r][v] = (N(vd)){0};
#pragma clang loop unroll_count(4)
  for (size_t i = 0; i < k; i++, a += DENSE_ROWS, b += COLUMNS) {
    N(vd) own[DENSE_VECTORS];
    EACH_VECTOR own[v] = N(load_doubles)(b + v * LANES_OF_DOUBLES);
    EACH_ROW EACH_VECTOR sum.at[r][v] = sum.at[r][v] + a[r] * own[v];
  }
  return sum;
}

INLINE void N(add_tile)(const N(tile_of_doubles) *sum, double scale, double *c, size_t stride) {
  EACH_ROW EACH_VECTOR {
    double *to = c + (size_t)r * stride + v * LANES_OF_DOUBLES;
    N(store_doubles)(to, N(load_doubles)(to) + scale * sum->at[r][v]);
  }
}

static void N(dense_multiply)(const ckernels_dense_product *p) {
  const double *a = p->a;
  for (size_t row = 0; row < p->rows; row += DENSE_ROWS, a += DENSE_ROWS * p->k) {
    double *c = p->c + row * p->stride;
    const size_t rows = p->rows - row < DENSE_ROWS ? p->rows - row : DENSE_ROWS;
    prefetch_rows(c, rows, p->stride * sizeof *c, COLUMNS * sizeof *c);
    const N(tile_of_doubles) sum = N(sums_of_doubles)(p->k, a, p->b);
    if (rows == DENSE_ROWS && p->columns == COLUMNS) {
      N(add_tile)(&sum, p->scale, c, p->stride);
      continue;
    }
    // The same vectors in memory of their own: every element is added in the same way.
    double part[DENSE_ROWS * COLUMNS] = {0};
    for (size_t r = 0; r < rows; r++) memcpy(part + r * COLUMNS, c + r * p->stride, p->columns * sizeof *c);
    N(add_tile)(&sum, p->scale, part, COLUMNS);
    for (size_t r = 0; r < rows; r++) memcpy(c + r * p->stride, part + r * COLUMNS, p->columns * sizeof *c);
  }
}

static void N(dense_solve_panel)(const ckernels_dense_solve *s) {
  for (size_t panel = s->first; panel < s->last; panel++) {
    const size_t k = panel * DENSE_ROWS, zeros = s->zeros * DENSE_ROWS;
    const double *l = s->l + DENSE_ROWS * (k + DENSE_ROWS) / 2 * panel;
    double *b = s->b + k * COLUMNS;
    N(tile_of_doubles) rest = N(sums_of_doubles)(k - zeros, l + zeros * DENSE_ROWS, s->b + zeros * COLUMNS);
    EACH_ROW EACH_VECTOR
      rest.at[r][v] = N(load_doubles)(b + r * COLUMNS + v * LANES_OF_DOUBLES) - rest.at[r][v];
    l += k * DENSE_ROWS;
    // Column by column of the diagonal block, whose diagonal holds reciprocals.
#pragma clang loop unroll(full)
    for (int i = 0; i < DENSE_ROWS; i++) {
      EACH_VECTOR {
        rest.at[i][v] = l[i * DENSE_ROWS + i] * rest.at[i][v];
        N(store_doubles)(b + i * COLUMNS + v * LANES_OF_DOUBLES, rest.at[i][v]);
      }
#pragma clang loop unroll(full)
      for (int r = i + 1; r < DENSE_ROWS; r++)
        EACH_VECTOR rest.at[r][v] = rest.at[r][v] - l[i * DENSE_ROWS + r] * rest.at[i][v];
    }
  }
}

// Number i is added to sum i % DOTS, whatever the vectors' width: enough sums that an addition need not wait for the
// one before.
#define DOTS 32
INLINE void N(add_products)(const double *a, const double *b, N(vd) *sums) {
#pragma clang loop unroll(full)
  for (int v = 0; v < DOTS / LANES_OF_DOUBLES; v++)
    sums[v] = sums[v] + N(load_doubles)(a + v * LANES_OF_DOUBLES) * N(load_doubles)(b + v * LANES_OF_DOUBLES);
}
static double N(dense_dot)(size_t count, const double *a, const double *b) {
  N(vd) sums[DOTS / LANES_OF_DOUBLES];
  for (int v = 0; v < DOTS / LANES_OF_DOUBLES; v++) sums[v] = (N(vd)){0};
  size_t i = 0;
  for (; i + DOTS <= count; i += DOTS) N(add_products)(a + i, b + i, sums);
  if (i < count) {
    double rest[2][DOTS] = {{0}};
    memcpy(rest[0], a + i, (count - i) * sizeof *a);
    memcpy(rest[1], b + i, (count - i) * sizeof *b);
    N(add_products)(rest[0], rest[1], sums);
  }
  double all[DOTS];
  memcpy(all, sums, sizeof all);
  for (int half = DOTS / 2; half > 0; half /= 2)
    for (int s = 0; s < half; s++) all[s] += all[s + half];
  return all[0];
}

static void N(dense_add_scaled)(size_t count, double scale, const double *x, double *y) {
  size_t i = 0;
  for (; i + LANES_OF_DOUBLES <= count; i += LANES_OF_DOUBLES)
    N(store_doubles)(y + i, N(load_doubles)(y + i) + scale * N(load_doubles)(x + i));
  for (; i < count; i++) y[i] = y[i] + scale * x[i];
}

static void N(dense_rotate)(size_t count, double cosine, double sine, double *x, double *y) {
  size_t i = 0;
  for (; i + LANES_OF_DOUBLES <= count; i += LANES_OF_DOUBLES) {
    const N(vd) a = N(load_doubles)(x + i), b = N(load_doubles)(y + i);
    N(store_doubles)(x + i, cosine * a + sine * b);
    N(store_doubles)(y + i, cosine * b - sine * a);
  }
  for (; i < count; i++) {
    const double a = x[i], b = y[i];
    x[i] = cosine * a + sine * b;
    y[i] = cosine * b - sine * a;
  }
}

const dense_kernels N(dense) = {
    .rows = DENSE_ROWS,
    .columns = COLUMNS,
    .pack_rows = N(dense_pack_rows),
    .pack_columns = N(dense_pack_columns),
    .unpack_columns = N(dense_unpack_columns),
    .multiply = N(dense_multiply),
    .solve_panel = N(dense_solve_panel),
    .dot = N(dense_dot),
    .add_scaled = N(dense_add_scaled),
    .rotate = N(dense_rotate),
};
#undef EACH_ROW
#undef EACH_VECTOR

// The kernels of doubles in Sources/CKernels/dense, in every isa that this processor runs, against plain loops in long
// double: odd sizes, and the same bits wherever an element stands. run.sh builds this with sanitizers, and for aarch64
// under an emulator.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CKernels/isa/isa.h"
#include "CProcessor.h"
#include "check.h"

static uint64_t state = 1;
static uint32_t random_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}
static size_t below(size_t n) { return random_bits() % n; }
static double number(void) { return (double)(int32_t)random_bits() / 2147483648.0; }

// Exactly as large as asked, so that the address sanitizer sees the first byte too many.
static double *memory(size_t count) {
  void *p = NULL;
  if (posix_memalign(&p, 64, count ? count * sizeof(double) : 1)) abort();
  return p;
}
static double *numbers(size_t count) {
  double *p = memory(count);
  for (size_t i = 0; i < count; i++) p[i] = number();
  return p;
}

// Rows [rows, k], as panels of `width` rows; zeros fill the last one up.
static double *packed(const double *rows, size_t count, size_t k, size_t width) {
  const size_t panels = (count + width - 1) / width;
  double *to = memory(panels * width * k);
  for (size_t row = 0; row < panels * width; row++)
    for (size_t i = 0; i < k; i++)
      to[row / width * width * k + i * width + row % width] = row < count ? rows[row * k + i] : 0;
  return to;
}

// Packing is what plain loops do, for numbers side by side, for lines side by side and for the last line first;
// unpacking writes the columns and nothing else.
static void test_packing(const dense_kernels *kernels, size_t count, size_t k) {
  double *rows = numbers(count * k);
  for (int way = 0; way < 3; way++) {
    const size_t pitch = (way == 1 ? count : k) + below(3), room = (way == 1 ? k : count) * pitch;
    const size_t origin = way == 2 ? (count - 1) * pitch : 0;
    double *given = memory(room), *back = memory(room);
    for (size_t i = 0; i < room; i++) given[i] = back[i] = 7;
    const ptrdiff_t across = way == 0 ? (ptrdiff_t)pitch : way == 1 ? 1 : -(ptrdiff_t)pitch;
    ckernels_dense_lines lines = {given + origin, count, k, across, way == 1 ? (ptrdiff_t)pitch : 1};
    for (size_t line = 0; line < count; line++)
      for (size_t i = 0; i < k; i++)
        lines.from[(ptrdiff_t)line * across + (ptrdiff_t)i * lines.along] = rows[line * k + i];
    for (int columns = 0; columns < 2; columns++) {
      const size_t width = columns ? kernels->columns : kernels->rows, size = (count + width - 1) / width * width * k;
      double *expected = packed(rows, count, k, width), *found = memory(size);
      (columns ? kernels->pack_columns : kernels->pack_rows)(&lines, found);
      CHECK(!memcmp(found, expected, size * sizeof *found), "%zu lines of %zu, way %d", count, k, way);
      free(expected);
      if (!columns) {
        free(found);
        continue;
      }
      lines.from = back + origin;
      kernels->unpack_columns(&lines, found);
      CHECK(!memcmp(back, given, room * sizeof *back), "%zu columns of %zu unpacked, way %d", count, k, way);
      free(found);
    }
    free(given), free(back);
  }
  free(rows);
}

static double worst_sum, worst_solve;

static void test_multiply(const dense_kernels *kernels, size_t rows, size_t k, size_t columns) {
  const size_t stride = columns + below(3);
  double *a = numbers(rows * k), *b = numbers(columns * k), *c = numbers(rows * stride);
  double *before = memory(rows * stride), *alone = memory(columns);
  memcpy(before, c, rows * stride * sizeof *c);
  double *packed_a = packed(a, rows, k, kernels->rows), *packed_b = packed(b, columns, k, kernels->columns);
  ckernels_dense_product p = {rows, columns, k, 0.75, packed_a, packed_b, c, stride};
  kernels->multiply(&p);
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      long double sum = 0, magnitude = fabs(before[row * stride + column]);
      for (size_t i = 0; i < k; i++) {
        const long double term = 0.75L * (long double)a[row * k + i] * (long double)b[column * k + i];
        sum += term, magnitude += fabsl(term);
      }
      const double error = (double)(fabsl((long double)c[row * stride + column] - before[row * stride + column] - sum) /
                                    (magnitude * DBL_EPSILON));
      worst_sum = fmax(worst_sum, error);
      CHECK(error <= 1 + (double)k / 8, "%zu x %zu x %zu: %g epsilon", rows, k, columns, error);
    }
    for (size_t column = columns; column < stride; column++)
      CHECK(c[row * stride + column] == before[row * stride + column], "column %zu was written", column);
  }
  // A row alone has the same bits.
  const size_t row = below(rows);
  free(packed_a);
  packed_a = packed(a + row * k, 1, k, kernels->rows);
  memcpy(alone, before + row * stride, columns * sizeof *alone);
  p = (ckernels_dense_product){1, columns, k, 0.75, packed_a, packed_b, alone, columns};
  kernels->multiply(&p);
  CHECK(!memcmp(alone, c + row * stride, columns * sizeof *c), "row %zu of %zu has other bits alone", row, rows);
  free(a), free(b), free(c), free(before), free(alone), free(packed_a), free(packed_b);
}

static void test_solve(const dense_kernels *kernels, size_t order) {
  const size_t width = kernels->rows, columns = kernels->columns;
  const size_t panels = (order + width - 1) / width, rows = panels * width;
  double *l = numbers(rows * rows), *packed_l = memory(width * width * panels * (panels + 1) / 2), *to = packed_l;
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = 0; i < rows; i++)
      if (i > row || (row >= order && i < row)) l[row * rows + i] = 0;
    l[row * rows + row] = row < order ? 1 + fabs(number()) : 1;
  }
  for (size_t panel = 0; panel < panels; panel++)
    for (size_t i = 0; i < (panel + 1) * width; i++)
      for (size_t r = 0; r < width; r++) {
        const double own = l[(panel * width + r) * rows + i];
        *to++ = i == panel * width + r ? 1 / own : own;
      }
  double *b = numbers(rows * columns), *y = memory(rows * columns), *parts = memory(rows * columns);
  // Zeros at the top, which the kernel is told of in some parts and not in others.
  const size_t zeros = below(panels);
  memset(b, 0, zeros * width * columns * sizeof *b);
  memcpy(y, b, rows * columns * sizeof *b), memcpy(parts, b, rows * columns * sizeof *b);
  ckernels_dense_solve whole = {0, panels, 0, packed_l, y};
  kernels->solve_panel(&whole);
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) {
      long double sum = 0, magnitude = 0;
      for (size_t i = 0; i <= row; i++) {
        const long double term = (long double)l[row * rows + i] * (long double)y[i * columns + column];
        sum += term, magnitude += fabsl(term);
      }
      const double error = (double)(fabsl(sum - (long double)b[row * columns + column]) / (magnitude * DBL_EPSILON));
      worst_solve = fmax(worst_solve, error);
      CHECK(error <= 2 + (double)row / 8 || sum == b[row * columns + column], "solve of %zu: %g epsilon", order, error);
    }
  // Some panels of rows after the others have the same bits.
  for (size_t first = 0; first < panels;) {
    const size_t last = first + 1 + below(panels - first);
    ckernels_dense_solve part = {first, last, first < zeros ? first : below(zeros + 1), packed_l, parts};
    kernels->solve_panel(&part);
    first = last;
  }
  CHECK(!memcmp(parts, y, rows * columns * sizeof *y), "solve of %zu has other bits in parts", order);
  free(l), free(packed_l), free(b), free(y), free(parts);
}

static double worst_vector;
static void vector_error(double found, long double expected, long double magnitude, double limit) {
  const double error = (double)(fabsl((long double)found - expected) / (magnitude * DBL_EPSILON + DBL_MIN));
  worst_vector = fmax(worst_vector, error);
  CHECK(error <= limit, "a vector's number is %g for %g", found, (double)expected);
}

static void test_vectors(const dense_kernels *kernels, size_t count) {
  double *a = numbers(count), *b = numbers(count), *x = memory(count), *y = memory(count);
  long double sum = 0, magnitude = 0;
  for (size_t i = 0; i < count; i++) sum += (long double)a[i] * b[i], magnitude += fabsl((long double)a[i] * b[i]);
  vector_error(kernels->dot(count, a, b), sum, magnitude, 2 + (double)count / 64);
  memcpy(x, a, count * sizeof *x), memcpy(y, b, count * sizeof *y);
  kernels->add_scaled(count, -0.7, x, y);
  for (size_t i = 0; i < count; i++)
    vector_error(y[i], b[i] + (long double)-0.7 * a[i], fabs(b[i]) + fabs(a[i]), 1);
  memcpy(y, b, count * sizeof *y);
  kernels->rotate(count, 0.8, -0.6, x, y);
  for (size_t i = 0; i < count; i++) {
    vector_error(x[i], (long double)0.8 * a[i] - (long double)0.6 * b[i], fabs(b[i]) + fabs(a[i]), 1);
    vector_error(y[i], (long double)0.8 * b[i] + (long double)0.6 * a[i], fabs(b[i]) + fabs(a[i]), 1);
  }
  free(a), free(b), free(x), free(y);
}

int main(int count, char **arguments) {
  const size_t shapes = count > 1 ? (size_t)atoi(arguments[1]) : 300;
  for (const dense_isa *isa = dense_isas();; isa++) {
    for (const dense_isa *before = dense_isas(); before < isa; before++)
      CHECK((before->needs & isa->needs) != before->needs, "%s is not chosen for the features that it needs",
            isa->name);
    if (cprocessor_has(isa->needs)) {
      state = 1, worst_sum = worst_solve = worst_vector = 0;
      const dense_kernels *kernels = isa->kernels;
      for (size_t i = 0; i < shapes; i++) test_packing(kernels, 1 + below(40), 1 + below(20));
      for (size_t i = 0; i < shapes; i++)
        test_multiply(kernels, 1 + below(40), 1 + below(70), 1 + below(kernels->columns));
      test_multiply(kernels, 97, 1280, kernels->columns);
      test_multiply(kernels, 5, 0, kernels->columns);
      for (size_t order = 1; order < 60; order++) test_solve(kernels, order);
      test_solve(kernels, 301);
      for (size_t size = 0; size < 140; size++) test_vectors(kernels, size);
      test_vectors(kernels, 5001);
      printf("  %-9s tiles of %zu x %zu, sums %.1f, solves %.1f, vectors %.1f epsilon\n", isa->name, kernels->rows,
             kernels->columns, worst_sum, worst_solve, worst_vector);
    }
    if (!isa->needs) break;
  }
  printf("  %s\n", failures ? "FAILED" : "ok");
  return failures != 0;
}

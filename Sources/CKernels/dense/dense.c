// Kernels of doubles, in the isa that the processor runs best.
#include "../isa/isa.h"

static const dense_kernels *chosen(void) { return dense_choose()->kernels; }

size_t ckernels_dense_rows(void) { return chosen()->rows; }
size_t ckernels_dense_columns(void) { return chosen()->columns; }

void ckernels_dense_pack_rows(const ckernels_dense_lines *rows, double *packed) {
  chosen()->pack_rows(rows, packed);
}
void ckernels_dense_pack_columns(const ckernels_dense_lines *columns, double *packed) {
  chosen()->pack_columns(columns, packed);
}
void ckernels_dense_unpack_columns(const ckernels_dense_lines *columns, const double *packed) {
  chosen()->unpack_columns(columns, packed);
}

void ckernels_dense_multiply(const ckernels_dense_product *product) { chosen()->multiply(product); }
void ckernels_dense_solve_panel(const ckernels_dense_solve *solve) { chosen()->solve_panel(solve); }

double ckernels_dense_dot(size_t count, const double *a, const double *b) { return chosen()->dot(count, a, b); }
void ckernels_dense_add_scaled(size_t count, double scale, const double *x, double *y) {
  chosen()->add_scaled(count, scale, x, y);
}
void ckernels_dense_rotate(size_t count, double cosine, double sine, double *x, double *y) {
  chosen()->rotate(count, cosine, sine, x, y);
}

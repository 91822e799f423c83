// Kernels of doubles, in the isa that the processor runs best.
#include "../isa/isa.h"

static const dense_kernels *chosen(void) { return dense_choose()->kernels; }

const char *ckernels_dense_isa(void) { return dense_choose()->name; }
size_t ckernels_dense_rows(void) { return chosen()->rows; }
size_t ckernels_dense_columns(void) { return chosen()->columns; }

void ckernels_dense_multiply(const ckernels_dense_product *product) { chosen()->multiply(product); }
void ckernels_dense_solve_panel(const ckernels_dense_solve *solve) { chosen()->solve(solve); }

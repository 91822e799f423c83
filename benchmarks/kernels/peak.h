// The processor's peak: multiply-adds between registers alone.
#ifndef PEAK_H
#define PEAK_H

#include "CKernels.h"

typedef struct {
  const char *name;    // the instruction and its isa
  double operations;   // of one iteration: a multiplication and an addition are two
  void (*run)(long iterations);
} peak;

// The measurement at `index` among those that this processor supports; NULL beyond the last.
const peak *peak_at(int index);
// The peak that an isa of ckernels_gemm_isa_name is held against; NULL when there is none.
const peak *peak_of(const char *isa, ckernels_precision precision);

#endif

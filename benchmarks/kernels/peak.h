// The processor's peak: multiply-adds between registers alone.
#ifndef PEAK_H
#define PEAK_H

typedef struct {
  const char *name;    // of the instruction
  double operations;   // of one iteration: a multiplication and an addition are two
  void (*run)(long iterations);
} peak;

// The measurement at `index` among those that this processor supports; NULL beyond the last.
const peak *peak_at(int index);
// The one that a form of ckernels_gemm_form is held against; NULL when there is none.
const peak *peak_of(const char *form);

#endif

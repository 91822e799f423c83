// Kernels for x86-64 with AVX2, FMA and F16C: scans of stored rows.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define ISA avx2_f16c
#define WIDTH 8
#define HARDWARE_FP16
#include "vector.h"

#include "../scan/scan.h"
#pragma clang attribute pop
#endif

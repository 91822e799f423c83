// Kernels for x86-64 with AMX, which multiplies tiles of 16 rows: bf16 and int8 products. Processors with it have the
// AVX-512 extensions that the epilogue uses.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(                                                                              \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni,avx512bf16,amx-tile,amx-bf16," \
                          "amx-int8"))),                                                                   \
    apply_to = function)
#define ISA amx
#define WIDTH 16
#define HARDWARE_BF16
#define AMX
#include "vector.h"

#include "../gemm/bf16.h"
#include "../gemm/int8.h"
#pragma clang attribute pop
#endif

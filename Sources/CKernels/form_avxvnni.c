// For x86-64 with AVX-VNNI: int8 products in vectors of 8.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#define FORM avxvnni
#define WIDTH 8
#define HARDWARE_VNNI_256
#include "vector.h"
#include "elements.h"

#define TWO_PANELS 0
#define OVERLAP 0
#define TALL 6
#define ROUGH 1
#define TILE(name) INT8(name)
#define PLAIN_SUMS 0
#include "gemm_tile.h"

const gemm_form gemm_int8_avxvnni = {"avx_vnni", INT8(one), NULL, NULL, NULL};
#pragma clang attribute pop
#endif

// The AMX kernels (gemm/amx.h) over a model of the tile registers in plain C, so that their logic is tested on every
// processor. The model follows the instructions' definitions in Intel's manual and aborts where they would fault; the
// address sanitizer watches what tiles are loaded from and stored to. All else is as in isa/amx.c with MODEL_AVX512, in
// plain vectors without it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64 };

static _Thread_local struct {
  int configured;
  size_t rows[TILES], row_bytes[TILES];
  uint8_t data[TILES][ROWS][ROW_BYTES];
} unit;

static void demand(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "tile registers: %s\n", what);
  abort();
}

static void load_configuration(const void *memory) {
  const uint8_t *bytes = memory;
  demand(bytes[0] == 1 && bytes[1] == 0, "palette 1, from row 0");
  for (int i = 2; i < 16; i++) demand(bytes[i] == 0, "reserved bytes are zeros");
  memset(&unit, 0, sizeof unit);
  for (int t = 0; t < 16; t++) {
    uint16_t row_bytes;
    memcpy(&row_bytes, bytes + 16 + 2 * t, 2);
    const uint8_t rows = bytes[48 + t];
    demand(t < TILES || (!row_bytes && !rows), "there are eight");
    if (t >= TILES) continue;
    demand(row_bytes <= ROW_BYTES && rows <= ROWS && !row_bytes == !rows, "up to 16 rows of 64 bytes");
    unit.rows[t] = rows, unit.row_bytes[t] = row_bytes;
  }
  unit.configured = 1;
}
static void release(void) { memset(&unit, 0, sizeof unit); }
static void demand_tile(int t) { demand(unit.configured && unit.rows[t], "used without a configuration"); }

static void zero(int t) {
  demand_tile(t);
  memset(unit.data[t], 0, sizeof unit.data[t]);
}
static void load(int t, const void *from, size_t stride) {
  zero(t);
  for (size_t r = 0; r < unit.rows[t]; r++)
    memcpy(unit.data[t][r], (const char *)from + r * stride, unit.row_bytes[t]);
}
static void store(int t, void *to, size_t stride) {
  demand_tile(t);
  for (size_t r = 0; r < unit.rows[t]; r++) memcpy((char *)to + r * stride, unit.data[t][r], unit.row_bytes[t]);
}

static void demand_product(int sums, int a, int b) {
  demand_tile(sums), demand_tile(a), demand_tile(b);
  demand(sums != a && sums != b && a != b, "a product needs three different ones");
  demand(unit.row_bytes[a] == 4 * unit.rows[b] && unit.rows[sums] == unit.rows[a] &&
             unit.row_bytes[sums] == unit.row_bytes[b],
         "a product's sizes do not fit");
}

// A denormal float counts as zero, in operands and results.
static float flushed(float x) { return x < 0x1p-126f && x > -0x1p-126f ? 0 * x : x; }
static float bf16_at(const uint8_t *p) {
  const uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 24;
  float x;
  memcpy(&x, &bits, 4);
  return flushed(x);
}
static void multiply_bf16(int sums, int a, int b) {
  demand_product(sums, a, b);
  for (size_t m = 0; m < unit.rows[sums]; m++)
    for (size_t n = 0; n < unit.row_bytes[sums] / 4; n++) {
      float even = 0, odd = 0, sum;
      for (size_t k = 0; k < unit.rows[b]; k++) {
        even = flushed(even + bf16_at(&unit.data[a][m][4 * k]) * bf16_at(&unit.data[b][k][4 * n]));
        odd = flushed(odd + bf16_at(&unit.data[a][m][4 * k + 2]) * bf16_at(&unit.data[b][k][4 * n + 2]));
      }
      memcpy(&sum, &unit.data[sums][m][4 * n], 4);
      sum = flushed(flushed(sum) + flushed(even + odd));
      memcpy(&unit.data[sums][m][4 * n], &sum, 4);
    }
}
static void multiply_int8(int sums, int a, int b) {
  demand_product(sums, a, b);
  for (size_t m = 0; m < unit.rows[sums]; m++)
    for (size_t n = 0; n < unit.row_bytes[sums] / 4; n++) {
      int32_t sum;
      memcpy(&sum, &unit.data[sums][m][4 * n], 4);
      for (size_t k = 0; k < 4 * unit.rows[b]; k++)
        sum += (int32_t)unit.data[a][m][k] * (int8_t)unit.data[b][k / 4][4 * n + k % 4];
      memcpy(&unit.data[sums][m][4 * n], &sum, 4);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>  // before its names are taken
#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_dpbusd
#endif
#define _tile_loadconfig load_configuration
#define _tile_release release
#define _tile_zero zero
#define _tile_loadd load
#define _tile_stored store
#define _tile_dpbf16ps multiply_bf16
#define _tile_dpbusd multiply_int8

#if defined(MODEL_AVX512)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,avx512vnni,avx512bf16"))), \
                             apply_to = function)
#define ISA amx_model_avx512
#define WIDTH 16
#define HARDWARE_BF16
#else
#define ISA amx_model
#define WIDTH 4
#endif
#define AMX
#include "../../Sources/CKernels/isa/vector.h"

#include "../../Sources/CKernels/gemm/bf16.h"
#include "../../Sources/CKernels/gemm/int8.h"
#if defined(MODEL_AVX512)
#pragma clang attribute pop
#endif

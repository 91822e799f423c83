// The scans of stored rows in Sources/CKernels/scan, in every isa that this processor runs, against sums in long double:
// odd widths, every fp16, and rows that hold no numbers. run.sh builds this with sanitizers, and for aarch64 under an
// emulator.
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
static float number(void) { return (float)(int32_t)random_bits() / 2147483648.0f; }

// Exactly as large as asked, so that the address sanitizer sees the first byte too many.
static void *memory(size_t bytes) {
  void *p = malloc(bytes ? bytes : 1);
  if (!p) abort();
  return p;
}

// The number that fp16 bits stand for, by the definition of IEEE 754.
static double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31 ? (fraction ? NAN : INFINITY)
                      : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                     : ldexp(fraction, -24);
  return bits & 0x8000 ? -size : size;
}

static double worst;

static void test_rows(const scan_kernels *kernels, size_t rows, size_t width) {
  float *x = memory(rows * width * sizeof *x), *query = memory(width * sizeof *query);
  float *scores = memory(rows * sizeof *scores);
  uint16_t *halves = memory(rows * width * sizeof *halves);
  for (size_t i = 0; i < width; i++) query[i] = number();
  for (size_t i = 0; i < rows * width; i++) {
    x[i] = number();
    do halves[i] = (uint16_t)random_bits();
    while ((halves[i] & 0x7C00) > 0x4000);  // below 4
  }
  for (int half = 0; half < 2; half++) {
    if (half) kernels->fp16(rows, width, halves, query, scores);
    else kernels->fp32(rows, width, x, query, scores);
    for (size_t row = 0; row < rows; row++) {
      long double sum = 0, magnitude = 0;
      for (size_t i = 0; i < width; i++) {
        const long double term = (half ? (long double)half_value(halves[row * width + i])
                                       : (long double)x[row * width + i]) * query[i];
        sum += term, magnitude += fabsl(term);
      }
      const double bound = (double)magnitude * ckernels_scan_error(width);
      const double error = (double)fabsl(scores[row] - sum);
      if (bound > 0) worst = fmax(worst, error / bound);
      CHECK(error <= bound, "%zu x %zu, fp%d: row %zu is off by %g, bound %g", rows, width, half ? 16 : 32, row, error,
            bound);
    }
    // A row alone has the same bits.
    const size_t row = random_bits() % rows;
    float alone;
    if (half) kernels->fp16(1, width, halves + row * width, query, &alone);
    else kernels->fp32(1, width, x + row * width, query, &alone);
    CHECK(!memcmp(&alone, scores + row, sizeof alone), "row %zu of %zu has other bits alone", row, rows);
  }
  free(x), free(query), free(scores), free(halves);
}

// Every fp16 is the number that it stands for; what is no number stays none, and the other numbers of its row do not
// hide it.
static void test_every_half(const scan_kernels *kernels) {
  for (size_t width = 1; width <= 33; width += 32) {
    uint16_t *x = calloc(width, sizeof *x);
    float *query = calloc(width, sizeof *query), score;
    query[width - 1] = 1;
    for (uint32_t bits = 0; bits < 1 << 16; bits++) {
      x[width - 1] = (uint16_t)bits;
      kernels->fp16(1, width, x, query, &score);
      const double value = half_value((uint16_t)bits);
      CHECK(isnan(value) ? isnan(score) : score == value, "fp16 0x%04x is %g, expected %g", bits, score, value);
    }
    free(x), free(query);
  }
}

int main(int argc, char **argv) {
  const int shapes = argc > 1 ? atoi(argv[1]) : 300;
  for (const scan_isa *isa = scan_isas();; isa++) {
    if (cprocessor_has(isa->needs)) {
      worst = 0;
      test_every_half(isa->kernels);
      for (size_t width = 1; width <= 130; width++) test_rows(isa->kernels, 2, width);
      for (int i = 0; i < shapes; i++) test_rows(isa->kernels, 1 + random_bits() % 9, 1 + random_bits() % 1100);
      printf("  %-12s error at most %.2f of its bound\n", isa->name, worst);
    } else {
      printf("  %-12s not on this processor\n", isa->name);
    }
    if (!isa->needs) break;
  }
  const float one = 1;
  float score = 0;
  ckernels_scan_fp32(1, 1, &one, &one, &score);
  CHECK(score == 1, "the chosen kernels give %g", score);
  if (failures) fprintf(stderr, "%d checks failed\n", failures);
  return failures != 0;
}

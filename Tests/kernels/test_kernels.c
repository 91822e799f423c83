// The kernels of Sources/CKernels, in every isa of isa/table.c that this processor runs, against plain loops in double
// precision: thousands of odd shapes, errors in units in the last place (ULPs) of the sum of magnitudes. run.sh builds
// this with sanitizers, and for other processors under emulators.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <pthread.h>
#include <stdatomic.h>

#include "../../Sources/CKernels/isa/isa.h"
#include "../../Sources/CKernels/numbers.h"
#include "CProcessor.h"
#include "check.h"

// The kernels that are tested.
static ckernels_choice kernels;

// ---------------------------------------------------------------------------------------- numbers

static uint64_t state = 1;
static uint32_t random_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}
static size_t below(size_t n) { return random_bits() % n; }
static float number(void) { return (float)(int32_t)(random_bits() << 1) / 2147483648.0f; }

// Exactly as large as asked, so that the address sanitizer sees the first byte too many.
static void *memory(size_t bytes) {
  void *p = NULL;
  if (posix_memalign(&p, 64, bytes ? bytes : 1)) abort();
  memset(p, 0x7F, bytes);  // NaN as bf16 and a large number as fp32: what is read by mistake shows
  return p;
}
static float *numbers(size_t count) {
  float *p = memory(count * 4);
  for (size_t i = 0; i < count; i++) p[i] = number();
  return p;
}
static double ulp(double magnitude) {
  int exponent;
  frexp(magnitude, &exponent);
  return ldexp(1, exponent - 24);
}

// ---------------------------------------------------------------------------------------- products

// The operands of a product as kernels take them, and the fp32 numbers that they were made from.
typedef struct {
  size_t rows, k, outputs;
  ckernels_precision precision, inputs;
  uint32_t *operand;
  size_t stride;
  float *scale, *zero, *x, *w;
  void *packed;
} problem;

static problem make(ckernels_precision precision, size_t rows, size_t k, size_t outputs) {
  const ckernels_precision inputs = ckernels_inputs(kernels, precision);
  problem p = {rows, k, outputs, precision, inputs, NULL, 0, NULL, NULL, NULL, NULL, NULL};
  p.stride = below(2) ? ckernels_operand_stride(inputs, k) : ckernels_dwords(inputs, k);
  p.operand = memory(rows * p.stride * 4);
  p.scale = memory(rows * 4);
  p.zero = memory(rows * 4);
  p.x = numbers(rows * k);
  p.w = numbers(outputs * k);
  const ckernels_target target = {inputs, p.operand, p.stride, p.scale, p.zero, 0};
  ckernels_convert(kernels, rows, k, p.x, k, &target);
  p.packed = memory(ckernels_packed_count(precision, outputs, k) * 4);
  // In parts, as several threads would.
  const size_t cut = outputs > PANEL ? PANEL : outputs;
  ckernels_pack_part(precision, outputs, k, 0, cut, p.w, k, p.packed);
  if (cut < outputs)
    ckernels_pack_part(precision, outputs, k, cut, outputs - cut, p.w + cut * k, k, p.packed);
  return p;
}
static void drop(problem *p) {
  free(p->operand), free(p->scale), free(p->zero), free(p->x), free(p->w), free(p->packed);
}

static double operand_value(const problem *p, size_t row, size_t i) {
  const uint32_t *own = p->operand + row * p->stride;
  switch (p->inputs) {
    case CKERNELS_FP32: return ((const float *)own)[i];
    case CKERNELS_BF16: return bf16_value(((const uint16_t *)own)[i]);
    default: return ((double)((const uint8_t *)own)[i] - (double)p->zero[row]) * (double)p->scale[row];
  }
}

// Conversions: the nearest number that the precision has.
static void test_conversion(const problem *p, float *unpacked) {
  ckernels_unpack(p->precision, p->outputs, p->k, p->packed, unpacked);
  for (size_t output = 0; output < p->outputs; output++) {
    float most = 0;
    for (size_t i = 0; i < p->k; i++) most = fmaxf(most, fabsf(p->w[output * p->k + i]));
    for (size_t i = 0; i < p->k; i++) {
      const float w = p->w[output * p->k + i], got = unpacked[output * p->k + i];
      const float limit = p->precision == CKERNELS_FP32   ? 0
                          : p->precision == CKERNELS_BF16 ? fabsf(w) / 256 : most / 253.9f;
      CHECK(fabsf(got - w) <= limit, "weight %g became %g", w, got);
    }
  }
  for (size_t row = 0; row < p->rows; row++) {
    float low = 0, high = 0;
    for (size_t i = 0; i < p->k; i++) {
      low = fminf(low, p->x[row * p->k + i]);
      high = fmaxf(high, p->x[row * p->k + i]);
    }
    for (size_t i = 0; i < p->k; i++) {
      const double x = p->x[row * p->k + i], got = operand_value(p, row, i);
      const double limit = p->inputs == CKERNELS_FP32   ? 0
                           : p->inputs == CKERNELS_BF16 ? fabs(x) / 256 : (high - low) / 509.9;
      CHECK(fabs(got - x) <= limit, "number %g became %g", x, got);
    }
  }
}

static double tanh_gelu_argument(double x) { return 0.79788456080286535588 * (x + 0.044715 * x * x * x); }

static double activated(double x, ckernels_activation activation) {
  if (activation == CKERNELS_QUICK_GELU) return x / (1 + exp(-1.702 * x));
  if (activation == CKERNELS_GELU) return x / 2 * erfc(-x * 0.70710678118654752440);
  if (activation == CKERNELS_TANH_GELU) return x / (1 + exp(-2 * tanh_gelu_argument(x)));
  return activation == CKERNELS_RELU && x < 0 ? 0 : x;
}

// All GELUs: rounded in low precision, which stores what is rounded anyway.
static int is_smooth(ckernels_activation activation) {
  return activation == CKERNELS_QUICK_GELU || activation == CKERNELS_GELU || activation == CKERNELS_TANH_GELU;
}

// Worst errors by precision: of sums, in ULPs of the sum of magnitudes; and after a GELU, relative.
static double worst_sum[3], worst_smooth[3];

static void test_product(ckernels_precision precision, size_t rows, size_t k, size_t outputs) {
  problem p = make(precision, rows, k, outputs);
  float *w = memory(outputs * k * 4);
  test_conversion(&p, w);
  const size_t padded = ckernels_panels(outputs) * PANEL;
  float *bias = numbers(padded), *shares = numbers(rows);
  const int with_bias = (int)below(2), with_shares = precision != CKERNELS_INT8 && below(2);
  const ckernels_operand x = {p.operand, p.stride,
                              precision == CKERNELS_INT8 ? p.scale : with_shares ? shares : NULL,
                              precision == CKERNELS_INT8 ? p.zero : NULL};
  ckernels_result to = {with_bias ? bias : NULL, (ckernels_activation)below(5), (ckernels_store)below(3),
                        NULL, outputs + below(3)};
  const size_t size = to.store == CKERNELS_STORE_BF16 ? 2 : 4;
  // Rows end where the last one's outputs end.
  const size_t count = (rows - 1) * to.stride + outputs;
  to.y = memory(count * size);
  float *before = numbers(count);
  if (to.store == CKERNELS_ADD_FP32) memcpy(to.y, before, count * 4);
  // In two runs of panels, as two threads would.
  const size_t panels = ckernels_panels(outputs), first = below(panels + 1);
  if (first) ckernels_gemm(kernels, precision, rows, k, &x, p.packed, 0, first, outputs, &to);
  if (first < panels)
    ckernels_gemm(kernels, precision, rows, k, &x, p.packed, first, panels - first, outputs, &to);

  double *values = memory(k * 8), *sizes = memory(k * 8);
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = 0; i < k; i++) {
      values[i] = operand_value(&p, row, i);
      // int8 sums unsigned numbers and takes the zero's part away again.
      sizes[i] = precision == CKERNELS_INT8
                     ? ((double)((uint8_t *)(p.operand + row * p.stride))[i] + fabs((double)p.zero[row])) *
                           (double)p.scale[row]
                     : fabs(values[i]);
    }
    for (size_t o = 0; o < outputs; o++) {
      double sum = 0, magnitude = 0;
      for (size_t i = 0; i < k; i++) {
        sum += values[i] * (double)w[o * k + i];
        magnitude += sizes[i] * fabs((double)w[o * k + i]);
      }
      if (with_shares) sum *= (double)shares[row], magnitude *= fabs((double)shares[row]);
      if (with_bias) sum += (double)bias[o], magnitude += fabs((double)bias[o]);
      const double expected = activated(sum, to.activation);
      const size_t place = row * to.stride + o;
      double got = to.store == CKERNELS_STORE_BF16 ? bf16_value(((uint16_t *)to.y)[place])
                                                   : (double)((float *)to.y)[place];
      double limit = ulp(magnitude);
      if (to.store == CKERNELS_ADD_FP32) {
        got -= (double)before[place];
        limit += ulp(fabs((double)before[place]) + magnitude);
      }
      const double error = fabs(got - expected);
      if (to.store == CKERNELS_STORE_BF16) {
        const double approximation = is_smooth(to.activation) ? 3e-4 * fabs(expected) : 0;
        CHECK(error <= fabs(expected) / 256 + approximation + limit * 8, "%s %zu %zu %zu: %g for %g",
              ckernels_gemm_isa_name(kernels, precision), rows, k, outputs, got, expected);
        continue;
      }
      if (is_smooth(to.activation)) {
        const double own = precision == CKERNELS_FP32 ? 4 * ulp(fabs(expected)) : 3e-4 * fabs(expected);
        worst_smooth[precision] = fmax(worst_smooth[precision], error / fmax(fabs(expected), magnitude));
        CHECK(error <= own + limit * (4 + (double)k / 8), "%s: activation %d, %g for %g",
              ckernels_gemm_isa_name(kernels, precision), to.activation, got, expected);
        continue;
      }
      worst_sum[precision] = fmax(worst_sum[precision], error / limit);
      CHECK(error <= limit * (precision == CKERNELS_INT8 ? 3 : 2 + (double)k / 8),
            "%s %zu x %zu x %zu: %.9g for %.9g", ckernels_gemm_isa_name(kernels, precision), rows, k, outputs, got,
            expected);
    }
  }
  // The gaps between the rows are not touched.
  for (size_t row = 0; row + 1 < rows; row++)
    for (size_t o = outputs; o < to.stride; o++) {
      const size_t place = row * to.stride + o;
      CHECK(to.store == CKERNELS_ADD_FP32 ? ((float *)to.y)[place] == before[place]
                                          : ((uint8_t *)to.y)[place * size] == 0x7F,
            "column %zu beyond %zu outputs was written", o, outputs);
    }
  free(to.y), free(before), free(bias), free(shares), free(w), free(values), free(sizes);
  drop(&p);
}

// A row's bits depend on that row alone: not on its place, the tile it falls into, or the panels of a call.
static void test_independence(ckernels_precision precision) {
  enum { ROWS = 61, K = 200, OUTPUTS = 75, STRIDE = 80 };
  problem p = make(precision, ROWS, K, OUTPUTS);
  float *all = memory(ROWS * STRIDE * 4), *one = memory(STRIDE * 4), *bias = numbers(STRIDE);
  const int quantised = precision == CKERNELS_INT8;
  for (int activation = 0; activation < 5; activation++) {
    ckernels_operand x = {p.operand, p.stride, quantised ? p.scale : NULL, quantised ? p.zero : NULL};
    ckernels_result to = {bias, (ckernels_activation)activation, CKERNELS_STORE_FP32, all, STRIDE};
    ckernels_gemm(kernels, precision, ROWS, K, &x, p.packed, 0, ckernels_panels(OUTPUTS), OUTPUTS, &to);
    for (size_t row = 0; row < ROWS; row++) {
      x.rows = p.operand + row * p.stride;
      if (quantised) x.scale = p.scale + row, x.zero = p.zero + row;
      to.y = one;
      for (size_t panel = 0; panel < ckernels_panels(OUTPUTS); panel++)
        ckernels_gemm(kernels, precision, 1, K, &x, p.packed, panel, 1, OUTPUTS, &to);
      CHECK(!memcmp(one, all + row * STRIDE, OUTPUTS * 4), "row %zu has other bits alone", row);
    }
  }
  free(all), free(one), free(bias);
  drop(&p);
}

// GELU of numbers as they are, over the whole range of floats: in fp32 within 6 ULP of the exact result, down to the
// smallest denormal; in bf16, for every number that it has, within 3e-4 of it, down to the smallest normal float. The
// same bits in every row and column, whole panels and the last one's few. GELU by tanh is a quotient, as QuickGELU is:
// rounding its exponent v costs |v| ULP more, and where the exponent ends what is left is below 1e-36.
static double worst_gelu[2];  // of the exact one: in ULPs; relative

static void test_gelu(ckernels_precision precision, ckernels_activation activation) {
  enum { ROWS = 64, OUTPUTS = 21 };
  const int half = precision == CKERNELS_BF16, expanded = half && ckernels_inputs(kernels, precision) == CKERNELS_FP32;
  float ones[OUTPUTS], *packed = memory(ckernels_packed_count(precision, OUTPUTS, 1) * 4);
  for (int o = 0; o < OUTPUTS; o++) ones[o] = 1;
  ckernels_pack_part(precision, OUTPUTS, 1, 0, OUTPUTS, ones, 1, packed);
  float *y = memory(ROWS * OUTPUTS * 4);
  uint32_t *rows = memory(ROWS * 4);
  const ckernels_operand x = {rows, 1, NULL, NULL};
  const ckernels_result to = {NULL, activation, CKERNELS_STORE_FP32, y, OUTPUTS};
  const uint64_t step = half ? 1 : 30011, end = half ? 1 << 16 : 1ull << 32;
  for (uint64_t bits = 0; bits < end; bits += ROWS * step) {
    for (uint64_t row = 0; row < ROWS; row++) rows[row] = (uint32_t)(bits + row * step) << (expanded ? 16 : 0);
    ckernels_gemm(kernels, precision, ROWS, 1, &x, packed, 0, ckernels_panels(OUTPUTS), OUTPUTS, &to);
    for (uint64_t row = 0; row < ROWS && bits + row * step < end; row++) {
      float value;
      const uint32_t shifted = half && !expanded ? rows[row] << 16 : rows[row];
      memcpy(&value, &shifted, 4);
      const float *got = y + row * OUTPUTS;
      for (int o = 1; o < OUTPUTS; o++) CHECK(!memcmp(got, got + o, 4), "GELU of %g in column %d", (double)value, o);
      if (!isfinite(value)) {
        CHECK(!isfinite(*got), "GELU of %g is %g", (double)value, (double)*got);
        continue;
      }
      const double exact = activated((double)value, activation), error = fabs((double)*got - exact);
      if (activation == CKERNELS_TANH_GELU) {
        const double v = fmin(fabs(2 * tanh_gelu_argument((double)value)), 90);
        const double limit = half ? 3e-4 * fabs(exact) : (6 + (value < 0 ? 2 * v : 0)) * ulp(fabs(exact));
        CHECK(error <= limit + 1e-36, "GELU by tanh of %g is %g, not %g", (double)value, (double)*got, exact);
        continue;
      }
      if (half) {
        if (fabs(exact) > 1e-37) worst_gelu[1] = fmax(worst_gelu[1], error / fabs(exact));
        CHECK(error <= 3e-4 * fabs(exact) + FLT_MIN, "GELU of %g is %g, not %g", (double)value, (double)*got, exact);
      } else {
        const double unit = fabs(exact) < FLT_MIN ? 0x1p-149 : ulp(fabs(exact));
        worst_gelu[0] = fmax(worst_gelu[0], error / unit);
        CHECK(error <= 6 * unit, "GELU of %g is %g, not %g", (double)value, (double)*got, exact);
      }
    }
  }
  free(packed), free(y), free(rows);
}

// int8: the integers are the same on every processor, so results differ by a last rounding at most.
static void test_quantised_packing(void) {
  enum { K = 37, OUTPUTS = 21 };
  problem p = make(CKERNELS_INT8, 1, K, OUTPUTS);
  int8_t rows[OUTPUTS * K];
  float scales[OUTPUTS];
  ckernels_unpack_quantised(OUTPUTS, K, p.packed, rows, scales);
  const size_t bytes = ckernels_packed_count(CKERNELS_INT8, OUTPUTS, K) * 4;
  void *again = memory(bytes);
  ckernels_pack_quantised(OUTPUTS, K, 0, 16, rows, scales, again);
  ckernels_pack_quantised(OUTPUTS, K, 16, OUTPUTS - 16, rows + 16 * K, scales + 16, again);
  CHECK(!memcmp(p.packed, again, bytes), "int8 packed again differs");
  free(again);
  drop(&p);
}

// ------------------------------------------------------------------------------------------- rows

static double worst_norm[3];

static void test_layer_norm(ckernels_precision precision, size_t width) {
  const size_t rows = 1 + below(3), stride = ckernels_dwords(precision, width);
  float *x = numbers(rows * width), *weight = numbers(width), *bias = numbers(width);
  uint32_t *y = memory(rows * stride * 4);
  float *scale = memory(rows * 4), *zero = memory(rows * 4);
  const ckernels_target to = {precision, y, stride, scale, zero, 0};
  ckernels_layer_norm(kernels, rows, width, x, width, weight, bias, 1e-5f, &to);
  for (size_t row = 0; row < rows; row++) {
    double mean = 0, variance = 0, low = 0, high = 0, cancelled = 0;
    for (size_t i = 0; i < width; i++) mean += (double)x[row * width + i] / (double)width;
    for (size_t i = 0; i < width; i++)
      variance += pow((double)x[row * width + i] - mean, 2) / (double)width;
    double *expected = memory(width * 8);
    for (size_t i = 0; i < width; i++) {
      expected[i] = ((double)x[row * width + i] - mean) / sqrt(variance + 1e-5) * (double)weight[i] + (double)bias[i];
      low = fmin(low, expected[i]), high = fmax(high, expected[i]);
    }
    // Where a row's numbers are alike, the mean takes most of them away, and with it most of their precision.
    for (size_t i = 0; i < width; i++)
      cancelled =
          fmax(cancelled, ulp(fabs((double)x[row * width + i])) / sqrt(variance + 1e-5) * fabs((double)weight[i]));
    for (size_t i = 0; i < width; i++) {
      const double got = precision == CKERNELS_FP32   ? (double)((float *)(y + row * stride))[i]
                         : precision == CKERNELS_BF16 ? bf16_value(((uint16_t *)(y + row * stride))[i])
                                                      : ((double)((uint8_t *)(y + row * stride))[i] - (double)zero[row]) *
                                                            (double)scale[row];
      const double unit = precision == CKERNELS_FP32   ? ulp(fmax(high, -low)) + cancelled
                          : precision == CKERNELS_BF16 ? fabs(expected[i]) / 256 + 1e-6
                                                       : (high - low) / 255;
      const double error = fabs(got - expected[i]) / unit;
      worst_norm[precision] = fmax(worst_norm[precision], error);
      CHECK(error <= (precision == CKERNELS_FP32 ? 3 : 1.001), "LayerNorm of %zu: %g for %g", width, got, expected[i]);
    }
    free(expected);
  }
  free(x), free(weight), free(bias), free(y), free(scale), free(zero);
}

// bf16 rows to int8 give what their values as fp32 give.
static void test_quantise(size_t width, int rotated) {
  uint16_t *x = memory(width * 2);
  float *same = memory(width * 4);
  for (size_t i = 0; i < width; i++) same[i] = bf16_value(x[i] = bf16_from(number()));
  const size_t bytes = ckernels_dwords(CKERNELS_INT8, width) * 4;
  uint8_t *a = memory(bytes), *b = memory(bytes);
  float scales[2], zeros[2];
  const ckernels_target to_a = {CKERNELS_INT8, a, bytes / 4, &scales[0], &zeros[0], rotated};
  const ckernels_target to_b = {CKERNELS_INT8, b, bytes / 4, &scales[1], &zeros[1], rotated};
  ckernels_quantise(kernels, 1, width, x, width, &to_a);
  ckernels_convert(kernels, 1, width, same, width, &to_b);
  CHECK(!memcmp(a, b, bytes) && scales[0] == scales[1] && zeros[0] == zeros[1], "quantise of %zu", width);
  free(x), free(same), free(a), free(b);
}

// Rows that are rotated, against the definition; and a rotated weight, which gives the weight when it is turned back.
static void test_rotation(size_t width) {
  const size_t points = ckernels_rotation_points(width), dwords = ckernels_dwords(CKERNELS_INT8, width);
  const size_t whole = width / (16 * points) * 16 * points, fours = whole + (width - whole) / 64 * 64;
  CHECK(points == 1 ? width > CKERNELS_ROTATED_MAX || width < 256 : whole == width || points == 16,
        "%zu points for %zu", points, width);
  if (points == 1) return;
  float *x = numbers(width), *normed = memory(width * 4), *gain = numbers(width), *bias = numbers(width);
  x[below(width)] = 50;
  uint8_t *y = memory(dwords * 4);
  float scale, zero;
  const ckernels_target to = {CKERNELS_INT8, y, dwords, &scale, &zero, 1}, plain = {CKERNELS_FP32, normed, width, 0, 0, 0};
  for (int norm = 0; norm < 2; norm++) {
    if (norm) {
      ckernels_layer_norm(kernels, 1, width, x, width, gain, bias, 1e-5f, &plain);
      ckernels_layer_norm(kernels, 1, width, x, width, gain, bias, 1e-5f, &to);
    } else {
      memcpy(normed, x, width * 4);
      ckernels_convert(kernels, 1, width, x, width, &to);
    }
    for (size_t i = 0; i < width; i++) {
      double expected = 0;
      if (i < fours) {
        const size_t begin = i < whole ? 0 : whole, n = i < whole ? points : 4;
        const size_t run = begin + (i - begin) / (16 * n) * 16 * n, own = (i - run) / 16;
        for (size_t p = 0; p < n; p++)
          expected += (__builtin_parityl(p & own) ? -1 : 1) * (double)normed[run + 16 * p + (i - run) % 16];
      } else expected = (double)normed[i];
      expected *= i < whole ? 1 : i < fours ? 2 : 4;
      const double got = ((double)y[i] - (double)zero) * (double)scale;
      CHECK(fabs(got - expected) <= 0.501 * (double)scale, "rotated %zu: %g for %g", width, got, expected);
    }
  }
  enum { OUTPUTS = 5 };
  float *w = numbers(OUTPUTS * width), *turned = memory(OUTPUTS * width * 4), scales[OUTPUTS];
  int8_t *integers = memory(OUTPUTS * width);
  void *packed = memory(ckernels_packed_count(CKERNELS_INT8, OUTPUTS, width) * 4);
  ckernels_pack_rotated(OUTPUTS, width, 0, OUTPUTS, w, width, packed);
  ckernels_unpack(CKERNELS_INT8, OUTPUTS, width, packed, turned);
  ckernels_unpack_quantised(OUTPUTS, width, packed, integers, scales);
  for (size_t output = 0; output < OUTPUTS; output++) {
    ckernels_rotate(width, turned + output * width);
    for (size_t i = output * width; i < (output + 1) * width; i++)
      CHECK(fabsf(turned[i] - w[i]) <= 0.501f * (float)points * scales[output], "weight %g became %g", w[i], turned[i]);
  }
  free(x), free(normed), free(gain), free(bias), free(y), free(w), free(turned), free(integers), free(packed);
}

// A value that is not finite stays so, however it is rounded: a quiet finite number would be a wrong answer.
static void test_not_finite(int rotated, size_t width) {
  enum { MOST = 357 };
  float x[MOST], one[MOST], nothing[MOST] = {0}, scale, zero;
  const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f};
  for (size_t which = 0; which < 4; which++)
    for (size_t place = 0; place < width; place += width < 100 ? 9 : 17)
      for (int precision = 0; precision < 3; precision++) {
        for (size_t i = 0; i < width; i++) x[i] = number(), one[i] = 1;
        x[place] = bad[which];
        uint32_t y[MOST];
        const ckernels_target to = {(ckernels_precision)precision, y, width, &scale, &zero, rotated};
        ckernels_layer_norm(kernels, 1, width, x, width, one, nothing, 1e-5f, &to);
        int finite = 1;
        for (size_t i = 0; i < width; i++)
          finite &= precision == 0 ? isfinite(((float *)y)[i]) : precision == 1 ? isfinite(bf16_value(((uint16_t *)y)[i]))
                                                                                : isfinite(scale);
        CHECK(!finite, "LayerNorm in precision %d hid %g", precision, bad[which]);
        if (which == 3) continue;
        ckernels_convert(kernels, 1, width, x, width, &to);
        finite = precision == 0   ? isfinite(((float *)y)[place])
                 : precision == 1 ? isfinite(bf16_value(((uint16_t *)y)[place])) : isfinite(scale);
        CHECK(!finite, "convert to precision %d hid %g", precision, bad[which]);
      }
  for (size_t count = 0; count < 70; count++) {
    float *all = numbers(count);
    CHECK(ckernels_all_finite(count, all), "finite numbers are finite");
    if (count) {
      all[below(count)] = bad[below(3)];
      CHECK(!ckernels_all_finite(count, all), "one of %zu is not", count);
    }
    free(all);
  }
}

// -------------------------------------------------------------------------------------- attention

static double worst_attention[2];

static void test_attention(ckernels_precision precision, size_t keys, size_t queries, size_t size, int causal) {
  const size_t bytes = precision == CKERNELS_FP32 ? 4 : 2, stride = size + 2 * below(3);
  char *rows[3];  // queries, keys, values
  double *exact[3];
  for (int i = 0; i < 3; i++) {
    const size_t count = (i ? keys : queries) * stride;
    rows[i] = memory(count * bytes);
    exact[i] = memory(count * 8);
    for (size_t j = 0; j < count; j++) {
      const float value = 2 * number();
      const uint16_t half = bf16_from(value);
      memcpy(rows[i] + j * bytes, precision == CKERNELS_FP32 ? (const void *)&value : (const void *)&half, bytes);
      exact[i][j] = (double)(precision == CKERNELS_FP32 ? value : bf16_value(half));
    }
  }
#define VALUE(i, row, column) exact[i][(row) * stride + (column)]
  void *packed_keys = memory(ckernels_packed_count(precision, keys, size) * 4);
  void *packed_values = memory(ckernels_packed_count(precision, size, keys) * 4);
  void *scratch = memory(ckernels_attention_scratch(kernels, precision, keys) * 4);
  void *out = memory(queries * size * bytes);
  ckernels_pack_keys(precision, keys, size, rows[1], stride, packed_keys);
  ckernels_pack_values(precision, size, keys, rows[2], stride, packed_values);
  const ckernels_attention a = {precision, keys, size, 0.125f, packed_keys, packed_values, scratch};
  const ptrdiff_t first = causal ? (ptrdiff_t)(keys - queries) : -1;
  ckernels_attend(kernels, &a, queries, rows[0], stride, first, out, size);
  double *weights = memory(keys * 8);
  for (size_t q = 0; q < queries; q++) {
    const size_t seen = causal ? (size_t)first + q + 1 : keys;
    double total = 0, peak = -1e300;
    for (size_t k = 0; k < seen; k++) {
      weights[k] = 0;
      for (size_t i = 0; i < size; i++) weights[k] += VALUE(0, q, i) * VALUE(1, k, i);
      peak = fmax(peak, weights[k]);
    }
    for (size_t k = 0; k < seen; k++) total += weights[k] = exp((weights[k] - peak) * 0.125);
    for (size_t i = 0; i < size; i++) {
      double expected = 0;
      for (size_t k = 0; k < seen; k++) expected += weights[k] / total * VALUE(2, k, i);
      const double got = precision == CKERNELS_FP32 ? (double)((float *)out)[q * size + i]
                                                    : bf16_value(((uint16_t *)out)[q * size + i]);
      const double error = fabs(got - expected);
      worst_attention[precision] = fmax(worst_attention[precision], error);
      CHECK(error <= (precision == CKERNELS_FP32 ? 4e-6 : 1.6e-2), "attention, %zu keys: %g for %g", keys, got,
            expected);
    }
  }
  for (int i = 0; i < 3; i++) free(rows[i]), free(exact[i]);
  free(packed_keys), free(packed_values), free(scratch), free(out), free(weights);
}

// ------------------------------------------------------------------------------------------ hooks

// A toy isa with state in the thread: portable kernels that must be called between its hooks.
static _Thread_local int inside;
static atomic_int entered, left, called;
static const gemm_kernels *portable;

static void toy_enter(void) {
  CHECK(!inside, "entered twice");
  inside = 1;
  entered++;
}
static void toy_leave(void) {
  CHECK(inside, "left without having been entered");
  inside = 0;
  left++;
}
static void toy_panel1(const gemm_run *run) {
  CHECK(inside, "a kernel outside of its hooks");
  called++;
  portable->panel1(run);
}
static void toy_panel1_raw(const gemm_run *run) {
  CHECK(inside, "a kernel outside of its hooks");
  called++;
  portable->panel1_raw(run);
}

enum { HOOK_CALLS = 7 };
// Products and attention, empty ones among them; each call is one thread's part.
static void *call_hooked(void *given) {
  enum { ROWS = 60, K = 12000, OUTPUTS = 40 };  // rows for two blocks of gemm_product
  const ckernels_precision precision = *(const ckernels_precision *)given;
  float *x = memory(ROWS * K * 4), *y = memory(ROWS * OUTPUTS * 4), *shares = memory(ROWS * 4);
  void *packed = memory(ckernels_packed_count(precision, OUTPUTS, K) * 4);
  const ckernels_operand a = {x, K, shares, shares};
  const ckernels_result to = {NULL, CKERNELS_IDENTITY, CKERNELS_STORE_FP32, y, OUTPUTS};
  ckernels_gemm(kernels, precision, ROWS, K, &a, packed, 0, 3, OUTPUTS, &to);
  ckernels_gemm(kernels, precision, ROWS, K, &a, packed, 1, 1, OUTPUTS, &to);
  ckernels_gemm(kernels, precision, 0, K, &a, packed, 0, 3, OUTPUTS, &to);
  ckernels_gemm(kernels, precision, ROWS, K, &a, packed, 3, 0, OUTPUTS, &to);
  if (ckernels_activations(kernels, precision) == precision) {
    void *scratch = memory(ckernels_attention_scratch(kernels, precision, ROWS) * 4);
    const ckernels_attention attention = {precision, ROWS, 16, 0.25f, packed, packed, scratch};
    ckernels_attend(kernels, &attention, ROWS, x, 16, -1, y, 16);
    ckernels_attend(kernels, &attention, ROWS, x, 16, 0, y, 16);
    ckernels_attend(kernels, &attention, 0, x, 16, -1, y, 16);
    free(scratch);
  }
  CHECK(!inside, "a call returned without leaving");
  free(x), free(y), free(shares), free(packed);
  return NULL;
}

// An isa's hooks are called in pairs, around every kernel, on every thread, once for each call.
static void test_hooks(void) {
  enum { THREADS = 4 };
  for (ckernels_precision precision = CKERNELS_FP32; precision <= CKERNELS_INT8; precision++) {
    const gemm_isa *listed = gemm_isas(precision);
    while (listed->needs) listed++;
    portable = listed->kernels;
    const gemm_kernels toy = {portable->tile_rows, portable->expands_b, toy_panel1, NULL,
                              portable->panel1_raw ? toy_panel1_raw : NULL, NULL, toy_enter, toy_leave};
    const gemm_isa hooked = {"toy", 0, &toy};
    kernels.products[precision] = &hooked;
    entered = left = called = 0;
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
      if (pthread_create(&threads[t], NULL, call_hooked, &precision)) abort();
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    const int calls = THREADS * (ckernels_activations(kernels, precision) == precision ? HOOK_CALLS : 4);
    CHECK(entered == calls && left == calls && called > calls, "%d calls entered %d and left %d times, %d kernels",
          calls, entered, left, called);
  }
}

// ----------------------------------------------------------------------------------- AMX and its model

// The AMX kernels over a model of the tile registers (kernels_amx_model.c): with plain vectors, which everything runs,
// and with those of AVX-512, as the real ones have them.
#define AMX (CPROCESSOR_AMX_TILE | CPROCESSOR_AMX_BF16 | CPROCESSOR_AMX_INT8)
extern const gemm_kernels gemm_bf16_amx_model, gemm_int8_amx_model;
#if defined(__x86_64__)
extern const gemm_kernels gemm_bf16_amx_model_avx512, gemm_int8_amx_model_avx512;
#define AVX512_BF16                                                                                                 \
  (CPROCESSOR_AVX2 | CPROCESSOR_FMA | CPROCESSOR_AVX512F | CPROCESSOR_AVX512VL | CPROCESSOR_AVX512DQ |              \
   CPROCESSOR_AVX512BW | CPROCESSOR_AVX512_VNNI | CPROCESSOR_AVX512_BF16)
#endif
static const gemm_isa modelled[2][2] = {  // plain and wide, bf16 and int8
    {{"amx (model)", 0, &gemm_bf16_amx_model}, {"amx (model)", 0, &gemm_int8_amx_model}},
#if defined(__x86_64__)
    {{"amx (model)", AVX512_BF16, &gemm_bf16_amx_model_avx512},
     {"amx (model)", AVX512_BF16, &gemm_int8_amx_model_avx512}},
#endif
};

// int8's sums are exact, so that isas with the same epilogue give the same bits: all those with fused multiply-adds,
// and those without.
static void test_exact_sums(void) {
  enum { ROWS = 37, K = 203, OUTPUTS = 53 };
  kernels = ckernels_choose(0);
  problem p = make(CKERNELS_INT8, ROWS, K, OUTPUTS);
  const ckernels_operand x = {p.operand, p.stride, p.scale, p.zero};
  const gemm_isa *isas[32];
  size_t count = 0;
  for (const gemm_isa *isa = gemm_isas(CKERNELS_INT8);; isa++) {
    if (cprocessor_has(isa->needs)) isas[count++] = isa;
    if (!isa->needs) break;
  }
  for (int wide = 0; wide < 2; wide++)
    if (modelled[wide][1].name && cprocessor_has(modelled[wide][1].needs)) isas[count++] = &modelled[wide][1];
  float *y[2] = {NULL, NULL};  // without, with fused multiply-adds
  for (size_t i = 0; i < count; i++) {
    float *own = memory(ROWS * OUTPUTS * 4);
    kernels.products[CKERNELS_INT8] = isas[i];
    const ckernels_result to = {NULL, CKERNELS_IDENTITY, CKERNELS_STORE_FP32, own, OUTPUTS};
    ckernels_gemm(kernels, CKERNELS_INT8, ROWS, K, &x, p.packed, 0, ckernels_panels(OUTPUTS), OUTPUTS, &to);
    float **expected = &y[isas[i]->needs != 0];
    if (!*expected) {
      *expected = own;
      continue;
    }
    CHECK(!memcmp(own, *expected, ROWS * OUTPUTS * 4), "int8 by %s has other bits", isas[i]->name);
    free(own);
  }
  free(y[0]), free(y[1]);
  drop(&p);
}

// ------------------------------------------------------------------------------------------- main

// Products of a precision, and the attention between them.
static void test_products(ckernels_precision precision, size_t shapes) {
  state = 1 + precision;
  worst_sum[precision] = worst_smooth[precision] = 0;
  for (size_t i = 0; i < shapes; i++) test_product(precision, 1 + below(30), 1 + below(70), 1 + below(70));
  // Rows and steps enough for tiles that are written while the next one is computed.
  for (size_t i = 0; i < shapes / 10; i++) test_product(precision, 24 + below(40), 96 + below(80), 32 + below(70));
  test_product(precision, 197, 768, 100);
  test_product(precision, 25, 3072, 33);
  test_independence(precision);
  printf("  %-9s%-12s sums %.1f", ckernels_row_isa_name(kernels), ckernels_gemm_isa_name(kernels, precision),
         worst_sum[precision]);
  if (precision != CKERNELS_INT8) {
    worst_gelu[precision] = 0;
    test_gelu(precision, CKERNELS_TANH_GELU);
    test_gelu(precision, CKERNELS_GELU);
    printf(", GELUs %.0e, the exact one %.2g", worst_smooth[precision], worst_gelu[precision]);
  }
  if (precision != CKERNELS_INT8 && ckernels_activations(kernels, precision) == precision) {
    state = 1, worst_attention[precision] = 0;
    for (size_t i = 0; i < 60; i++) {
      const size_t keys = 1 + below(90);
      test_attention(precision, keys, 1 + below(keys), 8 * (1 + below(10)), (int)below(2));
    }
    test_attention(precision, 197, 197, 64, 0);
    test_attention(precision, 77, 77, 64, 1);
    printf(", attention %.0e", worst_attention[precision]);
  }
  printf("\n");
}

static void test_rows(void) {
  state = 1;  // rows get the same numbers for any number of shapes
  memset(worst_norm, 0, sizeof worst_norm);
  for (ckernels_precision p = CKERNELS_FP32; p <= CKERNELS_INT8; p++) {
    for (size_t width = 1; width < 80; width++) test_layer_norm(p, width);
    test_layer_norm(p, 768);
  }
  test_quantised_packing();
  for (size_t width = 1; width < 80; width++) test_quantise(width, 0);
  for (size_t width = 32; width < 1300; width += 32) test_quantise(width, 1), test_rotation(width);
  test_rotation(CKERNELS_ROTATED_MAX), test_rotation(CKERNELS_ROTATED_MAX + 256), test_rotation(255);
  // Rows that are not made of whole runs.
  const size_t uneven[] = {257, 272, 319, 320 + 15, 510, 682, 1000, 2730, 4304, CKERNELS_ROTATED_MAX - 1};
  for (size_t i = 0; i < sizeof uneven / sizeof *uneven; i++) test_quantise(uneven[i], 1), test_rotation(uneven[i]);
  test_not_finite(0, 37), test_not_finite(1, 64), test_not_finite(1, 357);
  printf("  %-9srows, norms %.2f %.2f %.2f\n", ckernels_row_isa_name(kernels), worst_norm[0], worst_norm[1],
         worst_norm[2]);
}

// Tests the chosen kernels, but for those that were tested before: sets of features differ in a few of them.
static void test_chosen(size_t shapes) {
  static struct {
    const row_isa *rows;
    const gemm_isa *products;  // NULL: the rows alone
  } tested[128];
  static size_t count;
  for (int p = -1; p < 3; p++) {
    const gemm_isa *products = p < 0 ? NULL : kernels.products[p];
    size_t t = 0;
    while (t < count && (tested[t].rows != kernels.rows || tested[t].products != products)) t++;
    if (t < count) continue;
    if (count == sizeof tested / sizeof *tested) abort();
    tested[count].rows = kernels.rows, tested[count++].products = products;
    if (p < 0) test_rows(); else test_products((ckernels_precision)p, shapes);
  }
}

// Every line of a list: with the features that it needs and no others it is the one chosen, and is tested so. `tested`
// collects the sets of features that were tested, some of which several lines need.
#define TEST_LIST(ISA, ISAS, CHOSEN)                                                        \
  for (const ISA *isa = ISAS;; isa++) {                                                     \
    if (cprocessor_has(isa->needs)) {                                                       \
      kernels = ckernels_choose(isa->needs);                                                \
      CHECK(CHOSEN == isa, "%s is not chosen for the features that it needs", isa->name);   \
      size_t t = 0;                                                                         \
      while (t < count && tested[t] != isa->needs) t++;                                     \
      if (t == count && t < sizeof tested / sizeof *tested) {                               \
        tested[count++] = isa->needs;                                                       \
        test_chosen(shapes);                                                                \
      }                                                                                     \
    }                                                                                       \
    if (!isa->needs) break;                                                                 \
  }

static void test_table(size_t shapes) {
  uint32_t tested[64];
  size_t count = 0;
  for (int p = 0; p < 3; p++) TEST_LIST(gemm_isa, gemm_isas((ckernels_precision)p), kernels.products[p])
  TEST_LIST(row_isa, row_isas(), kernels.rows)
}

static void test_modelled_amx(size_t shapes) {
  for (int wide = 0; wide < 2; wide++) {
    if (!modelled[wide]->name || !cprocessor_has(modelled[wide]->needs)) continue;
    kernels = ckernels_choose(modelled[wide]->needs);
    kernels.products[CKERNELS_BF16] = &modelled[wide][0];
    kernels.products[CKERNELS_INT8] = &modelled[wide][1];
    test_chosen(shapes);
    // Blocks of rows, panels and steps, whole and begun, in thousands of ways.
    for (size_t i = 0; i < 5 * shapes; i++)
      for (ckernels_precision p = CKERNELS_BF16; p <= CKERNELS_INT8; p++)
        test_product(p, 1 + below(70), 1 + below(160), 1 + below(70));
  }
}

int main(int count, char **arguments) {
  cprocessor_ask_for_tiles();
  const size_t shapes = count > 1 ? (size_t)atoi(arguments[1]) : 300;
  test_table(shapes);
  test_modelled_amx(shapes);
  test_exact_sums();
  test_hooks();
  printf("  AMX: kernels tested on %s\n",
         cprocessor_has(AMX) ? "this processor and on the model" : "the model, since this processor has none");
  printf("  %s\n", failures ? "FAILED" : "ok");
  return failures != 0;
}

// Speed of the kernels on this network's shapes, a JSON object a line. kernels ROUNDS
//
// Peak and kernel are measured in turn, so that a percentage is of the peak at that time.
#include "CKernels.h"
#include "CProcessor.h"
#include "peak.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_ROUNDS 100
#define ROWS 1576  // of 8 frames
#define WIDTH 768
#define HIDDEN 3072
#define KEYS 197
#define HEADS 12
#define HEAD 64

static const char *const precisions[] = {"fp32", "bf16", "int8"};
static int rounds;
static ckernels_choice kernels;

// ------------------------------------------------------------------------------------------ helpers

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *memory(size_t dwords) {
  void *p = aligned_alloc(64, (dwords * 4 + 63) / 64 * 64);
  if (!p) exit(1);
  memset(p, 0, dwords * 4);
  return p;
}

static float *noise(size_t count) {
  static uint32_t state = 1;
  float *x = memory(count);
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    x[i] = (float)(state >> 8) / (1 << 23) - 1;
  }
  return x;
}

static uint16_t *noise_bf16(size_t count) {
  float *x = noise(count);
  uint16_t *y = memory((count + 1) / 2);
  const ckernels_target to = {CKERNELS_BF16, y, count / 2, NULL, NULL, 0};
  ckernels_convert(kernels, 1, count, x, count, &to);
  free(x);
  return y;
}

static int smaller_first(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static double median(double *values) {
  qsort(values, (size_t)rounds, sizeof *values, smaller_first);
  return values[rounds / 2];
}

// Part `index` of `threads` of some work.
typedef void (*work)(const void *context, int index, int threads);
typedef struct {
  work run;
  const void *context;
  int index, threads;
  pthread_barrier_t *barrier;
} part;

static void *run_part(void *given) {
  const part *p = given;
  pthread_barrier_wait(p->barrier);
  p->run(p->context, p->index, p->threads);
  return NULL;
}

// Seconds of the work on one or two threads, from when both are there to when both are done.
static double seconds(work run, const void *context, int threads) {
  if (threads == 1) {
    const double start = now();
    run(context, 0, 1);
    return now() - start;
  }
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, 2);
  part other = {run, context, 1, 2, &barrier};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_part, &other)) exit(1);
  pthread_barrier_wait(&barrier);
  const double start = now();
  run(context, 0, 2);
  pthread_join(thread, NULL);
  const double taken = now() - start;
  pthread_barrier_destroy(&barrier);
  return taken;
}

// --------------------------------------------------------------------------------------------- peak

typedef struct {
  const peak *loop;
  long iterations;
} peak_run;

static void run_peak(const void *context, int index, int threads) {
  (void)index, (void)threads;
  const peak_run *p = context;
  p->loop->run(p->iterations);
}

// Operations a second of a few milliseconds of it.
static double peak_rate(const peak *loop, int threads) {
  const peak_run context = {loop, 1000000};
  return loop->operations * (double)context.iterations * threads / seconds(run_peak, &context, threads);
}

static void report_peaks(void) {
  for (int index = 0; peak_at(index); index++)
    for (int threads = 1; threads <= 2; threads++) {
      double rates[MOST_ROUNDS];
      for (int r = 0; r < rounds; r++) rates[r] = peak_rate(peak_at(index), threads);
      const double middle = median(rates);
      printf("{\"kind\": \"peak\", \"what\": \"%s\", \"threads\": %d, \"median\": %.1f, \"best\": %.1f}\n",
             peak_at(index)->name, threads, middle / 1e9, rates[rounds - 1] / 1e9);
      fflush(stdout);
    }
}

// ------------------------------------------------------------------------------------------ products

typedef struct {
  ckernels_precision precision;
  size_t rows, k, outputs;
  ckernels_operand x;
  const void *packed;
  ckernels_result to;
} product;

static void run_product(const void *context, int index, int threads) {
  const product *p = context;
  const size_t first = p->rows * (size_t)index / (size_t)threads;
  const size_t count = p->rows * (size_t)(index + 1) / (size_t)threads - first;
  ckernels_operand x = p->x;
  x.rows = (const uint32_t *)x.rows + first * x.stride;
  if (x.scale) x.scale += first, x.zero += first;
  ckernels_result to = p->to;
  to.y = (char *)to.y + first * to.stride * (to.store == CKERNELS_STORE_BF16 ? 2 : 4);
  ckernels_gemm(kernels, p->precision, count, p->k, &x, p->packed, 0, ckernels_panels(p->outputs), p->outputs, &to);
}

static void report_product(product *p, const char *epilogue) {
  const char *isa = ckernels_gemm_isa_name(kernels, p->precision);
  const peak *loop = peak_of(isa, p->precision);
  const double operations = 2.0 * (double)p->rows * (double)p->k * (double)p->outputs;
  for (int threads = 1; threads <= 2; threads++) {
    double rates[MOST_ROUNDS], shares[MOST_ROUNDS];
    seconds(run_product, p, threads);
    for (int r = 0; r < rounds; r++) {
      const double before = loop ? peak_rate(loop, threads) : 0;
      rates[r] = operations / seconds(run_product, p, threads);
      const double after = loop ? peak_rate(loop, threads) : 0;
      shares[r] = loop ? rates[r] / ((before + after) / 2) : 0;
    }
    const double middle = median(rates), share = median(shares);
    printf("{\"kind\": \"product\", \"precision\": \"%s\", \"isa\": \"%s\", \"rows\": %zu, \"outputs\": %zu, "
           "\"k\": %zu, \"epilogue\": \"%s\", \"threads\": %d, \"median\": %.1f, \"best\": %.1f, "
           "\"peak_share\": %.4f, \"best_peak_share\": %.4f}\n",
           precisions[p->precision], isa, p->rows, p->outputs, p->k, epilogue, threads, middle / 1e9,
           rates[rounds - 1] / 1e9, share, shares[rounds - 1]);
    fflush(stdout);
  }
}

static void products(ckernels_precision precision, size_t rows, size_t outputs, size_t k) {
  float *x = noise(rows * k), *w = noise(outputs * k), *bias = noise(outputs);
  void *packed = memory(ckernels_packed_count(precision, outputs, k));
  ckernels_pack_part(precision, outputs, k, 0, outputs, w, k, packed);
  const ckernels_precision inputs = ckernels_inputs(kernels, precision);
  const size_t stride = ckernels_operand_stride(inputs, k);
  const ckernels_target converted = {inputs, memory(rows * stride), stride, memory(rows), memory(rows), 0};
  ckernels_convert(kernels, rows, k, x, k, &converted);
  const int scaled = precision == CKERNELS_INT8;
  product p = {precision, rows, k, outputs,
               {converted.rows, stride, scaled ? converted.scale : NULL, scaled ? converted.zero : NULL},
               packed,
               {bias, CKERNELS_IDENTITY, CKERNELS_STORE_FP32, memory(rows * outputs), outputs}};
  report_product(&p, "none");
  p.to.activation = CKERNELS_QUICK_GELU;
  const int to_fp32 = ckernels_activations(kernels, precision) == CKERNELS_FP32;
  p.to.store = to_fp32 ? CKERNELS_STORE_FP32 : CKERNELS_STORE_BF16;
  report_product(&p, to_fp32 ? "QuickGELU" : "QuickGELU to bf16");
  p.to.activation = CKERNELS_IDENTITY;
  p.to.store = CKERNELS_ADD_FP32;
  report_product(&p, "add to residual");
  free(x), free(w), free(bias), free(packed), free(p.to.y);
  free(converted.rows), free(converted.scale), free(converted.zero);
}

// ---------------------------------------------------------------------------------- attention and rows

// Nanoseconds a row, on one thread.
static void report_rows(const char *what, ckernels_precision precision, size_t rows, work run, const void *context) {
  double times[MOST_ROUNDS];
  seconds(run, context, 1);
  for (int r = 0; r < rounds; r++) times[r] = 1e9 * seconds(run, context, 1) / (double)rows;
  const double middle = median(times);
  printf("{\"kind\": \"rows\", \"what\": \"%s\", \"precision\": \"%s\", \"median\": %.1f, \"best\": %.1f}\n", what,
         precisions[precision], middle, times[0]);
  fflush(stdout);
}

typedef struct {
  ckernels_precision precision;
  const char *qkv;  // [KEYS, 3 WIDTH] in the precision
  void *keys, *values, *scratch, *out;
} attention;

// All heads of a frame.
static void run_attention(const void *context, int index, int threads) {
  (void)index, (void)threads;
  const attention *a = context;
  const size_t bytes = a->precision == CKERNELS_FP32 ? 4 : 2, stride = 3 * WIDTH;
  for (size_t head = 0; head < HEADS; head++) {
    const char *q = a->qkv + head * HEAD * bytes;
    ckernels_pack_keys(a->precision, KEYS, HEAD, q + WIDTH * bytes, stride, a->keys);
    ckernels_pack_values(a->precision, HEAD, KEYS, q + 2 * WIDTH * bytes, stride, a->values);
    const ckernels_attention given = {a->precision, KEYS, HEAD, 0.125f, a->keys, a->values, a->scratch};
    ckernels_attend(kernels, &given, KEYS, q, stride, -1, (char *)a->out + head * HEAD * bytes, WIDTH);
  }
}

static void report_attention(ckernels_precision precision) {
  const size_t count = (size_t)KEYS * 3 * WIDTH;
  void *qkv = precision == CKERNELS_FP32 ? (void *)noise(count) : (void *)noise_bf16(count);
  const attention a = {precision, qkv, memory(ckernels_packed_count(precision, KEYS, HEAD)),
                       memory(ckernels_packed_count(precision, HEAD, KEYS)),
                       memory(ckernels_attention_scratch(kernels, precision, KEYS)), memory((size_t)KEYS * WIDTH)};
  report_rows("attention, 197 rows, 12 heads of 64", precision, KEYS, run_attention, &a);
  free(qkv), free(a.keys), free(a.values), free(a.scratch), free(a.out);
}

typedef struct {
  const void *x;  // fp32 [ROWS, WIDTH] for LayerNorm, bf16 [ROWS, HIDDEN] to quantise
  const float *weight, *bias;
  ckernels_target to;
} row_work;

static void run_layer_norm(const void *context, int index, int threads) {
  (void)index, (void)threads;
  const row_work *w = context;
  ckernels_layer_norm(kernels, ROWS, WIDTH, w->x, WIDTH, w->weight, w->bias, 1e-5f, &w->to);
}

static void run_quantise(const void *context, int index, int threads) {
  (void)index, (void)threads;
  const row_work *w = context;
  ckernels_quantise(kernels, ROWS, HIDDEN, w->x, HIDDEN, &w->to);
}

static void report_row_kernels(void) {
  float *x = noise((size_t)ROWS * WIDTH), *weight = noise(WIDTH), *bias = noise(WIDTH);
  uint16_t *hidden = noise_bf16((size_t)ROWS * HIDDEN);
  float *scale = memory(ROWS), *zero = memory(ROWS);
  void *out = memory((size_t)ROWS * (HIDDEN + 16));
  for (int precision = CKERNELS_FP32; precision <= CKERNELS_INT8; precision++) {
    const ckernels_target to = {precision, out, ckernels_operand_stride(precision, WIDTH), scale, zero, 1};
    const row_work norm = {x, weight, bias, to};
    report_rows("LayerNorm, 1576 rows of 768", precision, ROWS, run_layer_norm, &norm);
  }
  const ckernels_target to = {CKERNELS_INT8, out, ckernels_operand_stride(CKERNELS_INT8, HIDDEN), scale, zero, 1};
  const row_work quantise = {hidden, NULL, NULL, to};
  report_rows("quantise, 1576 rows of 3072", CKERNELS_INT8, ROWS, run_quantise, &quantise);
  free(x), free(weight), free(bias), free(hidden), free(scale), free(zero), free(out);
}

int main(int count, char **arguments) {
  rounds = count > 1 ? atoi(arguments[1]) : 15;
  if (rounds < 1 || rounds > MOST_ROUNDS) return 2;
  cprocessor_ask_for_tiles();
  kernels = ckernels_choose(cprocessor_features());
  report_peaks();
  static const size_t shapes[][2] = {{3 * WIDTH, WIDTH}, {WIDTH, WIDTH}, {HIDDEN, WIDTH}, {WIDTH, HIDDEN}};
  for (int precision = CKERNELS_FP32; precision <= CKERNELS_INT8; precision++)
    for (size_t rows = ROWS; rows; rows = rows == ROWS ? KEYS : 0)
      for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        products(precision, rows, shapes[s][0], shapes[s][1]);
  report_attention(CKERNELS_FP32);
  if (ckernels_activations(kernels, CKERNELS_BF16) == CKERNELS_BF16) report_attention(CKERNELS_BF16);
  report_row_kernels();
  return 0;
}

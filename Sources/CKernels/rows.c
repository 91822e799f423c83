// The row kernels of rows.h, once per instruction set, and the choice among them at run time.
#include "rows.h"

typedef struct {
  const char *name;
  void (*layer_norm)(size_t, size_t, const float *, size_t, const float *, const float *, float,
                     float *, size_t);
  void (*bias_activation)(size_t, size_t, float *, size_t, const float *, ckernels_activation);
  void (*add_bias)(size_t, size_t, const float *, size_t, const float *, float *, size_t);
  void (*softmax)(size_t, size_t, float, float *, size_t, ptrdiff_t);
  int (*all_finite)(size_t, const float *);
} row_kernels;

#define DEFINE_KERNELS(SUFFIX, TARGET)                                                             \
  TARGET static void layer_norm_##SUFFIX(size_t rows, size_t width, const float *x,                \
                                         size_t x_stride, const float *weight, const float *bias,  \
                                         float epsilon, float *y, size_t y_stride) {               \
    layer_norm_body(rows, width, x, x_stride, weight, bias, epsilon, y, y_stride);                 \
  }                                                                                                \
  TARGET static void bias_activation_##SUFFIX(size_t rows, size_t width, float *x,                 \
                                              size_t x_stride, const float *bias,                  \
                                              ckernels_activation activation) {                    \
    bias_activation_body(rows, width, x, x_stride, bias, activation);                              \
  }                                                                                                \
  TARGET static void add_bias_##SUFFIX(size_t rows, size_t width, const float *x, size_t x_stride, \
                                       const float *bias, float *y, size_t y_stride) {             \
    add_bias_body(rows, width, x, x_stride, bias, y, y_stride);                                    \
  }                                                                                                \
  TARGET static void softmax_##SUFFIX(size_t rows, size_t width, float scale, float *x,            \
                                      size_t x_stride, ptrdiff_t causal_first) {                   \
    softmax_body(rows, width, scale, x, x_stride, causal_first);                                   \
  }                                                                                                \
  TARGET static int all_finite_##SUFFIX(size_t count, const float *x) {                            \
    return all_finite_body(count, x);                                                              \
  }                                                                                                \
  static const row_kernels kernels_##SUFFIX = {                                                    \
      #SUFFIX,          layer_norm_##SUFFIX, bias_activation_##SUFFIX, add_bias_##SUFFIX,          \
      softmax_##SUFFIX, all_finite_##SUFFIX};

DEFINE_KERNELS(portable, )
#if defined(__x86_64__)
DEFINE_KERNELS(avx2, __attribute__((target("avx2,fma"))))
DEFINE_KERNELS(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,prefer-256-bit"))))
#endif

static const row_kernels *choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return &kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kernels_avx2;
#endif
  return &kernels_portable;
}

// Any thread may choose; all choose alike.
static const row_kernels *kernels(void) {
  static const row_kernels *chosen;
  const row_kernels *k = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (!k) {
    k = choose();
    __atomic_store_n(&chosen, k, __ATOMIC_RELAXED);
  }
  return k;
}

void ckernels_layer_norm(size_t rows, size_t width, const float *x, size_t x_stride,
                         const float *weight, const float *bias, float epsilon, float *y,
                         size_t y_stride) {
  kernels()->layer_norm(rows, width, x, x_stride, weight, bias, epsilon, y, y_stride);
}

void ckernels_bias_activation(size_t rows, size_t width, float *x, size_t x_stride,
                              const float *bias, ckernels_activation activation) {
  kernels()->bias_activation(rows, width, x, x_stride, bias, activation);
}

void ckernels_add_bias(size_t rows, size_t width, const float *x, size_t x_stride,
                       const float *bias, float *y, size_t y_stride) {
  kernels()->add_bias(rows, width, x, x_stride, bias, y, y_stride);
}

void ckernels_softmax(size_t rows, size_t width, float scale, float *x, size_t x_stride,
                      ptrdiff_t causal_first) {
  if (width > 0) kernels()->softmax(rows, width, scale, x, x_stride, causal_first);
}

int ckernels_all_finite(size_t count, const float *x) { return kernels()->all_finite(count, x); }

const char *ckernels_instruction_set(void) { return kernels()->name; }

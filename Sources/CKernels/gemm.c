// Matrix products. Own kernels rather than a BLAS: docs/DECISIONS.md has the measurements.
#include <string.h>

#include "CKernels.h"

#define PANEL CKERNELS_PANEL
#define INLINE static inline __attribute__((always_inline))

void ckernels_pack_rows(size_t outputs, size_t k, const float *rows, size_t stride, float *packed) {
  for (size_t first = 0; first < outputs; first += PANEL, packed += k * PANEL) {
    const size_t columns = outputs - first < PANEL ? outputs - first : PANEL;
    for (size_t i = 0; i < k; i++)
      for (size_t c = 0; c < PANEL; c++)
        packed[i * PANEL + c] = c < columns ? rows[(first + c) * stride + i] : 0.0f;
  }
}

void ckernels_unpack_rows(size_t outputs, size_t k, const float *packed, float *rows) {
  for (size_t first = 0; first < outputs; first += PANEL, packed += k * PANEL) {
    const size_t columns = outputs - first < PANEL ? outputs - first : PANEL;
    for (size_t i = 0; i < k; i++)
      for (size_t c = 0; c < columns; c++) rows[(first + c) * k + i] = packed[i * PANEL + c];
  }
}

void ckernels_pack_columns(size_t outputs, size_t k, const float *columns, size_t stride,
                           float *packed) {
  for (size_t first = 0; first < outputs; first += PANEL) {
    const size_t live = outputs - first < PANEL ? outputs - first : PANEL;
    for (size_t i = 0; i < k; i++, packed += PANEL) {
      memcpy(packed, columns + i * stride + first, live * sizeof(float));
      memset(packed + live, 0, (PANEL - live) * sizeof(float));
    }
  }
}

// Writes the live columns of a panel's row.
INLINE void store_row(const float *sums, size_t columns, float *y) {
  if (columns >= PANEL) memcpy(y, sums, PANEL * sizeof(float));
  else memcpy(y, sums, columns * sizeof(float));
}

// A tile of ROWS rows and PANELS panels, in vectors of WIDTH floats.
#define DEFINE_TILE(NAME, WIDTH)                                                                  \
  typedef float NAME##_vector __attribute__((vector_size(WIDTH * 4), aligned(4)));                \
  INLINE void NAME##_tile(const int ROWS, const int PANELS, size_t k, const float *x,             \
                          size_t x_stride, const float *packed, size_t columns, float *y,         \
                          size_t y_stride) {                                                      \
    enum { PER_PANEL = PANEL / WIDTH };                                                           \
    NAME##_vector sum[12][2 * PER_PANEL];                                                         \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                             \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS * PER_PANEL; v++)           \
            sum[r][v] = (NAME##_vector){0};                                                       \
    for (size_t i = 0; i < k; i++) {                                                              \
      NAME##_vector w[2 * PER_PANEL];                                                             \
      _Pragma("clang loop unroll(full)") for (int p = 0; p < PANELS; p++)                         \
          _Pragma("clang loop unroll(full)") for (int v = 0; v < PER_PANEL; v++)                  \
              w[p * PER_PANEL + v] = *(const NAME##_vector *)(packed + p * k * PANEL +            \
                                                              i * PANEL + v * WIDTH);             \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                         \
        const float a = x[(size_t)r * x_stride + i];                                              \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS * PER_PANEL; v++)           \
            sum[r][v] += a * w[v];                                                                \
      }                                                                                           \
    }                                                                                             \
    for (int r = 0; r < ROWS; r++)                                                                \
      for (int p = 0; p < PANELS; p++) {                                                          \
        const size_t done = (size_t)p * PANEL;                                                    \
        store_row((const float *)&sum[r][p * PER_PANEL], columns - done,                          \
                  y + (size_t)r * y_stride + done);                                               \
      }                                                                                           \
  }

// All rows of a run of one or two panels: tiles of the most rows the registers hold, then fewer.
#define DEFINE_PANEL_RUN(NAME, TARGET, MOST, LESS)                                                \
  TARGET static void NAME##_one(size_t rows, size_t k, const float *x, size_t x_stride,           \
                                const float *packed, size_t columns, float *y, size_t y_stride) { \
    for (; rows >= MOST; rows -= MOST, x += MOST * x_stride, y += MOST * y_stride)                \
      NAME##_tile(MOST, 1, k, x, x_stride, packed, columns, y, y_stride);                         \
    for (; rows >= LESS; rows -= LESS, x += LESS * x_stride, y += LESS * y_stride)                \
      NAME##_tile(LESS, 1, k, x, x_stride, packed, columns, y, y_stride);                         \
    for (; rows > 0; rows--, x += x_stride, y += y_stride)                                        \
      NAME##_tile(1, 1, k, x, x_stride, packed, columns, y, y_stride);                            \
  }                                                                                               \
  TARGET static void NAME##_two(size_t rows, size_t k, const float *x, size_t x_stride,           \
                                const float *packed, size_t columns, float *y, size_t y_stride) { \
    for (; rows >= MOST; rows -= MOST, x += MOST * x_stride, y += MOST * y_stride)                \
      NAME##_tile(MOST, 2, k, x, x_stride, packed, columns, y, y_stride);                         \
    for (; rows >= LESS; rows -= LESS, x += LESS * x_stride, y += LESS * y_stride)                \
      NAME##_tile(LESS, 2, k, x, x_stride, packed, columns, y, y_stride);                         \
    for (; rows > 0; rows--, x += x_stride, y += y_stride)                                        \
      NAME##_tile(1, 2, k, x, x_stride, packed, columns, y, y_stride);                            \
  }

typedef void (*panel_run)(size_t rows, size_t k, const float *x, size_t x_stride,
                          const float *packed, size_t columns, float *y, size_t y_stride);
typedef struct {
  panel_run one, two;  // `two` is NULL where the registers do not hold two panels
} gemm_kernels;

DEFINE_TILE(portable, 4)
DEFINE_PANEL_RUN(portable, , 2, 1)
static const gemm_kernels kernels_portable = {portable_one, NULL};
#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
DEFINE_TILE(avx2, 8)
DEFINE_PANEL_RUN(avx2, AVX2, 6, 2)
static const gemm_kernels kernels_avx2 = {avx2_one, NULL};
DEFINE_TILE(avx512, 16)
DEFINE_PANEL_RUN(avx512, AVX512, 12, 4)
static const gemm_kernels kernels_avx512 = {avx512_one, avx512_two};
#endif

static const gemm_kernels *kernels(void) {
  // "avx512", "avx2" or "portable"
  switch (ckernels_instruction_set()[3]) {
#if defined(__x86_64__)
    case '5': return &kernels_avx512;
    case '2': return &kernels_avx2;
#endif
    default: return &kernels_portable;
  }
}

void ckernels_gemm(size_t rows, size_t k, const float *x, size_t x_stride, const float *packed,
                   size_t first_panel, size_t panels, size_t outputs, float *y, size_t y_stride) {
  const gemm_kernels *chosen = kernels();
  // Rows taken together: as many as leave their part of x in the second-level cache while all
  // panels pass by.
  size_t together = (128 * 1024) / (k ? k : 1) / 12 * 12;
  if (together < 48) together = 48;
  for (size_t row = 0; row < rows; row += together) {
    const size_t block = rows - row < together ? rows - row : together;
    for (size_t panel = first_panel; panel < first_panel + panels;) {
      const size_t column = panel * PANEL;
      const int pair = chosen->two && panel + 2 <= first_panel + panels;
      (pair ? chosen->two : chosen->one)(block, k, x + row * x_stride, x_stride,
                                         packed + column * k, outputs - column,
                                         y + row * y_stride + column, y_stride);
      panel += pair ? 2 : 1;
    }
  }
}

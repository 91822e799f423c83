// Products as plain loops: what every other form is tested against.
#include "forms.h"

#include <math.h>

static float activated(float x, ckernels_activation activation) {
  switch (activation) {
    case CKERNELS_QUICK_GELU: return x / (1.0f + expf(-1.702f * x));
    case CKERNELS_RELU: return x < 0.0f ? 0.0f : x;
    default: return x;
  }
}

static void finish(const gemm_run *g, size_t row, size_t column, float value) {
  if (g->bias) value += g->bias[column];
  value = activated(value, g->activation);
  const size_t place = row * g->y_stride + column;
  if (g->store == CKERNELS_STORE_BF16) ((uint16_t *)g->y)[place] = bf16_from(value);
  else if (g->store == CKERNELS_ADD_FP32) ((float *)g->y)[place] += value;
  else ((float *)g->y)[place] = value;
}

static uint32_t factor(const gemm_run *g, size_t column, size_t i) {
  return g->packed[(column / PANEL * g->dwords + i) * PANEL + column % PANEL];
}

static void fp32(const gemm_run *g) {
  for (size_t row = 0; row < g->rows; row++)
    for (size_t column = 0; column < g->columns; column++) {
      float sum = 0;
      for (size_t i = 0; i < g->dwords; i++) {
        const uint32_t bits = factor(g, column, i);
        float a, w;
        memcpy(&a, &g->x[row * g->x_stride + i], 4);
        memcpy(&w, &bits, 4);
        sum += a * w;
      }
      finish(g, row, column, g->row_scale ? sum * g->row_scale[row] : sum);
    }
}

static void bf16(const gemm_run *g) {
  for (size_t row = 0; row < g->rows; row++)
    for (size_t column = 0; column < g->columns; column++) {
      float sum = 0;
      for (size_t i = 0; i < g->dwords; i++) {
        const uint32_t a = g->x[row * g->x_stride + i], w = factor(g, column, i);
        sum += bf16_value((uint16_t)a) * bf16_value((uint16_t)w);
        sum += bf16_value((uint16_t)(a >> 16)) * bf16_value((uint16_t)(w >> 16));
      }
      finish(g, row, column, g->row_scale ? sum * g->row_scale[row] : sum);
    }
}

static void int8(const gemm_run *g) {
  for (size_t row = 0; row < g->rows; row++)
    for (size_t column = 0; column < g->columns; column++) {
      int32_t sum = 0;
      for (size_t i = 0; i < g->dwords; i++) {
        const uint32_t a = g->x[row * g->x_stride + i], w = factor(g, column, i);
        for (int b = 0; b < 32; b += 8) sum += (int32_t)(a >> b & 255) * (int8_t)(w >> b & 255);
      }
      const float scale = g->column_scale[column];
      const float value = (float)sum * scale - g->row_zero[row] * ((float)g->column_sum[column] * scale);
      finish(g, row, column, value * g->row_scale[row]);
    }
}

const gemm_form gemm_fp32_reference = {"reference", fp32, NULL};
const gemm_form gemm_bf16_reference = {"reference", bf16, NULL};
const gemm_form gemm_int8_reference = {"reference", int8, NULL};

// Backward passes of the kernels that go over rows, in one isa. Included by rows.h.

// Fills `rest` with the end of a row that does not fill all lanes, and zeros.
INLINE const float *N(row_end)(const float *x, size_t left, float *rest) {
  if (left >= LANES) return x;
  memset(rest, 0, LANES * sizeof *rest);
  memcpy(rest, x, left * sizeof *rest);
  return rest;
}

// With g = dy · weight and x normalised to n: dx = (g - mean(g) - n · mean(g · n)) / standard deviation.
static void N(layer_norm_gradient)(size_t rows, size_t width, const float *x, size_t x_stride, const float *weight,
                                   float epsilon, const float *dy, size_t dy_stride, float *dx, size_t dx_stride,
                                   int add, float *moments) {
  float rest[3][LANES];
  for (size_t row = 0; row < rows; row++, x += x_stride, dy += dy_stride, moments += 2) {
    float mean;
    const float scale = N(moments)(width, x, epsilon, &mean);
    moments[0] = mean;
    moments[1] = scale;
    if (!dx) continue;
    N(vf) sums[PARTS], products[PARTS];
    for (int p = 0; p < PARTS; p++) sums[p] = products[p] = (N(vf)){0};
    for (size_t i = 0; i < width; i += LANES) {
      const float *xs = N(row_end)(x + i, width - i, rest[0]);
      const float *ws = N(row_end)(weight + i, width - i, rest[1]);
      const float *gs = N(row_end)(dy + i, width - i, rest[2]);
      for (int p = 0; p < PARTS; p++) {
        const N(vf) g = N(load)(gs + p * WIDTH) * N(load)(ws + p * WIDTH);
        sums[p] += g;
        products[p] += g * ((N(load)(xs + p * WIDTH) - mean) * scale);
      }
    }
    const float sum = N(lanes_sum)(sums) / (float)width, product = N(lanes_sum)(products) / (float)width;
    size_t i = 0;
    for (; i + WIDTH <= width; i += WIDTH) {
      const N(vf) g = N(load)(dy + i) * N(load)(weight + i);
      const N(vf) v = scale * (g - sum - (N(load)(x + i) - mean) * scale * product);
      N(store)(dx + i, add ? N(load)(dx + i) + v : v);
    }
    for (; i < width; i++) {
      const float v = scale * (dy[i] * weight[i] - sum - (x[i] - mean) * scale * product);
      dx[i] = add ? dx[i] + v : v;
    }
    dx += dx_stride;
  }
}

static void N(column_gradients)(size_t rows, size_t width, const float *dy, size_t dy_stride, const float *x,
                                size_t x_stride, const float *moments, float *products, float *sums) {
  for (size_t row = 0; row < rows; row++, dy += dy_stride) {
    size_t i = 0;
    for (; i + WIDTH <= width; i += WIDTH) N(store)(sums + i, N(load)(sums + i) + N(load)(dy + i));
    for (; i < width; i++) sums[i] += dy[i];
    if (!x) continue;
    const float mean = moments[0], scale = moments[1];
    for (i = 0; i + WIDTH <= width; i += WIDTH)
      N(store)(products + i, N(load)(products + i) + N(load)(dy + i) * ((N(load)(x + i) - mean) * scale));
    for (; i < width; i++) products[i] += dy[i] * ((x[i] - mean) * scale);
    x += x_stride;
    moments += 2;
  }
}

INLINE N(vf) N(activated)(ckernels_activation activation, N(vf) x) {
  switch (activation) {
    case CKERNELS_IDENTITY: return x;
    case CKERNELS_QUICK_GELU: return N(quick_gelu)(x);
    case CKERNELS_RELU: return x < 0.0f ? N(splat)(0.0f) : x;
    case CKERNELS_TANH_GELU: return N(tanh_gelu)(x);
    case CKERNELS_GELU: break;
  }
  return N(gelu)(x);
}
INLINE N(vf) N(slope)(ckernels_activation activation, N(vf) x) {
  switch (activation) {
    case CKERNELS_IDENTITY: return N(splat)(1.0f);
    case CKERNELS_QUICK_GELU: return N(quick_gelu_slope)(x);
    case CKERNELS_RELU: return x > 0.0f ? N(splat)(1.0f) : N(splat)(0.0f);
    case CKERNELS_TANH_GELU: return N(tanh_gelu_slope)(x);
    case CKERNELS_GELU: break;
  }
  return N(gelu_slope)(x);
}

static void N(activate)(ckernels_activation activation, size_t count, const float *x, float *y) {
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) N(store)(y + i, N(activated)(activation, N(load)(x + i)));
  if (i == count) return;
  float rest[WIDTH] = {0};
  memcpy(rest, x + i, (count - i) * sizeof *rest);
  N(store)(rest, N(activated)(activation, N(load)(rest)));
  memcpy(y + i, rest, (count - i) * sizeof *rest);
}

static void N(activation_gradient)(ckernels_activation activation, size_t count, const float *x, float *gradient,
                                   float *y) {
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    const N(vf) v = N(load)(x + i);
    N(store)(gradient + i, N(load)(gradient + i) * N(slope)(activation, v));
    if (y) N(store)(y + i, N(activated)(activation, v));
  }
  if (i == count) return;
  float rest[WIDTH] = {0}, own[WIDTH];
  memcpy(rest, x + i, (count - i) * sizeof *rest);
  N(store)(own, N(slope)(activation, N(load)(rest)));
  for (size_t j = 0; i + j < count; j++) gradient[i + j] *= own[j];
  if (!y) return;
  N(store)(own, N(activated)(activation, N(load)(rest)));
  memcpy(y + i, own, (count - i) * sizeof *own);
}

// Both rows have room for whole vectors at the end.
static void N(softmax_gradient)(size_t seen, size_t width, float scale, const float *weights, float *gradients) {
  N(vf) parts[PARTS];
  for (int p = 0; p < PARTS; p++) parts[p] = (N(vf)){0};
  size_t i = 0;
  for (; i + LANES <= seen; i += LANES)
    for (int p = 0; p < PARTS; p++)
      parts[p] += N(load)(weights + i + p * WIDTH) * N(load)(gradients + i + p * WIDTH);
  for (int p = 0; p < PARTS && i < seen; p++, i += WIDTH) {
    const N(vf) product = N(load)(weights + i) * N(load)(gradients + i);
    parts[p] += N(below)(i, seen) ? product : N(splat)(0.0f);
  }
  const float sum = N(lanes_sum)(parts);
  for (i = 0; i < seen; i += WIDTH)
    N(store)(gradients + i, scale * N(load)(weights + i) * (N(load)(gradients + i) - sum));
  if (seen < width) memset(gradients + seen, 0, (width - seen) * sizeof *gradients);
}

static void N(adamw)(size_t count, const ckernels_adamw *s, const float *gradient, float *mean, float *square,
                     float *weight) {
  const float keep = s->keep, rate = s->rate, beta1 = s->beta1, beta2 = s->beta2;
  const float unbias = s->unbias, epsilon = s->epsilon, scale = s->scale;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] * scale;
    const float m = mean[i] + (1.0f - beta1) * (g - mean[i]);
    const float v = beta2 * square[i] + (1.0f - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    weight[i] = keep * weight[i] - rate * (m / (sqrtf(v) * unbias + epsilon));
  }
}

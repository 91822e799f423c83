// Kernels that go over rows, in one isa: rows_ISA. Included under the isa's target attribute, after isa/vector.h. Sums
// run over 64 fixed lanes whatever the vectors' width: enough that one addition need not wait for the one before.

#define LANES 64
#define PARTS (LANES / WIDTH)

INLINE float N(lanes_sum)(const N(vf) *parts) {
  float s[LANES];
  for (int i = 0; i < PARTS; i++) N(store)(s + i * WIDTH, parts[i]);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) s[i] += s[i + half];
  return s[0];
}

INLINE float N(largest)(N(vf) v) {
  float s[WIDTH];
  N(store)(s, v);
  for (int half = WIDTH / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) s[i] = s[i + half] > s[i] ? s[i + half] : s[i];
  return s[0];
}

// Bytes q = x * inverse + zero, rounded; the range was chosen so that they fit.
INLINE void N(store_bytes)(uint8_t *to, N(vf) x, float inverse, float zero) {
#if HAS_SCALEF
  const __m128i low = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32((__m512)(x * inverse + zero)));
  memcpy(to, &low, sizeof low);
#else
  const N(vf) magic = N(splat)(12582912.0f);
  const N(vi) bits = (N(vi))(x * inverse + zero + magic);
  const N(vb) bytes = __builtin_convertvector(bits & 255, N(vb));
  memcpy(to, &bytes, sizeof bytes);
#endif
}
INLINE uint8_t N(one_byte)(float x, float inverse, float zero) {
  const float shifted = x * inverse + zero + 12582912.0f;
  int32_t bits;
  memcpy(&bits, &shifted, 4);
  return (uint8_t)bits;
}

// Stores the scale and zero of a row whose numbers, and 0, are between min and max, and returns 1 / scale. `sound` is
// 0, or NaN for a row that has no range.
INLINE float N(range)(float min, float max, float sound, const ckernels_target *to, size_t row,
                      float *zero) {
  const float span = max - min;
  const float inverse = span > 0 ? 255.0f / span : 0.0f;
  to->scale[row] = span / 255.0f + sound;
  to->zero[row] = *zero = -min * inverse;
  return inverse;
}

INLINE void N(clear_tail)(uint8_t *row, size_t bytes) {
  while (bytes % 4) row[bytes++] = 0;
}

// Quantises a row: its range first, then its numbers, which VECTOR(i) and ONE(i) give; CHECKED is 1 where any of
// them may not be finite; START is 0, or NaN for a row that has no range.
#define ROUND_ROW(VECTOR, ONE, CHECKED, START, BYTES)                                                       \
  {                                                                                                         \
    N(vf) low = {0}, high = {0}, sound = {0};                                                               \
    float min = 0, max = 0, rest = START, zero;                                                          \
    size_t i = 0;                                                                                           \
    for (; i + WIDTH <= width; i += WIDTH) {                                                                \
      const N(vf) v = VECTOR(i);                                                                            \
      low = N(min)(v, low);                                                                               \
      high = N(max)(v, high);                                                                              \
      if (CHECKED) sound += v * 0.0f;                                                                       \
    }                                                                                                       \
    for (; i < width; i++) {                                                                                \
      const float v = ONE(i);                                                                               \
      min = v < min ? v : min;                                                                        \
      max = v > max ? v : max;                                                                           \
      if (CHECKED) rest += v * 0.0f;                                                                        \
    }                                                                                                       \
    for (int l = 0; CHECKED && l < WIDTH; l++) rest += sound[l];                                            \
    const float lowest = -N(largest)(-low), highest = N(largest)(high);                                     \
    const float inverse = N(range)(lowest < min ? lowest : min, highest > max ? highest : max, rest,  \
                                   to, row, &zero);                                                         \
    STORE_ROW(VECTOR, ONE, BYTES)                                                                           \
  }
// Stores a row's numbers as bytes once their range is known.
#define STORE_ROW(VECTOR, ONE, BYTES)                                                                       \
  {                                                                                                         \
    uint8_t *y = BYTES;                                                                                     \
    size_t i = 0;                                                                                           \
    for (; i + WIDTH <= width; i += WIDTH) N(store_bytes)(y + i, VECTOR(i), inverse, zero);                 \
    for (; i < width; i++) y[i] = N(one_byte)(ONE(i), inverse, zero);                                       \
    N(clear_tail)(y, width);                                                                                \
  }

#define UNROLLED _Pragma("clang loop unroll(full)")

// Multiplies the numbers in each lane of `points` vectors by the Hadamard matrix of that size.
INLINE void N(hadamard)(const size_t points, N(vf) *v) {
  UNROLLED for (size_t half = 1; half < points; half *= 2) {
    UNROLLED for (size_t i = 0; i < points; i++) {
      if (i & half) continue;
      const N(vf) a = v[i], b = v[i + half];
      v[i] = a + b;
      v[i + half] = a - b;
    }
  }
}

// Quantises a row rotated (CKernels.h): its numbers, which VECTOR(i) and ONE(i) give, are rotated and kept while their
// range is found.
#define ROUND_ROTATED_ROW(VECTOR, ONE, BYTES)                                                               \
  {                                                                                                         \
    float kept[CKERNELS_ROTATED_MAX] __attribute__((aligned(64)));                                          \
    N(vf) low = {0}, high = {0}, sound = {0};                                                               \
    float rest = 0, zero;                                                                                   \
    switch (ckernels_rotation_points(width)) {                                                              \
      case 16: {                                                                                            \
        const size_t fours = ckernels_rotation_fours(width), after = ckernels_rotation_rest(width);         \
        ROTATE_RUNS(16, 0, fours, VECTOR, 1.0f)                                                             \
        ROTATE_RUNS(4, fours, after, VECTOR, 2.0f)                                                          \
        KEEP_REST(after, VECTOR, ONE)                                                                       \
        break;                                                                                              \
      }                                                                                                     \
      case 8: ROTATE_RUNS(8, 0, width, VECTOR, 1.0f) break;                                                 \
      case 4: ROTATE_RUNS(4, 0, width, VECTOR, 1.0f) break;                                                 \
      default: ROTATE_RUNS(2, 0, width, VECTOR, 1.0f)                                                       \
    }                                                                                                       \
    for (int l = 0; l < WIDTH; l++) rest += sound[l];                                                       \
    const float inverse = N(range)(-N(largest)(-low), N(largest)(high), rest, to, row, &zero);              \
    STORE_ROW(KEPT, KEPT_ONE, BYTES)                                                                        \
  }
// The first of a run's rotated vectors is the sum of all, which is not finite where one of them is not.
#define ROTATE_RUNS(POINTS, FROM, END, VECTOR, FACTOR)                                                      \
  for (size_t run = FROM; run < END; run += 16 * POINTS)                                                    \
    for (size_t at = run; at < run + 16; at += WIDTH) {                                                     \
      N(vf) v[POINTS];                                                                                      \
      UNROLLED for (size_t p = 0; p < POINTS; p++) v[p] = VECTOR(at + 16 * p) * FACTOR;                     \
      N(hadamard)(POINTS, v);                                                                               \
      sound += v[0] * 0.0f;                                                                                 \
      UNROLLED for (size_t p = 0; p < POINTS; p += 2) {                                                     \
        low = N(min)(N(min)(v[p], v[p + 1]), low);                                                          \
        high = N(max)(N(max)(v[p], v[p + 1]), high);                                                        \
        N(store)(kept + at + 16 * p, v[p]);                                                                 \
        N(store)(kept + at + 16 * p + 16, v[p + 1]);                                                        \
      }                                                                                                     \
    }
// Numbers behind the last run, four times as large.
#define KEEP_REST(FROM, VECTOR, ONE)                                                                        \
  {                                                                                                         \
    size_t at = FROM;                                                                                       \
    for (; at + WIDTH <= width; at += WIDTH) {                                                              \
      const N(vf) v = VECTOR(at) * 4.0f;                                                                    \
      sound += v * 0.0f;                                                                                    \
      low = N(min)(v, low);                                                                                 \
      high = N(max)(v, high);                                                                               \
      N(store)(kept + at, v);                                                                               \
    }                                                                                                       \
    for (; at < width; at++) {                                                                              \
      kept[at] = ONE(at) * 4.0f;                                                                            \
      rest += kept[at] * 0.0f;                                                                              \
      low[0] = kept[at] < low[0] ? kept[at] : low[0];                                                       \
      high[0] = kept[at] > high[0] ? kept[at] : high[0];                                                    \
    }                                                                                                       \
  }
#define KEPT(i) N(load)(kept + (i))
#define KEPT_ONE(i) kept[i]

static void N(convert)(size_t rows, size_t width, const float *x, size_t x_stride,
                       const ckernels_target *to) {
  for (size_t row = 0; row < rows; row++, x += x_stride) {
    uint32_t *own = (uint32_t *)to->rows + row * to->stride;
    size_t i = 0;
    switch (to->precision) {
      case CKERNELS_FP32: memcpy(own, x, width * 4); break;
      case CKERNELS_BF16: {
        uint16_t *y = (uint16_t *)own;
        for (; i + WIDTH <= width; i += WIDTH) N(store_bf16)(y + i, N(load)(x + i));
        for (; i < width; i++) y[i] = bf16_from(x[i]);
        if (width % 2) y[width] = 0;
        break;
      }
      case CKERNELS_INT8:
#define VECTOR(i) N(load)(x + (i))
#define ONE(i) x[i]
        if (to->rotated) ROUND_ROTATED_ROW(VECTOR, ONE, (uint8_t *)own)
        else ROUND_ROW(VECTOR, ONE, 1, 0, (uint8_t *)own)
#undef VECTOR
#undef ONE
    }
  }
}

// bf16 as integers in the same order, and back. Not finite are those from 0x7F80 up and from ~0x7F80 down.
typedef int16_t N(vw) __attribute__((ext_vector_type(2 * WIDTH)));
INLINE int16_t N(ordered)(uint16_t half) { return (int16_t)(half ^ ((int16_t)half >> 15 & 0x7FFF)); }

INLINE void N(bf16_range)(size_t width, const uint16_t *x, int16_t *min, int16_t *max) {
  N(vw) low = {0}, high = {0};
  size_t i = 0;
  for (; i + 2 * WIDTH <= width; i += 2 * WIDTH) {
    N(vw) v;
    memcpy(&v, x + i, sizeof v);
    v ^= v >> 15 & 0x7FFF;
    low = v < low ? v : low;
    high = v > high ? v : high;
  }
  *min = *max = 0;
  for (int l = 0; l < 2 * WIDTH; l++) {
    *min = low[l] < *min ? low[l] : *min;
    *max = high[l] > *max ? high[l] : *max;
  }
  for (; i < width; i++) {
    const int16_t v = N(ordered)(x[i]);
    *min = v < *min ? v : *min;
    *max = v > *max ? v : *max;
  }
}

static void N(quantise)(size_t rows, size_t width, const uint16_t *x, size_t x_stride,
                        const ckernels_target *to) {
#define VECTOR(i) N(from_bf16)(x + (i))
#define ONE(i) bf16_value(x[i])
  for (size_t row = 0; row < rows; row++, x += x_stride) {
    uint8_t *own = (uint8_t *)((uint32_t *)to->rows + row * to->stride);
    if (to->rotated) {
      ROUND_ROTATED_ROW(VECTOR, ONE, own)
      continue;
    }
    int16_t min, max;
    N(bf16_range)(width, x, &min, &max);
    const int finite = max < 0x7F80 && min > ~0x7F80;
    float zero;
    const float inverse = N(range)(bf16_value((uint16_t)N(ordered)((uint16_t)min)), bf16_value((uint16_t)max),
                                   finite ? 0.0f : NAN, to, row, &zero);
    STORE_ROW(VECTOR, ONE, own)
  }
#undef VECTOR
#undef ONE
}

// Mean and 1 / standard deviation of a row.
INLINE float N(moments)(size_t width, const float *x, float epsilon, float *mean_out) {
  N(vf) parts[PARTS];
  for (int p = 0; p < PARTS; p++) parts[p] = (N(vf)){0};
  size_t i = 0;
  for (; i + LANES <= width; i += LANES)
    for (int p = 0; p < PARTS; p++) parts[p] += N(load)(x + i + p * WIDTH);
  if (i < width) {
    float rest[LANES] = {0};
    memcpy(rest, x + i, (width - i) * 4);
    for (int p = 0; p < PARTS; p++) parts[p] += N(load)(rest + p * WIDTH);
  }
  const float mean = N(lanes_sum)(parts) / (float)width;

  for (int p = 0; p < PARTS; p++) parts[p] = (N(vf)){0};
  for (i = 0; i + LANES <= width; i += LANES)
    for (int p = 0; p < PARTS; p++) {
      const N(vf) d = N(load)(x + i + p * WIDTH) - mean;
      parts[p] += d * d;
    }
  if (i < width) {
    float rest[LANES];
    for (int l = 0; l < LANES; l++) rest[l] = i + l < width ? x[i + l] : mean;
    for (int p = 0; p < PARTS; p++) {
      const N(vf) d = N(load)(rest + p * WIDTH) - mean;
      parts[p] += d * d;
    }
  }
  *mean_out = mean;
  // Numbers whose squares overflow have no norm: NaN says so, where 1 / infinity would quietly make
  // every row alike.
  const float variance = N(lanes_sum)(parts) / (float)width;
  return variance <= FLT_MAX ? 1.0f / sqrtf(variance + epsilon) : NAN;
}

static void N(layer_norm)(size_t rows, size_t width, const float *x, size_t x_stride,
                          const float *weight, const float *bias, float epsilon,
                          const ckernels_target *to) {
  for (size_t row = 0; row < rows; row++, x += x_stride) {
    float mean;
    const float scale = N(moments)(width, x, epsilon, &mean);
    uint32_t *own = (uint32_t *)to->rows + row * to->stride;
    size_t i = 0;
#define NORMED(i) ((N(load)(x + (i)) - mean) * scale * N(load)(weight + (i)) + N(load)(bias + (i)))
#define NORMED_ONE(i) ((x[i] - mean) * scale * weight[i] + bias[i])
    switch (to->precision) {
      case CKERNELS_FP32: {
        float *y = (float *)own;
        for (; i + WIDTH <= width; i += WIDTH) N(store)(y + i, NORMED(i));
        for (; i < width; i++) y[i] = NORMED_ONE(i);
        break;
      }
      case CKERNELS_BF16: {
        uint16_t *y = (uint16_t *)own;
        for (; i + WIDTH <= width; i += WIDTH) N(store_bf16)(y + i, NORMED(i));
        for (; i < width; i++) y[i] = bf16_from(NORMED_ONE(i));
        if (width % 2) y[width] = 0;
        break;
      }
      case CKERNELS_INT8:
        if (to->rotated) ROUND_ROTATED_ROW(NORMED, NORMED_ONE, (uint8_t *)own)
        else ROUND_ROW(NORMED, NORMED_ONE, 0, scale * 0.0f, (uint8_t *)own)
    }
#undef NORMED
#undef NORMED_ONE
  }
}

// All bits set in the lanes that stand for indices below `end`, the first lane being `i`.
INLINE N(vi) N(below)(size_t i, size_t end) {
  N(vi) lanes;
  for (int l = 0; l < WIDTH; l++) lanes[l] = l;
  const size_t left = end - i;
  return lanes < (N(vi))(left < WIDTH ? (int32_t)left : WIDTH);
}

// The largest of a row whose memory goes on to whole vectors.
INLINE float N(peak)(size_t seen, const float *x) {
  N(vf) max = N(splat)(x[0]);
  size_t i = 0;
  for (; i + WIDTH <= seen; i += WIDTH) max = N(max)(N(load)(x + i), max);
  if (i < seen) max = N(max)(N(below)(i, seen) ? N(load)(x + i) : max, max);
  return N(largest)(max);
}

// e^v of numbers up to 0, for a row's sum and its weights; NaN in, NaN out.
INLINE N(vf) N(weight_fp32)(N(vf) v, float *to) {
  const N(vf) e = N(exponential)(v) + v * 0.0f;
  N(store)(to, e);
  return e;
}
// 2^v, rounded; the sum is of what was rounded, so that weights add up to 1.
INLINE N(vf) N(weight_bf16)(N(vf) v, uint16_t *to) {
  const N(vh) h = N(to_bf16)(N(approximate_exp2)(v) + v * 0.0f);
  memcpy(to, &h, sizeof h);
  return N(of_bf16)(h);
}

// Scores and weights have room for whole vectors at the end of a row.
#define DEFINE_SOFTMAX(NAME, TYPE, WEIGHT, FACTOR)                                              \
  static float N(NAME)(size_t seen, size_t width, float scale, const float *x, TYPE *to) {      \
    const float peak = N(peak)(seen, x), factor = scale * FACTOR;                               \
    N(vf) parts[PARTS];                                                                         \
    for (int p = 0; p < PARTS; p++) parts[p] = (N(vf)){0};                                      \
    size_t i = 0;                                                                               \
    for (; i + LANES <= seen; i += LANES)                                                       \
      for (int p = 0; p < PARTS; p++)                                                           \
        parts[p] += N(WEIGHT)((N(load)(x + i + p * WIDTH) - peak) * factor, to + i + p * WIDTH); \
    for (int p = 0; p < PARTS && i < seen; p++, i += WIDTH) {                                   \
      const N(vi) live = N(below)(i, seen);                                                     \
      const N(vf) v = ((live ? N(load)(x + i) : N(splat)(peak)) - peak) * factor;               \
      const N(vf) e = N(WEIGHT)(v, to + i);                                                     \
      parts[p] += live ? e : N(splat)(0.0f);                                                    \
    }                                                                                           \
    if (seen < width) memset(to + seen, 0, (width - seen) * sizeof *to);                        \
    return 1.0f / N(lanes_sum)(parts);                                                          \
  }
DEFINE_SOFTMAX(softmax_fp32, float, weight_fp32, 1.0f)
DEFINE_SOFTMAX(softmax_bf16, uint16_t, weight_bf16, 1.44269504088896341f)

static int N(all_finite)(size_t count, const float *x) {
  N(vf) sound = {0};
  float rest = 0;
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) sound += N(load)(x + i) * 0.0f;
  for (; i < count; i++) rest += x[i] * 0.0f;
  for (int l = 0; l < WIDTH; l++) rest += sound[l];
  return rest == 0.0f;
}

#include "gradients.h"

const row_kernels N(rows) = {
    N(convert),
    N(quantise),
    N(layer_norm),
    N(softmax_fp32),
    N(softmax_bf16),
    N(all_finite),
    N(layer_norm_gradient),
    N(column_gradients),
    N(activate),
    N(activation_gradient),
    N(softmax_gradient),
    N(adamw),
};

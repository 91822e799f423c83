// Scans of stored rows, in one isa: scan_ISA. Included under the isa's target attribute, after isa/vector.h.
//
// Number i of a row is added to sum i % SUMS, whatever the vectors' width, and the sums are added in halves. So a score
// is a sum of width / SUMS + 5 roundings at most (ckernels_scan_error).
#define SUMS 32
#define VECTORS (SUMS / WIDTH)
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)

INLINE float N(added)(const N(vf) *sums) {
  float all[SUMS];
  memcpy(all, sums, sizeof all);
#pragma clang loop unroll(full)
  for (int half = SUMS / 2; half > 0; half /= 2)
#pragma clang loop unroll(full)
    for (int s = 0; s < half; s++) all[s] += all[s + half];
  return all[0];
}

// One scan for a type of stored numbers. The last numbers of a row that do not fill all sums are copied between zeros.
#define SCAN(NAME, NUMBER, LOAD)                                                                             \
  static void N(NAME)(size_t rows, size_t width, const NUMBER *x, const float *query, float *scores) {       \
    const size_t whole = width / SUMS * SUMS, rest = width - whole;                                          \
    float query_rest[SUMS] = {0};                                                                            \
    memcpy(query_rest, query + whole, rest * sizeof *query);                                                 \
    for (size_t row = 0; row < rows; row++, x += width) {                                                    \
      N(vf) sums[VECTORS];                                                                                   \
      EACH_VECTOR sums[v] = (N(vf)){0};                                                                      \
      for (size_t i = 0; i < whole; i += SUMS)                                                               \
        EACH_VECTOR sums[v] = sums[v] + LOAD(x + i + v * WIDTH) * N(load)(query + i + v * WIDTH);            \
      if (rest) {                                                                                            \
        NUMBER x_rest[SUMS] = {0};                                                                           \
        memcpy(x_rest, x + whole, rest * sizeof *x);                                                         \
        EACH_VECTOR sums[v] = sums[v] + LOAD(x_rest + v * WIDTH) * N(load)(query_rest + v * WIDTH);          \
      }                                                                                                      \
      scores[row] = N(added)(sums);                                                                          \
    }                                                                                                        \
  }
SCAN(scan_fp32, float, N(load))
SCAN(scan_fp16, uint16_t, N(from_fp16))

const scan_kernels N(scan) = {.fp32 = N(scan_fp32), .fp16 = N(scan_fp16)};
#undef SCAN
#undef SUMS
#undef VECTORS
#undef EACH_VECTOR

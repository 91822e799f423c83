// The kernels of Sources/CResample, in every isa that this processor runs, against plain loops: any weights, sizes and
// matrices, with each row between pages that nobody may touch.
//
//   test_resample ROUNDS        so many rows of each kind
//   test_resample ROUNDS all    also all 2^24 triples of Y, U and V for every matrix, range and layout
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../Sources/CResample/isa/isa.h"
#include "check.h"

static uint64_t state = 1;
static uint32_t random_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}
static size_t below(size_t n) { return random_bits() % n; }

// ------------------------------------------------------------------------------------ fenced memory

// Memory with an untouchable page before it and after it.
typedef struct {
  uint8_t *first, *end;
} fence;

static fence make_fence(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (bytes + page - 1) / page * page;
  uint8_t *base = mmap(NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED || mprotect(base + page, body, PROT_READ | PROT_WRITE)) abort();
  return (fence){base + page, base + page + body};
}

// Bytes of noise right after the page before, or right before the page after.
static uint8_t *place(fence f, size_t bytes) {
  uint8_t *at = below(2) ? f.first : f.end - bytes;
  for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)random_bits();
  return at;
}

static fence fences[8];

// ------------------------------------------------------------------------------------------ colours

// Where a row of YUV has its values: bytes from one to the next, and how many columns share a U and V.
static const struct {
  const char *name;
  size_t y_step, chroma_step, chroma_shift;
  int y, u, v;  // places in what is interleaved: all three, or U and V
} layouts[] = {
    {"NV12", 1, 2, 1, 0, 0, 1}, {"NV21", 1, 2, 1, 0, 1, 0}, {"NV24", 1, 2, 0, 0, 0, 1},
    {"I420", 1, 1, 1, 0, 0, 0}, {"YUYV", 2, 4, 1, 0, 1, 3}, {"UYVY", 2, 4, 1, 1, 0, 2},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static uint8_t clipped(int64_t value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

// The formula of CResample.h.
static void formula(const cresample_matrix *m, int y, int u, int v, uint8_t rgb[3]) {
  const int64_t half = 1 << (CRESAMPLE_MATRIX_BITS - 1);
  const int64_t luma = (y > m->black ? y - m->black : 0) * (int64_t)m->luma + half;
  rgb[0] = clipped((luma + (v - 128) * (int64_t)m->v_red) >> CRESAMPLE_MATRIX_BITS);
  rgb[1] = clipped((luma + (u - 128) * (int64_t)m->u_green + (v - 128) * (int64_t)m->v_green) >> CRESAMPLE_MATRIX_BITS);
  rgb[2] = clipped((luma + (u - 128) * (int64_t)m->u_blue) >> CRESAMPLE_MATRIX_BITS);
}

// A part of a row, of which only the part's bytes exist.
static void test_row(const cresample_isa *isa, size_t layout) {
  const size_t first = below(40), count = 1 + below(100), end = first + count;
  const size_t y_step = layouts[layout].y_step;
  const size_t step = layouts[layout].chroma_step, shift = layouts[layout].chroma_shift;
  const size_t chroma_first = first >> shift, chroma_count = ((end - 1) >> shift) + 1 - chroma_first;
  cresample_yuv row = {NULL, NULL, NULL, y_step, step, shift};
  if (y_step == 2) {
    uint8_t *base = place(fences[0], 4 * chroma_count) - 4 * chroma_first;
    row.y = base + layouts[layout].y, row.u = base + layouts[layout].u, row.v = base + layouts[layout].v;
  } else {
    row.y = place(fences[0], count) - first;
    uint8_t *base = place(fences[1], step * chroma_count) - step * chroma_first;
    row.u = base + layouts[layout].u, row.v = base + layouts[layout].v;
    if (step == 1) row.v = place(fences[2], chroma_count) - chroma_first;
  }
  const cresample_matrix m = {below(2) ? 16 : 0, 1000000 + (int32_t)below(300000), (int32_t)below(2000000),
                              -(int32_t)below(900000), -(int32_t)below(900000), (int32_t)below(2300000)};
  uint8_t *target = place(fences[3], 4 * count);
  isa->rgbx(&row, &m, first, count, target);
  for (size_t i = 0; i < count; i++) {
    uint8_t rgb[3];
    const size_t column = first + i, chroma = (column >> shift) * step;
    formula(&m, row.y[column * y_step], row.u[chroma], row.v[chroma], rgb);
    CHECK(!memcmp(rgb, target + 4 * i, 3) && target[4 * i + 3] == 0, "%s, %s: column %zu of %zu from %zu", isa->name,
          layouts[layout].name, column, count, first);
  }
}

// ------------------------------------------------------------------------------------------- resize

static int32_t weight_of(int16_t high, int16_t low) { return high * (1 << CRESAMPLE_LOW_BITS) + low; }
// One of `taps` weights, some of them negative; their sum is at most 1.5, so that no sum exceeds 32 bits.
static void take_weight(size_t taps, int16_t *high, int16_t *low) {
  const size_t most = (3 << (CRESAMPLE_FRACTION_BITS - CRESAMPLE_LOW_BITS - 1)) / taps;
  *high = (int16_t)((int)below(most + most / 2) - (int)most / 2), *low = (int16_t)below(1 << CRESAMPLE_LOW_BITS);
}
static uint8_t rounded(int64_t sum) {
  return clipped((sum + (1 << (CRESAMPLE_FRACTION_BITS - 1))) >> CRESAMPLE_FRACTION_BITS);
}

static void test_horizontal(const cresample_isa *isa) {
  enum { COUNT = 12, TAPS = 3 * CRESAMPLE_TAPS };
  int32_t starts[COUNT];
  int16_t high[COUNT * TAPS], low[COUNT * TAPS];
  const size_t taps = CRESAMPLE_TAPS * (1 + below(3)), used = 1 + below(taps), count = 1 + below(COUNT);
  const size_t step = below(2) ? 3 : 4;
  const uint8_t channels[3] = {(uint8_t)below(step), (uint8_t)below(step), (uint8_t)below(step)};
  size_t pixels = 0;
  for (size_t i = 0; i < count; i++) {
    starts[i] = (int32_t)below(50);
    if ((size_t)starts[i] + taps > pixels) pixels = (size_t)starts[i] + taps;
    for (size_t tap = 0; tap < taps; tap++) {
      take_weight(used, &high[i * taps + tap], &low[i * taps + tap]);
      if (tap >= used) high[i * taps + tap] = low[i * taps + tap] = 0;
    }
  }
  const uint8_t *rows[CRESAMPLE_ROWS];
  uint8_t *targets[CRESAMPLE_ROWS];
  for (size_t row = 0; row < CRESAMPLE_ROWS; row++) {
    rows[row] = place(fences[row], pixels * step + CRESAMPLE_SLACK);
    targets[row] = place(fences[CRESAMPLE_ROWS + row], 3 * count + 1);
  }
  const cresample_axis axis = {count, taps, used, starts, high, low};
  isa->horizontal(&axis, rows, step, channels, targets);
  for (size_t row = 0; row < CRESAMPLE_ROWS; row++)
    for (size_t i = 0; i < 3 * count; i++) {
      int64_t sum = 0;
      for (size_t tap = 0; tap < used; tap++)
        sum += (int64_t)rows[row][((size_t)starts[i / 3] + tap) * step + channels[i % 3]] *
               weight_of(high[i / 3 * taps + tap], low[i / 3 * taps + tap]);
      CHECK(targets[row][i] == rounded(sum), "%s: byte %zu of a row resized", isa->name, i);
    }
}

static void test_vertical(const cresample_isa *isa) {
  enum { TAPS = 8, BLOCK = 64 };
  const size_t taps = 2 * (1 + below(TAPS / 2)), count = 1 + below(4 * BLOCK);
  const size_t whole = (count + BLOCK - 1) / BLOCK * BLOCK;
  const uint8_t *rows[TAPS];
  int16_t high[TAPS], low[TAPS];
  for (size_t tap = 0; tap < taps; tap++) {
    rows[tap] = place(fences[tap % 7], whole);
    take_weight(taps, &high[tap], &low[tap]);
  }
  uint8_t *target = place(fences[7], whole);
  isa->vertical(count, taps, rows, high, low, target);
  for (size_t i = 0; i < count; i++) {
    int64_t sum = 0;
    for (size_t tap = 0; tap < taps; tap++) sum += (int64_t)rows[tap][i] * weight_of(high[tap], low[tap]);
    CHECK(target[i] == rounded(sum), "%s: byte %zu of %zu of a sum", isa->name, i, count);
  }
}

static void test_bilinear(void) {
  enum { COUNT = 100, PIXELS = 60, ONE = 1 << CRESAMPLE_BILINEAR_BITS };
  const size_t count = 1 + below(COUNT), step = 3 + below(2);
  int32_t before[COUNT], after[COUNT];
  int16_t weights[2 * COUNT], above[3 * COUNT], below_it[3 * COUNT];
  const uint8_t *row = place(fences[0], PIXELS * step);
  for (size_t i = 0; i < count; i++) {
    before[i] = (int32_t)below(PIXELS), after[i] = (int32_t)below(PIXELS);
    weights[2 * i] = (int16_t)below(ONE + 1), weights[2 * i + 1] = (int16_t)(ONE - weights[2 * i]);
  }
  cresample_bilinear_row(count, before, after, weights, row, step, 0, 1, 2, above);
  for (size_t i = 0; i < 3 * count; i++) {
    const int a = row[(size_t)before[i / 3] * step + i % 3], b = row[(size_t)after[i / 3] * step + i % 3];
    CHECK(above[i] == (a * weights[i / 3 * 2] + b * weights[i / 3 * 2 + 1]) >> 4, "number %zu of a bilinear row", i);
    below_it[i] = (int16_t)below(255 << 7);
  }
  const int16_t wa = (int16_t)below(ONE + 1), wb = (int16_t)(ONE - wa);
  uint8_t *target = place(fences[1], 3 * count);
  cresample_bilinear_mix(3 * count, above, below_it, wa, wb, target);
  for (size_t i = 0; i < 3 * count; i++)
    CHECK(target[i] == (((above[i] * wa) >> 16) + ((below_it[i] * wb) >> 16) + 2) >> 2, "byte %zu of a mix", i);
}

// ------------------------------------------------------------------------------------- every colour

// The exact factors of a matrix, from the standard's share of red and blue in brightness.
typedef struct {
  double luma, v_red, u_green, v_green, u_blue;
} factors;

static factors factors_of(double red, double blue, int limited) {
  const double green = 1 - red - blue, luma = limited ? 255.0 / 219 : 1, chroma = limited ? 255.0 / 112 : 255.0 / 127.5;
  return (factors){luma, chroma * (1 - red), -chroma * (1 - blue) * blue / green, -chroma * (1 - red) * red / green,
                   chroma * (1 - blue)};
}

// The largest distance of a layout's bytes from exact arithmetic, over all triples.
static double worst_colour(const cresample_isa *isa, size_t layout, const cresample_matrix *m, const factors *exact) {
  enum { COLUMNS = 512 };  // each Y twice, so that pairs of columns share a U and V
  uint8_t ys[COLUMNS], chroma[2 * COLUMNS], packed[2 * COLUMNS], target[4 * COLUMNS];
  const size_t step = layouts[layout].chroma_step;
  const int is_packed = layouts[layout].y_step == 2;
  for (size_t i = 0; i < COLUMNS; i++) {
    ys[i] = (uint8_t)(i / 2);
    packed[2 * i + (size_t)layouts[layout].y] = ys[i];
  }
  uint8_t *base = is_packed ? packed : chroma;
  const cresample_yuv row = {is_packed ? packed + layouts[layout].y : ys, base + layouts[layout].u,
                             step == 1 ? chroma + COLUMNS : base + layouts[layout].v, layouts[layout].y_step, step,
                             layouts[layout].chroma_shift};
  double worst = 0;
  for (int u = 0; u < 256; u++)
    for (int v = 0; v < 256; v++) {
      for (size_t i = 0; i < COLUMNS >> row.chroma_shift; i++)
        base[(size_t)(row.u - base) + i * step] = (uint8_t)u, ((uint8_t *)row.v)[i * step] = (uint8_t)v;
      isa->rgbx(&row, m, 0, COLUMNS, target);
      const double red = exact->v_red * (v - 128), blue = exact->u_blue * (u - 128);
      const double green = exact->u_green * (u - 128) + exact->v_green * (v - 128);
      for (int y = 0; y < 256; y++) {
        const uint8_t *pixel = target + 8 * y;
        CHECK(!memcmp(pixel, pixel + 4, 4), "%s, %s: a pair of one colour", isa->name, layouts[layout].name);
        const double luma = exact->luma * (y > m->black ? y - m->black : 0), rgb[3] = {red, green, blue};
        for (int i = 0; i < 3; i++)
          worst = fmax(worst, fabs(fmin(fmax(luma + rgb[i], 0), 255) - pixel[i]));
      }
    }
  return worst;
}

static void test_every_colour(const cresample_isa *isa) {
  static const struct {
    const char *name;
    double red, blue;
  } standards[] = {{"BT.601", 0.299, 0.114}, {"BT.709", 0.2126, 0.0722}, {"BT.2020", 0.2627, 0.0593}};
  const double unit = 1 << CRESAMPLE_MATRIX_BITS;
  for (int standard = 0; standard < 3; standard++)
    for (int limited = 0; limited < 2; limited++) {
      const factors f = factors_of(standards[standard].red, standards[standard].blue, limited);
      cresample_matrix m = {limited ? 16 : 0, (int32_t)lround(f.luma * unit), (int32_t)lround(f.v_red * unit),
                            (int32_t)lround(f.u_green * unit), (int32_t)lround(f.v_green * unit),
                            (int32_t)lround(f.u_blue * unit)};
      const int opencv = standard == 0 && limited;
      if (opencv) m = (cresample_matrix){16, 1220542, 1673527, -409993, -852492, 2116026};
      double worst = 0;
      for (size_t layout = 0; layout < LAYOUTS; layout++) worst = fmax(worst, worst_colour(isa, layout, &m, &f));
      printf("  %-12s %-7s %-7s %.4f levels from exact arithmetic at most, all triples in %d layouts\n", isa->name,
             standards[standard].name, limited ? "limited" : "full", worst, LAYOUTS);
      CHECK(worst > 0.4 && worst < (opencv ? 0.7 : 0.501), "%s: %.4f levels", standards[standard].name, worst);
    }
}

int main(int count, char **arguments) {
  const size_t rounds = count > 1 ? (size_t)atoi(arguments[1]) : 300;
  for (int i = 0; i < 8; i++) fences[i] = make_fence(8192);
  const cresample_isa *isa;
  for (size_t index = 0; (isa = cresample_isa_at(index)); index++) {
    state = 1;
    for (size_t i = 0; i < rounds; i++) {
      for (size_t layout = 0; layout < LAYOUTS; layout++) test_row(isa, layout);
      test_horizontal(isa);
      test_vertical(isa);
    }
    printf("  %s\n", isa->name);
    if (count > 2) test_every_colour(isa);
  }
  for (size_t i = 0; i < rounds; i++) test_bilinear();
  printf("  %s\n", failures ? "FAILED" : "ok");
  return failures != 0;
}

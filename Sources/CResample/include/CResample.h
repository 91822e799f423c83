// The two passes of a resize in fixed point, and the conversion of Y, U and V to RGB. C, not Swift, because each
// processor's instructions must be chosen at run time, and Swift has no functions with instruction sets of their own.
//
// A weight of 32 bits is split: high * 2^12 + low, 0 <= low < 2^12. Both parts fit the 16 bits of the
// multiplications that take two pixels at once, and sums of whole numbers are the same in any order, so
// all instruction sets give the same bytes.
#ifndef CRESAMPLE_H
#define CRESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define CRESAMPLE_LOW_BITS 12
#define CRESAMPLE_FRACTION_BITS 22
// Rows that `horizontal` resizes at once.
#define CRESAMPLE_ROWS 4
// Taps come in multiples of this, the last ones with weights 0.
#define CRESAMPLE_TAPS 8
// Bytes that may be read after the taps' pixels. After a row's last pixel one byte is written.
#define CRESAMPLE_SLACK 64

// The taps of each output position along one axis.
typedef struct {
  size_t count;           // output positions
  size_t taps;            // taps of a position, a multiple of CRESAMPLE_TAPS
  size_t used;            // the most taps of a position that have weights
  const int32_t *starts;  // [count] first source position
  const int16_t *high;    // [count, taps]
  const int16_t *low;     // [count, taps]
} cresample_axis;

// A row of pixels as brightness (Y) and colour differences (U, V). Pointers are to the row's first values.
typedef struct {
  const uint8_t *y, *u, *v;
  size_t y_step;        // bytes from one Y to the next: 1, or 2 where U and V lie between them
  size_t chroma_step;   // bytes from one U to the next, and from one V to the next: 1, 2 or, with y_step 2, 4
  size_t chroma_shift;  // 1: two columns, 2k and 2k + 1, share a U and V; 0: each has its own
} cresample_yuv;

// A matrix from YUV to RGB in fixed point. With y = max(Y - black, 0) * luma, u = U - 128 and v = V - 128:
//   R = y + v * v_red,  G = y + u * u_green + v * v_green,  B = y + u * u_blue
// each plus half, shifted down by CRESAMPLE_MATRIX_BITS and clipped to 0 .. 255: OpenCV's formula.
#define CRESAMPLE_MATRIX_BITS 20
typedef struct {
  int32_t black, luma, v_red, u_green, v_green, u_blue;
} cresample_matrix;

// The functions in one instruction set.
typedef struct {
  const char *name;
  // Four rows of pixels, `step` bytes each with R, G and B at `channels`, to four rows of RGB bytes.
  void (*horizontal)(const cresample_axis *axis, const uint8_t *const *rows, size_t step,
                     const uint8_t *channels, uint8_t *const *targets);
  // `count` bytes, rounded up to 64, as the weighted sum of the same bytes of `taps` rows (even).
  void (*vertical)(size_t count, size_t taps, const uint8_t *const *rows, const int16_t *high,
                   const int16_t *low, uint8_t *target);
  // Columns `first` to `first + count` of a row to pixels of four bytes: R, G, B and 0. Reads those columns alone.
  void (*rgbx)(const cresample_yuv *row, const cresample_matrix *matrix, size_t first, size_t count,
               uint8_t *target);
} cresample_isa;

// The instruction sets (isas) that this processor can run, best first; NULL after the last, "portable".
const cresample_isa *cresample_isa_at(size_t index);

// OpenCV's bilinear resize. Weights are 0 .. 2^CRESAMPLE_BILINEAR_BITS and a pair's sum is that.
#define CRESAMPLE_BILINEAR_BITS 11

// A row's pixels, `step` bytes each with the channels at `red`, `green` and `blue`, to `count` of RGB with 7
// more bits: each from the pixels at `before` and `after` with its two weights. Nothing else is read.
void cresample_bilinear_row(size_t count, const int32_t *before, const int32_t *after,
                            const int16_t *weights, const uint8_t *row, size_t step, size_t red,
                            size_t green, size_t blue, int16_t *target);

// `count` bytes from two such rows. Each product is rounded down by itself, as OpenCV does.
void cresample_bilinear_mix(size_t count, const int16_t *above, const int16_t *below, int16_t wa,
                            int16_t wb, uint8_t *target);

#endif

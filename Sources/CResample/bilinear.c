// OpenCV's bilinear resize, in plain C for all processors: two pixels to each of the crop's are little work, which the
// compiler turns into vectors.
#include "CResample.h"

void cresample_bilinear_row(size_t count, const int32_t *before, const int32_t *after,
                            const int16_t *weights, const uint8_t *row, size_t step, size_t red,
                            size_t green, size_t blue, int16_t *target) {
  for (size_t column = 0; column < count; column++) {
    const uint8_t *a = row + (size_t)before[column] * step;
    const uint8_t *b = row + (size_t)after[column] * step;
    const int32_t wa = weights[2 * column], wb = weights[2 * column + 1];
    target[3 * column] = (int16_t)((a[red] * wa + b[red] * wb) >> 4);
    target[3 * column + 1] = (int16_t)((a[green] * wa + b[green] * wb) >> 4);
    target[3 * column + 2] = (int16_t)((a[blue] * wa + b[blue] * wb) >> 4);
  }
}

void cresample_bilinear_mix(size_t count, const int16_t *above, const int16_t *below, int16_t wa,
                            int16_t wb, uint8_t *target) {
  for (size_t i = 0; i < count; i++) {
    const int16_t a = (int16_t)((above[i] * wa) >> 16), b = (int16_t)((below[i] * wb) >> 16);
    target[i] = (uint8_t)((a + b + 2) >> 2);
  }
}

// One pixel's colours in plain C: the definition that every instruction set keeps to, also used for ends of rows.
#ifndef CRESAMPLE_COLOURS_H
#define CRESAMPLE_COLOURS_H

#include "isa.h"

// Added before the shift back to 8 bits, so that it rounds.
#define MATRIX_HALF (1 << (CRESAMPLE_MATRIX_BITS - 1))

static inline uint8_t colour(int32_t sum) {
  const int32_t value = sum >> CRESAMPLE_MATRIX_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void rgbx_pixel(const cresample_yuv *row, const cresample_matrix *matrix, size_t column,
                              uint8_t *target) {
  const size_t chroma = (column >> row->chroma_shift) * row->chroma_step;
  const int32_t above = row->y[column * row->y_step] - matrix->black;
  const int32_t y = (above < 0 ? 0 : above) * matrix->luma + MATRIX_HALF;
  const int32_t u = row->u[chroma] - 128, v = row->v[chroma] - 128;
  target[0] = colour(y + v * matrix->v_red);
  target[1] = colour(y + u * matrix->u_green + v * matrix->v_green);
  target[2] = colour(y + u * matrix->u_blue);
  target[3] = 0;
}

#endif

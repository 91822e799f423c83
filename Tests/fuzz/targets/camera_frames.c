// fuzz: -max_len=128 -runs=1000000
/* Camera frames: any format, size, stride, turn, flip and region. Each plane is memory of its own that ends with its
 * last byte. A frame is taken if it keeps the header's rules, else refused; its crop is that of the picture in RGB that
 * it stands for. */
#include "actionclip.h"
#include "reader.h"

enum { LARGEST_PLANE = 1 << 14, MOST_PIXELS = 1 << 12, FORMATS = 15, LONGEST_SIDE = 65535 };
/* A newer version's struct may be longer by so many bytes. */
enum { GROWTH = 256 };

/* A format's planes: bytes for so many columns, and how many rows share one. */
typedef struct {
  int columns, bytes, rows;
} plane_form;

static const struct {
  int planes;
  plane_form form[3];
} forms[FORMATS + 1] = {
    [ACTIONCLIP_PIXEL_RGB] = {1, {{1, 3, 1}}},
    [ACTIONCLIP_PIXEL_BGR] = {1, {{1, 3, 1}}},
    [ACTIONCLIP_PIXEL_RGBA] = {1, {{1, 4, 1}}},
    [ACTIONCLIP_PIXEL_BGRA] = {1, {{1, 4, 1}}},
    [ACTIONCLIP_PIXEL_GRAY] = {1, {{1, 1, 1}}},
    [ACTIONCLIP_PIXEL_RGBX] = {1, {{1, 4, 1}}},
    [ACTIONCLIP_PIXEL_BGRX] = {1, {{1, 4, 1}}},
    [ACTIONCLIP_PIXEL_GRAY16] = {1, {{1, 2, 1}}},
    [ACTIONCLIP_PIXEL_NV12] = {2, {{1, 1, 1}, {2, 2, 2}}},
    [ACTIONCLIP_PIXEL_NV21] = {2, {{1, 1, 1}, {2, 2, 2}}},
    [ACTIONCLIP_PIXEL_I420] = {3, {{1, 1, 1}, {2, 1, 2}, {2, 1, 2}}},
    [ACTIONCLIP_PIXEL_YV12] = {3, {{1, 1, 1}, {2, 1, 2}, {2, 1, 2}}},
    [ACTIONCLIP_PIXEL_NV24] = {2, {{1, 1, 1}, {1, 2, 1}}},
    [ACTIONCLIP_PIXEL_YUYV] = {1, {{2, 4, 1}}},
    [ACTIONCLIP_PIXEL_UYVY] = {1, {{2, 4, 1}}},
};

static int64_t row_bytes(const actionclip_frame *f, int plane) {
  const plane_form form = forms[f->pixel_format].form[plane];
  return ((int64_t)f->width + form.columns - 1) / form.columns * form.bytes;
}
static int64_t plane_rows(const actionclip_frame *f, int plane) {
  const int rows = forms[f->pixel_format].form[plane].rows;
  return ((int64_t)f->height + rows - 1) / rows;
}
static int64_t stride_of(const actionclip_frame *f, int plane) {
  return f->strides[plane] ? f->strides[plane] : row_bytes(f, plane);
}

static int has_known_size(const actionclip_frame *f) {
  return f->pixel_format >= 1 && f->pixel_format <= FORMATS && f->width >= 1 && f->width <= LONGEST_SIDE &&
         f->height >= 1 && f->height <= LONGEST_SIDE;
}

static void upright_size(const actionclip_frame *f, int64_t *width, int64_t *height) {
  const int is_turned = f->rotation == 90 || f->rotation == 270;
  *width = is_turned ? f->height : f->width;
  *height = is_turned ? f->width : f->height;
}

/* The region that counts, cut to the upright picture; 0 where the header refuses it. */
static int region_of(const actionclip_frame *f, int64_t *x, int64_t *y, int64_t *width, int64_t *height) {
  int64_t w, h;
  upright_size(f, &w, &h);
  *x = *y = 0, *width = w, *height = h;
  if (!f->region_x && !f->region_y && !f->region_width && !f->region_height) return 1;
  if (f->region_width < 1 || f->region_height < 1) return 0;
  const int64_t left = f->region_x, top = f->region_y, right = left + f->region_width, bottom = top + f->region_height;
  *x = left < 0 ? 0 : left, *y = top < 0 ? 0 : top;
  *width = (right > w ? w : right) - *x, *height = (bottom > h ? h : bottom) - *y;
  const int is_inside = left >= 0 && top >= 0 && right <= w && bottom <= h;
  return *width > 0 && *height > 0 && (is_inside || f->region_clamp == ACTIONCLIP_ON);
}

/* Whether the header lets a frame of a known size have these planes. */
static int are_planes_valid(const actionclip_frame *f) {
  for (int plane = 0; plane < 4; plane++) {
    if ((f->planes[plane] != NULL) != (plane < forms[f->pixel_format].planes)) return 0;
    if (!f->planes[plane]) continue;
    int64_t bytes;
    if (f->strides[plane] < 0 || stride_of(f, plane) < row_bytes(f, plane) ||
        __builtin_mul_overflow(stride_of(f, plane), plane_rows(f, plane) - 1, &bytes) ||
        __builtin_add_overflow(bytes, row_bytes(f, plane), &bytes) ||
        (uint64_t)bytes > UINT64_MAX - (uint64_t)(uintptr_t)f->planes[plane])
      return 0;
  }
  return 1;
}

static int is_valid(const actionclip_frame *f) {
  int64_t x, y, width, height;
  const int is_struct = f->struct_size >= sizeof *f && f->struct_size <= sizeof *f + GROWTH;
  return is_struct && has_known_size(f) && are_planes_valid(f) && f->matrix >= 0 && f->matrix <= 3 &&
         f->range >= 0 && f->range <= 2 && f->rotation >= 0 && f->rotation <= 270 && f->rotation % 90 == 0 &&
         f->flip >= 0 && f->flip <= 2 && f->region_clamp >= 0 && f->region_clamp <= 2 && f->reserved == 0 &&
         region_of(f, &x, &y, &width, &height);
}

/* ------------------------------------------------------------------------ the picture that a frame stands for */

static uint8_t clip(int64_t sum) {
  const int64_t value = (sum + (1 << 19)) >> 20;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Factors of Y, of V in red, of U and V in green, of U in blue, times 2^20: BT.601, 709 and 2020, limited and full. */
static const int64_t factors[3][2][5] = {
    {{1220542, 1673527, -409993, -852492, 2116026}, {1048576, 1470104, -360853, -748826, 1858077}},
    {{1220945, 1879825, -223607, -558796, 2215014}, {1048576, 1651297, -196424, -490864, 1945738}},
    {{1220945, 1760217, -196426, -682019, 2245811}, {1048576, 1546230, -172546, -599107, 1972791}},
};

/* The bytes of a stored pixel: R, G, B and alpha. */
static void stored_pixel(const actionclip_frame *f, int64_t x, int64_t y, uint8_t rgba[4]) {
  const uint8_t *rows[3];
  for (int plane = 0; plane < forms[f->pixel_format].planes; plane++)
    rows[plane] = f->planes[plane] + y / forms[f->pixel_format].form[plane].rows * stride_of(f, plane);
  int64_t brightness = 0, u = 0, v = 0;
  const int64_t pair = x / 2;
  switch (f->pixel_format) {
  case ACTIONCLIP_PIXEL_RGB: memcpy(rgba, rows[0] + 3 * x, 3); return;
  case ACTIONCLIP_PIXEL_RGBA: case ACTIONCLIP_PIXEL_RGBX: memcpy(rgba, rows[0] + 4 * x, 4); return;
  case ACTIONCLIP_PIXEL_BGR: case ACTIONCLIP_PIXEL_BGRA: case ACTIONCLIP_PIXEL_BGRX: {
    const uint8_t *from = rows[0] + row_bytes(f, 0) / f->width * x;
    rgba[0] = from[2], rgba[1] = from[1], rgba[2] = from[0];
    if (f->pixel_format == ACTIONCLIP_PIXEL_BGRA) rgba[3] = from[3];
    return;
  }
  case ACTIONCLIP_PIXEL_GRAY: memset(rgba, rows[0][x], 3); return;
  case ACTIONCLIP_PIXEL_GRAY16: memset(rgba, rows[0][2 * x + 1], 3); return;
  case ACTIONCLIP_PIXEL_NV12: brightness = rows[0][x], u = rows[1][2 * pair], v = rows[1][2 * pair + 1]; break;
  case ACTIONCLIP_PIXEL_NV21: brightness = rows[0][x], v = rows[1][2 * pair], u = rows[1][2 * pair + 1]; break;
  case ACTIONCLIP_PIXEL_I420: brightness = rows[0][x], u = rows[1][pair], v = rows[2][pair]; break;
  case ACTIONCLIP_PIXEL_YV12: brightness = rows[0][x], v = rows[1][pair], u = rows[2][pair]; break;
  case ACTIONCLIP_PIXEL_NV24: brightness = rows[0][x], u = rows[1][2 * x], v = rows[1][2 * x + 1]; break;
  case ACTIONCLIP_PIXEL_YUYV: brightness = rows[0][2 * x], u = rows[0][4 * pair + 1], v = rows[0][4 * pair + 3]; break;
  default: brightness = rows[0][2 * x + 1], u = rows[0][4 * pair], v = rows[0][4 * pair + 2]; break;
  }
  const int is_full = f->range == ACTIONCLIP_RANGE_FULL;
  const int matrix = f->matrix == ACTIONCLIP_MATRIX_AUTO ? f->height > 576 : f->matrix - 1;
  const int64_t *const k = factors[matrix][is_full], black = is_full ? 0 : 16;
  const int64_t level = (brightness > black ? brightness - black : 0) * k[0];
  u -= 128, v -= 128;
  rgba[0] = clip(level + v * k[1]), rgba[1] = clip(level + u * k[2] + v * k[3]), rgba[2] = clip(level + u * k[4]);
}

/* The part that counts as RGBA. */
static uint8_t *picture_of(const actionclip_frame *f, actionclip_image *image) {
  int64_t w, h, x, y, width, height;
  upright_size(f, &w, &h);
  region_of(f, &x, &y, &width, &height);
  uint8_t *const pixels = exactly((size_t)(width * height * 4));
  for (int64_t row = 0; row < height; row++)
    for (int64_t column = 0; column < width; column++) {
      int64_t across = x + column, down = y + row;
      if (f->flip == ACTIONCLIP_FLIP_HORIZONTAL) across = w - 1 - across;
      if (f->flip == ACTIONCLIP_FLIP_VERTICAL) down = h - 1 - down;
      const int64_t stored_x = f->rotation == 0     ? across
                               : f->rotation == 90  ? down
                               : f->rotation == 180 ? w - 1 - across : h - 1 - down;
      const int64_t stored_y = f->rotation == 0     ? down
                               : f->rotation == 90  ? w - 1 - across
                               : f->rotation == 180 ? h - 1 - down : across;
      stored_pixel(f, stored_x, stored_y, pixels + (row * width + column) * 4);
    }
  const int has_alpha = f->pixel_format == ACTIONCLIP_PIXEL_RGBA || f->pixel_format == ACTIONCLIP_PIXEL_BGRA;
  if (!has_alpha)
    for (int64_t i = 0; i < width * height; i++) memmove(pixels + 3 * i, pixels + 4 * i, 3);
  *image = (actionclip_image){pixels, 0, (int32_t)width, (int32_t)height,
                              has_alpha ? ACTIONCLIP_PIXEL_RGBA : ACTIONCLIP_PIXEL_RGB, 0};
  return pixels;
}

/* ------------------------------------------------------------------------------------------------ the input */

/* A frame of any numbers, most of them valid, so that frames are. */
static actionclip_frame take_frame(reader *r) {
  actionclip_frame f;
  actionclip_frame_init(&f);
  const uint8_t wrong = take8(r);
  f.pixel_format = (int32_t)(take8(r) % FORMATS) + 1;
  f.width = 1 + (int32_t)(take8(r) % 70);
  f.height = 1 + (int32_t)(take8(r) % 70);
  const uint8_t colours = take8(r), turn = take8(r);
  f.matrix = colours % 4, f.range = colours / 4 % 3;
  f.rotation = turn % 4 * 90, f.flip = turn / 4 % 3, f.region_clamp = turn / 12 % 3;
  if (turn & 0x80) {
    f.region_x = take_number(r), f.region_y = take_number(r);
    f.region_width = take_number(r), f.region_height = take_number(r);
  }
  if (wrong < 0xA0) return f;
  int32_t *const any[] = {&f.pixel_format, &f.width, &f.height, &f.matrix, &f.range, &f.rotation, &f.flip,
                          &f.region_clamp, &f.reserved, (int32_t *)(void *)&f.struct_size};
  *any[wrong % (sizeof any / sizeof any[0])] = take_number(r);
  return f;
}

/* Gives the frame its planes; 0 where they take more than is tried here. `memory` is freed by the caller. */
static int take_planes(reader *r, actionclip_frame *f, void *memory[4]) {
  const uint8_t wrong = take8(r), noise = take8(r);
  const int is_known = has_known_size(f);
  const int given = wrong < 0xF0 && is_known ? forms[f->pixel_format].planes : wrong % 5;
  for (int plane = 0; plane < given; plane++) {
    int64_t size = 1;
    const uint8_t how = take8(r);
    if (is_known && plane < forms[f->pixel_format].planes) {
      const int64_t bytes = row_bytes(f, plane);
      f->strides[plane] = how < 0x80   ? 0
                          : how < 0xE0 ? bytes + (how & 31)
                          : how < 0xF0 ? take_number(r) : (int64_t)take64(r);
      int64_t all;
      const int64_t stride = stride_of(f, plane);
      if (stride >= bytes && !__builtin_mul_overflow(stride, plane_rows(f, plane) - 1, &all) &&
          !__builtin_add_overflow(all, bytes, &all)) {
        if (all > LARGEST_PLANE) return 0;
        size = all;
      }
    }
    uint8_t *const bytes = memory[plane] = exactly((size_t)size);
    for (int64_t i = 0; i < size; i++) bytes[i] = (uint8_t)((i * 37 + plane * 101) ^ (noise * (i >> 3)));
    f->planes[plane] = bytes;
  }
  return 1;
}

/* The frame in memory of the size that it states, as a newer version's is, with zeros in fields that are not known. */
static actionclip_frame *as_stated(const actionclip_frame *frame) {
  const size_t stated = frame->struct_size <= sizeof *frame + GROWTH ? frame->struct_size : sizeof *frame;
  const size_t size = stated > sizeof *frame ? stated : sizeof *frame;
  actionclip_frame *const copy = exactly(size);
  memset(copy, 0, size);
  memcpy(copy, frame, sizeof *frame);
  return copy;
}

int fuzz_camera_frames(const uint8_t *data, size_t size);
int fuzz_camera_frames(const uint8_t *data, size_t size) {
  reader r = {data, size};
  actionclip_preprocess_options options;
  actionclip_preprocess_options_init(&options);
  options.resize = take8(&r) % 4;
  options.crop = take8(&r) % 3;
  const int32_t side = 1 + take8(&r) % 32;
  void *memory[4] = {NULL};
  actionclip_frame frame = take_frame(&r);
  if (take_planes(&r, &frame, memory)) {
    const size_t count = (size_t)side * (size_t)side * 3;
    uint8_t *const found = exactly(count), *const expected = exactly(count);
    actionclip_frame *const given = as_stated(&frame);
    const int32_t status = actionclip_preprocess_crop_camera_frame(given, side, &options, found, count);
    free(given);
    PROMISE((status == ACTIONCLIP_OK) == is_valid(&frame));
    PROMISE((status == ACTIONCLIP_OK) == (actionclip_last_error()[0] == '\0'));
    PROMISE(status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_INVALID_ARGUMENT);
    PROMISE(status == ACTIONCLIP_OK || memcmp(found, expected, count) == 0);
    int64_t x, y, width, height;
    if (status == ACTIONCLIP_OK && region_of(&frame, &x, &y, &width, &height) && width * height <= MOST_PIXELS) {
      actionclip_image image;
      uint8_t *const pixels = picture_of(&frame, &image);
      PROMISE(actionclip_preprocess_crop(&image, side, &options, expected, count) == ACTIONCLIP_OK);
      PROMISE(memcmp(found, expected, count) == 0);
      free(pixels);
    }
    free(found);
    free(expected);
  }
  for (int plane = 0; plane < 4; plane++) free(memory[plane]);
  return 0;
}

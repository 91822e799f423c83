// fuzz: -max_len=256
/* Images: any size, stride and format, in memory that ends with the last pixel that may be read. */
#include "actionclip.h"
#include "tiny_model.h"

enum { LARGEST_IMAGE = 1 << 16, LARGEST_SIDE = 64 };

/* An image whose memory is exactly what the header says may be read of it; of a wrong one, a single byte. False where
 * it takes more than is tried here. */
static int take_image(reader *r, actionclip_image *image, int *is_valid) {
  memset(image, 0, sizeof *image);
  image->width = take_number(r);
  image->height = take_number(r);
  image->pixel_format = (int32_t)(take8(r) % 8);
  const uint8_t kind = take8(r);
  const int64_t bytes = image->pixel_format == ACTIONCLIP_PIXEL_GRAY ? 1
                        : image->pixel_format == ACTIONCLIP_PIXEL_RGBA || image->pixel_format == ACTIONCLIP_PIXEL_BGRA
                            ? 4 : 3;
  const int64_t packed = bytes * image->width;
  switch (kind & 7) {
  case 0: case 1: image->row_stride = 0; break;
  case 2: image->row_stride = packed; break;
  case 3: image->row_stride = packed + take8(r); break;
  case 4: image->row_stride = packed - 1; break;
  case 5: image->row_stride = (int64_t)take64(r); break;
  case 6: image->row_stride = take_number(r); break;
  default: image->row_stride = INT64_MAX - take8(r); break;
  }
  image->reserved = kind < 0xF8 ? 0 : take_number(r);
  const int64_t stride = image->row_stride == 0 ? packed : image->row_stride;
  int64_t all = 0;
  *is_valid = image->width >= 1 && image->width <= 65535 && image->height >= 1 && image->height <= 65535 &&
              image->pixel_format >= 1 && image->pixel_format <= 5 && image->reserved == 0 && stride >= packed &&
              !__builtin_mul_overflow(stride, (int64_t)image->height, &all);
  int64_t size = 1;
  if (*is_valid) {
    if (stride > LARGEST_IMAGE && image->height > 1) return 0;
    size = stride * (image->height - 1) + packed;
    if (size > LARGEST_IMAGE) return 0;
  }
  uint8_t *pixels = exactly((size_t)size);
  for (int64_t i = 0; i < size; i++) pixels[i] = (uint8_t)(i * 37 + kind);
  image->data = kind == 0xF7 ? NULL : pixels;
  if (!image->data) {
    free(pixels);
    *is_valid = 0;
  }
  return 1;
}

static void take_options(reader *r, actionclip_preprocess_options *options, int *is_default) {
  actionclip_preprocess_options_init(options);
  const uint8_t which = take8(r);
  *is_default = which < 0x80;
  if (*is_default) return;
  options->resize = which & 1;
  options->crop = (which >> 1) % 3;
  if (which & 8) options->short_side = take_number(r);
  if (which & 16) options->resize = take_number(r);
  if (which & 32) options->crop = take_number(r);
  if (which & 64) {
    const uint32_t bits = take32(r);
    float value;
    memcpy(&value, &bits, sizeof value);
    if (which & 4) options->mean[which % 3] = value; else options->std[which % 3] = value;
  }
}

static void one_image(reader *r, int as_pixels) {
  actionclip_image image;
  actionclip_preprocess_options options;
  int is_valid, is_default;
  const int32_t side = take_number(r);
  take_options(r, &options, &is_default);
  if (!take_image(r, &image, &is_valid)) return;
  const size_t count = side >= 1 && side <= LARGEST_SIDE ? (size_t)side * (size_t)side * 3 : 0;
  const size_t capacity = take8(r) == 1 && count > 0 ? count - 1 : count;
  int32_t status;
  if (as_pixels) {
    float *out = exactly(count * sizeof *out);
    status = actionclip_preprocess_pixels(&image, side, &options, out, capacity);
    free(out);
  } else {
    uint8_t *out = exactly(count);
    status = actionclip_preprocess_crop(&image, side, &options, out, capacity);
    free(out);
  }
  const int may_work = is_valid && count > 0 && capacity == count;
  PROMISE(status != ACTIONCLIP_OK || may_work);
  PROMISE(status == ACTIONCLIP_OK || !may_work || !is_default);
  PROMISE((status == ACTIONCLIP_OK) == (actionclip_last_error()[0] == '\0'));
  free((void *)image.data);
}

static actionclip_model *model(void) {
  static actionclip_model *loaded;
  if (loaded) return loaded;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.frames = 2;
  size_t size;
  uint8_t *file = write_tensors(tiny_tensors, TINY_TENSORS, NULL, &size);
  PROMISE(file && actionclip_model_load_buffer(file, size, &options, &loaded) == ACTIONCLIP_OK);
  free(file);
  return loaded;
}

static void some_images(reader *r) {
  enum { MOST = 4 };
  actionclip_image images[MOST];
  int are_valid = 1, is_default, count = 0;
  const size_t claimed = take8(r) % (MOST + 1);
  actionclip_preprocess_options options;
  take_options(r, &options, &is_default);
  for (; count < (int)claimed; count++) {
    int is_valid;
    if (!take_image(r, &images[count], &is_valid)) break;
    are_valid &= is_valid;
  }
  if (count == (int)claimed) {
    actionclip_image *exact = exactly(claimed * sizeof *exact);
    memcpy(exact, images, claimed * sizeof *exact);
    const size_t videos = claimed / 2;
    float *video_out = exactly(videos * TINY_EMBEDDING * sizeof *video_out);
    float *frame_out = exactly(claimed * TINY_EMBEDDING * sizeof *frame_out);
    const int32_t status = actionclip_encode_frames(model(), exact, claimed, &options, video_out,
                                                    videos * TINY_EMBEDDING, frame_out, claimed * TINY_EMBEDDING);
    const int may_work = are_valid && claimed > 0 && claimed % 2 == 0;
    PROMISE(status != ACTIONCLIP_OK || may_work);
    PROMISE(status == ACTIONCLIP_OK || !may_work || !is_default);
    free(exact);
    free(video_out);
    free(frame_out);
  }
  for (int i = 0; i < count; i++) free((void *)images[i].data);
}

int fuzz_frames(const uint8_t *data, size_t size);
int fuzz_frames(const uint8_t *data, size_t size) {
  reader r = {data, size};
  switch (take8(&r) % 8) {
  case 0: some_images(&r); break;
  case 1: case 2: one_image(&r, 1); break;
  default: one_image(&r, 0); break;
  }
  return 0;
}

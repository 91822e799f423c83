/* test_camera_frames: frames as cameras have them: what may be read of them, what is refused, and names of formats. */
#include "misuse.h"

static const struct {
  int32_t format;
  int planes;
} formats[] = {
    {ACTIONCLIP_PIXEL_RGB, 1},  {ACTIONCLIP_PIXEL_BGR, 1},    {ACTIONCLIP_PIXEL_RGBA, 1}, {ACTIONCLIP_PIXEL_BGRA, 1},
    {ACTIONCLIP_PIXEL_GRAY, 1}, {ACTIONCLIP_PIXEL_RGBX, 1},   {ACTIONCLIP_PIXEL_BGRX, 1}, {ACTIONCLIP_PIXEL_GRAY16, 1},
    {ACTIONCLIP_PIXEL_NV12, 2}, {ACTIONCLIP_PIXEL_NV21, 2},   {ACTIONCLIP_PIXEL_I420, 3}, {ACTIONCLIP_PIXEL_YV12, 3},
    {ACTIONCLIP_PIXEL_NV24, 2}, {ACTIONCLIP_PIXEL_YUYV, 1},   {ACTIONCLIP_PIXEL_UYVY, 1},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* Bytes of a row and rows of a plane. */
static void plane_size(int32_t format, int plane, int width, int height, size_t *bytes, size_t *rows) {
  const size_t w = (size_t)width, pairs = (w + 1) / 2;
  *rows = (size_t)height;
  *bytes = w;
  switch (format) {
  case ACTIONCLIP_PIXEL_RGB: case ACTIONCLIP_PIXEL_BGR: *bytes = 3 * w; break;
  case ACTIONCLIP_PIXEL_RGBA: case ACTIONCLIP_PIXEL_BGRA: case ACTIONCLIP_PIXEL_RGBX: case ACTIONCLIP_PIXEL_BGRX:
    *bytes = 4 * w; break;
  case ACTIONCLIP_PIXEL_GRAY16: *bytes = 2 * w; break;
  case ACTIONCLIP_PIXEL_YUYV: case ACTIONCLIP_PIXEL_UYVY: *bytes = 4 * pairs; break;
  case ACTIONCLIP_PIXEL_NV24: if (plane > 0) *bytes = 2 * w; break;
  case ACTIONCLIP_PIXEL_NV12: case ACTIONCLIP_PIXEL_NV21: case ACTIONCLIP_PIXEL_I420: case ACTIONCLIP_PIXEL_YV12:
    if (plane > 0) {
      *bytes = format <= ACTIONCLIP_PIXEL_NV21 ? 2 * pairs : pairs;
      *rows = ((size_t)height + 1) / 2;
    }
    break;
  default: break;
  }
}

/* A frame whose planes each end at a page that nobody may touch. With `padding` rows lie that much further apart, and
 * the last row ends where the page begins. */
static actionclip_frame guarded(int k, int width, int height, size_t padding, size_t sizes_out[4]) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = formats[k].format;
  frame.width = width;
  frame.height = height;
  for (int plane = 0; plane < formats[k].planes; plane++) {
    size_t bytes, rows;
    plane_size(frame.pixel_format, plane, width, height, &bytes, &rows);
    const size_t size = (bytes + padding) * (rows - 1) + bytes;
    uint8_t *data = guard_alloc(size);
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)(i % (bytes + padding) < bytes ? 31 * i + 7 * (size_t)plane : 0);
    frame.planes[plane] = data;
    frame.strides[plane] = padding == 0 ? 0 : (int64_t)(bytes + padding);
    sizes_out[plane] = size;
  }
  return frame;
}

static void reading(void) {
  enum { S = 12 };
  uint8_t *crop = guard_alloc(3 * S * S);
  const int sides[] = {1, 2, 3, 8, 17, 33, 40};
  enum { SIDES = sizeof sides / sizeof sides[0] };
  for (int k = 0; k < FORMATS; k++)
    for (int w = 0; w < SIDES; w++)
      for (int h = 0; h < SIDES; h++) {
        size_t plane_sizes[4] = {0};
        const size_t padding = (size_t)(w + h) % 3 * 3;
        actionclip_frame frame = guarded(k, sides[w], sides[h], padding, plane_sizes);
        for (int turn = 0; turn < 12; turn++) {
          actionclip_preprocess_options o;
          actionclip_preprocess_options_init(&o);
          o.resize = turn % 4;
          frame.rotation = turn % 4 * 90;
          frame.flip = turn / 4;
          CHECK_OK(actionclip_preprocess_crop_camera_frame(&frame, S, &o, crop, 3 * S * S));
        }
        for (int plane = 0; plane < formats[k].planes; plane++)
          guard_release((void *)(uintptr_t)frame.planes[plane], plane_sizes[plane]);
      }
}

/* The frame that a wrong number stands in, refused with nothing written. */
static void refused(void) {
  enum { W = 20, H = 10, S = 16 };
  size_t plane_sizes[4];
  float *v = output(e * sizeof *v), *f = output(t * e * sizeof *f), *px = output(3 * S * S * sizeof *px);
  uint8_t *crop = output(3 * S * S);
  const actionclip_frame good = guarded(8, W, H, 0, plane_sizes);
  actionclip_frame *frames = guard_alloc(t * sizeof *frames);
#define SET(statement)                                                                                            \
  do {                                                                                                            \
    for (size_t i = 0; i < t; i++) frames[i] = good;                                                              \
    actionclip_frame *frame = &frames[t - 1];                                                                     \
    statement;                                                                                                    \
    REFUSED(IN, actionclip_preprocess_crop_camera_frame(frame, S, NULL, crop, 3 * S * S));                        \
    REFUSED(IN, actionclip_preprocess_pixels_camera_frame(frame, S, NULL, px, 3 * S * S));                        \
    REFUSED(IN, actionclip_encode_camera_frames(model, frames, t, NULL, v, e, f, t * e));                         \
    REFUSED(IN, actionclip_encode_single_camera_frames(model, frames, t, NULL, f, t * e));                        \
  } while (0)
  SET(frame->struct_size = 0);
  SET(frame->struct_size = sizeof *frame - 1);
  SET(frame->struct_size = UINT32_MAX);
  SET(frame->pixel_format = 0);
  SET(frame->pixel_format = 16);
  SET(frame->pixel_format = INT32_MIN);
  SET(frame->pixel_format = ACTIONCLIP_PIXEL_I420); /* a third plane is missing */
  SET(frame->pixel_format = ACTIONCLIP_PIXEL_GRAY); /* a second one is too many */
  SET(frame->width = 0);
  SET(frame->width = 65536);
  SET(frame->width = INT32_MIN);
  SET(frame->height = 0);
  SET(frame->height = INT32_MAX);
  SET(frame->planes[0] = NULL);
  SET(frame->planes[1] = NULL);
  SET(frame->planes[2] = frame->planes[1]);
  SET(frame->planes[3] = frame->planes[1]);
  SET(frame->strides[0] = W - 1);
  SET(frame->strides[1] = W - 1);
  SET(frame->strides[0] = -W);
  SET(frame->strides[0] = INT64_MAX);
  SET(frame->strides[0] = INT64_MAX / (H - 1));
  SET(frame->strides[1] = INT64_MIN);
  SET(frame->matrix = -1);
  SET(frame->matrix = 4);
  SET(frame->range = 3);
  SET(frame->rotation = 45);
  SET(frame->rotation = -90);
  SET(frame->rotation = 360);
  SET(frame->flip = 3);
  SET(frame->region_x = 1); /* without a size */
  SET(frame->region_width = 5);
  SET(frame->region_width = -5; frame->region_height = 5);
  SET(frame->region_width = 21; frame->region_height = 5);
  SET(frame->region_x = -1; frame->region_width = 5; frame->region_height = 5);
  SET(frame->region_x = INT32_MAX; frame->region_width = INT32_MAX; frame->region_height = 5);
  SET(frame->region_y = 10; frame->region_width = 5; frame->region_height = 5; frame->region_clamp = ACTIONCLIP_ON);
  SET(frame->region_x = INT32_MIN; frame->region_width = INT32_MAX; frame->region_height = 5;
      frame->region_clamp = ACTIONCLIP_ON);
  SET(frame->rotation = 90; frame->region_width = W; frame->region_height = H); /* of the upright picture */
  SET(frame->region_clamp = 3);
  SET(frame->reserved = 1);
  for (size_t i = 0; i < t; i++) frames[i] = good;
  REFUSED(IN, actionclip_preprocess_crop_camera_frame(NULL, S, NULL, crop, 3 * S * S));
  REFUSED(IN, actionclip_preprocess_crop_camera_frame(frames, S, NULL, NULL, 3 * S * S));
  REFUSED(SMALL, actionclip_preprocess_crop_camera_frame(frames, S, NULL, crop, 3 * S * S - 1));
  REFUSED(IN, actionclip_preprocess_crop_camera_frame(frames, 0, NULL, crop, 3 * S * S));
  REFUSED(IN, actionclip_preprocess_pixels_camera_frame(NULL, S, NULL, px, 3 * S * S));
  REFUSED(IN, actionclip_preprocess_pixels_camera_frame(frames, S, NULL, NULL, 3 * S * S));
  REFUSED(SMALL, actionclip_preprocess_pixels_camera_frame(frames, S, NULL, px, 3 * S * S - 1));
  REFUSED(IN, actionclip_encode_camera_frames(model, NULL, t, NULL, v, e, f, t * e));
  REFUSED(IN, actionclip_encode_camera_frames(model, frames, t - 1, NULL, v, e, f, t * e));
  REFUSED(IN, actionclip_encode_camera_frames(model, frames, t, NULL, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_camera_frames(model, frames, t, NULL, v, e - 1, f, t * e));
  REFUSED(IN, actionclip_encode_single_camera_frames(model, NULL, 1, NULL, f, e));
  REFUSED(IN, actionclip_encode_single_camera_frames(model, frames, 1, NULL, NULL, e));
  REFUSED(SMALL, actionclip_encode_single_camera_frames(model, frames, 1, NULL, f, e - 1));
  for (int i = 0; i < SIZES; i++) {
    REFUSED(0, actionclip_encode_camera_frames(model, frames, sizes[i], NULL, v, e, f, t * e));
    if (sizes[i] != 1) REFUSED(0, actionclip_encode_single_camera_frames(model, frames, sizes[i], NULL, f, e));
  }
  void *wrong[] = {NULL, tokenizer, video};
  for (int i = 0; i < 3; i++) {
    REFUSED_HANDLE(actionclip_encode_camera_frames(wrong[i], frames, t, NULL, v, e, f, t * e));
    REFUSED_HANDLE(actionclip_encode_single_camera_frames(wrong[i], frames, 1, NULL, f, e));
    REFUSED_HANDLE(actionclip_classifier_add_camera_frames(wrong[i], "walking", frames, t, NULL, -1));
  }
  actionclip_frame_init_sized(NULL, sizeof good);
#undef SET
}

/* Videos, single frames and examples of camera frames are those of the images that they stand for. */
static void encoding(void) {
  enum { W = 40, H = 30 };
  size_t plane_sizes[4];
  const char *labels[] = {"walking", "running"};
  actionclip_frame frame = guarded(0, W, H, 0, plane_sizes);
  actionclip_frame *frames = guard_alloc(t * sizeof *frames);
  actionclip_image *images = guard_alloc(t * sizeof *images);
  for (size_t i = 0; i < t; i++) {
    frames[i] = frame;
    frames[i].region_width = W;
    frames[i].region_height = H - 10;
    frames[i].region_y = (int32_t)i;
    images[i] = (actionclip_image){frame.planes[0] + 3 * W * i, 0, W, H - 10, ACTIONCLIP_PIXEL_RGB, 0};
  }
  float *v[2], *f[2];
  for (int i = 0; i < 2; i++) v[i] = guard_alloc(e * sizeof(float)), f[i] = guard_alloc(t * e * sizeof(float));
  CHECK_OK(actionclip_encode_camera_frames(model, frames, t, NULL, v[0], e, f[0], t * e));
  CHECK_OK(actionclip_encode_frames(model, images, t, NULL, v[1], e, f[1], t * e));
  CHECK(memcmp(v[0], v[1], e * sizeof(float)) == 0 && memcmp(f[0], f[1], t * e * sizeof(float)) == 0);
  memset(f[0], 0, t * e * sizeof(float));
  CHECK_OK(actionclip_encode_single_camera_frames(model, frames, t, NULL, f[0], t * e));
  CHECK(memcmp(f[0], f[1], t * e * sizeof(float)) == 0);
  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  CHECK_OK(actionclip_classifier_add_camera_frames(classifier, "walking", frames, t, NULL, -1));
  CHECK(actionclip_classifier_example_count(classifier) == 1);
  REFUSED(IN, actionclip_classifier_add_camera_frames(classifier, NULL, frames, t, NULL, -1));
  REFUSED(IN, actionclip_classifier_add_camera_frames(classifier, "walking", NULL, t, NULL, -1));
  REFUSED(IN, actionclip_classifier_add_camera_frames(classifier, "walking", frames, t - 1, NULL, -1));
  REFUSED(IN, actionclip_classifier_add_camera_frames(classifier, "walking", frames, t, NULL, -2));
  frames[0].flip = 9;
  REFUSED(IN, actionclip_classifier_add_camera_frames(classifier, "walking", frames, t, NULL, -1));
  CHECK(actionclip_classifier_example_count(classifier) == 1);
  actionclip_classifier_free(classifier);
}

/* AUTO is BT.601 up to 576 stored rows, else BT.709, and limited range. */
static void assumed(void) {
  enum { W = 4, S = 4 };
  for (int height = 576; height <= 577; height++) {
    size_t plane_sizes[4];
    uint8_t crops[3][3 * S * S];
    actionclip_frame frame = guarded(12, W, height, 0, plane_sizes);
    for (int i = 0; i < 3; i++) {
      frame.matrix = i == 0 ? ACTIONCLIP_MATRIX_AUTO : i == 1 ? ACTIONCLIP_MATRIX_BT601 : ACTIONCLIP_MATRIX_BT709;
      frame.range = i == 0 ? ACTIONCLIP_RANGE_AUTO : ACTIONCLIP_RANGE_LIMITED;
      CHECK_OK(actionclip_preprocess_crop_camera_frame(&frame, S, NULL, crops[i], sizeof crops[i]));
    }
    CHECK(memcmp(crops[0], crops[height == 576 ? 1 : 2], sizeof crops[0]) == 0);
    CHECK(memcmp(crops[1], crops[2], sizeof crops[0]) != 0);
  }
}

static void names(void) {
  static const struct {
    const char *name;
    int32_t names, format;
  } known[] = {
      {"rgb8", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_RGB},
      {"bgr8", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_BGR},
      {"rgba8", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_RGBA},
      {"bgra8", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_BGRA},
      {"mono8", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_GRAY},
      {"8UC1", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_GRAY},
      {"mono16", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_GRAY16},
      {"nv12", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_NV12},
      {"nv21", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_NV21},
      {"nv24", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_NV24},
      {"uyvy", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_UYVY},
      {"yuv422", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_UYVY},
      {"yuyv", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_YUYV},
      {"yuv422_yuy2", ACTIONCLIP_NAMES_ROS, ACTIONCLIP_PIXEL_YUYV},
      {"RGB3", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_RGB},
      {"BGR3", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_BGR},
      {"XR24", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_BGRX},
      {"GREY", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_GRAY},
      {"Y16 ", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_GRAY16},
      {"NV12", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_NV12},
      {"NM12", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_NV12},
      {"YU12", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_I420},
      {"YV12", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_YV12},
      {"YUYV", ACTIONCLIP_NAMES_V4L2, ACTIONCLIP_PIXEL_YUYV},
      {"BG24", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_RGB},
      {"RG24", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_BGR},
      {"BGR888", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_RGB},
      {"DRM_FORMAT_RGB888", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_BGR},
      {"XRGB8888", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_BGRX},
      {"ABGR8888", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_RGBA},
      {"R8  ", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_GRAY},
      {"YUV420", ACTIONCLIP_NAMES_DRM, ACTIONCLIP_PIXEL_I420},
      {"RGB", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_RGB},
      {"BGRx", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_BGRX},
      {"RGBx", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_RGBX},
      {"GRAY8", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_GRAY},
      {"GRAY16_LE", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_GRAY16},
      {"I420", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_I420},
      {"YUY2", ACTIONCLIP_NAMES_GSTREAMER, ACTIONCLIP_PIXEL_YUYV},
      {"rgb24", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_RGB},
      {"bgr0", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_BGRX},
      {"gray16le", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_GRAY16},
      {"yuv420p", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_I420},
      {"yuyv422", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_YUYV},
      {"uyvy422", ACTIONCLIP_NAMES_FFMPEG, ACTIONCLIP_PIXEL_UYVY},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    int32_t found = 0;
    CHECK_OK(actionclip_pixel_format_from_name(known[i].name, known[i].names, &found));
    if (!CHECK(found == known[i].format)) fprintf(stderr, "  %s\n", known[i].name);
    found = 0;
    CHECK_OK(actionclip_pixel_format_from_name(known[i].name, ACTIONCLIP_NAMES_ANY, &found));
    if (!CHECK(found == known[i].format)) fprintf(stderr, "  %s of any\n", known[i].name);
  }
  int32_t *out = output(sizeof *out);
  const char *const not_taken[][2] = {
      {"bayer_rggb8", "debayer"}, {"RGGB", "debayer"}, {"MJPG", "decode"},      {"image/jpeg", ""},
      {"16UC1", "distances"},     {"32FC1", "distances"}, {"Z16 ", "distances"}, {"yuvj420p", "full range"},
      {"8UC3", "order"},          {"rgb16", "8 bits"},  {"GRAY16_BE", "8 bits"}, {"NV16", "NV12"},
      {"yuv422p", "convert"},     {"H264", "decode"},
  };
  for (size_t i = 0; i < sizeof not_taken / sizeof not_taken[0]; i++) {
    const int32_t status = not_taken[i][1][0] == '\0' ? IN : ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED;
    REFUSED(status, actionclip_pixel_format_from_name(not_taken[i][0], ACTIONCLIP_NAMES_ANY, out));
    CHECK(strstr(actionclip_last_error(), not_taken[i][1]) != NULL);
    CHECK(strstr(actionclip_last_error(), not_taken[i][0]) != NULL);
  }
  REFUSED(IN, actionclip_pixel_format_from_name("rgb24", ACTIONCLIP_NAMES_ROS, out));
  REFUSED(IN, actionclip_pixel_format_from_name("", ACTIONCLIP_NAMES_ANY, out));
  REFUSED(IN, actionclip_pixel_format_from_name(NULL, ACTIONCLIP_NAMES_ANY, out));
  REFUSED(IN, actionclip_pixel_format_from_name("rgb8", ACTIONCLIP_NAMES_ANY, NULL));
  REFUSED(IN, actionclip_pixel_format_from_name("rgb8", -1, out));
  REFUSED(IN, actionclip_pixel_format_from_name("rgb8", 6, out));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_pixel_format_from_name("\xff\xfe", ACTIONCLIP_NAMES_ANY, out));
}

MISUSE_MAIN("test_camera_frames", reading, refused, encoding, assumed, names)

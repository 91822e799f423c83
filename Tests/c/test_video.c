/* test_video.c: the clip of scripts/make_clip.py writes each frame's number into the picture, so the test can
 * read from the pixels which frame it was given. */
#include "guard.h"

#include <math.h>

enum { WIDTH = 224, HEIGHT = 160, FRAMES = 100, CELL = 16, FRAME = WIDTH * HEIGHT * 3 };

/* The frame's number, from seven squares along the lower edge. */
static int number_in(const uint8_t *rgb) {
  int number = 0;
  for (int bit = 0; bit < 7; bit++) {
    long sum = 0;
    for (int y = HEIGHT - 12; y < HEIGHT - 4; y++)
      for (int x = 4; x < 12; x++) sum += rgb[(y * WIDTH + CELL * (1 + bit) + x) * 3 + 1];
    number |= (sum / 64 > 128) << bit;
  }
  return number;
}

/* The disc's centre: the mean column of pixels far more red than green. */
static double disc_in(const uint8_t *rgb) {
  double sum = 0, count = 0;
  for (int y = 0; y < HEIGHT - CELL; y++)
    for (int x = 0; x < WIDTH; x++) {
      const uint8_t *p = rgb + (y * WIDTH + x) * 3;
      if (p[0] - p[1] > 90) {
        sum += x;
        count++;
      }
    }
  return count > 0 ? sum / count : -1;
}

static void check_info(actionclip_video *video) {
  actionclip_video_info info;
  memset(&info, 0xEE, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_video_get_info(video, &info));
  CHECK(info.width == WIDTH && info.height == HEIGHT && info.rotation == 0);
  CHECK(info.frame_count == FRAMES && info.damaged_frames == 0);
  CHECK(fabs(info.duration - 4.0) < 1e-3 && fabs(info.frame_rate - 25.0) < 1e-3);
}

/* Frames in any order, repeated, each the right one at the right time. */
static void check_frames(actionclip_video *video) {
  static const int64_t at[] = {0, 99, 50, 49, 51, 1, 98, 50, 7, 7, 63, 0};
  enum { N = sizeof at / sizeof at[0] };
  uint8_t *rgb = guard_alloc(N * FRAME);
  double *seconds = guard_alloc(N * sizeof *seconds);
  CHECK_OK(actionclip_video_read_frames(video, at, N, rgb, N * FRAME, seconds, N));
  for (int i = 0; i < N; i++) {
    const uint8_t *frame = rgb + (size_t)i * FRAME;
    CHECK(number_in(frame) == (int)at[i]);
    CHECK(fabs(disc_in(frame) - (30 + 164.0 * (double)at[i] / 99)) < 1.5);
    CHECK(fabs(seconds[i] - (double)at[i] / 25) < 1e-6);
  }
  CHECK(memcmp(rgb + 2 * FRAME, rgb + 7 * FRAME, FRAME) == 0); /* frame 50 twice */
  /* One by one: the same bytes as together. */
  uint8_t *one = guard_alloc(FRAME);
  for (int i = 0; i < 4; i++) {
    CHECK_OK(actionclip_video_read_frames(video, &at[i], 1, one, FRAME, NULL, 0));
    CHECK(memcmp(one, rgb + (size_t)i * FRAME, FRAME) == 0);
  }
  guard_release(one, FRAME);
  guard_release(rgb, N * FRAME);
}

static void encode(actionclip_video *video, const actionclip_model *model) {
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  const size_t t = (size_t)info.frames, e = (size_t)info.embedding_size;
  float *v1 = guard_alloc(e * 4), *v2 = guard_alloc(e * 4);
  float *f1 = guard_alloc(t * e * 4), *f2 = guard_alloc(t * e * 4);
  for (int crop = 0; crop < 3; crop++) {
    actionclip_preprocess_options options;
    actionclip_preprocess_options_init(&options);
    options.crop = crop;
    options.resize = crop == 2 ? ACTIONCLIP_RESIZE_CLIP : ACTIONCLIP_RESIZE_ACTIONCLIP;
    CHECK_OK(actionclip_encode_video(model, video, &options, v1, e, f1, t * e));
    /* Reading the frames in three steps gives the same. */
    int64_t *at = check_alloc(t * sizeof *at);
    uint8_t *rgb = check_alloc(t * FRAME);
    actionclip_image *images = check_alloc(t * sizeof *images);
    CHECK_OK(actionclip_sample_indices(FRAMES, info.frames, at, t));
    CHECK_OK(actionclip_video_read_frames(video, at, t, rgb, t * FRAME, NULL, 0));
    for (size_t i = 0; i < t; i++) {
      actionclip_image image = {rgb + i * FRAME, 0, WIDTH, HEIGHT, ACTIONCLIP_PIXEL_RGB, 0};
      images[i] = image;
    }
    CHECK_OK(actionclip_encode_frames(model, images, t, &options, v2, e, f2, t * e));
    CHECK(memcmp(v1, v2, e * 4) == 0);
    CHECK(memcmp(f1, f2, t * e * 4) == 0);
    free(images);
    free(rgb);
    free(at);
  }
}

/* A part of a clip, whose frames are 40 ms apart: its frames by their times, and their embedding. */
static void between(actionclip_video *video, const actionclip_model *model) {
  static const struct {
    double start, end;
    int64_t first, count;
  } parts[] = {
      {0, INFINITY, 0, 100}, {0, 4, 0, 100},    {1, 2, 25, 25},      {2, 3.04, 50, 26},
      {3.96, 9, 99, 1},      {3.97, 4, 99, 1},  {1.01, 1.02, 25, 1}, {1, 1.0001, 25, 1},
      {0, 1e-9, 0, 1},       {0.001, 0.09, 1, 2}, {1.0004, 2, 25, 25},
  };
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  const size_t t = (size_t)info.frames, e = (size_t)info.embedding_size;
  float *v1 = guard_alloc(e * 4), *v2 = guard_alloc(e * 4);
  float *f1 = guard_alloc(t * e * 4), *f2 = guard_alloc(t * e * 4);
  int64_t *at = check_alloc(t * sizeof *at);
  uint8_t *rgb = check_alloc(t * FRAME);
  actionclip_image *images = check_alloc(t * sizeof *images);
  for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
    int64_t first = -1, count = -1;
    CHECK_OK(actionclip_video_frames_between(video, parts[k].start, parts[k].end, &first, &count));
    CHECK(first == parts[k].first && count == parts[k].count);
    CHECK_OK(actionclip_encode_video_between(model, video, parts[k].start, parts[k].end, NULL, v1, e, f1, t * e));
    CHECK_OK(actionclip_sample_indices(count, info.frames, at, t));
    for (size_t i = 0; i < t; i++) at[i] += first;
    CHECK_OK(actionclip_video_read_frames(video, at, t, rgb, t * FRAME, NULL, 0));
    for (size_t i = 0; i < t; i++) {
      actionclip_image image = {rgb + i * FRAME, 0, WIDTH, HEIGHT, ACTIONCLIP_PIXEL_RGB, 0};
      images[i] = image;
    }
    CHECK_OK(actionclip_encode_frames(model, images, t, NULL, v2, e, f2, t * e));
    CHECK(memcmp(v1, v2, e * 4) == 0 && memcmp(f1, f2, t * e * 4) == 0);
  }
  free(images), free(rgb), free(at);
  guard_release(v1, e * 4), guard_release(v2, e * 4), guard_release(f1, t * e * 4), guard_release(f2, t * e * 4);
}

/* Cut or damaged clips: frames or an error, never a fault, and never nonsense. */
static void damaged(const unsigned char *bytes, size_t size) {
  uint32_t state = 7;
  for (int k = 0; k < 120; k++) {
    const int cut = k < 60;
    const size_t n = cut ? size * (size_t)k / 60 : size;
    unsigned char *copy = guard_copy(bytes, n);
    if (!cut)
      for (int i = 0; i < 20; i++) {
        state = state * 1664525u + 1013904223u;
        copy[state % n] ^= (unsigned char)(state >> 24);
      }
    actionclip_video *video = NULL;
    const int32_t status = actionclip_video_open_buffer(copy, n, NULL, &video);
    if (status == ACTIONCLIP_OK) {
      actionclip_video_info info;
      info.struct_size = sizeof info;
      const int32_t found = actionclip_video_get_info(video, &info);
      if (found == ACTIONCLIP_OK)
        CHECK(info.frame_count > 0 && info.frame_count < 10000 && info.width > 0 && info.damaged_frames >= 0);
      else
        CHECK_ERROR(0, found);
    } else {
      CHECK_ERROR(0, status);
      CHECK(video == NULL);
    }
    actionclip_video_free(video);
    guard_release(copy, n);
  }
}

/* A clip's embedding, and each frame's, from a video with so many decoder threads; the status. */
static int32_t embed(const actionclip_model *model, const unsigned char *bytes, size_t size, int32_t threads,
                     float *video_out, size_t e, float *frame_out, size_t frames) {
  actionclip_video_options options;
  actionclip_video_options_init(&options);
  options.threads = threads;
  actionclip_video *video = NULL;
  int32_t status = actionclip_video_open_buffer(bytes, size, &options, &video);
  if (status == ACTIONCLIP_OK) status = actionclip_encode_video(model, video, NULL, video_out, e, frame_out, frames);
  actionclip_video_free(video);
  return status;
}

/* Frames that are encoded while later ones are decoded, as where there are processors for both, and frames that are
 * encoded in the end: the same bits or the same error, of sound clips and of damaged ones, where reading may begin
 * again. After an error the outputs are as they were. */
static void encoded_while_decoding(const unsigned char *bytes, size_t size) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  actionclip_model *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model))) return;
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  CHECK(info.frames > 2 && !info.joint && !info.temporal_shift);
  const size_t e = (size_t)info.embedding_size, n = e * (size_t)info.frames;
  float *v1 = guard_alloc(e * 4), *v2 = guard_alloc(e * 4), *f1 = guard_alloc(n * 4), *f2 = guard_alloc(n * 4);
  uint32_t state = 11;
  int sound = 0, broken = 0;
  for (int k = 0; k < 60; k++) {
    const size_t length = k % 3 == 1 ? size * (size_t)k / 60 : size;
    unsigned char *copy = guard_copy(bytes, length);
    for (int i = 0; i < k; i++) {
      state = state * 1664525u + 1013904223u;
      copy[length - 1 - state % (length - length / 4)] ^= (unsigned char)(state >> 24);
    }
    for (size_t i = 0; i < e; i++) v1[i] = v2[i] = 42;
    for (size_t i = 0; i < n; i++) f1[i] = f2[i] = 42;
    const int32_t beside = embed(model, copy, length, 1, v1, e, f1, n);
    const int32_t after = embed(model, copy, length, 256, v2, e, f2, n);
    CHECK(beside == after);
    CHECK(memcmp(v1, v2, e * 4) == 0 && memcmp(f1, f2, n * 4) == 0);
    CHECK((v1[0] == 42) == (beside != ACTIONCLIP_OK));
    if (beside == ACTIONCLIP_OK) sound++;
    else broken++;
    guard_release(copy, length);
  }
  CHECK(sound > 10 && broken > 0);
  guard_release(v1, e * 4), guard_release(v2, e * 4), guard_release(f1, n * 4), guard_release(f2, n * 4);
  actionclip_model_free(model);
}

/* Key frames alone: each answer is a frame of the clip, at its own time. */
static void key_frames(void) {
  actionclip_video_options options;
  actionclip_video_options_init(&options);
  options.decode = ACTIONCLIP_DECODE_KEY_FRAMES;
  actionclip_video *video = NULL;
  if (!CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), &options, &video))) return;
  actionclip_video_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_video_get_outline(video, &info));
  CHECK(info.width == WIDTH && info.height == HEIGHT && info.frame_count == FRAMES);
  CHECK(info.damaged_frames == -1 && fabs(info.duration - 4.0) < 1e-3);
  int64_t at[FRAMES];
  double seconds[FRAMES];
  for (int i = 0; i < FRAMES; i++) at[i] = i;
  uint8_t *rgb = check_alloc((size_t)FRAMES * FRAME);
  CHECK_OK(actionclip_video_read_frames(video, at, FRAMES, rgb, (size_t)FRAMES * FRAME, seconds, FRAMES));
  for (int i = 0; i < FRAMES; i++) {
    const int number = number_in(rgb + (size_t)i * FRAME);
    CHECK(fabs(seconds[i] - number / 25.0) < 1e-6);
    if (i > 0) CHECK(seconds[i] >= seconds[i - 1]);
  }
  CHECK(number_in(rgb) == 0);
  free(rgb);
  actionclip_video_free(video);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  size_t size;
  unsigned char *plain = check_read_file(check_path(EXAMPLE_CLIP), &size), *bytes = guard_copy(plain, size);
  free(plain);

  const char *version = NULL;
  CHECK_OK(actionclip_ffmpeg_version(&version));
  CHECK(strncmp(version, "FFmpeg ", 7) == 0 && strstr(version, "(libavformat ") != NULL);

  actionclip_video *video = NULL, *memory = NULL, *serial = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video));
  check_info(video);
  check_frames(video);
  encode(video, model);
  between(video, model);

  CHECK_OK(actionclip_video_open_buffer(bytes, size, NULL, &memory));
  check_frames(memory); /* without asking for the info first */
  check_info(memory);

  actionclip_video_options options;
  actionclip_video_options_init(&options);
  options.threads = 1;
  options.decode = ACTIONCLIP_DECODE_ALL;
  options.max_pixels = WIDTH * HEIGHT; /* exactly what it has: larger ones are refused */
  if (CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), &options, &serial))) {
    between(serial, model);
    check_frames(serial);
  }

  /* A program built before there was a choice of what to decode. */
  actionclip_video_options *old = guard_alloc(16);
  memcpy(old, &options, 16);
  old->struct_size = 16;
  actionclip_video *early = NULL;
  if (CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), old, &early))) check_frames(early);
  actionclip_video_free(early);
  guard_release(old, 16);

  damaged(bytes, size);
  encoded_while_decoding(bytes, size);
  key_frames();
  actionclip_video_free(serial);
  actionclip_video_free(memory);
  actionclip_video_free(video);
  actionclip_model_free(model);
  return check_report("test_video");
}

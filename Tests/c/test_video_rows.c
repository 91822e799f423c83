/* test_video_rows.c: models whose videos have rows longer than an embedding, since each video moves the texts that it is
 * compared with (X-CLIP). Rows lie against pages that nobody may touch. */
#include "misuse.h"

#include <math.h>

static size_t v; /* floats of a row */

static actionclip_model *load(const char *path, int32_t compute) {
  actionclip_model *made = NULL;
  actionclip_model_options o = defaults();
  o.threads = 2;
  o.compute_type = compute;
  CHECK_OK(actionclip_model_load(check_path(path), &o, &made));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(made, &info));
  e = (size_t)info.embedding_size;
  v = (size_t)info.video_size;
  t = (size_t)info.frames;
  side = (size_t)info.image_size;
  c = (size_t)info.context_length;
  return made;
}

/* Numbers between -1 and 1. */
static float *numbers(size_t count) {
  float *out = guard_alloc(count * sizeof *out);
  for (size_t i = 0; i < count; i++) out[i] = (float)(i * 7919 % 512) / 256 - 1;
  return out;
}

static float *texts_of(size_t count) {
  int32_t *tokens = check_alloc(count * c * sizeof *tokens);
  for (size_t i = 0; i < count; i++) {
    tokens[i * c] = info.vocabulary_size - 2;
    tokens[i * c + 1] = (int32_t)(i % 30) + 1;
    tokens[i * c + 2] = info.vocabulary_size - 1;
  }
  float *texts = guard_alloc(count * e * sizeof *texts);
  CHECK_OK(actionclip_encode_tokens(model, tokens, count * c, count, texts, count * e));
  free(tokens);
  return texts;
}

static void rows_and_scores(void) {
  enum { VIDEOS = 3, TEXTS = 5 };
  const size_t patches = (size_t)(info.image_size / info.patch_size) * (size_t)(info.image_size / info.patch_size);
  CHECK(v == e + patches * e && info.head == ACTIONCLIP_HEAD_MIT && info.frames_independent == 0);
  const size_t plane = t * 3 * side * side;
  float *pixels = numbers(VIDEOS * plane);
  float *rows = guard_alloc(VIDEOS * v * sizeof *rows), *frames = guard_alloc(VIDEOS * t * e * sizeof *frames);
  CHECK_OK(actionclip_encode_pixels(model, pixels, VIDEOS * plane, VIDEOS * t, rows, VIDEOS * v, frames, VIDEOS * t * e));
  float *one = guard_alloc(v * sizeof *one);
  CHECK_OK(actionclip_encode_pixels(model, pixels + plane, plane, t, one, v, NULL, 0));
  CHECK(memcmp(one, rows + v, v * sizeof *one) == 0);

  float *texts = texts_of(TEXTS), *logits = guard_alloc(VIDEOS * TEXTS * sizeof *logits), *alone = guard_alloc(sizeof *alone);
  CHECK_OK(actionclip_model_similarity(model, rows, VIDEOS, texts, TEXTS, 100, logits, VIDEOS * TEXTS));
  for (size_t i = 0; i < VIDEOS * TEXTS; i++) {
    CHECK(isfinite(logits[i]) && fabsf(logits[i]) <= 100);
    CHECK_OK(actionclip_model_similarity(model, rows + i / TEXTS * v, 1, texts + i % TEXTS * e, 1, 100, alone, 1));
    CHECK(*alone == logits[i]);
  }
  float plain[TEXTS];
  CHECK_OK(actionclip_similarity(rows, 1, texts, TEXTS, e, 100, plain, TEXTS));
  CHECK(memcmp(plain, logits, sizeof plain) != 0);

  /* Probabilities of one template are the softmax of these logits; two templates are averaged by their weights. */
  float whole[VIDEOS * TEXTS], first[VIDEOS * 2], second[VIDEOS * 2], both[VIDEOS * 2], usual[VIDEOS * 2];
  const float weights[] = {3, 1};
  CHECK_OK(actionclip_model_probabilities(model, rows, VIDEOS, texts, NULL, 1, TEXTS, 100, whole, VIDEOS * TEXTS));
  for (size_t i = 0; i < VIDEOS; i++) {
    double sum = 0, exponents = 0;
    for (size_t j = 0; j < TEXTS; j++) {
      sum += (double)whole[i * TEXTS + j];
      exponents += exp((double)logits[i * TEXTS + j]);
    }
    CHECK(fabs(sum - 1) < 1e-5);
    for (size_t j = 0; j < TEXTS; j++)
      CHECK(fabs((double)whole[i * TEXTS + j] - exp((double)logits[i * TEXTS + j]) / exponents) < 1e-5);
  }
  CHECK_OK(actionclip_model_probabilities(model, rows, VIDEOS, texts, NULL, 1, 2, 100, first, VIDEOS * 2));
  CHECK_OK(actionclip_model_probabilities(model, rows, VIDEOS, texts + 2 * e, NULL, 1, 2, 100, second, VIDEOS * 2));
  CHECK_OK(actionclip_model_probabilities(model, rows, VIDEOS, texts, weights, 2, 2, 100, both, VIDEOS * 2));
  CHECK_OK(actionclip_model_probabilities(model, rows, VIDEOS, texts, weights, 2, 2, 0, usual, VIDEOS * 2));
  CHECK(memcmp(both, usual, sizeof both) == 0); /* a scale of 0 is the reference's 100 */
  for (size_t i = 0; i < VIDEOS * 2; i++) CHECK(fabsf(both[i] - 0.75f * first[i] - 0.25f * second[i]) < 1e-5f);

  float *out = output(VIDEOS * v * sizeof *out);
  REFUSED(SMALL, actionclip_encode_pixels(model, pixels, plane, t, out, e, NULL, 0));
  CHECK(strstr(actionclip_last_error(), "video_size") != NULL);
  REFUSED(SMALL, actionclip_encode_pixels(model, pixels, VIDEOS * plane, VIDEOS * t, out, VIDEOS * v - 1, NULL, 0));
  REFUSED(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_join_frames(model, frames, t, out, v));
  REFUSED(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_encode_single_pixels(model, pixels, plane, t, out, t * e));
  REFUSED(IN, actionclip_model_similarity(model, NULL, 1, texts, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_similarity(model, rows, 1, NULL, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_similarity(model, rows, 1, texts, 1, 1, NULL, 1));
  REFUSED(IN, actionclip_model_similarity(model, rows, 0, texts, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_similarity(model, rows, 1, texts, 0, 1, out, 1));
  REFUSED(0, actionclip_model_similarity(model, rows, 1, texts, 1, NAN, out, 1));
  REFUSED(SMALL, actionclip_model_similarity(model, rows, 2, texts, 2, 1, out, 3));
  REFUSED(IN, actionclip_model_probabilities(model, NULL, 1, texts, NULL, 1, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_probabilities(model, rows, 1, NULL, NULL, 1, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_probabilities(model, rows, 1, texts, NULL, 1, 1, 1, NULL, 1));
  REFUSED(IN, actionclip_model_probabilities(model, rows, 0, texts, NULL, 1, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_probabilities(model, rows, 1, texts, NULL, 0, 1, 1, out, 1));
  REFUSED(IN, actionclip_model_probabilities(model, rows, 1, texts, NULL, 1, 0, 1, out, 1));
  REFUSED(0, actionclip_model_probabilities(model, rows, 1, texts, NULL, 1, 1, NAN, out, 1));
  REFUSED(SMALL, actionclip_model_probabilities(model, rows, 2, texts, NULL, 1, 2, 1, out, 3));
  const float none[] = {0, 0}, negative[] = {1, -1};
  REFUSED(0, actionclip_model_probabilities(model, rows, 1, texts, none, 2, 1, 1, out, 1));
  REFUSED(0, actionclip_model_probabilities(model, rows, 1, texts, negative, 2, 1, 1, out, 1));
  for (int i = OVERFLOWING; i < SIZES; i++) {
    REFUSED(0, actionclip_model_probabilities(model, rows, sizes[i], texts, NULL, 1, 1, 1, out, SIZE_MAX));
    REFUSED(0, actionclip_model_probabilities(model, rows, 1, texts, NULL, sizes[i], 1, 1, out, SIZE_MAX));
    REFUSED(0, actionclip_model_probabilities(model, rows, 1, texts, NULL, 1, sizes[i], 1, out, SIZE_MAX));
    REFUSED(0, actionclip_model_similarity(model, rows, sizes[i], texts, 1, 1, out, SIZE_MAX));
    REFUSED(0, actionclip_model_similarity(model, rows, 1, texts, sizes[i], 1, out, SIZE_MAX));
  }
  rows[VIDEOS * v - 1] = NAN; /* of what moves texts */
  REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_model_probabilities(model, rows, VIDEOS, texts, NULL, 1, TEXTS, 1, out, VIDEOS * TEXTS));
  REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_model_similarity(model, rows, VIDEOS, texts, TEXTS, 1, out, VIDEOS * TEXTS));
  texts[TEXTS * e - 1] = INFINITY;
  REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_model_similarity(model, rows, 1, texts, TEXTS, 1, out, TEXTS));

  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  REFUSED(ACTIONCLIP_ERROR_CANCELLED, actionclip_model_similarity(model, one, 1, texts, 1, 1, out, 1));
  REFUSED(ACTIONCLIP_ERROR_CANCELLED, actionclip_model_probabilities(model, one, 1, texts, NULL, 1, 1, 1, out, 1));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
}

/* Windows of a stream are rows, with the bits of the same frames encoded as a video. */
static void streams(void) {
  enum { FRAMES = 9, SIDE = 24 };
  static uint8_t bytes[FRAMES][SIDE][SIDE][3];
  actionclip_image images[FRAMES] = {{0}};
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.hop = 2;
  actionclip_stream *stream = NULL;
  CHECK_OK(actionclip_stream_create(model, &o, &stream));
  actionclip_stream_info si = {.struct_size = sizeof si};
  CHECK_OK(actionclip_stream_get_info(stream, &si));
  for (int i = 0; i < FRAMES; i++) {
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        for (int k = 0; k < 3; k++) bytes[i][y][x][k] = (uint8_t)(i * 37 + y * 11 + x * 5 + k * 70);
    images[i] = (actionclip_image){(const uint8_t *)bytes[i], 0, SIDE, SIDE, ACTIONCLIP_PIXEL_RGB, 0};
    actionclip_frame frame;
    actionclip_frame_init(&frame);
    frame.planes[0] = (const uint8_t *)bytes[i];
    frame.width = frame.height = SIDE;
    frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
    int32_t outcome = -1;
    CHECK_OK(actionclip_stream_push(stream, &frame, i * si.frame_interval_ns, &outcome));
    CHECK(outcome == ACTIONCLIP_PUSH_QUEUED);
    CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL));
  }
  CHECK_OK(actionclip_stream_finish(stream));
  CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL));
  float *row = guard_alloc(v * sizeof *row), *whole = guard_alloc(v * sizeof *whole);
  actionclip_window window = {.struct_size = sizeof window};
  int32_t found = 0;
  int windows = 0;
  CHECK_ERROR(SMALL, actionclip_stream_next(stream, &window, row, e, &found));
  while (actionclip_stream_next(stream, &window, row, v, &found) == ACTIONCLIP_OK && found == ACTIONCLIP_NEXT_WINDOW) {
    if (window.frame_count == (int32_t)t && (window.flags & ACTIONCLIP_WINDOW_PARTIAL) == 0) {
      windows++;
      CHECK_OK(actionclip_encode_frames(model, images + window.first_push, t, NULL, whole, v, NULL, 0));
      CHECK(memcmp(row, whole, v * sizeof *row) == 0);
    }
  }
  CHECK(windows >= 3);
  actionclip_stream_free(stream);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  const char *files[] = {"Tests/fixtures/x_clip/published.pth", "Tests/fixtures/x_clip/hugging_face"};
  const int32_t types[] = {ACTIONCLIP_COMPUTE_FP32, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_COMPUTE_INT8};
  for (int i = 0; i < 6; i++) {
    watched_count = 0;
    model = load(files[i % 2], types[i / 2]);
    rows_and_scores();
    streams();
    const char *const labels[] = {"walk", "run"};
    actionclip_tuner *tuner = NULL;
    CHECK_ERROR(ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED, actionclip_tuner_create(model, labels, 2, NULL, 0, NULL, &tuner));
    actionclip_model_free(model);
  }
  return check_report("test_video_rows");
}

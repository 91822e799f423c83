/* test_misuse_rest.c: the tokenizer, comparing, classifiers, sampling and video files. */
#include "misuse.h"

#include <math.h>
#include <pthread.h>

static void tokenizers(void) {
  actionclip_tokenizer **out = output(sizeof *out);
  int32_t *ids = output(8 * sizeof *ids);
  size_t *count = output(sizeof *count);
  REFUSED(IN, actionclip_tokenizer_load(NULL, out));
  REFUSED(IN, actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tokenizer_load("/no/such/merges.txt", out));
  REFUSED(0, actionclip_tokenizer_load(check_path(EXAMPLE_CLIP), out));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, NULL, 1, ids, 8, count));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, "a", 1, ids, 8, NULL));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, "a", 1, NULL, 8, count));
  char *text = guard_copy("walking the dog", 15); /* no zero at its end: the size counts */
  REFUSED(SMALL, actionclip_tokenizer_encode(tokenizer, text, 15, ids, 1, count));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tokenizer_encode(tokenizer, "\x80", 1, ids, 8, count));
  REFUSED(0, actionclip_tokenizer_encode(tokenizer, text, SIZE_MAX, ids, 8, count));
  size_t n = 99;
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 15, NULL, 0, &n));
  int32_t *exact = guard_alloc(n * sizeof *exact);
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 15, exact, n, guard_alloc(sizeof n)));
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 0, NULL, 0, &n));
  CHECK(n == 0);
}

static void comparing(void) {
  float a[8] = {1, 2, 3, 4, 4, 3, 2, 1};
  float *in = guard_copy(a, sizeof a), *out = output(4 * sizeof *out);
  REFUSED(IN, actionclip_similarity(NULL, 2, in, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_similarity(in, 2, NULL, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_similarity(in, 2, in, 2, 4, 1, NULL, 4));
  REFUSED(SMALL, actionclip_similarity(in, 2, in, 2, 4, 1, out, 3));
  REFUSED(IN, actionclip_similarity(in, 2, in, 2, 0, 1, out, 4));
  REFUSED(0, actionclip_similarity(in, 2, in, 2, 4, NAN, out, 4));
  REFUSED(0, actionclip_similarity(in, 2, in, 2, 4, INFINITY, out, 4));
  REFUSED(IN, actionclip_probabilities(NULL, 2, in, 1, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, NULL, 1, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 2, 4, 1, NULL, 4));
  REFUSED(SMALL, actionclip_probabilities(in, 2, in, 1, 2, 4, 1, out, 3));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 0, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 0, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 2, 0, 1, out, 4));
  REFUSED(0, actionclip_probabilities(in, 2, in, 1, 2, 4, NAN, out, 4));
  for (int i = OVERFLOWING; i < SIZES; i++) {
    REFUSED(0, actionclip_similarity(in, sizes[i], in, 2, 4, 1, out, 4));
    REFUSED(0, actionclip_similarity(in, 2, in, sizes[i], 4, 1, out, 4));
    REFUSED(0, actionclip_similarity(in, 1, in, 1, sizes[i], 1, out, 4));
    REFUSED(0, actionclip_similarity(in, sizes[i], in, sizes[i], 4, 1, out, SIZE_MAX));
    REFUSED(0, actionclip_probabilities(in, sizes[i], in, 1, 2, 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, sizes[i], 2, 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, 1, sizes[i], 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, 1, 2, sizes[i], 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 1, in, sizes[i], sizes[i], sizes[i], 1, out, SIZE_MAX));
  }
  const float odd[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    in[7] = odd[i];
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_similarity(in, 2, a, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_similarity(a, 2, in, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_probabilities(in, 2, a, 1, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_probabilities(a, 2, in, 1, 2, 4, 1, out, 4));
  }
  float *room = guard_alloc(4 * sizeof *room), zero[8] = {0};
  CHECK_OK(actionclip_similarity(zero, 2, a, 2, 4, 100, room, 4)); /* a zero row has cosine 0 */
  CHECK(room[0] == 0 && room[3] == 0);
  float large[4] = {3e38f, 3e38f, -3e38f, 3e38f}, little[4] = {1e-40f, 1e-40f, -1e-40f, 1e-40f};
  CHECK_OK(actionclip_similarity(large, 1, large, 1, 4, 1, room, 1)); /* whose squares overflow in float */
  CHECK(fabsf(room[0] - 1) < 1e-5f);
  CHECK_OK(actionclip_similarity(little, 1, large, 1, 4, 1, room, 1)); /* or vanish */
  CHECK(fabsf(room[0] - 1) < 1e-3f);
  CHECK_OK(actionclip_probabilities(a, 2, a, 1, 2, 4, 1e30f, room, 4)); /* softmax of enormous logits */
  CHECK(room[0] == 1 && room[1] == 0);
}

static void classifiers(void) {
  const char *const labels[] = {"walking", "running", NULL}, *const bad[] = {"\xff"};
  const char *const templates[] = {"no place"};
  actionclip_classifier **out = output(sizeof *out);
  float *in = check_alloc(2 * e * sizeof(float)), *scores = output(4 * sizeof(float));
  for (size_t i = 0; i < 2 * e; i++) in[i] = (float)(i % 5) - 2;
  REFUSED_HANDLE(actionclip_classifier_create(NULL, labels, 2, NULL, 0, 0, out));
  REFUSED_HANDLE(actionclip_classifier_create((actionclip_model *)(void *)tokenizer, labels, 2, NULL, 0, 0, out));
  REFUSED(IN, actionclip_classifier_create(model, NULL, 2, NULL, 0, 0, out));
  REFUSED(IN, actionclip_classifier_create(model, labels, 2, NULL, 0, 0, NULL));
  REFUSED(IN, actionclip_classifier_create(model, labels, 2, NULL, 1, 0, out));
  REFUSED(IN, actionclip_classifier_create(model, labels, 2, templates, 1, 0, out));
  REFUSED(IN, actionclip_classifier_create(model, labels, 2, NULL, 0, 7, out));
  REFUSED(IN, actionclip_classifier_create(model, labels, 3, NULL, 0, 0, out));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_classifier_create(model, bad, 1, NULL, 0, 0, out));
  const char *empty[] = {"yoga", ""};
  REFUSED(IN, actionclip_classifier_create(model, empty, 2, NULL, 0, 0, out));
  for (int i = 0; i < SIZES; i++)
    if (sizes[i] != 1) REFUSED(IN, actionclip_classifier_create(model, labels, sizes[i], NULL, 0, 0, out));

  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, 0, &classifier));
  CHECK(actionclip_classifier_label_count(classifier) == 2);
  CHECK(actionclip_classifier_label_count(NULL) < 0);
  REFUSED_HANDLE(actionclip_classifier_set_labels(NULL, labels, 2, NULL));
  REFUSED(IN, actionclip_classifier_set_labels(classifier, NULL, 2, NULL));
  REFUSED(IN, actionclip_classifier_set_labels(classifier, labels, 0, NULL));
  REFUSED(IN, actionclip_classifier_set_labels(classifier, labels, 3, NULL));
  REFUSED(IN, actionclip_classifier_set_labels(classifier, empty, 2, NULL));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_classifier_set_labels(classifier, bad, 1, NULL));
  CHECK(actionclip_classifier_label_count(classifier) == 2);
  REFUSED_HANDLE(actionclip_classifier_score(NULL, in, 2, 1, scores, 4, NULL, NULL));
  REFUSED_HANDLE(actionclip_classifier_score((actionclip_classifier *)(void *)model, in, 2, 1, scores, 4, NULL, NULL));
  REFUSED(IN, actionclip_classifier_score(classifier, NULL, 2, 1, scores, 4, NULL, NULL));
  REFUSED(IN, actionclip_classifier_score(classifier, in, 2, 1, NULL, 4, NULL, NULL));
  REFUSED(IN, actionclip_classifier_score(classifier, in, 2, INFINITY, scores, 4, NULL, NULL));
  REFUSED(SMALL, actionclip_classifier_score(classifier, in, 2, 1, scores, 3, NULL, NULL));
  REFUSED(IN, actionclip_classifier_score(classifier, in, 0, 1, scores, 4, NULL, NULL));
  for (int i = OVERFLOWING; i < SIZES; i++)
    REFUSED(IN, actionclip_classifier_score(classifier, in, sizes[i], 1, scores, 4, NULL, NULL));
  float *fine = check_alloc(4 * sizeof(float));
  CHECK_OK(actionclip_classifier_score(classifier, in, 2, 1, fine, 4, NULL, NULL));
  CHECK(fine[0] + fine[1] > 0.999f && fine[0] + fine[1] < 1.001f);
  size_t count = 0;
  int64_t generation = 0;
  CHECK_OK(actionclip_classifier_score(classifier, in, 2, 1, fine, 4, &count, &generation));
  CHECK(count == 2 && generation == 1);

  actionclip_label_list **list_out = output(sizeof *list_out), *list = NULL;
  REFUSED_HANDLE(actionclip_classifier_label_list(NULL, list_out));
  REFUSED_HANDLE(actionclip_classifier_label_list((actionclip_classifier *)(void *)model, list_out));
  REFUSED(IN, actionclip_classifier_label_list(classifier, NULL));
  CHECK_OK(actionclip_classifier_label_list(classifier, &list));
  CHECK_OK(actionclip_classifier_set_labels(classifier, labels, 1, &generation));
  CHECK(generation == 2);
  actionclip_classifier_free(classifier);
  actionclip_classifier_free(NULL);
  /* The list is as it was, without its classifier. */
  CHECK(actionclip_label_list_count(list) == 2 && actionclip_label_list_generation(list) == 1);
  CHECK(strcmp(actionclip_label_list_label(list, 1), "running") == 0);
  CHECK(actionclip_label_list_label(list, 2) == NULL && actionclip_label_list_label(list, -1) == NULL);
  float *again = guard_alloc(4 * sizeof(float));
  CHECK_OK(actionclip_label_list_score(list, in, 2, 1, again, 4));
  CHECK(memcmp(again, fine, 4 * sizeof(float)) == 0);
  actionclip_label_list *other = (actionclip_label_list *)(void *)model;
  CHECK(actionclip_label_list_label(other, 0) == NULL && check_message());
  CHECK(actionclip_label_list_label(NULL, 0) == NULL && check_message());
  REFUSED_HANDLE(actionclip_label_list_count(NULL));
  REFUSED_HANDLE(actionclip_label_list_count(other));
  REFUSED_HANDLE((int32_t)actionclip_label_list_generation(NULL));
  REFUSED_HANDLE((int32_t)actionclip_label_list_generation(other));
  REFUSED_HANDLE(actionclip_label_list_score(NULL, in, 2, 1, scores, 4));
  REFUSED_HANDLE(actionclip_label_list_score(other, in, 2, 1, scores, 4));
  REFUSED(IN, actionclip_label_list_score(list, NULL, 2, 1, scores, 4));
  REFUSED(IN, actionclip_label_list_score(list, in, 2, 1, NULL, 4));
  REFUSED(IN, actionclip_label_list_score(list, in, 2, NAN, scores, 4));
  REFUSED(SMALL, actionclip_label_list_score(list, in, 2, 1, scores, 3));
  REFUSED_HANDLE(actionclip_label_list_directions(NULL, scores, 4));
  REFUSED_HANDLE(actionclip_label_list_directions(other, scores, 4));
  REFUSED(IN, actionclip_label_list_directions(list, NULL, 2 * e));
  REFUSED(SMALL, actionclip_label_list_directions(list, scores, 2 * e - 1));
  for (int i = OVERFLOWING; i < SIZES; i++)
    REFUSED(IN, actionclip_label_list_score(list, in, sizes[i], 1, scores, 4));
  actionclip_label_list_free(list);
  actionclip_label_list_free(NULL);
  actionclip_label_list_free(other); /* of another kind: left alone */
  CHECK_OK(actionclip_model_get_info(model, &info));
  free(fine);
  free(in);
}

/* A thread that ends with a token in use gives it back; the address sanitizer would find it lost. */
static void *end_with_a_token(void *token) {
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  return NULL;
}

static void cancel_tokens(void) {
  actionclip_cancel_token **out = output(sizeof *out), **previous = output(sizeof *previous);
  actionclip_cancel_token *token = NULL, *other = (actionclip_cancel_token *)(void *)model, *before = other;
  REFUSED(IN, actionclip_cancel_token_create(NULL));
  REFUSED_HANDLE(actionclip_cancel_token_is_cancelled(NULL));
  REFUSED_HANDLE(actionclip_cancel_token_is_cancelled(other));
  REFUSED_HANDLE(actionclip_cancel_token_reset(NULL));
  REFUSED_HANDLE(actionclip_cancel_token_reset(other));
  REFUSED_HANDLE(actionclip_thread_use_cancel_token(other, previous));
  actionclip_cancel(NULL);
  actionclip_cancel(other);
  actionclip_cancel_token_free(NULL);
  actionclip_cancel_token_free(other);
  CHECK_OK(actionclip_model_get_info(model, &info)); /* of another kind: left alone */
  CHECK_OK(actionclip_cancel_token_create(&token));
  REFUSED_HANDLE(actionclip_model_get_info((actionclip_model *)(void *)token, &info));
  CHECK_OK(actionclip_thread_use_cancel_token(token, &before));
  CHECK(before == NULL);
  CHECK_OK(actionclip_thread_use_cancel_token(token, &before));
  CHECK(before == token);
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, &before));
  CHECK(before == token && actionclip_cancel_token_is_cancelled(token) == 0);
  actionclip_cancel(token);
  CHECK(actionclip_cancel_token_is_cancelled(token) == 1);
  CHECK_OK(actionclip_cancel_token_reset(token));
  CHECK(actionclip_cancel_token_is_cancelled(token) == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, end_with_a_token, token) == 0 && pthread_join(thread, NULL) == 0);
  CHECK(actionclip_cancel_token_is_cancelled(token) == 0);
  /* Freed while the thread uses it: the thread goes on with it as it was. */
  const char *const prompts[] = {"walking"};
  float *text = output(e * sizeof *text);
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  actionclip_cancel_token_free(token);
  REFUSED(ACTIONCLIP_ERROR_CANCELLED, actionclip_encode_prompts(model, prompts, 1, 0, text, e));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_encode_prompts(model, prompts, 1, 0, guard_alloc(e * sizeof *text), e));
}

static void sampling_and_video(void) {
  int64_t *at = output(8 * sizeof *at);
  REFUSED(IN, actionclip_sample_indices(0, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(-5, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(INT64_MIN, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, 0, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, INT32_MIN, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, 8, NULL, 8));
  REFUSED(SMALL, actionclip_sample_indices(10, 8, at, 7));
  REFUSED(IN, actionclip_sample_indices_by(-1, 10, 30, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices_by(5, 10, 30, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_MMACTION2, 0, 30, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_OPEN_VCLIP, 10, 0, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_OPEN_VCLIP, 10, NAN, 8, at, 8));
  REFUSED(SMALL, actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_OPEN_VCLIP, 10, 25, 8, at, 7));
  REFUSED(0, actionclip_sample_indices(10, INT32_MAX, at, 8));
  int64_t last[2];
  const int32_t status = actionclip_sample_indices(INT64_MAX, 2, last, 2);
  CHECK(status < 0 || (last[0] >= 0 && last[1] > last[0]));

  actionclip_video **out = output(sizeof *out);
  const char *path = check_path(EXAMPLE_CLIP);
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  REFUSED(IN, actionclip_ffmpeg_version(NULL));
  REFUSED(IN, actionclip_video_open(NULL, NULL, out));
  REFUSED(IN, actionclip_video_open(path, NULL, NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("/no/such/video.mp4", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("/", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("http://localhost/a.mp4", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_VIDEO_INVALID, actionclip_video_open(check_path(UNTRAINED_MODEL), NULL, out));
  REFUSED(IN, actionclip_video_open_buffer(NULL, size, NULL, out));
  REFUSED(IN, actionclip_video_open_buffer(bytes, size, NULL, NULL));
  REFUSED(0, actionclip_video_open_buffer(bytes, 0, NULL, out));
  REFUSED(0, actionclip_video_open_buffer(bytes, SIZE_MAX, NULL, out));
  actionclip_video_options o;
  for (int i = 0; i < 19; i++) {
    actionclip_video_options_init(&o);
    switch (i) {
      case 0: o.struct_size = 0; break;
      case 1: o.struct_size = UINT32_MAX; break;
      case 2: o.threads = -1; break;
      case 3: o.threads = INT32_MAX; break;
      case 4: o.max_pixels = -1; break;
      case 5: o.max_pixels = INT64_MIN; break;
      case 6: o.max_pixels = 224 * 160 - 1; break; /* the clip is one pixel too large */
      case 7: o.decode = -1; break;
      case 8: o.decode = 3; break;
      case 9: o.reserved = 1; break;
      case 10: o.max_milliseconds = -1; break;
      case 11: o.max_milliseconds = INT64_MIN; break;
      case 12: o.max_pixels_per_byte = -1; break;
      case 13: o.frame_rate = -1; break;
      case 14: o.frame_rate = NAN; break;
      case 15: o.first_frame = -1; break;
      case 16: o.first_frame = INT64_MAX; break;
      case 17: o.frame_count = -1; break;
      case 18: o.frame_count = INT64_MAX; break;
    }
    REFUSED(0, actionclip_video_open(path, guard_copy(&o, sizeof o), out));
  }
  enum { FRAME = 224 * 160 * 3 };
  uint8_t *rgb = output(2 * FRAME);
  double *seconds = output(2 * sizeof *seconds);
  int64_t two[2] = {0, 99};
  const int64_t *in = guard_copy(two, sizeof two);
  REFUSED(IN, actionclip_video_read_frames(video, NULL, 2, rgb, 2 * FRAME, seconds, 2));
  REFUSED(IN, actionclip_video_read_frames(video, in, 2, NULL, 2 * FRAME, seconds, 2));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 2 * FRAME - 1, seconds, 2));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 0, NULL, 0));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 2 * FRAME, seconds, 1));
  for (int i = OVERFLOWING; i < SIZES; i++)
    REFUSED(0, actionclip_video_read_frames(video, in, sizes[i], rgb, 2 * FRAME, NULL, 0));
  const int64_t odd[] = {-1, 100, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 4; i++) {
    two[1] = odd[i];
    REFUSED(IN, actionclip_video_read_frames(video, two, 2, rgb, 2 * FRAME, seconds, 2));
  }
  CHECK_OK(actionclip_video_read_frames(video, in, 2, guard_alloc(2 * FRAME), 2 * FRAME,
                                        guard_alloc(2 * sizeof(double)), 2));
  int64_t *first = output(sizeof *first), *count = output(sizeof *count);
  float *v = output(e * sizeof *v), *f = output(t * e * sizeof *f);
  static const double spans[][2] = {{-1, 2}, {NAN, 2}, {INFINITY, INFINITY}, {2, 2},
                                    {2, 1},  {2, NAN}, {4, 5}, {1e300, INFINITY}};
  for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
    REFUSED(IN, actionclip_video_frames_between(video, spans[i][0], spans[i][1], first, count));
    REFUSED(IN, actionclip_encode_video_between(model, video, spans[i][0], spans[i][1], NULL, v, e, f, t * e));
  }
  REFUSED(IN, actionclip_video_frames_between(video, 1, 2, NULL, count));
  REFUSED(IN, actionclip_video_frames_between(video, 1, 2, first, NULL));
  REFUSED(IN, actionclip_encode_video_between(model, video, 1, 2, NULL, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_video_between(model, video, 1, 2, NULL, v, e - 1, f, t * e));
  REFUSED(SMALL, actionclip_encode_video_between(model, video, 1, 2, NULL, v, e, f, t * e - 1));
  CHECK_OK(actionclip_encode_video_between(model, video, 1, 2, NULL, guard_alloc(e * 4), e,
                                           guard_alloc(t * e * 4), t * e));
  REFUSED(IN, actionclip_encode_video(model, video, NULL, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_video(model, video, NULL, v, e - 1, f, t * e));
  REFUSED(SMALL, actionclip_encode_video(model, video, NULL, v, e, f, t * e - 1));
  CHECK_OK(actionclip_encode_video(model, video, NULL, guard_alloc(e * 4), e, guard_alloc(t * e * 4), t * e));
  free(bytes);
}

MISUSE_MAIN("test_misuse_rest", tokenizers, comparing, classifiers, cancel_tokens, sampling_and_video)

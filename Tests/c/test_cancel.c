/* test_cancel.c: every call that may take long is cancelled from another thread, at once and at moments of its course.
 * It says so soon, its outputs are untouched, and the same call made again gives what it always gave.
 *
 *   test_cancel ROOT SCRATCH [MODEL [MERGES [VIDEO]]]     with a larger model and video: a table of the answers' times */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { FILL = 0xA5, TIMES = 9 };

static actionclip_model *model;
static actionclip_classifier *classifier;
static actionclip_video *video;
static actionclip_cancel_token *token;
static const char *model_path, *merges_path, *video_path;
static char saved_path[1200];
static int large;
static size_t e, context, frames, side;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------------------------------------ the calls
 * Each writes to `out` alone; `size` bytes of it are looked at. */

static unsigned char *out;
static size_t size;
static const char **words;
static size_t word_count;
static float *numbers; /* pixels, or embeddings */
static int32_t *ids;
static actionclip_image *images;
static actionclip_frame *camera_frames; /* in NV12, on their side */

static int32_t encode_labels(void) {
  const size_t labels = large ? 400 : 2000;
  size = 16 * labels * e * 4;
  return actionclip_encode_labels(model, words, labels, NULL, 0, 0, (float *)(void *)out, size / 4);
}
static int32_t encode_prompts(void) {
  const size_t prompts = large ? 3000 : 20000;
  size = prompts * e * 4;
  return actionclip_encode_prompts(model, words, prompts, 0, (float *)(void *)out, size / 4);
}
static int32_t encode_tokens(void) {
  const size_t rows = large ? 2000 : 20000;
  size = rows * e * 4;
  return actionclip_encode_tokens(model, ids, rows * context, rows, (float *)(void *)out, size / 4);
}
static int32_t tokenize(void) {
  size = word_count * context * 4;
  return actionclip_tokenize(model, words, word_count, 0, (int32_t *)(void *)out, size / 4);
}
static actionclip_tokenizer *tokenizer;
static char *text; /* decoded wrongly, so that cleaning it is work */
static size_t text_size;
static int32_t encode_text(void) {
  size_t count = 0;
  size = text_size * 4;
  return actionclip_tokenizer_encode(tokenizer, text, text_size, (int32_t *)(void *)out, text_size, &count);
}
static int32_t encode_frames(void) {
  const size_t videos = large ? 4 : 40;
  size = videos * e * 4;
  return actionclip_encode_frames(model, images, videos * frames, NULL, (float *)(void *)out, size / 4, NULL, 0);
}
static int32_t encode_pixels(void) {
  const size_t videos = large ? 4 : 40, count = videos * frames;
  size = videos * e * 4;
  return actionclip_encode_pixels(model, numbers, count * 3 * side * side, count, (float *)(void *)out, size / 4, NULL,
                                  0);
}
static int32_t encode_single_frames(void) {
  const size_t count = (large ? 4 : 40) * frames;
  size = count * e * 4;
  return actionclip_encode_single_frames(model, images, count, NULL, (float *)(void *)out, size / 4);
}
static int32_t encode_camera_frames(void) {
  const size_t videos = large ? 4 : 10;
  size = videos * e * 4;
  float *const to = (float *)(void *)out;
  return actionclip_encode_camera_frames(model, camera_frames, videos * frames, NULL, to, size / 4, NULL, 0);
}
static int32_t encode_single_camera_frames(void) {
  const size_t count = (large ? 4 : 10) * frames;
  size = count * e * 4;
  return actionclip_encode_single_camera_frames(model, camera_frames, count, NULL, (float *)(void *)out, size / 4);
}
static int32_t encode_single_pixels(void) {
  const size_t count = (large ? 4 : 40) * frames;
  size = count * e * 4;
  return actionclip_encode_single_pixels(model, numbers, count * 3 * side * side, count, (float *)(void *)out, size / 4);
}
static int32_t encode_video(void) {
  size = e * 4;
  return actionclip_encode_video(model, video, NULL, (float *)(void *)out, e, NULL, 0);
}
static int32_t encode_video_between(void) {
  size = e * 4;
  return actionclip_encode_video_between(model, video, 0.5, 3, NULL, (float *)(void *)out, e, NULL, 0);
}
/* Frames are encoded by a thread beside the one that decodes. */
static actionclip_model *one_thread;
static actionclip_video *one_thread_video;
static int32_t encode_while_decoding(void) {
  size = e * 4;
  return actionclip_encode_video(one_thread, one_thread_video, NULL, (float *)(void *)out, e, NULL, 0);
}
static int32_t similarity(void) {
  const size_t count = 1500;
  size = count * count * 4;
  return actionclip_similarity(numbers, count, numbers, count, e, 100, (float *)(void *)out, size / 4);
}
static int32_t probabilities(void) {
  const size_t count = 1500;
  size = count * count / 10 * 4;
  return actionclip_probabilities(numbers, count, numbers, 10, count / 10, e, 100, (float *)(void *)out, size / 4);
}
static int32_t classifier_score(void) {
  const size_t count = 200;
  size = count * word_count / 100 * 4;
  return actionclip_classifier_score(classifier, numbers, count, 100, (float *)(void *)out, size / 4, NULL, NULL);
}
static int32_t classifier_create(void) {
  actionclip_classifier *made = NULL;
  size = 0;
  const int32_t status = actionclip_classifier_create(model, words, large ? 400 : 2000, NULL, 0, 0, &made);
  CHECK((status == ACTIONCLIP_OK) == (made != NULL));
  actionclip_classifier_free(made);
  return status;
}
/* Back to the shorter list each time, which costs nothing. */
static int32_t classifier_set_labels(void) {
  int64_t before = 0, after = 0;
  const size_t few = word_count / 100;
  size = 0;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_classifier_set_labels(classifier, words, few, &before));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  const int32_t status = actionclip_classifier_set_labels(classifier, words, few + (large ? 300 : 2000), &after);
  CHECK(after == (status == ACTIONCLIP_OK ? before + 1 : 0));
  CHECK(actionclip_classifier_label_count(classifier) == (int32_t)(few + (status != ACTIONCLIP_OK ? 0 : large ? 300 : 2000)));
  return status;
}
static actionclip_classifier *pupil;
static int32_t classifier_fit(void) {
  size = 0;
  return actionclip_classifier_fit(pupil, NULL, NULL);
}
static int32_t create_described(void) {
  actionclip_classifier *made = NULL;
  const size_t count = large ? 4000 : 20000;
  int32_t *of = check_alloc(count * sizeof *of);
  for (size_t i = 0; i < count; i++) of[i] = (int32_t)(i % 2);
  size = 0;
  const int32_t status = actionclip_classifier_create_described(model, words, 2, words, of, NULL, count, 0, &made);
  CHECK((status == ACTIONCLIP_OK) == (made != NULL));
  actionclip_classifier_free(made);
  free(of);
  return status;
}
/* 400 videos, 10 templates of 150 classes. */
static int32_t prompts_fit(void) {
  enum { VIDEOS = 400 };
  static int32_t right[VIDEOS];
  for (size_t i = 0; i < VIDEOS; i++) right[i] = (int32_t)(i % 150);
  size = 10 * 4;
  return actionclip_prompts_fit(numbers, VIDEOS, right, NULL, numbers, 10, 150, e, 100, -1, (float *)(void *)out, 10,
                                NULL);
}
static int32_t load_with(int32_t compute, int32_t hash) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.compute_type = compute;
  options.compute_sha256 = hash;
  options.tokenizer_path = merges_path;
  actionclip_model *loaded = NULL;
  size = 0;
  const int32_t status = actionclip_model_load(model_path, &options, &loaded);
  CHECK((status == ACTIONCLIP_OK) == (loaded != NULL));
  actionclip_model_free(loaded);
  return status;
}
static int32_t load(void) { return load_with(ACTIONCLIP_COMPUTE_FP32, ACTIONCLIP_OFF); }
static int32_t load_int8(void) { return load_with(ACTIONCLIP_COMPUTE_INT8, ACTIONCLIP_OFF); }
static int32_t load_hashed(void) { return load_with(ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_ON); }
static unsigned char *file;
static size_t file_size;
static int32_t load_buffer(void) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.compute_sha256 = ACTIONCLIP_ON;
  actionclip_model *loaded = NULL;
  size = 0;
  const int32_t status = actionclip_model_load_buffer(file, file_size, &options, &loaded);
  CHECK((status == ACTIONCLIP_OK) == (loaded != NULL));
  actionclip_model_free(loaded);
  return status;
}
static int32_t save(void) {
  size = 0;
  unlink(saved_path);
  const int32_t status = actionclip_model_save(model, saved_path, NULL);
  CHECK((access(saved_path, F_OK) == 0) == (status == ACTIONCLIP_OK));
  return status;
}
static int32_t describe(void) {
  size_t needed = 0;
  size = 0;
  return actionclip_file_describe(model_path, NULL, 0, &needed);
}
static int32_t file_sha256(void) {
  static char text[65];
  size = 0;
  return actionclip_file_sha256(model_path, text, sizeof text);
}
static int32_t file_get_info(void) {
  static actionclip_model_info told;
  static int64_t video_ns;
  told.struct_size = sizeof told;
  size = 0;
  return actionclip_file_get_info(model_path, NULL, &told, &video_ns);
}
static int32_t load_tokenizer(void) {
  actionclip_tokenizer *loaded = NULL;
  size = 0;
  const int32_t status = actionclip_tokenizer_load(merges_path, &loaded);
  CHECK((status == ACTIONCLIP_OK) == (loaded != NULL));
  actionclip_tokenizer_free(loaded);
  return status;
}
static int32_t preprocess(void) {
  size = 3 * side * side * 4;
  return actionclip_preprocess_pixels(images, (int32_t)side, NULL, (float *)(void *)out, size / 4);
}
static int32_t open_video(void) {
  actionclip_video *opened = NULL;
  size = 0;
  const int32_t status = actionclip_video_open(video_path, NULL, &opened);
  CHECK((status == ACTIONCLIP_OK) == (opened != NULL));
  actionclip_video_free(opened);
  return status;
}
static int32_t video_info(int32_t (*get)(actionclip_video *, actionclip_video_info *)) {
  size = sizeof(actionclip_video_info) - 4;
  actionclip_video_info *info = (actionclip_video_info *)(void *)(out - 4);
  info->struct_size = sizeof *info;
  /* One that has not been decoded yet. */
  actionclip_video *fresh = NULL;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_video_open(video_path, NULL, &fresh));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  const int32_t status = get(fresh, info);
  actionclip_video_free(fresh);
  return status;
}
static int32_t get_info(void) { return video_info(actionclip_video_get_info); }
static int32_t get_outline(void) { return video_info(actionclip_video_get_outline); }
static int32_t read_frames(void) {
  static int64_t at[16];
  actionclip_video_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_video_get_outline(video, &info));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  for (int i = 0; i < 16; i++) at[i] = i * (info.frame_count - 1) / 15;
  size = 16 * 3 * (size_t)info.width * (size_t)info.height;
  return actionclip_video_read_frames(video, at, 16, out, size, NULL, 0);
}

/* Tuners of many clips and of many labels, and a state of each after one step, from which every call begins. */
static actionclip_tuner *tuners[2];
static char state_paths[2][1200];
static actionclip_tuner_options tuner_options(int of) {
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.vision = o.text = ACTIONCLIP_TRAIN_BLOCKS;
  o.vision_blocks = o.text_blocks = 1;
  o.loss = of == 0 ? ACTIONCLIP_LOSS_MULTI_POSITIVE : ACTIONCLIP_LOSS_CROSS_ENTROPY;
  o.epochs = 1000;
  return o;
}
static int32_t create_tuner(int of, actionclip_tuner **made) {
  const actionclip_tuner_options o = tuner_options(of);
  return actionclip_tuner_create(model, words, of == 0 ? 10 : large ? 400 : 800, NULL, 0, &o, made);
}
static void make_tuner(int of) {
  actionclip_tuner **made = &tuners[of];
  const size_t floats = frames * 3 * side * side;
  CHECK_OK(create_tuner(of, made));
  for (int32_t i = 0; i < (of == 0 ? large ? 8 : 32 : 2); i++)
    CHECK_OK(actionclip_tuner_add_pixels(*made, &(int32_t){i % 10}, 1, numbers + 100 * i, floats, frames,
                                         i % 2 ? ACTIONCLIP_CLIP_TRAINED : ACTIONCLIP_CLIP_HELD_OUT));
  for (int32_t i = 0; i < 2; i++)
    CHECK_OK(actionclip_tuner_add_pixels(*made, &i, 1, numbers + 7 * i, floats, frames, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(actionclip_tuner_step(*made, NULL));
  CHECK_OK(actionclip_tuner_save(*made, state_paths[of]));
}
static void without_token(int32_t (*call)(actionclip_tuner *, const char *), int of) {
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(call(tuners[of], state_paths[of]));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
}
static int32_t has_steps(actionclip_tuner *tuner, int64_t steps) {
  actionclip_tuner_info now;
  now.struct_size = sizeof now;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_tuner_get_info(tuner, &now));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  return now.steps == steps;
}
/* A step is done, or nothing is. */
static int32_t step_loaded(int of) {
  actionclip_tuner_result *result = (actionclip_tuner_result *)(void *)(out - 4);
  size = sizeof *result - 4;
  result->struct_size = sizeof *result;
  const int32_t status = actionclip_tuner_step(tuners[of], result);
  CHECK(has_steps(tuners[of], status == ACTIONCLIP_OK ? 2 : 1));
  return status;
}
static int32_t step_of(int of) {
  without_token(actionclip_tuner_load, of);
  return step_loaded(of);
}
static int32_t tuner_step(void) { return step_of(0); }
static int32_t tuner_step_of_labels(void) { return step_of(1); }
/* The first step makes the copy, in another precision than the model's. */
static int32_t tuner_first_step(void) {
  actionclip_tuner *made = NULL;
  actionclip_tuner_options o = tuner_options(0);
  o.compute_type = ACTIONCLIP_COMPUTE_BF16;
  size = 0;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(actionclip_tuner_create(model, words, 10, NULL, 0, &o, &made));
  for (int32_t i = 0; i < 2; i++)
    CHECK_OK(actionclip_tuner_add_pixels(made, &i, 1, numbers + 7 * i, frames * 3 * side * side, frames,
                                         ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  const int32_t status = actionclip_tuner_step(made, NULL);
  actionclip_tuner_free(made);
  return status;
}
static int32_t tuner_run(void) {
  actionclip_tuner_result result;
  size = 0;
  without_token(actionclip_tuner_load, 0);
  result.struct_size = sizeof result, result.step = 1;
  const int32_t status = actionclip_tuner_run(tuners[0], 3, NULL, NULL, &result);
  CHECK(has_steps(tuners[0], result.step));
  return status;
}
static int32_t tuner_eval(void) {
  actionclip_tuner_score *score = (actionclip_tuner_score *)(void *)(out - 4);
  size = sizeof *score - 4;
  score->struct_size = sizeof *score;
  without_token(actionclip_tuner_load, 0);
  return actionclip_tuner_eval(tuners[0], ACTIONCLIP_CLIP_HELD_OUT, 1, score);
}
static int32_t tuner_save(void) {
  size = 0;
  unlink(saved_path);
  const int32_t status = actionclip_tuner_save(tuners[0], saved_path);
  CHECK((access(saved_path, F_OK) == 0) == (status == ACTIONCLIP_OK));
  return status;
}
static int32_t tuner_load(void) {
  size = 0;
  return actionclip_tuner_load(tuners[0], state_paths[0]);
}
static int32_t tuner_model(void) {
  actionclip_model *made = NULL;
  size = 0;
  const int32_t status = actionclip_tuner_model(tuners[0], 0.5, &made);
  CHECK((status == ACTIONCLIP_OK) == (made != NULL));
  actionclip_model_free(made);
  return status;
}
static int32_t interpolate(void) {
  actionclip_model *made = NULL;
  size = 0;
  const int32_t status = actionclip_models_interpolate(model, model, 0.5, &made);
  CHECK((status == ACTIONCLIP_OK) == (made != NULL));
  actionclip_model_free(made);
  return status;
}
static int32_t tuner_create(void) {
  actionclip_tuner *made = NULL;
  size = 0;
  const int32_t status = create_tuner(1, &made);
  CHECK((status == ACTIONCLIP_OK) == (made != NULL));
  actionclip_tuner_free(made);
  return status;
}
static int32_t tuner_add_video(void) {
  actionclip_tuner *made = NULL;
  const int32_t label = 0;
  size = 0;
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  CHECK_OK(create_tuner(0, &made));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  const int32_t status =
      actionclip_tuner_add_video(made, &label, 1, video, 0, 4, 8, NULL, ACTIONCLIP_CLIP_TRAINED);
  actionclip_tuner_free(made);
  return status;
}

static const struct {
  const char *name;
  int32_t (*call)(void);
} calls[] = {
    {"encode_labels", encode_labels},
    {"encode_prompts", encode_prompts},
    {"encode_tokens", encode_tokens},
    {"tokenize", tokenize},
    {"tokenizer_encode", encode_text},
    {"encode_frames", encode_frames},
    {"encode_pixels", encode_pixels},
    {"encode_single_frames", encode_single_frames},
    {"encode_camera_frames", encode_camera_frames},
    {"encode_single_camera_frames", encode_single_camera_frames},
    {"encode_single_pixels", encode_single_pixels},
    {"encode_video", encode_video},
    {"encode_video, overlapped", encode_while_decoding},
    {"encode_video_between", encode_video_between},
    {"similarity", similarity},
    {"probabilities", probabilities},
    {"classifier_score", classifier_score},
    {"classifier_create", classifier_create},
    {"classifier_set_labels", classifier_set_labels},
    {"classifier_fit", classifier_fit},
    {"classifier_create_described", create_described},
    {"prompts_fit", prompts_fit},
    {"model_load, fp32", load},
    {"model_load, int8", load_int8},
    {"model_load, bf16, SHA-256", load_hashed},
    {"model_load_buffer", load_buffer},
    {"model_save", save},
    {"file_describe", describe},
    {"file_sha256", file_sha256},
    {"file_get_info", file_get_info},
    {"tokenizer_load", load_tokenizer},
    {"preprocess_pixels", preprocess},
    {"video_open", open_video},
    {"video_get_info", get_info},
    {"video_get_outline", get_outline},
    {"video_read_frames", read_frames},
    {"tuner_create", tuner_create},
    {"tuner_add_video", tuner_add_video},
    {"tuner_step", tuner_step},
    {"tuner_step, many labels", tuner_step_of_labels},
    {"tuner_step, the first", tuner_first_step},
    {"tuner_run", tuner_run},
    {"tuner_eval", tuner_eval},
    {"tuner_save", tuner_save},
    {"tuner_load", tuner_load},
    {"tuner_model", tuner_model},
    {"models_interpolate", interpolate},
};

/* ------------------------------------------------------------------------------------------------ cancelling */

static struct {
  double delay, moment;
} order;

static void *cancel_later(void *unused) {
  (void)unused;
  const struct timespec pause = {(time_t)order.delay, (long)(1e9 * (order.delay - (double)(time_t)order.delay))};
  nanosleep(&pause, NULL);
  order.moment = now();
  actionclip_cancel(token);
  return NULL;
}

static int untouched(void) {
  for (size_t i = 0; i < size; i++)
    if (out[i] != FILL) return 0;
  return 1;
}

static uint64_t sum_of_output(void) {
  uint64_t sum = 14695981039346656037ULL;
  for (size_t i = 0; i < size; i++) sum = (sum ^ out[i]) * 1099511628211ULL;
  return sum;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void one(const char *name, int32_t (*call)(void)) {
  const size_t room = (size_t)1 << 26;
  memset(out - 4, FILL, 4 + (size > 0 ? size : room));
  /* The first call warms up. */
  double whole = 0;
  int32_t first = ACTIONCLIP_OK;
  for (int i = 0; i < 2 && first == ACTIONCLIP_OK; i++) {
    const double start = now();
    first = call();
    if (i == 0 || now() - start < whole) whole = now() - start;
  }
  if (first != ACTIONCLIP_OK) fprintf(stderr, "  %s: %s\n", name, actionclip_last_error());
  CHECK(first == ACTIONCLIP_OK);
  const uint64_t expected = sum_of_output();

  /* Begun with the token set. */
  memset(out, FILL, size);
  actionclip_cancel(token);
  int32_t status = call();
  if (status != ACTIONCLIP_ERROR_CANCELLED || !untouched()) fprintf(stderr, "  %s: %s\n", name, actionclip_status_name(status));
  CHECK(status == ACTIONCLIP_ERROR_CANCELLED && untouched());
  CHECK_OK(actionclip_cancel_token_reset(token));

  double answers[TIMES];
  int count = 0;
  /* Where other programs keep the second thread from running in time, once more. */
  for (int i = 0; i < TIMES || (whole > 0.05 && count == 0 && i < 5 * TIMES); i++) {
    pthread_t thread;
    order.delay = whole * (i % TIMES + 0.5) / TIMES * 0.8;
    memset(out, FILL, size);
    CHECK(pthread_create(&thread, NULL, cancel_later, NULL) == 0);
    status = call();
    const double end = now();
    const int good = status == ACTIONCLIP_ERROR_CANCELLED ? untouched() : status == ACTIONCLIP_OK;
    if (!good) fprintf(stderr, "  %s: %s\n", name, actionclip_last_error());
    CHECK(good);
    pthread_join(thread, NULL);
    if (status == ACTIONCLIP_ERROR_CANCELLED && order.moment > 0) answers[count++] = end - order.moment;
    CHECK_OK(actionclip_cancel_token_reset(token));
  }
  qsort(answers, (size_t)count, sizeof *answers, by_size);
  if (whole > 0.05) CHECK(count > 0);
  if (count > 0) CHECK(answers[count / 2] < 1);
  if (large)
    printf("  %-26s %7.0f ms whole; %d of %d cancelled: median %6.1f ms, longest %6.1f ms\n", name, 1e3 * whole, count,
           TIMES, count ? 1e3 * answers[count / 2] : 0, count ? 1e3 * answers[count - 1] : 0);
  memset(out, FILL, size);
  CHECK(call() == ACTIONCLIP_OK && sum_of_output() == expected);
}

static void *cancel_tuner_later(void *tuner) {
  const struct timespec pause = {0, (long)(1e9 * (order.delay < 0.9 ? order.delay : 0.9))};
  nanosleep(&pause, NULL);
  order.moment = now();
  CHECK_OK(actionclip_tuner_cancel(tuner));
  return NULL;
}

/* actionclip_tuner_cancel ends the step at hand, whether it goes through clips or through texts, or the next one; the
 * step after that is the one that it would have been. */
static void by_the_tuner(int of) {
  memset(out - 4, FILL, sizeof(actionclip_tuner_result));
  without_token(actionclip_tuner_load, of);
  const double start = now();
  CHECK_OK(step_loaded(of));
  const double whole = now() - start;
  const uint64_t expected = sum_of_output();
  int ended = 0;
  for (int i = 0; i < TIMES || (whole > 0.05 && ended == 0 && i < 5 * TIMES); i++) {
    pthread_t thread;
    order.delay = whole * (i % TIMES + 0.5) / TIMES * 0.8;
    memset(out, FILL, size);
    without_token(actionclip_tuner_load, of);
    CHECK(pthread_create(&thread, NULL, cancel_tuner_later, tuners[of]) == 0);
    int32_t status = step_loaded(of);
    const double end = now();
    pthread_join(thread, NULL);
    if (status == ACTIONCLIP_OK) {
      CHECK(sum_of_output() == expected);
      memset(out, FILL, size);
      status = step_of(of);
    } else {
      ended++;
      CHECK(end - order.moment < 5);
    }
    CHECK(status == ACTIONCLIP_ERROR_CANCELLED && untouched());
    CHECK(step_of(of) == ACTIONCLIP_OK && sum_of_output() == expected);
  }
  if (whole > 0.05) CHECK(ended > 0);
}

static void cancel_now(int signal_number) {
  (void)signal_number;
  actionclip_cancel(token);
}

/* The thread's own call, interrupted by a signal. */
static void by_a_signal(void) {
  struct sigaction action = {0};
  action.sa_handler = cancel_now;
  const struct itimerval soon = {{0, 0}, {0, 10000}};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
  int32_t status = ACTIONCLIP_OK;
  for (int i = 0; i < 1000 && status == ACTIONCLIP_OK; i++) status = encode_prompts();
  CHECK(status == ACTIONCLIP_ERROR_CANCELLED && actionclip_cancel_token_is_cancelled(token) == 1);
  CHECK_OK(actionclip_cancel_token_reset(token));
}

/* A thread goes on with a token that its owner has freed; when it changes to another, the freed one is not handed out. */
static void freed_while_used(void) {
  actionclip_cancel_token *first = NULL, *second = NULL, *previous = NULL;
  CHECK_OK(actionclip_cancel_token_create(&first));
  CHECK_OK(actionclip_cancel_token_create(&second));
  CHECK_OK(actionclip_thread_use_cancel_token(first, NULL));
  CHECK_OK(actionclip_thread_use_cancel_token(second, &previous));
  CHECK(previous == first);
  CHECK_OK(actionclip_thread_use_cancel_token(first, &previous));
  CHECK(previous == second);
  actionclip_cancel_token_free(first);
  previous = first;
  CHECK_OK(actionclip_thread_use_cancel_token(second, &previous));
  CHECK(previous == NULL);
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(second);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  large = argc > 3;
  model_path = large ? argv[3] : check_path(UNTRAINED_MODEL);
  merges_path = argc > 4 ? argv[4] : check_path(UNTRAINED_MERGES);
  video_path = argc > 5 ? argv[5] : check_path(EXAMPLE_CLIP);
  snprintf(saved_path, sizeof saved_path, "%s/test_cancel.safetensors", argv[2]);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.tokenizer_path = merges_path;
  CHECK_OK(actionclip_model_load(model_path, &options, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  context = (size_t)info.context_length;
  frames = (size_t)info.frames;
  side = (size_t)info.image_size;

  out = (unsigned char *)check_alloc(((size_t)1 << 27) + 4) + 4;
  word_count = 20000;
  words = check_alloc(word_count * sizeof *words);
  char *letters = check_alloc(word_count * 24);
  for (size_t i = 0; i < word_count; i++) {
    snprintf(letters + 24 * i, 24, "walk %u", (unsigned)i);
    words[i] = letters + 24 * i;
  }
  ids = check_alloc(word_count * context * sizeof *ids);
  CHECK_OK(actionclip_tokenize(model, words, word_count, 0, ids, word_count * context));
  const size_t floats = 40 * frames * 3 * side * side + 1500 * e;
  numbers = check_alloc(floats * sizeof *numbers);
  for (size_t i = 0; i < floats; i++) numbers[i] = (float)(i * 7919 % 1001) / 500 - 1;
  static uint8_t picture[640 * 480 * 3];
  for (size_t i = 0; i < sizeof picture; i++) picture[i] = (uint8_t)(i * 31 >> 4);
  images = check_alloc(40 * frames * sizeof *images);
  for (size_t i = 0; i < 40 * frames; i++)
    images[i] = (actionclip_image){picture, 0, 640, 480, ACTIONCLIP_PIXEL_RGB, 0};
  camera_frames = check_alloc(10 * frames * sizeof *camera_frames);
  for (size_t i = 0; i < 10 * frames; i++) {
    actionclip_frame_init(&camera_frames[i]);
    camera_frames[i].pixel_format = ACTIONCLIP_PIXEL_NV12;
    camera_frames[i].width = 640;
    camera_frames[i].height = 480;
    camera_frames[i].planes[0] = camera_frames[i].planes[1] = picture;
    camera_frames[i].rotation = 90;
  }
  file = check_read_file(model_path, &file_size);
  CHECK_OK(actionclip_classifier_create(model, words, word_count / 100, NULL, 0, 0, &classifier));
  CHECK_OK(actionclip_classifier_create(model, words, 40, NULL, 0, 0, &pupil));
  for (size_t i = 0; i < 400; i++)
    CHECK_OK(actionclip_classifier_add_examples(pupil, words[i % 40], numbers + i * e, 1, NULL));
  const int has_ffmpeg = actionclip_video_open(video_path, NULL, &video) != ACTIONCLIP_ERROR_UNAVAILABLE;

  options.threads = 1;
  CHECK_OK(actionclip_model_load(model_path, &options, &one_thread));
  actionclip_video_options single;
  actionclip_video_options_init(&single);
  single.threads = 1;
  if (has_ffmpeg) CHECK_OK(actionclip_video_open(video_path, &single, &one_thread_video));
  CHECK_OK(actionclip_tokenizer_load(merges_path, &tokenizer));
  static const char sentence[] = "\xc3\x83\xc2\xa9tait \xc3\x83 la plage ";
  text_size = 40000 * (sizeof sentence - 1);
  text = check_alloc(text_size);
  for (size_t i = 0; i < text_size; i++) text[i] = sentence[i % (sizeof sentence - 1)];

  for (int i = 0; i < 2; i++) {
    snprintf(state_paths[i], sizeof state_paths[i], "%s/test_cancel.%d.state", argv[2], i);
    make_tuner(i);
  }
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  if (large) {
    const double start = now();
    CHECK_OK(actionclip_encode_pixels(model, numbers, frames * 3 * side * side, frames, (float *)(void *)out, e, NULL, 0));
    printf("  one frame's encode: %.1f ms\n", 1e3 * (now() - start) / (double)frames);
  }
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (has_ffmpeg || strstr(calls[i].name, "video") == NULL) one(calls[i].name, calls[i].call);
  by_a_signal();
  for (int i = 0; i < 2; i++) by_the_tuner(i);
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
  unlink(saved_path);
  for (int i = 0; i < 2; i++) {
    unlink(state_paths[i]);
    actionclip_tuner_free(tuners[i]);
  }
  actionclip_tokenizer_free(tokenizer);
  actionclip_video_free(one_thread_video);
  actionclip_model_free(one_thread);
  actionclip_video_free(video);
  actionclip_classifier_free(pupil);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  freed_while_used();
  return check_report("test_cancel");
}

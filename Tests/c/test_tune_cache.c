/* test_tune_cache.c: a tuner keeps in a file what no training changes of its clips. Its steps are those of a tuner
 * without a file; another tuner's clips are never taken for its own, and a file that is no cache stays as it is.
 *
 *   test_tune_cache ROOT SCRATCH */
#include "check.h"

#include <unistd.h>

enum { LABELS = 2, CLIPS = 4, VIEWS = 3, STEPS = 4 };

static const char *const labels[LABELS] = {"walking", "waving"};
static actionclip_model *model;
static actionclip_model_info info;
static char cache[1200];

static actionclip_tuner *make(const char *path) {
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.vision = ACTIONCLIP_TRAIN_PROJECTION;
  options.rate = 1e-3;
  options.warm_up_epochs = 0;
  options.batch = CLIPS;
  options.cache_path = path;
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &tuner));
  return tuner;
}

/* Adds a clip of coloured pictures, whose blue mean is `shift` away from the model's. */
static void add(actionclip_tuner *tuner, int clip, int views, float shift) {
  enum { SIDE = 80, MOST = 64 };
  static uint8_t pixels[MOST][3 * SIDE * SIDE];
  actionclip_image images[MOST];
  const int count = views * info.frames;
  if (!CHECK(count <= MOST)) return;
  for (int i = 0; i < count; i++) {
    for (int p = 0; p < 3 * SIDE * SIDE; p++) pixels[i][p] = (uint8_t)(p * (1 + clip % 3) / 7 + 31 * clip + 9 * i);
    images[i] = (actionclip_image){pixels[i], 0, SIDE, SIDE, ACTIONCLIP_PIXEL_RGB, 0};
  }
  actionclip_preprocess_options options;
  actionclip_preprocess_options_init(&options);
  CHECK_OK(actionclip_model_preprocess_options(model, &options));
  options.mean[2] += shift;
  const int32_t label = clip % LABELS;
  CHECK_OK(actionclip_tuner_add_frames(tuner, &label, 1, images, (size_t)count, &options, ACTIONCLIP_CLIP_TRAINED));
}

static void add_all(actionclip_tuner *tuner, float shift) {
  for (int clip = 0; clip < CLIPS; clip++) add(tuner, clip, 1, shift);
}

/* The losses of a tuner's first steps. */
static void losses(actionclip_tuner *tuner, double *out) {
  for (int i = 0; i < STEPS; i++) {
    actionclip_tuner_result result;
    result.struct_size = sizeof result;
    out[i] = CHECK_OK(actionclip_tuner_step(tuner, &result)) ? result.loss : -1;
  }
}

static int same(const double *a, const double *b) { return memcmp(a, b, STEPS * sizeof *a) == 0; }

/* The file is used again by the same clips; clips that were normalised otherwise empty it. */
static void keeps_clips(void) {
  double plain[STEPS], shifted[STEPS], own[STEPS];
  actionclip_tuner *tuner = make(NULL);
  add_all(tuner, 0);
  losses(tuner, plain);
  actionclip_tuner_free(tuner);
  tuner = make(NULL);
  add_all(tuner, 0.3f);
  losses(tuner, shifted);
  actionclip_tuner_free(tuner);
  CHECK(!same(plain, shifted));
  for (int run = 0; run < 4; run++) {
    tuner = make(cache);
    add_all(tuner, run == 2 ? 0.3f : 0);
    losses(tuner, own);
    CHECK(same(own, run == 2 ? shifted : plain));
    actionclip_tuner_free(tuner);
  }
}

/* A tuner whose copy did not fit into its memory may get more clips, whose views have other numbers. */
static void takes_clips_after_a_failure(void) {
  double expected[STEPS], own[STEPS];
  actionclip_tuner *tuner = make(NULL);
  add_all(tuner, 0);
  add(tuner, CLIPS, VIEWS, 0);
  losses(tuner, expected);
  actionclip_tuner_free(tuner);
  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  tuner = make(cache);
  add_all(tuner, 0);
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_tuner_get_info(tuner, &sizes));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_load(tuner, "/no/such/state"));
  add(tuner, CLIPS, VIEWS, 0);
  losses(tuner, own);
  CHECK(same(own, expected));
  actionclip_tuner_free(tuner);
}

/* One tuner at a time has the file, and other files are refused. */
static void refuses(void) {
  actionclip_tuner *first = make(cache), *second = make(cache);
  add_all(first, 0), add_all(second, 0);
  double own[STEPS];
  losses(first, own);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_step(second, NULL));
  CHECK(strstr(actionclip_last_error(), "another tuner") != NULL);
  actionclip_tuner_free(first);
  CHECK_OK(actionclip_tuner_step(second, NULL));
  actionclip_tuner_free(second);
  FILE *file = fopen(cache, "wb");
  CHECK(file != NULL && fputs("my notes\n", file) >= 0 && fclose(file) == 0);
  second = make(cache);
  add_all(second, 0);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_step(second, NULL));
  actionclip_tuner_free(second);
  char text[32] = "";
  file = fopen(cache, "rb");
  CHECK(file != NULL && fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
  CHECK(strcmp(text, "my notes\n") == 0);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  snprintf(cache, sizeof cache, "%s/clips.cache", argc > 2 ? argv[2] : "/tmp");
  unlink(cache);
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  if (check_failed > 0) return check_report("test_tune_cache");
  keeps_clips();
  takes_clips_after_a_failure();
  refuses();
  actionclip_model_free(model);
  unlink(cache);
  return check_report("test_tune_cache");
}

/* tuned.h: what programs of tuners share: a model that knows nothing, clips of colours, and calls that must succeed.
 * Include it once per program. */
#ifndef TUNED_H
#define TUNED_H

#include "check.h"

#include <math.h>
#include <unistd.h>

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, CONFLICT = ACTIONCLIP_ERROR_OPTION_CONFLICT,
       FEW = ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES, MOST = 512 };

static actionclip_model *model;
static actionclip_model_info info;
/* Numbers of an embedding, frames of a clip, numbers of a clip. */
static size_t e, t, clip_floats;
/* A file of the program's own. */
static char scratch_file[1200];

static inline actionclip_model_info info_of(const actionclip_model *m) {
  actionclip_model_info own;
  own.struct_size = sizeof own;
  CHECK_OK(actionclip_model_get_info(m, &own));
  return own;
}

static inline size_t floats_of(const actionclip_model *m) {
  const actionclip_model_info own = info_of(m);
  return (size_t)own.frames * 3 * (size_t)own.image_size * (size_t)own.image_size;
}

/* A model with so many threads. */
static inline actionclip_model *load(const char *path, int32_t shift, int32_t threads) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.temporal_shift = shift;
  options.threads = threads;
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_model_load(path, &options, &m));
  return m;
}

/* Takes the program's arguments, ROOT and a folder for scratch_file, and loads `model`. False: the program ends. */
static inline int begin(int argc, char **argv, const char *name) {
  if (argc > 1) check_root = argv[1];
  snprintf(scratch_file, sizeof scratch_file, "%s/%s", argc > 2 ? argv[2] : "/tmp", name);
  unlink(scratch_file);
  model = load(check_path(UNTRAINED_MODEL), ACTIONCLIP_OFF, 2);
  if (model == NULL) return 0;
  info = info_of(model);
  e = (size_t)info.embedding_size, t = (size_t)info.frames, clip_floats = floats_of(model);
  return check_failed == 0 && e <= MOST;
}

/* Ends what `begin` began; the program's exit status. */
static inline int end(const char *program) {
  actionclip_model_free(model);
  unlink(scratch_file);
  return check_report(program);
}

/* A clip's pixels, until the next call: the label is a colour, the clip a pattern on it. */
static inline float *clip_pixels(int label, int clip) {
  static float *pixels;
  if (pixels == NULL) pixels = check_alloc(clip_floats * sizeof *pixels);
  const size_t plane = (size_t)info.image_size * (size_t)info.image_size;
  for (size_t i = 0; i < clip_floats; i++)
    pixels[i] = (i / plane % 3 == (size_t)label ? 1.5f : -1.0f) + 0.3f * sinf((float)(i % 131) + 7 * (float)clip);
  return pixels;
}

static inline int32_t add_coloured(actionclip_tuner *tuner, int32_t label, int clip, int32_t purpose) {
  return actionclip_tuner_add_pixels(tuner, &label, 1, clip_pixels(label, clip), clip_floats, t, purpose);
}

static inline actionclip_tuner_info sizes_of(actionclip_tuner *tuner) {
  actionclip_tuner_info sizes;
  memset(&sizes, 0, sizeof sizes);
  sizes.struct_size = sizeof sizes;
  CHECK_OK(actionclip_tuner_get_info(tuner, &sizes));
  return sizes;
}

static inline actionclip_tuner_result step(actionclip_tuner *tuner) {
  actionclip_tuner_result result;
  memset(&result, 0, sizeof result);
  result.struct_size = sizeof result;
  CHECK_OK(actionclip_tuner_step(tuner, &result));
  return result;
}

static inline actionclip_tuner_score score_of(actionclip_tuner *tuner, int32_t purpose) {
  actionclip_tuner_score score;
  memset(&score, 0, sizeof score);
  score.struct_size = sizeof score;
  CHECK_OK(actionclip_tuner_eval(tuner, purpose, 1, &score));
  return score;
}

static inline actionclip_model *tuned_model(actionclip_tuner *tuner, double share) {
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_tuner_model(tuner, share, &m));
  return m;
}

#endif

/* tuned_models.h: tuners of several models and options, for programs whose scratch folder has the models of
 * tuned_models.py. Include it once per program. */
#ifndef TUNED_MODELS_H
#define TUNED_MODELS_H

#include "tuned.h"

enum { LABELS = 3, CLIPS = 6 };
static const char *const labels[LABELS] = {"run", "on", "in"};
static const char *scratch;

static inline const char *made(const char *name) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/tuned-%s.safetensors", scratch, name);
  return path;
}

static inline actionclip_tuner_options options_of(int32_t recipe, int32_t head) {
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.recipe = recipe;
  o.new_head = head;
  o.vision = ACTIONCLIP_TRAIN_BLOCKS;
  o.vision_blocks = 1;
  o.text = ACTIONCLIP_TRAIN_EVERYTHING;
  o.epochs = 2;
  o.batch = CLIPS / 2;
  o.rate = 1e-3;
  o.warm_up_epochs = 0.5;
  if (recipe == ACTIONCLIP_RECIPE_ANCHORED) o.anchor = 0.01, o.mean_decay = 0.9, o.head_dropout = 0.2, o.contexts = 2;
  o.too_long = ACTIONCLIP_TEXT_TRUNCATE;
  o.seed = 11;
  return o;
}

static inline void add_clips(actionclip_tuner *tuner, const actionclip_model *model, int32_t purpose) {
  const size_t count = floats_of(model);
  float *pixels = check_alloc(count * sizeof *pixels);
  for (int32_t clip = 0; clip < CLIPS; clip++) {
    const int32_t label = clip % LABELS;
    for (size_t i = 0; i < count; i++) pixels[i] = sinf((float)(i % 977) * 0.01f * (float)(label + 1) + (float)clip);
    CHECK_OK(actionclip_tuner_add_pixels(tuner, &label, 1, pixels, count, (size_t)info_of(model).frames, purpose));
  }
  free(pixels);
}

static inline actionclip_tuner *ready(const actionclip_model *model, const actionclip_tuner_options *o) {
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, o, &tuner));
  CHECK_OK(actionclip_tuner_add_text(tuner, 0, "in on"));
  add_clips(tuner, model, ACTIONCLIP_CLIP_TRAINED);
  return tuner;
}

#endif

/* misuse_tuner.h: a tuner with clips, for the test_misuse_* programs of tuners. Include it once per program. */
#ifndef MISUSE_TUNER_H
#define MISUSE_TUNER_H

#include "misuse.h"

#include <math.h>

enum { LABELS = 3, CLIPS = 6 };
static const char *const labels[] = {"walking", "jumping", "waving", NULL};
static float *pixels;
static size_t clip_floats;

static inline actionclip_tuner_options tuner_defaults(void) {
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.epochs = 1000;
  o.batch = 2;
  o.rate = 1e-3;
  return o;
}

static inline int32_t add(actionclip_tuner *tuner, int32_t label) {
  for (size_t i = 0; i < clip_floats; i++) pixels[i] = sinf((float)(i % 131) + 3 * (float)label);
  return actionclip_tuner_add_pixels(tuner, &label, 1, pixels, clip_floats, t, ACTIONCLIP_CLIP_TRAINED);
}

/* A tuner with clips, one of them held out. */
static inline actionclip_tuner *ready(void) {
  const actionclip_tuner_options o = tuner_defaults();
  actionclip_tuner *tuner = NULL;
  clip_floats = t * 3 * side * side;
  if (pixels == NULL) pixels = check_alloc(clip_floats * sizeof *pixels);
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, &tuner));
  for (int32_t i = 0; i < CLIPS; i++) CHECK_OK(add(tuner, i % LABELS));
  const int32_t label = 0;
  CHECK_OK(actionclip_tuner_add_pixels(tuner, &label, 1, pixels, clip_floats, t, ACTIONCLIP_CLIP_HELD_OUT));
  return tuner;
}

#endif

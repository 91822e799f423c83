/* test_misuse_tune.c: tuners. Every argument of every function is wrong in turn, structs end at every byte, and handles
 * are of other kinds. The tuner is as it was after each call that fails. */
#include "misuse_tuner.h"

#include <stddef.h>

static char state[1200];

static void creating(void) {
  actionclip_tuner **out = output(sizeof *out);
  const char *const bad[] = {"walking", "\xff"}, *const empty[] = {"walking", ""}, *const none[] = {"no place"};
  REFUSED_HANDLE(actionclip_tuner_create(NULL, labels, LABELS, NULL, 0, NULL, out));
  REFUSED(IN, actionclip_tuner_create(model, NULL, LABELS, NULL, 0, NULL, out));
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, NULL, NULL));
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS + 1, NULL, 0, NULL, out));
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 1, NULL, out));
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, none, 1, NULL, out));
  REFUSED(IN, actionclip_tuner_create(model, empty, 2, NULL, 0, NULL, out));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tuner_create(model, bad, 2, NULL, 0, NULL, out));
  for (int i = 0; i < SIZES; i++)
    if (sizes[i] != 1) REFUSED(IN, actionclip_tuner_create(model, labels, sizes[i], NULL, 0, NULL, out));
  for (int i = OVERFLOWING; i < SIZES; i++)
    REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, labels, sizes[i], NULL, out));

  const size_t numbers[] = {
      offsetof(actionclip_tuner_options, recipe),        offsetof(actionclip_tuner_options, loss),
      offsetof(actionclip_tuner_options, vision),        offsetof(actionclip_tuner_options, vision_blocks),
      offsetof(actionclip_tuner_options, text),          offsetof(actionclip_tuner_options, text_blocks),
      offsetof(actionclip_tuner_options, head),          offsetof(actionclip_tuner_options, logit_scale),
      offsetof(actionclip_tuner_options, new_head),      offsetof(actionclip_tuner_options, frames),
      offsetof(actionclip_tuner_options, epochs),        offsetof(actionclip_tuner_options, batch),
      offsetof(actionclip_tuner_options, too_long),      offsetof(actionclip_tuner_options, augment),
      offsetof(actionclip_tuner_options, jitter),        offsetof(actionclip_tuner_options, mirror),
      offsetof(actionclip_tuner_options, contexts),      offsetof(actionclip_tuner_options, compute_type)};
  const int32_t odd[] = {-1, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
      actionclip_tuner_options o = tuner_defaults();
      memcpy((char *)&o + numbers[i], &odd[k], sizeof odd[k]);
      REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
    }
  const size_t doubles[] = {
      offsetof(actionclip_tuner_options, warm_up_epochs), offsetof(actionclip_tuner_options, rate),
      offsetof(actionclip_tuner_options, head_rate_factor), offsetof(actionclip_tuner_options, weight_decay),
      offsetof(actionclip_tuner_options, anchor), offsetof(actionclip_tuner_options, context_rate_factor),
      offsetof(actionclip_tuner_options, mean_decay), offsetof(actionclip_tuner_options, head_dropout)};
  const double wrong[] = {-1, INFINITY, -INFINITY, 1e300, -1e-300};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
      actionclip_tuner_options o = tuner_defaults();
      memcpy((char *)&o + doubles[i], &wrong[k], sizeof wrong[k]);
      REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
    }
  actionclip_tuner_options o = tuner_defaults();
  o.compute_type = ACTIONCLIP_COMPUTE_INT8;
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
  o = tuner_defaults();
  o.mean_decay = 1;
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
  o = tuner_defaults();
  o.max_memory = INT64_MIN;
  REFUSED(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
  o.max_memory = 1;
  REFUSED(ACTIONCLIP_ERROR_OUT_OF_MEMORY, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, out));
}

/* An options struct of every size, which ends at a page that nobody may touch. */
static void options_of_every_size(void) {
  actionclip_tuner **out = output(sizeof *out);
  for (uint32_t n = 0; n < sizeof(actionclip_tuner_options); n++) {
    unsigned char *exact = guard_alloc(n < 4 ? 4 : n);
    actionclip_tuner_options o = tuner_defaults();
    o.struct_size = n;
    memcpy(exact, &o, n < 4 ? 4 : n);
    actionclip_tuner *tuner = NULL;
    const actionclip_tuner_options *given = (const actionclip_tuner_options *)(void *)exact;
    const int32_t status = actionclip_tuner_create(model, labels, LABELS, NULL, 0, given, &tuner);
    CHECK(status == IN ? tuner == NULL && check_message() : status == ACTIONCLIP_OK && tuner != NULL && n >= 4);
    actionclip_tuner_free(tuner);
    guard_release(exact, n < 4 ? 4 : n);
  }
  actionclip_tuner_options o = tuner_defaults();
  unsigned char *longer = guard_alloc(sizeof o + 64); /* from a newer header */
  memset(longer, 0, sizeof o + 64);
  o.struct_size = (uint32_t)sizeof o + 64;
  memcpy(longer, &o, sizeof o);
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, (const actionclip_tuner_options *)(void *)longer,
                                   &tuner));
  actionclip_tuner_free(tuner);
  longer[sizeof o + 63] = 1; /* it asks for something this version does not know */
  REFUSED(0, actionclip_tuner_create(model, labels, LABELS, NULL, 0, (const actionclip_tuner_options *)(void *)longer,
                                     out));
  actionclip_tuner_options_init(NULL);
  actionclip_tuner_options *exact = guard_alloc(sizeof *exact);
  actionclip_tuner_options_init(exact);
  CHECK(exact->struct_size == sizeof *exact && exact->batch == 32 && isnan(exact->rate));
}

/* Results of every size: whole where it fits, and not touched where it is refused, with no step done. */
static int32_t get_info(actionclip_tuner *tuner, void *out) { return actionclip_tuner_get_info(tuner, out); }
static int32_t step(actionclip_tuner *tuner, void *out) { return actionclip_tuner_step(tuner, out); }
static int32_t run(actionclip_tuner *tuner, void *out) { return actionclip_tuner_run(tuner, 1, NULL, NULL, out); }
static int32_t eval(actionclip_tuner *tuner, void *out) {
  return actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_HELD_OUT, 1, out);
}

static int64_t steps_of(actionclip_tuner *tuner) {
  actionclip_tuner_info now;
  now.struct_size = sizeof now;
  CHECK_OK(actionclip_tuner_get_info(tuner, &now));
  return now.steps;
}

static void results_of_every_size(void) {
  static const struct {
    int32_t (*call)(actionclip_tuner *, void *);
    uint32_t whole;
    int steps;
  } calls[] = {{get_info, sizeof(actionclip_tuner_info), 0},
               {step, sizeof(actionclip_tuner_result), 1},
               {run, sizeof(actionclip_tuner_result), 1},
               {eval, sizeof(actionclip_tuner_score), 0}};
  actionclip_tuner *tuner = ready();
  int64_t done = 0;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    for (uint32_t n = 0; n <= calls[i].whole + 8; n++) {
      const uint32_t room = n < 4 ? 4 : n;
      unsigned char *p = guard_alloc(room);
      memcpy(p, &n, 4);
      const int32_t status = calls[i].call(tuner, p);
      CHECK(status == IN || (status == ACTIONCLIP_OK && n >= 4));
      if (n == calls[i].whole) CHECK(status == ACTIONCLIP_OK);
      if (status != ACTIONCLIP_OK) CHECK(guard_untouched(p + 4, room - 4));
      done += status == ACTIONCLIP_OK ? calls[i].steps : 0;
      CHECK(steps_of(tuner) == done);
      guard_release(p, room);
    }
  }
  CHECK_ERROR(IN, actionclip_tuner_get_info(tuner, NULL));
  CHECK_ERROR(IN, actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_HELD_OUT, 1, NULL));
  actionclip_tuner_free(tuner);
}

static void using(void) {
  actionclip_tuner *tuner = ready();
  actionclip_model **out = output(sizeof *out);
  const double shares[] = {-1e-9, 1.0000001, INFINITY, -INFINITY};
  actionclip_tuner_score *score = output(sizeof *score);
  score->struct_size = sizeof *score;
  for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
    CHECK_ERROR(IN, actionclip_tuner_eval(tuner, 0, shares[i], score));
    CHECK(guard_untouched((char *)score + 4, sizeof *score - 4));
  }
  memset(score, GUARD_FILL, sizeof *score);
  for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
    REFUSED(IN, actionclip_tuner_model(tuner, shares[i], out));
    REFUSED(IN, actionclip_models_interpolate(model, model, shares[i], out));
  }
  REFUSED(IN, actionclip_tuner_model(tuner, 1, NULL));
  REFUSED(IN, actionclip_models_interpolate(model, model, NAN, out));
  REFUSED(IN, actionclip_models_interpolate(model, model, 1, NULL));
  REFUSED_HANDLE(actionclip_models_interpolate(NULL, model, 1, out));
  REFUSED_HANDLE(actionclip_models_interpolate(model, NULL, 1, out));
  REFUSED(IN, actionclip_tuner_run(tuner, -1, NULL, NULL, NULL));
  REFUSED(IN, actionclip_tuner_run(tuner, INT64_MIN, NULL, NULL, NULL));
  REFUSED(IN, actionclip_tuner_save(tuner, NULL));
  REFUSED(IN, actionclip_tuner_load(tuner, NULL));
  REFUSED(0, actionclip_tuner_save(tuner, ""));
  REFUSED(0, actionclip_tuner_save(tuner, "/"));
  REFUSED(ACTIONCLIP_ERROR_FILE_WRITE, actionclip_tuner_save(tuner, "/no/such/folder/state"));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_load(tuner, ""));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_load(tuner, "/"));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_load(tuner, "/dev/zero"));
  REFUSED(0, actionclip_tuner_load(tuner, check_path(EXAMPLE_CLIP)));
  REFUSED(0, actionclip_tuner_load(tuner, check_path(UNTRAINED_MODEL)));
  CHECK(steps_of(tuner) == 0);
  actionclip_tuner_free(tuner);
}

/* A state that was damaged is refused wherever its header or its numbers were changed, or taken as it is; a tuner that
 * refused it takes the step that it would have taken. */
static void damaged_states(void) {
  actionclip_tuner *tuner = ready(), *other = ready();
  CHECK_OK(actionclip_tuner_run(tuner, 2, NULL, NULL, NULL));
  CHECK_OK(actionclip_tuner_save(tuner, state));
  size_t size;
  unsigned char *bytes = check_read_file(state, &size);
  uint64_t header;
  memcpy(&header, bytes, 8);
  size_t refused = 0, taken = 0;
  for (size_t at = 0; at < size; at += at < 8 + header ? 1 + header / 60 : 1 + size / 12) {
    for (int cut = 0; cut < 2; cut++) {
      FILE *file = fopen(state, "wb");
      const unsigned char before = bytes[at];
      if (!cut) bytes[at] ^= 0x55;
      if (file == NULL || fwrite(bytes, 1, cut ? at : size, file) != (cut ? at : size) || fclose(file) != 0) exit(2);
      bytes[at] = before;
      const int32_t status = actionclip_tuner_load(other, state);
      CHECK(status == ACTIONCLIP_OK || (status != ACTIONCLIP_ERROR_INTERNAL && check_message()));
      CHECK(!cut || status != ACTIONCLIP_OK);
      status == ACTIONCLIP_OK ? taken++ : refused++;
      CHECK(steps_of(other) == (taken > 0 ? 2 : 0));
    }
  }
  CHECK(refused > 20);
  unlink(state);
  free(bytes);
  actionclip_tuner_free(other);
  actionclip_tuner_free(tuner);
}

/* A tuner is a handle of no other kind, and stays as it is where it is given as one. */
static void is_of_no_other_kind(void) {
  actionclip_tuner *tuner = ready();
  actionclip_model **out = output(sizeof *out);
  void *const t_as_other = tuner;
  float *embedding = output(e * sizeof *embedding);
  int32_t *found = output(sizeof *found);
  REFUSED_HANDLE(actionclip_model_get_info(t_as_other, &info));
  REFUSED_HANDLE(actionclip_tuner_create(t_as_other, labels, LABELS, NULL, 0, NULL, (actionclip_tuner **)out));
  REFUSED_HANDLE(actionclip_encode_pixels(t_as_other, pixels, clip_floats, t, embedding, e, NULL, 0));
  REFUSED_HANDLE(actionclip_classifier_score(t_as_other, pixels, 1, 1, embedding, 1, NULL, NULL));
  REFUSED_HANDLE(actionclip_label_list_count(t_as_other));
  REFUSED_HANDLE(actionclip_tokenizer_encode(t_as_other, "a", 1, found, 1, (size_t *)(void *)out));
  REFUSED_HANDLE(actionclip_video_frames_between(t_as_other, 0, 1, (int64_t *)(void *)out, (int64_t *)(void *)out));
  REFUSED_HANDLE(actionclip_tracker_finish(t_as_other));
  REFUSED_HANDLE(actionclip_stream_finish(t_as_other));
  actionclip_model_free(t_as_other);
  actionclip_classifier_free(t_as_other);
  actionclip_label_list_free(t_as_other);
  actionclip_tokenizer_free(t_as_other);
  actionclip_video_free(t_as_other);
  actionclip_tracker_free(t_as_other);
  actionclip_stream_free(t_as_other);
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  actionclip_tuner_free(tuner);
}

/* NULL, handles of every other kind and freed ones. */
static void handles(void) {
  actionclip_tuner *tuner = ready(), *gone = ready();
  actionclip_tuner_free(gone);
  actionclip_classifier *classifier = NULL;
  actionclip_tracker *tracker = NULL;
  actionclip_stream *stream = NULL;
  actionclip_label_list *list = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, 0, &classifier));
  CHECK_OK(actionclip_classifier_label_list(classifier, &list));
  CHECK_OK(actionclip_tracker_create(1, NULL, &tracker));
  CHECK_OK(actionclip_stream_create(model, NULL, &stream));
  void *zeros = check_alloc(4096);
  void *const wrong[] = {NULL, model, tokenizer, video, classifier, list, tracker, stream, gone, zeros, guard_alloc(8)};
  const int32_t zero = 0;
  actionclip_image *images = check_alloc(t * sizeof *images);
  actionclip_frame *frames = check_alloc(t * sizeof *frames);
  actionclip_tuner_info *sizes_of = output(sizeof *sizes_of);
  actionclip_tuner_result *result = output(sizeof *result);
  actionclip_tuner_score *score = output(sizeof *score);
  actionclip_model **out = output(sizeof *out);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    actionclip_tuner *w = wrong[i];
    REFUSED_HANDLE(actionclip_tuner_add_text(w, 0, "a"));
    REFUSED_HANDLE(actionclip_tuner_add_video(w, &zero, 1, video, 0, 1, 1, NULL, 0));
    REFUSED_HANDLE(actionclip_tuner_add_video_file(w, &zero, 1, "clip.mp4", 0, 1, NULL, NULL, 0));
    REFUSED_HANDLE(actionclip_tuner_add_frames(w, &zero, 1, images, t, NULL, 0));
    REFUSED_HANDLE(actionclip_tuner_add_camera_frames(w, &zero, 1, frames, t, NULL, 0));
    REFUSED_HANDLE(actionclip_tuner_add_pixels(w, &zero, 1, pixels, clip_floats, t, 0));
    REFUSED_HANDLE(actionclip_tuner_get_info(w, sizes_of));
    REFUSED_HANDLE(actionclip_tuner_step(w, result));
    REFUSED_HANDLE(actionclip_tuner_run(w, 0, NULL, NULL, result));
    REFUSED_HANDLE(actionclip_tuner_cancel(w));
    REFUSED_HANDLE(actionclip_tuner_eval(w, 0, 1, score));
    REFUSED_HANDLE(actionclip_tuner_save(w, state));
    REFUSED_HANDLE(actionclip_tuner_load(w, state));
    REFUSED_HANDLE(actionclip_tuner_model(w, 1, out));
    if (wrong[i] != model) {
      REFUSED_HANDLE(actionclip_tuner_create(wrong[i], labels, LABELS, NULL, 0, NULL, (actionclip_tuner **)out));
      REFUSED_HANDLE(actionclip_models_interpolate(wrong[i], model, 1, out));
      REFUSED_HANDLE(actionclip_models_interpolate(model, wrong[i], 1, out));
    }
    if (wrong[i] != video) REFUSED_HANDLE(actionclip_tuner_add_video(tuner, &zero, 1, wrong[i], 0, 1, 1, NULL, 0));
    actionclip_tuner_free(w); /* must not free what is not a live tuner */
  }
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  actionclip_stream_free(stream);
  actionclip_tracker_free(tracker);
  actionclip_label_list_free(list);
  actionclip_classifier_free(classifier);
  actionclip_tuner_free(tuner);
  free(frames);
  free(images);
  free(zeros);
}

static void begin(void) {
  snprintf(state, sizeof state, "%s/build/tests/scratch/misuse.state", check_root);
}

MISUSE_MAIN("test_misuse_tune", begin, creating, options_of_every_size, results_of_every_size, using, damaged_states,
            is_of_no_other_kind, handles)

/* test_tune.c: a tuner learns from clips, takes the same steps again after it was saved, and gives models. */
#include "tuned.h"

#include <pthread.h>
#include <sys/wait.h>

enum { LABELS = 3, CLIPS = 12 };

static const char *const labels[LABELS] = {"walking", "jumping", "waving"};

static actionclip_tuner_options quick(void) {
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.epochs = 4;
  options.batch = 4;
  options.rate = 1e-3;
  options.warm_up_epochs = 0.2;
  options.vision = ACTIONCLIP_TRAIN_BLOCKS;
  options.vision_blocks = 1;
  options.text = ACTIONCLIP_TRAIN_PROJECTION;
  options.seed = 7;
  return options;
}

static actionclip_tuner *make(const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, options, &tuner));
  return tuner;
}

static void add_all(actionclip_tuner *tuner) {
  for (int i = 0; i < CLIPS; i++) CHECK_OK(add_coloured(tuner, i % LABELS, i, ACTIONCLIP_CLIP_TRAINED));
  for (int i = 0; i < LABELS; i++) CHECK_OK(add_coloured(tuner, i, 100 + i, ACTIONCLIP_CLIP_HELD_OUT));
}

static actionclip_tuner *ready_with(const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = make(options);
  CHECK_OK(actionclip_tuner_add_text(tuner, 1, "somebody leaps into the air"));
  add_all(tuner);
  return tuner;
}

static actionclip_tuner *ready(void) {
  const actionclip_tuner_options options = quick();
  return ready_with(&options);
}

/* The embedding of a clip by a model. */
static void encode(const actionclip_model *m, float *out) {
  CHECK_OK(actionclip_encode_pixels(m, clip_pixels(1, 5), clip_floats, t, out, e, NULL, 0));
}

static int same_models(actionclip_tuner *a, actionclip_tuner *b) {
  float x[MOST], y[MOST];
  actionclip_model *const one = tuned_model(a, 1), *const two = tuned_model(b, 1);
  encode(one, x), encode(two, y);
  actionclip_model_free(one);
  actionclip_model_free(two);
  return memcmp(x, y, e * sizeof *x) == 0;
}

/* The sizes are told before any step; the loss falls, and clips are recognised. */
static void learns(void) {
  actionclip_tuner_options options = quick();
  options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY;
  options.text = ACTIONCLIP_TRAIN_EVERYTHING;
  options.rate = 3e-4;
  options.epochs = 10;
  actionclip_tuner *tuner = ready_with(&options);
  const actionclip_tuner_info sizes = sizes_of(tuner);
  CHECK(sizes.labels == LABELS && sizes.clips == CLIPS && sizes.held_out == LABELS && sizes.batch == 4);
  CHECK(sizes.steps == 0 && sizes.steps_per_epoch == CLIPS / 4 && sizes.total_steps == 10 * CLIPS / 4);
  CHECK(sizes.trained > 0 && sizes.model_bytes > 4 * info.parameters && sizes.work_bytes > 0);
  CHECK(sizes.clip_bytes >= (int64_t)((CLIPS + LABELS) * clip_floats * 4));
  const actionclip_tuner_result first = step(tuner);
  CHECK(first.step == 1 && first.total_steps == 30 && first.rate == 0 && first.scale > 0);
  CHECK(first.loss == first.video_loss && first.text_loss == 0);
  actionclip_tuner_result last;
  last.struct_size = sizeof last;
  CHECK_OK(actionclip_tuner_run(tuner, 0, NULL, NULL, &last));
  CHECK(last.step == 30 && last.loss < first.loss / 2);
  CHECK_ERROR(IN, actionclip_tuner_step(tuner, &last));
  const actionclip_tuner_score score = score_of(tuner, ACTIONCLIP_CLIP_HELD_OUT);
  CHECK(score.clips == LABELS && score.right == LABELS && score.among_five == LABELS && score.loss < 0.5 * log(LABELS));
  actionclip_tuner_free(tuner);
}

/* A tuner that is loaded before any step takes the steps of one that never stopped. */
static void goes_on(void) {
  actionclip_tuner *straight = ready(), *stopped = ready();
  const actionclip_tuner_result first = step(straight), again = step(stopped);
  CHECK(memcmp(&first, &again, sizeof first) == 0);
  CHECK(fabs(first.loss - (first.video_loss + first.text_loss) / 2) < 1e-12);
  for (int i = 0; i < 5; i++) {
    const actionclip_tuner_result whole = step(straight), own = step(stopped);
    CHECK(memcmp(&whole, &own, sizeof whole) == 0);
    CHECK_OK(actionclip_tuner_save(stopped, scratch_file));
    actionclip_tuner_free(stopped);
    stopped = ready();
    CHECK_OK(actionclip_tuner_load(stopped, scratch_file));
  }
  CHECK(same_models(straight, stopped));
  /* A tuner with a copy may be loaded too, and goes back to the state. */
  for (int i = 0; i < 2; i++) step(straight);
  CHECK(!same_models(straight, stopped));
  CHECK_OK(actionclip_tuner_load(straight, scratch_file));
  CHECK(same_models(straight, stopped));
  const actionclip_tuner_result whole = step(straight), own = step(stopped);
  CHECK(memcmp(&whole, &own, sizeof whole) == 0);

  /* Another seed, another clip or no file: refused, and the tuner stays as it was. */
  actionclip_tuner_options options = quick();
  options.seed = 8;
  actionclip_tuner *other = make(&options);
  add_all(other);
  CHECK_ERROR(CONFLICT, actionclip_tuner_load(other, scratch_file));
  actionclip_tuner_free(other);
  options.seed = 7;
  other = make(&options);
  add_all(other);
  CHECK_ERROR(CONFLICT, actionclip_tuner_load(other, scratch_file)); /* a text is missing */
  actionclip_tuner_free(other);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_load(straight, "/no/such/file"));
  CHECK(same_models(straight, stopped));
  actionclip_tuner_free(straight);
  actionclip_tuner_free(stopped);
}

/* A state is not that of a tuner with other options: the first one that differs is named, with both values. */
static void states_name_what_differs(void) {
  const actionclip_tuner_options usual = quick();
  actionclip_tuner *tuner = make(&usual);
  add_all(tuner);
  step(tuner);
  CHECK_OK(actionclip_tuner_save(tuner, scratch_file));
  actionclip_tuner_free(tuner);
#define DIFFERS(change, says)                                                          \
  do {                                                                                 \
    actionclip_tuner_options options = usual;                                          \
    change;                                                                            \
    tuner = make(&options);                                                            \
    add_all(tuner);                                                                    \
    CHECK_ERROR(CONFLICT, actionclip_tuner_load(tuner, scratch_file));                 \
    if (!CHECK(strstr(actionclip_last_error(), " is the state of a tuner whose " says) != NULL)) \
      fprintf(stderr, "  %s\n", actionclip_last_error());                              \
    actionclip_tuner_free(tuner);                                                      \
  } while (0)
  DIFFERS(options.recipe = ACTIONCLIP_RECIPE_REFERENCE, "recipe is anchored, and this one's is reference");
  DIFFERS(options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY, "loss is multi_positive, and this one's is cross_entropy");
  DIFFERS(options.epochs = 9, "epochs is 4, and this one's is 9");
  DIFFERS(options.warm_up_epochs = 0, "warm_up_epochs is 0.2, and this one's is 0.0");
  DIFFERS(options.rate = 0.5, "rate is 0.001, and this one's is 0.5");
  DIFFERS(options.head_rate_factor = 2, "head_rate_factor is 10.0, and this one's is 2.0");
  DIFFERS(options.context_rate_factor = 2, "context_rate_factor is 1000.0, and this one's is 2.0");
  DIFFERS(options.weight_decay = 0, "weight_decay is 0.2, and this one's is 0.0");
  DIFFERS(options.anchor = 0.5, "anchor is 0.0, and this one's is 0.5");
  DIFFERS(options.mean_decay = 0.5, "mean_decay is 0.0, and this one's is 0.5");
  DIFFERS(options.head_dropout = 0.5, "head_dropout is 0.0, and this one's is 0.5");
  DIFFERS(options.vision_blocks = 2, "vision is the last block, and this one's is the last 2 blocks");
  DIFFERS(options.text = ACTIONCLIP_TRAIN_EVERYTHING, "text is projection, and this one's is everything");
  DIFFERS(options.head = ACTIONCLIP_OFF, "head is on, and this one's is off");
  DIFFERS(options.logit_scale = ACTIONCLIP_OFF, "logit_scale is on, and this one's is off");
  DIFFERS(options.new_head = ACTIONCLIP_HEAD_LSTM, "new_head is none, and this one's is LSTM");
  DIFFERS(options.contexts = 2, "contexts is 0, and this one's is 2");
  DIFFERS(options.batch = 6, "batch is 4, and this one's is 6");
  DIFFERS(options.seed = 8, "seed is 7, and this one's is 8");
  DIFFERS(options.too_long = ACTIONCLIP_TEXT_TRUNCATE, "too_long is error, and this one's is truncate");
  DIFFERS(options.compute_type = ACTIONCLIP_COMPUTE_BF16, "compute_type is fp32, and this one's is bf16");
  DIFFERS(options.augment = ACTIONCLIP_AUGMENT_FLIP, "augment is none, and this one's is flip");
  DIFFERS(options.jitter = ACTIONCLIP_ON, "jitter is off, and this one's is on");
  DIFFERS(options.mirror = ACTIONCLIP_OFF, "mirror is unless sided, and this one's is off");
#undef DIFFERS
  /* The same options with other texts, and with other clips. */
  for (int clips = 0; clips < 2; clips++) {
    tuner = make(&usual);
    if (!clips) CHECK_OK(actionclip_tuner_add_text(tuner, 1, "somebody leaps into the air"));
    for (int i = 0; i < CLIPS; i++) CHECK_OK(add_coloured(tuner, i % LABELS, clips ? 7 * i : i, ACTIONCLIP_CLIP_TRAINED));
    CHECK_ERROR(CONFLICT, actionclip_tuner_load(tuner, scratch_file));
    CHECK(strstr(actionclip_last_error(), clips ? "of other clips" : "of other labels or texts") != NULL);
    actionclip_tuner_free(tuner);
  }
}

typedef struct {
  actionclip_tuner *tuner;
  int calls, stop_at, cancel_at;
} watching;

static int32_t watch(void *user, const actionclip_tuner_result *result) {
  watching *w = user;
  w->calls++;
  CHECK(result->struct_size == sizeof *result && result->step == w->calls);
  if (w->calls == w->cancel_at) CHECK_OK(actionclip_tuner_cancel(w->tuner));
  return w->calls == w->stop_at;
}

/* A host's function that takes a step itself after each of the run's. */
static int32_t step_too(void *user, const actionclip_tuner_result *result) {
  if (result->step < result->total_steps) step(user);
  return 0;
}

static void *cancel_soon(void *tuner) {
  usleep(3000);
  actionclip_tuner_cancel(tuner);
  return NULL;
}

/* A run tells its progress, ends where the host wants it, and is cancelled by any thread, with whole steps done. */
static void stops(void) {
  actionclip_tuner *tuner = ready(), *straight = ready();
  watching w = {tuner, 0, 3, 0};
  actionclip_tuner_result result;
  result.struct_size = sizeof result;
  CHECK_OK(actionclip_tuner_run(tuner, 0, watch, &w, &result));
  CHECK(w.calls == 3 && result.step == 3);
  w.stop_at = 0, w.cancel_at = 4;
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_tuner_run(tuner, 0, watch, &w, &result));
  CHECK(w.calls == 4 && result.step == 4 && strstr(actionclip_last_error(), "actionclip_tuner_cancel") != NULL);
  /* The wish is used up. */
  CHECK(step(tuner).step == 5);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, cancel_soon, tuner) == 0);
  const int32_t status = actionclip_tuner_run(tuner, 0, NULL, NULL, &result);
  pthread_join(thread, NULL);
  CHECK(status == ACTIONCLIP_ERROR_CANCELLED || status == ACTIONCLIP_OK);
  if (status == ACTIONCLIP_OK) CHECK_ERROR(IN, actionclip_tuner_step(tuner, NULL));
  /* Steps that were cancelled are taken again as they would have been. */
  CHECK_OK(actionclip_tuner_run(tuner, 0, NULL, NULL, NULL));
  CHECK_OK(actionclip_tuner_run(straight, 0, NULL, NULL, NULL));
  CHECK(same_models(tuner, straight));
  /* Making the copy is cancelled too, and clips may be added after that. */
  actionclip_tuner *early = ready();
  for (int i = 0; i < 2; i++) {
    CHECK_OK(actionclip_tuner_cancel(early));
    CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, i == 0 ? actionclip_tuner_run(early, 0, NULL, NULL, NULL)
                                                   : actionclip_tuner_step(early, NULL));
    CHECK_OK(add_coloured(early, 0, 200 + i, ACTIONCLIP_CLIP_HELD_OUT));
  }
  CHECK(sizes_of(early).held_out == LABELS + 2);
  actionclip_tuner_free(early);
  /* A host's function may take steps itself: the run ends where the recipe does. */
  actionclip_tuner *shared = ready();
  CHECK_OK(actionclip_tuner_run(shared, 0, step_too, shared, &result));
  CHECK_ERROR(IN, actionclip_tuner_step(shared, NULL));
  CHECK(same_models(shared, straight));
  actionclip_tuner_free(shared);
  /* A cancel token ends a step too. */
  actionclip_tuner *token_tuner = ready();
  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_tuner_step(token_tuner, NULL));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
  actionclip_tuner_free(token_tuner);
  actionclip_tuner_free(tuner);
  actionclip_tuner_free(straight);
}

/* Models at any share; a tuned model is saved and loaded like any other, and mixes with its base. */
static void gives_models(void) {
  actionclip_tuner *tuner = ready();
  CHECK_OK(actionclip_tuner_run(tuner, 6, NULL, NULL, NULL));
  float base[MOST], none[MOST], tuned[MOST], half[MOST], mixed[MOST], loaded[MOST];
  actionclip_model *m = tuned_model(tuner, 0), *again = NULL;
  encode(model, base);
  encode(m, none);
  actionclip_model_free(m);
  CHECK(memcmp(base, none, e * sizeof *base) == 0);
  actionclip_model *const whole = tuned_model(tuner, 1);
  encode(whole, tuned);
  CHECK(memcmp(base, tuned, e * sizeof *base) != 0);
  m = tuned_model(tuner, NAN);
  encode(m, half);
  CHECK(actionclip_model_label_count(m) == LABELS && strcmp(actionclip_model_label(m, 2), "waving") == 0);
  CHECK(actionclip_model_sha256(m) == NULL);
  CHECK_OK(actionclip_model_save(m, scratch_file, NULL));
  actionclip_model_free(m);
  CHECK_OK(actionclip_models_interpolate(model, whole, 0.5, &m));
  encode(m, mixed);
  actionclip_model_free(m);
  CHECK(memcmp(half, mixed, e * sizeof *half) == 0);
  CHECK_OK(actionclip_model_load(scratch_file, NULL, &again));
  encode(again, loaded);
  CHECK(memcmp(half, loaded, e * sizeof *half) == 0);
  actionclip_model_free(again);
  /* The base model is as it was. */
  encode(model, none);
  CHECK(memcmp(base, none, e * sizeof *base) == 0);
  m = NULL;
  CHECK_ERROR(IN, actionclip_models_interpolate(model, whole, 1.5, &m));
  CHECK_ERROR(IN, actionclip_models_interpolate(model, whole, NAN, &m));
  CHECK_ERROR(IN, actionclip_models_interpolate(NULL, whole, 0.5, &m));
  CHECK_ERROR(IN, actionclip_models_interpolate(model, NULL, 0.5, &m));
  CHECK_ERROR(IN, actionclip_models_interpolate(model, whole, 0.5, NULL));
  CHECK_ERROR(IN, actionclip_tuner_model(tuner, -0.1, &m));
  CHECK_ERROR(IN, actionclip_tuner_model(tuner, 1, NULL));
  CHECK(m == NULL);
  actionclip_model_free(whole);
  actionclip_tuner_free(tuner);
}

/* Each head starts anew over the model, and learns. */
static void heads(void) {
  for (int32_t head = ACTIONCLIP_HEAD_MEANP; head <= ACTIONCLIP_HEAD_TRANSF_CLS; head++) {
    actionclip_tuner_options options = quick();
    options.new_head = head;
    options.loss = head % 2 ? ACTIONCLIP_LOSS_CROSS_ENTROPY : ACTIONCLIP_LOSS_MULTI_POSITIVE;
    actionclip_tuner *tuner = make(&options);
    add_all(tuner);
    CHECK_OK(actionclip_tuner_run(tuner, 2, NULL, NULL, NULL));
    actionclip_model *const m = tuned_model(tuner, 1);
    CHECK(info_of(m).head == head);
    actionclip_model_free(m);
    actionclip_tuner_free(tuner);
  }
}

/* The Transf_cls head drops numbers by chance: a tuner that goes on drops those that one that never stopped does, and a
 * share of 0 drops none. The first loss is the same with REFERENCE, whose share is a tenth. */
static void drops(void) {
  double loss[3];
  for (int i = 0; i < 3; i++) {
    actionclip_tuner_options options = quick();
    options.new_head = ACTIONCLIP_HEAD_TRANSF_CLS;
    if (i == 2) options.recipe = ACTIONCLIP_RECIPE_REFERENCE;
    if (i < 2) options.head_dropout = i == 0 ? 0.1 : 0;
    actionclip_tuner *tuner = make(&options), *again = make(&options);
    add_all(tuner), add_all(again);
    loss[i] = step(tuner).loss;
    CHECK_OK(actionclip_tuner_save(tuner, scratch_file));
    CHECK_OK(actionclip_tuner_load(again, scratch_file));
    CHECK(step(tuner).loss == step(again).loss && same_models(tuner, again));
    actionclip_tuner_free(tuner);
    actionclip_tuner_free(again);
  }
  CHECK(loss[0] != loss[1] && loss[0] == loss[2]);
  for (double wrong = -0.1; wrong < 2; wrong += 1.05) {
    actionclip_tuner_options options = quick();
    options.head_dropout = wrong;
    actionclip_tuner *none = NULL;
    CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &none));
  }
}

/* Any number of threads, and any memory for activations, give the same bits. */
static void any_threads(void) {
  actionclip_model *const two = model;
  actionclip_tuner *first = ready();
  CHECK_OK(actionclip_tuner_run(first, 3, NULL, NULL, NULL));
  for (int32_t threads = 1; threads <= 8; threads += threads == 1 ? 2 : 5) {
    model = load(check_path(UNTRAINED_MODEL), ACTIONCLIP_OFF, threads);
    actionclip_tuner_options own = quick();
    own.max_memory = (int64_t)1 << 40;
    actionclip_tuner *other = ready_with(&own);
    CHECK_OK(actionclip_tuner_run(other, 3, NULL, NULL, NULL));
    CHECK(same_models(first, other));
    CHECK_OK(actionclip_tuner_save(first, scratch_file));
    CHECK_OK(actionclip_tuner_load(other, scratch_file));
    CHECK(same_models(first, other));
    actionclip_tuner_free(other);
    actionclip_model_free(model);
  }
  model = two;
  actionclip_tuner_free(first);
}

/* A tuned model computes with what its base was allowed. */
static void keeps_limits(void) {
  actionclip_model *const other = model;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.instructions = ACTIONCLIP_INSTRUCTIONS_PORTABLE;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model));
  actionclip_tuner *tuner = ready();
  actionclip_model *const tuned = tuned_model(tuner, 1), *mixed = NULL;
  CHECK_OK(actionclip_models_interpolate(model, tuned, 0.5, &mixed));
  const actionclip_model *const all[] = {tuned, mixed};
  for (int i = 0; i < 2; i++) {
    const actionclip_model_info own = info_of(all[i]);
    CHECK(own.product_instructions == ACTIONCLIP_INSTRUCTIONS_PORTABLE && own.threads == 1);
    CHECK(own.row_instructions == ACTIONCLIP_INSTRUCTIONS_PORTABLE);
  }
  actionclip_model_free(tuned);
  actionclip_model_free(mixed);
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  model = other;
}

/* A clip whose numbers overflow is named by its index, and the step has changed nothing. */
static void names_a_bad_clip(void) {
  actionclip_tuner_options options = quick();
  options.batch = CLIPS + 1;
  actionclip_tuner *tuner = make(&options);
  for (int i = 0; i < CLIPS; i++) CHECK_OK(add_coloured(tuner, i % LABELS, i, ACTIONCLIP_CLIP_TRAINED));
  float *pixels = clip_pixels(0, 0);
  for (size_t i = 0; i < clip_floats; i++) pixels[i] = i % 2 ? 3e38f : -3e38f;
  const int32_t label = 0;
  CHECK_OK(actionclip_tuner_add_pixels(tuner, &label, 1, pixels, clip_floats, t, ACTIONCLIP_CLIP_TRAINED));
  for (int i = 0; i < 2; i++) {
    CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_tuner_step(tuner, NULL));
    CHECK(strstr(actionclip_last_error(), "clip 12") != NULL);
  }
  const actionclip_tuner_info sizes = sizes_of(tuner);
  CHECK(sizes.steps == 0 && sizes.batch == CLIPS + 1);
  actionclip_tuner_free(tuner);
}

/* Clips of images and videos, with views and several labels. */
static void takes_clips(void) {
  actionclip_tuner_options options = quick();
  options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY;
  actionclip_tuner *tuner = make(&options);
  const int32_t both[] = {2, 0};
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video));
  CHECK_OK(actionclip_tuner_add_video(tuner, both, 2, video, 0, INFINITY, 3, NULL, ACTIONCLIP_CLIP_TRAINED));
  CHECK_ERROR(IN, actionclip_tuner_add_video(tuner, both, 2, video, 2, 1, 1, NULL, ACTIONCLIP_CLIP_TRAINED));
  CHECK_ERROR(IN, actionclip_tuner_add_video(tuner, both, 2, video, 0, 1, 101, NULL, ACTIONCLIP_CLIP_TRAINED));
  actionclip_video_free(video);
  uint8_t grey[40 * 30];
  for (size_t i = 0; i < sizeof grey; i++) grey[i] = (uint8_t)(i * 7);
  actionclip_image images[64];
  actionclip_frame frames[64];
  for (size_t i = 0; i < 2 * t; i++) {
    images[i] = (actionclip_image){grey, 0, 40, 30, ACTIONCLIP_PIXEL_GRAY, 0};
    actionclip_frame_init(&frames[i]);
    frames[i].pixel_format = ACTIONCLIP_PIXEL_GRAY;
    frames[i].width = 40, frames[i].height = 30, frames[i].planes[0] = grey;
  }
  const int32_t one = 1;
  CHECK_OK(actionclip_tuner_add_frames(tuner, &one, 1, images, 2 * t, NULL, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(actionclip_tuner_add_camera_frames(tuner, &one, 1, frames, t, NULL, ACTIONCLIP_CLIP_HELD_OUT));
  CHECK_ERROR(IN, actionclip_tuner_add_frames(tuner, &one, 1, images, t + 1, NULL, ACTIONCLIP_CLIP_TRAINED));
  const actionclip_tuner_info sizes = sizes_of(tuner);
  CHECK(sizes.clips == 2 && sizes.held_out == 1 && sizes.batch == 2 && sizes.steps_per_epoch == 1);
  CHECK_OK(actionclip_tuner_run(tuner, 0, NULL, NULL, NULL));
  actionclip_tuner_free(tuner);
}

/* Wrong options, and tuners of nothing. */
static void refuses_options(void) {
  const actionclip_tuner_options options = quick();
  actionclip_tuner *none = NULL;
  CHECK_ERROR(IN, actionclip_tuner_create(NULL, labels, LABELS, NULL, 0, &options, &none));
  CHECK_ERROR(IN, actionclip_tuner_create(model, NULL, LABELS, NULL, 0, &options, &none));
  CHECK_ERROR(IN, actionclip_tuner_create(model, labels, 0, NULL, 0, &options, &none));
  CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 1, &options, &none));
  CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, NULL));
#define WRONG(field, value)                                                                             \
  do {                                                                                                  \
    actionclip_tuner_options wrong = quick();                                                           \
    wrong.field = value;                                                                                \
    CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &wrong, &none));             \
  } while (0)
  WRONG(struct_size, 8);
  WRONG(recipe, 2);
  WRONG(loss, -1);
  WRONG(vision, 9);
  WRONG(vision_blocks, 0);
  WRONG(vision_blocks, 99);
  WRONG(text_blocks, 1);
  WRONG(head, 0);
  WRONG(logit_scale, 3);
  WRONG(new_head, 77);
  WRONG(frames, 4);
  WRONG(epochs, -1);
  WRONG(batch, 0);
  WRONG(too_long, 5);
  WRONG(warm_up_epochs, -1);
  WRONG(rate, 0);
  WRONG(rate, INFINITY);
  WRONG(head_rate_factor, -1);
  WRONG(weight_decay, 11);
  WRONG(anchor, -1);
  WRONG(max_memory, -1);
#undef WRONG
  CHECK(none == NULL);
}

/* Wrong clips and texts: named, and nothing is changed. */
static void refuses_clips(actionclip_tuner *tuner) {
  const int32_t same[] = {1, 1}, beyond = LABELS, below = -1, good = 0;
  const float *pixels = clip_pixels(0, 0);
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, same, 2, pixels, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &beyond, 1, pixels, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &below, 1, pixels, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &good, 0, pixels, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, NULL, 1, pixels, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &good, 1, NULL, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &good, 1, pixels, clip_floats - 1, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &good, 1, pixels, clip_floats, SIZE_MAX, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_pixels(tuner, &good, 1, pixels, clip_floats, t, 2));
  float *bad = clip_pixels(0, 0);
  bad[9] = NAN;
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_tuner_add_pixels(tuner, &good, 1, bad, clip_floats, t, 0));
  CHECK_ERROR(IN, actionclip_tuner_add_text(tuner, LABELS, "a"));
  CHECK_ERROR(IN, actionclip_tuner_add_text(tuner, 0, NULL));
  CHECK_ERROR(IN, actionclip_tuner_add_text(tuner, 0, " "));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tuner_add_text(tuner, 0, "\xff"));
}

/* Calls before there are clips, with wrong arguments, and after the copy is made. */
static void refuses_calls(void) {
  const actionclip_tuner_options options = quick();
  actionclip_tuner *tuner = make(&options);
  CHECK_ERROR(FEW, actionclip_tuner_step(tuner, NULL));
  refuses_clips(tuner);
  CHECK_OK(add_coloured(tuner, 0, 1, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(add_coloured(tuner, 0, 2, ACTIONCLIP_CLIP_TRAINED));
  CHECK_ERROR(FEW, actionclip_tuner_step(tuner, NULL)); /* one label alone */
  CHECK_OK(add_coloured(tuner, 1, 3, ACTIONCLIP_CLIP_TRAINED));
  actionclip_tuner_score score;
  score.struct_size = sizeof score;
  CHECK_ERROR(FEW, actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_HELD_OUT, 1, &score));
  CHECK_ERROR(IN, actionclip_tuner_eval(tuner, 2, 1, &score));
  CHECK_ERROR(IN, actionclip_tuner_eval(tuner, 0, 2, &score));
  CHECK_ERROR(IN, actionclip_tuner_eval(tuner, 0, 1, NULL));
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  CHECK_ERROR(CONFLICT, add_coloured(tuner, 1, 4, ACTIONCLIP_CLIP_TRAINED)); /* it has its clips */
  CHECK_ERROR(CONFLICT, actionclip_tuner_add_text(tuner, 0, "a"));
  CHECK_ERROR(IN, actionclip_tuner_run(tuner, -1, NULL, NULL, NULL));
  CHECK_ERROR(IN, actionclip_tuner_save(tuner, NULL));
  CHECK_ERROR(IN, actionclip_tuner_load(tuner, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, actionclip_tuner_save(tuner, "/no/such/folder/state"));
  CHECK_ERROR(IN, actionclip_tuner_get_info(tuner, NULL));
  CHECK_ERROR(IN, actionclip_tuner_step(NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_tuner_step((actionclip_tuner *)model, NULL));
  CHECK_ERROR(IN, actionclip_tuner_cancel(NULL));
  actionclip_tuner_free(tuner);
  actionclip_tuner_free(NULL);
}

/* Too little memory for the clips, for the copy, and for a step's work: each is an error with the number. */
static void refuses_memory(void) {
  actionclip_tuner_options options = quick();
  actionclip_tuner *tuner, *none = NULL;
  options.max_memory = 1000;
  CHECK_ERROR(ACTIONCLIP_ERROR_OUT_OF_MEMORY, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &none));
  CHECK(strstr(actionclip_last_error(), "1000") != NULL && none == NULL);
  options.max_memory = 16000;
  tuner = make(&options);
  CHECK_ERROR(ACTIONCLIP_ERROR_OUT_OF_MEMORY, add_coloured(tuner, 0, 1, ACTIONCLIP_CLIP_TRAINED));
  CHECK(strstr(actionclip_last_error(), "16000") != NULL);
  actionclip_tuner_free(tuner);
  tuner = ready();
  const actionclip_tuner_info sizes = sizes_of(tuner);
  actionclip_tuner_free(tuner);
  const int64_t without_work = sizes.clip_bytes + sizes.model_bytes;
  for (int i = 0; i < 2; i++) {
    options.max_memory = i == 0 ? without_work - 1 : without_work;
    tuner = make(&options);
    add_all(tuner);
    CHECK_ERROR(ACTIONCLIP_ERROR_OUT_OF_MEMORY, actionclip_tuner_step(tuner, NULL));
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)options.max_memory);
    CHECK(strstr(actionclip_last_error(), number) != NULL);
    actionclip_tuner_free(tuner);
  }
}

/* A child inherits no tuner. */
static void forked(void) {
  actionclip_tuner *tuner = ready();
  step(tuner);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    const int32_t label = 0;
    actionclip_model *m = NULL;
    actionclip_tuner_info sizes;
    actionclip_tuner_score score;
    sizes.struct_size = sizeof sizes, score.struct_size = sizeof score;
    const int32_t all[] = {
        actionclip_tuner_add_text(tuner, 0, "a"),
        actionclip_tuner_add_pixels(tuner, &label, 1, clip_pixels(0, 0), clip_floats, t, 0),
        actionclip_tuner_add_video_file(tuner, &label, 1, "clip.mp4", 0, 1, NULL, NULL, 0),
        actionclip_tuner_get_info(tuner, &sizes),
        actionclip_tuner_step(tuner, NULL),
        actionclip_tuner_run(tuner, 0, NULL, NULL, NULL),
        actionclip_tuner_cancel(tuner),
        actionclip_tuner_eval(tuner, 0, 1, &score),
        actionclip_tuner_save(tuner, scratch_file),
        actionclip_tuner_load(tuner, scratch_file),
        actionclip_tuner_model(tuner, 1, &m),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      if (all[i] != ACTIONCLIP_ERROR_FORKED) _exit((int)i + 1);
    actionclip_tuner_free(tuner);
    _exit(0);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK(step(tuner).step == 2);
  actionclip_tuner_free(tuner);
}

int main(int argc, char **argv) {
  if (!begin(argc, argv, "tuner.state")) return check_report("test_tune");
  learns();
  goes_on();
  states_name_what_differs();
  stops();
  gives_models();
  heads();
  drops();
  any_threads();
  keeps_limits();
  names_a_bad_clip();
  takes_clips();
  refuses_options();
  refuses_calls();
  refuses_memory();
  forked();
  return end("test_tune");
}

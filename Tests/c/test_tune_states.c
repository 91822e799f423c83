/* test_tune_states.c: for several temporal options and both recipes, a tuner that is stopped after any step and goes on
 * from its state with another number of threads has the bits of one that never stopped. A tuner keeps clips and scores
 * them as the encoders do, and several train at once.
 *
 *   test_tune_states ROOT SCRATCH [threads]     SCRATCH has the models of tuned_models.py; with the word only what
 *                                               several threads do is run, for the thread sanitizer */
#include "tuned_models.h"

#include <pthread.h>

enum { STEPS = 4 };

static void state_path(char *path, size_t size, int done) { snprintf(path, size, "%s/state-%d", scratch, done); }

/* The state after so many steps, with fresh bytes. */
static unsigned char *saved(actionclip_tuner *tuner, int done, size_t *size) {
  char path[1200];
  state_path(path, sizeof path, done);
  CHECK_OK(actionclip_tuner_save(tuner, path));
  return check_read_file(path, size);
}

static void resumes(const char *name, const char *file, int32_t shift, int32_t head, int32_t recipe) {
  const actionclip_tuner_options o = options_of(recipe, head);
  static const int32_t threads[STEPS] = {2, 8, 1, 3};
  size_t size, own_size;
  unsigned char *last = NULL;
  const int failed_before = check_failed;
  actionclip_model *model = load(file, shift, 1);
  actionclip_tuner *straight = ready(model, &o);
  actionclip_tuner_result results[STEPS];
  for (int done = 0; done <= STEPS; done++) {
    free(last);
    last = saved(straight, done, &size);
    if (done < STEPS) results[done] = step(straight);
  }
  actionclip_tuner_free(straight);
  actionclip_model_free(model);
  for (int stopped = 0; stopped < STEPS; stopped++) {
    model = load(file, shift, threads[stopped]);
    actionclip_tuner *tuner = ready(model, &o);
    char path[1200];
    state_path(path, sizeof path, stopped);
    CHECK_OK(actionclip_tuner_load(tuner, path));
    for (int done = stopped; done < STEPS; done++) {
      const actionclip_tuner_result result = step(tuner);
      CHECK(memcmp(&result, &results[done], sizeof result) == 0);
    }
    unsigned char *own = saved(tuner, STEPS, &own_size);
    CHECK(own_size == size && memcmp(own, last, size) == 0);
    free(own);
    actionclip_tuner_free(tuner);
    actionclip_model_free(model);
  }
  for (int done = 0; done <= STEPS; done++) {
    char path[1200];
    state_path(path, sizeof path, done);
    unlink(path);
  }
  free(last);
  if (check_failed > failed_before) fprintf(stderr, "  %s, recipe %d\n", name, (int)recipe);
}

static void options_resume(void) {
  const char *const untrained = check_path(UNTRAINED_MODEL);
  enum { ANCHORED = ACTIONCLIP_RECIPE_ANCHORED, REFERENCE = ACTIONCLIP_RECIPE_REFERENCE, OFF = ACTIONCLIP_OFF };
  resumes("Conv_1D", untrained, OFF, ACTIONCLIP_HEAD_CONV_1D, ANCHORED);
  resumes("LSTM", untrained, OFF, ACTIONCLIP_HEAD_LSTM, REFERENCE);
  resumes("Transf_cls", untrained, OFF, ACTIONCLIP_HEAD_TRANSF_CLS, ANCHORED);
  resumes("shift, Transf", untrained, ACTIONCLIP_ON, ACTIONCLIP_HEAD_AS_CHECKPOINT, REFERENCE);
  resumes("causal shift, MeanP", untrained, ACTIONCLIP_CAUSAL, ACTIONCLIP_HEAD_MEANP, ANCHORED);
  resumes("joint", made("joint"), OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ANCHORED);
  resumes("joint", made("joint"), OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, REFERENCE);
}

/* ------------------------------------------------------------------------------------------------- clips */

/* The loss and the right answers of clips [CLIPS, E] and texts [templates, LABELS, E], from the encoders' numbers. */
static void check_score(const actionclip_tuner_score *score, const float *videos, const float *texts, size_t templates,
                        size_t e, double scale) {
  double means[LABELS][512] = {{0}}, loss = 0;
  int right = 0;
  for (size_t row = 0; row < templates * LABELS; row++) {
    double length = 0;
    for (size_t i = 0; i < e; i++) length += (double)texts[row * e + i] * (double)texts[row * e + i];
    for (size_t i = 0; i < e; i++) means[row % LABELS][i] += (double)texts[row * e + i] / sqrt(length);
  }
  for (int clip = 0; clip < CLIPS; clip++) {
    double logits[LABELS], sum = 0;
    int best = 0;
    for (int label = 0; label < LABELS; label++) {
      double dot = 0, a = 0, b = 0;
      for (size_t i = 0; i < e; i++) {
        const double x = (double)videos[(size_t)clip * e + i], y = means[label][i];
        dot += x * y, a += x * x, b += y * y;
      }
      logits[label] = scale * dot / sqrt(a * b);
      if (logits[label] > logits[best]) best = label;
    }
    for (int label = 0; label < LABELS; label++) sum += exp(logits[label] - logits[clip % LABELS]);
    loss += log(sum) / CLIPS;
    right += best == clip % LABELS;
  }
  CHECK(score->clips == CLIPS && score->right == right && fabs(score->loss - loss) < 1e-4 * (1 + loss));
}

/* Two tuners with the same clips: one was given pictures and videos, the other their pixels. */
typedef struct {
  actionclip_tuner *by_pictures, *by_pixels;
} pair;

enum { W = 90, H = 70, SIZE = W * H * 3 };
/* A clip's pictures [t, SIZE], until the next call. */
static const actionclip_image *pictures_of(int32_t clip, int32_t purpose) {
  static uint8_t *bytes;
  static actionclip_image images[64];
  if (bytes == NULL) bytes = check_alloc(64 * SIZE);
  if (t > 64) exit(2);
  for (size_t i = 0; i < t * SIZE; i++)
    bytes[i] = (uint8_t)((i * (size_t)(7 + 3 * (clip % LABELS) + purpose) >> 3) + 11 * (size_t)clip);
  for (size_t i = 0; i < t; i++) images[i] = (actionclip_image){bytes + i * SIZE, 0, W, H, ACTIONCLIP_PIXEL_RGB, 0};
  return images;
}

static void add_pictures(const pair *both, int32_t purpose) {
  const size_t one = clip_floats / t;
  float *pixels = check_alloc(clip_floats * sizeof *pixels);
  for (int32_t clip = 0; clip < CLIPS; clip++) {
    const int32_t label = clip % LABELS;
    const actionclip_image *const images = pictures_of(clip, purpose);
    for (size_t i = 0; i < t; i++)
      CHECK_OK(actionclip_preprocess_pixels(&images[i], info.image_size, NULL, pixels + i * one, one));
    CHECK_OK(actionclip_tuner_add_frames(both->by_pictures, &label, 1, images, t, NULL, purpose));
    CHECK_OK(actionclip_tuner_add_pixels(both->by_pixels, &label, 1, pixels, clip_floats, t, purpose));
  }
  free(pixels);
}

/* A video of two views: frames are spread over the views in turn. */
static void add_views(const pair *both) {
  actionclip_video *video = NULL;
  actionclip_video_info frames;
  frames.struct_size = sizeof frames;
  if (actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video) != ACTIONCLIP_OK) return;
  CHECK_OK(actionclip_video_get_info(video, &frames));
  int64_t *at = check_alloc(2 * t * sizeof *at);
  const size_t size = (size_t)frames.width * (size_t)frames.height * 3, one = clip_floats / t;
  uint8_t *rgb = check_alloc(size);
  float *views = check_alloc(2 * clip_floats * sizeof *views);
  CHECK_OK(actionclip_sample_indices(frames.frame_count, (int32_t)(2 * t), at, 2 * t));
  for (size_t i = 0; i < 2 * t; i++) {
    CHECK_OK(actionclip_video_read_frames(video, &at[i], 1, rgb, size, NULL, 0));
    const actionclip_image image = {rgb, 0, frames.width, frames.height, ACTIONCLIP_PIXEL_RGB, 0};
    float *place = views + (i % 2) * clip_floats + i / 2 * one;
    CHECK_OK(actionclip_preprocess_pixels(&image, info.image_size, NULL, place, one));
  }
  const int32_t label = 1, purpose = ACTIONCLIP_CLIP_TRAINED;
  CHECK_OK(actionclip_tuner_add_video(both->by_pictures, &label, 1, video, 0, INFINITY, 2, NULL, purpose));
  CHECK_OK(actionclip_tuner_add_pixels(both->by_pixels, &label, 1, views, 2 * clip_floats, 2 * t, purpose));
  free(views), free(rgb), free(at);
  actionclip_video_free(video);
}

/* A tuner's scores of the clips held out are those that the tuned model's embeddings give. */
static void scores_as_encoded(actionclip_tuner *tuner) {
  enum { TEMPLATES = 16 };
  actionclip_model *const tuned = tuned_model(tuner, 1);
  float *videos = check_alloc(CLIPS * e * sizeof *videos), *texts = check_alloc(TEMPLATES * LABELS * e * sizeof *texts);
  for (int32_t clip = 0; clip < CLIPS; clip++)
    CHECK_OK(actionclip_encode_frames(tuned, pictures_of(clip, ACTIONCLIP_CLIP_HELD_OUT), t, NULL,
                                      videos + (size_t)clip * e, e, NULL, 0));
  CHECK_OK(actionclip_encode_labels(tuned, labels, LABELS, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, texts,
                                    TEMPLATES * LABELS * e));
  const actionclip_tuner_score score = score_of(tuner, ACTIONCLIP_CLIP_HELD_OUT);
  check_score(&score, videos, texts, TEMPLATES, e, (double)info_of(tuned).logit_scale);
  free(texts), free(videos);
  actionclip_model_free(tuned);
}

/* Pictures and videos that a tuner keeps as crops are, bit for bit, the pixels that the encoders see. */
static void keeps_what_encoders_see(void) {
  actionclip_tuner_options o = options_of(ACTIONCLIP_RECIPE_ANCHORED, ACTIONCLIP_HEAD_AS_CHECKPOINT);
  o.contexts = 0, o.mean_decay = NAN; /* texts are those of the reference's templates */
  pair both;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, &both.by_pictures));
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, &o, &both.by_pixels));
  for (int32_t use = ACTIONCLIP_CLIP_TRAINED; use <= ACTIONCLIP_CLIP_HELD_OUT; use++) add_pictures(&both, use);
  add_views(&both);
  for (int i = 0; i < 4; i++) {
    const actionclip_tuner_result one = step(both.by_pictures), other = step(both.by_pixels);
    CHECK(memcmp(&one, &other, sizeof one) == 0);
  }
  for (int32_t use = ACTIONCLIP_CLIP_TRAINED; use <= ACTIONCLIP_CLIP_HELD_OUT; use++) {
    const actionclip_tuner_score a = score_of(both.by_pictures, use), b = score_of(both.by_pixels, use);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
  }
  scores_as_encoded(both.by_pictures);
  actionclip_tuner_free(both.by_pictures);
  actionclip_tuner_free(both.by_pixels);
}

/* ----------------------------------------------------------------------------------------------- threads */

typedef struct {
  actionclip_tuner *tuner;
  int32_t status;
} training;

static void *train(void *own) {
  training *const mine = own;
  mine->status = actionclip_tuner_run(mine->tuner, 0, NULL, NULL, NULL);
  return NULL;
}

static volatile int trained;
static void *encode(void *shared) {
  float *pixels = check_alloc(clip_floats * sizeof *pixels), *first = check_alloc(e * 4), *again = check_alloc(e * 4);
  for (size_t i = 0; i < clip_floats; i++) pixels[i] = (float)(i % 13) / 6 - 1;
  CHECK_OK(actionclip_encode_pixels(shared, pixels, clip_floats, t, first, e, NULL, 0));
  while (!trained) {
    CHECK_OK(actionclip_encode_pixels(shared, pixels, clip_floats, t, again, e, NULL, 0));
    CHECK(memcmp(first, again, e * 4) == 0);
  }
  free(again), free(first), free(pixels);
  return NULL;
}

/* Two tuners of one model train at once, while it encodes; then the model is freed first. */
static void several_at_once(void) {
  actionclip_model *shared = load(check_path(UNTRAINED_MODEL), ACTIONCLIP_OFF, 2);
  const actionclip_tuner_options o = options_of(ACTIONCLIP_RECIPE_ANCHORED, ACTIONCLIP_HEAD_CONV_1D);
  actionclip_tuner *alone = ready(shared, &o);
  training both[2];
  pthread_t threads[2], beside;
  size_t size, own_size;
  CHECK_OK(actionclip_tuner_run(alone, 0, NULL, NULL, NULL));
  unsigned char *last = saved(alone, 0, &size);
  for (int i = 0; i < 2; i++) both[i] = (training){ready(shared, &o), ACTIONCLIP_OK};
  CHECK(pthread_create(&beside, NULL, encode, shared) == 0);
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, train, &both[i]) == 0);
  for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  trained = 1;
  CHECK(pthread_join(beside, NULL) == 0);
  actionclip_model_free(shared);
  for (int i = 0; i < 2; i++) {
    CHECK_OK(both[i].status);
    unsigned char *own = saved(both[i].tuner, 0, &own_size);
    CHECK(own_size == size && memcmp(own, last, size) == 0);
    free(own);
    actionclip_model *const tuned = tuned_model(both[i].tuner, NAN);
    CHECK(score_of(both[i].tuner, ACTIONCLIP_CLIP_TRAINED).clips == CLIPS);
    actionclip_tuner_free(both[i].tuner);
    CHECK(info_of(tuned).head == ACTIONCLIP_HEAD_CONV_1D);
    actionclip_model_free(tuned);
  }
  actionclip_tuner_free(alone);
  free(last);
  char path[1200];
  state_path(path, sizeof path, 0);
  unlink(path);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  scratch = argv[2];
  if (!begin(argc, argv, "states")) return check_report("test_tune_states");
  if (argc < 4) {
    options_resume();
    keeps_what_encoders_see();
  }
  several_at_once();
  return end("test_tune_states");
}

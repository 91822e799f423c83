/* test_tune_cache.c: a tuner keeps in a file what no training changes of its clips. Its steps are those of a tuner
 * without a file. The file stays as long as what it was computed from does: the part of the model below the lowest
 * trained block, and the clips' pixels. A file that is no cache stays as it is.
 *
 *   test_tune_cache ROOT SCRATCH */
#include "tuned.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { LABELS = 2, CLIPS = 4, VIEWS = 3, STEPS = 4 };

static const char *const labels[LABELS] = {"walking", "waving"};
static int labels_from; /* the label of clip 0 */

static actionclip_tuner_options options_with(const char *path) {
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.vision = ACTIONCLIP_TRAIN_PROJECTION;
  options.rate = 1e-3;
  options.warm_up_epochs = 0;
  options.batch = CLIPS;
  options.cache_path = path;
  return options;
}

static actionclip_tuner *make_of(const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, options, &tuner));
  return tuner;
}

static actionclip_tuner *make(const char *path) {
  const actionclip_tuner_options options = options_with(path);
  return make_of(&options);
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
  const int32_t label = (clip + labels_from) % LABELS;
  CHECK_OK(actionclip_tuner_add_frames(tuner, &label, 1, images, (size_t)count, &options, ACTIONCLIP_CLIP_TRAINED));
}

static void add_all(actionclip_tuner *tuner, float shift) {
  for (int clip = 0; clip < CLIPS; clip++) add(tuner, clip, 1, shift);
}

/* The losses of a tuner's first steps. */
static void losses(actionclip_tuner *tuner, double *out) {
  for (int i = 0; i < STEPS; i++) {
    out[i] = step(tuner).loss;
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
    tuner = make(scratch_file);
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
  tuner = make(scratch_file);
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

/* ------------------------------------------------------------------------------------- what empties a file */

/* Whether the cache has entries: its head, and hashes after it. */
static int is_filled(void) {
  unsigned char hashes[32 * CLIPS] = {0}, zeros[sizeof hashes] = {0};
  const int file = open(scratch_file, O_RDONLY);
  const int there = file >= 0 && pread(file, hashes, sizeof hashes, 4096) == (ssize_t)sizeof hashes;
  if (file >= 0) close(file);
  return there && memcmp(hashes, zeros, sizeof hashes) != 0;
}

/* Makes the file with the usual tuner's clips, and opens it with another one: whether what was in it is still there. The
 * other one's steps are those that it takes without a file. */
static int is_kept_by(const actionclip_tuner_options *changed, void (*add_clips)(actionclip_tuner *, float)) {
  double expected[STEPS], own[STEPS];
  unlink(scratch_file);
  actionclip_tuner *tuner = make(scratch_file);
  add_all(tuner, 0);
  step(tuner);
  actionclip_tuner_free(tuner);
  CHECK(is_filled());
  actionclip_tuner_options options = *changed;
  tuner = make_of(&options);
  add_clips(tuner, 0);
  losses(tuner, expected);
  actionclip_tuner_free(tuner);
  options.cache_path = scratch_file;
  tuner = make_of(&options);
  add_clips(tuner, 0);
  sizes_of(tuner); /* the file is opened, and no clip was computed yet */
  const int is_kept = is_filled();
  losses(tuner, own);
  CHECK(same(expected, own) && is_filled());
  actionclip_tuner_free(tuner);
  return is_kept;
}

static void add_with_other_labels(actionclip_tuner *tuner, float shift) {
  labels_from = 1;
  add_all(tuner, shift);
  labels_from = 0;
}
static void add_turned(actionclip_tuner *tuner, float shift) {
  for (int clip = CLIPS; clip-- > 0;) add(tuner, clip, 1, shift);
}
static void add_shifted(actionclip_tuner *tuner, float shift) { add_all(tuner, shift + 0.25f); }
static void add_fewer(actionclip_tuner *tuner, float shift) {
  for (int clip = 0; clip + 1 < CLIPS; clip++) add(tuner, clip, 1, shift);
}

/* A search over what does not change the clips' numbers keeps them: seeds, batches, labels, recipes, heads and texts. */
static void searches_keep_clips(void) {
  const actionclip_tuner_options usual = options_with(NULL);
#define KEEPS(change)                          \
  do {                                         \
    actionclip_tuner_options options = usual;  \
    change;                                    \
    CHECK(is_kept_by(&options, add_all));      \
  } while (0)
  KEEPS(options.seed = 9);
  KEEPS(options.batch = 2);
  KEEPS(options.rate = 1e-4);
  KEEPS(options.recipe = ACTIONCLIP_RECIPE_REFERENCE);
  KEEPS(options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY);
  KEEPS(options.text = ACTIONCLIP_TRAIN_EVERYTHING);
  KEEPS(options.contexts = 2);
  KEEPS(options.new_head = ACTIONCLIP_HEAD_LSTM);
  KEEPS(options.augment = ACTIONCLIP_AUGMENT_NONE);
  CHECK(is_kept_by(&usual, add_with_other_labels));
}

/* Another part of the model below the lowest trained block, another precision, and clips read otherwise begin anew. */
static void other_numbers_empty_it(void) {
  const actionclip_tuner_options usual = options_with(NULL);
#define EMPTIES(change)                        \
  do {                                         \
    actionclip_tuner_options options = usual;  \
    change;                                    \
    CHECK(!is_kept_by(&options, add_all));     \
  } while (0)
  EMPTIES(options.vision = ACTIONCLIP_TRAIN_BLOCKS; options.vision_blocks = 1);
  EMPTIES(options.vision = ACTIONCLIP_TRAIN_NOTHING);
  EMPTIES(options.compute_type = ACTIONCLIP_COMPUTE_BF16);
  CHECK(!is_kept_by(&usual, add_shifted));
  CHECK(!is_kept_by(&usual, add_turned));
  CHECK(!is_kept_by(&usual, add_fewer));

  /* The same clips for a model whose patches are embedded otherwise. */
  actionclip_tuner_options options = usual;
  options.vision = ACTIONCLIP_TRAIN_EVERYTHING;
  actionclip_tuner *tuner = make_of(&options);
  add_all(tuner, 0);
  step(tuner), step(tuner);
  actionclip_model *const first = model;
  actionclip_model *const other = tuned_model(tuner, 1);
  actionclip_tuner_free(tuner);
  unlink(scratch_file);
  for (int run = 0; run < 2; run++) {
    model = run == 0 ? first : other;
    tuner = make(scratch_file);
    add_all(tuner, 0);
    sizes_of(tuner);
    CHECK(!is_filled());
    step(tuner);
    CHECK(is_filled());
    actionclip_tuner_free(tuner);
  }
  model = first;
  actionclip_model_free(other);
}

/* A file that was cut, or that has other bytes under the head of a cache, is computed anew. */
static void damaged_files(void) {
  double plain[STEPS], own[STEPS];
  actionclip_tuner *tuner = make(NULL);
  add_all(tuner, 0);
  losses(tuner, plain);
  actionclip_tuner_free(tuner);
  for (int fault = 0; fault < 5; fault++) {
    unlink(scratch_file);
    tuner = make(scratch_file);
    add_all(tuner, 0);
    step(tuner);
    actionclip_tuner_free(tuner);
    const int file = open(scratch_file, O_RDWR);
    static const off_t lengths[] = {30, 4096, 4096 + 50, 8192 + 1000};
    if (fault < 4) CHECK(file >= 0 && ftruncate(file, lengths[fault]) == 0);
    else
      for (off_t at = 4096; at < 12000; at += 512) CHECK(pwrite(file, "other bytes", 11, at) == 11);
    close(file);
    tuner = make(scratch_file);
    add_all(tuner, 0);
    losses(tuner, own);
    CHECK(same(own, plain));
    actionclip_tuner_free(tuner);
  }
}

/* --------------------------------------------------------------------------------------------- refusals */

/* The tuner cannot be used with this path, and says so by its name; the path is as it was. */
static void refused_path(const char *path, const char *says) {
  actionclip_tuner *tuner = make(path);
  add_all(tuner, 0);
  for (int i = 0; i < 2; i++) {
    CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_step(tuner, NULL));
    CHECK(strstr(actionclip_last_error(), path) != NULL && strstr(actionclip_last_error(), says) != NULL);
  }
  actionclip_tuner_free(tuner);
}

/* One tuner at a time has the file, and other files are refused. */
static void refuses(void) {
  actionclip_tuner *first = make(scratch_file), *second = make(scratch_file);
  add_all(first, 0), add_all(second, 0);
  double own[STEPS];
  losses(first, own);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_step(second, NULL));
  CHECK(strstr(actionclip_last_error(), "another tuner") != NULL);
  actionclip_tuner_free(first);
  CHECK_OK(actionclip_tuner_step(second, NULL));
  actionclip_tuner_free(second);
  FILE *file = fopen(scratch_file, "wb");
  CHECK(file != NULL && fputs("my notes\n", file) >= 0 && fclose(file) == 0);
  refused_path(scratch_file, "is not a cache");
  char text[32] = "";
  file = fopen(scratch_file, "rb");
  CHECK(file != NULL && fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
  CHECK(strcmp(text, "my notes\n") == 0);
  unlink(scratch_file);
  CHECK(mkfifo(scratch_file, 0600) == 0);
  refused_path(scratch_file, "no regular file");
  unlink(scratch_file);
  CHECK(mkdir(scratch_file, 0700) == 0);
  refused_path(scratch_file, "cannot be opened");
  CHECK(rmdir(scratch_file) == 0);
  refused_path("/no/such/folder/cache", "cannot be opened");
  refused_path("/dev/null", "no regular file");
  refused_path("", "cannot be opened");
}

/* A forked child has no tuner and no file: its calls are refused, and the parent's next tuner gets the file while the
 * child lives. */
static void forked(void) {
  double own[STEPS];
  int link[2];
  unlink(scratch_file);
  actionclip_tuner *tuner = make(scratch_file);
  add_all(tuner, 0);
  step(tuner);
  CHECK(pipe(link) == 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    alarm(60);
    const int is_refused = actionclip_tuner_step(tuner, NULL) == ACTIONCLIP_ERROR_FORKED;
    actionclip_tuner_free(tuner);
    close(link[1]);
    _exit(read(link[0], &byte, 1) == 0 && is_refused ? 0 : 1);
  }
  actionclip_tuner_free(tuner);
  tuner = make(scratch_file);
  add_all(tuner, 0);
  losses(tuner, own);
  actionclip_tuner_free(tuner);
  close(link[0]), close(link[1]);
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv) {
  if (!begin(argc, argv, "clips.cache")) return check_report("test_tune_cache");
  keeps_clips();
  takes_clips_after_a_failure();
  searches_keep_clips();
  other_numbers_empty_it();
  damaged_files();
  refuses();
  forked();
  return end("test_tune_cache");
}

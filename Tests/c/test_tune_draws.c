/* test_tune_draws.c: pixels of a tuner's clips are drawn anew: by augmentations, from more frames than T, and from
 * video files that are decoded at each step. Parameters stay as they are here, so that losses show pixels alone. */
#include "tuned.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { LABELS = 2 };

static const char *const plain[LABELS] = {"walking", "leftovers and rights"}, *const only[] = {"{}"};
static const char *const sided[LABELS] = {"turning left", "Turning RIGHT"};
static char video_path[1200], other_path[1200];

static actionclip_tuner_options still(void) {
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.rate = 1e-300;
  options.weight_decay = 0;
  options.epochs = 20;
  options.warm_up_epochs = 0;
  options.batch = 4;
  options.logit_scale = ACTIONCLIP_OFF;
  options.seed = 3;
  return options;
}

static actionclip_tuner *make_of(const char *const *labels, const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, only, 1, options, &tuner));
  return tuner;
}

static actionclip_tuner *make(const actionclip_tuner_options *options) { return make_of(plain, options); }

/* Adds a clip of `count` pictures, whose colours change from frame to frame and from left to right. */
static int32_t add_pictures(actionclip_tuner *tuner, int32_t label, int clip, size_t count, int32_t purpose) {
  enum { WIDTH = 90, HEIGHT = 70 };
  static uint8_t pixels[64][3 * WIDTH * HEIGHT];
  actionclip_image images[64];
  for (size_t i = 0; i < count; i++) {
    for (int p = 0; p < 3 * WIDTH * HEIGHT; p++)
      pixels[i][p] = (uint8_t)(p / 3 % WIDTH * (1 + p % 3) + 40 * label + 11 * clip + 5 * (int)i + p / 990);
    images[i] = (actionclip_image){pixels[i], 0, WIDTH, HEIGHT, ACTIONCLIP_PIXEL_RGB, 0};
  }
  return actionclip_tuner_add_frames(tuner, &label, 1, images, count, NULL, purpose);
}

static int32_t add_file(actionclip_tuner *tuner, int32_t label, const char *path, double start, int32_t purpose) {
  return actionclip_tuner_add_video_file(tuner, &label, 1, path, start, INFINITY, NULL, NULL, purpose);
}

static actionclip_tuner *of_pictures(const char *const *labels, const actionclip_tuner_options *options, size_t count) {
  actionclip_tuner *tuner = make_of(labels, options);
  for (int i = 0; i < 4; i++) CHECK_OK(add_pictures(tuner, i % LABELS, i, count, ACTIONCLIP_CLIP_TRAINED));
  return tuner;
}

static actionclip_tuner *of_files(const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = make(options);
  for (int i = 0; i < 4; i++) CHECK_OK(add_file(tuner, i % LABELS, video_path, 0.1 * i, ACTIONCLIP_CLIP_TRAINED));
  return tuner;
}

static double loss(actionclip_tuner *tuner) { return step(tuner).loss; }

/* Different losses among the first steps; those that differ by rounding alone are one. */
static int distinct(actionclip_tuner *tuner) {
  enum { STEPS = 8 };
  double losses[STEPS];
  int found = 0;
  for (int i = 0; i < STEPS; i++) {
    losses[i] = loss(tuner);
    int new = 1;
    for (int j = 0; j < i; j++) new &= fabs(losses[i] - losses[j]) > 1e-7;
    found += new;
  }
  actionclip_tuner_free(tuner);
  return found;
}

/* Without augmentation and jitter steps see the same pixels; with either they see others each time. */
static void draws_anew(void) {
  actionclip_tuner_options options = still();
  CHECK(distinct(of_pictures(plain, &options, t)) == 1);
  CHECK(distinct(of_files(&options)) == 1);
  for (int32_t augment = ACTIONCLIP_AUGMENT_FLIP; augment <= ACTIONCLIP_AUGMENT_REFERENCE_K400; augment++) {
    options.augment = augment;
    CHECK(distinct(of_pictures(plain, &options, t)) == 8);
  }
  CHECK(distinct(of_files(&options)) == 8);
  options.augment = ACTIONCLIP_AUGMENT_NONE;
  options.jitter = ACTIONCLIP_ON;
  CHECK(distinct(of_files(&options)) == 8);
  CHECK(distinct(of_pictures(plain, &options, 3 * t)) == 8);
  CHECK(distinct(of_pictures(plain, &options, t)) == 1); /* T frames are all taken */
  if (t > 1) CHECK(distinct(of_pictures(plain, &options, 1)) == 1);
}

/* A file decoded at each step gives what it gives when it was kept, and its frames in order. */
static void files_are_as_kept(void) {
  const actionclip_tuner_options options = still();
  actionclip_tuner *kept = make(&options), *decoded = of_files(&options);
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(video_path, NULL, &video));
  for (int32_t i = 0; i < 4; i++) {
    const int32_t label = i % LABELS;
    CHECK_OK(actionclip_tuner_add_video(kept, &label, 1, video, 0.1 * i, INFINITY, 1, NULL, ACTIONCLIP_CLIP_TRAINED));
  }
  actionclip_video_free(video);
  const actionclip_tuner_info with = sizes_of(kept), without = sizes_of(decoded);
  const int64_t crops = (int64_t)(4 * t * 3) * info.image_size * info.image_size;
  CHECK(with.clip_bytes == without.clip_bytes + crops && without.work_bytes == with.work_bytes + crops);
  CHECK(loss(kept) == loss(decoded));
  actionclip_tuner_free(kept);
  actionclip_tuner_free(decoded);
}

/* The pictures that drawing works with count with a step's work: those that are decoded of a file, and the two of
 * operations on whole pictures. */
static void work_counts_pictures(void) {
  actionclip_tuner_options options = still();
  actionclip_video *video = NULL;
  actionclip_video_info frames;
  frames.struct_size = sizeof frames;
  CHECK_OK(actionclip_video_open(video_path, NULL, &video));
  CHECK_OK(actionclip_video_get_info(video, &frames));
  actionclip_video_free(video);
  /* Pictures are kept with a short side of S * 256 / 224 at most. */
  const int64_t most = info.image_size * 256 / 224, width = frames.width, height = frames.height;
  const int64_t shorter = width < height ? width : height, longer = width < height ? height : width;
  const int64_t decoded = 3 * (shorter > most ? most * (most * longer / shorter) : width * height);
  int64_t work[2][3];
  static const int32_t augments[] = {ACTIONCLIP_AUGMENT_NONE, ACTIONCLIP_AUGMENT_FLIP, ACTIONCLIP_AUGMENT_REFERENCE_K400};
  for (int files = 0; files < 2; files++)
    for (int i = 0; i < 3; i++) {
      options.augment = augments[i];
      actionclip_tuner *tuner = files ? of_files(&options) : of_pictures(plain, &options, t);
      work[files][i] = sizes_of(tuner).work_bytes;
      actionclip_tuner_free(tuner);
    }
  const int64_t crops = (int64_t)(4 * t * 3) * info.image_size * info.image_size;
  /* Pictures of 90 x 70 are kept so where crops are as large as that. */
  const int64_t kept = 3 * (70 > most ? most * (most * 90 / 70) : 90 * 70);
  CHECK(work[0][1] == work[0][0] + crops && work[0][2] == work[0][1] + 2 * kept);
  CHECK(work[1][1] == work[1][0] + (int64_t)t * decoded && work[1][2] == work[1][1] + 2 * decoded);
}

/* A tuner that goes on, or has other threads, draws what one that never stopped draws. */
static void goes_on(void) {
  actionclip_tuner_options options = still();
  options.rate = 1e-3;
  options.augment = ACTIONCLIP_AUGMENT_REFERENCE_K400;
  options.jitter = ACTIONCLIP_ON;
  options.vision = ACTIONCLIP_TRAIN_BLOCKS;
  options.vision_blocks = 1;
  for (int files = 0; files < 2; files++) {
    actionclip_tuner *straight = files ? of_files(&options) : of_pictures(plain, &options, 2 * t + 1), *stopped = NULL;
    for (int i = 0; i < 4; i++) {
      stopped = files ? of_files(&options) : of_pictures(plain, &options, 2 * t + 1);
      if (i > 0) CHECK_OK(actionclip_tuner_load(stopped, scratch_file));
      CHECK(loss(straight) == loss(stopped));
      CHECK_OK(actionclip_tuner_save(stopped, scratch_file));
      actionclip_tuner_free(stopped);
    }
    actionclip_model *const two = model;
    model = load(check_path(UNTRAINED_MODEL), ACTIONCLIP_OFF, 1);
    stopped = files ? of_files(&options) : of_pictures(plain, &options, 2 * t + 1);
    CHECK_OK(actionclip_tuner_load(stopped, scratch_file));
    CHECK(loss(straight) == loss(stopped));
    actionclip_tuner_free(stopped);
    actionclip_model_free(model);
    model = two;
    actionclip_tuner_free(straight);
  }
  /* Other rules of drawing are another training. */
  options.mirror = ACTIONCLIP_OFF;
  actionclip_tuner *other = of_files(&options);
  CHECK_ERROR(CONFLICT, actionclip_tuner_load(other, scratch_file));
  actionclip_tuner_free(other);
}

/* The same clips with other numbers to normalise by are other clips to a state. */
static void states_know_preprocessing(void) {
  const actionclip_tuner_options options = still();
  actionclip_preprocess_options grey;
  actionclip_preprocess_options_init(&grey);
  CHECK_OK(actionclip_model_preprocess_options(model, &grey));
  grey.mean[0] += 0.25f;
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(video_path, NULL, &video));
  for (int files = 0; files < 2; files++) {
    for (int other = 0; other < 2; other++) {
      actionclip_tuner *tuner = make(&options);
      for (int32_t i = 0; i < LABELS; i++) {
        const actionclip_preprocess_options *const own = other ? &grey : NULL;
        if (files)
          CHECK_OK(actionclip_tuner_add_video_file(tuner, &i, 1, video_path, 0, INFINITY, own, NULL,
                                                   ACTIONCLIP_CLIP_TRAINED));
        else
          CHECK_OK(actionclip_tuner_add_video(tuner, &i, 1, video, 0, INFINITY, 1, own, ACTIONCLIP_CLIP_TRAINED));
      }
      if (other)
        CHECK_ERROR(CONFLICT, actionclip_tuner_load(tuner, scratch_file));
      else
        CHECK_OK(actionclip_tuner_save(tuner, scratch_file));
      actionclip_tuner_free(tuner);
    }
  }
  actionclip_video_free(video);
}

/* Clips of labels that tell left from right are not mirrored, unless the caller wants it. */
static void mirrors(void) {
  actionclip_tuner_options options = still();
  options.augment = ACTIONCLIP_AUGMENT_FLIP;
  for (int are_sided = 0; are_sided < 2; are_sided++) {
    double losses[3][6];
    for (int32_t flip = 0; flip < 3; flip++) {
      options.mirror = flip;
      actionclip_tuner *tuner = make_of(are_sided ? sided : plain, &options);
      for (int i = 0; i < 4; i++) CHECK_OK(add_pictures(tuner, i % LABELS, i, t, ACTIONCLIP_CLIP_TRAINED));
      for (int i = 0; i < 6; i++) losses[flip][i] = loss(tuner);
      actionclip_tuner_free(tuner);
    }
    const size_t size = sizeof *losses;
    CHECK(memcmp(losses[ACTIONCLIP_ON], losses[ACTIONCLIP_OFF], size) != 0);
    CHECK((memcmp(losses[ACTIONCLIP_MIRROR_UNLESS_SIDED], losses[ACTIONCLIP_OFF], size) == 0) == are_sided);
    CHECK((memcmp(losses[ACTIONCLIP_MIRROR_UNLESS_SIDED], losses[ACTIONCLIP_ON], size) == 0) != are_sided);
  }
  /* A text that was added counts as the label does: now no clip of either label is mirrored. */
  double losses[2][6];
  for (int32_t flip = 0; flip < 2; flip++) {
    options.mirror = flip == 0 ? ACTIONCLIP_MIRROR_UNLESS_SIDED : ACTIONCLIP_OFF;
    actionclip_tuner *tuner = of_pictures(plain, &options, t);
    CHECK_OK(actionclip_tuner_add_text(tuner, 0, "somebody goes clockwise round a tree"));
    CHECK_OK(actionclip_tuner_add_text(tuner, 1, "what is (Right)"));
    for (int i = 0; i < 6; i++) losses[flip][i] = loss(tuner);
    actionclip_tuner_free(tuner);
  }
  CHECK(memcmp(losses[0], losses[1], sizeof *losses) == 0);
}

static void write_file(const char *path, const unsigned char *data, size_t size) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

/* A tuner with three clips of a file, one of another file, and one of that held out. */
static actionclip_tuner *of_two_files(const actionclip_tuner_options *options) {
  actionclip_tuner *tuner = make(options);
  for (int clip = 0; clip < 3; clip++)
    CHECK_OK(add_file(tuner, clip % LABELS, video_path, 0.1 * clip, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(add_file(tuner, 1, other_path, 0, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(add_file(tuner, 0, other_path, 0, ACTIONCLIP_CLIP_HELD_OUT));
  return tuner;
}

/* The other file takes a fault, with the status that reading it has. */
enum { GONE, SHORTER, WRITTEN_AGAIN, NO_VIDEO, FAULTS };
static int32_t make_fault(int fault, const unsigned char *data, size_t size, const struct stat *before) {
  const struct timespec as_before[2] = {before->st_atim, before->st_mtim};
  const struct timespec later[2] = {before->st_atim, {before->st_mtim.tv_sec + 9, 0}};
  if (fault == GONE) CHECK(unlink(other_path) == 0);
  if (fault == SHORTER) write_file(other_path, data, size - 1);
  if (fault == WRITTEN_AGAIN) {
    write_file(other_path, data, size);
    CHECK(utimensat(AT_FDCWD, other_path, later, 0) == 0);
  }
  if (fault == NO_VIDEO) { /* of the same size and time */
    unsigned char *zeros = check_alloc(size);
    write_file(other_path, zeros, size);
    free(zeros);
    CHECK(utimensat(AT_FDCWD, other_path, as_before, 0) == 0);
  }
  if (fault == FAULTS) { /* none: as it was */
    write_file(other_path, data, size);
    CHECK(utimensat(AT_FDCWD, other_path, as_before, 0) == 0);
  }
  return fault == GONE ? ACTIONCLIP_ERROR_FILE_OPEN
         : fault == NO_VIDEO ? ACTIONCLIP_ERROR_VIDEO_INVALID : ACTIONCLIP_ERROR_FILE_READ;
}

/* A file that was changed, damaged or taken away is named, and the step has changed nothing. */
static void files_that_change(void) {
  actionclip_tuner_options options = still();
  options.jitter = ACTIONCLIP_ON;
  size_t size;
  unsigned char *data = check_read_file(check_path(EXAMPLE_CLIP), &size);
  write_file(other_path, data, size);
  struct stat before;
  CHECK(stat(other_path, &before) == 0);
  actionclip_tuner *straight = of_two_files(&options), *tuner = of_two_files(&options);
  CHECK(loss(straight) == loss(tuner));
  const double second = loss(straight);
  for (int fault = 0; fault < FAULTS; fault++) {
    const int32_t expected = make_fault(fault, data, size, &before);
    CHECK_ERROR(expected, actionclip_tuner_step(tuner, NULL));
    CHECK(strstr(actionclip_last_error(), other_path) != NULL && strstr(actionclip_last_error(), "clip 3") != NULL);
    actionclip_tuner_score score;
    score.struct_size = sizeof score;
    CHECK_ERROR(expected, actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_HELD_OUT, 1, &score));
    CHECK(strstr(actionclip_last_error(), other_path) != NULL && strstr(actionclip_last_error(), "clip 0") != NULL);
    CHECK(sizes_of(tuner).steps == 1);
  }
  make_fault(FAULTS, data, size, &before);
  CHECK(loss(tuner) == second);
  CHECK(score_of(tuner, ACTIONCLIP_CLIP_HELD_OUT).clips == 1);
  /* A copy under another name is the same clip to a saved state. */
  CHECK_OK(actionclip_tuner_save(tuner, scratch_file));
  actionclip_tuner *moved = make(&options);
  for (int clip = 0; clip < 3; clip++)
    CHECK_OK(add_file(moved, clip % LABELS, clip == 0 ? other_path : video_path, 0.1 * clip, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(add_file(moved, 1, video_path, 0, ACTIONCLIP_CLIP_TRAINED));
  CHECK_OK(actionclip_tuner_load(moved, scratch_file));
  CHECK(loss(moved) == loss(straight));
  actionclip_tuner_free(moved);
  actionclip_tuner_free(straight);
  actionclip_tuner_free(tuner);
  free(data);
}

/* Clips held out are as at test time, whatever is drawn; so are trained ones when they are scored. */
static void scores_as_at_test_time(void) {
  actionclip_tuner_score scores[2][2];
  for (int drawn = 0; drawn < 2; drawn++) {
    actionclip_tuner_options options = still();
    options.augment = drawn ? ACTIONCLIP_AUGMENT_REFERENCE_K400 : ACTIONCLIP_AUGMENT_NONE;
    actionclip_tuner *tuner = of_pictures(plain, &options, t);
    for (int i = 0; i < 4; i++) CHECK_OK(add_pictures(tuner, i % LABELS, i, t, ACTIONCLIP_CLIP_HELD_OUT));
    for (int32_t purpose = 0; purpose < 2; purpose++) {
      scores[drawn][purpose].struct_size = sizeof **scores;
      CHECK_OK(actionclip_tuner_eval(tuner, purpose, 0, &scores[drawn][purpose]));
    }
    actionclip_tuner_free(tuner);
  }
  CHECK(memcmp(&scores[0][1], &scores[1][1], sizeof **scores) == 0);
  /* The model's rule resizes to the sides that pictures are kept with. */
  CHECK(memcmp(&scores[0][0], &scores[1][0], sizeof **scores) == 0);
}

static void refuses(void) {
  actionclip_tuner_options options = still();
  actionclip_tuner *tuner = NULL;
#define WRONG(field, value)                                                                   \
  do {                                                                                        \
    actionclip_tuner_options wrong = still();                                                 \
    wrong.field = value;                                                                      \
    CHECK_ERROR(IN, actionclip_tuner_create(model, plain, LABELS, NULL, 0, &wrong, &tuner));  \
  } while (0)
  WRONG(augment, 4);
  WRONG(augment, -1);
  WRONG(jitter, 0);
  WRONG(mirror, 3);
  CHECK(tuner == NULL);
  tuner = make(&options);
  const int32_t label = 0, held = ACTIONCLIP_CLIP_HELD_OUT;
  CHECK_ERROR(IN, actionclip_tuner_add_video_file(tuner, &label, 1, video_path, 9999, INFINITY, NULL, NULL, held));
  CHECK_ERROR(IN, actionclip_tuner_add_video_file(tuner, &label, 1, video_path, 0, 1, NULL, NULL, 2));
  actionclip_video_options wrong;
  actionclip_video_options_init(&wrong);
  wrong.decode = 9;
  CHECK_ERROR(IN, actionclip_tuner_add_video_file(tuner, &label, 1, video_path, 0, 1, NULL, &wrong, held));
  actionclip_preprocess_options small;
  actionclip_preprocess_options_init(&small);
  small.short_side = 1;
  CHECK_ERROR(IN, actionclip_tuner_add_video_file(tuner, &label, 1, video_path, 0, 1, &small, NULL, held));
  CHECK_ERROR(IN, add_pictures(tuner, 0, 0, t + 1, held));
  actionclip_tuner_free(tuner);
  options.jitter = ACTIONCLIP_ON;
  tuner = make(&options);
  CHECK_ERROR(IN, add_pictures(tuner, 0, 0, 0, held));
  CHECK_OK(add_pictures(tuner, 0, 0, t + 1, held));
  actionclip_tuner_free(tuner);
  /* Pictures are counted before they are taken, and crops that steps make with a step's work. */
  options = still();
  options.augment = ACTIONCLIP_AUGMENT_FLIP;
  options.max_memory = 1000;
  tuner = make(&options);
  CHECK_ERROR(ACTIONCLIP_ERROR_OUT_OF_MEMORY, add_pictures(tuner, 0, 0, t, ACTIONCLIP_CLIP_TRAINED));
  actionclip_tuner_free(tuner);
}

int main(int argc, char **argv) {
  if (!begin(argc, argv, "draws.state")) return check_report("test_tune_draws");
  snprintf(other_path, sizeof other_path, "%s/draws.mp4", argc > 2 ? argv[2] : "/tmp");
  snprintf(video_path, sizeof video_path, "%s", check_path(EXAMPLE_CLIP));
  draws_anew();
  files_are_as_kept();
  work_counts_pictures();
  goes_on();
  states_know_preprocessing();
  mirrors();
  files_that_change();
  scores_as_at_test_time();
  refuses();
  unlink(other_path);
  return end("test_tune_draws");
}

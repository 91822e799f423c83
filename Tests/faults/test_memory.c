/* test_memory.c: every allocation that the library makes itself is refused in turn, once and from there on. The
 * call says ACTIONCLIP_ERROR_OUT_OF_MEMORY (or does without), its outputs are as they were, nothing is lost, and
 * the next call gives the bits it always gave.
 *
 *   test_memory ROOT FIXTURES SYMBOLS SCRATCH [torture]     without the word not all of them, and in fewer ways */
#include "allocations.h"
#include "embeddings.h"

#include <sys/stat.h>
#include <unistd.h>

enum { FILL = 0xA5, ROOM = 1 << 16 };
static unsigned char outputs[ROOM], expected[ROOM];
static const char *fixtures, *scratch;
#define DEFAULT_MODEL "models/actionclip-shapes.safetensors"
/* How the operation at hand refuses. */
static long from, to;

static const char *fixture(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  if (strcmp(name, DEFAULT_MODEL) == 0) return check_path(name);
  snprintf(path, sizeof paths[0], "%s/%s", fixtures, name);
  return path;
}

/* The part of an operation that is watched. */
#define WATCHED(call) (arm(from, to), watched_status = (call), disarm(), watched_status)
static int32_t watched_status;
static const char *failed_message(void) {
  static char text[4096];
  snprintf(text, sizeof text, "%s", actionclip_last_error());
  return text;
}

static actionclip_model_options options(int32_t compute, int32_t threads) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = threads;
  o.compute_type = compute;
  return o;
}

/* ------------------------------------------------------------------------------------------- operations
 * Each makes what it needs, does one call WATCHED, and leaves what the call gave in `outputs`. */

static const char *const prompts[] = {"run in on", "a b c"};
static const char *const labels[] = {"run", "on", "in"};
static int32_t operation_compute, operation_threads;
static const char *operation_file, *model_file = "models/whole.safetensors";

static int32_t load(void) {
  const actionclip_model_options o = options(operation_compute, operation_threads);
  actionclip_model *model = NULL;
  const int32_t status = WATCHED(actionclip_model_load(fixture(operation_file), &o, &model));
  CHECK((status == ACTIONCLIP_OK) == (model != NULL));
  if (model != NULL) embeddings(model, (float *)outputs);
  actionclip_model_free(model);
  return status;
}

static int32_t load_buffer(void) {
  const actionclip_model_options o = options(operation_compute, operation_threads);
  actionclip_model *model = NULL;
  size_t size;
  unsigned char *data = check_read_file(fixture(operation_file), &size);
  const int32_t status = WATCHED(actionclip_model_load_buffer(data, size, &o, &model));
  CHECK((status == ACTIONCLIP_OK) == (model != NULL));
  if (model != NULL) embeddings(model, (float *)outputs);
  actionclip_model_free(model);
  free(data);
  return status;
}

static int32_t load_tokenizer(void) {
  actionclip_tokenizer *tokenizer = NULL;
  const int32_t status = WATCHED(actionclip_tokenizer_load(fixture(operation_file), &tokenizer));
  CHECK((status == ACTIONCLIP_OK) == (tokenizer != NULL));
  size_t count = 0;
  if (tokenizer != NULL)
    CHECK_OK(actionclip_tokenizer_encode(tokenizer, "run on", 6, (int32_t *)outputs, 64, &count));
  actionclip_tokenizer_free(tokenizer);
  return status;
}

static int32_t encode_text(void) {
  actionclip_tokenizer *tokenizer = NULL;
  CHECK_OK(actionclip_tokenizer_load(fixture("merges/merges.txt"), &tokenizer));
  static char text[3000];
  memset(text, 'r', sizeof text); /* a long word, then others */
  memcpy(text + 1000, " run &amp;amp; \xC3\xA9tude in on, in running ", 40);
  size_t count;
  memset(&count, FILL, sizeof count);
  const int32_t status =
      WATCHED(actionclip_tokenizer_encode(tokenizer, text, sizeof text, (int32_t *)outputs, ROOM / 4, &count));
  size_t untouched;
  memset(&untouched, FILL, sizeof untouched);
  CHECK((status == ACTIONCLIP_OK) == (count != untouched));
  actionclip_tokenizer_free(tokenizer);
  return status;
}

static actionclip_model *fresh(void) {
  const actionclip_model_options o = options(operation_compute, operation_threads);
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(fixture(model_file), &o, &model));
  return model;
}

static int32_t tokenize(void) {
  actionclip_model *model = fresh();
  const int32_t status = WATCHED(actionclip_tokenize(model, prompts, 2, ACTIONCLIP_TEXT_TRUNCATE, (int32_t *)outputs,
                                                     ROOM / 4));
  actionclip_model_free(model);
  return status;
}

static int32_t encode_prompts(void) {
  actionclip_model *model = fresh();
  const int32_t status = WATCHED(actionclip_encode_prompts(model, prompts, 2, ACTIONCLIP_TEXT_TRUNCATE,
                                                           (float *)outputs, ROOM / 4));
  actionclip_model_free(model);
  return status;
}

static int32_t encode_labels(void) {
  actionclip_model *model = fresh();
  const int32_t status = WATCHED(actionclip_encode_labels(model, labels, 3, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE,
                                                          (float *)outputs, ROOM / 4));
  actionclip_model_free(model);
  return status;
}

/* A classifier with examples of two labels, and what the rest of an operation leaves of it. */
static actionclip_classifier *taught(actionclip_model *model) {
  actionclip_classifier *classifier = NULL;
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  const size_t e = (size_t)info.embedding_size;
  float videos[4 * 64];
  for (size_t i = 0; i < 4 * e && i < sizeof videos / sizeof *videos; i++) videos[i] = (float)(i * 37 % 101) - 50;
  CHECK_OK(actionclip_classifier_create(model, labels, 3, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  CHECK_OK(actionclip_classifier_add_examples(classifier, labels[0], videos, 2, NULL));
  CHECK_OK(actionclip_classifier_add_examples(classifier, labels[1], videos + 2 * e, 2, NULL));
  return classifier;
}

/* The classifier scores as before unless the call succeeded, and has lost no example. */
static void as_before(actionclip_classifier *classifier, const float before[3], int32_t status, int32_t more) {
  float video[64], after[3];
  for (size_t i = 0; i < 64; i++) video[i] = (float)(i * 53 % 89) - 40;
  CHECK_OK(actionclip_classifier_score(classifier, video, 1, 100, after, 3, NULL, NULL));
  CHECK(status == ACTIONCLIP_OK || memcmp(before, after, sizeof after) == 0);
  CHECK(actionclip_classifier_example_count(classifier) == 4 + (status == ACTIONCLIP_OK ? more : 0));
  if (status == ACTIONCLIP_OK) memcpy(outputs, after, sizeof after);
}

static int32_t fit(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = taught(model);
  float video[64], before[3];
  for (size_t i = 0; i < 64; i++) video[i] = (float)(i * 53 % 89) - 40;
  CHECK_OK(actionclip_classifier_score(classifier, video, 1, 100, before, 3, NULL, NULL));
  const int32_t status = WATCHED(actionclip_classifier_fit(classifier, NULL, NULL));
  as_before(classifier, before, status, 0);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

static int32_t add_example(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = taught(model);
  float video[64], before[3];
  for (size_t i = 0; i < 64; i++) video[i] = (float)(i * 53 % 89) - 40;
  CHECK_OK(actionclip_classifier_fit(classifier, NULL, NULL));
  CHECK_OK(actionclip_classifier_score(classifier, video, 1, 100, before, 3, NULL, NULL));
  const int32_t status = WATCHED(actionclip_classifier_add_examples(classifier, labels[2], video, 1, NULL));
  as_before(classifier, before, status, 1);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

/* A classifier's file is as it was unless it is written whole, and what is loaded scores as before. */
static int32_t classifier_file(int is_load) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/taught", scratch);
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = taught(model), *loaded = NULL;
  CHECK_OK(actionclip_classifier_fit(classifier, NULL, NULL));
  float video[64];
  for (size_t i = 0; i < 64; i++) video[i] = (float)(i * 53 % 89) - 40;
  if (is_load) CHECK_OK(actionclip_classifier_save(classifier, path, 1));
  else unlink(path);
  const int32_t status = is_load ? WATCHED(actionclip_classifier_load(model, path, &loaded))
                                 : WATCHED(actionclip_classifier_save(classifier, path, 1));
  if (is_load) CHECK((status == ACTIONCLIP_OK) == (loaded != NULL));
  else CHECK((status == ACTIONCLIP_OK) == (access(path, F_OK) == 0));
  if (status == ACTIONCLIP_OK && !is_load) CHECK_OK(actionclip_classifier_load(model, path, &loaded));
  if (loaded != NULL)
    CHECK_OK(actionclip_classifier_score(loaded, video, 1, 100, (float *)outputs, ROOM / 4, NULL, NULL));
  unlink(path);
  actionclip_classifier_free(loaded);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

static int32_t classifier_save(void) { return classifier_file(0); }
static int32_t classifier_load(void) { return classifier_file(1); }

static unsigned char picture[40 * 30 * 3];
static int32_t encode_frames(void) {
  actionclip_model *model = fresh();
  for (size_t i = 0; i < sizeof picture; i++) picture[i] = (unsigned char)(i * 37 >> 2);
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  actionclip_image frames[64];
  const size_t count = (size_t)info.frames * 2;
  for (size_t i = 0; i < count && i < 64; i++)
    frames[i] = (actionclip_image){picture, 0, i % 2 == 0 ? 40 : 30, 30, ACTIONCLIP_PIXEL_RGB, 0};
  const int32_t status = WATCHED(actionclip_encode_frames(model, frames, count, NULL, (float *)outputs, ROOM / 8,
                                                          (float *)outputs + ROOM / 8, ROOM / 8));
  actionclip_model_free(model);
  return status;
}

/* So many that the scratch memory is mapped. */
static int32_t encode_many(void) {
  enum { MANY = 1 << 13 };
  actionclip_model *model = fresh();
  float *pixels = check_alloc(MANY * 12 * sizeof *pixels), *out = check_alloc(MANY / 2 * 8 * sizeof *out);
  for (size_t i = 0; i < MANY * 12; i++) pixels[i] = (float)(i % 23) / 11 - 1;
  const int32_t status = WATCHED(actionclip_encode_pixels(model, pixels, MANY * 12, MANY, out, MANY / 2 * 8, NULL, 0));
  if (status == ACTIONCLIP_OK) memcpy(outputs, out, ROOM);
  else
    for (size_t i = 0; i < MANY / 2 * 8; i++)
      if (out[i] != 0) return CHECK(!"outputs were written"), status;
  free(pixels);
  free(out);
  actionclip_model_free(model);
  return status;
}

static int32_t preprocess(void) {
  const actionclip_image image = {picture, 0, 40, 30, ACTIONCLIP_PIXEL_RGB, 0};
  return WATCHED(actionclip_preprocess_pixels(&image, 32, NULL, (float *)outputs, ROOM / 4));
}

/* A classifier that was made scores, and is freed with its model. */
static void score_and_free(actionclip_classifier *classifier, actionclip_model *model) {
  const float video[8] = {1, 2, 3, -1, 0, 1, 2, 1};
  if (classifier != NULL)
    CHECK_OK(actionclip_classifier_score(classifier, video, 1, 100, (float *)outputs, ROOM / 4, NULL, NULL));
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
}

static int32_t classifier_create(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = NULL;
  const int32_t status =
      WATCHED(actionclip_classifier_create(model, labels, 3, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  CHECK((status == ACTIONCLIP_OK) == (classifier != NULL));
  score_and_free(classifier, model);
  return status;
}

/* Labels 0 and 2 are described; 1 is not, and is set later. */
static int32_t classifier_of_descriptions(void) {
  const char *const described[] = {"run", "in"}, *const texts[] = {"on {}", "run", "in"};
  const int32_t label_of_text[] = {0, 0, 1};
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = NULL;
  const int32_t status = WATCHED(actionclip_classifier_create_described(
      model, described, 2, texts, label_of_text, NULL, 3, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  CHECK((status == ACTIONCLIP_OK) == (classifier != NULL));
  score_and_free(classifier, model);
  return status;
}

static int32_t prompts_fit(void) {
  float numbers[(6 + 4 * 3) * 8];
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) numbers[i] = (float)(i * 7 % 11) - 5;
  const int32_t right[] = {0, 1, 2, 0, 1, 2};
  actionclip_prompts_report report = {.struct_size = sizeof report};
  return WATCHED(actionclip_prompts_fit(numbers, 6, right, NULL, numbers + 6 * 8, 4, 3, 8, 100, -1, (float *)outputs,
                                        ROOM / 4, &report));
}

static actionclip_classifier *classifier_of(actionclip_model *model, size_t count) {
  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, count, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  return classifier;
}

static int32_t classifier_set_labels(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = classifier_of(model, 2);
  const int32_t status = WATCHED(actionclip_classifier_set_labels(classifier, labels, 3, NULL));
  const float video[8] = {1, 2, 3, -1, 0, 1, 2, 1};
  CHECK(actionclip_classifier_label_count(classifier) == (status == ACTIONCLIP_OK ? 3 : 2));
  if (status == ACTIONCLIP_OK)
    CHECK_OK(actionclip_classifier_score(classifier, video, 1, 100, (float *)outputs, ROOM / 4, NULL, NULL));
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

static int32_t label_list(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = classifier_of(model, 3);
  actionclip_label_list *list = NULL;
  const int32_t status = WATCHED(actionclip_classifier_label_list(classifier, &list));
  CHECK((status == ACTIONCLIP_OK) == (list != NULL));
  const float video[8] = {1, 2, 3, -1, 0, 1, 2, 1};
  if (list != NULL) CHECK_OK(actionclip_label_list_score(list, video, 1, 100, (float *)outputs, ROOM / 4));
  actionclip_label_list_free(list);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

/* An archive of three rows of two numbers, one of them removed. */
static const char *archive(void) {
  static char folder[1200];
  if (folder[0] != 0) return folder;
  snprintf(folder, sizeof folder, "%s/archive", scratch);
  mkdir(folder, 0755);
  const float rows[] = {1, 0, 0, 1, 0.6f, 0.8f};
  char rows_file[192];
  memcpy(rows_file, "\x93NUMPY\x01\0\x76\0", 10);
  const int length = snprintf(rows_file + 10, 118, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
  memset(rows_file + 10 + length, ' ', (size_t)(117 - length));
  rows_file[127] = '\n';
  memcpy(rows_file + 128, rows, sizeof rows);
  static const char lines[] = "{\"path\":\"a\",\"start\":0,\"end\":2}\n{\"path\":\"b\",\"start\":1,\"end\":3}\n"
                              "{\"path\":\"c\",\"start\":0,\"end\":2}\n";
  static const char manifest[] = "{\"format\":\"actionclip-archive\",\"version\":1,\"dimension\":2,\"dtype\":\"float32\"}";
  static const char removed[] = "{\"path\":\"a\",\"shard\":0,\"row\":0,\"rows\":1}\n";
  const struct {
    const char *name, *data;
    size_t size;
  } files[] = {{"manifest.json", manifest, sizeof manifest - 1}, {"meta_0000.jsonl", lines, sizeof lines - 1},
               {"removed.jsonl", removed, sizeof removed - 1},   {"emb_0000.npy", rows_file, 128 + sizeof rows}};
  for (int i = 0; i < 4; i++) {
    char path[1300];
    snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fwrite(files[i].data, 1, files[i].size, file) == files[i].size);
    if (file != NULL) fclose(file);
  }
  return folder;
}
/* Later tests want the folder of files empty. */
static void remove_archive(void) {
  static const char *const names[] = {"manifest.json", "meta_0000.jsonl", "removed.jsonl", "emb_0000.npy"};
  char path[1300];
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "%s/%s", archive(), names[i]);
    unlink(path);
  }
  CHECK(rmdir(archive()) == 0);
}
static int32_t index_open(void) {
  actionclip_index_options given;
  actionclip_index_options_init(&given);
  given.threads = 1;
  given.in_memory = 1;
  actionclip_index *index = NULL;
  const char *path = archive();
  const int32_t status = WATCHED(actionclip_index_open(path, &given, &index));
  CHECK((status == ACTIONCLIP_OK) == (index != NULL));
  actionclip_index_free(index);
  return status;
}
static int32_t index_query(void) {
  actionclip_index_options given;
  actionclip_index_options_init(&given);
  given.threads = 1;
  actionclip_index *index = NULL;
  CHECK_OK(actionclip_index_open(archive(), &given, &index));
  actionclip_moment *moments = (actionclip_moment *)(void *)outputs;
  const float query[] = {0, 1};
  size_t count = 0;
  uint32_t mark;
  memcpy(&mark, outputs, sizeof mark);
  moments[0].struct_size = sizeof *moments;
  const int32_t status = WATCHED(actionclip_index_query(index, query, NULL, 1, 2, NULL, moments, 3, &count));
  CHECK(status != ACTIONCLIP_OK || (count == 2 && moments[0].row == 1));
  if (status != ACTIONCLIP_OK) memcpy(outputs, &mark, sizeof mark);
  actionclip_index_free(index);
  return status;
}

static int32_t cancel_token(void) {
  actionclip_cancel_token *token = NULL;
  const int32_t status = WATCHED(actionclip_cancel_token_create(&token));
  CHECK((status == ACTIONCLIP_OK) == (token != NULL));
  actionclip_cancel_token_free(token);
  return status;
}

static int32_t classifier_score(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = classifier_of(model, 3);
  const float videos[16] = {1, 2, 3, -1, 0, 1, 2, 1, 4, 3, 2, 1, 0, -1, 1, 1};
  const int32_t status =
      WATCHED(actionclip_classifier_score(classifier, videos, 2, 100, (float *)outputs, ROOM / 4, NULL, NULL));
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return status;
}

static int32_t video_open(void) {
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  actionclip_video *video = NULL;
  const int32_t status = WATCHED(actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video));
  CHECK((status == ACTIONCLIP_OK) == (video != NULL));
  actionclip_video_free(video);
  return status;
}

static int32_t encode_video(void) {
  actionclip_model *model = fresh();
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video));
  const int32_t status =
      WATCHED(actionclip_encode_video(model, video, NULL, (float *)outputs, ROOM / 4, NULL, 0));
  actionclip_video_free(video);
  actionclip_model_free(model);
  return status;
}

static int32_t encode_video_between(void) {
  actionclip_model *model = fresh();
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video));
  const int32_t status =
      WATCHED(actionclip_encode_video_between(model, video, 1, 3, NULL, (float *)outputs, ROOM / 4, NULL, 0));
  actionclip_video_free(video);
  actionclip_model_free(model);
  return status;
}

static int32_t operation_storage;
static int32_t save(void) {
  actionclip_model *model = fresh();
  char path[1200];
  snprintf(path, sizeof path, "%s/saved.safetensors", scratch);
  FILE *old = fopen(path, "wb");
  if (old == NULL || fputs("old", old) < 0 || fclose(old) != 0) exit(2);
  actionclip_save_options o;
  actionclip_save_options_init(&o);
  o.storage = operation_storage;
  const int32_t status = WATCHED(actionclip_model_save(model, path, &o));
  size_t size;
  unsigned char *file = check_read_file(path, &size);
  if (status == ACTIONCLIP_OK) memcpy(outputs, file, size < ROOM ? size : ROOM);
  else CHECK(size == 3 && memcmp(file, "old", 3) == 0);
  free(file);
  unlink(path);
  CHECK(rmdir(scratch) == 0 && mkdir(scratch, 0777) == 0); /* nothing is left beside it */
  actionclip_model_free(model);
  return status;
}

/* A tuner with clips of pixels, of three labels; the last block of both encoders is trained. Its products are bf16 and
 * its clips are kept in a file where `tuner_cache` names one. */
static const char *tuner_cache;
enum { TUNER_CLIPS = 4, TUNER_FLOATS = 2 * 3 * 2 * 2 };
static float tuner_pixels[TUNER_FLOATS];
static int32_t tuner_add(actionclip_tuner *tuner, int32_t label) {
  for (int i = 0; i < TUNER_FLOATS; i++) tuner_pixels[i] = (float)((i * 7 + 3 * label) % 11) / 5 - 1;
  return actionclip_tuner_add_pixels(tuner, &label, 1, tuner_pixels, TUNER_FLOATS, 2, ACTIONCLIP_CLIP_TRAINED);
}

static actionclip_tuner_options tuner_options(void) {
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.vision = o.text = ACTIONCLIP_TRAIN_BLOCKS;
  o.vision_blocks = o.text_blocks = 1;
  o.batch = 2;
  o.rate = 1e-3;
  o.anchor = 0.01;
  o.warm_up_epochs = 0;
  o.too_long = ACTIONCLIP_TEXT_TRUNCATE;
  o.cache_path = tuner_cache;
  if (tuner_cache != NULL) o.compute_type = ACTIONCLIP_COMPUTE_BF16;
  return o;
}

static actionclip_tuner *tuner_of(actionclip_model *model) {
  const actionclip_tuner_options o = tuner_options();
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, 3, NULL, 0, &o, &tuner));
  CHECK_OK(actionclip_tuner_add_text(tuner, 1, "in on"));
  for (int32_t i = 0; i < TUNER_CLIPS; i++) CHECK_OK(tuner_add(tuner, i % 3));
  return tuner;
}

/* Takes two steps, which are the same whatever failed before, and frees all. */
static void steps_as_ever(actionclip_tuner *tuner, actionclip_model *model, int first) {
  static actionclip_tuner_result all[2][4];
  actionclip_tuner_result result, *const known = all[tuner_cache != NULL];
  for (int i = first; i < first + 2; i++) {
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    CHECK_OK(actionclip_tuner_step(tuner, &result));
    CHECK(result.step == i + 1);
    if (known[i].step == 0) known[i] = result;
    CHECK(memcmp(&known[i], &result, sizeof result) == 0);
  }
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
}

static int32_t tuner_create(void) {
  actionclip_model *model = fresh();
  const actionclip_tuner_options o = tuner_options();
  actionclip_tuner *tuner = NULL;
  const int32_t status = WATCHED(actionclip_tuner_create(model, labels, 3, NULL, 0, &o, &tuner));
  CHECK((status == ACTIONCLIP_OK) == (tuner != NULL));
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  return status;
}

/* Adding: what was refused is not there, and is added afterwards. */
static int32_t tuner_add_clip(void) {
  actionclip_model *model = fresh();
  const actionclip_tuner_options o = tuner_options();
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, 3, NULL, 0, &o, &tuner));
  CHECK_OK(actionclip_tuner_add_text(tuner, 1, "in on"));
  int32_t status = ACTIONCLIP_OK;
  for (int32_t i = 0; i < TUNER_CLIPS; i++) {
    if (i != 1) CHECK_OK(tuner_add(tuner, i % 3));
    else if ((status = WATCHED(tuner_add(tuner, i % 3))) != ACTIONCLIP_OK) CHECK_OK(tuner_add(tuner, i % 3));
  }
  steps_as_ever(tuner, model, 0);
  return status;
}

static int32_t tuner_add_text(void) {
  actionclip_model *model = fresh();
  const actionclip_tuner_options o = tuner_options();
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, 3, NULL, 0, &o, &tuner));
  const int32_t status = WATCHED(actionclip_tuner_add_text(tuner, 1, "in on"));
  if (status != ACTIONCLIP_OK) CHECK_OK(actionclip_tuner_add_text(tuner, 1, "in on"));
  for (int32_t i = 0; i < TUNER_CLIPS; i++) CHECK_OK(tuner_add(tuner, i % 3));
  steps_as_ever(tuner, model, 0);
  return status;
}

static int32_t tuner_add_frames(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model);
  const actionclip_image frames[2] = {{picture, 0, 40, 30, ACTIONCLIP_PIXEL_RGB, 0},
                                      {picture, 0, 30, 30, ACTIONCLIP_PIXEL_RGB, 0}};
  const int32_t label = 2;
  const int32_t status =
      WATCHED(actionclip_tuner_add_frames(tuner, &label, 1, frames, 2, NULL, ACTIONCLIP_CLIP_HELD_OUT));
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  CHECK_OK(actionclip_tuner_get_info(tuner, &sizes));
  CHECK(sizes.held_out == (status == ACTIONCLIP_OK) && sizes.clips == TUNER_CLIPS);
  steps_as_ever(tuner, model, 0);
  return status;
}

static int32_t tuner_add_video(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model);
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video));
  const int32_t label = 2;
  const int32_t status =
      WATCHED(actionclip_tuner_add_video(tuner, &label, 1, video, 0, 1, 2, NULL, ACTIONCLIP_CLIP_HELD_OUT));
  actionclip_video_free(video);
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  CHECK_OK(actionclip_tuner_get_info(tuner, &sizes));
  CHECK(sizes.held_out == (status == ACTIONCLIP_OK));
  steps_as_ever(tuner, model, 0);
  return status;
}

static int32_t add_file(actionclip_tuner *tuner, int32_t label) {
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  const char *const path = check_path(EXAMPLE_CLIP);
  return actionclip_tuner_add_video_file(tuner, &label, 1, path, 0, 1, NULL, &o, ACTIONCLIP_CLIP_TRAINED);
}

/* A tuner whose crops are drawn from pictures and from a file. */
static actionclip_tuner *drawing_tuner(actionclip_model *model) {
  actionclip_tuner_options o = tuner_options();
  o.augment = ACTIONCLIP_AUGMENT_REFERENCE_K400;
  o.jitter = ACTIONCLIP_ON;
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, 3, NULL, 0, &o, &tuner));
  const actionclip_image frames[3] = {{picture, 0, 40, 30, ACTIONCLIP_PIXEL_RGB, 0},
                                      {picture, 0, 30, 30, ACTIONCLIP_PIXEL_RGB, 0},
                                      {picture, 0, 20, 30, ACTIONCLIP_PIXEL_RGB, 0}};
  const int32_t label = 0;
  CHECK_OK(actionclip_tuner_add_frames(tuner, &label, 1, frames, 3, NULL, ACTIONCLIP_CLIP_TRAINED));
  return tuner;
}

/* A file that was refused is not there, and is added afterwards. */
static int32_t tuner_add_video_file(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = drawing_tuner(model);
  const int32_t status = WATCHED(add_file(tuner, 1));
  if (status != ACTIONCLIP_OK) CHECK_OK(add_file(tuner, 1));
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  CHECK_OK(actionclip_tuner_get_info(tuner, &sizes));
  CHECK(sizes.clips == 2);
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  return status;
}

/* A step that decodes and draws: it is taken, or everything is as it was. */
static int32_t tuner_draw(void) {
  static actionclip_tuner_result known;
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = drawing_tuner(model);
  CHECK_OK(add_file(tuner, 1));
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  CHECK_OK(actionclip_tuner_get_info(tuner, &sizes));
  actionclip_tuner_result *result = (actionclip_tuner_result *)(void *)outputs, own;
  result->struct_size = own.struct_size = sizeof own;
  const int32_t status = WATCHED(actionclip_tuner_step(tuner, result));
  if (status == ACTIONCLIP_OK) own = *result;
  else {
    memset(&result->struct_size, FILL, sizeof result->struct_size);
    CHECK_OK(actionclip_tuner_step(tuner, &own));
  }
  if (known.step == 0) known = own;
  CHECK(own.step == 1 && memcmp(&known, &own, sizeof own) == 0);
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  return status;
}

/* The copy is made. */
static int32_t tuner_get_info(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model);
  actionclip_tuner_info *sizes = (actionclip_tuner_info *)(void *)outputs;
  sizes->struct_size = sizeof *sizes;
  const int32_t status = WATCHED(actionclip_tuner_get_info(tuner, sizes));
  if (status != ACTIONCLIP_OK) memset(&sizes->struct_size, FILL, sizeof sizes->struct_size);
  steps_as_ever(tuner, model, 0);
  return status;
}

/* A step of a tuner that has its copy: it is taken, or everything is as it was. */
static int32_t tuner_step(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model);
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  actionclip_tuner_result *result = (actionclip_tuner_result *)(void *)outputs;
  result->struct_size = sizeof *result;
  const int32_t status = WATCHED(actionclip_tuner_step(tuner, result));
  if (status != ACTIONCLIP_OK) memset(&result->struct_size, FILL, sizeof result->struct_size);
  steps_as_ever(tuner, model, status == ACTIONCLIP_OK ? 2 : 1);
  return status;
}

/* The same of a tuner in bf16 whose clips are in a file: a new one, and one that an earlier tuner filled. */
static int32_t with_cache(int32_t (*operation)(void), int is_filled) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/clips", scratch);
  tuner_cache = path;
  if (is_filled) {
    actionclip_model *model = fresh();
    steps_as_ever(tuner_of(model), model, 0);
  }
  const int32_t status = operation();
  CHECK(unlink(path) == 0);
  tuner_cache = NULL;
  return status;
}
static int32_t cached_get_info(void) { return with_cache(tuner_get_info, 0); }
static int32_t cached_step(void) { return with_cache(tuner_step, 1); }

static int32_t tuner_eval(void) {
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model);
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  actionclip_tuner_score *score = (actionclip_tuner_score *)(void *)outputs;
  score->struct_size = sizeof *score;
  const int32_t status = WATCHED(actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_TRAINED, 0.5, score));
  if (status != ACTIONCLIP_OK) memset(&score->struct_size, FILL, sizeof score->struct_size);
  steps_as_ever(tuner, model, 1);
  return status;
}

/* A state is written whole or not at all; a tuner that could not load one is as it was. */
static int32_t tuner_file(int is_load) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/state", scratch);
  actionclip_model *model = fresh();
  actionclip_tuner *tuner = tuner_of(model), *other = tuner_of(model);
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  if (is_load) CHECK_OK(actionclip_tuner_save(tuner, path));
  else unlink(path);
  const int32_t status = is_load ? WATCHED(actionclip_tuner_load(other, path)) : WATCHED(actionclip_tuner_save(tuner, path));
  if (!is_load) CHECK((status == ACTIONCLIP_OK) == (access(path, F_OK) == 0));
  const int is_loaded = status == ACTIONCLIP_OK;
  if (is_loaded && !is_load) CHECK_OK(actionclip_tuner_load(other, path));
  unlink(path);
  steps_as_ever(other, NULL, is_loaded);
  steps_as_ever(tuner, model, 1);
  return status;
}
static int32_t tuner_save(void) { return tuner_file(0); }
static int32_t tuner_load(void) { return tuner_file(1); }

static int32_t tuner_model(void) {
  actionclip_model *model = fresh(), *tuned = NULL;
  actionclip_tuner *tuner = tuner_of(model);
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  const int32_t status = WATCHED(actionclip_tuner_model(tuner, 0.5, &tuned));
  CHECK((status == ACTIONCLIP_OK) == (tuned != NULL));
  if (tuned != NULL) embeddings(tuned, (float *)outputs);
  actionclip_model_free(tuned);
  steps_as_ever(tuner, model, 1);
  return status;
}

static int32_t interpolate(void) {
  actionclip_model *model = fresh(), *mixed = NULL;
  const int32_t status = WATCHED(actionclip_models_interpolate(model, model, 0.5, &mixed));
  CHECK((status == ACTIONCLIP_OK) == (mixed != NULL));
  if (mixed != NULL) embeddings(mixed, (float *)outputs);
  actionclip_model_free(mixed);
  actionclip_model_free(model);
  return status;
}

/* Freeing asks for nothing: all of it is refused. */
static int32_t destroy(void) {
  actionclip_model *model = fresh();
  actionclip_classifier *classifier = classifier_of(model, 3);
  embeddings(model, (float *)outputs);
  arm(1, INT64_MAX);
  actionclip_model_free(model);
  actionclip_classifier_free(classifier);
  disarm();
  CHECK(memory.own == 0);
  return ACTIONCLIP_OK;
}

/* ---------------------------------------------------------------------------------------------- the harness */

static long covered, refused_objects, optional_count, large_count;
static int at_length;
/* One refusal of so many is followed by the whole round; more where an operation has hundreds. */
static int followed = 5;

static int untouched(void) {
  for (size_t i = 0; i < ROOM; i++)
    if (outputs[i] != FILL) return 0;
  return 1;
}

/* One round: the outcome is checked, and that nothing of the library's is left. */
static int32_t round_of(int32_t (*operation)(void)) {
  memset(outputs, FILL, ROOM);
  const long before = memory.live_own;
  const int32_t status = operation();
  CHECK(memory.live_own == before);
  return status;
}

static void each_refused(const char *name, int32_t (*operation)(void), int persistent) {
  long n = 1, forgiven = 0;
  for (;; n++) {
    const int in_full = at_length || n % followed == 1;
    if (persistent && !in_full) continue;
    from = n;
    to = persistent ? INT64_MAX : n;
    const int32_t status = round_of(operation);
    if (memory.refused == 0) break; /* it needed fewer */
    if (status == ACTIONCLIP_OK) {
      forgiven++;
      CHECK(memcmp(outputs, expected, ROOM) == 0);
    } else {
      if (status != ACTIONCLIP_ERROR_OUT_OF_MEMORY || !untouched())
        fprintf(stderr, "  %s, allocation %ld%s: %s, %s\n", name, n, persistent ? " and on" : "",
                actionclip_status_name(status), failed_message());
      CHECK(status == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
      CHECK(untouched());
    }
    if (!in_full) continue;
    /* Again: what the runtime keeps of the first time (its caches of types) is not a leak, growing is. */
    const long kept = memory.live_runtime;
    round_of(operation);
    CHECK(memory.live_runtime == kept);
    from = to = 0;
    CHECK(round_of(operation) == ACTIONCLIP_OK && memcmp(outputs, expected, ROOM) == 0);
    if (check_failed > 20) break;
  }
  if (!persistent) {
    covered += n - 1;
    optional_count += forgiven;
    if (at_length) printf("  %-34s %4ld refused in turn, %ld done without\n", name, n - 1, forgiven);
  }
}

/* The runtime's allocations cannot be refused, so none may be large. */
static void without_faults(const char *name, int32_t (*operation)(void)) {
  from = to = 0;
  CHECK(round_of(operation) == ACTIONCLIP_OK);
  memcpy(expected, outputs, ROOM);
  CHECK(round_of(operation) == ACTIONCLIP_OK && memcmp(outputs, expected, ROOM) == 0);
  if (memory.large > 0) {
    large_count += memory.large;
    printf("  %s: the runtime allocated %ld blocks of 64 KB or more\n", name, memory.large);
    for (int i = 0; i < memory.kept; i++) print_sample(i);
  }
}

/* Objects of the runtime are refused: all of them, then one in turn of those that are large. The call does without, from
 * the library's reserve, or says that memory is out; nothing of the reserve stays in use. */
static void without_objects(int32_t (*operation)(void)) {
  from = to = 0;
  memory.smallest_object = 1;
  memory.object_from = 1;
  memory.object_to = INT64_MAX;
  for (int round = 0; round < 2; round++) {
    const int32_t status = round_of(operation);
    CHECK(memory.refused > 0 || memory.objects == 0);
    if (status == ACTIONCLIP_OK) CHECK(memcmp(outputs, expected, ROOM) == 0);
    else CHECK(status == ACTIONCLIP_ERROR_OUT_OF_MEMORY && untouched());
  }
  refused_objects += memory.refused;
  memory.smallest_object = 0;
  CHECK(round_of(operation) == ACTIONCLIP_OK && memcmp(outputs, expected, ROOM) == 0);
}

/* Again and again with every object refused: what the reserve gave it has back. */
static void reserve_is_given_back(int32_t (*operation)(void)) {
  from = to = 0;
  memory.smallest_object = 1;
  memory.object_from = 1;
  memory.object_to = INT64_MAX;
  for (int i = 0; i < 500; i++) CHECK(operation() == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
  memory.smallest_object = 0;
  CHECK(operation() == ACTIONCLIP_OK);
}

static void test(const char *name, int32_t (*operation)(void)) {
  without_faults(name, operation);
  without_objects(operation);
  each_refused(name, operation, 0);
  if (at_length || operation_compute == ACTIONCLIP_COMPUTE_FP32) each_refused(name, operation, 1);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: test_memory ROOT FIXTURES SYMBOLS SCRATCH\n");
    return 2;
  }
  check_root = argv[1];
  fixtures = argv[2];
  scratch = argv[4];
  at_length = argc > 5;
  allocations_begin(argv[3]);

  static const struct {
    const char *name;
    int32_t compute;
  } precisions[] = {{"fp32", ACTIONCLIP_COMPUTE_FP32}, {"bf16", ACTIONCLIP_COMPUTE_BF16},
                    {"int8", ACTIONCLIP_COMPUTE_INT8}};
  static const char *const files[] = {"models/plain.safetensors", "models/whole.safetensors", "models/state.pt",
                                      "models/checkpoint.pt",     "merges/tiny.safetensors",  "merges/tiny.pt",
                                      "wide/wide.safetensors",    "wide/wide.pt",             "models/int8.safetensors",
                                      "models/bf16.safetensors",  "folders/stem"};
  char name[100];
  for (size_t p = 0; p < 3; p++) {
    operation_compute = precisions[p].compute;
    operation_threads = 1;
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
      operation_file = files[f];
      if (p > 0 && (strncmp(files[f], "wide/", 5) == 0 || (!at_length && f % 2 == 0))) continue;
      snprintf(name, sizeof name, "load %s, %s", strchr(files[f], '/') + 1, precisions[p].name);
      test(name, load);
      if (strncmp(files[f], "models/", 7) != 0 || (!at_length && p > 0)) continue;
      snprintf(name, sizeof name, "load_buffer %s, %s", strchr(files[f], '/') + 1, precisions[p].name);
      test(name, load_buffer);
    }
    snprintf(name, sizeof name, "encode_frames, %s", precisions[p].name);
    test(name, encode_frames);
    snprintf(name, sizeof name, "encode_prompts, %s", precisions[p].name);
    test(name, encode_prompts);
  }
  operation_compute = ACTIONCLIP_COMPUTE_FP32;
  operation_file = "models/whole.safetensors";
  reserve_is_given_back(load);
  static const char *const lists[] = {"merges/merges.txt", "merges/merges.txt.gz"};
  for (size_t f = 0; f < 2; f++) {
    operation_file = lists[f];
    snprintf(name, sizeof name, "tokenizer_load %s", strchr(lists[f], '/') + 1);
    test(name, load_tokenizer);
  }
  test("tokenizer_encode", encode_text);
  test("tokenize", tokenize);
  test("encode_labels", encode_labels);
  test("classifier_fit", fit);
  test("classifier_add_examples", add_example);
  test("classifier_save", classifier_save);
  test("classifier_load", classifier_load);
  test("encode_pixels, 8192 frames", encode_many);
  test("preprocess_pixels", preprocess);
  test("classifier_create", classifier_create);
  test("classifier_create_described", classifier_of_descriptions);
  test("prompts_fit", prompts_fit);
  test("classifier_set_labels", classifier_set_labels);
  test("classifier_score", classifier_score);
  test("classifier_label_list", label_list);
  test("index_open", index_open);
  test("index_query", index_query);
  remove_archive();
  test("cancel_token_create", cancel_token);
  test("video_open", video_open);
  test("encode_video", encode_video);
  test("encode_video_between", encode_video_between);
  followed = 50;
  test("tuner_create", tuner_create);
  test("tuner_add_pixels", tuner_add_clip);
  test("tuner_add_text", tuner_add_text);
  test("tuner_add_frames", tuner_add_frames);
  test("tuner_add_video", tuner_add_video);
  test("tuner_add_video_file", tuner_add_video_file);
  test("tuner_step, drawing", tuner_draw);
  test("tuner_get_info", tuner_get_info);
  test("tuner_step", tuner_step);
  test("tuner_get_info, bf16, new file", cached_get_info);
  test("tuner_step, bf16, filled file", cached_step);
  test("tuner_eval", tuner_eval);
  test("tuner_save", tuner_save);
  test("tuner_load", tuner_load);
  test("tuner_model", tuner_model);
  test("models_interpolate", interpolate);
  followed = 5;
  for (operation_storage = 0; operation_storage <= ACTIONCLIP_STORAGE_INT8; operation_storage++) {
    snprintf(name, sizeof name, "save, storage %d", (int)operation_storage);
    test(name, save);
  }
  test("destroy", destroy);
  operation_threads = 3;
  test("encode_frames, 3 threads", encode_frames);
  test("encode_video, 3 threads", encode_video);
  operation_file = model_file = DEFAULT_MODEL;
  operation_threads = 1;
  without_faults("load, default model", load);
  without_faults("encode_prompts, default model", encode_prompts);
  without_faults("encode_frames, default model", encode_frames);
  for (operation_storage = 0; operation_storage <= ACTIONCLIP_STORAGE_INT8; operation_storage++)
    without_faults("save, default model", save);
  model_file = operation_file = "wide/long.safetensors";
  operation_storage = ACTIONCLIP_STORAGE_FP32;
  without_faults("load, 300 KB of metadata", load);
  without_faults("save, 300 KB of metadata", save);
  CHECK(large_count == 0);
  printf("  %ld objects of the runtime refused\n", refused_objects);
  printf("  %ld allocations refused, %ld of them done without\n", covered, optional_count);
  return check_report("test_memory");
}

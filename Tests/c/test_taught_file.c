/* test_taught_file.c: classifiers that are saved and loaded: with their clips, without them, for another model, damaged.
 *
 *   test_taught_file ROOT SCRATCH */
#include "taught.h"

#include <unistd.h>

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, FEW = ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES };

static char path[1024], other_path[1024];

static actionclip_classifier *again(void) {
  actionclip_classifier *c = NULL;
  CHECK_OK(actionclip_classifier_load(model, path, &c));
  return c;
}

static actionclip_classifier *fitted(int32_t method) {
  actionclip_classifier *c = make();
  actionclip_fit_options options;
  actionclip_fit_options_init(&options);
  options.method = method;
  teach_all(c);
  CHECK_OK(actionclip_classifier_fit(c, &options, NULL));
  return c;
}

static void with_clips(void) {
  for (int32_t method = ACTIONCLIP_FIT_AUTO; method <= ACTIONCLIP_FIT_SOFTMAX; method++) {
    actionclip_classifier *c = fitted(method);
    CHECK_OK(actionclip_classifier_save(c, path, 1));
    actionclip_classifier *d = again();
    CHECK(same(c, d) && actionclip_classifier_example_count(d) == LABELS * SHOTS);
    for (int32_t i = 0; i < LABELS * SHOTS; i++) {
      actionclip_example x = {0}, y = {0};
      x.struct_size = y.struct_size = sizeof x;
      CHECK_OK(actionclip_classifier_example(c, i, &x));
      CHECK_OK(actionclip_classifier_example(d, i, &y));
      CHECK(memcmp(&x, &y, sizeof x) == 0);
    }
    /* The same file, byte for byte. */
    CHECK_OK(actionclip_classifier_save(d, other_path, 1));
    size_t size, size2;
    unsigned char *one = check_read_file(path, &size), *two = check_read_file(other_path, &size2);
    CHECK(size == size2 && memcmp(one, two, size) == 0);
    free(one), free(two);
    /* A loaded classifier learns on, with the bits of the one that was saved. */
    const int64_t gone = -3;
    for (int k = 0; k < 2; k++) {
      actionclip_classifier *each = k == 0 ? c : d;
      CHECK_OK(actionclip_classifier_add_examples(each, labels[1], queries[1][0], 1, NULL));
      CHECK_OK(actionclip_classifier_remove_examples(each, &gone, 1));
      CHECK_OK(actionclip_classifier_set_labels(each, labels, LABELS, NULL));
    }
    CHECK(same(c, d));
    actionclip_classifier_free(c);
    actionclip_classifier_free(d);
  }
}

static void without_clips(void) {
  for (int32_t method = ACTIONCLIP_FIT_WORDS; method <= ACTIONCLIP_FIT_SOFTMAX; method++) {
    const int takes_more = method == ACTIONCLIP_FIT_PROTOTYPES || method == ACTIONCLIP_FIT_RIDGE;
    actionclip_classifier *c = fitted(method);
    CHECK_OK(actionclip_classifier_save(c, path, 0));
    /* No clip's embedding is in the file. */
    size_t size;
    unsigned char *bytes = check_read_file(path, &size);
    float unit[MOST];
    double square = 0;
    for (size_t i = 0; i < e; i++) square += (double)shots[1][2][i] * (double)shots[1][2][i];
    for (size_t i = 0; i < e; i++) unit[i] = (float)((double)shots[1][2][i] / sqrt(square));
    for (size_t i = 0; i + 16 <= size; i += 4)
      if (memcmp(bytes + i, unit, 16) == 0 || memcmp(bytes + i, shots[1][2], 16) == 0) CHECK(!"a clip is in the file");
    free(bytes);
    actionclip_classifier *d = again();
    CHECK(same(c, d) && actionclip_classifier_example_count(d) == 0);
    CHECK_ERROR(FEW, actionclip_classifier_fit(d, NULL, NULL));
    CHECK(strstr(actionclip_last_error(), "without its clips") != NULL);
    CHECK_ERROR(FEW, actionclip_classifier_set_labels(d, labels, 2, NULL));
    CHECK_ERROR(IN, actionclip_classifier_save(d, other_path, 1));
    CHECK(same(c, d));
    const int64_t views[] = {8, 8};
    CHECK_ERROR(FEW, actionclip_classifier_add_examples(d, labels[1], packed(1), 2, views));
    if (takes_more) {
      CHECK_OK(actionclip_classifier_add_examples(c, labels[1], queries[1][0], 1, NULL));
      CHECK_OK(actionclip_classifier_add_examples(d, labels[1], queries[1][0], 1, NULL));
      CHECK(actionclip_classifier_example_count(d) == 1);
    } else {
      CHECK_ERROR(FEW, actionclip_classifier_add_examples(d, labels[1], queries[1][0], 1, NULL));
    }
    CHECK(same(c, d));
    /* Saved again without clips, and unfitted to begin anew. */
    CHECK_OK(actionclip_classifier_save(d, path, 0));
    actionclip_classifier_free(d);
    d = again();
    CHECK(same(c, d));
    actionclip_classifier *fresh = make();
    CHECK_OK(actionclip_classifier_unfit(d, NULL));
    CHECK(same(d, fresh));
    teach_all(d), teach_all(fresh);
    CHECK_OK(actionclip_classifier_fit(d, NULL, NULL));
    CHECK_OK(actionclip_classifier_fit(fresh, NULL, NULL));
    CHECK(same(d, fresh));
    actionclip_classifier_free(fresh);
    actionclip_classifier_free(c);
    actionclip_classifier_free(d);
  }
}

static void other_kinds(void) {
  /* Words alone, with examples that no fit has seen. */
  actionclip_classifier *c = make(), *d;
  CHECK_OK(actionclip_classifier_save(c, path, 0));
  d = again();
  CHECK(same(c, d));
  actionclip_classifier_free(d);
  teach_all(c);
  CHECK_ERROR(IN, actionclip_classifier_save(c, path, 0));
  CHECK_OK(actionclip_classifier_save(c, path, 1));
  d = again();
  CHECK(same(c, d));
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_fit(d, NULL, NULL));
  CHECK(same(c, d));
  actionclip_classifier_free(d);
  /* Examples of labels that are set no more, and views. */
  const int64_t views[] = {7, 7};
  float pair[2 * MOST];
  memcpy(pair, queries[3][0], e * sizeof *pair);
  memcpy(pair + e, queries[3][1], e * sizeof *pair);
  CHECK_OK(actionclip_classifier_add_examples(c, labels[3], pair, 2, views));
  CHECK_OK(actionclip_classifier_set_labels(c, labels, 3, NULL));
  CHECK_OK(actionclip_classifier_save(c, path, 1));
  d = again();
  for (int k = 0; k < 2; k++) CHECK_OK(actionclip_classifier_set_labels(k == 0 ? c : d, labels, LABELS, NULL));
  CHECK(same(c, d));
  actionclip_classifier_free(c);
  actionclip_classifier_free(d);

  /* Descriptions and weights of templates. */
  const char *const texts[] = {"on foot", "in haste", "a person who {}", "off the ground", "hello"};
  const int32_t label_of_text[] = {0, 1, 1, 2, 3};
  CHECK_OK(actionclip_classifier_create_described(model, labels, LABELS, texts, label_of_text, NULL, 5, 1, &c));
  teach_all(c);
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_save(c, path, 1));
  d = again();
  CHECK(same(c, d));
  for (int k = 0; k < 2; k++) {
    const char *const more[] = {"run", "walk", "a new one, which is longer than its context may be because it is cut", "wave"};
    CHECK_OK(actionclip_classifier_set_labels(k == 0 ? c : d, more, LABELS, NULL));
  }
  CHECK(same(c, d));
  actionclip_classifier_free(c);
  actionclip_classifier_free(d);
  const float weights[] = {3, 1};
  CHECK_OK(actionclip_classifier_create_weighted(model, labels, LABELS, templates, weights, 2, 0, &c));
  CHECK_OK(actionclip_classifier_save(c, path, 0));
  d = again();
  CHECK(same(c, d));
  actionclip_classifier_free(c);
  actionclip_classifier_free(d);
}

static void other_models(void) {
  actionclip_classifier *c = fitted(ACTIONCLIP_FIT_RIDGE), *d = NULL;
  CHECK_OK(actionclip_classifier_save(c, path, 1));
  actionclip_model *shapes = NULL, *coarse = NULL;
  CHECK_OK(actionclip_model_load(check_path("models/actionclip-shapes.safetensors"), NULL, &shapes));
  CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_classifier_load(shapes, path, &d));
  CHECK(strstr(actionclip_last_error(), "another model") != NULL && d == NULL);
  actionclip_model_free(shapes);
  /* The same model in another precision. */
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.compute_type = ACTIONCLIP_COMPUTE_INT8;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &coarse));
  CHECK_OK(actionclip_classifier_load(coarse, path, &d));
  CHECK(same(c, d));
  actionclip_model_free(coarse);
  actionclip_classifier_free(d);
  d = NULL;
  /* A model is no classifier, nor a classifier a model. */
  actionclip_model *none = NULL;
  CHECK_ERROR(ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED, actionclip_model_load(path, NULL, &none));
  CHECK(strstr(actionclip_last_error(), "actionclip_classifier_load") != NULL && none == NULL);
  CHECK_ERROR(ACTIONCLIP_ERROR_FORMAT_INVALID, actionclip_classifier_load(model, check_path(UNTRAINED_MODEL), &d));
  CHECK_ERROR(0, actionclip_classifier_load(model, check_path(EXAMPLE_CLIP), &d));
  CHECK(strstr(actionclip_last_error(), "wanted here is a taught classifier") != NULL);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_classifier_load(model, "/no/such/file", &d));
  CHECK_ERROR(IN, actionclip_classifier_load(model, NULL, &d));
  CHECK_ERROR(IN, actionclip_classifier_load(model, path, NULL));
  CHECK_ERROR(IN, actionclip_classifier_load(NULL, path, &d));
  CHECK_ERROR(IN, actionclip_classifier_save(c, NULL, 1));
  CHECK_ERROR(IN, actionclip_classifier_save(c, path, 2));
  CHECK_ERROR(IN, actionclip_classifier_save(NULL, path, 1));
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, actionclip_classifier_save(c, "/no/such/folder/file", 1));
  CHECK(d == NULL);
  actionclip_classifier_free(c);
}

/* Writes the file cut short or with a byte changed. */
static void damage(const char *to, int round, unsigned char *bytes, size_t size) {
  size_t length = size;
  const size_t at = (size_t)((next_number() + 0.5) * (double)(round % 3 == 0 ? 4000 : size)) % size;
  const unsigned char before = bytes[at];
  if (round % 5 == 0) length = at;
  else if (round % 2 == 0) bytes[at] = (unsigned char)(before ^ 1u << (round / 2 % 8));
  else bytes[at] = round % 4 == 1 ? 0xff : 0x7f;
  FILE *file = fopen(to, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
  bytes[at] = before;
}

/* 1 if the file was refused; else it is a classifier that works. */
static int refuses(const char *from) {
  actionclip_classifier *d = NULL;
  const int32_t status = actionclip_classifier_load(model, from, &d);
  if (status != ACTIONCLIP_OK) {
    CHECK(d == NULL && check_message() && status != ACTIONCLIP_ERROR_INTERNAL);
    return 1;
  }
  float out[LABELS];
  size_t count = 0;
  const int32_t scored = actionclip_classifier_score(d, queries[0][0], 1, 100, out, LABELS, &count, NULL);
  CHECK(scored == ACTIONCLIP_OK && count == LABELS && !isnan(out[0]));
  const int32_t added = actionclip_classifier_add_examples(d, labels[1], queries[1][0], 1, NULL);
  CHECK(added == ACTIONCLIP_OK || check_message());
  actionclip_classifier_free(d);
  return 0;
}

/* Every cut and thousands of changed bytes: an error or a classifier that works, and nothing else. Files are written
 * many at a time, since loading one that was just written waits for the clock of file times. */
static void damaged(void) {
  enum { ROUNDS = 6000, TOGETHER = 100 };
  actionclip_classifier *c = fitted(ACTIONCLIP_FIT_RIDGE);
  CHECK_OK(actionclip_classifier_save(c, path, 1));
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  static char names[TOGETHER][1300];
  long refused = 0;
  for (int i = 0; i < TOGETHER; i++) snprintf(names[i], sizeof names[i], "%s%d", other_path, i);
  for (int first = 0; first < ROUNDS; first += TOGETHER) {
    for (int i = 0; i < TOGETHER; i++) damage(names[i], first + i, bytes, size);
    for (int i = 0; i < TOGETHER; i++) refused += refuses(names[i]);
  }
  for (int i = 0; i < TOGETHER; i++) unlink(names[i]);
  printf("  %ld of %d damaged files refused\n", refused, ROUNDS);
  CHECK(refused > ROUNDS / 5);
  free(bytes);
  actionclip_classifier_free(c);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  const char *scratch = argc > 2 ? argv[2] : "/tmp";
  snprintf(path, sizeof path, "%s/taught-%ld", scratch, (long)getpid());
  snprintf(other_path, sizeof other_path, "%s/taught-%ld-b", scratch, (long)getpid());
  make_world();
  with_clips();
  without_clips();
  other_kinds();
  other_models();
  damaged();
  unlink(path);
  unlink(other_path);
  actionclip_model_free(model);
  return check_report("test_taught_file");
}

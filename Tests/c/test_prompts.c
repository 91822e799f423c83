/* test_prompts.c: described labels, weights of templates, and fitting them: results against plain loops, and each wrong
 * argument. */
#include "misuse.h"

#include <math.h>

static const char *const labels[] = {"walking", "running", "juggling"};
static const char *const templates[] = {"a clip of {}", "{}", "the person is {}"};

static void unit(float *row, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; i++) sum += (double)row[i] * row[i];
  for (size_t i = 0; i < size; i++) row[i] = (float)(row[i] / sqrt(sum));
}

static double distance(const float *a, const float *b, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, fabs((double)a[i] - b[i]));
  return most;
}

static float *numbers(size_t count) {
  float *out = check_alloc(count * sizeof *out);
  uint32_t state = 7;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    out[i] = (float)(int32_t)state / 2147483648.0f;
  }
  return out;
}

/* Labels 0 and 2 have two texts each, label 1 one with its name put in. */
static const char *const texts[] = {"one foot after the other", "a person {}", "on foot", "three balls in the air",
                                    "{} with clubs"};
static const int32_t label_of_text[] = {0, 1, 0, 2, 2};
static const float weights[] = {3, 1, 1, 0, 5};

static void descriptions(void) {
  float *got = check_alloc(3 * e * sizeof *got), *each = check_alloc(5 * e * sizeof *each);
  const char *const filled[] = {texts[0], "a person running", texts[2], texts[3], "juggling with clubs"};
  CHECK_OK(actionclip_encode_descriptions(model, labels, 3, texts, label_of_text, weights, 5, 0, got, 3 * e));
  CHECK_OK(actionclip_encode_prompts(model, filled, 5, 0, each, 5 * e));
  for (size_t i = 0; i < 5; i++) unit(each + i * e, e);
  float *expected = check_alloc(3 * e * sizeof *expected);
  for (size_t i = 0; i < e; i++) {
    expected[i] = 3 * each[i] + each[2 * e + i];
    expected[e + i] = each[e + i];
    expected[2 * e + i] = each[4 * e + i];
  }
  for (size_t i = 0; i < 3; i++) unit(expected + i * e, e);
  CHECK(distance(got, expected, 3 * e) < 1e-6);

  /* A classifier of descriptions scores as they do, and keeps them for labels that come again. */
  actionclip_classifier *classifier = NULL;
  float *videos = numbers(2 * e), scores[6], plain[6], later[4], mean[2];
  CHECK_OK(actionclip_classifier_create_described(model, labels, 3, texts, label_of_text, weights, 5, 0, &classifier));
  CHECK_OK(actionclip_classifier_score(classifier, videos, 2, 20, scores, 6, NULL, NULL));
  CHECK_OK(actionclip_probabilities(videos, 2, got, 1, 3, e, 20, plain, 6));
  CHECK(memcmp(scores, plain, sizeof plain) == 0);
  const char *const one[] = {"juggling"}, *const two[] = {"sleeping", "juggling"};
  CHECK_OK(actionclip_classifier_set_labels(classifier, one, 1, NULL));
  CHECK_OK(actionclip_classifier_set_labels(classifier, labels, 3, NULL));
  CHECK_OK(actionclip_classifier_score(classifier, videos, 2, 20, scores, 6, NULL, NULL));
  CHECK(memcmp(scores, plain, sizeof plain) == 0);
  /* A label without a description: the mean over the reference's templates. */
  CHECK_OK(actionclip_classifier_set_labels(classifier, two, 2, NULL));
  CHECK_OK(actionclip_classifier_score(classifier, videos, 2, 20, later, 4, NULL, NULL));
  float *sleeping = check_alloc(16 * e * sizeof *sleeping), *both = check_alloc(2 * e * sizeof *both);
  CHECK_OK(actionclip_encode_labels(model, two, 1, NULL, 0, 0, sleeping, 16 * e));
  memset(both, 0, e * sizeof *both);
  for (size_t p = 0; p < 16; p++) {
    unit(sleeping + p * e, e);
    for (size_t i = 0; i < e; i++) both[i] += sleeping[p * e + i];
  }
  memcpy(both + e, got + 2 * e, e * sizeof *both);
  CHECK_OK(actionclip_probabilities(videos, 1, both, 1, 2, e, 20, mean, 2));
  CHECK(distance(later, mean, 2) < 1e-5);
  actionclip_classifier_free(classifier);

  float *out = output(3 * e * sizeof *out);
  actionclip_classifier **made = output(sizeof *made);
#define DESCRIBED(status, m, l, n, x, of, w, k, how)                                                 \
  do {                                                                                               \
    REFUSED(status, actionclip_encode_descriptions(m, l, n, x, of, w, k, how, out, 3 * e));          \
    REFUSED(status, actionclip_classifier_create_described(m, l, n, x, of, w, k, how, made));        \
  } while (0)
  const int32_t beyond[] = {0, 1, 0, 3, 2}, before[] = {0, -1, 0, 2, 2}, without[] = {0, 0, 0, 2, 2};
  const float none[] = {1, 0, 1, 1, 1}, negative[] = {1, 1, -1, 1, 1}, odd[] = {1, 1, NAN, 1, 1};
  const char *const broken[] = {"\xff", "b", "c", "d", "e"}, *const many[] = {"{} and {}", "b", "c", "d", "e"};
  const actionclip_model *other = (const actionclip_model *)(const void *)tokenizer;
  DESCRIBED(ACTIONCLIP_ERROR_INVALID_HANDLE, other, labels, 3, texts, label_of_text, weights, 5, 0);
  DESCRIBED(IN, NULL, labels, 3, texts, label_of_text, weights, 5, 0);
  DESCRIBED(IN, model, NULL, 3, texts, label_of_text, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, NULL, label_of_text, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, NULL, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, beyond, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, before, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, without, weights, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, label_of_text, none, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, label_of_text, negative, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, label_of_text, odd, 5, 0);
  DESCRIBED(IN, model, labels, 3, texts, label_of_text, weights, 5, 9);
  DESCRIBED(IN, model, labels, 3, many, label_of_text, NULL, 5, 0);
  DESCRIBED(ACTIONCLIP_ERROR_INVALID_UTF8, model, labels, 3, broken, label_of_text, weights, 5, 0);
  for (int i = 0; i < SIZES; i++) {
    if (i >= OVERFLOWING || i == 0) DESCRIBED(IN, model, labels, sizes[i], texts, label_of_text, weights, 5, 0);
    if (i >= OVERFLOWING || i == 0) DESCRIBED(IN, model, labels, 3, texts, label_of_text, weights, sizes[i], 0);
  }
  REFUSED(SMALL, actionclip_encode_descriptions(model, labels, 3, texts, label_of_text, weights, 5, 0, out, 3 * e - 1));
  REFUSED(IN, actionclip_encode_descriptions(model, labels, 3, texts, label_of_text, weights, 5, 0, NULL, 3 * e));
  REFUSED(IN, actionclip_classifier_create_described(model, labels, 3, texts, label_of_text, weights, 5, 0, NULL));
  free(got), free(each), free(expected), free(videos), free(sleeping), free(both);
}

static void weighted(void) {
  float *words = check_alloc(9 * e * sizeof *words), *videos = numbers(2 * e);
  CHECK_OK(actionclip_encode_labels(model, labels, 3, templates, 3, 0, words, 9 * e));
  float each[3][6], got[6], plain[6];
  for (size_t p = 0; p < 3; p++)
    CHECK_OK(actionclip_probabilities(videos, 2, words + p * 3 * e, 1, 3, e, 30, each[p], 6));
  const float shares[] = {2, 0, 6}, equal[] = {5, 5, 5};
  CHECK_OK(actionclip_probabilities_weighted(videos, 2, words, shares, 3, 3, e, 30, got, 6));
  for (size_t i = 0; i < 6; i++) CHECK(fabs(got[i] - (each[0][i] + 3 * each[2][i]) / 4) < 1e-6);
  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create_weighted(model, labels, 3, templates, shares, 3, 0, &classifier));
  CHECK_OK(actionclip_classifier_score(classifier, videos, 2, 30, plain, 6, NULL, NULL));
  CHECK(memcmp(got, plain, sizeof got) == 0);
  actionclip_classifier_free(classifier);
  /* Equal weights are the plain mean, to the bit. */
  CHECK_OK(actionclip_probabilities(videos, 2, words, 3, 3, e, 30, plain, 6));
  CHECK_OK(actionclip_probabilities_weighted(videos, 2, words, equal, 3, 3, e, 30, got, 6));
  CHECK(memcmp(got, plain, sizeof got) == 0);
  CHECK_OK(actionclip_probabilities_weighted(videos, 2, words, NULL, 3, 3, e, 30, got, 6));
  CHECK(memcmp(got, plain, sizeof got) == 0);

  float *out = output(6 * sizeof *out);
  actionclip_classifier **made = output(sizeof *made);
  const float wrong[][3] = {{0, 0, 0}, {1, -1, 1}, {1, NAN, 1}, {1, INFINITY, 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    REFUSED(IN, actionclip_probabilities_weighted(videos, 2, words, wrong[i], 3, 3, e, 30, out, 6));
    REFUSED(IN, actionclip_classifier_create_weighted(model, labels, 3, templates, wrong[i], 3, 0, made));
  }
  REFUSED(IN, actionclip_classifier_create_weighted(model, labels, 3, NULL, shares, 0, 0, made));
  REFUSED(IN, actionclip_classifier_create_weighted(model, labels, 3, NULL, shares, 3, 0, made));
  REFUSED_HANDLE(actionclip_classifier_create_weighted(NULL, labels, 3, templates, shares, 3, 0, made));
  free(words), free(videos);
}

/* Weights in a file are the model's own, and its classifiers have them. */
static char saved[512];
static void in_a_file(void) {
  const float shares[] = {2, 0, 6};
  actionclip_save_options options;
  actionclip_save_options_init(&options);
  options.templates = templates;
  options.template_count = 3;
  options.template_weights = shares;
  options.template_weight_count = 3;
  CHECK(actionclip_model_template_weight(model, 0) == -1 && check_message());
  CHECK_OK(actionclip_model_save(model, saved, &options));
  actionclip_model *with = NULL;
  CHECK_OK(actionclip_model_load(saved, NULL, &with));
  CHECK(actionclip_model_template_weight(with, 0) == 0.25f && actionclip_model_template_weight(with, 1) == 0);
  CHECK(actionclip_model_template_weight(with, 2) == 0.75f && actionclip_model_template_weight(with, 3) == -1);
  actionclip_classifier *own = NULL, *given = NULL;
  float *videos = numbers(e), a[3], b[3];
  CHECK_OK(actionclip_classifier_create(with, labels, 3, NULL, 0, 0, &own));
  CHECK_OK(actionclip_classifier_create_weighted(model, labels, 3, templates, shares, 3, 0, &given));
  CHECK_OK(actionclip_classifier_score(own, videos, 1, 30, a, 3, NULL, NULL));
  CHECK_OK(actionclip_classifier_score(given, videos, 1, 30, b, 3, NULL, NULL));
  CHECK(memcmp(a, b, sizeof a) == 0);
  actionclip_classifier_free(own);
  actionclip_classifier_free(given);
  /* Kept when saved again, not with other templates, and taken away by an empty list. */
  const struct {
    const char *const *templates;
    size_t count;
    const float *weights;
    float expected;
  } again[] = {{NULL, 0, NULL, 0.25f}, {templates, 2, NULL, 0.5f}, {NULL, 0, shares, 1.0f / 3}};
  for (size_t i = 0; i < 3; i++) {
    actionclip_save_options_init(&options);
    options.templates = again[i].templates;
    options.template_count = again[i].count;
    options.template_weights = again[i].weights;
    actionclip_model *next = NULL;
    CHECK_OK(actionclip_model_save(with, saved, &options));
    CHECK_OK(actionclip_model_load(saved, NULL, &next));
    CHECK(actionclip_model_template_weight(next, 0) == again[i].expected);
    actionclip_model_free(next);
  }
  const float nothing[] = {0, 0, 0}, negative[] = {1, -1, 1};
  const struct {
    const float *weights;
    size_t count;
  } bad[] = {{shares, 2}, {shares, 4}, {NULL, 3}, {nothing, 3}, {negative, 3}, {shares, SIZE_MAX}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    actionclip_save_options_init(&options);
    options.template_weights = bad[i].weights;
    options.template_weight_count = bad[i].count;
    if (i != 1) CHECK_ERROR(IN, actionclip_model_save(with, saved, &options));
  }
  actionclip_model_free(with);
  CHECK(unlink(saved) == 0);
  free(videos);
}

/* Twelve videos of three classes; templates 0 and 1 fit, the three others are noise. */
static void fitting(void) {
  enum { SIZE = 24, CLASSES = 3, VIDEOS = 12, TEMPLATES = 5 };
  float *centres = numbers(CLASSES * SIZE), *noise = numbers((VIDEOS + TEMPLATES * CLASSES) * SIZE);
  float *videos = guard_alloc(VIDEOS * SIZE * sizeof *videos), *words = guard_alloc(TEMPLATES * CLASSES * SIZE * 4);
  int32_t *right = guard_alloc(VIDEOS * sizeof *right);
  int64_t *clips = guard_alloc(VIDEOS * sizeof *clips);
  for (size_t v = 0; v < VIDEOS; v++) {
    right[v] = (int32_t)(v % CLASSES);
    clips[v] = (int64_t)(v / 6 * 3 + v % 3) - 2;
    for (size_t i = 0; i < SIZE; i++)
      videos[v * SIZE + i] = centres[v % CLASSES * SIZE + i] + 0.3f * noise[v * SIZE + i];
  }
  for (size_t row = 0; row < TEMPLATES * CLASSES; row++)
    for (size_t i = 0; i < SIZE; i++)
      words[row * SIZE + i] = row / CLASSES < 2 ? centres[row % CLASSES * SIZE + i] + (row / CLASSES ? 0.1f : 0.0f)
                                                : noise[(VIDEOS + row) * SIZE + i];
  float got[TEMPLATES], again[TEMPLATES];
  actionclip_prompts_report report = {.struct_size = sizeof report};
  CHECK_OK(actionclip_prompts_fit(videos, VIDEOS, right, NULL, words, TEMPLATES, CLASSES, SIZE, 100, -1, got,
                                  TEMPLATES, &report));
  float sum = 0, rest = 0;
  for (size_t p = 0; p < TEMPLATES; p++) sum += got[p], rest += p < 2 ? 0 : got[p];
  CHECK(fabsf(sum - 1) < 1e-6f && rest < 0.1f && report.folds == VIDEOS && report.struct_size == sizeof report);
  CHECK(report.chosen_top1 >= report.equal_top1 && report.equal_top1 >= 0 && report.chosen_top1 <= 1);
  CHECK(report.kept >= 1 && report.kept <= TEMPLATES && report.equal_log_likelihood <= 0);
  CHECK((report.origin == ACTIONCLIP_PROMPTS_FITTED) == (report.strength > 0));
  /* Views of one clip are left out together; the same call has the same bits. */
  CHECK_OK(actionclip_prompts_fit(videos, VIDEOS, right, clips, words, TEMPLATES, CLASSES, SIZE, 100, 0.1, again,
                                  TEMPLATES, &report));
  CHECK(report.folds == 6 && report.origin == ACTIONCLIP_PROMPTS_FITTED && report.strength == 0.1);
  CHECK_OK(actionclip_prompts_fit(videos, VIDEOS, right, NULL, words, TEMPLATES, CLASSES, SIZE, 100, -1, again,
                                  TEMPLATES, NULL));
  CHECK(memcmp(got, again, sizeof got) == 0);
  CHECK_OK(actionclip_prompts_fit_unlabelled(videos, VIDEOS, words, TEMPLATES, CLASSES, SIZE, 100, again, TEMPLATES));
  CHECK(again[0] > again[2] && again[0] > again[3] && again[0] > again[4]);
  /* A scale of 0 makes templates alike, and one video tells nothing of them. */
  CHECK_OK(actionclip_prompts_fit_unlabelled(videos, VIDEOS, words, TEMPLATES, CLASSES, SIZE, 0, again, TEMPLATES));
  CHECK(again[0] == 0.2f && again[4] == 0.2f);
  CHECK_OK(actionclip_prompts_fit(videos, 1, right, NULL, words, TEMPLATES, CLASSES, SIZE, 1e30f, -1, again, TEMPLATES,
                                  NULL));

  float *out = output(TEMPLATES * sizeof *out);
  actionclip_prompts_report *told = output(sizeof *told);
  told->struct_size = sizeof *told;
  watched_count--; /* its size is not as it was */
#define FIT(status, v, n, l, x, p, k, s, scale, strength, room)                                                       \
  do {                                                                                                                \
    REFUSED(status, actionclip_prompts_fit(v, n, l, NULL, x, p, k, s, scale, strength, out, room, told));             \
    CHECK(told->struct_size == sizeof *told && guard_untouched((unsigned char *)told + 4, sizeof *told - 4));         \
  } while (0)
  int32_t outside[VIDEOS] = {0};
  outside[3] = CLASSES;
  float odd[VIDEOS * SIZE] = {0};
  odd[17] = NAN;
  FIT(IN, NULL, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(IN, videos, VIDEOS, NULL, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(IN, videos, VIDEOS, right, NULL, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(IN, videos, VIDEOS, outside, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  outside[3] = -1;
  FIT(IN, videos, VIDEOS, outside, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(ACTIONCLIP_ERROR_NOT_FINITE, odd, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(ACTIONCLIP_ERROR_NOT_FINITE, videos, VIDEOS, right, odd, 1, CLASSES, SIZE, 100, -1, TEMPLATES);
  FIT(IN, videos, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, NAN, -1, TEMPLATES);
  FIT(IN, videos, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, 100, (double)NAN, TEMPLATES);
  FIT(IN, videos, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, 100, (double)INFINITY, TEMPLATES);
  FIT(SMALL, videos, VIDEOS, right, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES - 1);
  for (int i = 0; i < SIZES; i++) {
    if (sizes[i] == 1) continue;
    FIT(IN, videos, sizes[i], right, words, TEMPLATES, CLASSES, SIZE, 100, -1, TEMPLATES);
    FIT(IN, videos, VIDEOS, right, words, sizes[i], CLASSES, SIZE, 100, -1, TEMPLATES);
    FIT(IN, videos, VIDEOS, right, words, TEMPLATES, sizes[i], SIZE, 100, -1, TEMPLATES);
    FIT(IN, videos, VIDEOS, right, words, TEMPLATES, CLASSES, sizes[i], 100, -1, TEMPLATES);
    REFUSED(IN, actionclip_prompts_fit_unlabelled(videos, sizes[i], words, TEMPLATES, CLASSES, SIZE, 1, out, 5));
    REFUSED(IN, actionclip_prompts_fit_unlabelled(videos, VIDEOS, words, TEMPLATES, sizes[i], SIZE, 1, out, 5));
  }
  REFUSED(IN, actionclip_prompts_fit_unlabelled(NULL, VIDEOS, words, TEMPLATES, CLASSES, SIZE, 1, out, TEMPLATES));
  REFUSED(IN, actionclip_prompts_fit_unlabelled(videos, VIDEOS, NULL, TEMPLATES, CLASSES, SIZE, 1, out, TEMPLATES));
  REFUSED(IN, actionclip_prompts_fit_unlabelled(videos, VIDEOS, words, TEMPLATES, CLASSES, SIZE, 1, NULL, TEMPLATES));
  REFUSED(SMALL, actionclip_prompts_fit_unlabelled(videos, VIDEOS, words, TEMPLATES, CLASSES, SIZE, 1, out, 4));
  told->struct_size = 8;
  REFUSED(IN, actionclip_prompts_fit(videos, VIDEOS, right, NULL, words, TEMPLATES, CLASSES, SIZE, 100, -1, out,
                                     TEMPLATES, told));
  free(centres), free(noise);
}

static void pool(void) {
  const int32_t count = actionclip_pool_template_count();
  CHECK(count >= 50);
  for (int32_t i = 0; i < count; i++) {
    const char *text = actionclip_pool_template(i), *place = text ? strstr(text, "{}") : NULL;
    CHECK(place != NULL && strstr(place + 2, "{}") == NULL);
    for (int32_t k = 0; k < i; k++) CHECK(strcmp(text, actionclip_pool_template(k)) != 0);
    for (int32_t k = 0; k < actionclip_template_count(); k++) CHECK(strcmp(text, actionclip_template(k)) != 0);
  }
  CHECK(actionclip_pool_template(count) == NULL && actionclip_pool_template(-1) == NULL);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  snprintf(saved, sizeof saved, "%s/test_prompts.safetensors", argv[2]);
  void (*const parts[])(void) = {descriptions, weighted, in_a_file, fitting, pool};
  return misuse("test_prompts", argc, argv, parts, sizeof parts / sizeof *parts);
}

/* test_tune_context.c: context vectors are learned, stay in the model's file, and are used in prompts of any label. */
#include "tuned.h"

enum { LABELS = 3, CLIPS = 6 };

static const char *const labels[LABELS] = {"walking", "jumping", "waving"};
static const char *const words[] = {"{} here", "a video of {}"};
static const char *const marked[] = {"<|context|> {}", "somebody is {} <|context|>"};
static size_t c; /* tokens of a text */

/* The number of tokens of a text, without its two markers. */
static int32_t tokens_in(const actionclip_model *m, const char *text) {
  int32_t *ids = check_alloc(c * sizeof *ids), end = 0;
  CHECK_OK(actionclip_tokenize(m, &text, 1, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, ids, c));
  for (int32_t i = 1; i < (int32_t)c; i++)
    if (ids[i] > ids[end]) end = i;
  free(ids);
  return end - 1;
}

static void encode(const actionclip_model *m, const char *text, float *out) {
  CHECK_OK(actionclip_encode_prompts(m, &text, 1, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, out, e));
}

static int same_text(const actionclip_model *a, const char *one, const actionclip_model *b, const char *other) {
  float x[MOST], y[MOST];
  encode(a, one, x), encode(b, other, y);
  return memcmp(x, y, e * sizeof *x) == 0;
}

static actionclip_tuner_options options_of(int32_t contexts) {
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.contexts = contexts;
  options.context_rate_factor = 1;
  options.head = options.logit_scale = ACTIONCLIP_OFF;
  options.epochs = 6;
  options.batch = CLIPS;
  options.rate = 1e-3;
  options.warm_up_epochs = 1;
  options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY;
  return options;
}

static int32_t create(const actionclip_model *m, int32_t contexts, const char *const *templates, size_t count,
                      actionclip_tuner **tuner) {
  const actionclip_tuner_options options = options_of(contexts);
  return actionclip_tuner_create(m, labels, LABELS, templates, count, &options, tuner);
}

static void add_clips(actionclip_tuner *tuner) {
  for (int i = 0; i < CLIPS; i++) CHECK_OK(add_coloured(tuner, i % LABELS, i, ACTIONCLIP_CLIP_TRAINED));
}

static actionclip_tuner *make(const actionclip_model *m, int32_t contexts, const char *const *templates,
                              size_t count) {
  actionclip_tuner *tuner = NULL;
  CHECK_OK(create(m, contexts, templates, count, &tuner));
  add_clips(tuner);
  return tuner;
}

/* Vectors that start as words are, at a share of 0, these words; trained ones serve labels that no clip had. */
static actionclip_model *from_words(void) {
  const int32_t k = tokens_in(model, "a video of");
  actionclip_tuner *tuner = make(model, k, words, 2);
  actionclip_model *start = tuned_model(tuner, 0);
  CHECK(info_of(start).context_vectors == k && info_of(model).context_vectors == 0);
  CHECK(info_of(start).parameters == info_of(model).parameters + k * info_of(model).text_width);
  CHECK(same_text(start, "<|context|> swimming", model, "a video of swimming"));
  CHECK(same_text(start, "a video of swimming", model, "a video of swimming"));
  CHECK(actionclip_model_template_count(start) == 1);
  CHECK(strcmp(actionclip_model_template(start, 0), "<|context|> {}") == 0);
  actionclip_tuner_result first, last;
  first.struct_size = last.struct_size = sizeof first;
  CHECK_OK(actionclip_tuner_step(tuner, &first));
  CHECK_OK(actionclip_tuner_run(tuner, 0, NULL, NULL, &last));
  CHECK(last.loss < first.loss);
  actionclip_model *tuned = tuned_model(tuner, 1), *half = tuned_model(tuner, 0.5);
  actionclip_tuner_free(tuner);
  CHECK(!same_text(tuned, "<|context|> swimming", model, "a video of swimming"));
  CHECK(!same_text(tuned, "<|context|> swimming", half, "<|context|> swimming"));
  CHECK(!same_text(half, "<|context|> swimming", model, "a video of swimming"));
  /* Only the vectors changed. */
  CHECK(same_text(tuned, "a video of swimming", model, "a video of swimming"));
  actionclip_model_free(half);
  actionclip_model_free(start);
  return tuned;
}

/* The marker becomes ids below 0, wherever it stands and however often. */
static void markers(const actionclip_model *tuned) {
  const int32_t k = info_of(tuned).context_vectors;
  const char *const texts[] = {"<|context|> {}", "walking<|context|>", "a <|context|> <|context|>"};
  int32_t *ids = check_alloc(3 * c * sizeof *ids);
  CHECK_OK(actionclip_tokenize(tuned, texts, 3, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, ids, 3 * c));
  for (int32_t i = 0; i < k; i++) CHECK(ids[1 + i] == -1 - i);
  const int32_t walking = tokens_in(model, "walking"), a = tokens_in(model, "a");
  for (int32_t i = 0; i < k; i++) CHECK(ids[c + 1 + (size_t)(walking + i)] == -1 - i);
  for (int32_t i = 0; i < 2 * k; i++) CHECK(ids[2 * c + 1 + (size_t)(a + i)] == -1 - i % k);
  float out[3 * MOST], one[MOST];
  CHECK_OK(actionclip_encode_tokens(tuned, ids, 3 * c, 3, out, 3 * e));
  encode(tuned, texts[1], one);
  CHECK(memcmp(out + e, one, e * sizeof *one) == 0);
  ids[1] = -k - 1;
  CHECK_ERROR(IN, actionclip_encode_tokens(tuned, ids, 3 * c, 3, out, 3 * e));
  CHECK(strstr(actionclip_last_error(), "context vectors") != NULL);
  ids[1] = -1;
  CHECK_ERROR(IN, actionclip_encode_tokens(model, ids, c, 1, out, e));
  /* A model without vectors refuses the marker, and so does a text without room for them. */
  CHECK_ERROR(IN, actionclip_encode_prompts(model, texts, 1, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, one, e));
  CHECK(strstr(actionclip_last_error(), "no context vectors") != NULL);
  char *many = check_alloc(12 * c + 1);
  for (size_t i = 0; i < c; i++) strcat(many, "<|context|>");
  const char *long_text = many;
  CHECK_ERROR(ACTIONCLIP_ERROR_TEXT_TOO_LONG,
              actionclip_encode_prompts(tuned, &long_text, 1, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, one, e));
  CHECK_OK(actionclip_encode_prompts(tuned, &long_text, 1, ACTIONCLIP_TEXT_TRUNCATE, one, e));
  free(many);
  free(ids);
}

/* The single-file form keeps vectors and template, in every precision; labels are encoded by them. */
static void file(const actionclip_model *tuned) {
  CHECK_OK(actionclip_model_save(tuned, scratch_file, NULL));
  for (int32_t compute = ACTIONCLIP_COMPUTE_FP32; compute <= ACTIONCLIP_COMPUTE_INT8; compute++) {
    actionclip_model_options options;
    actionclip_model_options_init(&options);
    options.compute_type = compute;
    actionclip_model *again = NULL;
    CHECK_OK(actionclip_model_load(scratch_file, &options, &again));
    CHECK(info_of(again).context_vectors == info_of(tuned).context_vectors);
    const char *label = "swimming";
    float x[MOST], y[MOST];
    CHECK_OK(actionclip_encode_labels(again, &label, 1, NULL, 0, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, x, e));
    encode(again, "<|context|> swimming", y);
    CHECK(memcmp(x, y, e * sizeof *x) == 0);
    if (compute == ACTIONCLIP_COMPUTE_FP32) CHECK(same_text(again, "<|context|> walking", tuned, "<|context|> walking"));
    actionclip_model_free(again);
  }
}

/* A model that has vectors keeps them, or goes on with as many. */
static void again(const actionclip_model *tuned) {
  const int32_t k = info_of(tuned).context_vectors;
  actionclip_tuner *tuner = NULL;
  CHECK_ERROR(CONFLICT, create(tuned, k + 1, NULL, 0, &tuner));
  tuner = make(tuned, k, NULL, 0);
  actionclip_model *start = tuned_model(tuner, 0);
  CHECK(same_text(start, "<|context|> walking", tuned, "<|context|> walking"));
  CHECK_OK(actionclip_tuner_run(tuner, 0, NULL, NULL, NULL));
  actionclip_model *more = tuned_model(tuner, 1);
  CHECK(!same_text(more, "<|context|> walking", tuned, "<|context|> walking"));
  actionclip_model_free(more);
  actionclip_model_free(start);
  actionclip_tuner_free(tuner);

  actionclip_tuner_options options = options_of(0);
  options.text = ACTIONCLIP_TRAIN_PROJECTION;
  CHECK_OK(actionclip_tuner_create(tuned, labels, LABELS, NULL, 0, &options, &tuner));
  actionclip_tuner_free(tuner);
}

/* Templates with a marker are kept as they are; vectors that start as random numbers are taken whole at any share, and
 * a saved state goes on with them. */
static void random_start(void) {
  actionclip_tuner *straight = make(model, 5, marked, 2), *saved = make(model, 5, marked, 2);
  CHECK_OK(actionclip_tuner_run(straight, 4, NULL, NULL, NULL));
  CHECK_OK(actionclip_tuner_run(saved, 2, NULL, NULL, NULL));
  CHECK_OK(actionclip_tuner_save(saved, scratch_file));
  actionclip_tuner_free(saved);
  saved = make(model, 5, marked, 2);
  CHECK_OK(actionclip_tuner_load(saved, scratch_file));
  CHECK_OK(actionclip_tuner_run(saved, 2, NULL, NULL, NULL));
  actionclip_model *one = tuned_model(straight, 1), *none = tuned_model(straight, 0), *other = tuned_model(saved, 0.5);
  CHECK(same_text(one, marked[1], none, marked[1]) && same_text(one, marked[0], other, marked[0]));
  CHECK(actionclip_model_template_count(one) == 2 && strcmp(actionclip_model_template(one, 1), marked[1]) == 0);
  actionclip_tuner_free(saved);
  saved = make(model, 6, marked, 2);
  CHECK_ERROR(CONFLICT, actionclip_tuner_load(saved, scratch_file));
  actionclip_tuner_free(straight);
  actionclip_tuner_free(saved);
  actionclip_model_free(one);
  actionclip_model_free(none);
  actionclip_model_free(other);
}

/* A new head has no numbers of the base model's to be mixed with: any share gives the same model. */
static void new_head(void) {
  actionclip_tuner_options options = options_of(0);
  options.head = ACTIONCLIP_ON;
  options.new_head = ACTIONCLIP_HEAD_CONV_1D;
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &tuner));
  add_clips(tuner);
  float before[MOST], tuned[MOST];
  actionclip_model *headed = tuned_model(tuner, 1);
  CHECK_OK(actionclip_encode_pixels(headed, clip_pixels(1, 3), clip_floats, t, before, e, NULL, 0));
  actionclip_model_free(headed);
  CHECK_OK(actionclip_tuner_run(tuner, 4, NULL, NULL, NULL));
  for (int share = 0; share < 2; share++) {
    float own[MOST];
    headed = tuned_model(tuner, share);
    CHECK_OK(actionclip_encode_pixels(headed, clip_pixels(1, 3), clip_floats, t, own, e, NULL, 0));
    actionclip_model_free(headed);
    if (share == 0) memcpy(tuned, own, sizeof tuned);
    CHECK(memcmp(own, tuned, e * sizeof *own) == 0 && memcmp(own, before, e * sizeof *own) != 0);
  }
  actionclip_tuner_free(tuner);
}

static void refusals(void) {
  actionclip_tuner *tuner = NULL;
  CHECK_ERROR(IN, create(model, -1, NULL, 0, &tuner));
  CHECK_ERROR(IN, create(model, (int32_t)c - 2, NULL, 0, &tuner));
  CHECK(strstr(actionclip_last_error(), "contexts is") != NULL);
  CHECK_ERROR(IN, create(model, INT32_MAX, NULL, 0, &tuner));
  CHECK_ERROR(IN, create(model, 0, marked, 1, &tuner)); /* a marker without vectors */
  actionclip_tuner_options options = options_of(2);
  const double wrong[] = {-1, INFINITY, 1e7};
  for (size_t i = 0; i < 3; i++) {
    options.context_rate_factor = wrong[i];
    CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &tuner));
  }
  options = options_of(0);
  for (options.mean_decay = -0.5; options.mean_decay < 2; options.mean_decay += 1.5)
    CHECK_ERROR(IN, actionclip_tuner_create(model, labels, LABELS, NULL, 0, &options, &tuner));
  CHECK(tuner == NULL);
}

int main(int argc, char **argv) {
  if (!begin(argc, argv, "context.safetensors")) return check_report("test_tune_context");
  c = (size_t)info.context_length;
  actionclip_model *tuned = from_words();
  markers(tuned);
  file(tuned);
  again(tuned);
  random_start();
  new_head();
  refusals();
  actionclip_model_free(tuned);
  return end("test_tune_context");
}

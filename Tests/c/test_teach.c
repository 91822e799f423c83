/* test_teach.c: a classifier that learns from examples: adding, removing, fitting, and what each mistake says. */
#include "taught.h"

#include <pthread.h>

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, FEW = ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES };

static int64_t generation(const actionclip_classifier *c) {
  actionclip_label_list *list = NULL;
  CHECK_OK(actionclip_classifier_label_list(c, &list));
  const int64_t g = actionclip_label_list_generation(list);
  actionclip_label_list_free(list);
  return g;
}

static void learns(void) {
  actionclip_classifier *c = make(), *taught = make();
  float words[QUERIES * LABELS], fitted[QUERIES * LABELS], again[QUERIES * LABELS];
  score(c, words);
  CHECK(right(words, LABELS) < QUERIES * 3 / 4); /* an untrained model knows nothing of these */
  teach_all(c);
  score(c, again);
  CHECK(memcmp(words, again, sizeof words) == 0 && generation(c) == 1); /* examples alone change nothing */
  CHECK(actionclip_classifier_example_count(c) == LABELS * SHOTS);
  actionclip_label_list *before = NULL;
  CHECK_OK(actionclip_classifier_label_list(c, &before));

  int64_t now = 0;
  CHECK_OK(actionclip_classifier_fit(c, NULL, &now));
  CHECK(now == 2 && generation(c) == 2);
  score(c, fitted);
  CHECK(right(fitted, LABELS) == QUERIES);
  /* The list from before the fit still scores by words. */
  CHECK_OK(actionclip_label_list_score(before, queries[0][0], 1, 100, again, LABELS));
  CHECK(memcmp(again, words, LABELS * sizeof *words) == 0);
  actionclip_label_list_free(before);

  /* Added one by one, in another order, under other ids: the same bits. */
  for (int k = SHOTS - 1; k >= 0; k--)
    for (int i = 0; i < LABELS; i++) {
      const int64_t id = 1000 - 10 * k + i;
      CHECK_OK(actionclip_classifier_add_examples(taught, labels[i], shots[i][k], 1, &id));
    }
  CHECK_OK(actionclip_classifier_fit(taught, NULL, NULL));
  CHECK(same(c, taught));

  CHECK_OK(actionclip_classifier_unfit(c, &now));
  score(c, again);
  CHECK(now == 3 && memcmp(words, again, sizeof words) == 0);
  CHECK(actionclip_classifier_example_count(c) == LABELS * SHOTS);
  actionclip_classifier_free(c);
  actionclip_classifier_free(taught);
}

static void methods(void) {
  actionclip_classifier *c = make();
  float words[QUERIES * LABELS], scores[QUERIES * LABELS];
  score(c, words);
  teach_all(c);
  actionclip_fit_options options;
  actionclip_fit_options_init(&options);
  CHECK(options.method == ACTIONCLIP_FIT_AUTO && isnan(options.text_weight) && options.accept_rate == 0.95);
  for (options.method = ACTIONCLIP_FIT_WORDS; options.method <= ACTIONCLIP_FIT_SOFTMAX; options.method++) {
    CHECK_OK(actionclip_classifier_fit(c, &options, NULL));
    score(c, scores);
    if (options.method == ACTIONCLIP_FIT_WORDS) CHECK(right(scores, LABELS) == right(words, LABELS));
    else CHECK(right(scores, LABELS) == QUERIES);
  }
  /* Words alone by weights: the order of labels is that of the words. */
  options.method = ACTIONCLIP_FIT_PROTOTYPES;
  options.text_weight = 1, options.clip_weight = 0, options.offset = 0;
  CHECK_OK(actionclip_classifier_fit(c, &options, NULL));
  score(c, scores);
  CHECK(right(scores, LABELS) <= right(words, LABELS) + 2);

  const double bad[] = {INFINITY, -INFINITY, -1};
  double *const fields[] = {&options.text_weight, &options.clip_weight, &options.ridge, &options.anchor};
  const int64_t at = generation(c);
  for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
      actionclip_fit_options_init(&options);
      *fields[f] = bad[b];
      CHECK_ERROR(IN, actionclip_classifier_fit(c, &options, NULL));
    }
  actionclip_fit_options_init(&options);
  options.method = 5;
  CHECK_ERROR(IN, actionclip_classifier_fit(c, &options, NULL));
  actionclip_fit_options_init(&options);
  options.accept_rate = NAN;
  CHECK_ERROR(IN, actionclip_classifier_fit(c, &options, NULL));
  options.struct_size = 3;
  CHECK_ERROR(IN, actionclip_classifier_fit(c, &options, NULL));
  CHECK(generation(c) == at);
  actionclip_classifier_free(c);
}

static void follows_changes(void) {
  actionclip_classifier *c = make(), *other = make();
  float scores[QUERIES * LABELS];
  /* Two labels known, two by their words: then each example changes the fit at once. */
  for (int i = 0; i < 2; i++) CHECK_OK(actionclip_classifier_add_examples(c, labels[i], packed(i), SHOTS, NULL));
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  for (int i = 2; i < LABELS; i++)
    for (int k = 0; k < SHOTS; k++) {
      const int64_t id = 100 * i + k, before = generation(c);
      CHECK_OK(actionclip_classifier_add_examples(c, labels[i], shots[i][k], 1, &id));
      CHECK(generation(c) == before + 1);
    }
  score(c, scores);
  CHECK(right(scores, LABELS) == QUERIES);

  /* Removed clips leave no trace: the same bits as without them. */
  const int64_t ids[] = {201, 303, 304};
  CHECK_OK(actionclip_classifier_remove_examples(c, ids, 3));
  CHECK(actionclip_classifier_example_count(c) == LABELS * SHOTS - 3);
  for (int i = 0; i < LABELS; i++)
    for (int k = 0; k < SHOTS; k++)
      if (!(i == 2 && k == 1) && !(i == 3 && k >= 3))
        CHECK_OK(actionclip_classifier_add_examples(other, labels[i], shots[i][k], 1, NULL));
  CHECK_OK(actionclip_classifier_fit(other, NULL, NULL));
  CHECK(same(c, other));

  /* Labels that leave keep their examples, and count again once they are back. */
  CHECK_OK(actionclip_classifier_set_labels(c, labels, 2, NULL));
  actionclip_example example;
  example.struct_size = sizeof example;
  int32_t outside = 0;
  for (int32_t i = 0; i < actionclip_classifier_example_count(c); i++) {
    CHECK_OK(actionclip_classifier_example(c, i, &example));
    outside += example.label == -1;
  }
  CHECK(outside == 2 * SHOTS - 3);
  const char *const strange[] = {"sleep", "eat"};
  CHECK_OK(actionclip_classifier_set_labels(c, strange, 2, NULL)); /* words alone score */
  CHECK_ERROR(FEW, actionclip_classifier_fit(c, NULL, NULL));
  CHECK(strstr(actionclip_last_error(), "is of a present label") != NULL);
  CHECK_OK(actionclip_classifier_set_labels(c, labels, LABELS, NULL));
  CHECK(same(c, other));

  /* Without any example a fitted classifier is its words. */
  CHECK_OK(actionclip_classifier_clear_examples(c, labels[0]));
  CHECK(actionclip_classifier_example_count(c) == 3 * SHOTS - 3);
  CHECK_OK(actionclip_classifier_clear_examples(c, NULL));
  CHECK_OK(actionclip_classifier_clear_examples(c, NULL));
  CHECK(actionclip_classifier_example_count(c) == 0);
  actionclip_classifier *fresh = make();
  CHECK(same(c, fresh));
  /* It is fitted still: an example counts at once. Another fit chooses anew, and has the bits of a new classifier's. */
  teach_all(c);
  score(c, scores);
  CHECK(right(scores, LABELS) == QUERIES);
  teach_all(fresh);
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_fit(fresh, NULL, NULL));
  CHECK(same(c, fresh));
  actionclip_classifier_free(fresh);
  actionclip_classifier_free(other);
  actionclip_classifier_free(c);
}

static void views(void) {
  actionclip_classifier *c = make();
  const int64_t ids[SHOTS] = {7, 7, 8, 7, 8};
  CHECK_OK(actionclip_classifier_add_examples(c, labels[1], packed(1), SHOTS, ids));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], shots[0][0], 1, NULL));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], shots[0][1], 1, NULL));
  CHECK(actionclip_classifier_example_count(c) == 4);
  const actionclip_example expected[] = {{0, 1, 7, 3, 0}, {0, 1, 8, 2, 0}, {0, 0, -1, 1, 0}, {0, 0, -2, 1, 0}};
  for (int32_t i = 0; i < 4; i++) {
    actionclip_example found;
    memset(&found, 0x55, sizeof found);
    found.struct_size = sizeof found;
    CHECK_OK(actionclip_classifier_example(c, i, &found));
    CHECK(found.label == expected[i].label && found.clip_id == expected[i].clip_id);
    CHECK(found.views == expected[i].views && found.reserved == 0 && found.struct_size == sizeof found);
  }
  /* The library's ids are its own: a caller may remove such a clip, but not add to it. */
  const int64_t own = -1;
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], shots[0][2], 1, &own));
  CHECK_OK(actionclip_classifier_remove_examples(c, &own, 1));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], shots[0][0], 1, NULL)); /* gets a new one */
  actionclip_example last = {0};
  last.struct_size = sizeof last;
  CHECK_OK(actionclip_classifier_example(c, 3, &last));
  CHECK(last.clip_id == -3);
  actionclip_classifier_free(c);
}

static void mistakes(void) {
  actionclip_classifier *c = make();
  const float *rows = packed(0);
  const int64_t five = 5, six = 6;
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], shots[0][0], 1, &five));
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, "wak", rows, SHOTS, NULL));
  CHECK(strstr(actionclip_last_error(), "'wak'") != NULL && strstr(actionclip_last_error(), "'walk'") != NULL);
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, "hand over the cup", rows, SHOTS, NULL));
  CHECK(strstr(actionclip_last_error(), "nearest") == NULL);
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[1], shots[1][0], 1, &five));
  CHECK(strstr(actionclip_last_error(), "clip 5") != NULL && strstr(actionclip_last_error(), "'walk'") != NULL);
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], shots[0][0], 1, &five));
  CHECK(strstr(actionclip_last_error(), "already") != NULL);
  CHECK_ERROR(IN, actionclip_classifier_remove_examples(c, &six, 1));
  CHECK_ERROR(IN, actionclip_classifier_clear_examples(c, "sleep"));
  CHECK_OK(actionclip_classifier_clear_examples(c, labels[3])); /* has none */

  float *odd = check_alloc(SHOTS * e * sizeof *odd);
  const float wrong[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    memcpy(odd, rows, SHOTS * e * sizeof *odd);
    odd[3 * e + 1] = wrong[i];
    CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_classifier_add_examples(c, labels[0], odd, SHOTS, NULL));
    CHECK(strstr(actionclip_last_error(), "embedding 3") != NULL);
  }
  memcpy(odd, rows, SHOTS * e * sizeof *odd);
  memset(odd + 2 * e, 0, e * sizeof *odd);
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], odd, SHOTS, NULL));
  CHECK(strstr(actionclip_last_error(), "embedding 2") != NULL);
  /* Any length that fp32 has is scaled to 1. */
  for (size_t i = 0; i < e; i++) odd[i] = rows[i] * 1e-30f, odd[e + i] = rows[i + e] * 1e30f;
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], odd, 2, NULL));
  free(odd);
  CHECK(actionclip_classifier_example_count(c) == 3 && generation(c) == 1);

  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, NULL, rows, 1, NULL));
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], NULL, 1, NULL));
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], rows, 0, NULL));
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], rows, SIZE_MAX, NULL));
  CHECK_ERROR(IN, actionclip_classifier_add_examples(c, labels[0], rows, SIZE_MAX / 8, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_classifier_add_examples(c, "\xff", rows, 1, NULL));
  CHECK_ERROR(IN, actionclip_classifier_remove_examples(c, NULL, 1));
  CHECK_ERROR(IN, actionclip_classifier_remove_examples(c, &five, 0));
  actionclip_example example;
  example.struct_size = sizeof example;
  CHECK_ERROR(IN, actionclip_classifier_example(c, 3, &example));
  CHECK_ERROR(IN, actionclip_classifier_example(c, -1, &example));
  CHECK_ERROR(IN, actionclip_classifier_example(c, 0, NULL));
  example.struct_size = 4;
  CHECK_ERROR(IN, actionclip_classifier_example(c, 0, &example));
  actionclip_classifier_free(c);

  c = make();
  CHECK_ERROR(FEW, actionclip_classifier_fit(c, NULL, NULL));
  CHECK(strstr(actionclip_last_error(), "add a clip") != NULL);
  CHECK_OK(actionclip_classifier_set_labels(c, labels, 1, NULL));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[0], rows, SHOTS, NULL));
  CHECK_ERROR(FEW, actionclip_classifier_fit(c, NULL, NULL));
  CHECK(strstr(actionclip_last_error(), "two or more labels") != NULL);
  CHECK_OK(actionclip_classifier_set_labels(c, labels, 2, NULL));
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL)); /* one label with examples is enough */
  actionclip_classifier_free(c);

  actionclip_classifier *nobody = (actionclip_classifier *)(void *)model;
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_add_examples(nobody, labels[0], rows, 1, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_remove_examples(nobody, &five, 1));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_clear_examples(nobody, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_example(nobody, 0, &example));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_fit(nobody, NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_classifier_unfit(nobody, NULL));
  CHECK(actionclip_classifier_example_count(nobody) == ACTIONCLIP_ERROR_INVALID_HANDLE);
}

/* Videos and frames are encoded as the encoding calls do it. */
static void from_videos(void) {
  actionclip_classifier *c = make(), *other = make();
  actionclip_video *video = NULL;
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video));
  float embedding[MOST];
  CHECK_OK(actionclip_classifier_add_video(c, labels[0], video, 0, INFINITY, 1, NULL, -1));
  CHECK_OK(actionclip_encode_video(model, video, NULL, embedding, e, NULL, 0));
  CHECK_OK(actionclip_classifier_add_examples(other, labels[0], embedding, 1, NULL));
  CHECK_OK(actionclip_classifier_add_video(c, labels[1], video, 0.5, 1, 1, NULL, 4));
  CHECK_OK(actionclip_encode_video_between(model, video, 0.5, 1, NULL, embedding, e, NULL, 0));
  CHECK_OK(actionclip_classifier_add_examples(other, labels[1], embedding, 1, NULL));

  /* Three views: every third of 3 T frames. */
  const size_t t = (size_t)info.frames;
  actionclip_video_info shape;
  shape.struct_size = sizeof shape;
  CHECK_OK(actionclip_video_get_info(video, &shape));
  const size_t bytes = (size_t)shape.width * (size_t)shape.height * 3;
  int64_t *indices = check_alloc(3 * t * sizeof *indices);
  uint8_t *rgb = check_alloc(3 * t * bytes);
  actionclip_image *images = check_alloc(3 * t * sizeof *images);
  CHECK_OK(actionclip_sample_indices_by(actionclip_model_sampling(model), shape.frame_count, shape.frame_rate,
                                        (int32_t)(3 * t), indices, 3 * t));
  CHECK_OK(actionclip_video_read_frames(video, indices, 3 * t, rgb, 3 * t * bytes, NULL, 0));
  for (size_t view = 0; view < 3; view++)
    for (size_t i = 0; i < t; i++)
      images[view * t + i] = (actionclip_image){rgb + (3 * i + view) * bytes, 0, shape.width, shape.height,
                                                ACTIONCLIP_PIXEL_RGB, 0};
  CHECK_OK(actionclip_classifier_add_video(c, labels[2], video, 0, INFINITY, 3, NULL, 9));
  CHECK_OK(actionclip_classifier_add_frames(other, labels[2], images, 3 * t, NULL, 9));
  actionclip_example example;
  example.struct_size = sizeof example;
  CHECK_OK(actionclip_classifier_example(c, 2, &example));
  CHECK(example.views == 3 && example.clip_id == 9 && example.label == 2);
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_fit(other, NULL, NULL));
  CHECK(same(c, other));
  /* A part of one frame has one view, whatever is asked for. */
  CHECK_OK(actionclip_classifier_add_video(c, labels[3], video, 0, 0.001, 7, NULL, 10));
  CHECK_OK(actionclip_classifier_example(c, 3, &example));
  CHECK(example.views == 1);

  /* Views of a clip without an id are one clip too. */
  CHECK_OK(actionclip_classifier_add_video(c, labels[3], video, 0, INFINITY, 2, NULL, -1));
  CHECK_OK(actionclip_classifier_add_frames(c, labels[3], images, 3 * t, NULL, -1));
  for (int32_t i = 4; i < 6; i++) {
    CHECK_OK(actionclip_classifier_example(c, i, &example));
    CHECK(example.clip_id == 2 - i && example.views == i - 2);
  }

  const int32_t had = actionclip_classifier_example_count(c);
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, "wav", video, 0, 1, 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 0, 1, 0, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 0, 1, 101, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 1, 1, 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, NAN, 1, 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 1000, 1001, 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 0, 1, 1, NULL, -2));
  CHECK_ERROR(IN, actionclip_classifier_add_video(c, labels[3], video, 0, 0.001, 1, NULL, 10)); /* the same view */
  CHECK_ERROR(0, actionclip_classifier_add_video(c, labels[3], NULL, 0, 1, 1, NULL, -1));
  CHECK_ERROR(0, actionclip_classifier_add_video(NULL, labels[3], video, 0, 1, 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_frames(c, labels[3], images, t + 1, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_frames(c, labels[3], NULL, t, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_frames(c, labels[3], images, 0, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_frames(c, "wav", images, t, NULL, -1));
  CHECK_ERROR(IN, actionclip_classifier_add_frames(c, labels[3], images, t, NULL, -7));
  CHECK(actionclip_classifier_example_count(c) == had);
  free(images);
  free(rgb);
  free(indices);
  actionclip_video_free(video);
  actionclip_classifier_free(other);
  actionclip_classifier_free(c);
}

/* "None of these" and several labels at once. */
static void decisions(void) {
  actionclip_classifier *c = make();
  actionclip_label_list *words = NULL, *list = NULL;
  CHECK_OK(actionclip_classifier_label_list(c, &words));
  teach_all(c);
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_label_list(c, &list));
  const double threshold = actionclip_label_list_reject_threshold(list);
  CHECK(threshold > 0 && threshold < 1 && actionclip_label_list_reject_threshold(words) == 0);
  int right_ones = 0;
  float strange[MOST], scores[LABELS], independent[LABELS];
  for (int i = 0; i < LABELS; i++) {
    int32_t label = 7;
    float probability = -1, margin = -1;
    CHECK_OK(actionclip_label_list_decide(list, queries[i][0], 1, &label, 1, &probability, &margin));
    CHECK_OK(actionclip_label_list_score(list, queries[i][0], 1, 100, scores, LABELS));
    CHECK(probability == scores[i] && margin <= probability && margin > 0);
    CHECK((label == -1) == ((double)probability < threshold));
    right_ones += label == i;
    CHECK_OK(actionclip_label_list_decide(words, queries[i][0], 1, &label, 1, NULL, NULL));
    CHECK(label >= 0);
    CHECK_OK(actionclip_label_list_score_independent(list, queries[i][0], 1, independent, LABELS));
    for (int k = 0; k < LABELS; k++) {
      const double least = actionclip_label_list_threshold(list, k);
      CHECK(least >= 0 && least <= 1 && independent[k] >= 0 && independent[k] <= 1);
      CHECK(((double)independent[k] >= least) == (k == i));
    }
  }
  CHECK(right_ones >= LABELS - 1);
  /* Away from all labels. */
  int32_t label = 7;
  for (size_t i = 0; i < e; i++) strange[i] = -(centres[0][i] + centres[1][i] + centres[2][i] + centres[3][i]);
  CHECK_OK(actionclip_label_list_decide(list, strange, 1, &label, 1, NULL, NULL));
  CHECK(label == -1);

  label = 7;
  strange[1] = NAN;
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_label_list_decide(list, strange, 1, &label, 1, NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_label_list_decide(words, strange, 1, &label, 1, NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_label_list_score(list, strange, 1, 100, scores, LABELS));
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE,
              actionclip_label_list_score_independent(list, strange, 1, independent, LABELS));
  CHECK_ERROR(FEW, actionclip_label_list_score_independent(words, queries[0][0], 1, independent, LABELS));
  CHECK(actionclip_label_list_threshold(words, 0) == FEW && actionclip_label_list_threshold(list, LABELS) == IN);
  CHECK(actionclip_label_list_threshold(list, -1) == IN && actionclip_label_list_threshold(NULL, 0) == IN);
  CHECK(actionclip_label_list_reject_threshold(NULL) == IN);
  CHECK_ERROR(IN, actionclip_label_list_decide(list, NULL, 1, &label, 1, NULL, NULL));
  CHECK_ERROR(IN, actionclip_label_list_decide(list, strange, 0, &label, 1, NULL, NULL));
  CHECK_ERROR(IN, actionclip_label_list_decide(list, strange, 1, NULL, 1, NULL, NULL));
  CHECK_ERROR(IN, actionclip_label_list_decide(NULL, strange, 1, &label, 1, NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL,
              actionclip_label_list_decide(list, queries[0][0], 2, &label, 1, NULL, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL,
              actionclip_label_list_score_independent(list, queries[0][0], 1, independent, LABELS - 1));
  CHECK_ERROR(IN, actionclip_label_list_score_independent(list, NULL, 1, independent, LABELS));
  CHECK(label == 7);
  actionclip_label_list_free(words);
  actionclip_label_list_free(list);
  actionclip_classifier_free(c);
}

/* Clips of three labels, one of them given a wrong label, one of them twice, and a label of one clip. */
static void reports(void) {
  actionclip_classifier *c = make();
  actionclip_report *report = NULL;
  CHECK_ERROR(FEW, actionclip_classifier_report(c, &report));
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < SHOTS; k++) {
      const int64_t id = 10 * i + k;
      CHECK_OK(actionclip_classifier_add_examples(c, labels[i], shots[i][k], 1, &id));
    }
  const int64_t wrong = 100, twice = 101, single = 102;
  CHECK_OK(actionclip_classifier_add_examples(c, labels[1], queries[0][0], 1, &wrong));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[2], shots[2][3], 1, &twice));
  CHECK_OK(actionclip_classifier_add_examples(c, labels[3], shots[3][0], 1, &single));
  CHECK_OK(actionclip_classifier_fit(c, NULL, NULL));
  CHECK_OK(actionclip_classifier_report(c, &report));
  actionclip_classifier_free(c);

  actionclip_report_info r = {0};
  r.struct_size = sizeof r;
  CHECK_OK(actionclip_report_get_info(report, &r));
  CHECK(r.is_automatic == 1 && r.trials >= 2 && r.chosen > 0 && r.chosen < r.trials);
  CHECK(r.label_count == LABELS && r.labels == 4 && r.clips == 3 * SHOTS + 3 && r.single_clips == 1);
  CHECK(r.reject_threshold > 0 && r.reject_threshold < 1 && r.known == 3 * SHOTS + 2 && r.unknown == r.clips);
  CHECK(r.accepted >= 0.95 * r.known && r.rejected > 0 && r.roc_area > 0.5 && r.roc_area <= 1);
  actionclip_trial_report words = {0}, chosen = {0};
  words.struct_size = chosen.struct_size = sizeof words;
  CHECK_OK(actionclip_report_trial(report, 0, &words));
  CHECK_OK(actionclip_report_trial(report, r.chosen, &chosen));
  CHECK(words.method == ACTIONCLIP_FIT_WORDS && chosen.method > ACTIONCLIP_FIT_WORDS && isnan(words.ridge));
  CHECK(chosen.clips == 3 * SHOTS + 2 && words.clips == chosen.clips && chosen.right > words.right);
  CHECK(chosen.right_low < chosen.right / chosen.clips && chosen.right / chosen.clips < chosen.right_high);
  CHECK(chosen.loss < words.loss && chosen.among_five == chosen.clips && chosen.text_weight >= 0);
  int found = 0;
  for (int32_t i = 0; i < r.clips; i++) {
    actionclip_clip_report row = {0};
    row.struct_size = sizeof row;
    CHECK_OK(actionclip_report_clip(report, i, &row));
    CHECK(row.is_suspect == (row.clip_id == wrong));
    if (row.clip_id == wrong) found += row.label == 1 && row.best == 0 && row.margin < 0;
    if (row.clip_id == twice)
      found += row.has_duplicate == 1 && row.duplicate_id == 23 && !row.duplicate_has_other_label;
    if (row.clip_id == single) found += row.best == -1 && row.probability == 0;
  }
  CHECK(found == 3);
  actionclip_label_report last = {0};
  last.struct_size = sizeof last;
  CHECK_OK(actionclip_report_label(report, 3, &last));
  CHECK(last.label == 3 && last.clips == 1 && last.judged == 0 && last.mean_probability == 0);
  CHECK_OK(actionclip_report_label(report, 2, &last));
  CHECK(last.judged == SHOTS + 1 && last.right == SHOTS + 1 && last.mean_probability > 0.5);
  CHECK(r.confusions >= 1);
  actionclip_confusion_report pair = {0};
  pair.struct_size = sizeof pair;
  CHECK_OK(actionclip_report_confusion(report, 0, &pair));
  CHECK(pair.first == 0 && pair.second == 1 && pair.clips == 1);
  CHECK(strcmp(actionclip_report_label_text(report, 3), "wave") == 0);
  CHECK(actionclip_report_label_text(report, 4) == NULL && actionclip_report_label_text(report, -1) == NULL);
  char text[4096];
  size_t size = 0, again = 0;
  CHECK_OK(actionclip_report_reason(report, NULL, 0, &size));
  CHECK_OK(actionclip_report_reason(report, text, size, &again));
  CHECK(size == again && strlen(text) + 1 == size && strstr(text, "nats") != NULL);
  CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL, actionclip_report_reason(report, text, size - 1, &again));

  CHECK_OK(actionclip_report_text(report, NULL, 0, &size));
  CHECK(size > 100 && size <= sizeof text);
  CHECK_OK(actionclip_report_text(report, text, sizeof text, &again));
  CHECK(again == size && strlen(text) + 1 == size && strstr(text, "walk") != NULL && strstr(text, "100") != NULL);
  CHECK_ERROR(IN, actionclip_report_text(NULL, NULL, 0, &size));

  CHECK_ERROR(IN, actionclip_report_trial(report, r.trials, &words));
  CHECK_ERROR(IN, actionclip_report_label(report, -1, &last));
  actionclip_clip_report none = {0};
  CHECK_ERROR(IN, actionclip_report_clip(report, 0, &none));
  none.struct_size = sizeof none;
  CHECK_ERROR(IN, actionclip_report_clip(report, r.clips, &none));
  CHECK_ERROR(IN, actionclip_report_confusion(report, r.confusions, &pair));
  CHECK_ERROR(IN, actionclip_report_get_info(report, NULL));
  CHECK_ERROR(IN, actionclip_report_reason(report, NULL, 0, NULL));
  actionclip_report *nobody = (actionclip_report *)(void *)model;
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_report_get_info(nobody, &r));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE, actionclip_report_clip(nobody, 0, &none));
  CHECK_ERROR(IN, actionclip_classifier_report(NULL, &report));
  actionclip_report_free(report);
  actionclip_report_free(NULL);
}

/* Threads teach one classifier while others score with it. */
static actionclip_classifier *shared;
enum { ROUNDS = 60 };

static void *teach(void *start) {
  const int label = (int)(intptr_t)start;
  for (int i = 0; i < ROUNDS; i++) {
    const int64_t id = label * ROUNDS + i;
    float video[MOST];
    for (size_t k = 0; k < e; k++) video[k] = centres[label][k] + (float)((i * 31 + (int)k * 17) % 23) / 50;
    int32_t status = actionclip_classifier_add_examples(shared, labels[label], video, 1, &id);
    if (status == ACTIONCLIP_OK && i % 3 == 0) status = actionclip_classifier_remove_examples(shared, &id, 1);
    if (status != ACTIONCLIP_OK) return "adding or removing failed";
  }
  return NULL;
}

static void *use(void *unused) {
  (void)unused;
  float out[LABELS];
  int64_t newest = 0;
  for (int i = 0; i < 20 * ROUNDS; i++) {
    int64_t g = 0;
    if (actionclip_classifier_score(shared, queries[i % LABELS][0], 1, 100, out, LABELS, NULL, &g) != ACTIONCLIP_OK)
      return "scoring failed";
    if (g < newest) return "a generation went back";
    newest = g;
  }
  return NULL;
}

static void threads(void) {
  shared = make();
  for (int i = 0; i < 2; i++) CHECK_OK(actionclip_classifier_add_examples(shared, labels[i + 2], packed(i), 2, NULL));
  CHECK_OK(actionclip_classifier_fit(shared, NULL, NULL));
  pthread_t ids[4];
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&ids[i], NULL, teach, (void *)(intptr_t)i) == 0);
  for (int i = 2; i < 4; i++) CHECK(pthread_create(&ids[i], NULL, use, NULL) == 0);
  for (int i = 0; i < 4; i++) {
    void *complaint = NULL;
    CHECK(pthread_join(ids[i], &complaint) == 0);
    if (complaint != NULL) fprintf(stderr, "  %s\n", (const char *)complaint);
    CHECK(complaint == NULL);
  }
  CHECK(actionclip_classifier_example_count(shared) == 4 + 2 * (ROUNDS - (ROUNDS + 2) / 3));
  actionclip_classifier_free(shared);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  make_world();
  learns();
  methods();
  follows_changes();
  views();
  mistakes();
  from_videos();
  decisions();
  reports();
  threads();
  actionclip_model_free(model);
  return check_report("test_teach");
}

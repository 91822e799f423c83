/* test_label_lists.c: threads score with a classifier while others change its labels. Each result is of one list, has its
 * length, and says which it is.
 *
 *   test_label_lists ROOT [RUNS]     RUNS scores and changes together, 40000 unless given */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LONGEST = 6, VIDEOS = 2, SETTERS = 2, SCORERS = 2, GENERATIONS = 1 << 20 };

static const char *const labels[LONGEST] = {"walk", "run", "jump", "sit", "fall", "wave"};
static const char *const templates[] = {"{}"};
static actionclip_classifier *classifier;
static float *videos, *expected[LONGEST + 1];
static long runs;
static atomic_long done;
/* Lengths by generation: as they were set, and as they were seen with a score. */
static _Atomic unsigned char was_set[GENERATIONS], was_seen[GENERATIONS];
static atomic_long wrong;

static void note(_Atomic unsigned char *lengths, int64_t generation, size_t length) {
  if (generation > 0 && generation < GENERATIONS) atomic_store(&lengths[generation], (unsigned char)length);
  else if (generation <= 0) atomic_fetch_add(&wrong, 1);
}

static void compare(const float *scores, size_t length, int64_t generation) {
  if (length < 1 || length > LONGEST || memcmp(scores, expected[length], VIDEOS * length * sizeof *scores) != 0)
    atomic_fetch_add(&wrong, 1);
  note(was_seen, generation, length);
}

static void *set(void *start) {
  size_t length = (size_t)(uintptr_t)start;
  while (atomic_fetch_add(&done, 1) < runs) {
    length = length * 5 % 7; /* 1 to 6, all of them */
    int64_t generation = 0;
    if (actionclip_classifier_set_labels(classifier, labels, length, &generation) != ACTIONCLIP_OK)
      atomic_fetch_add(&wrong, 1);
    note(was_set, generation, length);
  }
  return NULL;
}

static void *score(void *unused) {
  (void)unused;
  float room[VIDEOS * LONGEST];
  while (atomic_fetch_add(&done, 1) < runs) {
    /* Into room for the longest, and by a list of its own into what that list needs. */
    size_t length = 0;
    int64_t generation = 0;
    if (actionclip_classifier_score(classifier, videos, VIDEOS, 100, room, VIDEOS * LONGEST, &length, &generation) !=
        ACTIONCLIP_OK)
      atomic_fetch_add(&wrong, 1);
    compare(room, length, generation);
    actionclip_label_list *list = NULL;
    if (actionclip_classifier_label_list(classifier, &list) != ACTIONCLIP_OK) atomic_fetch_add(&wrong, 1);
    const int32_t count = actionclip_label_list_count(list);
    float *exact = check_alloc(VIDEOS * (size_t)count * sizeof *exact);
    if (actionclip_label_list_score(list, videos, VIDEOS, 100, exact, VIDEOS * (size_t)count) != ACTIONCLIP_OK ||
        strcmp(actionclip_label_list_label(list, count - 1), labels[count - 1]) != 0)
      atomic_fetch_add(&wrong, 1);
    compare(exact, (size_t)count, actionclip_label_list_generation(list));
    free(exact);
    actionclip_label_list_free(list);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  runs = argc > 2 ? atol(argv[2]) : 40000;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  const size_t e = (size_t)info.embedding_size;
  videos = check_alloc(VIDEOS * e * sizeof *videos);
  for (size_t i = 0; i < VIDEOS * e; i++) videos[i] = (float)(i * 7 % 11) - 5;
  for (size_t length = 1; length <= LONGEST; length++) {
    float *texts = check_alloc(length * e * sizeof *texts);
    expected[length] = check_alloc(VIDEOS * length * sizeof(float));
    CHECK_OK(actionclip_encode_labels(model, labels, length, templates, 1, 0, texts, length * e));
    CHECK_OK(actionclip_probabilities(videos, VIDEOS, texts, 1, length, e, 100, expected[length], VIDEOS * length));
    free(texts);
  }
  CHECK_OK(actionclip_classifier_create(model, labels, 1, templates, 1, 0, &classifier));
  was_set[1] = 1;

  pthread_t threads[SETTERS + SCORERS];
  for (int i = 0; i < SETTERS + SCORERS; i++)
    CHECK(pthread_create(&threads[i], NULL, i < SETTERS ? set : score, (void *)(uintptr_t)(i + 1)) == 0);
  for (int i = 0; i < SETTERS + SCORERS; i++) pthread_join(threads[i], NULL);

  CHECK(wrong == 0);
  long seen = 0, set_count = 0;
  for (int g = 0; g < GENERATIONS; g++) {
    if (was_seen[g] != 0 && was_seen[g] != was_set[g]) atomic_fetch_add(&wrong, 1);
    seen += was_seen[g] != 0;
    set_count += was_set[g] != 0;
  }
  CHECK(wrong == 0 && seen > 1 && set_count > runs / 100);
  printf("  %ld lists set, %ld of them seen by scores, %ld calls\n", set_count, seen, runs);
  for (size_t length = 1; length <= LONGEST; length++) free(expected[length]);
  free(videos);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return check_report("test_label_lists");
}

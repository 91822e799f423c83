/* test_stream_threads.c: six threads at one stream and its neighbours: one pushes, one steps, one takes windows and
 * scores them, one cancels and revives, one looks, one sets labels. Every frame stays accounted for. The program is
 * also run under the thread sanitizer (thread_sanitizer.sh).
 *
 *   test_stream_threads ROOT SECONDS */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

enum { W = 40, H = 30, STREAMS = 3, MAX_E = 512 };

static actionclip_model *model;
static actionclip_classifier *classifier;
static actionclip_stream *streams[STREAMS];
static uint8_t luma[W * H * 3];
static int stop, wrong;
static size_t e;
static long long counts[6];

static int stopped(void) { return __atomic_load_n(&stop, __ATOMIC_RELAXED); }
static void expect(int good, int number) {
  if (!good && __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED) < 20)
    fprintf(stderr, "  expectation %d: %s\n", number, actionclip_last_error());
}
static int fine(int32_t status) { return status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_CANCELLED; }

static void *pushes(void *nothing) {
  (void)nothing;
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = luma;
  int32_t outcome;
  for (int64_t stamp = 1; !stopped(); stamp++) {
    for (int i = 0; i < STREAMS; i++) {
      const int32_t status = actionclip_stream_push(streams[i], &frame, stamp * 1000, &outcome);
      expect(fine(status), 1);
    }
    counts[0]++;
    if (stamp % 16 == 0) usleep(200);
  }
  return NULL;
}

static void *steps(void *nothing) {
  (void)nothing;
  size_t ready, encoded;
  while (!stopped()) {
    expect(fine(actionclip_stream_wait(streams, STREAMS, ACTIONCLIP_WAIT_STEP, 1000000, &ready)), 2);
    expect(fine(actionclip_stream_step(streams, STREAMS, 5, &encoded)), 3);
    counts[1]++;
  }
  return NULL;
}

static void *takes(void *nothing) {
  (void)nothing;
  float embedding[MAX_E], probabilities[8];
  actionclip_window window;
  window.struct_size = sizeof window;
  int32_t found;
  size_t ready;
  while (!stopped()) {
    expect(fine(actionclip_stream_wait(streams, STREAMS, ACTIONCLIP_WAIT_WINDOW, 1000000, &ready)), 4);
    for (int i = 0; i < STREAMS; i++) {
      const int32_t status = actionclip_stream_next(streams[i], &window, embedding, MAX_E, &found);
      expect(fine(status), 5);
      if (status != ACTIONCLIP_OK || found != ACTIONCLIP_NEXT_WINDOW) continue;
      expect(window.end_ns >= window.start_ns, 6);
      const int32_t scored =
          actionclip_classifier_score(classifier, embedding, 1, 100, probabilities, 8, NULL, NULL);
      expect(scored == ACTIONCLIP_OK, 7);
      counts[2]++;
    }
  }
  return NULL;
}

static void *cancels(void *nothing) {
  (void)nothing;
  while (!stopped()) {
    usleep(20000);
    expect(actionclip_stream_cancel(streams[counts[3] % STREAMS]) == ACTIONCLIP_OK, 8);
    usleep(300);
    expect(actionclip_stream_reset(streams[counts[3] % STREAMS]) == ACTIONCLIP_OK, 9);
    counts[3]++;
  }
  return NULL;
}

static void *looks(void *nothing) {
  (void)nothing;
  actionclip_stream_stats s;
  s.struct_size = sizeof s;
  while (!stopped()) {
    for (int i = 0; i < STREAMS; i++) {
      expect(actionclip_stream_get_stats(streams[i], &s) == ACTIONCLIP_OK, 10);
      expect(s.pushed == s.not_due + s.refused + s.dropped + s.encoded + s.pending, 11);
    }
    counts[4]++;
    sched_yield();
  }
  return NULL;
}

static void *labels(void *nothing) {
  (void)nothing;
  static const char *const words[] = {"walking", "running", "moving left", "cooking"};
  while (!stopped()) {
    const size_t first = (size_t)(counts[5] % 3);
    expect(actionclip_classifier_set_labels(classifier, words + first, 4 - first, NULL) == ACTIONCLIP_OK, 12);
    counts[5]++;
    usleep(500);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  const double seconds = argc > 2 ? atof(argv[2]) : 1;
  for (int i = 0; i < W * H * 3; i++) luma[i] = (uint8_t)(i * 7);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 2;
  options.tokenizer_path = check_path(UNTRAINED_MERGES);
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model));
  static const char *const first[] = {"walking", "running"};
  static const char *const templates[] = {"{}"};
  CHECK_OK(actionclip_classifier_create(model, first, 2, templates, 1, 0, &classifier));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  CHECK(e <= MAX_E);
  static const int32_t policies[STREAMS] = {ACTIONCLIP_OVERFLOW_LATEST, ACTIONCLIP_OVERFLOW_DROP_OLDEST,
                                            ACTIONCLIP_OVERFLOW_WAIT};
  for (int i = 0; i < STREAMS; i++) {
    actionclip_stream_options o;
    actionclip_stream_options_init(&o);
    o.frame_interval_ns = 2000;
    o.overflow = policies[i];
    o.warmup = i;
    CHECK_OK(actionclip_stream_create(model, &o, &streams[i]));
  }
  void *(*const work[])(void *) = {pushes, steps, takes, cancels, looks, labels};
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) CHECK(pthread_create(&threads[i], NULL, work[i], NULL) == 0);
  usleep((unsigned)(seconds * 1e6));
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
  CHECK(wrong == 0);
  for (int i = 0; i < 6; i++) CHECK(counts[i] > 0);
  for (int i = 0; i < STREAMS; i++) actionclip_stream_free(streams[i]);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return check_report("test_stream_threads");
}

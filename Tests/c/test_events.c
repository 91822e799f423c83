/* test_events.c: scores to events and segments through the C interface. The rules themselves are tested in
 * Tests/EventsTests and, number for number, in Tests/python/test_events.py. */
#include "check.h"

#include <math.h>
#include <pthread.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
static __thread int allocations;

void *malloc(size_t size) { return allocations++, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return allocations++, __libc_calloc(count, size); }
void *realloc(void *p, size_t size) { return allocations++, __libc_realloc(p, size); }

enum { LABELS = 3, WINDOWS = 400 };
static const int64_t S = 1000000000;
static int64_t starts[WINDOWS], ends[WINDOWS];
static float scores[WINDOWS][LABELS];

/* Windows of two seconds, a quarter of a second apart, in which the labels take turns and noise is added. */
static void make_windows(void) {
  uint32_t state = 1;
  for (int w = 0; w < WINDOWS; w++) {
    starts[w] = w * S / 4;
    ends[w] = starts[w] + 2 * S;
    for (int l = 0; l < LABELS; l++) {
      state = state * 1664525u + 1013904223u;
      scores[w][l] = (w / 20 % LABELS == l ? 0.7f : 0.1f) + 0.2f * (float)(state >> 8) / (float)(1 << 24);
    }
  }
}

static size_t take(actionclip_tracker *tracker, actionclip_event *events, size_t count) {
  int32_t found = 1;
  actionclip_event event;
  event.struct_size = sizeof event;
  while (CHECK_OK(actionclip_tracker_next(tracker, &event, &found)) && found) events[count++] = event;
  return count;
}

static size_t replay(actionclip_tracker *tracker, actionclip_event *events) {
  size_t count = 0;
  for (int w = 0; w < WINDOWS; w++) {
    CHECK_OK(actionclip_tracker_push(tracker, starts[w], ends[w], scores[w], LABELS));
    count = take(tracker, events, count);
  }
  CHECK_OK(actionclip_tracker_finish(tracker));
  CHECK_OK(actionclip_tracker_finish(tracker));
  return take(tracker, events, count);
}

static void events(void) {
  static actionclip_event first[1000], second[1000];
  memset(first, 0, sizeof first);
  memset(second, 0, sizeof second);
  for (int32_t mode = ACTIONCLIP_TRACK_EXCLUSIVE; mode <= ACTIONCLIP_TRACK_INDEPENDENT; mode++) {
    actionclip_tracker_options options;
    actionclip_tracker_options_init(&options);
    CHECK(options.mode == ACTIONCLIP_TRACK_EXCLUSIVE && options.none_label == -1 && options.gap_ns == 2 * S);
    options.mode = mode;
    options.half_life_ns = S / 4;
    options.update_ns = S;
    actionclip_tracker *tracker = NULL;
    CHECK_OK(actionclip_tracker_create(LABELS, &options, &tracker));
    const size_t count = replay(tracker, first);
    /* 20 turns of a label, each with one event. */
    size_t ended = 0;
    for (size_t i = 0; i < count; i++) {
      ended += first[i].kind == ACTIONCLIP_EVENT_ENDED;
      CHECK(first[i].number / 20 == 0 && first[i].label == first[i].number % LABELS);
    }
    CHECK(ended == 20 && count > 60);
    CHECK(first[0].kind == ACTIONCLIP_EVENT_STARTED && first[0].start_ns == 0);
    CHECK(first[count - 1].kind == ACTIONCLIP_EVENT_ENDED && first[count - 1].end_ns == ends[WINDOWS - 1]);
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT,
                actionclip_tracker_push(tracker, starts[0], ends[WINDOWS - 1] + 1, scores[0], LABELS));

    /* A replay gives the same bits, and takes no memory. */
    CHECK_OK(actionclip_tracker_reset(tracker, LABELS));
    const int before = allocations;
    CHECK(replay(tracker, second) == count && memcmp(first, second, sizeof first) == 0);
    CHECK(allocations == before);

    /* An event's struct of an older version. */
    CHECK_OK(actionclip_tracker_reset(tracker, 1));
    CHECK_OK(actionclip_tracker_push(tracker, 0, 2 * S, &(float){1}, 1));
    int32_t found = 0;
    actionclip_event event;
    event.struct_size = 8;
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_tracker_next(tracker, &event, &found));
    event.struct_size = sizeof event;
    CHECK_OK(actionclip_tracker_next(tracker, &event, &found));
    CHECK(found == 1 && event.kind == ACTIONCLIP_EVENT_STARTED && event.peak == 1 && event.mean == 1);
    CHECK_OK(actionclip_tracker_next(tracker, &event, &found));
    CHECK(found == 0 && event.kind == ACTIONCLIP_EVENT_STARTED);
    actionclip_tracker_free(tracker);
  }
}

/* Nobody takes events: windows are refused from some time on, and none is lost. */
static void nobody_takes(void) {
  actionclip_tracker_options options;
  actionclip_tracker_options_init(&options);
  options.min_on_ns = options.min_off_ns = options.half_life_ns = 0;
  actionclip_tracker *tracker = NULL;
  CHECK_OK(actionclip_tracker_create(2, &options, &tracker));
  int pushed = 0;
  int32_t status = ACTIONCLIP_OK;
  for (; pushed < 100 && status == ACTIONCLIP_OK; pushed += status == ACTIONCLIP_OK) {
    const float row[2] = {(float)(pushed % 2), (float)(1 - pushed % 2)};
    status = actionclip_tracker_push(tracker, starts[pushed], ends[pushed], row, 2);
  }
  CHECK(status == ACTIONCLIP_ERROR_BUFFER_TOO_SMALL && pushed > 8 && pushed < 20);
  actionclip_event waiting[100];
  CHECK(take(tracker, waiting, 0) == (size_t)(2 * pushed - 1));
  CHECK_OK(actionclip_tracker_push(tracker, starts[pushed], ends[pushed], scores[0], 2));
  actionclip_tracker_free(tracker);
}

static void *take_on_a_thread(void *tracker) {
  static actionclip_event events[1000];
  size_t count = 0;
  while (count < 1000 && (count == 0 || events[count - 1].end_ns != ends[WINDOWS - 1] ||
                          events[count - 1].kind != ACTIONCLIP_EVENT_ENDED))
    count = take(tracker, events, count);
  return (void *)count;
}

/* One thread pushes, another takes. */
static void two_threads(void) {
  actionclip_tracker *tracker = NULL;
  CHECK_OK(actionclip_tracker_create(LABELS, NULL, &tracker));
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, take_on_a_thread, tracker) == 0);
  for (int w = 0; w < WINDOWS; w++)
    while (actionclip_tracker_push(tracker, starts[w], ends[w], scores[w], LABELS) != ACTIONCLIP_OK) {
    }
  CHECK_OK(actionclip_tracker_finish(tracker));
  void *count = NULL;
  pthread_join(thread, &count);
  CHECK((size_t)count == 40);
  actionclip_tracker_free(tracker);
}

static size_t find(const actionclip_segment_options *options, actionclip_segment *segments, size_t capacity) {
  size_t needed = 0, count = 0;
  CHECK_OK(actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, options, NULL, 0, &needed));
  segments[0].struct_size = sizeof segments[0];
  CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL,
              actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, options, segments, needed - 1,
                                       &count));
  CHECK_OK(actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, options, segments, capacity,
                                    &count));
  CHECK(count == needed);
  for (size_t i = 0; i < count; i++) CHECK(segments[i].struct_size == sizeof segments[i] && segments[i].reserved == 0);
  return count;
}

static void segments(void) {
  static actionclip_segment found[1000];
  actionclip_segment_options options;
  actionclip_segment_options_init(&options);
  CHECK(options.method == ACTIONCLIP_SEGMENTS_MEAN && options.none_label == -1);
  CHECK(options.none_score == -INFINITY && options.change_cost > 0);
  CHECK(find(NULL, found, 1000) >= 20);
  CHECK(found[0].label == 0 && found[0].start_ns == 0 && found[0].step == -1);
  options.method = ACTIONCLIP_SEGMENTS_HYSTERESIS;
  CHECK(find(&options, found, 1000) == 20);
  actionclip_tracker_options tracker;
  actionclip_tracker_options_init(&tracker);
  const double high[LABELS] = {2, 0.5, 2};
  tracker.label_on = high;
  tracker.label_count = LABELS;
  options.tracker = &tracker;
  CHECK(find(&options, found, 1000) == 7 && found[0].label == 1);
  options.method = ACTIONCLIP_SEGMENTS_VITERBI;
  options.min_duration_ns = S;
  CHECK(find(&options, found, 1000) == 20);
  CHECK(found[19].end_ns == ends[WINDOWS - 1] && fabs(found[0].score - 0.8) < 0.05);
  const int32_t steps[4] = {1, 0, 2, 1}, optional[4] = {0, 1, 0, 0};
  options.method = ACTIONCLIP_SEGMENTS_ORDERED;
  options.steps = steps;
  options.step_count = 4;
  options.step_optional = optional;
  CHECK(find(&options, found, 1000) >= 3 && found[0].step == 0 && found[0].label == 1);
}

static void suggestions(void) {
  int32_t labels[20];
  int64_t from[20], to[20];
  for (int i = 0; i < 20; i++) {
    labels[i] = i % LABELS;
    from[i] = i == 0 ? 0 : S + i * 5 * S - S / 8;
    to[i] = S + (i + 1) * 5 * S - S / 8;
  }
  double on[LABELS], off[LABELS], f1[LABELS];
  actionclip_tracker_options options;
  actionclip_tracker_options_init(&options);
  options.half_life_ns = 0;
  CHECK_OK(actionclip_suggest_thresholds(starts, ends, &scores[0][0], WINDOWS, LABELS, labels, from, to, 20, &options,
                                         on, LABELS, off, LABELS, f1, LABELS));
  for (int l = 0; l < LABELS; l++) {
    /* Only the last event goes on to the very end of the last window. */
    CHECK(f1[l] > 0.97 && on[l] > 0.3 && on[l] < 0.8 && off[l] <= on[l]);
  }
  CHECK_OK(actionclip_suggest_thresholds(starts, ends, &scores[0][0], WINDOWS, LABELS, labels, from, to, 1, NULL, on,
                                         LABELS, off, LABELS, NULL, 0));
  CHECK(on[1] == options.on && off[1] == options.off);
}

/* Decoding and searching end early; a tracker's calls never take long, and ignore the token. */
static void cancelled(void) {
  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  size_t count = 0;
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, NULL,
                                                                   NULL, 0, &count));
  const int32_t label = 0;
  double on[LABELS], off[LABELS];
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED,
              actionclip_suggest_thresholds(starts, ends, &scores[0][0], WINDOWS, LABELS, &label, starts, ends, 1, NULL,
                                            on, LABELS, off, LABELS, NULL, 0));
  actionclip_tracker *tracker = NULL;
  CHECK_OK(actionclip_tracker_create(LABELS, NULL, &tracker));
  CHECK_OK(actionclip_tracker_push(tracker, starts[0], ends[0], scores[0], LABELS));
  actionclip_tracker_free(tracker);
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
}

int main(void) {
  make_windows();
  events();
  nobody_takes();
  two_threads();
  segments();
  suggestions();
  cancelled();
  return check_report("test_events");
}

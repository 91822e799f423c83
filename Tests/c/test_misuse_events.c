/* test_misuse_events.c: trackers, segments and suggested thresholds. */
#include "misuse.h"

#include <math.h>

enum { NOT_FINITE = ACTIONCLIP_ERROR_NOT_FINITE };

static void trackers(void) {
  actionclip_tracker **out = output(sizeof *out);
  actionclip_tracker_options *o = guard_alloc(sizeof *o);
  REFUSED(IN, actionclip_tracker_create(2, NULL, NULL));
  REFUSED(IN, actionclip_tracker_create(0, NULL, out));
  for (int i = OVERFLOWING; i < SIZES; i++) REFUSED(0, actionclip_tracker_create(sizes[i], NULL, out));
  REFUSED(IN, actionclip_tracker_create(((size_t)1 << 20) + 1, NULL, out));
  actionclip_tracker *widest = NULL;
  CHECK_OK(actionclip_tracker_create((size_t)1 << 20, NULL, &widest));
  REFUSED(IN, actionclip_tracker_reset(widest, ((size_t)1 << 20) + 1));
  actionclip_tracker_free(widest);
  const double thresholds[2] = {0.5, 0.5}, odd[2] = {0.5, NAN};
#define WRONG(...)                                         \
  do {                                                     \
    actionclip_tracker_options_init(o);                    \
    __VA_ARGS__;                                           \
    REFUSED(IN, actionclip_tracker_create(2, o, out));     \
  } while (0)
  WRONG(o->struct_size = 4);
  WRONG(o->struct_size = 100000);
  WRONG(o->mode = 2);
  WRONG(o->mode = -1);
  WRONG(o->on = NAN);
  WRONG(o->off = INFINITY);
  WRONG(o->off = 0.6);
  WRONG(o->margin = -1);
  WRONG(o->margin = INFINITY);
  WRONG(o->min_on_ns = -1);
  WRONG(o->min_off_ns = -1);
  WRONG(o->half_life_ns = INT64_MIN);
  WRONG(o->max_event_ns = 1);
  WRONG(o->update_ns = -1);
  WRONG(o->gap_ns = -1);
  WRONG(o->none_label = 2);
  WRONG(o->none_label = -2);
  WRONG(o->reserved = 1);
  WRONG(o->label_on = thresholds);
  WRONG((o->label_on = thresholds, o->label_count = 3));
  WRONG((o->label_on = odd, o->label_count = 2));
  WRONG((o->label_off = guard_copy((double[]){0.5, 0.7}, sizeof odd), o->label_count = 2));
#undef WRONG
  actionclip_tracker_options_init_sized(NULL, sizeof *o);

  actionclip_tracker *tracker = NULL;
  actionclip_tracker_options_init(o);
  o->label_on = o->label_off = guard_copy(thresholds, sizeof thresholds);
  o->label_count = 2;
  CHECK_OK(actionclip_tracker_create(2, o, &tracker));
  const float bad[2] = {0.5f, NAN}, large[2] = {INFINITY, 0};
  const float *good = guard_copy((float[]){0.9f, 0.1f}, sizeof bad);
  int32_t *found = output(sizeof *found);
  const int64_t top = (int64_t)1 << 62;
  REFUSED(IN, actionclip_tracker_push(tracker, 0, 1, NULL, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, 0, 1, good, 1));
  REFUSED(IN, actionclip_tracker_push(tracker, 0, 1, good, 3));
  for (int i = OVERFLOWING; i < SIZES; i++) REFUSED(IN, actionclip_tracker_push(tracker, 0, 1, good, sizes[i]));
  REFUSED(IN, actionclip_tracker_push(tracker, 2, 1, good, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, 0, top, good, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, -top, 0, good, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, INT64_MIN, INT64_MAX, good, 2));
  REFUSED(NOT_FINITE, actionclip_tracker_push(tracker, 0, 1, bad, 2));
  REFUSED(NOT_FINITE, actionclip_tracker_push(tracker, 0, 1, large, 2));
  CHECK_OK(actionclip_tracker_push(tracker, 1 - top, 2 - top, good, 2));
  CHECK_OK(actionclip_tracker_push(tracker, 1 - top, top - 2, good, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, 1 - top, top - 2, good, 2));
  REFUSED(IN, actionclip_tracker_push(tracker, -top, top - 1, good, 2));
  CHECK_OK(actionclip_tracker_push(tracker, top - 1, top - 1, good, 2));
  actionclip_event *event = guard_alloc(sizeof *event);
  REFUSED(IN, actionclip_tracker_next(tracker, event, found));
  event->struct_size = sizeof *event;
  REFUSED(IN, actionclip_tracker_next(tracker, event, NULL));
  REFUSED(IN, actionclip_tracker_next(tracker, NULL, found));
  REFUSED(IN, actionclip_tracker_reset(tracker, 0));
  REFUSED(IN, actionclip_tracker_reset(tracker, 3));
  CHECK_OK(actionclip_tracker_reset(tracker, 2));

  actionclip_tracker *gone = NULL;
  CHECK_OK(actionclip_tracker_create(1, NULL, &gone));
  actionclip_tracker_free(gone);
  void *wrong[] = {NULL, tokenizer, model, gone, check_alloc(4096)};
  for (int k = 0; k < 5; k++) {
    REFUSED_HANDLE(actionclip_tracker_push(wrong[k], 0, 1, good, 2));
    REFUSED_HANDLE(actionclip_tracker_next(wrong[k], event, found));
    REFUSED_HANDLE(actionclip_tracker_finish(wrong[k]));
    REFUSED_HANDLE(actionclip_tracker_reset(wrong[k], 2));
    actionclip_tracker_free(wrong[k]);
  }
  REFUSED_HANDLE(actionclip_model_get_info((actionclip_model *)(void *)tracker, &info));
  free(wrong[4]);
  actionclip_tracker_free(tracker);
}

static void segments(void) {
  const int64_t *s = guard_copy((int64_t[]){0, 10, 20}, 24), *n = guard_copy((int64_t[]){15, 25, 35}, 24);
  const int64_t falling[3] = {0, 10, 5};
  const float *p = guard_copy((float[]){1, 0, 0, 1, 1, 0}, 24), odd[6] = {0, 0, 0, NAN, 0, 0};
  const int32_t *steps = guard_copy((int32_t[]){0, 1}, 8), beyond[2] = {0, 2};
  size_t *count = output(sizeof *count);
  actionclip_segment *out = guard_alloc(3 * sizeof *out);
  out[0].struct_size = sizeof *out;
  const size_t known = 3 * sizeof *out - 4; /* what must stay as it is */
#define REFUSED_SEGMENTS(status, ...)                                  \
  do {                                                                 \
    REFUSED(status, actionclip_find_segments(__VA_ARGS__));            \
    CHECK(guard_untouched((unsigned char *)out + 4, known));           \
  } while (0)
  REFUSED_SEGMENTS(IN, NULL, n, p, 3, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, NULL, p, 3, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, n, NULL, 3, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, n, p, 0, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, n, p, 3, 0, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, n, p, 3, 2, NULL, out, 3, NULL);
  REFUSED_SEGMENTS(IN, s, n, p, 3, 2, NULL, NULL, 3, count);
  REFUSED_SEGMENTS(SMALL, s, n, p, 3, 2, NULL, out, 0, count);
  REFUSED_SEGMENTS(SMALL, s, n, p, 3, 2, NULL, out, 1, count);
  REFUSED_SEGMENTS(IN, falling, n, p, 3, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(IN, s, falling, p, 3, 2, NULL, out, 3, count);
  REFUSED_SEGMENTS(NOT_FINITE, s, n, odd, 3, 2, NULL, out, 3, count);
  for (int i = OVERFLOWING; i < SIZES; i++) {
    REFUSED_SEGMENTS(0, s, n, p, sizes[i], 2, NULL, out, 3, count);
    REFUSED_SEGMENTS(0, s, n, p, 3, sizes[i], NULL, out, 3, count);
    REFUSED_SEGMENTS(0, s, n, p, sizes[i], sizes[i], NULL, out, 3, count);
  }
  actionclip_segment_options *o = guard_alloc(sizeof *o);
  actionclip_tracker_options tracker;
  actionclip_tracker_options_init(&tracker);
#define WRONG(...)                                            \
  do {                                                        \
    actionclip_segment_options_init(o);                       \
    __VA_ARGS__;                                              \
    REFUSED_SEGMENTS(IN, s, n, p, 3, 2, o, out, 3, count);    \
  } while (0)
  WRONG(o->struct_size = 4);
  WRONG(o->method = 4);
  WRONG(o->method = -1);
  WRONG(o->reserved = 1);
  WRONG((o->method = ACTIONCLIP_SEGMENTS_HYSTERESIS, o->reserved = -1));
  for (int32_t method = ACTIONCLIP_SEGMENTS_MEAN; method <= ACTIONCLIP_SEGMENTS_ORDERED; method++) {
    if (method == ACTIONCLIP_SEGMENTS_HYSTERESIS) continue;
    const size_t given = method == ACTIONCLIP_SEGMENTS_ORDERED ? 2 : 0;
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->none_label = 2));
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->change_cost = -1));
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->change_cost = NAN));
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->none_score = NAN));
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->none_score = INFINITY));
    WRONG((o->method = method, o->steps = steps, o->step_count = given, o->min_duration_ns = -1));
  }
  WRONG((o->method = ACTIONCLIP_SEGMENTS_HYSTERESIS, o->tracker = &tracker, tracker.on = 0));
  WRONG((o->method = ACTIONCLIP_SEGMENTS_HYSTERESIS, o->tracker = &tracker, tracker.struct_size = 1));
  o->method = ACTIONCLIP_SEGMENTS_ORDERED;
  WRONG((o->method = ACTIONCLIP_SEGMENTS_ORDERED));
  WRONG((o->method = ACTIONCLIP_SEGMENTS_ORDERED, o->steps = steps));
  WRONG((o->method = ACTIONCLIP_SEGMENTS_ORDERED, o->steps = beyond, o->step_count = 2));
  /* Two steps of 20 ns each do not fit 35 ns. */
  WRONG((o->method = ACTIONCLIP_SEGMENTS_ORDERED, o->steps = steps, o->step_count = 2, o->min_duration_ns = 20));
#undef WRONG
  actionclip_segment_options_init_sized(NULL, sizeof *o);
  out[0].struct_size = 8;
  REFUSED_SEGMENTS(IN, s, n, p, 3, 2, NULL, out, 3, count);
}

static void suggestions(void) {
  const int64_t *s = guard_copy((int64_t[]){0, 10, 20}, 24), *n = guard_copy((int64_t[]){15, 25, 35}, 24);
  const float *p = guard_copy((float[]){1, 0, 0, 1, 1, 0}, 24);
  const int32_t *label = guard_copy((int32_t[]){1}, 4), beyond = 2;
  const int64_t *from = guard_copy((int64_t[]){5}, 8), *to = guard_copy((int64_t[]){25}, 8);
  double *on = output(16), *off = output(16), *f1 = output(16);
  actionclip_tracker_options wrong;
  actionclip_tracker_options_init(&wrong);
  wrong.margin = NAN;
  REFUSED(IN, actionclip_suggest_thresholds(NULL, n, p, 3, 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, NULL, p, 3, 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, NULL, 3, 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 0, 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 0, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, NULL, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, NULL, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, NULL, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 0, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, to, from, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, &beyond, from, to, 1, NULL, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, &wrong, on, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, NULL, NULL, 2, off, 2, f1, 2));
  REFUSED(IN, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, NULL, on, 2, NULL, 2, f1, 2));
  REFUSED(SMALL, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, NULL, on, 1, off, 2, f1, 2));
  REFUSED(SMALL, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, NULL, on, 2, off, 1, f1, 2));
  REFUSED(SMALL, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 1));
  for (int i = OVERFLOWING; i < SIZES; i++) {
    REFUSED(0, actionclip_suggest_thresholds(s, n, p, sizes[i], 2, label, from, to, 1, NULL, on, 2, off, 2, f1, 2));
    REFUSED(0, actionclip_suggest_thresholds(s, n, p, 3, 2, label, from, to, sizes[i], NULL, on, 2, off, 2, f1, 2));
  }
}

MISUSE_MAIN("test_misuse_events", trackers, segments, suggestions)

/* test_events.c: every allocation of trackers, segments and suggested thresholds is refused in turn. The call says
 * ACTIONCLIP_ERROR_OUT_OF_MEMORY, its outputs and the tracker are as they were, and the next call works. A tracker that
 * is made takes no memory to push, report and finish.
 *
 *   test_events ROOT SYMBOLS */
#include "allocations.h"

enum { LABELS = 3, WINDOWS = 60, MOST = 400, FILL = 0xA5 };
static const int64_t S = 1000000000;
static int64_t starts[WINDOWS], ends[WINDOWS];
static float scores[WINDOWS][LABELS];

static void make_windows(void) {
  for (int w = 0; w < WINDOWS; w++) {
    starts[w] = w * S / 4;
    ends[w] = starts[w] + 2 * S;
    for (int l = 0; l < LABELS; l++) scores[w][l] = w / 10 % LABELS == l ? 0.8f : 0.1f;
  }
}

/* Pushes windows from `first` to `last` and takes the events; returns how many `events` holds then. */
static size_t push(actionclip_tracker *tracker, int first, int last, actionclip_event *events, size_t count) {
  int32_t found = 1;
  for (int w = first; w < last; w++) {
    CHECK(actionclip_tracker_push(tracker, starts[w], ends[w], scores[w], LABELS) == ACTIONCLIP_OK);
    while (actionclip_tracker_next(tracker, &events[count], &found) == ACTIONCLIP_OK && found) count++;
  }
  return count;
}

static void trackers(int32_t mode) {
  static actionclip_event expected[MOST], events[MOST];
  for (int i = 0; i < MOST; i++) expected[i].struct_size = events[i].struct_size = sizeof *events;
  actionclip_tracker_options options;
  actionclip_tracker_options_init(&options);
  options.mode = mode;
  actionclip_tracker *tracker = NULL;
  CHECK_OK(actionclip_tracker_create(LABELS, &options, &tracker));
  size_t count = 0;
  for (int again = 0; again < 2; again++) {
    if (again) arm(0, 0); /* the first time, the Swift runtime looks types up */
    count = push(tracker, 0, WINDOWS, expected, 0);
    CHECK(actionclip_tracker_finish(tracker) == ACTIONCLIP_OK);
    CHECK(actionclip_tracker_reset(tracker, LABELS) == ACTIONCLIP_OK);
  }
  disarm();
  if (!CHECK(count > 6 && memory.own == 0 && memory.runtime == 0))
    fprintf(stderr, "    %zu events, %ld of the library's, %ld of the runtime's\n", count, memory.own, memory.runtime);
  actionclip_tracker_free(tracker);

  int made = 0, again = 0;
  for (long refused = 1; refused < 100 && !made; refused++) {
    tracker = NULL;
    arm(refused, refused);
    const int32_t status = actionclip_tracker_create(LABELS, &options, &tracker);
    disarm();
    made = memory.refused == 0;
    CHECK(status == (made ? ACTIONCLIP_OK : ACTIONCLIP_ERROR_OUT_OF_MEMORY) && (tracker != NULL) == made);
  }
  CHECK(made);
  /* A reset that is refused leaves a tracker in the middle of its events. */
  const size_t before = push(tracker, 0, WINDOWS / 2, events, 0);
  for (long refused = 1; refused < 100 && !again; refused++) {
    arm(refused, refused);
    const int32_t status = actionclip_tracker_reset(tracker, LABELS + 1);
    disarm();
    again = memory.refused == 0;
    CHECK(status == (again ? ACTIONCLIP_OK : ACTIONCLIP_ERROR_OUT_OF_MEMORY));
    if (refused != 2) continue;
    CHECK(push(tracker, WINDOWS / 2, WINDOWS, events, before) == count);
    CHECK(memcmp(events, expected, count * sizeof *events) == 0);
  }
  CHECK(again);
  const float row[LABELS + 1] = {0};
  CHECK_OK(actionclip_tracker_push(tracker, 0, S, row, LABELS + 1));
  actionclip_tracker_free(tracker);
}

static void segments(int32_t method) {
  static actionclip_segment expected[MOST], found[MOST];
  const int32_t steps[] = {0, 1, 2, 0};
  actionclip_segment_options options;
  actionclip_segment_options_init(&options);
  options.method = method;
  options.steps = steps;
  options.step_count = 4;
  size_t count = 0;
  expected[0].struct_size = sizeof expected[0];
  CHECK_OK(actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, &options, expected, MOST, &count));
  int done = 0;
  for (long refused = 1; refused < 1000 && !done; refused++) {
    memset(found, FILL, sizeof found);
    found[0].struct_size = sizeof found[0];
    size_t number = FILL;
    arm(refused, refused);
    const int32_t status =
        actionclip_find_segments(starts, ends, &scores[0][0], WINDOWS, LABELS, &options, found, MOST, &number);
    disarm();
    done = memory.refused == 0;
    CHECK(status == (done ? ACTIONCLIP_OK : ACTIONCLIP_ERROR_OUT_OF_MEMORY) && number == (done ? count : FILL));
    const unsigned char *rest = (unsigned char *)found + 4;
    CHECK(done ? memcmp(found, expected, count * sizeof *found) == 0 : rest[0] == FILL && rest[100] == FILL);
    CHECK(refused > 1 || !done);
  }
  CHECK(done);
}

static void thresholds(void) {
  const int32_t labels[] = {1, 0, 1, 2};
  const int64_t from[] = {3 * S, 1, 11 * S, 6 * S}, to[] = {6 * S, 3 * S, 13 * S, 8 * S};
  double expected[3][LABELS], found[3][LABELS], untouched[3][LABELS];
  memset(untouched, FILL, sizeof untouched);
  int done = 0;
  CHECK_OK(actionclip_suggest_thresholds(starts, ends, &scores[0][0], WINDOWS, LABELS, labels, from, to, 4, NULL,
                                         expected[0], LABELS, expected[1], LABELS, expected[2], LABELS));
  for (long refused = 1; refused < 1000 && !done; refused++) {
    memset(found, FILL, sizeof found);
    arm(refused, refused);
    const int32_t status =
        actionclip_suggest_thresholds(starts, ends, &scores[0][0], WINDOWS, LABELS, labels, from, to, 4, NULL,
                                      found[0], LABELS, found[1], LABELS, found[2], LABELS);
    disarm();
    done = memory.refused == 0;
    CHECK(status == (done ? ACTIONCLIP_OK : ACTIONCLIP_ERROR_OUT_OF_MEMORY));
    CHECK(memcmp(found, done ? expected : untouched, sizeof found) == 0);
    CHECK(refused > 1 || !done);
  }
  CHECK(done);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  allocations_begin(argv[2]);
  make_windows();
  trackers(ACTIONCLIP_TRACK_EXCLUSIVE);
  trackers(ACTIONCLIP_TRACK_INDEPENDENT);
  for (int32_t method = ACTIONCLIP_SEGMENTS_MEAN; method <= ACTIONCLIP_SEGMENTS_ORDERED; method++) segments(method);
  thresholds();
  return check_report("test_events");
}

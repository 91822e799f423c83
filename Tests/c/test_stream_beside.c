/* test_stream_beside.c: calls on a stream while others are in progress on other threads: a wait that must wake, an end
 * or a new beginning beside a push or a step, a cancel, several threads that step. A call that would hang ends the
 * program by its alarm.
 *
 *   test_stream_beside ROOT */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { W = 40, H = 30, BIG = 1600, PICTURES = 8, LONG_STEP = 1500, MAX_E = 512, MAX_WINDOWS = 600 };

static const int64_t PATIENCE = 60000000000; /* nanoseconds; no wake-up takes so long */

static uint8_t pixels[PICTURES][W * H * 3], big[BIG * BIG];
static actionclip_model *model, *slow; /* a window of the second takes more than a millisecond */
static size_t t, e;
static int stepping, cancelled; /* whether the step of `step_both` is in progress, and how it ended */
static actionclip_stream *both[2];

static int get(const int *flag) { return __atomic_load_n(flag, __ATOMIC_SEQ_CST); }
static void set(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_SEQ_CST); }

static actionclip_stream *stream_of(const actionclip_model *of, int32_t queue, int32_t overflow) {
  actionclip_stream_options options;
  actionclip_stream_options_init(&options);
  options.frame_interval_ns = 1000;
  options.gap_ns = -1;
  options.hop = 1;
  options.queue_frames = queue;
  options.queue_windows = LONG_STEP;
  options.overflow = overflow;
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(of, &options, &s));
  return s;
}

static int32_t try_push(actionclip_stream *s, int number, int32_t *outcome) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = pixels[number % PICTURES];
  return actionclip_stream_push(s, &frame, 1000LL * number, outcome);
}

static int32_t push(actionclip_stream *s, int number) {
  int32_t outcome = 0;
  CHECK_OK(try_push(s, number, &outcome));
  return outcome;
}

static actionclip_stream_stats stats_of(actionclip_stream *s) {
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  CHECK_OK(actionclip_stream_get_stats(s, &stats));
  CHECK(stats.pushed == stats.not_due + stats.refused + stats.dropped + stats.encoded + stats.pending);
  return stats;
}

/* Takes all windows that are ready to `out` [windows, e], after the first `count`; returns their number then. */
static int take(actionclip_stream *s, float (*out)[MAX_E], int count, int32_t *found) {
  actionclip_window window;
  window.struct_size = sizeof window;
  for (;;) {
    CHECK_OK(actionclip_stream_next(s, &window, out[count], MAX_E, found));
    if (*found != ACTIONCLIP_NEXT_WINDOW) return count;
    CHECK(window.sequence == count);
    if (!CHECK(++count < MAX_WINDOWS)) return 0;
  }
}

static void is_room(actionclip_stream **s, int64_t patience, size_t expected) {
  size_t ready = 99;
  CHECK_OK(actionclip_stream_wait(s, 1, ACTIONCLIP_WAIT_ROOM, patience, &ready));
  CHECK(ready == expected);
}

/* ------------------------------------------------------------------------------ a step that takes long */

static void *step_both(void *nothing) {
  set(&cancelled, actionclip_stream_step(both, 2, 0, NULL) == ACTIONCLIP_ERROR_CANCELLED);
  set(&stepping, 0);
  return nothing;
}

/* Begins a step on both[0], which has `queue` frames and one that found no room, and on both[1], which has so many that
 * the step is still in progress when the test is done with it. */
static pthread_t begin_long_step(int32_t queue) {
  both[0] = stream_of(slow, queue, ACTIONCLIP_OVERFLOW_WAIT);
  both[1] = stream_of(slow, LONG_STEP, ACTIONCLIP_OVERFLOW_WAIT);
  for (int i = 0; i < queue; i++) CHECK(push(both[0], i) == ACTIONCLIP_PUSH_QUEUED);
  CHECK(push(both[0], queue) == ACTIONCLIP_PUSH_FULL);
  for (int i = 0; i < LONG_STEP; i++) CHECK(push(both[1], i) == ACTIONCLIP_PUSH_QUEUED);
  pthread_t thread;
  set(&stepping, 1);
  CHECK(pthread_create(&thread, NULL, step_both, NULL) == 0);
  return thread;
}

static void end_long_step(pthread_t thread) {
  CHECK(get(&stepping)); /* else nothing was tried beside it */
  CHECK_OK(actionclip_stream_cancel(both[1]));
  pthread_join(thread, NULL);
  CHECK(get(&cancelled));
  for (int i = 0; i < 2; i++) actionclip_stream_free(both[i]);
}

/* Frames that a step has taken on leave room for others while it encodes them. */
static void room_while_a_step_goes_on(void) {
  const pthread_t thread = begin_long_step(2);
  is_room(both, PATIENCE, 1);
  CHECK(push(both[0], 2) == ACTIONCLIP_PUSH_QUEUED);
  end_long_step(thread);
}

static void *reset_first(void *nothing) {
  CHECK_OK(actionclip_stream_reset(both[0]));
  return nothing;
}

/* A reset waits for a step; meanwhile a push does not. */
static void push_beside_a_reset_that_waits(void) {
  const pthread_t step = begin_long_step(2);
  is_room(both, PATIENCE, 1);
  pthread_t reset;
  CHECK(pthread_create(&reset, NULL, reset_first, NULL) == 0);
  usleep(20000);
  CHECK(push(both[0], 2) == ACTIONCLIP_PUSH_QUEUED);
  CHECK(get(&stepping));
  CHECK_OK(actionclip_stream_cancel(both[1]));
  pthread_join(step, NULL);
  pthread_join(reset, NULL);
  CHECK(stats_of(both[0]).pushed == 0 && push(both[0], 0) == ACTIONCLIP_PUSH_QUEUED);
  for (int i = 0; i < 2; i++) actionclip_stream_free(both[i]);
}

/* A thread that waits for a signal cancels. */
static void *cancel_on_signal(void *signals) {
  int number = 0;
  CHECK(sigwait(signals, &number) == 0 && number == SIGUSR1);
  CHECK_OK(actionclip_stream_cancel(both[1]));
  return NULL;
}

static void cancel_from_a_thread_for_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
  pthread_t canceller;
  CHECK(pthread_create(&canceller, NULL, cancel_on_signal, &signals) == 0);
  const pthread_t step = begin_long_step(2);
  is_room(both, PATIENCE, 1);
  CHECK(get(&stepping) && kill(getpid(), SIGUSR1) == 0);
  pthread_join(step, NULL);
  pthread_join(canceller, NULL);
  CHECK(get(&cancelled) && stats_of(both[1]).encoded == 0);
  CHECK(stats_of(both[0]).pending == 2); /* the neighbour's frames wait again */
  for (int i = 0; i < 2; i++) actionclip_stream_free(both[i]);
}

/* ----------------------------------------------------------------------------------- waits that must wake */

typedef struct {
  actionclip_stream *stream;
  int32_t reason, status;
  size_t ready;
} waiter;

static void *waits(void *argument) {
  waiter *w = argument;
  w->status = actionclip_stream_wait(&w->stream, 1, w->reason, PATIENCE, &w->ready);
  return NULL;
}

/* Begins a wait that is not over yet. */
static pthread_t begin_wait(waiter *w, actionclip_stream *s, int32_t reason) {
  *w = (waiter){s, reason, 1, 99};
  CHECK_OK(actionclip_stream_wait(&s, 1, reason, 0, &w->ready));
  CHECK(w->ready == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, waits, w) == 0);
  usleep(20000); /* it most likely sleeps by now */
  return thread;
}

static void end_wait(pthread_t thread, const waiter *w, int32_t status) {
  pthread_join(thread, NULL);
  CHECK(w->status == status && (status != ACTIONCLIP_OK || w->ready == 1));
}

static void everything_that_a_wait_is_for_ends_it(void) {
  waiter w;
  pthread_t thread;
  actionclip_stream_options options;
  actionclip_stream_options_init(&options);
  options.frame_interval_ns = 1000;
  options.gap_ns = -1;
  options.queue_frames = 1;
  options.max_age_ns = 100;
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(model, &options, &s));
  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_STEP);
  CHECK(push(s, 0) == ACTIONCLIP_PUSH_QUEUED);
  end_wait(thread, &w, ACTIONCLIP_OK);

  /* A step that only drops a frame, which is too old, leaves room too. */
  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_ROOM);
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = pixels[0];
  CHECK_OK(actionclip_stream_push(s, &frame, 500, NULL)); /* not due */
  CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL));
  CHECK(stats_of(s).dropped == 1 && stats_of(s).encoded == 0);
  end_wait(thread, &w, ACTIONCLIP_OK);

  CHECK(push(s, 1) == ACTIONCLIP_PUSH_QUEUED);
  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_ROOM);
  CHECK_OK(actionclip_stream_reset(s));
  end_wait(thread, &w, ACTIONCLIP_OK);

  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_STEP);
  CHECK_OK(actionclip_stream_finish(s));
  end_wait(thread, &w, ACTIONCLIP_OK);
  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_WINDOW);
  CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL));
  end_wait(thread, &w, ACTIONCLIP_OK); /* the stream has ended */

  CHECK_OK(actionclip_stream_reset(s));
  thread = begin_wait(&w, s, ACTIONCLIP_WAIT_WINDOW);
  CHECK_OK(actionclip_stream_cancel(s));
  end_wait(thread, &w, ACTIONCLIP_ERROR_CANCELLED);
  actionclip_stream_free(s);
}

static void *steps_to_the_end(void *stream) {
  actionclip_stream *s = stream;
  size_t ready;
  for (actionclip_stream_stats stats = stats_of(s); !stats.finished || stats.pending > 0; stats = stats_of(s)) {
    CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, -1, &ready));
    CHECK_OK(actionclip_stream_step(&s, 1, 1, NULL));
  }
  CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL)); /* the end */
  return NULL;
}

static void *takes_to_the_end(void *stream) {
  static float out[MAX_WINDOWS][MAX_E];
  actionclip_stream *s = stream;
  size_t ready;
  int32_t found = ACTIONCLIP_NEXT_NONE;
  for (int count = 0; found != ACTIONCLIP_NEXT_END;) {
    CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_WINDOW, -1, &ready));
    count = take(s, out, count, &found);
  }
  return NULL;
}

/* Three threads that wait without limit and do no more than is asked for: a sign that is lost stops all of them. */
static void no_sign_is_lost(void) {
  enum { FRAMES = 400 };
  actionclip_stream_options options;
  actionclip_stream_options_init(&options);
  options.frame_interval_ns = 1000;
  options.gap_ns = -1;
  options.hop = 1;
  options.queue_frames = 1;
  options.queue_windows = 2;
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(model, &options, &s));
  pthread_t threads[2];
  CHECK(pthread_create(&threads[0], NULL, steps_to_the_end, s) == 0);
  CHECK(pthread_create(&threads[1], NULL, takes_to_the_end, s) == 0);
  for (int i = 0; i < FRAMES; i++) {
    is_room(&s, -1, 1);
    CHECK(push(s, i) == ACTIONCLIP_PUSH_QUEUED);
  }
  CHECK_OK(actionclip_stream_finish(s));
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  CHECK(stats_of(s).encoded == FRAMES && stats_of(s).windows == FRAMES - (int)t + 1);
  actionclip_stream_free(s);
}

/* --------------------------------------------------------------------------- ends and new beginnings */

static int32_t push_status;

static void *pushes_big(void *stream) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_GRAY;
  frame.width = frame.height = BIG;
  frame.planes[0] = big;
  push_status = actionclip_stream_push(stream, &frame, 0, NULL);
  return NULL;
}

/* A frame whose push has not ended when the stream is finished is refused; any other has its window. */
static void finish_beside_a_push(void) {
  static float out[MAX_WINDOWS][MAX_E];
  actionclip_stream *s = stream_of(model, 2, ACTIONCLIP_OVERFLOW_WAIT);
  for (int trial = 0; trial < 60; trial++) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, pushes_big, s) == 0);
    usleep((useconds_t)(trial * 29 % 60) * 40);
    CHECK_OK(actionclip_stream_finish(s));
    CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL));
    int32_t found;
    const int windows = take(s, out, 0, &found);
    CHECK(found == ACTIONCLIP_NEXT_END);
    pthread_join(thread, NULL);
    CHECK(push_status == (windows == 1 ? ACTIONCLIP_OK : ACTIONCLIP_ERROR_INVALID_ARGUMENT));
    const actionclip_stream_stats stats = stats_of(s);
    CHECK(stats.pushed == 1 && stats.encoded == windows && stats.refused == 1 - windows);
    CHECK_OK(actionclip_stream_reset(s));
  }
  actionclip_stream_free(s);
}

/* A reset beside a push forgets its frame, or comes first. */
static void reset_beside_a_push(void) {
  actionclip_stream *s = stream_of(model, 1, ACTIONCLIP_OVERFLOW_WAIT);
  for (int trial = 0; trial < 60; trial++) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, pushes_big, s) == 0);
    usleep((useconds_t)(trial * 29 % 60) * 40);
    CHECK_OK(actionclip_stream_reset(s));
    pthread_join(thread, NULL);
    const actionclip_stream_stats stats = stats_of(s);
    CHECK(push_status == ACTIONCLIP_OK && stats.pushed == stats.pending && stats.pending <= 1);
    CHECK(stats.newest_ns == (stats.pushed == 1 ? 0 : INT64_MIN));
    CHECK_OK(actionclip_stream_reset(s));
  }
  /* All pictures are free again. */
  CHECK(push(s, 0) == ACTIONCLIP_PUSH_QUEUED && push(s, 1) == ACTIONCLIP_PUSH_FULL);
  actionclip_stream_free(s);
}

static int stop;

/* Steps one frame after the other, without a pause. */
static void *steps_always(void *stream) {
  static float out[MAX_WINDOWS][MAX_E];
  actionclip_stream *s = stream;
  for (int i = 0; !get(&stop); i++) {
    int32_t found, outcome;
    try_push(s, i, &outcome); /* a reset lets times begin anew, so some are refused */
    CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL));
    actionclip_window window;
    window.struct_size = sizeof window;
    CHECK_OK(actionclip_stream_next(s, &window, out[0], MAX_E, &found));
  }
  return NULL;
}

/* A thread that is always in a step does not keep a reset waiting. */
static void reset_beside_steps(void) {
  actionclip_stream *s = stream_of(model, 4, ACTIONCLIP_OVERFLOW_DROP_OLDEST);
  pthread_t threads[2];
  set(&stop, 0);
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, steps_always, s) == 0);
  for (int i = 0; i < 200; i++) CHECK_OK(actionclip_stream_reset(s));
  set(&stop, 1);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  stats_of(s);
  actionclip_stream_free(s);
}

/* ------------------------------------------------------------------------ several threads that step */

enum { FRAMES = 300, STEPPERS = 3 };

static void *steps_a_few(void *stream) {
  actionclip_stream *s = stream;
  while (!get(&stop)) {
    size_t encoded = 99;
    CHECK_OK(actionclip_stream_step(&s, 1, 2, &encoded));
    CHECK(encoded <= 2);
  }
  return NULL;
}

/* Threads that step one stream a few frames at a time give the windows of one thread, in order and to the bit. */
static void several_threads_step_one_stream(void) {
  static float one[MAX_WINDOWS][MAX_E], several[MAX_WINDOWS][MAX_E];
  actionclip_stream *s = stream_of(model, 16, ACTIONCLIP_OVERFLOW_WAIT);
  int32_t found;
  int windows = 0;
  for (int i = 0; i < FRAMES; i++) {
    CHECK(push(s, i * 5) == ACTIONCLIP_PUSH_QUEUED);
    CHECK_OK(actionclip_stream_step(&s, 1, 0, NULL));
  }
  windows = take(s, one, 0, &found);
  CHECK(windows == FRAMES - (int)t + 1);
  CHECK_OK(actionclip_stream_reset(s));
  pthread_t threads[STEPPERS];
  set(&stop, 0);
  for (int i = 0; i < STEPPERS; i++) CHECK(pthread_create(&threads[i], NULL, steps_a_few, s) == 0);
  windows = 0;
  for (int i = 0; i < FRAMES; i++) {
    is_room(&s, -1, 1);
    CHECK(push(s, i * 5) == ACTIONCLIP_PUSH_QUEUED);
    windows = take(s, several, windows, &found);
  }
  for (actionclip_stream_stats stats = stats_of(s); stats.pending > 0; stats = stats_of(s)) usleep(100);
  windows = take(s, several, windows, &found);
  set(&stop, 1);
  for (int i = 0; i < STEPPERS; i++) pthread_join(threads[i], NULL);
  CHECK(windows == FRAMES - (int)t + 1);
  for (int i = 0; i < windows; i++) CHECK(memcmp(one[i], several[i], e * sizeof(float)) == 0);
  actionclip_stream_free(s);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  alarm(150);
  for (int i = 0; i < PICTURES; i++)
    for (int k = 0; k < W * H * 3; k++) pixels[i][k] = (uint8_t)(k * (i + 3) + i * 40);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model));
  CHECK_OK(actionclip_model_load(check_path("models/actionclip-shapes.safetensors"), &options, &slow));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  t = (size_t)info.frames;
  e = (size_t)info.embedding_size;
  CHECK(e <= MAX_E);
  room_while_a_step_goes_on();
  push_beside_a_reset_that_waits();
  cancel_from_a_thread_for_signals();
  everything_that_a_wait_is_for_ends_it();
  no_sign_is_lost();
  finish_beside_a_push();
  reset_beside_a_push();
  reset_beside_steps();
  several_threads_step_one_stream();
  actionclip_model_free(slow);
  actionclip_model_free(model);
  return check_report("test_stream_beside");
}

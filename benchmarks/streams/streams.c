/* streams.c: what a stream costs beside the work that it cannot avoid. Each figure is a median with its quartiles; a
 * ratio is of calls that took turns in one run.
 *
 *   streams [MODEL [ROUNDS]]    the default model and 200 rounds if left out; one thread */
#include <actionclip.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { W = 1280, H = 720, MOST = 100000 };

static void ok(int32_t status) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "streams: %s: %s\n", actionclip_status_name(status), actionclip_last_error());
  exit(1);
}

static double now(void) { /* microseconds */
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static double samples[8][MOST];
static int counts[8];
static void note(int row, double value) {
  if (counts[row] < MOST) samples[row][counts[row]++] = value;
}
static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static double quantile(int row, double share) {
  qsort(samples[row], (size_t)counts[row], sizeof(double), ascending);
  return samples[row][(int)(share * (counts[row] - 1))];
}
static void clear(void) { memset(counts, 0, sizeof counts); }
static void print_times(const char *what, int row, double unit, const char *name) {
  printf("%-58s %9.3f %s   (%.3f to %.3f)\n", what, quantile(row, 0.5) / unit, name, quantile(row, 0.25) / unit,
         quantile(row, 0.75) / unit);
}
static void print_ratio(const char *what, int row) {
  printf("%-58s %9.3f      (%.3f to %.3f)\n", what, quantile(row, 0.5), quantile(row, 0.25), quantile(row, 0.75));
}

static uint8_t rgb[W * H * 3], nv12[W * H * 3 / 2];
static actionclip_frame rgb_frame, nv12_frame;
static actionclip_model *model;
static size_t e, t;

static void make_frames(void) {
  uint32_t seed = 1;
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
  for (size_t i = 0; i < sizeof nv12; i++) nv12[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
  actionclip_frame_init(&rgb_frame);
  rgb_frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  rgb_frame.width = W;
  rgb_frame.height = H;
  nv12_frame = rgb_frame;
  rgb_frame.planes[0] = rgb;
  nv12_frame.pixel_format = ACTIONCLIP_PIXEL_NV12;
  nv12_frame.planes[0] = nv12;
  nv12_frame.planes[1] = nv12 + W * H;
}

static actionclip_stream *stream_in(int32_t mode, int32_t overflow, int32_t stride, int64_t interval) {
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.mode = mode;
  o.overflow = overflow;
  o.frame_stride = stride;
  o.frame_interval_ns = interval;
  actionclip_stream *s;
  ok(actionclip_stream_create(model, &o, &s));
  return s;
}

static actionclip_stream *stream_of(int32_t overflow, int32_t stride, int64_t interval) {
  return stream_in(ACTIONCLIP_STREAM_EXACT, overflow, stride, interval);
}

static void drain(actionclip_stream *s, float *embedding) {
  actionclip_window window;
  window.struct_size = sizeof window;
  int32_t found;
  do ok(actionclip_stream_next(s, &window, embedding, e, &found));
  while (found == ACTIONCLIP_NEXT_WINDOW);
}

/* A hop of one frame, pushed, stepped and taken, against encoding that frame, if the model's frames are independent, and
 * against a whole window. */
static void hops(const char *name, int32_t mode, int independent, int rounds) {
  actionclip_stream *s = stream_in(mode, ACTIONCLIP_OVERFLOW_WAIT, 1, 0);
  float *embedding = malloc(e * sizeof(float)), *frames = malloc(t * e * sizeof(float));
  actionclip_frame *window = malloc(t * sizeof *window);
  for (size_t i = 0; i < t; i++) window[i] = rgb_frame;
  int64_t stamp = 0;
  clear();
  for (int i = -(int)t; i < rounds; i++) {
    double begin = now();
    ok(actionclip_stream_push(s, &rgb_frame, ++stamp, NULL));
    ok(actionclip_stream_step(&s, 1, 0, NULL));
    drain(s, embedding);
    const double hop = now() - begin;
    begin = now();
    if (independent) ok(actionclip_encode_single_camera_frames(model, &rgb_frame, 1, NULL, frames, e));
    const double single = now() - begin;
    begin = now();
    ok(actionclip_encode_camera_frames(model, window, t, NULL, embedding, e, NULL, 0));
    const double whole = now() - begin;
    if (i < 0) continue;
    note(0, hop);
    note(1, single);
    note(2, whole);
    note(3, hop / single);
    note(4, hop / whole);
  }
  printf("%s\n", name);
  print_times("a hop of one frame: push, step, next", 0, 1000, "ms");
  if (independent) print_times("encoding that frame alone", 1, 1000, "ms");
  print_times("encoding a window anew", 2, 1000, "ms");
  if (independent) print_ratio("hop / frame", 3);
  print_ratio("hop / window", 4);
  actionclip_stream_free(s);
  free(embedding);
  free(frames);
  free(window);
}

static void pushes(int rounds) {
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_LATEST, 1, 0);
  int64_t stamp = 0;
  clear();
  for (int i = -3; i < rounds; i++) {
    double begin = now();
    ok(actionclip_stream_push(s, &rgb_frame, ++stamp, NULL));
    const double a = now() - begin;
    begin = now();
    ok(actionclip_stream_push(s, &nv12_frame, ++stamp, NULL));
    const double b = now() - begin;
    if (i < 0) continue;
    note(0, a);
    note(1, b);
    note(2, b / a);
  }
  print_times("push of 1280x720 RGB", 0, 1000, "ms");
  print_times("push of 1280x720 NV12", 1, 1000, "ms");
  print_ratio("NV12 / RGB", 2);
  actionclip_stream_free(s);

  s = stream_of(ACTIONCLIP_OVERFLOW_LATEST, 0, 86400000000000);
  ok(actionclip_stream_push(s, &rgb_frame, 0, NULL));
  clear();
  enum { TOGETHER = 100 };
  for (int i = 0; i < rounds; i++) {
    const double begin = now();
    for (int k = 1; k <= TOGETHER; k++) ok(actionclip_stream_push(s, &nv12_frame, (int64_t)i * TOGETHER + k, NULL));
    note(0, (now() - begin) / TOGETHER);
  }
  print_times("push of a frame that is not due", 0, 1, "us");
  actionclip_stream_free(s);

  clear();
  for (int i = 0; i < rounds; i++) {
    const double begin = now();
    actionclip_stream_free(stream_of(ACTIONCLIP_OVERFLOW_WAIT, 1, 0));
    note(0, now() - begin);
  }
  print_times("making and freeing a stream", 0, 1000, "ms");
}

/* Cancelling while a step encodes, from another thread. */
static void *cancels(void *stream) {
  usleep(1000 + (useconds_t)(rand() % 3000));
  note(0, now());
  ok(actionclip_stream_cancel(stream));
  return NULL;
}

static void cancelling(int rounds) {
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 1, 0);
  static double after[MOST];
  int cancelled = 0;
  clear();
  for (int i = 0; i < rounds; i++) {
    for (size_t k = 1; k <= t; k++) ok(actionclip_stream_push(s, &rgb_frame, (int64_t)k, NULL));
    pthread_t thread;
    pthread_create(&thread, NULL, cancels, s);
    const int32_t status = actionclip_stream_step(&s, 1, 0, NULL);
    const double end = now();
    pthread_join(thread, NULL);
    if (status == ACTIONCLIP_ERROR_CANCELLED) after[cancelled++] = end - samples[0][i];
    else ok(status);
    ok(actionclip_stream_reset(s));
  }
  clear();
  for (int i = 0; i < cancelled; i++) note(0, after[i] > 0 ? after[i] : 0);
  printf("%-58s %9d of %d\n", "steps that a cancel met", cancelled, rounds);
  if (cancelled > 0) {
    print_times("from the cancel to the step's return", 0, 1000, "ms");
    printf("%-58s %9.3f ms\n", "the longest", quantile(0, 1) / 1000);
  }
  actionclip_stream_free(s);
}

/* A consumer that takes ten times as long as frames take to come: does push wait for it? */
static int stop;
static void *slow(void *stream) {
  float *embedding = malloc(e * sizeof(float));
  actionclip_stream *s = stream;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    ok(actionclip_stream_step(&s, 1, 1, NULL));
    drain(s, embedding);
    usleep(40000);
  }
  free(embedding);
  return NULL;
}

static void slow_consumer(const char *name, int32_t overflow, int rounds) {
  actionclip_stream *s = stream_of(overflow, 1, 0);
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  pthread_t thread;
  stop = 0;
  clear();
  for (int alone = 1; alone >= 0; alone--) {
    if (!alone) pthread_create(&thread, NULL, slow, s);
    for (int i = 0; i < rounds; i++) {
      const double begin = now();
      ok(actionclip_stream_push(s, &nv12_frame, (int64_t)(1 - alone) * MOST + i + 1, NULL));
      note(alone, now() - begin);
      ok(actionclip_stream_get_stats(s, &stats));
      if (stats.pushed != stats.not_due + stats.refused + stats.dropped + stats.encoded + stats.pending) abort();
      usleep(4000);
    }
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  pthread_join(thread, NULL);
  printf("%-12s p99 of push: %.3f ms alone, %.3f ms beside a consumer ten times too slow (%lld of %lld dropped)\n", name,
         quantile(1, 0.99) / 1000, quantile(0, 0.99) / 1000, (long long)stats.dropped, (long long)stats.pushed);
  actionclip_stream_free(s);
}

int main(int argc, char **argv) {
  const int rounds = argc > 2 ? atoi(argv[2]) : 200;
  if (rounds < 1 || rounds > MOST / 100) return fprintf(stderr, "streams: ROUNDS is 1 to %d\n", MOST / 100), 2;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  ok(actionclip_model_load(argc > 1 && argv[1][0] ? argv[1] : NULL, &options, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  ok(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  t = (size_t)info.frames;
  make_frames();
  printf("%d windows of %d frames of %dx%d, one thread\n", rounds, info.frames, info.image_size, info.image_size);
  hops(info.frames_independent ? "each frame encoded once" : "each window encoded anew", ACTIONCLIP_STREAM_EXACT,
       info.frames_independent, rounds);
  if (info.temporal_shift) hops("causal shift, each frame encoded once", ACTIONCLIP_STREAM_CAUSAL, 0, rounds);
  pushes(rounds);
  cancelling(rounds < 50 ? rounds : 50);
  slow_consumer("DROP_OLDEST", ACTIONCLIP_OVERFLOW_DROP_OLDEST, rounds);
  slow_consumer("LATEST", ACTIONCLIP_OVERFLOW_LATEST, rounds);
  actionclip_model_free(model);
  return 0;
}

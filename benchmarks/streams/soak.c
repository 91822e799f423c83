/* soak.c: eight streams for hours, as cameras and tracks use them: exact and causal ones, frames in formats and sizes
 * that change, gaps, drops, bad frames, resets, cancels, streams made and freed, labels set. It prints memory and open files each minute,
 * and fails if memory grew by more than 1 MiB after the first tenth of the time, or if an account is wrong.
 *
 *   soak [HOURS]    4 if left out */
#include <actionclip.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STREAMS = 8, SIDE = 480, MAX_E = 2048, MOST_MINUTES = 100000 };

static void ok(int32_t status, const char *what) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "soak: %s: %s: %s\n", what, actionclip_status_name(status), actionclip_last_error());
  exit(1);
}
#define OK(call) ok((call), #call)

static uint64_t seed = 7;
static uint32_t any(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static double now(void) { /* seconds */
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long resident_kib(void) {
  long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2) exit(1);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) count++;
  if (folder != NULL) closedir(folder);
  return count;
}

static uint8_t bytes[SIDE * SIDE * 4];

static actionclip_frame any_frame(void) {
  static const int32_t formats[] = {ACTIONCLIP_PIXEL_RGB,  ACTIONCLIP_PIXEL_BGRA, ACTIONCLIP_PIXEL_GRAY,
                                    ACTIONCLIP_PIXEL_NV12, ACTIONCLIP_PIXEL_I420, ACTIONCLIP_PIXEL_YUYV};
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = formats[any(6)];
  frame.width = 2 * (16 + (int32_t)any(SIDE / 2 - 16));
  frame.height = 2 * (16 + (int32_t)any(SIDE / 2 - 16));
  for (int i = 0; i < 3; i++) frame.planes[i] = bytes + any(1000);
  if (frame.pixel_format < ACTIONCLIP_PIXEL_NV12 || frame.pixel_format == ACTIONCLIP_PIXEL_YUYV)
    frame.planes[1] = frame.planes[2] = NULL;
  if (frame.pixel_format == ACTIONCLIP_PIXEL_NV12) frame.planes[2] = NULL;
  if (any(50) == 0) frame.width = 0;
  return frame;
}

static actionclip_model *model;

static actionclip_stream *any_stream(void) {
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.mode = any(2) == 0 ? ACTIONCLIP_STREAM_EXACT : ACTIONCLIP_STREAM_CAUSAL; /* the default model has temporal shift */
  o.frame_interval_ns = 100 + any(100);
  o.hop = 1 + (int32_t)any(4);
  o.warmup = (int32_t)any(3);
  o.overflow = (int32_t)any(4);
  o.gap_ns = 5000;
  o.queue_frames = 1 + (int32_t)any(16);
  actionclip_stream *stream;
  OK(actionclip_stream_create(model, &o, &stream));
  return stream;
}

int main(int argc, char **argv) {
  const double seconds = 3600 * (argc > 1 ? atof(argv[1]) : 4), begin = now();
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)any(256);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  OK(actionclip_model_load(NULL, &options, &model));
  actionclip_classifier *classifier;
  static const char *const words[] = {"moving left", "moving right", "growing", "shrinking", "turning"};
  OK(actionclip_classifier_create(model, words, 5, NULL, 0, 0, &classifier));
  actionclip_stream *streams[STREAMS];
  int64_t stamps[STREAMS] = {0};
  for (int i = 0; i < STREAMS; i++) streams[i] = any_stream();
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  actionclip_window window;
  window.struct_size = sizeof window;
  static float embedding[MAX_E], probabilities[8];
  long long pushed = 0, windows = 0, made = STREAMS, first_kib = 0, last_kib = 0;
  int first_files = 0, last_files = 0;
  double next_line = 0;
  while (now() - begin < seconds) {
    for (int round = 0; round < 64; round++) {
      const uint32_t i = any(STREAMS);
      const actionclip_frame frame = any_frame();
      stamps[i] += any(200) == 0 ? 6000 : any(60);
      const int32_t status = actionclip_stream_push(streams[i], &frame, stamps[i], NULL);
      if (status != ACTIONCLIP_ERROR_INVALID_ARGUMENT && status != ACTIONCLIP_ERROR_CANCELLED) OK(status);
      pushed++;
    }
    const int32_t status = actionclip_stream_step(streams, STREAMS, any(12), NULL);
    if (status != ACTIONCLIP_ERROR_CANCELLED) OK(status);
    for (int i = 0; i < STREAMS; i++) {
      int32_t found = ACTIONCLIP_NEXT_NONE;
      while (actionclip_stream_next(streams[i], &window, embedding, MAX_E, &found) == ACTIONCLIP_OK &&
             found == ACTIONCLIP_NEXT_WINDOW) {
        OK(actionclip_classifier_score(classifier, embedding, 1, 100, probabilities, 8, NULL, NULL));
        windows++;
      }
      OK(actionclip_stream_get_stats(streams[i], &stats));
      if (stats.pushed != stats.not_due + stats.refused + stats.dropped + stats.encoded + stats.pending) {
        fprintf(stderr, "soak: frames are missing from the account of stream %d\n", i);
        return 1;
      }
    }
    const uint32_t i = any(STREAMS);
    switch (any(40)) {
      case 0: OK(actionclip_stream_cancel(streams[i])); break;
      case 1: OK(actionclip_stream_reset(streams[i])); stamps[i] = 0; break;
      case 2:
        actionclip_stream_free(streams[i]);
        streams[i] = any_stream();
        stamps[i] = 0;
        made++;
        break;
      case 3: {
        const size_t first = any(3);
        OK(actionclip_classifier_set_labels(classifier, words + first, 2 + any(2), NULL));
        break;
      }
      default: break;
    }
    const double elapsed = now() - begin;
    if (elapsed < next_line) continue;
    next_line = elapsed + (seconds < 600 ? seconds / 10 : 60);
    last_kib = resident_kib();
    last_files = open_files();
    if (first_kib == 0 && elapsed >= seconds / 10) {
      first_kib = last_kib;
      first_files = last_files;
    }
    printf("%7.1f min  %8ld KiB  %3d files  %lld frames, %lld windows, %lld streams\n", elapsed / 60, (long)last_kib,
           last_files, pushed, windows, made);
    fflush(stdout);
  }
  for (int i = 0; i < STREAMS; i++) actionclip_stream_free(streams[i]);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  printf("memory %+lld KiB after the first tenth, files %+d\n", last_kib - first_kib, last_files - first_files);
  if (first_kib == 0) return fprintf(stderr, "soak: too short to compare memory\n"), 1;
  return last_kib - first_kib > 1024 || last_files != first_files;
}

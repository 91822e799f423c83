/* stream.c: frames from standard input, as a camera gives them, to windows and events.
 *
 *   cc -std=c99 examples/stream.c -o stream $(pkg-config --cflags --libs actionclip)
 *   ffmpeg -v error -i examples/shapes.mp4 -f yuv4mpegpipe - | ./stream - "moving left" "moving up" "growing"
 *   ffmpeg -v error -f v4l2 -i /dev/video0 -f rawvideo -pix_fmt nv12 - | ./stream nv12:1280x720@30 walking running
 *
 * Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
 *
 * The first argument is "-" for y4m, or the format, size and rate of raw frames. The model is the default one, or the
 * one that the environment variable ACTIONCLIP_MODEL names. Each sampled frame is encoded once if the model can do so;
 * a label that stays begins and ends an event. */
#include <actionclip.h>

#include "notes.h"
#include "y4m.h"

static void need(int32_t status) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "stream: %s\n", actionclip_last_error());
  exit(1);
}

static void stop(const char *why) {
  fprintf(stderr, "stream: %s\n", why);
  exit(1);
}

static void stop_reading(const char *why) {
  fprintf(stderr, "stream: standard input: %s\n", why);
  exit(1);
}

/* The places of the planes of a raw picture, which lie one after the other. Returns their bytes together. */
static size_t raw_planes(const y4m *video, size_t offsets[3]) {
  const size_t w = (size_t)video->width, h = (size_t)video->height, half = (w + 1) / 2, rows = (h + 1) / 2;
  offsets[0] = 0;
  offsets[1] = w * h;
  offsets[2] = w * h + half * rows;
  switch (video->pixel_format) {
    case ACTIONCLIP_PIXEL_GRAY: return w * h;
    case ACTIONCLIP_PIXEL_GRAY16: return w * h * 2;
    case ACTIONCLIP_PIXEL_RGB: case ACTIONCLIP_PIXEL_BGR: return w * h * 3;
    case ACTIONCLIP_PIXEL_RGBA: case ACTIONCLIP_PIXEL_BGRA:
    case ACTIONCLIP_PIXEL_RGBX: case ACTIONCLIP_PIXEL_BGRX: return w * h * 4;
    case ACTIONCLIP_PIXEL_YUYV: case ACTIONCLIP_PIXEL_UYVY: return half * 4 * h;
    case ACTIONCLIP_PIXEL_NV24: return w * h * 3;
    default: return w * h + 2 * half * rows; /* NV12, NV21, I420, YV12 */
  }
}

/* Understands "nv12:1280x720@30". */
static void open_raw(y4m *video, const char *text) {
  char name[32];
  long width, height, rate;
  memset(video, 0, sizeof *video);
  if (sscanf(text, "%31[^:]:%ldx%ld@%ld", name, &width, &height, &rate) != 4 || width < 1 || width > 65535 ||
      height < 1 || height > 65535 || rate < 1)
    stop("raw frames are described as FORMAT:WIDTHxHEIGHT@RATE, for example nv12:1280x720@30");
  need(actionclip_pixel_format_from_name(name, ACTIONCLIP_NAMES_ANY, &video->pixel_format));
  video->file = stdin;
  video->width = (int32_t)width;
  video->height = (int32_t)height;
  video->seconds = 1;
  video->frames = rate;
  size_t offsets[3];
  video->size = raw_planes(video, offsets);
  video->pixels = malloc(video->size);
  if (video->pixels == NULL) stop("out of memory");
}

static int read_raw(y4m *video, actionclip_frame *frame, int64_t *timestamp_ns) {
  const int first = getc(video->file);
  if (first == EOF) {
    if (video->count == 0) video->wrong = "there is no frame";
    return 0;
  }
  ungetc(first, video->file);
  if (!y4m_fill(video)) return 0;
  size_t offsets[3];
  raw_planes(video, offsets);
  actionclip_frame_init(frame);
  frame->pixel_format = video->pixel_format;
  frame->width = video->width;
  frame->height = video->height;
  const int planes = video->pixel_format == ACTIONCLIP_PIXEL_I420 || video->pixel_format == ACTIONCLIP_PIXEL_YV12 ? 3
                     : video->pixel_format == ACTIONCLIP_PIXEL_NV12 || video->pixel_format == ACTIONCLIP_PIXEL_NV21 ||
                             video->pixel_format == ACTIONCLIP_PIXEL_NV24
                         ? 2
                         : 1;
  for (int i = 0; i < planes; i++) frame->planes[i] = video->pixels + offsets[i];
  *timestamp_ns = video->count++ * 1000000000 / video->frames;
  return 1;
}

/* A stream with what turns its windows into words. */
typedef struct observer {
  actionclip_stream *stream;
  actionclip_classifier *classifier;
  actionclip_tracker *tracker;
  const char *const *labels;
  size_t label_count, embedding_size;
  float *embedding, *scores;
} observer;

static void print_events(const observer *o) {
  actionclip_event event;
  int32_t found = 0;
  for (;;) {
    event.struct_size = sizeof event;
    need(actionclip_tracker_next(o->tracker, &event, &found));
    if (!found) return;
    if (event.kind == ACTIONCLIP_EVENT_STARTED)
      printf("  %s started at %.2f s\n", o->labels[event.label], (double)event.start_ns / 1e9);
    if (event.kind == ACTIONCLIP_EVENT_ENDED)
      printf("  %s ended at %.2f s\n", o->labels[event.label], (double)event.end_ns / 1e9);
  }
}

/* Encodes what waits, and prints the windows that are there. Returns 0 once the stream has ended. */
static int step(const observer *o) {
  actionclip_window window;
  int32_t found = ACTIONCLIP_NEXT_NONE;
  need(actionclip_stream_step(&o->stream, 1, 0, NULL));
  for (;;) {
    window.struct_size = sizeof window;
    need(actionclip_stream_next(o->stream, &window, o->embedding, o->embedding_size, &found));
    if (found != ACTIONCLIP_NEXT_WINDOW) return found != ACTIONCLIP_NEXT_END;
    need(actionclip_classifier_score(o->classifier, o->embedding, 1, 100.0f, o->scores, o->label_count, NULL, NULL));
    size_t best = 0;
    for (size_t i = 1; i < o->label_count; i++)
      if (o->scores[i] > o->scores[best]) best = i;
    printf("%.2f to %.2f s: %s (%.1f %%)\n", (double)window.start_ns / 1e9, (double)window.end_ns / 1e9,
           o->labels[best], (double)o->scores[best] * 100);
    need(actionclip_tracker_push(o->tracker, window.start_ns, window.end_ns, o->scores, o->label_count));
    print_events(o);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: stream -|FORMAT:WIDTHxHEIGHT@RATE LABEL... < frames\n");
    return 2;
  }
  y4m video;
  const int is_raw = strcmp(argv[1], "-") != 0;
  const char *wrong = NULL;
  if (is_raw) open_raw(&video, argv[1]);
  else wrong = y4m_open(&video, stdin);
  if (wrong != NULL) stop_reading(wrong);

  actionclip_model *model = NULL;
  need(actionclip_model_load(NULL, NULL, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  need(actionclip_model_get_info(model, &info));

  observer o;
  memset(&o, 0, sizeof o);
  o.labels = (const char *const *)argv + 2;
  o.label_count = (size_t)argc - 2;
  o.embedding_size = (size_t)info.video_size;
  o.embedding = calloc(o.embedding_size, sizeof(float));
  o.scores = calloc(o.label_count, sizeof(float));
  if (o.embedding == NULL || o.scores == NULL) stop("out of memory");
  need(actionclip_classifier_create(model, o.labels, o.label_count, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &o.classifier));
  note_unlearned("stream", model, o.labels, o.label_count);
  need(actionclip_tracker_create(o.label_count, NULL, &o.tracker));
  need(actionclip_stream_create(model, NULL, &o.stream));

  actionclip_frame frame;
  int64_t timestamp_ns = 0;
  while (is_raw ? read_raw(&video, &frame, &timestamp_ns) : y4m_read(&video, &frame, &timestamp_ns)) {
    int32_t outcome = 0;
    need(actionclip_stream_push(o.stream, &frame, timestamp_ns, &outcome));
    if (outcome == ACTIONCLIP_PUSH_QUEUED) step(&o);
  }
  need(actionclip_stream_finish(o.stream));
  while (step(&o)) continue;
  need(actionclip_tracker_finish(o.tracker));
  print_events(&o);
  if (video.wrong != NULL) stop_reading(video.wrong);

  actionclip_stream_free(o.stream);
  actionclip_tracker_free(o.tracker);
  actionclip_classifier_free(o.classifier);
  actionclip_model_free(model);
  free(o.scores);
  free(o.embedding);
  free(video.pixels);
  return status_of_output("stream");
}

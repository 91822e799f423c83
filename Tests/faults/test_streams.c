/* test_streams.c: once warm, a stream takes no memory: neither to push, step, wait and take windows, nor to refuse a
 * frame or begin anew. And a stream whose memory is refused is a status.
 *
 *   test_streams ROOT SYMBOLS */
#include "allocations.h"

enum { STREAMS = 3, W = 64, H = 48, MAX_E = 512, MOST = 63 };

static uint8_t picture[W * H * 3];

static void work(actionclip_stream **streams, int64_t first, int frames) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = picture;
  float embedding[MAX_E];
  actionclip_window window;
  window.struct_size = sizeof window;
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  size_t ready;
  int32_t found, outcome;
  for (int i = 0; i < frames; i++) {
    for (int k = 0; k < STREAMS; k++)
      CHECK(actionclip_stream_push(streams[k], &frame, (first + i) * 100, &outcome) == ACTIONCLIP_OK);
    CHECK(actionclip_stream_wait(streams, STREAMS, ACTIONCLIP_WAIT_STEP, 0, &ready) == ACTIONCLIP_OK);
    if (i % 3 != 2) continue;
    CHECK(actionclip_stream_step(streams, STREAMS, 0, NULL) == ACTIONCLIP_OK);
    for (int k = 0; k < STREAMS; k++) {
      do CHECK(actionclip_stream_next(streams[k], &window, embedding, MAX_E, &found) == ACTIONCLIP_OK);
      while (found == ACTIONCLIP_NEXT_WINDOW);
      CHECK(actionclip_stream_get_stats(streams[k], &stats) == ACTIONCLIP_OK);
    }
  }
}

static void is_quiet_once_warm(const char *checkpoint, int32_t joint, int32_t frames, int32_t mode) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.joint = joint;
  options.frames = frames;
  actionclip_model *model;
  actionclip_stream *streams[STREAMS];
  if (!CHECK_OK(actionclip_model_load(check_path(checkpoint), &options, &model))) return;
  for (int i = 0; i < STREAMS; i++) {
    actionclip_stream_options o;
    actionclip_stream_options_init(&o);
    o.frame_interval_ns = 100;
    o.mode = mode;
    o.overflow = ACTIONCLIP_OVERFLOW_DROP_OLDEST;
    CHECK_OK(actionclip_stream_create(model, &o, &streams[i]));
  }
  work(streams, 0, MOST);
  arm(0, 0);
  work(streams, MOST, MOST);
  disarm();
  if (!CHECK(memory.own == 0) || !CHECK(memory.runtime == 0))
    fprintf(stderr, "    %s: %ld of the library's, %ld of the runtime's\n", checkpoint, memory.own, memory.runtime);
  for (int i = 0; i < STREAMS; i++) actionclip_stream_free(streams[i]);
  actionclip_model_free(model);
}

/* Every allocation of making a stream and of its first step is refused in turn. */
static void refusals(const char *checkpoint) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  actionclip_model *model;
  CHECK_OK(actionclip_model_load(check_path(checkpoint), &options, &model));
  int done = 0;
  for (long refused = 1; refused < 200 && !done; refused++) {
    actionclip_stream *stream = NULL;
    arm(refused, refused);
    const int32_t made = actionclip_stream_create(model, NULL, &stream);
    done = memory.own < refused;
    disarm();
    CHECK(made == ACTIONCLIP_OK || made == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    CHECK((made == ACTIONCLIP_OK) == (stream != NULL));
    actionclip_stream_free(stream);
  }
  CHECK(done);
  for (long refused = 1; refused < 200; refused++) {
    actionclip_model *fresh;
    actionclip_stream *stream;
    CHECK_OK(actionclip_model_load(check_path(checkpoint), &options, &fresh));
    CHECK_OK(actionclip_stream_create(fresh, NULL, &stream));
    actionclip_frame frame;
    actionclip_frame_init(&frame);
    frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
    frame.width = W;
    frame.height = H;
    frame.planes[0] = picture;
    actionclip_stream_stats stats;
    stats.struct_size = sizeof stats;
    arm(refused, refused);
    const int32_t pushed = actionclip_stream_push(stream, &frame, 0, NULL);
    const int32_t finished = actionclip_stream_finish(stream);
    const int32_t stepped = actionclip_stream_step(&stream, 1, 0, NULL);
    done = memory.own < refused;
    disarm();
    CHECK(pushed == ACTIONCLIP_OK || pushed == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    CHECK(finished == ACTIONCLIP_OK && (stepped == ACTIONCLIP_OK || stepped == ACTIONCLIP_ERROR_OUT_OF_MEMORY));
    CHECK_OK(actionclip_stream_get_stats(stream, &stats));
    CHECK(stats.pushed == 1 && stats.refused == (pushed != ACTIONCLIP_OK));
    CHECK(stats.pending == (pushed == ACTIONCLIP_OK && stepped != ACTIONCLIP_OK));
    /* The call that was refused works the second time. */
    CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL));
    CHECK_OK(actionclip_stream_get_stats(stream, &stats));
    CHECK(stats.pending == 0 && stats.windows == (pushed == ACTIONCLIP_OK));
    actionclip_stream_free(stream);
    actionclip_model_free(fresh);
    if (done) break;
  }
  CHECK(done);
  actionclip_model_free(model);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  allocations_begin(argv[2]);
  is_quiet_once_warm("Tests/fixtures/packs/meanp/checkpoint.pt", 0, 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm("Tests/fixtures/packs/lstm/checkpoint.pt", 0, 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm("Tests/fixtures/packs/transf-cls/checkpoint.pt", 0, 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm("Tests/fixtures/packs/joint/checkpoint.pt", 0, 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm("Tests/fixtures/packs/tsm-transf-16/checkpoint.pt", 0, 16, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm("Tests/fixtures/packs/tsm-transf-16/checkpoint.pt", 0, 16, ACTIONCLIP_STREAM_CAUSAL);
  refusals("Tests/fixtures/packs/meanp/checkpoint.pt");
  return check_report("test_streams");
}

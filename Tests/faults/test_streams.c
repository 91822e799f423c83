/* test_streams.c: once warm, a stream takes no memory: neither to push, step, wait and take windows, nor to begin anew
 * after a gap. And memory that is refused, in turn in each place, is a status and changes no bit of later windows.
 *
 *   test_streams ROOT SYMBOLS */
#include "allocations.h"

enum { STREAMS = 3, W = 64, H = 48, MAX_E = 512, MOST = 63, RUN = 21, MANY = 20000, PICTURES = 8, WINDOWS = 3 };

#define PACK(name) "Tests/fixtures/packs/" name "/checkpoint.pt"

static uint8_t pictures[PICTURES][W * H * 3];

static actionclip_frame frame_of(int64_t number) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = pictures[number % PICTURES];
  return frame;
}

/* Pushes frames, with a gap after each RUN of them, and takes all windows. */
static void work(actionclip_stream **streams, int64_t first, int frames) {
  float embedding[MAX_E];
  actionclip_window window;
  window.struct_size = sizeof window;
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  size_t ready;
  int32_t found, outcome;
  for (int i = 0; i < frames; i++) {
    const int64_t stamp = (first + i) * 100 + (first + i) / RUN * 1000000;
    const actionclip_frame frame = frame_of(first + i);
    for (int k = 0; k < STREAMS; k++)
      CHECK(actionclip_stream_push(streams[k], &frame, stamp, &outcome) == ACTIONCLIP_OK);
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

static void is_quiet_once_warm(const char *checkpoint, int32_t frames, int32_t mode) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
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
    o.warmup = i; /* each of them */
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

/* Every allocation of making a stream is refused in turn. */
static void refused_streams(const actionclip_model *model, const actionclip_stream_options *options) {
  int done = 0;
  for (long refused = 1; refused < 200 && !done; refused++) {
    actionclip_stream *stream = NULL;
    arm(refused, refused);
    const int32_t made = actionclip_stream_create(model, options, &stream);
    done = memory.own < refused;
    disarm();
    CHECK(made == ACTIONCLIP_OK || made == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    CHECK((made == ACTIONCLIP_OK) == (stream != NULL));
    actionclip_stream_free(stream);
  }
  CHECK(done);
}

/* Pushes a frame and steps. With `refused` above 0 that allocation of the two calls is refused, and what failed is
 * called again. Returns whether there was such an allocation. */
static int push_and_step(actionclip_stream *stream, int number, long refused) {
  const actionclip_frame frame = frame_of(number);
  int there = 0;
  if (refused > 0) {
    arm(refused, refused);
    const int32_t pushed = actionclip_stream_push(stream, &frame, 100 * number, NULL);
    const int32_t stepped = actionclip_stream_step(&stream, 1, 0, NULL);
    there = memory.own >= refused;
    disarm();
    CHECK(pushed == ACTIONCLIP_OK || pushed == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    CHECK(stepped == ACTIONCLIP_OK || stepped == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    actionclip_stream_stats stats;
    stats.struct_size = sizeof stats;
    CHECK_OK(actionclip_stream_get_stats(stream, &stats));
    CHECK(stats.refused == (pushed != ACTIONCLIP_OK) && stats.pushed == number + 1);
    CHECK(stats.pending == (pushed == ACTIONCLIP_OK && stepped != ACTIONCLIP_OK) && stats.dropped == 0);
    if (pushed == ACTIONCLIP_OK && stepped == ACTIONCLIP_OK) return there;
    if (pushed == ACTIONCLIP_OK) return CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL)), there;
  }
  CHECK_OK(actionclip_stream_push(stream, &frame, 100 * number, NULL));
  CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL));
  return there;
}

/* Makes the windows of a stream of so many frames, of a model that is fresh, with an allocation refused at the frame of
 * number `place`. Returns whether there was such an allocation. */
static int windows_of(const char *checkpoint, const actionclip_model_options *options, int32_t mode, int frames,
                      int place, long refused, float *windows) {
  actionclip_model *model;
  actionclip_stream *stream;
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.frame_interval_ns = 100;
  o.mode = mode;
  o.hop = 1;
  if (!CHECK_OK(actionclip_model_load(check_path(checkpoint), options, &model))) return 0;
  CHECK_OK(actionclip_stream_create(model, &o, &stream));
  int there = 0;
  for (int i = 0; i < frames; i++) there |= push_and_step(stream, i, i == place ? refused : 0);
  actionclip_window window;
  window.struct_size = sizeof window;
  int32_t found;
  for (int i = 0; i < WINDOWS; i++) {
    CHECK_OK(actionclip_stream_next(stream, &window, windows + i * MAX_E, MAX_E, &found));
    CHECK(found == ACTIONCLIP_NEXT_WINDOW && window.dropped_inside == 0);
  }
  actionclip_stream_free(stream);
  actionclip_model_free(model);
  return there;
}

/* Every allocation of the first step, and of the first one that completes a window, is refused in turn. */
static void refusals(const char *checkpoint, int32_t frames, int32_t mode) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.frames = frames;
  actionclip_model *model;
  if (!CHECK_OK(actionclip_model_load(check_path(checkpoint), &options, &model))) return;
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.mode = mode;
  refused_streams(model, &o);
  actionclip_model_free(model);
  static float whole[WINDOWS * MAX_E], found[WINDOWS * MAX_E];
  const int count = info.frames + WINDOWS - 1;
  memset(whole, 0, sizeof whole);
  windows_of(checkpoint, &options, mode, count, 0, 0, whole);
  const int places[] = {0, info.frames - 1};
  for (int i = 0; i < 2; i++) {
    long refused = 0;
    do {
      memset(found, 0, sizeof found);
    } while (windows_of(checkpoint, &options, mode, count, places[i], ++refused, found) && refused < 200 &&
             CHECK(memcmp(found, whole, sizeof whole) == 0));
    CHECK(refused > 1 && refused < 200 && memcmp(found, whole, sizeof whole) == 0);
  }
}

/* A list of streams whose length the caller chose: memory for it that is refused is a status, and begins no step. */
static void many_handles(const char *checkpoint) {
  static actionclip_stream *list[MANY];
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  actionclip_model *model;
  actionclip_stream *stream;
  if (!CHECK_OK(actionclip_model_load(check_path(checkpoint), &options, &model))) return;
  CHECK_OK(actionclip_stream_create(model, NULL, &stream));
  const actionclip_frame frame = frame_of(0);
  CHECK_OK(actionclip_stream_push(stream, &frame, 0, NULL));
  CHECK_OK(actionclip_stream_step(&stream, 1, 0, NULL));
  for (int i = 0; i < MANY; i++) list[i] = stream;
  CHECK_OK(actionclip_stream_push(stream, &frame, 1000000000, NULL));
  int there = 1;
  for (long refused = 1; refused < 100 && there; refused++) {
    size_t encoded = 99;
    arm(refused, refused);
    const int32_t status = actionclip_stream_step(list, MANY, 0, &encoded);
    there = memory.refused > 0;
    CHECK(memory.large == 0); /* of the runtime's */
    disarm();
    CHECK(there ? status == ACTIONCLIP_ERROR_OUT_OF_MEMORY && encoded == 99 : status == ACTIONCLIP_OK && encoded == 1);
  }
  CHECK(!there);
  actionclip_stream_free(stream);
  actionclip_model_free(model);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  allocations_begin(argv[2]);
  for (int i = 0; i < PICTURES; i++)
    for (int k = 0; k < W * H * 3; k++) pictures[i][k] = (uint8_t)(i * 37 + k * (7 + i));
  is_quiet_once_warm(PACK("meanp"), 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm(PACK("lstm"), 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm(PACK("transf-cls"), 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm(PACK("joint"), 0, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm(PACK("tsm-transf-16"), 16, ACTIONCLIP_STREAM_EXACT);
  is_quiet_once_warm(PACK("tsm-transf-16"), 16, ACTIONCLIP_STREAM_CAUSAL);
  refusals(PACK("meanp"), 0, ACTIONCLIP_STREAM_EXACT);
  refusals(PACK("joint"), 0, ACTIONCLIP_STREAM_EXACT);
  refusals(PACK("tsm-transf-16"), 16, ACTIONCLIP_STREAM_CAUSAL);
  many_handles(PACK("meanp"));
  return check_report("test_streams");
}

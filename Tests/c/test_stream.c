/* test_stream.c: frames pushed one by one give the windows that the header's rules say, each with the bits of encoding
 * its frames as a video; every frame is accounted for at every moment.
 *
 *   test_stream ROOT [WINDOWS]    WINDOWS (default 100): compared for each model and compute type */
#include "pack.h"

#include <time.h>

enum { PICTURES = 24, W = 36, H = 28, MAX_FRAMES = 400, MAX_T = 32, MAX_E = 512 };

static uint8_t pixels[PICTURES][W * H * 3];
static uint64_t seed = 1;

static uint32_t any(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static actionclip_frame frame_of(int picture) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_RGB;
  frame.width = W;
  frame.height = H;
  frame.planes[0] = pixels[picture];
  return frame;
}

static actionclip_image image_of(int picture) {
  const actionclip_image image = {pixels[picture], 0, W, H, ACTIONCLIP_PIXEL_RGB, 0};
  return image;
}

static actionclip_stream_options options_of(int32_t hop, int64_t interval) {
  actionclip_stream_options options;
  actionclip_stream_options_init(&options);
  options.hop = hop;
  options.frame_interval_ns = interval;
  return options;
}

static actionclip_stream_stats stats_of(actionclip_stream *s) {
  actionclip_stream_stats stats;
  stats.struct_size = sizeof stats;
  CHECK_OK(actionclip_stream_get_stats(s, &stats));
  CHECK(stats.pushed == stats.not_due + stats.refused + stats.dropped + stats.encoded + stats.pending);
  return stats;
}

static int32_t push(actionclip_stream *s, int picture, int64_t stamp) {
  int32_t outcome = 0;
  const actionclip_frame frame = frame_of(picture);
  CHECK_OK(actionclip_stream_push(s, &frame, stamp, &outcome));
  return outcome;
}

static size_t step(actionclip_stream *s, size_t most) {
  size_t encoded = 99;
  CHECK_OK(actionclip_stream_step(&s, 1, most, &encoded));
  return encoded;
}

static int32_t next(actionclip_stream *s, actionclip_window *window, float *embedding) {
  int32_t found = -1;
  memset(window, 0, sizeof *window);
  window->struct_size = sizeof *window;
  CHECK_OK(actionclip_stream_next(s, window, embedding, MAX_E, &found));
  return found;
}

/* ---------------------------------------------------------------- the rules, written once more */

typedef struct {
  int64_t stamp, push;
  int picture, run;
} sampled;

typedef struct {
  int first, last; /* of the sampled frames */
  int32_t flags;
} expected_window;

typedef struct {
  sampled frames[MAX_FRAMES];
  expected_window windows[2 * MAX_FRAMES];
  int frame_count, window_count;
} expectation;

/* The sampled frames among `count` stamps. */
static void sample(expectation *e, const int64_t *stamps, const int *pictures, int count, int64_t interval, int stride,
                   int64_t gap) {
  int64_t t0 = 0, cell = 0;
  int run = -1, in_run = 0;
  e->frame_count = 0;
  for (int i = 0; i < count; i++) {
    int due;
    if (i == 0 || stamps[i] - stamps[i - 1] > gap) {
      run++;
      t0 = stamps[i];
      in_run = 0;
      cell = 0;
      due = 1;
    } else if (stride > 0) {
      due = in_run % stride == 0;
    } else {
      const int64_t k = (stamps[i] - t0 + interval / 4) / interval;
      due = k > cell;
      if (due) cell = k;
    }
    in_run++;
    if (due) {
      const sampled s = {stamps[i], i, pictures[i], run};
      e->frames[e->frame_count++] = s;
    }
  }
}

static void find_windows(expectation *e, int t, int hop, int32_t warmup) {
  e->window_count = 0;
  for (int begin = 0; begin < e->frame_count;) {
    int end = begin, covered = 0, first_of_run = 1;
    while (end < e->frame_count && e->frames[end].run == e->frames[begin].run) end++;
    for (int n = 1; n <= end - begin; n++) {
      const int whole = n >= t, last = n == end - begin;
      const int regular = (whole || warmup != ACTIONCLIP_WARMUP_WAIT) && ((n - t) % hop + hop) % hop == 0;
      if (!regular && !(last && covered < n)) continue;
      expected_window w = {begin + (whole ? n - t : 0), begin + n - 1, 0};
      if (!whole) w.flags |= ACTIONCLIP_WINDOW_PARTIAL;
      if (first_of_run && e->frames[begin].run > 0) w.flags |= ACTIONCLIP_WINDOW_DISCONTINUITY;
      if (!regular) w.flags |= ACTIONCLIP_WINDOW_TAIL;
      e->windows[e->window_count++] = w;
      covered = n;
      first_of_run = 0;
    }
    begin = end;
  }
}

/* The window's T frames encoded as a video. */
static void encode(const actionclip_model *m, const expectation *e, expected_window w, int t, int32_t warmup,
                   float *out) {
  actionclip_image images[MAX_T];
  int64_t places[MAX_T];
  const int n = w.last - w.first + 1;
  CHECK_OK(actionclip_sample_indices_by(actionclip_model_sampling(m), n, 30, t, places, MAX_T));
  for (int i = 0; i < t; i++) {
    if (n == t) places[i] = i;
    else if (warmup == ACTIONCLIP_WARMUP_REPEAT_FIRST) places[i] = i < t - n ? 0 : i - (t - n);
    images[i] = image_of(e->frames[w.first + places[i]].picture);
  }
  CHECK_OK(actionclip_encode_frames(m, images, (size_t)t, NULL, out, MAX_E, NULL, 0));
}

/* ---------------------------------------------------------------------------- random streams */

/* Pushes a random take, steps and takes windows at random moments, and compares all windows. Returns their number. */
static int random_take(const actionclip_model *m, actionclip_model_info info, int count) {
  static expectation e;
  static int64_t stamps[MAX_FRAMES];
  static int pictures[MAX_FRAMES];
  const int32_t warmup = (int32_t)any(3);
  const int hop = 1 + (int)any(5), stride = any(3) == 0 ? 1 + (int)any(3) : 0;
  const int64_t interval = 100 + any(50), gap = 2000;
  actionclip_stream_options options = options_of(hop, stride > 0 ? 0 : interval);
  options.frame_stride = stride;
  options.gap_ns = gap;
  options.warmup = warmup;
  options.queue_frames = 1 + (int32_t)any(20);
  options.queue_windows = 2 + (int32_t)any(10);
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(m, &options, &s));
  int64_t stamp = (int64_t)any(1000) - 500;
  for (int i = 0; i < count; i++) {
    stamp += any(12) == 0 ? gap + 1 + any(1000) : 1 + any(120);
    stamps[i] = stamp;
    pictures[i] = (int)any(PICTURES);
  }
  sample(&e, stamps, pictures, count, interval, stride, gap);
  find_windows(&e, info.frames, hop, warmup);

  float found[MAX_E], whole[MAX_E];
  actionclip_window window;
  int windows = 0, pushed = 0, ended = 0;
  while (!ended) {
    if (pushed < count && any(3) > 0) {
      const int32_t outcome = push(s, pictures[pushed], stamps[pushed]);
      CHECK(outcome == ACTIONCLIP_PUSH_QUEUED || outcome == ACTIONCLIP_PUSH_NOT_DUE || outcome == ACTIONCLIP_PUSH_FULL);
      if (outcome != ACTIONCLIP_PUSH_FULL && ++pushed == count) CHECK_OK(actionclip_stream_finish(s));
    } else if (any(2) == 0) {
      step(s, any(4));
    } else {
      const int32_t got = next(s, &window, found);
      ended = got == ACTIONCLIP_NEXT_END;
      if (got != ACTIONCLIP_NEXT_WINDOW) continue;
      if (!CHECK(windows < e.window_count)) break;
      const expected_window w = e.windows[windows];
      const sampled first = e.frames[w.first], last = e.frames[w.last];
      CHECK(window.sequence == windows && window.flags == w.flags && window.frame_count == w.last - w.first + 1);
      CHECK(window.start_ns == first.stamp && window.end_ns == last.stamp && window.dropped_inside == 0);
      CHECK(window.first_push == first.push && window.last_push == last.push);
      encode(m, &e, w, info.frames, warmup, whole);
      CHECK(memcmp(found, whole, (size_t)info.embedding_size * sizeof(float)) == 0);
      windows++;
    }
  }
  CHECK(windows == e.window_count);
  const actionclip_stream_stats stats = stats_of(s);
  CHECK(stats.pushed == count && stats.encoded == e.frame_count && stats.windows == windows && stats.pending == 0);
  actionclip_stream_free(s);
  return windows;
}

static void equals_batch(int wanted) {
  static const int32_t types[] = {ACTIONCLIP_COMPUTE_FP32, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_COMPUTE_INT8};
  for (int i = 0; i < PACK_COUNT; i++) {
    pack p = pack_read(pack_names[i]);
    for (int type = 0; type < 3; type++) {
      actionclip_model_options options = pack_options(&p, 1 + (int)any(2));
      options.compute_type = types[type];
      actionclip_model *m;
      if (!CHECK_OK(actionclip_model_load(p.checkpoint, &options, &m))) continue;
      actionclip_model_info info;
      info.struct_size = sizeof info;
      CHECK_OK(actionclip_model_get_info(m, &info));
      if (CHECK(info.embedding_size <= MAX_E && info.frames <= MAX_T)) {
        for (int windows = 0; windows < wanted;) windows += random_take(m, info, 20 + (int)any(60));
      }
      actionclip_model_free(m);
    }
    pack_free(&p);
  }
}

/* ------------------------------------------------------------------------- single behaviours */

static actionclip_model *model;
static int t;
static size_t e;

static int same(const float *a, const float *b) { return memcmp(a, b, e * sizeof(float)) == 0; }

/* A due frame for each stamp that is a multiple of 10. */
static actionclip_stream *stream_of(int32_t overflow, int32_t queue) {
  actionclip_stream_options options = options_of(1, 10);
  options.overflow = overflow;
  options.queue_frames = queue;
  options.gap_ns = -1;
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(model, &options, &s));
  return s;
}

static void bad_frames_change_nothing(void) {
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 64), *clean = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 64);
  float a[MAX_E], b[MAX_E];
  actionclip_window wa, wb;
  for (int i = 0; i < 12; i++) {
    CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED && push(clean, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED);
    actionclip_frame frame = frame_of(0);
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, &frame, 10 * i, NULL));
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, &frame, 10 * i - 7, NULL));
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, &frame, INT64_MAX, NULL));
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, NULL, 10 * i + 1, NULL));
    frame.width = 0;
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, &frame, 10 * i + 5, NULL));
  }
  CHECK(step(s, 0) == 12 && step(clean, 0) == 12);
  for (int i = 0; i < 13 - t; i++) {
    CHECK(next(s, &wa, a) == ACTIONCLIP_NEXT_WINDOW && next(clean, &wb, b) == ACTIONCLIP_NEXT_WINDOW);
    CHECK(same(a, b) && wa.start_ns == wb.start_ns && wa.end_ns == wb.end_ns);
  }
  const actionclip_stream_stats stats = stats_of(s);
  CHECK(stats.refused == 60 && stats.encoded == 12 && stats.newest_ns == 110);
  CHECK_OK(actionclip_stream_finish(s));
  const actionclip_frame late = frame_of(0);
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_push(s, &late, 1000, NULL));
  CHECK(stats_of(s).refused == 61);
  actionclip_stream_free(s);
  actionclip_stream_free(clean);
}

static void full_queues(void) {
  const actionclip_frame frame = frame_of(0);
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 3);
  for (int i = 0; i < 3; i++) CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED);
  size_t ready = 9;
  CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_ROOM, 0, &ready));
  CHECK(ready == 0);
  CHECK(push(s, 3, 30) == ACTIONCLIP_PUSH_FULL && push(s, 3, 31) == ACTIONCLIP_PUSH_FULL);
  CHECK(push(s, 3, 21) == ACTIONCLIP_PUSH_NOT_DUE); /* a frame that is not due needs no room */
  CHECK(stats_of(s).pushed == 4 && step(s, 1) == 1 && push(s, 3, 30) == ACTIONCLIP_PUSH_QUEUED);
  actionclip_stream_free(s);

  float embedding[MAX_E];
  actionclip_window window;
  s = stream_of(ACTIONCLIP_OVERFLOW_DROP_OLDEST, t);
  for (int i = 0; i < t; i++) CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED);
  CHECK(push(s, t, 10 * t) == ACTIONCLIP_PUSH_REPLACED && push(s, t, 10 * t + 10) == ACTIONCLIP_PUSH_REPLACED);
  CHECK(step(s, 0) == (size_t)t && next(s, &window, embedding) == ACTIONCLIP_NEXT_WINDOW);
  CHECK(window.first_push == 2 && window.last_push == t + 1 && window.dropped_inside == 0 && window.start_ns == 20);
  CHECK(stats_of(s).dropped == 2);
  actionclip_stream_free(s);

  s = stream_of(ACTIONCLIP_OVERFLOW_DROP_NEWEST, t - 1);
  for (int i = 0; i < t - 1; i++) CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED);
  CHECK(push(s, 0, 10 * t) == ACTIONCLIP_PUSH_DROPPED && push(s, 0, 10 * t + 10) == ACTIONCLIP_PUSH_DROPPED);
  CHECK(step(s, 0) == (size_t)t - 1 && push(s, 0, 10 * t + 20) == ACTIONCLIP_PUSH_QUEUED && step(s, 0) == 1);
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_WINDOW && window.dropped_inside == 2);
  CHECK(window.first_push == 0 && window.last_push == t + 1);
  actionclip_stream_free(s);

  s = stream_of(ACTIONCLIP_OVERFLOW_LATEST, 5);
  CHECK(push(s, 0, 0) == ACTIONCLIP_PUSH_QUEUED);
  for (int i = 1; i < 7; i++) CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_REPLACED);
  CHECK(stats_of(s).pending == 1 && stats_of(s).dropped == 6 && step(s, 0) == 1);
  actionclip_stream_free(s);

  actionclip_stream_options options = options_of(1, 10);
  options.max_age_ns = 25;
  options.queue_frames = 6;
  options.gap_ns = -1;
  CHECK_OK(actionclip_stream_create(model, &options, &s));
  for (int i = 0; i < 6; i++) push(s, i, 10 * i);
  CHECK(step(s, 0) == 3 && stats_of(s).dropped == 3); /* 30, 40 and 50 are no more than 25 older than 50 */
  CHECK_OK(actionclip_stream_push(s, &frame, 60, NULL));
  actionclip_stream_free(s);
}

static void ends(void) {
  float embedding[MAX_E];
  actionclip_window window;
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0);
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_NONE);
  CHECK_OK(actionclip_stream_finish(s)); /* a stream without frames */
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_NONE && step(s, 0) == 0);
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_END && next(s, &window, embedding) == ACTIONCLIP_NEXT_END);
  CHECK_OK(actionclip_stream_reset(s));
  CHECK(stats_of(s).finished == 0 && stats_of(s).newest_ns == INT64_MIN);
  CHECK(push(s, 1, -5) == ACTIONCLIP_PUSH_QUEUED); /* any timestamp may come after a reset */
  CHECK(push(s, 2, 5) == ACTIONCLIP_PUSH_QUEUED);
  CHECK_OK(actionclip_stream_finish(s));
  CHECK(step(s, 0) == 2 && next(s, &window, embedding) == ACTIONCLIP_NEXT_WINDOW); /* the short tail */
  CHECK(window.flags == (ACTIONCLIP_WINDOW_PARTIAL | ACTIONCLIP_WINDOW_TAIL) && window.frame_count == 2);
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_END);
  actionclip_stream_free(s);
}

static void windows_wait(void) {
  float embedding[MAX_E];
  actionclip_window window;
  actionclip_stream_options options = options_of(1, 10);
  options.queue_windows = 2;
  options.queue_frames = 64;
  actionclip_stream *s;
  CHECK_OK(actionclip_stream_create(model, &options, &s));
  for (int i = 0; i < t + 5; i++) push(s, i % PICTURES, 10 * i);
  CHECK(step(s, 0) == (size_t)t + 1 && step(s, 0) == 0); /* no room for a third window */
  size_t ready = 9;
  CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, 0, &ready));
  CHECK(ready == 0);
  CHECK(next(s, &window, embedding) == ACTIONCLIP_NEXT_WINDOW && step(s, 0) == 1);
  CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_WINDOW, -1, &ready));
  CHECK(ready == 1 && stats_of(s).windows_waiting == 2 && stats_of(s).windows == 3);
  actionclip_stream_free(s);
}

/* Streams of one model in any order and batches give the same bits. */
static void many_streams(void) {
  enum { STREAMS = 8, FRAMES = 40 };
  actionclip_stream *s[STREAMS], *alone;
  static float all[STREAMS][FRAMES][MAX_E];
  int windows[STREAMS] = {0};
  float embedding[MAX_E];
  actionclip_window window;
  for (int i = 0; i < STREAMS; i++) s[i] = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 4);
  int pushed[STREAMS] = {0}, left = STREAMS;
  while (left > 0) {
    const int i = (int)any(STREAMS);
    if (any(2) == 0 && pushed[i] < FRAMES) {
      if (push(s[i], (pushed[i] * 7 + i) % PICTURES, 10 * pushed[i]) != ACTIONCLIP_PUSH_FULL) pushed[i]++;
      continue;
    }
    const size_t first = any(STREAMS), count = 1 + any(STREAMS - (uint32_t)first);
    size_t encoded;
    CHECK_OK(actionclip_stream_step(s + first, count, any(6), &encoded));
    left = 0;
    for (int k = 0; k < STREAMS; k++) {
      while (next(s[k], &window, embedding) == ACTIONCLIP_NEXT_WINDOW)
        memcpy(all[k][windows[k]++], embedding, sizeof embedding);
      left += windows[k] < FRAMES - t + 1;
    }
  }
  for (int i = 0; i < STREAMS; i++) {
    alone = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 1);
    for (int k = 0, w = 0; k < FRAMES; k++) {
      push(alone, (k * 7 + i) % PICTURES, 10 * k);
      step(alone, 0);
      if (next(alone, &window, embedding) == ACTIONCLIP_NEXT_WINDOW) CHECK(same(embedding, all[i][w++]));
    }
    actionclip_stream_free(alone);
    actionclip_stream_free(s[i]);
  }
}

/* With the causal shift each frame is encoded once: windows join the frame embeddings that a video of the whole run
 * has, however frames are batched with those of other streams, and a gap forgets all. */
static void causal_streams(void) {
  enum { RUN = 24, RUNS = 2, STREAMS = 3 };
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.frames = 4;
  options.temporal_shift = ACTIONCLIP_ON;
  actionclip_model *shift, *whole;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &shift));
  options.frames = RUN;
  options.temporal_shift = ACTIONCLIP_CAUSAL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &whole));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(shift, &info));
  const size_t e = (size_t)info.embedding_size;
  CHECK(e <= MAX_E);

  actionclip_stream *s[STREAMS], *exact;
  for (int i = 0; i < STREAMS; i++) {
    actionclip_stream_options o = options_of(1 + i % 2, 10);
    o.mode = i == 2 ? ACTIONCLIP_STREAM_EXACT : ACTIONCLIP_STREAM_CAUSAL;
    o.queue_frames = 7;
    o.queue_windows = 64;
    CHECK_OK(actionclip_stream_create(shift, &o, &s[i]));
    actionclip_stream_info is;
    is.struct_size = sizeof is;
    CHECK_OK(actionclip_stream_get_info(s[i], &is));
    CHECK(is.mode == o.mode && is.frames_per_hop == (i == 2 ? 4 : 1 + i % 2));
  }
  for (int i = 0; i < 2; i++) {
    float *frames = check_alloc(RUN * e * sizeof(float)), *video = check_alloc(e * sizeof(float)), found[MAX_E];
    for (int run = 0; run < RUNS; run++) {
      actionclip_image images[RUN];
      for (int k = 0; k < RUN; k++) images[k] = image_of((k * 5 + run + i) % PICTURES);
      CHECK_OK(actionclip_encode_frames(whole, images, RUN, NULL, video, e, frames, RUN * e));
      actionclip_window window;
      for (int k = 0, end = 4; k < RUN || end <= RUN;) {
        if (k < RUN && any(2) == 0) {
          for (int other = 0; other < STREAMS; other += 2) /* another stream's frames in the same batch */
            if (other != i) push(s[other], k, 100000 * run + 10 * k + (i == 0 ? 0 : 1000000));
          if (push(s[i], (k * 5 + run + i) % PICTURES, 100000 * run + 10 * k) == ACTIONCLIP_PUSH_QUEUED) k++;
          continue;
        }
        CHECK_OK(actionclip_stream_step(s, STREAMS, any(5), NULL));
        for (int other = 0; other < STREAMS; other++)
          while (other != i && next(s[other], &window, found) == ACTIONCLIP_NEXT_WINDOW) continue;
        while (next(s[i], &window, found) == ACTIONCLIP_NEXT_WINDOW) {
          if (window.flags & ACTIONCLIP_WINDOW_TAIL) continue;
          CHECK(window.frame_count == 4 && window.end_ns == 100000 * run + 10 * (end - 1));
          CHECK_OK(actionclip_join_frames(shift, frames + (size_t)(end - 4) * e, 4, video, e));
          CHECK(memcmp(found, video, e * sizeof(float)) == 0);
          end += 1 + i % 2;
        }
        if (i == 1 && k == RUN && end > RUN) break;
      }
    }
    free(frames);
    free(video);
    if (i == 0) CHECK_OK(actionclip_stream_reset(s[2]));
  }
  actionclip_stream_options o = options_of(1, 10);
  o.mode = ACTIONCLIP_STREAM_CAUSAL;
  CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_stream_create(model, &o, &exact));
  for (int i = 0; i < STREAMS; i++) actionclip_stream_free(s[i]);
  actionclip_model_free(shift);
  actionclip_model_free(whole);
}

/* Numbers that overflow inside the network cost the frames of their own stream and nothing else; the stream goes on and
 * ends. White pixels overflow here, black ones do not. */
static void overflow_is_not_for_ever(void) {
  static uint8_t black[W * H * 3], white[W * H * 3];
  memset(white, 255, sizeof white);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.frames = 4;
  actionclip_preprocess_options extreme;
  actionclip_preprocess_options_init(&extreme);
  for (int i = 0; i < 3; i++) {
    extreme.mean[i] = 0;
    extreme.std[i] = 1e-37f;
  }
  for (int shift = 0; shift < 2; shift++) {
    actionclip_model *m;
    options.temporal_shift = shift ? ACTIONCLIP_ON : ACTIONCLIP_OFF;
    CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &m));
    actionclip_stream *s[2];
    actionclip_stream_options o = options_of(4, 10);
    o.preprocess = &extreme;
    for (int i = 0; i < 2; i++) CHECK_OK(actionclip_stream_create(m, &o, &s[i]));
    int failures = 0, windows[2] = {0, 0};
    actionclip_window window;
    float embedding[MAX_E];
    for (int k = 0; k < 24; k++) {
      for (int i = 0; i < 2; i++) {
        actionclip_frame frame = frame_of(0);
        frame.planes[0] = i == 0 && k == 1 ? white : black;
        CHECK_OK(actionclip_stream_push(s[i], &frame, 10 * k, NULL));
      }
      const int32_t status = actionclip_stream_step(s, 2, 0, NULL);
      CHECK(status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_NOT_FINITE);
      failures += status != ACTIONCLIP_OK;
      for (int i = 0; i < 2; i++)
        while (next(s[i], &window, embedding) == ACTIONCLIP_NEXT_WINDOW) windows[i]++;
    }
    CHECK(failures == 1 && windows[0] == 5 && windows[1] == 6);
    CHECK(stats_of(s[0]).dropped == 1 && stats_of(s[1]).dropped == 0);
    for (int i = 0; i < 2; i++) {
      CHECK_OK(actionclip_stream_finish(s[i]));
      step(s[i], 0);
      while (next(s[i], &window, embedding) == ACTIONCLIP_NEXT_WINDOW) windows[i]++;
      CHECK(next(s[i], &window, embedding) == ACTIONCLIP_NEXT_END);
      actionclip_stream_free(s[i]);
    }
    actionclip_model_free(m);
  }
}

/* A step whose numbers overflow is tried again stream by stream, each with the frames that it had in it: no more than
 * max_frames are taken, and a stream of which none were is left alone. */
static void overflow_keeps_to_its_frames(void) {
  enum { STREAMS = 3 };
  static uint8_t black[W * H * 3], white[W * H * 3];
  memset(white, 255, sizeof white);
  actionclip_preprocess_options extreme;
  actionclip_preprocess_options_init(&extreme);
  for (int i = 0; i < 3; i++) {
    extreme.mean[i] = 0;
    extreme.std[i] = 1e-37f;
  }
  actionclip_stream *s[STREAMS];
  actionclip_stream_options o = options_of(1, 10);
  o.preprocess = &extreme;
  o.gap_ns = -1;
  for (int i = 0; i < STREAMS; i++) {
    CHECK_OK(actionclip_stream_create(model, &o, &s[i]));
    for (int k = 0; k < t; k++) {
      actionclip_frame frame = frame_of(0);
      frame.planes[0] = k == 0 ? white : black; /* white pixels overflow, black ones do not */
      CHECK_OK(actionclip_stream_push(s[i], &frame, 10 * k, NULL));
    }
  }
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_stream_step(s, STREAMS, 2, NULL));
  int lost = 0, whole = 0;
  for (int i = 0; i < STREAMS; i++) {
    const actionclip_stream_stats stats = stats_of(s[i]);
    CHECK(stats.encoded == 0 && stats.pending == t - stats.dropped);
    lost += stats.dropped == 1;
    whole += stats.dropped == 0;
  }
  CHECK(lost == 2 && whole == 1);
  CHECK_ERROR(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_stream_step(s, STREAMS, STREAMS, NULL));
  for (int i = 0; i < STREAMS; i++) {
    const actionclip_stream_stats stats = stats_of(s[i]);
    CHECK(stats.dropped == 1 && stats.encoded <= 1);
    lost -= (int)stats.encoded;
  }
  CHECK(lost == 0); /* the two had one frame each in the second step */
  size_t encoded = 0;
  CHECK_OK(actionclip_stream_step(s, STREAMS, 0, &encoded));
  CHECK(encoded == (size_t)(STREAMS * (t - 1) - 2));
  for (int i = 0; i < STREAMS; i++) actionclip_stream_free(s[i]);
}

/* A queue that bounds the delay is no longer after a step that failed. */
static void failed_steps_leave_no_long_queue(void) {
  actionclip_cancel_token *token;
  CHECK_OK(actionclip_cancel_token_create(&token));
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_DROP_OLDEST, 3);
  for (int i = 0; i < 3; i++) push(s, i, 10 * i);
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_step(&s, 1, 0, NULL));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  for (int i = 3; i < 9; i++) push(s, i, 10 * i);
  CHECK(stats_of(s).pending == 3 && stats_of(s).dropped == 6);
  actionclip_stream_free(s);
  actionclip_cancel_token_free(token);
}

static void cancelling(void) {
  float embedding[MAX_E];
  actionclip_window window;
  window.struct_size = sizeof window;
  size_t ready;
  int32_t found;
  actionclip_stream *s[2] = {stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0), stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0)};
  push(s[0], 0, 0);
  push(s[1], 0, 0);
  CHECK_OK(actionclip_stream_cancel(s[1]));
  const actionclip_frame frame = frame_of(0);
  actionclip_frame bad = frame_of(0);
  bad.width = 0;
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_push(s[1], &frame, 10, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_push(s[1], &bad, 10, NULL));
  CHECK(stats_of(s[1]).pushed == 1);
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_step(s, 2, 0, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_wait(s, 2, ACTIONCLIP_WAIT_WINDOW, -1, &ready));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_next(s[1], &window, embedding, MAX_E, &found));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_stream_finish(s[1]));
  CHECK(stats_of(s[0]).pending == 1 && stats_of(s[1]).pending == 1);
  CHECK(step(s[0], 0) == 1); /* its neighbour goes on */
  CHECK_OK(actionclip_stream_reset(s[1]));
  push(s[1], 0, 0);
  CHECK(step(s[1], 0) == 1);
  actionclip_stream_free(s[0]);
  actionclip_stream_free(s[1]);
}

static void waiting(void) {
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0);
  size_t ready = 9;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, 20000000, &ready));
  clock_gettime(CLOCK_MONOTONIC, &after);
  CHECK(ready == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec) >= 20000000);
  push(s, 0, 0);
  CHECK_OK(actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, -1, &ready));
  CHECK(ready == 1);
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_wait(&s, 1, 4, 0, &ready));
  actionclip_stream_free(s);
}

static void settings(void) {
  actionclip_stream *s;
  actionclip_stream_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_stream_create(model, NULL, &s));
  CHECK_OK(actionclip_stream_get_info(s, &info));
  CHECK(info.frames == t && info.queue_frames == t && info.queue_windows == 16 && info.hop == (t / 8 > 1 ? t / 8 : 1));
  CHECK(info.gap_ns == info.frame_interval_ns * t && info.max_age_ns == INT64_MAX && info.memory_bytes > 0);
  actionclip_stream_free(s);
  static const struct {
    int64_t interval, gap, age;
    int32_t stride, hop, warmup, overflow, frames, windows, mode;
  } bad[] = {
      {-1, 0, 0, 0, 0, 0, 0, 0, 0, 0},   {86400000000001, 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {1, 0, 0, 1, 0, 0, 0, 0, 0, 0},    {0, -2, 0, 0, 0, 0, 0, 0, 0, 0},
      {0, INT64_MAX, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, -1, 0, 0, 0, 0, 0, 0, 0},
      {0, 0, 0, -1, 0, 0, 0, 0, 0, 0},   {0, 0, 0, 0, -1, 0, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 3, 0, 0, 0, 0},    {0, 0, 0, 0, 0, 0, 4, 0, 0, 0},
      {0, 0, 0, 0, 0, 0, -1, 0, 0, 0},   {0, 0, 0, 0, 0, 0, 0, -1, 0, 0},
      {0, 0, 0, 0, 0, 0, 0, 5000, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1, 0},
      {0, 0, 0, 0, 0, 0, 0, 0, 70000, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 2},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    actionclip_stream_options options = options_of(bad[i].hop, bad[i].interval);
    options.gap_ns = bad[i].gap;
    options.max_age_ns = bad[i].age;
    options.frame_stride = bad[i].stride;
    options.warmup = bad[i].warmup;
    options.overflow = bad[i].overflow;
    options.queue_frames = bad[i].frames;
    options.queue_windows = bad[i].windows;
    options.mode = bad[i].mode;
    s = NULL;
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_stream_create(model, &options, &s));
    CHECK(s == NULL);
  }
}

/* Every function with what is no live stream: NULL, freed, of another kind, or no handle at all. */
static void wrong_handles(void) {
  actionclip_stream *gone = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0), *good = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0);
  actionclip_stream_free(gone);
  actionclip_tracker *tracker;
  CHECK_OK(actionclip_tracker_create(1, NULL, &tracker));
  void *zeros = check_alloc(4096), *wrong[] = {NULL, gone, model, tracker, zeros};
  const actionclip_frame frame = frame_of(0);
  for (int i = 0; i < 5; i++) {
    const int32_t status = i == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_ERROR_INVALID_HANDLE;
    actionclip_stream *s = wrong[i], *pair[2] = {good, s};
    actionclip_window window = {.struct_size = sizeof window};
    actionclip_stream_stats stats = {.struct_size = sizeof stats};
    actionclip_stream_info info = {.struct_size = sizeof info};
    float embedding[MAX_E];
    int32_t outcome = 77, found = 77;
    size_t encoded = 77, ready = 77;
    CHECK_ERROR(status, actionclip_stream_push(s, &frame, 0, &outcome));
    CHECK_ERROR(status, actionclip_stream_step(pair, 2, 0, &encoded));
    CHECK(strstr(actionclip_last_error(), "streams[1]") != NULL);
    CHECK_ERROR(status, actionclip_stream_wait(pair, 2, ACTIONCLIP_WAIT_STEP, 0, &ready));
    CHECK_ERROR(status, actionclip_stream_next(s, &window, embedding, MAX_E, &found));
    CHECK_ERROR(status, actionclip_stream_finish(s));
    CHECK_ERROR(status, actionclip_stream_reset(s));
    CHECK_ERROR(status, actionclip_stream_cancel(s));
    CHECK_ERROR(status, actionclip_stream_get_stats(s, &stats));
    CHECK_ERROR(status, actionclip_stream_get_info(s, &info));
    CHECK(outcome == 77 && found == 77 && encoded == 77 && ready == 77);
    actionclip_stream_free(s); /* nothing happens */
  }
  CHECK(push(good, 0, 0) == ACTIONCLIP_PUSH_QUEUED && step(good, 0) == 1);
  actionclip_stream_free(good);
  actionclip_tracker_free(tracker);
  free(zeros);
}

/* A stream keeps what it needs of its model, whose handle may be freed first. */
static void a_model_that_is_freed_first(void) {
  actionclip_model *second;
  pack p = pack_read("meanp");
  const actionclip_model_options options = pack_options(&p, 2);
  CHECK_OK(actionclip_model_load(p.checkpoint, &options, &second));
  pack_free(&p);
  actionclip_stream_options o = options_of(1, 10);
  actionclip_stream *s, *first = stream_of(ACTIONCLIP_OVERFLOW_WAIT, t);
  CHECK_OK(actionclip_stream_create(second, &o, &s));
  push(s, 0, 0);
  CHECK(step(s, 0) == 1);
  actionclip_model_free(second);
  float a[MAX_E], b[MAX_E];
  actionclip_window window;
  push(first, 0, 0);
  for (int i = 1; i < t; i++) CHECK(push(s, i, 10 * i) == ACTIONCLIP_PUSH_QUEUED && push(first, i, 10 * i) > 0);
  CHECK(step(s, 0) == (size_t)t - 1 && step(first, 0) == (size_t)t);
  CHECK(next(s, &window, a) == ACTIONCLIP_NEXT_WINDOW && next(first, &window, b) == ACTIONCLIP_NEXT_WINDOW);
  CHECK(same(a, b));
  actionclip_stream_free(s);
  actionclip_stream_free(first);
}

/* NULL and outputs that are too small, streams of two models, each with its error and without a change. */
static void misuse(void) {
  actionclip_stream *s = stream_of(ACTIONCLIP_OVERFLOW_WAIT, 0), *pair[2] = {s, NULL};
  actionclip_window window;
  float embedding[MAX_E];
  int32_t found = 77;
  size_t ready = 77;
  const int32_t argument = ACTIONCLIP_ERROR_INVALID_ARGUMENT, handle = ACTIONCLIP_ERROR_INVALID_HANDLE;
  window.struct_size = sizeof window;
  CHECK_ERROR(argument, actionclip_stream_create(NULL, NULL, pair));
  CHECK_ERROR(argument, actionclip_stream_create(model, NULL, NULL));
  CHECK_ERROR(handle, actionclip_stream_create((actionclip_model *)(void *)s, NULL, pair + 1));
  CHECK_ERROR(argument, actionclip_stream_step(NULL, 1, 0, NULL));
  CHECK_ERROR(argument, actionclip_stream_step(&s, 0, 0, NULL));
  CHECK_ERROR(argument, actionclip_stream_step(&s, SIZE_MAX, 0, NULL));
  CHECK_ERROR(argument, actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, 0, NULL));
  CHECK_ERROR(argument, actionclip_stream_wait(&s, 1, 0, 0, &ready));
  for (int i = 0; i < t; i++) push(s, i, 10 * i);
  CHECK(step(s, 0) == (size_t)t);
  CHECK_ERROR(argument, actionclip_stream_next(s, NULL, embedding, MAX_E, &found));
  CHECK_ERROR(argument, actionclip_stream_next(s, &window, NULL, MAX_E, &found));
  CHECK_ERROR(argument, actionclip_stream_next(s, &window, embedding, MAX_E, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL, actionclip_stream_next(s, &window, embedding, 1, &found));
  window.struct_size = 12;
  CHECK_ERROR(argument, actionclip_stream_next(s, &window, embedding, MAX_E, &found));
  CHECK(found == 77 && ready == 77 && next(s, &window, embedding) == ACTIONCLIP_NEXT_WINDOW); /* still there */
  CHECK_ERROR(argument, actionclip_stream_get_stats(s, NULL));
  CHECK_ERROR(argument, actionclip_stream_get_info(s, NULL));
  actionclip_model *second;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &second));
  CHECK_OK(actionclip_stream_create(second, NULL, &pair[1]));
  CHECK_ERROR(argument, actionclip_stream_step(pair, 2, 0, NULL)); /* streams of two models */
  CHECK_ERROR(argument, actionclip_stream_wait(pair, 2, ACTIONCLIP_WAIT_STEP, 0, &ready));
  actionclip_stream_free(pair[1]);
  actionclip_model_free(second);
  actionclip_stream_free(s);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  const int wanted = argc > 2 ? atoi(argv[2]) : 100;
  if (!CHECK(wanted > 0)) return check_report("test_stream");
  for (int i = 0; i < PICTURES; i++)
    for (int k = 0; k < W * H * 3; k++) pixels[i][k] = (uint8_t)any(256);
  pack p = pack_read("meanp");
  const actionclip_model_options options = pack_options(&p, 2);
  CHECK_OK(actionclip_model_load(p.checkpoint, &options, &model));
  t = p.frames;
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  if (!CHECK(e <= MAX_E)) return check_report("test_stream");
  pack_free(&p);
  settings();
  bad_frames_change_nothing();
  full_queues();
  ends();
  windows_wait();
  many_streams();
  causal_streams();
  overflow_is_not_for_ever();
  overflow_keeps_to_its_frames();
  failed_steps_leave_no_long_queue();
  cancelling();
  waiting();
  misuse();
  wrong_handles();
  a_model_that_is_freed_first();
  actionclip_model_free(model);
  equals_batch(wanted);
  return check_report("test_stream");
}

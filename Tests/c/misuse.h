/* misuse.h: what the test_misuse_* programs share. Every entry point, every argument, wrong: each call must
 * return the promised error with a message, leave every output as it was, and touch nothing beyond the
 * caller's memory. */
#ifndef MISUSE_H
#define MISUSE_H

#include "guard.h"

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, SMALL = ACTIONCLIP_ERROR_BUFFER_TOO_SMALL };

static struct {
  void *p;
  size_t size;
} watched[64];
static int watched_count;

/* An output of exactly `size` bytes that no failing call may write. */
static inline void *output(size_t size) {
  void *p = guard_alloc(size);
  watched[watched_count].p = p;
  watched[watched_count++].size = size;
  return p;
}

static inline int untouched(void) {
  for (int i = 0; i < watched_count; i++)
    if (!guard_untouched(watched[i].p, watched[i].size)) return 0;
  return 1;
}

#define REFUSED(status, call)  \
  do {                         \
    CHECK_ERROR(status, call); \
    CHECK(untouched());        \
  } while (0)

/* NULL or not a handle at all: either code says so. */
#define REFUSED_HANDLE(call)                                                     \
  do {                                                                           \
    const int32_t got = (call);                                                  \
    CHECK(got == ACTIONCLIP_ERROR_INVALID_HANDLE || got == IN);                  \
    CHECK(check_message());                                                      \
    CHECK(untouched());                                                          \
  } while (0)

static actionclip_model *model;
static actionclip_tokenizer *tokenizer;
static actionclip_video *video;
static actionclip_model_info info;
static size_t e, c, t, side;
/* Counts that are wrong for everything here; from OVERFLOWING on, so large that products
 * overflow. */
static const size_t sizes[] = {0, 1, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1};
enum { SIZES = sizeof sizes / sizeof sizes[0], OVERFLOWING = 2 };

static inline actionclip_model_options defaults(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  return o;
}

/* Loads the untrained, runs the parts, frees what they watched. */
static inline int misuse(const char *program, int argc, char **argv, void (*const *parts)(void), size_t part_count) {
  if (argc > 1) check_root = argv[1];
  actionclip_model_options options = defaults();
  options.threads = 2;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model));
  CHECK_OK(actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tokenizer));
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  c = (size_t)info.context_length;
  t = (size_t)info.frames;
  side = (size_t)info.image_size;
  if (check_failed > 0) part_count = 0;
  for (size_t i = 0; i < part_count; i++) {
    parts[i]();
    for (int k = 0; k < watched_count; k++) guard_release(watched[k].p, watched[k].size);
    watched_count = 0;
  }
  actionclip_video_free(video);
  actionclip_tokenizer_free(tokenizer);
  actionclip_model_free(model);
  return check_report(program);
}
#define MISUSE_MAIN(program, ...)                                                    \
  int main(int argc, char **argv) {                                                  \
    void (*const parts[])(void) = {__VA_ARGS__};                                     \
    return misuse(program, argc, argv, parts, sizeof parts / sizeof parts[0]);       \
  }

#endif

/* test_structs.c: option structs of every size on memory that ends where they end. A caller built against an older
 * header has a smaller struct: neither _init nor any call may touch what is behind it. What a version of the library
 * does not know of a larger one is zero. */
#include "guard.h"

#include <stddef.h>

/* Sizes tried: from none to well beyond what any version may have. */
enum { BEYOND = 400 };

static actionclip_model *model;
static actionclip_classifier *classifier; /* without examples */

/* Calls that take an options struct, and return what they made of it. */
static int32_t load(void *options) {
  actionclip_model *m = NULL;
  return actionclip_model_load("/no/such/file", options, &m);
}
static int32_t save(void *options) { return actionclip_model_save(model, "/no/such/folder/model", options); }
static int32_t crop(void *options) {
  const uint8_t pixel[3] = {0};
  const actionclip_image image = {pixel, 0, 1, 1, ACTIONCLIP_PIXEL_RGB, 0};
  uint8_t out[3];
  return actionclip_preprocess_crop(&image, 1, options, out, 3);
}
static int32_t own_preprocessing(void *options) { return actionclip_model_preprocess_options(model, options); }
static int32_t video(void *options) {
  actionclip_video *v = NULL;
  return actionclip_video_open("/no/such/file", options, &v);
}
static int32_t stream(void *options) {
  actionclip_stream *s = NULL;
  const int32_t status = actionclip_stream_create(model, options, &s);
  actionclip_stream_free(s);
  return status;
}
static int32_t tuner(void *options) {
  const char *const labels[] = {"walk", "run"};
  actionclip_tuner *made = NULL;
  const int32_t status = actionclip_tuner_create(model, labels, 2, NULL, 0, options, &made);
  actionclip_tuner_free(made);
  return status;
}
static int32_t fit(void *options) { return actionclip_classifier_fit(classifier, options, NULL); }
static int32_t tracker(void *options) {
  actionclip_tracker *made = NULL;
  const int32_t status = actionclip_tracker_create(1, options, &made);
  actionclip_tracker_free(made);
  return status;
}
static int32_t segments(void *options) {
  const int64_t start = 0, end = 1;
  const float score = 1;
  size_t count = 0;
  return actionclip_find_segments(&start, &end, &score, 1, 1, options, NULL, 0, &count);
}

static int32_t opened_index(void *options) {
  actionclip_index *index = NULL;
  return actionclip_index_open("/no/such/folder", options, &index);
}

/* Each options struct: its size, its two functions that set defaults, a call that takes it, and the answers of that
 * call to a struct of a size that some version has. */
#define INIT(name)                                                                                                   \
  static void name##_sized(void *p, size_t size) { actionclip_##name##_init_sized((actionclip_##name *)p, size); }   \
  static void name##_whole(void *p) { actionclip_##name##_init((actionclip_##name *)p); }
INIT(model_options)
INIT(save_options)
INIT(preprocess_options)
INIT(video_options)
INIT(stream_options)
INIT(fit_options)
INIT(tuner_options)
INIT(tracker_options)
INIT(segment_options)
INIT(index_options)
#define STRUCT(name) #name, sizeof(actionclip_##name), name##_sized, name##_whole
static const struct {
  const char *name;
  size_t size;
  void (*init_sized)(void *, size_t);
  void (*init)(void *);
  int32_t (*call)(void *);
  int32_t answer, other;
} structs[] = {
    {STRUCT(model_options), load, ACTIONCLIP_ERROR_FILE_OPEN, ACTIONCLIP_ERROR_FILE_OPEN},
    {STRUCT(save_options), save, ACTIONCLIP_ERROR_FILE_WRITE, ACTIONCLIP_ERROR_FILE_WRITE},
    {STRUCT(preprocess_options), crop, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(preprocess_options), own_preprocessing, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(video_options), video, ACTIONCLIP_ERROR_FILE_OPEN, ACTIONCLIP_ERROR_UNAVAILABLE}, /* without FFmpeg */
    {STRUCT(stream_options), stream, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(fit_options), fit, ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES, ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES},
    {STRUCT(tuner_options), tuner, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(tracker_options), tracker, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(segment_options), segments, ACTIONCLIP_OK, ACTIONCLIP_OK},
    {STRUCT(index_options), opened_index, ACTIONCLIP_ERROR_FILE_OPEN, ACTIONCLIP_ERROR_FILE_OPEN},
};

/* A struct of each size at the end of accessible memory: its defaults are those of the whole struct as far as it goes,
 * with zeros beyond, and the call reads no further. A size that no version has is left alone and refused. */
static void every_size(size_t index) {
  const size_t whole_size = structs[index].size;
  uint64_t aligned[BEYOND / 8];
  unsigned char *const whole = (unsigned char *)aligned;
  if (!CHECK(whole_size <= sizeof aligned)) return;
  int full = 0;
  for (size_t size = 0; size <= whole_size + BEYOND; size++) {
    const int failed = check_failed;
    unsigned char *p = guard_alloc(size);
    structs[index].init_sized(p, size);
    uint32_t got = 0;
    if (size < sizeof got) {
      CHECK(guard_untouched(p, size));
    } else {
      memcpy(&got, p, sizeof got);
      if (got == 0) {
        CHECK(guard_untouched(p + sizeof got, size - sizeof got));
      } else {
        CHECK(got == size);
        structs[index].init(whole);
        memcpy(whole, &got, sizeof got);
        CHECK(memcmp(p, whole, size < whole_size ? size : whole_size) == 0);
        for (size_t i = whole_size; i < size; i++) CHECK(p[i] == 0);
        full += size == whole_size;
      }
      const int32_t status = structs[index].call(p);
      CHECK(got == 0 ? status == ACTIONCLIP_ERROR_INVALID_ARGUMENT
                     : status == structs[index].answer || status == structs[index].other);
      CHECK(status == ACTIONCLIP_OK || check_message());
    }
    guard_release(p, size);
    if (failed != check_failed) fprintf(stderr, "  %s of %zu bytes\n", structs[index].name, size);
  }
  CHECK(full == 1);
}

/* More than half of what size_t holds, and nothing at all. */
static void absurd_sizes(void) {
  const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2 + 1, (size_t)UINT32_MAX + 1 + sizeof(actionclip_model_options)};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    actionclip_model_options *p = guard_alloc(sizeof *p);
    actionclip_model_options_init_sized(p, sizes[i]);
    CHECK(p->struct_size == 0 && guard_untouched((unsigned char *)p + 4, sizeof *p - 4));
    actionclip_model_options_init_sized(NULL, sizes[i]);
  }
  /* _init is a function: its address can be taken. */
  void (*init)(actionclip_video_options *) = actionclip_video_options_init;
  actionclip_video_options options;
  init(&options);
  CHECK(options.struct_size == sizeof options);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  const char *const labels[] = {"walk", "run"};
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, 0, &classifier));
  for (size_t i = 0; i < sizeof structs / sizeof *structs; i++) every_size(i);
  absurd_sizes();
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  return check_report("test_structs");
}

/* test_structs.c: option structs of every size on memory that ends where they end. A caller built against an older
 * header has a smaller struct: neither _init nor any call may touch what is behind it. What a version of the library
 * does not know of a larger one is zero. */
#include "guard.h"

#include <stddef.h>

/* Sizes tried: from none to well beyond what any version may have. */
enum { BEYOND = 400 };

/* Initialises a struct of `size` bytes at the end of accessible memory; 1 if it may be used. */
#define INITIALISED(type, p, size, full)                                                          \
  do {                                                                                            \
    type##_init_sized((type *)(void *)(p), size);                                                 \
    uint32_t got = 0;                                                                             \
    if ((size) >= 4) memcpy(&got, p, 4);                                                          \
    if ((size) < 4) CHECK(guard_untouched(p, size));                                              \
    else if (got == 0) CHECK(guard_untouched((p) + 4, (size) - 4)); /* no version has such a one */ \
    else {                                                                                        \
      type whole;                                                                                 \
      type##_init(&whole);                                                                        \
      whole.struct_size = (uint32_t)(size);                                                       \
      CHECK(got == (size));                                                                       \
      CHECK(memcmp(p, &whole, (size) < sizeof whole ? (size) : sizeof whole) == 0);               \
      for (size_t i = sizeof whole; i < (size); i++) CHECK((p)[i] == 0);                          \
      full += (size) == sizeof whole;                                                             \
    }                                                                                             \
  } while (0)

static void model_options(void) {
  int full = 0;
  for (size_t size = 0; size <= sizeof(actionclip_model_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_model_options, p, size, full);
    actionclip_model *model = NULL;
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      CHECK_ERROR(known == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_ERROR_FILE_OPEN,
                  actionclip_model_load("/no/such/file", (actionclip_model_options *)(void *)p, &model));
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
}

static void save_options(const actionclip_model *model) {
  int full = 0;
  for (size_t size = 0; size <= sizeof(actionclip_save_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_save_options, p, size, full);
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      CHECK_ERROR(known == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_ERROR_FILE_WRITE,
                  actionclip_model_save(model, "/no/such/folder/model", (actionclip_save_options *)(void *)p));
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
}

static void preprocess_options(const actionclip_model *model) {
  int full = 0;
  for (size_t size = 0; size <= sizeof(actionclip_preprocess_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_preprocess_options, p, size, full);
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      actionclip_preprocess_options *options = (actionclip_preprocess_options *)(void *)p;
      const uint8_t pixel[3] = {0};
      const actionclip_image image = {pixel, 0, 1, 1, ACTIONCLIP_PIXEL_RGB, 0};
      uint8_t crop[3];
      if (known == 0) {
        CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_preprocess_crop(&image, 1, options, crop, 3));
        CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_model_preprocess_options(model, options));
      } else {
        CHECK_OK(actionclip_preprocess_crop(&image, 1, options, crop, 3));
        CHECK_OK(actionclip_model_preprocess_options(model, options));
      }
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
}

static void video_options(void) {
  int full = 0;
  for (size_t size = 0; size <= sizeof(actionclip_video_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_video_options, p, size, full);
    actionclip_video *video = NULL;
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      const int32_t status =
          actionclip_video_open("/no/such/file", (actionclip_video_options *)(void *)p, &video);
      CHECK(known == 0 ? status == ACTIONCLIP_ERROR_INVALID_ARGUMENT
                       : status == ACTIONCLIP_ERROR_FILE_OPEN || status == ACTIONCLIP_ERROR_UNAVAILABLE);
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
}

static void stream_options(const actionclip_model *model) {
  int full = 0;
  for (size_t size = 0; size <= sizeof(actionclip_stream_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_stream_options, p, size, full);
    actionclip_stream *stream = NULL;
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      const int32_t status = actionclip_stream_create(model, (actionclip_stream_options *)(void *)p, &stream);
      CHECK(known == 0 ? status == ACTIONCLIP_ERROR_INVALID_ARGUMENT : status == ACTIONCLIP_OK);
      actionclip_stream_free(stream);
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
}

static void fit_options(const actionclip_model *model) {
  int full = 0;
  const char *const labels[] = {"walk", "run"};
  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, 0, &classifier));
  for (size_t size = 0; size <= sizeof(actionclip_fit_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_fit_options, p, size, full);
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      CHECK_ERROR(known == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES,
                  actionclip_classifier_fit(classifier, (actionclip_fit_options *)(void *)p, NULL));
    }
    guard_release(p, size);
  }
  CHECK(full == 1);
  actionclip_classifier_free(classifier);
}

static void event_options(void) {
  int full = 0, fuller = 0;
  const int64_t start = 0, end = 1;
  const float score = 1;
  for (size_t size = 0; size <= sizeof(actionclip_tracker_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_tracker_options, p, size, full);
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      actionclip_tracker *tracker = NULL;
      const int32_t status = actionclip_tracker_create(1, (actionclip_tracker_options *)(void *)p, &tracker);
      CHECK(status == (known == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_OK));
      actionclip_tracker_free(tracker);
    }
    guard_release(p, size);
  }
  for (size_t size = 0; size <= sizeof(actionclip_segment_options) + BEYOND; size++) {
    unsigned char *p = guard_alloc(size);
    INITIALISED(actionclip_segment_options, p, size, fuller);
    if (size >= 4) {
      uint32_t known;
      memcpy(&known, p, 4);
      size_t count = 0;
      const int32_t status = actionclip_find_segments(&start, &end, &score, 1, 1,
                                                      (actionclip_segment_options *)(void *)p, NULL, 0, &count);
      CHECK(status == (known == 0 ? ACTIONCLIP_ERROR_INVALID_ARGUMENT : ACTIONCLIP_OK));
    }
    guard_release(p, size);
  }
  CHECK(full == 1 && fuller == 1);
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
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  model_options();
  save_options(model);
  preprocess_options(model);
  video_options();
  stream_options(model);
  fit_options(model);
  event_options();
  absurd_sizes();
  actionclip_model_free(model);
  return check_report("test_structs");
}

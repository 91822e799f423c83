/* test_misuse.c: every entry point, every argument, wrong. Each call must return the promised error with a
 * message, leave every output as it was, and touch nothing beyond the caller's memory (guard.h). */
#include "guard.h"

#include <math.h>
#include <stddef.h>

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, SMALL = ACTIONCLIP_ERROR_BUFFER_TOO_SMALL };

static struct {
  void *p;
  size_t size;
} watched[64];
static int watched_count;

/* An output of exactly `size` bytes that no failing call may write. */
static void *output(size_t size) {
  void *p = guard_alloc(size);
  watched[watched_count].p = p;
  watched[watched_count++].size = size;
  return p;
}

static int untouched(void) {
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
static const size_t sizes[] = {0, 1, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void constants_and_messages(void) {
  int64_t *value = output(sizeof *value);
  REFUSED(IN, actionclip_constant(NULL, value));
  REFUSED(IN, actionclip_constant("ACTIONCLIP_OK", NULL));
  REFUSED(IN, actionclip_constant("ACTIONCLIP_NO_SUCH_THING", value));
  REFUSED(IN, actionclip_constant("", value));
  REFUSED(0, actionclip_constant("\xff\xfe", value));
  char *endless = guard_alloc(100000); /* no end in sight until the guard page but one */
  endless[99999] = '\0';
  REFUSED(0, actionclip_constant(endless, value));
  int64_t good;
  CHECK_OK(actionclip_constant("ACTIONCLIP_OK", &good)); /* and the message is "" again */
  CHECK(good == ACTIONCLIP_OK);
}

static void frees_and_inits_take_null(void) {
  actionclip_model_free(NULL);
  actionclip_video_free(NULL);
  actionclip_tokenizer_free(NULL);
  actionclip_model_options_init(NULL);
  actionclip_preprocess_options_init(NULL);
  actionclip_video_options_init(NULL);
  /* Exactly the struct, not a byte more. */
  actionclip_model_options *m = guard_alloc(sizeof *m);
  actionclip_model_options_init(m);
  CHECK(m->struct_size == sizeof *m && m->joint == 0 && m->frames == 0 && m->tokenizer_path == NULL);
  actionclip_preprocess_options *p = guard_alloc(sizeof *p);
  actionclip_preprocess_options_init(p);
  CHECK(p->struct_size == sizeof *p && p->std[2] > 0.27f && p->std[2] < 0.28f);
  actionclip_video_options *v = guard_alloc(sizeof *v);
  actionclip_video_options_init(v);
  CHECK(v->struct_size == sizeof *v && v->max_pixels == 0);
}

static actionclip_model_options defaults(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  return o;
}

static void loading(void) {
  const char *path = check_path(DEMO_MODEL);
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  actionclip_model **out = output(sizeof *out);
  REFUSED(IN, actionclip_model_load(NULL, NULL, out));
  REFUSED(IN, actionclip_model_load(path, NULL, NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/no/such/file", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/dev/zero", NULL, out));
  REFUSED(0, actionclip_model_load("/dev/null", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, actionclip_model_load(check_path("examples/clip.mp4"), NULL, out));
  REFUSED(IN, actionclip_model_load_buffer(NULL, size, NULL, out));
  REFUSED(IN, actionclip_model_load_buffer(bytes, size, NULL, NULL));
  for (size_t n = 0; n < 64; n++) { /* headers cut short, in memory that ends there */
    void *cut = guard_copy(bytes, n);
    REFUSED(0, actionclip_model_load_buffer(cut, n, NULL, out));
    guard_release(cut, n);
  }

  /* Options: each field out of range, each wrong struct_size. */
  struct {
    size_t offset;
    int32_t value;
  } bad[] = {{offsetof(actionclip_model_options, joint), -1},
             {offsetof(actionclip_model_options, joint), 3},
             {offsetof(actionclip_model_options, temporal_shift), -1},
             {offsetof(actionclip_model_options, temporal_shift), 3},
             {offsetof(actionclip_model_options, head), -1},
             {offsetof(actionclip_model_options, head), 6},
             {offsetof(actionclip_model_options, frames), -1},
             {offsetof(actionclip_model_options, frames), INT32_MAX},
             {offsetof(actionclip_model_options, frames), INT32_MIN},
             {offsetof(actionclip_model_options, threads), -1},
             {offsetof(actionclip_model_options, threads), INT32_MAX},
             {offsetof(actionclip_model_options, compute_type), -1},
             {offsetof(actionclip_model_options, compute_type), 99},
             {offsetof(actionclip_model_options, reserved), 1}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    actionclip_model_options o = defaults();
    memcpy((char *)&o + bad[i].offset, &bad[i].value, sizeof bad[i].value);
    REFUSED(0, actionclip_model_load(path, &o, out));
  }
  actionclip_model_options o = defaults();
  o.joint = ACTIONCLIP_ON;
  REFUSED(0, actionclip_model_load(path, &o, out)); /* the file has no time embedding */
  o = defaults();
  o.head = ACTIONCLIP_HEAD_LSTM;
  REFUSED(0, actionclip_model_load(path, &o, out));
  o = defaults();
  o.frames = 78; /* the head has positions for 77 */
  REFUSED(0, actionclip_model_load(path, &o, out));
  o = defaults();
  o.tokenizer_path = "/no/such/merges.txt";
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load(path, &o, out));
  o.tokenizer_path = path; /* not a merge list */
  REFUSED(0, actionclip_model_load(path, &o, out));

  for (uint32_t n = 0; n < sizeof o; n++) { /* a struct of exactly the size it says */
    unsigned char *exact = guard_alloc(n < 4 ? 4 : n);
    o = defaults();
    o.struct_size = n;
    memcpy(exact, &o, n < 4 ? 4 : n);
    actionclip_model *m = NULL;
    const int32_t status = actionclip_model_load(path, (const actionclip_model_options *)(void *)exact, &m);
    CHECK(status == IN ? m == NULL && check_message() : status == ACTIONCLIP_OK && m != NULL && n >= 4);
    actionclip_model_free(m);
    guard_release(exact, n < 4 ? 4 : n);
  }
  unsigned char *longer = guard_alloc(sizeof o + 64); /* from a newer header */
  memset(longer, 0, sizeof o + 64);
  o = defaults();
  o.struct_size = (uint32_t)sizeof o + 64;
  memcpy(longer, &o, sizeof o);
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_model_load(path, (const actionclip_model_options *)(void *)longer, &m));
  actionclip_model_free(m);
  longer[sizeof o + 63] = 1; /* it asks for something this version does not know */
  REFUSED(0, actionclip_model_load(path, (const actionclip_model_options *)(void *)longer, out));
  actionclip_model_options *exact = guard_alloc(sizeof o);
  *exact = defaults();
  exact->struct_size = UINT32_MAX;
  REFUSED(IN, actionclip_model_load(path, exact, out));
  free(bytes);
}

static void handles(void) {
  float *v = output(e * sizeof *v);
  actionclip_model_info *i = output(sizeof *i);
  actionclip_video_info *vi = output(sizeof *vi);
  int32_t *ids = output(64 * sizeof *ids);
  size_t *count = output(sizeof *count);
  const char *prompts[1] = {"walking"};
  const size_t pixel_count = t * 3 * side * side;
  float *pixels = check_alloc(pixel_count * sizeof *pixels);
  int32_t *tokens = check_alloc(c * sizeof *tokens);
  uint8_t *rgb = output(224 * 160 * 3);
  const int64_t first = 0;
  static actionclip_image images[64];

  actionclip_model *gone = NULL;
  CHECK_OK(actionclip_model_load(check_path(DEMO_MODEL), NULL, &gone));
  actionclip_model_free(gone);
  actionclip_tokenizer *gone_tokenizer = NULL;
  CHECK_OK(actionclip_tokenizer_load(check_path(DEMO_MERGES), &gone_tokenizer));
  actionclip_tokenizer_free(gone_tokenizer);
  /* NULL, other kinds, freed handles, and memory that never was one. */
  void *zeros = check_alloc(4096);
  void *wrong[] = {NULL, tokenizer, video, gone, gone_tokenizer, zeros, guard_alloc(8), model};
  for (int k = 0; k < 8; k++) {
    if (wrong[k] != model) {
      actionclip_model *m = wrong[k];
      memset(i, GUARD_FILL, sizeof *i);
      REFUSED_HANDLE(actionclip_model_get_info(m, i));
      REFUSED_HANDLE(actionclip_encode_frames(m, images, t, NULL, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_pixels(m, pixels, pixel_count, t, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_video(m, video, NULL, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_prompts(m, prompts, 1, 0, v, e));
      REFUSED_HANDLE(actionclip_encode_labels(m, prompts, 1, NULL, 0, 0, v, e));
      REFUSED_HANDLE(actionclip_encode_tokens(m, tokens, c, 1, v, e));
      REFUSED_HANDLE(actionclip_tokenize(m, prompts, 1, 0, ids, 64));
      if (m != NULL) actionclip_model_free(m); /* must not free what is not a live model */
    }
    if (wrong[k] != tokenizer) {
      REFUSED_HANDLE(actionclip_tokenizer_encode(wrong[k], "a", 1, ids, 64, count));
      if (wrong[k] != NULL && wrong[k] != model) actionclip_tokenizer_free(wrong[k]);
    }
    if (wrong[k] != video) {
      REFUSED_HANDLE(actionclip_video_get_info(wrong[k], vi));
      REFUSED_HANDLE(actionclip_video_read_frames(wrong[k], &first, 1, rgb, 224 * 160 * 3, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_video(model, wrong[k], NULL, v, e, NULL, 0));
      if (wrong[k] != NULL && wrong[k] != model) actionclip_video_free(wrong[k]);
    }
  }
  free(zeros);
  free(tokens);
  free(pixels);
}

static void infos(void) {
  for (uint32_t n = 0; n <= sizeof(actionclip_model_info) + 8; n++) {
    const uint32_t room = n < 4 ? 4 : n;
    unsigned char *p = guard_alloc(room);
    memcpy(p, &n, 4);
    const int32_t status = actionclip_model_get_info(model, (actionclip_model_info *)(void *)p);
    CHECK(status == IN || (status == ACTIONCLIP_OK && n >= 4));
    if (n == sizeof(actionclip_model_info)) CHECK(status == ACTIONCLIP_OK);
    if (status != ACTIONCLIP_OK) CHECK(guard_untouched(p + 4, room - 4));
    guard_release(p, room);
  }
  CHECK_ERROR(IN, actionclip_model_get_info(model, NULL));
  CHECK_ERROR(IN, actionclip_video_get_info(video, NULL));
  for (uint32_t n = 0; n <= sizeof(actionclip_video_info) + 8; n++) {
    const uint32_t room = n < 4 ? 4 : n;
    unsigned char *p = guard_alloc(room);
    memcpy(p, &n, 4);
    const int32_t status = actionclip_video_get_info(video, (actionclip_video_info *)(void *)p);
    CHECK(status == IN || (status == ACTIONCLIP_OK && n >= 4));
    if (n == sizeof(actionclip_video_info)) CHECK(status == ACTIONCLIP_OK);
    if (status != ACTIONCLIP_OK) CHECK(guard_untouched(p + 4, room - 4));
    guard_release(p, room);
  }
}

static void pixels_and_sizes(void) {
  const size_t n = t * 3 * side * side;
  float *zeros = check_alloc(n * sizeof *zeros), *in = guard_copy(zeros, n * sizeof *zeros);
  float *v = output(e * sizeof *v), *f = output(t * e * sizeof *f);
  REFUSED(IN, actionclip_encode_pixels(model, NULL, n, t, v, e, f, t * e));
  REFUSED(IN, actionclip_encode_pixels(model, in, n, t, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_pixels(model, in, n, t, v, e - 1, f, t * e));
  REFUSED(SMALL, actionclip_encode_pixels(model, in, n, t, v, 0, f, t * e));
  REFUSED(SMALL, actionclip_encode_pixels(model, in, n, t, v, e, f, t * e - 1));
  REFUSED(SMALL, actionclip_encode_pixels(model, in, n, t, v, e, f, 0));
  for (int i = 0; i < SIZES; i++) {
    REFUSED(0, actionclip_encode_pixels(model, in, sizes[i], t, v, e, f, t * e));
    REFUSED(0, actionclip_encode_pixels(model, in, n, sizes[i], v, e, f, t * e));
    REFUSED(0, actionclip_encode_pixels(model, in, sizes[i], sizes[i], v, SIZE_MAX, f, SIZE_MAX));
  }
  REFUSED(IN, actionclip_encode_pixels(model, in, n - 1, t, v, e, NULL, 0));
  REFUSED(IN, actionclip_encode_pixels(model, in, n + 1, t, v, e, NULL, 0));
  REFUSED(IN, actionclip_encode_pixels(model, in, n, t - 1, v, e, NULL, 0));
  REFUSED(0, actionclip_encode_pixels(model, in, n, t * 2, v, e, NULL, 0));
  REFUSED(0, actionclip_encode_pixels(model, in, 0, SIZE_MAX / t * t, v, SIZE_MAX, NULL, 0));
  const float odd[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    in[n - 1] = odd[i];
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_encode_pixels(model, in, n, t, v, e, f, t * e));
  }
  in[n - 1] = 0;
  in[0] = 3e38f; /* finite, but the network overflows: no NaN may come back as a success */
  float *out = guard_alloc(e * sizeof *out);
  if (actionclip_encode_pixels(model, in, n, t, out, e, NULL, 0) == ACTIONCLIP_OK)
    for (size_t i = 0; i < e; i++) CHECK(isfinite(out[i]));
  else
    CHECK(guard_untouched(out, e * sizeof *out) && check_message());
  in[0] = 0;
  CHECK_OK(actionclip_encode_pixels(model, in, n, t, out, e, NULL, 0)); /* exactly enough of everything */
  CHECK_OK(actionclip_encode_pixels(model, in, n, t, out, SIZE_MAX, NULL, SIZE_MAX));
  free(zeros);
}

static void images(void) {
  enum { W = 17, H = 11 };
  uint8_t *data = guard_alloc(W * H * 3);
  actionclip_image good = {data, 0, W, H, ACTIONCLIP_PIXEL_RGB, 0};
  actionclip_image *list = guard_alloc(t * sizeof *list);
  for (size_t i = 0; i < t; i++) list[i] = good;
  float *v = output(e * sizeof *v), *f = output(t * e * sizeof *f), *px = output(3 * 32 * 32 * sizeof *px);
  uint8_t *crop = output(3 * 32 * 32);
  REFUSED(IN, actionclip_encode_frames(model, NULL, t, NULL, v, e, f, t * e));
  REFUSED(IN, actionclip_encode_frames(model, list, t, NULL, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_frames(model, list, t, NULL, v, e - 1, f, t * e));
  REFUSED(SMALL, actionclip_encode_frames(model, list, t, NULL, v, e, f, t * e - 1));
  REFUSED(IN, actionclip_encode_frames(model, list, t - 1, NULL, v, e, f, t * e));
  for (int i = 0; i < SIZES; i++) REFUSED(0, actionclip_encode_frames(model, list, sizes[i], NULL, v, e, f, t * e));
  REFUSED(0, actionclip_encode_frames(model, list, SIZE_MAX / t * t, NULL, v, SIZE_MAX, f, SIZE_MAX));
  REFUSED(IN, actionclip_preprocess_crop(NULL, 32, NULL, crop, 3 * 32 * 32));
  REFUSED(IN, actionclip_preprocess_crop(&good, 32, NULL, NULL, 3 * 32 * 32));
  REFUSED(SMALL, actionclip_preprocess_crop(&good, 32, NULL, crop, 3 * 32 * 32 - 1));
  REFUSED(IN, actionclip_preprocess_pixels(NULL, 32, NULL, px, 3 * 32 * 32));
  REFUSED(IN, actionclip_preprocess_pixels(&good, 32, NULL, NULL, 3 * 32 * 32));
  REFUSED(SMALL, actionclip_preprocess_pixels(&good, 32, NULL, px, 3 * 32 * 32 - 1));
  const int32_t no_side[] = {0, -1, 4097, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 5; i++) {
    REFUSED(IN, actionclip_preprocess_crop(&good, no_side[i], NULL, crop, SIZE_MAX));
    REFUSED(IN, actionclip_preprocess_pixels(&good, no_side[i], NULL, px, SIZE_MAX));
  }
  actionclip_image bad[] = {good, good, good, good, good, good, good, good, good, good, good, good, good};
  bad[0].data = NULL;
  bad[1].width = 0;
  bad[2].width = -1;
  bad[3].width = 65536;
  bad[4].height = 0;
  bad[5].height = INT32_MIN;
  bad[6].height = 65536;
  bad[7].pixel_format = 0;
  bad[8].pixel_format = 6;
  bad[9].pixel_format = -1;
  bad[10].reserved = 1;
  bad[11].row_stride = W * 3 - 1;
  bad[12].row_stride = INT64_MAX;
  for (int i = 0; i < 13; i++) {
    REFUSED(IN, actionclip_preprocess_crop(&bad[i], 32, NULL, crop, 3 * 32 * 32));
    REFUSED(IN, actionclip_preprocess_pixels(&bad[i], 32, NULL, px, 3 * 32 * 32));
    list[t - 1] = bad[i];
    REFUSED(IN, actionclip_encode_frames(model, list, t, NULL, v, e, f, t * e));
  }
  list[t - 1] = good;

  actionclip_preprocess_options base, o;
  actionclip_preprocess_options_init(&base);
  for (int i = 0; i < 16; i++) {
    o = base;
    switch (i) {
      case 0: o.struct_size = 0; break;
      case 1: o.struct_size = UINT32_MAX; break;
      case 2: o.resize = -1; break;
      case 3: o.resize = 2; break;
      case 4: o.crop = -1; break;
      case 5: o.crop = 3; break;
      case 6: o.short_side = -1; break;
      case 7: o.short_side = 31; break;
      case 8: o.short_side = INT32_MAX; break;
      case 9: o.mean[1] = NAN; break;
      case 10: o.mean[2] = INFINITY; break;
      case 11: o.std[0] = 0; break;
      case 12: o.std[1] = -1; break;
      case 13: o.std[2] = NAN; break;
      case 14: o.std[2] = INFINITY; break;
      case 15: o.struct_size = 3; break;
    }
    const int statistic = i >= 9 && i <= 14; /* which a crop does not use */
    if (!statistic) REFUSED(IN, actionclip_preprocess_crop(&good, 32, guard_copy(&o, sizeof o), crop, 3072));
    REFUSED(0, actionclip_preprocess_pixels(&good, 32, guard_copy(&o, sizeof o), px, 3072));
    REFUSED(0, actionclip_encode_frames(model, list, t, guard_copy(&o, sizeof o), v, e, f, t * e));
  }
  float *room = guard_alloc(e * sizeof *room);
  CHECK_OK(actionclip_encode_frames(model, list, t, guard_copy(&base, sizeof base), room, e, NULL, 0));
  uint8_t *crop_room = guard_alloc(3072);
  CHECK_OK(actionclip_preprocess_crop(&good, 32, NULL, crop_room, 3072)); /* reads to the image's last byte */
  actionclip_image one = {guard_alloc(1), 0, 1, 1, ACTIONCLIP_PIXEL_GRAY, 0};
  CHECK_OK(actionclip_preprocess_crop(&one, 1, NULL, guard_alloc(3), 3));
  actionclip_image strided = good; /* the last row need not have its padding */
  strided.row_stride = W * 3 + 7;
  strided.data = guard_alloc((H - 1) * (W * 3 + 7) + W * 3);
  CHECK_OK(actionclip_preprocess_crop(&strided, 32, NULL, crop_room, 3072));
}

static void texts(void) {
  float *v = output(32 * e * sizeof *v);
  int32_t *ids = output(c * sizeof *ids);
  const char *prompts[2] = {guard_copy("walking", 8), guard_copy("", 1)};
  const char *with_null[2] = {"walking", NULL}, *broken[1] = {"caf\xe9"}, *half[1] = {"\xf0\x9f"};
  char *longest = check_alloc(100001);
  memset(longest, 'x', 100000);
  const char *too_long[1] = {longest};
  const char *const *list = guard_copy(prompts, sizeof prompts);
  REFUSED(IN, actionclip_encode_prompts(model, NULL, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_prompts(model, list, 2, 0, NULL, 2 * e));
  REFUSED(IN, actionclip_encode_prompts(model, with_null, 2, 0, v, 2 * e));
  REFUSED(SMALL, actionclip_encode_prompts(model, list, 2, 0, v, 2 * e - 1));
  REFUSED(IN, actionclip_encode_prompts(model, list, 2, -1, v, 2 * e));
  REFUSED(IN, actionclip_encode_prompts(model, list, 2, 2, v, 2 * e));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_prompts(model, broken, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_prompts(model, half, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_TEXT_TOO_LONG, actionclip_encode_prompts(model, too_long, 1, 0, v, e));
  REFUSED(IN, actionclip_tokenize(model, NULL, 1, 0, ids, c));
  REFUSED(IN, actionclip_tokenize(model, list, 1, 0, NULL, c));
  REFUSED(IN, actionclip_tokenize(model, with_null, 2, 0, ids, SIZE_MAX));
  REFUSED(SMALL, actionclip_tokenize(model, list, 1, 0, ids, c - 1));
  REFUSED(IN, actionclip_tokenize(model, list, 1, 7, ids, c));
  REFUSED(ACTIONCLIP_ERROR_TEXT_TOO_LONG, actionclip_tokenize(model, too_long, 1, 0, ids, c));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tokenize(model, broken, 1, 1, ids, c));
  for (int i = 2; i < SIZES; i++) { /* counts whose products overflow: refused before any text is read */
    REFUSED(0, actionclip_encode_prompts(model, list, sizes[i], 0, v, 2 * e));
    REFUSED(0, actionclip_tokenize(model, list, sizes[i], 0, ids, c));
    REFUSED(0, actionclip_encode_labels(model, list, sizes[i], NULL, 0, 0, v, 2 * e));
    REFUSED(0, actionclip_encode_labels(model, list, 1, list, sizes[i], 0, v, 2 * e));
    REFUSED(0, actionclip_encode_labels(model, list, sizes[i], list, sizes[i], 0, v, 2 * e));
  }
  const char *no_hole[1] = {"walking"}, *two_holes[1] = {"{} and {}"}, *good[1] = {"a {}"};
  REFUSED(IN, actionclip_encode_labels(model, NULL, 1, good, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, NULL, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, good, 0, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, good, 1, 0, NULL, e));
  REFUSED(IN, actionclip_encode_labels(model, with_null, 2, good, 1, 0, v, 2 * e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, with_null + 1, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, no_hole, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, two_holes, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, good, 1, 5, v, e));
  REFUSED(SMALL, actionclip_encode_labels(model, list, 2, NULL, 0, 0, v, 32 * e - 1));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_labels(model, broken, 1, good, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_labels(model, list, 1, broken, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_TEXT_TOO_LONG, actionclip_encode_labels(model, too_long, 1, NULL, 0, 0, v, 16 * e));

  int32_t *row = guard_alloc(c * sizeof *row);
  memset(row, 0, c * sizeof *row);
  row[0] = info.vocabulary_size - 2;
  row[1] = info.vocabulary_size - 1;
  REFUSED(IN, actionclip_encode_tokens(model, NULL, c, 1, v, e));
  REFUSED(IN, actionclip_encode_tokens(model, row, c, 1, NULL, e));
  REFUSED(SMALL, actionclip_encode_tokens(model, row, c, 1, v, e - 1));
  REFUSED(IN, actionclip_encode_tokens(model, row, c - 1, 1, v, e));
  REFUSED(IN, actionclip_encode_tokens(model, row, c + 1, 1, v, e));
  REFUSED(IN, actionclip_encode_tokens(model, row, c, 2, v, 2 * e));
  for (int i = 2; i < SIZES; i++) {
    REFUSED(0, actionclip_encode_tokens(model, row, sizes[i], 1, v, e));
    REFUSED(0, actionclip_encode_tokens(model, row, c, sizes[i], v, SIZE_MAX));
    REFUSED(0, actionclip_encode_tokens(model, row, sizes[i], sizes[i], v, SIZE_MAX));
  }
  const int32_t odd[] = {-1, info.vocabulary_size, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    row[c - 1] = odd[i];
    REFUSED(IN, actionclip_encode_tokens(model, row, c, 1, v, e));
  }
  row[c - 1] = 0;
  float *room = guard_alloc(2 * e * sizeof *room);
  CHECK_OK(actionclip_encode_tokens(model, row, c, 1, room, e));
  CHECK_OK(actionclip_encode_prompts(model, list, 2, 0, room, 2 * e));
  CHECK_OK(actionclip_encode_prompts(model, too_long, 1, ACTIONCLIP_TEXT_TRUNCATE, room, e));
  int32_t *ids_room = guard_alloc(c * sizeof *ids_room);
  CHECK_OK(actionclip_tokenize(model, too_long, 1, ACTIONCLIP_TEXT_TRUNCATE, ids_room, c));
  CHECK(ids_room[c - 1] == info.vocabulary_size - 1);

  /* A model without a merge list says so. */
  size_t size;
  unsigned char *bytes = check_read_file(check_path(DEMO_MODEL), &size);
  actionclip_model *mute = NULL;
  CHECK_OK(actionclip_model_load_buffer(bytes, size, NULL, &mute));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_encode_prompts(mute, list, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_tokenize(mute, list, 1, 0, ids, c));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_encode_labels(mute, list, 1, NULL, 0, 0, v, 16 * e));
  actionclip_model_free(mute);
  free(bytes);
  free(longest);
}

static void tokenizers(void) {
  actionclip_tokenizer **out = output(sizeof *out);
  int32_t *ids = output(8 * sizeof *ids);
  size_t *count = output(sizeof *count);
  REFUSED(IN, actionclip_tokenizer_load(NULL, out));
  REFUSED(IN, actionclip_tokenizer_load(check_path(DEMO_MERGES), NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tokenizer_load("/no/such/merges.txt", out));
  REFUSED(0, actionclip_tokenizer_load(check_path(DEMO_CLIP), out));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, NULL, 1, ids, 8, count));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, "a", 1, ids, 8, NULL));
  REFUSED(IN, actionclip_tokenizer_encode(tokenizer, "a", 1, NULL, 8, count));
  char *text = guard_copy("walking the dog", 15); /* no zero at its end: the size counts */
  REFUSED(SMALL, actionclip_tokenizer_encode(tokenizer, text, 15, ids, 1, count));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tokenizer_encode(tokenizer, "\x80", 1, ids, 8, count));
  REFUSED(0, actionclip_tokenizer_encode(tokenizer, text, SIZE_MAX, ids, 8, count));
  size_t n = 99;
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 15, NULL, 0, &n));
  int32_t *exact = guard_alloc(n * sizeof *exact);
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 15, exact, n, guard_alloc(sizeof n)));
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, 0, NULL, 0, &n));
  CHECK(n == 0);
}

static void comparing(void) {
  float a[8] = {1, 2, 3, 4, 4, 3, 2, 1};
  float *in = guard_copy(a, sizeof a), *out = output(4 * sizeof *out);
  REFUSED(IN, actionclip_similarity(NULL, 2, in, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_similarity(in, 2, NULL, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_similarity(in, 2, in, 2, 4, 1, NULL, 4));
  REFUSED(SMALL, actionclip_similarity(in, 2, in, 2, 4, 1, out, 3));
  REFUSED(IN, actionclip_similarity(in, 2, in, 2, 0, 1, out, 4));
  REFUSED(0, actionclip_similarity(in, 2, in, 2, 4, NAN, out, 4));
  REFUSED(0, actionclip_similarity(in, 2, in, 2, 4, INFINITY, out, 4));
  REFUSED(IN, actionclip_probabilities(NULL, 2, in, 1, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, NULL, 1, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 2, 4, 1, NULL, 4));
  REFUSED(SMALL, actionclip_probabilities(in, 2, in, 1, 2, 4, 1, out, 3));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 0, 2, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 0, 4, 1, out, 4));
  REFUSED(IN, actionclip_probabilities(in, 2, in, 1, 2, 0, 1, out, 4));
  REFUSED(0, actionclip_probabilities(in, 2, in, 1, 2, 4, NAN, out, 4));
  for (int i = 2; i < SIZES; i++) {
    REFUSED(0, actionclip_similarity(in, sizes[i], in, 2, 4, 1, out, 4));
    REFUSED(0, actionclip_similarity(in, 2, in, sizes[i], 4, 1, out, 4));
    REFUSED(0, actionclip_similarity(in, 1, in, 1, sizes[i], 1, out, 4));
    REFUSED(0, actionclip_similarity(in, sizes[i], in, sizes[i], 4, 1, out, SIZE_MAX));
    REFUSED(0, actionclip_probabilities(in, sizes[i], in, 1, 2, 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, sizes[i], 2, 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, 1, sizes[i], 4, 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 2, in, 1, 2, sizes[i], 1, out, 4));
    REFUSED(0, actionclip_probabilities(in, 1, in, sizes[i], sizes[i], sizes[i], 1, out, SIZE_MAX));
  }
  const float odd[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    in[7] = odd[i];
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_similarity(in, 2, a, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_similarity(a, 2, in, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_probabilities(in, 2, a, 1, 2, 4, 1, out, 4));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_probabilities(a, 2, in, 1, 2, 4, 1, out, 4));
  }
  float *room = guard_alloc(4 * sizeof *room), zero[8] = {0};
  CHECK_OK(actionclip_similarity(zero, 2, a, 2, 4, 100, room, 4)); /* a zero row has cosine 0 */
  CHECK(room[0] == 0 && room[3] == 0);
  float large[4] = {3e38f, 3e38f, -3e38f, 3e38f}, little[4] = {1e-40f, 1e-40f, -1e-40f, 1e-40f};
  CHECK_OK(actionclip_similarity(large, 1, large, 1, 4, 1, room, 1)); /* whose squares overflow in float */
  CHECK(fabsf(room[0] - 1) < 1e-5f);
  CHECK_OK(actionclip_similarity(little, 1, large, 1, 4, 1, room, 1)); /* or vanish */
  CHECK(fabsf(room[0] - 1) < 1e-3f);
  CHECK_OK(actionclip_probabilities(a, 2, a, 1, 2, 4, 1e30f, room, 4)); /* softmax of enormous logits */
  CHECK(room[0] == 1 && room[1] == 0);
}

static void sampling_and_video(void) {
  int64_t *at = output(8 * sizeof *at);
  REFUSED(IN, actionclip_sample_indices(0, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(-5, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(INT64_MIN, 8, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, 0, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, INT32_MIN, at, 8));
  REFUSED(IN, actionclip_sample_indices(10, 8, NULL, 8));
  REFUSED(SMALL, actionclip_sample_indices(10, 8, at, 7));
  REFUSED(SMALL, actionclip_sample_indices(10, INT32_MAX, at, 8));
  int64_t last[2];
  const int32_t status = actionclip_sample_indices(INT64_MAX, 2, last, 2);
  CHECK(status < 0 || (last[0] >= 0 && last[1] > last[0]));

  actionclip_video **out = output(sizeof *out);
  const char *path = check_path(DEMO_CLIP);
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  REFUSED(IN, actionclip_video_open(NULL, NULL, out));
  REFUSED(IN, actionclip_video_open(path, NULL, NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("/no/such/video.mp4", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("/", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("http://localhost/a.mp4", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_video_open("", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_VIDEO_INVALID, actionclip_video_open(check_path(DEMO_MODEL), NULL, out));
  REFUSED(IN, actionclip_video_open_buffer(NULL, size, NULL, out));
  REFUSED(IN, actionclip_video_open_buffer(bytes, size, NULL, NULL));
  REFUSED(0, actionclip_video_open_buffer(bytes, 0, NULL, out));
  REFUSED(0, actionclip_video_open_buffer(bytes, SIZE_MAX, NULL, out));
  actionclip_video_options o;
  for (int i = 0; i < 7; i++) {
    actionclip_video_options_init(&o);
    switch (i) {
      case 0: o.struct_size = 0; break;
      case 1: o.struct_size = UINT32_MAX; break;
      case 2: o.threads = -1; break;
      case 3: o.threads = INT32_MAX; break;
      case 4: o.max_pixels = -1; break;
      case 5: o.max_pixels = INT64_MIN; break;
      case 6: o.max_pixels = 224 * 160 - 1; break; /* the clip is one pixel too large */
    }
    REFUSED(0, actionclip_video_open(path, guard_copy(&o, sizeof o), out));
  }
  enum { FRAME = 224 * 160 * 3 };
  uint8_t *rgb = output(2 * FRAME);
  double *seconds = output(2 * sizeof *seconds);
  int64_t two[2] = {0, 99};
  const int64_t *in = guard_copy(two, sizeof two);
  REFUSED(IN, actionclip_video_read_frames(video, NULL, 2, rgb, 2 * FRAME, seconds, 2));
  REFUSED(IN, actionclip_video_read_frames(video, in, 2, NULL, 2 * FRAME, seconds, 2));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 2 * FRAME - 1, seconds, 2));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 0, NULL, 0));
  REFUSED(SMALL, actionclip_video_read_frames(video, in, 2, rgb, 2 * FRAME, seconds, 1));
  for (int i = 2; i < SIZES; i++)
    REFUSED(0, actionclip_video_read_frames(video, in, sizes[i], rgb, 2 * FRAME, NULL, 0));
  const int64_t odd[] = {-1, 100, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 4; i++) {
    two[1] = odd[i];
    REFUSED(IN, actionclip_video_read_frames(video, two, 2, rgb, 2 * FRAME, seconds, 2));
  }
  CHECK_OK(actionclip_video_read_frames(video, in, 2, guard_alloc(2 * FRAME), 2 * FRAME,
                                        guard_alloc(2 * sizeof(double)), 2));
  float *v = output(e * sizeof *v), *f = output(t * e * sizeof *f);
  REFUSED(IN, actionclip_encode_video(model, video, NULL, NULL, e, f, t * e));
  REFUSED(SMALL, actionclip_encode_video(model, video, NULL, v, e - 1, f, t * e));
  REFUSED(SMALL, actionclip_encode_video(model, video, NULL, v, e, f, t * e - 1));
  CHECK_OK(actionclip_encode_video(model, video, NULL, guard_alloc(e * 4), e, guard_alloc(t * e * 4), t * e));
  free(bytes);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  frees_and_inits_take_null();
  constants_and_messages();
  actionclip_model_options options = defaults();
  options.threads = 2;
  CHECK_OK(actionclip_model_load(check_path(DEMO_MODEL), &options, &model));
  CHECK_OK(actionclip_tokenizer_load(check_path(DEMO_MERGES), &tokenizer));
  CHECK_OK(actionclip_video_open(check_path(DEMO_CLIP), NULL, &video));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  c = (size_t)info.context_length;
  t = (size_t)info.frames;
  side = (size_t)info.image_size;
  if (check_failed == 0) {
    void (*const parts[])(void) = {infos, pixels_and_sizes, images, texts, tokenizers, comparing,
                                   sampling_and_video, loading, handles};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
      parts[i]();
      for (int k = 0; k < watched_count; k++) guard_release(watched[k].p, watched[k].size);
      watched_count = 0;
    }
  }
  actionclip_video_free(video);
  actionclip_tokenizer_free(tokenizer);
  actionclip_model_free(model);
  return check_report("test_misuse");
}

/* test_misuse_load.c: loading and its options, handles of the wrong kind, information structs, constants. */
#include "misuse.h"

#include <math.h>
#include <stddef.h>

static void constants_and_messages(void) {
  int64_t *value = output(sizeof *value);
  REFUSED(IN, actionclip_constant(NULL, value));
  REFUSED(IN, actionclip_constant("ACTIONCLIP_OK", NULL));
  REFUSED(IN, actionclip_constant("ACTIONCLIP_NO_SUCH_THING", value));
  REFUSED(IN, actionclip_constant("", value));
  REFUSED(0, actionclip_constant("\xff\xfe", value));
  REFUSED(IN, actionclip_constant("ACTIONCLIP_O\xe2\x84\xaa", value)); /* a Kelvin sign is no K */
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

/* The model's info is filled exactly as far as the caller's struct reaches. */
static void own_options(void) {
  actionclip_preprocess_options *p = output(sizeof *p);
  REFUSED_HANDLE(actionclip_model_preprocess_options(NULL, p));
  REFUSED_HANDLE(actionclip_model_preprocess_options((actionclip_model *)(void *)tokenizer, p));
  REFUSED(IN, actionclip_model_preprocess_options(model, NULL));
  REFUSED(IN, actionclip_model_preprocess_options(model, p)); /* its size was never set */
  REFUSED_HANDLE(actionclip_model_sampling(NULL));
  REFUSED_HANDLE(actionclip_model_sampling((actionclip_model *)(void *)tokenizer));
  CHECK(actionclip_model_sampling(model) == ACTIONCLIP_SAMPLING_ACTIONCLIP);
  actionclip_preprocess_options *room = guard_alloc(sizeof *room), expected;
  actionclip_preprocess_options_init(&expected);
  memset(room, 7, sizeof *room);
  room->struct_size = sizeof *room;
  CHECK_OK(actionclip_model_preprocess_options(model, room));
  CHECK(memcmp(room, &expected, sizeof expected) == 0);
}

/* The description of a file, and the metadata of a model's file. */
static void descriptions(void) {
  const char *path = check_path(UNTRAINED_MODEL);
  char *text = output(16);
  size_t *size = output(sizeof *size);
  REFUSED(IN, actionclip_file_describe(NULL, text, 16, size));
  REFUSED(IN, actionclip_file_describe(path, text, 16, NULL));
  REFUSED(IN, actionclip_file_describe(path, NULL, 16, size));
  REFUSED(SMALL, actionclip_file_describe(path, text, 16, size));
  REFUSED(SMALL, actionclip_file_describe(path, text, 0, size));
  REFUSED(IN, actionclip_file_describe(path, text, SIZE_MAX, size));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_file_describe("/no/such/file", text, 16, size));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_file_describe("/", text, 16, size));
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, actionclip_file_describe(check_path("examples/clip.mp4"), text, 16, size));
  size_t n = 0, written = 0;
  CHECK_OK(actionclip_file_describe(path, NULL, 0, &n));
  char *exact = guard_alloc(n);
  CHECK_OK(actionclip_file_describe(path, exact, n, &written));
  CHECK(written == n && strlen(exact) == n - 1 && strncmp(exact, "format: safetensors\nlayout: CLIP\n", 33) == 0);

  char *hash = guard_alloc(65);
  REFUSED(IN, actionclip_file_sha256(path, NULL, 65));
  REFUSED(SMALL, actionclip_file_sha256(path, hash, 64));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_file_sha256("/no/such/file", hash, 65));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_file_sha256("/", hash, 65));
  CHECK_OK(actionclip_file_sha256(path, hash, 65));
  CHECK(strlen(hash) == 64);

  actionclip_model *other = (actionclip_model *)(void *)tokenizer;
  CHECK(strcmp(actionclip_model_family(model), "CLIP") == 0);
  CHECK(actionclip_model_family(NULL) == NULL && check_message());
  CHECK(actionclip_model_assumption(NULL, 0) == NULL && check_message());
  const int32_t beyond[] = {-1, 3, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
    CHECK(actionclip_model_assumption(model, beyond[i]) == NULL);
  CHECK(actionclip_model_family(other) == NULL && check_message());
  REFUSED_HANDLE(actionclip_model_note_count(NULL));
  REFUSED_HANDLE(actionclip_model_note_count(other));
  CHECK(actionclip_model_note_key(NULL, 0) == NULL && check_message());
  CHECK(actionclip_model_note_key(other, 0) == NULL && check_message());
  CHECK(actionclip_model_template_weight(NULL, 0) == -1 && check_message());
  CHECK(actionclip_model_template_weight(other, 0) == -1 && check_message());
  CHECK(actionclip_model_note_count(model) == 0);
  CHECK(actionclip_model_note_key(model, 0) == NULL && actionclip_model_note_key(model, -1) == NULL);
}

/* A model's sizes by its file's headers: the struct's size, the options and the file are checked, and nothing is written. */
static void infos_of_files(void) {
  const char *path = check_path(UNTRAINED_MODEL);
  int64_t *ns = output(sizeof *ns);
  CHECK_ERROR(IN, actionclip_file_get_info(path, NULL, NULL, ns));
  for (uint32_t n = 0; n <= sizeof(actionclip_model_info) + 8; n += 4) {
    const uint32_t room = n < 4 ? 4 : n;
    unsigned char *p = guard_alloc(room);
    memcpy(p, &n, 4);
    const int32_t status = actionclip_file_get_info(path, NULL, (actionclip_model_info *)(void *)p, NULL);
    CHECK(status == (n >= 96 ? ACTIONCLIP_OK : IN));
    if (status != ACTIONCLIP_OK) CHECK(guard_untouched(p + 4, room - 4));
    guard_release(p, room);
  }
  unsigned char *info = guard_alloc(sizeof(actionclip_model_info));
  const uint32_t whole = sizeof(actionclip_model_info);
  memcpy(info, &whole, 4);
  actionclip_model_info *out = (actionclip_model_info *)(void *)info;
  actionclip_model_options o = defaults();
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_file_get_info("/no/such/file", &o, out, ns));
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, actionclip_file_get_info(check_path("examples/clip.mp4"), &o, out, ns));
  o.frames = -1;
  REFUSED(IN, actionclip_file_get_info(path, &o, out, ns));
  o = defaults();
  o.head = ACTIONCLIP_HEAD_LSTM;
  REFUSED(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_file_get_info(path, &o, out, ns));
  CHECK(guard_untouched(info + 4, whole - 4));
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
  infos_of_files();
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

static void loading(void) {
  const char *path = check_path(UNTRAINED_MODEL);
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  actionclip_model **out = output(sizeof *out);
  REFUSED(IN, actionclip_model_load(NULL, NULL, NULL));
  REFUSED(IN, actionclip_model_load(path, NULL, NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/no/such/file", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/dev/zero", NULL, out));
  REFUSED(0, actionclip_model_load("/dev/null", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, actionclip_model_load(check_path("examples/clip.mp4"), NULL, out));
  REFUSED(IN, actionclip_model_load_buffer(NULL, size, NULL, out));
  actionclip_model_options named = defaults();
  named.open_clip_name = "RN50";
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED, actionclip_model_load(path, &named, out));
  named.open_clip_name = "\xff";
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_model_load(path, &named, out));
  named = defaults();
  named.base_path = path;
  REFUSED(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_model_load(path, &named, out));
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
             {offsetof(actionclip_model_options, temporal_shift), 4},
             {offsetof(actionclip_model_options, head), -1},
             {offsetof(actionclip_model_options, head), INT32_MAX},
             {offsetof(actionclip_model_options, frames), -1},
             {offsetof(actionclip_model_options, frames), INT32_MAX},
             {offsetof(actionclip_model_options, frames), INT32_MIN},
             {offsetof(actionclip_model_options, threads), -1},
             {offsetof(actionclip_model_options, threads), INT32_MAX},
             {offsetof(actionclip_model_options, compute_type), -1},
             {offsetof(actionclip_model_options, compute_type), 99},
             {offsetof(actionclip_model_options, temporal_view), 4},
             {offsetof(actionclip_model_options, activation), -1},
             {offsetof(actionclip_model_options, activation), 4},
             {offsetof(actionclip_model_options, instructions), -1},
             {offsetof(actionclip_model_options, instructions), 11},
#if defined(__x86_64__)
             {offsetof(actionclip_model_options, instructions), ACTIONCLIP_INSTRUCTIONS_NEON_DOT},
#else
             {offsetof(actionclip_model_options, instructions), ACTIONCLIP_INSTRUCTIONS_AVX2},
#endif
             {offsetof(actionclip_model_options, reserved), 1},
             {offsetof(actionclip_model_options, reserved_2), 1},
             {offsetof(actionclip_model_options, for_saving), -1},
             {offsetof(actionclip_model_options, for_saving), 3},
             {offsetof(actionclip_model_options, compute_sha256), -1},
             {offsetof(actionclip_model_options, compute_sha256), 3}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    actionclip_model_options o = defaults();
    memcpy((char *)&o + bad[i].offset, &bad[i].value, sizeof bad[i].value);
    REFUSED(0, actionclip_model_load(path, &o, out));
  }
  actionclip_model_options o = defaults();
  o.instructions = 42;
  REFUSED(0, actionclip_model_load(path, &o, out));
  CHECK(strstr(actionclip_last_error(), "instructions is 42, expected ACTIONCLIP_INSTRUCTIONS_*, 0 to 10") != NULL);
  o = defaults();
  o.joint = ACTIONCLIP_ON;
  REFUSED(0, actionclip_model_load(path, &o, out)); /* the file has no time embedding */
  o = defaults();
  o.head = ACTIONCLIP_HEAD_LSTM;
  REFUSED(0, actionclip_model_load(path, &o, out));
  const double shares[] = {-0.5, 1, 2, NAN, INFINITY, 0.5}; /* the last one of no base */
  for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
    o = defaults();
    o.base_share = shares[i];
    REFUSED(0, actionclip_model_load(path, &o, out));
    CHECK(strstr(actionclip_last_error(), "base_share is") != NULL);
  }
  const int32_t processors[] = {0, -1, 1024};
  o = defaults();
  o.processor_count = 1;
  REFUSED(0, actionclip_model_load(path, &o, out)); /* a count of nothing */
  o.processors = processors;
  o.processor_count = 0;
  REFUSED(0, actionclip_model_load(path, &o, out));
  o.processor_count = 2;
  REFUSED(0, actionclip_model_load(path, &o, out));
  o.processors = processors + 2;
  o.processor_count = 1;
  REFUSED(0, actionclip_model_load(path, &o, out));
  o.processor_count = SIZE_MAX;
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
  int64_t *between = output(2 * sizeof *between);
  static actionclip_image images[64];
  static actionclip_frame camera_frames[64];

  actionclip_model *gone = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &gone));
  actionclip_model_free(gone);
  actionclip_tokenizer *gone_tokenizer = NULL;
  CHECK_OK(actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &gone_tokenizer));
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
      REFUSED_HANDLE(actionclip_encode_single_frames(m, images, t, NULL, v, t * e));
      REFUSED_HANDLE(actionclip_encode_camera_frames(m, camera_frames, t, NULL, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_single_camera_frames(m, camera_frames, t, NULL, v, t * e));
      REFUSED_HANDLE(actionclip_encode_single_pixels(m, pixels, pixel_count, t, v, t * e));
      REFUSED_HANDLE(actionclip_join_frames(m, pixels, t, v, e));
      REFUSED_HANDLE(actionclip_model_similarity(m, pixels, 1, pixels, 1, 1, v, e));
      REFUSED_HANDLE(actionclip_model_probabilities(m, pixels, 1, pixels, NULL, 1, 1, 1, v, e));
      REFUSED_HANDLE(actionclip_encode_video(m, video, NULL, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_video_between(m, video, 1, 2, NULL, v, e, NULL, 0));
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
      REFUSED_HANDLE(actionclip_video_frames_between(wrong[k], 1, 2, &between[0], &between[1]));
      REFUSED_HANDLE(actionclip_encode_video(model, wrong[k], NULL, v, e, NULL, 0));
      REFUSED_HANDLE(actionclip_encode_video_between(model, wrong[k], 1, 2, NULL, v, e, NULL, 0));
      if (wrong[k] != NULL && wrong[k] != model) actionclip_video_free(wrong[k]);
    }
  }
  free(zeros);
  free(tokens);
  free(pixels);
}

MISUSE_MAIN("test_misuse_load", constants_and_messages, frees_and_inits_take_null, own_options, descriptions, infos, loading, handles)

/* test_misuse_encode.c: pixels, pictures, words and tokens that no encoder should take. */
#include "misuse.h"

#include <math.h>

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

/* Frames by themselves, and embeddings to be joined. */
static void single_frames(void) {
  const size_t plane = 3 * side * side, n = 3 * plane;
  float *zeros = check_alloc((n + 2 * t * e) * sizeof *zeros);
  float *in = guard_copy(zeros, n * sizeof *zeros), *rows = guard_copy(zeros, 2 * t * e * sizeof *zeros);
  float *f = output(3 * e * sizeof *f), *v = output(2 * e * sizeof *v);
  REFUSED(IN, actionclip_encode_single_pixels(model, NULL, n, 3, f, 3 * e));
  REFUSED(IN, actionclip_encode_single_pixels(model, in, n, 3, NULL, 3 * e));
  REFUSED(SMALL, actionclip_encode_single_pixels(model, in, n, 3, f, 3 * e - 1));
  REFUSED(IN, actionclip_encode_single_pixels(model, in, n - 1, 3, f, 3 * e));
  REFUSED(IN, actionclip_encode_single_pixels(model, in, n + 1, 3, f, 3 * e));
  REFUSED(IN, actionclip_encode_single_pixels(model, in, n, 0, f, 3 * e));
  REFUSED(IN, actionclip_encode_single_frames(model, NULL, 3, NULL, f, 3 * e));
  actionclip_image image = {guard_alloc(27), 0, 3, 3, ACTIONCLIP_PIXEL_RGB, 0};
  actionclip_image *list = guard_copy(&image, sizeof image);
  REFUSED(IN, actionclip_encode_single_frames(model, list, 1, NULL, NULL, e));
  REFUSED(IN, actionclip_encode_single_frames(model, list, 0, NULL, f, 3 * e));
  REFUSED(SMALL, actionclip_encode_single_frames(model, list, 1, NULL, f, e - 1));
  list->reserved = 1;
  REFUSED(IN, actionclip_encode_single_frames(model, list, 1, NULL, f, 3 * e));
  list->reserved = 0;
  REFUSED(IN, actionclip_join_frames(model, NULL, t, v, 2 * e));
  REFUSED(IN, actionclip_join_frames(model, rows, t, NULL, 2 * e));
  REFUSED(IN, actionclip_join_frames(model, rows, t - 1, v, 2 * e));
  REFUSED(IN, actionclip_join_frames(model, rows, t + 1, v, 2 * e));
  REFUSED(SMALL, actionclip_join_frames(model, rows, 2 * t, v, 2 * e - 1));
  for (int i = 0; i < SIZES; i++) {
    REFUSED(0, actionclip_encode_single_pixels(model, in, sizes[i], 3, f, 3 * e));
    if (sizes[i] != 1) REFUSED(0, actionclip_encode_single_frames(model, list, sizes[i], NULL, f, 3 * e));
    REFUSED(0, actionclip_encode_single_pixels(model, in, sizes[i], sizes[i], f, SIZE_MAX));
    REFUSED(0, actionclip_join_frames(model, rows, sizes[i], v, SIZE_MAX));
  }
  REFUSED(0, actionclip_join_frames(model, rows, SIZE_MAX / t * t, v, SIZE_MAX));
  const float odd[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    in[n - 1] = rows[2 * t * e - 1] = odd[i];
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_encode_single_pixels(model, in, n, 3, f, 3 * e));
    REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_join_frames(model, rows, 2 * t, v, 2 * e));
  }
  in[n - 1] = rows[2 * t * e - 1] = 0;
  CHECK_OK(actionclip_encode_single_pixels(model, in, n, 3, guard_alloc(3 * e * sizeof *f), 3 * e));
  CHECK_OK(actionclip_join_frames(model, rows, 2 * t, guard_alloc(2 * e * sizeof *v), 2 * e));
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
  for (int i = 0; i < SIZES; i++) REFUSED(0, actionclip_encode_frames(model, list, sizes[i], NULL, v, e, f,
                                                                      t * e));
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
      case 3: o.resize = ACTIONCLIP_RESIZE_CLIP_BILINEAR + 1; break;
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
  for (int i = OVERFLOWING; i < SIZES;
       i++) { /* counts whose products overflow: refused before any text is read */
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
  const char *empty[] = {"yoga", ""}, *spaces[] = {" \t\n"}, *unicode[] = {"\u00a0\u2003\u3000"};
  REFUSED(IN, actionclip_encode_labels(model, empty, 2, good, 1, 0, v, 2 * e));
  REFUSED(IN, actionclip_encode_labels(model, unicode, 1, good, 1, 0, v, 2 * e));
  REFUSED(IN, actionclip_encode_labels(model, spaces, 1, good, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, with_null + 1, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, no_hole, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, two_holes, 1, 0, v, e));
  REFUSED(IN, actionclip_encode_labels(model, list, 1, good, 1, 5, v, e));
  REFUSED(SMALL, actionclip_encode_labels(model, list, 2, NULL, 0, 0, v, 32 * e - 1));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_labels(model, broken, 1, good, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_encode_labels(model, list, 1, broken, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_TEXT_TOO_LONG, actionclip_encode_labels(model, too_long, 1, NULL, 0, 0, v,
                                                                   16 * e));

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
  for (int i = OVERFLOWING; i < SIZES; i++) {
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
  unsigned char *bytes = check_read_file(check_path(UNTRAINED_MODEL), &size);
  actionclip_model *mute = NULL;
  CHECK_OK(actionclip_model_load_buffer(bytes, size, NULL, &mute));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_encode_prompts(mute, list, 1, 0, v, e));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_tokenize(mute, list, 1, 0, ids, c));
  REFUSED(ACTIONCLIP_ERROR_NO_TOKENIZER, actionclip_encode_labels(mute, list, 1, NULL, 0, 0, v, 16 * e));
  actionclip_model_free(mute);
  free(bytes);
  free(longest);
}

MISUSE_MAIN("test_misuse_encode", pixels_and_sizes, single_frames, images, texts)

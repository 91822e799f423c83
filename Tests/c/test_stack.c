/* test_stack.c: every call on a thread with the least stack that the header states, above pages that may not be touched;
 * and how much of a larger, painted stack each call uses. The library's own threads have enough where the process's
 * usual stack is small. (Without the address sanitizer, whose frames are larger.)
 *
 *   test_stack ROOT SCRATCH [measure]     with the word each call's use is told, and nothing is run on less */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST = 64 << 10, LEAST_FOR_MORE = 128 << 10, LARGE = 4 << 20, PAINT = 0xA7, GUARD = 64 << 10 };

static const char *scratch;
static actionclip_model *model, *shifted; /* the second with temporal shift */
static actionclip_tokenizer *tokenizer;
static float embedding[4096], text[16 * 4096], pixels[64 * 3 * 224 * 224];
static uint8_t rgb[64 * 224 * 160 * 3];
static actionclip_model_info info;
static size_t e, t;
static char saved[1200], archive[1200];
static const char *const labels[] = {"walking", "running", "playing an old guitar at night"};

static int32_t load_of(const char *path, int32_t compute) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  o.compute_type = compute;
  actionclip_model *m = NULL;
  const int32_t status = actionclip_model_load(path, &o, &m);
  actionclip_model_free(m);
  return status;
}
static int32_t load_fp32(void) { return load_of(check_path(UNTRAINED_MODEL), ACTIONCLIP_COMPUTE_FP32); }
static int32_t load_int8(void) { return load_of(check_path(UNTRAINED_MODEL), ACTIONCLIP_COMPUTE_INT8); }
static int32_t load_default(void) { return load_of(check_path("models/actionclip-shapes.safetensors"), 0); }
static int32_t load_pickle(void) { return load_of(check_path("Tests/fixtures/packs/transf/checkpoint.pt"), 0); }
static int32_t load_script(void) { return load_of(check_path("Tests/fixtures/torchscript/clip.pt"), 0); }
static int32_t load_folder(void) { return load_of(check_path("Tests/fixtures/families/hugging_face"), 0); }
static int32_t load_hashed(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 4;
  o.compute_sha256 = 1;
  actionclip_model *m = NULL;
  const int32_t status = actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &m);
  actionclip_model_free(m);
  return status;
}
static int32_t describe(void) {
  size_t size = 0;
  return actionclip_file_describe(check_path("Tests/fixtures/families/mmaction2.pth"), NULL, 0, &size);
}
static int32_t file_sha256(void) {
  char text[65];
  return actionclip_file_sha256(NULL, text, sizeof text);
}
static int32_t file_get_info(void) {
  actionclip_model_info told = {.struct_size = sizeof told};
  int64_t video_ns = 0;
  return actionclip_file_get_info(check_path("Tests/fixtures/packs/transf/checkpoint.pt"), NULL, &told, &video_ns);
}
static int32_t tokenizer_load(void) {
  actionclip_tokenizer *tk = NULL;
  const int32_t status = actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tk);
  actionclip_tokenizer_free(tk);
  return status;
}
static int32_t tokenizer_encode(void) {
  static char words[20000];
  memset(words, 'a', sizeof words);
  memcpy(words + 100, " &amp;&eacute; caf\xC3\x83\xC2\xA9 \xEF\xAC\x81 ", 27);
  size_t count = 0;
  return actionclip_tokenizer_encode(tokenizer, words, sizeof words, NULL, 0, &count);
}
static int32_t encode_labels(void) {
  return actionclip_encode_labels(model, labels, 1, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, text, 16 * e);
}
static int32_t classify(void) {
  actionclip_classifier *c = NULL;
  int32_t status = actionclip_classifier_create(model, labels, 2, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &c);
  if (status == ACTIONCLIP_OK) status = actionclip_classifier_set_labels(c, labels, 3, NULL);
  float rates[3];
  if (status == ACTIONCLIP_OK) status = actionclip_classifier_score(c, embedding, 1, 100, rates, 3, NULL, NULL);
  actionclip_classifier_free(c);
  return status;
}
static int32_t teach(void) {
  actionclip_classifier *c = NULL;
  int32_t status = actionclip_classifier_create(model, labels, 2, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &c);
  float videos[4 * 64];
  for (size_t i = 0; i < 4 * e; i++) videos[i] = (float)(i * 37 % 101) - 50;
  for (size_t i = 0; i < 2 && status == ACTIONCLIP_OK; i++)
    status = actionclip_classifier_add_examples(c, labels[i], videos + 2 * i * e, 2, NULL);
  if (status == ACTIONCLIP_OK) status = actionclip_classifier_fit(c, NULL, NULL);
  if (status == ACTIONCLIP_OK) status = actionclip_classifier_set_labels(c, labels, 3, NULL);
  actionclip_classifier_free(c);
  return status;
}
static int32_t encode_pixels(void) {
  return actionclip_encode_pixels(model, pixels, t * 3 * (size_t)info.image_size * (size_t)info.image_size, t, embedding,
                                  e, NULL, 0);
}
static int32_t encode_frames(void) {
  actionclip_image images[64];
  for (size_t i = 0; i < t; i++) images[i] = (actionclip_image){rgb, 0, 224, 160, ACTIONCLIP_PIXEL_RGB, 0};
  return actionclip_encode_frames(model, images, t, NULL, embedding, e, NULL, 0);
}
/* A stream from its making to its end, with a picture larger and one smaller than the crop, and calls that fail. */
static int32_t stream_of(const actionclip_model *of, int32_t mode) {
  actionclip_stream_options o;
  actionclip_stream_options_init(&o);
  o.frame_interval_ns = 1000;
  o.mode = mode;
  o.warmup = ACTIONCLIP_WARMUP_PARTIAL;
  o.queue_frames = 2;
  actionclip_stream *s = NULL;
  int32_t status = actionclip_stream_create(of, &o, &s), found = 0;
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = ACTIONCLIP_PIXEL_NV12;
  frame.planes[0] = rgb;
  frame.planes[1] = rgb + 224 * 160;
  actionclip_window window = {.struct_size = sizeof window};
  actionclip_stream_stats stats = {.struct_size = sizeof stats};
  actionclip_stream_info facts = {.struct_size = sizeof facts};
  size_t ready;
  for (int i = 0; i < 20 && status == ACTIONCLIP_OK; i++) {
    frame.width = i % 2 ? 224 : 16;
    frame.height = i % 2 ? 160 : 10;
    status = actionclip_stream_push(s, &frame, 1000 * i, NULL);
    if (status == ACTIONCLIP_OK) status = actionclip_stream_wait(&s, 1, ACTIONCLIP_WAIT_STEP, 1000, &ready);
    if (status == ACTIONCLIP_OK) status = actionclip_stream_step(&s, 1, 0, NULL);
    if (status == ACTIONCLIP_OK) status = actionclip_stream_next(s, &window, embedding, 4096, &found);
    if (status == ACTIONCLIP_OK && actionclip_stream_push(s, &frame, 0, NULL) == ACTIONCLIP_OK) status = -1;
  }
  if (status == ACTIONCLIP_OK) status = actionclip_stream_get_stats(s, &stats);
  if (status == ACTIONCLIP_OK) status = actionclip_stream_get_info(s, &facts);
  if (status == ACTIONCLIP_OK) status = actionclip_stream_finish(s);
  if (status == ACTIONCLIP_OK) status = actionclip_stream_reset(s);
  if (status == ACTIONCLIP_OK) status = actionclip_stream_cancel(s);
  if (status == ACTIONCLIP_OK && actionclip_stream_step(&s, 1, 0, NULL) != ACTIONCLIP_ERROR_CANCELLED) status = -1;
  actionclip_stream_free(s);
  return status;
}
static int32_t stream(void) { return stream_of(model, ACTIONCLIP_STREAM_EXACT); }
static int32_t stream_exact(void) { return stream_of(shifted, ACTIONCLIP_STREAM_EXACT); }
static int32_t stream_causal(void) { return stream_of(shifted, ACTIONCLIP_STREAM_CAUSAL); }
/* The frames' embeddings lie in `pixels` until they are joined. */
static int32_t single_frames(void) {
  const actionclip_image image = {rgb, 0, 224, 160, ACTIONCLIP_PIXEL_RGB, 0};
  int32_t status = ACTIONCLIP_OK;
  for (size_t i = 0; i < t && status == ACTIONCLIP_OK; i++)
    status = actionclip_encode_single_frames(model, &image, 1, NULL, pixels + i * e, e);
  return status == ACTIONCLIP_OK ? actionclip_join_frames(model, pixels, t, embedding, e) : status;
}
/* Frames in NV12, on their side. */
static int32_t camera_frames(void) {
  static actionclip_frame frames[64];
  for (size_t i = 0; i < t; i++) {
    actionclip_frame_init(&frames[i]);
    frames[i].pixel_format = ACTIONCLIP_PIXEL_NV12;
    frames[i].width = 224;
    frames[i].height = 160;
    frames[i].planes[0] = rgb;
    frames[i].planes[1] = rgb + 224 * 160;
    frames[i].rotation = 90;
  }
  const int32_t status = actionclip_encode_camera_frames(model, frames, t, NULL, embedding, e, NULL, 0);
  return status == ACTIONCLIP_OK ? actionclip_encode_single_camera_frames(model, frames, 1, NULL, embedding, e) : status;
}
static int32_t preprocess(void) {
  const actionclip_image image = {rgb, 0, 224, 160, ACTIONCLIP_PIXEL_BGR, 0};
  return actionclip_preprocess_pixels(&image, 112, NULL, pixels, 3 * 112 * 112);
}
static int32_t video(void) {
  actionclip_video *v = NULL;
  actionclip_video_info properties;
  properties.struct_size = sizeof properties;
  const int64_t indices[] = {90, 3, 3};
  int32_t status = actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &v);
  if (status == ACTIONCLIP_OK) status = actionclip_video_get_outline(v, &properties);
  if (status == ACTIONCLIP_OK) status = actionclip_video_read_frames(v, indices, 3, rgb, sizeof rgb, NULL, 0);
  if (status == ACTIONCLIP_OK) status = actionclip_encode_video(model, v, NULL, embedding, e, NULL, 0);
  if (status == ACTIONCLIP_OK) status = actionclip_encode_video_between(model, v, 1, 2, NULL, embedding, e, NULL, 0);
  if (status == ACTIONCLIP_OK) status = actionclip_video_get_info(v, &properties);
  actionclip_video_free(v);
  return status;
}
static int32_t save_of(int32_t storage) {
  actionclip_save_options o;
  actionclip_save_options_init(&o);
  o.labels = labels;
  o.label_count = 3;
  o.storage = storage;
  return actionclip_model_save(model, saved, &o);
}
static int32_t save(void) { return save_of(ACTIONCLIP_STORAGE_FP32); }
static int32_t save_int8(void) { return save_of(ACTIONCLIP_STORAGE_INT8); }
/* A model whose numbers are read when it is saved. */
static int32_t save_unread(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.for_saving = ACTIONCLIP_ON;
  actionclip_model *m = NULL;
  int32_t status = actionclip_model_load(check_path("Tests/fixtures/packs/transf/checkpoint.pt"), &o, &m);
  if (status == ACTIONCLIP_OK) status = actionclip_model_save(m, saved, NULL);
  actionclip_model_free(m);
  return status;
}
static int32_t similarity(void) { return actionclip_similarity(text, 2, text, 2, e, 100, embedding, 4); }
/* A model in which each video moves the texts. */
static int32_t moved_texts(void) {
  actionclip_model *m = NULL;
  actionclip_model_info of = {.struct_size = sizeof of};
  int32_t status = actionclip_model_load(check_path("Tests/fixtures/x_clip/published.pth"), NULL, &m);
  if (status == ACTIONCLIP_OK) status = actionclip_model_get_info(m, &of);
  if (status != ACTIONCLIP_OK) return status;
  const size_t frames = (size_t)of.frames, count = frames * 3 * (size_t)of.image_size * (size_t)of.image_size;
  const size_t words = (size_t)of.embedding_size, row = (size_t)of.video_size;
  float *p = calloc(count + row + words, sizeof *p), logit = 0;
  p[0] = p[count + row] = 1;
  status = actionclip_encode_pixels(m, p, count, frames, p + count, row, NULL, 0);
  if (status == ACTIONCLIP_OK) status = actionclip_model_similarity(m, p + count, 1, p + count + row, 1, 100, &logit, 1);
  if (status == ACTIONCLIP_OK)
    status = actionclip_model_probabilities(m, p + count, 1, p + count + row, NULL, 1, 1, 0, &logit, 1);
  free(p);
  actionclip_model_free(m);
  return status;
}
static int32_t described(void) {
  const char *const texts[] = {"a {}", "b", "c"};
  const int32_t label_of_text[] = {0, 1, 0};
  actionclip_classifier *c = NULL;
  int32_t status =
      actionclip_classifier_create_described(model, labels, 2, texts, label_of_text, NULL, 3, ACTIONCLIP_TEXT_TRUNCATE, &c);
  if (status == ACTIONCLIP_OK) status = actionclip_classifier_set_labels(c, labels, 3, NULL);
  actionclip_classifier_free(c);
  return status;
}
static int32_t fit(void) {
  const int32_t right[] = {0, 1};
  float weights[2];
  actionclip_prompts_report report = {.struct_size = sizeof report};
  return actionclip_prompts_fit(text, 2, right, NULL, text, 2, 2, e, 100, -1, weights, 2, &report);
}
/* An index of an archive of two rows, from its opening to a search. */
static int32_t find(void) {
  actionclip_index *index = NULL;
  actionclip_index_options o;
  actionclip_index_options_init(&o);
  o.threads = 2;
  actionclip_index_info facts = {.struct_size = sizeof facts};
  actionclip_moment moments[4] = {{.struct_size = sizeof moments[0]}};
  size_t count = 0;
  char path[16];
  int32_t status = ACTIONCLIP_OK;
  for (o.in_memory = 0; o.in_memory < 2 && status == ACTIONCLIP_OK; o.in_memory++) {
    status = actionclip_index_open(archive, &o, &index);
    if (status == ACTIONCLIP_OK) status = actionclip_index_get_info(index, &facts);
    if (status == ACTIONCLIP_OK)
      status = actionclip_index_query(index, (float[]){1, 0, 0, 0, 1, 0, 0, 0}, NULL, 2, 4, NULL, moments, 4, &count);
    if (status == ACTIONCLIP_OK) status = actionclip_index_row(index, 1, NULL, NULL, path, sizeof path, &count);
    if (status == ACTIONCLIP_OK && strcmp(path, "b") != 0) status = -1;
    actionclip_index_free(index);
    index = NULL;
  }
  return status;
}
static void write_file(const char *name, const void *bytes, size_t size) {
  char path[1300];
  snprintf(path, sizeof path, "%s/%s", archive, name);
  FILE *file = fopen(path, "w");
  if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) exit(2);
}
/* Two rows of four numbers, which are 1 in the first place and in the second. */
static void write_archive(void) {
  static const char manifest[] =
      "{\"format\":\"actionclip-archive\",\"version\":1,\"dimension\":4,\"dtype\":\"float32\",\"window\":2,\"step\":1}";
  static const char lines[] = "{\"path\":\"a\",\"start\":0,\"end\":2}\n{\"path\":\"b\",\"start\":0,\"end\":2}\n";
  static const char removed[] = "{\"path\":\"c\",\"shard\":1,\"row\":0,\"rows\":1}\n";
  const float rows[8] = {1, 0, 0, 0, 0, 1, 0, 0};
  char numbers[128 + sizeof rows];
  snprintf(archive, sizeof archive, "%s/stack-archive", scratch);
  if (mkdir(archive, 0755) != 0 && errno != EEXIST) exit(2);
  memcpy(numbers, "\x93NUMPY\x01\0\x76\0", 10);
  snprintf(numbers + 10, 119, "%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }");
  memcpy(numbers + 128, rows, sizeof rows);
  write_file("manifest.json", manifest, sizeof manifest - 1);
  write_file("meta_0000.jsonl", lines, sizeof lines - 1);
  write_file("removed.jsonl", removed, sizeof removed - 1);
  write_file("emb_0000.npy", numbers, sizeof numbers);
}
static int32_t progress(void *user, const actionclip_tuner_result *result) { return user == NULL || result->step < 1; }
/* A tuner from its making to the model that it gives, with clips of both kinds; a step is cancelled, and one fails. */
static int32_t tune_of(const actionclip_model *of, actionclip_video *from, int32_t head) {
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.vision = o.text = ACTIONCLIP_TRAIN_EVERYTHING;
  o.too_long = ACTIONCLIP_TEXT_TRUNCATE;
  o.batch = 2;
  o.new_head = head;
  actionclip_tuner *tuner = NULL;
  actionclip_model *tuned = NULL, *mixed = NULL;
  actionclip_tuner_info sizes = {.struct_size = sizeof sizes};
  actionclip_tuner_result result = {.struct_size = sizeof result};
  actionclip_tuner_score score = {.struct_size = sizeof score};
  actionclip_image images[64];
  for (size_t i = 0; i < t; i++) images[i] = (actionclip_image){rgb, 0, 224, 160, ACTIONCLIP_PIXEL_RGB, 0};
  int32_t label = 0, status = actionclip_tuner_create(of, labels, 3, NULL, 0, &o, &tuner);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_add_text(tuner, 1, "somebody runs");
  if (status == ACTIONCLIP_OK)
    status = actionclip_tuner_add_pixels(tuner, &label, 1, pixels,
                                         t * 3 * (size_t)info.image_size * (size_t)info.image_size, t, 0);
  for (label = 1; label < 3 && status == ACTIONCLIP_OK; label++)
    status = actionclip_tuner_add_frames(tuner, &label, 1, images, t, NULL, label - 1);
  label = 2;
  if (status == ACTIONCLIP_OK && from != NULL)
    status = actionclip_tuner_add_video(tuner, &label, 1, from, 1, 3, 2, NULL, 0);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_get_info(tuner, &sizes);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_step(tuner, &result);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_run(tuner, 2, progress, &o, &result);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_eval(tuner, ACTIONCLIP_CLIP_HELD_OUT, NAN, &score);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_save(tuner, saved);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_load(tuner, saved);
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_cancel(tuner);
  if (status == ACTIONCLIP_OK && actionclip_tuner_step(tuner, NULL) != ACTIONCLIP_ERROR_CANCELLED) status = -1;
  if (status == ACTIONCLIP_OK && actionclip_tuner_add_text(tuner, 0, "a") != ACTIONCLIP_ERROR_OPTION_CONFLICT) status = -1;
  if (status == ACTIONCLIP_OK) status = actionclip_tuner_model(tuner, 0.5, &tuned);
  if (status == ACTIONCLIP_OK) status = actionclip_models_interpolate(tuned, tuned, 0.5, &mixed);
  actionclip_model_free(mixed);
  actionclip_model_free(tuned);
  actionclip_tuner_free(tuner);
  return status;
}
static int32_t tune(void) { return tune_of(model, NULL, ACTIONCLIP_HEAD_AS_CHECKPOINT); }
static int32_t tune_heads(void) {
  int32_t status = ACTIONCLIP_OK;
  for (int32_t head = ACTIONCLIP_HEAD_MEANP; head <= ACTIONCLIP_HEAD_TRANSF_CLS && status == ACTIONCLIP_OK; head++)
    status = tune_of(shifted, NULL, head);
  return status;
}
static int32_t tune_by_video(void) {
  actionclip_video *v = NULL;
  int32_t status = actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &v);
  if (status == ACTIONCLIP_OK) status = tune_of(model, v, ACTIONCLIP_HEAD_AS_CHECKPOINT);
  actionclip_video_free(v);
  return status;
}
static int32_t failures(void) {
  actionclip_model *m = NULL;
  if (actionclip_model_load("/no/such/file", NULL, &m) != ACTIONCLIP_ERROR_FILE_OPEN) return -1;
  if (actionclip_model_load(check_path(EXAMPLE_CLIP), NULL, &m) >= 0) return -1;
  actionclip_video *v = NULL;
  if (actionclip_video_open(check_path(UNTRAINED_MODEL), NULL, &v) >= 0) return -1;
  return ACTIONCLIP_OK;
}

static const struct {
  const char *name;
  int32_t (*run)(void);
} calls[] = {{"load, fp32", load_fp32}, {"load, int8", load_int8}, {"load, hashed, 4 threads", load_hashed},
             {"load, default model", load_default}, {"load, checkpoint", load_pickle}, {"load, TorchScript", load_script},
             {"load, Hugging Face folder", load_folder}, {"similarity, X-CLIP", moved_texts}, {"file_describe", describe},
             {"file_sha256", file_sha256}, {"file_get_info", file_get_info}, {"tokenizer_load", tokenizer_load},
             {"tokenizer_encode", tokenizer_encode}, {"encode_labels", encode_labels}, {"classifier", classify}, {"classifier, fit", teach},
             {"encode_pixels", encode_pixels}, {"encode_frames", encode_frames}, {"single_frames", single_frames},
             {"camera_frames", camera_frames},
             {"preprocess", preprocess}, {"stream", stream}, {"stream, shift, exact", stream_exact},
             {"stream, shift, causal", stream_causal},
             {"video", video}, {"save", save}, {"save, int8", save_int8}, {"save, unread", save_unread}, {"similarity", similarity}, {"described", described}, {"prompts_fit", fit},
             {"index", find},
             {"tuner", tune}, {"tuner, shift, heads", tune_heads}, {"tuner, video", tune_by_video},
             {"failures", failures}};

static void *run(void *call) {
  const int32_t status = (*(int32_t (*const *)(void))call)();
  return (void *)(intptr_t)(status != ACTIONCLIP_OK);
}

/* Runs a call on a stack of this size, with a guard below; the bytes of it that were written. */
static size_t on_stack(size_t size, int32_t (*const *call)(void), const char *name) {
  unsigned char *memory = mmap(NULL, GUARD + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0) exit(2);
  memset(memory + GUARD, PAINT, size);
  pthread_attr_t attributes;
  pthread_t thread;
  void *failed = NULL;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, memory + GUARD, size) == 0);
  if (!CHECK(pthread_create(&thread, &attributes, run, (void *)(uintptr_t)call) == 0)) exit(2);
  CHECK(pthread_join(thread, &failed) == 0);
  if (!CHECK(failed == NULL)) fprintf(stderr, "  %s on %zu KB: failed\n", name, size >> 10);
  size_t untouched = 0;
  while (untouched < size && memory[GUARD + untouched] == PAINT) untouched++;
  pthread_attr_destroy(&attributes);
  munmap(memory, GUARD + size);
  return size - untouched;
}

/* A process whose threads usually have little: those of a model, and of loading, are made with more. */
static void small_usual_stack(void) {
  pthread_attr_t before, small;
  CHECK(pthread_getattr_default_np(&before) == 0 && pthread_attr_init(&small) == 0);
  CHECK(pthread_attr_setstacksize(&small, 16 << 10) == 0 && pthread_setattr_default_np(&small) == 0);
  CHECK_OK(load_hashed());
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 4;
  actionclip_model *many = NULL, *one = model;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &many));
  model = many;
  for (int i = 0; i < 20; i++) CHECK_OK(encode_pixels());
  CHECK_OK(encode_labels());
  model = one;
  actionclip_model_free(many);
  CHECK(pthread_setattr_default_np(&before) == 0);
  pthread_attr_destroy(&small);
  pthread_attr_destroy(&before);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  scratch = argc > 2 ? argv[2] : "/tmp";
  snprintf(saved, sizeof saved, "%s/stack.safetensors", scratch);
  write_archive();
  alarm(150);
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 2;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &model));
  o.temporal_shift = ACTIONCLIP_ON;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &shifted));
  CHECK_OK(actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tokenizer));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  t = (size_t)info.frames;
  size_t most = 0, most_for_more = 0;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    const int needs_more = strstr(calls[i].name, "video") != NULL || strstr(calls[i].name, "tuner") != NULL ||
                           calls[i].run == failures;
    const size_t least = needs_more ? LEAST_FOR_MORE : LEAST;
    const size_t used = on_stack(LARGE, &calls[i].run, calls[i].name);
    if (argc > 3) printf("  %-26s %4zu KB\n", calls[i].name, used >> 10);
    size_t *const deepest = least == LEAST ? &most : &most_for_more;
    if (used > *deepest) *deepest = used;
    if (argc <= 3) on_stack(least, &calls[i].run, calls[i].name);
  }
  printf("  the deepest call uses %zu KB of the stated %d, of videos and tuners %zu of %d\n", most >> 10, LEAST >> 10,
         most_for_more >> 10, LEAST_FOR_MORE >> 10);
  CHECK(most <= LEAST * 3 / 4 && most_for_more <= LEAST_FOR_MORE * 3 / 4);
  small_usual_stack();
  unlink(saved);
  actionclip_tokenizer_free(tokenizer);
  actionclip_model_free(shifted);
  actionclip_model_free(model);
  return check_report("test_stack");
}

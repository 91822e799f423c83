// fuzz: -max_len=256 -rss_limit_mb=1024
/* Option structs of every size with any fields, and calls of the C API in any order. The model is the tiny one; loads
 * use one thread or two. Structs, arrays and outputs lie in memory of exactly their size. What takes milliseconds (a
 * whole load, a save, a video) is done once in an input at most, and seldom; otherwise it ends where the options are
 * right. */
#include "actionclip.h"
#include "tiny_model.h"

#include <unistd.h>

#define MERGES ROOT "/Tests/TokenizerTests/Fixtures/tiny_merges.txt"
#define VIDEO ROOT "/Tests/VideoTests/Fixtures/quadrants.mp4"

enum { E = TINY_EMBEDDING, C = TINY_CONTEXT, T = 2, STEPS = 12, TEXTS = 4 };

static uint8_t *model_file, *video_file;
static size_t model_size, video_size;
static actionclip_model *model;
static actionclip_tokenizer *tokenizer;
static int may_be_slow; /* whether this input has a slow call left */

static int slow(reader *r) {
  if (take8(r) < 0xF0 || !may_be_slow) return 0;
  may_be_slow = 0;
  return 1;
}
/* One input in eight may make a slow call, told by all its bytes: what grows from a slow input is mostly not slow. */
static int is_one_in_eight(const uint8_t *data, size_t size) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ data[i]) * 16777619u;
  return (hash >> 16) % 8 == 0;
}

static void start(void) {
  static const char notes[] = "\"actionclip.format\":\"1\",\"actionclip.labels\":\"[\\\"a\\\"]\"";
  model_file = write_tensors(tiny_tensors, TINY_TENSORS, notes, &model_size);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.frames = T;
  options.tokenizer_path = MERGES;
  PROMISE(actionclip_model_load_buffer(model_file, model_size, &options, &model) == ACTIONCLIP_OK);
  PROMISE(actionclip_tokenizer_load(MERGES, &tokenizer) == ACTIONCLIP_OK);
  FILE *file = fopen(VIDEO, "rb");
  PROMISE(file != NULL);
  video_file = malloc(1 << 16);
  video_size = fread(video_file, 1, 1 << 16, file);
  fclose(file);
}

/* ------------------------------------------------------------------ arguments */

/* A struct with its struct_size first and `words` fields of 32 bits, of which some are changed. Of a size that the
 * library must refuse, only that field exists. */
static void *take_struct(reader *r, const void *defaults, size_t size, int words) {
  const uint8_t kind = take8(r);
  if (kind == 0xFF) return NULL;
  uint32_t claimed = (uint32_t)size;
  switch (kind & 15) {
  case 12: claimed = take8(r); break;
  case 13: case 14: claimed = (uint32_t)size + 4u * take8(r); break;
  case 15: claimed = take32(r); break;
  default: break;
  }
  const size_t exact = claimed < 4 || claimed > size + 256 ? 4 : claimed;
  uint8_t *bytes = exactly(exact);
  memset(bytes, 0, exact);
  memcpy(bytes, defaults, exact < size ? exact : size);
  memcpy(bytes, &claimed, 4);
  for (int changes = kind >> 4 & 3; changes > 0; changes--) {
    const size_t at = 4 * (1 + take8(r) % (size_t)(words - 1));
    const int32_t value = take_number(r);
    if (at + 4 <= exact) memcpy(bytes + at, &value, 4);
  }
  if (kind & 0x40 && exact > size) bytes[size + take8(r) % (exact - size)] = take8(r);
  return bytes;
}
/* Whether a number of threads is right, and slow to try. */
static int is_slow_count(int32_t threads) { return threads == 0 || (threads > 2 && threads <= 4096); }

/* Whether the struct was given its first words, up to this size. */
static int has(const void *pointer, size_t size, size_t largest) {
  uint32_t claimed = 0;
  if (pointer) memcpy(&claimed, pointer, 4);
  return claimed >= size && claimed <= largest + 256;
}
/* Sets a field beyond the words, where the struct is long enough to have it. */
#define SET(pointer, type, field, value) \
  do {                                   \
    if (has((pointer), sizeof(type), sizeof(type))) ((type *)(pointer))->field = (value); \
  } while (0)

/* Bytes as a C string, NULL now and then. */
static char *take_text(reader *r) {
  const uint8_t length = take8(r);
  if (length == 0xFF) return NULL;
  char *text = exactly((size_t)(length % 24) + 1);
  for (int i = 0; i < length % 24; i++) {
    const uint8_t byte = take8(r);
    text[i] = (char)(byte ? byte : '{');
    if (byte == '{' && i + 1 < length % 24) text[++i] = '}';
  }
  text[length % 24] = '\0';
  return text;
}

typedef struct texts {
  const char **array;
  size_t count, claimed;
} texts;

static texts take_texts(reader *r) {
  const uint8_t kind = take8(r);
  texts t = {NULL, kind % (TEXTS + 1), kind % (TEXTS + 1)};
  if (kind >= 0xF8) t.claimed = kind & 1 ? SIZE_MAX - take8(r) : SIZE_MAX / (1 + take8(r));
  if (kind >= 0xF8 && t.claimed <= (size_t)1 << 40) t.claimed = SIZE_MAX;
  if (kind >= 0xF0 && kind < 0xF8) {
    t.count = 0;
    return t; /* NULL, said to hold some */
  }
  t.array = exactly(t.count * sizeof *t.array);
  for (size_t i = 0; i < t.count; i++) t.array[i] = take_text(r);
  return t;
}
static void drop(texts *t) {
  for (size_t i = 0; i < t->count; i++) free((void *)t->array[i]);
  free(t->array);
}

/* An output of exactly what is needed, and what is said about its capacity. */
typedef struct output {
  void *memory;
  size_t capacity;
} output;
static output take_output(reader *r, size_t needed, size_t element) {
  const uint8_t kind = take8(r);
  if (kind == 0xFF) return (output){NULL, needed};
  output out = {exactly(needed * element), needed};
  if (kind == 0xFE && needed > 0) out.capacity = needed - 1;
  if (kind == 0xFD) out.capacity = 0;
  if (kind == 0xFC) out.capacity = SIZE_MAX;
  if (kind == 0xFB) out.capacity = needed + 1;
  return out;
}

static void check(int32_t status) {
  PROMISE(status <= 0 && status != ACTIONCLIP_ERROR_INTERNAL);
  const char *message = actionclip_last_error();
  PROMISE((status == ACTIONCLIP_OK) == (message[0] == '\0'));
  PROMISE(strchr(message, '\n') == NULL);
  PROMISE(strncmp(actionclip_status_name(status), "ACTIONCLIP_", 11) == 0);
}

/* The model, nothing, or a handle of another kind. */
static const void *take_handle(reader *r, const void *right, const void *other) {
  const uint8_t kind = take8(r);
  return kind == 0xFF ? NULL : kind == 0xFE ? other : right;
}

/* ---------------------------------------------------------------------- calls */

static void load(reader *r) {
  actionclip_model_options defaults;
  actionclip_model_options_init(&defaults);
  defaults.threads = 1;
  actionclip_model_options *options = take_struct(r, &defaults, sizeof defaults, 8);
  const uint8_t with = take8(r);
  int32_t processors[4];
  for (int i = 0; i < 4; i++) processors[i] = with & 1 ? take_number(r) : 0;
  SET(options, actionclip_model_options, tokenizer_path, with & 2 ? MERGES : with & 4 ? "/nowhere" : NULL);
  SET(options, actionclip_model_options, processors, with & 8 ? processors : NULL);
  SET(options, actionclip_model_options, processor_count, with & 16 ? with >> 5 & 3 : 0);
  if (has(options, 24, sizeof *options) && is_slow_count(options->threads)) options->threads = 2;
  actionclip_model *loaded = NULL;
  /* Without its tensors a file is refused once the options have been looked at. */
  static const uint8_t no_tensors[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
  int32_t status;
  const int is_whole = slow(r);
  if (is_whole && with == 0x7F) status = actionclip_model_load(NULL, options, &loaded); /* the default model */
  else if (is_whole) status = actionclip_model_load_buffer(model_file, model_size, options, &loaded);
  else status = actionclip_model_load_buffer(no_tensors, with & 128 ? take8(r) % 11 : 10, options, &loaded);
  check(status);
  if (loaded) {
    actionclip_model_info info = {.struct_size = sizeof info};
    check(actionclip_model_get_info(loaded, &info));
    if (info.frames <= 4 && with & 1) {
      const size_t count = (size_t)info.frames * 3 * TINY_SIDE * TINY_SIDE;
      float *pixels = calloc(count, sizeof *pixels), out[E];
      check(actionclip_encode_pixels(loaded, pixels, count, (size_t)info.frames, out, E, NULL, 0));
      free(pixels);
    }
  }
  actionclip_model_free(loaded);
  free(options);
}

static void info(reader *r) {
  actionclip_model_info *out = take_struct(r, &(actionclip_model_info){0}, sizeof *out, 20);
  check(actionclip_model_get_info(take_handle(r, model, tokenizer), out));
  free(out);
  char *key = take_text(r);
  const char *note = actionclip_model_note(model, key);
  PROMISE(!note || strlen(note) > 0);
  free(key);
  const int32_t index = take_number(r);
  PROMISE((actionclip_model_label(model, index) != NULL) == (index == 0));
  PROMISE(actionclip_model_template(model, index) == NULL);
  PROMISE((actionclip_template(index) != NULL) == (index >= 0 && index < actionclip_template_count()));
}

static void save(reader *r) {
  actionclip_save_options defaults;
  actionclip_save_options_init(&defaults);
  actionclip_save_options *options = take_struct(r, &defaults, sizeof defaults, 2);
  texts labels = take_texts(r), templates = take_texts(r);
  char *notes[3] = {take_text(r), take_text(r), take_text(r)};
  SET(options, actionclip_save_options, labels, labels.array);
  SET(options, actionclip_save_options, label_count, labels.claimed);
  SET(options, actionclip_save_options, templates, templates.array);
  SET(options, actionclip_save_options, template_count, templates.claimed);
  SET(options, actionclip_save_options, description, notes[0]);
  SET(options, actionclip_save_options, license, notes[1]);
  SET(options, actionclip_save_options, source, notes[2]);
  char path[64];
  snprintf(path, sizeof path, "%s/actionclip-fuzz-%ld", slow(r) ? "/dev/shm" : "/nowhere", (long)getpid());
  const int32_t status = actionclip_model_save(model, path, options);
  check(status);
  if (status == ACTIONCLIP_OK) unlink(path);
  drop(&labels);
  drop(&templates);
  for (int i = 0; i < 3; i++) free(notes[i]);
  free(options);
}

static void preprocess(reader *r) {
  actionclip_preprocess_options defaults;
  actionclip_preprocess_options_init(&defaults);
  actionclip_preprocess_options *options = take_struct(r, &defaults, sizeof defaults, 10);
  uint8_t pixels[8 * 8 * 3] = {0};
  const actionclip_image image = {.data = pixels, .width = 8, .height = 8, .pixel_format = ACTIONCLIP_PIXEL_RGB};
  const int32_t side = take8(r) % 24;
  output out = take_output(r, (size_t)side * (size_t)side * 3, sizeof(float));
  check(actionclip_preprocess_pixels(&image, side, options, out.memory, out.capacity));
  free(out.memory);
  free(options);
}

static void open_video(reader *r) {
  actionclip_video_options defaults;
  actionclip_video_options_init(&defaults);
  defaults.threads = 1;
  actionclip_video_options *options = take_struct(r, &defaults, sizeof defaults, 6);
  if (has(options, 8, sizeof *options) && is_slow_count(options->threads)) options->threads = 2;
  actionclip_video *video = NULL;
  check(actionclip_video_open_buffer(take8(r) == 0xFF ? NULL : video_file, slow(r) ? video_size : 0, options, &video));
  if (video) {
    actionclip_video_info *out = take_struct(r, &(actionclip_video_info){0}, sizeof *out, 4);
    check(take8(r) & 1 ? actionclip_video_get_info(video, out) : actionclip_video_get_outline(video, out));
    free(out);
    actionclip_video_info info = {.struct_size = sizeof info};
    check(actionclip_video_get_outline(video, &info));
    const size_t count = take8(r) % 4, frame = (size_t)info.width * (size_t)info.height * 3;
    int64_t *indices = exactly(count * sizeof *indices);
    for (size_t i = 0; i < count; i++) indices[i] = take_number(r);
    output rgb = take_output(r, count * frame, 1), seconds = take_output(r, count, sizeof(double));
    check(actionclip_video_read_frames(video, indices, count, rgb.memory, rgb.capacity, seconds.memory,
                                       seconds.capacity));
    free(rgb.memory);
    free(seconds.memory);
    free(indices);
    if (take8(r) < 16) {
      float embedding[E];
      const double start = (double)take_number(r) / 1000, end = start + (double)take_number(r) / 1000;
      check(actionclip_encode_video_between(model, video, start, end, NULL, embedding, E, NULL, 0));
      check(actionclip_encode_video(model, video, NULL, embedding, E, NULL, 0));
    }
  }
  actionclip_video_free(video);
  free(options);
}

static void encode_text(reader *r) {
  texts labels = take_texts(r), templates = take_texts(r);
  const int32_t too_long = take8(r) % 4;
  const size_t sets = templates.count ? templates.count : (size_t)actionclip_template_count();
  const void *handle = take_handle(r, model, tokenizer);
  const uint8_t what = take8(r);
  if (what % 4 == 0 && sets <= TEXTS) {
    output out = take_output(r, labels.count * sets * E, sizeof(float));
    check(actionclip_encode_labels(handle, labels.array, labels.claimed, templates.array, templates.claimed, too_long,
                                   out.memory, out.capacity));
    free(out.memory);
  } else if (what % 4 == 1) {
    output out = take_output(r, labels.count * E, sizeof(float));
    check(actionclip_encode_prompts(handle, labels.array, labels.claimed, too_long, out.memory, out.capacity));
    free(out.memory);
  } else {
    output out = take_output(r, labels.count * C, sizeof(int32_t));
    check(actionclip_tokenize(handle, labels.array, labels.claimed, too_long, out.memory, out.capacity));
    free(out.memory);
  }
  drop(&labels);
  drop(&templates);
}

static void encode_tokens(reader *r) {
  const size_t rows = take8(r) % 4, count = rows * C;
  int32_t *tokens = exactly(count * sizeof *tokens);
  for (size_t i = 0; i < count; i++) tokens[i] = take_number(r);
  output out = take_output(r, rows * E, sizeof(float));
  const uint8_t wrong = take8(r);
  check(actionclip_encode_tokens(model, tokens, wrong == 0xFF ? count - 1 : count, wrong == 0xFE ? SIZE_MAX : rows,
                                 out.memory, out.capacity));
  free(out.memory);
  free(tokens);
}

static void classify(reader *r) {
  texts labels = take_texts(r), templates = take_texts(r);
  actionclip_classifier *classifier = NULL;
  if (templates.count > 0) /* the reference's 16 take long */
    check(actionclip_classifier_create(take_handle(r, model, tokenizer), labels.array, labels.claimed, templates.array,
                                       templates.claimed, take8(r) % 3, &classifier));
  drop(&labels);
  labels = take_texts(r);
  if (classifier) {
    if (take8(r) & 1) check(actionclip_classifier_set_labels(classifier, labels.array, labels.claimed, NULL));
    const int32_t count = actionclip_classifier_label_count(classifier);
    PROMISE(count >= 1);
    const size_t videos = take8(r) % 3;
    float *embeddings = exactly(videos * E * sizeof *embeddings);
    for (size_t i = 0; i < videos * E; i++) {
      const uint32_t bits = i == 0 && take8(r) & 1 ? take32(r) : 0x3F000000;
      memcpy(&embeddings[i], &bits, 4);
    }
    output out = take_output(r, videos * (size_t)count, sizeof(float));
    check(actionclip_classifier_score(classifier, embeddings, videos, (float)take_number(r), out.memory, out.capacity,
                                      NULL, NULL));
    /* The list of the moment, and a token that may be set. */
    actionclip_label_list *list = NULL;
    actionclip_cancel_token *token = NULL;
    check(actionclip_classifier_label_list(take_handle(r, classifier, tokenizer), &list));
    check(actionclip_cancel_token_create(&token));
    check(actionclip_thread_use_cancel_token((actionclip_cancel_token *)take_handle(r, token, model), NULL));
    if (take8(r) & 1) actionclip_cancel(token);
    if (list) {
      PROMISE(actionclip_label_list_count(list) == count && actionclip_label_list_generation(list) >= 1);
      PROMISE(actionclip_label_list_label(list, count - 1) && !actionclip_label_list_label(list, count));
      check(actionclip_label_list_score(list, embeddings, videos, 1, out.memory, out.capacity));
    }
    check(actionclip_thread_use_cancel_token(NULL, NULL));
    actionclip_cancel_token_free(token);
    actionclip_label_list_free(list);
    free(out.memory);
    free(embeddings);
  }
  actionclip_classifier_free(classifier);
  drop(&labels);
  drop(&templates);
}

static void describe_labels(reader *r) {
  texts labels = take_texts(r), described = take_texts(r);
  int32_t *of = exactly(described.count * sizeof *of);
  float *weights = exactly(described.count * sizeof *weights);
  for (size_t i = 0; i < described.count; i++) {
    of[i] = take8(r) % 8 - 1;
    const uint32_t bits = take8(r) & 1 ? take32(r) : 0x3F000000;
    memcpy(&weights[i], &bits, 4);
  }
  actionclip_classifier *classifier = NULL;
  check(actionclip_classifier_create_described(take_handle(r, model, tokenizer), labels.array, labels.claimed,
                                               described.array, of, take8(r) & 1 ? weights : NULL, described.claimed,
                                               take8(r) % 3, &classifier));
  if (classifier) {
    const float video[E] = {1};
    float scores[TEXTS];
    check(actionclip_classifier_score(classifier, video, 1, 1, scores, TEXTS, NULL, NULL));
  }
  actionclip_classifier_free(classifier);
  free(of);
  free(weights);
  drop(&labels);
  drop(&described);
}

static void compare(reader *r) {
  const size_t videos = take8(r) % 4, classes = take8(r) % 4, sets = take8(r) % 3, size = take8(r) % 5;
  float *a = exactly(videos * size * sizeof *a), *b = exactly(sets * classes * size * sizeof *b);
  for (size_t i = 0; i < videos * size; i++) { const uint32_t bits = take32(r); memcpy(&a[i], &bits, 4); }
  for (size_t i = 0; i < sets * classes * size; i++) { const uint32_t bits = take32(r); memcpy(&b[i], &bits, 4); }
  const uint32_t bits = take32(r);
  float scale;
  memcpy(&scale, &bits, 4);
  output out = take_output(r, videos * classes, sizeof(float));
  const uint8_t wrong = take8(r);
  const size_t huge = SIZE_MAX / (1 + take8(r) % 8);
  if (sets == 1)
    check(actionclip_similarity(a, wrong == 0xFF ? huge : videos, b, wrong == 0xFE ? huge : classes, size, scale,
                                out.memory, out.capacity));
  else
    check(actionclip_probabilities(a, wrong == 0xFF ? huge : videos, b, sets, wrong == 0xFE ? huge : classes,
                                   wrong == 0xFD ? huge : size, scale, out.memory, out.capacity));
  if (sets == 2) {
    /* Weights of the two templates, chosen and given. */
    float weights[2] = {1, 1};
    int32_t right[4];
    int64_t clips[4];
    for (size_t i = 0; i < 4; i++) right[i] = take8(r) % 8 - 2, clips[i] = take8(r) % 3;
    double strength;
    const uint64_t strength_bits = take64(r);
    memcpy(&strength, &strength_bits, 8);
    actionclip_prompts_report report = {.struct_size = take8(r) == 0xFF ? take8(r) : sizeof report};
    check(actionclip_prompts_fit(a, wrong == 0xFF ? huge : videos, right, take8(r) & 1 ? clips : NULL, b, 2, classes,
                                 size, scale, strength, weights, 2, &report));
    check(actionclip_prompts_fit_unlabelled(a, videos, b, 2, wrong == 0xFE ? huge : classes, size, scale, weights, 2));
    PROMISE(weights[0] + weights[1] > 0.999f && weights[0] + weights[1] < 2.001f);
    for (int i = 0; i < 2; i++)
      if (take8(r) < 64) { const uint32_t bits = take32(r); memcpy(&weights[i], &bits, 4); }
    check(actionclip_probabilities_weighted(a, videos, b, weights, 2, classes, size, scale, out.memory, out.capacity));
  }
  free(out.memory);
  free(a);
  free(b);
}

static void small(reader *r) {
  switch (take8(r) % 3) {
  case 0: {
    const int32_t segments = take_number(r);
    const size_t count = segments >= 0 && segments <= 64 ? (size_t)segments : 0;
    output out = take_output(r, count, sizeof(int64_t));
    if (segments <= 64 || out.capacity == 0)
      check(actionclip_sample_indices((int64_t)take64(r), segments, out.memory, out.capacity));
    free(out.memory);
    break;
  }
  case 1: {
    char *name = take_text(r);
    int64_t value;
    check(actionclip_constant(name, take8(r) == 0xFF ? NULL : &value));
    free(name);
    PROMISE(actionclip_status_name(take_number(r)) != NULL);
    break;
  }
  default: {
    const size_t size = take8(r) % 32;
    char *text = exactly(size);
    for (size_t i = 0; i < size; i++) text[i] = (char)take8(r);
    size_t count = 0;
    const int32_t status = actionclip_tokenizer_encode(tokenizer, text, size, NULL, 0, &count);
    check(status);
    output out = take_output(r, count, sizeof(int32_t));
    if (status == ACTIONCLIP_OK)
      check(actionclip_tokenizer_encode(take_handle(r, tokenizer, model), text, size, out.memory, out.capacity,
                                        &count));
    free(out.memory);
    free(text);
  }
  }
}

int fuzz_options(const uint8_t *data, size_t size);
int fuzz_options(const uint8_t *data, size_t size) {
  static void (*const calls[])(reader *) = {load,        info,          save,     preprocess, open_video,
                                            encode_text, encode_tokens, classify, compare,    small,
                                            describe_labels};
  if (!model) start();
  may_be_slow = is_one_in_eight(data, size);
  reader r = {data, size};
  for (int step = 0; step < STEPS && r.left > 0; step++) calls[take8(&r) % (sizeof calls / sizeof *calls)](&r);
  return 0;
}

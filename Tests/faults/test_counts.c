/* test_counts.c: calls whose memory is sized by a caller's counts, with many labels, templates, prompts, indices, texts,
 * and paths of any length. Each allocation of 64 KB or more is refused in turn, then the process may have little more
 * memory than it has: the call says ACTIONCLIP_ERROR_OUT_OF_MEMORY, its outputs are as they were, and the next call
 * works. None of these allocations is the Swift runtime's.
 *
 *   test_counts FIXTURES SCRATCH SYMBOLS [CLIP]     CLIP: a video of 100 frames of 16x16; without it none is read */
#include "allocations.h"

#include <sys/resource.h>
#include <unistd.h>

enum { FILL = 0xA5, LABELS = 1 << 20, SAVED = 30000, TEMPLATES = 20000, PROMPTS = 20000, INDICES = 50000, WORDS = 512 };
static const char *fixtures, *scratch, *clip;
static actionclip_model *model;
static actionclip_tokenizer *tokenizer;
static const char **labels, **templates;
static char *text;
static size_t text_size;
static unsigned char *output, *expected;
static size_t output_size;

static const char *in(const char *folder, const char *name) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static actionclip_model *load(const char *path) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  actionclip_model *loaded = NULL;
  CHECK_OK(actionclip_model_load(path, &o, &loaded));
  return loaded;
}

/* ------------------------------------------------------------------------------------------- operations */

static long from, to;
#define WATCHED(call) (arm(from, to), watched_status = (call), disarm(), watched_status)
static int32_t watched_status;

static int32_t scores(actionclip_classifier *classifier, size_t count) {
  const float video[8] = {1, 2, 3, -1, 0, 1, 2, 1};
  return actionclip_classifier_score(classifier, video, 1, 100, (float *)output, count, NULL, NULL);
}

static int32_t create(size_t label_count, const char *const *given, size_t template_count) {
  actionclip_classifier *classifier = NULL;
  const int32_t status = WATCHED(actionclip_classifier_create(model, labels, label_count, given, template_count,
                                                              ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  CHECK((status == ACTIONCLIP_OK) == (classifier != NULL));
  if (classifier != NULL) CHECK_OK(scores(classifier, label_count));
  actionclip_classifier_free(classifier);
  return status;
}
static int32_t many_labels(void) { return create(LABELS, templates, 1); }
static int32_t many_templates(void) { return create(2, templates, TEMPLATES); }

static int32_t set_labels(void) {
  actionclip_classifier *classifier = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, 2, templates, 1, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  const int32_t status = WATCHED(actionclip_classifier_set_labels(classifier, labels, LABELS, NULL));
  CHECK(actionclip_classifier_label_count(classifier) == (status == ACTIONCLIP_OK ? LABELS : 2));
  if (status == ACTIONCLIP_OK) CHECK_OK(scores(classifier, LABELS));
  actionclip_classifier_free(classifier);
  return status;
}

static int32_t encode_labels(void) {
  return WATCHED(actionclip_encode_labels(model, labels, PROMPTS, templates, 2, ACTIONCLIP_TEXT_TRUNCATE, (float *)output,
                                          output_size / sizeof(float)));
}
static int32_t encode_prompts(void) {
  return WATCHED(actionclip_encode_prompts(model, labels, PROMPTS, ACTIONCLIP_TEXT_TRUNCATE, (float *)output,
                                           output_size / sizeof(float)));
}
static int32_t tokenize(void) {
  return WATCHED(actionclip_tokenize(model, labels, PROMPTS, ACTIONCLIP_TEXT_TRUNCATE, (int32_t *)output,
                                     output_size / sizeof(int32_t)));
}
static int32_t encode_text(void) {
  size_t count = 0;
  const int32_t status = WATCHED(
      actionclip_tokenizer_encode(tokenizer, text, text_size, (int32_t *)output, output_size / sizeof(int32_t), &count));
  CHECK((status == ACTIONCLIP_OK) == (count > 0));
  return status;
}
static int32_t sample(void) {
  return WATCHED(actionclip_sample_indices(1000000, 65536, (int64_t *)output, output_size / sizeof(int64_t)));
}

static int32_t save(void) {
  actionclip_save_options o;
  actionclip_save_options_init(&o);
  o.labels = labels;
  o.label_count = SAVED;
  o.templates = templates;
  o.template_count = TEMPLATES;
  const int32_t status = WATCHED(actionclip_model_save(model, in(scratch, "saved.safetensors"), &o));
  if (status != ACTIONCLIP_OK) return status;
  size_t size;
  unsigned char *file = check_read_file(in(scratch, "saved.safetensors"), &size);
  memcpy(output, file, size < output_size ? size : output_size);
  free(file);
  return status;
}
static int32_t load_saved(void) {
  actionclip_model *loaded = NULL;
  const int32_t status = WATCHED(actionclip_model_load(in(scratch, "kept.safetensors"), NULL, &loaded));
  CHECK((status == ACTIONCLIP_OK) == (loaded != NULL));
  if (loaded != NULL) {
    CHECK(actionclip_model_label_count(loaded) == SAVED && actionclip_model_template_count(loaded) == TEMPLATES);
    CHECK(strcmp(actionclip_model_label(loaded, SAVED - 1), labels[SAVED - 1]) == 0);
    output[0] = 1;
  }
  actionclip_model_free(loaded);
  return status;
}

/* A file of as many tensors as are read. What is known of each is an object of the runtime. */
static void write_many_tensors(const char *path) {
  enum { TENSORS = 8192 };
  char *header = check_alloc(TENSORS * 80 + 8), *at = header;
  *at++ = '{';
  for (int i = 0; i < TENSORS; i++)
    at += sprintf(at, "%s\"layer.%05d.weight\":{\"dtype\":\"F32\",\"shape\":[0,1],\"data_offsets\":[0,0]}",
                  i > 0 ? "," : "", i);
  *at++ = '}';
  const uint64_t size = (uint64_t)(at - header);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(&size, 8, 1, file) != 1 || fwrite(header, size, 1, file) != 1 || fclose(file) != 0) exit(2);
  free(header);
}
static int32_t describe(void) {
  size_t size = 0;
  return WATCHED(actionclip_file_describe(in(scratch, "many.safetensors"), (char *)output, output_size, &size));
}

static actionclip_video *video;
static int64_t *indices;
static int32_t read_frames(void) {
  return WATCHED(actionclip_video_read_frames(video, indices, INDICES, output, output_size, NULL, 0));
}

/* ---------------------------------------------------------------------------------------------- the harness */

static long refused, calls, by_limit;

static int untouched(void) {
  for (size_t i = 0; i < output_size; i++)
    if (output[i] != FILL) return 0;
  return 1;
}

static int32_t round_of(int32_t (*operation)(void)) {
  memset(output, FILL, output_size);
  const long before = memory.live_own;
  const int32_t status = operation();
  CHECK(memory.live_own == before);
  return status;
}

static void works(int32_t (*operation)(void)) {
  from = to = 0;
  CHECK(round_of(operation) == ACTIONCLIP_OK && memcmp(output, expected, output_size) == 0);
}

/* The process may have `spare` bytes more than it has. */
static int32_t within_limit(int32_t (*operation)(void), size_t spare) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld", &pages) != 1) exit(2);
  fclose(file);
  struct rlimit before, limit;
  CHECK(getrlimit(RLIMIT_AS, &before) == 0);
  limit = before;
  limit.rlim_cur = (rlim_t)(pages * sysconf(_SC_PAGESIZE)) + spare;
  memset(output, FILL, output_size);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  from = to = 0;
  const int32_t status = operation();
  CHECK(setrlimit(RLIMIT_AS, &before) == 0);
  return status;
}

static void test(const char *name, int32_t (*operation)(void)) {
  const long refused_before = refused;
  memory.smallest_own = LARGE;
  from = to = 0;
  CHECK(operation() == ACTIONCLIP_OK); /* the model keeps working memory of the first time */
  CHECK(round_of(operation) == ACTIONCLIP_OK);
  memcpy(expected, output, output_size);
  works(operation);
  CHECK(memory.large == 0);
  for (int i = 0; i < memory.kept; i++) print_sample(i);
  for (long n = 1; check_failed < 20; n++) {
    from = to = n;
    const int32_t status = round_of(operation);
    if (memory.refused == 0) break;
    refused++;
    if (status != ACTIONCLIP_ERROR_OUT_OF_MEMORY)
      fprintf(stderr, "  %s, allocation %ld: %s, %s\n", name, n, actionclip_status_name(status), actionclip_last_error());
    CHECK(status == ACTIONCLIP_ERROR_OUT_OF_MEMORY && untouched());
  }
  works(operation);
  for (size_t spare = 1 << 20; spare <= 64 << 20; spare *= 4) {
    const int32_t status = within_limit(operation, spare);
    by_limit += status == ACTIONCLIP_ERROR_OUT_OF_MEMORY;
    CHECK(status == ACTIONCLIP_OK || (status == ACTIONCLIP_ERROR_OUT_OF_MEMORY && untouched()));
  }
  works(operation);
  calls++;
  printf("  %-40s %3ld refused in turn\n", name, refused - refused_before);
}

/* Large objects of the runtime are refused in turn: the call does without, from the library's reserve, or says so. */
static void test_objects(const char *name, int32_t (*operation)(void)) {
  long n = 1;
  from = to = 0;
  CHECK(operation() == ACTIONCLIP_OK);
  CHECK(round_of(operation) == ACTIONCLIP_OK);
  memcpy(expected, output, output_size);
  CHECK(memory.large > 0); /* or this would show nothing */
  memory.smallest_object = LARGE;
  for (; check_failed < 20; n++) {
    memory.object_from = memory.object_to = n;
    const int32_t status = round_of(operation);
    if (memory.refused == 0) break;
    CHECK(status == ACTIONCLIP_OK ? memcmp(output, expected, output_size) == 0
                                  : status == ACTIONCLIP_ERROR_OUT_OF_MEMORY && untouched());
  }
  memory.object_from = 1;
  memory.object_to = INT64_MAX;
  for (int i = 0; i < 200; i++) { /* the reserve is given back */
    const int32_t status = operation();
    CHECK(status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
  }
  memory.smallest_object = 0;
  works(operation);
  printf("  %-40s %3ld objects refused in turn\n", name, n - 1);
}

/* ------------------------------------------------------------------------------------------- long paths */

/* Longer than the reserve that objects of the Swift runtime come from where memory is refused. */
enum { PATH_BYTES = 64 << 20 };
static char *long_path;

static int32_t load_long(void) {
  actionclip_model *loaded = NULL;
  return actionclip_model_load(long_path, NULL, &loaded);
}
static int32_t load_with(const char *tokenizer_path, const char *base_path) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.tokenizer_path = tokenizer_path;
  o.base_path = base_path;
  actionclip_model *loaded = NULL;
  const int32_t status = actionclip_model_load(in(fixtures, "models/whole.safetensors"), &o, &loaded);
  CHECK(loaded == NULL);
  return status;
}
static int32_t load_with_long_tokenizer(void) { return load_with(long_path, NULL); }
static int32_t load_with_long_base(void) { return load_with(NULL, long_path); }
static int32_t tokenizer_long(void) {
  actionclip_tokenizer *loaded = NULL;
  return actionclip_tokenizer_load(long_path, &loaded);
}
static int32_t describe_long(void) {
  size_t size;
  return actionclip_file_describe(long_path, NULL, 0, &size);
}
static int32_t save_long(void) { return actionclip_model_save(model, long_path, NULL); }
static int32_t video_long(void) {
  actionclip_video *opened = NULL;
  return actionclip_video_open(long_path, NULL, &opened);
}

/* A path of any length is refused with a line, however little memory there is. */
static void test_long_paths(void) {
  const struct {
    int32_t (*call)(void);
    int32_t status;
  } cases[] = {{load_long, ACTIONCLIP_ERROR_FILE_OPEN},      {load_with_long_tokenizer, ACTIONCLIP_ERROR_FILE_OPEN},
               {load_with_long_base, ACTIONCLIP_ERROR_OPTION_CONFLICT}, {tokenizer_long, ACTIONCLIP_ERROR_FILE_OPEN},
               {describe_long, ACTIONCLIP_ERROR_FILE_OPEN},  {save_long, ACTIONCLIP_ERROR_FILE_WRITE},
               {video_long, ACTIONCLIP_ERROR_FILE_OPEN}};
  const size_t lengths[] = {4095, 4096, 4097, PATH_BYTES};
  long_path = check_alloc(PATH_BYTES + 1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      if (cases[i].call == video_long && clip == NULL) continue;
      memset(long_path, 'a', lengths[l]);
      long_path[lengths[l]] = 0;
      const int32_t status = within_limit(cases[i].call, 8 << 20);
      if (status != cases[i].status)
        fprintf(stderr, "  path %zu of %zu bytes: %s, %s\n", i, lengths[l], actionclip_status_name(status), actionclip_last_error());
      CHECK(status == cases[i].status && *actionclip_last_error() != 0 && untouched());
    }
  free(long_path);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: test_counts FIXTURES SCRATCH SYMBOLS [CLIP]\n");
    return 2;
  }
  fixtures = argv[1];
  scratch = argv[2];
  clip = argc > 4 ? argv[4] : NULL;
  allocations_begin(argv[3]);
  labels = check_alloc(LABELS * sizeof *labels);
  templates = check_alloc(TEMPLATES * sizeof *templates);
  char *words = check_alloc(WORDS * 24), *forms = check_alloc(TEMPLATES * 24);
  for (size_t i = 0; i < WORDS; i++) snprintf(words + i * 24, 24, "run in number %zu", i);
  for (size_t i = 0; i < LABELS; i++) labels[i] = words + i % WORDS * 24;
  for (size_t i = 0; i < TEMPLATES; i++) {
    snprintf(forms + i * 24, 24, i == 0 ? "{}" : "{} %zu", i);
    templates[i] = forms + i * 24;
  }
  text_size = 1 << 20;
  text = check_alloc(text_size);
  for (size_t i = 0; i < text_size; i++) text[i] = "run on in running, &amp; r\xC3\xA9sum\xC3\xA9 "[i % 34];
  output_size = LABELS * sizeof(float) * 10; /* 40 MB */
  output = check_alloc(output_size);
  expected = check_alloc(output_size);
  model = load(in(fixtures, "models/whole.safetensors"));
  CHECK_OK(actionclip_tokenizer_load(in(fixtures, "merges/merges.txt"), &tokenizer));

  test("classifier_create, 1,048,576 labels", many_labels);
  test("classifier_set_labels, 1,048,576 labels", set_labels);
  test("classifier_create, 20,000 templates", many_templates);
  test("encode_labels, 20,000 labels", encode_labels);
  test("encode_prompts, 20,000 prompts", encode_prompts);
  test("tokenize, 20,000 prompts", tokenize);
  test("tokenizer_encode, 1 MB", encode_text);
  test("sample_indices, 65,536 segments", sample);
  test("save, 30,000 labels, 20,000 templates", save);
  char kept[1200];
  snprintf(kept, sizeof kept, "%s/kept.safetensors", scratch);
  CHECK(rename(in(scratch, "saved.safetensors"), kept) == 0);
  test("load, 30,000 labels, 20,000 templates", load_saved);
  unlink(kept);
  write_many_tensors(in(scratch, "many.safetensors"));
  test_objects("file_describe, 8,192 tensors", describe);
  unlink(in(scratch, "many.safetensors"));
  if (clip != NULL) {
    actionclip_video_options o;
    actionclip_video_options_init(&o);
    o.threads = 1;
    CHECK_OK(actionclip_video_open(clip, &o, &video));
    indices = check_alloc(INDICES * sizeof *indices);
    for (size_t i = 0; i < INDICES; i++) indices[i] = (int64_t)(i * 37 % 100);
    test("video_read_frames, 50,000 indices", read_frames);
    actionclip_video_free(video);
  } else {
    printf("test_counts: skipped read_frames: no ffmpeg to make its clip\n");
  }
  test_long_paths();
  actionclip_tokenizer_free(tokenizer);
  actionclip_model_free(model);
  printf("  %ld calls, %ld allocations refused, out of memory by the process's limit %ld times\n", calls, refused, by_limit);
  return check_report("test_counts");
}

/* test_save.c: every model that was loaded can be saved to one file that needs nothing beside it, and comes back
 * with the same bits; what else the file says comes back too; a failure leaves nothing half-written. */
#include "pack.h"

#include <dirent.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[1024];

static const char *in_folder(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int files_in_folder(void) {
  int count = 0;
  DIR *d = opendir(folder);
  for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;)
    count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
  if (d != NULL) closedir(d);
  return count;
}

static actionclip_model_info info_of(const actionclip_model *model) {
  actionclip_model_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  return info;
}

static int same_file(const char *a, const char *b) {
  size_t na, nb;
  unsigned char *pa = check_read_file(a, &na), *pb = check_read_file(b, &nb);
  const int same = na == nb && memcmp(pa, pb, na) == 0;
  free(pa);
  free(pb);
  return same;
}

/* Every temporal option: saved, loaded without any option, the same numbers to the last bit. */
static void round_trip(const char *name) {
  pack p = pack_read(name);
  actionclip_model_options options = pack_options(&p, 2), plain, wrong;
  actionclip_model_options_init(&plain);
  plain.threads = 2;
  actionclip_model *model = NULL, *again = NULL, *none = NULL;
  const char *path = in_folder("saved.safetensors");
  if (!CHECK_OK(actionclip_model_load(p.checkpoint, &options, &model))) return;
  if (!CHECK_OK(actionclip_model_save(model, path, NULL))) return;
  if (!CHECK_OK(actionclip_model_load(path, &plain, &again))) return;

  actionclip_model_info before = info_of(model), after = info_of(again);
  CHECK(before.file_type == ACTIONCLIP_FILE_TORCH && after.file_type == ACTIONCLIP_FILE_SAFETENSORS);
  after.file_type = before.file_type;
  CHECK(memcmp(&before, &after, sizeof before) == 0);

  float *video = check_alloc(2 * p.video_features.count * sizeof(float));
  float *text = check_alloc(2 * p.text_features.count * sizeof(float));
  actionclip_model *both[2] = {model, again};
  for (int i = 0; i < 2; i++) {
    CHECK_OK(actionclip_encode_pixels(both[i], p.pixels.data, p.pixels.count, p.pixels.rows,
                                      video + i * p.video_features.count, p.video_features.count, NULL, 0));
    CHECK_OK(actionclip_encode_tokens(both[i], p.tokens.data, p.tokens.count, p.tokens.rows,
                                      text + i * p.text_features.count, p.text_features.count));
  }
  CHECK(memcmp(video, video + p.video_features.count, p.video_features.count * sizeof(float)) == 0);
  CHECK(memcmp(text, text + p.text_features.count, p.text_features.count * sizeof(float)) == 0);

  /* The file's word is the checkpoint's: what contradicts it is a conflict, what repeats it is not. */
  CHECK_OK(actionclip_model_load(path, &options, &none));
  actionclip_model_free(none);
  none = NULL;
  for (int field = 0; field < 4; field++) {
    wrong = plain;
    if (field == 0) wrong.joint = p.joint ? ACTIONCLIP_OFF : ACTIONCLIP_ON;
    if (field == 1) wrong.temporal_shift = p.shift ? ACTIONCLIP_OFF : ACTIONCLIP_ON;
    if (field == 2) wrong.head = before.head == ACTIONCLIP_HEAD_LSTM ? ACTIONCLIP_HEAD_TRANSF : ACTIONCLIP_HEAD_LSTM;
    if (field == 3) wrong.frames = p.frames + 1;
    CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_model_load(path, &wrong, &none));
  }
  CHECK(none == NULL);

  /* Saving what was saved gives the same file, also over itself. */
  CHECK_OK(actionclip_model_save(again, in_folder("again.safetensors"), NULL));
  CHECK(same_file(path, in_folder("again.safetensors")));
  CHECK_OK(actionclip_model_save(again, path, NULL));
  CHECK(same_file(path, in_folder("again.safetensors")));
  CHECK(files_in_folder() == 2);
  CHECK(unlink(path) == 0 && unlink(in_folder("again.safetensors")) == 0);

  /* So does a model whose numbers are read when it is saved. */
  options.for_saving = ACTIONCLIP_ON;
  CHECK_OK(actionclip_model_load(p.checkpoint, &options, &none));
  CHECK_OK(actionclip_model_save(model, in_folder("whole.safetensors"), NULL));
  CHECK_OK(actionclip_model_save(none, in_folder("read.safetensors"), NULL));
  CHECK(same_file(in_folder("whole.safetensors"), in_folder("read.safetensors")));
  CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT,
              actionclip_encode_pixels(none, p.pixels.data, p.pixels.count, p.pixels.rows, video,
                                       p.video_features.count, NULL, 0));
  actionclip_model_free(none);
  CHECK(unlink(in_folder("whole.safetensors")) == 0 && unlink(in_folder("read.safetensors")) == 0);

  free(text);
  free(video);
  actionclip_model_free(again);
  actionclip_model_free(model);
  pack_free(&p);
}

static int32_t save_note(const actionclip_model *model, const char *path, const char *key, const char *text, size_t count) {
  const char *const keys[] = {key}, *const texts[] = {text};
  actionclip_save_options options;
  actionclip_save_options_init(&options);
  options.note_keys = keys;
  options.note_texts = texts;
  options.note_count = count;
  return actionclip_model_save(model, path, &options);
}

/* Notes by any key: kept, sorted, taken away, and refused where they would be something else. */
static void notes(void) {
  const char *path = in_folder("notes.safetensors");
  actionclip_model *untrained = NULL, *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &untrained))) return;
  static const char *const keys[] = {"trained_on", "converted.by", "license"}, *const texts[] = {"shapes", "hand", "MIT"};
  actionclip_save_options options;
  actionclip_save_options_init(&options);
  options.note_keys = keys;
  options.note_texts = texts;
  options.note_count = 3;
  CHECK_OK(actionclip_model_save(untrained, path, &options));
  CHECK_OK(actionclip_model_load(path, NULL, &model));
  CHECK(actionclip_model_note_count(model) == 3);
  static const char *const sorted[] = {"converted.by", "license", "trained_on"};
  for (int i = 0; i < 3; i++) CHECK(strcmp(actionclip_model_note_key(model, i), sorted[i]) == 0);
  CHECK(strcmp(actionclip_model_note(model, "trained_on"), "shapes") == 0);
  CHECK_OK(save_note(model, path, "license", "", 1));
  actionclip_model_free(model);
  CHECK_OK(actionclip_model_load(path, NULL, &model));
  CHECK(actionclip_model_note_count(model) == 2 && actionclip_model_note(model, "license") == NULL);

  const int32_t bad = ACTIONCLIP_ERROR_INVALID_ARGUMENT;
  static const char *const taken[] = {"head", "format", "labels", "merges", "mean", "activation", "image_size",
                                      "frame_interval_ns"};
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) CHECK_ERROR(bad, save_note(model, path, taken[i], "x", 1));
  static const char *const odd[] = {"", "A", "a b", "a-b", "a/b", "\xc3\xa9",
                                    "a23456789_123456789_123456789_123456789_123456789_123456789_12345"};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) CHECK_ERROR(bad, save_note(model, path, odd[i], "x", 1));
  CHECK_ERROR(bad, save_note(model, path, NULL, "x", 1));
  CHECK_ERROR(bad, save_note(model, path, "key", NULL, 1));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_UTF8, save_note(model, path, "key", "\xff", 1));
  CHECK_ERROR(bad, save_note(model, path, "key", "x", SIZE_MAX));
  options.note_keys = NULL;
  CHECK_ERROR(bad, actionclip_model_save(model, path, &options));
  options.note_keys = keys;
  options.note_texts = NULL;
  CHECK_ERROR(bad, actionclip_model_save(model, path, &options));
  CHECK(unlink(path) == 0);
  actionclip_model_free(model);
  actionclip_model_free(untrained);
}

static int32_t save_interval(const actionclip_model *model, const char *path, int64_t interval) {
  actionclip_save_options options;
  actionclip_save_options_init(&options);
  options.frame_interval_ns = interval;
  return actionclip_model_save(model, path, &options);
}

/* The time from frame to frame: declared, kept, replaced and taken away. */
static void frame_intervals(void) {
  const char *path = in_folder("interval.safetensors");
  const int64_t day = INT64_C(86400000000000);
  /* Each is saved from the model before it, which the second number says is loaded again with it. */
  const int64_t steps[][2] = {{0, 0}, {1, 1}, {0, 1}, {day, day}, {0, day}, {-1, 0}, {-1, 0}};
  actionclip_model *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model))) return;
  CHECK(info_of(model).frame_interval_ns == 0 && info_of(model).shift_causal == 0);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    CHECK_OK(save_interval(model, path, steps[i][0]));
    actionclip_model_free(model);
    if (!CHECK_OK(actionclip_model_load(path, NULL, &model))) return;
    CHECK(info_of(model).frame_interval_ns == steps[i][1]);
  }
  static const int64_t wrong[] = {-2, INT64_MIN, INT64_MAX, INT64_C(86400000000001)};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, save_interval(model, path, wrong[i]));
    CHECK(strstr(actionclip_last_error(), "frame_interval_ns") != NULL);
  }
  CHECK(unlink(path) == 0);
  actionclip_model_free(model);
}

/* Causal temporal shift, over weights that declare nothing: saved, declared from then on, and no other form. */
static void causal_shift(void) {
  const char *path = in_folder("causal.safetensors");
  actionclip_model *model = NULL, *again = NULL;
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.temporal_shift = ACTIONCLIP_CAUSAL;
  options.frames = 3;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &options, &model))) return;
  const actionclip_model_info info = info_of(model);
  CHECK(info.temporal_shift == 1 && info.shift_causal == 1 && info.frames_independent == 0);
  CHECK_OK(actionclip_model_save(model, path, NULL));
  CHECK_OK(actionclip_model_load(path, NULL, &again));
  CHECK(info_of(again).temporal_shift == 1 && info_of(again).shift_causal == 1);

  /* The last frame reaches its own embedding alone. */
  const size_t side = (size_t)info.image_size, count = 3 * 3 * side * side, e = (size_t)info.embedding_size;
  float *pixels = check_alloc(count * sizeof(float)), *video = check_alloc(e * sizeof(float));
  float *before = check_alloc(3 * e * sizeof(float)), *after = check_alloc(3 * e * sizeof(float));
  for (size_t i = 0; i < count; i++) pixels[i] = (float)(i * 7919 % 512) / 256 - 1;
  CHECK_OK(actionclip_encode_pixels(model, pixels, count, 3, video, e, before, 3 * e));
  CHECK_OK(actionclip_encode_pixels(again, pixels, count, 3, video, e, after, 3 * e));
  CHECK(memcmp(before, after, 3 * e * sizeof(float)) == 0);
  for (size_t i = count / 3 * 2; i < count; i++) pixels[i] = -pixels[i];
  CHECK_OK(actionclip_encode_pixels(again, pixels, count, 3, video, e, after, 3 * e));
  CHECK(memcmp(before, after, 2 * e * sizeof(float)) == 0);
  CHECK(memcmp(before + 2 * e, after + 2 * e, e * sizeof(float)) != 0);
  free(pixels);
  free(video);
  free(before);
  free(after);
  actionclip_model_free(again);
  actionclip_model_free(model);

  for (int32_t asked = ACTIONCLIP_ON; asked <= ACTIONCLIP_OFF; asked++) {
    options.temporal_shift = asked;
    again = NULL;
    CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT, actionclip_model_load(path, &options, &again));
    CHECK(strstr(actionclip_last_error(), "temporal_shift") != NULL && again == NULL);
  }
  options.temporal_shift = ACTIONCLIP_CAUSAL;
  CHECK_OK(actionclip_model_load(path, &options, &again));
  actionclip_model_free(again);
  CHECK(unlink(path) == 0);
}

static const char *const labels[] = {"ice \"skating\"", "playing cello\\", "太极拳"};
static const char *const templates[] = {"a clip of {}", "{}"};

/* The untrained, its merge list and what it is for, in one file; then from memory alone. */
static void one_file(void) {
  actionclip_model *untrained = NULL, *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &untrained))) return;
  CHECK(actionclip_model_label_count(untrained) == 0 && actionclip_model_template_count(untrained) == 0);
  CHECK(actionclip_model_label(untrained, 0) == NULL && actionclip_model_note(untrained, "description") == NULL);
  actionclip_save_options options;
  actionclip_save_options_init(&options);
  CHECK(options.struct_size == sizeof options && options.storage == ACTIONCLIP_STORAGE_FP32);
  options.labels = labels;
  options.label_count = 3;
  options.templates = templates;
  options.template_count = 2;
  options.description = "Three actions";
  options.license = "MIT";
  const char *path = in_folder("one.safetensors");
  CHECK_OK(actionclip_model_save(untrained, path, &options));

  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  CHECK_OK(actionclip_model_load_buffer(bytes, size, NULL, &model));
  memset(bytes, 0, size);
  free(bytes);
  CHECK(info_of(model).has_tokenizer == 1);
  CHECK(actionclip_model_label_count(model) == 3 && actionclip_model_template_count(model) == 2);
  for (int i = 0; i < 3; i++) CHECK(strcmp(actionclip_model_label(model, i), labels[i]) == 0);
  for (int i = 0; i < 2; i++) CHECK(strcmp(actionclip_model_template(model, i), templates[i]) == 0);
  CHECK(actionclip_model_label(model, 3) == NULL && actionclip_model_label(model, -1) == NULL);
  CHECK(actionclip_model_template(model, 2) == NULL);
  CHECK(strcmp(actionclip_model_note(model, "description"), "Three actions") == 0);
  CHECK(strcmp(actionclip_model_note(model, "license"), "MIT") == 0);
  CHECK(actionclip_model_note(model, "source") == NULL && actionclip_model_note(model, "") == NULL);
  CHECK(actionclip_model_note(model, NULL) == NULL && check_message());
  CHECK(actionclip_model_label_count(NULL) < 0 && check_message());
  CHECK(actionclip_model_template(NULL, 0) == NULL && check_message());

  /* Without templates from the caller: the model's two, not the reference's sixteen. */
  const size_t e = (size_t)info_of(model).embedding_size;
  float *a = check_alloc(6 * e * sizeof(float)), *b = check_alloc(6 * e * sizeof(float));
  CHECK_OK(actionclip_encode_labels(model, labels, 3, NULL, 0, 0, a, 6 * e));
  CHECK_OK(actionclip_encode_labels(untrained, labels, 3, templates, 2, 0, b, 6 * e));
  CHECK(memcmp(a, b, 6 * e * sizeof(float)) == 0);

  /* Unset fields keep the model's values, set ones replace them, an empty list and "" remove them. */
  options.labels = NULL;
  options.label_count = 0;
  options.templates = templates;
  options.template_count = 0;
  options.description = "";
  options.license = NULL;
  options.source = "a test";
  actionclip_model_free(untrained);
  CHECK_OK(actionclip_model_save(model, path, &options));
  actionclip_model_free(model);
  CHECK_OK(actionclip_model_load(path, NULL, &model));
  CHECK(actionclip_model_label_count(model) == 3 && actionclip_model_template_count(model) == 0);
  CHECK(actionclip_model_note(model, "description") == NULL);
  CHECK(strcmp(actionclip_model_note(model, "license"), "MIT") == 0);
  CHECK(strcmp(actionclip_model_note(model, "source"), "a test") == 0);

  /* Half precision: half the file, nearly the same numbers. */
  options.storage = ACTIONCLIP_STORAGE_FP16;
  CHECK_OK(actionclip_model_save(model, in_folder("half.safetensors"), &options));
  struct stat full, half;
  CHECK(stat(path, &full) == 0 && stat(in_folder("half.safetensors"), &half) == 0);
  CHECK(half.st_size < full.st_size * 6 / 10);
  actionclip_model *rounded = NULL;
  CHECK_OK(actionclip_model_load(in_folder("half.safetensors"), NULL, &rounded));
  CHECK_OK(actionclip_encode_labels(rounded, labels, 3, templates, 2, 0, b, 6 * e));
  double largest = 0, difference = 0;
  for (size_t i = 0; i < 6 * e; i++) {
    largest = fmax(largest, fabs((double)a[i]));
    difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
  }
  CHECK(difference > 0 && difference < 0.01 * largest);
  actionclip_model_free(rounded);
  CHECK(unlink(path) == 0 && unlink(in_folder("half.safetensors")) == 0);
  free(a);
  free(b);
  actionclip_model_free(model);
}

/* Whatever is wrong, a status says so, an older file stays, and nothing new lies beside it. */
static void failures(void) {
  enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, WRITE = ACTIONCLIP_ERROR_FILE_WRITE };
  actionclip_model *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model))) return;
  const char *path = in_folder("kept");
  FILE *kept = fopen(path, "w");
  CHECK(kept != NULL && fputs("kept", kept) >= 0 && fclose(kept) == 0);

  CHECK_ERROR(0, actionclip_model_save(NULL, path, NULL));
  CHECK_ERROR(IN, actionclip_model_save(model, NULL, NULL));
  CHECK_ERROR(WRITE, actionclip_model_save(model, "", NULL));
  CHECK_ERROR(WRITE, actionclip_model_save(model, folder, NULL));
  CHECK_ERROR(WRITE, actionclip_model_save(model, "/dev/null", NULL));
  CHECK_ERROR(WRITE, actionclip_model_save(model, in_folder("none/model"), NULL));

  const char *empty[] = {"yoga", ""}, *missing[] = {NULL}, *latin[] = {"caf\xe9"}, *no_place[] = {"a clip"};
  actionclip_save_options fine, o;
  actionclip_save_options_init(&fine);
#define BAD(status, change)                                      \
  do {                                                           \
    o = fine;                                                    \
    change;                                                      \
    CHECK_ERROR(status, actionclip_model_save(model, path, &o)); \
  } while (0)
  BAD(IN, o.struct_size = 0);
  BAD(IN, o.struct_size = 60);
  BAD(IN, o.struct_size = UINT32_MAX);
  BAD(IN, o.storage = -1);
  BAD(IN, o.storage = 4);
  BAD(IN, o.label_count = 1);
  BAD(IN, o.template_count = 1);
  BAD(IN, (o.labels = empty, o.label_count = 2));
  BAD(IN, (o.labels = missing, o.label_count = 1));
  BAD(IN, (o.labels = labels, o.label_count = SIZE_MAX));
  BAD(IN, (o.labels = labels, o.label_count = 65537));
  BAD(ACTIONCLIP_ERROR_INVALID_UTF8, (o.labels = latin, o.label_count = 1));
  BAD(IN, (o.templates = no_place, o.template_count = 1));
  BAD(ACTIONCLIP_ERROR_INVALID_UTF8, o.description = latin[0]);
  char *large = check_alloc((5 << 20) + 1);
  memset(large, 'm', 5 << 20);
  BAD(ACTIONCLIP_ERROR_FORMAT_LIMIT, o.source = large);
  free(large);

  struct rlimit before, small;
  CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
  small = before;
  small.rlim_cur = 100000;
  CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
  CHECK_ERROR(WRITE, actionclip_model_save(model, path, NULL));
  CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);

  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  CHECK(size == 4 && memcmp(bytes, "kept", 4) == 0);
  free(bytes);
  CHECK(files_in_folder() == 1 && unlink(path) == 0);
  actionclip_model_free(model);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  snprintf(folder, sizeof folder, "%s/save-XXXXXX", argc > 2 ? argv[2] : "/tmp");
  if (mkdtemp(folder) == NULL) return 2;
  for (int i = 0; i < PACK_COUNT; i++) round_trip(pack_names[i]);
  one_file();
  notes();
  frame_intervals();
  causal_shift();
  failures();
  CHECK(rmdir(folder) == 0);
  return check_report("test_save");
}

/* test_statuses.c: every status of actionclip.h is reached, and each message is one line that names the file, the
 * tensor or the argument. The header itself says which statuses there are.
 *
 *   test_statuses ROOT FIXTURES SYMBOLS SCRATCH */
#include "allocations.h"
#include "files.h"

#include <sys/wait.h>

static const char *fixtures, *scratch;
static actionclip_model *model;
static int without_ffmpeg;

/* A host without FFmpeg, as far as the library can tell. */
void *dlopen(const char *name, int flags) {
  REAL(void *, dlopen, const char *, int);
  return without_ffmpeg && name != NULL && strncmp(name, "libav", 5) == 0 ? NULL : real(name, flags);
}

static const char *fixture(const char *name) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/%s", fixtures, name);
  return path;
}

static int32_t load(const char *name, int32_t head) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.head = head;
  o.threads = 1;
  actionclip_model *loaded = NULL;
  const int32_t status = actionclip_model_load(name, &o, &loaded);
  CHECK(status != ACTIONCLIP_OK && loaded == NULL);
  return status;
}

static int32_t load_bytes(const void *bytes, size_t count) {
  actionclip_model *loaded = NULL;
  const int32_t status = actionclip_model_load_buffer(bytes, count, NULL, &loaded);
  CHECK(status != ACTIONCLIP_OK && loaded == NULL);
  return status;
}

static const char *written(const char *name, const void *bytes, size_t count) {
  static char path[1200];
  snprintf(path, sizeof path, "%s/%s", scratch, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) exit(2);
  return path;
}

/* In a child, whose message comes back through memory that both have. */
static char *from_child;
static int32_t in_child(int32_t (*call)(void)) {
  int status = -1;
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    const int32_t got = call();
    snprintf(from_child, 1024, "%s", actionclip_last_error());
    _exit(-got & 0xFF);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
  return -WEXITSTATUS(status);
}

/* ---------------------------------------------------------------------------------------------- triggers */

static float out[64];

static int32_t invalid_argument(void) { return actionclip_model_load(fixture("models/state.pt"), NULL, NULL); }
static int32_t buffer_too_small(void) {
  int64_t index;
  return actionclip_sample_indices(100, 8, &index, 1);
}
static int32_t invalid_handle(void) {
  actionclip_tokenizer *tokenizer = NULL;
  CHECK_OK(actionclip_tokenizer_load(fixture("merges/merges.txt"), &tokenizer));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  const int32_t status = actionclip_model_get_info((actionclip_model *)tokenizer, &info);
  static char kept[1024];
  snprintf(kept, sizeof kept, "%s", actionclip_last_error());
  actionclip_tokenizer_free(tokenizer);
  CHECK(strcmp(kept, actionclip_last_error()) == 0); /* freeing leaves the message */
  return status;
}
static int32_t prompt(const char *text) {
  const char *const prompts[] = {"run", text};
  return actionclip_encode_prompts(model, prompts, 2, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, out, 64);
}
static int32_t invalid_utf8(void) { return prompt("\xFF"); }
static int32_t text_too_long(void) { return prompt("run run run run run run run run run"); }
static int32_t not_finite(void) { return load(fixture("statuses/not-finite.safetensors"), 0); }
static int32_t not_finite_numbers(void) {
  const float videos[8] = {0, 1, 1e30f * 1e30f}, texts[8] = {1};
  return actionclip_similarity(videos, 1, texts, 1, 8, 100, out, 64);
}
static int32_t get_info(void) {
  actionclip_model_info info;
  info.struct_size = sizeof info;
  return actionclip_model_get_info(model, &info);
}
static int32_t forked(void) { return in_child(get_info); }
static int32_t prompt_with_a_set_token(void) {
  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  return prompt("run");
}
static int32_t cancelled(void) { return in_child(prompt_with_a_set_token); }
static int32_t file_open(void) { return load("/no/such/file", 0); }
static int32_t file_read(void) {
  files_arm(READS, FAILS, EIO, 3, 3);
  const int32_t status = load(fixture("models/plain.safetensors"), 0);
  files_disarm();
  return status;
}
static int32_t hash_mismatch(void) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.expected_sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  actionclip_model *other = NULL;
  return actionclip_model_load(fixture("models/plain.safetensors"), &options, &other);
}
static int32_t file_write(void) { return actionclip_model_save(model, "/no/such/folder/model", NULL); }
static int32_t format_unknown(void) { return load(written("text", "This is text.\n", 14), 0); }
static int32_t format_invalid(void) {
  size_t size;
  unsigned char *data = check_read_file(fixture("models/checkpoint.pt"), &size);
  const int32_t status = load(written("cut.pt", data, size - 10), 0);
  free(data);
  return status;
}
static int32_t format_unsupported(void) {
  static const char text[] = "{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}";
  char file[100] = {sizeof text - 1};
  memcpy(file + 8, text, sizeof text - 1);
  return load_bytes(file, 8 + sizeof text);
}
static int32_t format_limit(void) { return load(written("length", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10), 0); }
static int32_t missing_tensor(void) { return load(check_path("Tests/fixtures/weights/plain.safetensors"), 0); }
static int32_t tensor_shape(void) { return load(fixture("statuses/shape.safetensors"), 0); }
static int32_t option_conflict(void) { return load(fixture("models/whole.safetensors"), ACTIONCLIP_HEAD_LSTM); }
static int32_t no_tokenizer(void) {
  actionclip_model *plain = NULL;
  CHECK_OK(actionclip_model_load(fixture("models/plain.safetensors"), NULL, &plain));
  const char *const prompts[] = {"run"};
  const int32_t status = actionclip_encode_prompts(plain, prompts, 1, 0, out, 64);
  actionclip_model_free(plain);
  return status;
}
static int32_t tokenizer_invalid(void) {
  actionclip_tokenizer *tokenizer = NULL;
  return actionclip_tokenizer_load(written("list.txt", "#version\nonly_one_word\n", 23), &tokenizer);
}
static int32_t out_of_memory(void) {
  arm(5, 5);
  const int32_t status = load(fixture("models/plain.safetensors"), 0);
  disarm();
  return status;
}
static int32_t open_clip(void) {
  actionclip_video *video = NULL;
  return actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video);
}
static int32_t unavailable(void) {
  without_ffmpeg = 1;
  const int32_t status = in_child(open_clip);
  without_ffmpeg = 0;
  return status;
}
static int32_t not_enough_examples(void) {
  actionclip_classifier *classifier = NULL;
  const char *const labels[] = {"run", "jump"};
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  const int32_t status = actionclip_classifier_fit(classifier, NULL, NULL);
  actionclip_classifier_free(classifier);
  return status;
}
static int32_t video_invalid(void) {
  actionclip_video *video = NULL;
  return actionclip_video_open(written("text.mp4", "This is text.\n", 14), NULL, &video);
}
/* A thousandth of a second for all frames of a clip, again until the machine is not that fast. */
static int32_t time_limit(void) {
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  o.decode = ACTIONCLIP_DECODE_ALL;
  o.max_milliseconds = 1;
  int32_t status = ACTIONCLIP_OK;
  for (int i = 0; i < 20 && status == ACTIONCLIP_OK; i++) {
    actionclip_video *video = NULL;
    actionclip_video_info info;
    info.struct_size = sizeof info;
    status = actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video);
    if (status == ACTIONCLIP_OK) status = actionclip_video_get_info(video, &info);
    actionclip_video_free(video);
  }
  return status;
}
/* All that is said about the pictures, and none of them. */
static int32_t video_decode(void) {
  size_t size;
  unsigned char *data = check_read_file(check_path(EXAMPLE_CLIP), &size);
  for (size_t at = 0; at + 8 < size;) {
    const size_t box = (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
    if (box < 8 || box > size - at) break;
    if (memcmp(data + at + 4, "mdat", 4) == 0) memset(data + at + 8, 0, box - 8);
    at += box;
  }
  actionclip_video *video = NULL;
  const int32_t status = actionclip_video_open(written("black.mp4", data, size), NULL, &video);
  free(data);
  return status;
}

static const struct {
  const char *name;
  int32_t status;
  int32_t (*trigger)(void);
  const char *names[2]; /* what the message has to name */
} table[] = {
#define REACHED(name, trigger, ...) {#name, ACTIONCLIP_ERROR_##name, trigger, {__VA_ARGS__}}
    REACHED(INVALID_ARGUMENT, invalid_argument, "model_out", "NULL"),
    REACHED(BUFFER_TOO_SMALL, buffer_too_small, "indices_out", "8"),
    REACHED(INVALID_HANDLE, invalid_handle, "model", "handle"),
    REACHED(INVALID_UTF8, invalid_utf8, "prompts[1]", "UTF-8"),
    REACHED(TEXT_TOO_LONG, text_too_long, "prompts[1]", "run run"),
    REACHED(NOT_FINITE, not_finite, "not-finite.safetensors", "'visual.ln_pre.weight'"),
    REACHED(NOT_FINITE, not_finite_numbers, "video embedding 0", NULL),
    REACHED(FORKED, forked, "model", "fork"),
    REACHED(CANCELLED, cancelled, "cancel token", NULL),
    REACHED(FILE_OPEN, file_open, "/no/such/file", "no such file"),
    REACHED(FILE_READ, file_read, "plain.safetensors", "offset "),
    REACHED(HASH_MISMATCH, hash_mismatch, "plain.safetensors", "SHA-256"),
    REACHED(FILE_WRITE, file_write, "/no/such/folder/model", "no such file"),
    REACHED(FORMAT_UNKNOWN, format_unknown, "/text", "54 68 69 73"),
    REACHED(FORMAT_INVALID, format_invalid, "cut.pt", "zip end record"),
    REACHED(FORMAT_UNSUPPORTED, format_unsupported, "'w'", "F8_E4M3"),
    REACHED(FORMAT_LIMIT, format_limit, "/length", "18446744073709551615"),
    REACHED(MISSING_TENSOR, missing_tensor, "plain.safetensors", "'visual.conv1.weight'"),
    REACHED(TENSOR_SHAPE, tensor_shape, "shape.safetensors", "'visual.ln_pre.weight'"),
    REACHED(OPTION_CONFLICT, option_conflict, "whole.safetensors", "LSTM"),
    REACHED(NO_TOKENIZER, no_tokenizer, "plain.safetensors", "merges.txt"),
    REACHED(TOKENIZER_INVALID, tokenizer_invalid, "list.txt", "line 2"),
    REACHED(OUT_OF_MEMORY, out_of_memory, "plain.safetensors", "memory"),
    REACHED(UNAVAILABLE, unavailable, "FFmpeg", "libavformat"),
    REACHED(TIME_LIMIT, time_limit, "1 ms", "max_milliseconds"),
    REACHED(VIDEO_INVALID, video_invalid, "text.mp4", NULL),
    REACHED(VIDEO_DECODE, video_decode, "black.mp4", NULL),
    REACHED(NOT_ENOUGH_EXAMPLES, not_enough_examples, "no examples", "add a clip"),
};
enum { TABLE = sizeof table / sizeof table[0] };

/* Every status that the header defines is in the table, and the table has no other. */
static void complete(void) {
  size_t size;
  char *raw = (char *)check_read_file(check_path("include/actionclip.h"), &size), *header = check_alloc(size + 1);
  memcpy(header, raw, size);
  int found = 0;
  for (const char *at = header; (at = strstr(at, "#define ACTIONCLIP_ERROR_")) != NULL; found++) {
    char name[64];
    int status = 0, reached = 0;
    at += strlen("#define ACTIONCLIP_ERROR_");
    CHECK(sscanf(at, "%63[A-Z_0-9] (%d)", name, &status) == 2);
    for (size_t i = 0; i < TABLE; i++) reached += strcmp(table[i].name, name) == 0 && table[i].status == status;
    /* A defect of the library: what could be arranged would be mended. */
    if (strcmp(name, "INTERNAL") == 0) reached = 1;
    if (!reached) fprintf(stderr, "  ACTIONCLIP_ERROR_%s is reached by no trigger\n", name);
    CHECK(reached);
    char whole[96];
    snprintf(whole, sizeof whole, "ACTIONCLIP_ERROR_%s", name);
    CHECK(strcmp(actionclip_status_name(status), whole) == 0);
  }
  CHECK(found >= 24);
  free(raw);
  free(header);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: test_statuses ROOT FIXTURES SYMBOLS SCRATCH\n");
    return 2;
  }
  check_root = argv[1];
  fixtures = argv[2];
  scratch = argv[4];
  allocations_begin(argv[3]);
  from_child = mmap(NULL, 1024, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK_OK(actionclip_model_load(fixture("models/whole.safetensors"), NULL, &model));
  complete();
  int skipped = 0;
  const int has_ffmpeg = in_child(open_clip) != ACTIONCLIP_ERROR_UNAVAILABLE;
  for (size_t i = 0; i < TABLE; i++) {
    if (!has_ffmpeg && (strncmp(table[i].name, "VIDEO", 5) == 0 || table[i].trigger == time_limit)) {
      skipped++;
      continue;
    }
    const int32_t status = table[i].trigger();
    const int child = table[i].trigger == forked || table[i].trigger == cancelled || table[i].trigger == unavailable;
    const char *message = child ? from_child : actionclip_last_error();
    int good = status == table[i].status && message[0] != '\0' && strchr(message, '\n') == NULL;
    for (int k = 0; k < 2; k++) good = good && (table[i].names[k] == NULL || strstr(message, table[i].names[k]) != NULL);
    if (!good) fprintf(stderr, "  %s: %s, %s\n", table[i].name, actionclip_status_name(status), message);
    CHECK(good);
  }
  printf("  %d triggers%s\n", (int)TABLE - skipped, skipped > 0 ? "; those of video skipped, no FFmpeg here" : "");
  actionclip_model_free(model);
  return check_report("test_statuses");
}

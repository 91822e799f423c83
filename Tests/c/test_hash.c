/* test_hash.c: the SHA-256 of a model's file, computed and expected: the right one loads, a wrong one is refused
 * before anything else about the file is said, and what was hashed is what was loaded, whoever writes meanwhile. */
#include "misuse.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static char folder[1024];

static const char *in_folder(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int write_file(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  const int good = file != NULL && fwrite(data, 1, size, file) == size;
  return file != NULL && fclose(file) == 0 && good;
}

/* The hash by the system's own program: 64 digits. */
static void system_hash(const char *path, char hash[65]) {
  char command[1300];
  snprintf(command, sizeof command, "sha256sum '%s'", path);
  FILE *said = popen(command, "r");
  memset(hash, 0, 65);
  if (said == NULL || fread(hash, 1, 64, said) != 64 || pclose(said) != 0) {
    fprintf(stderr, "  sha256sum does not work here\n");
    exit(2);
  }
}

static void upper(char *text) {
  for (; *text; text++)
    if (*text >= 'a' && *text <= 'f') *text -= 'a' - 'A';
}

/* Loads from the path or, with `data`, from memory. */
static int32_t load(const char *path, const void *data, size_t size, const actionclip_model_options *o,
                    actionclip_model **out) {
  return data ? actionclip_model_load_buffer(data, size, o, out) : actionclip_model_load(path, o, out);
}

static void computed_and_expected(void) {
  const char *path = check_path(UNTRAINED_MODEL);
  char hash[65], shouted[65], wrong[65];
  system_hash(path, hash);
  memcpy(shouted, hash, 65);
  upper(shouted);
  memcpy(wrong, hash, 65);
  wrong[63] = wrong[63] == '0' ? '1' : '0';
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  actionclip_model **none = output(sizeof *none);
  char alone[65];
  CHECK_OK(actionclip_file_sha256(path, alone, sizeof alone));
  CHECK(strcmp(alone, hash) == 0);

  for (int from_memory = 0; from_memory < 2; from_memory++) {
    const void *data = from_memory ? bytes : NULL;
    actionclip_model *m = NULL;
    actionclip_model_options o = defaults();
    CHECK_OK(load(path, data, size, NULL, &m));
    CHECK(actionclip_model_sha256(m) == NULL && actionclip_last_error()[0] == '\0');
    actionclip_model_free(m);
    o.compute_sha256 = ACTIONCLIP_OFF;
    CHECK_OK(load(path, data, size, &o, &m));
    CHECK(actionclip_model_sha256(m) == NULL);
    actionclip_model_free(m);
    o.compute_sha256 = ACTIONCLIP_ON;
    CHECK_OK(load(path, data, size, &o, &m));
    CHECK(strcmp(actionclip_model_sha256(m), hash) == 0);
    actionclip_model_free(m);
    for (int off = 0; off < 2; off++) { /* an expected one is computed anyway */
      o = defaults();
      if (off) o.compute_sha256 = ACTIONCLIP_OFF;
      o.expected_sha256 = off ? hash : shouted;
      CHECK_OK(load(path, data, size, &o, &m));
      CHECK(strcmp(actionclip_model_sha256(m), hash) == 0);
      actionclip_model_free(m);
    }
    o.expected_sha256 = wrong;
    REFUSED(ACTIONCLIP_ERROR_HASH_MISMATCH, load(path, data, size, &o, none));
    CHECK(strstr(actionclip_last_error(), hash) != NULL && strstr(actionclip_last_error(), wrong) != NULL);
    CHECK(from_memory || strstr(actionclip_last_error(), path) != NULL);
    o.head = ACTIONCLIP_HEAD_LSTM; /* which the file contradicts: the hash comes first */
    REFUSED(ACTIONCLIP_ERROR_HASH_MISMATCH, load(path, data, size, &o, none));

    /* A file that is damaged too: of one that was not meant nothing else is said. */
    bytes[8] ^= 0xff;
    CHECK(write_file(in_folder("damaged.safetensors"), bytes, size));
    REFUSED(ACTIONCLIP_ERROR_HASH_MISMATCH, load(in_folder("damaged.safetensors"), data, size, &o, none));
    o = defaults();
    char damaged[65];
    system_hash(in_folder("damaged.safetensors"), damaged);
    CHECK_OK(actionclip_file_sha256(in_folder("damaged.safetensors"), alone, sizeof alone)); /* whatever it holds */
    CHECK(strcmp(alone, damaged) == 0);
    o.expected_sha256 = damaged;
    REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, load(in_folder("damaged.safetensors"), data, size, &o, none));
    bytes[8] ^= 0xff;
    unlink(in_folder("damaged.safetensors"));
  }
  actionclip_model_options o = defaults();
  o.expected_sha256 = hash;
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load("/no/such/file", &o, none));
  free(bytes);
}

static void what_is_no_hash(void) {
  const char *path = check_path(UNTRAINED_MODEL);
  actionclip_model **none = output(sizeof *none);
  char text[128];
  const int lengths[] = {0, 1, 63, 65, 127};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    memset(text, 'a', sizeof text);
    text[lengths[i]] = '\0';
    actionclip_model_options o = defaults();
    o.expected_sha256 = text;
    REFUSED(IN, actionclip_model_load(path, &o, none));
    CHECK(strstr(actionclip_last_error(), "expected_sha256") != NULL);
    REFUSED(IN, actionclip_model_load("/no/such/file", &o, none)); /* the argument comes first */
    REFUSED(IN, actionclip_model_load_buffer("x", 1, &o, none));
  }
  for (int c = 1; c < 256; c++) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) continue;
    memset(text, '0', 64);
    text[64] = '\0';
    text[c % 64] = (char)c;
    actionclip_model_options o = defaults();
    o.expected_sha256 = text;
    REFUSED(IN, actionclip_model_load(path, &o, none));
  }
  /* A text without an end in sight is not read beyond what a hash may have. */
  char *endless = guard_alloc(65);
  memset(endless, '0', 65);
  actionclip_model_options o = defaults();
  o.expected_sha256 = endless;
  REFUSED(IN, actionclip_model_load(path, &o, none));
  for (int32_t value = -1; value <= 3; value += 4) {
    o = defaults();
    o.compute_sha256 = value;
    REFUSED(IN, actionclip_model_load(path, &o, none));
  }

  CHECK(actionclip_model_sha256(NULL) == NULL && check_message());
  CHECK(actionclip_model_sha256((const actionclip_model *)(const void *)tokenizer) == NULL && check_message());
  CHECK(actionclip_model_sha256(model) == NULL && actionclip_last_error()[0] == '\0'); /* not computed */
}

/* A program from before these fields has none of them. */
static void older_programs(void) {
  actionclip_model_options o = defaults();
  o.struct_size = (uint32_t)offsetof(actionclip_model_options, expected_sha256);
  o.expected_sha256 = "what lies behind its struct";
  o.compute_sha256 = ACTIONCLIP_ON;
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &m));
  CHECK(actionclip_model_sha256(m) == NULL);
  actionclip_model_free(m);
}

/* ---- a file that somebody writes to all the time */

static volatile int writing;
static unsigned char *meant, *other;
static size_t meant_size;

/* In turn one content and the other, by writing over it and by putting a new file in its place. */
static void *write_over(void *path) {
  char next[1300];
  snprintf(next, sizeof next, "%s.next", (const char *)path);
  long failures = 0;
  for (int turn = 0; writing; turn++) {
    FILE *file = fopen(path, "r+b");
    failures += file == NULL || fwrite(turn % 2 ? meant : other, 1, meant_size, file) != meant_size;
    failures += file == NULL || fclose(file) != 0;
    if (turn % 3 == 0)
      failures += !write_file(next, turn % 2 ? other : meant, meant_size) || rename(next, path) != 0;
    usleep(3000);
  }
  return (void *)failures;
}

static void loaded_is_what_was_hashed(void) {
  meant = check_read_file(check_path(UNTRAINED_MODEL), &meant_size);
  other = check_alloc(meant_size);
  memcpy(other, meant, meant_size);
  /* Small changes to numbers all over, so that every mix of the two files would load, too. */
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | meant[i];
  for (size_t at = (size_t)header + 8; at < meant_size; at += 4) other[at] ^= 1;

  char path[1200], hash[65];
  snprintf(path, sizeof path, "%s/busy.safetensors", folder);
  CHECK(write_file(path, meant, meant_size));
  system_hash(path, hash);
  float *expected = check_alloc(e * sizeof *expected), *got = check_alloc(e * sizeof *got);
  const char *prompt = "walking";
  CHECK_OK(actionclip_encode_prompts(model, &prompt, 1, 0, expected, e));

  pthread_t writer;
  writing = 1;
  CHECK(pthread_create(&writer, NULL, write_over, path) == 0);
  int loaded = 0, refused = 0;
  actionclip_model_options o = defaults();
  o.threads = 1;
  o.expected_sha256 = hash;
  o.tokenizer_path = check_path(UNTRAINED_MERGES);
  for (int i = 0; i < 60; i++) {
    actionclip_model *m = NULL;
    const int32_t status = actionclip_model_load(path, &o, &m);
    CHECK(status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_HASH_MISMATCH ||
          status == ACTIONCLIP_ERROR_FILE_READ);
    if (status != ACTIONCLIP_OK) {
      refused++;
      continue;
    }
    loaded++;
    CHECK_OK(actionclip_encode_prompts(m, &prompt, 1, 0, got, e));
    CHECK(memcmp(got, expected, e * sizeof *got) == 0);
    actionclip_model_free(m);
  }
  writing = 0;
  void *failures = NULL;
  CHECK(pthread_join(writer, &failures) == 0 && failures == NULL);
  CHECK(loaded + refused == 60);
  CHECK(write_file(path, other, meant_size));
  actionclip_model *m = NULL;
  CHECK_ERROR(ACTIONCLIP_ERROR_HASH_MISMATCH, actionclip_model_load(path, &o, &m));
  o.expected_sha256 = NULL; /* the other file is a model as well, with other numbers */
  CHECK_OK(actionclip_model_load(path, &o, &m));
  CHECK_OK(actionclip_encode_prompts(m, &prompt, 1, 0, got, e));
  CHECK(memcmp(got, expected, e * sizeof *got) != 0);
  actionclip_model_free(m);
  CHECK(write_file(path, meant, meant_size));
  o.expected_sha256 = hash;
  CHECK_OK(actionclip_model_load(path, &o, &m));
  actionclip_model_free(m);
  unlink(path);
  free(got);
  free(expected);
  free(other);
  free(meant);
}

int main(int argc, char **argv) {
  void (*const parts[])(void) = {computed_and_expected, what_is_no_hash, older_programs,
                                 loaded_is_what_was_hashed};
  snprintf(folder, sizeof folder, "%s/hash-XXXXXX", argc > 2 ? argv[2] : "/tmp");
  if (mkdtemp(folder) == NULL) return 2;
  const int result = misuse("test_hash", argc, argv, parts, sizeof parts / sizeof parts[0]);
  CHECK(rmdir(folder) == 0);
  return result || check_failed;
}

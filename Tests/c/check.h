/* check.h: the few lines of test framework these programs need. Include it once per program. */
#ifndef CHECK_H
#define CHECK_H

#include <actionclip.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_passed, check_failed;

static int check_that(int good, const char *file, int line, const char *what) {
  if (good) {
    __atomic_add_fetch(&check_passed, 1, __ATOMIC_RELAXED); /* several threads may check */
    return 1;
  }
  if (__atomic_add_fetch(&check_failed, 1, __ATOMIC_RELAXED) <= 40) fprintf(stderr, "  %s:%d: failed: %s\n", file, line, what);
  return 0;
}

#define CHECK(condition) check_that((condition) != 0, __FILE__, __LINE__, #condition)

/* A call that must succeed and leave an empty message. */
static inline int check_ok(int32_t status, const char *file, int line, const char *what) {
  if (status != ACTIONCLIP_OK && check_failed < 40)
    fprintf(stderr, "  %s: %s\n", actionclip_status_name(status), actionclip_last_error());
  return check_that(status == ACTIONCLIP_OK && actionclip_last_error()[0] == '\0', file, line, what);
}
#define CHECK_OK(call) check_ok((call), __FILE__, __LINE__, #call)

/* The message of a failure: one line, not empty, without a newline at its end. */
static inline int check_message(void) {
  const char *text = actionclip_last_error();
  return text != NULL && text[0] != '\0' && strchr(text, '\n') == NULL && strlen(text) < 4096;
}

/* A call that must fail with `expected` (0: with any code of the header). */
static inline int check_error(int32_t expected, int32_t status, const char *file, int line,
                              const char *what) {
  const char *name = actionclip_status_name(status);
  const int good = status < 0 && (expected == 0 || status == expected) && check_message() &&
                   strncmp(name, "ACTIONCLIP_ERROR_", 17) == 0 && status != ACTIONCLIP_ERROR_INTERNAL;
  if (!good && check_failed < 40)
    fprintf(stderr, "  got %d %s \"%s\", expected %s\n", (int)status, name, actionclip_last_error(),
            expected == 0 ? "an error" : actionclip_status_name(expected));
  return check_that(good, file, line, what);
}
#define CHECK_ERROR(expected, call) check_error((expected), (call), __FILE__, __LINE__, #call)

static int check_report(const char *program) {
  printf("%-16s %d passed, %d failed\n", program, check_passed, check_failed);
  fflush(stdout);
  return check_failed != 0;
}

/* Memory for tests that cannot go on without it. */
static void *check_alloc(size_t size) {
  void *p = calloc(size > 0 ? size : 1, 1);
  if (p == NULL) {
    fprintf(stderr, "  no memory for the test itself\n");
    exit(2);
  }
  return p;
}

/* A whole file; exits if it is not there, because a test without its fixture must not pass. */
static inline unsigned char *check_read_file(const char *path, size_t *size_out) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
    fprintf(stderr, "  cannot read %s\n", path);
    exit(2);
  }
  unsigned char *data = check_alloc((size_t)size);
  *size_out = fread(data, 1, (size_t)size, file);
  fclose(file);
  return data;
}

/* ROOT/relative, where ROOT is the repository (the programs' first argument). */
static const char *check_root = ".";
static inline const char *check_path(const char *relative) {
  static char paths[8][1024];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", check_root, relative);
  return path;
}

#define UNTRAINED_MODEL "Tests/fixtures/untrained/untrained.safetensors"
#define UNTRAINED_MERGES "Tests/fixtures/untrained/merges.txt"
#define EXAMPLE_CLIP "examples/clip.mp4"

#endif

/* Runs every target over files, without libFuzzer: what was found once stays found.
 *
 *   replay FOLDER...     FOLDER/TARGET/FILE goes to that target
 *   replay TARGET FILE   one input
 *
 * Fails where a target traps, the address sanitizer complains, one allocation is larger than any input explains, or
 * one input takes over a second of processor time. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "targets.inc"
#undef TARGET

static const struct target {
  const char *name;
  int (*run)(const uint8_t *data, size_t size);
} targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "targets.inc"
};

const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=64"; }

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static char current[1024];
enum { LARGEST_MALLOC = 256 << 20, SECONDS = 1, STUCK = 60 };

static void fail(const char *why) {
  dprintf(STDERR_FILENO, "replay: %s: %s\n", current, why);
  abort();
}
static void on_malloc(const volatile void *memory, size_t size) {
  (void)memory;
  if (size > LARGEST_MALLOC) fail("one allocation of over 256 MB");
}
static void on_free(const volatile void *memory) { (void)memory; }

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* From memory of exactly the file's size, so that a read beyond it is seen. */
static int run_file(const struct target *target, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    return 1;
  }
  const long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
    perror(path);
    return 1;
  }
  fclose(file);
  snprintf(current, sizeof current, "%s", path);
  alarm(STUCK);
  /* The first run may have made what a target keeps, such as tables of its tokenizer: a slow input is slow again. */
  double taken = SECONDS + 1;
  for (int attempt = 0; attempt < 2 && taken > SECONDS; attempt++) {
    const double before = seconds();
    target->run(data, (size_t)size);
    taken = seconds() - before;
  }
  if (taken > SECONDS) fail("took over a second");
  alarm(0);
  free(data);
  return 0;
}

static int run_folder(const struct target *target, const char *root, int *count) {
  char folder[512], path[1024];
  snprintf(folder, sizeof folder, "%s/%s", root, target->name);
  struct dirent **names = NULL;
  const int found = scandir(folder, &names, NULL, alphasort);
  int failed = 0;
  for (int i = 0; i < found; i++) {
    if (names[i]->d_name[0] != '.') {
      snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
      failed |= run_file(target, path);
      ++*count;
    }
    free(names[i]);
  }
  free(names);
  return failed;
}

int main(int argc, char **argv) {
  __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
  const size_t count = sizeof targets / sizeof targets[0];
  int failed = argc < 2, total = 0;
  for (size_t i = 0; i < count; i++) {
    if (argc == 3 && strcmp(argv[1], targets[i].name) == 0) return run_file(&targets[i], argv[2]);
    int inputs = 0;
    for (int root = 1; root < argc; root++) failed |= run_folder(&targets[i], argv[root], &inputs);
    if (inputs == 0) {
      fprintf(stderr, "replay: no input for %s\n", targets[i].name);
      failed = 1;
    }
    total += inputs;
  }
  printf("fuzz      %d inputs replayed over %zu targets%s\n", total, count, failed ? ", FAILED" : "");
  return failed;
}

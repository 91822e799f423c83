/* test_truncation.c: a checkpoint cut short anywhere is an error, from memory and from a file, and a damaged
 * byte never does worse than an error. The memory ends where the data ends (guard.h). */
#include "guard.h"

static uint32_t state = 20210917;
static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

/* The k-th of n lengths in [0, size): dense at both ends, where the structure is, even between. */
static size_t place(size_t k, size_t n, size_t size) {
  if (k < n / 4) return k < size ? k : size - 1;
  if (k < n / 2) return size - 1 - (k - n / 4) % size;
  return (size_t)((double)(k - n / 2) / (double)(n - n / 2) * (double)size);
}

static void truncate_in_memory(const char *name, const unsigned char *bytes, size_t size) {
  for (size_t k = 0; k < 1000; k++) {
    const size_t n = place(k, 1000, size);
    unsigned char *cut = guard_copy(bytes, n);
    actionclip_model *model = NULL;
    CHECK_ERROR(0, actionclip_model_load_buffer(cut, n, NULL, &model));
    CHECK(model == NULL);
    guard_release(cut, n);
  }
  printf("  %s: 1000 lengths of %zu bytes\n", name, size);
}

static void truncate_files(const char *directory, const unsigned char *bytes, size_t size) {
  char path[1100];
  snprintf(path, sizeof path, "%s/truncated", directory);
  for (size_t k = 0; k < 100; k++) {
    const size_t n = place(k, 100, size);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0) {
      fprintf(stderr, "  cannot write %s\n", path);
      exit(2);
    }
    actionclip_model *model = NULL;
    CHECK_ERROR(0, actionclip_model_load(path, NULL, &model));
    CHECK(model == NULL);
  }
  unlink(path);
}

/* Changed bytes, mostly in the parts that describe the rest. Success is allowed (a weight may change); a
 * fault, an internal error or an empty message is not. */
static void damage(unsigned char *bytes, size_t size, size_t structure, int rounds) {
  for (int round = 0; round < rounds; round++) {
    size_t at[4];
    unsigned char old[4];
    const int changes = 1 + (int)(next_random() % 4);
    for (int i = 0; i < changes; i++) {
      const size_t near = next_random() % structure;
      const uint32_t where = next_random() % 3;
      at[i] = where == 0 ? near : where == 1 ? size - 1 - near : next_random() % size;
      old[i] = bytes[at[i]];
      bytes[at[i]] = (unsigned char)next_random();
    }
    actionclip_model *model = NULL;
    const int32_t status = actionclip_model_load_buffer(bytes, size, NULL, &model);
    if (status == ACTIONCLIP_OK)
      CHECK(model != NULL);
    else
      CHECK_ERROR(0, status);
    actionclip_model_free(model);
    for (int i = changes; i-- > 0;) bytes[at[i]] = old[i];
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_truncation ROOT SCRATCH_DIRECTORY\n");
    return 2;
  }
  check_root = argv[1];
  const char *files[2] = {check_path("Tests/fixtures/packs/conv1d/checkpoint.pt"), check_path(UNTRAINED_MODEL)};
  for (int i = 0; i < 2; i++) {
    size_t size;
    unsigned char *plain = check_read_file(files[i], &size), *bytes = guard_copy(plain, size);
    free(plain);
    actionclip_model *model = NULL;
    CHECK_OK(actionclip_model_load_buffer(bytes, size, NULL, &model)); /* whole, it loads */
    actionclip_model_free(model);
    truncate_in_memory(i == 0 ? "torch.save" : "safetensors", bytes, size);
    truncate_files(argv[2], bytes, size);
    damage(bytes, size, i == 0 ? 12000 : 9000, i == 0 ? 400 : 200);
    guard_release(bytes, size);
  }
  return check_report("test_truncation");
}

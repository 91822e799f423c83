/* test_writing.c: every call that saves a model fails in turn. What was at the path stays as it was, nothing is left
 * beside it, and the message says of which file and why.
 *
 *   test_writing FIXTURES SCRATCH */
#include "files.h"

#include <dirent.h>

static char target[1200];
static const char *scratch;
static unsigned char *whole;
static size_t whole_size;

static int only_the_target(void) {
  int others = 0, there = 0;
  DIR *folder = opendir(scratch);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, "saved.safetensors") == 0) there = 1;
    else if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) others++;
  }
  closedir(folder);
  return there && others == 0;
}

static int holds(const void *bytes, size_t count) {
  size_t size;
  unsigned char *data = check_read_file(target, &size);
  const int same = size == count && memcmp(data, bytes, count) == 0;
  free(data);
  return same;
}

static void old_file(void) {
  FILE *file = fopen(target, "wb");
  if (file == NULL || fputs("old", file) < 0 || fclose(file) != 0) exit(2);
}

static int32_t save(const actionclip_model *model, int32_t storage, int kinds, int fault, int error, long from,
                    long to) {
  actionclip_save_options o;
  actionclip_save_options_init(&o);
  o.storage = storage;
  files_arm(kinds, fault, error, from, to);
  const int32_t status = actionclip_model_save(model, target, &o);
  files_disarm();
  return status;
}

static long each(const actionclip_model *model, int32_t storage, int kinds, int fault, int error, int good,
                 int persistent) {
  long n = 1;
  for (;; n++) {
    old_file();
    const int32_t status = save(model, storage, kinds, fault, error, n, persistent ? INT64_MAX : n);
    if (files.faults == 0) break;
    CHECK(only_the_target());
    if (good) {
      CHECK(status == ACTIONCLIP_OK && holds(whole, whole_size));
    } else {
      CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, status);
      CHECK(holds("old", 3));
      CHECK(strstr(actionclip_last_error(), "saved.safetensors: ") != NULL);
      CHECK(error == 0 || strstr(actionclip_last_error(), error == ENOSPC ? "no space" : "input/output error") != NULL);
    }
    if (check_failed > 20) break;
  }
  CHECK(save(model, storage, 0, 0, 0, 0, 0) == ACTIONCLIP_OK && holds(whole, whole_size));
  return n - 1;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_writing FIXTURES SCRATCH\n");
    return 2;
  }
  scratch = argv[2];
  snprintf(target, sizeof target, "%s/saved.safetensors", scratch);
  char path[1200];
  snprintf(path, sizeof path, "%s/models/whole.safetensors", argv[1]);
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(path, NULL, &model));
  for (int32_t storage = 0; storage <= ACTIONCLIP_STORAGE_INT8; storage++) {
    old_file();
    CHECK_OK(save(model, storage, 0, 0, 0, 0, 0));
    whole = check_read_file(target, &whole_size);
    const long writes = each(model, storage, WRITES, FAILS, ENOSPC, 0, 0);
    each(model, storage, WRITES, FAILS, ENOSPC, 0, 1);
    each(model, storage, WRITES, FAILS, EIO, 0, 0);
    each(model, storage, WRITES, ENDS, 0, 0, 1);
    each(model, storage, WRITES, FAILS, EINTR, 1, 0);
    each(model, storage, WRITES, SHORT, 0, 1, 0);
    each(model, storage, WRITES, OTHERWISE, EINTR, 1, 1);
    /* The file's own is the first; the folder's name on the disk is more than was promised. */
    old_file();
    CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, save(model, storage, SYNCS, FAILS, EIO, 1, 1));
    CHECK(holds("old", 3) && only_the_target());
    CHECK_OK(save(model, storage, SYNCS, FAILS, EINTR, 1, 1));
    CHECK_OK(save(model, storage, SYNCS, FAILS, EIO, 2, 2));
    each(model, storage, RENAMES, FAILS, EIO, 0, 0);
    old_file();
    CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, save(model, storage, OPENS, FAILS, EIO, 1, 1));
    CHECK(holds("old", 3) && only_the_target());
    CHECK_OK(save(model, storage, OPENS, FAILS, EINTR, 1, 1));
    each(model, storage, CLOSES, FAILS, EIO, 1, 0); /* it is on the disk by then */
    printf("  storage %d: %ld writes\n", (int)storage, writes);
    free(whole);
  }
  /* A link that leads nowhere known is refused, not replaced. */
  unlink(target);
  CHECK(symlink("saved.safetensors", target) == 0);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, actionclip_model_save(model, target, NULL));
  struct stat status;
  CHECK(lstat(target, &status) == 0 && S_ISLNK(status.st_mode) && only_the_target());
  unlink(target);
  actionclip_model_free(model);
  return check_report("test_writing");
}

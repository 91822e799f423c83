/* test_save_over.c: saving over what is there. The file keeps its mode and owner, a link its place; what a killed
 * process left is removed by the next save of the same file, and savers of one file do each other no harm. */
#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[1024], path[1200];
static unsigned char *whole;
static size_t whole_size;

static actionclip_model *load(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &model));
  return model;
}

static int files(void) {
  int count = 0;
  DIR *d = opendir(folder);
  for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  if (d != NULL) closedir(d);
  return count;
}

static void write_old(const char *at, mode_t mode) {
  FILE *file = fopen(at, "wb");
  CHECK(file != NULL && fputs("old", file) >= 0 && fclose(file) == 0 && chmod(at, mode) == 0);
}

static int is_whole(void) {
  size_t size;
  unsigned char *bytes = check_read_file(path, &size);
  const int same = size == whole_size && memcmp(bytes, whole, size) == 0;
  free(bytes);
  return same;
}

static void modes(const actionclip_model *model) {
  static const mode_t all[] = {0600, 0640, 0644, 0400, 0664, 0755};
  struct stat status;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    write_old(path, all[i]);
    if (geteuid() == 0) CHECK(chown(path, 12345, 54321) == 0);
    CHECK_OK(actionclip_model_save(model, path, NULL));
    CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == all[i] && is_whole());
    if (geteuid() == 0) CHECK(status.st_uid == 12345 && status.st_gid == 54321);
    unlink(path);
  }
  write_old(path, 0755);
  CHECK(chmod(path, 04755) == 0);
  CHECK_OK(actionclip_model_save(model, path, NULL)); /* other bytes are not trusted with more rights */
  CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0755);
  unlink(path);
  /* A new file is as the process makes its files. */
  const mode_t mask = umask(027);
  CHECK_OK(actionclip_model_save(model, path, NULL));
  umask(mask);
  CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0640);
}

/* Another's file in a group that this process may not give files to: its own group gets no more than everybody. */
static void narrower(void) {
  if (geteuid() != 0) {
    printf("test_save_over: skipped another's file: not root\n");
    return;
  }
  write_old(path, 0664);
  CHECK(chown(path, 12345, 54321) == 0 && chmod(folder, 0777) == 0);
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
    actionclip_model *model = load();
    _exit(actionclip_model_save(model, path, NULL) != ACTIONCLIP_OK);
  }
  int result;
  struct stat status;
  CHECK(child > 0 && waitpid(child, &result, 0) == child && result == 0);
  CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0644 && status.st_uid == 65534 && is_whole());
}

static void links(const actionclip_model *model) {
  char link[1200];
  struct stat status;
  snprintf(link, sizeof link, "%s/link", folder);
  write_old(path, 0600);
  CHECK(symlink(strrchr(path, '/') + 1, link) == 0);
  CHECK_OK(actionclip_model_save(model, link, NULL));
  CHECK(lstat(link, &status) == 0 && S_ISLNK(status.st_mode) && is_whole());
  unlink(path);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_WRITE, actionclip_model_save(model, link, NULL));
  CHECK(strstr(actionclip_last_error(), "is a link to a file that does not exist") != NULL);
  CHECK(lstat(link, &status) == 0 && S_ISLNK(status.st_mode) && files() == 1);
  unlink(link);
}

/* A process that saves again and again is killed at any moment. */
static void kills(const actionclip_model *model) {
  enum { KILLS = 60 };
  int left = 0;
  CHECK_OK(actionclip_model_save(model, path, NULL));
  for (int i = 0; i < KILLS; i++) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) exit(2);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
      actionclip_model *own = load();
      while (actionclip_model_save(own, path, NULL) == ACTIONCLIP_OK)
        if (write(ready[1], "s", 1) != 1) break;
      _exit(1);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1); /* it has saved once */
    usleep((useconds_t)(i * 7919 % 12000));
    kill(child, SIGKILL);
    CHECK(waitpid(child, NULL, 0) == child);
    close(ready[0]);
    CHECK(is_whole());
    const int now = files();
    CHECK(now <= 2); /* what the one before left is gone */
    left += now == 2;
  }
  CHECK_OK(actionclip_model_save(model, path, NULL));
  CHECK(files() == 1 && is_whole());
  printf("  %d of %d killed savers left a file, which the next save removed\n", left, KILLS);
  /* Another file's is not touched. */
  char other[1200];
  snprintf(other, sizeof other, "%s/.actionclip-0-1", folder);
  write_old(other, 0600);
  CHECK_OK(actionclip_model_save(model, path, NULL));
  CHECK(files() == 2 && unlink(other) == 0);
}

static void *save_often(void *model) {
  intptr_t bad = 0;
  for (int i = 0; i < 15; i++) bad += actionclip_model_save(model, path, NULL) != ACTIONCLIP_OK;
  return (void *)bad;
}

static void together(actionclip_model *model) {
  enum { THREADS = 3 };
  pthread_t ids[THREADS];
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) _exit(save_often(load()) != NULL);
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&ids[i], NULL, save_often, model) != 0) exit(2);
  for (int i = 0; i < 30; i++) CHECK(is_whole());
  for (int i = 0; i < THREADS; i++) {
    void *bad;
    CHECK(pthread_join(ids[i], &bad) == 0 && bad == NULL);
  }
  int result;
  CHECK(child > 0 && waitpid(child, &result, 0) == child && result == 0);
  CHECK(is_whole() && files() == 1);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  alarm(150);
  snprintf(folder, sizeof folder, "%s/over-XXXXXX", argc > 2 ? argv[2] : "/tmp");
  if (mkdtemp(folder) == NULL) return 2;
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  actionclip_model *model = load();
  CHECK_OK(actionclip_model_save(model, path, NULL));
  whole = check_read_file(path, &whole_size);
  unlink(path);
  modes(model);
  narrower();
  links(model);
  kills(model);
  together(model);
  unlink(path);
  CHECK(rmdir(folder) == 0);
  free(whole);
  actionclip_model_free(model);
  return check_report("test_save_over");
}

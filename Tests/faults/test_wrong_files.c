/* test_wrong_files.c: things that are no weights, no merge list and no video: each is refused at once, by name.
 *
 *   test_wrong_files FIXTURES SCRATCH */
#include "../c/check.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECONDS = 100, TRIES = 3 };
static const char *scratch;

static const char *place(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
  return path;
}

static void put(const char *name, const void *first, size_t first_size, const void *second, size_t second_size) {
  FILE *file = fopen(place(name), "wb");
  if (file == NULL || fwrite(first, 1, first_size, file) != first_size ||
      fwrite(second, 1, second_size, file) != second_size || fclose(file) != 0)
    exit(2);
}
static void put_text(const char *name, const char *text) { put(name, text, strlen(text), "", 0); }

enum { MODEL, LIST, VIDEO, KINDS };
static int32_t open_as(int kind, const char *path) {
  actionclip_model *model = NULL;
  actionclip_tokenizer *tokenizer = NULL;
  actionclip_video *video = NULL;
  const int32_t status = kind == MODEL  ? actionclip_model_load(path, NULL, &model)
                         : kind == LIST ? actionclip_tokenizer_load(path, &tokenizer)
                                        : actionclip_video_open(path, NULL, &video);
  CHECK(model == NULL && tokenizer == NULL && video == NULL);
  return status;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double worst;
static int has_ffmpeg = 1;

static void refused(int kind, const char *path, int32_t expected) {
  if (kind == VIDEO && !has_ffmpeg) return;
  double best = 1e30;
  for (int attempt = 0; attempt < TRIES && best >= MILLISECONDS; attempt++) {
    const double start = now();
    const int32_t status = open_as(kind, path);
    if (now() - start < best) best = now() - start;
    CHECK_ERROR(expected, status);
  }
  const char *slash = strrchr(path, '/');
  if (!CHECK(strstr(actionclip_last_error(), slash + 1) != NULL))
    fprintf(stderr, "  %s: %s\n", path, actionclip_last_error());
  CHECK(best < MILLISECONDS);
  if (best > worst) worst = best;
}

static void refused_by_all(const char *path, int32_t expected) {
  for (int kind = 0; kind < KINDS; kind++) refused(kind, path, expected);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_wrong_files FIXTURES SCRATCH\n");
    return 2;
  }
  scratch = argv[2];
  has_ffmpeg = open_as(VIDEO, "/dev/null") != ACTIONCLIP_ERROR_UNAVAILABLE; /* binds it, which takes a moment */
  if (!has_ffmpeg) printf("  videos: skipped, no FFmpeg here\n");

  /* Nothing that opens. */
  mkdir(place("folder"), 0777);
  mkfifo(place("fifo"), 0666);
  CHECK(symlink("loop", place("loop")) == 0);
  CHECK(symlink("nowhere", place("dangling")) == 0);
  CHECK(symlink("folder", place("link-to-folder")) == 0);
  CHECK(symlink("fifo", place("link-to-fifo")) == 0);
  put_text("file", "x");
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", "socket");
  char here[1200];
  CHECK(getcwd(here, sizeof here) != NULL && chdir(scratch) == 0); /* a socket's path is short */
  CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
  CHECK(chdir(here) == 0);
  char endless[400];
  memset(endless, 'n', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  static const char *const names[] = {"folder", "fifo", "loop", "dangling", "link-to-folder", "link-to-fifo",
                                      "socket", "missing", "file/below"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    refused_by_all(place(names[i]), ACTIONCLIP_ERROR_FILE_OPEN);
  static const char *const devices[] = {"/dev/zero", "/dev/null", "/dev/random", "/dev/full", "/dev/tty"};
  for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
    refused_by_all(devices[i], ACTIONCLIP_ERROR_FILE_OPEN);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, open_as(MODEL, place(endless)));
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, open_as(LIST, place(endless)));
  if (geteuid() == 0) {
    printf("  an unreadable file: skipped, root reads everything\n");
  } else {
    put_text("secret", "x");
    chmod(place("secret"), 0);
    refused_by_all(place("secret"), ACTIONCLIP_ERROR_FILE_OPEN);
    unlink(place("secret"));
  }

  /* Files of something else. */
  put_text("empty", "");
  put_text("pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 598516909\n");
  put_text("page", "\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n");
  put_text("text", "Not a model, only some words about one.\n");
  refused(MODEL, place("empty"), ACTIONCLIP_ERROR_FORMAT_UNKNOWN);
  refused(LIST, place("empty"), ACTIONCLIP_ERROR_TOKENIZER_INVALID);
  refused(VIDEO, place("empty"), ACTIONCLIP_ERROR_VIDEO_INVALID);
  static const char *const texts[] = {"pointer", "page", "text", "file"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    refused(MODEL, place(texts[i]), ACTIONCLIP_ERROR_FORMAT_UNKNOWN);
    refused(LIST, place(texts[i]), ACTIONCLIP_ERROR_TOKENIZER_INVALID);
    refused(VIDEO, place(texts[i]), ACTIONCLIP_ERROR_VIDEO_INVALID);
  }
  CHECK_ERROR(0, open_as(MODEL, place("pointer")));
  CHECK(strstr(actionclip_last_error(), "git lfs pull") != NULL);
  CHECK_ERROR(0, open_as(MODEL, place("page")));
  CHECK(strstr(actionclip_last_error(), "HTML") != NULL);

  /* Sound files with something after their end, or of the wrong kind. */
  static const char *const sound[] = {"models/plain.safetensors", "models/whole.safetensors", "models/state.pt",
                                      "models/checkpoint.pt"};
  for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
    size_t size;
    char path[1300];
    snprintf(path, sizeof path, "%s/%s", argv[1], sound[i]);
    unsigned char *data = check_read_file(path, &size);
    put("longer", data, size, "\0", 1);
    refused(MODEL, place("longer"), ACTIONCLIP_ERROR_FORMAT_INVALID);
    put("twice", data, size, data, size);
    refused(MODEL, place("twice"), ACTIONCLIP_ERROR_FORMAT_INVALID);
    put("sound", data, size, "", 0);
    refused(LIST, place("sound"), ACTIONCLIP_ERROR_TOKENIZER_INVALID);
    refused(VIDEO, place("sound"), ACTIONCLIP_ERROR_VIDEO_INVALID);
    free(data);
  }
  static const char *const lists[] = {"merges/merges.txt", "merges/merges.txt.gz"};
  for (size_t i = 0; i < 2; i++) {
    char path[1300];
    snprintf(path, sizeof path, "%s/%s", argv[1], lists[i]);
    refused(MODEL, path, ACTIONCLIP_ERROR_FORMAT_UNKNOWN);
    refused(VIDEO, path, ACTIONCLIP_ERROR_VIDEO_INVALID);
  }
  close(fd);
  printf("  the slowest refusal took %.1f ms\n", worst);
  return check_report("test_wrong_files");
}

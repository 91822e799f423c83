/* test_video_quiet.c: nothing that FFmpeg has to say of a damaged video is printed, whatever the number of decoder
 * threads, and the first video failing for want of descriptors or memory does not end video for the process.
 *
 *   test_video_quiet ROOT SCRATCH */
#include "check.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int32_t open_clip(void) {
  actionclip_video *video = NULL;
  const int32_t status = actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video);
  CHECK((status == ACTIONCLIP_OK) == (video != NULL));
  actionclip_video_free(video);
  return status;
}

/* Without a descriptor to be had. */
static void without_descriptors(void) {
  struct rlimit usual, none;
  CHECK(getrlimit(RLIMIT_NOFILE, &usual) == 0);
  none = usual;
  const int next = dup(0);
  CHECK(next >= 0);
  close(next);
  none.rlim_cur = (rlim_t)next;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK(open_clip() == ACTIONCLIP_ERROR_FILE_OPEN);
  /* the loader's words where FFmpeg is bound first, else the library's */
  CHECK(strstr(actionclip_last_error(), "oo many open files") != NULL);
  CHECK(strstr(actionclip_last_error(), "apt-get") == NULL);
  CHECK(setrlimit(RLIMIT_NOFILE, &usual) == 0);
}

/* With so little memory that the libraries find no place. */
static void without_memory(void) {
  struct rlimit usual, little;
  CHECK(getrlimit(RLIMIT_AS, &usual) == 0);
  little = usual;
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%ld", &pages) == 1);
  if (file != NULL) fclose(file);
  for (int megabytes = 1; megabytes <= 16; megabytes *= 4) {
    little.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)megabytes << 20);
    CHECK(setrlimit(RLIMIT_AS, &little) == 0);
    CHECK(open_clip() == ACTIONCLIP_ERROR_OUT_OF_MEMORY);
    CHECK(strstr(actionclip_last_error(), "apt-get") == NULL);
    CHECK(setrlimit(RLIMIT_AS, &usual) == 0);
  }
}

/* In a process that has loaded nothing yet. */
static void at_first(void (*wanting)(void)) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    wanting();
    CHECK_OK(open_clip());
    CHECK_OK(open_clip());
    _exit(check_report("test_video_quiet, in a child"));
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static uint32_t state = 5;
static uint32_t number(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

static void look(const unsigned char *bytes, size_t size, int threads) {
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = threads;
  actionclip_video *video = NULL;
  actionclip_video_info info;
  info.struct_size = sizeof info;
  if (actionclip_video_open_buffer(bytes, size, &o, &video) == ACTIONCLIP_OK) {
    int64_t at = 30;
    static uint8_t rgb[224 * 160 * 3];
    (void)actionclip_video_read_frames(video, &at, 1, rgb, sizeof rgb, NULL, 0);
    (void)actionclip_video_get_info(video, &info);
  }
  actionclip_video_free(video);
}

static uint32_t big(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static void set_big(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* The box of this name from its version on, or NULL. */
static unsigned char *box(unsigned char *clip, size_t size, const char *name) {
  for (size_t i = 4; i + 20 < size; i++)
    if (memcmp(clip + i, name, 4) == 0) return clip + i + 4;
  return NULL;
}

/* The clip with its samples once more at the end, where sample `at` has the first sample's picture after its own, and
 * another picture begins in a packet that has one already. */
static unsigned char *doubled(const unsigned char *clip, size_t size, uint32_t at, size_t *size_out) {
  unsigned char *copy = check_alloc(2 * size + 8);
  memcpy(copy, clip, size);
  unsigned char *sizes = box(copy, size, "stsz"), *chunks = box(copy, size, "stco");
  CHECK(sizes != NULL && chunks != NULL && big(chunks + 4) == 1);
  const uint32_t count = big(sizes + 8), start = big(chunks + 8), first = big(sizes + 12);
  const uint32_t message = big(clip + start) + 4; /* before the first picture */
  uint32_t from = start;
  size_t end = size + 8;
  for (uint32_t k = 0; k < count; k++) {
    const uint32_t length = big(sizes + 12 + 4 * k);
    memcpy(copy + end, clip + from, length);
    from += length, end += length;
    if (k != at) continue;
    memcpy(copy + end, clip + start + message, first - message);
    end += first - message;
    set_big(sizes + 12 + 4 * k, length + first - message);
  }
  set_big(copy + size, (uint32_t)(end - size));
  memcpy(copy + size + 4, "mdat", 4);
  set_big(chunks + 8, (uint32_t)size + 8);
  *size_out = end;
  return copy;
}

static void damaged(void) {
  size_t size;
  unsigned char *clip = check_read_file(check_path(EXAMPLE_CLIP), &size);
  for (int k = 0; k < 160; k++) {
    size_t all = size;
    unsigned char *copy = check_alloc(size);
    memcpy(copy, clip, size);
    if (k % 2 == 0) {
      free(copy);
      copy = doubled(clip, size, 1 + number(90), &all);
    } else {
      for (int i = 0; i < 12; i++) copy[64 + number((uint32_t)size - 72)] ^= (unsigned char)(1u << number(8));
    }
    look(copy, all, 1 + k / 2 % 4);
    free(copy);
  }
  free(clip);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  at_first(without_descriptors);
  at_first(without_memory);

  char path[1100];
  snprintf(path, sizeof path, "%s/quiet-output", argv[2]);
  fflush(NULL);
  const int out = dup(1), err = dup(2), sink = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || err < 0 || sink < 0 || dup2(sink, 1) < 0 || dup2(sink, 2) < 0) return 2;
  damaged();
  fflush(NULL);
  dup2(out, 1);
  dup2(err, 2);
  struct stat written;
  CHECK(fstat(sink, &written) == 0);
  if (!CHECK(written.st_size == 0)) {
    static char bytes[400];
    const ssize_t n = pread(sink, bytes, sizeof bytes - 1, 0);
    fprintf(stderr, "  printed: %.*s\n", (int)n, bytes);
  }
  unlink(path);
  return check_report("test_video_quiet");
}

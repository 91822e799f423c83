/* test_host.c: the library as a guest. Everything a process can look at about itself is written down before
 * the library is loaded, after loading, after work and after freeing: nothing may have changed but the
 * pool's threads while a model lives. Bytes on stdout and stderr: none.
 *
 *   test_host LIBRARY ROOT SCRATCH_DIRECTORY [bare]     (not linked with the library: dlopen is part of the test)
 *
 * With "bare" there is no environment at all, as in a host that has called clearenv. */
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

typedef struct {
  char text[65536];
  size_t size;
  int threads;
} snapshot;

static void line(snapshot *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int n = vsnprintf(s->text + s->size, sizeof s->text - s->size, format, arguments);
  va_end(arguments);
  if (n > 0 && (size_t)n < sizeof s->text - s->size) s->size += (size_t)n;
}

static int count_threads(void) {
  DIR *tasks = opendir("/proc/self/task");
  int n = 0;
  for (struct dirent *d; tasks != NULL && (d = readdir(tasks)) != NULL;) n += d->d_name[0] != '.';
  if (tasks != NULL) closedir(tasks);
  return n;
}

static void look(snapshot *s) {
  memset(s, 0, sizeof *s);
  for (int signal = 1; signal <= 64; signal++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (sigaction(signal, NULL, &action) != 0) continue;
    uint64_t mask = 0;
    for (int i = 1; i <= 64; i++) mask |= (uint64_t)(sigismember(&action.sa_mask, i) == 1) << (i - 1);
    unsigned char handler[sizeof(void (*)(int))];
    memcpy(handler, &action.sa_handler, sizeof handler);
    line(s, "signal %d flags %x mask %llx handler ", signal, (unsigned)action.sa_flags,
         (unsigned long long)mask);
    for (size_t i = 0; i < sizeof handler; i++) line(s, "%02x", handler[i]);
    line(s, "\n");
  }
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  for (int i = 1; i <= 64; i++)
    if (sigismember(&blocked, i) == 1) line(s, "blocked %d\n", i);
  stack_t stack;
  sigaltstack(NULL, &stack);
  line(s, "sigaltstack %p %d\n", stack.ss_sp, stack.ss_flags);
  char path[300], target[1024];
  for (int fd = 0; fd < 1024; fd++) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) continue;
    target[n] = '\0';
    line(s, "fd %d %s\n", fd, target);
  }
  line(s, "cwd %s\n", getcwd(target, sizeof target));
  const mode_t mode = umask(0);
  umask(mode);
  line(s, "umask %o\n", (unsigned)mode);
  for (char **e = environ; e != NULL && *e != NULL; e++) line(s, "environment %p %s\n", (void *)*e, *e);
  line(s, "locale %s\n", setlocale(LC_ALL, NULL));
  line(s, "rounding %d\n", fegetround());
#if defined(__x86_64__)
  unsigned mxcsr;
  unsigned short x87;
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  line(s, "mxcsr %x x87 %x\n", mxcsr & ~0x3fu, x87); /* without the sticky exception flags */
#elif defined(__aarch64__)
  unsigned long fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  line(s, "fpcr %lx\n", fpcr);
#endif
  for (int i = 0; i < 16; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
      line(s, "rlimit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
           (unsigned long long)limit.rlim_max);
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  sched_getaffinity(0, sizeof cpus, &cpus);
  for (int i = 0; i < 1024; i++)
    if (CPU_ISSET(i, &cpus)) line(s, "cpu %d\n", i);
  line(s, "scheduler %d nice %d\n", sched_getscheduler(0), getpriority(PRIO_PROCESS, 0));
  s->threads = count_threads();
}

static FILE *report; /* the real stderr */

static int same(const char *when, const snapshot *before, const snapshot *after, int extra_threads) {
  int good = 1;
  if (after->threads < before->threads || after->threads > before->threads + extra_threads) {
    fprintf(report, "  %s: %d threads, before %d\n", when, after->threads, before->threads);
    good = 0;
  }
  const char *a = before->text, *b = after->text;
  while (*a != '\0' || *b != '\0') { /* line by line; one missing line shows all that follow */
    const size_t na = strcspn(a, "\n"), nb = strcspn(b, "\n");
    if (na != nb || memcmp(a, b, na) != 0) {
      fprintf(report, "  %s: \"%.*s\" became \"%.*s\"\n", when, (int)na, a, (int)nb, b);
      good = 0;
    }
    a += na + (a[na] == '\n');
    b += nb + (b[nb] == '\n');
  }
  return good;
}

static void *library;
static void find(const char *name, void *function, size_t size) {
  void *found = dlsym(library, name);
  if (found == NULL) {
    fprintf(report, "  no %s: %s\n", name, dlerror());
    exit(2);
  }
  memcpy(function, &found, size); /* C99 has no cast from an object to a function pointer */
}
#define FIND(f) find("actionclip_" #f, &f, sizeof f)

static int32_t (*model_load)(const char *, const actionclip_model_options *, actionclip_model **);
static int32_t (*model_load_buffer)(const void *, size_t, const actionclip_model_options *,
                                    actionclip_model **);
static void (*model_options_init_sized)(actionclip_model_options *, size_t);
static void (*model_free)(actionclip_model *);
static int32_t (*video_open)(const char *, const actionclip_video_options *, actionclip_video **);
static int32_t (*video_open_buffer)(const void *, size_t, const actionclip_video_options *,
                                    actionclip_video **);
static int32_t (*video_get_info)(actionclip_video *, actionclip_video_info *);
static void (*video_free)(actionclip_video *);
static int32_t (*encode_video)(const actionclip_model *, actionclip_video *,
                               const actionclip_preprocess_options *, float *, size_t, float *, size_t);
static int32_t (*encode_pixels)(const actionclip_model *, const float *, size_t, size_t, float *, size_t,
                                float *, size_t);
static int32_t (*encode_labels)(const actionclip_model *, const char *const *, size_t, const char *const *,
                                size_t, int32_t, float *, size_t);

static void broken_inputs(void) {
  size_t size;
  unsigned char *clip = check_read_file(check_path(EXAMPLE_CLIP), &size);
  for (size_t i = size / 2; i < size; i += 37) clip[i] ^= 0x5A;
  actionclip_video *video = NULL;
  actionclip_video_info info;
  info.struct_size = sizeof info;
  if (video_open_buffer(clip, size, NULL, &video) == ACTIONCLIP_OK) video_get_info(video, &info);
  video_free(video);
  video = NULL;
  CHECK(video_open_buffer(clip, size / 3, NULL, &video) != ACTIONCLIP_OK || video != NULL);
  video_free(video);
  free(clip);
  actionclip_model *model = NULL;
  CHECK(model_load_buffer("no model", 8, NULL, &model) < 0);
  CHECK(model_load("/no/such/file", NULL, &model) < 0);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  check_root = argv[2];
  setlocale(LC_ALL, "");
  if (argc > 4) {
    clearenv();
    if (environ != NULL) return 2;
  }
  const int out = dup(1), err = dup(2);
  report = fdopen(dup(err), "w");
  char path[1100];
  snprintf(path, sizeof path, "%s/host-output", argv[3]);
  const int sink = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || err < 0 || report == NULL || sink < 0 || dup2(sink, 1) < 0 || dup2(sink, 2) < 0) return 2;

  static snapshot before, now;
  look(&now); /* opendir and friends have warmed up */
  look(&before);
  CHECK(same("looking twice", &before, &now, 0));

  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(report, "  %s\n", dlerror());
    return 2;
  }
  look(&now);
  CHECK(same("after dlopen", &before, &now, 0));

  FIND(model_load);
  FIND(model_load_buffer);
  FIND(model_options_init_sized);
  FIND(model_free);
  FIND(video_open);
  FIND(video_open_buffer);
  FIND(video_get_info);
  FIND(video_free);
  FIND(encode_video);
  FIND(encode_pixels);
  FIND(encode_labels);

  actionclip_model_options options;
  model_options_init_sized(&options, sizeof options);
  options.threads = 3;
  actionclip_model *model = NULL;
  CHECK(model_load(check_path(UNTRAINED_MODEL), &options, &model) == ACTIONCLIP_OK);
  look(&now);
  CHECK(same("after load", &before, &now, 0)); /* threads start on first use */

  static float pixels[8 * 3 * 112 * 112], embedding[32], text[16 * 32];
  const char *labels[1] = {"walking"};
  for (int i = 0; i < 3; i++) {
    CHECK(encode_pixels(model, pixels, sizeof pixels / 4, 8, embedding, 32, NULL, 0) == ACTIONCLIP_OK);
    CHECK(encode_labels(model, labels, 1, NULL, 0, 0, text, 16 * 32) == ACTIONCLIP_OK);
  }
  look(&now);
  CHECK(same("after encode", &before, &now, options.threads - 1));

  actionclip_video *video = NULL;
  CHECK(video_open(check_path(EXAMPLE_CLIP), NULL, &video) == ACTIONCLIP_OK);
  CHECK(encode_video(model, video, NULL, embedding, 32, NULL, 0) == ACTIONCLIP_OK);
  video_free(video);
  broken_inputs();
  look(&now);
  CHECK(same("after video", &before, &now, options.threads - 1));

  model_free(model);
  look(&now);
  CHECK(same("after free", &before, &now, 0));
  dlclose(library);
  look(&now);
  CHECK(same("after dlclose", &before, &now, 0));

  struct stat written;
  CHECK(fstat(sink, &written) == 0 && written.st_size == 0);
  dup2(out, 1);
  dup2(err, 2);
  if (written.st_size != 0) {
    static char bytes[400];
    const ssize_t n = pread(sink, bytes, sizeof bytes - 1, 0);
    fprintf(report, "  the library wrote: %.*s\n", (int)n, bytes);
  }
  fclose(report);
  unlink(path);
  return check_report("test_host");
}

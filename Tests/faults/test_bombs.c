/* test_bombs.c: files that claim far more than they hold are refused in under 100 ms and with less than 64 MB of
 * memory beyond what the process had. Each is loaded by a process of its own; of a video all frames are counted, under
 * the usual limits or, as "video-50ms", with 50 milliseconds for a call. Counted is the processor's time, of three
 * tries the best, because the machine may be busy with something else.
 *
 *   test_bombs FOLDER     with bombs.txt (bombs.py) */
#include "../c/check.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECONDS = 100, MEGABYTES = 64, TRIES = 3, TOOLONG_SECONDS = 20 };

typedef struct {
  int32_t status;
  double milliseconds;
  long kilobytes;
  char message[1024];
} outcome;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The most memory this process had since the last time. */
static long peak(int begin) {
  if (begin) {
    FILE *clear = fopen("/proc/self/clear_refs", "w");
    if (clear != NULL) {
      fputs("5", clear);
      fclose(clear);
    }
  }
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes = -1;
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
  if (file != NULL) fclose(file);
  return kilobytes;
}

static void load(const char *path, const char *as, outcome *result) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  actionclip_model *model = NULL;
  actionclip_tokenizer *tokenizer = NULL;
  actionclip_video *video = NULL;
  actionclip_video_options v;
  actionclip_video_options_init(&v);
  v.threads = 1;
  if (strcmp(as, "video-50ms") == 0) v.max_milliseconds = 50;
  /* One-time allocations, such as the runtime's tables, do not count. */
  actionclip_model_load("/no/such/file", &o, &model);
  if (strncmp(as, "video", 5) == 0) actionclip_video_open("/no/such/file", &v, &video);
  const long before = peak(1);
  const double start = now();
  if (strncmp(as, "video", 5) == 0) {
    actionclip_video_info info;
    info.struct_size = sizeof info;
    result->status = actionclip_video_open(path, &v, &video);
    if (result->status == ACTIONCLIP_OK) result->status = actionclip_video_get_info(video, &info);
  } else {
    result->status = strcmp(as, "model") == 0 ? actionclip_model_load(path, &o, &model)
                                              : actionclip_tokenizer_load(path, &tokenizer);
  }
  result->milliseconds = now() - start;
  result->kilobytes = peak(0) - before;
  snprintf(result->message, sizeof result->message, "%s", actionclip_last_error());
}

/* Whether "FORMAT_LIMIT,FORMAT_INVALID" has the status. */
static int listed(const char *statuses, int32_t status) {
  const char *name = actionclip_status_name(status);
  if (strncmp(name, "ACTIONCLIP_ERROR_", 17) != 0) return 0;
  name += 17;
  const size_t length = strlen(name);
  for (const char *at = statuses; (at = strstr(at, name)) != NULL; at++)
    if ((at == statuses || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) return 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: test_bombs FOLDER\n");
    return 2;
  }
  outcome *result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char path[1200], name[256], as[32], statuses[256], slowest[256] = "", largest[256] = "";
  snprintf(path, sizeof path, "%s/bombs.txt", argv[1]);
  FILE *list = fopen(path, "r");
  if (list == NULL || result == MAP_FAILED) return 2;
  double worst_time = 0;
  long worst_memory = 0;
  int count = 0;
  while (fscanf(list, "%255s %31s %255s", name, as, statuses) == 3) {
    snprintf(path, sizeof path, "%s/%s", argv[1], name);
    double best = 1e30;
    for (int attempt = 0; attempt < TRIES && best >= MILLISECONDS; attempt++) {
      memset(result, 0, sizeof *result);
      fflush(NULL);
      const pid_t child = fork();
      if (child == 0) {
        alarm(TOOLONG_SECONDS);
        load(path, as, result);
        _exit(0);
      }
      int status = -1;
      if (!CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0))
        fprintf(stderr, "  %s: ended with %d\n", name, status);
      if (result->milliseconds < best) best = result->milliseconds;
    }
    const int refused = listed(statuses, result->status), spoke = result->message[0] != '\0' && !strchr(result->message, '\n');
    if (!refused || !spoke || best >= MILLISECONDS || result->kilobytes >= MEGABYTES << 10 || argc > 2)
      fprintf(stderr, "  %s: %s, %.1f ms, %.1f MB: %s\n", name, actionclip_status_name(result->status), best,
              (double)result->kilobytes / 1024, result->message);
    CHECK(refused);
    CHECK(spoke && (strstr(result->message, name) != NULL || result->status == ACTIONCLIP_ERROR_TIME_LIMIT));
    CHECK(best < MILLISECONDS);
    CHECK(result->kilobytes < MEGABYTES << 10);
    if (best > worst_time) snprintf(slowest, sizeof slowest, "%s", name), worst_time = best;
    if (result->kilobytes > worst_memory) snprintf(largest, sizeof largest, "%s", name), worst_memory = result->kilobytes;
    count++;
  }
  fclose(list);
  CHECK(count >= 40);
  printf("  %d bombs refused; the slowest, %s, in %.1f ms; the largest, %s, with %.1f MB\n", count, slowest, worst_time,
         largest, (double)worst_memory / 1024);
  return check_report("test_bombs");
}

/* test_cache.c: the file in which a tuner keeps what no training changes of its clips, where the disk fails or is full,
 * or the process is killed at any write. Steps have the results that they have without a file, whatever of it was kept.
 *
 *   test_cache FIXTURES SCRATCH */
#include "files.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { FLOATS = 2 * 3 * 2 * 2, CLIPS = 4, STEPS = 3 };
static char cache[1200], model_path[1200];

/* The losses without a file, in memory that processes share. */
static double *expected;

typedef struct {
  actionclip_model *model;
  actionclip_tuner *tuner;
} training;

static training make(const char *path) {
  static const char *const labels[] = {"run", "on", "in"};
  training made = {NULL, NULL};
  actionclip_model_options own;
  actionclip_model_options_init(&own);
  own.threads = 1;
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.vision = ACTIONCLIP_TRAIN_PROJECTION;
  o.compute_type = ACTIONCLIP_COMPUTE_BF16;
  o.too_long = ACTIONCLIP_TEXT_TRUNCATE;
  o.rate = 1e-3;
  o.warm_up_epochs = 0;
  o.cache_path = path;
  CHECK_OK(actionclip_model_load(model_path, &own, &made.model));
  CHECK_OK(actionclip_tuner_create(made.model, labels, 3, NULL, 0, &o, &made.tuner));
  for (int32_t clip = 0; clip < CLIPS; clip++) {
    const int32_t label = clip % 3;
    float pixels[FLOATS];
    for (int i = 0; i < FLOATS; i++) pixels[i] = (float)((i * 7 + 3 * clip) % 11) / 5 - 1;
    CHECK_OK(actionclip_tuner_add_pixels(made.tuner, &label, 1, pixels, FLOATS, 2, ACTIONCLIP_CLIP_TRAINED));
  }
  return made;
}

static void unmake(training made) {
  actionclip_tuner_free(made.tuner);
  actionclip_model_free(made.model);
}

/* Takes all steps while these calls fail. A tuner that could not open the file says so by its name, and can once it may. */
static int32_t take_steps(training made, int kinds, int fault, int error, long from, long to) {
  int32_t first = ACTIONCLIP_OK;
  files_arm(kinds, fault, error, from, to);
  for (int i = 0; i < STEPS; i++) {
    actionclip_tuner_result result;
    result.struct_size = sizeof result;
    int32_t status = actionclip_tuner_step(made.tuner, &result);
    if (status != ACTIONCLIP_OK) {
      files_disarm();
      CHECK(i == 0 && strstr(actionclip_last_error(), cache) != NULL && check_message());
      first = status;
      status = actionclip_tuner_step(made.tuner, &result);
    }
    CHECK_OK(status);
    if (expected[i] == 0) expected[i] = result.loss;
    CHECK(result.loss == expected[i]);
  }
  files_disarm();
  return first;
}

static void fill(void) {
  unlink(cache);
  const training made = make(cache);
  CHECK_OK(take_steps(made, 0, 0, 0, 0, 0));
  unmake(made);
}

/* Each of the calls of a kind fails in turn, and then all from it on, for a new file and for a filled one. `refusal` is
 * the status of a file that cannot be begun. */
static long each(const char *name, int kind, int fault, int error, int32_t refusal) {
  long failed = 0, refused = 0;
  for (int is_filled = 0; is_filled < 2; is_filled++) {
    for (int persistent = 0; persistent < 2; persistent++) {
      for (long n = 1;; n++) {
        if (is_filled) fill();
        else unlink(cache);
        const training made = make(cache);
        const int32_t status = take_steps(made, kind, fault, error, n, persistent ? INT64_MAX : n);
        unmake(made);
        CHECK(status == ACTIONCLIP_OK || status == refusal);
        if (files.faults == 0) break;
        failed++;
        refused += status != ACTIONCLIP_OK;
        /* Pictures that are left in the file serve the next tuner, or are made again. */
        const training next = make(cache);
        CHECK_OK(take_steps(next, 0, 0, 0, 0, 0));
        unmake(next);
        if (check_failed > 20) return failed;
      }
    }
  }
  printf("  %-28s %4ld failed, %ld files refused\n", name, failed, refused);
  return failed;
}

/* The process is killed at each write, or halfway through it. */
static long killed(int fault) {
  long kills = 0;
  for (long n = 1; n < 1000; n++) {
    unlink(cache);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
      alarm(30);
      take_steps(make(cache), WRITES, fault, 0, n, n);
      _exit(check_failed > 0);
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    const int was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    CHECK(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    fflush(NULL);
    const pid_t next = fork();
    if (next == 0) {
      alarm(30);
      take_steps(make(cache), 0, 0, 0, 0, 0);
      _exit(check_failed > 0);
    }
    CHECK(next > 0 && waitpid(next, &status, 0) == next && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (!was_killed) break;
    kills++;
  }
  return kills;
}

/* A process may write files of so many bytes: nothing is written beyond, no signal is raised, and steps go on. */
static void limited(void) {
  struct rlimit before, limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
  for (rlim_t bytes = 0; bytes < 10000; bytes += 1024) {
    unlink(cache);
    limit = before;
    limit.rlim_cur = bytes;
    const training made = make(cache);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_OK(take_steps(made, 0, 0, 0, 0, 0));
    struct stat status;
    CHECK(stat(cache, &status) == 0 && (rlim_t)status.st_size <= bytes);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    unmake(made);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_cache FIXTURES SCRATCH\n");
    return 2;
  }
  snprintf(cache, sizeof cache, "%s/clips.cache", argv[2]);
  snprintf(model_path, sizeof model_path, "%s/models/whole.safetensors", argv[1]);
  expected = mmap(NULL, STEPS * sizeof *expected, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (expected == MAP_FAILED) return 2;
  /* First, while this process has loaded nothing. The first tuner of all sets what is expected. */
  const long kills = killed(KILLED), torn = killed(TORN);
  CHECK(kills > CLIPS && torn == kills && expected[0] != 0);
  printf("  killed %ld times at a write, %ld times halfway\n", kills, torn);
  const training plain = make(NULL);
  CHECK_OK(take_steps(plain, 0, 0, 0, 0, 0));
  unmake(plain);
  enum { OK = ACTIONCLIP_OK, OPEN = ACTIONCLIP_ERROR_FILE_OPEN, READ = ACTIONCLIP_ERROR_FILE_READ, WRITE = ACTIONCLIP_ERROR_FILE_WRITE };
  CHECK(each("writing, no space", WRITES, FAILS, ENOSPC, OK) > 0);
  CHECK(each("writing, a defect", WRITES, FAILS, EIO, OK) > 0);
  CHECK(each("writing, interrupted", WRITES, OTHERWISE, EINTR, OK) > 0);
  CHECK(each("writing a byte", WRITES, SHORT, 0, OK) > 0);
  CHECK(each("writing nothing", WRITES, ENDS, 0, OK) > 0);
  CHECK(each("reading, a defect", READS, FAILS, EIO, READ) > 0);
  CHECK(each("reading, interrupted", READS, OTHERWISE, EINTR, OK) > 0);
  CHECK(each("reading a byte", READS, SHORT, 0, OK) > 0);
  CHECK(each("reading nothing", READS, ENDS, 0, OK) > 0);
  CHECK(each("emptying", TRUNCATES, FAILS, EIO, WRITE) > 0);
  CHECK(each("opening", OPENS, FAILS, EACCES, OPEN) > 0);
  CHECK(each("looking", FSTATS, FAILS, EIO, OPEN) > 0);
  limited();
  unlink(cache);
  return check_report("test_cache");
}

/* test_tune_memory.c: a tuner takes no more memory than it tells before it begins, and with a limit no more than that.
 *
 *   test_tune_memory ROOT SCRATCH     SCRATCH has the models of tuned_models.py. With TELL in the environment the figures
 *                                     of every case are printed. */
#include "tuned_models.h"

#include <sys/wait.h>

/* A figure of /proc/self/status, in bytes. */
static int64_t figure(const char *name) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long long kilobytes = -1;
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0) kilobytes = atoll(line + strlen(name));
  if (file != NULL) fclose(file);
  return kilobytes * 1024;
}

typedef struct {
  const char *name;
  const char *file;
  int32_t shift, head, vision, loss, compute;
} memory_case;

/* Stacks of threads, the allocator's own pages, and what the process keeps of calls in general. */
enum { SLACK = 3 << 20 };

static int64_t sum_of(const actionclip_tuner_info *sizes) {
  return sizes->model_bytes + sizes->clip_bytes + sizes->work_bytes + sizes->cache_bytes;
}

static actionclip_tuner_options options_in(const memory_case *c) {
  actionclip_tuner_options o = options_of(ACTIONCLIP_RECIPE_ANCHORED, c->head);
  o.vision = c->vision;
  o.vision_blocks = c->vision == ACTIONCLIP_TRAIN_BLOCKS;
  o.text = c->vision == ACTIONCLIP_TRAIN_EVERYTHING ? ACTIONCLIP_TRAIN_EVERYTHING : ACTIONCLIP_TRAIN_NOTHING;
  o.loss = c->loss;
  o.compute_type = c->compute;
  o.epochs = 100;
  return o;
}

/* In a process of its own: what is resident at most while a tuner is prepared and takes steps is no more than it tells, and no less
 * than it tells of the copy alone.
 * With `below`, max_memory is less than that by a sixteenth of what a first tuner told for steps: less is kept to save
 * time, or it is refused. */
static int takes_what_it_tells(const memory_case *c, int64_t below, int64_t *told) {
  actionclip_model *model = load(c->file, c->shift, 2);
  actionclip_tuner_options o = options_in(c);
  o.max_memory = below > 0 ? below : 0;
  actionclip_tuner *tuner = ready(model, &o);
  actionclip_tuner_info sizes;
  sizes.struct_size = sizeof sizes;
  FILE *reset = fopen("/proc/self/clear_refs", "w");
  if (reset == NULL || fputs("5", reset) < 0 || fclose(reset) != 0) return 77;
  const int64_t before = figure("RssAnon:");
  const int32_t status = actionclip_tuner_get_info(tuner, &sizes);
  if (below > 0 && status == ACTIONCLIP_ERROR_OUT_OF_MEMORY) {
    char limit[64];
    snprintf(limit, sizeof limit, "max_memory is %lld", (long long)below);
    CHECK(strstr(actionclip_last_error(), "of work") != NULL && strstr(actionclip_last_error(), limit) != NULL);
    *told = 0;
  } else {
    CHECK_OK(status);
    CHECK_OK(actionclip_tuner_run(tuner, 3, NULL, NULL, NULL));
    const int64_t peak = figure("VmHWM:") - figure("RssFile:") - before;
    const int64_t limit = sizes.model_bytes + sizes.work_bytes + sizes.cache_bytes;
    if (getenv("TELL") != NULL || peak > limit + SLACK || peak + SLACK < sizes.model_bytes)
      fprintf(stderr, "  %-34s told %6.2f MB (copy %.2f, work %.2f), took %6.2f MB\n", c->name, 1e-6 * (double)limit,
              1e-6 * (double)sizes.model_bytes, 1e-6 * (double)sizes.work_bytes, 1e-6 * (double)peak);
    CHECK(peak <= limit + SLACK && peak + SLACK >= sizes.model_bytes);
    CHECK(o.max_memory == 0 || sum_of(&sizes) <= o.max_memory);
    *told = sum_of(&sizes);
  }
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  return check_failed > 0;
}

static void memory(void) {
  const char *const untrained = check_path(UNTRAINED_MODEL);
  static char plain[1200], joint[1200];
  snprintf(plain, sizeof plain, "%s", made("plain"));
  snprintf(joint, sizeof joint, "%s", made("joint"));
  enum { FP32 = ACTIONCLIP_COMPUTE_FP32, BF16 = ACTIONCLIP_COMPUTE_BF16 };
  const memory_case cases[] = {
      {"head Transf", untrained, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ACTIONCLIP_TRAIN_NOTHING, 0, FP32},
      {"head LSTM, cross-entropy", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_LSTM, ACTIONCLIP_TRAIN_NOTHING, 1, FP32},
      {"last block", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_TRANSF, ACTIONCLIP_TRAIN_BLOCKS, 0, FP32},
      {"last block, cross-entropy", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ACTIONCLIP_TRAIN_BLOCKS, 1, FP32},
      {"everything", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ACTIONCLIP_TRAIN_EVERYTHING, 0, FP32},
      {"everything, shift", plain, ACTIONCLIP_ON, ACTIONCLIP_HEAD_TRANSF_CLS, ACTIONCLIP_TRAIN_EVERYTHING, 0, FP32},
      {"everything, joint", joint, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ACTIONCLIP_TRAIN_EVERYTHING, 1, FP32},
      {"last block, bf16", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_TRANSF, ACTIONCLIP_TRAIN_BLOCKS, 0, BF16},
      {"everything, bf16", plain, ACTIONCLIP_OFF, ACTIONCLIP_HEAD_AS_CHECKPOINT, ACTIONCLIP_TRAIN_EVERYTHING, 0, BF16},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t told = 0, limit = 0;
    for (int round = 0; round < 12 && (round == 0 || told > 0); round++) {
      int link[2], status = -1;
      if (pipe(link) != 0) exit(2);
      fflush(NULL);
      const pid_t child = fork();
      if (child == 0) {
        alarm(60);
        check_failed = 0;
        const int bad = takes_what_it_tells(&cases[i], limit, &told);
        if (write(link[1], &told, sizeof told) != (ssize_t)sizeof told) _exit(2);
        _exit(bad);
      }
      CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
      if (WEXITSTATUS(status) == 77) {
        printf("test_tune_states: skipped the memory of tuners: /proc/self/clear_refs cannot be written\n");
        return;
      }
      const int64_t before = told;
      CHECK(WEXITSTATUS(status) == 0 && read(link[0], &told, sizeof told) == (ssize_t)sizeof told);
      CHECK(round == 0 || told < before);
      CHECK(round < 11 || told == 0); /* less than the least is refused */
      limit = told - told / 16;
      close(link[0]), close(link[1]);
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  check_root = argv[1];
  scratch = argv[2];
  memory();
  return check_report("test_tune_memory");
}

/* test_killed.c: a process that saves the state of a tuner is killed at every call that it makes on files, and halfway
 * through every write. The file at the path is the state before or the state after, byte for byte, and never a part.
 *
 *   test_killed FIXTURES SCRATCH */
#include "files.h"

#include <sys/wait.h>

enum { FLOATS = 2 * 3 * 2 * 2, WAS_KILLED = 1, WAS_NOT = 0, BROKE = -1 };
static char target[1200], model_path[1200];

static actionclip_tuner *make(actionclip_model **model) {
  static const char *const labels[] = {"run", "on", "in"};
  actionclip_model_options own;
  actionclip_model_options_init(&own);
  own.threads = 1;
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.vision = o.text = ACTIONCLIP_TRAIN_EVERYTHING;
  o.too_long = ACTIONCLIP_TEXT_TRUNCATE;
  o.rate = 1e-3;
  o.warm_up_epochs = 0;
  actionclip_tuner *tuner = NULL;
  CHECK_OK(actionclip_model_load(model_path, &own, model));
  CHECK_OK(actionclip_tuner_create(*model, labels, 3, NULL, 0, &o, &tuner));
  for (int32_t label = 0; label < 3; label++) {
    float pixels[FLOATS];
    for (int i = 0; i < FLOATS; i++) pixels[i] = (float)((i * 7 + 3 * label) % 11) / 5 - 1;
    CHECK_OK(actionclip_tuner_add_pixels(tuner, &label, 1, pixels, FLOATS, 2, ACTIONCLIP_CLIP_TRAINED));
  }
  return tuner;
}

/* A process goes on from the state at the path, if there is one, takes a step and saves, and is killed at the `number`th
 * call of these kinds. */
static int save_in_a_process(int kinds, int fault, long number) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    actionclip_model *model = NULL;
    actionclip_tuner *tuner = make(&model);
    if (access(target, F_OK) == 0) CHECK_OK(actionclip_tuner_load(tuner, target));
    CHECK_OK(actionclip_tuner_step(tuner, NULL));
    files_arm(kinds, fault, 0, number, number);
    const int32_t status = actionclip_tuner_save(tuner, target);
    files_disarm();
    CHECK_OK(status);
    actionclip_tuner_free(tuner);
    actionclip_model_free(model);
    _exit(check_failed > 0);
  }
  int status = 0;
  if (child <= 0 || waitpid(child, &status, 0) != child) return BROKE;
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL ? WAS_KILLED : BROKE;
  return WEXITSTATUS(status) == 0 ? WAS_NOT : BROKE;
}

static int holds(const unsigned char *bytes, size_t count) {
  size_t size;
  unsigned char *now = check_read_file(target, &size);
  const int same = size == count && memcmp(now, bytes, count) == 0;
  free(now);
  return same;
}

static void put(const unsigned char *bytes, size_t count) {
  FILE *file = fopen(target, "wb");
  if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) exit(2);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_killed FIXTURES SCRATCH\n");
    return 2;
  }
  snprintf(target, sizeof target, "%s/state", argv[2]);
  snprintf(model_path, sizeof model_path, "%s/models/whole.safetensors", argv[1]);
  size_t before_size, after_size;
  CHECK(save_in_a_process(0, 0, 0) == WAS_NOT);
  unsigned char *before = check_read_file(target, &before_size);
  CHECK(save_in_a_process(0, 0, 0) == WAS_NOT);
  unsigned char *after = check_read_file(target, &after_size);
  CHECK(!holds(before, before_size));

  static const struct {
    const char *name;
    int kind, fault;
  } moments[] = {{"opening", OPENS, KILLED}, {"writing", WRITES, KILLED}, {"half a write", WRITES, TORN},
                 {"syncing", SYNCS, KILLED}, {"renaming", RENAMES, KILLED}, {"closing", CLOSES, KILLED}};
  long kills = 0, old = 0;
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    long number = 1;
    for (;; number++) {
      put(before, before_size);
      const int outcome = save_in_a_process(moments[i].kind, moments[i].fault, number);
      CHECK(outcome != BROKE);
      if (outcome != WAS_KILLED) break;
      const int is_old = holds(before, before_size);
      if (!CHECK(is_old || holds(after, after_size)))
        fprintf(stderr, "  killed at %s, number %ld\n", moments[i].name, number);
      kills++;
      old += is_old;
      if (check_failed > 20) break;
    }
    CHECK(number > 1);
    CHECK(holds(after, after_size)); /* by the last one, which was not killed, beside what others left */
  }
  /* Both were seen. */
  CHECK(old > 0 && old < kills);
  printf("  killed %ld times; %ld times the state before was there\n", kills, old);
  free(before);
  free(after);
  return check_report("test_killed");
}

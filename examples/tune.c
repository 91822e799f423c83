/* tune.c: teach the model itself new actions by a few clips, some steps at a time, and go on another day.
 *
 *   cc -std=c99 examples/tune.c -o tune $(pkg-config --cflags --libs actionclip)
 *   ./tune mine.safetensors my.state 20 zigzagging a.mp4 zigzagging b.mp4 "moving left" c.mp4 ...
 *
 * Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
 *
 * The first arguments are the model to write, the file in which training is kept, and how many steps to do now; then a
 * label and a clip that shows it, by turns. Start it again with the same labels and clips, and it goes on where it was,
 * bit for bit; after the last step it writes the model. The model that it begins with is the default one, or the one
 * that ACTIONCLIP_MODEL names. docs/TRAINING.md says what to train for how many clips. */
#include <actionclip.h>

#include "notes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library never exits or prints; what to do with an error is the program's choice. */
static void need(int32_t status, const char *what) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "tune: %s: %s (%s)\n", what, actionclip_last_error(), actionclip_status_name(status));
  exit(1);
}

/* The place of a label in a list of `*count`, at whose end it is put if it is not there yet. */
static int32_t place_of(const char *label, const char **labels, size_t *count) {
  size_t place = 0;
  while (place < *count && strcmp(labels[place], label) != 0) place++;
  if (place == *count) labels[(*count)++] = label;
  return (int32_t)place;
}

/* The labels that the model has, and the new ones among the arguments: it must tell all of them apart. */
static const char **all_labels(const actionclip_model *model, int argc, char **argv, size_t *count) {
  const int32_t own = actionclip_model_label_count(model);
  const char **labels = calloc((size_t)own + (size_t)argc, sizeof *labels);
  if (labels == NULL) exit(1);
  for (int32_t i = 0; i < own; i++) labels[(*count)++] = actionclip_model_label(model, i);
  for (int i = 4; i < argc; i += 2) place_of(argv[i], labels, count);
  return labels;
}

/* A tuner with a clip of each pair of arguments. */
static actionclip_tuner *make_tuner(const actionclip_model *model, int argc, char **argv) {
  size_t count = 0;
  const char **labels = all_labels(model, argc, argv, &count);

  /* With few clips train little: by default it is the temporal head alone. Cross-entropy compares each clip with all
   * labels, not only with those of its batch. */
  actionclip_tuner_options options;
  actionclip_tuner_options_init(&options);
  options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY;
  options.epochs = 10;
  options.rate = 1e-4;
  actionclip_tuner *tuner = NULL;
  need(actionclip_tuner_create(model, labels, count, NULL, 0, &options, &tuner), "the tuner");

  /* Four choices of each clip's frames, of which each step draws one. The video may be closed then. */
  for (int i = 4; i < argc; i += 2) {
    const int32_t label = place_of(argv[i], labels, &count);
    actionclip_video *clip = NULL;
    need(actionclip_video_open(argv[i + 1], NULL, &clip), argv[i + 1]);
    need(actionclip_tuner_add_video(tuner, &label, 1, clip, 0, INFINITY, 4, NULL, ACTIONCLIP_CLIP_TRAINED),
         argv[i + 1]);
    actionclip_video_free(clip);
  }
  free(labels);
  return tuner;
}

/* Goes on from the state in a file, if there is one. Returns the tuner's sizes, which are known before any step. */
static actionclip_tuner_info go_on(actionclip_tuner *tuner, const char *state) {
  actionclip_tuner_info info;
  info.struct_size = sizeof info;
  need(actionclip_tuner_get_info(tuner, &info), "the tuner");
  const double bytes = (double)(info.model_bytes + info.clip_bytes + info.work_bytes + info.cache_bytes);
  printf("%d clips, %lld numbers are trained, in %.0f MB\n", info.clips, (long long)info.trained, bytes / 1e6);
  FILE *begun = fopen(state, "rb");
  if (begun == NULL) return info;
  fclose(begun);
  need(actionclip_tuner_load(tuner, state), "going on");
  need(actionclip_tuner_get_info(tuner, &info), "the tuner");
  return info;
}

/* Writes a model half-way from the old weights to the tuned ones, which often keeps what both know. It is a model like
 * any other: `actionclip classify VIDEO --model mine.safetensors`. */
static void write_model(actionclip_tuner *tuner, const char *path) {
  actionclip_model *tuned = NULL;
  need(actionclip_tuner_model(tuner, 0.5, &tuned), "the new model");
  need(actionclip_model_save(tuned, path, NULL), path);
  actionclip_model_free(tuned);
  printf("%s has the new model\n", path);
}

int main(int argc, char **argv) {
  if (argc < 6 || argc % 2 != 0 || atol(argv[3]) < 1) {
    fprintf(stderr, "usage: tune MINE.safetensors STATE STEPS LABEL CLIP [LABEL CLIP...]\n");
    return 2;
  }
  actionclip_model *model = NULL;
  need(actionclip_model_load(NULL, NULL, &model), "the model");
  actionclip_tuner *tuner = make_tuner(model, argc, argv);
  actionclip_tuner_info info = go_on(tuner, argv[2]);

  /* The program's own loop: between two steps a robot looks, moves and answers. Another thread could end a step early
   * with actionclip_tuner_cancel. */
  for (long left = atol(argv[3]); left > 0 && info.steps < info.total_steps; left--) {
    actionclip_tuner_result result;
    result.struct_size = sizeof result;
    need(actionclip_tuner_step(tuner, &result), "a step");
    printf("step %2lld of %lld: loss %.3f\n", (long long)result.step, (long long)result.total_steps, result.loss);
    info.steps = result.step;
  }
  need(actionclip_tuner_save(tuner, argv[2]), "the state");
  if (info.steps < info.total_steps)
    printf("%s has the first %lld steps; start again to go on\n", argv[2], (long long)info.steps);
  else
    write_model(tuner, argv[1]);
  actionclip_tuner_free(tuner);
  actionclip_model_free(model);
  return status_of_output("tune");
}

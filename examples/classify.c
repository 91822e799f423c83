/* classify.c: which of my labels does this video show?
 *
 *   cc -std=c99 examples/classify.c -o classify $(pkg-config --cflags --libs actionclip)
 *   ./classify examples/clip.mp4 examples/labels.txt
 *   ./classify skating.mp4 sports.txt vit-b-16-8f.pt bpe_simple_vocab_16e6.txt.gz
 *
 * Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
 *
 * Without weights it is the default model, which knows coloured shapes and nothing else. The merge
 * list of the tokenizer is looked for beside the weights if it is not named. */
#include <actionclip.h>

#include "notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *label;
  float probability;
} answer;

static int by_probability(const void *a, const void *b) {
  const float x = ((const answer *)a)->probability, y = ((const answer *)b)->probability;
  return (x < y) - (x > y);
}

/* The library never exits or prints; what to do with an error is the program's choice. */
static void need(int32_t status, const char *what) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "classify: %s: %s (%s)\n", what, actionclip_last_error(),
          actionclip_status_name(status));
  exit(1);
}

static void *allocate(size_t count, size_t size) {
  void *p = calloc(count, size);
  if (p != NULL) return p;
  fprintf(stderr, "classify: out of memory\n");
  exit(1);
}

/* One label a line; empty lines are skipped. The text stays in memory until the program ends. */
static size_t read_labels(const char *path, char ***labels_out) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  /* A folder has a size, too, and no bytes. */
  if (size < 0 || size > 1 << 30 || fseek(file, 0, SEEK_SET) != 0) {
    fprintf(stderr, "classify: cannot read %s\n", path);
    exit(1);
  }
  char *text = allocate((size_t)size + 1, 1);
  size_t length = fread(text, 1, (size_t)size, file), lines = 1, count = 0;
  fclose(file);
  for (size_t i = 0; i < length; i++) lines += text[i] == '\n' || text[i] == '\r';
  char **labels = allocate(lines, sizeof *labels);
  for (char *line = strtok(text, "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
    labels[count++] = line;
  if (count == 0) {
    fprintf(stderr, "classify: %s has no label\n", path);
    exit(1);
  }
  *labels_out = labels;
  return count;
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 5) {
    fprintf(stderr, "usage: classify VIDEO LABELS.txt [WEIGHTS [MERGES]]\n");
    return 2;
  }
  if (actionclip_abi_version() != ACTIONCLIP_ABI_VERSION) {
    fprintf(stderr, "classify: built for another libactionclip than %s\n", actionclip_version());
    return 1;
  }
  char **labels;
  const size_t label_count = read_labels(argv[2], &labels);

  actionclip_model_options options;
  actionclip_model_options_init(&options);
  if (argc == 5) options.tokenizer_path = argv[4];
  actionclip_model *model = NULL;
  need(actionclip_model_load(argc > 3 ? argv[3] : NULL, &options, &model), "loading the weights");

  actionclip_model_info info;
  info.struct_size = sizeof info;
  need(actionclip_model_get_info(model, &info), "asking for the model's sizes");
  const size_t e = (size_t)info.embedding_size;
  /* The model's own templates if its file has some, else the reference's. */
  const int32_t own = actionclip_model_template_count(model);
  const size_t templates = (size_t)(own > 0 ? own : actionclip_template_count());

  /* Words once ... */
  float *texts = allocate(templates * label_count * e + 1, sizeof *texts);
  need(actionclip_encode_labels(model, (const char *const *)labels, label_count, NULL, 0,
                                ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, texts, templates * label_count * e),
       "encoding the labels");
  note_unlearned("classify", model, (const char *const *)labels, label_count);

  /* ... then as many videos as you like. */
  actionclip_video *video = NULL;
  need(actionclip_video_open(argv[1], NULL, &video), "opening the video");
  float *embedding = allocate(e, sizeof *embedding);
  need(actionclip_encode_video(model, video, NULL, embedding, e, NULL, 0), "encoding the video");

  float *probabilities = allocate(label_count + 1, sizeof *probabilities);
  need(actionclip_probabilities(embedding, 1, texts, templates, label_count, e, 100.0f, probabilities,
                                label_count),
       "comparing");

  answer *answers = allocate(label_count + 1, sizeof *answers);
  for (size_t i = 0; i < label_count; i++) {
    answers[i].label = labels[i];
    answers[i].probability = probabilities[i];
  }
  qsort(answers, label_count, sizeof *answers, by_probability);
  for (size_t i = 0; i < label_count; i++)
    printf("%6.2f %%  %s\n", (double)answers[i].probability * 100, answers[i].label);

  actionclip_video_free(video);
  actionclip_model_free(model);
  free(answers);
  free(probabilities);
  free(embedding);
  free(texts);
  free(labels[0]); /* the text that every label points into */
  free(labels);
  return status_of_output("classify");
}

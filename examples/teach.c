/* teach.c: teach a classifier new actions by a few clips, and use what it learned.
 *
 *   cc -std=c99 examples/teach.c -o teach $(pkg-config --cflags --libs actionclip)
 *   ./teach my.classifier clip.mp4 "moving left" a.mp4 "moving left" b.mp4 "gesture one" c.mp4 ...
 *
 * Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
 *
 * The first arguments are the file to write and the video to recognise; then a label and a clip that shows it, by
 * turns. The model is the default one, or the one that ACTIONCLIP_MODEL names. */
#include <actionclip.h>

#include "notes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library never exits or prints; what to do with an error is the program's choice. */
static void need(int32_t status, const char *what) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "teach: %s: %s (%s)\n", what, actionclip_last_error(), actionclip_status_name(status));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc % 2 == 0) {
    fprintf(stderr, "usage: teach FILE VIDEO LABEL CLIP [LABEL CLIP...]\n");
    return 2;
  }
  actionclip_model *model = NULL;
  need(actionclip_model_load(NULL, NULL, &model), "the model");

  /* Each label once. A label without clips would be recognised by its words alone. */
  const char **labels = calloc((size_t)argc, sizeof *labels);
  if (labels == NULL) return 1;
  size_t count = 0;
  for (int i = 3; i < argc; i += 2) {
    size_t known = 0;
    while (known < count && strcmp(labels[known], argv[i]) != 0) known++;
    if (known == count) labels[count++] = argv[i];
  }
  actionclip_classifier *classifier = NULL;
  need(actionclip_classifier_create(model, labels, count, NULL, 0, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, &classifier),
       "the labels");

  /* Four choices of each clip's frames, which count as one clip. */
  for (int i = 3; i < argc; i += 2) {
    actionclip_video *clip = NULL;
    need(actionclip_video_open(argv[i + 1], NULL, &clip), argv[i + 1]);
    need(actionclip_classifier_add_video(classifier, argv[i], clip, 0, INFINITY, 4, NULL, -1), argv[i + 1]);
    actionclip_video_free(clip);
  }
  need(actionclip_classifier_fit(classifier, NULL, NULL), "the fit");

  actionclip_report *report = NULL;
  char reason[1024];
  size_t size = 0;
  need(actionclip_classifier_report(classifier, &report), "the report");
  if (actionclip_report_reason(report, reason, sizeof reason, &size) == ACTIONCLIP_OK) printf("%s\n", reason);
  actionclip_report_free(report);

  need(actionclip_classifier_save(classifier, argv[1], 1), argv[1]);
  actionclip_classifier_free(classifier);

  /* From here on it could be another program. */
  actionclip_model_info info = {0};
  info.struct_size = sizeof info;
  need(actionclip_model_get_info(model, &info), "the model");
  float *embedding = calloc((size_t)info.video_size, sizeof *embedding), probability = 0;
  if (embedding == NULL) return 1;
  need(actionclip_classifier_load(model, argv[1], &classifier), argv[1]);
  actionclip_label_list *list = NULL;
  need(actionclip_classifier_label_list(classifier, &list), "the list");
  actionclip_video *video = NULL;
  need(actionclip_video_open(argv[2], NULL, &video), argv[2]);
  need(actionclip_encode_video(model, video, NULL, embedding, (size_t)info.video_size, NULL, 0), argv[2]);
  int32_t label = -1;
  need(actionclip_label_list_decide(list, embedding, 1, &label, 1, &probability, NULL), "the decision");
  printf("%s: %s (%.2f)\n", argv[2], label < 0 ? "none of these" : actionclip_label_list_label(list, label),
         (double)probability);

  actionclip_video_free(video);
  actionclip_label_list_free(list);
  actionclip_classifier_free(classifier);
  actionclip_model_free(model);
  free(embedding);
  free(labels);
  return status_of_output("teach");
}

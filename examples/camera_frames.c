/* camera_frames.c: frames from memory, as a camera gives them, scored while they arrive.
 *
 *   cc -std=c99 examples/camera_frames.c -o camera_frames $(pkg-config --cflags --libs actionclip)
 *   ffmpeg -v error -i examples/clip.mp4 -f rawvideo -pix_fmt rgb24 - |
 *     ./camera_frames 224 160 "moving left" "moving right"
 *
 * Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
 *
 * Every 25 frames, the T frames that lie evenly in the last 25 are encoded and the best label
 * is printed. No video function is called, so FFmpeg's libraries are not even looked for. The model
 * is the default one, or the one that the environment variable ACTIONCLIP_MODEL names. */
#include <actionclip.h>

#include "notes.h"

#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 25 };

static void need(int32_t status) {
  if (status == ACTIONCLIP_OK) return;
  fprintf(stderr, "camera_frames: %s\n", actionclip_last_error());
  exit(1);
}

static void *allocate(size_t count, size_t size) {
  void *p = calloc(count, size);
  if (p != NULL) return p;
  fprintf(stderr, "camera_frames: out of memory\n");
  exit(1);
}

int main(int argc, char **argv) {
  const int width = argc > 3 ? atoi(argv[1]) : 0, height = argc > 3 ? atoi(argv[2]) : 0;
  if (width < 1 || height < 1 || width > 65535 || height > 65535) {
    fprintf(stderr, "usage: camera_frames WIDTH HEIGHT LABEL... < RGB24 frames\n");
    return 2;
  }
  const char *const *labels = (const char *const *)argv + 3;
  const size_t label_count = (size_t)argc - 3;

  actionclip_model *model = NULL;
  need(actionclip_model_load(NULL, NULL, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  need(actionclip_model_get_info(model, &info));
  const size_t e = (size_t)info.embedding_size, frames = (size_t)info.frames;
  /* The model's own templates if its file has some, else the reference's. */
  const int32_t own = actionclip_model_template_count(model);
  const size_t templates = (size_t)(own > 0 ? own : actionclip_template_count());
  const size_t text_size = templates * label_count * e;

  float *texts = allocate(text_size, sizeof *texts);
  need(actionclip_encode_labels(model, labels, label_count, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE, texts,
                                text_size));
  note_unlearned("camera_frames", model, labels, label_count);

  const size_t frame_size = (size_t)width * (size_t)height * 3;
  uint8_t *window = allocate(WINDOW, frame_size);
  int64_t *chosen = allocate(frames, sizeof *chosen);
  actionclip_image *images = allocate(frames, sizeof *images);
  float *embedding = allocate(e, sizeof *embedding), *probabilities = allocate(label_count, sizeof(float));
  need(actionclip_sample_indices(WINDOW, info.frames, chosen, frames));

  long seen = 0;
  size_t length = 0;
  while ((length = fread(window, 1, frame_size * WINDOW, stdin)) == frame_size * WINDOW) {
    seen += WINDOW;
    for (size_t i = 0; i < frames; i++) {
      images[i].data = window + (size_t)chosen[i] * frame_size;
      images[i].width = width;
      images[i].height = height;
      images[i].pixel_format = ACTIONCLIP_PIXEL_RGB;
    }
    need(actionclip_encode_frames(model, images, frames, NULL, embedding, e, NULL, 0));
    need(actionclip_probabilities(embedding, 1, texts, templates, label_count, e, 100.0f, probabilities,
                                  label_count));
    size_t best = 0;
    for (size_t i = 1; i < label_count; i++)
      if (probabilities[i] > probabilities[best]) best = i;
    printf("frames %ld-%ld: %s (%.1f %%)\n", seen - WINDOW, seen - 1, labels[best],
           (double)probabilities[best] * 100);
    fflush(stdout);
  }
  if (length % frame_size != 0 || seen == 0) {
    fprintf(stderr, "camera_frames: standard input %s of %d x %d pixels\n",
            length % frame_size != 0 ? "ends inside a frame" : "has less than 25 frames", width, height);
    return 1;
  }
  actionclip_model_free(model);
  free(probabilities);
  free(embedding);
  free(images);
  free(chosen);
  free(window);
  free(texts);
  return status_of_output("camera_frames");
}

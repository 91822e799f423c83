/* frames.c: for each video of the command line, a line with its name, its properties, a hash of every byte and time of
 * every frame, and a hash of its embedding by the default model, so that what two versions of FFmpeg decode can be
 * compared. The version of FFmpeg goes to standard error. */
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actionclip.h"

static const uint64_t start = 0xcbf29ce484222325u;

/* FNV-1a, from `start` on. */
static uint64_t hash(uint64_t sum, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) sum = (sum ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return sum;
}

static int hash_frames(actionclip_video *video, const actionclip_video_info *info, uint64_t *sum) {
  const size_t size = (size_t)info->width * (size_t)info->height * 3;
  uint8_t *pixels = malloc(size);
  int32_t status = pixels == NULL ? ACTIONCLIP_ERROR_OUT_OF_MEMORY : ACTIONCLIP_OK;
  for (int64_t frame = 0; status == ACTIONCLIP_OK && frame < info->frame_count; frame++) {
    double seconds = 0;
    status = actionclip_video_read_frames(video, &frame, 1, pixels, size, &seconds, 1);
    *sum = hash(hash(*sum, pixels, size), &seconds, sizeof seconds);
  }
  free(pixels);
  return status;
}

static int describe(const actionclip_model *model, const char *path) {
  actionclip_video_options options;
  actionclip_video_options_init(&options);
  options.threads = 2;
  actionclip_video *video = NULL;
  actionclip_video_info info;
  info.struct_size = sizeof info;
  static float embedding[4096];
  uint64_t frames = start;
  const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
  const int failed = actionclip_video_open(path, &options, &video) != ACTIONCLIP_OK ||
                     actionclip_video_get_info(video, &info) != ACTIONCLIP_OK ||
                     hash_frames(video, &info, &frames) != ACTIONCLIP_OK ||
                     actionclip_encode_video(model, video, NULL, embedding, 4096, NULL, 0) != ACTIONCLIP_OK;
  if (failed)
    printf("%s: %s\n", name, actionclip_last_error());
  else
    printf("%s: %" PRId64 " frames of %" PRId32 "x%" PRId32 ", turned by %" PRId32 ", %.6f s, %" PRId64
           " damaged: frames %016" PRIx64 ", embedding %016" PRIx64 "\n",
           name, info.frame_count, info.width, info.height, info.rotation, info.duration, info.damaged_frames, frames,
           hash(start, embedding, sizeof embedding));
  actionclip_video_free(video);
  return failed;
}

int main(int count, char **paths) {
  setlocale(LC_ALL, ""); /* dlopen's messages in the user's language */
  const char *version = NULL;
  actionclip_model *model = NULL;
  if (actionclip_ffmpeg_version(&version) != ACTIONCLIP_OK ||
      actionclip_model_load(NULL, NULL, &model) != ACTIONCLIP_OK) {
    fprintf(stderr, "%s\n", actionclip_last_error());
    return 2;
  }
  fprintf(stderr, "%s\n", version);
  int failed = 0;
  for (int i = 1; i < count; i++) failed |= describe(model, paths[i]);
  actionclip_model_free(model);
  return failed;
}

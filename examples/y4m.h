/* y4m.h: reads YUV4MPEG2, the pictures that `ffmpeg -f yuv4mpegpipe -` writes: 8 bits, 4:2:0 or grey. For the examples
 * that have no camera. */
#ifndef Y4M_H
#define Y4M_H

#include <actionclip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct y4m {
  FILE *file;
  int32_t width, height, pixel_format, range;
  int64_t seconds, frames; /* `frames` pictures in so many seconds */
  uint8_t *pixels;
  size_t size; /* bytes of a picture */
  int64_t count;
  const char *wrong; /* the reason why reading ended before the end; NULL if it did not */
} y4m;

/* Reads the first line of `file`. Returns NULL, or what is wrong with it. */
static inline const char *y4m_open(y4m *video, FILE *file) {
  char line[512];
  memset(video, 0, sizeof *video);
  video->file = file;
  video->pixel_format = ACTIONCLIP_PIXEL_I420;
  video->seconds = 1;
  video->frames = 25;
  if (fgets(line, sizeof line, file) == NULL || strncmp(line, "YUV4MPEG2 ", 10) != 0)
    return "this is no y4m, which FFmpeg makes of a video: ffmpeg -i VIDEO -pix_fmt yuv420p -f yuv4mpegpipe -";
  for (char *field = strtok(line + 10, " \n"), *end; field != NULL; field = strtok(NULL, " \n")) {
    const char *value = field + 1;
    if (*field == 'W') video->width = (int32_t)strtol(value, NULL, 10);
    if (*field == 'H') video->height = (int32_t)strtol(value, NULL, 10);
    if (*field == 'F') {
      video->frames = strtol(value, &end, 10);
      if (*end == ':') video->seconds = strtol(end + 1, NULL, 10);
    }
    if (*field == 'C') {
      /* C420p10 and the like have more than 8 bits; C420paldv has not. */
      const int is_deep = strncmp(value, "420p", 4) == 0 && value[4] >= '0' && value[4] <= '9';
      if (strcmp(value, "mono") == 0) video->pixel_format = ACTIONCLIP_PIXEL_GRAY;
      else if (strncmp(value, "420", 3) != 0 || is_deep)
        return "only 4:2:0 and grey of 8 bits are read here: ffmpeg -i VIDEO -pix_fmt yuv420p -f yuv4mpegpipe -";
    }
    if (strcmp(field, "XCOLORRANGE=FULL") == 0) video->range = ACTIONCLIP_RANGE_FULL;
  }
  if (video->width < 1 || video->height < 1 || video->width > 65535 || video->height > 65535 ||
      video->frames < 1 || video->seconds < 1)
    return "its first line lacks a size, or has no rate above 0";
  const size_t chroma = ((size_t)video->width + 1) / 2 * (((size_t)video->height + 1) / 2);
  video->size = (size_t)video->width * (size_t)video->height;
  if (video->pixel_format == ACTIONCLIP_PIXEL_I420) video->size += 2 * chroma;
  video->pixels = (uint8_t *)malloc(video->size);
  return video->pixels == NULL ? "out of memory" : NULL;
}

/* Fills the video's memory with the next picture. Returns 1, or 0 with a reason in `wrong` if the file ends inside
 * it. */
static inline int y4m_fill(y4m *video) {
  if (fread(video->pixels, 1, video->size, video->file) == video->size) return 1;
  video->wrong = ferror(video->file) ? "it cannot be read" : "it ends inside a frame";
  return 0;
}

/* Reads the next picture into the video's memory and describes it in `frame`. Returns 1, or 0 at the end, where `wrong`
 * says whether it is the end of a whole file. */
static inline int y4m_read(y4m *video, actionclip_frame *frame, int64_t *timestamp_ns) {
  char line[512];
  if (fgets(line, sizeof line, video->file) == NULL) {
    if (ferror(video->file)) video->wrong = "it cannot be read";
    else if (video->count == 0) video->wrong = "there is no frame";
    return 0;
  }
  if (strncmp(line, "FRAME", 5) != 0) {
    video->wrong = "there is no FRAME after a frame, so it is damaged";
    return 0;
  }
  if (!y4m_fill(video)) return 0;
  actionclip_frame_init(frame);
  frame->pixel_format = video->pixel_format;
  frame->width = video->width;
  frame->height = video->height;
  frame->range = video->range;
  frame->planes[0] = video->pixels;
  if (video->pixel_format == ACTIONCLIP_PIXEL_I420) {
    const size_t luma = (size_t)video->width * (size_t)video->height;
    frame->planes[1] = video->pixels + luma;
    frame->planes[2] = frame->planes[1] + (video->size - luma) / 2;
  }
  const double time = (double)video->count++ * 1e9 * (double)video->seconds / (double)video->frames;
  if (time > 4e18) {
    video->wrong = "its frames last longer than a century";
    return 0;
  }
  *timestamp_ns = (int64_t)time;
  return 1;
}

#endif

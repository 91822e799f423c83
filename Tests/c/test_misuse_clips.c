/* test_misuse_clips.c: clips and texts that are given to a tuner. Every argument is wrong in turn, and the tuner has no
 * clip more than it had. */
#include "misuse_tuner.h"

static const int32_t zero = 0;
static char clip[1200];
static actionclip_tuner *tuner;
/* Two pictures, the second without pixels, and two frames without planes. */
static uint8_t grey[4];
static actionclip_image images[2] = {{grey, 0, 2, 2, ACTIONCLIP_PIXEL_GRAY, 0}, {NULL, 0, 2, 2, ACTIONCLIP_PIXEL_GRAY, 0}};
static actionclip_frame frames[2];

static void begin(void) {
  snprintf(clip, sizeof clip, "%s", check_path(EXAMPLE_CLIP));
  for (int i = 0; i < 2; i++) actionclip_frame_init(&frames[i]);
  tuner = ready();
}

static void labels_of_clips(void) {
  const int32_t beyond[] = {LABELS, -1, INT32_MIN, INT32_MAX};
  int32_t many[257];
  for (int32_t i = 0; i < 257; i++) many[i] = i % LABELS;
  for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
    REFUSED(IN, actionclip_tuner_add_text(tuner, beyond[i], "a"));
    REFUSED(IN, actionclip_tuner_add_video(tuner, &beyond[i], 1, video, 0, 1, 1, NULL, 0));
    REFUSED(IN, actionclip_tuner_add_video_file(tuner, &beyond[i], 1, clip, 0, 1, NULL, NULL, 0));
    REFUSED(IN, actionclip_tuner_add_pixels(tuner, &beyond[i], 1, pixels, clip_floats, t, 0));
    REFUSED(IN, actionclip_tuner_add_pixels(tuner, &zero, 1, pixels, clip_floats, t, beyond[i]));
    REFUSED(IN, actionclip_tuner_add_video(tuner, &zero, 1, video, 0, 1, 1, NULL, beyond[i]));
  }
  REFUSED(IN, actionclip_tuner_add_pixels(tuner, many, 257, pixels, clip_floats, t, 0));
  REFUSED(IN, actionclip_tuner_add_pixels(tuner, many, LABELS + 1, pixels, clip_floats, t, 0)); /* one is there twice */
}

static void counts(void) {
  for (int i = 0; i < SIZES; i++) {
    if (sizes[i] != 1) {
      REFUSED(IN, actionclip_tuner_add_pixels(tuner, &zero, sizes[i], pixels, clip_floats, t, 0));
      REFUSED(IN, actionclip_tuner_add_video(tuner, &zero, sizes[i], video, 0, 1, 1, NULL, 0));
      REFUSED(IN, actionclip_tuner_add_video_file(tuner, &zero, sizes[i], clip, 0, 1, NULL, NULL, 0));
      REFUSED(IN, actionclip_tuner_add_frames(tuner, &zero, sizes[i], images, t, NULL, 0));
    }
    REFUSED(IN, actionclip_tuner_add_pixels(tuner, &zero, 1, pixels, sizes[i], t, 0));
    REFUSED(IN, actionclip_tuner_add_pixels(tuner, &zero, 1, pixels, clip_floats, sizes[i], 0));
    REFUSED(IN, actionclip_tuner_add_frames(tuner, &zero, 1, images, sizes[i], NULL, 0));
    REFUSED(IN, actionclip_tuner_add_camera_frames(tuner, &zero, 1, frames, sizes[i], NULL, 0));
  }
}

static void without_an_argument(void) {
  REFUSED(IN, actionclip_tuner_add_pixels(tuner, NULL, 1, pixels, clip_floats, t, 0));
  REFUSED(IN, actionclip_tuner_add_pixels(tuner, &zero, 1, NULL, clip_floats, t, 0));
  REFUSED(IN, actionclip_tuner_add_frames(tuner, NULL, 1, images, t, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_frames(tuner, &zero, 1, NULL, t, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_camera_frames(tuner, NULL, 1, frames, t, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_camera_frames(tuner, &zero, 1, NULL, t, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_video(tuner, NULL, 1, video, 0, 1, 1, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_video_file(tuner, NULL, 1, clip, 0, 1, NULL, NULL, 0));
  REFUSED(IN, actionclip_tuner_add_video_file(tuner, &zero, 1, NULL, 0, 1, NULL, NULL, 0));
}

static void spans_and_views(void) {
  static const double spans[][2] = {{-1, 2}, {NAN, 2}, {INFINITY, INFINITY}, {2, 2}, {2, 1}, {2, NAN}, {1e300, INFINITY}};
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
    REFUSED(IN, actionclip_tuner_add_video(tuner, &zero, 1, video, spans[i][0], spans[i][1], 1, NULL, 0));
    REFUSED(IN, actionclip_tuner_add_video_file(tuner, &zero, 1, clip, spans[i][0], spans[i][1], NULL, NULL, 0));
  }
  const int32_t views[] = {0, -1, 101, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof views / sizeof *views; i++)
    REFUSED(IN, actionclip_tuner_add_video(tuner, &zero, 1, video, 0, 1, views[i], NULL, 0));
}

static void files_and_options(void) {
  actionclip_preprocess_options of_another;
  actionclip_preprocess_options_init(&of_another);
  of_another.struct_size = 1;
  REFUSED(IN, actionclip_tuner_add_video(tuner, &zero, 1, video, 0, 1, 1, &of_another, 0));
  REFUSED(IN, actionclip_tuner_add_video_file(tuner, &zero, 1, clip, 0, 1, &of_another, NULL, 0));
  actionclip_video_options odd_video;
  actionclip_video_options_init(&odd_video);
  odd_video.struct_size = 1;
  REFUSED(IN, actionclip_tuner_add_video_file(tuner, &zero, 1, clip, 0, 1, NULL, &odd_video, 0));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_tuner_add_video_file(tuner, &zero, 1, "/no/clip", 0, 1, NULL, NULL, 0));
}

/* Numbers that are not finite, and a picture that is wrong, which is named. */
static void numbers_and_pictures(void) {
  for (size_t i = 0; i < clip_floats; i += clip_floats - 1) {
    const float odd[] = {NAN, INFINITY, -INFINITY};
    for (int k = 0; k < 3; k++) {
      const float before = pixels[i];
      pixels[i] = odd[k];
      REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, actionclip_tuner_add_pixels(tuner, &zero, 1, pixels, clip_floats, t, 0));
      pixels[i] = before;
    }
  }
  actionclip_image *all = check_alloc(t * sizeof *all);
  for (size_t i = 0; i < t; i++) all[i] = images[i + 1 == t];
  REFUSED(IN, actionclip_tuner_add_frames(tuner, &zero, 1, all, t, NULL, 0));
  CHECK(strstr(actionclip_last_error(), "frames[") != NULL);
  free(all);
}

static void texts(void) {
  REFUSED(IN, actionclip_tuner_add_text(tuner, 0, NULL));
  REFUSED(IN, actionclip_tuner_add_text(tuner, 0, ""));
  REFUSED(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_tuner_add_text(tuner, 0, "\xff"));
  char *words = check_alloc(4001);
  for (int i = 0; i < 4000; i++) words[i] = i % 2 ? ' ' : 'a';
  REFUSED(ACTIONCLIP_ERROR_TEXT_TOO_LONG, actionclip_tuner_add_text(tuner, 0, words));
  free(words);
}

static void is_as_it_was(void) {
  actionclip_tuner_info now;
  now.struct_size = sizeof now;
  CHECK_OK(actionclip_tuner_get_info(tuner, &now));
  CHECK(now.clips == CLIPS && now.held_out == 1 && now.labels == LABELS);
  actionclip_tuner_free(tuner);
}

MISUSE_MAIN("test_misuse_clips", begin, labels_of_clips, counts, without_an_argument, spans_and_views, files_and_options,
            numbers_and_pictures, texts, is_as_it_was)

/* test_frame.c: caps and video metadata as frames of the library, without a pipeline. It is built with the plugin's
 * frame.c. */
#include "frame.h"

#include <stdio.h>
#include <string.h>

static int passed, failed;

#define CHECK(condition) check((condition) != 0, __LINE__, #condition)
static void check(int good, int line, const char *what) {
  good ? passed++ : failed++;
  if (!good) fprintf(stderr, "  test_frame.c:%d: failed: %s\n", line, what);
}

static gboolean prepare(actionclip_frame *frame, GstVideoInfo *info, const char *fields,
                        GstVideoOrientationMethod orientation) {
  char *text = g_strdup_printf("video/x-raw,framerate=25/1,%s", fields);
  GstCaps *caps = gst_caps_from_string(text);
  const gboolean good = gst_video_info_from_caps(info, caps) && frame_prepare(frame, info, orientation);
  gst_caps_unref(caps);
  g_free(text);
  return good;
}

/* Every format of the pads' caps is one of the library's, with as many planes. */
static void every_format_is_known(void) {
  static const struct {
    const char *name;
    int32_t format, planes;
  } formats[] = {
      {"NV12", ACTIONCLIP_PIXEL_NV12, 2}, {"NV21", ACTIONCLIP_PIXEL_NV21, 2},
      {"I420", ACTIONCLIP_PIXEL_I420, 3}, {"YV12", ACTIONCLIP_PIXEL_YV12, 3},
      {"NV24", ACTIONCLIP_PIXEL_NV24, 2}, {"YUY2", ACTIONCLIP_PIXEL_YUYV, 1},
      {"UYVY", ACTIONCLIP_PIXEL_UYVY, 1}, {"RGB", ACTIONCLIP_PIXEL_RGB, 1},
      {"BGR", ACTIONCLIP_PIXEL_BGR, 1},   {"RGBx", ACTIONCLIP_PIXEL_RGBX, 1},
      {"BGRx", ACTIONCLIP_PIXEL_BGRX, 1}, {"RGBA", ACTIONCLIP_PIXEL_RGBA, 1},
      {"BGRA", ACTIONCLIP_PIXEL_BGRA, 1}, {"GRAY8", ACTIONCLIP_PIXEL_GRAY, 1},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
    actionclip_frame frame;
    GstVideoInfo info;
    char *fields = g_strdup_printf("format=%s,width=33,height=17", formats[i].name);
    CHECK(strstr(FRAME_FORMATS, formats[i].name) != NULL);
    CHECK(prepare(&frame, &info, fields, GST_VIDEO_ORIENTATION_IDENTITY));
    CHECK(frame.pixel_format == formats[i].format && frame.width == 33 && frame.height == 17);
    CHECK((int)GST_VIDEO_INFO_N_PLANES(&info) == formats[i].planes);
    g_free(fields);
  }
  actionclip_frame frame;
  GstVideoInfo info;
  CHECK(!prepare(&frame, &info, "format=P010_10LE,width=32,height=16", GST_VIDEO_ORIENTATION_IDENTITY));
}

static void colours_come_from_the_caps(void) {
  static const struct {
    const char *fields;
    int32_t matrix, range;
  } caps[] = {
      {"width=720,height=576", ACTIONCLIP_MATRIX_BT601, ACTIONCLIP_RANGE_LIMITED}, /* GStreamer's own rule */
      {"width=1280,height=720", ACTIONCLIP_MATRIX_BT709, ACTIONCLIP_RANGE_LIMITED},
      {"width=1280,height=720,colorimetry=bt601", ACTIONCLIP_MATRIX_BT601, ACTIONCLIP_RANGE_LIMITED},
      {"width=320,height=240,colorimetry=bt709", ACTIONCLIP_MATRIX_BT709, ACTIONCLIP_RANGE_LIMITED},
      {"width=320,height=240,colorimetry=bt2020", ACTIONCLIP_MATRIX_BT2020, ACTIONCLIP_RANGE_LIMITED},
      {"width=320,height=240,colorimetry=smpte240m", ACTIONCLIP_MATRIX_BT709, ACTIONCLIP_RANGE_LIMITED},
      {"width=320,height=240,colorimetry=1:4:0:0", ACTIONCLIP_MATRIX_BT601, ACTIONCLIP_RANGE_FULL}, /* JPEG */
      {"width=320,height=240,colorimetry=1:3:5:1", ACTIONCLIP_MATRIX_BT709, ACTIONCLIP_RANGE_FULL},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(caps); i++) {
    actionclip_frame frame;
    GstVideoInfo info;
    char *fields = g_strdup_printf("format=NV12,%s", caps[i].fields);
    CHECK(prepare(&frame, &info, fields, GST_VIDEO_ORIENTATION_IDENTITY));
    if (frame.matrix != caps[i].matrix || frame.range != caps[i].range)
      fprintf(stderr, "  %s: matrix %d, range %d\n", fields, frame.matrix, frame.range);
    CHECK(frame.matrix == caps[i].matrix && frame.range == caps[i].range);
    g_free(fields);
  }
}

/* Turning and then flipping a corner of the picture must bring it where the tag says. */
static void turns_are_those_of_the_tags(void) {
  static const struct {
    GstVideoOrientationMethod orientation;
    int32_t rotation, flip;
  } turns[] = {
      {GST_VIDEO_ORIENTATION_IDENTITY, 0, ACTIONCLIP_FLIP_NONE},
      {GST_VIDEO_ORIENTATION_90R, 90, ACTIONCLIP_FLIP_NONE},
      {GST_VIDEO_ORIENTATION_180, 180, ACTIONCLIP_FLIP_NONE},
      {GST_VIDEO_ORIENTATION_90L, 270, ACTIONCLIP_FLIP_NONE},
      {GST_VIDEO_ORIENTATION_HORIZ, 0, ACTIONCLIP_FLIP_HORIZONTAL},
      {GST_VIDEO_ORIENTATION_VERT, 0, ACTIONCLIP_FLIP_VERTICAL},
      {GST_VIDEO_ORIENTATION_UL_LR, 90, ACTIONCLIP_FLIP_HORIZONTAL},
      {GST_VIDEO_ORIENTATION_UR_LL, 90, ACTIONCLIP_FLIP_VERTICAL},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(turns); i++) {
    actionclip_frame frame;
    GstVideoInfo info;
    CHECK(prepare(&frame, &info, "format=RGB,width=8,height=4", turns[i].orientation));
    CHECK(frame.rotation == turns[i].rotation && frame.flip == turns[i].flip);
  }
}

/* Planes with offsets and strides of their own, as GstVideoMeta has them, and YV12's V before U. */
static void planes_are_where_the_metadata_says(void) {
  actionclip_frame frame;
  GstVideoInfo info;
  GstVideoFrame mapped;
  CHECK(prepare(&frame, &info, "format=YV12,width=8,height=4", GST_VIDEO_ORIENTATION_IDENTITY));
  GstBuffer *buffer = gst_buffer_new_allocate(NULL, 1024, NULL);
  gsize offsets[GST_VIDEO_MAX_PLANES] = {64, 512, 256};
  gint strides[GST_VIDEO_MAX_PLANES] = {20, 12, 12};
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_YV12, 8, 4, 3, offsets,
                                 strides);
  CHECK(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READ));
  frame_set_pixels(&frame, &mapped);
  CHECK(frame.planes[1] - frame.planes[0] == 512 - 64 && frame.planes[2] - frame.planes[0] == 256 - 64);
  CHECK(frame.strides[0] == 20 && frame.strides[1] == 12 && frame.strides[2] == 12);
  CHECK(frame.planes[1] == GST_VIDEO_FRAME_COMP_DATA(&mapped, GST_VIDEO_COMP_V));
  gst_video_frame_unmap(&mapped);
  gst_buffer_unref(buffer);
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  every_format_is_known();
  colours_come_from_the_caps();
  turns_are_those_of_the_tags();
  planes_are_where_the_metadata_says();
  gst_deinit();
  printf("%-16s %d passed, %d failed\n", "test_frame", passed, failed);
  return failed != 0;
}

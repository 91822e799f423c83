#include "frame.h"

static int32_t matrix_of(GstVideoColorMatrix matrix) {
  switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
    case GST_VIDEO_COLOR_MATRIX_FCC:
      return ACTIONCLIP_MATRIX_BT601; /* FCC's factors are the same to two digits */
    case GST_VIDEO_COLOR_MATRIX_BT709:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M: return ACTIONCLIP_MATRIX_BT709; /* nearer than any other */
    case GST_VIDEO_COLOR_MATRIX_BT2020: return ACTIONCLIP_MATRIX_BT2020;
    default: return ACTIONCLIP_MATRIX_AUTO;
  }
}

static int32_t range_of(GstVideoColorRange range) {
  switch (range) {
    case GST_VIDEO_COLOR_RANGE_0_255: return ACTIONCLIP_RANGE_FULL;
    case GST_VIDEO_COLOR_RANGE_16_235: return ACTIONCLIP_RANGE_LIMITED;
    default: return ACTIONCLIP_RANGE_AUTO;
  }
}

/* The turn and the flip after it that make the picture upright. */
static void orient(actionclip_frame *frame, GstVideoOrientationMethod orientation) {
  switch (orientation) {
    case GST_VIDEO_ORIENTATION_90R: frame->rotation = 90; break;
    case GST_VIDEO_ORIENTATION_180: frame->rotation = 180; break;
    case GST_VIDEO_ORIENTATION_90L: frame->rotation = 270; break;
    case GST_VIDEO_ORIENTATION_HORIZ: frame->flip = ACTIONCLIP_FLIP_HORIZONTAL; break;
    case GST_VIDEO_ORIENTATION_VERT: frame->flip = ACTIONCLIP_FLIP_VERTICAL; break;
    case GST_VIDEO_ORIENTATION_UL_LR:
      frame->rotation = 90;
      frame->flip = ACTIONCLIP_FLIP_HORIZONTAL;
      break;
    case GST_VIDEO_ORIENTATION_UR_LL:
      frame->rotation = 90;
      frame->flip = ACTIONCLIP_FLIP_VERTICAL;
      break;
    default: break;
  }
}

gboolean frame_prepare(actionclip_frame *frame, const GstVideoInfo *info,
                       GstVideoOrientationMethod orientation) {
  actionclip_frame_init(frame);
  frame->width = GST_VIDEO_INFO_WIDTH(info);
  frame->height = GST_VIDEO_INFO_HEIGHT(info);
  frame->matrix = matrix_of(info->colorimetry.matrix);
  frame->range = range_of(info->colorimetry.range);
  orient(frame, orientation);
  const char *name = gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(info));
  return actionclip_pixel_format_from_name(name, ACTIONCLIP_NAMES_GSTREAMER, &frame->pixel_format) ==
         ACTIONCLIP_OK;
}

void frame_set_pixels(actionclip_frame *frame, const GstVideoFrame *mapped) {
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(mapped); i++) {
    frame->planes[i] = GST_VIDEO_FRAME_PLANE_DATA(mapped, i);
    frame->strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(mapped, i);
  }
}

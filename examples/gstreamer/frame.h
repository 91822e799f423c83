/* frame.h: GStreamer's video frames as the library's. */
#ifndef FRAME_H
#define FRAME_H

#include <actionclip.h>
#include <gst/video/video.h>

/* The raw formats that the library reads, as in caps. */
#define FRAME_FORMATS "{ NV12, NV21, I420, YV12, NV24, YUY2, UYVY, RGB, BGR, RGBx, BGRx, RGBA, BGRA, GRAY8 }"

/* How the frames of some caps are described: everything but the pixels. FALSE if the library does not know the format.
 * Matrix and range come from the caps' colorimetry, for which GStreamer has a default by height where caps say
 * nothing. The orientation is that of the stream's tags. */
gboolean frame_prepare(actionclip_frame *frame, const GstVideoInfo *info,
                       GstVideoOrientationMethod orientation);

/* Points a prepared description at the planes of a mapped frame. Strides and offsets are those of its GstVideoMeta, or
 * of the caps. */
void frame_set_pixels(actionclip_frame *frame, const GstVideoFrame *mapped);

#endif

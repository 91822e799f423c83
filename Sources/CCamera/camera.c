#include "CCamera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// The errno of a request, which is made again where a signal came between; 0 when it went well.
static int request(int descriptor, unsigned long number, void *argument) {
  while (ioctl(descriptor, number, argument) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int ccamera_open(const char *path, char *name, size_t capacity, int *descriptor) {
  int opened = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0) return errno;
  struct v4l2_capability capability;
  memset(&capability, 0, sizeof capability);
  int failed = request(opened, VIDIOC_QUERYCAP, &capability);
  if (failed == 0) {
    uint32_t has = capability.capabilities;
    if (has & V4L2_CAP_DEVICE_CAPS) has = capability.device_caps;
    if (!(has & V4L2_CAP_VIDEO_CAPTURE) || !(has & V4L2_CAP_STREAMING)) failed = ENODEV;
  }
  if (failed != 0) {
    close(opened);
    return failed;
  }
  size_t length = strnlen((const char *)capability.card, sizeof capability.card);
  if (capacity > 0) {
    if (length > capacity - 1) length = capacity - 1;
    memcpy(name, capability.card, length);
    name[length] = 0;
  }
  *descriptor = opened;
  return 0;
}

int ccamera_pixel_format(int descriptor, uint32_t index, uint32_t *code, int *compressed) {
  struct v4l2_fmtdesc format;
  memset(&format, 0, sizeof format);
  format.index = index;
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  int failed = request(descriptor, VIDIOC_ENUM_FMT, &format);
  if (failed != 0) return failed;
  *code = format.pixelformat;
  *compressed = (format.flags & V4L2_FMT_FLAG_COMPRESSED) != 0;
  return 0;
}

int ccamera_frame_size(int descriptor, uint32_t code, uint32_t index, ccamera_size *size) {
  struct v4l2_frmsizeenum found;
  memset(&found, 0, sizeof found);
  found.index = index;
  found.pixel_format = code;
  int failed = request(descriptor, VIDIOC_ENUM_FRAMESIZES, &found);
  if (failed != 0) return failed;
  if (found.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
    *size = (ccamera_size){.min_width = found.discrete.width, .max_width = found.discrete.width,
                           .min_height = found.discrete.height, .max_height = found.discrete.height};
  } else {
    *size = (ccamera_size){.min_width = found.stepwise.min_width, .max_width = found.stepwise.max_width,
                           .step_width = found.stepwise.step_width, .min_height = found.stepwise.min_height,
                           .max_height = found.stepwise.max_height,
                           .step_height = found.stepwise.step_height};
  }
  return 0;
}

int ccamera_frame_interval(int descriptor, uint32_t code, uint32_t width, uint32_t height, uint32_t index,
                           ccamera_interval *interval) {
  struct v4l2_frmivalenum found;
  memset(&found, 0, sizeof found);
  found.index = index;
  found.pixel_format = code;
  found.width = width;
  found.height = height;
  int failed = request(descriptor, VIDIOC_ENUM_FRAMEINTERVALS, &found);
  if (failed != 0) return failed;
  int discrete = found.type == V4L2_FRMIVAL_TYPE_DISCRETE;
  struct v4l2_fract shortest = discrete ? found.discrete : found.stepwise.min;
  struct v4l2_fract longest = discrete ? found.discrete : found.stepwise.max;
  *interval = (ccamera_interval){.shortest_numerator = shortest.numerator,
                                 .shortest_denominator = shortest.denominator,
                                 .longest_numerator = longest.numerator,
                                 .longest_denominator = longest.denominator};
  return 0;
}

/// The matrix of a picture's colours; where the driver leaves it open, the one of its colour space in videodev2.h.
static int matrix(const struct v4l2_pix_format *format) {
  uint32_t encoding = format->ycbcr_enc;
  if (encoding == V4L2_YCBCR_ENC_DEFAULT) encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(format->colorspace);
  switch (encoding) {
    case V4L2_YCBCR_ENC_709:
    case V4L2_YCBCR_ENC_XV709: return CCAMERA_BT709;
    case V4L2_YCBCR_ENC_BT2020:
    case V4L2_YCBCR_ENC_BT2020_CONST_LUM: return CCAMERA_BT2020;
    case V4L2_YCBCR_ENC_SMPTE240M: return CCAMERA_SMPTE240M;
    default: return CCAMERA_BT601;
  }
}

int ccamera_set_format(int descriptor, ccamera_format *format) {
  struct v4l2_format asked;
  memset(&asked, 0, sizeof asked);
  asked.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  asked.fmt.pix.pixelformat = format->code;
  asked.fmt.pix.width = format->width;
  asked.fmt.pix.height = format->height;
  asked.fmt.pix.field = V4L2_FIELD_ANY;
  int failed = request(descriptor, VIDIOC_S_FMT, &asked);
  if (failed != 0) return failed;
  const struct v4l2_pix_format *given = &asked.fmt.pix;
  uint32_t quantization = given->quantization;
  if (quantization == V4L2_QUANTIZATION_DEFAULT)
    quantization = V4L2_MAP_QUANTIZATION_DEFAULT(0, given->colorspace, given->ycbcr_enc);
  *format = (ccamera_format){.code = given->pixelformat, .width = given->width, .height = given->height,
                             .row_bytes = given->bytesperline, .image_bytes = given->sizeimage,
                             .matrix = matrix(given),
                             .full_range = quantization == V4L2_QUANTIZATION_FULL_RANGE};
  return 0;
}

int ccamera_set_interval(int descriptor, uint32_t *numerator, uint32_t *denominator) {
  struct v4l2_streamparm asked;
  memset(&asked, 0, sizeof asked);
  asked.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  asked.parm.capture.timeperframe.numerator = *numerator;
  asked.parm.capture.timeperframe.denominator = *denominator;
  *numerator = *denominator = 0;
  int failed = request(descriptor, VIDIOC_S_PARM, &asked);
  if (failed == ENOTTY || failed == EINVAL) return 0;  // the rate is fixed, or not known
  if (failed != 0) return failed;
  *numerator = asked.parm.capture.timeperframe.numerator;
  *denominator = asked.parm.capture.timeperframe.denominator;
  return 0;
}

int ccamera_start(int descriptor, ccamera_buffers *buffers) {
  struct v4l2_requestbuffers asked;
  memset(&asked, 0, sizeof asked);
  asked.count = buffers->count;
  asked.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  asked.memory = V4L2_MEMORY_MMAP;
  buffers->count = 0;
  int failed = request(descriptor, VIDIOC_REQBUFS, &asked);
  if (failed == 0 && asked.count == 0) failed = ENOMEM;
  for (uint32_t index = 0; failed == 0 && index < asked.count && index < CCAMERA_MOST_BUFFERS; index++) {
    struct v4l2_buffer buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.index = index;
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer.memory = V4L2_MEMORY_MMAP;
    failed = request(descriptor, VIDIOC_QUERYBUF, &buffer);
    if (failed != 0) break;
    void *start = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, buffer.m.offset);
    if (start == MAP_FAILED) {
      failed = errno;
      break;
    }
    buffers->start[index] = start;
    buffers->bytes[index] = buffer.length;
    buffers->count = index + 1;
    failed = ccamera_return(descriptor, index);
  }
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (failed == 0) failed = request(descriptor, VIDIOC_STREAMON, &type);
  if (failed != 0) ccamera_stop(descriptor, buffers);
  return failed;
}

void ccamera_stop(int descriptor, ccamera_buffers *buffers) {
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  (void)request(descriptor, VIDIOC_STREAMOFF, &type);
  for (uint32_t index = 0; index < buffers->count; index++) {
    munmap(buffers->start[index], buffers->bytes[index]);
  }
  buffers->count = 0;
}

int ccamera_take(int descriptor, ccamera_frame *frame) {
  struct v4l2_buffer buffer;
  memset(&buffer, 0, sizeof buffer);
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  int failed = request(descriptor, VIDIOC_DQBUF, &buffer);
  if (failed != 0) return failed;
  int monotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  int64_t seconds = buffer.timestamp.tv_sec;
  if (seconds < 0 || seconds > INT64_MAX / 1000000000 - 1) monotonic = 0;
  *frame = (ccamera_frame){
      .index = buffer.index, .bytes = buffer.bytesused, .sequence = buffer.sequence,
      .damaged = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0,
      .time_ns = monotonic ? seconds * 1000000000 + (int64_t)buffer.timestamp.tv_usec * 1000 : -1};
  return 0;
}

const uint8_t *ccamera_pixels(const ccamera_buffers *buffers, const ccamera_frame *frame, size_t least) {
  if (frame->index >= buffers->count || frame->bytes < least) return NULL;
  if (buffers->bytes[frame->index] < least) return NULL;
  return buffers->start[frame->index];
}

int ccamera_return(int descriptor, uint32_t index) {
  struct v4l2_buffer buffer;
  memset(&buffer, 0, sizeof buffer);
  buffer.index = index;
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  return request(descriptor, VIDIOC_QBUF, &buffer);
}

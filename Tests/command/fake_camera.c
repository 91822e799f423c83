/* Preloaded into the command, it is a V4L2 camera at /dev/video7: open and ioctl are answered here, and mmap and poll
 * work on a file in memory. The environment says what it has: CAMERA_FORMATS "NV12 YUYV", CAMERA_SIZES "640x480 320x240",
 * CAMERA_FRAMES a file of pixels in the chosen format, CAMERA_COLOURS "colorspace encoding quantization" by their
 * numbers, CAMERA_DAMAGED the number of a frame that is damaged, CAMERA_LATE that of one with the time of the frame before,
 * CAMERA_WAIT the microseconds before each frame. After the last frame the camera is gone. CAMERA_LOG is a file that gets
 * what was set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BUFFERS = 4, PADDING = 32, RATE = 25 };
static int camera = -1, on, queue[BUFFERS], queued;
static unsigned width, height, row, size, code, number;
static size_t distance; /* between buffers, in whole pages */
static FILE *frames;
static unsigned char *memory;

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

/* Item `index` of a list that spaces part; NULL after the last. */
static const char *item(const char *list, unsigned index) {
  while (index-- > 0) {
    list = strchr(list, ' ');
    if (!list) return NULL;
    list++;
  }
  return list;
}

static unsigned fourcc(const char *name) { return v4l2_fourcc(name[0], name[1], name[2], name[3]); }

int open(const char *path, int flags, ...) {
  if (strcmp(path, "/dev/video7") == 0) return camera = memfd_create("camera", MFD_CLOEXEC);
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  return next(path, flags, mode);
}

static int fail(int code) {
  errno = code;
  return -1;
}

static int set_format(struct v4l2_pix_format *pix) {
  code = pix->pixelformat, width = pix->width, height = pix->height;
  unsigned packed = code == fourcc("NV12") || code == fourcc("GREY") ? width : 2 * width;
  row = packed + PADDING;
  size = row * (code == fourcc("NV12") ? height + height / 2 : height);
  distance = (size + 4095) / 4096 * 4096;
  pix->bytesperline = row, pix->sizeimage = size;
  unsigned space = 0, encoding = 0, quantization = 0;
  sscanf(setting("CAMERA_COLOURS", "0 0 0"), "%u %u %u", &space, &encoding, &quantization);
  pix->colorspace = space, pix->ycbcr_enc = encoding, pix->quantization = quantization;
  return 0;
}

static int take(struct v4l2_buffer *buffer) {
  if (!queued) return fail(EAGAIN);
  usleep(atoi(setting("CAMERA_WAIT", "0")));
  unsigned rows = size / row, packed = row - PADDING;
  unsigned char *start = memory + queue[0] * distance;
  for (unsigned y = 0; y < rows; y++) {
    if (fread(start + (size_t)y * row, 1, packed, frames) != packed) return fail(ENODEV);
  }
  buffer->index = queue[0];
  memmove(queue, queue + 1, --queued * sizeof *queue);
  buffer->bytesused = size;
  buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  if ((int)number == atoi(setting("CAMERA_DAMAGED", "-1"))) buffer->flags |= V4L2_BUF_FLAG_ERROR;
  buffer->sequence = number;
  unsigned time = (int)number == atoi(setting("CAMERA_LATE", "-1")) ? number - 1 : number;
  buffer->timestamp.tv_sec = 1000 + time / RATE;
  buffer->timestamp.tv_usec = time % RATE * (1000000 / RATE);
  number++;
  return 0;
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  if (descriptor != camera || camera < 0) {
    int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    return next(descriptor, request, argument);
  }
  const char *formats = setting("CAMERA_FORMATS", "NV12"), *sizes = setting("CAMERA_SIZES", "64x48");
  switch (request) {
    case VIDIOC_QUERYCAP: {
      struct v4l2_capability *capability = argument;
      strcpy((char *)capability->card, "Test camera");
      capability->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      capability->device_caps = strtoul(setting("CAMERA_CAPABILITIES", "0x4000001"), NULL, 0);
      return 0;
    }
    case VIDIOC_ENUM_FMT: {
      struct v4l2_fmtdesc *format = argument;
      const char *name = item(formats, format->index);
      if (!name) return fail(EINVAL);
      format->pixelformat = fourcc(name);
      format->flags = format->pixelformat == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
      return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
      struct v4l2_frmsizeenum *found = argument;
      const char *name = item(sizes, found->index);
      if (!name || sscanf(name, "%ux%u", &found->discrete.width, &found->discrete.height) != 2) return fail(EINVAL);
      found->type = V4L2_FRMSIZE_TYPE_DISCRETE;
      return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
      struct v4l2_frmivalenum *found = argument;
      if (found->index > 1) return fail(EINVAL);
      found->type = V4L2_FRMIVAL_TYPE_DISCRETE;
      found->discrete = (struct v4l2_fract){1, found->index == 0 ? 10 : RATE};
      return 0;
    }
    case VIDIOC_S_FMT: return set_format(&((struct v4l2_format *)argument)->fmt.pix);
    case VIDIOC_S_PARM: {
      struct v4l2_fract time = ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe;
      FILE *log = fopen(setting("CAMERA_LOG", "/dev/null"), "w");
      fprintf(log, "%.4s %ux%u %u/%u\n", (const char *)&code, width, height, time.numerator, time.denominator);
      fclose(log);
      return 0;
    }
    case VIDIOC_REQBUFS: {
      ((struct v4l2_requestbuffers *)argument)->count = BUFFERS;
      frames = fopen(setting("CAMERA_FRAMES", "/dev/null"), "rb");
      if (ftruncate(camera, (off_t)distance * BUFFERS) != 0) return -1;
      memory = mmap(NULL, distance * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, camera, 0);
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      struct v4l2_buffer *buffer = argument;
      buffer->length = size, buffer->m.offset = buffer->index * distance;
      return 0;
    }
    case VIDIOC_QBUF: queue[queued++] = ((struct v4l2_buffer *)argument)->index; return 0;
    case VIDIOC_STREAMON: on = 1; return 0;
    case VIDIOC_STREAMOFF: on = 0; return 0;
    case VIDIOC_DQBUF: return on ? take(argument) : fail(EINVAL);
    default: return fail(ENOTTY);
  }
}

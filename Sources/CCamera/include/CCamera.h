// Cameras by V4L2 (Linux's interface of /dev/video*), for the command alone. It is in C because the requests of ioctl
// are macros that compute numbers from the sizes of structs, and those structs hold anonymous unions: Swift imports
// neither. Every choice is made by the caller; a function here is one request, or one for each of a few buffers.
//
// Functions that return int give 0, or the errno of what failed. A descriptor is a camera's, from ccamera_open.
#ifndef CCAMERA_H
#define CCAMERA_H

#include <stddef.h>
#include <stdint.h>

// Opens a camera at `path` without waiting for frames. The name that its driver gives it is written to `name` with a
// NUL. ENOTTY: not a V4L2 device. ENODEV: it does not capture video, or not by streaming.
int ccamera_open(const char *path, char *name, size_t capacity, int *descriptor);

// Gives the code of the pixel format at `index` of the camera's list, and whether it is compressed. EINVAL: after the
// last.
int ccamera_pixel_format(int descriptor, uint32_t index, uint32_t *code, int *compressed);

// A size of pictures, or a range of them: a discrete size has equal ends and steps of 0.
typedef struct {
  uint32_t min_width, max_width, step_width;
  uint32_t min_height, max_height, step_height;
} ccamera_size;
// Gives the size or range at `index` that the camera has in a pixel format. EINVAL: after the last.
int ccamera_frame_size(int descriptor, uint32_t code, uint32_t index, ccamera_size *size);

// Time from frame to frame, in seconds as a fraction. `shortest` and `longest` are equal where it is discrete.
typedef struct {
  uint32_t shortest_numerator, shortest_denominator;
  uint32_t longest_numerator, longest_denominator;
} ccamera_interval;
// Gives the interval or range at `index` that the camera has in a format and size. EINVAL: after the last.
int ccamera_frame_interval(int descriptor, uint32_t code, uint32_t width, uint32_t height, uint32_t index,
                           ccamera_interval *interval);

enum { CCAMERA_BT601 = 1, CCAMERA_BT709 = 2, CCAMERA_BT2020 = 3, CCAMERA_SMPTE240M = 4 };
// A camera's mode: the pixels that it gives.
typedef struct {
  uint32_t code;           // the pixel format's four characters
  uint32_t width, height;  // pixels
  uint32_t row_bytes;      // bytes from row to row of the first plane
  uint32_t image_bytes;    // bytes of a whole picture
  int matrix;              // CCAMERA_*, by the driver's word or videodev2.h's defaults for its colour space
  int full_range;          // whether luma is 0..255, by the driver's word or those defaults
} ccamera_format;
// Asks for a pixel format and size; `format` has code, width and height and gets what the driver answers.
int ccamera_set_format(int descriptor, ccamera_format *format);
// Asks for seconds from frame to frame, as a fraction, and gets what the driver answers; 0 of 0 where it has no choice.
int ccamera_set_interval(int descriptor, uint32_t *numerator, uint32_t *denominator);

enum { CCAMERA_MOST_BUFFERS = 8 };
// A camera's buffers, mapped into memory.
typedef struct {
  uint32_t count;
  void *start[CCAMERA_MOST_BUFFERS];
  size_t bytes[CCAMERA_MOST_BUFFERS];
} ccamera_buffers;
// Maps `buffers->count` buffers, at most CCAMERA_MOST_BUFFERS, hands them to the driver and starts it. `buffers` gets
// how many there are. On failure nothing stays mapped.
int ccamera_start(int descriptor, ccamera_buffers *buffers);
// Stops the camera and unmaps its buffers.
void ccamera_stop(int descriptor, ccamera_buffers *buffers);

// A picture in one of the buffers.
typedef struct {
  uint32_t index;     // number of the buffer
  uint32_t bytes;     // bytes that the driver has written to the buffer
  uint32_t sequence;  // the driver's count of frames, with those that it lost
  int damaged;        // whether the driver says that its bytes may be wrong
  int64_t time_ns;    // when it was taken, by CLOCK_MONOTONIC; -1: the driver does not say by that clock
} ccamera_frame;
// Takes the oldest filled buffer. EAGAIN: none is filled yet.
int ccamera_take(int descriptor, ccamera_frame *frame);
// Returns the first byte of a frame; NULL unless the frame and its buffer have `least` bytes.
const uint8_t *ccamera_pixels(const ccamera_buffers *buffers, const ccamera_frame *frame, size_t least);
// Gives a buffer back to the driver to be filled.
int ccamera_return(int descriptor, uint32_t index);

#endif

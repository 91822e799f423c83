// Access to FFmpeg without linking to it. Linking libavformat would load 134 shared objects into every host of this
// library, even into hosts that decode videos themselves. So FFmpeg is loaded with dlopen on the first use of a video,
// and its functions are called through the table below. One library serves every version from FFmpeg 4.4 to 8: what
// differs among them, the places of fields in structures, is read here in C (structures.c) and copied to structures of
// this library's own, so that Swift sees none of FFmpeg's.
#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "functions.h"
#include "logging.h"

#pragma clang assume_nonnull begin

// The functions of the version that is bound. The compiler does not see that the region above covers them.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
struct cffmpeg_api {
#define CFFMPEG_FIELD(library, result, name, parameters) result(*name) parameters;
#define CFFMPEG_SOME_FIELD(library, result, name, parameters) result(*_Nullable name) parameters;
  CFFMPEG_FUNCTIONS(CFFMPEG_FIELD)
  CFFMPEG_FUNCTIONS_FROM_5(CFFMPEG_SOME_FIELD)
  CFFMPEG_FUNCTIONS_TO_6(CFFMPEG_SOME_FIELD)
  CFFMPEG_FUNCTIONS_FROM_7(CFFMPEG_SOME_FIELD)
  const char *versions;  // of FFmpeg and its libavformat, for people
#undef CFFMPEG_FIELD
#undef CFFMPEG_SOME_FIELD
};
#pragma clang diagnostic pop

// Loads FFmpeg's libraries, once per process: a version that the process uses already, else the newest one that is
// installed. Returns 0 and sets *api to the table, which stays valid for the life of the process. On failure it writes
// one line to `message`, of `capacity` bytes, and a later call tries again: it returns ENOMEM or EMFILE if memory or
// descriptors ran out, else -1, and the line names what is missing and the package to install.
int cffmpeg_bind(const cffmpeg_api *_Nullable *_Nonnull api, char *message, size_t capacity);

// Numbers that FFmpeg's headers define as macros or in another way that Swift cannot import.
static const int64_t cffmpeg_no_timestamp = INT64_MIN;
static const int32_t cffmpeg_error_eof = -('E' | 'O' << 8 | 'F' << 16 | ' ' << 24);
static const int32_t cffmpeg_error_exit = -('E' | 'X' << 8 | 'I' << 16 | 'T' << 24);
static const int32_t cffmpeg_seek_size = 0x10000;
static const int32_t cffmpeg_seek_force = 0x20000;
static const uint32_t cffmpeg_range_unstated = 0;
static const uint32_t cffmpeg_range_full = 2;

// A fraction, such as a unit of time in seconds; unknown if one part is 0.
typedef struct {
  int32_t numerator, denominator;
} cffmpeg_ratio;

// The codecs that are told apart. Their numbers in FFmpeg differ among versions.
enum cffmpeg_codec {
  cffmpeg_codec_other,
  cffmpeg_codec_h264,
  cffmpeg_codec_hevc,
  cffmpeg_codec_mpeg4,
  cffmpeg_codec_vp9,
  cffmpeg_codec_av1,
};

// The properties of a stream. Pointers in it belong to the stream.
typedef struct {
  int32_t index;  // among the streams of the container
  bool is_video;
  bool is_default;
  bool is_cover;     // a picture that comes with music or a film
  bool has_packets;  // whether probing has met packets
  enum cffmpeg_codec codec;
  uint32_t codec_id;  // the codec's number in this version of FFmpeg
  int32_t profile;
  int32_t delay;  // the number of pictures that the decoder holds back for reordering
  int32_t width, height;
  const uint8_t *_Nullable extradata;
  int32_t extradata_size;
  cffmpeg_ratio unit;  // seconds per timestamp unit
  cffmpeg_ratio average_rate, real_rate;  // frames per second
} cffmpeg_stream;

// The properties of a packet. Times are in the units of its stream.
typedef struct {
  int64_t time, duration;
  const uint8_t *_Nullable data;
  int32_t size;
  int32_t stream;  // the index of its stream
  bool is_key;
  bool is_corrupt;
  bool is_discarded;  // decoded for others, but not shown
} cffmpeg_packet;

// The properties of a decoded frame. Times are in the units of its stream.
typedef struct {
  int32_t width, height;
  int32_t format;     // the pixel format's number in this version of FFmpeg
  uint32_t range;     // cffmpeg_range_unstated, 1 for limited, or cffmpeg_range_full
  uint32_t space;     // the colour matrix, by its number in ITU-T H.273
  int64_t time;       // when it is shown
  int64_t decoding_time;
  int64_t best_time;  // FFmpeg's guess of `time` from both
  int64_t duration;
  bool is_damaged;
} cffmpeg_frame;

// Returns FFmpeg's error for an errno.
static inline int32_t cffmpeg_error(int32_t posix) { return -posix; }

// Detects the format of an input by its content alone; NULL on an error. *status gets FFmpeg's error, or a score from 0.
const AVInputFormat *_Nullable cffmpeg_probe(const cffmpeg_api *api, AVIOContext *io, AVFormatContext *context,
                                             int32_t *status);
// Returns FFmpeg's names of a format, separated by commas.
const char *_Nullable cffmpeg_format_names(const AVInputFormat *format);
// Returns whether a format opens its input itself: devices, protocols, sequences of pictures.
bool cffmpeg_opens_itself(const AVInputFormat *format);
// Returns whether files of a format may be cut and joined byte by byte, so that times may jump.
bool cffmpeg_may_restart(const AVInputFormat *format);

// Makes a context read from `io` alone: it opens no other file or address, has at most `max_streams` streams, and gives
// up once `interrupted` returns other than 0. Returns false without memory.
bool cffmpeg_confine(const cffmpeg_api *api, AVFormatContext *context, AVIOContext *io, int32_t max_streams,
                     int32_t (*interrupted)(void *_Nullable opaque), void *opaque);
// Frees a reader and its buffer, which FFmpeg may have replaced.
void cffmpeg_free_io(const cffmpeg_api *api, AVIOContext *io);
// Returns the format of an open container.
const AVInputFormat *_Nullable cffmpeg_format_of(const AVFormatContext *context);
uint32_t cffmpeg_stream_count(const AVFormatContext *context);
// Returns a stream of a container, with an index below its number of streams.
AVStream *_Nullable cffmpeg_stream_at(const AVFormatContext *context, uint32_t index);
// Returns the number of packets in the indexes of all streams.
int64_t cffmpeg_index_entries(const cffmpeg_api *api, const AVFormatContext *context);

cffmpeg_stream cffmpeg_read_stream(const cffmpeg_api *api, const AVStream *stream);
// Says whether the packets of a stream are read or left out.
void cffmpeg_use_stream(AVStream *stream, bool is_used);
// Returns the 3x3 display matrix of a stream; NULL if it has none.
const int32_t *_Nullable cffmpeg_stream_matrix(const cffmpeg_api *api, const AVStream *stream);

cffmpeg_packet cffmpeg_read_packet(const AVPacket *packet);
// Returns whether a packet changes the parameters of its stream, such as the extradata or the frame size.
bool cffmpeg_changes_parameters(const cffmpeg_api *api, const AVPacket *packet);

// Returns whether FFmpeg has a decoder for a codec, given its number in this version.
bool cffmpeg_has_decoder(const cffmpeg_api *api, uint32_t codec_id);
// Returns the name of the decoder for a codec; NULL if there is none.
const char *_Nullable cffmpeg_decoder_name(const cffmpeg_api *api, uint32_t codec_id);
// Allocates the context of a decoder for a stream; NULL without memory. *status gets FFmpeg's error, or 0.
AVCodecContext *_Nullable cffmpeg_new_decoder(const cffmpeg_api *api, const AVStream *stream, int32_t *status);
// Makes the decoder dav1d show each frame as soon as it is decoded, by threads that share it.
void cffmpeg_share_each_frame(const cffmpeg_api *api, AVCodecContext *decoder, int32_t threads);
// Sets the present size of a decoder's pictures.
void cffmpeg_decoder_size(const AVCodecContext *decoder, int32_t *width, int32_t *height);

cffmpeg_frame cffmpeg_read_frame(const AVFrame *frame);
// Returns the 3x3 display matrix of a frame; NULL if it has none.
const int32_t *_Nullable cffmpeg_frame_matrix(const cffmpeg_api *api, const AVFrame *frame);

// Sets the colour matrix and range of a scaler as FFmpeg's scale filter does, from those of a frame.
void cffmpeg_set_colours(const cffmpeg_api *api, SwsContext *scaler, uint32_t space, uint32_t range);
// Converts a frame to RGB, in rows `stride` bytes apart. Returns FFmpeg's error, or at least 0.
int32_t cffmpeg_scale(const cffmpeg_api *api, SwsContext *scaler, const AVFrame *frame, uint8_t *rgb, int32_t stride);

#pragma clang assume_nonnull end
#endif

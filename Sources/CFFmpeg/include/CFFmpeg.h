// Access to FFmpeg without linking to it. Linking libavformat would load 134 shared objects into every host of this
// library, even into hosts that decode videos themselves. So FFmpeg is loaded with dlopen on the first use of a
// video, and its functions are called through the table below. The table has the types of FFmpeg's own headers, so
// the compiler checks calls like direct ones. Structures have the layout of these headers, which holds within a major
// version; other major versions are refused.
//
// The headers of FFmpeg 4.3 to 7.1 compile.
#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lists the functions of FFmpeg that this library calls, as F(library, function).
#define CFFMPEG_FUNCTIONS(F)            \
  F(avutil, avutil_version)             \
  F(avutil, av_strerror)                \
  F(avutil, av_malloc)                  \
  F(avutil, av_free)                    \
  F(avutil, av_strdup)                  \
  F(avutil, av_dict_set_int)            \
  F(avutil, av_dict_free)               \
  F(avutil, av_opt_set_int)             \
  F(avutil, av_log)                     \
  F(avutil, av_log_set_callback)        \
  F(avutil, av_log_default_callback)    \
  F(avutil, av_display_rotation_get)    \
  F(avutil, av_get_pix_fmt_name)        \
  F(avutil, av_frame_alloc)             \
  F(avutil, av_frame_free)              \
  F(avutil, av_frame_unref)             \
  F(avutil, av_frame_get_side_data)     \
  F(avcodec, avcodec_version)           \
  F(avcodec, avcodec_get_class)         \
  F(avcodec, avcodec_find_decoder)      \
  F(avcodec, avcodec_get_name)          \
  F(avcodec, avcodec_alloc_context3)    \
  F(avcodec, avcodec_free_context)      \
  F(avcodec, avcodec_parameters_to_context) \
  F(avcodec, avcodec_open2)             \
  F(avcodec, avcodec_send_packet)       \
  F(avcodec, avcodec_receive_frame)     \
  F(avcodec, avcodec_flush_buffers)     \
  F(avcodec, av_packet_alloc)           \
  F(avcodec, av_packet_free)            \
  F(avcodec, av_packet_unref)           \
  F(avformat, avformat_version)         \
  F(avformat, avio_alloc_context)       \
  F(avformat, avio_context_free)        \
  F(avformat, av_probe_input_buffer2)   \
  F(avformat, avformat_alloc_context)   \
  F(avformat, avformat_open_input)      \
  F(avformat, avformat_close_input)     \
  F(avformat, avformat_free_context)    \
  F(avformat, avformat_find_stream_info) \
  F(avformat, av_read_frame)            \
  F(swscale, swscale_version)           \
  F(swscale, sws_isSupportedInput)      \
  F(swscale, sws_alloc_context)         \
  F(swscale, sws_init_context)          \
  F(swscale, sws_freeContext)           \
  F(swscale, sws_getCoefficients)       \
  F(swscale, sws_getColorspaceDetails)  \
  F(swscale, sws_setColorspaceDetails)  \
  F(swscale, sws_scale)

// Lists the functions that older versions lack; there the number of index entries is a field of the stream.
#if LIBAVFORMAT_VERSION_MAJOR >= 59
#define CFFMPEG_LATER_FUNCTIONS(F) F(avformat, avformat_index_get_entries_count)
#else
#define CFFMPEG_LATER_FUNCTIONS(F)
#endif

// The table of FFmpeg's functions.
typedef struct cffmpeg_api {
#define CFFMPEG_FIELD(library, function) __typeof__(function) *_Nonnull function;
  CFFMPEG_FUNCTIONS(CFFMPEG_FIELD)
  CFFMPEG_LATER_FUNCTIONS(CFFMPEG_FIELD)
#undef CFFMPEG_FIELD
} cffmpeg_api;

// Loads FFmpeg's libraries, once per process. Returns 0 and sets *api to the table, which stays valid for the life of
// the process. On failure it writes one line to `message`, of `capacity` bytes, and a later call tries again: it
// returns ENOMEM or EMFILE if memory or descriptors ran out, else -1, and the line names what is missing and the
// package to install.
int cffmpeg_bind(const cffmpeg_api *_Nullable *_Nonnull api, char *_Nonnull message, size_t capacity);

// Installs the filter of FFmpeg's log (see logging.c). cffmpeg_bind calls it as soon as libavutil is loaded, if no
// other code of the process had loaded it before.
void cffmpeg_log_install(__typeof__(av_log_set_callback) *_Nonnull set_callback,
                         __typeof__(av_log_default_callback) *_Nonnull default_callback);
// Lets the filter recognise the messages of codec contexts. cffmpeg_bind calls it once all libraries are loaded.
void cffmpeg_log_listen(const cffmpeg_api *_Nonnull api);
// Drops FFmpeg's messages on the calling thread until cffmpeg_quiet_end. Pairs may nest.
void cffmpeg_quiet_begin(void);
void cffmpeg_quiet_end(void);
// The offset to add to the log level of a codec context. It lifts messages above every threshold, and stays below
// 256, where FFmpeg's default callback cuts the level off.
#define CFFMPEG_LOG_LEVEL_OFFSET 150
// Watches a codec context, which has the offset above and is not opened yet, for error messages on any thread. Uses
// the context's `opaque`. Returns a slot for the calls below, to be ended after the context is freed, or -1 if the
// filter is not installed or too many contexts are watched.
int cffmpeg_watch_begin(const cffmpeg_api *_Nonnull api, AVCodecContext *_Nonnull codec);
// Forgets the messages so far, since decoders may log a greeting while they are opened.
void cffmpeg_watch_opened(int slot);
// Returns whether the context has logged an error.
bool cffmpeg_watch_is_faulty(int slot);
// Ends the watch of a context and frees its slot.
void cffmpeg_watch_end(int slot);
// Counts a context that decodes with threads, from before it is opened until cffmpeg_threads_end after it is freed.
void cffmpeg_threads_begin(void);
void cffmpeg_threads_end(void);

// Constants and functions for macros that Swift cannot import.
static const int64_t cffmpeg_no_timestamp = AV_NOPTS_VALUE;
static const int32_t cffmpeg_error_eof = AVERROR_EOF;
static const int32_t cffmpeg_error_exit = AVERROR_EXIT;
static inline int32_t cffmpeg_error(int32_t posix) { return AVERROR(posix); }

// Detects the format of an input by its content. *status gets FFmpeg's error, or a score from 0; NULL on an error.
// It hides that FFmpeg 4 has mutable input formats and later versions have const ones.
static inline const AVInputFormat *_Nullable cffmpeg_probe(const cffmpeg_api *_Nonnull api,
                                                           AVIOContext *_Nonnull io,
                                                           AVFormatContext *_Nonnull context,
                                                           int32_t *_Nonnull status) {
#if LIBAVFORMAT_VERSION_MAJOR < 59
  AVInputFormat *format = NULL;
#else
  const AVInputFormat *format = NULL;
#endif
  // The empty name prevents guesses by file extension: the bytes alone decide.
  *status = api->av_probe_input_buffer2(io, &format, "", context, 0, 0);
  return *status < 0 ? NULL : format;
}

// Opens an input like avformat_open_input: on failure the context is freed and *context is NULL.
static inline int32_t cffmpeg_open_input(const cffmpeg_api *_Nonnull api,
                                         AVFormatContext *_Nullable *_Nonnull context,
                                         const AVInputFormat *_Nonnull format) {
#if LIBAVFORMAT_VERSION_MAJOR < 59
  return api->avformat_open_input(context, "", (AVInputFormat *)format, NULL);
#else
  return api->avformat_open_input(context, "", format, NULL);
#endif
}

// Returns the number of packets in the indexes of all streams.
static inline int64_t cffmpeg_index_entries(const cffmpeg_api *_Nonnull api,
                                            const AVFormatContext *_Nonnull context) {
  int64_t entries = 0;
  for (unsigned i = 0; i < context->nb_streams; i++) {
#if LIBAVFORMAT_VERSION_MAJOR >= 59
    entries += api->avformat_index_get_entries_count(context->streams[i]);
#else
    entries += context->streams[i]->nb_index_entries;
#endif
  }
  return entries;
}

// Returns whether FFmpeg has a decoder for a codec.
static inline bool cffmpeg_has_decoder(const cffmpeg_api *_Nonnull api, enum AVCodecID codec) {
  return api->avcodec_find_decoder(codec) != NULL;
}

// Allocates a context of the decoder for a codec; NULL without memory.
static inline AVCodecContext *_Nullable cffmpeg_new_decoder(const cffmpeg_api *_Nonnull api,
                                                            enum AVCodecID codec) {
  return api->avcodec_alloc_context3(api->avcodec_find_decoder(codec));
}

// Returns whether probing has met packets of a stream. FFmpeg 4.3 does not tell, so there decoded frames are counted.
static inline bool cffmpeg_has_packets(const AVStream *_Nonnull stream) {
#ifdef AVSTREAM_EVENT_FLAG_NEW_PACKETS
  return (stream->event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0;
#else
  return stream->codec_info_nb_frames > 0;
#endif
}

// Returns the 3x3 display matrix of a stream; NULL if it has none. FFmpeg 6.1 moved it from the stream to its
// parameters.
static inline const int32_t *_Nullable cffmpeg_stream_matrix(const AVStream *_Nonnull stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
  const AVPacketSideData *data = stream->codecpar->coded_side_data;
  const int count = stream->codecpar->nb_coded_side_data;
#else
  const AVPacketSideData *data = stream->side_data;
  const int count = stream->nb_side_data;
#endif
  for (int i = 0; i < count; i++) {
    if (data[i].type == AV_PKT_DATA_DISPLAYMATRIX && (size_t)data[i].size >= 9 * sizeof(int32_t))
      return (const int32_t *)(const void *)data[i].data;
  }
  return NULL;
}

// Returns the 3x3 display matrix of a frame; NULL if it has none.
static inline const int32_t *_Nullable cffmpeg_frame_matrix(const cffmpeg_api *_Nonnull api,
                                                            const AVFrame *_Nonnull frame) {
  const AVFrameSideData *data = api->av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (data == NULL || (size_t)data->size < 9 * sizeof(int32_t)) return NULL;
  return (const int32_t *)(const void *)data->data;
}

// Returns whether a packet changes the parameters of its stream, such as the extradata or the frame size.
static inline bool cffmpeg_changes_parameters(const AVPacket *_Nonnull packet) {
  for (int i = 0; i < packet->side_data_elems; i++) {
    const enum AVPacketSideDataType type = packet->side_data[i].type;
    if (type == AV_PKT_DATA_NEW_EXTRADATA || type == AV_PKT_DATA_PARAM_CHANGE) return true;
  }
  return false;
}

// Returns the duration of a frame. FFmpeg 6.0 renamed the field.
static inline int64_t cffmpeg_frame_duration(const AVFrame *_Nonnull frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}

// Sets the colour matrix and range of a scaler as FFmpeg's scale filter does. Pixel formats that are not YUV have
// neither, and swscale's error for them is ignored.
static inline void cffmpeg_set_colours(const cffmpeg_api *_Nonnull api,
                                       struct SwsContext *_Nonnull scaler,
                                       enum AVColorSpace space, enum AVColorRange range) {
  int *inverse, *forward, full_in, full_out, brightness, contrast, saturation;
  if (api->sws_getColorspaceDetails(scaler, &inverse, &full_in, &forward, &full_out, &brightness,
                                    &contrast, &saturation) < 0)
    return;
  if (range != AVCOL_RANGE_UNSPECIFIED) full_in = range == AVCOL_RANGE_JPEG;
  // Like the filter, use the default matrix if the frame states no YUV matrix. That covers RGB pictures: swscale
  // converts those of more than 8 bits through YUV, by itself with another matrix.
  const bool has_matrix = space >= AVCOL_SPC_BT709 && space != AVCOL_SPC_YCGCO;
  const int *table = api->sws_getCoefficients(has_matrix ? (int)space : SWS_CS_DEFAULT);
  (void)api->sws_setColorspaceDetails(scaler, table, full_in, table, full_out, brightness, contrast,
                                      saturation);
}

// Converts a frame to RGB, in rows `stride` bytes apart. It is in C because Swift cannot pass the frame's array of
// planes without copying it.
static inline int cffmpeg_scale(const cffmpeg_api *_Nonnull api, struct SwsContext *_Nonnull scaler,
                                const AVFrame *_Nonnull frame, uint8_t *_Nonnull rgb, int stride) {
  uint8_t *const planes[4] = {rgb, NULL, NULL, NULL};
  const int strides[4] = {stride, 0, 0, 0};
  return api->sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                        frame->height, planes, strides);
}

#endif

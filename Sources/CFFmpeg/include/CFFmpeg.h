// FFmpeg without linking to it. Linking libavformat would bring 134 shared objects into every host
// of this library, also into those that push frames themselves. So its functions are found with
// dlopen on the first use of a video, and typed from FFmpeg's own headers: a call through the table
// below is checked by the compiler like a direct one. Structures are read as these headers lay them
// out, which holds for the major versions they were written for; only those are loaded.
//
// Headers from FFmpeg 4.3 to 7.1 compile.
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

// F(library, function): everything this library calls in FFmpeg.
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

// Before, the number was a field of the stream.
#if LIBAVFORMAT_VERSION_MAJOR >= 59
#define CFFMPEG_LATER_FUNCTIONS(F) F(avformat, avformat_index_get_entries_count)
#else
#define CFFMPEG_LATER_FUNCTIONS(F)
#endif

typedef struct cffmpeg_api {
#define CFFMPEG_FIELD(library, function) __typeof__(function) *_Nonnull function;
  CFFMPEG_FUNCTIONS(CFFMPEG_FIELD)
  CFFMPEG_LATER_FUNCTIONS(CFFMPEG_FIELD)
#undef CFFMPEG_FIELD
} cffmpeg_api;

// Loads the libraries, once they are there: 0, and *api is the table for the life of the process. Otherwise `message`,
// of `capacity` bytes, gets one line, and a later call tries again: ENOMEM or EMFILE where memory or descriptors were
// wanting, else -1, and the line says what is missing and which package brings it.
int cffmpeg_bind(const cffmpeg_api *_Nullable *_Nonnull api, char *_Nonnull message, size_t capacity);

// FFmpeg's log, see logging.c. Called by cffmpeg_bind, if the log is ours to filter, as soon as libavutil is there
// and once everything is.
void cffmpeg_log_install(__typeof__(av_log_set_callback) *_Nonnull set_callback,
                         __typeof__(av_log_default_callback) *_Nonnull default_callback);
void cffmpeg_log_listen(const cffmpeg_api *_Nonnull api);
// Between begin and end (they nest) what FFmpeg has to say on this thread is dropped.
void cffmpeg_quiet_begin(void);
void cffmpeg_quiet_end(void);
// Added to the level of a codec's messages. Above every threshold, and below 256, where the
// default callback cuts the level off.
#define CFFMPEG_LOG_LEVEL_OFFSET 150
// Watches whether a codec context, not yet opened and with the offset above, complains of anything
// on any thread. Takes its `opaque`. Returns a slot to ask and to give back after the context is
// freed, or -1 if the log is not ours or too many are watched.
int cffmpeg_watch_begin(const cffmpeg_api *_Nonnull api, AVCodecContext *_Nonnull codec);
// Forgets what was said while the context was opened: decoders introduce themselves.
void cffmpeg_watch_opened(int slot);
bool cffmpeg_watch_is_faulty(int slot);
void cffmpeg_watch_end(int slot);
// Around the life of a context that decodes with threads.
void cffmpeg_threads_begin(void);
void cffmpeg_threads_end(void);

// Macros that Swift cannot import.
static const int64_t cffmpeg_no_timestamp = AV_NOPTS_VALUE;
static const int32_t cffmpeg_error_eof = AVERROR_EOF;
static const int32_t cffmpeg_error_exit = AVERROR_EXIT;
static inline int32_t cffmpeg_error(int32_t posix) { return AVERROR(posix); }

// 4.x hands out mutable input formats and decoders, later versions const ones: the difference
// stays on this side.
static inline const AVInputFormat *_Nullable cffmpeg_probe(const cffmpeg_api *_Nonnull api,
                                                           AVIOContext *_Nonnull io,
                                                           AVFormatContext *_Nonnull context,
                                                           int32_t *_Nonnull status) {
#if LIBAVFORMAT_VERSION_MAJOR < 59
  AVInputFormat *format = NULL;
#else
  const AVInputFormat *format = NULL;
#endif
  // The empty name keeps guesses by file extension out: the bytes alone decide.
  *status = api->av_probe_input_buffer2(io, &format, "", context, 0, 0);
  return *status < 0 ? NULL : format;
}

// As avformat_open_input: on failure the context has been freed and *context is NULL.
static inline int32_t cffmpeg_open_input(const cffmpeg_api *_Nonnull api,
                                         AVFormatContext *_Nullable *_Nonnull context,
                                         const AVInputFormat *_Nonnull format) {
#if LIBAVFORMAT_VERSION_MAJOR < 59
  return api->avformat_open_input(context, "", (AVInputFormat *)format, NULL);
#else
  return api->avformat_open_input(context, "", format, NULL);
#endif
}

// Packets that the streams' indexes list.
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

static inline bool cffmpeg_has_decoder(const cffmpeg_api *_Nonnull api, enum AVCodecID codec) {
  return api->avcodec_find_decoder(codec) != NULL;
}

static inline AVCodecContext *_Nullable cffmpeg_new_decoder(const cffmpeg_api *_Nonnull api,
                                                            enum AVCodecID codec) {
  return api->avcodec_alloc_context3(api->avcodec_find_decoder(codec));
}

// Whether packets of the stream were met while probing; 4.3 does not say.
static inline bool cffmpeg_has_packets(const AVStream *_Nonnull stream) {
#ifdef AVSTREAM_EVENT_FLAG_NEW_PACKETS
  return (stream->event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0;
#else
  return stream->codec_info_nb_frames > 0;
#endif
}

// The 3x3 display matrix of a stream: it moved from the stream to its parameters in 6.1.
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

static inline const int32_t *_Nullable cffmpeg_frame_matrix(const cffmpeg_api *_Nonnull api,
                                                            const AVFrame *_Nonnull frame) {
  const AVFrameSideData *data = api->av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (data == NULL || (size_t)data->size < 9 * sizeof(int32_t)) return NULL;
  return (const int32_t *)(const void *)data->data;
}

// Whether the decoder is to change what it knows about the stream with this packet.
static inline bool cffmpeg_changes_parameters(const AVPacket *_Nonnull packet) {
  for (int i = 0; i < packet->side_data_elems; i++) {
    const enum AVPacketSideDataType type = packet->side_data[i].type;
    if (type == AV_PKT_DATA_NEW_EXTRADATA || type == AV_PKT_DATA_PARAM_CHANGE) return true;
  }
  return false;
}

// pkt_duration became duration in 6.0.
static inline int64_t cffmpeg_frame_duration(const AVFrame *_Nonnull frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}

// The matrix and the range of the frame's colours, as FFmpeg's scale filter sets them. What is
// not YUV has neither and answers an error that means nothing.
static inline void cffmpeg_set_colours(const cffmpeg_api *_Nonnull api,
                                       struct SwsContext *_Nonnull scaler,
                                       enum AVColorSpace space, enum AVColorRange range) {
  int *inverse, *forward, full_in, full_out, brightness, contrast, saturation;
  if (api->sws_getColorspaceDetails(scaler, &inverse, &full_in, &forward, &full_out, &brightness,
                                    &contrast, &saturation) < 0)
    return;
  if (range != AVCOL_RANGE_UNSPECIFIED) full_in = range == AVCOL_RANGE_JPEG;
  // The filter takes the default matrix where no YUV matrix is stated. So do RGB pictures, which swscale
  // takes through YUV where they have more than 8 bits; by itself it would take another for them.
  const bool has_matrix = space >= AVCOL_SPC_BT709 && space != AVCOL_SPC_YCGCO;
  const int *table = api->sws_getCoefficients(has_matrix ? (int)space : SWS_CS_DEFAULT);
  (void)api->sws_setColorspaceDetails(scaler, table, full_in, table, full_out, brightness, contrast,
                                      saturation);
}

// Swift cannot pass the frame's array of planes as a pointer without copying it out.
static inline int cffmpeg_scale(const cffmpeg_api *_Nonnull api, struct SwsContext *_Nonnull scaler,
                                const AVFrame *_Nonnull frame, uint8_t *_Nonnull rgb, int stride) {
  uint8_t *const planes[4] = {rgb, NULL, NULL, NULL};
  const int strides[4] = {stride, 0, 0, 0};
  return api->sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                        frame->height, planes, strides);
}

#endif

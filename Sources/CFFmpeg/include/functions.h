// The functions of FFmpeg that this library calls, declared as every version has them, so that building needs no
// headers of FFmpeg. Tests/ffmpeg compares the declarations with the headers of the installed version.
#ifndef CFFMPEG_FUNCTIONS_H
#define CFFMPEG_FUNCTIONS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

// FFmpeg's structures. Only structures.c and logging.c look into them.
typedef struct AVClass AVClass;
typedef struct AVCodec AVCodec;
typedef struct AVCodecContext AVCodecContext;
typedef struct AVCodecParameters AVCodecParameters;
typedef struct AVDictionary AVDictionary;
typedef struct AVFormatContext AVFormatContext;
typedef struct AVFrame AVFrame;
typedef struct AVFrameSideData AVFrameSideData;
typedef struct AVIOContext AVIOContext;
typedef struct AVInputFormat AVInputFormat;
typedef struct AVPacket AVPacket;
typedef struct AVPacketSideData AVPacketSideData;
typedef struct AVStream AVStream;
typedef struct SwsContext SwsContext;
typedef struct SwsFilter SwsFilter;

#pragma clang assume_nonnull begin

typedef void cffmpeg_log_callback(void *_Nullable context, int level, const char *format, va_list arguments);
typedef int cffmpeg_read(void *_Nullable opaque, uint8_t *_Nullable buffer, int size);
// Nothing is written, and FFmpeg 7 made the buffer const: the parameters are left open.
typedef int cffmpeg_write();
typedef int64_t cffmpeg_seek(void *_Nullable opaque, int64_t offset, int whence);

// The functions that all versions have, as F(library, result, name, parameters). Enumerations are int, or unsigned
// where none of their values is negative.
#define CFFMPEG_FUNCTIONS(F)                                                                                           \
  F(avutil, unsigned, avutil_version, (void))                                                                          \
  F(avutil, const char *, av_version_info, (void))                                                                     \
  F(avutil, int, av_strerror, (int error, char *text, size_t capacity))                                                \
  F(avutil, void *_Nullable, av_malloc, (size_t size))                                                                 \
  F(avutil, void, av_free, (void *_Nullable memory))                                                                   \
  F(avutil, int, av_dict_set_int,                                                                                      \
    (AVDictionary *_Nullable *_Nonnull dictionary, const char *key, int64_t value, int flags))                         \
  F(avutil, void, av_dict_free, (AVDictionary *_Nullable *_Nonnull dictionary))                                        \
  F(avutil, int, av_opt_set, (void *object, const char *name, const char *value, int search))                          \
  F(avutil, int, av_opt_set_int, (void *object, const char *name, int64_t value, int search))                          \
  F(avutil, void, av_log, (void *_Nullable context, int level, const char *format, ...))                               \
  F(avutil, void, av_log_set_callback, (cffmpeg_log_callback *callback))                                               \
  F(avutil, void, av_log_default_callback,                                                                             \
    (void *_Nullable context, int level, const char *format, va_list arguments))                                       \
  F(avutil, double, av_display_rotation_get, (const int32_t matrix[_Nonnull 9]))                                       \
  F(avutil, int, av_get_pix_fmt, (const char *name))                                                                   \
  F(avutil, const char *_Nullable, av_get_pix_fmt_name, (int format))                                                  \
  F(avutil, AVFrame *_Nullable, av_frame_alloc, (void))                                                                \
  F(avutil, void, av_frame_free, (AVFrame *_Nullable *_Nonnull frame))                                                 \
  F(avutil, AVFrameSideData *_Nullable, av_frame_get_side_data, (const AVFrame *frame, unsigned type))                 \
  F(avcodec, unsigned, avcodec_version, (void))                                                                        \
  F(avcodec, const AVClass *_Nullable, avcodec_get_class, (void))                                                      \
  F(avcodec, const AVCodec *_Nullable, avcodec_find_decoder, (unsigned codec))                                         \
  F(avcodec, const char *_Nullable, avcodec_get_name, (unsigned codec))                                                \
  F(avcodec, AVCodecContext *_Nullable, avcodec_alloc_context3, (const AVCodec *_Nullable codec))                      \
  F(avcodec, void, avcodec_free_context, (AVCodecContext *_Nullable *_Nonnull context))                                \
  F(avcodec, int, avcodec_parameters_to_context, (AVCodecContext *context, const AVCodecParameters *parameters))       \
  F(avcodec, int, avcodec_open2,                                                                                       \
    (AVCodecContext *context, const AVCodec *_Nullable codec, AVDictionary *_Nullable *_Nullable options))             \
  F(avcodec, int, avcodec_send_packet, (AVCodecContext *context, const AVPacket *_Nullable packet))                    \
  F(avcodec, int, avcodec_receive_frame, (AVCodecContext *context, AVFrame *frame))                                    \
  F(avcodec, void, avcodec_flush_buffers, (AVCodecContext *context))                                                   \
  F(avcodec, AVPacket *_Nullable, av_packet_alloc, (void))                                                             \
  F(avcodec, void, av_packet_free, (AVPacket *_Nullable *_Nonnull packet))                                             \
  F(avcodec, void, av_packet_unref, (AVPacket *packet))                                                                \
  F(avcodec, uint8_t *_Nullable, av_packet_get_side_data,                                                              \
    (const AVPacket *packet, unsigned type, size_t *_Nullable size))                                                   \
  F(avformat, unsigned, avformat_version, (void))                                                                      \
  F(avformat, AVIOContext *_Nullable, avio_alloc_context,                                                              \
    (unsigned char *buffer, int size, int writes, void *_Nullable opaque, cffmpeg_read *_Nullable read,                \
     cffmpeg_write *_Nullable write, cffmpeg_seek *_Nullable seek))                                                    \
  F(avformat, void, avio_context_free, (AVIOContext *_Nullable *_Nonnull io))                                          \
  F(avformat, int, av_probe_input_buffer2,                                                                             \
    (AVIOContext *io, const AVInputFormat *_Nullable *_Nonnull format, const char *name, void *_Nullable log,          \
     unsigned offset, unsigned limit))                                                                                 \
  F(avformat, AVFormatContext *_Nullable, avformat_alloc_context, (void))                                              \
  F(avformat, int, avformat_open_input,                                                                                \
    (AVFormatContext *_Nullable *_Nonnull context, const char *name, const AVInputFormat *_Nullable format,            \
     AVDictionary *_Nullable *_Nullable options))                                                                      \
  F(avformat, void, avformat_close_input, (AVFormatContext *_Nullable *_Nonnull context))                              \
  F(avformat, void, avformat_free_context, (AVFormatContext *_Nullable context))                                       \
  F(avformat, int, avformat_find_stream_info,                                                                          \
    (AVFormatContext *context, AVDictionary *_Nullable *_Nullable options))                                            \
  F(avformat, int, av_read_frame, (AVFormatContext *context, AVPacket *packet))                                        \
  F(swscale, unsigned, swscale_version, (void))                                                                        \
  F(swscale, int, sws_isSupportedInput, (int format))                                                                  \
  F(swscale, SwsContext *_Nullable, sws_alloc_context, (void))                                                         \
  F(swscale, int, sws_init_context, (SwsContext *scaler, SwsFilter *_Nullable before, SwsFilter *_Nullable after))     \
  F(swscale, void, sws_freeContext, (SwsContext *_Nullable scaler))                                                    \
  F(swscale, const int *, sws_getCoefficients, (int matrix))                                                           \
  F(swscale, int, sws_getColorspaceDetails,                                                                            \
    (SwsContext *scaler, int *_Nullable *_Nonnull inverse, int *from_full, int *_Nullable *_Nonnull forward,           \
     int *to_full, int *brightness, int *contrast, int *saturation))                                                   \
  F(swscale, int, sws_setColorspaceDetails,                                                                            \
    (SwsContext *scaler, const int inverse[_Nonnull 4], int from_full, const int forward[_Nonnull 4], int to_full,     \
     int brightness, int contrast, int saturation))                                                                    \
  F(swscale, int, sws_scale,                                                                                           \
    (SwsContext *scaler, const uint8_t *const _Nullable from[_Nonnull], const int from_strides[_Nonnull], int row,     \
     int rows, uint8_t *const _Nullable to[_Nonnull], const int to_strides[_Nonnull]))

// The functions that only some versions have: from FFmpeg 5, to FFmpeg 6, and from FFmpeg 7.
#define CFFMPEG_FUNCTIONS_FROM_5(F) F(avformat, int, avformat_index_get_entries_count, (const AVStream *stream))
#define CFFMPEG_FUNCTIONS_TO_6(F)                                                                                      \
  F(avformat, uint8_t *_Nullable, av_stream_get_side_data,                                                             \
    (const AVStream *stream, unsigned type, size_t *_Nullable size))
#define CFFMPEG_FUNCTIONS_FROM_7(F)                                                                                    \
  F(avcodec, const AVPacketSideData *_Nullable, av_packet_side_data_get,                                               \
    (const AVPacketSideData *_Nullable data, int count, unsigned type))

#pragma clang assume_nonnull end
#endif

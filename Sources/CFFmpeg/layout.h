// Where FFmpeg keeps the fields that this library reads and writes, in each version, and numbers that are the same in
// all versions. FFmpeg promises both within a major version. They are facts about its public headers, stated here so
// that one library runs with any of these versions and builds without headers; Tests/ffmpeg compares them with the
// headers of the installed version.
#ifndef CFFMPEG_LAYOUT_H
#define CFFMPEG_LAYOUT_H

#include "CFFmpeg.h"

typedef struct {
  int (*callback)(void *opaque);
  void *opaque;
} cffmpeg_interrupt_field;

typedef int cffmpeg_open_field(AVFormatContext *context, AVIOContext **io, const char *address, int flags,
                               AVDictionary **options);

// The fields that all versions have, as F(structure, field, type, bytes from the structure's beginning in FFmpeg 4, 5,
// 6, 7 and 8). The type of an array is that of its elements. A size of side data is 4 or 8 bytes; its lower half tells
// enough.
#define CFFMPEG_FIELDS(F)                                                                \
  F(AVCodec, name, const char *, 0, 0, 0, 0, 0)                                          \
  F(AVCodec, priv_class, const AVClass *, 80, 72, 72, 64, 64)                            \
  F(AVCodecContext, log_level_offset, int32_t, 8, 8, 8, 8, 8)                            \
  F(AVCodecContext, opaque, void *, 48, 48, 48, 48, 48)                                  \
  F(AVCodecContext, width, int32_t, 116, 116, 116, 116, 112)                             \
  F(AVCodecContext, height, int32_t, 120, 120, 120, 120, 116)                            \
  F(AVCodecContext, pkt_timebase, cffmpeg_ratio, 884, 724, 716, 92, 92)            \
  F(AVCodecContext, framerate, cffmpeg_ratio, 872, 712, 704, 100, 100)             \
  F(AVCodecParameters, codec_type, int32_t, 0, 0, 0, 0, 0)                               \
  F(AVCodecParameters, codec_id, uint32_t, 4, 4, 4, 4, 4)                                \
  F(AVCodecParameters, extradata, uint8_t *, 16, 16, 16, 16, 16)                         \
  F(AVCodecParameters, extradata_size, int32_t, 24, 24, 24, 24, 24)                      \
  F(AVCodecParameters, profile, int32_t, 48, 48, 48, 64, 64)                             \
  F(AVCodecParameters, width, int32_t, 56, 56, 56, 72, 72)                               \
  F(AVCodecParameters, height, int32_t, 60, 60, 60, 76, 76)                              \
  F(AVCodecParameters, video_delay, int32_t, 96, 96, 96, 120, 120)                       \
  F(AVFormatContext, iformat, const AVInputFormat *, 8, 8, 8, 8, 8)                      \
  F(AVFormatContext, pb, AVIOContext *, 32, 32, 32, 32, 32)                              \
  F(AVFormatContext, nb_streams, uint32_t, 44, 44, 44, 44, 44)                           \
  F(AVFormatContext, streams, AVStream **, 48, 48, 48, 48, 48)                           \
  F(AVFormatContext, interrupt_callback, cffmpeg_interrupt_field, 1224, 200, 200, 216, 216) \
  F(AVFormatContext, io_open, cffmpeg_open_field *, 1464, 424, 424, 448, 448)            \
  F(AVFrame, data, uint8_t *, 0, 0, 0, 0, 0)                                             \
  F(AVFrame, linesize, int, 64, 64, 64, 64, 64)                                          \
  F(AVFrame, width, int32_t, 104, 104, 104, 104, 104)                                    \
  F(AVFrame, height, int32_t, 108, 108, 108, 108, 108)                                   \
  F(AVFrame, format, int32_t, 116, 116, 116, 116, 116)                                   \
  F(AVFrame, pts, int64_t, 136, 136, 136, 136, 136)                                      \
  F(AVFrame, pkt_dts, int64_t, 152, 144, 144, 144, 144)                                  \
  F(AVFrame, flags, int32_t, 380, 316, 316, 292, 276)                                    \
  F(AVFrame, color_range, uint32_t, 384, 320, 320, 296, 280)                             \
  F(AVFrame, colorspace, uint32_t, 396, 332, 332, 308, 292)                              \
  F(AVFrame, best_effort_timestamp, int64_t, 408, 344, 344, 320, 304)                    \
  F(AVFrame, decode_error_flags, int32_t, 440, 376, 376, 344, 320)                       \
  F(AVFrameSideData, data, uint8_t *, 8, 8, 8, 8, 8)                                     \
  F(AVFrameSideData, size, uint32_t, 16, 16, 16, 16, 16)                                 \
  F(AVInputFormat, name, const char *, 0, 0, 0, 0, 0)                                    \
  F(AVInputFormat, flags, int32_t, 16, 16, 16, 16, 16)                                   \
  F(AVIOContext, buffer, unsigned char *, 8, 8, 8, 8, 8)                                 \
  F(AVPacket, pts, int64_t, 8, 8, 8, 8, 8)                                               \
  F(AVPacket, data, uint8_t *, 24, 24, 24, 24, 24)                                       \
  F(AVPacket, size, int32_t, 32, 32, 32, 32, 32)                                         \
  F(AVPacket, stream_index, int32_t, 36, 36, 36, 36, 36)                                 \
  F(AVPacket, flags, int32_t, 40, 40, 40, 40, 40)                                        \
  F(AVPacket, duration, int64_t, 64, 64, 64, 64, 64)                                     \
  F(AVPacketSideData, data, uint8_t *, 0, 0, 0, 0, 0)                                    \
  F(AVPacketSideData, size, uint32_t, 8, 8, 8, 8, 8)                                     \
  F(AVStream, index, int32_t, 0, 0, 8, 8, 8)                                             \
  F(AVStream, codecpar, AVCodecParameters *, 208, 208, 16, 16, 16)                       \
  F(AVStream, time_base, cffmpeg_ratio, 24, 16, 32, 32, 32)                        \
  F(AVStream, disposition, int32_t, 56, 48, 64, 64, 64)                                  \
  F(AVStream, discard, int32_t, 60, 52, 68, 68, 68)                                      \
  F(AVStream, avg_frame_rate, cffmpeg_ratio, 80, 72, 88, 88, 88)                   \
  F(AVStream, event_flags, int32_t, 188, 196, 212, 212, 200)                             \
  F(AVStream, r_frame_rate, cffmpeg_ratio, 192, 200, 216, 216, 204)

// The fields that only some versions have; NONE where the version has another way.
#define CFFMPEG_SOME_FIELDS(F)                                                           \
  F(AVCodecParameters, coded_side_data, const AVPacketSideData *, NONE, NONE, NONE, 32, 32) \
  F(AVCodecParameters, nb_coded_side_data, int32_t, NONE, NONE, NONE, 40, 40)            \
  F(AVFrame, pkt_duration, int64_t, 424, 360, NONE, NONE, NONE)                          \
  F(AVFrame, duration, int64_t, NONE, NONE, 472, 432, 408)                               \
  F(AVStream, nb_index_entries, int32_t, 464, NONE, NONE, NONE, NONE)

// Numbers that are the same in all versions, by FFmpeg's names.
#define CFFMPEG_NUMBERS(F)          \
  F(AVCOL_SPC_BT709, 1)             \
  F(AVCOL_SPC_YCGCO, 8)             \
  F(AVDISCARD_DEFAULT, 0)           \
  F(AVDISCARD_ALL, 48)              \
  F(AVFMT_NOFILE, 1)                \
  F(AVFMT_TS_DISCONT, 0x200)        \
  F(AVMEDIA_TYPE_VIDEO, 0)          \
  F(AVSTREAM_EVENT_FLAG_NEW_PACKETS, 2) \
  F(AV_CODEC_ID_H264, 27)           \
  F(AV_DISPOSITION_ATTACHED_PIC, 0x400) \
  F(AV_DISPOSITION_DEFAULT, 1)      \
  F(AV_FRAME_DATA_DISPLAYMATRIX, 6) \
  F(AV_FRAME_FLAG_CORRUPT, 1)       \
  F(AV_LOG_INFO, 32)                \
  F(AV_LOG_TRACE, 56)               \
  F(AV_OPT_SEARCH_CHILDREN, 1)      \
  F(AV_PKT_DATA_DISPLAYMATRIX, 5)   \
  F(AV_PKT_DATA_NEW_EXTRADATA, 1)   \
  F(AV_PKT_DATA_PARAM_CHANGE, 2)    \
  F(AV_PKT_FLAG_CORRUPT, 2)         \
  F(AV_PKT_FLAG_DISCARD, 4)         \
  F(AV_PKT_FLAG_KEY, 1)             \
  F(SWS_CS_DEFAULT, 5)

#endif

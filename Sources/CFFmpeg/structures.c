// FFmpeg's structures, read and written in the layout of the version that is bound. It is in C since Swift has neither
// fields at places that are known at run time, nor calls through a table of them that cost no more than a load.
#include "structures.h"

#include <errno.h>
#include <string.h>

// Places of fields that a version lacks; nothing reads them.
#define NONE UINT16_MAX

#define IN_4(structure, field, type, a, b, c, d, e) .structure##_##field = a,
#define IN_5(structure, field, type, a, b, c, d, e) .structure##_##field = b,
#define IN_6(structure, field, type, a, b, c, d, e) .structure##_##field = c,
#define IN_7(structure, field, type, a, b, c, d, e) .structure##_##field = d,
#define IN_8(structure, field, type, a, b, c, d, e) .structure##_##field = e,
static const cffmpeg_offsets layouts[] = {
    {CFFMPEG_FIELDS(IN_4) CFFMPEG_SOME_FIELDS(IN_4)}, {CFFMPEG_FIELDS(IN_5) CFFMPEG_SOME_FIELDS(IN_5)},
    {CFFMPEG_FIELDS(IN_6) CFFMPEG_SOME_FIELDS(IN_6)}, {CFFMPEG_FIELDS(IN_7) CFFMPEG_SOME_FIELDS(IN_7)},
    {CFFMPEG_FIELDS(IN_8) CFFMPEG_SOME_FIELDS(IN_8)},
};

const cffmpeg_offsets *cffmpeg_layout;

void cffmpeg_use_layout(int version) { cffmpeg_layout = &layouts[version - 4]; }

const AVInputFormat *cffmpeg_probe(const cffmpeg_api *api, AVIOContext *io, AVFormatContext *context,
                                   int32_t *status) {
  const AVInputFormat *format = NULL;
  // The empty name prevents guesses by file extension: the bytes alone decide.
  *status = api->av_probe_input_buffer2(io, &format, "", context, 0, 0);
  return *status < 0 ? NULL : format;
}

const char *cffmpeg_format_names(const AVInputFormat *format) { return *AVInputFormat_name(format); }
bool cffmpeg_opens_itself(const AVInputFormat *format) { return (*AVInputFormat_flags(format) & AVFMT_NOFILE) != 0; }
bool cffmpeg_may_restart(const AVInputFormat *format) {
  return (*AVInputFormat_flags(format) & AVFMT_TS_DISCONT) != 0;
}

static int refuse_to_open(AVFormatContext *context, AVIOContext **io, const char *address, int flags,
                          AVDictionary **options) {
  (void)context, (void)io, (void)address, (void)flags, (void)options;
  return -EPERM;
}

bool cffmpeg_confine(const cffmpeg_api *api, AVFormatContext *context, AVIOContext *io, int32_t max_streams,
                     int32_t (*interrupted)(void *opaque), void *opaque) {
  *AVFormatContext_pb(context) = io;
  *AVFormatContext_interrupt_callback(context) = (cffmpeg_interrupt_field){interrupted, opaque};
  *AVFormatContext_io_open(context) = refuse_to_open;
  return api->av_opt_set_int(context, "max_streams", max_streams, 0) >= 0 &&
         api->av_opt_set(context, "protocol_whitelist", "", 0) >= 0;
}

void cffmpeg_free_io(const cffmpeg_api *api, AVIOContext *io) {
  api->av_free(*AVIOContext_buffer(io));
  api->avio_context_free(&io);
}

const AVInputFormat *cffmpeg_format_of(const AVFormatContext *context) { return *AVFormatContext_iformat(context); }
uint32_t cffmpeg_stream_count(const AVFormatContext *context) { return *AVFormatContext_nb_streams(context); }
AVStream *cffmpeg_stream_at(const AVFormatContext *context, uint32_t index) {
  return (*AVFormatContext_streams(context))[index];
}

int64_t cffmpeg_index_entries(const cffmpeg_api *api, const AVFormatContext *context) {
  int64_t entries = 0;
  for (uint32_t i = 0; i < cffmpeg_stream_count(context); i++) {
    const AVStream *stream = cffmpeg_stream_at(context, i);
    entries += api->avformat_index_get_entries_count != NULL ? api->avformat_index_get_entries_count(stream)
                                                             : *AVStream_nb_index_entries(stream);
  }
  return entries;
}

static enum cffmpeg_codec codec_named(const char *name) {
  static const char *const names[] = {
      [cffmpeg_codec_h264] = "h264", [cffmpeg_codec_hevc] = "hevc", [cffmpeg_codec_mpeg4] = "mpeg4",
      [cffmpeg_codec_vp9] = "vp9",   [cffmpeg_codec_av1] = "av1",
  };
  for (enum cffmpeg_codec codec = cffmpeg_codec_h264; codec <= cffmpeg_codec_av1; codec++)
    if (name != NULL && strcmp(name, names[codec]) == 0) return codec;
  return cffmpeg_codec_other;
}

cffmpeg_stream cffmpeg_read_stream(const cffmpeg_api *api, const AVStream *stream) {
  const AVCodecParameters *parameters = *AVStream_codecpar(stream);
  const int32_t disposition = *AVStream_disposition(stream);
  const uint32_t codec_id = *AVCodecParameters_codec_id(parameters);
  return (cffmpeg_stream){
      .index = *AVStream_index(stream),
      .is_video = *AVCodecParameters_codec_type(parameters) == AVMEDIA_TYPE_VIDEO,
      .is_default = (disposition & AV_DISPOSITION_DEFAULT) != 0,
      .is_cover = (disposition & AV_DISPOSITION_ATTACHED_PIC) != 0,
      .has_packets = (*AVStream_event_flags(stream) & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0,
      .codec = codec_named(api->avcodec_get_name(codec_id)),
      .codec_id = codec_id,
      .profile = *AVCodecParameters_profile(parameters),
      .delay = *AVCodecParameters_video_delay(parameters),
      .width = *AVCodecParameters_width(parameters),
      .height = *AVCodecParameters_height(parameters),
      .extradata = *AVCodecParameters_extradata(parameters),
      .extradata_size = *AVCodecParameters_extradata_size(parameters),
      .unit = *AVStream_time_base(stream),
      .average_rate = *AVStream_avg_frame_rate(stream),
      .real_rate = *AVStream_r_frame_rate(stream),
  };
}

void cffmpeg_use_stream(AVStream *stream, bool is_used) {
  *AVStream_discard(stream) = is_used ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
}

// The bytes of a display matrix.
#define MATRIX_SIZE (9 * sizeof(int32_t))

const int32_t *cffmpeg_stream_matrix(const cffmpeg_api *api, const AVStream *stream) {
  if (api->av_packet_side_data_get == NULL) {
    size_t size = 0;  // FFmpeg 4 writes an int, the lower half
    const uint8_t *data = api->av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return size >= MATRIX_SIZE ? (const int32_t *)(const void *)data : NULL;
  }
  const AVCodecParameters *parameters = *AVStream_codecpar(stream);
  const AVPacketSideData *found =
      api->av_packet_side_data_get(*AVCodecParameters_coded_side_data(parameters),
                                   *AVCodecParameters_nb_coded_side_data(parameters), AV_PKT_DATA_DISPLAYMATRIX);
  if (found == NULL || *AVPacketSideData_size(found) < MATRIX_SIZE) return NULL;
  return (const int32_t *)(const void *)*AVPacketSideData_data(found);
}

cffmpeg_packet cffmpeg_read_packet(const AVPacket *packet) {
  const int32_t flags = *AVPacket_flags(packet);
  return (cffmpeg_packet){
      .time = *AVPacket_pts(packet),
      .duration = *AVPacket_duration(packet),
      .data = *AVPacket_data(packet),
      .size = *AVPacket_size(packet),
      .stream = *AVPacket_stream_index(packet),
      .is_key = (flags & AV_PKT_FLAG_KEY) != 0,
      .is_corrupt = (flags & AV_PKT_FLAG_CORRUPT) != 0,
      .is_discarded = (flags & AV_PKT_FLAG_DISCARD) != 0,
  };
}

bool cffmpeg_changes_parameters(const cffmpeg_api *api, const AVPacket *packet) {
  return api->av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL) != NULL ||
         api->av_packet_get_side_data(packet, AV_PKT_DATA_PARAM_CHANGE, NULL) != NULL;
}

bool cffmpeg_has_decoder(const cffmpeg_api *api, uint32_t codec_id) {
  return api->avcodec_find_decoder(codec_id) != NULL;
}

const char *cffmpeg_decoder_name(const cffmpeg_api *api, uint32_t codec_id) {
  const AVCodec *decoder = api->avcodec_find_decoder(codec_id);
  return decoder == NULL ? NULL : *AVCodec_name(decoder);
}

AVCodecContext *cffmpeg_new_decoder(const cffmpeg_api *api, const AVStream *stream, int32_t *status) {
  const AVCodecParameters *parameters = *AVStream_codecpar(stream);
  AVCodecContext *decoder =
      api->avcodec_alloc_context3(api->avcodec_find_decoder(*AVCodecParameters_codec_id(parameters)));
  if (decoder == NULL) return NULL;
  *AVCodecContext_log_level_offset(decoder) = CFFMPEG_LOG_LEVEL_OFFSET;
  *status = api->avcodec_parameters_to_context(decoder, parameters);
  *AVCodecContext_pkt_timebase(decoder) = *AVStream_time_base(stream);
  *AVCodecContext_framerate(decoder) = *AVStream_avg_frame_rate(stream);
  return decoder;
}

void cffmpeg_share_each_frame(const cffmpeg_api *api, AVCodecContext *decoder, int32_t threads) {
  (void)api->av_opt_set(decoder, "flags", "+low_delay", 0);
  (void)api->av_opt_set_int(decoder, "framethreads", 1, AV_OPT_SEARCH_CHILDREN);
  (void)api->av_opt_set_int(decoder, "tilethreads", threads, AV_OPT_SEARCH_CHILDREN);
}

void cffmpeg_decoder_size(const AVCodecContext *decoder, int32_t *width, int32_t *height) {
  *width = *AVCodecContext_width(decoder);
  *height = *AVCodecContext_height(decoder);
}

cffmpeg_frame cffmpeg_read_frame(const AVFrame *frame) {
  const bool is_newer = cffmpeg_layout->AVFrame_duration != NONE;
  return (cffmpeg_frame){
      .width = *AVFrame_width(frame),
      .height = *AVFrame_height(frame),
      .format = *AVFrame_format(frame),
      .range = *AVFrame_color_range(frame),
      .space = *AVFrame_colorspace(frame),
      .time = *AVFrame_pts(frame),
      .decoding_time = *AVFrame_pkt_dts(frame),
      .best_time = *AVFrame_best_effort_timestamp(frame),
      .duration = is_newer ? *AVFrame_duration(frame) : *AVFrame_pkt_duration(frame),
      .is_damaged =
          (*AVFrame_flags(frame) & AV_FRAME_FLAG_CORRUPT) != 0 || *AVFrame_decode_error_flags(frame) != 0,
  };
}

const int32_t *cffmpeg_frame_matrix(const cffmpeg_api *api, const AVFrame *frame) {
  const AVFrameSideData *data = api->av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (data == NULL || *AVFrameSideData_size(data) < MATRIX_SIZE) return NULL;
  return (const int32_t *)(const void *)*AVFrameSideData_data(data);
}

void cffmpeg_set_colours(const cffmpeg_api *api, SwsContext *scaler, uint32_t space, uint32_t range) {
  int *inverse, *forward, full_in, full_out, brightness, contrast, saturation;
  // Pixel formats that are not YUV have neither matrix nor range, and swscale's error for them is ignored.
  if (api->sws_getColorspaceDetails(scaler, &inverse, &full_in, &forward, &full_out, &brightness,
                                    &contrast, &saturation) < 0)
    return;
  if (range != cffmpeg_range_unstated) full_in = range == cffmpeg_range_full;
  // Like the filter, use the default matrix if the frame states no YUV matrix. That covers RGB pictures: swscale
  // converts those of more than 8 bits through YUV, by itself with another matrix.
  const bool has_matrix = space >= AVCOL_SPC_BT709 && space != AVCOL_SPC_YCGCO;
  const int *table = api->sws_getCoefficients(has_matrix ? (int)space : SWS_CS_DEFAULT);
  (void)api->sws_setColorspaceDetails(scaler, table, full_in, table, full_out, brightness, contrast,
                                      saturation);
}

int32_t cffmpeg_scale(const cffmpeg_api *api, SwsContext *scaler, const AVFrame *frame, uint8_t *rgb, int32_t stride) {
  uint8_t *const planes[4] = {rgb, NULL, NULL, NULL};
  const int strides[4] = {stride, 0, 0, 0};
  return api->sws_scale(scaler, (const uint8_t *const *)AVFrame_data(frame), AVFrame_linesize(frame), 0,
                        *AVFrame_height(frame), planes, strides);
}

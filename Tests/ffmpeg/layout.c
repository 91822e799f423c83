/* layout.c: the structures, functions and numbers of FFmpeg that Sources/CFFmpeg states, held against the headers of
 * the version that is installed. It compiles if all of it is true, and prints which version that is. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdio.h>

#include "layout.h"

/* 4 to 8: libavcodec 58 to 62. */
#define VERSION (LIBAVCODEC_VERSION_MAJOR - 54)
_Static_assert(VERSION >= 4 && VERSION <= 8, "not a version that is read");
#define NONE 65535
#define IN(a, b, c, d, e) (VERSION == 4 ? a : VERSION == 5 ? b : VERSION == 6 ? c : VERSION == 7 ? d : e)

/* A field is where it is said to be, and of the size of its type; an array holds several. */
#define FIELD(structure, field, type, ...)                                                                      \
  _Static_assert(offsetof(structure, field) == IN(__VA_ARGS__), #structure "." #field " is elsewhere");         \
  _Static_assert(sizeof(((structure *)0)->field) % sizeof(type) == 0, #structure "." #field " has another size");
CFFMPEG_FIELDS(FIELD)

/* The fields that only some versions have: each of their lines in layout.h has a line here too. */
#define SOME_FIELD(structure, field, type, ...)                             \
  enum { structure##_##field##_in = IN(__VA_ARGS__) };                      \
  typedef type structure##_##field##_type;
CFFMPEG_SOME_FIELDS(SOME_FIELD)
#define HAS(structure, field)                                                                              \
  _Static_assert(offsetof(structure, field) == structure##_##field##_in, #field " is elsewhere");         \
  _Static_assert(sizeof(((structure *)0)->field) == sizeof(structure##_##field##_type), #field " has another size")
#define LACKS(structure, field) _Static_assert(structure##_##field##_in == NONE, #field " is not there")

#if LIBAVCODEC_VERSION_MAJOR >= 61
HAS(AVCodecParameters, coded_side_data);
HAS(AVCodecParameters, nb_coded_side_data);
#else
LACKS(AVCodecParameters, coded_side_data);
LACKS(AVCodecParameters, nb_coded_side_data);
#endif
#if LIBAVCODEC_VERSION_MAJOR >= 60
HAS(AVFrame, duration);
LACKS(AVFrame, pkt_duration);
#else
HAS(AVFrame, pkt_duration);
LACKS(AVFrame, duration);
#endif
#if LIBAVCODEC_VERSION_MAJOR == 58
HAS(AVStream, nb_index_entries);
#else
LACKS(AVStream, nb_index_entries);
#endif

#define NUMBER(name, number) _Static_assert((name) == (number), #name " is another number");
CFFMPEG_NUMBERS(NUMBER)
_Static_assert(AVSEEK_SIZE == 0x10000 && AVSEEK_FORCE == 0x20000, "seeking has other numbers");
_Static_assert(AVCOL_RANGE_UNSPECIFIED == 0 && AVCOL_RANGE_JPEG == 2, "colour ranges have other numbers");

/* Every function has the parameters that are declared; FFmpeg 4 has fewer of them const. */
#if LIBAVCODEC_VERSION_MAJOR >= 59
#define FUNCTION(library, result, name, parameters) api->name = name;
#else
#define FUNCTION(library, result, name, parameters) api->name = (void *)name;
#endif
static void assign(cffmpeg_api *api) {
  CFFMPEG_FUNCTIONS(FUNCTION)
#if LIBAVCODEC_VERSION_MAJOR >= 59
  CFFMPEG_FUNCTIONS_FROM_5(FUNCTION)
#endif
#if LIBAVCODEC_VERSION_MAJOR <= 60
  CFFMPEG_FUNCTIONS_TO_6(FUNCTION)
#else
  CFFMPEG_FUNCTIONS_FROM_7(FUNCTION)
#endif
}

int main(void) {
  if (cffmpeg_no_timestamp != AV_NOPTS_VALUE || cffmpeg_error_eof != AVERROR_EOF ||
      cffmpeg_error_exit != AVERROR_EXIT || cffmpeg_error(ENOMEM) != AVERROR(ENOMEM)) {
    printf("layout: a number of CFFmpeg.h differs\n");
    return 1;
  }
  printf("layout: as the headers of FFmpeg %d have it (libavcodec %s)\n", VERSION,
         AV_STRINGIFY(LIBAVCODEC_VERSION));
  return 0;
  (void)assign;
}

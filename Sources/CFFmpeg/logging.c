// Keeps FFmpeg's messages about this library's videos off stderr. FFmpeg has one log callback and one log level per
// process. Lowering the level would silence the host's own use of FFmpeg too, so this is done instead:
//
// - Codec contexts of this library have a log_level_offset that lifts their messages above any threshold. It changes
//   nothing else, and holds on the decoder's threads too.
// - Demuxers, parsers and probing decoders have no such offset, bit readers log without a context, and H.264 logs one
//   message with its private data as the context. If this library was the first to load libavutil, so that nobody can
//   have set a callback, it installs one. The callback drops messages from threads inside this library's calls,
//   messages of its decoders, and messages without a context while its decoder threads run. All others go to FFmpeg's
//   default callback. A host that sets its own callback or level later replaces it.
// - If the host had loaded libavutil before, the log is left alone, since FFmpeg cannot tell which callback the host
//   has set. Messages about this library's videos, except those of its codec contexts, then go to the host's callback.
//   They come from the calling thread only, since decoders that cannot be watched have no threads.
//
// The callback also records errors that decoders report in no other way, such as a damaged stream.
#include "structures.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

// The nesting of cffmpeg_quiet_begin on this thread; 0 if messages are not dropped.
static _Thread_local int quiet_depth;
static cffmpeg_log_callback *default_callback;
// The classes at the beginning of codec contexts and of the private data of H.264 decoders; NULL until they are
// known.
static const AVClass *_Atomic codec_class;
static const AVClass *_Atomic h264_class;

// The states of the watched codec contexts, one slot each. A context's `opaque` points to its slot, so a context
// belongs to this library exactly if that pointer lies in the array.
enum { FREE, UNHEARD, SOUND, FAULTY };
#define WATCHES 256
static atomic_int watches[WATCHES];
static atomic_int threaded;  // the number of contexts that decode with threads

// Returns the slot of a context of this library; NULL for any other context.
static atomic_int *watch_of(void *context) {
  if (context == NULL) return NULL;
  const AVClass *class = *(const AVClass **)context;
  if (class == NULL) return NULL;
  // In FFmpeg 4.4 to 8.1 an H264Context begins with its class and a pointer to its codec context.
  if (class == atomic_load(&h264_class)) {
    context = ((void **)context)[1];
    if (context == NULL) return NULL;
    class = *(const AVClass **)context;
  }
  if (class == NULL || class != atomic_load(&codec_class)) return NULL;
  uintptr_t slot = (uintptr_t)*AVCodecContext_opaque(context);
  if (slot < (uintptr_t)watches || slot >= (uintptr_t)(watches + WATCHES)) return NULL;
  return (atomic_int *)slot;
}

static void filter(void *context, int level, const char *format, va_list arguments) {
  atomic_int *watch = watch_of(context);
  if (watch != NULL) {
    int heard = UNHEARD;
    (void)atomic_compare_exchange_strong(watch, &heard, SOUND);
    // H.264 reports at the info level only that it conceals errors in a picture.
    if ((level & 0xff) <= AV_LOG_INFO + CFFMPEG_LOG_LEVEL_OFFSET) atomic_store(watch, FAULTY);
    return;
  }
  if (quiet_depth > 0) return;
  if (context == NULL && atomic_load(&threaded) > 0) return;
  default_callback(context, level, format, arguments);
}

void cffmpeg_log_install(void (*set_callback)(cffmpeg_log_callback *callback), cffmpeg_log_callback *usual_callback) {
  default_callback = usual_callback;
  set_callback(filter);
}

void cffmpeg_log_listen(const cffmpeg_api *api) {
  atomic_store(&codec_class, api->avcodec_get_class());
  const AVCodec *h264 = api->avcodec_find_decoder(AV_CODEC_ID_H264);
  // Other H.264 decoders have other private data.
  if (h264 != NULL && strcmp(*AVCodec_name(h264), "h264") == 0)
    atomic_store(&h264_class, *AVCodec_priv_class(h264));
}

void cffmpeg_quiet_begin(void) { quiet_depth++; }
void cffmpeg_quiet_end(void) { quiet_depth--; }

int cffmpeg_watch_begin(const cffmpeg_api *api, AVCodecContext *codec) {
  if (default_callback == NULL) return -1;
  for (int slot = 0; slot < WATCHES; slot++) {
    int state = FREE;
    if (!atomic_compare_exchange_strong(&watches[slot], &state, UNHEARD)) continue;
    *AVCodecContext_opaque(codec) = &watches[slot];
    // Tests that this callback is still installed: no other shows a message of this level, and this one marks the
    // slot.
    api->av_log(codec, AV_LOG_TRACE, "%s", "");
    if (atomic_load(&watches[slot]) == SOUND) return slot;
    *AVCodecContext_opaque(codec) = NULL;
    cffmpeg_watch_end(slot);
    return -1;
  }
  return -1;
}

void cffmpeg_watch_opened(int slot) { atomic_store(&watches[slot], SOUND); }

bool cffmpeg_watch_is_faulty(int slot) { return atomic_load(&watches[slot]) == FAULTY; }

void cffmpeg_watch_end(int slot) { atomic_store(&watches[slot], FREE); }

void cffmpeg_threads_begin(void) { atomic_fetch_add(&threaded, 1); }
void cffmpeg_threads_end(void) { atomic_fetch_sub(&threaded, 1); }

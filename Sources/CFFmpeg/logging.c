// A library prints nothing, but FFmpeg writes what it thinks of a damaged file to stderr, through
// one callback and one level per process. Turning the level down would silence the host's own use
// of FFmpeg too. What is done instead:
//
// - The codec contexts we make carry a log_level_offset that lifts their messages above any
//   threshold. That changes nothing outside them, and reaches the decoder's threads.
// - Demuxers, parsers and the probing decoders have no such offset, bit readers log with no context at
//   all, and H.264 says one thing in the name of its private data. So if libavutil came into the process
//   with us (nobody can have set a callback before), a callback is installed that drops messages from
//   threads inside our calls, those of our decoders under either name, and those without a context while
//   decoder threads of ours run; everything else goes on to FFmpeg's default callback as before. A host that
//   sets its own callback or level later still gets it.
// - If the host had loaded this libavutil before us, its log belongs to it, there is no way to ask
//   which callback it set, and it is left alone: messages about our files, save those of our codec
//   contexts, go where the host sends FFmpeg's messages. They are of the calling thread alone, since
//   decoders that cannot be listened to have no threads.
//
// The callback also collects errors that decoders report in no other way: damage of a stream.
#include "CFFmpeg.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

static _Thread_local int depth;
static __typeof__(av_log_default_callback) *default_callback;
// The classes that codec contexts, and the private data of H.264's, begin with; NULL until they are known.
static const AVClass *_Atomic codec_class;
static const AVClass *_Atomic h264_class;

// One slot per codec context that is listened to; its `opaque` points to the slot, so a
// context is ours exactly if that pointer lies in here.
enum { FREE, UNHEARD, SOUND, FAULTY };
#define WATCHES 256
static atomic_int watches[WATCHES];
static atomic_int threaded;  // how many of them decode with threads

static atomic_int *watch_of(void *context) {
  if (context == NULL) return NULL;
  const AVClass *class = *(const AVClass **)context;
  if (class == NULL) return NULL;
  // H264Context, from 4.3 to 7.1: its class, then the codec context that it belongs to.
  if (class == atomic_load(&h264_class)) {
    context = ((void **)context)[1];
    if (context == NULL) return NULL;
    class = *(const AVClass **)context;
  }
  if (class == NULL || class != atomic_load(&codec_class)) return NULL;
  uintptr_t slot = (uintptr_t)((const AVCodecContext *)context)->opaque;
  if (slot < (uintptr_t)watches || slot >= (uintptr_t)(watches + WATCHES)) return NULL;
  return (atomic_int *)slot;
}

static void filter(void *context, int level, const char *format, va_list arguments) {
  atomic_int *watch = watch_of(context);
  if (watch != NULL) {
    int heard = UNHEARD;
    (void)atomic_compare_exchange_strong(watch, &heard, SOUND);
    // H.264 says only at the level of information that it patches a picture.
    if ((level & 0xff) <= AV_LOG_INFO + CFFMPEG_LOG_LEVEL_OFFSET) atomic_store(watch, FAULTY);
    return;
  }
  if (depth > 0) return;
  if (context == NULL && atomic_load(&threaded) > 0) return;
  default_callback(context, level, format, arguments);
}

void cffmpeg_log_install(__typeof__(av_log_set_callback) *set_callback,
                         __typeof__(av_log_default_callback) *usual_callback) {
  default_callback = usual_callback;
  set_callback(filter);
}

void cffmpeg_log_listen(const cffmpeg_api *api) {
  atomic_store(&codec_class, api->avcodec_get_class());
  const AVCodec *h264 = api->avcodec_find_decoder(AV_CODEC_ID_H264);
  // Another decoder of H.264 keeps other things there.
  if (h264 != NULL && strcmp(h264->name, "h264") == 0) atomic_store(&h264_class, h264->priv_class);
}

void cffmpeg_quiet_begin(void) { depth++; }
void cffmpeg_quiet_end(void) { depth--; }

int cffmpeg_watch_begin(const cffmpeg_api *api, AVCodecContext *codec) {
  if (default_callback == NULL) return -1;
  for (int slot = 0; slot < WATCHES; slot++) {
    int state = FREE;
    if (!atomic_compare_exchange_strong(&watches[slot], &state, UNHEARD)) continue;
    codec->opaque = &watches[slot];
    // Is the callback still ours? Nobody else shows a message of this level.
    api->av_log(codec, AV_LOG_TRACE, "%s", "");
    if (atomic_load(&watches[slot]) == SOUND) return slot;
    codec->opaque = NULL;
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

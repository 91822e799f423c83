// Keeping FFmpeg's messages about this library's videos off stderr: see logging.c.
#ifndef CFFMPEG_LOGGING_H
#define CFFMPEG_LOGGING_H

#include <stdbool.h>

#include "functions.h"

#pragma clang assume_nonnull begin

typedef struct cffmpeg_api cffmpeg_api;

// Installs the filter of FFmpeg's log. cffmpeg_bind calls it once all libraries are loaded, if no other code of the
// process had loaded libavutil before.
void cffmpeg_log_install(void (*set_callback)(cffmpeg_log_callback *callback), cffmpeg_log_callback *default_callback);
// Lets the filter recognise the messages of codec contexts.
void cffmpeg_log_listen(const cffmpeg_api *api);
// Drops FFmpeg's messages on the calling thread until cffmpeg_quiet_end. Pairs may nest.
void cffmpeg_quiet_begin(void);
void cffmpeg_quiet_end(void);
// Watches a codec context that cffmpeg_new_decoder made, and that is not opened yet, for error messages on any thread.
// Uses the context's `opaque`. Returns a slot for the calls below, to be ended after the context is freed, or -1 if the
// filter is not installed or too many contexts are watched.
int cffmpeg_watch_begin(const cffmpeg_api *api, AVCodecContext *codec);
// Forgets the messages so far, since decoders may log a greeting while they are opened.
void cffmpeg_watch_opened(int slot);
// Returns whether the context has logged an error.
bool cffmpeg_watch_is_faulty(int slot);
// Ends the watch of a context and frees its slot.
void cffmpeg_watch_end(int slot);
// Counts a context that decodes with threads, from before it is opened until cffmpeg_threads_end after it is freed.
void cffmpeg_threads_begin(void);
void cffmpeg_threads_end(void);

#pragma clang assume_nonnull end
#endif

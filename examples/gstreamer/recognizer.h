/* recognizer.h: frames in, windows and events out, with one worker thread. It knows the library and GLib, not
 * GStreamer. */
#ifndef RECOGNIZER_H
#define RECOGNIZER_H

#include <actionclip.h>
#include <glib.h>

typedef struct Recognizer Recognizer;

/* Settings of a recognizer. Strings may be NULL: the default model, the model's own labels, no label for "nothing". */
typedef struct {
  const char *model;
  const char *const *labels; /* ends with NULL */
  const char *none_label;
  int threads;    /* that compute; 0: the library's default */
  gboolean leaky; /* a push never waits; frames that come too fast are dropped, all but the newest */
  actionclip_stream_options stream;
  actionclip_tracker_options tracker;
} RecognizerSettings;

/* Functions that receive results. They are called on the worker thread, or for `refused` on the pushing one and for
 * `noted` in recognizer_new, and no lock is held. `scores` has one number for each label of `labels`. */
typedef struct {
  void (*window)(void *owner, const actionclip_window *window, const actionclip_label_list *labels,
                 const float *scores);
  void (*event)(void *owner, const actionclip_event *event, const char *label);
  void (*refused)(void *owner, const char *why); /* one frame was not taken, or new labels were not */
  void (*noted)(void *owner, const char *what);  /* labels have words that the model never learned */
  void (*failed)(void *owner, const char *why);  /* no more results until recognizer_flush_stop */
} RecognizerListener;

/* Account of all frames since the start: pushed = not_due + refused + dropped + encoded + pending, and `skipped` are
 * frames that came while the tail of an earlier take was computed, or after a failure. */
typedef struct {
  gint64 pushed, not_due, refused, dropped, encoded, pending, skipped, windows;
} RecognizerAccount;

/* Loads the model and starts the worker. NULL on failure, with the reason in *why, which the caller frees. */
Recognizer *recognizer_new(const RecognizerSettings *settings, const RecognizerListener *listener,
                           void *owner, char **why);
/* Ends the worker, without the tail. No other call may be under way. */
void recognizer_free(Recognizer *recognizer);

/* Gives a frame with its time. The pixels are copied if the frame is due. With `may_restart`, a time that is not later
 * than the one before ends the take that was and begins another. */
void recognizer_push(Recognizer *recognizer, const actionclip_frame *frame, gint64 time_ns,
                     gboolean may_restart);
/* Ends the take: waits until its last windows and the ends of its events have been given. */
void recognizer_finish(Recognizer *recognizer);
/* Makes other calls return soon, from any thread. */
void recognizer_flush_start(Recognizer *recognizer);
/* Forgets waiting frames, ends open events, and takes frames again, from any time on. */
void recognizer_flush_stop(Recognizer *recognizer);
/* Has the worker take other labels, before its next window. */
void recognizer_set_labels(Recognizer *recognizer, const char *const *labels);
RecognizerAccount recognizer_account(Recognizer *recognizer);

#endif

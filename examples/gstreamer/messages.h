/* messages.h: what the element posts on the bus, as structures. Times are GstClockTime, in stream time. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "recognizer.h"

#include <gst/gst.h>

/* "actionclip-window": sequence, start, end, label, score, labels and scores (the `top` best, best first), frames,
 * dropped-inside, partial, discontinuity, tail. */
GstStructure *window_structure(const actionclip_window *window, const actionclip_label_list *labels,
                               const float *scores, guint top);

/* "actionclip-event": kind ("started", "updated", "ended"), label, number, start, end, decided, peak, peak-time,
 * mean. */
GstStructure *event_structure(const actionclip_event *event, const char *label);

/* "actionclip-stats": the account of all frames. */
GstStructure *account_structure(const RecognizerAccount *account);

#endif

/* analytics.h: the latest labels as metadata on buffers, for elements that draw or count them. It needs GStreamer 1.24;
 * with an older one HAVE_ANALYTICS is not defined and there is nothing here. */
#ifndef ANALYTICS_H
#define ANALYTICS_H

#ifdef HAVE_ANALYTICS
#include <gst/gst.h>

/* The best labels of a window and their scores. */
typedef struct {
  gsize count;
  GQuark labels[16];
  gfloat scores[16];
} LatestLabels;

/* Remembers a window's best labels, from an "actionclip-window" structure. */
void analytics_remember(LatestLabels *latest, const GstStructure *window);
/* Adds them to a writable buffer as one GstAnalyticsClsMtd. */
void analytics_attach(const LatestLabels *latest, GstBuffer *buffer);
#endif

#endif

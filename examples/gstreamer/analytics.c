#include "analytics.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>

void analytics_remember(LatestLabels *latest, const GstStructure *window) {
  const GValue *labels = gst_structure_get_value(window, "labels");
  const GValue *scores = gst_structure_get_value(window, "scores");
  latest->count = MIN(gst_value_array_get_size(labels), G_N_ELEMENTS(latest->labels));
  for (guint i = 0; i < latest->count; i++) {
    latest->labels[i] = g_quark_from_string(g_value_get_string(gst_value_array_get_value(labels, i)));
    latest->scores[i] = (gfloat)g_value_get_double(gst_value_array_get_value(scores, i));
  }
}

void analytics_attach(const LatestLabels *latest, GstBuffer *buffer) {
  if (latest->count == 0) return;
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta(buffer);
  if (meta == NULL) meta = gst_buffer_add_analytics_relation_meta(buffer);
  LatestLabels copy = *latest;
  GstAnalyticsClsMtd added;
  if (meta != NULL)
    gst_analytics_relation_meta_add_cls_mtd(meta, copy.count, copy.scores, copy.labels, &added);
}
#else
/* C wants something in every file. */
typedef int analytics_needs_gstreamer_1_24;
#endif

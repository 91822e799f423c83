/* analytics.h: what the element uses of GStreamer 1.24's metadata for analytics, to compile it with older headers. */
#pragma once
#include <gst/gst.h>

typedef struct _GstAnalyticsRelationMeta GstAnalyticsRelationMeta;
typedef struct {
  guint id;
  GstAnalyticsRelationMeta *meta;
} GstAnalyticsMtd;
typedef GstAnalyticsMtd GstAnalyticsClsMtd;

GstAnalyticsRelationMeta *gst_buffer_add_analytics_relation_meta(GstBuffer *buffer);
GstAnalyticsRelationMeta *gst_buffer_get_analytics_relation_meta(GstBuffer *buffer);
gboolean gst_analytics_relation_meta_add_cls_mtd(GstAnalyticsRelationMeta *instance, gsize length,
                                                 gfloat *confidence_levels, GQuark *class_quarks,
                                                 GstAnalyticsClsMtd *cls_mtd);

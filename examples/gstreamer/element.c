#include "element.h"

#include "analytics.h"
#include "frame.h"
#include "messages.h"
#include "recognizer.h"
#include "settings.h"

GST_DEBUG_CATEGORY_STATIC(action_clip_debug);
#define GST_CAT_DEFAULT action_clip_debug

struct _ActionClip {
  GstBaseTransform parent;
  Settings settings;      /* under the object's lock */
  Recognizer *recognizer; /* between start and stop; set and cleared under the object's lock */
  gint has_warned;        /* of something that was refused; atomic */

  /* The streaming thread's. */
  GstVideoInfo info;
  actionclip_frame frame;
  GstVideoOrientationMethod orientation;
  gboolean is_readable;    /* the library knows the caps' format */
  gboolean is_new_segment; /* no frame of the segment has been pushed yet */
#ifdef HAVE_ANALYTICS
  LatestLabels latest; /* under the object's lock */
#endif
};

G_DEFINE_TYPE(ActionClip, action_clip, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(actionclip, "actionclip", GST_RANK_NONE, ACTION_CLIP_TYPE)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(FRAME_FORMATS)));
static GstStaticPadTemplate source_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(FRAME_FORMATS)));

/* ----------------------------------------------------------------- results */

static void post(ActionClip *self, GstStructure *structure) {
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

static void got_window(void *owner, const actionclip_window *window, const actionclip_label_list *labels,
                       const float *scores) {
  ActionClip *self = owner;
  GST_OBJECT_LOCK(self);
  const guint top = self->settings.top;
  GST_OBJECT_UNLOCK(self);
  GstStructure *structure = window_structure(window, labels, scores, top);
#ifdef HAVE_ANALYTICS
  GST_OBJECT_LOCK(self);
  analytics_remember(&self->latest, structure);
  GST_OBJECT_UNLOCK(self);
#endif
  post(self, structure);
}

static void got_event(void *owner, const actionclip_event *event, const char *label) {
  post(owner, event_structure(event, label));
}

/* The first refusal is a warning on the bus; all are in the log. */
static void got_refused(void *owner, const char *why) {
  ActionClip *self = owner;
  GST_WARNING_OBJECT(self, "%s", why);
  if (g_atomic_int_compare_and_exchange(&self->has_warned, FALSE, TRUE))
    GST_ELEMENT_WARNING(self, STREAM, FAILED, ("%s", why), (NULL));
}

static void got_noted(void *owner, const char *what) {
  GST_ELEMENT_WARNING((ActionClip *)owner, LIBRARY, SETTINGS, ("%s", what), (NULL));
}

static void got_failed(void *owner, const char *why) {
  ActionClip *self = owner;
  GST_ELEMENT_WARNING(self, LIBRARY, FAILED, ("No more actions are recognised: %s", why), (NULL));
}

/* ---------------------------------------------------------- start and stop */

static gboolean start(GstBaseTransform *base) {
  static const RecognizerListener listener = {got_window, got_event, got_refused, got_noted, got_failed};
  ActionClip *self = ACTION_CLIP(base);
  GError *error = NULL;
  GST_OBJECT_LOCK(self);
  RecognizerSettings settings = self->settings.recognizer;
  char *model = g_strdup(self->settings.model), *none = g_strdup(self->settings.none_label);
  char **labels = settings_labels(&self->settings, &error);
  settings.threads = self->settings.threads;
  settings.leaky = self->settings.leaky;
  const gboolean attach = self->settings.attach_meta;
  GST_OBJECT_UNLOCK(self);
  settings.model = model;
  settings.none_label = none;
  settings.labels = (const char *const *)labels;
  /* If leaky, one frame waits for the encoder, and it is the newest. */
  settings.stream.overflow = settings.leaky ? ACTIONCLIP_OVERFLOW_LATEST : ACTIONCLIP_OVERFLOW_WAIT;
  char *why = NULL;
  Recognizer *recognizer = NULL;
  if (labels == NULL) {
    GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
    g_clear_error(&error);
  } else {
    recognizer = recognizer_new(&settings, &listener, self, &why);
    if (recognizer == NULL) GST_ELEMENT_ERROR(self, LIBRARY, INIT, ("%s", why), (NULL));
  }
  GST_OBJECT_LOCK(self);
  self->recognizer = recognizer;
  GST_OBJECT_UNLOCK(self);
  self->is_readable = FALSE;
  self->is_new_segment = FALSE;
  g_atomic_int_set(&self->has_warned, FALSE);
  self->orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  /* Only a buffer that is given metadata must be writable. */
  gst_base_transform_set_passthrough(base, !attach);
  g_strfreev(labels);
  g_free(none);
  g_free(model);
  g_free(why);
  return recognizer != NULL;
}

static gboolean stop(GstBaseTransform *base) {
  ActionClip *self = ACTION_CLIP(base);
  GST_OBJECT_LOCK(self);
  Recognizer *recognizer = self->recognizer;
  self->recognizer = NULL;
  GST_OBJECT_UNLOCK(self);
  if (recognizer != NULL) recognizer_free(recognizer);
  return TRUE;
}

/* A stop does not wait for what is being encoded: the streaming thread may be waiting for the worker. */
static GstStateChangeReturn change_state(GstElement *element, GstStateChange change) {
  ActionClip *self = ACTION_CLIP(element);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) {
    GST_OBJECT_LOCK(self);
    if (self->recognizer != NULL) recognizer_flush_start(self->recognizer);
    GST_OBJECT_UNLOCK(self);
  }
  return GST_ELEMENT_CLASS(action_clip_parent_class)->change_state(element, change);
}

/* ------------------------------------------------------------------ frames */

static gboolean set_caps(GstBaseTransform *base, GstCaps *incoming, GstCaps *outgoing) {
  ActionClip *self = ACTION_CLIP(base);
  (void)outgoing;
  if (!gst_video_info_from_caps(&self->info, incoming)) return FALSE;
  self->is_readable = frame_prepare(&self->frame, &self->info, self->orientation);
  if (!self->is_readable) GST_ERROR_OBJECT(self, "%s", actionclip_last_error());
  return self->is_readable;
}

/* The time of a buffer in the media, which does not depend on the rate at which it is played. FALSE if it has none,
 * lies outside the segment, or is played backwards. */
static gboolean stream_time(const GstSegment *segment, GstBuffer *buffer, gint64 *time) {
  GstClockTime position = GST_BUFFER_PTS(buffer);
  if (segment->format == GST_FORMAT_TIME) {
    if (segment->rate < 0) return FALSE;
    position = gst_segment_to_stream_time(segment, GST_FORMAT_TIME, position);
  }
  if (!GST_CLOCK_TIME_IS_VALID(position) || position > G_MAXINT64) return FALSE;
  *time = (gint64)position;
  return TRUE;
}

static void look_at(ActionClip *self, GstBuffer *buffer) {
  GstVideoFrame mapped;
  gint64 time = 0;
  if (!self->is_readable) return;
  if (!stream_time(&GST_BASE_TRANSFORM(self)->segment, buffer, &time)) {
    GST_LOG_OBJECT(self, "no time to give the frame: %" GST_PTR_FORMAT, buffer);
    if (!GST_BUFFER_PTS_IS_VALID(buffer))
      got_refused(
          self,
          "A buffer without a timestamp cannot be looked at (do-timestamp=true makes sources set them)");
    return;
  }
  if (!gst_video_frame_map(&mapped, &self->info, buffer, GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    got_refused(self, "A buffer's pixels cannot be read");
    return;
  }
  frame_set_pixels(&self->frame, &mapped);
  recognizer_push(self->recognizer, &self->frame, time, self->is_new_segment);
  self->is_new_segment = FALSE;
  gst_video_frame_unmap(&mapped);
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  ActionClip *self = ACTION_CLIP(base);
  look_at(self, buffer);
#ifdef HAVE_ANALYTICS
  if (!gst_base_transform_is_passthrough(base)) {
    GST_OBJECT_LOCK(self);
    const LatestLabels latest = self->latest;
    GST_OBJECT_UNLOCK(self);
    analytics_attach(&latest, buffer);
  }
#endif
  return GST_FLOW_OK;
}

/* ------------------------------------------------------------------ events */

static void set_orientation(ActionClip *self, GstVideoOrientationMethod orientation) {
  self->orientation = orientation;
  if (self->is_readable) self->is_readable = frame_prepare(&self->frame, &self->info, orientation);
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  ActionClip *self = ACTION_CLIP(base);
  GstVideoOrientationMethod orientation;
  GstTagList *tags = NULL;
  switch (self->recognizer != NULL ? GST_EVENT_TYPE(event) : GST_EVENT_UNKNOWN) {
    case GST_EVENT_FLUSH_START: recognizer_flush_start(self->recognizer); break;
    case GST_EVENT_FLUSH_STOP:
      recognizer_flush_stop(self->recognizer);
      self->is_new_segment = FALSE;
      break;
    case GST_EVENT_STREAM_START: set_orientation(self, GST_VIDEO_ORIENTATION_IDENTITY); break;
    case GST_EVENT_SEGMENT: self->is_new_segment = TRUE; break;
    case GST_EVENT_TAG:
      gst_event_parse_tag(event, &tags);
      if (gst_video_orientation_from_tag(tags, &orientation)) set_orientation(self, orientation);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS: recognizer_finish(self->recognizer); break;
    default: break;
  }
  return GST_BASE_TRANSFORM_CLASS(action_clip_parent_class)->sink_event(base, event);
}

/* -------------------------------------------------------------- properties */

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  ActionClip *self = ACTION_CLIP(object);
  GError *error = NULL;
  char **labels = NULL;
  GST_OBJECT_LOCK(self);
  const gboolean known = settings_set(&self->settings, id, value);
  if (settings_is_labels(id) && self->recognizer != NULL) {
    labels = settings_labels(&self->settings, &error);
    if (labels != NULL) recognizer_set_labels(self->recognizer, (const char *const *)labels);
  }
  GST_OBJECT_UNLOCK(self);
  if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  if (error != NULL) GST_ELEMENT_WARNING(self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
  g_clear_error(&error);
  g_strfreev(labels);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  ActionClip *self = ACTION_CLIP(object);
  gboolean known = TRUE;
  GST_OBJECT_LOCK(self);
  if (id == settings_next_id()) {
    RecognizerAccount account = {0};
    if (self->recognizer != NULL) account = recognizer_account(self->recognizer);
    g_value_take_boxed(value, account_structure(&account));
  } else {
    known = settings_get(&self->settings, id, value);
  }
  GST_OBJECT_UNLOCK(self);
  if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void finalize(GObject *object) {
  settings_clear(&ACTION_CLIP(object)->settings);
  G_OBJECT_CLASS(action_clip_parent_class)->finalize(object);
}

static void action_clip_class_init(ActionClipClass *klass) {
  GObjectClass *object = G_OBJECT_CLASS(klass);
  GstElementClass *element = GST_ELEMENT_CLASS(klass);
  GstBaseTransformClass *transform = GST_BASE_TRANSFORM_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(action_clip_debug, "actionclip", 0, "recognition of actions");
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  settings_install(object);
  g_object_class_install_property(
      object, settings_next_id(),
      g_param_spec_boxed("stats", "stats", "What became of all frames", GST_TYPE_STRUCTURE,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &source_template);
  gst_element_class_set_static_metadata(element, "Action recognition", "Filter/Analyzer/Video",
                                        "Posts messages about the actions that a video shows, by words",
                                        "the libactionclip authors");
  element->change_state = change_state;
  transform->start = start;
  transform->stop = stop;
  transform->set_caps = set_caps;
  transform->transform_ip = transform_ip;
  transform->sink_event = sink_event;
}

static void action_clip_init(ActionClip *self) {
  settings_init(&self->settings);
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}

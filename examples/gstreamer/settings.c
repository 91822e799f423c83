#include "settings.h"

#include <string.h>

/* Properties, in the order of the element's page. */
enum {
  MODEL = 1,
  LABELS,
  LABELS_FILE,
  THREADS,
  INTERVAL,
  HOP,
  LEAKY,
  ON,
  OFF,
  MARGIN,
  MIN_ON,
  MIN_OFF,
  HALF_LIFE,
  MAX_EVENT,
  UPDATE,
  INDEPENDENT,
  CAUSAL,
  NONE_LABEL,
  TOP,
  ATTACH_META,
  NEXT_ID,
};

guint settings_next_id(void) { return NEXT_ID; }
gboolean settings_is_labels(guint id) { return id == LABELS || id == LABELS_FILE; }

void settings_init(Settings *settings) {
  memset(settings, 0, sizeof *settings);
  settings->leaky = TRUE;
  settings->top = 3;
  actionclip_stream_options_init(&settings->recognizer.stream);
  actionclip_tracker_options_init(&settings->recognizer.tracker);
}

void settings_clear(Settings *settings) {
  g_free(settings->model);
  g_free(settings->labels);
  g_free(settings->labels_file);
  g_free(settings->none_label);
}

/* ---------------------------------------------------------------- install */

static const GParamFlags stopped = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
static const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

static void text(GObjectClass *klass, guint id, const char *name, const char *what, GParamFlags flags) {
  g_object_class_install_property(klass, id, g_param_spec_string(name, name, what, NULL, flags));
}

static void time_span(GObjectClass *klass, guint id, const char *name, const char *what, int64_t initial) {
  g_object_class_install_property(
      klass, id, g_param_spec_uint64(name, name, what, 0, G_MAXINT64, (guint64)MAX(initial, 0), stopped));
}

static void level(GObjectClass *klass, guint id, const char *name, const char *what, double initial) {
  g_object_class_install_property(klass, id, g_param_spec_double(name, name, what, -1, 1, initial, stopped));
}

static void flag(GObjectClass *klass, guint id, const char *name, const char *what, gboolean initial) {
  g_object_class_install_property(klass, id, g_param_spec_boolean(name, name, what, initial, stopped));
}

void settings_install(GObjectClass *klass) {
  Settings initial;
  settings_init(&initial);
  const actionclip_tracker_options *tracker = &initial.recognizer.tracker;
  text(klass, MODEL, "model", "File of the model; unset: the default model", stopped);
  text(klass, LABELS, "labels",
       "Labels, separated by semicolons; unset, without labels-file: those of the model's file", playing);
  text(klass, LABELS_FILE, "labels-file", "File of labels, a line each; not together with labels", playing);
  g_object_class_install_property(
      klass, THREADS,
      g_param_spec_int("threads", "threads", "Threads that compute; 0: one for each processor", 0, 256, 0,
                       stopped));
  time_span(klass, INTERVAL, "interval", "A frame is looked at each so many ns; 0: as the model says", 0);
  g_object_class_install_property(
      klass, HOP,
      g_param_spec_int("hop", "hop",
                       "Frames that are looked at from window to window; 0: an eighth of a window", 0,
                       G_MAXINT, 0, stopped));
  flag(klass, LEAKY, "leaky",
       "Never wait: of frames that come too fast the newest is kept. FALSE: wait, for files that are to be "
       "read whole",
       initial.leaky);
  level(klass, ON, "on", "An event starts at this score", tracker->on);
  level(klass, OFF, "off", "An event ends below this score", tracker->off);
  level(klass, MARGIN, "margin", "An event starts only if its score is best by this much", tracker->margin);
  time_span(klass, MIN_ON, "min-on", "Shortest event, in ns", tracker->min_on_ns);
  time_span(klass, MIN_OFF, "min-off", "Shortest gap between events of a label, in ns", tracker->min_off_ns);
  time_span(klass, HALF_LIFE, "half-life", "Half-life of the smoothing of scores, in ns; 0: none",
            tracker->half_life_ns);
  time_span(klass, MAX_EVENT, "max-event", "An event that gets longer is ended, in ns; 0: never",
            tracker->max_event_ns);
  time_span(klass, UPDATE, "update", "An open event is reported each so many ns; 0: only its start and end",
            tracker->update_ns);
  flag(klass, INDEPENDENT, "independent", "Events of several labels may overlap",
       tracker->mode == ACTIONCLIP_TRACK_INDEPENDENT);
  flag(klass, CAUSAL, "causal",
       "Encode each frame once, with the one-sided temporal shift, for models that were trained with it",
       initial.recognizer.stream.mode == ACTIONCLIP_STREAM_CAUSAL);
  text(klass, NONE_LABEL, "none-label", "The label that means \"nothing in particular\": it makes no events",
       stopped);
  g_object_class_install_property(klass, TOP,
                                  g_param_spec_uint("top", "top", "Labels in a window's message, best first",
                                                    1, 16, initial.top, stopped));
#ifdef HAVE_ANALYTICS
  flag(klass, ATTACH_META, "attach-meta", "Add the latest window's labels to buffers, as GstAnalyticsClsMtd",
       FALSE);
#endif
  settings_clear(&initial);
}

/* ---------------------------------------------------------- set and get */

/* The place of a property that is kept as it is, by its type. */
static char **text_of(Settings *settings, guint id) {
  switch (id) {
    case MODEL: return &settings->model;
    case LABELS: return &settings->labels;
    case LABELS_FILE: return &settings->labels_file;
    case NONE_LABEL: return &settings->none_label;
    default: return NULL;
  }
}

static int64_t *time_of(Settings *settings, guint id) {
  actionclip_tracker_options *tracker = &settings->recognizer.tracker;
  switch (id) {
    case INTERVAL: return &settings->recognizer.stream.frame_interval_ns;
    case MIN_ON: return &tracker->min_on_ns;
    case MIN_OFF: return &tracker->min_off_ns;
    case HALF_LIFE: return &tracker->half_life_ns;
    case MAX_EVENT: return &tracker->max_event_ns;
    case UPDATE: return &tracker->update_ns;
    default: return NULL;
  }
}

static double *level_of(Settings *settings, guint id) {
  actionclip_tracker_options *tracker = &settings->recognizer.tracker;
  switch (id) {
    case ON: return &tracker->on;
    case OFF: return &tracker->off;
    case MARGIN: return &tracker->margin;
    default: return NULL;
  }
}

gboolean settings_set(Settings *settings, guint id, const GValue *value) {
  if (text_of(settings, id) != NULL) {
    g_free(*text_of(settings, id));
    *text_of(settings, id) = g_value_dup_string(value);
  } else if (time_of(settings, id) != NULL) {
    *time_of(settings, id) = (int64_t)g_value_get_uint64(value);
  } else if (level_of(settings, id) != NULL) {
    *level_of(settings, id) = g_value_get_double(value);
  } else {
    switch (id) {
      case THREADS: settings->threads = g_value_get_int(value); break;
      case HOP: settings->recognizer.stream.hop = g_value_get_int(value); break;
      case LEAKY: settings->leaky = g_value_get_boolean(value); break;
      case INDEPENDENT:
        settings->recognizer.tracker.mode =
            g_value_get_boolean(value) ? ACTIONCLIP_TRACK_INDEPENDENT : ACTIONCLIP_TRACK_EXCLUSIVE;
        break;
      case CAUSAL:
        settings->recognizer.stream.mode =
            g_value_get_boolean(value) ? ACTIONCLIP_STREAM_CAUSAL : ACTIONCLIP_STREAM_EXACT;
        break;
      case TOP: settings->top = g_value_get_uint(value); break;
      case ATTACH_META: settings->attach_meta = g_value_get_boolean(value); break;
      default: return FALSE;
    }
  }
  return TRUE;
}

gboolean settings_get(const Settings *settings, guint id, GValue *value) {
  Settings *all = (Settings *)settings; /* the places are only read */
  if (text_of(all, id) != NULL) {
    g_value_set_string(value, *text_of(all, id));
  } else if (time_of(all, id) != NULL) {
    g_value_set_uint64(value, (guint64)*time_of(all, id));
  } else if (level_of(all, id) != NULL) {
    g_value_set_double(value, *level_of(all, id));
  } else {
    switch (id) {
      case THREADS: g_value_set_int(value, settings->threads); break;
      case HOP: g_value_set_int(value, settings->recognizer.stream.hop); break;
      case LEAKY: g_value_set_boolean(value, settings->leaky); break;
      case INDEPENDENT:
        g_value_set_boolean(value, settings->recognizer.tracker.mode == ACTIONCLIP_TRACK_INDEPENDENT);
        break;
      case CAUSAL:
        g_value_set_boolean(value, settings->recognizer.stream.mode == ACTIONCLIP_STREAM_CAUSAL);
        break;
      case TOP: g_value_set_uint(value, settings->top); break;
      case ATTACH_META: g_value_set_boolean(value, settings->attach_meta); break;
      default: return FALSE;
    }
  }
  return TRUE;
}

/* ----------------------------------------------------------------- labels */

static void add_labels(GPtrArray *labels, const char *listing, const char *separators) {
  char **parts = g_strsplit_set(listing, separators, -1);
  for (char **part = parts; *part != NULL; part++)
    if (*g_strstrip(*part) != '\0') g_ptr_array_add(labels, g_strdup(*part));
  g_strfreev(parts);
}

char **settings_labels(const Settings *settings, GError **error) {
  if (settings->labels != NULL && settings->labels_file != NULL) {
    g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
                "labels and labels-file \"%s\" are both set: set one of them", settings->labels_file);
    return NULL;
  }
  const gboolean is_given = settings->labels != NULL || settings->labels_file != NULL;
  GPtrArray *labels = g_ptr_array_new_with_free_func(g_free);
  char *contents = NULL;
  if (settings->labels != NULL) add_labels(labels, settings->labels, ";\n");
  else if (settings->labels_file != NULL &&
           g_file_get_contents(settings->labels_file, &contents, NULL, error))
    add_labels(labels, contents, "\r\n");
  g_free(contents);
  if (is_given && labels->len == 0) {
    if (*error == NULL)
      g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, "%s \"%s\" has no label",
                  settings->labels != NULL ? "labels" : "labels-file",
                  settings->labels != NULL ? settings->labels : settings->labels_file);
    g_ptr_array_free(labels, TRUE);
    return NULL;
  }
  g_ptr_array_add(labels, NULL);
  return (char **)g_ptr_array_free(labels, FALSE);
}

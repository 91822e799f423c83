/* settings.h: the element's properties, and what a recognizer is told of them. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "recognizer.h"

#include <gst/gst.h>

/* Values of the element's properties. */
typedef struct {
  char *model, *labels, *labels_file, *none_label;
  gint threads;
  guint top;
  gboolean leaky, attach_meta;
  RecognizerSettings recognizer; /* its strings are not set */
} Settings;

/* Every default, which is the library's where the library has one. */
void settings_init(Settings *settings);
void settings_clear(Settings *settings);
/* Installs the properties; the numbers are from 1 to settings_property_count(). */
void settings_install(GObjectClass *klass);
/* Sets or gets one property of `id`. FALSE if there is none. The caller holds the object's lock. */
gboolean settings_set(Settings *settings, guint id, const GValue *value);
gboolean settings_get(const Settings *settings, guint id, GValue *value);
/* Whether the property says which labels there are. */
gboolean settings_is_labels(guint id);
/* The first number that is free for further properties. */
guint settings_next_id(void);

/* Reads the labels: those of the string, which separates them by semicolons or lines, or those of the file, a line
 * each. The list is empty if neither is set. NULL if both are, if the file cannot be read, or if there is no label in
 * it. */
char **settings_labels(const Settings *settings, GError **error);

#endif

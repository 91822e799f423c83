#include "messages.h"

static const char *kind_name(int32_t kind) {
  switch (kind) {
    case ACTIONCLIP_EVENT_STARTED: return "started";
    case ACTIONCLIP_EVENT_UPDATED: return "updated";
    case ACTIONCLIP_EVENT_ENDED: return "ended";
    default: return "unknown";
  }
}

/* The index of the largest score that is not chosen yet; of equal ones the first. */
static gint best_but(const float *scores, gint count, const GArray *chosen) {
  gint best = -1;
  for (gint i = 0; i < count; i++) {
    gboolean is_chosen = FALSE;
    for (guint k = 0; k < chosen->len && !is_chosen; k++) is_chosen = g_array_index(chosen, gint, k) == i;
    if (!is_chosen && (best < 0 || scores[i] > scores[best])) best = i;
  }
  return best;
}

GstStructure *window_structure(const actionclip_window *window, const actionclip_label_list *labels,
                               const float *scores, guint top) {
  const gint count = actionclip_label_list_count(labels);
  GArray *chosen = g_array_new(FALSE, FALSE, sizeof(gint));
  GValue names = G_VALUE_INIT, numbers = G_VALUE_INIT;
  gst_value_array_init(&names, top);
  gst_value_array_init(&numbers, top);
  while (chosen->len < top && (gint)chosen->len < count) {
    const gint best = best_but(scores, count, chosen);
    g_array_append_val(chosen, best);
    GValue name = G_VALUE_INIT, number = G_VALUE_INIT;
    g_value_init(&name, G_TYPE_STRING);
    g_value_set_string(&name, actionclip_label_list_label(labels, best));
    gst_value_array_append_and_take_value(&names, &name);
    g_value_init(&number, G_TYPE_DOUBLE);
    g_value_set_double(&number, (gdouble)scores[best]);
    gst_value_array_append_and_take_value(&numbers, &number);
  }
  const gint first = g_array_index(chosen, gint, 0);
  GstStructure *structure = gst_structure_new(
      "actionclip-window", "sequence", G_TYPE_INT64, window->sequence, "start", GST_TYPE_CLOCK_TIME,
      (GstClockTime)window->start_ns, "end", GST_TYPE_CLOCK_TIME, (GstClockTime)window->end_ns, "label",
      G_TYPE_STRING, actionclip_label_list_label(labels, first), "score", G_TYPE_DOUBLE,
      (gdouble)scores[first], "frames", G_TYPE_INT, window->frame_count, "dropped-inside", G_TYPE_INT64,
      window->dropped_inside, "partial", G_TYPE_BOOLEAN, (window->flags & ACTIONCLIP_WINDOW_PARTIAL) != 0,
      "discontinuity", G_TYPE_BOOLEAN, (window->flags & ACTIONCLIP_WINDOW_DISCONTINUITY) != 0, "tail",
      G_TYPE_BOOLEAN, (window->flags & ACTIONCLIP_WINDOW_TAIL) != 0, NULL);
  gst_structure_take_value(structure, "labels", &names);
  gst_structure_take_value(structure, "scores", &numbers);
  g_array_free(chosen, TRUE);
  return structure;
}

GstStructure *event_structure(const actionclip_event *event, const char *label) {
  return gst_structure_new(
      "actionclip-event", "kind", G_TYPE_STRING, kind_name(event->kind), "label", G_TYPE_STRING, label,
      "number", G_TYPE_INT64, event->number, "start", GST_TYPE_CLOCK_TIME, (GstClockTime)event->start_ns,
      "end", GST_TYPE_CLOCK_TIME, (GstClockTime)event->end_ns, "decided", GST_TYPE_CLOCK_TIME,
      (GstClockTime)event->decided_ns, "peak", G_TYPE_DOUBLE, event->peak, "peak-time", GST_TYPE_CLOCK_TIME,
      (GstClockTime)event->peak_ns, "mean", G_TYPE_DOUBLE, event->mean, NULL);
}

GstStructure *account_structure(const RecognizerAccount *account) {
  return gst_structure_new("actionclip-stats", "pushed", G_TYPE_INT64, account->pushed, "not-due",
                           G_TYPE_INT64, account->not_due, "refused", G_TYPE_INT64, account->refused,
                           "dropped", G_TYPE_INT64, account->dropped, "encoded", G_TYPE_INT64,
                           account->encoded, "pending", G_TYPE_INT64, account->pending, "skipped",
                           G_TYPE_INT64, account->skipped, "windows", G_TYPE_INT64, account->windows, NULL);
}

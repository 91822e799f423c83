#include "recognizer.h"

#include <string.h>

/* The reference's factor on cosines, at which the tracker's default thresholds are meant. */
static const float score_scale = 100.0f;

/* A thing that the worker is asked to do, besides encoding what was pushed. */
typedef enum {
  ASK_NOTHING,
  ASK_TAIL,  /* finish the take, and begin another */
  ASK_CLEAR, /* drop the take, and begin another */
  ASK_QUIT,
} Request;

struct Recognizer {
  RecognizerListener listener;
  void *owner;
  gboolean leaky;
  char *none_label;
  actionclip_tracker_options tracking;
  actionclip_model *model;
  actionclip_stream *stream;
  GThread *thread;

  /* The worker's alone, once it runs. */
  actionclip_classifier *classifier;
  actionclip_label_list *list;
  actionclip_tracker *tracker;
  size_t label_count, embedding_size;
  float *embedding, *scores;

  /* The pushing thread's alone. */
  gboolean pushed_any;
  gint64 newest_ns;

  GMutex lock;
  GCond changed;
  /* Under the lock. */
  Request request;
  gboolean has_work, is_flushing, has_failed;
  guint64 rounds; /* of the worker: each may have made room */
  char **next_labels;
  RecognizerAccount ended; /* of the takes before this one, and all that were skipped */
};

/* ------------------------------------------------------------------ labels */

/* The index of the label that means "nothing in particular", -1 without one, -2 if it is missing. */
static int32_t none_index(const Recognizer *recognizer, const actionclip_label_list *list) {
  if (recognizer->none_label == NULL) return -1;
  const int32_t count = actionclip_label_list_count(list);
  for (int32_t i = 0; i < count; i++)
    if (strcmp(actionclip_label_list_label(list, i), recognizer->none_label) == 0) return i;
  return -2;
}

/* Takes the classifier's present labels, with a tracker for them. Returns NULL, or a reason that the caller frees; then
 * the recognizer is as it was. */
static char *take_labels(Recognizer *recognizer) {
  actionclip_label_list *list = NULL;
  actionclip_tracker *tracker = NULL;
  if (actionclip_classifier_label_list(recognizer->classifier, &list) != ACTIONCLIP_OK)
    return g_strdup(actionclip_last_error());
  actionclip_tracker_options options = recognizer->tracking;
  options.none_label = none_index(recognizer, list);
  const size_t count = (size_t)actionclip_label_list_count(list);
  char *why = NULL;
  if (options.none_label == -2)
    why = g_strdup_printf("none-label \"%s\" is none of the labels", recognizer->none_label);
  else if (actionclip_tracker_create(count, &options, &tracker) != ACTIONCLIP_OK)
    why = g_strdup(actionclip_last_error());
  if (why != NULL) {
    actionclip_label_list_free(list);
    return why;
  }
  actionclip_label_list_free(recognizer->list);
  actionclip_tracker_free(recognizer->tracker);
  g_free(recognizer->scores);
  recognizer->list = list;
  recognizer->tracker = tracker;
  recognizer->label_count = count;
  recognizer->scores = g_new0(float, count);
  return NULL;
}

/* The labels of the settings, or the model's own. The array is the caller's to free, its strings are not. */
static const char **chosen_labels(const actionclip_model *model, const char *const *labels, size_t *count) {
  GPtrArray *chosen = g_ptr_array_new();
  if (labels != NULL && labels[0] != NULL)
    for (size_t i = 0; labels[i] != NULL; i++) g_ptr_array_add(chosen, (gpointer)labels[i]);
  else
    for (int32_t i = 0; i < actionclip_model_label_count(model); i++)
      g_ptr_array_add(chosen, (gpointer)actionclip_model_label(model, i));
  *count = chosen->len;
  return (const char **)g_ptr_array_free(chosen, FALSE);
}

/* Gives one note about all labels that the model never learned. */
static void note_unlearned(const Recognizer *recognizer, const char *const *labels, size_t count) {
  char note[1024], first[1024];
  size_t found = 0, size = 0;
  for (size_t i = 0; i < count; i++)
    if (actionclip_model_label_note(recognizer->model, labels[i], note, sizeof note, &size) == ACTIONCLIP_OK &&
        size > 1 && found++ == 0)
      memcpy(first, note, size);
  if (found == 0) return;
  char *all = found == 1 ? g_strdup(first)
                         : g_strdup_printf("%s (and %" G_GSIZE_FORMAT " more of %" G_GSIZE_FORMAT " labels)",
                                           first, found - 1, count);
  recognizer->listener.noted(recognizer->owner, all);
  g_free(all);
}

/* ----------------------------------------------------------------- results */

static void fail(Recognizer *recognizer, const char *why) {
  g_mutex_lock(&recognizer->lock);
  const gboolean first = !recognizer->has_failed;
  recognizer->has_failed = TRUE;
  g_cond_broadcast(&recognizer->changed);
  g_mutex_unlock(&recognizer->lock);
  if (first) recognizer->listener.failed(recognizer->owner, why);
}

static void give_events(Recognizer *recognizer) {
  for (;;) {
    actionclip_event event = {.struct_size = sizeof event};
    int32_t found = 0;
    if (actionclip_tracker_next(recognizer->tracker, &event, &found) != ACTIONCLIP_OK || !found) return;
    recognizer->listener.event(recognizer->owner, &event,
                               actionclip_label_list_label(recognizer->list, event.label));
  }
}

static void end_events(Recognizer *recognizer) {
  if (actionclip_tracker_finish(recognizer->tracker) == ACTIONCLIP_OK) give_events(recognizer);
  actionclip_tracker_reset(recognizer->tracker, recognizer->label_count);
}

/* Takes labels that another thread has set. Events of the old ones end. */
static void change_labels(Recognizer *recognizer) {
  g_mutex_lock(&recognizer->lock);
  char **labels = recognizer->next_labels;
  recognizer->next_labels = NULL;
  g_mutex_unlock(&recognizer->lock);
  if (labels == NULL) return;
  size_t count = 0;
  const char **chosen = chosen_labels(recognizer->model, (const char *const *)labels, &count);
  char *why = NULL;
  if (actionclip_classifier_set_labels(recognizer->classifier, chosen, count, NULL) != ACTIONCLIP_OK)
    why = g_strdup(actionclip_last_error());
  else {
    end_events(recognizer);
    why = take_labels(recognizer);
    note_unlearned(recognizer, chosen, count);
  }
  if (why != NULL) recognizer->listener.refused(recognizer->owner, why);
  g_free(why);
  g_free(chosen);
  g_strfreev(labels);
}

/* Gives the windows that are ready. Returns how many, or -1 once a finished take has no more, or after a failure. */
static int give_windows(Recognizer *recognizer) {
  for (int given = 0;; given++) {
    actionclip_window window = {.struct_size = sizeof window};
    int32_t found = ACTIONCLIP_NEXT_NONE;
    int32_t status = actionclip_stream_next(recognizer->stream, &window, recognizer->embedding,
                                            recognizer->embedding_size, &found);
    if (status == ACTIONCLIP_OK && found == ACTIONCLIP_NEXT_NONE) return given;
    if (status == ACTIONCLIP_OK && found == ACTIONCLIP_NEXT_END) return -1;
    change_labels(recognizer);
    if (status == ACTIONCLIP_OK)
      status = actionclip_label_list_score(recognizer->list, recognizer->embedding, 1, score_scale,
                                           recognizer->scores, recognizer->label_count);
    if (status == ACTIONCLIP_OK) {
      recognizer->listener.window(recognizer->owner, &window, recognizer->list, recognizer->scores);
      status = actionclip_tracker_push(recognizer->tracker, window.start_ns, window.end_ns,
                                       recognizer->scores, recognizer->label_count);
    }
    if (status != ACTIONCLIP_OK) {
      if (status != ACTIONCLIP_ERROR_CANCELLED) fail(recognizer, actionclip_last_error());
      return -1;
    }
    give_events(recognizer);
  }
}

/* Encodes what waits, and gives its windows as they are ready. */
static void encode(Recognizer *recognizer) {
  size_t encoded = 1, given = 0;
  while (encoded > 0 || given > 0) {
    const int32_t status = actionclip_stream_step(&recognizer->stream, 1, 0, &encoded);
    if (status == ACTIONCLIP_ERROR_NOT_FINITE) {
      recognizer->listener.refused(recognizer->owner, actionclip_last_error()); /* those frames are dropped */
      continue;
    }
    if (status != ACTIONCLIP_OK) {
      if (status != ACTIONCLIP_ERROR_CANCELLED) fail(recognizer, actionclip_last_error());
      return;
    }
    g_mutex_lock(&recognizer->lock);
    recognizer->rounds++;
    g_cond_broadcast(&recognizer->changed);
    g_mutex_unlock(&recognizer->lock);
    const int windows = give_windows(recognizer);
    if (windows < 0) return;
    given = (size_t)windows;
  }
}

/* ------------------------------------------------------------------ worker */

static RecognizerAccount account_of_take(const Recognizer *recognizer) {
  actionclip_stream_stats stats = {.struct_size = sizeof stats};
  RecognizerAccount account = {0};
  if (actionclip_stream_get_stats(recognizer->stream, &stats) != ACTIONCLIP_OK) return account;
  account.pushed = stats.pushed;
  account.not_due = stats.not_due;
  account.refused = stats.refused;
  account.dropped = stats.dropped;
  account.encoded = stats.encoded;
  account.pending = stats.pending;
  account.windows = stats.windows;
  return account;
}

/* Adds the account of a take that is over: what still waited in it is dropped. */
static void add_account(RecognizerAccount *sum, const RecognizerAccount *part) {
  sum->pushed += part->pushed;
  sum->not_due += part->not_due;
  sum->refused += part->refused;
  sum->dropped += part->dropped + part->pending;
  sum->encoded += part->encoded;
  sum->windows += part->windows;
}

/* Ends a take, with its tail or without, and makes the stream as new. */
static void begin_again(Recognizer *recognizer, gboolean with_tail) {
  if (with_tail && actionclip_stream_finish(recognizer->stream) == ACTIONCLIP_OK) encode(recognizer);
  end_events(recognizer);
  g_mutex_lock(&recognizer->lock);
  const RecognizerAccount take = account_of_take(recognizer);
  add_account(&recognizer->ended, &take);
  actionclip_stream_reset(recognizer->stream);
  g_mutex_unlock(&recognizer->lock);
}

static gpointer work(gpointer data) {
  Recognizer *recognizer = data;
  for (;;) {
    g_mutex_lock(&recognizer->lock);
    while (recognizer->request == ASK_NOTHING && !recognizer->has_work)
      g_cond_wait(&recognizer->changed, &recognizer->lock);
    const Request request = recognizer->request;
    recognizer->has_work = FALSE;
    g_mutex_unlock(&recognizer->lock);
    if (request == ASK_QUIT) return NULL;
    if (request == ASK_NOTHING) {
      encode(recognizer);
      continue;
    }
    begin_again(recognizer, request == ASK_TAIL);
    g_mutex_lock(&recognizer->lock);
    if (request == ASK_CLEAR) recognizer->has_failed = FALSE;
    if (recognizer->request == request) recognizer->request = ASK_NOTHING;
    g_cond_broadcast(&recognizer->changed);
    g_mutex_unlock(&recognizer->lock);
  }
}

/* Asks the worker for something once it has done what it was asked for before, and may wait until that is done, too.
 * A flush ends every wait but its own. */
static void ask(Recognizer *recognizer, Request request, gboolean wait) {
  g_mutex_lock(&recognizer->lock);
  while (recognizer->request != ASK_NOTHING && !recognizer->is_flushing)
    g_cond_wait(&recognizer->changed, &recognizer->lock);
  if (!recognizer->is_flushing) {
    recognizer->request = request;
    g_cond_broadcast(&recognizer->changed);
    while (wait && recognizer->request != ASK_NOTHING && !recognizer->is_flushing)
      g_cond_wait(&recognizer->changed, &recognizer->lock);
  }
  g_mutex_unlock(&recognizer->lock);
}

/* ------------------------------------------------------------------- calls */

static char *open_everything(Recognizer *recognizer, const RecognizerSettings *settings) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = settings->threads;
  if (actionclip_model_load(settings->model, &options, &recognizer->model) != ACTIONCLIP_OK)
    return g_strdup(actionclip_last_error());
  actionclip_model_info info = {.struct_size = sizeof info};
  if (actionclip_model_get_info(recognizer->model, &info) != ACTIONCLIP_OK)
    return g_strdup(actionclip_last_error());
  recognizer->embedding_size = (size_t)info.video_size;
  recognizer->embedding = g_new0(float, recognizer->embedding_size);
  if (actionclip_stream_create(recognizer->model, &settings->stream, &recognizer->stream) != ACTIONCLIP_OK)
    return g_strdup(actionclip_last_error());
  size_t count = 0;
  const char **labels = chosen_labels(recognizer->model, settings->labels, &count);
  char *why = NULL;
  if (count == 0)
    why = g_strdup("the model's file names no labels: set the property labels or labels-file");
  else if (actionclip_classifier_create(recognizer->model, labels, count, NULL, 0, ACTIONCLIP_TEXT_TRUNCATE,
                                        &recognizer->classifier) != ACTIONCLIP_OK)
    why = g_strdup(actionclip_last_error());
  else
    note_unlearned(recognizer, labels, count);
  g_free(labels);
  return why != NULL ? why : take_labels(recognizer);
}

Recognizer *recognizer_new(const RecognizerSettings *settings, const RecognizerListener *listener,
                           void *owner, char **why) {
  Recognizer *recognizer = g_new0(Recognizer, 1);
  recognizer->listener = *listener;
  recognizer->owner = owner;
  recognizer->leaky = settings->leaky;
  recognizer->none_label = g_strdup(settings->none_label);
  recognizer->tracking = settings->tracker;
  g_mutex_init(&recognizer->lock);
  g_cond_init(&recognizer->changed);
  *why = open_everything(recognizer, settings);
  if (*why == NULL) {
    recognizer->thread = g_thread_new("actionclip", work, recognizer);
    return recognizer;
  }
  recognizer_free(recognizer);
  return NULL;
}

void recognizer_free(Recognizer *recognizer) {
  if (recognizer->thread != NULL) {
    g_mutex_lock(&recognizer->lock);
    recognizer->request = ASK_QUIT;
    g_cond_broadcast(&recognizer->changed);
    g_mutex_unlock(&recognizer->lock);
    actionclip_stream_cancel(recognizer->stream);
    g_thread_join(recognizer->thread);
  }
  actionclip_tracker_free(recognizer->tracker);
  actionclip_label_list_free(recognizer->list);
  actionclip_classifier_free(recognizer->classifier);
  actionclip_stream_free(recognizer->stream);
  actionclip_model_free(recognizer->model);
  g_free(recognizer->scores);
  g_free(recognizer->embedding);
  g_free(recognizer->none_label);
  g_strfreev(recognizer->next_labels);
  g_cond_clear(&recognizer->changed);
  g_mutex_clear(&recognizer->lock);
  g_free(recognizer);
}

/* Whether a frame can be pushed now. If not, it has been counted as skipped. */
static gboolean can_push(Recognizer *recognizer) {
  g_mutex_lock(&recognizer->lock);
  while (!recognizer->leaky && recognizer->request != ASK_NOTHING && !recognizer->is_flushing)
    g_cond_wait(&recognizer->changed, &recognizer->lock);
  const gboolean can =
      recognizer->request == ASK_NOTHING && !recognizer->is_flushing && !recognizer->has_failed;
  if (!can) recognizer->ended.skipped++;
  g_mutex_unlock(&recognizer->lock);
  return can;
}

/* Wakes the worker; with `wait`, then waits until it has made another round after `rounds`. */
static void wake(Recognizer *recognizer, gboolean wait, guint64 rounds) {
  g_mutex_lock(&recognizer->lock);
  recognizer->has_work = TRUE;
  g_cond_broadcast(&recognizer->changed);
  while (wait && recognizer->rounds == rounds && !recognizer->is_flushing && !recognizer->has_failed)
    g_cond_wait(&recognizer->changed, &recognizer->lock);
  g_mutex_unlock(&recognizer->lock);
}

void recognizer_push(Recognizer *recognizer, const actionclip_frame *frame, gint64 time_ns,
                     gboolean may_restart) {
  if (may_restart && recognizer->pushed_any && time_ns <= recognizer->newest_ns) {
    recognizer->pushed_any = FALSE;
    ask(recognizer, ASK_TAIL, !recognizer->leaky);
  }
  while (can_push(recognizer)) {
    g_mutex_lock(&recognizer->lock);
    const guint64 rounds = recognizer->rounds;
    g_mutex_unlock(&recognizer->lock);
    int32_t outcome = 0;
    const int32_t status = actionclip_stream_push(recognizer->stream, frame, time_ns, &outcome);
    if (status == ACTIONCLIP_ERROR_CANCELLED) return;
    if (status != ACTIONCLIP_OK) {
      recognizer->listener.refused(recognizer->owner, actionclip_last_error());
      return;
    }
    if (outcome != ACTIONCLIP_PUSH_FULL) {
      recognizer->pushed_any = TRUE;
      recognizer->newest_ns = time_ns;
      if (outcome != ACTIONCLIP_PUSH_NOT_DUE) wake(recognizer, FALSE, rounds);
      return;
    }
    wake(recognizer, TRUE, rounds);
  }
}

void recognizer_finish(Recognizer *recognizer) {
  recognizer->pushed_any = FALSE;
  ask(recognizer, ASK_TAIL, TRUE);
}

void recognizer_flush_start(Recognizer *recognizer) {
  g_mutex_lock(&recognizer->lock);
  recognizer->is_flushing = TRUE;
  g_cond_broadcast(&recognizer->changed);
  g_mutex_unlock(&recognizer->lock);
  actionclip_stream_cancel(recognizer->stream);
}

void recognizer_flush_stop(Recognizer *recognizer) {
  g_mutex_lock(&recognizer->lock);
  recognizer->is_flushing = FALSE;
  g_mutex_unlock(&recognizer->lock);
  recognizer->pushed_any = FALSE;
  ask(recognizer, ASK_CLEAR, TRUE);
}

void recognizer_set_labels(Recognizer *recognizer, const char *const *labels) {
  g_mutex_lock(&recognizer->lock);
  g_strfreev(recognizer->next_labels);
  recognizer->next_labels = g_strdupv((char **)labels);
  g_mutex_unlock(&recognizer->lock);
}

RecognizerAccount recognizer_account(Recognizer *recognizer) {
  g_mutex_lock(&recognizer->lock);
  RecognizerAccount sum = account_of_take(recognizer);
  add_account(&sum, &recognizer->ended);
  sum.skipped = recognizer->ended.skipped;
  g_mutex_unlock(&recognizer->lock);
  return sum;
}

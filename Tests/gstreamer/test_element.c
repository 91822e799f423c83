/* test_element.c: the element "actionclip" alone, its buffers and events one by one.
 *
 *   test_element ROOT       with the plugin in GST_PLUGIN_PATH */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <stdio.h>
#include <string.h>

static int passed, failed;

#define CHECK(condition) check((condition) != 0, __LINE__, #condition)
static void check(int good, int line, const char *what) {
  good ? passed++ : failed++;
  if (!good) fprintf(stderr, "  test_element.c:%d: failed: %s\n", line, what);
}

enum { WIDTH = 64, HEIGHT = 48, RATE = 25 };

/* The element between pads of its own, and a bus for its messages. */
typedef struct {
  GstHarness *harness;
  GstBus *bus;
} Bench;

static Bench bench(const char *properties, const char *format) {
  char *launch = g_strdup_printf("actionclip labels=\"moving left; growing\" %s", properties);
  char *caps =
      g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=%d/1", format, WIDTH, HEIGHT, RATE);
  GstElement *element = gst_parse_launch(launch, NULL);
  Bench b = {gst_harness_new_with_element(element, "sink", "src"), gst_bus_new()};
  gst_object_unref(element);
  gst_element_set_bus(b.harness->element, b.bus);
  gst_harness_set_src_caps_str(b.harness, caps);
  gst_harness_play(b.harness);
  g_free(launch);
  g_free(caps);
  return b;
}

static void put_away(Bench b) {
  gst_element_set_bus(b.harness->element, NULL);
  gst_harness_teardown(b.harness);
  gst_object_unref(b.bus);
}

/* Pushes frames `from` up to `to`, a change of brightness each; all must come out as they went in. */
static void push_frames(Bench b, int from, int to) {
  for (int i = from; i < to; i++) {
    GstBuffer *in = gst_harness_create_buffer(b.harness, WIDTH * HEIGHT * 3 / 2);
    gst_buffer_memset(in, 0, (guint8)(i * 5), WIDTH * HEIGHT * 3 / 2);
    GST_BUFFER_PTS(in) = gst_util_uint64_scale(i, GST_SECOND, RATE);
    CHECK(gst_harness_push(b.harness, in) == GST_FLOW_OK);
    GstBuffer *out = gst_harness_pull(b.harness);
    CHECK(out == in);
    gst_buffer_unref(out);
  }
}

/* The structures of a name that are on the bus, in order; other messages are dropped. */
static GPtrArray *messages(Bench b, const char *name) {
  GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)gst_structure_free);
  GstMessage *message;
  while ((message = gst_bus_pop(b.bus)) != NULL) {
    const GstStructure *structure = gst_message_get_structure(message);
    if (structure != NULL && gst_structure_has_name(structure, name))
      g_ptr_array_add(found, gst_structure_copy(structure));
    gst_message_unref(message);
  }
  return found;
}

static gint64 account(Bench b, const char *field) {
  GstStructure *stats = NULL;
  gint64 value = -1;
  g_object_get(b.harness->element, "stats", &stats, NULL);
  gst_structure_get_int64(stats, field, &value);
  gst_structure_free(stats);
  return value;
}

static void check_account(Bench b, gint64 frames) {
  CHECK(account(b, "pushed") + account(b, "skipped") == frames);
  CHECK(account(b, "pushed") == account(b, "not-due") + account(b, "refused") + account(b, "dropped") +
                                    account(b, "encoded") + account(b, "pending"));
}

static void end_of_stream(Bench b) { CHECK(gst_harness_push_event(b.harness, gst_event_new_eos())); }

static void new_segment(Bench b) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  CHECK(gst_harness_push_event(b.harness, gst_event_new_segment(&segment)));
}

/* Windows have fields that make sense, and the end of the stream waits for the last one. */
static void the_tail_comes_before_the_end(void) {
  Bench b = bench("leaky=false interval=80000000 on=0.1 off=0.05 min-on=0", "I420");
  push_frames(b, 0, 60);
  end_of_stream(b);
  GPtrArray *windows = messages(b, "actionclip-window");
  CHECK(windows->len >= 3);
  GstClockTime start = 0, end = 0;
  gint64 sequence = -1;
  for (guint i = 0; i < windows->len; i++) {
    const GstStructure *window = g_ptr_array_index(windows, i);
    gdouble score = 0;
    CHECK(gst_structure_get_int64(window, "sequence", &sequence) && sequence == i);
    CHECK(gst_structure_get_clock_time(window, "start", &start) &&
          gst_structure_get_clock_time(window, "end", &end));
    CHECK(start < end);
    CHECK(gst_structure_get_double(window, "score", &score) && score >= 0.5 && score <= 1);
  }
  CHECK(end > 58 * GST_SECOND / RATE - 80 * GST_MSECOND);
  check_account(b, 60);
  CHECK(account(b, "dropped") == 0 && account(b, "skipped") == 0);
  g_ptr_array_unref(windows);
  put_away(b);
}

/* A take of three frames has one window, marked as partial, and every event that starts also ends. */
static void a_short_take_has_a_window(void) {
  Bench b = bench("leaky=false interval=40000000 on=0.1 off=0.05 min-on=0", "NV12");
  push_frames(b, 0, 3);
  end_of_stream(b);
  GPtrArray *windows = messages(b, "actionclip-window");
  gboolean partial = FALSE;
  CHECK(windows->len == 1);
  if (windows->len == 1) {
    CHECK(gst_structure_get_boolean(g_ptr_array_index(windows, 0), "partial", &partial) && partial);
  }
  g_ptr_array_unref(windows);
  put_away(b);
}

/* A seek forgets what waited, ends what was open, and takes times that were there before. */
static void a_flush_begins_again(void) {
  Bench b = bench("leaky=false interval=80000000 on=0.1 off=0.05 min-on=0", "I420");
  push_frames(b, 0, 40);
  CHECK(gst_harness_push_event(b.harness, gst_event_new_flush_start()));
  CHECK(gst_harness_push_event(b.harness, gst_event_new_flush_stop(TRUE)));
  new_segment(b);
  push_frames(b, 0, 40);
  end_of_stream(b);
  GPtrArray *events = messages(b, "actionclip-event");
  int open = 0, started = 0;
  for (guint i = 0; i < events->len; i++) {
    const char *kind = gst_structure_get_string(g_ptr_array_index(events, i), "kind");
    if (strcmp(kind, "started") == 0) open++, started++;
    if (strcmp(kind, "ended") == 0) open--;
    CHECK(open == 0 || open == 1);
  }
  CHECK(started >= 1 && open == 0);
  CHECK(account(b, "refused") == 0);
  g_ptr_array_unref(events);
  put_away(b);
}

/* A loop without a flush, as playlists make, is another take: the tail of the first one is not lost. */
static void a_loop_begins_another_take(void) {
  Bench b = bench("leaky=false interval=80000000", "I420");
  push_frames(b, 0, 30);
  new_segment(b);
  push_frames(b, 0, 30);
  end_of_stream(b);
  GPtrArray *windows = messages(b, "actionclip-window");
  int firsts = 0;
  for (guint i = 0; i < windows->len; i++) {
    gint64 sequence = -1;
    gst_structure_get_int64(g_ptr_array_index(windows, i), "sequence", &sequence);
    firsts += sequence == 0;
  }
  CHECK(firsts == 2);
  CHECK(windows->len % 2 == 0);
  check_account(b, 60);
  CHECK(account(b, "refused") == 0);
  g_ptr_array_unref(windows);
  put_away(b);
}

/* A frame whose time falls is refused alone, with one warning, and the video goes on. */
static void a_bad_time_is_refused_alone(void) {
  Bench b = bench("leaky=false interval=80000000", "I420");
  push_frames(b, 0, 20);
  push_frames(b, 10, 12);
  push_frames(b, 20, 40);
  end_of_stream(b);
  GstMessage *message = gst_bus_pop_filtered(b.bus, GST_MESSAGE_WARNING);
  CHECK(message != NULL);
  if (message != NULL) gst_message_unref(message);
  CHECK(gst_bus_pop_filtered(b.bus, GST_MESSAGE_WARNING) == NULL);
  CHECK(account(b, "refused") == 2);
  check_account(b, 42);
  put_away(b);
}

/* Without waiting, frames pass however slow the worker is, and all are accounted for. */
static void leaky_never_waits(void) {
  Bench b = bench("interval=1", "I420");
  const gint64 before = g_get_monotonic_time();
  push_frames(b, 0, 400);
  const double seconds = (double)(g_get_monotonic_time() - before) / 1e6;
  if (seconds > 3) fprintf(stderr, "  400 frames took %.2f s\n", seconds);
  CHECK(seconds <= 3);
  end_of_stream(b);
  check_account(b, 400);
  CHECK(account(b, "dropped") > 0);
  put_away(b);
}

/* Labels change while frames run: later windows have the new ones. A bad label list leaves them. */
static void labels_change_while_playing(void) {
  Bench b = bench("leaky=false interval=80000000 top=16", "I420");
  push_frames(b, 0, 30);
  g_object_set(b.harness->element, "labels", "shrinking\nmoving up;moving down", NULL);
  push_frames(b, 30, 60);
  end_of_stream(b);
  GPtrArray *windows = messages(b, "actionclip-window");
  CHECK(windows->len > 0);
  if (windows->len > 0) {
    const GValue *labels = gst_structure_get_value(g_ptr_array_index(windows, windows->len - 1), "labels");
    CHECK(gst_value_array_get_size(labels) == 3);
  }
  g_ptr_array_unref(windows);
  put_away(b);
}

/* The pipeline stops while frames wait: nothing hangs. Then it plays again. */
static void it_stops_and_starts(void) {
  Bench b = bench("interval=40000000", "I420");
  push_frames(b, 0, 10);
  CHECK(gst_element_set_state(b.harness->element, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE);
  CHECK(gst_element_set_state(b.harness->element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
  CHECK(account(b, "pushed") == 0);
  put_away(b);
}

static gpointer push_many(gpointer data) {
  Bench *b = data;
  for (int i = 0; i < 2000; i++) {
    GstBuffer *in = gst_harness_create_buffer(b->harness, WIDTH * HEIGHT * 3 / 2);
    GST_BUFFER_PTS(in) = gst_util_uint64_scale(i, GST_SECOND, RATE);
    if (gst_harness_push(b->harness, in) != GST_FLOW_OK) break;
  }
  return NULL;
}

/* A stop ends a push that waits for the worker. */
static void a_stop_does_not_wait_for_frames(void) {
  Bench b = bench("leaky=false interval=1 threads=1", "I420");
  GThread *thread = g_thread_new("pushing", push_many, &b);
  g_usleep(50000);
  CHECK(gst_element_set_state(b.harness->element, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  g_thread_join(thread);
  put_away(b);
}

/* A latency query passes through and gains nothing. */
static void it_adds_no_latency(void) {
  Bench b = bench("", "I420");
  gst_harness_set_upstream_latency(b.harness, 7 * GST_MSECOND);
  push_frames(b, 0, 2);
  CHECK(gst_harness_query_latency(b.harness) == 7 * GST_MSECOND);
  put_away(b);
}

/* With the one-sided shift of a model that has a shift each frame is encoded once, and there are windows, too. */
static void it_has_a_causal_mode(void) {
  gint64 found[2];
  for (int causal = 0; causal < 2; causal++) {
    Bench b = bench(causal ? "causal=true leaky=false interval=80000000" : "leaky=false interval=80000000", "I420");
    gboolean is_causal = FALSE;
    g_object_get(b.harness->element, "causal", &is_causal, NULL);
    CHECK(is_causal == causal);
    push_frames(b, 0, 40);
    end_of_stream(b);
    GPtrArray *windows = messages(b, "actionclip-window");
    found[causal] = (gint64)windows->len;
    CHECK(windows->len > 3);
    g_ptr_array_unref(windows);
    put_away(b);
  }
  CHECK(found[0] == found[1]);
}

/* The warnings that are on the bus, in one text that the caller frees. */
static char *warnings(Bench b) {
  GString *all = g_string_new(NULL);
  GstMessage *message;
  while ((message = gst_bus_pop_filtered(b.bus, GST_MESSAGE_WARNING)) != NULL) {
    GError *error = NULL;
    gst_message_parse_warning(message, &error, NULL);
    g_string_append_printf(all, "%s\n", error->message);
    g_error_free(error);
    gst_message_unref(message);
  }
  return g_string_free(all, FALSE);
}

/* Words that the model never learned are named once, when they are set. */
static void it_names_words_that_were_never_learned(void) {
  Bench b = bench("leaky=false interval=80000000", "I420");
  push_frames(b, 0, 20);
  char *none = warnings(b);
  CHECK(*none == '\0');
  g_object_set(b.harness->element, "labels", "ice skating; growing; diving", NULL);
  push_frames(b, 20, 60);
  end_of_stream(b);
  char *some = warnings(b);
  CHECK(strstr(some, "'ice'") != NULL && strstr(some, "1 more of 3 labels") != NULL);
  CHECK(strchr(some, '\n') == strrchr(some, '\n'));
  g_free(none);
  g_free(some);
  put_away(b);
}

/* A file that cannot be opened is an error on the bus with a reason, and the state does not change. */
static void it_says_what_is_missing(void) {
  /* A property with what the message has; the last one is "labels" beside it. */
  const char *broken[][3] = {{"model", "/none/such", NULL},
                             {"labels-file", "/none/such", NULL},
                             {"labels-file", "/dev/null", NULL},
                             {"labels", " ; ", NULL},
                             {"none-label", "/none/such", NULL},
                             {"labels-file", "/none/such", "growing"}};
  for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
    GstElement *element = gst_element_factory_make("actionclip", NULL);
    GstBus *bus = gst_bus_new();
    gst_element_set_bus(element, bus);
    g_object_set(element, broken[i][0], broken[i][1], NULL);
    if (broken[i][2] != NULL) g_object_set(element, "labels", broken[i][2], NULL);
    CHECK(gst_element_set_state(element, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    CHECK(message != NULL);
    if (message != NULL) {
      GError *error = NULL;
      gst_message_parse_error(message, &error, NULL);
      CHECK(strstr(error->message, broken[i][1]) != NULL);
      CHECK(broken[i][2] == NULL || strstr(error->message, "set one of them") != NULL);
      g_error_free(error);
      gst_message_unref(message);
    }
    gst_element_set_state(element, GST_STATE_NULL);
    gst_element_set_bus(element, NULL);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  the_tail_comes_before_the_end();
  a_short_take_has_a_window();
  a_flush_begins_again();
  a_loop_begins_another_take();
  a_bad_time_is_refused_alone();
  leaky_never_waits();
  labels_change_while_playing();
  it_stops_and_starts();
  a_stop_does_not_wait_for_frames();
  it_adds_no_latency();
  it_has_a_causal_mode();
  it_names_words_that_were_never_learned();
  it_says_what_is_missing();
  gst_deinit();
  printf("%-16s %d passed, %d failed\n", "test_element", passed, failed);
  return failed != 0;
}

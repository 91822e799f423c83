/* test_fork.c: a child process inherits the parent's handles but not its threads. Calls on them answer
 * ACTIONCLIP_ERROR_FORKED at once, freeing them does nothing, a model of the child's own works, and the
 * parent notices nothing. Every child is under an alarm: a hang is a failure, not a wait. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static actionclip_model *model;
static actionclip_tokenizer *tokenizer;
static actionclip_classifier *classifier;
static actionclip_label_list *list;
static actionclip_video *video;
static actionclip_tracker *tracker;
static actionclip_stream *stream;
static actionclip_tuner *tuner;
static actionclip_model_info info;
static size_t e, t, pixel_count;
static float *pixels;
static volatile int stop;

static actionclip_model *load(void) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 3;
  actionclip_model *m = NULL;
  return actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &m) == ACTIONCLIP_OK ? m : NULL;
}

static int encode(const actionclip_model *m, float *out) {
  return actionclip_encode_pixels(m, pixels, pixel_count, t, out, e, NULL, 0);
}

/* A tuner with two clips, without a copy of the model yet. */
static int32_t make_tuner(void) {
  static const char *const labels[] = {"walking", "running"};
  actionclip_tuner_options o;
  actionclip_tuner_options_init(&o);
  o.epochs = 100000;
  int32_t status = actionclip_tuner_create(model, labels, 2, NULL, 0, &o, &tuner);
  for (int32_t i = 0; i < 2 && status == ACTIONCLIP_OK; i++)
    status = actionclip_tuner_add_pixels(tuner, &i, 1, pixels, pixel_count, t, ACTIONCLIP_CLIP_TRAINED);
  return status;
}

/* In the child: the number of broken promises. */
static int inherited(void) {
  int broken = 0, n = 0;
  float out[4096];
  int32_t ids[512];
  size_t count;
  uint8_t rgb[3];
  const int64_t first = 0;
  int64_t between[2];
  const char *prompts[1] = {"walking"};
  actionclip_classifier *fresh = NULL;
  actionclip_model *fresh_model = NULL;
  actionclip_model_info mi;
  actionclip_video_info vi;
  actionclip_example example;
  example.struct_size = sizeof example;
  actionclip_event event;
  event.struct_size = sizeof event;
  actionclip_stream *new_stream = NULL;
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  actionclip_window window;
  actionclip_stream_stats stats;
  actionclip_stream_info stream_info;
  window.struct_size = sizeof window;
  stats.struct_size = sizeof stats;
  stream_info.struct_size = sizeof stream_info;
  int32_t found;
  mi.struct_size = sizeof mi;
  vi.struct_size = sizeof vi;
  static actionclip_image images[64];
  static actionclip_frame camera_frames[64];
  actionclip_tuner *new_tuner = NULL;
  actionclip_tuner_info tuner_info;
  actionclip_tuner_score score;
  tuner_info.struct_size = sizeof tuner_info;
  score.struct_size = sizeof score;
  const int32_t label = 0;
  const int32_t all[] = {
      actionclip_tuner_create(model, prompts, 1, NULL, 0, NULL, &new_tuner),
      actionclip_tuner_add_text(tuner, 0, "a"),
      actionclip_tuner_add_video(tuner, &label, 1, video, 0, 1, 1, NULL, 0),
      actionclip_tuner_add_frames(tuner, &label, 1, images, t, NULL, 0),
      actionclip_tuner_add_camera_frames(tuner, &label, 1, camera_frames, t, NULL, 0),
      actionclip_tuner_add_pixels(tuner, &label, 1, pixels, pixel_count, t, 0),
      actionclip_tuner_get_info(tuner, &tuner_info),
      actionclip_tuner_step(tuner, NULL),
      actionclip_tuner_run(tuner, 0, NULL, NULL, NULL),
      actionclip_tuner_cancel(tuner),
      actionclip_tuner_eval(tuner, 0, 1, &score),
      actionclip_tuner_save(tuner, "/tmp/none"),
      actionclip_tuner_load(tuner, "/tmp/none"),
      actionclip_tuner_model(tuner, 1, &fresh_model),
      actionclip_models_interpolate(model, model, 1, &fresh_model),
      actionclip_model_get_info(model, &mi),
      actionclip_encode_pixels(model, pixels, pixel_count, t, out, e, NULL, 0),
      actionclip_encode_frames(model, images, t, NULL, out, e, NULL, 0),
      actionclip_encode_single_frames(model, images, 1, NULL, out, e),
      actionclip_encode_camera_frames(model, camera_frames, t, NULL, out, e, NULL, 0),
      actionclip_encode_single_camera_frames(model, camera_frames, 1, NULL, out, e),
      actionclip_encode_video(model, video, NULL, out, e, NULL, 0),
      actionclip_encode_video_between(model, video, 1, 2, NULL, out, e, NULL, 0),
      actionclip_encode_prompts(model, prompts, 1, 0, out, e),
      actionclip_encode_labels(model, prompts, 1, NULL, 0, 0, out, 16 * e),
      actionclip_encode_tokens(model, ids, (size_t)info.context_length, 1, out, e),
      actionclip_tokenize(model, prompts, 1, 0, ids, (size_t)info.context_length),
      actionclip_tokenizer_encode(tokenizer, "a", 1, ids, 512, &count),
      actionclip_classifier_create(model, prompts, 1, NULL, 0, 0, &fresh),
      actionclip_classifier_set_labels(classifier, prompts, 1, NULL),
      actionclip_classifier_label_count(classifier),
      actionclip_label_list_count(list),
      (int32_t)actionclip_label_list_generation(list),
      actionclip_label_list_score(list, pixels, 1, 1, out, 1),
      actionclip_label_list_directions(list, out, e),
      actionclip_classifier_score(classifier, pixels, 1, 1, out, 1, NULL, NULL),
      actionclip_classifier_add_examples(classifier, "walking", pixels, 1, NULL),
      actionclip_classifier_add_video(classifier, "walking", video, 0, 1, 1, NULL, -1),
      actionclip_classifier_add_frames(classifier, "walking", images, t, NULL, -1),
      actionclip_classifier_add_camera_frames(classifier, "walking", camera_frames, t, NULL, -1),
      actionclip_classifier_remove_examples(classifier, &first, 1),
      actionclip_classifier_clear_examples(classifier, NULL),
      actionclip_classifier_example_count(classifier),
      actionclip_classifier_example(classifier, 0, &example),
      actionclip_classifier_fit(classifier, NULL, NULL),
      actionclip_classifier_unfit(classifier, NULL),
      actionclip_classifier_save(classifier, "/tmp/none", 1),
      actionclip_classifier_load(model, "/tmp/none", &fresh),
      actionclip_tracker_push(tracker, 0, 1, pixels, 1),
      actionclip_tracker_next(tracker, &event, &n),
      actionclip_tracker_finish(tracker),
      actionclip_tracker_reset(tracker, 1),
      actionclip_video_get_info(video, &vi),
      actionclip_video_read_frames(video, &first, 1, rgb, 3, NULL, 0),
      actionclip_video_frames_between(video, 1, 2, &between[0], &between[1]),
      actionclip_stream_create(model, NULL, &new_stream),
      actionclip_stream_push(stream, &frame, 0, NULL),
      actionclip_stream_step(&stream, 1, 0, NULL),
      actionclip_stream_wait(&stream, 1, ACTIONCLIP_WAIT_STEP, -1, &count),
      actionclip_stream_next(stream, &window, out, e, &found),
      actionclip_stream_finish(stream),
      actionclip_stream_reset(stream),
      actionclip_stream_cancel(stream),
      actionclip_stream_get_stats(stream, &stats),
      actionclip_stream_get_info(stream, &stream_info),
  };
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    n++;
    if (all[i] != ACTIONCLIP_ERROR_FORKED) {
      broken++;
      fprintf(stderr, "  call %d in the child: %s\n", n, actionclip_status_name(all[i]));
    }
  }
  if (actionclip_last_error()[0] == '\0') {
    broken++;
    fprintf(stderr, "  a call in the child left no message\n");
  }
  actionclip_model_free(model);
  actionclip_tokenizer_free(tokenizer);
  actionclip_classifier_free(classifier);
  actionclip_label_list_free(list);
  actionclip_video_free(video);
  actionclip_tracker_free(tracker);
  actionclip_stream_free(stream);
  actionclip_tuner_free(tuner);
  return broken;
}

/* Waits for a child, which must have found nothing wrong, and says how one ended that did. */
static int fine(pid_t child) {
  int status = -1;
  if (child <= 0 || waitpid(child, &status, 0) != child) return 0;
  if (WIFSIGNALED(status)) fprintf(stderr, "  a child ended by signal %d (%d: it hung)\n", WTERMSIG(status), SIGALRM);
  else if (WEXITSTATUS(status) != 0) fprintf(stderr, "  a child ended with %d\n", WEXITSTATUS(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Handles made by the first process of a PID namespace, and its child, the first of another: the same process id. */
static int first_of_a_namespace(void) {
  if (getpid() != 1) return 1;
  actionclip_model_free(model); /* nothing, of the parent's */
  if ((model = load()) == NULL) return 1;
  if (actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tokenizer) != ACTIONCLIP_OK) return 1;
  const char *const labels[] = {"walking"};
  if (actionclip_classifier_create(model, labels, 1, NULL, 0, 0, &classifier) != ACTIONCLIP_OK) return 1;
  if (actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video) != ACTIONCLIP_OK) return 1;
  if (actionclip_tracker_create(1, NULL, &tracker) != ACTIONCLIP_OK) return 1;
  if (actionclip_stream_create(model, NULL, &stream) != ACTIONCLIP_OK) return 1;
  if (make_tuner() != ACTIONCLIP_OK) return 1;
  float *out = check_alloc(e * sizeof(float));
  if (encode(model, out) != ACTIONCLIP_OK) return 1; /* its threads have started */
  if (unshare(CLONE_NEWPID) != 0) return 1;
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    _exit(getpid() != 1 || inherited() != 0);
  }
  return !fine(child);
}

static void namespaces(void) {
  fflush(NULL);
  const pid_t outer = fork();
  if (outer == 0) {
    enum { NOT_HERE = 77 };
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) _exit(NOT_HERE);
    const pid_t first = fork();
    if (first == 0) {
      alarm(60);
      _exit(first_of_a_namespace());
    }
    _exit(!fine(first));
  }
  int status = -1;
  CHECK(outer > 0 && waitpid(outer, &status, 0) == outer && WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) printf("test_fork: skipped PID namespaces, which may not be made here\n");
  else CHECK(WEXITSTATUS(status) == 0);
}

/* A child that the C library does not know of: its fork handlers have not run. */
static void past_the_c_library(void) {
  fflush(NULL);
  const pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) {
    alarm(30);
    _exit(inherited() != 0);
  }
  CHECK(fine(child));
}

/* Forks, runs `body` in the child under an alarm, and checks that it found nothing wrong. */
static void in_child(int (*body)(void), int leave_by_exit) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    const int broken = body();
    if (leave_by_exit) exit(broken != 0); /* runs atexit handlers and destructors */
    _exit(broken != 0);
  }
  CHECK(fine(child));
}

static float *expected;
static int own_model(void) {
  actionclip_model *own_one = load();
  float *out = check_alloc(e * sizeof(float));
  if (own_one == NULL || encode(own_one, out) != ACTIONCLIP_OK) return 1;
  if (memcmp(out, expected, e * sizeof(float)) != 0) return 1;
  actionclip_model_free(own_one);
  actionclip_video *clip = NULL;
  actionclip_video_info vi;
  vi.struct_size = sizeof vi;
  if (actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &clip) != ACTIONCLIP_OK) return 1;
  if (actionclip_video_get_info(clip, &vi) != ACTIONCLIP_OK || vi.frame_count != 100) return 1;
  actionclip_video_free(clip);
  free(out);
  return 0;
}

/* A lock of the library's that two threads of a child meet at must not remember the parent's thread. */
static actionclip_model *own;
static void *encode_one_token(void *out) {
  int32_t *ids = check_alloc((size_t)info.context_length * sizeof(int32_t));
  ids[0] = 1;
  for (int i = 0; i < 20000; i++)
    if (actionclip_encode_tokens(own, ids, (size_t)info.context_length, 1, out, e) != ACTIONCLIP_OK) return out;
  free(ids);
  return NULL;
}
static int own_threads(void) {
  int broken = (own = load()) == NULL;
  pthread_t ids[4];
  for (int i = 0; i < 4; i++)
    if (pthread_create(&ids[i], NULL, encode_one_token, check_alloc(e * sizeof(float))) != 0) return 1;
  broken += encode_one_token(check_alloc(e * sizeof(float))) != NULL;
  for (int i = 0; i < 4; i++) {
    void *result = &broken;
    broken += pthread_join(ids[i], &result) != 0 || result != NULL;
  }
  actionclip_model_free(own);
  return broken;
}

static void *keep_encoding(void *result) {
  float *out = check_alloc(e * sizeof(float));
  int *bad = result;
  while (!stop) {
    if (encode(model, out) != ACTIONCLIP_OK || memcmp(out, expected, e * sizeof(float)) != 0) (*bad)++;
  }
  free(out);
  return NULL;
}

static void *keep_training(void *result) {
  int *bad = result;
  while (!stop) *bad += actionclip_tuner_step(tuner, NULL) != ACTIONCLIP_OK;
  return NULL;
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  alarm(120);
  CHECK((model = load()) != NULL);
  CHECK_OK(actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tokenizer));
  const char *const labels[] = {"walking", "running"};
  CHECK_OK(actionclip_classifier_create(model, labels, 2, NULL, 0, 0, &classifier));
  CHECK_OK(actionclip_classifier_label_list(classifier, &list));
  CHECK_OK(actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video));
  CHECK_OK(actionclip_tracker_create(1, NULL, &tracker));
  CHECK_OK(actionclip_stream_create(model, NULL, &stream));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  t = (size_t)info.frames;
  pixel_count = t * 3 * (size_t)info.image_size * (size_t)info.image_size;
  pixels = check_alloc(pixel_count * sizeof(float));
  for (size_t i = 0; i < pixel_count; i++) pixels[i] = (float)(i % 977) / 488.0f - 1.0f;
  expected = check_alloc(e * sizeof(float));

  CHECK_OK(make_tuner());
  in_child(inherited, 0); /* before the model's threads have started */
  CHECK_OK(encode(model, expected));
  CHECK_OK(actionclip_tuner_step(tuner, NULL));
  in_child(inherited, 0); /* and after */
  in_child(inherited, 1);
  in_child(own_model, 0);
  in_child(own_model, 1);
  namespaces();
  past_the_c_library();
  for (int i = 0; i < 4; i++) in_child(own_threads, 0);

  /* While other threads of the parent are inside the library. */
  enum { THREADS = 4 };
  int bad[THREADS] = {0};
  pthread_t ids[THREADS];
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&ids[i], NULL, i == 0 ? keep_training : keep_encoding, &bad[i]) != 0) return 2;
  for (int i = 0; i < 30; i++) in_child(i % 5 == 4 ? own_model : inherited, i % 2);
  stop = 1;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(ids[i], NULL);
    CHECK(bad[i] == 0);
  }

  float *out = check_alloc(e * sizeof(float));
  CHECK_OK(encode(model, out)); /* the parent goes on with the same bits */
  CHECK(memcmp(out, expected, e * sizeof(float)) == 0);
  actionclip_video_info vi;
  vi.struct_size = sizeof vi;
  CHECK_OK(actionclip_video_get_info(video, &vi));
  actionclip_tracker_free(tracker);
  actionclip_stream_free(stream);
  actionclip_tuner_free(tuner);
  actionclip_video_free(video);
  actionclip_label_list_free(list);
  actionclip_classifier_free(classifier);
  actionclip_tokenizer_free(tokenizer);
  actionclip_model_free(model);
  free(out);
  free(expected);
  free(pixels);
  return check_report("test_fork");
}

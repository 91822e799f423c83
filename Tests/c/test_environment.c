/* test_environment.c: what the host's own threads may be up to. Numbers rounded or flushed in another way do not
 * leak from one caller to the next through the library's threads, and a thread that is cancelled inside a call
 * finishes the call first. */
#include "check.h"

#include <fenv.h>
#include <pthread.h>
#include <unistd.h>

static size_t e, t, pixel_count;
static float *pixels;

static actionclip_model *load(int threads) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = threads;
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_model_load(check_path(DEMO_MODEL), &o, &m));
  return m;
}

static int32_t encode(const actionclip_model *m, float *out) {
  return actionclip_encode_pixels(m, pixels, pixel_count, t, out, e, NULL, 0);
}

static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
enum { MODES = 4 };

/* Library threads are made in one mode and used in another: the bits are those of one thread in that mode. */
static void rounding(void) {
  float *alone = check_alloc(MODES * e * sizeof(float)), *out = check_alloc(e * sizeof(float));
  actionclip_model *one = load(1);
  for (int i = 0; i < MODES; i++) {
    fesetround(modes[i]);
    CHECK_OK(encode(one, alone + (size_t)i * e));
    CHECK(fegetround() == modes[i]);
  }
  CHECK(memcmp(alone, alone + e, e * sizeof(float)) != 0); /* or this would show nothing */
  for (int first = 0; first < 2; first++) {
    actionclip_model *many = load(4);
    for (int round = 0; round < 12; round++) {
      const int i = (round + first) % MODES;
      fesetround(modes[i]);
      CHECK_OK(encode(many, out));
      CHECK(memcmp(out, alone + (size_t)i * e, e * sizeof(float)) == 0);
    }
    actionclip_model_free(many);
  }
  fesetround(FE_TONEAREST);
  actionclip_model_free(one);
  free(out);
  free(alone);
}

/* Where the system gives no thread, the caller computes alone. */
static void no_threads(void) {
  float *expected = check_alloc(e * sizeof(float)), *out = check_alloc(e * sizeof(float));
  actionclip_model *one = load(1), *many = load(4);
  CHECK_OK(encode(one, expected));
  pthread_attr_t before, huge;
  CHECK(pthread_getattr_default_np(&before) == 0 && pthread_attr_init(&huge) == 0);
  CHECK(pthread_attr_setstacksize(&huge, (size_t)1 << 46) == 0 && pthread_setattr_default_np(&huge) == 0);
  for (int i = 0; i < 3; i++) {
    memset(out, 0, e * sizeof(float));
    CHECK_OK(encode(many, out));
    CHECK(memcmp(out, expected, e * sizeof(float)) == 0);
  }
  CHECK(pthread_setattr_default_np(&before) == 0);
  actionclip_model_free(many);
  actionclip_model_free(one);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&before);
  free(out);
  free(expected);
}

static volatile int calls;
static void *keep_encoding(void *model) {
  float *out = check_alloc(e * sizeof(float));
  pthread_cleanup_push(free, out);
  for (;;) {
    if (encode(model, out) != ACTIONCLIP_OK) break;
    calls++;
    pthread_testcancel();
  }
  pthread_cleanup_pop(1);
  return NULL;
}

static void cancellation(void) {
  float *expected = check_alloc(e * sizeof(float)), *out = check_alloc(e * sizeof(float));
  actionclip_model *m = load(4);
  CHECK_OK(encode(m, expected));
  for (int i = 0; i < 40; i++) {
    pthread_t id;
    void *result = NULL;
    calls = 0;
    if (pthread_create(&id, NULL, keep_encoding, m) != 0) exit(2);
    usleep((useconds_t)(500 + i * 237));
    CHECK(pthread_cancel(id) == 0);
    CHECK(pthread_join(id, &result) == 0 && result == PTHREAD_CANCELED);
    CHECK_OK(encode(m, out));
    CHECK(memcmp(out, expected, e * sizeof(float)) == 0);
  }
  actionclip_model_free(m);
  free(out);
  free(expected);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  alarm(120);
  actionclip_model *m = load(1);
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(m, &info));
  actionclip_model_free(m);
  e = (size_t)info.embedding_size;
  t = (size_t)info.frames;
  pixel_count = t * 3 * (size_t)info.image_size * (size_t)info.image_size;
  pixels = check_alloc(pixel_count * sizeof(float));
  for (size_t i = 0; i < pixel_count; i++) pixels[i] = (float)(i % 977) / 488.0f - 1.0f;
  rounding();
  no_threads();
  cancellation();
  free(pixels);
  return check_report("test_environment");
}

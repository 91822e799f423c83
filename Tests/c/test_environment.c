/* test_environment.c: what the host's own threads may be up to. However they round or flush numbers, results have the
 * same bits and the thread's own way is there again after the call; a thread that is cancelled inside a call finishes the
 * call first. */
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
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &m));
  return m;
}

static int32_t encode(const actionclip_model *m, float *out) {
  return actionclip_encode_pixels(m, pixels, pixel_count, t, out, e, NULL, 0);
}

static actionclip_image *images;

/* [3, E]: a video of pixels, one of pictures, and a text. */
static int32_t everything(const actionclip_model *m, float *out) {
  const char *const labels[] = {"playing guitar"};
  const int32_t status = actionclip_encode_prompts(m, labels, 1, 0, out + 2 * e, e);
  if (status != ACTIONCLIP_OK) return status;
  const int32_t second = actionclip_encode_frames(m, images, t, NULL, out + e, e, NULL, 0);
  return second != ACTIONCLIP_OK ? second : encode(m, out);
}

/* How a host may have set its numbers: four roundings, and subnormal numbers flushed to zero. */
static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
enum { MODES = 5 };
static void set_mode(int mode) {
  fesetround(modes[mode % 4]);
#if defined(__x86_64__)
  const unsigned flush = 0x8040; /* results and operands */
  const unsigned now = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode == 4 ? now | flush : now & ~flush);
#endif
}

/* The calling thread's arithmetic with its flags, which no call may change. */
static uint64_t arithmetic(void) {
#if defined(__x86_64__)
  unsigned short x87;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  return __builtin_ia32_stmxcsr() | (uint64_t)x87 << 32;
#else
  return (uint64_t)fegetround();
#endif
}

/* However the host's numbers are rounded and flushed, results have the same bits: of encoding, whatever the mode the
 * library's threads were made in, and of saving in every storage and loading what was saved. */
static void rounding(const char *scratch) {
  const size_t count = 3 * e, bytes = count * sizeof(float);
  float *usual = check_alloc(bytes), *out = check_alloc(bytes);
  actionclip_model *one = load(1);
  CHECK_OK(everything(one, usual));
  for (int first = 0; first < 2; first++) {
    actionclip_model *many = load(4);
    for (int round = 0; round < 10; round++) {
      set_mode((round + first) % MODES);
      const uint64_t before = arithmetic();
      CHECK_OK(everything(first == 0 ? one : many, out));
      CHECK(arithmetic() == before);
      CHECK(memcmp(out, usual, bytes) == 0);
    }
    set_mode(first);
    actionclip_model_free(many);
  }
  char path[1200];
  for (int32_t storage = ACTIONCLIP_STORAGE_FP32; storage <= ACTIONCLIP_STORAGE_INT8; storage++) {
    unsigned char *file = NULL;
    size_t size = 0;
    for (int mode = 0; mode < MODES; mode++) {
      snprintf(path, sizeof path, "%s/rounding-%d-%d.safetensors", scratch, (int)storage, mode);
      actionclip_save_options o;
      actionclip_save_options_init(&o);
      o.storage = storage;
      set_mode(mode);
      actionclip_model *model = load(2), *again = NULL;
      CHECK_OK(actionclip_model_save(model, path, &o));
      CHECK_OK(actionclip_model_load(path, NULL, &again));
      const int32_t status = again == NULL ? ACTIONCLIP_ERROR_INTERNAL : everything(again, out);
      set_mode(0);
      CHECK_OK(status);
      size_t now;
      unsigned char *saved = check_read_file(path, &now);
      if (mode == 0) {
        file = saved;
        size = now;
        memcpy(usual, out, bytes);
      } else {
        CHECK(now == size && memcmp(saved, file, size) == 0);
        CHECK(memcmp(out, usual, bytes) == 0);
        free(saved);
      }
      actionclip_model_free(again);
      actionclip_model_free(model);
      unlink(path);
    }
    free(file);
  }
  actionclip_model_free(one);
  free(out);
  free(usual);
}

/* A host that has arithmetic's faults raise signals: sound input must raise none. */
static void faults(void) {
  const float a[6] = {1, 2, 3, 0, 0, 0};
  float *out = check_alloc(e * sizeof(float)), *text = check_alloc(16 * e * sizeof(float)), rates[4];
  const char *labels[] = {"walking"};
  feclearexcept(FE_ALL_EXCEPT);
  if (feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) == -1)
    puts("test_environment: skipped: arithmetic's faults raise no signals on this processor");
  for (int threads = 1; threads <= 3; threads += 2) {
    actionclip_model *m = load(threads);
    CHECK_OK(encode(m, out));
    CHECK_OK(actionclip_encode_frames(m, images, t, NULL, out, e, NULL, 0));
    CHECK_OK(actionclip_encode_labels(m, labels, 1, NULL, 0, 0, text, 16 * e));
    CHECK_OK(actionclip_probabilities(out, 1, text, 16, 1, e, 100, rates, 1));
    actionclip_model_free(m);
  }
  CHECK_OK(actionclip_similarity(a, 2, a, 2, 3, 100, rates, 4)); /* a zero row, too */
  CHECK_OK(actionclip_probabilities(a, 2, a, 1, 2, 3, 1e30f, rates, 4));
  CHECK(fedisableexcept(FE_ALL_EXCEPT) != -1);
  free(text);
  free(out);
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
  enum { WIDTH = 331, HEIGHT = 173 };
  uint8_t *rgb = check_alloc(t * WIDTH * HEIGHT * 3);
  for (size_t i = 0; i < t * WIDTH * HEIGHT * 3; i++) rgb[i] = (uint8_t)(i * 2654435761u >> 13);
  images = check_alloc(t * sizeof *images);
  for (size_t i = 0; i < t; i++) {
    const actionclip_image image = {rgb + i * WIDTH * HEIGHT * 3, 0, WIDTH, HEIGHT, ACTIONCLIP_PIXEL_RGB, 0};
    images[i] = image;
  }
  rounding(argc > 2 ? argv[2] : ".");
  faults();
  no_threads();
  cancellation();
  free(images);
  free(rgb);
  free(pixels);
  return check_report("test_environment");
}

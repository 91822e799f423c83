/* test_threads.c: one model, many callers. Whatever the number of the library's threads, the batch, or who
 * else is calling, a result has the same bits. */
#include "pack.h"

#include <pthread.h>

enum { CALLERS = 8, ROUNDS = 12, LABELS = 3, TEMPLATES = 2, W = 40, H = 30, MAX_T = 16 };

/* One caller's work: its own pixels, pictures and labels, and what they gave when nobody else was calling. */
typedef struct {
  float *pixels, *video, *text, *picture;
  actionclip_image images[MAX_T];
  uint8_t *rgb;
  const char *labels[LABELS];
  int mismatches, failures;
} work;

static const char *const words[] = {"walking", "running", "moving left", "playing guitar", "riding a horse",
                                    "cooking"};
static const char *const templates[TEMPLATES] = {"{}", "a photo of action {}"};
static actionclip_model *shared;
static size_t e, t, side, plane, text_size;
static work works[CALLERS];
static pthread_barrier_t barrier;

static void fill(work *w, uint32_t seed) {
  w->pixels = check_alloc(t * plane * sizeof(float));
  for (size_t i = 0; i < t * plane; i++) {
    seed = seed * 1664525u + 1013904223u;
    w->pixels[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
  }
  w->rgb = check_alloc(t * W * H * 3);
  for (size_t i = 0; i < t * W * H * 3; i++) {
    seed = seed * 1664525u + 1013904223u;
    w->rgb[i] = (uint8_t)(seed >> 24);
  }
  for (size_t i = 0; i < t; i++) {
    actionclip_image image = {w->rgb + i * W * H * 3, 0, W, H, ACTIONCLIP_PIXEL_RGB, 0};
    w->images[i] = image;
  }
  for (int i = 0; i < LABELS; i++) w->labels[i] = words[(seed + (uint32_t)i) % 6];
  w->video = check_alloc(e * sizeof(float));
  w->picture = check_alloc(e * sizeof(float));
  w->text = check_alloc(text_size * sizeof(float));
}

/* -> how many of the three results could not be had; fills the outputs. */
static int encode(const actionclip_model *m, const work *w, float *video, float *picture, float *text) {
  return (actionclip_encode_pixels(m, w->pixels, t * plane, t, video, e, NULL, 0) != ACTIONCLIP_OK) +
         (actionclip_encode_frames(m, w->images, t, NULL, picture, e, NULL, 0) != ACTIONCLIP_OK) +
         (actionclip_encode_labels(m, w->labels, LABELS, templates, TEMPLATES, 0, text, text_size) !=
          ACTIONCLIP_OK);
}

static int same(const work *w, const float *video, const float *picture, const float *text) {
  return memcmp(video, w->video, e * sizeof(float)) == 0 &&
         memcmp(picture, w->picture, e * sizeof(float)) == 0 &&
         memcmp(text, w->text, text_size * sizeof(float)) == 0;
}

static void *caller(void *argument) {
  work *w = argument;
  float *video = check_alloc(e * sizeof(float)), *picture = check_alloc(e * sizeof(float));
  float *text = check_alloc(text_size * sizeof(float));
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < ROUNDS; i++) {
    memset(video, 0, e * sizeof(float));
    memset(picture, 0, e * sizeof(float));
    memset(text, 0, text_size * sizeof(float));
    w->failures += encode(shared, w, video, picture, text);
    w->mismatches += !same(w, video, picture, text);
    /* A failure of mine is mine: other threads' messages stay theirs. */
    if (actionclip_encode_pixels(shared, NULL, 0, 0, video, 0, NULL, 0) == ACTIONCLIP_OK ||
        actionclip_last_error()[0] == '\0')
      w->failures++;
  }
  free(text);
  free(picture);
  free(video);
  return NULL;
}

static actionclip_model *load(int threads) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = threads;
  actionclip_model *m = NULL;
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), &o, &m));
  return m;
}

static void concurrent(int threads) {
  pthread_t ids[CALLERS];
  shared = load(threads);
  pthread_barrier_init(&barrier, NULL, CALLERS);
  for (int i = 0; i < CALLERS; i++) {
    works[i].failures = works[i].mismatches = 0;
    if (pthread_create(&ids[i], NULL, caller, &works[i]) != 0) exit(2);
  }
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(ids[i], NULL);
    CHECK(works[i].failures == 0);
    CHECK(works[i].mismatches == 0);
  }
  pthread_barrier_destroy(&barrier);
  actionclip_model_free(shared);
}

/* All callers' clips in batches of `batch` videos, all labels in batches of `batch`. */
static void batches(const actionclip_model *m, size_t batch) {
  float *pixels = check_alloc(batch * t * plane * sizeof(float));
  float *out = check_alloc((batch + TEMPLATES) * e * sizeof(float));
  for (size_t first = 0; first + batch <= CALLERS; first += batch) {
    for (size_t i = 0; i < batch; i++)
      memcpy(pixels + i * t * plane, works[first + i].pixels, t * plane * sizeof(float));
    CHECK_OK(actionclip_encode_pixels(m, pixels, batch * t * plane, batch * t, out, batch * e, NULL, 0));
    for (size_t i = 0; i < batch; i++)
      CHECK(memcmp(out + i * e, works[first + i].video, e * sizeof(float)) == 0);
  }
  /* Prompts: each alone, against the batch that encode_labels made of it. */
  for (int i = 0; i < CALLERS; i++)
    for (int k = 0; k < LABELS; k++) {
      CHECK_OK(actionclip_encode_labels(m, &works[i].labels[k], 1, templates, TEMPLATES, 0, out,
                                        TEMPLATES * e));
      for (int s = 0; s < TEMPLATES; s++)
        CHECK(memcmp(out + (size_t)s * e, works[i].text + (size_t)(s * LABELS + k) * e,
                     e * sizeof(float)) == 0);
    }
  free(out);
  free(pixels);
}

/* Every head and option: one video of a pack alone, or all together, on 1 or 3 threads. */
static void packs(void) {
  for (int i = 0; i < PACK_COUNT; i++) {
    pack p = pack_read(pack_names[i]);
    const size_t videos = (size_t)p.videos, per = p.pixels.count / videos, ft = p.pixels.rows / videos;
    const size_t pe = (size_t)p.embed, rows = p.tokens.rows, pc = (size_t)p.context;
    float *one = check_alloc(videos * pe * 4), *all = check_alloc(videos * pe * 4);
    float *text_one = check_alloc(rows * pe * 4), *text_all = check_alloc(rows * pe * 4);
    /* Each compute type, on 1 and 3 threads. */
    for (int run = 0; run < 6; run++) {
      const int threads = run % 2 ? 3 : 1;
      actionclip_model_options o = pack_options(&p, threads);
      o.compute_type = ACTIONCLIP_COMPUTE_FP32 + run / 2;
      actionclip_model *m = NULL;
      CHECK_OK(actionclip_model_load(p.checkpoint, &o, &m));
      if (threads == 1)
        for (size_t v = 0; v < videos; v++)
          CHECK_OK(actionclip_encode_pixels(m, (const float *)p.pixels.data + v * per, per, ft, one + v * pe,
                                            pe, NULL, 0));
      if (threads == 1)
        for (size_t r = 0; r < rows; r++)
          CHECK_OK(actionclip_encode_tokens(m, (const int32_t *)p.tokens.data + r * pc, pc, 1,
                                            text_one + r * pe, pe));
      CHECK_OK(actionclip_encode_pixels(m, p.pixels.data, p.pixels.count, p.pixels.rows, all, videos * pe,
                                        NULL, 0));
      CHECK_OK(actionclip_encode_tokens(m, p.tokens.data, p.tokens.count, rows, text_all, rows * pe));
      CHECK(memcmp(one, all, videos * pe * 4) == 0);
      CHECK(memcmp(text_one, text_all, rows * pe * 4) == 0);
      actionclip_model_free(m);
    }
    free(text_all);
    free(text_one);
    free(all);
    free(one);
    pack_free(&p);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  actionclip_model *alone = load(1);
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(alone, &info));
  e = (size_t)info.embedding_size;
  t = (size_t)info.frames;
  side = (size_t)info.image_size;
  plane = 3 * side * side;
  text_size = TEMPLATES * LABELS * e;
  for (uint32_t i = 0; i < CALLERS; i++) {
    fill(&works[i], i + 1);
    CHECK(encode(alone, &works[i], works[i].video, works[i].picture, works[i].text) == 0);
  }
  CHECK(memcmp(works[0].video, works[1].video, e * sizeof(float)) != 0);

  static const int counts[] = {1, 2, 3, 8};
  for (int k = 0; k < 4; k++) {
    actionclip_model *m = load(counts[k]);
    float *video = check_alloc(e * sizeof(float)), *picture = check_alloc(e * sizeof(float));
    float *text = check_alloc(text_size * sizeof(float));
    for (int i = 0; i < CALLERS; i++) {
      CHECK(encode(m, &works[i], video, picture, text) == 0);
      CHECK(same(&works[i], video, picture, text));
    }
    for (size_t batch = 1; batch <= CALLERS; batch = batch == 3 ? 8 : batch + 1) batches(m, batch);
    free(text);
    free(picture);
    free(video);
    actionclip_model_free(m);
  }
  packs();
  concurrent(1);
  concurrent(3);

  for (int i = 0; i < CALLERS; i++) {
    free(works[i].pixels);
    free(works[i].rgb);
    free(works[i].video);
    free(works[i].picture);
    free(works[i].text);
  }
  actionclip_model_free(alone);
  return check_report("test_threads");
}

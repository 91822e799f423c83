/* taught.h: a small world of embeddings that programs teach classifiers with. Include it once per program. */
#ifndef TAUGHT_H
#define TAUGHT_H

#include "check.h"

#include <math.h>

enum { LABELS = 4, SHOTS = 5, QUERIES = 40, MOST = 512 };

static const char *const labels[LABELS] = {"walk", "run", "jump", "wave"};
static const char *const templates[] = {"{}", "a video of {}"};
static actionclip_model *model;
static actionclip_model_info info;
static size_t e;

static double next_number(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0 - 0.5;
}

static float centres[LABELS][MOST];
/* Examples and queries of each label: its centre with noise. */
static float shots[LABELS][SHOTS][MOST], queries[LABELS][QUERIES / LABELS][MOST];

static void draw(float *out, const float *centre) {
  for (size_t i = 0; i < e; i++) out[i] = centre[i] + 0.6f * (float)next_number();
}

/* Loads the model and draws the world. */
static void make_world(void) {
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  e = (size_t)info.embedding_size;
  if (e > MOST) exit(2);
  for (int c = 0; c < LABELS; c++) {
    for (size_t i = 0; i < e; i++) centres[c][i] = (float)next_number();
    for (int k = 0; k < SHOTS; k++) draw(shots[c][k], centres[c]);
    for (int k = 0; k < QUERIES / LABELS; k++) draw(queries[c][k], centres[c]);
  }
}

static actionclip_classifier *make(void) {
  actionclip_classifier *c = NULL;
  CHECK_OK(actionclip_classifier_create(model, labels, LABELS, templates, 2, 0, &c));
  return c;
}

/* Rows of SHOTS embeddings of a label, packed. */
static const float *packed(int label) {
  static float rows[SHOTS * MOST];
  for (int k = 0; k < SHOTS; k++) memcpy(rows + (size_t)k * e, shots[label][k], e * sizeof(float));
  return rows;
}

static inline void teach_all(actionclip_classifier *c) {
  for (int i = 0; i < LABELS; i++)
    CHECK_OK(actionclip_classifier_add_examples(c, labels[i], packed(i), SHOTS, NULL));
}

static inline void score(const actionclip_classifier *c, float out[QUERIES * LABELS]) {
  static float rows[QUERIES * MOST];
  for (int q = 0; q < QUERIES; q++)
    memcpy(rows + (size_t)q * e, queries[q * LABELS / QUERIES][q % (QUERIES / LABELS)], e * sizeof(float));
  size_t count = 0;
  CHECK_OK(actionclip_classifier_score(c, rows, QUERIES, 100, out, QUERIES * LABELS, &count, NULL));
  for (int q = 0; q < QUERIES; q++) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += out[(size_t)q * count + i];
    CHECK(fabs(sum - 1) < 1e-5);
  }
}

static inline int right(const float scores[QUERIES * LABELS], int count) {
  int found = 0;
  for (int q = 0; q < QUERIES; q++) {
    int best = 0;
    for (int i = 1; i < count; i++)
      if (scores[q * count + i] > scores[q * count + best]) best = i;
    found += best == q * LABELS / QUERIES;
  }
  return found;
}

static inline int same(const actionclip_classifier *a, const actionclip_classifier *b) {
  static float x[QUERIES * LABELS], y[QUERIES * LABELS];
  score(a, x), score(b, y);
  return memcmp(x, y, sizeof x) == 0;
}

#endif

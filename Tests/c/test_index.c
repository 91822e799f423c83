/* test_index.c: archives of embeddings: what is found, from any number of threads, and every argument wrong.
 *
 *   test_index ROOT SCRATCH */
#include "guard.h"

#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { IN = ACTIONCLIP_ERROR_INVALID_ARGUMENT, SMALL = ACTIONCLIP_ERROR_BUFFER_TOO_SMALL, E = 64, ROWS = 5000, VIDEO = 50 };

static char folder[1100];
static float rows[ROWS][E];

static const char *in_folder(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* An archive of 100 videos of 50 windows each: 2 s long, 1 s apart. */
static void write_archive(const char *scratch) {
  snprintf(folder, sizeof folder, "%s/index-%d", scratch, (int)getpid());
  FILE *file;
  if (mkdir(folder, 0755) != 0 || (file = fopen(in_folder("manifest.json"), "w")) == NULL) exit(2);
  fprintf(file, "{\"format\":\"actionclip-archive\",\"version\":1,\"model\":\"m\",\"dimension\":%d,\"dtype\":\"float32\","
          "\"window\":2,\"step\":1,\"frames\":8}", E);
  fclose(file);
  uint64_t state = 1;
  for (int row = 0; row < ROWS; row++) {
    double square = 0;
    for (int i = 0; i < E; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      rows[row][i] = (float)((double)(state >> 33) / 4294967296.0 - 0.25);
      square += (double)rows[row][i] * rows[row][i];
    }
    for (int i = 0; i < E; i++) rows[row][i] = (float)(rows[row][i] / sqrt(square));
  }
  if ((file = fopen(in_folder("meta_0000.jsonl"), "w")) == NULL) exit(2);
  for (int row = 0; row < ROWS; row++)
    fprintf(file, "{\"path\":\"clips/v%02d.mp4\",\"sha256\":\"\",\"start\":%d,\"end\":%d}\n", row / VIDEO, row % VIDEO,
            row % VIDEO + 2);
  fclose(file);
  if ((file = fopen(in_folder("emb_0000.npy"), "w")) == NULL) exit(2);
  char header[129];
  const int length = snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }",
                              ROWS, E);
  fprintf(file, "\x93NUMPY");
  fwrite("\x01\0\x76\0", 1, 4, file); /* version 1.0, a header of 118 bytes */
  fprintf(file, "%s%*s\n", header, 117 - length, "");
  fwrite(rows, sizeof rows, 1, file);
  fclose(file);
}

static double product(const float *a, const float *b) {
  double sum = 0;
  for (int i = 0; i < E; i++) sum += (double)a[i] * b[i];
  return sum;
}

static int same(const actionclip_moment *a, const actionclip_moment *b, size_t count) {
  return memcmp(a, b, count * sizeof *a) == 0;
}

static size_t find(const actionclip_index *index, const float *query, int merge, actionclip_moment *moments, size_t n) {
  actionclip_query_options options;
  actionclip_query_options_init(&options);
  options.merge = merge;
  size_t count = 0;
  memset(moments, 0, n * sizeof *moments);
  moments[0].struct_size = sizeof *moments;
  CHECK_OK(actionclip_index_query(index, query, NULL, 1, E, &options, moments, n, &count));
  return count;
}

static void results(actionclip_index *index) {
  actionclip_index_info info = {0};
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_index_get_info(index, &info));
  CHECK(info.dimension == E && info.rows == ROWS && info.removed_rows == 0 && !info.unfinished && info.window == 2 && info.step == 1);
  CHECK(info.frames == 8 && info.number_type == ACTIONCLIP_INDEX_FP32);
  const char *manifest = actionclip_index_manifest(index);
  CHECK(manifest != NULL && strstr(manifest, "\"model\":\"m\"") != NULL);

  /* A row is found by itself, at its time, and windows are in the order of their scores. */
  actionclip_moment windows[100], moments[100];
  CHECK(find(index, rows[1234], 0, windows, 100) == 100);
  CHECK(windows[0].row == 1234 && fabs(windows[0].score - 1) < 1e-6 && windows[0].struct_size == sizeof windows[0]);
  CHECK(windows[0].start == 34 && windows[0].end == 36 && windows[0].peak_start == 34);
  for (int i = 0; i < 100; i++) {
    CHECK(fabs(windows[i].score - fmin(product(rows[windows[i].row], rows[1234]), 1)) < 1e-14);
    CHECK(i == 0 || windows[i].score <= windows[i - 1].score);
  }
  /* Moments hold their best windows, and those of one video do not share a window. */
  CHECK(find(index, rows[1234], 1, moments, 100) == 100 && moments[0].row == 1234);
  for (int i = 0; i < 100; i++)
    CHECK(moments[i].start <= moments[i].peak_start && moments[i].peak_end <= moments[i].end);
  char path[32];
  size_t size = 0;
  double start = 0, end = 0;
  CHECK_OK(actionclip_index_row(index, 1234, &start, &end, path, sizeof path, &size));
  CHECK(strcmp(path, "clips/v24.mp4") == 0 && size == strlen(path) + 1 && start == 34 && end == 36);

  /* Weights: a direction that is taken away, and the lengths of vectors, which do not count. */
  float two[2 * E];
  for (int i = 0; i < E; i++) two[i] = 100 * rows[7][i], two[E + i] = rows[8][i];
  const float weights[] = {1, -0.25f};
  size_t count = 0;
  moments[0].struct_size = sizeof *moments;
  CHECK_OK(actionclip_index_query(index, two, weights, 2, E, NULL, moments, 1, &count));
  CHECK(count == 1 && moments[0].row == 7);

  /* A newer program's elements are larger. */
  struct {
    actionclip_moment moment;
    uint64_t newer;
  } wide[3] = {{{0}, 5}, {{0}, 5}, {{0}, 5}};
  wide[0].moment.struct_size = sizeof wide[0];
  CHECK_OK(actionclip_index_query(index, rows[9], NULL, 1, E, NULL, &wide[0].moment, 3, &count));
  CHECK(count == 3 && wide[0].moment.row == 9 && wide[1].newer == 5 && wide[2].moment.struct_size == sizeof wide[0]);
}

/* The bits do not depend on threads, on where the rows lie, or on who else searches. */
static actionclip_index *shared;
static actionclip_moment expected[16];
static void *search_often(void *good) {
  for (int i = 0; i < 20; i++) {
    actionclip_moment found[16];
    find(shared, rows[42], 1, found, 16);
    if (!same(found, expected, 16)) *(int *)good = 0;
  }
  return NULL;
}
static void threads(void) {
  for (int i = 0; i < 6; i++) {
    actionclip_index_options options;
    actionclip_index_options_init(&options);
    options.threads = i / 2 * 2 + 1;
    options.in_memory = i % 2;
    CHECK_OK(actionclip_index_open(folder, &options, &shared));
    if (i == 0) find(shared, rows[42], 1, expected, 16);
    pthread_t running[4];
    int good[4] = {1, 1, 1, 1};
    for (int t = 0; t < 4; t++) CHECK(pthread_create(&running[t], NULL, search_often, &good[t]) == 0);
    for (int t = 0; t < 4; t++) CHECK(pthread_join(running[t], NULL) == 0 && good[t]);
    actionclip_index_free(shared);
  }
}

static void wrong_openings(void) {
  actionclip_index **out = guard_alloc(sizeof(void *));
  actionclip_index_options *options = guard_alloc(sizeof *options);
#define REFUSED(status, call)                            \
  do {                                                   \
    CHECK_ERROR(status, call);                           \
    CHECK(guard_untouched(out, sizeof *out));            \
  } while (0)
  REFUSED(IN, actionclip_index_open(NULL, NULL, out));
  REFUSED(IN, actionclip_index_open(folder, NULL, NULL));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_index_open("/no/such/folder", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_index_open("", NULL, out));
  REFUSED(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_index_open(check_path(EXAMPLE_CLIP), NULL, out));
#define WRONG(...)                                       \
  do {                                                   \
    actionclip_index_options_init(options);              \
    __VA_ARGS__;                                         \
    REFUSED(IN, actionclip_index_open(folder, options, out)); \
  } while (0)
  WRONG(options->struct_size = 4);
  WRONG(options->struct_size = 100000);
  WRONG(options->threads = -1);
  WRONG(options->threads = 257);
  WRONG(options->in_memory = 2);
  WRONG(options->in_memory = -1);
  WRONG(options->reserved = 1);
#undef WRONG
  actionclip_index_free(NULL);
  actionclip_index_options_init_sized(NULL, sizeof *options);
  actionclip_query_options_init_sized(NULL, 16);
}

static void wrong_searches(actionclip_index *index) {
  actionclip_moment *out = guard_alloc(2 * sizeof *out);
  size_t *count = guard_alloc(sizeof *count);
  out->struct_size = sizeof *out;
  actionclip_query_options *options = guard_alloc(sizeof *options);
  float *query = guard_copy(rows[0], sizeof rows[0]), *zero = guard_alloc(sizeof rows[0]);
  memset(zero, 0, sizeof rows[0]);
#undef REFUSED
#define REFUSED(status, call)                                                       \
  do {                                                                              \
    CHECK_ERROR(status, call);                                                      \
    CHECK(guard_untouched(count, sizeof *count));                                   \
    CHECK(guard_untouched((char *)out + 4, 2 * sizeof *out - 4));                   \
  } while (0)
#define SEARCH(...) actionclip_index_query(__VA_ARGS__)
  REFUSED(0, SEARCH(NULL, query, NULL, 1, E, NULL, out, 2, count));
  REFUSED(IN, SEARCH(index, NULL, NULL, 1, E, NULL, out, 2, count));
  REFUSED(IN, SEARCH(index, query, NULL, 1, E, NULL, NULL, 2, count));
  REFUSED(IN, SEARCH(index, query, NULL, 1, E, NULL, out, 2, NULL));
  const size_t sizes[] = {0, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1, (size_t)1 << 21};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    REFUSED(IN, SEARCH(index, query, NULL, sizes[i], E, NULL, out, 2, count));
    REFUSED(IN, SEARCH(index, query, NULL, 1, sizes[i], NULL, out, 2, count));
    REFUSED(IN, SEARCH(index, query, NULL, 1, E, NULL, out, sizes[i], count));
  }
  REFUSED(IN, SEARCH(index, query, NULL, 1, E - 1, NULL, out, 2, count));
  REFUSED(IN, SEARCH(index, zero, NULL, 1, E, NULL, out, 2, count));
  const float odd[] = {NAN, INFINITY, 0};
  for (int i = 0; i < 3; i++) REFUSED(IN, SEARCH(index, query, &odd[i], 1, E, NULL, out, 2, count));
  query[E - 1] = NAN;
  REFUSED(ACTIONCLIP_ERROR_NOT_FINITE, SEARCH(index, query, NULL, 1, E, NULL, out, 2, count));
  query[E - 1] = 0;
#define WRONG(...)                                                              \
  do {                                                                          \
    actionclip_query_options_init(options);                                    \
    __VA_ARGS__;                                                                \
    REFUSED(IN, SEARCH(index, query, NULL, 1, E, options, out, 2, count));      \
  } while (0)
  WRONG(options->struct_size = 3);
  WRONG(options->merge = 2);
  WRONG(options->minimum_score = NAN);
#undef WRONG
  out->struct_size = 8;
  REFUSED(IN, SEARCH(index, query, NULL, 1, E, NULL, out, 2, count));
  out->struct_size = sizeof *out;
  CHECK_OK(SEARCH(index, query, NULL, 1, E, NULL, out, 2, count));

  /* Rows, facts and the manifest. */
  size_t *size = guard_alloc(sizeof *size);
  double *time = guard_alloc(sizeof *time);
  char *text = guard_alloc(4);
#undef REFUSED
#define REFUSED(status, call)                                                   \
  do {                                                                          \
    CHECK_ERROR(status, call);                                                  \
    CHECK(guard_untouched(size, sizeof *size) && guard_untouched(time, sizeof *time) && guard_untouched(text, 4)); \
  } while (0)
  REFUSED(0, actionclip_index_row(NULL, 0, time, time, text, 4, size));
  REFUSED(IN, actionclip_index_row(index, -1, time, time, text, 4, size));
  REFUSED(IN, actionclip_index_row(index, ROWS, time, time, text, 4, size));
  REFUSED(IN, actionclip_index_row(index, INT64_MIN, time, time, text, 4, size));
  REFUSED(IN, actionclip_index_row(index, INT64_MAX, time, time, text, 4, size));
  REFUSED(IN, actionclip_index_row(index, 0, time, time, text, 4, NULL));
  REFUSED(IN, actionclip_index_row(index, 0, time, time, NULL, 4, size));
  REFUSED(SMALL, actionclip_index_row(index, 0, time, time, text, 4, size));
  actionclip_index_info *info = guard_alloc(sizeof *info);
  CHECK_ERROR(IN, actionclip_index_get_info(index, NULL));
  CHECK_ERROR(IN, actionclip_index_get_info(index, info)); /* its size was never set */
  CHECK_ERROR(0, actionclip_index_get_info(NULL, info));
  CHECK(guard_untouched(info, sizeof *info));
  CHECK(actionclip_index_manifest(NULL) == NULL && check_message());
}

/* Handles of another kind, in place of an index and the other way round. */
static void wrong_handles(actionclip_index *index) {
  actionclip_tracker *tracker = NULL;
  CHECK_OK(actionclip_tracker_create(1, NULL, &tracker));
  actionclip_index *other = (actionclip_index *)(void *)tracker;
  actionclip_moment moment = {.struct_size = sizeof moment};
  actionclip_index_info info = {.struct_size = sizeof info};
  size_t n = 0;
  const int32_t wrong = ACTIONCLIP_ERROR_INVALID_HANDLE;
  CHECK_ERROR(wrong, actionclip_index_query(other, rows[0], NULL, 1, E, NULL, &moment, 1, &n));
  CHECK_ERROR(wrong, actionclip_index_get_info(other, &info));
  CHECK_ERROR(wrong, actionclip_index_row(other, 0, NULL, NULL, NULL, 0, &n));
  CHECK(actionclip_index_manifest(other) == NULL);
  CHECK_ERROR(wrong, actionclip_tracker_finish((actionclip_tracker *)(void *)index));
  actionclip_index_free(other);
  CHECK_OK(actionclip_tracker_finish(tracker));
  actionclip_tracker_free(tracker);
}

/* A forked child is told so, and the parent goes on. */
static void forked(actionclip_index *index) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    actionclip_moment moment = {.struct_size = sizeof moment};
    actionclip_index_info info = {.struct_size = sizeof info};
    size_t n = 0;
    const int32_t answers[] = {
        actionclip_index_query(index, rows[0], NULL, 1, E, NULL, &moment, 1, &n),
        actionclip_index_get_info(index, &info),
        actionclip_index_row(index, 0, NULL, NULL, NULL, 0, &n),
    };
    int bad = actionclip_index_manifest(index) != NULL;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) bad |= answers[i] != ACTIONCLIP_ERROR_FORKED;
    actionclip_index_free(index);
    /* One of its own works. */
    actionclip_index *own = NULL;
    bad |= actionclip_index_open(folder, NULL, &own) != ACTIONCLIP_OK;
    bad |= actionclip_index_query(own, rows[0], NULL, 1, E, NULL, &moment, 1, &n) != ACTIONCLIP_OK;
    actionclip_index_free(own);
    _exit(bad);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  actionclip_moment found[16];
  find(index, rows[42], 1, found, 16);
  CHECK(same(found, expected, 16));
}

/* A set token ends opening and searching, and nothing is written. */
static void cancelled(actionclip_index *index) {
  actionclip_cancel_token *token = NULL;
  CHECK_OK(actionclip_cancel_token_create(&token));
  CHECK_OK(actionclip_thread_use_cancel_token(token, NULL));
  actionclip_cancel(token);
  actionclip_index *none = NULL;
  actionclip_moment moment = {.struct_size = sizeof moment};
  size_t n = 7;
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_index_open(folder, NULL, &none));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_index_query(index, rows[0], NULL, 1, E, NULL, &moment, 1, &n));
  CHECK_ERROR(ACTIONCLIP_ERROR_CANCELLED, actionclip_index_row(index, 0, NULL, NULL, NULL, 0, &n));
  CHECK(none == NULL && n == 7 && moment.row == 0);
  CHECK_OK(actionclip_cancel_token_reset(token));
  CHECK_OK(actionclip_index_query(index, rows[0], NULL, 1, E, NULL, &moment, 1, &n));
  CHECK_OK(actionclip_thread_use_cancel_token(NULL, NULL));
  actionclip_cancel_token_free(token);
}

/* Files that are cut while an index is open are an error of the call, and no end of the process. */
static void cut_files(actionclip_index *index) {
  actionclip_moment moment = {.struct_size = sizeof moment};
  size_t n = 0;
  CHECK(truncate(in_folder("emb_0000.npy"), 4096) == 0);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_READ, actionclip_index_query(index, rows[0], NULL, 1, E, NULL, &moment, 1, &n));
  actionclip_index *none = NULL;
  CHECK_ERROR(ACTIONCLIP_ERROR_FORMAT_INVALID, actionclip_index_open(folder, NULL, &none));
  CHECK(truncate(in_folder("meta_0000.jsonl"), 0) == 0);
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_READ, actionclip_index_row(index, 0, NULL, NULL, NULL, 0, &n));
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  write_archive(argc > 2 ? argv[2] : "/tmp");
  actionclip_index *index = NULL;
  CHECK_OK(actionclip_index_open(folder, NULL, &index));
  if (index != NULL) {
    results(index);
    threads();
    wrong_openings();
    wrong_searches(index);
    wrong_handles(index);
    forked(index);
    cancelled(index);
    cut_files(index);
  }
  actionclip_index_free(index);
  unlink(in_folder("manifest.json"));
  unlink(in_folder("meta_0000.jsonl"));
  unlink(in_folder("emb_0000.npy"));
  rmdir(folder);
  return check_report("test_index");
}

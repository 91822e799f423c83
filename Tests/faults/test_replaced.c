/* test_replaced.c: files that are cut, replaced or written to while they are read. A load gives what was there when
 * it began, or an error; never a mix of two files, and never a signal.
 *
 *   test_replaced FIXTURES SCRATCH [MOMENTS] */
#include "embeddings.h"
#include "files.h"

enum { ENDS_EARLY, GROWS, REWRITTEN, PARTLY, SET_BACK, REPLACED, REMOVED, WAYS };
static const char *const way_names[] = {"cut", "grown", "rewritten", "partly rewritten", "rewritten with its time set back", "replaced", "removed"};

static char target[1200];
static unsigned char *first, *second;
static size_t size;
static long moment;
static int way;
static uint32_t state = 20261124;

static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void put(const char *path, const void *bytes, size_t count) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write(fd, bytes, count) != (ssize_t)count || close(fd) != 0) exit(2);
}

/* The change to make in the middle of the read with this number. */
static void interfere(long call) {
  if (call != moment) return;
  const size_t place = next_random() % size, count = 1 + next_random() % (size - place);
  char other[1300];
  snprintf(other, sizeof other, "%s.new", target);
  const int fd = open(target, O_WRONLY);
  if (fd < 0) exit(2);
  int good = 1;
  switch (way) {
  case ENDS_EARLY: good = ftruncate(fd, (off_t)place) == 0; break;
  case GROWS: good = ftruncate(fd, (off_t)(size + count)) == 0; break;
  case REWRITTEN: good = pwrite(fd, second, size, 0) == (ssize_t)size; break;
  case PARTLY: good = pwrite(fd, second + place, count, (off_t)place) == (ssize_t)count; break;
  case SET_BACK: {
    struct stat before;
    good = fstat(fd, &before) == 0 && pwrite(fd, second, size, 0) == (ssize_t)size;
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    good = good && futimens(fd, times) == 0;
    break;
  }
  case REPLACED:
    put(other, second, size);
    good = rename(other, target) == 0;
    break;
  default: good = unlink(target) == 0; break;
  }
  if (!good || close(fd) != 0) exit(2);
}

static long count_call(int32_t (*load)(float *)) {
  float out[EMBEDDINGS];
  put(target, first, size);
  files.between = NULL;
  CHECK_OK(load(out));
  return files.calls;
}

static int32_t load_model(float *out) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  actionclip_model *model = NULL;
  files_arm(READS, FAILS, 0, INT64_MAX, 0);
  const int32_t status = actionclip_model_load(target, &o, &model);
  files_disarm();
  if (status == ACTIONCLIP_OK) embeddings(model, out);
  actionclip_model_free(model);
  return status;
}

static int32_t load_list(float *out) {
  actionclip_tokenizer *tokenizer = NULL;
  files_arm(READS, FAILS, 0, INT64_MAX, 0);
  const int32_t status = actionclip_tokenizer_load(target, &tokenizer);
  files_disarm();
  size_t count;
  static const char text[] = "in on run running inn";
  if (status == ACTIONCLIP_OK)
    CHECK_OK(actionclip_tokenizer_encode(tokenizer, text, sizeof text - 1, (int32_t *)out, EMBEDDINGS, &count));
  actionclip_tokenizer_free(tokenizer);
  return status;
}

static void test(const char *name, int32_t (*load)(float *), long moments) {
  static float expected[EMBEDDINGS], out[EMBEDDINGS];
  memset(expected, 0, sizeof expected);
  const long calls = count_call(load);
  put(target, first, size);
  CHECK_OK(load(expected));
  long old[WAYS] = {0}, refused[WAYS] = {0};
  for (long i = 0; i < moments; i++) {
    put(target, first, size); /* just now: a clock that stands still must not hide what follows */
    way = (int)(i % WAYS);
    moment = 1 + (long)(next_random() % (uint32_t)calls);
    files.between = interfere;
    memset(out, 0, sizeof out);
    const int32_t status = load(out);
    if (status == ACTIONCLIP_OK) {
      old[way]++;
      if (!CHECK(memcmp(out, expected, sizeof out) == 0)) fprintf(stderr, "  %s: %s\n", name, way_names[way]);
      CHECK(way >= REPLACED);
    } else {
      refused[way]++;
      if (status != ACTIONCLIP_ERROR_FILE_READ)
        fprintf(stderr, "  %s, %s: %s\n", name, way_names[way], actionclip_last_error());
      CHECK_ERROR(ACTIONCLIP_ERROR_FILE_READ, status);
    }
  }
  printf("  %s:", name);
  for (int w = 0; w < WAYS; w++) printf(" %s %ld refused %ld whole%s", way_names[w], refused[w], old[w], w + 1 < WAYS ? "," : "\n");
}

static void open_pair(const char *fixtures, const char *a, const char *b) {
  char path[1200];
  size_t other;
  snprintf(path, sizeof path, "%s/%s", fixtures, a);
  first = check_read_file(path, &size);
  snprintf(path, sizeof path, "%s/%s", fixtures, b);
  second = check_read_file(path, &other);
  if (other != size) {
    fprintf(stderr, "  %s and %s are not of a size\n", a, b);
    exit(2);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: test_replaced FIXTURES SCRATCH [MOMENTS]\n");
    return 2;
  }
  const long moments = argc > 3 ? atol(argv[3]) : 1000;
  snprintf(target, sizeof target, "%s/target", argv[2]);
  open_pair(argv[1], "merges/tiny.safetensors", "merges/other.safetensors");
  test("safetensors", load_model, moments);
  files.tick = 10000000;
  test("safetensors, coarse clock", load_model, moments / 4);
  files.tick = 0;
  open_pair(argv[1], "merges/tiny.pt", "merges/other.pt");
  test("torch.save", load_model, moments);
  open_pair(argv[1], "merges/merges.txt", "merges/other.txt");
  test("merge list", load_list, moments);
  unlink(target);
  return check_report("test_replaced");
}

/* torture.c: small files of every format, cut and damaged, are loaded from memory. Whatever was done to a file, the
 * outcome is an error with one line of text or a model. Two processes share the work.
 *
 *   torture quick|torture FOLDER...     every file in the folders that is one of weights
 *
 * Cut: every length, or some. Flipped: every bit of the parts that describe the rest (of safetensors the header, of a
 * zip everything but its records), then every bit of a pickle whose checksum is set right again; then bits anywhere.
 * The memory ends where the file does, against a page that nobody may touch. */
#include "../c/guard.h"

#include <dirent.h>
#include <sys/wait.h>

enum { WORKERS = 2, STATUSES = 100 };
enum { CUT, FLIPPED, KINDS };
static const char *const kind_names[] = {"truncated", "bit-flipped"};

/* Shared by the workers: loads by kind and status. */
static struct {
  long loads[KINDS][STATUSES];
  long failed;
} *counts;

typedef struct {
  char name[256];
  unsigned char *data; /* the whole file, in guarded memory of its own */
  size_t size;
  int loads;           /* whether it loads as it is */
  actionclip_model_info info;
  unsigned char *kind; /* of each byte: STRUCTURE, PICKLE or DATA */
  size_t pickle, pickle_size, pickle_local_crc, pickle_central_crc;
} fixture;
enum { STRUCTURE, PICKLE, DATA };
enum { FIXTURES = 64 };
static fixture fixtures[FIXTURES];
static int fixture_count;

static uint64_t state = 0x9E3779B97F4A7C15u;
static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static uint32_t number(const unsigned char *p, int bytes) {
  uint32_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | p[i];
  return value;
}

static uint32_t crc32_of(const unsigned char *p, size_t size) {
  static uint32_t table[256];
  if (table[1] == 0)
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int k = 0; k < 8; k++) value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
      table[i] = value;
    }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) crc = table[(crc ^ p[i]) & 0xFF] ^ crc >> 8;
  return ~crc;
}

static actionclip_model_options options;

/* Where the numbers lie, of formats known here; of others all is taken for structure. */
static void map(fixture *f) {
  f->kind = check_alloc(f->size);
  if (f->size > 8 && f->data[8] == '{') {
    const size_t header = number(f->data, 4);
    for (size_t i = 8 + header; i < f->size; i++) f->kind[i] = DATA;
  } else if (f->size > 22 && memcmp(f->data, "PK\3\4", 4) == 0) {
    const unsigned char *end = f->data + f->size - 22;
    const size_t entries = number(end + 10, 2);
    size_t at = number(end + 16, 4);
    for (size_t i = 0; i < entries && at + 46 <= f->size; i++) {
      const unsigned char *entry = f->data + at;
      const size_t size = number(entry + 24, 4), name = number(entry + 28, 2), local = number(entry + 42, 4);
      const size_t start = local + 30 + number(f->data + local + 26, 2) + number(f->data + local + 28, 2);
      const int is_pickle = name > 8 && memcmp(entry + 46 + name - 8, "data.pkl", 8) == 0;
      if (start + size > f->size) exit(2);
      memset(f->kind + start, is_pickle ? PICKLE : DATA, size);
      if (is_pickle) {
        f->pickle = start;
        f->pickle_size = size;
        f->pickle_central_crc = at + 16;
        /* Before the data, or in a descriptor after them. */
        f->pickle_local_crc = number(f->data + local + 6, 2) & 8 ? start + size + 4 : local + 14;
      }
      at += 46 + name + number(entry + 30, 2) + number(entry + 32, 2);
    }
  }
}

static void add(const char *path, const char *name) {
  if (fixture_count == FIXTURES) exit(2);
  fixture *f = &fixtures[fixture_count++];
  snprintf(f->name, sizeof f->name, "%s", name);
  unsigned char *plain = check_read_file(path, &f->size);
  f->data = guard_copy(plain, f->size);
  free(plain);
  map(f);
  actionclip_model *model = NULL;
  f->loads = actionclip_model_load_buffer(f->data, f->size, &options, &model) == ACTIONCLIP_OK;
  f->info.struct_size = sizeof f->info;
  if (f->loads) CHECK_OK(actionclip_model_get_info(model, &f->info));
  actionclip_model_free(model);
}

static int by_name(const void *a, const void *b) { return strcmp(((const fixture *)a)->name, ((const fixture *)b)->name); }

static void scan(const char *folder) {
  DIR *open = opendir(folder);
  if (open == NULL) {
    fprintf(stderr, "  no folder %s\n", folder);
    exit(2);
  }
  static const char *const endings[] = {".safetensors", ".pt", ".pth", ".bin", ".ckpt"};
  for (struct dirent *entry; (entry = readdir(open)) != NULL;)
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
      const size_t length = strlen(entry->d_name), end = strlen(endings[i]);
      if (length <= end || strcmp(entry->d_name + length - end, endings[i]) != 0) continue;
      char path[1400];
      snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
      add(path, entry->d_name);
    }
  closedir(open);
}

/* One load; -> its status, after the checks that all of them have to pass. */
static int32_t attempt(const unsigned char *data, size_t size, int kind, const fixture *f, int only_values) {
  actionclip_model *model = NULL;
  const int32_t status = actionclip_model_load_buffer(data, size, &options, &model);
  if (status == ACTIONCLIP_OK) {
    CHECK(model != NULL && actionclip_last_error()[0] == '\0');
    if (only_values && model != NULL) { /* it is the same model with other numbers */
      actionclip_model_info info;
      info.struct_size = sizeof info;
      CHECK_OK(actionclip_model_get_info(model, &info));
      info.logit_scale = f->info.logit_scale;
      CHECK(memcmp(&info, &f->info, sizeof info) == 0);
    }
    actionclip_model_free(model);
  } else {
    CHECK_ERROR(0, status);
    CHECK(model == NULL);
  }
  if (status <= 0 && status > -STATUSES) __atomic_add_fetch(&counts->loads[kind][-status], 1, __ATOMIC_RELAXED);
  return status;
}

static void cut(const fixture *f, unsigned char *end, size_t size) {
  memcpy(end - size, f->data, size);
  CHECK(attempt(end - size, size, CUT, f, 0) != ACTIONCLIP_OK);
}

static void flip(const fixture *f, unsigned char *copy, size_t bit, int mend) {
  copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
  if (mend) {
    const uint32_t crc = crc32_of(copy + f->pickle, f->pickle_size);
    for (int i = 0; i < 4; i++)
      copy[f->pickle_local_crc + i] = copy[f->pickle_central_crc + i] = (unsigned char)(crc >> 8 * i);
  }
  const int is_data = f->kind[bit / 8] == DATA;
  const int32_t status = attempt(copy, f->size, FLIPPED, f, f->loads && is_data);
  /* Damage to numbers is told by a checksum, or is NaN or infinity, or is not told. */
  if (f->loads && is_data)
    CHECK(status == ACTIONCLIP_OK || status == ACTIONCLIP_ERROR_NOT_FINITE || status == ACTIONCLIP_ERROR_FORMAT_INVALID);
  copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
  if (mend) {
    memcpy(copy + f->pickle_local_crc, f->data + f->pickle_local_crc, 4);
    memcpy(copy + f->pickle_central_crc, f->data + f->pickle_central_crc, 4);
  }
}

/* This worker's share: every WORKERS-th of what is tried, and of that every `stride`-th. */
static void work(int worker, size_t stride, long random_rounds) {
  size_t turn = 0;
#define MINE (turn++ % (WORKERS * stride) == (size_t)worker * stride)
  for (int i = 0; i < fixture_count; i++) {
    const fixture *f = &fixtures[i];
    unsigned char *room = guard_alloc(f->size), *copy = guard_copy(f->data, f->size);
    for (size_t size = 1; size < f->size; size++)
      if (MINE) cut(f, room + f->size, size);
    for (size_t byte = 0; byte < f->size; byte++)
      for (size_t bit = byte * 8; f->kind[byte] != DATA && bit < byte * 8 + 8; bit++) {
        if (MINE) flip(f, copy, bit, 0);
        if (f->kind[byte] == PICKLE && MINE) flip(f, copy, bit, 1);
      }
    state += (uint64_t)worker * 77 + (uint64_t)i;
    for (long k = 0; k < random_rounds; k++) {
      flip(f, copy, next_random() % (f->size * 8), 0);
      cut(f, room + f->size, 1 + next_random() % (f->size - 1));
    }
    CHECK(memcmp(copy, f->data, f->size) == 0);
    guard_release(room, f->size);
    guard_release(copy, f->size);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: torture quick|torture FOLDER...\n");
    return 2;
  }
  const int at_length = strcmp(argv[1], "torture") == 0;
  actionclip_model_options_init(&options);
  options.threads = 1;
  options.activation = ACTIONCLIP_ACTIVATION_QUICK_GELU; /* Hugging Face's file alone does not tell it */
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (counts == MAP_FAILED) return 2;
  for (int i = 2; i < argc; i++) scan(argv[i]);
  qsort(fixtures, (size_t)fixture_count, sizeof fixtures[0], by_name);
  int sound = 0;
  size_t bytes = 0;
  for (int i = 0; i < fixture_count; i++) {
    sound += fixtures[i].loads;
    bytes += fixtures[i].size;
  }
  CHECK(sound >= 5); /* or nothing would be shown */
  if (fixture_count == 0 || check_failed > 0) return check_report("torture");
  /* In the quick form a prime step, so that all kinds of places are met; at length each place, or as many as are asked
   * for. */
  const char *asked = getenv("TORTURE_STRIDE");
  const size_t stride = !at_length ? 211 : asked && atoi(asked) > 0 ? (size_t)atoi(asked) : 1;
  fflush(NULL);
  pid_t children[WORKERS];
  for (int w = 0; w < WORKERS; w++) {
    children[w] = fork();
    if (children[w] != 0) continue;
    work(w, stride, at_length ? 4000 : 20);
    fflush(NULL);
    __atomic_add_fetch(&counts->failed, check_failed, __ATOMIC_SEQ_CST);
    exit(check_failed != 0);
  }
  for (int w = 0; w < WORKERS; w++) {
    int status = -1;
    CHECK(children[w] > 0 && waitpid(children[w], &status, 0) == children[w]);
    CHECK(status == 0);
  }
  CHECK(counts->failed == 0);
  printf("  %d files, %zu bytes, %d of them whole models\n", fixture_count, bytes, sound);
  for (int kind = 0; kind < KINDS; kind++) {
    long total = 0;
    for (int s = 0; s < STATUSES; s++) total += counts->loads[kind][s];
    printf("  %ld %s loads:", total, kind_names[kind]);
    for (int s = 0; s < STATUSES; s++)
      if (counts->loads[kind][s] > 0)
        printf(" %s %ld", s == 0 ? "loaded" : actionclip_status_name(-s) + 17, counts->loads[kind][s]);
    printf("\n");
    CHECK(total >= (at_length ? kind == CUT ? 200000 : 100000 : 2000));
  }
  for (int i = 0; i < fixture_count; i++) {
    guard_release(fixtures[i].data, fixtures[i].size);
    free(fixtures[i].kind);
  }
  return check_report("torture");
}

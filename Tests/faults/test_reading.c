/* test_reading.c: every call that reads a file fails in turn. An interrupted or a short read is not noticed; an
 * error or an early end is ACTIONCLIP_ERROR_FILE_READ and says of which file and where.
 *
 *   test_reading ROOT FIXTURES SCRATCH */
#include "embeddings.h"
#include "files.h"

static const char *fixtures, *scratch;
static unsigned char outputs[1 << 16], expected[sizeof outputs];

/* A file to load, or another way to name it. */
typedef struct {
  const char *name, *file; /* `file` is what an error must name */
  int32_t (*run)(const char *file);
  const char *other; /* a second file that is read, which an error may name instead */
  int beside; /* the second is a list beside the model: that it cannot be opened is told when it is asked for */
} path;

static const char *fixture(const char *name) {
  static char text[1200];
  if (name[0] == '/') return name;
  snprintf(text, sizeof text, "%s/%s", fixtures, name);
  return text;
}

static struct {
  int kinds, fault, error;
  long from, to;
} plan;
#define WATCHED(call) \
  (files_arm(plan.kinds, plan.fault, plan.error, plan.from, plan.to), watched = (call), files_disarm(), watched)
static int32_t watched;
static int32_t compute;
static char message[4096];

static int32_t load(const char *file, const char *tokenizer) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = 1;
  o.compute_type = compute;
  o.tokenizer_path = tokenizer;
  actionclip_model *model = NULL;
  const int32_t status = WATCHED(actionclip_model_load(file, &o, &model));
  snprintf(message, sizeof message, "%s", actionclip_last_error());
  CHECK((status == ACTIONCLIP_OK) == (model != NULL));
  if (model != NULL) embeddings(model, (float *)outputs);
  actionclip_model_free(model);
  return status;
}

static int32_t load_model(const char *file) { return load(fixture(file), NULL); }
static int32_t load_with_list(const char *file) {
  char model[1200];
  snprintf(model, sizeof model, "%s", fixture("models/int8.safetensors"));
  return load(model, fixture(file));
}
static int32_t load_default(const char *file) {
  setenv("ACTIONCLIP_MODEL", fixture(file), 1);
  return load(NULL, NULL);
}

static int32_t load_tokenizer(const char *file) {
  actionclip_tokenizer *tokenizer = NULL;
  size_t count = 0;
  const int32_t status = WATCHED(actionclip_tokenizer_load(fixture(file), &tokenizer));
  snprintf(message, sizeof message, "%s", actionclip_last_error());
  CHECK((status == ACTIONCLIP_OK) == (tokenizer != NULL));
  if (tokenizer != NULL)
    CHECK_OK(actionclip_tokenizer_encode(tokenizer, "run on", 6, (int32_t *)outputs, 64, &count));
  actionclip_tokenizer_free(tokenizer);
  return status;
}

static int32_t run(const path *p) {
  memset(outputs, 0, sizeof outputs);
  return p->run(p->file);
}

static const char *base_name(const char *file) {
  const char *slash = strrchr(file, '/');
  return slash == NULL ? file : slash + 1;
}

/* One fault at a time, until there are no more calls to fail; -> how many there were. */
static long each(const path *p, int kinds, int fault, int error, int32_t status) {
  long n = 1;
  for (;; n++) {
    plan.kinds = kinds;
    plan.fault = fault;
    plan.error = error;
    plan.from = plan.to = n;
    const int32_t got = run(p);
    if (files.faults == 0) break;
    if (status == ACTIONCLIP_OK) {
      CHECK(got == ACTIONCLIP_OK && memcmp(outputs, expected, sizeof outputs) == 0);
      continue;
    }
    /* fstat is both: at opening, and after the last read. */
    const int good = got == status || (kinds == FSTATS && got == ACTIONCLIP_ERROR_FILE_READ) ||
                     (kinds == OPENS && p->beside && got == ACTIONCLIP_OK && ((float *)outputs)[16] == 0) ||
                     (kinds == FSTATS && p->beside && got == ACTIONCLIP_OK && ((float *)outputs)[16] == 0);
    if (!good) fprintf(stderr, "  %s, call %ld: %s, %s\n", p->name, n, actionclip_status_name(got), message);
    CHECK(good);
    if (got == ACTIONCLIP_OK) continue;
    const int named = strstr(message, base_name(p->file)) != NULL ||
                      (p->other != NULL && strstr(message, p->other) != NULL);
    const int placed = kinds != READS || strstr(message, "offset ") != NULL || strstr(message, "byte ") != NULL ||
                       strstr(message, "at ") != NULL;
    if (!named || !placed) fprintf(stderr, "  %s: %s\n", p->name, message);
    CHECK(named && placed && strchr(message, '\n') == NULL);
    /* Nothing is kept of the failure. */
    plan.from = plan.to = 0;
    CHECK(run(p) == ACTIONCLIP_OK && memcmp(outputs, expected, sizeof outputs) == 0);
    if (check_failed > 20) break;
  }
  return n - 1;
}

/* All calls at once, in a way that a patient caller gets through. */
static void all(const path *p, int kinds, int fault, int error) {
  plan.kinds = kinds;
  plan.fault = fault;
  plan.error = error;
  plan.from = 1;
  plan.to = INT64_MAX;
  CHECK(run(p) == ACTIONCLIP_OK && memcmp(outputs, expected, sizeof outputs) == 0);
  CHECK(files.faults > 0);
}

static void copy(const char *from, const char *to) {
  size_t size;
  unsigned char *data = check_read_file(from, &size);
  FILE *file = fopen(to, "wb");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) exit(2);
  free(data);
}

/* FFmpeg may do without a part of a video that cannot be read, but the frames are the same then. */
static int32_t read_video(void) {
  actionclip_video_options o;
  actionclip_video_options_init(&o);
  o.threads = 1;
  actionclip_video *video = NULL;
  const int64_t wanted[] = {3, 60};
  static unsigned char frames[2 << 20];
  files_arm(plan.kinds, plan.fault, plan.error, plan.from, plan.to);
  int32_t status = actionclip_video_open(check_path(EXAMPLE_CLIP), &o, &video);
  if (status == ACTIONCLIP_OK)
    status = actionclip_video_read_frames(video, wanted, 2, frames, sizeof frames, NULL, 0);
  files_disarm();
  if (status != ACTIONCLIP_OK) CHECK(check_message());
  snprintf(message, sizeof message, "%s", actionclip_last_error());
  if (status == ACTIONCLIP_OK)
    for (size_t i = 0; i < sizeof frames; i++) outputs[i % sizeof outputs] ^= (unsigned char)(frames[i] + i / 251);
  actionclip_video_free(video);
  return status;
}

static void video(void) {
  long errors = 0, hidden = 0, n;
  memset(&plan, 0, sizeof plan);
  memset(outputs, 0, sizeof outputs);
  if (read_video() != ACTIONCLIP_OK) {
    printf("  video: skipped, %s\n", message);
    return;
  }
  memcpy(expected, outputs, sizeof outputs);
  for (n = 1;; n++) {
    plan.kinds = READS;
    plan.fault = FAILS;
    plan.error = EIO;
    plan.from = n;
    plan.to = INT64_MAX; /* a failing disk goes on failing */
    memset(outputs, 0, sizeof outputs);
    const int32_t status = read_video();
    if (files.faults == 0) break;
    if (status == ACTIONCLIP_OK) {
      hidden++;
      CHECK(memcmp(outputs, expected, sizeof outputs) == 0);
    } else {
      errors++;
      if (status != ACTIONCLIP_ERROR_FILE_READ) fprintf(stderr, "  video, read %ld: %s\n", n, message);
      CHECK(status == ACTIONCLIP_ERROR_FILE_READ && strstr(message, "clip.mp4") != NULL);
    }
    if (check_failed > 20) break;
  }
  for (int fault = 0; fault < 2; fault++) {
    plan.fault = fault == 0 ? SHORT : OTHERWISE;
    plan.error = EINTR;
    plan.from = 1;
    memset(outputs, 0, sizeof outputs);
    CHECK(read_video() == ACTIONCLIP_OK && memcmp(outputs, expected, sizeof outputs) == 0);
  }
  printf("  %-38s %4ld reads: %ld errors, %ld not needed\n", "video", n - 1, errors, hidden);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: test_reading ROOT FIXTURES SCRATCH\n");
    return 2;
  }
  check_root = argv[1];
  fixtures = argv[2];
  scratch = argv[3];
  /* Alone in its folder, without a list beside it. */
  static char alone[1200];
  snprintf(alone, sizeof alone, "%s/alone.safetensors", scratch);
  copy(fixture("models/plain.safetensors"), alone);
  const path paths[] = {
      {"fp16 safetensors", "models/plain.safetensors", load_model, NULL, 0},
      {"fp32 safetensors, a list beside", "merges/tiny.safetensors", load_model, "merges.txt", 1},
      {"one file, fp32", "models/fp32.safetensors", load_model, NULL, 0},
      {"one file, bf16", "models/bf16.safetensors", load_model, NULL, 0},
      {"one file, int8", "models/int8.safetensors", load_model, NULL, 0},
      {"torch.save, a state dict", "models/state.pt", load_model, NULL, 0},
      {"torch.save, the reference's", "models/checkpoint.pt", load_model, NULL, 0},
      {"default model", alone, load_default, NULL, 0},
      {"merge list named", "merges/merges.txt", load_with_list, "int8.safetensors", 0},
      {"merge list named, gzip", "merges/merges.txt.gz", load_with_list, "int8.safetensors", 0},
      {"tokenizer", "merges/merges.txt", load_tokenizer, NULL, 0},
      {"tokenizer, gzip", "merges/merges.txt.gz", load_tokenizer, NULL, 0},
  };
  long total = 0;
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    const path *p = &paths[i];
    compute = i % 2 == 0 ? ACTIONCLIP_COMPUTE_DEFAULT : ACTIONCLIP_COMPUTE_BF16;
    memset(&plan, 0, sizeof plan);
    CHECK(run(p) == ACTIONCLIP_OK);
    memcpy(expected, outputs, sizeof outputs);
    const long reads = each(p, READS, FAILS, EIO, ACTIONCLIP_ERROR_FILE_READ);
    each(p, READS, ENDS, 0, ACTIONCLIP_ERROR_FILE_READ);
    each(p, READS, FAILS, EINTR, ACTIONCLIP_OK);
    each(p, READS, SHORT, 0, ACTIONCLIP_OK);
    all(p, READS, SHORT, 0);
    all(p, READS, OTHERWISE, EINTR);
    const long opens = each(p, OPENS, FAILS, EIO, ACTIONCLIP_ERROR_FILE_OPEN);
    each(p, OPENS, FAILS, EINTR, ACTIONCLIP_OK);
    const long stats = each(p, FSTATS, FAILS, EIO, ACTIONCLIP_ERROR_FILE_OPEN);
    printf("  %-38s %4ld reads, %ld opens, %ld fstats\n", p->name, reads, opens, stats);
    total += 4 * reads + 2 * opens + stats;
  }
  unlink(alone);
  video();
  printf("  %ld faults\n", total);
  return check_report("test_reading");
}

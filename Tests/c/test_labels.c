/* test_labels.c: what a model says of labels that it never learned, and models named as Hugging Face names them. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *note(const actionclip_model *model, const char *label) {
  static char text[2048];
  size_t size = 0, again = 0;
  text[0] = '?';
  CHECK_OK(actionclip_model_label_note(model, label, NULL, 0, &size));
  CHECK(size >= 1 && size <= sizeof text);
  if (size > 1)
    CHECK_ERROR(ACTIONCLIP_ERROR_BUFFER_TOO_SMALL, actionclip_model_label_note(model, label, text, size - 1, &again));
  CHECK(text[0] == '?' && again == 0);
  CHECK_OK(actionclip_model_label_note(model, label, text, sizeof text, &again));
  CHECK(again == size && strlen(text) + 1 == size && strchr(text, '\n') == NULL);
  return text;
}

static void notes(void) {
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(check_path("models/actionclip-shapes.safetensors"), NULL, &model));
  /* The model's own labels, in any spelling that it takes for the same. */
  for (int32_t i = 0; i < actionclip_model_label_count(model); i++)
    CHECK(note(model, actionclip_model_label(model, i))[0] == '\0');
  CHECK(note(model, "  Moving   LEFT ")[0] == '\0');
  /* Words that it learned, put together anew; words that it never learned, named. */
  CHECK(strstr(note(model, "moving down while blinking"), "none of the 62 labels") != NULL);
  const char *said = note(model, "ice skating");
  CHECK(strstr(said, "'ice skating'") != NULL && strstr(said, "never learned 'ice', 'skating'") != NULL);
  CHECK(strstr(said, "Coloured shapes") != NULL && strstr(said, "openai/clip-vit-base-patch16") != NULL);
  CHECK(strstr(note(model, "two shapes dancing"), "never learned 'dancing' (") != NULL);
  CHECK(strstr(note(model, "\xe6\xbb\x91\xe5\x86\xb0"), "never learned '\xe6\xbb\x91\xe5\x86\xb0'") != NULL);
  CHECK(strstr(note(model, NULL), "62 labels") != NULL);
  CHECK(note(model, "")[0] != '\0');
  /* Long labels give short lines. */
  char *text = check_alloc(1 << 20);
  memset(text, 'x', (1 << 20) - 1);
  CHECK(strlen(note(model, text)) < 1000);
  for (size_t i = 3; i < (1 << 20) - 1; i += 4) text[i] = ' ', text[i - 1] = (char)('a' + i % 26);
  CHECK(strlen(note(model, text)) < 1000);
  free(text);

  size_t size = 7;
  char out[4];
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_UTF8, actionclip_model_label_note(model, "\xff", NULL, 0, &size));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_model_label_note(model, "tea", NULL, 4, &size));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_model_label_note(model, "tea", out, 4, NULL));
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_HANDLE,
              actionclip_model_label_note((const actionclip_model *)(const void *)out, "tea", NULL, 0, &size));
  CHECK(size == 7);
  actionclip_model_free(model);

  /* A model without labels of its own cannot tell. */
  CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model));
  CHECK(note(model, "ice skating")[0] == '\0' && note(model, NULL)[0] == '\0');
  actionclip_model_free(model);
}

static char cache[512];
#define REVISION "0123456789abcdef0123456789abcdef01234567"

/* CACHE/models--owner--NAME/BELOW */
static const char *in_cache(const char *name, const char *below) {
  static char path[1024];
  snprintf(path, sizeof path, "%s/models--owner--%s/%s", cache, name, below);
  return path;
}

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A model as `hf download` leaves it: files are links into a folder beside. */
static void make_model(const char *name, const char *reference) {
  const char *folders[] = {"", "refs", "blobs", "snapshots", ("snapshots/" REVISION)};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) mkdir(in_cache(name, folders[i]), 0777);
  write_text(in_cache(name, "refs/main"), reference);
  size_t size;
  unsigned char *bytes = check_read_file(check_path(UNTRAINED_MODEL), &size);
  FILE *file = fopen(in_cache(name, "blobs/weights"), "wb");
  CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
  free(bytes);
  CHECK(symlink("../../blobs/weights", in_cache(name, "snapshots/" REVISION "/model.safetensors")) == 0);
}

static void load(const char *name, const char *word) {
  actionclip_model *model = NULL;
  if (word == NULL) {
    CHECK_OK(actionclip_model_load(name, NULL, &model));
    actionclip_model_free(model);
    return;
  }
  CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load(name, NULL, &model));
  if (!CHECK(strstr(actionclip_last_error(), word) != NULL)) fprintf(stderr, "  %s\n", actionclip_last_error());
}

static void hub(const char *scratch) {
  static const char *const variables[] = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"};
  static const char *const below[] = {"", "", "/hub", "/huggingface/hub", "/.cache/huggingface/hub"};
  char root[400];
  snprintf(root, sizeof root, "%s/hub-XXXXXX", scratch);
  CHECK(mkdtemp(root) != NULL);
  for (size_t i = 0; i < 5; i++) unsetenv(variables[i]);
  load("owner/clip", "HF_HUB_CACHE, HF_HOME and HOME are not set");
  /* The variables of Hugging Face's tools, the last first: each goes before those set already. */
  for (size_t i = 5; i-- > 0;) {
    char value[450];
    snprintf(value, sizeof value, "%s/%zu", root, i);
    snprintf(cache, sizeof cache, "%s%s", value, below[i]);
    char command[600];
    snprintf(command, sizeof command, "mkdir -p '%s'", cache);
    CHECK(system(command) == 0);
    setenv(variables[i], value, 1);
    load("owner/clip", "hf download owner/clip");
    load("owner/clip", cache);
    make_model("clip", REVISION);
    load("owner/clip", NULL);
    load("owner/other", "hf download owner/other");
  }
  make_model("newline", REVISION "\n");
  load("owner/newline", NULL);
  size_t size = 0;
  CHECK_OK(actionclip_file_describe("owner/clip", NULL, 0, &size));
  /* Names and links that lead out of the cache, or nowhere. */
  make_model("upwards", "../../../../../../etc/passwd0000000000000");
  load("owner/upwards", "no such model");
  make_model("short", "0123");
  load("owner/short", "no such model");
  make_model("long", REVISION "0");
  load("owner/long", "no such model");
  make_model("absent", "ffffffffffffffffffffffffffffffffffffffff");
  load("owner/absent", "names a revision");
  CHECK(unlink(in_cache("short", "refs/main")) == 0 && mkfifo(in_cache("short", "refs/main"), 0600) == 0);
  load("owner/short", "no such model");
  static const char *const names[] = {"../clip", "owner/..", "owner/clip/", "/owner/clip", "owner", "owner//clip",
                                      "own--er/clip", "owner/cl..ip", "owner/-clip", "owner/clip.pt", "owner/cl ip"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    actionclip_model *model = NULL;
    CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, actionclip_model_load(names[i], NULL, &model));
    CHECK(strstr(actionclip_last_error(), "hf download") == NULL);
  }
  /* A file of that name goes before. */
  CHECK(chdir(root) == 0 && mkdir("owner", 0777) == 0);
  write_text("owner/clip", "not weights");
  actionclip_model *model = NULL;
  CHECK_ERROR(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, actionclip_model_load("owner/clip", NULL, &model));
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  if (argc < 3) return 2;
  notes();
  hub(argv[2]);
  return check_report("test_labels");
}

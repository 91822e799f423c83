/* test_default.c: the model that is loaded without a path, by ACTIONCLIP_MODEL and beside the library; run with
 * the library in a folder tree of its own. */
#include "check.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[1024];

static const char *in_folder(const char *name) {
  static char paths[4][1200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void copy(const char *from, const char *to) {
  size_t size;
  unsigned char *bytes = check_read_file(from, &size);
  FILE *file = fopen(to, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
  free(bytes);
}

/* Loads the default model and answers its status. */
static int32_t load_default(void) {
  actionclip_model *model = NULL;
  const int32_t status = actionclip_model_load(NULL, NULL, &model);
  CHECK((status == ACTIONCLIP_OK) == (model != NULL));
  if (model != NULL) CHECK(actionclip_model_label_count(model) == 0);
  if (status == ACTIONCLIP_OK) actionclip_model_free(model);
  return status;
}

#define REFUSED(status, word)                              \
  do {                                                     \
    CHECK_ERROR(status, load_default());                   \
    CHECK(strstr(actionclip_last_error(), word) != NULL);  \
  } while (0)

int main(int argc, char **argv) {
  enum { OPEN = ACTIONCLIP_ERROR_FILE_OPEN };
  if (argc > 1) check_root = argv[1];
  if (argc < 3) return 2;
  /* FOLDER/lib/here/libactionclip.so.0 is the library that this program was started with. */
  snprintf(folder, sizeof folder, "%s", argv[2]);
  Dl_info info;
  CHECK(dladdr((void *)(uintptr_t)actionclip_version, &info) != 0 && strncmp(info.dli_fname, folder, strlen(folder)) == 0);

  unsetenv("ACTIONCLIP_MODEL");
  REFUSED(OPEN, in_folder("lib/share/actionclip/actionclip-shapes.safetensors"));
  REFUSED(OPEN, in_folder("share/actionclip/actionclip-shapes.safetensors"));
  REFUSED(OPEN, "ACTIONCLIP_MODEL is not set");
  actionclip_model *model = NULL;
  CHECK_ERROR(ACTIONCLIP_ERROR_INVALID_ARGUMENT, actionclip_model_load(NULL, NULL, NULL));

  mkdir(in_folder("share"), 0777);
  mkdir(in_folder("share/actionclip"), 0777);
  copy(check_path(UNTRAINED_MODEL), in_folder("share/actionclip/actionclip-shapes.safetensors"));
  CHECK_OK(load_default());
  /* The nearer folder first; what is found but broken is an error that names it. */
  mkdir(in_folder("lib/share"), 0777);
  mkdir(in_folder("lib/share/actionclip"), 0777);
  copy(check_path(UNTRAINED_MERGES), in_folder("lib/share/actionclip/actionclip-shapes.safetensors"));
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, in_folder("lib/share/actionclip/actionclip-shapes.safetensors"));

  /* The environment goes before both; a file that it names in vain is not replaced by another. */
  setenv("ACTIONCLIP_MODEL", check_path(UNTRAINED_MODEL), 1);
  CHECK_OK(load_default());
  CHECK_OK(actionclip_model_load(NULL, NULL, &model));
  actionclip_model_info loaded;
  loaded.struct_size = sizeof loaded;
  CHECK_OK(actionclip_model_get_info(model, &loaded));
  CHECK(loaded.has_tokenizer == 1); /* beside the file, as with a path */
  actionclip_model_free(model);
  setenv("ACTIONCLIP_MODEL", in_folder("none.safetensors"), 1);
  REFUSED(OPEN, in_folder("none.safetensors"));
  REFUSED(OPEN, "ACTIONCLIP_MODEL");
  setenv("ACTIONCLIP_MODEL", "", 1); /* as if it were not set */
  REFUSED(ACTIONCLIP_ERROR_FORMAT_UNKNOWN, in_folder("lib/share/actionclip/actionclip-shapes.safetensors"));
  return check_report("test_default");
}

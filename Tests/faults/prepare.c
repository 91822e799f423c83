/* prepare.c: the single-file form in the precisions that only this library writes: prepare FIXTURES. */
#include "../c/check.h"

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  static const struct {
    const char *name;
    int32_t storage;
  } kinds[] = {{"fp32", ACTIONCLIP_STORAGE_FP32}, {"bf16", ACTIONCLIP_STORAGE_BF16}, {"int8", ACTIONCLIP_STORAGE_INT8}};
  char path[1200];
  actionclip_model *model = NULL;
  snprintf(path, sizeof path, "%s/models/whole.safetensors", argv[1]);
  CHECK_OK(actionclip_model_load(path, NULL, &model));
  for (size_t i = 0; i < 3; i++) {
    actionclip_save_options o;
    actionclip_save_options_init(&o);
    o.storage = kinds[i].storage;
    snprintf(path, sizeof path, "%s/models/%s.safetensors", argv[1], kinds[i].name);
    CHECK_OK(actionclip_model_save(model, path, &o));
  }
  actionclip_model_free(model);
  return check_report("prepare");
}

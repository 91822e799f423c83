/* test_secure.c: in a setuid program the environment is the caller's word, not the program's: ACTIONCLIP_MODEL, which
 * names the untrained model, is not followed. The default model beside the library is loaded instead, or missed.
 * ACTIONCLIP_THREADS and ACTIONCLIP_INSTRUCTIONS, whose values are errors elsewhere, are not followed either. */
#include "check.h"

#include <sys/auxv.h>
#include <unistd.h>

int main(void) {
  if (getauxval(AT_SECURE) == 0) {
    printf("skipped test_secure: the file system takes no setuid program\n");
    return 0;
  }
  CHECK(getenv("ACTIONCLIP_MODEL") != NULL && access(getenv("ACTIONCLIP_MODEL"), R_OK) == 0);
  CHECK(getenv("ACTIONCLIP_THREADS") != NULL && strcmp(getenv("ACTIONCLIP_THREADS"), "none") == 0);
  CHECK(getenv("ACTIONCLIP_INSTRUCTIONS") != NULL && strcmp(getenv("ACTIONCLIP_INSTRUCTIONS"), "none") == 0);
  actionclip_model *model = NULL;
  const int32_t status = actionclip_model_load(NULL, NULL, &model);
  if (status == ACTIONCLIP_OK) {
    CHECK(actionclip_model_label_count(model) > 0); /* the untrained model has none */
    actionclip_model_free(model);
  } else {
    CHECK_ERROR(ACTIONCLIP_ERROR_FILE_OPEN, status);
    CHECK(strstr(actionclip_last_error(), "ACTIONCLIP_MODEL is not set") != NULL);
  }
  return check_report("test_secure");
}

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "CShims.h"

int cshims_library_path(char *path, size_t capacity) {
  Dl_info info;
  if (dladdr((const void *)&cshims_library_path, &info) == 0 || info.dli_fname == NULL) return 0;
  char *resolved = realpath(info.dli_fname, NULL);
  const size_t size = resolved == NULL ? 0 : strlen(resolved) + 1;
  const int fits = size > 0 && size <= capacity;
  if (fits) memcpy(path, resolved, size);
  free(resolved);
  return fits;
}

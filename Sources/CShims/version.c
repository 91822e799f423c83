#include "../../include/actionclip.h"
#include "CShims.h"

#define TEXT(number) #number
#define DOTTED(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *cshims_version(void) {
  return DOTTED(ACTIONCLIP_VERSION_MAJOR, ACTIONCLIP_VERSION_MINOR, ACTIONCLIP_VERSION_PATCH);
}

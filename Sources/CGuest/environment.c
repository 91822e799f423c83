#define _GNU_SOURCE
#include "CGuest.h"

// Without <unistd.h>, which declares environ as the C library's.
extern char *secure_getenv(const char *name);

const char *cguest_secure_getenv(const char *name) { return secure_getenv(name); }

// The static Swift runtime scans the host's environment when it is loaded: it crashes where there is none (clearenv), prints
// a line for a name that begins with SWIFT_DEBUG_ or SWIFT_BACKTRACE and is unknown to it, and takes orders
// from those it knows. A guest has none to take. The linker gives this hidden symbol, an empty environment, to the
// code that is linked into the library, and to nobody else: the host's environment is neither read nor changed.
static char *none[] = {0};
__attribute__((visibility("hidden"))) char **environ = none;

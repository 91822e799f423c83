#define _GNU_SOURCE
#include "CGuest.h"

// Declared here, since the C library's headers declare environ as its own.
extern char *secure_getenv(const char *name);

const char *cguest_secure_getenv(const char *name) { return secure_getenv(name); }

// An empty environment for the code that is linked into the library. The static Swift runtime scans `environ` when it
// is loaded: it crashes where there is none (clearenv), obeys variables that begin with SWIFT_DEBUG_ or
// SWIFT_BACKTRACE, and prints a line for those unknown to it. The linker gives this hidden symbol to the library's
// own code only, so that the host's environment is neither read nor changed.
static char *none[] = {0};
__attribute__((visibility("hidden"))) char **environ = none;

// C definitions that replace functions of the static Swift runtime, which would install signal handlers, read the
// host's environment, or end the process where memory is refused. A library is a guest in its host's process and must
// do none of these. They are linked into the shared library only, not into programs.
#ifndef CGUEST_H
#define CGUEST_H

// Returns whether the system has refused memory for an object of the Swift runtime, on any thread, since the calling
// thread's latest cguest_forget_refused_memory. The object then came from a reserve, so nothing that the call made
// may be kept.
int cguest_memory_was_refused(void);
// Marks the beginning of a call of the library for cguest_memory_was_refused.
void cguest_forget_refused_memory(void);

// Returns a variable of the host's environment; NULL if it is not set, or if the program has more rights than the
// user who started it (setuid, file capabilities). It is in C because glibc declares secure_getenv for _GNU_SOURCE
// only.
const char *cguest_secure_getenv(const char *name);

#endif

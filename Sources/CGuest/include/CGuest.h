// A Swift library as a guest in another program's process: C definitions that take the place of the static Swift
// runtime's own, which would install signal handlers, read the host's environment, or end the process without memory.
// Linked into the shared library alone: a program of ours is its own host.
#ifndef CGUEST_H
#define CGUEST_H

// Whether the system has refused memory for an object of the Swift runtime since the calling thread's call began, and the
// beginning of one. The object then came from a reserve: nothing that the call made may be kept.
int cguest_memory_was_refused(void);
void cguest_forget_refused_memory(void);

// A variable of the host's environment; NULL where there is none, or the program has more rights than the user who
// started it (setuid, file capabilities). Swift does not see secure_getenv, which glibc declares for _GNU_SOURCE only.
const char *cguest_secure_getenv(const char *name);

#endif

// Thin C for what Swift cannot say itself. Each function says why it is here.
#ifndef CSHIMS_H
#define CSHIMS_H

#include <stddef.h>
#include <stdint.h>

// Swift has no thread-local variable without an allocation per thread: the message of a
// thread's latest failed call lives in a fixed thread-local buffer.
#define CSHIMS_MESSAGE_CAPACITY 1024
// Copies at most CSHIMS_MESSAGE_CAPACITY - 1 bytes; size 0 clears the message.
void cshims_set_message(const char *bytes, size_t size);
const char *cshims_message(void);

// The number that tells the calling thread's calls to end: 0 while they may go on, anything else once they are to end.
// NULL: none. Thread-local for the same reason as the message. Who makes a thread hear a number keeps it alive.
void cshims_hear_cancel(const int *token);
const int *cshims_heard_cancel(void);
// Whether the number that the calling thread hears is set. One thread-local load and one relaxed atomic load.
int cshims_is_cancelled(void);

// A cancel token: such a number in memory of its own. It lives until its owner and every thread that hears it let it
// go. Here because Swift has neither atomics on memory of a plain type nor functions that a signal handler may call.
typedef struct cshims_token cshims_token;
// Owned by the caller; NULL without memory.
cshims_token *cshims_token_create(void);
// Whether its owner has not released it.
int cshims_token_is_live(const cshims_token *token);
void cshims_token_release(cshims_token *token);
// May be called in a signal handler.
void cshims_token_set(cshims_token *token, int value);
int cshims_token_is_set(const cshims_token *token);
// Makes the calling thread hear a token, or none, until it ends or hears another. *previous: the one before, which the
// thread no longer keeps. 0 without memory.
int cshims_hear_token(cshims_token *token, cshims_token **previous);

// "0.1.0": the version by the numbers of actionclip.h, a static string. Only C's preprocessor makes one of numbers.
const char *cshims_version(void);

// Processors this process may run on (at least 1). Swift does not see sched_getaffinity, which glibc
// declares for _GNU_SOURCE only.
int cshims_available_processors(void);

// Whether a processor of this number may be bound to, and binding the calling thread to it; a binding that
// the system refuses is none. Swift does not see sched_setaffinity either.
int cshims_is_processor(int processor);
void cshims_bind_to_processor(int processor);

// A number of this process that no other has which shares its memory's past: a forked child has another than its parent,
// also one that has the same process id (each the first of a PID namespace) or was made past the C library. Swift does
// not see madvise's MADV_WIPEONFORK or pthread_atfork.
uint64_t cshims_process(void);

// Swift does not see dladdr, which glibc declares for _GNU_SOURCE only. The path that this library was
// loaded from, links resolved, to `path` with its NUL: 1, or 0 if it is not known or does not fit.
int cshims_library_path(char *path, size_t capacity);

// Swift has no spin-loop hint instruction.
static inline void cshims_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// How a thread's arithmetic rounds, flushes subnormal numbers and raises exceptions, with the flags it has raised.
typedef struct {
  unsigned long mode;
  unsigned short x87;  // of x86-64: the C library reads numbers by it
} cshims_arithmetic;

static inline void cshims_set_arithmetic(cshims_arithmetic to) {
#if defined(__x86_64__)
  __asm__ __volatile__("fldcw %0" : : "m"(to.x87));
  __builtin_ia32_ldmxcsr((unsigned)to.mode);
#elif defined(__aarch64__)
  __asm__ __volatile__("msr fpcr, %0" : : "r"(to.mode));
#endif
}

// Sets the arithmetic that a program starts with (to nearest, nothing flushed, no exception raised) and returns what
// the calling thread had. Swift reaches only a part of it through fenv.h.
static inline cshims_arithmetic cshims_usual_arithmetic(void) {
  cshims_arithmetic before = {0, 0};
  cshims_arithmetic usual = {0, 0x37F};
#if defined(__x86_64__)
  __asm__ __volatile__("fnstcw %0" : "=m"(before.x87));
  before.mode = __builtin_ia32_stmxcsr();
  usual.mode = 0x1F80;
#elif defined(__aarch64__)
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(before.mode));
#endif
  cshims_set_arithmetic(usual);
  return before;
}

#endif

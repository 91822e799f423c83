// Thin C wrappers for what Swift cannot express. Each one says why it is needed.
#ifndef CSHIMS_H
#define CSHIMS_H

#include <stddef.h>
#include <stdint.h>

// Sets the message of the calling thread's latest failed call: at most CSHIMS_MESSAGE_CAPACITY - 1 bytes are copied,
// and size 0 clears the message. It is in C because a thread-local variable of Swift needs an allocation per thread.
#define CSHIMS_MESSAGE_CAPACITY 1024
void cshims_set_message(const char *bytes, size_t size);
// Returns the message of the calling thread's latest failed call, which ends with a NUL; valid until the next call.
const char *cshims_message(void);

// Makes the calling thread use a cancel flag, or none (NULL): while the flag is not 0, the thread's calls end early.
// The caller keeps the flag's memory alive. It is in C for the same reason as the message.
void cshims_use_cancel_flag(const int *flag);
// Returns the cancel flag that the calling thread uses; NULL if none.
const int *cshims_cancel_flag(void);
// Returns whether the calling thread's cancel flag, or the token of its present call, is set. Costs two thread-local
// loads, and one relaxed atomic load for each that is used.
int cshims_is_cancelled(void);

// A cancel token: a reference-counted cancel flag. It is freed when its owner has released it and no thread uses it
// any more. It is in C because Swift has neither atomics on memory of a plain type nor functions that a signal
// handler may call.
typedef struct cshims_token cshims_token;
// Makes a token that is not set, owned by the caller; NULL without memory.
cshims_token *cshims_token_create(void);
// Returns whether the token's owner has not released it yet.
int cshims_token_is_live(const cshims_token *token);
// Gives up the owner's reference to the token.
void cshims_token_release(cshims_token *token);
// Sets the token's flag to `value`. A signal handler may call it.
void cshims_token_set(cshims_token *token, int value);
// Returns whether the token's flag is not 0.
int cshims_token_is_set(const cshims_token *token);
// Makes the calling thread use a token, or none (NULL), until the thread ends or uses another. *previous gets the
// token used before, to which the thread has given up its reference; NULL if its owner has released it. Returns 0
// without memory.
int cshims_use_token(cshims_token *token, cshims_token **previous);
// Makes a set token end the calling thread's calls early too, beside the one that the thread uses, until the next call
// of this function; NULL: no such token. The thread takes no reference.
void cshims_use_call_token(const cshims_token *token);

// Returns the library's version ("0.1.0"), made of the numbers in actionclip.h, as a static string. It is in C
// because the preprocessor makes the string of the numbers.
const char *cshims_version(void);

// Returns the number of processors that the calling thread's affinity allows, at least 1. It is in C because glibc
// declares sched_getaffinity for _GNU_SOURCE only.
int cshims_processors_of_affinity(void);

// Returns whether a processor id is in the range that a thread can be pinned to.
int cshims_is_processor(int processor);
// Pins the calling thread to a processor; does nothing if the system refuses. It is in C because glibc declares
// sched_setaffinity for _GNU_SOURCE only.
void cshims_pin_to_processor(int processor);

// Returns a number that tells this process from its parent and from its forked children. Process ids do not: two
// processes have the same one if each is the first of a PID namespace. It is in C because Swift does not see
// MADV_WIPEONFORK or pthread_atfork.
uint64_t cshims_process(void);

// Writes the path that this library was loaded from, links resolved and with a NUL, to `path`. Returns 1, or 0 if the
// path is unknown or does not fit. It is in C because glibc declares dladdr for _GNU_SOURCE only.
int cshims_library_path(char *path, size_t capacity);

// Tells the processor that the thread waits in a loop. It is in C because Swift has no such instruction.
static inline void cshims_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// A thread's floating-point state: rounding, flushing of subnormal numbers, exception masks and raised flags.
typedef struct {
  unsigned long mode;
  unsigned short x87;  // the x87 control word of x86-64, by which the C library parses numbers
} cshims_arithmetic;

// Sets the floating-point state of the calling thread.
static inline void cshims_set_arithmetic(cshims_arithmetic to) {
#if defined(__x86_64__)
  __asm__ __volatile__("fldcw %0" : : "m"(to.x87));
  __builtin_ia32_ldmxcsr((unsigned)to.mode);
#elif defined(__aarch64__)
  __asm__ __volatile__("msr fpcr, %0" : : "r"(to.mode));
#endif
}

// Gives the calling thread the floating-point state that a program starts with (round to nearest, nothing flushed, no
// exceptions) and returns its previous state. It is in C because fenv.h covers only a part of the state.
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

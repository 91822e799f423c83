// The static Swift runtime ends the process where memory for an object is refused. Its allocator is these five functions;
// defining them here keeps the runtime's own out of the link. Objects then come from a reserve instead: zero pages of
// this library, which take no memory before they are used. A call that has drawn on it answers out of memory, and
// gives back what it drew. What a caller's counts can make large is not left to this: it is asked for where refusal is an
// answer (docs/SECURITY.md).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "CGuest.h"

// How often the reserve was drawn on, by any thread, and how often before the calling thread's call began.
static uint64_t draws;
static _Thread_local uint64_t draws_before;

int cguest_memory_was_refused(void) { return __atomic_load_n(&draws, __ATOMIC_RELAXED) != draws_before; }
void cguest_forget_refused_memory(void) { draws_before = __atomic_load_n(&draws, __ATOMIC_RELAXED); }

// With the address sanitizer, memory has its own allocator, which must be asked for sizes, and Swift's libraries are shared.
#if !__has_feature(address_sanitizer)

enum { ALIGNMENT = 16, RESERVE = 32 << 20 };

// A free piece, or the head of one in use. Pieces follow each other without gaps.
typedef struct {
  size_t size;  // of the whole piece, a multiple of ALIGNMENT
  size_t used;
} piece;
_Static_assert(sizeof(piece) == ALIGNMENT, "what follows a head is aligned");

static _Alignas(4096) char reserve[RESERVE];
static int lock;
static int is_begun;

static void acquire(void) {
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) sched_yield();
}
static void release(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

static int is_reserve(const void *p) { return (const char *)p >= reserve && (const char *)p < reserve + RESERVE; }
static piece *after(piece *p) {
  char *next = (char *)p + p->size;
  return next < reserve + RESERVE ? (piece *)next : NULL;
}

// The first piece that is large enough, with free neighbours joined on the way.
static void *draw(size_t size) {
  __atomic_add_fetch(&draws, 1, __ATOMIC_RELAXED);
  if (size > RESERVE - sizeof(piece)) return NULL;
  const size_t wanted = sizeof(piece) + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  void *found = NULL;
  acquire();
  if (!is_begun) {
    ((piece *)reserve)->size = RESERVE;
    is_begun = 1;
  }
  for (piece *p = (piece *)reserve; p != NULL && found == NULL; p = after(p)) {
    if (p->used) continue;
    for (piece *next = after(p); next != NULL && !next->used; next = after(p)) p->size += next->size;
    if (p->size < wanted) continue;
    if (p->size > wanted) {
      piece *rest = (piece *)((char *)p + wanted);
      rest->size = p->size - wanted;
      rest->used = 0;
      p->size = wanted;
    }
    p->used = 1;
    found = p + 1;
  }
  release();
  return found;
}

// Not a part of its callers, so that a test can tell from where it asks for memory.
__attribute__((noinline)) static void *allocate_object(size_t size, size_t alignment) {
  void *memory = NULL;
  if (alignment <= ALIGNMENT) memory = malloc(size);
  else if (posix_memalign(&memory, alignment, size) != 0) memory = NULL;
  if (memory != NULL) return memory;
  // Nothing in this library is aligned more strictly.
  if (alignment <= ALIGNMENT) memory = draw(size);
  if (memory == NULL) abort();
  return memory;
}

// A mask of all ones is no wish for an alignment.
static size_t of_mask(size_t mask) { return mask == SIZE_MAX ? ALIGNMENT : mask + 1; }

void *swift_slowAlloc(size_t size, size_t mask) { return allocate_object(size, of_mask(mask)); }
void *typed(size_t size, size_t mask, uint64_t type) __asm__("_ZN5swift20swift_slowAllocTypedEmmy");
void *typed(size_t size, size_t mask, uint64_t type) {
  (void)type;
  return allocate_object(size, of_mask(mask));
}
void *swift_coroFrameAlloc(size_t size, uint64_t type) {
  (void)type;
  return allocate_object(size, ALIGNMENT);
}

void swift_slowDealloc(void *memory, size_t size, size_t mask) {
  (void)size;
  (void)mask;
  if (!is_reserve(memory)) return free(memory);
  acquire();
  ((piece *)memory - 1)->used = 0;
  release();
}

void swift_clearSensitive(void *memory, size_t size) { explicit_bzero(memory, size); }

// Swift's arrays ask how much they got.
__attribute__((visibility("hidden"))) size_t malloc_usable_size(void *memory) {
  static size_t (*host)(void *);
  if (is_reserve(memory)) return ((piece *)memory - 1)->size - sizeof(piece);
  size_t (*found)(void *) = __atomic_load_n(&host, __ATOMIC_RELAXED);
  if (found == NULL) {
    *(void **)&found = dlsym(RTLD_DEFAULT, "malloc_usable_size");
    __atomic_store_n(&host, found, __ATOMIC_RELAXED);
  }
  return found(memory);
}

#endif

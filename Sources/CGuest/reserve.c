// An allocator for the static Swift runtime, whose own ends the process where memory for an object is refused.
// Defining its five functions here keeps the runtime's versions out of the link. Where malloc fails, objects come
// from a reserve: zero pages of this library, which take no memory before they are used. A call that has used the
// reserve fails with "out of memory" and frees what it took. Memory whose size a caller or a file decides does not
// rely on this: it is allocated by functions that can fail (docs/SECURITY.md).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "CGuest.h"

// The number of allocations from the reserve by all threads, and that number when the calling thread's call began.
static uint64_t draws;
static _Thread_local uint64_t draws_before;

int cguest_memory_was_refused(void) { return __atomic_load_n(&draws, __ATOMIC_RELAXED) != draws_before; }
void cguest_forget_refused_memory(void) { draws_before = __atomic_load_n(&draws, __ATOMIC_RELAXED); }

// Left out with the address sanitizer, which has an allocator of its own that must answer for sizes, and with which
// Swift's libraries are shared ones.
#if !__has_feature(address_sanitizer)

enum { ALIGNMENT = 16, RESERVE = 32 << 20 };

// The header of a piece of the reserve, free or in use. Pieces follow each other without gaps.
typedef struct {
  size_t size;  // bytes of the whole piece, header included, a multiple of ALIGNMENT
  size_t used;
} piece;
_Static_assert(sizeof(piece) == ALIGNMENT, "the memory after a header is aligned");

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

// Allocates the first piece that is large enough, and joins free neighbours on the way; NULL if there is none.
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

// Allocates an object. It is not inlined, so that a test can recognise its calls of malloc.
__attribute__((noinline)) static void *allocate_object(size_t size, size_t alignment) {
  void *memory = NULL;
  if (alignment <= ALIGNMENT) memory = malloc(size);
  else if (posix_memalign(&memory, alignment, size) != 0) memory = NULL;
  if (memory != NULL) return memory;
  // The reserve has no other alignment, and no object of this library needs a stricter one.
  if (alignment <= ALIGNMENT) memory = draw(size);
  if (memory == NULL) abort();
  return memory;
}

// The alignment of a mask of the runtime; a mask of all ones asks for none in particular.
static size_t alignment_of(size_t mask) { return mask == SIZE_MAX ? ALIGNMENT : mask + 1; }

void *swift_slowAlloc(size_t size, size_t mask) { return allocate_object(size, alignment_of(mask)); }
void *typed(size_t size, size_t mask, uint64_t type) __asm__("_ZN5swift20swift_slowAllocTypedEmmy");
void *typed(size_t size, size_t mask, uint64_t type) {
  (void)type;
  return allocate_object(size, alignment_of(mask));
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

// Returns the usable size of an allocation, which Swift's arrays ask for; the host's function answers for its own
// memory.
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

/* allocations.h: stands between the library and the C library's allocator, and refuses what it is told to.
 *
 * The library's own calls can be refused, and those for objects of the Swift runtime inside it (swift_slowAlloc and its
 * like), which the library serves from its reserve then; what else the runtime asks for cannot, because it ends the
 * process. They are told apart by return address: run.sh lists the symbols of the unstripped library (stripping
 * does not move code), and names mangled with a module, "$s7Weights...", are this library's code; C++ and
 * swift_... names are the runtime's, as are "$ss..." and "$sS...", of Swift's standard library. What FFmpeg and the C library allocate for themselves is neither. Include once per program, which the
 * address sanitizer, with an allocator of its own, cannot be part of. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include "../c/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <sys/mman.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

typedef enum { ELSEWHERE, OWN, OBJECT, RUNTIME } origin;

/* ------------------------------------------------------------------------------------- whose call is it */

typedef struct {
  uintptr_t start;
  const char *name;
} symbol;
static symbol *symbols;
static size_t symbol_count;
static uintptr_t library_start, library_end;

static const symbol *symbol_of(uintptr_t address) {
  if (address < library_start || address >= library_end) return NULL;
  size_t low = 0, high = symbol_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (symbols[middle].start <= address - library_start) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? &symbols[low - 1] : NULL;
}

/* `list` has lines "address name", sorted: of functions only. */
static void allocations_begin(const char *list) {
  size_t size, room = 1 << 17;
  char *text = (char *)check_read_file(list, &size), *at = text, *end;
  symbols = check_alloc(room * sizeof *symbols);
  while (at < text + size && symbol_count < room) {
    symbols[symbol_count].start = (uintptr_t)strtoull(at, &end, 16);
    char *newline = memchr(end, '\n', (size_t)(text + size - end));
    if (newline == NULL) break;
    *newline = '\0';
    symbols[symbol_count++].name = end + 1;
    at = newline + 1;
  }
  Dl_info info;
  if (symbol_count < 1000 || dladdr((void *)(uintptr_t)actionclip_version, &info) == 0) {
    fprintf(stderr, "  %s: not the symbols of the library\n", list);
    exit(2);
  }
  library_start = (uintptr_t)info.dli_fbase;
  library_end = library_start + symbols[symbol_count - 1].start + (1 << 16);
}

static origin origin_of(void *return_address) {
  const symbol *s = symbol_of((uintptr_t)return_address - 1);
  if (s == NULL) return ELSEWHERE;
  if (strcmp(s->name, "swift_slowAlloc") == 0 || strcmp(s->name, "swift_coroFrameAlloc") == 0 ||
      strstr(s->name, "swift_slowAllocTyped") != NULL || strcmp(s->name, "allocate_object") == 0)
    return OBJECT;
  /* A length follows: "$s7Weights...". Swift's own modules are letters, but for Synchronization. */
  const int module = s->name[0] == '$' && s->name[1] == 's' && s->name[2] >= '0' && s->name[2] <= '9';
  return module && strncmp(s->name + 2, "15Synchronization", 17) != 0 ? OWN : RUNTIME;
}

/* --------------------------------------------------------------------------- what is counted and refused */

enum { LARGE = 64 << 10, KEPT = 32, DEPTH = 24 };
static struct {
  int armed;             /* counting, and refusing: between arm and disarm */
  long refuse_from, refuse_to; /* the calls, from 1, that are refused */
  size_t smallest_own;    /* smaller ones of the library's are not counted; 0: all are */
  size_t smallest_object; /* objects of so many bytes are refused too; 0: none is */
  long object_from, object_to; /* which of those, from 1 */
  long own, refused;     /* the library's calls since arming */
  long objects;          /* those of smallest_object bytes or more */
  long runtime, large;   /* the runtime's, and those of LARGE bytes or more */
  long live_own, live_runtime;
  int kept;
  struct {
    size_t size;
    int depth;
    void *frames[DEPTH];
  } sample[KEPT]; /* where the first large ones came from */
} memory;
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;

enum { PLACES = 1 << 18 };
static struct {
  uintptr_t address;
  origin from;
} live[PLACES];

static size_t place_of(uintptr_t address) { return (size_t)((address >> 4) * 0x9E3779B97F4A7C15ull >> 46); }

static void remember(void *p, origin from) {
  if (p == NULL || from == ELSEWHERE) return;
  pthread_mutex_lock(&memory_lock);
  size_t i = place_of((uintptr_t)p), tries = 0;
  while (live[i].address > 1) {
    i = (i + 1) % PLACES;
    if (++tries == PLACES) abort();
  }
  live[i].address = (uintptr_t)p;
  live[i].from = from;
  *(from == OWN ? &memory.live_own : &memory.live_runtime) += 1;
  pthread_mutex_unlock(&memory_lock);
}

static void forget(void *p) {
  if (p == NULL) return;
  pthread_mutex_lock(&memory_lock);
  for (size_t i = place_of((uintptr_t)p); live[i].address != 0; i = (i + 1) % PLACES) {
    if (live[i].address != (uintptr_t)p) continue;
    live[i].address = 1; /* was used: a search goes on here */
    *(live[i].from == OWN ? &memory.live_own : &memory.live_runtime) -= 1;
    break;
  }
  pthread_mutex_unlock(&memory_lock);
}

/* Whether this call is refused; counts it. */
static int refuses(origin from, size_t size) {
  if (!memory.armed || from == ELSEWHERE) return 0;
  if (from == OWN) {
    if (size < memory.smallest_own) return 0;
    const long number = __atomic_add_fetch(&memory.own, 1, __ATOMIC_SEQ_CST);
    if (number < memory.refuse_from || number > memory.refuse_to) return 0;
    __atomic_add_fetch(&memory.refused, 1, __ATOMIC_SEQ_CST);
    errno = ENOMEM;
    return 1;
  }
  __atomic_add_fetch(&memory.runtime, 1, __ATOMIC_SEQ_CST);
  if (from == OBJECT && memory.smallest_object > 0 && size >= memory.smallest_object) {
    const long number = __atomic_add_fetch(&memory.objects, 1, __ATOMIC_SEQ_CST);
    if (number >= memory.object_from && number <= memory.object_to) {
      __atomic_add_fetch(&memory.refused, 1, __ATOMIC_SEQ_CST);
      errno = ENOMEM;
      return 1;
    }
  }
  if (size >= LARGE && !inside) {
    inside = 1;
    __atomic_add_fetch(&memory.large, 1, __ATOMIC_SEQ_CST);
    if (memory.kept < KEPT) {
      memory.sample[memory.kept].size = size;
      memory.sample[memory.kept].depth = backtrace(memory.sample[memory.kept].frames, DEPTH);
      memory.kept++;
    }
    inside = 0;
  }
  return 0;
}

/* Refuses the calls from `from` to `to`; 0, 0: none. */
static void arm(long from, long to) {
  memory.refuse_from = from;
  memory.refuse_to = to;
  memory.own = memory.objects = memory.refused = memory.runtime = memory.large = 0;
  memory.kept = 0;
  memory.armed = 1;
}
static void disarm(void) { memory.armed = 0; }

/* Where a large allocation came from: the library's own functions on the way to it. */
static inline void print_sample(int index) {
  printf("    %zu bytes:", memory.sample[index].size);
  int shown = 0;
  for (int i = 0; i < memory.sample[index].depth && shown < 4; i++) {
    const symbol *s = symbol_of((uintptr_t)memory.sample[index].frames[i] - 1);
    if (s == NULL || s->name[0] != '$' || strncmp(s->name, "$ss", 3) == 0 || strncmp(s->name, "$sS", 3) == 0)
      continue;
    printf(" %s", s->name);
    shown++;
  }
  printf("\n");
}

/* --------------------------------------------------------------------------------- in the C library's place */

#define FROM_HERE origin_of(__builtin_return_address(0))

void *malloc(size_t size) {
  const origin from = FROM_HERE;
  if (refuses(from, size)) return NULL;
  void *p = __libc_malloc(size);
  remember(p, from);
  return p;
}

void *calloc(size_t count, size_t size) {
  const origin from = FROM_HERE;
  if (refuses(from, count * size)) return NULL;
  void *p = __libc_calloc(count, size);
  remember(p, from);
  return p;
}

void *realloc(void *old, size_t size) {
  const origin from = FROM_HERE;
  if (refuses(from, size)) return NULL;
  forget(old);
  void *p = __libc_realloc(old, size);
  remember(p == NULL ? old : p, from);
  return p;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  const origin from = FROM_HERE;
  if (refuses(from, size)) return ENOMEM;
  void *p = __libc_memalign(alignment, size);
  if (p == NULL) return ENOMEM;
  *out = p;
  remember(p, from);
  return 0;
}

char *strdup(const char *text) {
  const origin from = FROM_HERE;
  const size_t size = strlen(text) + 1;
  if (refuses(from, size)) return NULL;
  char *p = __libc_malloc(size);
  if (p != NULL) memcpy(p, text, size);
  remember(p, from);
  return p;
}

char *realpath(const char *path, char *resolved) {
  static char *(*real)(const char *, char *);
  const origin from = FROM_HERE;
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "realpath");
  if (resolved == NULL && refuses(from, 4096)) return NULL;
  char *p = real(path, resolved);
  if (resolved == NULL) remember(p, from);
  return p;
}

void free(void *p) {
  forget(p);
  __libc_free(p);
}

void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
  static void *(*real)(void *, size_t, int, int, int, off_t);
  const origin from = FROM_HERE;
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "mmap");
  if (refuses(from, size)) return MAP_FAILED;
  void *p = real(where, size, protection, flags, fd, offset);
  if (p != MAP_FAILED) remember(p, from);
  return p;
}

int munmap(void *p, size_t size) {
  static int (*real)(void *, size_t);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "munmap");
  forget(p);
  return real(p, size);
}

#endif

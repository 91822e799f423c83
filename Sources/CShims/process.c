#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CShims.h"

// The number now and, in memory that a child inherits, the last one given out. `mark` lies on a page of its own that
// the kernel clears in every child, however it is made: 0 there says that the number is another's.
static uint64_t last = 1;
static uint64_t plain = 1;
static uint64_t *mark = &plain;

static void forked(void) { __atomic_store_n(&plain, 0, __ATOMIC_RELAXED); }

__attribute__((constructor)) static void begin(void) {
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  uint64_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, size, MADV_WIPEONFORK) == 0) {
    *page = last;
    mark = page;
    return;
  }
  // Before Linux 4.14, and where programs run inside another (valgrind): only the C library's own fork tells.
  if (page != MAP_FAILED) munmap(page, size);
  pthread_atfork(NULL, NULL, forked);
}

uint64_t cshims_process(void) {
  uint64_t now = __atomic_load_n(mark, __ATOMIC_ACQUIRE);
  if (now != 0) return now;
  const uint64_t fresh = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
  // Several threads of the child may come here at once: the number of the first stays.
  return __atomic_compare_exchange_n(mark, &now, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ? fresh : now;
}

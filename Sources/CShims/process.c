#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CShims.h"

// `current` points to this process's number, on a page that the kernel clears in every child, however the child is
// made. 0 there means that the child has no number yet. `last` is the last number given out, which children inherit.
static uint64_t last = 1;
static uint64_t without_page = 1;
static uint64_t *current = &without_page;

static void forked(void) { __atomic_store_n(&without_page, 0, __ATOMIC_RELAXED); }

__attribute__((constructor)) static void begin(void) {
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  uint64_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, size, MADV_WIPEONFORK) == 0) {
    *page = last;
    current = page;
    return;
  }
  // MADV_WIPEONFORK is missing before Linux 4.14 and in emulators such as valgrind: only the C library's fork is
  // noticed.
  if (page != MAP_FAILED) munmap(page, size);
  pthread_atfork(NULL, NULL, forked);
}

uint64_t cshims_process(void) {
  uint64_t now = __atomic_load_n(current, __ATOMIC_ACQUIRE);
  if (now != 0) return now;
  const uint64_t fresh = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
  // If several threads of the child get here at once, the number of the first is kept.
  return __atomic_compare_exchange_n(current, &now, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ? fresh : now;
}

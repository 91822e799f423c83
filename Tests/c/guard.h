/* guard.h: memory whose last byte lies against a page that nobody may touch. The library is not built with
 * a sanitizer, so this is what turns a read or a write beyond a caller's buffer into a fault. */
#ifndef GUARD_H
#define GUARD_H

#include "check.h"

#include <sys/mman.h>
#include <unistd.h>

enum { GUARD_FILL = 0xA5 };

/* `size` bytes of GUARD_FILL. The address is aligned to what divides `size`; never freed. */
static inline void *guard_alloc(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (size + page - 1) / page * page;
  unsigned char *p = mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || mprotect(p + body, page, PROT_NONE) != 0) {
    fprintf(stderr, "  no guarded memory\n");
    exit(2);
  }
  memset(p, GUARD_FILL, body);
  return p + (body - size);
}

static inline void *guard_copy(const void *data, size_t size) {
  void *p = guard_alloc(size);
  memcpy(p, data, size);
  return p;
}

static inline void guard_release(void *p, size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (size + page - 1) / page * page;
  munmap((unsigned char *)p - (body - size), body + page);
}

/* 1 while no byte of the buffer, nor of the page's part before it, has been written. */
static inline int guard_untouched(const void *p, size_t size) {
  const unsigned char *bytes = p;
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != GUARD_FILL) return 0;
  return 1;
}

#endif

/* reader.h: a fuzz input taken apart into numbers, from front to back; beyond the end all are 0. */
#ifndef READER_H
#define READER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const uint8_t *data;
  size_t left;
} reader;

static inline uint8_t take8(reader *r) {
  if (r->left == 0) return 0;
  r->left--;
  return *r->data++;
}
static inline uint32_t take16(reader *r) {
  const uint32_t low = take8(r);
  return low | (uint32_t)take8(r) << 8;
}
static inline uint32_t take32(reader *r) {
  const uint32_t low = take16(r);
  return low | take16(r) << 16;
}
static inline uint64_t take64(reader *r) {
  const uint64_t low = take32(r);
  return low | (uint64_t)take32(r) << 32;
}
/* Mostly small, where the edges of every range are; sometimes anything. */
static inline int32_t take_number(reader *r) {
  const uint8_t first = take8(r);
  if (first < 0xE0) return (int32_t)first;
  if (first < 0xF0) return -(int32_t)(first & 15);
  if (first < 0xF8) return (int32_t)take16(r);
  return (int32_t)take32(r);
}

/* Memory of exactly this size, so that the address sanitizer sees what lies beyond. */
static inline void *exactly(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (!memory) abort();
  memset(memory, 0xA5, size > 0 ? size : 1);
  return memory;
}

/* A broken promise of the header. */
#define PROMISE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
      abort();                                                                \
    }                                                                         \
  } while (0)

#endif

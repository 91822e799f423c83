// The bandwidth of reading memory: threads add up a block that no cache holds, again and again. Prints GB/s, the median
// of the passes.
//
//   bandwidth THREADS MEGABYTES PASSES
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef uint64_t vector __attribute__((vector_size(64)));

typedef struct {
  const vector *from;
  size_t count;
  uint64_t sum;
} share;

static void *add(void *argument) {
  share *own = argument;
  vector sums[4] = {{0}};
  for (size_t i = 0; i + 4 <= own->count; i += 4)
    for (int s = 0; s < 4; s++) sums[s] += own->from[i + s];
  vector all = sums[0] + sums[1] + sums[2] + sums[3];
  own->sum = 0;
  for (int lane = 0; lane < 8; lane++) own->sum += all[lane];
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 2, passes = argc > 3 ? atoi(argv[3]) : 7;
  const size_t bytes = (argc > 2 ? strtoul(argv[2], NULL, 10) : 1024) << 20;
  if (threads < 1 || threads > 256 || passes < 1 || passes > 1000 || bytes == 0) return 2;
  vector *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, bytes, MADV_HUGEPAGE);
  memset(memory, 1, bytes);
  share shares[256];
  double rates[1000];
  uint64_t sum = 0;
  const size_t part = bytes / sizeof(vector) / (size_t)threads;
  for (int pass = 0; pass < passes; pass++) {
    pthread_t running[256];
    const double start = now();
    for (int t = 0; t < threads; t++) {
      shares[t] = (share){memory + (size_t)t * part, part, 0};
      if (pthread_create(&running[t], NULL, add, &shares[t]) != 0) return 1;
    }
    for (int t = 0; t < threads; t++) {
      pthread_join(running[t], NULL);
      sum += shares[t].sum;
    }
    rates[pass] = (double)(part * (size_t)threads * sizeof(vector)) / (now() - start) / 1e9;
  }
  qsort(rates, (size_t)passes, sizeof *rates, ascending);
  printf("%.2f\n", rates[passes / 2]);
  return sum == 0;  // the sums are used
}

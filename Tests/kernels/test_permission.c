// Permission to use AMX's tiles, where processor and Linux answer as this test wants: it is built with permission.c of
// Sources/CProcessor, and has its own detection and system call.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CProcessor.h"
#include "check.h"

#if defined(__x86_64__)
enum { LINUX_GIVES_TILES = 1 };
#else
enum { LINUX_GIVES_TILES = 0 };
#endif
enum { TILES = CPROCESSOR_AMX_TILE | CPROCESSOR_AMX_BF16 | CPROCESSOR_AMX_INT8 };

static uint32_t detected;
uint32_t cprocessor_detected(void) { return detected; }

// Linux's answer to arch_prctl: 0, or -1 for a refusal.
static long verdict;
static int asked;
long syscall(long number, ...) {
  (void)number;
  __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
  return verdict;
}

static void *ask(void *unused) {
  (void)unused;
  return cprocessor_ask_for_tiles() ? &asked : NULL;
}

// Runs one case in a child, since the first answer stands for the life of a process: its processor has `features`, Linux
// answers `given`, and `granted` is whether it may use tiles then.
static void live(const char *name, uint32_t features, long given, int granted) {
  const pid_t process = fork();
  if (process) {
    int status = 1;
    waitpid(process, &status, 0);
    CHECK(status == 0, "%s: FAILED", name);
    return;
  }
  const uint32_t others = features & ~(uint32_t)TILES;
  detected = features;
  verdict = given;
  CHECK(cprocessor_features() == others && !asked, "tiles are there before they were asked for");
  pthread_t threads[8];
  for (int t = 0; t < 8; t++)
    if (pthread_create(&threads[t], NULL, ask, NULL)) abort();
  for (int t = 0; t < 8; t++) {
    void *may = NULL;
    pthread_join(threads[t], &may);
    CHECK(!!may == granted, "thread %d has another answer", t);
  }
  CHECK(cprocessor_features() == (granted ? features : others), "the features do not follow the answer");
  CHECK(LINUX_GIVES_TILES && features & CPROCESSOR_AMX_TILE ? asked > 0 : !asked, "asked %d times", asked);
  // Whatever Linux would say now, and in a child, the first answer stands.
  const int before = asked;
  verdict = given ? 0 : -1;
  const pid_t child = fork();
  CHECK(cprocessor_ask_for_tiles() == granted && asked == before, "the answer changed");
  int status = 0;
  if (child) waitpid(child, &status, 0);
  _exit(failures || status);
}

int main(void) {
  const uint32_t others = CPROCESSOR_AVX2 | CPROCESSOR_AVX512_BF16;
  live("no tiles", others, 0, 0);
  live("granted", others | TILES, 0, LINUX_GIVES_TILES);
  live("refused", others | TILES, -1, 0);
  printf("  %s\n", failures ? "FAILED" : "ok");
  return failures != 0;
}

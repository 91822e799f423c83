// Permission to use AMX's tiles, which Linux gives to a process that asks (Documentation/arch/x86/xstate.rst).
#include "CProcessor.h"

#define TILES ((uint32_t)CPROCESSOR_AMX_TILE | CPROCESSOR_AMX_BF16 | CPROCESSOR_AMX_INT8)

enum { NOT_ASKED, GRANTED, REFUSED };
static int answer = NOT_ASKED;

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

// Numbers of Linux's asm/prctl.h and asm/fpu/types.h, which older systems' headers lack.
#define REQUEST_PERMISSION 0x1023  // ARCH_REQ_XCOMP_PERM
#define TILE_DATA 18               // XFEATURE_XTILE_DATA

static int ask(void) { return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 ? GRANTED : REFUSED; }
#else
static int ask(void) { return REFUSED; }
#endif

int cprocessor_ask_for_tiles(void) {
  if (!(cprocessor_detected() & CPROCESSOR_AMX_TILE)) return 0;
  int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
  if (known == NOT_ASKED) {
    const int given = ask();
    // Where several threads ask at once, the first answer stands.
    if (__atomic_compare_exchange_n(&answer, &known, given, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) known = given;
  }
  return known == GRANTED;
}

uint32_t cprocessor_features(void) {
  const int may_use_tiles = __atomic_load_n(&answer, __ATOMIC_RELAXED) == GRANTED;
  return cprocessor_detected() & (may_use_tiles ? ~0u : ~TILES);
}

#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "CShims.h"

int cshims_is_processor(int processor) { return processor >= 0 && processor < CPU_SETSIZE; }

void cshims_pin_to_processor(int processor) {
  if (!cshims_is_processor(processor)) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);  // 0: the calling thread
}

int cshims_processors_of_affinity(void) {
  cpu_set_t set;
  // The call fails where the kernel supports more processors than the set has room for (1024).
  const long count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > 65536 ? 65536 : (int)count;
}

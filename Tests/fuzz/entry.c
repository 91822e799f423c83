/* The functions that libFuzzer calls, around the target that the build names. */
#include <stddef.h>
#include <stdint.h>

int TARGET(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return TARGET(data, size); }

/* Swift keeps its metadata for ever, which the leak check takes for leaks; real ones meet the limit on memory in
 * millions of runs. A refused malloc is for the library to answer. The rest is for speed. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0:quarantine_size_mb=16:"
         "malloc_context_size=1";
}

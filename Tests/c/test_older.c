/* test_older.c: a program of an older header, in C and in C++. run.sh builds it against headers in which one options
 * struct, STRUCT, ends earlier. That struct lies against a page that nobody may touch. */
#ifdef __cplusplus
#include <actionclip.hpp>
#else
#include <actionclip.h>
#endif

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define JOIN(a, b) a##b
#define INIT(type) JOIN(type, _init)

static int expect(int good, const char *what) {
  if (!good) printf("  test_older: %s: %s\n", what, actionclip_last_error());
  return !good;
}

int main(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char *memory =
      (unsigned char *)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE) != 0) return 2;
  STRUCT *options = (STRUCT *)(void *)(memory + page - sizeof(STRUCT));
  INIT(STRUCT)(options);
  int failed = expect(options->struct_size == sizeof *options, "_init");
#ifdef __cplusplus
  *options = actionclip::OF();
  failed += expect(options->struct_size == sizeof *options, "actionclip.hpp");
#endif
  actionclip_model *model = NULL;
  actionclip_video *video = NULL;
  actionclip_tuner *tuner = NULL;
  const char *const labels[] = {"walking", "running"};
  (void)model, (void)video, (void)tuner, (void)labels;
  failed += expect(USE, "use");
  return failed != 0;
}

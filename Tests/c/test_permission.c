/* test_permission.c: the library's requests for permission. This program's `syscall` takes the place of libc's and
 * counts the requests for AMX's tiles: none when an fp32 model is loaded, nor with a limit below AMX; one for bf16 and
 * int8 where the processor has tiles. A refusal, which the program gives when it is run with "refuse", leaves other
 * instructions. */
#include "check.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

#define REQUEST_PERMISSION 0x1023 /* ARCH_REQ_XCOMP_PERM */

static int requests, refuses;

long syscall(long number, ...) {
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
#if defined(SYS_arch_prctl)
  if (number == SYS_arch_prctl && a[0] == REQUEST_PERMISSION) {
    requests++;
    if (refuses) return -1;
  }
#endif
  long (*real)(long, ...) = NULL;
  *(void **)&real = dlsym(RTLD_NEXT, "syscall");
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Loads the untrained model and gives the instruction set of its products. */
static int32_t instructions(const char *path, int32_t compute, int32_t limit) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.compute_type = compute;
  options.instructions = limit;
  actionclip_model *model = NULL;
  CHECK_OK(actionclip_model_load(path, &options, &model));
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  CHECK(info.product_instructions > ACTIONCLIP_INSTRUCTIONS_AUTO);
  CHECK(info.row_instructions > ACTIONCLIP_INSTRUCTIONS_AUTO);
  actionclip_model_free(model);
  return info.product_instructions;
}

static int has_tiles(void) {
#if defined(__x86_64__) && (__GNUC__ >= 11 || defined(__clang__))
  return __builtin_cpu_supports("amx-tile") != 0; /* gcc gives the feature's bit */
#else
  return 0;
#endif
}

int main(int count, char **arguments) {
  char path[4096];
  snprintf(path, sizeof path, "%s/Tests/fixtures/untrained/untrained.safetensors", arguments[1]);
  refuses = count > 2 && strcmp(arguments[2], "refuse") == 0;
  const int32_t plain = instructions(path, ACTIONCLIP_COMPUTE_FP32, ACTIONCLIP_INSTRUCTIONS_AUTO);
  CHECK(plain != ACTIONCLIP_INSTRUCTIONS_AMX && requests == 0);
  CHECK(instructions(path, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_INSTRUCTIONS_PORTABLE) ==
        ACTIONCLIP_INSTRUCTIONS_PORTABLE);
#if defined(__x86_64__)
  CHECK(instructions(path, ACTIONCLIP_COMPUTE_INT8, ACTIONCLIP_INSTRUCTIONS_AVX512_BF16) !=
        ACTIONCLIP_INSTRUCTIONS_AMX);
#endif
  CHECK(requests == 0);
  const int32_t bf16 = instructions(path, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_INSTRUCTIONS_AUTO);
  CHECK(requests == has_tiles());
  if (refuses) CHECK(bf16 != ACTIONCLIP_INSTRUCTIONS_AMX);
  /* The first answer stands. */
  refuses = !refuses;
  instructions(path, ACTIONCLIP_COMPUTE_INT8, ACTIONCLIP_INSTRUCTIONS_AUTO);
  CHECK(instructions(path, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_INSTRUCTIONS_AUTO) == bf16);
  CHECK(requests == has_tiles());
  if (!has_tiles()) printf("test_permission: this processor has no AMX, and nothing was asked\n");
  return check_report("test_permission");
}

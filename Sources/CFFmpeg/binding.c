#include "CFFmpeg.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)
#define SONAME(name, major) "lib" #name ".so." STRING(major)

// libavformat brings libavcodec and libavutil of its own version with it.
#define PACKAGES \
  "libavformat" STRING(LIBAVFORMAT_VERSION_MAJOR) " libswscale" STRING(LIBSWSCALE_VERSION_MAJOR)

static cffmpeg_api table;
static bool bound;
static char failure[512];

static void fail(const char *what, const char *detail) {
  snprintf(failure, sizeof failure,
           "video needs FFmpeg's libraries: %s (%s); install them with: apt-get install " PACKAGES,
           what, detail ? detail : "no reason given");
}

static void *load(const char *soname) {
  // Never closed: FFmpeg's threads and thread-local data do not survive an unload.
  void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail(soname, dlerror());
  return library;
}

static bool major_is(const char *soname, unsigned version, unsigned major) {
  if (version >> 16 == major) return true;
  char detail[64];
  snprintf(detail, sizeof detail, "it says version %u, this library was built for %u",
           version >> 16, major);
  fail(soname, detail);
  return false;
}

static void bind_once(void) {
  const char *const avutil_name = SONAME(avutil, LIBAVUTIL_VERSION_MAJOR);
  void *before = dlopen(avutil_name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  if (before != NULL) dlclose(before);

  void *avutil, *avcodec, *avformat, *swscale;
  if ((avutil = load(avutil_name)) == NULL) return;
  if ((avcodec = load(SONAME(avcodec, LIBAVCODEC_VERSION_MAJOR))) == NULL) return;
  if ((avformat = load(SONAME(avformat, LIBAVFORMAT_VERSION_MAJOR))) == NULL) return;
  if ((swscale = load(SONAME(swscale, LIBSWSCALE_VERSION_MAJOR))) == NULL) return;

#define FIND(library, function)                                  \
  if ((table.function = (__typeof__(table.function))dlsym(library, #function)) == NULL) { \
    fail("lib" #library " lacks " #function, dlerror());         \
    return;                                                      \
  }
  CFFMPEG_FUNCTIONS(FIND)

  if (!major_is("libavutil", table.avutil_version(), LIBAVUTIL_VERSION_MAJOR) ||
      !major_is("libavcodec", table.avcodec_version(), LIBAVCODEC_VERSION_MAJOR) ||
      !major_is("libavformat", table.avformat_version(), LIBAVFORMAT_VERSION_MAJOR) ||
      !major_is("libswscale", table.swscale_version(), LIBSWSCALE_VERSION_MAJOR))
    return;
  if (before == NULL) cffmpeg_log_install(&table);
  bound = true;
}

int cffmpeg_bind(const cffmpeg_api **api, const char **message) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, bind_once);
  *api = bound ? &table : NULL;
  *message = bound ? NULL : failure;
  return bound ? 0 : -1;
}

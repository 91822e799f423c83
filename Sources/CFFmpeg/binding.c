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

static void bind_all(void) {
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

// A child that is forked while another thread is inside dlopen inherits half-loaded libraries, and
// crashes when it opens a video itself. So fork() waits for the loading, which happens once.
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool is_loading;  // a library's constructor may fork, too

static void before_fork(void) {
  if (!is_loading) pthread_mutex_lock(&loading);
}
static void after_fork(void) {
  if (!is_loading) pthread_mutex_unlock(&loading);
}

static void guard_fork(void) { (void)pthread_atfork(before_fork, after_fork, after_fork); }

int cffmpeg_bind(const cffmpeg_api **api, const char **message) {
  static pthread_once_t guarded = PTHREAD_ONCE_INIT;
  static bool tried;
  pthread_once(&guarded, guard_fork);
  pthread_mutex_lock(&loading);
  if (!tried) {
    is_loading = true;
    bind_all();
    is_loading = false;
    tried = true;
  }
  pthread_mutex_unlock(&loading);
  *api = bound ? &table : NULL;
  *message = bound ? NULL : failure;
  return bound ? 0 : -1;
}
